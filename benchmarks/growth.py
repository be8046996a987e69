"""How costs grow with a ledger, at 10,000, 100,000 and 1,000,000 events: `make growth` writes docs/performance.md and its picture.

Each size is a ledger of `benchmarks.mill` in submissions of 1,000, with a lot of 1,000 ancestor events at its end. Each step
runs in a process of its own, so that the most memory that it held is that of the step. Ratios are to a raw limit that was
measured in the same run at the same size.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks import mill
from benchmarks.intake import bare
from benchmarks.plot import Curve, plot
from ledger.added.verify import verify_added
from ledger.ancestry import ancestry
from ledger.bundle.export import export
from ledger.bundle.format import parse
from ledger.bundle.verify import verify as verify_bundle
from ledger.exchange.draft import Draft
from ledger.origin.trace import trace
from ledger.report.answer import answer
from ledger.seal import ed25519
from ledger.seal.policy import Log, Policy
from ledger.store.shelf import Shelf
from ledger.store.sql import SqliteStore
from ledger.verify import Verdict, verify

SIZES = (10_000, 100_000, 1_000_000)
DEEP = 1_000
"""Ancestor events of the lot that is traced and reported."""
LOT = f"DEEP-{DEEP - 1}"
NEW = 1_000
"""Events that are added and verified by themselves."""
TIMES = 5
SAMPLE = 2_000
"""Ed25519 checks of which the mean is taken."""
FOLDER = Path(__file__).resolve().parents[1] / "docs"
DOCUMENT, PICTURE = FOLDER / "performance.md", FOLDER / "performance.svg"


def spent() -> float:
    """Processor seconds of this process and of those that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """Processor seconds of the quickest of some runs: other programs disturb them less than the clock."""
    took = []
    for _time in range(times):
        gc.collect()
        since = spent()
        work()
        took.append(spent() - since)
    return min(took)


def deep() -> list[Draft]:
    """A lot with 1,000 events behind it."""
    composition = {"TREO": {"ppb": 80_000_000}, "Nd2O3": {"ppb": 16_000_000}, "Pr6O11": {"ppb": 4_000_000}}
    who = {"actor": "mine", "site": "pit", "at": mill.AT}
    made = []
    for number in range(DEEP):
        output = {"lot": f"DEEP-{number}", "form": "ore", "mass": {"mg": 10**10}, "composition": composition}
        how: dict[str, Any] = {"type": "extract"}
        if number:
            how = {"type": "transform", "stage": "repack", "inputs": [{"lot": f"DEEP-{number - 1}"}]}
        made.append(Draft({**how, **who, "ref": f"D{number}", "outputs": [output]}))
    return made


def intake(path: Path, count: int) -> dict[str, float]:
    """Record so many events, then the deep lot's, and store the same bytes bare."""
    store, drafts = mill.begun(path), mill.drafts()
    took, clock = 0.0, time.perf_counter()
    for start in range(0, count, mill.CALL):
        batch = list(islice(drafts, min(mill.CALL, count - start)))
        took += seconds(lambda batch=batch: mill.recorded(store, batch))  # type: ignore[misc]
    clock = time.perf_counter() - clock
    mill.recorded(store, deep())
    rows = [(stored.sequence, data) for stored in store.entries() for data in stored.events]
    limit = seconds(lambda: bare(path.with_name("bare.db"), rows))
    store.close()
    sizes = {"file": path.stat().st_size, "raw": sum(len(data) for _number, data in rows)}
    path.with_name("bare.db").unlink()
    return {"seconds": took, "clock": clock, "limit": limit * count / len(rows), "events": count, **sizes}


def whole(path: Path, _count: int) -> dict[str, float]:
    """Verify everything, with what grows kept on the disk."""
    store, log = SqliteStore(path), mill.KEYS[mill.ORIGIN].vkey
    data = next(data for stored in store.entries(3) for data in stored.events)
    key = mill.KEYS["mine"]
    signature = key.sign(data)
    check = seconds(lambda: [ed25519.verify(key.vkey.public_key, data, signature) for _ in range(SAMPLE)]) / SAMPLE
    clock = time.perf_counter()
    found: dict[str, Any] = {}
    took = seconds(lambda: found.update(verdict=verify(store, log, tables=Shelf())))
    assert found["verdict"].verdict == "clean"
    events = found["verdict"].checked.events
    store.close()
    return {"seconds": took, "clock": time.perf_counter() - clock, "limit": check * events, "events": events}


def lot(path: Path, _count: int) -> dict[str, float]:
    """Load and trace the deep lot; export its bundle; verify that and answer from it."""
    store = SqliteStore(path)
    trusted = Policy((Log(mill.KEYS[mill.ORIGIN].vkey),))
    history = ancestry(store, LOT)
    data = export(store, LOT).data

    def reported() -> None:
        verdict = verify_bundle(parse(data), trusted)
        answer(trace(verdict.verdict.history, LOT), verdict.verdict, "growth")

    found = {
        "load": seconds(lambda: ancestry(store, LOT), TIMES),
        "trace": seconds(lambda: trace(history, LOT), TIMES),
        "export": seconds(lambda: export(store, LOT), TIMES),
        "report": seconds(reported, 2),
        "bundle": len(data),
    }
    store.close()
    return found


def added(path: Path, count: int) -> dict[str, float]:
    """Record further events, and verify them by themselves."""
    store, trusted = SqliteStore(path), Policy((Log(mill.KEYS[mill.ORIGIN].vkey),))
    base = store.head().checkpoint
    assert base is not None
    mill.recorded(store, list(islice(mill.drafts(), count, count + NEW)))
    found: list[Verdict] = []
    took = seconds(lambda: found.append(verify_added(store, trusted, base=base)), TIMES)
    assert (found[-1].verdict, found[-1].checked.events) == ("clean", NEW)
    store.close()
    return {"seconds": took}


STEPS = {step.__name__: step for step in (intake, whole, lot, added)}


def apart(step: str, path: Path, count: int) -> dict[str, float]:
    """What a step found in a process of its own, and the most memory that it held, in bytes."""
    words = [sys.executable, "-m", "benchmarks.growth", "--step", step, "--path", str(path), "--sizes", str(count)]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE)  # noqa: S603  (ourselves)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measured(sizes: list[int]) -> dict[int, dict[str, dict[str, float]]]:
    """Every step at every size."""
    found: dict[int, dict[str, dict[str, float]]] = {}
    for count in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "ledger.db"
            found[count] = {}
            for step in STEPS:
                found[count][step] = apart(step, path, count)
                print(f"{count:,} events, {step}: done", file=sys.stderr)
    return found


def row(name: str, cells: list[str]) -> str:
    """A row of a Markdown table."""
    return f"| {name} | {' | '.join(cells)} |"


def document(found: dict[int, dict[str, dict[str, float]]]) -> str:
    """The tables, each absolute figure beside its ratio."""

    def cells(write: Callable[[dict[str, dict[str, float]]], str]) -> list[str]:
        return [write(one) for one in found.values()]

    def rate(one: dict[str, float]) -> str:
        return f"{one['events'] / one['seconds']:,.0f}/s ({one['limit'] / one['seconds']:.3f})"

    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}"
    rows = [
        row("events", [f"{count:,}" for count in found]),
        row("---", ["---:"] * len(found)),
        row("bulk intake (beside bare `executemany`)", cells(lambda one: rate(one["intake"]))),
        row("full verification, all rules (beside one Ed25519 check an event)", cells(lambda one: rate(one["whole"]))),
        row("the most memory of it, MB", cells(lambda one: f"{one['whole']['peak'] / 1e6:,.0f}")),
        row(f"verify {NEW:,} new events, ms", cells(lambda one: f"{one['added']['seconds'] * 1e3:.0f}")),
        row(f"a lot with {DEEP:,} events behind it: load, ms", cells(lambda one: f"{one['lot']['load'] * 1e3:.0f}")),
        row("trace, ms", cells(lambda one: f"{one['lot']['trace'] * 1e3:.0f}")),
        row("export its bundle, ms", cells(lambda one: f"{one['lot']['export'] * 1e3:.0f}")),
        row("verify the bundle and answer, ms", cells(lambda one: f"{one['lot']['report'] * 1e3:.0f}")),
        row("the bundle, kB", cells(lambda one: f"{one['lot']['bundle'] / 1e3:,.0f}")),
        row(
            "the file, MB (beside the events' own bytes)",
            cells(
                lambda one: f"{one['intake']['file'] / 1e6:,.0f} ({one['intake']['file'] / one['intake']['raw']:.2f})"
            ),
        ),
    ]
    return "\n".join([
        "# How costs grow",
        "",
        f"Printed by `make growth` on {datetime.now(UTC):%Y-%m-%d}: {machine}.",
        "Times are processor seconds, all processes together; in parentheses the ratio to the raw limit of the same run, as a",
        "rate: 1 is as quick as the limit. Trust the ratios; the absolute figures are one machine's.",
        "",
        *rows,
        "",
        "![Seconds by events in the ledger, both axes logarithmic](performance.svg)",
        "",
        "Intake, full verification and the file grow with the ledger. New events are verified at the cost of what they build on.",
        "Loading, tracing, exporting and reporting one lot cost what its ancestry costs; the proofs of its bundle become longer with",
        "the logarithm of the ledger's size. Export reads the registry, all attestations and all retractions besides, of which these",
        "ledgers have few or none.",
        "",
    ])  # fmt: skip


def curves(found: dict[int, dict[str, dict[str, float]]]) -> list[Curve]:
    """What the picture shows, in seconds."""
    asked = (
        ("bulk intake", "intake", "seconds"), ("full verification", "whole", "seconds"), ("verify new events", "added", "seconds"),
        ("load a lot", "lot", "load"),
        ("trace a lot", "lot", "trace"), ("report a lot", "lot", "report"), ("export a bundle", "lot", "export"),
    )  # fmt: skip
    return [(name, [(count, one[step][figure]) for count, one in found.items()]) for name, step, figure in asked]


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="events in each ledger")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md and docs/performance.svg")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        found = STEPS[asked.step](asked.path, asked.sizes[0])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({**found, "peak": peak}))
        return
    results = measured(list(asked.sizes))
    said = document(results)
    print(said)
    if asked.write:
        DOCUMENT.write_text(said, encoding="utf-8")
        PICTURE.write_text(plot(curves(results), "events in the ledger", "processor seconds"), encoding="utf-8")


if __name__ == "__main__":
    main()
