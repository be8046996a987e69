"""The findings near a lot are all that its answers rest on: in every bad ledger, for every lot."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.bad import RECIPES
from fixtures.bad.world import LOG
from ledger.errors import UnverifiableError
from ledger.origin.doubts import DATED, WARNINGS, concerning
from ledger.origin.nearby import Nearby
from ledger.origin.trace import trace
from ledger.store.sql import SqliteStore
from ledger.verify import verify
from tests.trials import some

pytestmark = pytest.mark.alike  # its cases run the same lines

TILES = {"SEAL-TILE"}
"""A folder, whose events are those of a clean ledger."""


@pytest.mark.parametrize("code", some([code for code in RECIPES if code not in TILES], start=1))
def test_no_finding_that_counts_is_left_out(code: str, tmp_path: Path) -> None:
    bad = RECIPES[code].build(tmp_path / "bad.db")
    store = SqliteStore(tmp_path / "bad.db")
    try:
        verdict = verify(store, LOG.vkey, remembered=bad.remembered)
    except UnverifiableError:
        return  # nothing is answered
    finally:
        store.close()
    near = Nearby(verdict.history, verdict.findings)
    every = frozenset(item.code for item in verdict.findings)
    for lot in some(list(verdict.history.lots), start=list(RECIPES).index(code)):
        traced = trace(verdict.history, lot)
        about = near.of(traced)
        assert about == list(concerning(verdict.history, traced, verdict.findings, every))
        for warnings in (WARNINGS, WARNINGS | DATED):
            wanted = list(concerning(verdict.history, traced, verdict.findings, warnings))
            assert list(concerning(verdict.history, traced, about, warnings)) == wanted
