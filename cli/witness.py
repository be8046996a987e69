"""Commands of a witness: init, log, show, cosign."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import context
from cli.console import say, say_json, warn
from cli.context import DEFAULT_ROUNDS, AsJson, Rounds, Unsafe, keystore, opened, passphrase, state
from cli.files import read_given
from ledger.errors import FormatError, KeyStoreError, NotCosignedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.seal.cosigner import CosignerKey
    from ledger.seal.evidence import Evidence
    from ledger.seal.keys import VerifierKey
    from ledger.seal.witness import Refused
    from ledger.store.cosigners import CosignerStore
    from ledger.store.witnessing import WitnessMemory

app = typer.Typer(
    no_args_is_help=True,
    help="Be a witness: cosign the checkpoints of ledgers that only ever grew, so that nobody is shown another one.",
)
Name = Annotated[str, typer.Argument(help="The witness's key name, a schema-less URL such as witness.example/w1.")]
KINDS = ("ed25519", "mldsa44")


@app.command("init")
def init(
    name: Name,
    kind: Annotated[
        str, typer.Option("--type", help="ed25519, which every reader of cosignatures knows, or mldsa44, post-quantum.")
    ] = "ed25519",
    logs: Annotated[
        list[str] | None,
        typer.Option("--log", help="Verifier key of a log to witness; `witness log` adds more. May be repeated."),
    ] = None,
    unsafe: Unsafe = False,
    rounds: Rounds = DEFAULT_ROUNDS,
) -> None:
    """Make a witness's key, and print what others put into their policy. Run again for a key of the other type.

    Example: monazite witness init witness.example/w1 --log 'ledger.example/ree+...'
    """
    from ledger.seal.keys import check_name  # noqa: PLC0415  (start-up time)
    from ledger.seal.pkcs8 import DEFAULT_COST  # noqa: PLC0415

    if kind not in KINDS:
        raise UsageError(f"--type {kind}: keys are of type {' or '.join(KINDS)}")
    check_name(name)
    known = [_log_key(log, "--log") for log in logs or ()]
    keys = _keys()
    if keys.path(name, kind).exists():
        raise KeyStoreError(f"{keys.path(name, kind)} exists; a key is never replaced")
    secret = passphrase(new=True, unsafe=unsafe)
    vkey = keys.create(name, kind, secret, rounds=rounds, cost=DEFAULT_COST)
    say(str(vkey))
    say(f"Private key: {keys.path(name, kind)}")
    _know(name, known)
    say("Lines for the policy of a verifier that trusts this witness, after the log's:")
    for line in _policy_lines(keys.vkeys(name)):
        say(f"  {line}")
    if not _memory(name).logs():
        say(f"Next: monazite witness log {name} VKEY")


@app.command("log")
def log(
    name: Name, vkey: Annotated[str, typer.Argument(help="The log's verifier key, as its operator gave it to you.")]
) -> None:
    """Know a log from now on: its checkpoints are cosigned, and no other's.

    Example: monazite witness log witness.example/w1 'ledger.example/ree+...'
    """
    _keys().vkeys(name)
    _know(name, [_log_key(vkey, "the log")])


@app.command("show")
def show(name: Name, as_json: AsJson = False) -> None:
    """Show a witness's verifier keys, policy lines and logs, with what it cosigned last of each.

    Example: monazite witness show witness.example/w1
    """
    from ledger.witnessing import recalled  # noqa: PLC0415  (start-up time)

    vkeys, memory = _keys().vkeys(name), _memory(name)
    rows: list[dict[str, Any]] = []
    for vkey in memory.logs():
        last = recalled(memory.kept(vkey.name), vkey.name, vkeys)
        rows.append({"log": str(vkey), "size": last.size, "root": last.root.hex() if last.size else "", **_when(last)})
    if as_json:
        lines = _policy_lines(vkeys)
        say_json({"name": name, "vkeys": [str(vkey) for vkey in vkeys], "policy": lines, "logs": rows})
        return
    for vkey_shown in vkeys:
        say(str(vkey_shown))
    say("Policy lines:")
    for line in _policy_lines(vkeys):
        say(f"  {line}")
    say(f"Logs, kept in {memory.folder}:")
    for row in rows:
        last_said = f"cosigned {row['size']} entries at {row['time']}" if row["time"] else "nothing cosigned yet"
        say(f"  {row['log']}\n    {last_said}")


@app.command("cosign")
def cosign(
    name: Name,
    request: Annotated[
        str | None,
        typer.Argument(help="The add-checkpoint request, a file; - reads it from stdin.", metavar="[REQUEST]"),
    ] = None,
    ledger: Annotated[
        str | None,
        typer.Option("--ledger", help="Instead of a request: a ledger at hand, whose entries make the proof."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the signature lines to this file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Cosign a ledger's newest checkpoint if it continues the one cosigned last; print the signature lines.

    Refused: exit code 1, with the status of C2SP tlog-witness and the size that was cosigned last.

    Example: monazite checkpoint --request | monazite witness cosign witness.example/w1 -
    """
    from ledger import witnessing  # noqa: PLC0415  (start-up time)
    from ledger.seal import note, witness  # noqa: PLC0415

    if (request is None) == (ledger is None):
        raise UsageError("give a request (a file, or - for stdin) or --ledger, one of them")
    keys, memory = _keys(), _memory(name)
    secret = passphrase(new=False, unsafe=False) if keys.is_locked(name) else None
    cosigners = keys.load(name, secret)
    timestamp = int(context.now().timestamp())
    if request is not None:
        asked = witness.parse_request(read_given(request, witness.MAX_BYTES))
        try:
            done = witnessing.cosign(memory, lambda _last: asked, witness.origin_of(asked), cosigners, timestamp)
        except NotCosignedError as error:
            _refused(memory, error.refused, None, asked.proof, as_json=as_json)
            raise
    else:
        with opened(str(ledger)) as store:
            signed = store.head().checkpoint
            if signed is None:
                raise UsageError("the ledger has no checkpoint yet; there is nothing to cosign")
            origin = note.parse(signed).text.split("\n", 1)[0]
            try:
                make = partial(witnessing.ask_at_hand, store)
                done = witnessing.cosign(memory, make, origin, cosigners, timestamp)
            except NotCosignedError as error:
                found = None
                if error.refused.reason == "inconsistent":
                    log = _signer(memory.logs(), signed)
                    found = witnessing.contradiction(store, log, memory.kept(origin))
                _refused(memory, error.refused, found, (), as_json=as_json)
                raise
    lines = done.lines.decode()
    if output is not None:
        from ledger.store.files import write_atomic  # noqa: PLC0415  (start-up time)

        write_atomic(output, done.lines)
    if as_json:
        say_json({"size": done.state.size, "root": done.state.root.hex(), **_when(done.state), "lines": lines})
    elif output is None:
        sys.stdout.write(lines)
    else:
        say(f"{output} written: {done.state.size} entries cosigned")


def _refused(
    memory: WitnessMemory, refused: Refused, found: Evidence | None, proof: tuple[bytes, ...], *, as_json: bool
) -> None:
    """Say what was cosigned last, and keep the evidence of a fork in a file."""
    from ledger.seal.witness import parse_conflict  # noqa: PLC0415  (start-up time)

    result: dict[str, Any] = {"status": refused.status, "reason": refused.reason, "message": refused.message}
    if refused.reason == "conflict":
        result["size"] = parse_conflict(refused.body)
        warn(f"ask again with `monazite checkpoint --request --from {result['size']}`")
    if refused.evidence and found is None and (proof or not refused.prefix):
        from ledger.seal.evidence import Evidence as Pair  # noqa: PLC0415  (start-up time)

        cosigned, asked = refused.evidence
        log = str(_signer(memory.logs(), asked))
        found = Pair(log, cosigned.decode(), asked.decode(), refused.prefix, proof if refused.prefix else ())
    if found is not None:
        from cli.evidence import kept  # noqa: PLC0415  (start-up time)

        path = kept(found, memory.folder)
        result["evidence"] = {"cosigned": found.before, "asked": found.shown, "file": str(path)}
        warn(f"THE LOG FORKED: it signed two trees that do not fit together. The proof is kept in {path}")
    if as_json:
        say_json(result)


def _signer(logs: Sequence[VerifierKey], signed: bytes) -> VerifierKey:
    from ledger.seal import note  # noqa: PLC0415  (start-up time)

    parsed = note.parse(signed)
    return note.verify(parsed, [log for log in logs if parsed.text.startswith(f"{log.name}\n")])[0]


def _keys() -> CosignerStore:
    from ledger.store.cosigners import CosignerStore  # noqa: PLC0415  (start-up time)

    return CosignerStore(keystore().folder)


def _memory(name: str) -> WitnessMemory:
    from ledger.store.witnessing import WitnessMemory  # noqa: PLC0415  (start-up time)

    return WitnessMemory(state().folder / "witness", name)


def _log_key(text: str, what: str) -> VerifierKey:
    from ledger.seal.keys import VerifierKey  # noqa: PLC0415  (start-up time)

    try:
        return VerifierKey.parse(text)
    except FormatError as error:
        raise FormatError(f"{what} is a log's verifier key, as its operator gives it: {error}") from error


def _know(name: str, logs: Sequence[VerifierKey]) -> None:
    memory = _memory(name)
    for vkey in logs:
        new = memory.know(vkey)
        say(f"The log {vkey.name} is {'known from now on' if new else 'known already'}.")


def _policy_lines(vkeys: Sequence[CosignerKey]) -> list[str]:
    """The witness's part of a tlog-policy; where it has two keys, one of them is enough."""
    from ledger.store.cosigners import KINDS as TYPES  # noqa: PLC0415  (start-up time)

    words = {number: word for word, number in TYPES.items()}
    short = [f"{vkey.name}:{words[vkey.algorithm]}" if len(vkeys) > 1 else vkey.name for vkey in vkeys]
    lines = [f"witness {label} {vkey}" for label, vkey in zip(short, vkeys, strict=True)]
    if len(vkeys) > 1:
        return [*lines, f"group {vkeys[0].name} any {' '.join(short)}", f"quorum {vkeys[0].name}"]
    return [*lines, f"quorum {short[0]}"]


def _when(last: Any) -> dict[str, str]:  # noqa: ANN401  (a State)
    when = datetime.fromtimestamp(last.timestamp, UTC) if last.timestamp else None
    return {"time": f"{when:%Y-%m-%dT%H:%M:%SZ}" if when else ""}
