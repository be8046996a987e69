"""Processes are started for many entries alone."""

from __future__ import annotations

import os

import pytest

from cli import workers as pools


def test_few_entries_need_none() -> None:
    with pools.workers(pools.MANY - 1) as pool:
        assert pool is None


def test_one_core_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    with pools.workers(pools.MANY) as pool:
        assert pool is None


def test_many_entries_have_processes_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    with pools.workers(pools.MANY) as pool:
        assert pool is not None
        assert pool.submit(os.getpid).result() != os.getpid()
