"""The command `evidence`: what two contradictory checkpoints prove, checked by anybody who has the log's key."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import say, say_json, warn
from cli.context import AsJson
from cli.files import read
from ledger.errors import EXIT_FINDINGS, UnverifiableError

if TYPE_CHECKING:
    from ledger.seal.evidence import Evidence


def evidence(
    file: Annotated[Path, typer.Argument(help="A file that `verify` or `witness cosign` wrote.", metavar="FILE")],
    trust: Annotated[
        str,
        typer.Option(
            "--trust", help="The log's verifier key, or a policy file with it, from another channel than FILE."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Check offline whether a file proves that a log forked: its signatures, its sizes and roots, its consistency proof.

    Exit code 0: it proves a fork. 1: its notes are the log's, and prove none. 3: a note is not signed by this log.

    Example: monazite evidence evidence-1f2e3d4c.json --trust 'ledger.example/ree+...'
    """
    from cli.context import given  # noqa: PLC0415  (start-up time)
    from ledger.seal.evidence import MAX_BYTES, judge, parse  # noqa: PLC0415
    from ledger.seal.note import SignatureError, UnsignedError  # noqa: PLC0415

    data = read(file, MAX_BYTES)
    log = given(trust).logs[0].vkey
    try:
        judged = judge(parse(data, str(file)), log)
    except (SignatureError, UnsignedError) as error:
        raise UnverifiableError(f"{file} proves nothing of {log.name}: {error}") from error
    if as_json:
        heads = {name: getattr(judged, name) for name in ("before", "shown")}
        say_json(
            {
                "log": str(log),
                "claim": judged.claim,
                "proven": judged.proven,
                **{name: {"size": head.size, "root": head.root.hex()} for name, head in heads.items()},
                "proves": list(judged.proves),
                "does_not_prove": list(judged.does_not_prove),
            }
        )
    else:
        say(f"{'PROVEN: this log forked' if judged.proven else 'NO FORK PROVEN'} ({judged.claim})   {log.name}")
        for heading, sentences in (("It proves", judged.proves), ("It does not prove", judged.does_not_prove)):
            say(f"{heading}:")
            for sentence in sentences:
                say(f"  - {sentence}")
    if not judged.proven:
        raise typer.Exit(EXIT_FINDINGS)


def disputed(found: Evidence | None, asked: Path | None) -> Path | None:
    """Keep both notes of a contradiction: beside what is remembered, and where it was asked for."""
    from cli.context import state  # noqa: PLC0415  (start-up time)
    from ledger.seal.keys import VerifierKey  # noqa: PLC0415

    if found is None:
        if asked is not None:
            warn(f"note: {asked} was not written: nothing here contradicts a checkpoint that was seen before")
        return None
    if asked is not None:
        save(encoded(found), asked)
        return asked
    place = state().place(VerifierKey.parse(found.log))
    try:
        return kept(found, place)
    except OSError as error:
        warn(
            f"warning: the evidence could not be kept in {place} ({error.strerror}); --evidence FILE writes it elsewhere"
        )
        return None


def kept(found: Evidence, folder: Path) -> Path:
    """Write evidence into a folder under a name of its own, and say where; what is there is never replaced."""
    data = encoded(found)
    path = folder / f"evidence-{hashlib.sha256(data).hexdigest()[:16]}.json"
    save(data, path)
    return path


def encoded(found: Evidence) -> bytes:
    """The file's bytes; raises FormatError where the notes are not the log's own."""
    from ledger.seal.evidence import format as written  # noqa: PLC0415  (start-up time)
    from ledger.seal.keys import VerifierKey  # noqa: PLC0415

    return written(found, VerifierKey.parse(found.log))


def save(data: bytes, path: Path) -> None:
    """Write the file, whole or not at all."""
    from ledger.store.files import write_atomic  # noqa: PLC0415  (start-up time)

    write_atomic(path, data)
