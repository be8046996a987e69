"""Commands that write the ledger out for others: a lot's bundle, the log as tiles, a proof, events in foreign formats."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli import giving, publishing
from cli.bundles import SUFFIX
from cli.console import say, warn
from cli.context import DEFAULT_LEDGER, OwnLedger, opened
from cli.files import read, save
from ledger.errors import UsageError

app = typer.Typer(
    no_args_is_help=True,
    help="What others can verify without this ledger: a lot's bundle, the log as static files, proof of an entry. "
    "And events in formats that others read: EPCIS, JSON Lines, CSV, Parquet.",
)
app.command("tiles")(publishing.tiles)
app.command("proof")(publishing.proof)
app.command("epcis")(giving.epcis)
app.command("jsonl")(giving.jsonl)
app.command("csv")(giving.csv)
app.command("parquet")(giving.parquet)
MAX_FILE = 1 << 25
"""Largest evidence file, 32 MiB; in a bundle it takes a third more."""
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)


@app.command("bundle")
def bundle(
    lot: Annotated[str, typer.Argument(help="The lot.", metavar="LOT")],
    ledger: OwnLedger = DEFAULT_LEDGER,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write to this file; - is standard output. Default: LOT.monazite."),
    ] = None,
    evidence: Annotated[
        list[Path] | None,
        typer.Option(
            "--evidence", help="Attach a file that an event names by its hash. May be repeated.", metavar="FILE"
        ),
    ] = None,
) -> None:
    """Write one file that proves where a lot comes from, to whoever trusts the log's key: no ledger, no network.

    It holds every event on the lot and on all it was made from, with proofs; verify it with `monazite verify FILE`.

    Example: monazite export bundle MTW-2025-MAGNET -o magnet.monazite --evidence assay.pdf
    """
    from ledger.bundle.export import export  # noqa: PLC0415  (start-up time)

    if output is None:
        if not _PLAIN.fullmatch(lot):
            raise UsageError(f"lot {lot!r} makes no file name; give one with -o")
        output = Path(f"{lot}{SUFFIX}")
    files = [read(path, MAX_FILE) for path in evidence or []]
    with opened(ledger) as store:
        made = export(store, lot, files)
    if str(output) == "-":
        sys.stdout.buffer.write(made.data)
        return
    save(output, made.data)
    count = sum(len(entry.events) for entry in made.bundle.entries)
    say(
        f"{output} written: lot {lot}, {count} events of {len(made.bundle.entries)} entries, {len(files)} evidence files, "
        f"{len(made.data)} bytes"
    )
    if output.suffix != SUFFIX:
        warn(f"note: `monazite report` and others know a bundle by the name's end {SUFFIX}")
