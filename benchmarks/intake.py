"""What taking events in costs, beside raw limits, in one run: `python -m benchmarks.intake`, `make bench`.

Bulk: events signed in submissions of 1,000, validated, judged by every rule and stored durably, beside a bare table without
an index that stores the same bytes durably by `sqlite3.executemany`. Single: one durable `record` in a warm process, beside an
append to pymerkle's `SqliteTree`, which neither validates nor signs. pymerkle is GPL and a peer to compare with, never a part
of this: where it is not installed the row says so.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import platform
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.mill import CALL, begun, drafts, recorded

SINGLES = 200
"""Events that are recorded one by one."""


def clocks(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and seconds of this process's own work, which other programs disturb less."""
    gc.collect()
    clock, work_done = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - work_done


def bare(path: Path, rows: list[tuple[int, bytes]]) -> None:
    """A table without an index that stores the same bytes, durably, in as many transactions as the ledger does."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE t (n INTEGER, data BLOB)")
    for start in range(0, len(rows), CALL):
        with connection:
            connection.executemany("INSERT INTO t VALUES (?, ?)", rows[start : start + CALL])
    connection.close()


def peer(path: Path, rows: list[bytes]) -> list[float] | None:
    """Seconds of each append to pymerkle's tree in SQLite; None where pymerkle is not installed."""
    try:
        tree = importlib.import_module("pymerkle").SqliteTree(str(path))
    except ImportError:
        return None
    with tree:
        return [clocks(lambda data=data: tree.append_entry(data))[0] for data in rows]  # type: ignore[misc]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=20_000, help="recorded in bulk (default 20000)")
    count = parser.parse_args().events
    table = Table(
        title=f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}, {count} events"
    )
    for column in ("what", "ours", "beside", "ratio"):
        table.add_column(column, justify="left" if column == "what" else "right")
    with tempfile.TemporaryDirectory() as folder:
        events = drafts()
        store = begun(Path(folder) / "ours.db")
        took = [0.0, 0.0]
        for start in range(0, count, CALL):
            batch = list(islice(events, min(CALL, count - start)))
            for which, seconds in enumerate(clocks(lambda batch=batch: recorded(store, batch))):  # type: ignore[misc]
                took[which] += seconds
        rows = [(stored.sequence, data) for stored in store.entries() for data in stored.events]
        raw = min(clocks(lambda name=name: bare(Path(folder) / f"bare{name}.db", rows)) for name in range(3))  # type: ignore[misc]
        singles = list(islice(events, SINGLES + 1))
        recorded(store, singles[:1])
        ours = [clocks(lambda draft=draft: recorded(store, [draft]))[0] for draft in singles[1:]]  # type: ignore[misc]
        theirs = peer(Path(folder) / "peer.db", [data for _number, data in rows[:SINGLES]])
        store.close()
    for what, mine, other in (("by the clock", took[0], raw[0]), ("process time", took[1], raw[1])):
        rate, limit = count / mine, len(rows) / other
        table.add_row(
            f"bulk intake beside bare executemany, events/s, {what}",
            f"{rate:,.0f}",
            f"{limit:,.0f}",
            f"{rate / limit:.3f}",
        )
    single = statistics.median(ours)
    beside = statistics.median(theirs) if theirs is not None else None
    table.add_row(
        "one durable record beside pymerkle's SqliteTree append, ms, medians",
        f"{single * 1e3:.2f}",
        "not installed" if beside is None else f"{beside * 1e3:.2f}",
        "-" if beside is None else f"{beside / single:.2f}",
    )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
