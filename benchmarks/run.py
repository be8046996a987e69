"""What Monazite costs beside raw limits, in one run: ratios to trust, absolute figures of one machine. `make bench`.

`python benchmarks/run.py --events 1000000` asks the same of a bigger ledger: what a trace costs must not grow with it.
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ledger.ancestry import ancestry
from ledger.exchange.draft import Draft
from ledger.model.events import Open
from ledger.model.identity import Anchor
from ledger.origin.trace import trace
from ledger.record import begin, record
from ledger.rules.history import DEFAULT_TOLERANCES
from ledger.seal import ed25519
from ledger.seal.keys import SigningKey
from ledger.store.shelf import Shelf
from ledger.store.sql import SqliteStore
from ledger.verify import verify

EVENTS = int(os.environ.get("MONAZITE_BENCH_EVENTS", "20000"))
ORIGIN = "bench.example"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
AT = "2026-10-31T08:00:00+08:00"
CHUNK = 20_000
"""Drafts recorded in one call, so that a big ledger is made in bounded memory."""
DEEP = 500
"""Generations of the lot that is traced: each is an extraction and a transform, so 1,000 events."""
SHELVED = 1_000
"""Objects that a bounded verification keeps of each table here, so that a small ledger shows what a big one costs."""
KEYS = {name: SigningKey.from_seed(name, bytes([index]) * 32) for index, name in enumerate((ORIGIN, "op", "mine"), 1)}


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def least(work: Callable[[], object], times: int = 5) -> float:
    """Seconds of the quickest of some runs, which other programs disturbed least."""
    return min(timed(work) for _ in range(times))


def peak(work: Callable[[], object]) -> int:
    """The most bytes that Python's allocator held for it at once."""
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def drafts(start: int, stop: int) -> list[Draft]:
    """Generations of a chain, each an extraction and a concentrate made of it and of the concentrate before."""
    composition = {"TREO": {"ppb": 80_000_000}, "Nd2O3": {"ppb": 16_000_000}, "Pr6O11": {"ppb": 4_000_000}}
    made = []
    for index in range(start, stop):
        output = {"lot": f"ORE-{index}", "form": "ore", "mass": {"mg": 10**12}, "composition": composition}
        made.append({"type": "extract", "ref": f"E{index}", "outputs": [output]})
        source = [
            {"lot": f"ORE-{index}", "mass": {"mg": 10**11}},
            *([{"lot": f"CON-{index - 1}", "mass": {"mg": 10**9}}] if index else []),
        ]
        concentrate = {"lot": f"CON-{index}", "form": "concentrate", "mass": {"mg": 10**10}, "composition": composition}
        made.append(
            {
                "type": "transform",
                "ref": f"T{index}",
                "stage": "beneficiate",
                "inputs": source,
                "outputs": [concentrate],
            }
        )
    return [Draft({**members, "actor": "mine", "site": "pit", "at": AT}) for members in made]


def raw(path: Path, rows: list[tuple[int, bytes]]) -> None:
    """A bare, indexless table that stores the same bytes, durably."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE t (n INTEGER, data BLOB)")
    with connection:
        connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
    connection.close()


def filled(store: SqliteStore, count: int) -> float:
    """Record so many events; seconds that recording took."""
    seconds = 0.0
    for start in range(0, count // 2, CHUNK // 2):
        batch = drafts(start, min(start + CHUNK // 2, count // 2))
        seconds += timed(partial(recorded, store, batch))
    return seconds


def recorded(store: SqliteStore, batch: list[Draft]) -> None:
    """Admit drafts."""
    record(store, batch, keys=KEYS.__getitem__, log=KEYS[ORIGIN], recorded=NOW)


def begun(path: Path, country: str = "AU") -> SqliteStore:
    """A ledger of one miner with one pit; in a watched country, nearly all that its concentrates lack counts as written off."""
    store = SqliteStore(path)
    store.create()
    anchor = Anchor(party="op", name="op", country="ZZ", vkey=str(KEYS["op"].vkey))
    event = Open(
        v=1, ledger=ORIGIN, actor="op", at=AT, operator=anchor, registrar=anchor, log=str(KEYS[ORIGIN].vkey), rules="1",
        tolerances=DEFAULT_TOLERANCES,
    )  # fmt: skip
    begin(store, event, KEYS["op"], KEYS[ORIGIN], NOW)
    who = {"actor": "op", "at": AT, "party": "mine", "name": "mine", "country": country}
    registry = [
        Draft({"type": "enrol", **who, "roles": ["miner"], "vkey": str(KEYS["mine"].vkey)}),
        Draft({"type": "site", **who, "site": "pit"}),
    ]
    recorded(store, registry)
    return store


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=EVENTS, help=f"in the ledger (default {EVENTS})")
    count = parser.parse_args().events
    if count < 2:  # noqa: PLR2004  (one generation)
        parser.error("--events is at least 2")
    with tempfile.TemporaryDirectory() as folder:
        store = begun(Path(folder) / "bench.db")
        intake = filled(store, count)
        one = Draft(
            {"type": "dispose", "actor": "mine", "site": "pit", "at": AT, "lots": [{"lot": "ORE-0", "mass": {"mg": 1}}]}
        )
        single = timed(lambda: [recorded(store, [one]) for _ in range(50)]) / 50
        deep = f"CON-{min(count // 2, DEEP) - 1}"
        loading = least(lambda: ancestry(store, deep))
        behind = ancestry(store, deep)
        tracing = least(lambda: trace(behind, deep))
        rows = [(stored.sequence, data) for stored in store.entries() for data in stored.events]
        bare = timed(lambda: raw(Path(folder) / "raw.db", rows))
        message, vkey = rows[-1][1], KEYS["mine"].vkey
        signature = KEYS["mine"].sign(message)
        one_check = timed(lambda: [ed25519.verify(vkey.public_key, message, signature) for _ in range(2000)]) / 2000
        total = len(rows)
        checking = timed(lambda: verify(store, KEYS[ORIGIN].vkey))
        shelved = timed(lambda: verify(store, KEYS[ORIGIN].vkey, tables=Shelf(SHELVED)))
        memory = peak(lambda: verify(store, KEYS[ORIGIN].vkey))
        bounded = peak(lambda: verify(store, KEYS[ORIGIN].vkey, tables=Shelf(SHELVED)))
        store.close()
    table = Table(
        title=f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}, {total} events"
    )
    for column in ("what", "ours", "beside", "ratio"):
        table.add_column(column, justify="left" if column == "what" else "right")
    per = count // 2 * 2
    table.add_row(
        "bulk intake, events/s, beside bare executemany",
        f"{per / intake:,.0f}",
        f"{total / bare:,.0f}",
        f"{(per / intake) / (total / bare):.3f}",
    )
    table.add_row(
        "verify all rules, events/s, beside one Ed25519 check an event",
        f"{total / checking:,.0f}",
        f"{1 / one_check:,.0f}",
        f"{total / checking * one_check:.2f}",
    )
    table.add_row(
        "one durable record, ms, beside one Ed25519 check",
        f"{single * 1e3:.2f}",
        f"{one_check * 1e3:.3f}",
        f"{single / one_check:.0f}",
    )
    table.add_row("the most memory of a verification, bytes an event", f"{memory / total:,.0f}", "-", "-")
    table.add_row(
        f"the same with {SHELVED} objects kept a table, MB; in memory, MB",
        f"{bounded / 1e6:.1f}",
        f"{memory / 1e6:.1f}",
        f"{bounded / memory:.2f}",
    )
    table.add_row(
        f"verify all rules with {SHELVED} objects kept, events/s, beside in memory",
        f"{total / shelved:,.0f}",
        f"{total / checking:,.0f}",
        f"{checking / shelved:.2f}",
    )
    table.add_row(
        f"ancestry of {deep} from the store, ms, {len(behind.facts)} events", f"{loading * 1e3:.1f}", "-", "-"
    )
    table.add_row(f"trace of {deep}, ms", f"{tracing * 1e3:.1f}", "-", "-")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
