"""Every finding code has a bad ledger that shows it, and the verifier finds it there: that and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

from fixtures.bad import RECIPES
from fixtures.bad.document import DOCUMENT, render
from fixtures.bad.recipe import Bad, refusal
from fixtures.bad.world import LOG, World
from fixtures.bundles.recipes import ONLY_IN_BUNDLES
from ledger import examining
from ledger.rules.catalogue import CATALOGUE
from ledger.rules.finding import Finding
from ledger.seal import checkpoint, merkle
from ledger.store.contract import Store, Stored
from ledger.store.sql import SqliteStore
from ledger.store.tiles import TileStore
from ledger.verify import Verdict, verify
from tests.trials import some

NEVER_ASKED = {
    "SIGN-BINDING": "the recorder writes `ledger` and signs as the actor",
    "SIGN-SIGNATURE": "the recorder makes the signature",
    "CUST-PREV": "the recorder fills in `prev`; of two writers the second gets a ConflictError",
}
"""Codes that refuse, and that no draft can bring to the recorder."""
OTHER_WORDS = {"SIGN-KEY-UNKNOWN": "the recorder knows the event, the verifier only the signature line"}
"""Codes whose finding at admission is not word for word the verifier's."""
BY_PLACE = {"SIGN-SIGNATURE", "SIGN-KEY-UNKNOWN", "TIME-CLOCK", "TIME-WITNESS", "DATA-TAIL", "DATA-MAP"}
"""Codes outside SEAL whose evidence is an entry's place, since its events do not count or are not at fault."""


FOLLOWS = {"DATA-BALANCE", "DATA-DEFAULT"}
"""Infos that follow from any event of a recipe that states no analysis or no uncertainty."""


class Shelf:
    """Bad ledgers as they are asked for, each built once; verifying changes nothing in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.built: dict[str, Bad] = {}
        self.verdicts: dict[str, Verdict] = {}

    def take(self, code: str) -> tuple[Path, Bad]:
        path = self.folder / f"{code}.db"
        if code not in self.built:
            self.built[code] = RECIPES[code].build(path)
        return path, self.built[code]

    def judge(self, code: str) -> Verdict:
        if code not in self.verdicts:
            self.verdicts[code] = judged(*self.take(code))
        return self.verdicts[code]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("bad"))


def opened(path: Path) -> Store:
    return TileStore(path) if path.is_dir() else SqliteStore(path)


def read(path: Path) -> list[Stored]:
    store = opened(path)
    try:
        return list(store.entries())
    finally:
        store.close()


def judged(path: Path, bad: Bad, executor: Executor | None = None) -> Verdict:
    store = opened(path)
    try:
        return verify(
            store,
            bad.trust or LOG.vkey,
            remembered=bad.remembered,
            stamps=bad.stamps,
            now=bad.now,
            executor=executor,
        )
    finally:
        store.close()


def expected(code: str, bad: Bad, findings: tuple[Finding, ...]) -> Finding:
    found = [item for item in findings if (item.code, item.subject) == (code, bad.subject)]
    assert found, f"{code} about {bad.subject} is not among {findings}"
    return found[0]


def test_the_good_ledger_has_no_finding(tmp_path: Path) -> None:
    world = World.good(tmp_path / "good.db")
    verdict = world.verify(world.store.head().checkpoint)
    world.close()
    assert verdict.findings == ()
    assert verdict.checked.entries == 20
    assert verdict.checked.signatures == 10


@pytest.mark.parametrize("code", RECIPES)
def test_the_fault_is_found_and_nothing_else(code: str, shelf: Shelf) -> None:
    _path, bad = shelf.take(code)
    verdict = shelf.judge(code)
    found = expected(code, bad, verdict.findings)
    assert {item.code for item in verdict.findings} <= {code, *RECIPES[code].beside, *FOLLOWS}
    assert all(item.severity == CATALOGUE[item.code].severity for item in verdict.findings)
    assert (verdict.verdict == "findings") == any(item.severity == "error" for item in verdict.findings)
    assert code.startswith("SEAL-") or code in BY_PLACE or found.events


class AtOnce(Executor):
    """Does here and now whatever it is given."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(work(*args, **kwargs))
        return done


@pytest.mark.uncounted
@pytest.mark.parametrize("code", some(list(RECIPES), start=2))
def test_workers_make_no_difference(code: str, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "SHARE", 1)
    monkeypatch.setattr(examining, "AHEAD", 2)
    path, bad = shelf.take(code)
    alone, helped = shelf.judge(code), judged(path, bad, AtOnce())
    assert list(helped.findings) == list(alone.findings)
    assert (helped.size, helped.root, helped.checked) == (alone.size, alone.root, alone.checked)
    assert list(helped.history.facts) == list(alone.history.facts)


@pytest.mark.alike
@pytest.mark.parametrize("code", RECIPES)
def test_the_evidence_is_in_the_ledger(code: str, shelf: Shelf) -> None:
    path, _bad = shelf.take(code)
    hashes = {merkle.leaf_hash(data).hex() for stored in read(path) for data in stored.events}
    for item in shelf.judge(code).findings:
        assert set(item.events) <= hashes, item
        kind, _, name = item.subject.partition(":")
        assert kind != "event" or name in hashes, item


@pytest.mark.parametrize("code", [code for code in RECIPES if CATALOGUE[code].refuses])
def test_the_recorder_refuses_what_the_verifier_finds(code: str, shelf: Shelf) -> None:
    _path, bad = shelf.take(code)
    if code in NEVER_ASKED:
        assert not bad.refusal
        return
    item = expected(code, bad, bad.refusal)
    assert {other.code for other in bad.refusal} == {code}
    if code not in OTHER_WORDS:
        assert item in shelf.judge(code).findings


@pytest.mark.alike
@pytest.mark.parametrize("code", some(list(RECIPES)))
def test_a_recipe_gives_the_same_ledger_every_time(code: str, shelf: Shelf, tmp_path: Path) -> None:
    path, bad = shelf.take(code)
    assert RECIPES[code].build(tmp_path / "again.db") == bad
    assert read(tmp_path / "again.db") == read(path)


@pytest.mark.parametrize("code", ["SEAL-ROLLBACK", "SEAL-FORK"])
def test_an_accusation_carries_both_signed_notes(code: str, shelf: Shelf) -> None:
    path, bad = shelf.take(code)
    found = expected(code, bad, judged(path, bad).findings)
    assert set(found.evidence) == {"remembered", "shown"}
    before, now = (checkpoint.open(text.encode(), LOG.vkey) for text in found.evidence.values())
    assert before != now


@pytest.mark.parametrize("code", ["SEAL-ROLLBACK", "SEAL-FORK"])
def test_only_memory_shows_it(code: str, shelf: Shelf) -> None:
    path, _bad = shelf.take(code)
    verdict = judged(path, Bad("ledger"))
    assert verdict.findings == ()
    assert any("removed earlier" in item.what for item in verdict.not_checked)


def test_catalogue_recipes_and_headings_are_the_same_codes() -> None:
    headings = re.findall(r"^### (\S+)$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == list(CATALOGUE)
    assert list(RECIPES) == [code for code in CATALOGUE if code not in ONLY_IN_BUNDLES]


def test_the_document_is_what_the_catalogue_and_the_recipes_say() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == render(), "run `python -m fixtures.bad.document > docs/findings.md`"


def test_recipes_name_codes_that_exist() -> None:
    assert all(CATALOGUE[code].refuses for code in NEVER_ASKED)
    for code, recipe in RECIPES.items():
        assert set(recipe.beside) <= set(CATALOGUE) - {code}
        assert recipe.story.endswith(".")


def test_an_attestation_recorded_twice_is_refused_as_a_duplicate(tmp_path: Path) -> None:
    world = World.good(tmp_path / "good.db")
    draft = world.draft("attest", "auditor", parties=["plant"], scheme="RMAP", result="conformant")
    try:
        world.record(draft)
        assert {item.code for item in refusal(world, draft)} == {"SEAL-DUPLICATE"}
    finally:
        world.close()
