"""Commands that give events back in other people's formats: export epcis, jsonl, csv, parquet."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from cli.console import progress, say, warn
from cli.context import DEFAULT_LEDGER, Ledger, now, opened
from cli.files import save
from ledger.errors import UsageError

if TYPE_CHECKING:
    from cli.stores import Opened
    from ledger.exchange.given import Given, Lost
    from ledger.model.events import Event
    from ledger.verify import Progress

Lot = Annotated[
    str | None, typer.Argument(help="The lot: the events that it rests on.", metavar="[LOT]", show_default=False)
]
Whole = Annotated[bool, typer.Option("--all", help="Every event of custody in the ledger.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", help="Write to this file; - is standard output. Default: LOT, or `events`, and the suffix."
    ),
]
T = TypeVar("T")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)


def epcis(lot: Lot = None, ledger: Ledger = DEFAULT_LEDGER, whole: Whole = False, output: Output = None) -> None:
    """Write events as GS1 EPCIS 2.0 JSON, in the ledger's order, valid by the published schema.

    What EPCIS has no word for stands beside it, so that `import` gives the same events; what cannot be said at all is
    listed as `not carried`.

    Example: monazite export epcis MTW-2025-MAGNET -o magnet.json

    Example: monazite export epcis --all -o chain.json
    """
    from ledger.exchange.epcis import written  # noqa: PLC0415  (start-up time)

    with _asked(ledger, lot, output, ".json", whole=whole) as asked:
        events = asked.counted(written.told(asked.again(asked.lost), asked.lost))
        asked.save(written.document(events, f"{now():%Y-%m-%dT%H:%M:%SZ}"))


def jsonl(lot: Lot = None, ledger: Ledger = DEFAULT_LEDGER, whole: Whole = False, output: Output = None) -> None:
    """Write events as JSON Lines, one a line, in the ledger's order, as `import` reads them.

    Example: monazite export jsonl --all -o events.jsonl
    """
    from ledger.exchange.given import lines  # noqa: PLC0415  (start-up time)

    with _asked(ledger, lot, output, ".jsonl", whole=whole) as asked:
        asked.save(lines(asked.counted(asked.again(asked.lost))))


def csv(lot: Lot = None, ledger: Ledger = DEFAULT_LEDGER, whole: Whole = False, output: Output = None) -> None:
    """Write events as a CSV table, a row for each lot of an event, as `import` reads it.

    Every row is read back before it is written, and what a table cannot say is listed as `not carried`. Cells are the
    text that was recorded, also where a spreadsheet would take it for a formula; then that is said.

    Example: monazite export csv MTW-2025-MAGNET -o magnet.csv
    """
    from ledger.exchange.rows import Sheet  # noqa: PLC0415  (start-up time)

    with _asked(ledger, lot, output, ".csv", whole=whole) as asked:
        sheet = Sheet(asked.again, asked.lost)
        asked.save(sheet.text())
        asked.count = sheet.count
        if sheet.formulas:
            warn(
                f"note: {sheet.formulas} cells begin with = + - or @, which a spreadsheet takes for formulas; they are written "
                "as they were recorded, so load the file as text"
            )


def parquet(lot: Lot = None, ledger: Ledger = DEFAULT_LEDGER, whole: Whole = False, output: Output = None) -> None:
    """Write the table of `export csv` as Parquet, every column text; needs the extra `bulk`.

    Example: monazite export parquet --all -o events.parquet
    """
    from ledger.exchange.parquet import write  # noqa: PLC0415  (start-up time)
    from ledger.exchange.rows import Sheet  # noqa: PLC0415

    with _asked(ledger, lot, output, ".parquet", whole=whole) as asked, tempfile.TemporaryDirectory() as folder:
        sheet = Sheet(asked.again, asked.lost)
        table, made = Path(folder) / "table.csv", Path(folder) / "table.parquet"
        save(table, sheet.text())
        write(table, made)
        with made.open("rb") as file:
            asked.save(iter(lambda: file.read(1 << 20), b""))
        asked.count = sheet.count


class _Asked:
    """One export: which events, and where they go."""

    def __init__(self, store: Opened, lot: str | None, target: Path, bar: Progress | None) -> None:
        from ledger.exchange.given import Lost  # noqa: PLC0415  (start-up time)

        self.lost: Lost = Lost()
        self.count = 0
        self.target = target
        self._store = store
        self._lot = lot
        self._bar = bar

    def again(self, lost: Lost) -> Iterator[Given]:
        """The events, from the first."""
        from ledger.exchange.given import given  # noqa: PLC0415  (start-up time)

        events = self._all() if self._lot is None else self._of_lot(self._lot, lost)
        return given(events, self._find, lost)

    def counted(self, items: Iterable[T]) -> Iterator[T]:
        """The same, counted."""
        for item in items:
            self.count += 1
            yield item

    def save(self, pieces: Iterable[bytes]) -> None:
        """Write them."""
        if str(self.target) == "-":
            for piece in pieces:
                sys.stdout.buffer.write(piece)
        else:
            save(self.target, pieces)

    def _all(self) -> Iterator[tuple[Event, str]]:
        from ledger.seal import canonical  # noqa: PLC0415  (start-up time)

        with self._store.snapshot() as seen:
            size = seen.head().size
            for stored in seen.entries():
                if self._bar is not None:
                    self._bar(stored.sequence, size)
                for data in stored.events:
                    yield canonical.decode_event(data), canonical.event_hash(data)

    def _of_lot(self, lot: str, lost: Lost) -> Iterator[tuple[Event, str]]:
        from cli.lots import found  # noqa: PLC0415  (start-up time)
        from ledger.ancestry import ancestry  # noqa: PLC0415
        from ledger.exchange.contract import REGISTRY  # noqa: PLC0415
        from ledger.rules.custody import lots_of  # noqa: PLC0415

        history = ancestry(self._store, lot)
        found(history, lot)
        for fact in sorted(history.facts.values(), key=lambda fact: fact.place):
            lots = lots_of(fact.event)
            if fact.event.type in REGISTRY or not lots:
                continue
            if lots <= history.lots.keys():
                yield fact.event, fact.hash
            else:
                lost["events on these lots that touch others as well, on which the lot does not rest"] += 1

    def _find(self, digest: str) -> Event | None:
        from ledger.seal import canonical  # noqa: PLC0415  (start-up time)

        row = next(iter(self._store.recall(hashes={digest})), None)
        return None if row is None else canonical.decode_event(row.event)


@contextmanager
def _asked(ledger: str, lot: str | None, output: Path | None, suffix: str, *, whole: bool) -> Iterator[_Asked]:
    """Open the ledger; afterwards say what was written, and what was not."""
    if (lot is None) != whole:
        raise UsageError("name a lot, or give --all for every event of custody" + (", not both" if whole else ""))
    if output is None:
        if lot is not None and not _PLAIN.fullmatch(lot):
            raise UsageError(f"lot {lot!r} makes no file name; give one with -o")
        output = Path(f"{lot or 'events'}{suffix}")
    with opened(ledger) as store, progress("Writing events") as bar:
        asked = _Asked(store, lot, output, bar)
        yield asked
    tell = warn if str(output) == "-" else say
    tell(f"{output} written: {asked.count} events")
    for what, count in sorted(asked.lost.items()):
        tell(f"not carried: {what} ({count})")
