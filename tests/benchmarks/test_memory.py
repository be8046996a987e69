"""A verification's memory does not grow with the ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.run import KEYS, ORIGIN, begun, filled, peak
from ledger.store.shelf import Shelf
from ledger.verify import verify

KEPT = 100
NUMBERS = 250
"""Bytes an event: a write-off itself, and its event, are four times as many."""

pytestmark = pytest.mark.uncounted  # its tables are no memory of the program's


def most(path: Path, events: int, *, bounded: bool, country: str = "AU") -> int:
    """Bytes at the peak of a verification; findings are read, too."""
    store = begun(path, country)
    filled(store, events)
    try:
        return peak(
            lambda: sum(
                len(item.message)
                for item in verify(store, KEYS[ORIGIN].vkey, tables=Shelf(KEPT) if bounded else None).findings
            )
        )
    finally:
        store.close()


@pytest.mark.deep
def test_a_bounded_verification_takes_less(tmp_path: Path) -> None:
    bounded = most(tmp_path / "bounded.db", 1_600, bounded=True)
    assert bounded < most(tmp_path / "plain.db", 1_600, bounded=False) * 0.8


@pytest.mark.deep
def test_three_times_the_ledger_takes_no_more_memory(tmp_path: Path) -> None:
    small = most(tmp_path / "small.db", 8_000, bounded=True)
    assert most(tmp_path / "big.db", 24_000, bounded=True) < 1.1 * small


@pytest.mark.deep
def test_nor_where_every_stage_writes_most_of_its_feed_off(tmp_path: Path) -> None:
    small = most(tmp_path / "small.db", 8_000, bounded=True, country="CN")
    big = most(tmp_path / "big.db", 24_000, bounded=True, country="CN")
    # Some numbers of each write-off are kept, and caches are emptied when they are full, so the peak depends on when.
    assert big - small < NUMBERS * 16_000
