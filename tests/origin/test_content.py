from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.model.quantity import PPB, Composition, Share
from ledger.reference.elements import ELEMENTS, is_rare_earth
from ledger.rules.content import Amount, amount, elements_of

KG = 1_000_000


def percent(**shares: float) -> Composition:
    return {analyte: Share(round(value * 10**7)) for analyte, value in shares.items()}


@pytest.mark.parametrize(
    ("composition", "form", "element", "expected"),
    [
        # Measured: exact, converted from the oxide; 0 is a measured zero.
        (percent(Nd=10), "metal", "Nd", (0.1, 0.1, 0.1)),
        (percent(Nd2O3=11.664), "oxide", "Nd", (0.1, 0.1, 0.1)),
        (percent(Nd=0), "metal", "Nd", (0, 0, 0)),
        (percent(Nd2O3=0, Pr=5), "oxide", "Nd", (0, 0, 0)),
        (percent(Fe=60), "iron", "Fe", (0.6, 0.6, 0.6)),
        # Blank: not measured, so anything that the rest leaves; its best figure is nothing.
        (percent(Nd=10), "metal", "Dy", (0, 0, 0.9)),
        (percent(Nd=60, Pr=40), "metal", "Dy", (0, 0, 0)),
        (percent(Nd=10, H2O=20), "oxide", "Dy", (0, 0, 0.7)),
        (percent(Nd=10, LOI=20), "oxide", "Dy", (0, 0, 0.7)),
        (percent(Nd=70, Pr=70), "metal", "Dy", (0, 0, 0)),
        (percent(Nd=10), "metal", "Fe", (0, 0, 0.9)),
        (percent(Xyz=30), "metal", "Nd", (0, None, 1)),
        # TREO bounds the rare earths that it does not list, and is never an addend.
        (percent(TREO=40, Nd2O3=10), "oxide", "Dy", (0, 0, 0.3)),
        (percent(TREO=40, Nd2O3=10), "oxide", "Nd", (0.085734, 0.085734, 0.085734)),
        (percent(TREO=40, Nd2O3=10), "oxide", "Fe", (0, 0, 0.9)),
        (percent(TREO=10, Nd2O3=10), "oxide", "Dy", (0, 0, 0)),
        (percent(TREO=5, Nd2O3=10), "oxide", "Dy", (0, 0, 0)),
        (percent(TREO=90, Nd2O3=10, H2O=50), "oxide", "Dy", (0, 0, 0.4)),
        (percent(TREO=40, Fe=30), "concentrate", "Nd", (0, None, 0.4)),
        (percent(TREO=90, Fe=30), "concentrate", "Nd", (0, None, 0.7)),
        # TREO alone leaves every rare earth open, with no best figure.
        (percent(TREO=40), "concentrate", "Nd", (0, None, 0.4)),
        (percent(TREO=0), "concentrate", "Nd", (0, None, 0)),
        (percent(TREO=40), "concentrate", "Fe", (0, 0, 1)),
        # Nothing measured.
        (None, "concentrate", "Nd", (0, None, 1)),
        (None, "pebbles", "Nd", (0, None, 1)),
        # Iron and ferroboron bear no rare earths, unless somebody measured some.
        (None, "iron", "Nd", (0, 0, 0)),
        (None, "ferroboron-18", "Dy", (0, 0, 0)),
        (None, "iron", "Fe", (1, 1, 1)),
        (percent(Fe=99), "iron", "Nd", (0, 0, 0)),
        (percent(Nd=1), "iron", "Nd", (0.01, 0.01, 0.01)),
        (percent(Nd=1), "iron", "Dy", (0, 0, 0)),
        (None, "irons", "Nd", (0, None, 1)),
        # A form that names a rare earth, or magnets, is not barren whatever it begins with.
        (None, "iron-dysprosium", "Dy", (0, None, 1)),
        (None, "iron-rotor-with-magnets", "Nd", (0, None, 1)),
        # Sums of another name, words and the rest may be anything; a formula is what it says.
        (percent(TREM=99.5, C=0.5), "metal", "Nd", (0, None, 0.995)),
        (percent(Mischmetal=99), "metal", "Ce", (0, None, 1)),
        (percent(Cu=60, Balance=40), "metal", "Nd", (0, None, 0.4)),
        (percent(SiO2=60, CaF2=39), "ore", "Nd", (0, 0, 0.01)),
        (percent(NdF3=99), "fluoride", "Nd", (0, None, 1)),
        # A certificate of metal says `TREO 0` and means no oxide; LOI holds the water; a named product holds little else.
        (percent(TREO=0, TREM=99.5), "metal", "Nd", (0, None, 1)),
        (percent(TREO=0, Cu=40), "alloy", "Nd", (0, None, 0.6)),
        (percent(TREO=0, Cu=99), "metal-cu", "Nd", (0, None, 0)),
        (percent(H2O=52, LOI=55), "carbonate", "Nd", (0, 0, 0.45)),
        (percent(TREM=99.5), "metal-ndpr", "Dy", (0, None, 0.05)),
        (percent(TREM=99.5), "metal-ndpr", "Nd", (0, None, 1)),
    ],
)
def test_how_much_a_drawn_amount_can_hold(
    composition: Composition | None, form: str, element: str, expected: tuple[float, float | None, float]
) -> None:
    got = amount(KG, composition, form, element)
    for found, wanted in zip((got.low, got.mid, got.high), expected, strict=True):
        assert found == (None if wanted is None else pytest.approx(wanted * KG, rel=1e-4))


def test_nothing_drawn_holds_nothing() -> None:
    for composition in (None, percent(TREO=1), percent(Nd=1), percent(Pr=1)):
        got = amount(0, composition, "oxide", "Nd")
        assert (got.low, got.high) == (0, 0)
    assert amount(KG, None, "iron", "Nd") == Amount(0, 0, 0)


def test_stated_elements_zeros_included() -> None:
    stated = elements_of(percent(Nd2O3=11.664, Dy=0, TREO=50, H2O=1, Xyz=3))
    assert stated == {"Nd": pytest.approx(0.1), "Dy": 0.0}
    assert elements_of(None) == {}


analytes = st.sampled_from([*sorted(ELEMENTS), "TREO", "H2O", "LOI", "Xyz"])


@given(
    st.dictionaries(analytes, st.integers(0, PPB).map(Share), max_size=6) | st.none(),
    st.sampled_from(("oxide", "iron", "pebbles")),
    st.sampled_from(sorted(ELEMENTS)),
    st.integers(0, 2**53 - 1),
)
def test_an_amount_is_an_interval_within_the_mass(
    composition: Composition | None, form: str, element: str, mg: int
) -> None:
    got = amount(mg, composition, form, element)
    assert 0 <= got.low <= got.high <= mg
    if got.mid is not None:
        assert got.low <= got.mid <= got.high
    else:
        assert composition is None or (is_rare_earth(element) and "TREO" in composition) or "Xyz" in composition
