"""What the map costs: the share of bulk intake that goes into it, in a ledger of so many lots. `make completeness`.

`python -m benchmarks.completeness --lots 1000000` first fills a ledger with so many lots: each is an event of usual size in
the tables, an index row, two subjects, and a key of the map. They are neither signed nor judged, which would take an hour and
changes nothing in what is measured, because no rule looks at them again. Then it records, in earnest, batch after batch in
two copies of that ledger in turn: one keeps its map, in the other the map is left out. Both sign, judge and append durably,
and meet the same tables. The share is what the first takes longer than the second: by the quickest batch of each, which
other programs disturbed least, by the medians, and by the median of the batches that ran one after the other. Where the machine is
busy, the difference of two long times says little; so the time spent in the map's own steps is measured too, within the same batches,
all but its part of the commit.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.run import AT, KEYS, NOW, ORIGIN, begun, drafts, recorded
from ledger import completeness
from ledger.exchange.draft import Draft
from ledger.seal import checkpoint, entry, merkle, pages, prefix
from ledger.store import maprows
from ledger.store.contract import Head, IndexRow, Mapped, MapRows, Stored
from ledger.store.sql import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

STEP = 20_000
"""Lots filled in at a time."""
TIMES = 50
"""Single records, and proofs, of which the mean is taken."""
GOAL = 20
"""Per cent of bulk intake that the map may cost at a million lots."""


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and seconds of this process's own work, which other programs disturb less."""
    clock, work_done = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - work_done


def fill(store: SqliteStore, count: int) -> float:
    """Put so many lots into tables and map; seconds that the map's own work took, its rows not included."""
    held = dict(store.pages())
    with store.map_view() as view:
        size = view.mapped.size
    mapping = 0.0

    def fetch(numbers: Collection[int]) -> dict[int, bytes]:
        return {number: held[number] for number in numbers if number in held}

    for start in range(0, count, STEP):
        head = store.head()
        numbers = range(start, min(start + STEP, count))
        bodies = [b'{"lot":"OLD-%d","filling":"%s"}' % (number, b"." * 350) for number in numbers]
        hashes = [merkle.leaf_hash(body) for body in bodies]
        keys = [prefix.key_of(f"lot:OLD-{number}") for number in numbers]
        since = time.perf_counter()
        change = pages.extend(fetch, {key: [hashed] for key, hashed in zip(keys, hashes, strict=True)})
        mapping += time.perf_counter() - since
        held |= change.pages
        size += change.added
        leaf = entry.format_map(entry.MapEntry(head.size, head.leaf, NOW, size, change.root))
        frontier = merkle.Frontier.from_bytes(head.size, head.frontier).append(merkle.leaf_hash(leaf))
        signed = checkpoint.sign(checkpoint.Checkpoint(ORIGIN, frontier.size, frontier.root()), KEYS[ORIGIN])
        rows = [
            IndexRow(
                head.size,
                place,
                hashed.hex(),
                "extract",
                "filler",
                f"F{number}",
                (f"lot:OLD-{number}", "site:old"),
            )
            for place, (number, hashed) in enumerate(zip(numbers, hashes, strict=True))
        ]
        store.append(
            head,
            [Stored(head.size, merkle.leaf_hash(leaf), leaf, tuple(bodies))],
            rows,
            Head(frontier.size, merkle.leaf_hash(leaf), frontier.to_bytes(), signed),
            MapRows(Mapped(head.size, size), change.pages),
        )
    return mapping


@contextmanager
def left_out() -> Iterator[None]:
    """The map is neither read, worked out nor written; an entry of the same size stands in its place."""
    fold = completeness.fold

    def skip(_store: Any, head: Head, leaves: list[bytes], _new: Any, at: Any) -> tuple[Stored, None]:  # noqa: ANN401
        sequence, previous = head.size + len(leaves), leaves[-1] if leaves else head.leaf
        data = entry.format_map(entry.MapEntry(sequence, previous, at, 0, prefix.EMPTY))
        return Stored(sequence, merkle.leaf_hash(data), data, ()), None

    completeness.fold = skip  # type: ignore[assignment]
    try:
        yield
    finally:
        completeness.fold = fold


@contextmanager
def clocked(spent: list[tuple[float, float]]) -> Iterator[None]:
    """Adds up what the map's own steps take: making the next map entry, and putting the pages into the tables."""
    fold, write = completeness.fold, maprows.write

    def taking(step: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any) -> Any:  # noqa: ANN401
            made = []
            spent.append(timed(lambda: made.append(step(*given))))
            return made[0]

        return run

    completeness.fold, maprows.write = taking(fold), taking(write)
    try:
        yield
    finally:
        completeness.fold, maprows.write = fold, write


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lots", type=int, default=20_000, help="in the ledger before (default 20000)")
    parser.add_argument("--batch", type=int, default=20_000, help="events recorded in one call (default 20000)")
    parser.add_argument("--rounds", type=int, default=5, help="batches that are measured in each copy (default 5)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "with.db"
        store = begun(base)
        since = time.perf_counter()
        mapping = fill(store, asked.lots)
        filling = time.perf_counter() - since
        store.close()
        shutil.copy(base, Path(folder) / "without.db")
        stores = [SqliteStore(base), SqliteStore(Path(folder) / "without.db")]
        took: tuple[list[tuple[float, float]], ...] = [], []
        steps: list[tuple[float, float]] = []
        for number in range(asked.rounds):
            batch = drafts(number * asked.batch // 2, (number + 1) * asked.batch // 2)
            for which in (0, 1) if number % 2 else (1, 0):
                spent: list[tuple[float, float]] = []
                with clocked(spent) if which == 0 else left_out():
                    took[which].append(timed(partial(recorded, stores[which], batch)))
                if which == 0:
                    steps.append((sum(clock for clock, _work in spent), sum(work for _clock, work in spent)))
        size = base.stat().st_size
        held = sum(8 + len(page) for _number, page in stores[0].pages())
        one = [{"lot": "ORE-0", "mass": {"mg": 1}}]
        draft = Draft({"type": "dispose", "actor": "mine", "site": "pit", "at": AT, "lots": one})
        single = []
        for which in (0, 1):
            with nullcontext() if which == 0 else left_out():
                single.append(timed(partial(again, stores[which], draft)))
        proving = timed(lambda: [completeness.prove(stores[0], [f"lot:ORE-{number}"]) for number in range(TIMES)])
        for each in stores:
            each.close()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    print(
        f"{asked.lots} lots before, filled in {filling:.0f} s, {mapping / max(asked.lots, 1) * 1e6:.1f} us a key in memory"
    )
    for what, at in (("by the clock", 0), ("process time", 1)):
        with_map, without = ([times[at] for times in one] for one in took)
        own = [step[at] / whole * 100 for step, whole in zip(steps, with_map, strict=True)]
        print(
            f"bulk intake in batches of {asked.batch}, {what}: {', '.join(f'{t:.2f}' for t in with_map)} s with the map, "
            f"{', '.join(f'{t:.2f}' for t in without)} s without: its share is {share(min(with_map), min(without)):.1f} % by the "
            f"quickest, {share(statistics.median(with_map), statistics.median(without)):.1f} % by the medians, "
            f"{statistics.median(map(share, with_map, without)):.1f} % by the median of the pairs; "
            f"its own steps took {', '.join(f'{part:.1f}' for part in own)} %"
        )
        print(
            f"one durable record, {what}: {single[0][at] / TIMES * 1e3:.2f} ms with the map, "
            f"{single[1][at] / TIMES * 1e3:.2f} ms without; one proof: {proving[at] / TIMES * 1e3:.2f} ms"
        )
    print(
        f"the map's pages are {held / 1e6:.1f} MB of {size / 1e6:.1f} MB; the goal at a million lots is {GOAL} % of intake"
    )


def share(most: float, least: float) -> float:
    """What the map adds, per cent of the whole."""
    return (most - least) / most * 100


def again(store: SqliteStore, draft: Draft) -> None:
    """Record one event some times."""
    for _number in range(TIMES):
        recorded(store, [draft])


if __name__ == "__main__":
    main()
