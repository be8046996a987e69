from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.origin.china import WAYS
from ledger.reference.stages import ORIGIN_STAGES
from ledger.report.answer import finding, place_of, rounded, says, status
from ledger.rules.catalogue import finding as found
from tests.report.telling import GERMAN, ROOT, blended, clean, told
from tests.rules.tale import DIG, MINE, PLANT, SHOP, WORKS, Tale, made, peopled
from tests.trials import trials

close = pytest.approx
CONTRACT = {"lot", "form", "mass_kg", "holder", "verification", "origin", "china", "policies", "history", "versions"}
"""DESIGN.md section 9, `report --format json`; more may stand beside them."""


# --- The contract


def test_the_members_of_an_answer() -> None:
    answer = told(blended(), "B")
    assert set(answer) == CONTRACT | {
        "left_kg", "site", "status", "caveat", "retractions", "lots", "sites", "legs", "balance", "forms",
    }  # fmt: skip
    assert set(answer["origin"]) == {"elements", "total"}
    assert set(answer["china"]) >= {"verdict", "known_share", "unknown_share", "inputs"}
    assert set(answer["versions"]) == {"monazite", "report", "rules"}
    assert answer["policies"] == []
    assert (answer["lot"], answer["form"], answer["holder"], answer["site"]) == ("B", "ore", "plant", "kuantan")
    assert (answer["mass_kg"], answer["left_kg"]) == (10, 10)
    for entry in answer["origin"]["elements"].values():
        assert tuple(entry["stages"]) == ORIGIN_STAGES
        assert set(entry) <= {"mass_kg", "stages", "declared", "estimated", "range"}
    for item in answer["china"]["inputs"]:
        assert set(item) >= {"lot", "event", "why", "country", "elements"}
        assert set(item["why"]) <= set(WAYS)


def test_the_members_of_a_verification() -> None:
    tale = blended()
    stated = told(tale, "B")["verification"]
    assert set(stated) == {"verdict", "ledger", "checkpoint", "checked", "not_checked", "findings"}
    assert stated["verdict"] == "clean"
    assert stated["checkpoint"] == {"size": len(tale.history.facts), "root": ROOT.hex()}
    assert set(stated["checked"]) == {"entries", "submissions", "events", "signatures", "lots"}
    assert all(set(gap) == {"what", "why"} for gap in stated["not_checked"])
    assert stated["not_checked"]
    assert all(set(item) == {"code", "severity", "subject", "message", "events"} for item in stated["findings"])
    assert {item["code"] for item in stated["findings"]} >= {"ORIG-CN-MINED"}


def test_an_error_among_the_findings_is_the_verdict() -> None:
    tale = blended()
    tale.turn("split", *PLANT, [("B", 50)], made("D", 50))
    assert told(tale, "B")["verification"]["verdict"] == "findings"


def test_a_finding_shows_its_evidence_where_it_has_some() -> None:
    plain = finding(found("SEAL-FORK", "ledger", "two"))
    assert plain == {"code": "SEAL-FORK", "severity": "error", "subject": "ledger", "message": "two", "events": ()}
    assert finding(found("SEAL-FORK", "ledger", "two", evidence={"old": "n"}))["evidence"] == {"old": "n"}


def test_an_answer_is_json_without_losses() -> None:
    answer = told(blended(), "B")
    assert json.loads(json.dumps(answer, allow_nan=False)) == json.loads(json.dumps(answer))
    assert json.loads(json.dumps(answer["china"], allow_nan=False)) == answer["china"]


PROGRAM = """
import json
from ledger.report import markdown
from tests.report.telling import blended, told
answer = told(blended(), "B")
print(json.dumps(answer))
print(markdown.render(answer))
"""


def test_an_answer_is_the_same_to_the_byte_in_every_process() -> None:
    made_by = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM], check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    ]
    assert made_by[0] == made_by[1]
    assert json.loads(made_by[0].splitlines()[0])["lot"] == "B"


# --- Where a lot is


def test_where_a_lot_stands_in_its_life() -> None:
    tale = peopled()
    source = tale.extract(*MINE, made("A", 10, Nd=1))
    lot = tale.lot("A")

    def now() -> tuple[str, str]:
        return status(lot), place_of(lot, tale.history)

    assert now() == ("held", "mine at pit (AU)")
    tale.ship(*MINE, "A", "kuantan", "AU", "MY")
    assert now() == ("in transit", "mine, in transit to kuantan")
    tale.receive(*PLANT, "A", result="disputed", reason="wet")
    assert now()[0] == "disputed"
    tale.receive(*PLANT, "A")
    assert now() == ("held", "plant at kuantan (MY)")
    tale.turn("split", *PLANT, ["A"], made("B", 10))
    assert now()[0] == "used up"
    assert told(tale, "A")["left_kg"] == 0
    tale.retract("mine", source)
    assert now()[0] == "void"


def test_a_lot_in_transit_is_answered_for() -> None:
    tale = clean()
    tale.ship(*PLANT, "B", "tokyo", "MY", "CN", "JP")
    answer = told(tale, "B")
    assert answer["status"] == "in transit"
    assert answer["china"]["verdict"] == "present"
    assert (
        answer["china"]["ways"]["transit"].items()
        >= {"verdict": "present", "known_share": 1.0, "unknown_share": 0.0}.items()
    )
    assert [(item["lot"], item["type"], item["why"]) for item in answer["china"]["inputs"]] == [
        ("B", "ship", ["transit"])
    ]
    assert answer["china"]["known_share"] == 0.0


# --- Origin


def test_shares_by_element_and_in_total() -> None:
    origin = told(blended(), "B")["origin"]
    assert origin["elements"]["Nd"]["stages"]["mine"] == close({"AU": 0.6, "CN": 0.4})
    assert origin["elements"]["Dy"]["stages"]["mine"] == {"AU": 1.0}
    assert origin["elements"]["Nd"]["mass_kg"] == close(1.0)
    assert origin["elements"]["Dy"]["mass_kg"] == close(0.06)
    # 0.6 of 1 kg and all of 0.06 kg
    assert origin["total"]["mass_kg"] == close(1.06)
    assert origin["total"]["stages"]["mine"] == close({"AU": 0.66 / 1.06, "CN": 0.4 / 1.06})
    assert origin["total"]["stages"]["sinter"] == {"none": 1.0}


def test_the_total_is_of_rare_earths_alone() -> None:
    assert told(clean(), "A")["origin"]["total"]["mass_kg"] == close(1.0)
    tale = peopled()
    tale.extract(*MINE, made("G", 10, Ga=1, Fe=3))
    answer = told(tale, "G")
    assert answer["origin"]["total"] == {"stages": {}}
    assert answer["china"]["verdict"] == "absent"
    assert answer["china"]["basis"] == "all elements"


def test_declared_and_estimated_are_marked() -> None:
    tale = peopled()
    tale.declare(*SHOP, made("D", 10, Nd=10), origin={"mine": "AU"})
    assert told(tale, "D")["origin"]["elements"]["Nd"]["declared"] == {"mine": 1.0}
    tale = blended()
    assert "estimated" not in told(tale, "B")["origin"]["elements"]["Nd"]
    tale.extract(*MINE, made("X", 10))
    tale.move("X", MINE, PLANT, "AU", "MY")
    tale.turn("separate", *PLANT, ["B", ("X", 10)], made("D", 1, "oxide", Nd=80))
    entry = told(tale, "D")["origin"]["elements"]["Nd"]
    assert entry["estimated"] is True
    # of 1 kg measured 0.4 kg are Chinese; the other lot holds from nothing to 10 kg
    assert entry["range"]["mine"]["CN"] == [close(0.4 / 11), close(0.4)]
    assert "separate" not in entry["range"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(-0.0, "0.0"), (-1e-9, "0.0"), (1.0000001, "1.0"), (1 / 3, "0.333333333333"), (0.1 + 0.2, "0.3")],
)
def test_shares_are_rounded_for_print(value: float, expected: str) -> None:
    assert repr(rounded(value)) == expected


# --- China


def test_nothing_chinese_and_nothing_unknown_is_absent() -> None:
    """But for the machines of the mine, of which an extraction says nothing."""
    china = told(clean(), "B")["china"]
    assert china["verdict"] == "absent"
    assert (china["known_share"], china["unknown_share"], china["clean_share"]) == (0.0, 0.0, 1.0)
    assert (china["inputs"], china["unknown_inputs"]) == ([], [])
    expected = {**dict.fromkeys(WAYS, "absent"), "technology": "cannot-exclude"}
    assert {way: found["verdict"] for way, found in china["ways"].items()} == expected


def test_chinese_inputs_carry_their_evidence() -> None:
    tale = blended()
    china = told(tale, "B")["china"]
    assert china["verdict"] == "present"
    assert china["known_share"] == close(0.4 / 1.06)
    assert china["clean_share"] == close(0.66 / 1.06)
    item, shipped = china["inputs"]
    assert (shipped["lot"], shipped["type"], shipped["why"]) == ("C", "ship", ["transit"])
    assert item == {
        "lot": "C",
        "event": tale.lot("C").born.hash,
        "type": "extract",
        "actor": "dig",
        "site": "baotou",
        "why": ["mined", "owned"],
        "country": "CN",
        "elements": {"Nd": close(0.4)},
    }
    assert china["elements"]["Nd"] == {"known_share": close(0.4), "unknown_share": 0.0}
    assert china["elements"]["Dy"] == {"known_share": 0.0, "unknown_share": 0.0}


def test_presence_is_on_the_graph_whatever_the_shares() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.extract(*DIG, made("C", 10, Nd=0))
    tale.move("A", MINE, PLANT, "AU", "MY")
    tale.move("C", DIG, PLANT, "CN", "MY")
    tale.turn("separate", *PLANT, ["A", "C"], made("B", 1, "oxide", Nd=80), technology=GERMAN)
    china = told(tale, "B")["china"]
    assert (china["verdict"], china["ways"]["mined"]["verdict"]) == ("present", "present")
    assert china["known_share"] == 0.0
    assert [(item["lot"], item["elements"]) for item in china["inputs"]] == [("C", {}), ("C", {})]


@pytest.mark.parametrize(
    ("way", "verdict"),
    [("mined", "cannot-exclude"), ("processed", "absent"), ("transit", "cannot-exclude"), ("technology", "cannot-exclude")],
)  # fmt: skip
def test_what_nobody_states_is_not_excluded(way: str, verdict: str) -> None:
    tale = peopled()
    tale.declare(*SHOP, made("D", 10, Nd=10))
    china = told(tale, "D")["china"]
    assert china["verdict"] == "cannot-exclude"
    assert china["ways"][way]["verdict"] == verdict
    assert [(item["lot"], item["why"]) for item in china["unknown_inputs"]] == [("D", ["mined"])]
    assert china["unknown_share"] == 1.0


@pytest.mark.parametrize("actor", ["dig", "mine"])
def test_an_input_that_was_retracted_is_unknown(actor: str) -> None:
    tale = blended()
    tale.retract(actor, tale.lot("C" if actor == "dig" else "A").born.hash)
    china = told(tale, "B")["china"]
    assert china["verdict"] == ("cannot-exclude" if actor == "dig" else "present")
    assert china["elements"]["Nd"]["unknown_share"] == close(0.4 if actor == "dig" else 0.6)
    assert all(china["ways"][way]["verdict"] != "absent" for way in WAYS)


def test_a_void_lot_is_not_excluded() -> None:
    tale = clean()
    tale.retract("mine", tale.lot("A").born.hash)
    china = told(tale, "A")["china"]
    assert (china["verdict"], china["unknown_share"]) == ("cannot-exclude", 1.0)
    assert {found["verdict"] for found in china["ways"].values()} == {"cannot-exclude"}


def test_what_happens_after_the_draw_is_not_the_childs() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.turn("split", *MINE, [("A", 4)], made("B", 4, Nd=10))
    tale.move("A", MINE, WORKS, "AU", "CN")
    assert told(tale, "A")["china"]["verdict"] == "present"
    answer = told(tale, "B")
    assert answer["china"]["verdict"] == "absent"
    assert [step["type"] for step in answer["history"]] == ["extract", "transform"]


@pytest.mark.parametrize("place", ["HK", "MO"])
def test_hong_kong_and_macao_are_named_by_their_own_codes(place: str) -> None:
    tale = peopled()
    tale.site("annex", "shop", place)
    tale.declare(*SHOP, made("D", 10, Nd=10), origin={"mine": "AU"})
    tale.move("D", SHOP, ("shop", "annex"), "JP", place)
    tale.turn("separate", "shop", "annex", ["D"], made("E", 1, "oxide", Nd=80))
    china = told(tale, "E")["china"]
    assert {item["country"] for item in china["inputs"]} == {place}
    assert (
        china["ways"]["processed"].items() >= {"verdict": "present", "known_share": 1.0, "unknown_share": 0.0}.items()
    )


def test_the_history_is_told_in_order() -> None:
    tale = clean()
    steps = told(tale, "B")["history"]
    assert [(step["type"], step["lot"], step["says"]) for step in steps] == [
        ("extract", "A", "creates A"),
        ("ship", "A", "A to kuantan by way of AU>SG>MY"),
        ("receive", "A", "A accepted"),
        ("transform", "A", "separate: A -> B"),
    ]
    assert [step["entry"] for step in steps] == sorted(step["entry"] for step in steps)
    assert set(steps[0]) == {
        "event", "entry", "type", "at", "recorded", "actor", "site", "country", "lot", "says",
    }  # fmt: skip
    assert (steps[0]["country"], steps[-1]["country"]) == ("AU", "MY")


def test_other_events_say_what_they_touch() -> None:
    tale = clean()
    tale.assay("B", Nd=70)
    tale.ship(*PLANT, "B", "shop")
    tale.receive(*SHOP, "B", result="disputed", reason="wet")
    said = [says(fact.event) for fact in tale.lot("B").facts[1:]]
    assert said == ["B", "B to shop", "B disputed: wet"]


# --- Whatever was told, the answer is of one piece

MEMBERS: dict[str, Any] = {
    "source": st.sampled_from(["pit", "baotou", "declared", "bought", "from Hong Kong"]),
    "kg": st.integers(1, 9),
    "dy": st.integers(0, 3),
    "route": st.sampled_from([(), ("CN",), ("SG",), ("HK", "SG"), ("ZZ",)]),
    "used": st.sampled_from(["DE", "CN", "unknown", None]),
    "china": st.booleans(),
}


def lived(parts: list[dict[str, Any]]) -> Tale:
    """Some lots by various ways to the plant, worked there each for itself, and blended into `Z`."""
    tale = peopled()
    for number, part in enumerate(parts):
        lot = made(f"L{number}", 10, Nd=5, Dy=part["dy"])
        start = {"pit": MINE, "baotou": DIG}.get(part["source"], SHOP)
        if start is not SHOP:
            tale.extract(*start, lot)
        else:
            origin = {"declared": {"mine": "AU"}, "from Hong Kong": {"mine": "HK"}}.get(part["source"])
            tale.declare(*SHOP, lot, **({"origin": origin} if origin else {}))
        if part["china"] and start is not DIG:
            tale.move(f"L{number}", start, WORKS)
            start = WORKS
        here = tale.history.country_of_site(start[1])
        tale.move(f"L{number}", start, PLANT, *((here, *part["route"], "MY") if part["route"] and here else ()))
        more = {} if part["used"] is None else {"technology": [{"what": "cells", "country": part["used"]}]}
        work = made(f"M{number}", 10, "oxide", Nd=5, Dy=part["dy"])
        tale.turn("separate", *PLANT, [f"L{number}"], work, **more)
    drawn = [(f"M{number}", float(part["kg"])) for number, part in enumerate(parts)]
    tale.turn("blend", *PLANT, drawn, made("Z", 1, "oxide"))
    return tale


lives = st.lists(st.fixed_dictionaries(MEMBERS), min_size=1, max_size=3)


@given(lives)
@settings(max_examples=trials(60))
def test_verdicts_shares_and_inputs_agree(parts: list[dict[str, Any]]) -> None:
    tale = lived(parts)
    answer = told(tale, "Z")
    china = answer["china"]
    assert china["known_share"] + china["unknown_share"] + china["clean_share"] == close(1.0)
    for way, stated in china["ways"].items():
        by_input = [item for item in china["inputs"] if way in item["why"]]
        assert (stated["verdict"] == "present") == bool(by_input)
        if stated["known_share"] > 0:
            assert stated["verdict"] == "present"
        if stated["unknown_share"] > 0:
            assert stated["verdict"] != "absent"
        assert stated["known_share"] + stated["unknown_share"] <= 1 + 1e-9
    mined = any(part["source"] in ("baotou", "from Hong Kong") for part in parts)
    assert (china["ways"]["mined"]["verdict"] == "present") == mined
    through = any(part["china"] or part["source"] == "baotou" or {"CN", "HK"} & set(part["route"]) for part in parts)
    assert (china["ways"]["transit"]["verdict"] == "present") == through
    assert (china["ways"]["technology"]["verdict"] == "present") == any(part["used"] == "CN" for part in parts)
    if china["verdict"] == "absent":
        assert (china["known_share"], china["unknown_share"]) == (0.0, 0.0)
        assert not any(part["source"] == "bought" for part in parts)
    total = sum(part["kg"] for part in parts)
    nd = answer["origin"]["elements"]["Nd"]["stages"]
    assert nd["mine"].get("AU", 0) == close(
        sum(part["kg"] for part in parts if part["source"] in ("pit", "declared")) / total, abs=1e-9
    )
    for entry in answer["origin"]["elements"].values():
        for shares in entry["stages"].values():
            assert sum(shares.values()) == close(1.0)
    flat = [step["entry"] for step in answer["history"]]
    assert flat == sorted(flat)
    assert len({step["event"] for step in answer["history"]}) == len(flat)


# --- Known flaws


@pytest.mark.parametrize("cause", ["bookkeeping", "no feed"])
def test_an_unknown_share_is_never_absent(cause: str) -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10, Nd=10, Dy=0))
    tale.move("A", MINE, PLANT, "AU", "MY")
    if cause == "bookkeeping":
        work, more = made("B", 1, "oxide", Nd=80), {"custody_model": "mass_balance"}
    else:
        work, more = made("B", 1, "oxide", Dy=80), {}
    tale.turn("separate", *PLANT, ["A"], work, technology=GERMAN, **more)
    china = told(tale, "B")["china"]
    assert (china["verdict"], china["unknown_share"]) == ("cannot-exclude", 1.0)
    assert (
        china["ways"]["mined"].items()
        >= {"verdict": "cannot-exclude", "known_share": 0.0, "unknown_share": 1.0}.items()
    )


@pytest.mark.parametrize("treo", [{}, {"TREO": 5}])
@pytest.mark.parametrize(("actor", "verdict", "known"), [(MINE, "absent", 0.0), (DIG, "present", 1.0)])
def test_a_lot_of_one_place_needs_no_analysis(
    treo: dict[str, float], actor: tuple[str, str], verdict: str, known: float
) -> None:
    tale = peopled()
    tale.extract(*actor, made("A", 10, "ore", **treo))
    china = told(tale, "A")["china"]
    assert (china["verdict"], china["known_share"], china["unknown_share"]) == (verdict, known, 0.0)
