"""What Monazite costs beside raw limits, in one run: ratios to trust, absolute figures of one machine. `make bench`."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ledger.exchange.draft import Draft
from ledger.model.events import Open
from ledger.model.identity import Anchor
from ledger.origin.trace import trace
from ledger.record import begin, record
from ledger.rules.history import DEFAULT_TOLERANCES
from ledger.seal import keys as ed25519
from ledger.seal.keys import SigningKey
from ledger.store.sql import SqliteStore
from ledger.verify import verify

EVENTS = int(os.environ.get("MONAZITE_BENCH_EVENTS", "20000"))
ORIGIN = "bench.example"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
AT = "2026-10-31T08:00:00+08:00"
KEYS = {name: SigningKey.from_seed(name, bytes([index]) * 32) for index, name in enumerate((ORIGIN, "op", "mine"), 1)}


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def drafts(count: int) -> list[Draft]:
    """One extraction and a chain of splits off it, each drawing on the lot before."""
    composition = {"TREO": {"ppb": 80_000_000}, "Nd2O3": {"ppb": 16_000_000}, "Pr6O11": {"ppb": 4_000_000}}
    made = []
    for index in range(count // 2):
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


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "bench.db")
        store.create()
        anchor = Anchor(party="op", name="op", country="ZZ", vkey=str(KEYS["op"].vkey))
        event = Open(
            v=1, ledger=ORIGIN, actor="op", at=AT, operator=anchor, registrar=anchor, log=str(KEYS[ORIGIN].vkey), rules="1",
            tolerances=DEFAULT_TOLERANCES,
        )  # fmt: skip
        begin(store, event, KEYS["op"], KEYS[ORIGIN], NOW)
        who = {"actor": "op", "at": AT, "party": "mine", "name": "mine", "country": "AU"}
        registry = [
            Draft({"type": "enrol", **who, "roles": ["miner"], "vkey": str(KEYS["mine"].vkey)}),
            Draft({"type": "site", **who, "site": "pit"}),
        ]
        record(store, registry, keys=KEYS.__getitem__, log=KEYS[ORIGIN], recorded=NOW)
        batch = drafts(EVENTS)
        intake = timed(lambda: record(store, batch, keys=KEYS.__getitem__, log=KEYS[ORIGIN], recorded=NOW))
        one = Draft(
            {"type": "dispose", "actor": "mine", "site": "pit", "at": AT, "lots": [{"lot": "ORE-0", "mass": {"mg": 1}}]}
        )
        single = (
            timed(
                lambda: [record(store, [one], keys=KEYS.__getitem__, log=KEYS[ORIGIN], recorded=NOW) for _ in range(50)]
            )
            / 50
        )
        rows = [(stored.sequence, data) for stored in store.entries() for data in stored.events]
        bare = timed(lambda: raw(Path(folder) / "raw.db", rows))
        message, vkey = rows[-1][1], KEYS["mine"].vkey
        signature = KEYS["mine"].sign(message)
        one_check = timed(lambda: [ed25519.verify(vkey.public_key, message, signature) for _ in range(2000)]) / 2000
        verdict = verify(store, KEYS[ORIGIN].vkey)
        checking = timed(lambda: verify(store, KEYS[ORIGIN].vkey))
        deep = f"CON-{min(EVENTS // 2 - 1, 499)}"
        tracing = timed(lambda: trace(verdict.history, deep))
        store.close()
    table = Table(
        title=f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}, {len(rows)} events"
    )
    for column in ("what", "ours", "beside", "ratio"):
        table.add_column(column, justify="left" if column == "what" else "right")
    per = len(batch)
    table.add_row(
        "bulk intake, events/s, beside bare executemany",
        f"{per / intake:,.0f}",
        f"{len(rows) / bare:,.0f}",
        f"{(per / intake) / (len(rows) / bare):.3f}",
    )
    table.add_row(
        "verify all rules, events/s, beside one Ed25519 check an event",
        f"{len(rows) / checking:,.0f}",
        f"{1 / one_check:,.0f}",
        f"{len(rows) / checking * one_check:.2f}",
    )
    table.add_row(
        "one durable record, ms, beside one Ed25519 check",
        f"{single * 1e3:.2f}",
        f"{one_check * 1e3:.3f}",
        f"{single / one_check:.0f}",
    )
    table.add_row(f"trace of {deep}, ms, whole ancestry", f"{tracing * 1e3:.1f}", "-", "-")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
