"""The lots of a report: what each was made as, and what was drawn of what."""

from __future__ import annotations

import json
import sys
from itertools import count

import pytest

from ledger.origin.trace import trace
from ledger.report.material import lots
from tests.report.telling import blended, clean, told
from tests.rules.tale import DIG, MINE, PLANT, SHOP, Tale, made, peopled

close = pytest.approx


def of(tale: Tale, lot: str) -> dict[str, dict]:
    return {item["lot"]: item for item in lots(trace(tale.history, lot), tale.history)}


def test_what_a_lot_was_made_as_and_of() -> None:
    tale = clean()
    found = lots(trace(tale.history, "B"), tale.history)
    assert [item["lot"] for item in found] == ["A", "B"]
    ore, oxide = found
    assert oxide.items() >= {
        "form": "oxide", "mass_kg": 1.0, "sigma_kg": 0.005, "measured_kg": 1.0, "event": tale.lot("B").born.hash,
        "type": "transform", "stage": "separate", "actor": "plant", "site": "kuantan", "country": "MY",
    }.items()  # fmt: skip
    assert (ore["type"], ore["stage"], ore["country"], ore["from"]) == ("extract", None, "AU", [])
    assert set(oxide["elements"]) == {"Nd"}
    # 90 % of Nd2O3, 85.73 % of it neodymium; 1 % of a purity and 0.5 % of a weighing
    assert oxide["elements"]["Nd"]["mass_kg"] == close(0.9 * 0.857357, rel=1e-4)
    assert oxide["elements"]["Nd"]["sigma_kg"] == close(0.9 * 0.857357 * (0.01**2 + 0.005**2) ** 0.5, rel=1e-3)
    (drawn,) = oxide["from"]
    assert drawn == {"lot": "A", "mass_kg": 10.0, "elements": {"Nd": close(1.0, rel=1e-3), "Fe": 3.0}}


def test_draws_are_what_was_drawn_and_the_measured_zero_is_told() -> None:
    found = of(blended(), "B")
    assert list(found) == ["A", "C", "B"]
    assert [(item["lot"], item["mass_kg"]) for item in found["B"]["from"]] == [("A", 6.0), ("C", 4.0)]
    assert found["B"]["from"][1]["elements"] == {"Nd": close(0.4), "Dy": 0.0}
    assert found["C"]["elements"]["Dy"]["mass_kg"] == 0.0
    assert found["B"]["elements"]["Nd"]["mass_kg"] == close(1.0)


def test_a_lot_without_an_analysis_states_no_element() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10))
    (only,) = lots(trace(tale.history, "A"), tale.history)
    assert only["elements"] == {}


def test_a_zero_that_the_inputs_belie_is_left_out() -> None:
    tale = peopled()
    tale.extract(*DIG, made("C", 10, Nd=10, Dy=5))
    tale.turn("beneficiate", *DIG, ["C"], made("D", 9, Nd=10, Dy=0))
    tale.turn("split", *DIG, ["D"], made("E", 9))
    found = of(tale, "E")
    assert set(found["D"]["elements"]) == {"Nd"}
    assert set(found["E"]["from"][0]["elements"]) == {"Nd"}


def test_a_lot_that_was_measured_again_keeps_what_it_was_made_as() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.turn("split", *MINE, [("A", 4)], made("B", 4, Nd=10))
    tale.move("A", MINE, PLANT, "AU", "MY", kg=5.9)
    (item,) = lots(trace(tale.history, "A"), tale.history)
    assert (item["mass_kg"], item["measured_kg"]) == (10.0, 5.9)


def test_a_retracted_parent_stays_in_sight_as_missing() -> None:
    tale = blended()
    tale.retract("dig", tale.lot("C").born.hash)
    found = of(tale, "B")
    assert list(found) == ["A", "C", "B"]
    assert found["C"]["missing"] is True
    assert "missing" not in found["A"]
    assert [item.get("missing", False) for item in found["B"]["from"]] == [False, True]
    assert [item["mass_kg"] for item in found["B"]["from"]] == [6.0, 4.0]


def test_what_stands_for_a_retracted_parent_is_named_beside_what_was_drawn() -> None:
    tale = peopled()
    wrong = tale.extract(*MINE, made("A", 10, Nd=10))
    tale.turn("split", *MINE, ["A"], made("B", 10, Nd=10))
    tale.extract(*MINE, made("A2", 10, Nd=9), ref="again")
    tale.retract("mine", wrong, replacement="again")
    found = of(tale, "B")
    assert list(found) == ["A2", "B"]
    assert found["B"]["from"] == [{"lot": "A2", "drawn": "A", "mass_kg": 10.0, "elements": {"Nd": close(1.0)}}]


def test_a_void_lot_is_missing_itself() -> None:
    tale = clean()
    tale.retract("mine", tale.lot("A").born.hash)
    (item,) = lots(trace(tale.history, "A"), tale.history)
    assert (item["lot"], item["missing"]) == ("A", True)


def test_an_input_that_nothing_creates_is_missing_and_in_the_list() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 5, Nd=10))
    tale.turn("blend", *MINE, ["A", ("ghost", 5)], made("B", 10, Nd=10))
    found = of(tale, "B")
    assert list(found) == ["A", "ghost", "B"]
    assert found["ghost"].items() >= {"missing": True, "form": None, "mass_kg": 5.0, "event": None}.items()
    assert found["B"]["from"][1] == {"lot": "ghost", "mass_kg": 5.0, "elements": {}, "missing": True}


def test_every_input_is_in_the_list_and_parents_stand_first() -> None:
    tale = blended()
    for number in range(3):
        tale.turn("split", *PLANT, [("B", 1)], made(f"S{number}", 1))
    tale.turn("blend", *PLANT, ["S0", "S1", "S2"], made("Z", 3))
    found = lots(trace(tale.history, "Z"), tale.history)
    order = [item["lot"] for item in found]
    assert order[-1] == "Z"
    for item in found:
        assert all(order.index(source["lot"]) < order.index(item["lot"]) for source in item["from"])


def test_hostile_names_pass_as_they_are() -> None:
    name = "</script><script>alert(1)</script>\u05d0" + "x" * 80
    tale = peopled()
    tale.declare(*SHOP, made(name, 1))
    answer = told(tale, name)
    assert [item["lot"] for item in answer["lots"]] == [name]
    assert json.loads(json.dumps(answer["lots"])) == answer["lots"]


def long_chain(events: int) -> Tale:
    tale = peopled()
    tale.extract(*MINE, made("L0", 1000, Nd=10, Pr=3, Dy=1, Tb=0.5))
    for number in range(1, events):
        stage = "beneficiate" if number % 2 else "repack"
        tale.turn(stage, *MINE, [f"L{number - 1}"], made(f"L{number}", 1000, Nd=10, Pr=3, Dy=1, Tb=0.5))
    return tale


def test_the_cost_is_linear_in_the_ancestry() -> None:
    """Counted in calls, which are the same on every machine; how long they take is for `make bench-report` to say."""
    from ledger.report.books import balance
    from ledger.report.places import legs, sites

    spent = []
    for events in (125, 250):
        tale = long_chain(events)
        found = trace(tale.history, f"L{events - 1}")
        calls = count()
        sys.setprofile(lambda *_: next(calls))  # noqa: B023  (taken down before the next round)
        try:
            assert len(lots(found, tale.history)) == events
            assert len(balance(found, tale.history)) >= 4 * (events - 1)
            assert len(sites(found, tale.history)) == 1
            assert legs(found, tale.history) == []
        finally:
            sys.setprofile(None)
        spent.append(next(calls))
    assert spent[1] < 2.5 * spent[0]
