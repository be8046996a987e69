"""What a writer remembers must outlast what is done to its ledger."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli import main


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("keys", "state", "ledger"):
        monkeypatch.setenv(f"MONAZITE_{name.upper()}", str(tmp_path / name))
    monkeypatch.setenv("MONAZITE_PASSPHRASE", "secret")
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["monazite", *words])
    try:
        main.main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


@pytest.mark.uncounted
def test_an_older_copy_does_not_become_the_truth_by_one_more_record(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, old = home / "ledger", home / "old"
    assert run(monkeypatch, "init", "--origin", "ledger.example/x") == 0
    assert run(monkeypatch, "party", "add", "mine", "--name", "Mine", "--country", "AU", "--role", "miner") == 0
    assert run(monkeypatch, "site", "add", "pit", "--party", "mine", "--country", "AU", "--stage", "mine") == 0
    record = ("record", "extract", "--actor", "mine", "--site", "pit", "--out")
    shutil.copy(ledger, old)
    assert run(monkeypatch, *record, "L1; ore; 1 t") == 0
    assert run(monkeypatch, "verify") == 0
    shutil.copy(old, ledger)  # L1 is gone
    assert run(monkeypatch, "verify") == 1
    run(monkeypatch, *record, "L2; ore; 1 t")
    assert run(monkeypatch, "verify") == 1
