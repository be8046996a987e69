"""A bundle says of its lot what the ledger says: over every lot of the example chains, simulated worlds and bad ledgers."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli.chains.catalogue import CHAINS
from cli.demo import build, key_for, ledger_file
from fixtures.bad import RECIPES
from fixtures.bad.world import LOG
from fixtures.worlds.generate import world
from ledger.bundle.export import export
from ledger.errors import StoreError, UsageError
from ledger.store.sql import SqliteStore
from ledger.verify import Verdict, verify
from tests.bundle.agreeing import bundled, disagreements
from tests.trials import some

pytestmark = pytest.mark.alike  # its cases run the same lines

WORLDS = [
    pytest.param(15, 45, 6, id="small-15"),
    pytest.param(6, 45, 6, id="small-6"),
    *(pytest.param(seed, 400, 400, id=f"large-{seed}", marks=pytest.mark.deep) for seed in (11, 14, 16)),
]
UNREADABLE = {
    *(
        "SEAL-CANONICAL",
        "SEAL-CHAIN",
        "SEAL-CHECKPOINT",
        "SEAL-ENTRY",
        "SEAL-EVENT",
        "SEAL-FORK",
        "SEAL-LEAF",
        "SEAL-ROOT",
    ),
    *(
        "SEAL-MAP",
        "SEAL-MAP-LAST",
        "SEAL-SEQUENCE",
        "SEAL-TRUNCATED",
        "SEAL-INDEX",
        "SEAL-HEAD",
        "SEAL-DATABASE",
        "SEAL-SCHEMA",
        "DATA-TAIL",
    ),
}
"""Bad ledgers of which some lots, or all, have no bundle: it would not be of the checkpoint's tree."""


ELSEWHERE = {"DATA-MAP", "SEAL-TILE"}
"""Bad ledgers that are asked in a test of their own, or are folders of tiles, from which no bundle is made."""


def agree(chain: Any, folder: Path, most: int | None = None) -> None:
    verdict, _answer = build(chain, folder)
    store = SqliteStore(ledger_file(chain, folder))
    log = key_for(f"demo.example/{chain.slug}").vkey
    lots = list(verdict.history.lots)
    try:
        chosen = some(lots) if most is None else lots[:: max(len(lots) // most, 1)]
        assert [text for lot in chosen for text in disagreements(store, log, lot, verdict)] == []
    finally:
        store.close()


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.slug)
def test_every_lot_of_a_chain(chain: Any, tmp_path: Path) -> None:
    agree(chain, tmp_path)


@pytest.mark.parametrize(("seed", "size", "most"), WORLDS)
def test_lots_of_a_world(seed: int, size: int, most: int, tmp_path: Path) -> None:
    made = world(seed, size, noise=seed % 2 == 0)
    tables = {"parties_csv": made.parties_csv, "sites_csv": made.sites_csv, "events_csv": made.events_csv}
    agree(SimpleNamespace(id="w", slug="world", asked_lot=made.truths[0].lot, **tables), tmp_path, most)


def asked(verdict: Verdict, start: int) -> list[str]:
    """The lots that something is found of, and some of the others."""
    named = {item.subject.removeprefix("lot:") for item in verdict.findings}
    lots = list(verdict.history.lots)
    return [lot for lot in lots if lot in named or lot in some([lot for lot in lots if lot not in named], start)]


@pytest.mark.parametrize("code", some([code for code in RECIPES if code not in ELSEWHERE]))
def test_every_lot_of_a_bad_ledger(code: str, tmp_path: Path) -> None:
    bad = RECIPES[code].build(tmp_path / "bad.db")
    store = SqliteStore(tmp_path / "bad.db")
    try:
        verdict = verify(store, LOG.vkey, remembered=bad.remembered)
        found = []
        for lot in asked(verdict, start=list(RECIPES).index(code)):
            try:
                export(store, lot)
            except (StoreError, UsageError):
                assert code in UNREADABLE
                continue
            found += disagreements(store, LOG.vkey, lot, verdict)
        assert found == []
    finally:
        store.close()


def test_where_the_log_has_no_map_no_bundle_is_clean(tmp_path: Path) -> None:
    RECIPES["DATA-MAP"].build(tmp_path / "bad.db")
    store = SqliteStore(tmp_path / "bad.db")
    try:
        made = bundled(store, LOG.vkey, "ox-1")
    finally:
        store.close()
    assert [(item.code, item.subject) for item in made.verdict.findings] == [("DATA-WITHHELD", "ledger")]
    assert made.verdict.verdict == "findings"
