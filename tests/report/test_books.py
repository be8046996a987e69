"""The balances of a report are those that the rules judge."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.origin.trace import trace
from ledger.report.books import FIGURES, balance
from ledger.rules.rulebook import conclude
from tests.report.telling import blended, clean
from tests.rules.tale import MINE, PLANT, Tale, made, peopled

close = pytest.approx


def rows(tale: Tale, lot: str) -> dict[str, dict[str, Any]]:
    """By element; of one event."""
    found = balance(trace(tale.history, lot), tale.history)
    assert len({item["event"] for item in found}) == 1
    assert len({item["element"] for item in found}) == len(found)
    return {item["element"]: item for item in found}


def turned(before: dict[str, Any], after: dict[str, Any], stage: str = "beneficiate") -> Tale:
    tale = peopled()
    tale.extract(*MINE, before)
    tale.turn(stage, *MINE, ["A"], after)
    return tale


def test_a_separation_that_balances() -> None:
    tale = clean()
    row = rows(tale, "B")["Nd"]
    assert row.items() >= {
        "event": tale.lot("B").born.hash, "stage": "separate", "site": "kuantan", "at": tale.lot("B").born.event.at,
        "finding": None, "why": None, "assumed": True,
    }.items()  # fmt: skip
    assert "bound" not in row
    assert row["in_kg"] == close(1.0, rel=1e-3)
    assert row["out_kg"] == close(0.7716, rel=1e-3)
    assert row["difference_kg"] == close(row["out_kg"] - row["in_kg"])
    # 5 % of an ore's analysis and 0.5 % of its mass; 1 % and 0.5 % of the oxide's
    assert row["in_sigma_kg"] == close(1.0 * (0.05**2 + 0.005**2) ** 0.5, rel=1e-3)
    assert row["sigma_kg"] == close((row["in_sigma_kg"] ** 2 + row["out_sigma_kg"] ** 2) ** 0.5)
    assert row["limit_kg"] >= 3 * row["sigma_kg"]


@pytest.mark.parametrize(
    ("after", "code", "element"),
    [
        (made("B", 10, Nd=30), "MASS-GAIN", "Nd"),
        (made("B", 10, Nd=10, Dy=5), "MASS-SOURCE", "Dy"),
        (made("B", 10, Nd=1), "MASS-LOSS", "Nd"),
    ],
)  # fmt: skip
def test_findings_stand_beside_the_figures_they_are_of(after: dict[str, Any], code: str, element: str) -> None:
    tale = turned(made("A", 10, Nd=10, Dy=0), after)
    row = rows(tale, "B")[element]
    assert row["finding"] == code
    assert row["why"] is None
    assert (row["difference_kg"] > row["limit_kg"]) == (code != "MASS-LOSS")
    assert {item.code for item in conclude(tale.history) if item.subject == f"event:{row['event']}"} >= {code}


def test_every_finding_of_a_balance_is_in_its_rows_and_no_other() -> None:
    tale = turned(made("A", 10, Nd=10, Pr=3, Dy=1), made("B", 10, Nd=30, Pr=9, Dy=1))
    found = rows(tale, "B")
    said = [item.code for item in conclude(tale.history) if item.code.startswith("MASS-")]
    # the sum adds nothing as a finding, and its row must not look as if it balanced
    assert said == ["MASS-GAIN", "MASS-GAIN"]
    assert {element for element, row in found.items() if row["finding"]} == {"Nd", "Pr", "rare earths"}


def test_what_is_not_analysed_is_not_reckoned() -> None:
    found = rows(turned(made("A", 10), made("B", 5, Nd=10)), "B")
    assert found["Nd"]["why"] == "not every input's analysis states Nd"
    assert all(found["Nd"][figure] is None for figure in FIGURES)
    found = rows(turned(made("A", 10, Nd=10), made("B", 5)), "B")
    assert found["Nd"]["why"] == "no output's analysis states Nd"
    found = rows(turned(made("A", 10), made("B", 5)), "B")
    assert found["rare earths"]["why"] == "no analysis of an input or output states a rare earth"


def test_a_finding_on_bounds_shows_them_as_such() -> None:
    # 1 kg that nobody analysed cannot hold 3 kg
    row = rows(turned(made("A", 1), made("B", 10, Nd=30)), "B")["Nd"]
    assert row["finding"] == "MASS-SOURCE"
    assert (row["bound"], row["in_kg"], row["why"]) == (True, 1.0, None)
    assert row["out_kg"] == close(3.0)


def test_a_retracted_input_leaves_nothing_to_reckon() -> None:
    tale = clean()
    tale.retract("mine", tale.lot("A").born.hash)
    (row,) = rows(tale, "B").values()
    assert (row["element"], row["in_kg"]) == ("material", None)
    assert row["why"] == "an input is retracted, or not in what was verified"


def test_the_whole_mass_at_a_stage_that_changes_nothing() -> None:
    row = rows(blended(), "B")["material"]
    assert (row["in_kg"], row["out_kg"], row["finding"]) == (10.0, 10.0, None)
    assert rows(blended(2), "B")["material"]["finding"] == "MASS-GAIN"


def test_constituents_of_an_alloy_and_elements_that_no_rule_judges() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10, "metal", Nd=99, Fe=0.1, Ga=0.2))
    tale.turn("alloy_melt", *MINE, ["A"], made("B", 30, "alloy", Nd=32, Fe=67, B=1, Ga=0.05))
    found = rows(tale, "B")
    assert found["Fe"]["finding"] == "MASS-CONSTITUENT"
    assert found["Ga"].items() >= {"limit_kg": None, "finding": None, "why": None}.items()
    assert found["Ga"]["in_kg"] == close(0.02)
    assert found["Nd"]["finding"] is None


def test_a_void_event_and_an_event_of_another_lot_have_no_row() -> None:
    tale = clean()
    assert balance(trace(tale.history, "A"), tale.history) == []
    tale.turn("split", *PLANT, ["B"], made("D", 1))
    assert {item["stage"] for item in balance(trace(tale.history, "B"), tale.history)} == {"separate"}
