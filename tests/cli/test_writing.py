"""A command that loses a race begins anew, and gives up where others keep winning or one stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli import writing
from ledger import publish as publishing
from ledger import record as recording
from ledger import submit as submitting
from ledger.errors import ConflictError, StaleError
from ledger.store.sql import SqliteStore
from tests.cli.conftest import HEADER, Shell

SHIP = "E9,ship,2026-11-10T08:00:00+08:00,kuantan,gebeng,,subject,OX,,,,,tokyo,MY>JP,,,,,,,,,,,,,"


def losing(times: int, whole: Callable[..., Any]) -> tuple[list[int], Callable[..., Any]]:
    """A function that is beaten so many times first, and how often it was called."""
    calls: list[int] = []

    def contended(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) <= times:
            raise ConflictError("another writer was first; nothing was written")
        return whole(*arguments, **options)

    return calls, contended


def test_record_begins_anew_when_somebody_else_recorded_meanwhile(
    ledger: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, contended = losing(writing.ATTEMPTS - 1, recording.record)
    monkeypatch.setattr(recording, "record", contended)
    ledger("party", "add", "newcomer", "--name", "N", "--country", "AU", "--role", "miner", "--unsafe-no-passphrase")
    assert len(calls) == writing.ATTEMPTS
    assert "newcomer" in ledger("party", "list")


def test_submit_begins_anew_when_somebody_else_recorded_meanwhile(
    ledger: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger("import", ledger.write("more.csv", f"{HEADER}\n{SHIP}\n"), "--unsigned", "more.unsigned")
    ledger("sign", "more.unsigned")
    calls, contended = losing(3, submitting.submit)
    monkeypatch.setattr(submitting, "submit", contended)
    assert "1 events recorded" in ledger("submit", "more.unsigned")
    assert len(calls) == 4


def test_checkpoint_begins_anew_when_somebody_else_recorded_meanwhile(
    ledger: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = ledger.folder / "keys" / "ledger.example%2Free.key"
    away.rename(ledger.folder / "log.key")
    ledger("import", ledger.write("more.csv", f"{HEADER}\n{SHIP}\n"))
    (ledger.folder / "log.key").rename(away)
    calls, contended = losing(3, publishing.publish)
    monkeypatch.setattr(publishing, "publish", contended)
    ledger("checkpoint")
    assert len(calls) == 4


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "any.db")
    yield made
    made.close()


def test_what_has_to_be_prepared_again_is_not_tried_again(store: SqliteStore) -> None:
    for lost in (0, 1):
        calls: list[int] = []

        def stale(calls: list[int] = calls, lost: int = lost) -> None:
            calls.append(1)
            raise StaleError("prepare it again") if len(calls) > lost else ConflictError("another was first")

        with pytest.raises(StaleError):
            writing.persistently(store, stale)
        assert len(calls) == lost + 1


def test_a_command_that_always_loses_says_so(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    calls, contended = losing(1000, recording.record)
    with pytest.raises(ConflictError):
        writing.persistently(store, contended)
    assert len(calls) == writing.ATTEMPTS
    monkeypatch.setattr(writing, "PATIENCE", -1.0)
    calls.clear()
    with pytest.raises(ConflictError):
        writing.persistently(store, contended)
    assert len(calls) == 1 + writing.ENOUGH


def test_those_who_begin_later_wait_for_who_lost(store: SqliteStore) -> None:
    """Or an import that takes its time would be overtaken for ever by who records every few seconds."""
    other = SqliteStore(store.path)
    wrote: list[str] = []

    def slow() -> None:
        if not wrote:  # somebody was quicker while this was prepared
            writing.persistently(other, lambda: wrote.append("quick"))
            raise ConflictError("another was first")
        with other.turn(0.05, shared=True) as free:
            assert not free
        wrote.append("slow")

    writing.persistently(store, slow)
    writing.persistently(other, lambda: wrote.append("later"))
    assert wrote == ["quick", "slow", "later"]
    other.close()


def test_nobody_waits_for_ever_for_who_stands_still(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "GATE", 0.05)
    monkeypatch.setattr(writing, "TURN", 0.05)
    other = SqliteStore(store.path)
    calls, contended = losing(1, lambda: "written")
    with other.turn(0, shared=False):
        assert writing.persistently(store, contended) == "written"
    assert len(calls) == 2
    other.close()
