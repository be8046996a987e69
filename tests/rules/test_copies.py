"""Analyses and lots that are too alike, and those that honestly are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ledger.model.quantity import Share
from ledger.rules.copies import digits, figures
from tests.rules.tale import MINE, PLANT, SHOP, Tale, made, peopled

FINE = {"La2O3": 2.031, "CeO2": 3.764, "Pr6O11": 0.4283, "Nd2O3": 1.487}
EIGHT = {
    "La2O3": 2.03, "CeO2": 3.76, "Pr6O11": 0.428, "Nd2O3": 1.48,
    "Sm2O3": 0.201, "Gd2O3": 0.0823, "Dy2O3": 0.0127, "Y2O3": 0.0251,
}  # fmt: skip


def copied(tale: Tale) -> list[str]:
    return [subject for code, subject in tale.ending() if code == "CUST-ASSAY-COPIED"]


def twins(tale: Tale) -> list[str]:
    return [subject for code, subject in tale.ending() if code == "CUST-TWIN"]


@pytest.mark.parametrize(("value", "count"), [(1, 1), (1000, 1), (995_000_000, 3), (20_310_000, 4), (10_203, 5)])
def test_significant_digits(value: int, count: int) -> None:
    assert digits(value) == count


@pytest.mark.parametrize(
    ("percent", "enough"),
    [
        (FINE, True),
        (EIGHT, True),
        ({**FINE, "TREO": 7.71, "H2O": 0.5}, True),
        (dict(list(FINE.items())[:3]), False),
        (dict(list(EIGHT.items())[:7]), False),
        ({"La2O3": 2.03, "CeO2": 3.76, "Pr6O11": 0.428, "Nd2O3": 1.48}, False),
        ({name: round(value, 1) for name, value in FINE.items()}, False),
    ],
)
def test_what_tells_one_analysis_from_another(percent: dict[str, float], enough: bool) -> None:
    composition = {analyte: Share(round(value * 10**7)) for analyte, value in percent.items()}
    assert (figures(composition) is not None) == enough
    assert figures(None) is None


def test_the_same_figures_for_two_lots() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10), made("B", 10), made("C", 10))
    first = tale.assay("A", **FINE)
    second = tale.assay("B", **FINE, TREO=7.7, Fe=2.0)
    tale.assay("C", **{**FINE, "Nd2O3": 1.488})
    (item,) = [item for item in tale.concluded() if item.code == "CUST-ASSAY-COPIED"]
    assert (item.subject, item.events) == ("lot:B", (second, first))


def test_each_further_lot_is_told_once() -> None:
    tale = peopled()
    tale.extract(*MINE, *(made(lot, 10) for lot in "ABC"))
    for lot in "ABCA":
        tale.assay(lot, **FINE)
    assert copied(tale) == ["lot:B", "lot:C"]


def test_the_same_lot_measured_again_and_its_parts() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10))
    tale.assay("A", **FINE)
    tale.assay("A", **FINE)
    tale.turn("split", *MINE, ["A"], made("A1", 5), made("A2", 5))
    tale.turn("repack", *MINE, ["A1"], made("A3", 5))
    for lot in ("A1", "A2", "A3"):
        tale.assay(lot, **FINE)
    assert copied(tale) == []


def test_a_heat_is_measured_once_for_all_its_magnets_and_separation_makes_something_else() -> None:
    alloy = {"Nd": 25.31, "Pr": 5.764, "Dy": 1.483, "Fe": 65.21, "B": 1.012}
    tale = peopled()
    tale.declare(*PLANT, made("H", 100, "alloy"))
    tale.turn("powder", *PLANT, ["H"], made("P", 99, "powder"))
    tale.turn("sinter", *PLANT, [("P", 40)], made("S1", 39, "block"))
    tale.turn("sinter", *PLANT, [("P", 40)], made("S2", 39, "block"))
    for lot in ("H", "S1", "S2"):
        tale.assay(lot, **alloy)
    assert copied(tale) == []
    tale.turn("alloy_melt", *PLANT, ["S1"], made("H2", 39, "alloy"))
    tale.assay("H2", **alloy)
    assert copied(tale) == ["lot:H2"]


def test_void_assays_and_assays_of_void_lots_say_nothing() -> None:
    tale = peopled()
    dug = tale.extract(*MINE, made("A", 10), ref="1")
    tale.extract(*MINE, made("B", 10), ref="2")
    tale.assay("A", **FINE)
    second = tale.assay("B", **FINE)
    assert copied(tale) == ["lot:B"]
    tale.retract("mine", dug, "2")
    assert copied(tale) == []
    tale.extract(*MINE, made("C", 10))
    tale.assay("C", **FINE)
    assert copied(tale) == ["lot:C"]
    tale.retract("lab", second)
    assert copied(tale) == []


def bought(lot: str, **changed: Any) -> dict[str, Any]:
    return made(lot, changed.pop("kg", 1234.5), changed.pop("form", "ore"), **{**FINE, **changed})


def test_a_lot_from_outside_that_was_here_before() -> None:
    tale = peopled()
    first = tale.extract(*MINE, bought("A"))
    second = tale.declare(*SHOP, bought("B"))
    (item,) = [item for item in tale.concluded() if item.code == "CUST-TWIN"]
    assert (item.subject, item.events) == ("lot:B", (second, first))
    tale.retract("mine", first)
    assert twins(tale) == []


@pytest.mark.parametrize(
    "other", [bought("B", kg=1234.4), bought("B", form="concentrate"), bought("B", Nd2O3=1.488), made("B", 1234.5)]
)
def test_a_lot_that_differs_is_another(other: dict[str, Any]) -> None:
    tale = peopled()
    tale.extract(*MINE, bought("A"))
    tale.declare(*SHOP, other)
    assert twins(tale) == []


def test_standard_packs_and_a_partys_own_series_are_no_twins() -> None:
    tale = peopled()
    tale.extract(*MINE, bought("A", kg=25), bought("B"))
    tale.declare(*SHOP, bought("C", kg=25))
    tale.now += timedelta(days=1)
    tale.extract(*MINE, bought("D"))
    assert twins(tale) == []


def test_a_lot_is_remembered_as_it_was_last_measured_and_weighed() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 1300))
    tale.assay("A", **FINE)
    tale.ship(*MINE, "A", "tokyo")
    tale.receive(*SHOP, "A", 1298.7)
    tale.declare(*PLANT, bought("B", kg=1298.7))
    tale.declare(*PLANT, bought("C", kg=1297.7))
    assert twins(tale) == ["lot:B"]


def test_what_is_made_on_the_ledger_is_no_twin() -> None:
    tale = peopled()
    tale.extract(*MINE, bought("A"))
    tale.turn("repack", *MINE, ["A"], bought("B"))
    assert twins(tale) == []
