"""What it costs to read a file of other people's: processor seconds, rows a second, peak memory, for each format in a process of its own.

Run as `python -m benchmarks.intake_files [--rows N] [FORMAT ...]`. Every row is one event of one lot, as a sheet of stock taken
over has them; nothing is recorded.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ledger.exchange import mapping, parquet, sources

HEADER = ("event", "type", "at", "actor", "site", "direction", "lot", "form", "mass", "unit", "Nd2O3 %")
AT = "2026-11-10T08:00:00+08:00"
MAPPING = b"""name = "bench"
version = "1"
[constants]
actor = "kuantan"
site = "gebeng"
form = "oxide-nd"
"""


def rows(count: int) -> Iterator[tuple[str, ...]]:
    """The table's rows."""
    for number in range(count):
        lot = f"L{number}"
        yield (
            f"E{number}",
            "declare",
            AT,
            "kuantan",
            "gebeng",
            "out",
            lot,
            "oxide-nd",
            str(number % 900 + 1),
            "kg",
            "99.5",
        )


def as_csv(count: int, path: Path) -> None:
    """CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows(count))


def as_xlsx(count: int, path: Path) -> None:
    """A workbook, as spreadsheet programs write it."""
    import xlsxwriter  # noqa: PLC0415  (of this format alone)

    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADER)
        for number, row in enumerate(rows(count), start=1):
            page.write_row(number, 0, row)


def as_parquet(count: int, path: Path) -> None:
    """Parquet."""
    table = path.with_suffix(".csv")
    as_csv(count, table)
    parquet.write(table, path)


def as_jsonl(count: int, path: Path) -> None:
    """JSON Lines."""
    with path.open("w", encoding="utf-8") as file:
        for row in rows(count):
            output = {"lot": row[6], "form": row[7], "mass": {"mg": int(row[8]) * 10**6}}
            event = {"type": row[1], "ref": row[0], "at": AT, "actor": row[3], "site": row[4], "outputs": [output]}
            file.write(json.dumps(event) + "\n")


def as_epcis(count: int, path: Path) -> None:
    """An EPCIS document of commissioned classes."""

    def event(row: tuple[str, ...]) -> dict[str, Any]:
        quantity = {"epcClass": f"urn:bench:{row[6]}", "quantity": int(row[8]), "uom": "KGM"}
        return {
            "type": "ObjectEvent", "eventID": f"urn:bench:{row[0]}", "eventTime": AT, "eventTimeZoneOffset": "+08:00",
            "action": "ADD", "bizStep": "commissioning", "quantityList": [quantity],
        }  # fmt: skip

    document = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": AT,
        "epcisBody": {"eventList": [event(row) for row in rows(count)]},
    }
    path.write_text(json.dumps(document), encoding="utf-8")


FORMATS: dict[str, Callable[[int, Path], None]] = {
    "csv": as_csv,
    "xlsx": as_xlsx,
    "parquet": as_parquet,
    "jsonl": as_jsonl,
    "epcis": as_epcis,
}


def measure(kind: str, path: Path) -> dict[str, float]:
    """Read the file in this process: processor seconds, since nothing waits for the disk once the bytes are there."""
    data = path.read_bytes()
    begin = time.process_time()
    found = sources.read(data, path.name, kind, mapping=mapping.parse(MAPPING, "m.toml") if kind == "epcis" else None)
    seconds = time.process_time() - begin
    assert not found.errors, found.errors[:3]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"events": len(found.drafts), "seconds": seconds, "peak": peak, "bytes": len(data)}


def main() -> None:
    """Make each file, read it in a process of its own, and print what that cost."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("formats", nargs="*", metavar="FORMAT", help=", ".join(FORMATS))
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--measure", nargs=2, metavar=("FORMAT", "FILE"), help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.measure[0], Path(asked.measure[1]))))
        return
    print(f"{'format':8} {'events':>9} {'file MB':>8} {'cpu s':>8} {'events/s':>9} {'peak MB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for kind in asked.formats or FORMATS:
            path = Path(folder) / f"x.{kind}"
            FORMATS[kind](asked.rows, path)
            command = [sys.executable, "-m", "benchmarks.intake_files", "--measure", kind, str(path)]
            got = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)  # noqa: S603
            print(
                f"{kind:8} {got['events']:9,.0f} {got['bytes'] / 1e6:8.1f} {got['seconds']:8.1f} "
                f"{got['events'] / got['seconds']:9,.0f} {got['peak'] / 1e6:8.0f}"
            )
            path.unlink()


if __name__ == "__main__":
    main()
