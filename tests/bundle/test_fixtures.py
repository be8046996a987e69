"""Every bundle fixture is what its program makes, and the verifier finds in it what it must, that and nothing else."""

from __future__ import annotations

import pytest

from fixtures.bundles import recipes
from fixtures.bundles.make import FOLDER, files
from fixtures.bundles.recipes import BAD, GOOD, NOT_A_BUNDLE, ONLY_IN_BUNDLES, Recipe
from ledger.bundle.format import format as spelled
from ledger.bundle.format import parse
from ledger.bundle.verify import BundleVerdict, verify
from ledger.errors import FormatError
from ledger.origin.policy.check import check
from ledger.origin.trace import trace
from ledger.report.answer import answer
from ledger.rules.catalogue import CATALOGUE


def judged(recipe: Recipe) -> BundleVerdict:
    return verify(parse(recipe.make()), recipe.trust)


@pytest.mark.parametrize("name", GOOD)
def test_a_good_bundle_is_clean(name: str) -> None:
    found = judged(GOOD[name])
    assert {item.code for item in found.verdict.findings} <= (
        {"CUST-RETRACTED", "CUST-REPLACEMENT"} if name == "corrected" else set()
    )
    assert found.verdict.checkpoint is not None
    assert found.lot in found.verdict.history.lots


@pytest.mark.parametrize("name", [name for name, recipe in BAD.items() if recipe.codes != (NOT_A_BUNDLE,)])
def test_the_fault_is_found_and_nothing_else(name: str) -> None:
    found = judged(BAD[name])
    errors = {item.code for item in found.verdict.findings if item.severity == "error"}
    assert errors == set(BAD[name].codes)
    assert found.verdict.verdict == "findings"
    assert found.verdict.checkpoint is None
    hashes = {fact.hash for fact in found.verdict.history.facts.values()}
    assert all(set(item.events) <= hashes for item in found.verdict.findings if item.code[:4] in ("CUST", "MASS"))


@pytest.mark.parametrize("name", [name for name, recipe in BAD.items() if recipe.codes == (NOT_A_BUNDLE,)])
def test_what_is_no_bundle_is_refused_with_file_and_member(name: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse(BAD[name].make(), "x.monazite")
    assert caught.value.file == "x.monazite"


def test_what_they_were_made_of_is_a_bundle() -> None:
    assert len(parse(recipes._stub()).entries) == 2


@pytest.mark.parametrize("name", GOOD)
def test_writing_what_was_read_gives_the_same_bytes(name: str) -> None:
    data = GOOD[name].make()
    assert spelled(parse(data)) == data


def test_the_files_are_what_the_program_makes() -> None:
    made = files()
    there = {str(path.relative_to(FOLDER)): path.read_bytes() for path in FOLDER.glob("*/*.monazite")}
    there["index.json"] = (FOLDER / "index.json").read_bytes()
    assert there == made, "run `python -m fixtures.bundles.make`"


def test_codes_that_only_bundles_show_have_a_bundle() -> None:
    for code, name in ONLY_IN_BUNDLES.items():
        assert code in CATALOGUE
        assert code in BAD[name].codes


@pytest.mark.parametrize("name", [name for name, recipe in BAD.items() if "DATA-WITHHELD" in recipe.codes])
def test_what_is_withheld_never_leaves_a_clean_answer(name: str) -> None:
    found = judged(BAD[name])
    if found.lot not in found.verdict.history.lots:
        return
    assert answer(trace(found.verdict.history, found.lot), found.verdict, "0")["china"]["verdict"] != "absent"
    asked = check(found.verdict.history, found.lot, found.verdict.findings)
    assert "compliant" not in {item.verdict for item in asked}
