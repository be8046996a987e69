"""One list of words for magnets and elements: what either of the former lists knew, all know."""

from __future__ import annotations

import pytest

from ledger.reference.words import may_be_magnet, may_bear_rare_earths, named, named_rare_earths, names_rare_earth


@pytest.mark.parametrize("form", ["iron-motor", "metal-halbach", "iron-stator", "metal-generator-part", "block-nefeb"])
def test_words_of_magnets(form: str) -> None:
    assert may_be_magnet(form)


@pytest.mark.parametrize(
    "form", ["iron-magnetite", "alloy-ndfeb", "magnet-ndfeb-motor", "end-item", "iron", "metal-ndpr"]
)
def test_words_of_no_magnet(form: str) -> None:
    assert not may_be_magnet(form)


@pytest.mark.parametrize(
    ("form", "elements"),
    [
        ("oxide-ndpr", {"Nd", "Pr"}),
        ("iron-dysprosium", {"Dy"}),
        ("alloy-ferrodysprosium", {"Dy", "Fe"}),
        ("iron_ferroterbium", set()),
        ("metal-ytterbium", {"Yb"}),
        ("metal-didymium", {"Nd", "Pr"}),
        ("alloy-dyfe", {"Dy", "Fe"}),
        ("alloy-dy_fe", {"Dy", "Fe"}),
        ("metal-tin", {"Sn"}),
        ("metal-coating", set()),
        ("ndpr", set()),
    ],
)
def test_elements_that_a_form_names(form: str, elements: set[str]) -> None:
    assert named(form) == elements


def test_a_word_for_many_narrows_nothing() -> None:
    assert named_rare_earths("metal-mischmetal") == frozenset()
    assert names_rare_earth("metal-mischmetal")
    assert may_bear_rare_earths("ferroboron-mischmetal")
