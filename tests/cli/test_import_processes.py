"""Imports by many processes at once, some of them killed: nothing is lost, nothing stands twice, and the ledger verifies."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ledger.seal import canonical
from ledger.store.sql import SqliteStore
from tests.cli.conftest import Shell
from tests.trials import trials

ROOT = Path(__file__).resolve().parents[2]
EACH = 20
PATIENCE = 240


def table(number: int) -> str:
    """Lots of one party's, and one event that is in every file."""
    head = "event,type,at,actor,site,direction,lot,form,mass,unit\n"
    same = "D-all,declare,2026-11-10T08:00:00+08:00,kuantan,gebeng,out,SHARED,oxide-nd,1,kg\n"
    return (
        head
        + same
        + "".join(
            f"D{number}-{row},declare,2026-11-10T08:00:00+08:00,kuantan,gebeng,out,L{number}-{row},oxide-nd,{row + 1},kg\n"
            for row in range(EACH)
        )
    )


def begun(ledger: Shell, path: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cli.main", "import", path, "--ledger", str(ledger.folder / "monazite.db")]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=ledger.folder,
    )


def refs(folder: Path) -> Counter[str]:
    store = SqliteStore(folder / "monazite.db")
    with store.snapshot() as seen:
        events = [canonical.decode_event(data) for stored in seen.entries() for data in stored.events]
    store.close()
    return Counter(str(event.ref) for event in events if event.type == "declare")


def named(folder: Path) -> set[str]:
    """Hashes of the records of imports that the ledger's events name."""
    store = SqliteStore(folder / "monazite.db")
    with store.snapshot() as seen:
        events = [canonical.decode_event(data) for stored in seen.entries() for data in stored.events]
    store.close()
    return {item.sha256 for event in events for item in event.evidence}


def together(ledger: Shell, writers: int, kills: int, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  (not for secrets)
    paths = [ledger.write(f"t{number}.csv", table(number)) for number in range(writers)]
    running = [begun(ledger, path) for path in paths]
    for process in chance.sample(running, kills):
        try:
            process.wait(chance.uniform(0.3, 3))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
    ended = [(process.communicate(timeout=PATIENCE)[0].decode(), process.returncode) for process in running]
    assert all(code in (0, -signal.SIGKILL) for _said, code in ended), ended
    found = refs(ledger.folder)
    assert set(found.values()) == {1}
    for number, (_said, code) in enumerate(ended):
        whole = {f"D{number}-{row}" for row in range(EACH)} & found.keys()
        assert len(whole) in ((EACH,) if code == 0 else (0, EACH))
    # Whoever was killed begins again, and whoever was not adds nothing.
    for path in paths:
        ledger("import", path)
    assert refs(ledger.folder) == Counter(["D-all", *(f"D{n}-{row}" for n in range(writers) for row in range(EACH))])
    kept = ledger.folder / "monazite.evidence"
    assert all((kept / digest).is_file() for digest in named(ledger.folder))
    records = [json.loads((kept / digest).read_bytes()) for digest in named(ledger.folder)]
    assert all((kept / record["source"]["sha256"]).is_file() for record in records)
    ledger("verify", code=None)
    assert "SEAL-" not in ledger.out


def test_imports_at_once_of_which_some_are_killed(ledger: Shell) -> None:
    together(ledger, writers=trials(10), kills=trials(10) // 3, seed=7)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(5))
def test_many_imports_at_once(ledger: Shell, seed: int) -> None:
    together(ledger, writers=10, kills=4, seed=seed)
