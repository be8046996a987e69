"""What a composition cannot be, by arithmetic and by the pure compound."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.tale import MINE, SHOP, Tale, made, peopled
from tests.trials import trials


@pytest.fixture
def tale() -> Tale:
    return peopled()


def stated(tale: Tale, form: str, **percent: float) -> list[str]:
    tale.declare(*SHOP, made("x", 10, form, **percent))
    return [code for code, _subject in tale.ending("COMP")]


@pytest.mark.parametrize(
    ("form", "percent", "codes"),
    [
        ("oxide-nd", {"Nd2O3": 99.9}, []),
        ("oxide-nd", {"Nd": 85.6}, []),
        ("oxide-nd", {"Nd": 99.0}, ["COMP-MAXIMUM"]),
        ("oxide-ce", {"Ce": 85.4}, ["COMP-MAXIMUM"]),  # 104.9 % of CeO2, told as the element
        ("oxide-ce", {"Ce": 82.5}, []),
        ("oxide-ndpr", {"Nd": 75.0, "Pr": 24.0}, ["COMP-MAXIMUM"]),
        ("metal-nd", {"Nd": 99.5}, []),
        ("carbonate-nd", {"Nd2O3": 71.0}, []),
        ("carbonate-nd", {"Nd2O3": 80.0}, ["COMP-MAXIMUM"]),
        ("carbonate", {"TREO": 95.0}, ["COMP-MAXIMUM"]),
        ("mixed-carbonate", {"TREO": 92.0}, []),
        ("chloride-nd", {"Nd2O3": 46.0}, []),
        ("chloride-nd", {"Nd2O3": 60.0}, ["COMP-FORM"]),
        ("chloride-anhydrous", {"Nd2O3": 60.0}, []),
        ("chloride-nd", {"Nd2O3": 90.0}, ["COMP-MAXIMUM"]),
        ("oxalate-nd", {"Nd2O3": 45.0}, []),
        ("oxalate-nd", {"Nd2O3": 55.0}, ["COMP-FORM"]),
        ("fluoride-dy", {"Dy": 73.0}, []),
        ("fluoride-dy", {"Dy": 90.0}, ["COMP-MAXIMUM"]),
        ("magnet-ndfeb-sintered", {"Nd": 24.0, "Pr": 6.0, "Dy": 1.0, "B": 1.0, "Fe": 67.0}, []),
        ("magnet-ndfeb-sintered", {"Nd": 50.0, "B": 1.0, "Fe": 48.0}, ["COMP-FORM"]),
        ("magnet-ndfeb-sintered", {"Nd": 12.0, "B": 1.0, "Fe": 86.0}, ["COMP-FORM"]),
        ("magnet-ndfeb-sintered", {"Nd": 12.0}, []),
        ("magnet-ndfeb-bonded", {"Nd": 22.0, "B": 0.7, "Fe": 75.0}, []),
        ("concentrate", {"TREO": 60.0, "CeO2": 30.0}, []),
        ("concentrate", {"TREO": 90.0}, ["COMP-FORM"]),
        ("concentrate", {"TREO": 40.0, "CeO2": 50.0}, ["COMP-TREO"]),
        ("ore", {"SiO2": 90.0, "H2O": 30.0}, ["COMP-SUM"]),
        ("ore", {"H2O": 10.0, "LOI": 15.0, "SiO2": 84.0}, []),
    ],
)
def test_what_can_be(tale: Tale, form: str, percent: dict[str, float], codes: list[str]) -> None:
    assert stated(tale, form, **percent) == codes


def test_an_oxide_stated_as_its_element_is_hinted_at(tale: Tale) -> None:
    tale.declare(*SHOP, made("x", 10, "oxide-nd", Nd=99))
    found = [item for item in tale.concluded() if item.code == "COMP-MAXIMUM"]
    assert "stated as its element" in found[0].message


def test_two_analyses_that_differ_and_what_was_drawn_on_the_former(tale: Tale) -> None:
    tale.extract(*MINE, made("ore", 10, Nd2O3=10, CeO2=20))
    tale.turn("split", *MINE, [("ore", 1)], made("part", 1))
    tale.assay("ore", Nd2O3=10.2, CeO2=20.1)
    assert tale.ending("COMP-ASSAY") == []
    tale.assay("ore", Nd2O3=15, CeO2=20.1)
    found = [item for item in tale.concluded() if item.code == "COMP-ASSAY"]
    assert "1 draws before it" in found[0].message and "CeO2" not in found[0].message and "Ce " not in found[0].message
    assert len(found[0].events) == 2


def test_an_element_and_its_oxide_are_one_measurement(tale: Tale) -> None:
    tale.extract(*MINE, made("ore", 10, Nd2O3=11.664))
    tale.assay("ore", Nd=10)
    assert tale.ending("COMP-ASSAY") == []


def test_a_void_analysis_says_nothing(tale: Tale) -> None:
    tale.extract(*MINE, made("ore", 10, Nd2O3=10))
    digest = tale.assay("ore", Nd2O3=20)
    assert tale.ending("COMP-ASSAY")
    tale.retract("lab", digest)
    assert tale.ending("COMP-ASSAY") == []


@given(
    st.sampled_from(["oxide", "metal", "chloride", "mixed-carbonate", "ore", "magnet-ndfeb", "gravel", "leach-liquor"]),
    st.dictionaries(
        st.sampled_from(["Nd2O3", "Pr6O11", "Dy", "TREO", "REO", "Fe", "B", "H2O", "LOI", "Magic"]),
        st.floats(0, 100),
        min_size=1,
    ),
)
@settings(max_examples=trials(150), deadline=None)
def test_any_composition_is_judged_and_more_of_it_is_never_less_wrong(form: str, percent: dict[str, float]) -> None:
    tale = peopled()
    few = stated(tale, form, **{name: value / 4 for name, value in percent.items()})
    assert "COMP-SUM" not in few or sum(percent.values()) / 4 > 100
    more = peopled()
    assert set(stated(more, form, **percent)) <= {"COMP-SUM", "COMP-TREO", "COMP-MAXIMUM", "COMP-FORM"}
