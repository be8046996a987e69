from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.reference.elements import ELEMENTS, RARE_EARTHS, SYMBOLS, content, is_rare_earth

OXYGEN = Decimal("15.999")


def atoms(formula: str) -> dict[str, int]:
    return {symbol: int(count or 1) for symbol, count in re.findall(r"([A-Z][a-z]?)(\d*)", formula)}


def test_oxide_factors_follow_from_the_atomic_weights() -> None:
    checked = 0
    for element in ELEMENTS.values():
        for oxide in element.oxides:
            counts = atoms(oxide.formula)
            assert set(counts) == {element.symbol, "O"}
            metal = counts[element.symbol] * element.atomic_weight
            assert abs((metal + counts["O"] * OXYGEN) / metal - oxide.factor) < Decimal("1e-4"), oxide
            checked += 1
    assert checked == 30


# CIAAW 2021 standard atomic weights, typed in from the published table.
@pytest.mark.parametrize(
    ("symbol", "weight"),
    [
        ("Sc", "44.955907"),
        ("Y", "88.905838"),
        ("La", "138.90547"),
        ("Pr", "140.90766"),
        ("Nd", "144.242"),
        ("Tb", "158.925354"),
        ("Dy", "162.500"),
        ("Fe", "55.845"),
        ("B", "10.81"),
    ],
)
def test_atomic_weights_are_the_published_ones(symbol: str, weight: str) -> None:
    assert ELEMENTS[symbol].atomic_weight == Decimal(weight)


def test_there_are_seventeen_rare_earths_and_each_is_in_the_table() -> None:
    assert len(RARE_EARTHS) == 17
    assert ELEMENTS.keys() >= RARE_EARTHS
    assert [symbol for symbol in ELEMENTS if is_rare_earth(symbol)] == list(ELEMENTS)[:17]
    assert not is_rare_earth("Fe")
    assert not is_rare_earth("Nd2O3")


def test_every_real_element_is_a_symbol() -> None:
    assert len(SYMBOLS) == 118
    assert ELEMENTS.keys() <= SYMBOLS
    assert {"Si", "Ca", "O", "F", "C", "N", "P", "S", "Mn", "Ni", "Zn", "Mg", "Ge", "W", "Ta", "Og"} <= SYMBOLS


@pytest.mark.parametrize(
    ("analyte", "expected"),
    [
        ("Nd", ("Nd", Fraction(1))),
        ("Nd2O3", ("Nd", Fraction(10000, 11664))),
        ("Pr6O11", ("Pr", Fraction(10000, 12082))),
        ("Pr2O3", ("Pr", Fraction(10000, 11703))),
        ("Tb4O7", ("Tb", Fraction(10000, 11762))),
        ("Tb2O3", ("Tb", Fraction(10000, 11510))),
        ("CoO", ("Co", Fraction(10000, 12715))),
        ("U3O8", ("U", Fraction(10000, 11792))),
        ("Si", ("Si", Fraction(1))),
        ("Ge", ("Ge", Fraction(1))),
    ],
)
def test_content_of_elements_and_oxides(analyte: str, expected: tuple[str, Fraction]) -> None:
    assert content(analyte) == expected


@pytest.mark.parametrize("analyte", ["TREO", "H2O", "LOI", "SiO2", "CaO", "CO", "nd", "ND", "Nd2O3 ", "NdPr", "D", ""])
def test_other_analytes_have_no_content(analyte: str) -> None:
    assert content(analyte) is None


def test_a_tonne_of_ndpr_oxide_holds_850_kg_of_metal() -> None:
    contents = {analyte: content(analyte) for analyte in ("Nd2O3", "Pr6O11")}
    metal = sum(
        share * found[1]
        for share, found in ((Fraction(3, 4), contents["Nd2O3"]), (Fraction(1, 4), contents["Pr6O11"]))
        if found is not None
    )
    assert round(metal, 3) == Fraction(850, 1000)


@given(st.text(max_size=12))
def test_whatever_has_content_names_a_real_element(analyte: str) -> None:
    found = content(analyte)
    assert found is None or (found[0] in SYMBOLS and Fraction(0) < found[1] <= 1)


@given(st.sampled_from(sorted(ELEMENTS)))
def test_an_oxide_holds_less_than_itself_of_its_element(symbol: str) -> None:
    element = ELEMENTS[symbol]
    assert element.oxides
    for oxide in element.oxides:
        found = content(oxide.formula)
        assert found is not None
        assert found[0] == symbol
        assert found[1] * Fraction(oxide.factor) == 1
        assert found[1] < 1
