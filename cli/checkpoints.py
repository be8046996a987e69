"""The command `checkpoint`: sign the log's tree head, ask witnesses for it, collect what they answer."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import say, say_json, warn
from cli.context import DEFAULT_LEDGER, AsJson, Ledger, Signers, Trust, keystore, now, opened, state, trusted_policy
from cli.files import read, read_given
from cli.stores import beside
from ledger.errors import FormatError, UsageError

if TYPE_CHECKING:
    from cli.stores import Opened


def checkpoint(
    ledger: Ledger = DEFAULT_LEDGER,
    note: Annotated[bool, typer.Option("--note", help="Print the newest checkpoint and sign nothing.")] = False,
    request: Annotated[
        bool, typer.Option("--request", help="Print the request that a witness answers to (C2SP tlog-witness).")
    ] = False,
    start: Annotated[
        int, typer.Option("--from", min=0, help="With --request: the size that the witness cosigned last; 0 at first.")
    ] = 0,
    add: Annotated[
        str | None,
        typer.Option("--add", help="Put a witness's signature lines, a file or - for stdin, into the checkpoint."),
    ] = None,
    witnesses: Annotated[
        list[str] | None,
        typer.Option(
            "--witness", help="With --add: verifier key of a witness. Default: those of the policy. May be repeated."
        ),
    ] = None,
    stamp_request: Annotated[
        Path | None,
        typer.Option("--timestamp-request", help="Write an RFC 3161 request for the newest checkpoint to this file."),
    ] = None,
    stamp: Annotated[
        Path | None,
        typer.Option("--add-timestamp", help="Keep a timestamp authority's response for the newest checkpoint."),
    ] = None,
    trust: Trust = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Sign the log's tree head where it has none yet, and print it; ask witnesses to cosign it, and publish their answers.

    Example: monazite checkpoint --note > checkpoint.txt

    Example: monazite checkpoint --request --from 41 -o request.txt

    Example: monazite checkpoint --add answer.txt --witness 'witness.example/w1+...'

    Example: monazite checkpoint --timestamp-request request.tsq
    """
    if sum((note, request, add is not None, stamp_request is not None, stamp is not None)) > 1:
        raise UsageError(
            "--note, --request, --add, --timestamp-request and --add-timestamp are different things; give one of them"
        )
    if (start and not request) or (witnesses and add is None):
        raise UsageError("--from goes with --request, and --witness with --add")
    with opened(ledger) as store:
        if request:
            from ledger.seal.witness import format_request  # noqa: PLC0415  (start-up time)
            from ledger.witnessing import ask, tree_size  # noqa: PLC0415

            asked = ask(store, start)
            behind = store.head().size - tree_size(asked.checkpoint)
            if behind > 0:
                warn(
                    f"note: the newest {behind} entries are under no checkpoint; `monazite checkpoint` signs one first"
                )
            _write(format_request(asked), output)
            return
        if stamp_request is not None or stamp is not None:
            _stamp(store, stamp_request, stamp, trust)
            return
        signed = (
            store.head().checkpoint if note else _signed(store) if add is None else _added(store, add, witnesses, trust)
        )
    if signed is None:
        raise UsageError("the ledger has no checkpoint yet; `monazite checkpoint` signs one where the log's key is")
    if output is not None:
        _write(signed, output)
    elif as_json:
        from ledger.seal import checkpoint as tree_head  # noqa: PLC0415  (start-up time)

        shown = tree_head.unverified(signed)
        say_json({"origin": shown.origin, "size": shown.size, "root": shown.root.hex(), "note": signed.decode()})
    else:
        say(signed.decode().rstrip("\n"))


def _signed(store: Opened) -> bytes | None:
    """The newest checkpoint, made now where entries are under none."""
    from cli.writing import anchor, persistently  # noqa: PLC0415  (start-up time)
    from ledger.completeness import covers  # noqa: PLC0415
    from ledger.publish import publish  # noqa: PLC0415
    from ledger.seal import checkpoint as tree_head  # noqa: PLC0415

    head = store.head()
    current = None if head.checkpoint is None else tree_head.unverified(head.checkpoint)
    with store.map_view() as view:
        covered = covers(view, head.size)
    if current is not None and current.size >= head.size and covered:
        return head.checkpoint
    origin, _registrar = anchor(store)
    log = Signers(keystore())(origin)
    signed = persistently(store, lambda: publish(store, log, now(), state().remembered(log.vkey))).checkpoint
    state().remember(log.vkey, signed or b"")
    return signed


def _added(store: Opened, answer: str, witnesses: Sequence[str] | None, trust: str | None) -> bytes:
    """The newest checkpoint with a witness's lines, verified and published."""
    from ledger.seal.cosigner import CosignerKey  # noqa: PLC0415  (start-up time)
    from ledger.seal.note import MAX_BYTES  # noqa: PLC0415
    from ledger.store.state import same_tree  # noqa: PLC0415
    from ledger.witnessing import collect  # noqa: PLC0415

    policy = trusted_policy(store, trust)
    known = [CosignerKey.parse(text) for text in witnesses] if witnesses else policy.keys()
    merged = collect(store, policy.logs[0].vkey, read_given(answer, MAX_BYTES), known)
    memory, log = state(), policy.logs[0].vkey
    kept = memory.remembered(log)
    if kept is not None and same_tree(kept, merged):  # nothing here compared it with another tree
        memory.remember(log, merged, kept)
    return merged


def _stamp(store: Opened, request: Path | None, token: Path | None, trust: str | None) -> None:
    """Ask an authority for a timestamp on the newest checkpoint, or keep the one that it gave."""
    from ledger.seal import timestamp  # noqa: PLC0415  (start-up time)
    from ledger.store.timestamps import Timestamps  # noqa: PLC0415

    stamped = timestamp.subject(store.head().checkpoint or b"", trusted_policy(store, trust).logs[0].vkey)
    if request is not None:
        _write(timestamp.request(stamped), request)
    elif token is not None:
        data = read(token, timestamp.MAX_TOKEN)
        try:
            timestamp.check_subject(data, stamped)
        except FormatError as error:
            raise FormatError(f"not an authority's response for this checkpoint: {error}", file=str(token)) from error
        say(
            f"Timestamp kept in {Timestamps(beside(store.path)).add(stamped, data)}; `monazite verify --tsa CERT` verifies it"
        )


def _write(data: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(data.decode())
        return
    from ledger.store.files import write_atomic  # noqa: PLC0415  (start-up time)

    write_atomic(output, data)
    say(f"{output} written")
