"""Below what verification and intake cannot come in Python, whatever the rules cost: `python -m benchmarks.floors`.

Verification is measured with fewer and fewer of its parts, as no verification leaves any out. Of intake the floor is what the
database alone takes: the very rows of a ledger put into a ledger's own tables by plain `executemany`, beside a bare table without an index. All of it
in processor time, the quickest of some runs, in microseconds an event, with the raw limit of the same run.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.intake import bare
from benchmarks.mill import KEYS, ORIGIN, filled
from benchmarks.verification import custody_alone
from ledger import verify as verification
from ledger.model.entry import Fact
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.seal import ed25519
from ledger.store.sql import SqliteStore
from ledger.verify import verify

TIMES = 5
SAMPLE = 2_000
"""Ed25519 checks of which the mean is taken."""
REGISTRY = 2
"""Entries at the start that say who may sign, without which nothing after them is read."""


def least(work: Callable[[], object]) -> float:
    """Processor seconds of the quickest of some runs."""
    took = []
    for _time in range(TIMES):
        gc.collect()
        since = time.process_time()
        work()
        took.append(time.process_time() - since)
    return min(took)


@contextmanager
def unjudged(*, fold: bool) -> Iterator[None]:
    """No rule is asked; without `fold` the events are not even kept in mind, but for the registry."""

    def taken(history: History, fact: Fact) -> list[Finding]:
        if fold or fact.place.entry < REGISTRY:
            history.apply(fact)
        return []

    whole = verification.judge, verification.conclude
    verification.judge, verification.conclude = taken, lambda _history: iter(())
    try:
        yield
    finally:
        verification.judge, verification.conclude = whole


def verifications(store: SqliteStore, events: int) -> Iterator[tuple[str, float]]:
    """(what, microseconds an event) of ever less of a verification."""
    log = KEYS[ORIGIN].vkey

    def took() -> float:
        return least(lambda: verify(store, log)) / events * 1e6

    yield "verification, all rules", took()
    with custody_alone():
        yield "seal, signatures, custody", took()
    with unjudged(fold=True):
        yield "seal, signatures, events folded, no rule", took()
    with unjudged(fold=False):
        yield "seal, signatures, events read, no fold", took()
    data = next(data for stored in store.entries(REGISTRY) for data in stored.events)
    key = KEYS["mine"]
    signature = key.sign(data)
    checks = least(lambda: [ed25519.verify(key.vkey.public_key, data, signature) for _ in range(SAMPLE)])
    yield "one Ed25519 check", checks / SAMPLE * 1e6


def rows_again(source: Path, target: Path) -> None:
    """The rows of a ledger into a new file with a ledger's own tables, indexes and triggers, durably."""
    old, new = sqlite3.connect(source), sqlite3.connect(target)
    new.execute("PRAGMA journal_mode = WAL")
    new.execute("PRAGMA synchronous = FULL")
    for (statement,) in old.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall():
        new.execute(statement)
    with new:
        for table in ("entries", "events", "subjects", "map_pages"):
            rows = old.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  (names from above)
            marks = ",".join("?" * len(rows[0]))
            new.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608  (as said)
    old.close()
    new.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=10_000, help="in the ledger (default 10000)")
    count = parser.parse_args().events
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        store = filled(path, count, 1000)
        for what, cost in verifications(store, count):
            print(f"{what}: {cost:.1f} us an event")
        rows = [(stored.sequence, data) for stored in store.entries() for data in stored.events]
        store.close()
        numbers = iter(range(1000))
        plain = least(lambda: bare(Path(folder) / f"bare-{next(numbers)}.db", rows)) / count * 1e6
        own = least(lambda: rows_again(path, Path(folder) / f"rows-{next(numbers)}.db")) / count * 1e6
    print(f"bare executemany: {plain:.2f} us an event")
    print(f"a ledger's own rows by executemany: {own:.2f} us an event, {plain / own:.3f} of the rate of the bare one")


if __name__ == "__main__":
    main()
