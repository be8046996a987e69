"""What an inclusion proof costs in a ledger of a million entries: `python -m benchmarks.proofs`, `make bench`.

The entries are bytes of usual size, neither signed nor judged, since a proof looks at hashes alone. Beside it: reading one row
of the same table, and the proof from all leaf hashes, as it is made where no tiles are kept.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ledger import receipt
from ledger.seal import checkpoint, merkle, treepages
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.keys import SigningKey
from ledger.store.contract import Head, Mapped, MapRows, Stored
from ledger.store.sql import SqliteStore

STEP = 100_000
"""Entries appended at a time."""
TIMES = 500
LOG = SigningKey.from_seed("proofs.example", bytes(32))
BYTES = 420
"""Of an entry with a submission of one party."""


def filled(path: Path, count: int) -> SqliteStore:
    """A store of so many entries under a checkpoint, with the tiles of its tree."""
    store = SqliteStore(path)
    store.create()
    leaves: list[bytes] = []

    def hashes(low: int, high: int) -> list[bytes]:
        return leaves[low:high]

    frontier = merkle.Frontier()
    for start in range(0, count, STEP):
        entries = []
        for number in range(start, min(start + STEP, count)):
            data = sha256(number.to_bytes(8, "big")).digest() * (BYTES // 32)
            entries.append(Stored(number, merkle.leaf_hash(data), data, ()))
        before = store.head()
        with store.map_view() as view:
            old = len(leaves)
            leaves += [one.leaf for one in entries]
            tiles = treepages.grown(view.pages, hashes, old, len(leaves))
        frontier = frontier.extend(one.leaf for one in entries)
        signed = checkpoint.sign(Checkpoint(LOG.name, frontier.size, frontier.root()), LOG)
        after = Head(frontier.size, leaves[-1], frontier.to_bytes(), signed)
        store.append(before, entries, (), after, MapRows(Mapped(len(leaves) - 1, 0), tiles))
    return store


def median(work: Callable[[int], object], places: list[int]) -> float:
    """Seconds, by the clock."""
    took = []
    for place in places:
        since = time.perf_counter()
        work(place)
        took.append(time.perf_counter() - since)
    return statistics.median(took)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000, help="in the ledger (default 1000000)")
    count = parser.parse_args().entries
    places = [random.Random(1).randrange(count) for _time in range(TIMES)]  # noqa: S311  (places, not secrets)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "proofs.db"
        store = filled(path, count)
        proof = median(lambda place: receipt.made(store, place), places)
        connection = sqlite3.connect(path)
        row = median(
            lambda place: connection.execute("SELECT data FROM entries WHERE sequence = ?", (place,)).fetchone(), places
        )
        leaves = [leaf for (leaf,) in connection.execute("SELECT leaf FROM entries ORDER BY sequence")]
        whole = median(lambda place: merkle.inclusion_proof(place, leaves), places[:1])
        connection.close()
        store.close()
    table = Table(
        title=f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}, {count} entries"
    )
    for column in ("what", "ms", "ratio"):
        table.add_column(column, justify="left" if column == "what" else "right")
    table.add_row("a receipt: an entry with its checked inclusion proof", f"{proof * 1e3:.3f}", "1")
    table.add_row("one row of the table by its number", f"{row * 1e3:.3f}", f"{row / proof:.3f}")
    table.add_row("the proof from all leaf hashes in memory", f"{whole * 1e3:.0f}", f"{whole / proof:,.0f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
