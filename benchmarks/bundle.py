"""What a bundle costs: `python -m benchmarks.bundle [--events N]`. Verifying one must not depend on the size of the ledger.

The asked lot has 200 events behind it, each signed and admitted alone, which is the dearest case: 203 signatures.
"""

from __future__ import annotations

import argparse
import base64
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.run import CHUNK, KEYS, ORIGIN, begun, drafts, least, recorded, timed
from ledger.bundle.export import export
from ledger.bundle.format import parse
from ledger.bundle.verify import verify
from ledger.seal.policy import Log, Policy
from ledger.store.sql import SqliteStore

GENERATIONS = 100
LOT = f"CON-{GENERATIONS - 1}"
NODE = len(base64.b64encode(bytes(32))) + len('"",')
"""Bytes that a node takes in the file."""


def ledger(path: Path, events: int) -> SqliteStore:
    """A ledger of so many events: the asked lot's, then others."""
    store = begun(path)
    for draft in drafts(0, GENERATIONS):
        recorded(store, [draft])
    for start in range(GENERATIONS, events // 2, CHUNK // 2):
        others = drafts(start, min(start + CHUNK // 2, events // 2))
        if start == GENERATIONS:
            others[1].members["inputs"].pop()  # nothing is made of the asked lot
        recorded(store, others)
    return store


def processor(work: Callable[[], object]) -> float:
    """Seconds of this process alone, which other programs disturb less."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=20_000, help="in the ledger (default 20000)")
    count = parser.parse_args().events
    with tempfile.TemporaryDirectory() as folder:
        store = ledger(Path(folder) / "bench.db", count)
        writing = timed(lambda: export(store, LOT))
        made = export(store, LOT)
        store.close()
        trusted = Policy((Log(KEYS[ORIGIN].vkey),))
        checking = least(lambda: verify(parse(made.data), trusted))
        work = min(processor(lambda: verify(parse(made.data), trusted)) for _ in range(5))
        reading = least(lambda: parse(made.data))
        path = Path(folder) / "lot.monazite"
        path.write_bytes(made.data)
        words = [sys.executable, "-m", "cli.main", "verify", str(path), "--trust", str(KEYS[ORIGIN].vkey)]
        command = least(lambda: subprocess.run(words, check=True, capture_output=True), 3)  # noqa: S603  (our own command)
        started = least(lambda: subprocess.run([*words[:3], "--version"], check=True, capture_output=True), 3)  # noqa: S603
    events = sum(len(entry.events) for entry in made.bundle.entries)
    print(f"ledger of {count} events; bundle of {events} events in {len(made.bundle.entries)} entries")
    print(
        f"verify in process, ms: {checking * 1e3:.1f}, of which reading {reading * 1e3:.1f}; of the processor {work * 1e3:.1f}"
    )
    print(f"the command, ms: {command * 1e3:.0f}, of which start-up {started * 1e3:.0f}")
    print(f"export, ms: {writing * 1e3:.0f}")
    print(
        f"bytes: {len(made.data)}; proof nodes {len(made.bundle.nodes)} where paths would hold {made.separate}: "
        f"{(made.separate - len(made.bundle.nodes)) * NODE} bytes saved"
    )


if __name__ == "__main__":
    main()
