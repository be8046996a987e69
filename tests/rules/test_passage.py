"""The way from rock to a form: what is mined is ore, and what leaches off a clay does not leach out of monazite."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.tale import MINE, PLANT, Tale, made, peopled

LIGHT: dict[str, float] = {"La2O3": 13.7, "CeO2": 25.2, "Pr6O11": 2.9, "Nd2O3": 10}


@pytest.fixture
def tale() -> Tale:
    return peopled()


def gap(tale: Tale, form: str, **members: Any) -> float:
    """The gap of a lot of that form, straight from the ground."""
    tale.extract(*MINE, made("A", 10, form, **LIGHT), **members)
    return tale.lot("A").passage.gap


@pytest.mark.parametrize(
    "members",
    [
        {"mineral": "monazite", "deposit": "mt-weld-cld"},
        {"mineral": "ion-adsorption clay", "deposit": "Mt Weld"},  # the table knows its mineral
        {"mineral": "bastnaesite"},
        {"deposit": "Bayan Obo West"},
        {},
    ],
)
def test_a_leach_of_rock_is_not_mined(tale: Tale, members: dict[str, str]) -> None:
    assert gap(tale, "mixed-carbonate", **members) == 1
    assert "ORIG-GAP" in tale.codes()


@pytest.mark.parametrize(
    ("form", "members"),
    [
        ("mixed-carbonate", {"mineral": "Ion-adsorption clay"}),
        ("mixed-carbonate", {"deposit": "serra-verde"}),
        ("mixed-chloride", {"deposit": "kachin", "mineral": "ore"}),
        ("mixed-carbonate", {"deposit": "Clay of a new place"}),
        ("leach-liquor-in-situ", {"deposit": "somewhere"}),
        ("ore", {"mineral": "monazite"}),
        ("ore-bauxite", {}),
        ("residue-tailings", {}),
        ("beach-sand", {}),
    ],
)
def test_what_is_mined(tale: Tale, form: str, members: dict[str, str]) -> None:
    assert gap(tale, form, **members) == 0
    assert "ORIG-GAP" not in tale.codes()


@pytest.mark.parametrize("form", ["concentrate", "concentrate-monazite", "iron", "ferroboron", "scrap", "end-item"])
def test_what_is_not(tale: Tale, form: str) -> None:
    """Whatever the mineral: a concentrate was beneficiated somewhere, and the event does not say where."""
    assert gap(tale, form, mineral="ion-adsorption clay") == 1


@pytest.mark.parametrize(
    ("form", "percent", "missing"),
    [
        ("oxide-ndpr", {"Nd2O3": 77.5, "Pr6O11": 22}, 1),
        ("carbonate-lace", {"La2O3": 21, "CeO2": 38.9}, 1),
        ("oxide-dy", {}, 1),
        ("oxide", {"Dy2O3": 99.5}, 1),
        ("oxide", LIGHT, 0),
        ("oxalate", {"Y2O3": 30, "Dy2O3": 5, "Gd2O3": 4, "Nd2O3": 1}, 0),
        ("chloride-la-ce-pr-nd", {}, 0),
        ("carbonate", {"TREO": 45}, 0),
    ],
)
def test_a_leach_separates_nothing(tale: Tale, form: str, percent: dict[str, float], missing: float) -> None:
    tale.extract(*MINE, made("A", 100, **LIGHT))
    tale.turn("crack_leach", *MINE, ["A"], made("B", 20, form, **percent))
    assert tale.lot("B").passage.gap == missing


def test_a_leach_that_is_mixed_is_not_separated_either(tale: Tale) -> None:
    """Nor is the metal that is made of it, if it is of neodymium and praseodymium alone; through a halide neither."""
    tale.extract(*MINE, made("A", 100, **LIGHT))
    tale.move("A", MINE, PLANT, "AU", "MY")
    tale.turn("crack_leach", *PLANT, ["A"], made("B", 20, "oxide", **LIGHT))
    tale.turn("oxide_to_halide", *PLANT, ["B"], made("C", 20, "fluoride", **LIGHT))
    tale.turn("metal_reduce", *PLANT, ["C"], made("D", 9, "metal-ndpr", Nd=75, Pr=25))
    assert [tale.lot(name).passage.gap for name in "BCD"] == [0, 0, 1]
