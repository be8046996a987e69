"""What verifying costs beside one Ed25519 check an event over the same cores, in one run: `python -m benchmarks.verification`.

The check is `ledger.seal.ed25519.verify`, the same library that verification uses, over the same events, spread over the same
cores. Submissions hold 1,000 events in one ledger and one in another. The last column divides the processor time of all checks
by that of the verifying process alone, without its workers: on a machine with other work it says more than the clock, and where the
cores are idle the ratio by the clock is a part of it, one in as many as there are cores.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import multiprocessing
import os
import platform
import resource
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.mill import KEYS, ORIGIN, filled
from ledger import verify as verification
from ledger.model.entry import Fact
from ledger.rules import custody, rulebook
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.seal import ed25519
from ledger.store.sql import SqliteStore
from ledger.verify import verify

CORES = os.cpu_count() or 1
CUSTODY = {"authority", "custody", "timing"}
"""Modules of rules about who may say what, of which lot, and when."""


def clocks(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of the processors, other processes that were started for it and have ended included."""
    gc.collect()
    clock, spent = time.perf_counter(), _spent()
    work()
    return time.perf_counter() - clock, _spent() - spent


def _spent() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def checks(messages: list[bytes]) -> int:
    """One Ed25519 check a message; how many held. The signature is made of the first and never fits: a check costs the same."""
    key = KEYS["mine"]
    signature = key.sign(messages[0])
    return sum(ed25519.verify(key.vkey.public_key, message, signature) for message in messages)


def reference(messages: list[bytes]) -> None:
    """One check an event, over every core."""
    with ProcessPoolExecutor(CORES) as pool:
        assert sum(pool.map(checks, [messages[start::CORES] for start in range(CORES)])) >= 1


def ed25519_libraries() -> str:
    """What one check costs in the library that is used, and in PyNaCl where it is installed."""
    key, message = KEYS["mine"], b"." * 350
    signature, public = key.sign(message), key.vkey.public_key
    works = {"this project's, with its gate": lambda: ed25519.verify(public, message, signature)}
    try:
        nacl = importlib.import_module("nacl.bindings")
    except ImportError:
        pass
    else:
        works["PyNaCl's"] = lambda: nacl.crypto_sign_open(signature + message, public)
    costs = {}
    for name, work in works.items():
        took = min(clocks(lambda work=work: [work() for _ in range(1000)])[1] for _ in range(5))  # type: ignore[misc]
        costs[name] = took * 1e3
    return "one Ed25519 check, us of process time: " + ", ".join(f"{name} {cost:.0f}" for name, cost in costs.items())


def peak(work: Callable[[], object]) -> int:
    """The most bytes that Python's allocator held for it at once."""
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


@contextmanager
def custody_alone() -> Iterator[None]:
    """Of the rules, those of SIGN, CUST and TIME alone, as no verification leaves any out: to tell what the others cost."""
    kept = [(rule, kinds) for rule, kinds in rulebook.RULES if rule.__module__.rpartition(".")[2] in CUSTODY]
    asked = {kind: tuple(rule for rule, kinds in kept if kind in kinds) for kind in rulebook.ALL}

    def judge(history: History, fact: Fact) -> list[Finding]:
        found = [item for rule in asked[type(fact.event)] for item in rule(history, fact)]
        history.apply(fact)
        return found

    whole = verification.judge, verification.conclude
    verification.judge, verification.conclude = judge, custody.open_ends
    try:
        yield
    finally:
        verification.judge, verification.conclude = whole


def measured(store: SqliteStore, *, memory: bool) -> tuple[list[tuple[str, float, float, float, float]], int]:
    """(what, our rate, the rate of checks, their ratio, that of processor time) of a ledger, and its peak of memory."""
    messages = [data for stored in store.entries() for data in stored.events]
    beside = clocks(lambda: reference(messages))
    log = KEYS[ORIGIN].vkey
    verdict = verify(store, log)
    assert verdict.verdict == "clean", list(verdict.findings)[:3]
    assert verdict.checked.events == len(messages)
    rows = []
    with ProcessPoolExecutor(CORES, mp_context=multiprocessing.get_context("spawn")) as pool:
        verify(store, log, executor=pool)  # so that the processes are there
        for what, executor, left in (
            ("all rules", None, nullcontext()),
            (f"all rules, {CORES} workers", pool, nullcontext()),
            ("seal, signatures, custody", None, custody_alone()),
            (f"seal, signatures, custody, {CORES} workers", pool, custody_alone()),
        ):
            with left:
                took = clocks(lambda executor=executor: verify(store, log, executor=executor))  # type: ignore[misc]
            # The time of workers that live on is not told, so of a verification with workers this is the process's own.
            rows.append(
                (what, len(messages) / took[0], len(messages) / beside[0], beside[0] / took[0], beside[1] / took[1])
            )
    return rows, peak(lambda: verify(store, log)) if memory else 0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--events", type=int, default=20_000, help="in the ledger of submissions of 1,000 (default 20000)"
    )
    parser.add_argument("--singles", type=int, default=4_000, help="in the one of single events (default 4000)")
    asked = parser.parse_args()
    table = Table(title=f"{platform.processor() or platform.machine()}, {CORES} cores, Python {sys.version.split()[0]}")
    for column in ("what", "ours, events/s", "one check an event", "ratio", "by processor time"):
        table.add_column(column, justify="left" if column == "what" else "right")
    with tempfile.TemporaryDirectory() as folder:
        for size, count in ((1_000, asked.events), (1, asked.singles)):
            store = filled(Path(folder) / f"of{size}.db", count, size)
            rows, most = measured(store, memory=size > 1)
            for what, rate, limit, ratio, spent in rows:
                table.add_row(
                    f"{what}, {count} events in submissions of {size}",
                    f"{rate:,.0f}",
                    f"{limit:,.0f}",
                    f"{ratio:.2f}",
                    f"{spent:.2f}",
                )
            if most:
                table.add_row("the most memory of it, bytes an event", f"{most / count:,.0f}", "-", "-", "-")
            store.close()
    Console(width=120).print(table)
    print(ed25519_libraries())


if __name__ == "__main__":
    main()
