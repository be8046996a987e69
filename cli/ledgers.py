"""Commands on a ledger as a whole: init, reindex."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from cli.console import say
from cli.context import (
    DEFAULT_LEDGER,
    DEFAULT_ROUNDS,
    OwnLedger,
    Rounds,
    Signers,
    Trust,
    Unsafe,
    keystore,
    local_time,
    now,
    opened,
    passphrase,
    remember,
    state,
    trusted,
)
from cli.stores import named, roles_of
from ledger.errors import UsageError

GRANT = "Grant the role {0} to whoever records and {1} to whoever verifies; neither can change or delete anything."


def init(
    origin: Annotated[
        str, typer.Option("--origin", help="The ledger's name for ever: a schema-less URL such as ledger.example/ree.")
    ],
    ledger: OwnLedger = DEFAULT_LEDGER,
    operator: Annotated[
        str | None, typer.Option("--operator", help="The operator's party id. Default: the origin's first label.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="The operator's name. Default: its id.")] = None,
    country: Annotated[
        str, typer.Option("--country", help="The operator's country, ISO 3166-1 alpha-2; ZZ where it does not matter.")
    ] = "ZZ",
    registrar_vkey: Annotated[
        str | None,
        typer.Option(
            "--registrar-vkey", help="Verifier key of another party that enrols parties. Default: the operator does."
        ),
    ] = None,
    registrar_country: Annotated[str, typer.Option("--registrar-country", help="That registrar's country.")] = "ZZ",
    late_days: Annotated[
        int, typer.Option("--late-days", min=0, max=366, help="Recording later than this is a warning.")
    ] = 30,
    unsafe: Unsafe = False,
    rounds: Rounds = DEFAULT_ROUNDS,
) -> None:
    """Begin a ledger: make its keys, write entry 0, trust it on this machine.

    Example: monazite init --origin ledger.example/ree --operator reg --country AU
    """
    import msgspec  # noqa: PLC0415  (start-up time)

    from ledger.exchange.draft import Draft, convert  # noqa: PLC0415
    from ledger.model.events import Open, Tolerances  # noqa: PLC0415
    from ledger.model.identity import Anchor  # noqa: PLC0415
    from ledger.record import begin  # noqa: PLC0415
    from ledger.rules.history import DEFAULT_TOLERANCES  # noqa: PLC0415
    from ledger.seal.keys import SigningKey, VerifierKey  # noqa: PLC0415
    from ledger.seal.trust import format_policy  # noqa: PLC0415

    party = operator or origin.split("/", 1)[0].split(".", 1)[0].lower()
    if party == origin:
        raise UsageError(f"the operator's id and the ledger's name are both {origin!r}; give another with --operator")
    store = named(ledger)
    keys, memory = keystore(), state()
    if keys.has(origin) and memory.remembered(keys.vkey(origin)) is not None:
        raise UsageError(
            f"a ledger named {origin} was already begun with the key {keys.path(origin)}, and its checkpoint is remembered in "
            f"{memory.place(keys.vkey(origin))}. A second ledger under one name and key would be a fork. Choose another --origin; "
            "if the first ledger is gone for good, move both of these away first."
        )
    # What can be wrong with the request is found before a key is made or a file touched.
    probe = VerifierKey.of("probe", SigningKey.from_seed("probe", bytes(32)).vkey.public_key)
    tail = str(probe).split("+", 1)[1]

    def build(operator_vkey: str, log_vkey: str) -> Open:
        anchor = Anchor(party=party, name=name or party, country=country, vkey=operator_vkey)
        registrar = anchor
        if registrar_vkey is not None:
            their = VerifierKey.parse(registrar_vkey)
            registrar = Anchor(party=their.name, name=their.name, country=registrar_country, vkey=registrar_vkey)
        members = msgspec.to_builtins(
            Open(
                v=1, ledger=origin, actor=party, at=local_time(), operator=anchor, registrar=registrar, log=log_vkey, rules="1",
                tolerances=Tolerances(late_days=late_days, clock_s=DEFAULT_TOLERANCES.clock_s, u_mass_ppm=DEFAULT_TOLERANCES.u_mass_ppm),
            )
        )  # fmt: skip
        event = convert(members, Draft(members))
        assert isinstance(event, Open)  # noqa: S101  (its tag says so)
        return event

    try:
        build(f"{party}+{tail}", f"{origin}+{tail}")
    except ValueError as error:
        raise UsageError(str(error)) from error
    secret = None if keys.has(party) and keys.has(origin) else passphrase(new=True, unsafe=unsafe)
    if isinstance(store.path, Path):
        store.path.parent.mkdir(parents=True, exist_ok=True)
    try:
        store.create()
        if store.head().size:
            raise UsageError(f"{store.path} already holds a ledger; choose another --ledger")
        for key_name in (origin, party):
            if not keys.has(key_name):
                keys.save(SigningKey.from_seed(key_name, secrets.token_bytes(32)), secret, rounds)
        signers = Signers(keys, secret)
        log = signers(origin)
        roles = roles_of(store)
        recorded = begin(store, build(str(signers(party).vkey), str(log.vkey)), signers(party), log, now())
    finally:
        store.close()
    policy = memory.pin(log.vkey, format_policy(log.vkey))
    remember(recorded, log)
    say(f"Ledger {origin} begun at {store.path}.")
    say(f"Log key, for everyone who will verify it:\n  {log.vkey}")
    say(f"Private keys of {origin} and {party}: {keys.folder}")
    say(f"Trusted on this machine by {policy}")
    if roles is not None:
        say(GRANT.format(*roles))
    say(f"Next: monazite party add ID --name NAME --country CC --role miner --ledger {store.path}")


def reindex(ledger: OwnLedger = DEFAULT_LEDGER, trust: Trust = None) -> None:
    """Rebuild the index, the stored map and hashes and the head row from the log's bytes; the bytes themselves are not touched.

    Example: monazite reindex --ledger monazite.db
    """
    from ledger.restore import restored  # noqa: PLC0415  (start-up time)

    with opened(ledger) as store:
        trusted(store, trust)
        index, leaves, head, rows = restored(store)
        store.reindex(index, leaves, head, rows)
    say(f"Index and head rebuilt from {head.size} entries and {len(index)} events. Now run `monazite verify`.")
