"""`verify --cluster`: several worker processes of Dask, one killed in the middle, and the verdict is the same."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.mill import KEYS, ORIGIN, filled
from cli import workers
from ledger.errors import UnverifiableError, UsageError
from ledger.store.sql import SqliteStore
from ledger.verify import verify
from tests.cli.conftest import Shell

pytestmark = (
    pytest.mark.uncounted
)  # what is counted here runs in other processes, or in the tests of `ledger.examining`
SCRIPT = Path(__file__).with_name("dasked.py")


@contextmanager
def dask(count: int) -> Iterator[subprocess.Popen[str]]:
    """A cluster; the first line that it prints is its address."""
    words = [sys.executable, str(SCRIPT), str(count)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def kill(process: subprocess.Popen[str], number: int) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{number}\n")
    process.stdin.flush()
    assert said(process) == "killed"


@pytest.mark.deep
def test_a_worker_killed_in_the_middle_changes_nothing(tmp_path: Path, shell: Shell) -> None:
    store = filled(tmp_path / "mill.db", 3_000, size=1)
    alone = verify(store, KEYS[ORIGIN].vkey)
    with dask(3) as process:
        address = said(process)
        with workers.cluster(address) as pool:
            kills = iter([1])

            def progress(done: int, _total: int) -> None:
                if done > 1_000 and (number := next(kills, None)) is not None:
                    kill(process, number)

            helped = verify(store, KEYS[ORIGIN].vkey, executor=pool, progress=progress)
        assert next(kills, None) is None
        assert list(helped.findings) == list(alone.findings)
        assert (helped.size, helped.root, helped.checked) == (alone.size, alone.root, alone.checked)
        found = shell.json(
            "verify", "--ledger", str(tmp_path / "mill.db"), "--trust", str(KEYS[ORIGIN].vkey), "--cluster", address
        )
        assert found["verdict"] == "clean"
    store.close()


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.5",
        "nothing",
        "tcp//x",
        "10.0.0.5:8786",
        "foo://h:1",
        "tcp://h",
        "tcp://h:",
        "tcp://h:abc",
        "tcp://h:70000",
        "tcp://",
        "tcp://[h:1",
        "tcp://:8786",
        "inproc://h:1",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(UsageError), workers.cluster(address):
        pytest.fail("it connected")


def test_a_cluster_that_does_not_answer_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "CONNECTING", 0.2)
    store = SqliteStore(tmp_path / "none.db")
    with pytest.raises(UnverifiableError, match="no Dask scheduler answers"), workers.cluster("tcp://127.0.0.1:9"):
        pytest.fail("it connected")
    store.close()


def test_a_bundle_needs_no_cluster(shell: Shell) -> None:
    shell("verify", "x.monazite", "--cluster", "tcp://127.0.0.1:9", code=2)
    assert "a bundle is verified here" in shell.err


def test_what_dask_logs_is_not_printed(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("distributed.client")
    with workers._quiet():
        logger.error("Failed to reconnect to scheduler")
    assert not caplog.records
    logger.error("as before")
    assert caplog.records
