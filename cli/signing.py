"""The command `sign`: what was prepared elsewhere is shown, and signed where the key is."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import say, say_json, table, warn
from cli.context import AsJson, Signers, keystore, passphrase
from cli.files import read, save
from cli.holders import Agent, Elsewhere, Module, PinEnv, Token, Which, elsewhere, holders
from cli.submitting import Read, read_prepared
from ledger.errors import FormatError, UsageError

if TYPE_CHECKING:
    from ledger.seal.keys import Signer
    from ledger.seal.prepared import Checked

SHOWN = 20
"""Events of a submission that are listed before the rest is counted."""


def sign(
    file: Annotated[Path, typer.Argument(help="A prepared file.", exists=True, dir_okay=False, readable=True)],
    actor: Annotated[
        str | None,
        typer.Option("--actor", envvar="MONAZITE_ACTOR", help="Sign for this party. Default: whose key it is."),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            "--key", help="The key is in this OpenSSH file. Default: the key store.", exists=True, dir_okay=False
        ),
    ] = None,
    agent: Agent = False,
    module: Module = None,
    token: Token = None,
    pin_env: PinEnv = None,
    which: Which = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the signed file here. Default: in place.", dir_okay=False),
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Show what would be signed, and sign nothing.")] = False,
    whole: Annotated[bool, typer.Option("--all", help="Show every event, and all that it says.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Sign what `import --unsigned` prepared: shows first what is signed, and needs no ledger.

    What is shown and signed is worked out from the events in the file. On a terminal it asks before it signs. Several parties
    sign one file, one after the other.

    Example: monazite sign shift.unsigned --agent

    Example: monazite sign shift.unsigned --actor lynas --pkcs11 /usr/lib/softhsm/libsofthsm2.so --token plant
    """
    place = elsewhere(agent=agent, module=module, token=token, pin_env=pin_env, which=which)
    if key is not None and place is not None:
        raise UsageError("the key is in one place: --key, --agent or --pkcs11")
    found = read_prepared(file)
    parties = sorted({item.stated.party for item in found.checked})
    if actor is not None and actor not in parties:
        raise UsageError(f"{file} has no submission of {actor}; it has some of {', '.join(parties)}")
    if as_json and not show:
        raise UsageError("--json goes with --show")
    missing = _open(found)
    if as_json:
        say_json(_summaries(found, missing))
        return
    wanted = [number for number in missing if actor in (None, found.checked[number].stated.party)]
    _show(found, wanted, whole=whole)
    if show:
        return
    if not wanted:
        say("Nothing is left to sign here" + (f" for {actor}." if actor else "."))
        return
    signers = _from_place(found, wanted, actor, place, key) or _from_store(found, wanted, file)
    if sys.stdin.isatty() and not yes:
        typer.confirm(f"Sign {len(signers)} of these?", abort=True, err=True)
    _sign(found, signers, output or file, missing)


def _open(found: Read) -> list[int]:
    """Numbers of the submissions that nobody who may has signed."""
    from ledger.seal.prepared import is_signed  # noqa: PLC0415  (start-up time)

    missing = []
    for number, item in enumerate(found.checked):
        try:
            signed = is_signed(item)
        except FormatError as error:
            warn(f"submission {number + 1} of {item.stated.party} must be signed anew: {error.message}")
            signed = False
        if not signed:
            missing.append(number)
    return missing


def _summaries(found: Read, missing: Sequence[int]) -> dict[str, Any]:
    from ledger.report.unsigned import described, summary  # noqa: PLC0415  (start-up time)

    return {
        "ledger": found.prepared.ledger,
        "prepared_on": {"size": found.prepared.head.size, "leaf": found.prepared.head.leaf},
        "submissions": [
            {
                **summary(item),
                "signed": number not in missing,
                "keys": [str(vkey) for vkey in item.keys],
                "contents": [
                    {"hash": digest, "at": event.at, "site": event.site, "type": event.type, "says": described(event)}
                    for event, digest in zip(item.events, item.hashes, strict=True)
                ],
            }
            for number, item in enumerate(found.checked)
        ],
    }


def _show(found: Read, wanted: Sequence[int], *, whole: bool) -> None:
    """Print what is to be signed."""
    from ledger.report.unsigned import MG_PER_KG, summary  # noqa: PLC0415  (start-up time)

    head = found.prepared.head
    say(f"For the ledger {found.prepared.ledger}, prepared when it had {head.size} entries")
    others = len(found.checked) - len(wanted)
    if others:
        say(f"{others} of {len(found.checked)} submissions are signed, or another party's")
    for number in wanted:
        item = found.checked[number]
        told = summary(item)
        types = ", ".join(f"{count} {kind}" for kind, count in told["types"].items())
        say()
        say(f"{number + 1}. {told['party']}, {told['events']} event{'s' * (told['events'] > 1)}: {types}")
        say(f"   from {told['from']} until {told['until']}, root {told['root']}")
        for verb, words in (("made", "made"), ("drawn", "drawn on"), ("handed", "handed over or given up")):
            lots = told[verb]
            if lots["lots"]:
                rest = f", and all that is left {lots['unstated']} times" if lots["unstated"] else ""
                say(f"   lots {words}: {lots['lots']}, {lots['mg'] / MG_PER_KG:.15g} kg{rest}")
        if whole:
            for data in item.data:
                say(data.decode())
        else:
            _list(item)
    say()


def _list(item: Checked) -> None:
    """A table of the events, cut short but for those that must not be overlooked."""
    from ledger.report.unsigned import WEIGHTY, described  # noqa: PLC0415  (start-up time)

    shown = [
        (position, event)
        for position, event in enumerate(item.events)
        if position < SHOWN or isinstance(event, WEIGHTY)
    ]
    rows = [(n + 1, event.at, event.site or "-", event.type, described(event)) for n, event in shown]
    table(("", "at", "site", "type", "says"), rows, right=(0,))
    if len(shown) < len(item.events):
        say(f"   and {len(item.events) - len(shown)} more; --all shows every event whole")


def _from_store(found: Read, wanted: Sequence[int], file: Path) -> dict[int, Signer]:
    """The key store's keys for those parties that have one there."""
    keys = keystore()
    signers = Signers(keys)
    here = {number: found.checked[number].stated.party for number in wanted}
    here = {number: party for number, party in here.items() if keys.has(party)}
    if not here:
        parties = ", ".join(sorted({found.checked[number].stated.party for number in wanted}))
        raise UsageError(
            f"there is no private key in {keys.folder} for {parties}, whose signatures {file} wants. Say where the key is: "
            "--key FILE, --agent, or --pkcs11 MODULE --token LABEL"
        )
    return {number: signers(party) for number, party in here.items()}


def _from_place(
    found: Read, wanted: Sequence[int], actor: str | None, place: Elsewhere | None, key: Path | None
) -> dict[int, Signer]:
    """One key, wherever it is, for the submissions of the one party whose key it is."""
    from ledger.seal.keys import MAX_KEY_FILE, VerifierKey, public_half  # noqa: PLC0415  (start-up time)

    if place is not None:
        public_key = place.found().public_key
    elif key is not None:
        data = read(key, MAX_KEY_FILE)
        try:
            public_key = public_half("key", data).public_key
        except FormatError as error:
            raise FormatError(error.message, file=str(key)) from error
    else:
        return {}
    candidates = {number: found.checked[number] for number in wanted}
    parties = {
        item.stated.party
        for item in candidates.values()
        if actor is not None or VerifierKey.of(item.stated.party, public_key) in item.keys
    }
    if len(parties) != 1:
        raise UsageError("\n".join(_unclear(list(candidates.values()), parties, public_key)))
    (party,) = parties
    signer = _held(party, public_key, place) if place is not None else _unlocked(party, data)
    return {number: signer for number, item in candidates.items() if item.stated.party == party}


def _unclear(items: Sequence[Checked], parties: set[str], public_key: bytes) -> Iterator[str]:
    from ledger.seal.held import fingerprint  # noqa: PLC0415  (start-up time)

    shown = fingerprint(public_key)
    if parties:
        yield f"the key {shown} is one of {', '.join(sorted(parties))}; say for whom with --actor"
        return
    yield f"the key {shown} is none of those with which the ledger lets anybody sign here:"
    yield from sorted({f"  {vkey}   {fingerprint(vkey.public_key)}" for item in items for vkey in item.keys})


def _held(party: str, public_key: bytes, place: Elsewhere) -> Signer:
    from ledger.store.keystore import held  # noqa: PLC0415  (start-up time)

    return held(place.link(party, public_key), holders())


def _unlocked(party: str, data: bytes) -> Signer:
    from ledger.errors import KeyStoreError  # noqa: PLC0415  (start-up time)
    from ledger.seal.keys import PassphraseNeededError, PassphraseWrongError, SigningKey  # noqa: PLC0415

    try:
        return SigningKey.from_openssh(party, data, None)
    except PassphraseNeededError:
        secret = passphrase(new=False, unsafe=False)
    try:
        return SigningKey.from_openssh(party, data, secret)
    except PassphraseWrongError:
        raise KeyStoreError("wrong passphrase for that key file; nothing was signed") from None


def _sign(found: Read, signers: dict[int, Signer], output: Path, missing: Sequence[int]) -> None:
    from ledger.seal import prepared  # noqa: PLC0415  (start-up time)

    signed = prepared.sign(found.prepared, found.checked, signers)
    save(output, prepared.format(signed))
    for vkey in sorted({str(signer.vkey) for signer in signers.values()}):
        count = sum(str(signer.vkey) == vkey for signer in signers.values())
        say(f"Signed {count} submission{'s' if count > 1 else ''} with {vkey}")
    parties = Counter(found.checked[number].stated.party for number in missing if number not in signers)
    if parties:
        say("Still to be signed: " + ", ".join(f"{party} ({count})" for party, count in sorted(parties.items())))
    else:
        say(f"Nothing is left to sign; record it with `monazite submit {output.name}`.")
