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

from cli.stores import named
from ledger.seal import canonical
from tests.cli.conftest import Shell
from tests.store import servers
from tests.trials import trials

pytestmark = pytest.mark.uncounted  # what it starts is counted elsewhere
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


def begun(ledger: Shell, path: str, where: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cli.main", "import", path, "--ledger", where]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # Beside a database each has a folder of its own, as on machines that share nothing else.
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "MONAZITE_FILES": f"{path}.files"},
        cwd=ledger.folder,
    )


def refs(where: str) -> Counter[str]:
    store = named(where)
    with store.snapshot() as seen:
        events = [canonical.decode_event(data) for stored in seen.entries() for data in stored.events]
    store.close()
    return Counter(str(event.ref) for event in events if event.type == "declare")


def evidence(where: str) -> set[str]:
    """Hashes of the records of imports that the ledger's events name."""
    store = named(where)
    with store.snapshot() as seen:
        events = [canonical.decode_event(data) for stored in seen.entries() for data in stored.events]
    store.close()
    return {item.sha256 for event in events for item in event.evidence}


def together(ledger: Shell, where: str, writers: int, kills: int, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  (not for secrets)
    paths = [ledger.write(f"t{number}.csv", table(number)) for number in range(writers)]
    running = [begun(ledger, path, where) for path in paths]
    for process in chance.sample(running, kills):
        try:
            process.wait(chance.uniform(0.3, 3))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
    ended = [(process.communicate(timeout=PATIENCE)[0].decode(), process.returncode) for process in running]
    assert all(code in (0, -signal.SIGKILL) for _said, code in ended), ended
    servers.quiet(where)
    found = refs(where)
    assert set(found.values()) == {1}
    for number, (_said, code) in enumerate(ended):
        whole = {f"D{number}-{row}" for row in range(EACH)} & found.keys()
        assert len(whole) in ((EACH,) if code == 0 else (0, EACH))
    # Whoever was killed begins again, and whoever was not adds nothing.
    for path in paths:
        ledger("import", path, "--ledger", where)
    assert refs(where) == Counter(["D-all", *(f"D{n}-{row}" for n in range(writers) for row in range(EACH))])
    kept = {path.name: path for folder in ledger.folder.rglob("*.evidence") for path in folder.iterdir()}
    assert evidence(where) <= kept.keys()
    records = [json.loads(kept[digest].read_bytes()) for digest in evidence(where)]
    assert all(record["source"]["sha256"] in kept for record in records)
    ledger("verify", "--ledger", where, code=None)
    assert "SEAL-" not in ledger.out


def test_imports_at_once_of_which_some_are_killed(ledger: Shell) -> None:
    together(ledger, "monazite.db", writers=trials(10), kills=trials(10) // 3, seed=7)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(5))
def test_many_imports_at_once(ledger: Shell, seed: int) -> None:
    together(ledger, "monazite.db", writers=10, kills=4, seed=seed)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(3))
def test_many_imports_at_once_into_postgresql(ledger: Shell, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONAZITE_FILES", str(ledger.folder / "files"))
    address = servers.bare()
    where = servers.url(servers.name_of(address))
    ledger("migrate", "monazite.db", where)
    together(ledger, where, writers=10, kills=4, seed=seed)
    servers.give_back(address)
