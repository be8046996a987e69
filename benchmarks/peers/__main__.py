"""What Monazite does beside programs that only store, in one run. `make bench-peers`.

Events are those of `benchmarks.mill`: Monazite signs them in submissions of 1,000, validates each, judges it by every rule and
stores it durably. The others are given the finished bytes and store them. The ratio is ours over theirs, as a rate: below 1
they are quicker. A peer that is not installed is named, and its rows are missing.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import mill
from benchmarks.peers import others
from benchmarks.peers.others import FEW, RAW, Missing, timed
from ledger.seal import ed25519
from ledger.verify import verify

SIZE = 1_000
"""Events a submission, a batch and a commit."""


def ours(count: int, folder: Path) -> tuple[dict[str, float], list[bytes]]:
    """{bulk, single, verify} in seconds, and the events."""
    drafts, store = mill.drafts(), mill.begun(folder / "ours.db")
    bulk = timed(lambda: mill.recorded(store, list(islice(drafts, count)), SIZE))
    events = [data for stored in store.entries() for data in stored.events]
    verifying = timed(lambda: verify(store, mill.KEYS[mill.ORIGIN].vkey))
    mill.recorded(store, list(islice(drafts, 1)), 1)
    single = [timed(lambda draft=draft: mill.recorded(store, [draft], 1)) for draft in islice(drafts, FEW)]  # type: ignore[misc]
    store.close()
    return {"bulk": bulk, "verify": verifying, "single": statistics.median(single)}, events[-count:]


def beside(events: list[bytes], folder: Path, modules: Path) -> tuple[dict[str, dict[str, float]], list[str]]:
    """What each peer took, by its name, and what is not installed."""
    found, missing = {}, []
    for name, work in (
        (RAW, lambda place: others.sqlite(events, SIZE, place)),
        ("Hypercore", lambda place: others.hypercore(events, SIZE, place, modules)),
        ("pymerkle SqliteTree", lambda place: others.pymerkle(events, place)),
        ("git", lambda place: others.git(events, SIZE, place)),
    ):
        place = folder / name.replace(" ", "-")
        place.mkdir()
        try:
            found[name] = work(place)
        except Missing as error:
            missing.append(f"{name}: not measured, for want of {error}")
    return found, missing


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=20_000, help="stored by each (default 20000)")
    parser.add_argument("--modules", type=Path, default=Path("node_modules"), help="where npm put Hypercore")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        mine, events = ours(asked.events, Path(folder))
        found, missing = beside(events, Path(folder), asked.modules.absolute())
    key = mill.KEYS["mine"]
    signature = key.sign(events[0])
    found["one Ed25519 check an event"] = {
        "verify": timed(lambda: [ed25519.verify(key.vkey.public_key, data, signature) for data in events])
    }
    table = Table(
        title=f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}, {len(events)} events"
    )
    for column in ("what", "ours", "theirs", "ratio"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for what, name in (("bulk", "bulk intake"), ("single", "one durable append"), ("verify", "verification")):
        for peer, took in found.items():
            if what in took:
                times = 1 if what == "single" else len(events)
                table.add_row(
                    f"{name}, events/s, beside {peer}",
                    f"{times / mine[what]:,.0f}",
                    f"{times / took[what]:,.0f}",
                    f"{took[what] / mine[what]:.3f}",
                )
    Console(width=100).print(table)
    for line in missing:
        print(line)


if __name__ == "__main__":
    main()
