"""A command that loses a race begins anew, and gives up where others keep winning or one stands still."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cli import writing
from ledger import record as recording
from ledger.errors import ConflictError
from tests.cli.conftest import Shell


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


def test_a_command_that_always_loses_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, contended = losing(1000, recording.record)
    with pytest.raises(ConflictError):
        writing.persistently(contended)
    assert len(calls) == writing.ATTEMPTS
    monkeypatch.setattr(writing, "PATIENCE", -1.0)
    with pytest.raises(ConflictError):
        writing.persistently(contended)
    assert len(calls) == writing.ATTEMPTS + 1
