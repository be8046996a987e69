from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.origin.china import MATERIAL, WAYS
from ledger.report.headline import (
    BASIS_WORDS,
    WAY_WORDS,
    by_means_alone,
    headline,
    percent,
    performed,
    stage_words,
    unknown_words,
)
from tests.report.telling import blended, clean, told
from tests.report.test_answer import lived, lives
from tests.rules.tale import DIG, MINE, PLANT, SHOP, made, peopled
from tests.trials import trials

VERDICTS = ("present", "cannot-exclude", "absent")


# --- Percentages


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0%"),
        (1.0, "100%"),
        (0.5, "50.0%"),
        (1 / 3, "33.3%"),
        (0.001, "0.1%"),
        (0.00051, "0.1%"),
        (0.0005, "0.1%"),
        (0.00049, "<0.1%"),
        (1e-300, "<0.1%"),
        (0.999, "99.9%"),
        (0.9994, "99.9%"),
        (0.99951, ">99.9%"),
        (1 - 1e-15, ">99.9%"),
    ],
)
def test_percentages(share: float, text: str) -> None:
    assert percent(share) == text


@given(st.floats(0, 1, exclude_min=True, exclude_max=True).filter(lambda share: share != 0.9995))
@settings(max_examples=trials(300))
def test_what_is_there_is_not_none_and_what_is_short_is_not_all(share: float) -> None:
    text = percent(share)
    assert text not in {"0%", "0.0%", "100%", "100.0%"}
    if text[0] not in "<>":
        assert float(text[:-1]) == pytest.approx(share * 100, abs=0.05000001)


def test_the_last_share_before_the_mark_is_not_all() -> None:
    assert not percent(0.9995).startswith("100")


def test_a_speck_is_not_nothing() -> None:
    tale = blended(chinese_kg=1)
    tale.extract(*MINE, made("X", 9_000_000, Nd=10))
    tale.extract(*DIG, made("Y", 0.000001, Nd=10))
    tale.move("X", MINE, PLANT, "AU", "MY")
    tale.move("Y", DIG, PLANT, "CN", "MY")
    tale.turn("blend", *PLANT, ["X", "Y"], made("Z", 9_000_000, Nd=10))
    answer = told(tale, "Z")
    assert answer["china"]["verdict"] == "present"
    assert "PRESENT: 0%" not in headline(answer)
    assert "CN 0%" not in stage_words(answer["origin"]["elements"]["Nd"]["stages"]["mine"])


# --- Stages


@pytest.mark.parametrize(
    ("shares", "text"),
    [
        ({"none": 1.0}, "-"),
        ({"AU": 0.7, "CN": 0.3}, "AU 70.0%, CN 30.0%"),
        ({"CN": 0.3, "AU": 0.7}, "AU 70.0%, CN 30.0%"),
        ({"CN": 0.5, "AU": 0.5}, "AU 50.0%, CN 50.0%"),
        ({"none": 0.25, "MY": 0.75}, "MY 75.0%, not done 25.0%"),
        ({"CN+MY": 1.0}, "CN+MY 100%"),
        ({"unknown": 0.9999, "CN": 0.0001}, "unknown >99.9%, CN <0.1%"),
    ],
)
def test_shares_in_words(shares: dict[str, float], text: str) -> None:
    assert stage_words(shares) == text


def test_stages_that_some_element_passed() -> None:
    assert performed(told(clean(), "B")) == ["mine", "separate"]
    assert performed({"origin": {"elements": {}}}) == []


# --- The sentence


def answers(ways: tuple[str, ...], known: float, unknown: float) -> dict[str, Any]:
    """The part of an answer that a headline reads, in agreement with itself."""
    by_way = dict(zip(WAYS, ways, strict=True))
    dark = unknown > 0 or any(by_way[way] == "cannot-exclude" for way in MATERIAL)
    verdict = "present" if "present" in ways else "cannot-exclude" if dark else "absent"
    return {
        "china": {
            "verdict": verdict,
            "basis": "rare earths",
            "known_share": known,
            "unknown_share": unknown,
            "ways": {way: {"verdict": found} for way, found in by_way.items()},
        }
    }


def cases() -> list[tuple[tuple[str, ...], float, float]]:
    """Every combination of verdicts by way, with shares that may go with it."""
    found = []
    for ways in product(VERDICTS, repeat=len(WAYS)):
        material = ways[: len(MATERIAL)]
        for known in (0.0, 0.25) if "present" in material else (0.0,):
            for unknown in (0.0, 0.5) if "cannot-exclude" in material else (0.0,):
                found.append((ways, known, unknown))
    return found


def test_every_verdict_has_its_sentence() -> None:
    for ways, known, unknown in cases():
        answer = answers(ways, known, unknown)
        text = headline(answer)
        verdict = answer["china"]["verdict"]
        words = [word for word in ("PRESENT", "CANNOT BE EXCLUDED", "ABSENT") if word in text]
        expected = [{"present": "PRESENT", "cannot-exclude": "CANNOT BE EXCLUDED", "absent": "ABSENT"}[verdict]]
        alone = by_means_alone(answer["china"])
        assert words == ([] if alone else expected)
        assert text.startswith("No Chinese material is recorded or declared") == alone
        if "present" in ways or unknown > 0 or "cannot-exclude" in ways[:2]:
            assert "ABSENT" not in text
        for way, found in zip(WAYS, ways, strict=True):
            if found == "present" and way not in MATERIAL:
                assert WAY_WORDS[way] in text
            if found == "cannot-exclude" and verdict == "absent":
                assert WAY_WORDS[way] in text
        if "present" in ways[:2]:
            assert percent(known) in text or (not known and "though nothing of its" in text)
        if unknown > 0:
            assert percent(unknown) in text
        assert text.endswith(".")
        assert ".." not in text
        assert "  " not in text


@pytest.mark.parametrize(
    ("mined", "processed", "words"),
    [
        ("present", "absent", "was mined in China"),
        ("absent", "present", "was processed in China"),
        ("present", "present", "was mined or processed in China"),
    ],
)
def test_material_of_china_is_said_first(mined: str, processed: str, words: str) -> None:
    text = headline(answers((mined, processed, "absent", "present", "absent"), 0.25, 0.0))
    assert text.startswith("Chinese inputs are PRESENT: 25.0% of its rare earths by mass ")
    assert words in text
    assert text.endswith("Also handled by parties in China or owned from there to 25 % or more.")


def test_unknown_material_is_said_beside_other_ways() -> None:
    """Unknown iron in the melt, and a route through China."""
    tale = peopled()
    tale.declare(*SHOP, made("M", 3, "ore", Nd=99), origin={"mine": "AU"})
    tale.declare(*SHOP, made("F", 6, "iron", Fe=99))
    tale.turn("alloy_melt", *SHOP, ["M", "F"], made("B", 9, "alloy", Nd=29, Fe=60))
    tale.move("B", SHOP, PLANT, "JP", "CN", "MY")
    answer = told(tale, "B")
    assert answer["china"]["ways"]["mined"]["verdict"] == "cannot-exclude"
    assert "none is recorded or declared as mined or processed" not in headline(answer)


@pytest.mark.parametrize("basis", ["rare earths", "all elements", "worst element"])
def test_the_sentence_says_of_what_its_share_is(basis: str) -> None:
    answer = answers(("cannot-exclude", *["absent"] * 4), 0.0, 0.5)
    answer["china"]["basis"] = basis
    assert f"(50.0% {BASIS_WORDS[basis]})" in headline(answer)


def test_chinese_iron_in_a_magnet_is_named() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10, "ore", Nd=60))
    tale.declare(
        *MINE, made("F", 30, "iron", Fe=99), origin=dict.fromkeys(("mine", "beneficiate", "metal_reduce"), "CN")
    )
    tale.turn("alloy_melt", *MINE, ["A", "F"], made("B", 39, "alloy", Nd=15, Fe=70))
    text = headline(told(tale, "B"))
    assert "nothing of its rare earths by mass is stated to come from it, while 100% of its Fe does." in text
    assert "0% is" not in text


def test_a_record_that_is_not_sound_is_not_called_unknown() -> None:
    answer = told(blended(), "B")
    for way in MATERIAL:
        answer["china"]["ways"][way]["verdict"] = "cannot-exclude"
    answer["china"].update(unknown_share=0.0, doubts=["CUST-ROUND-TRIP"])
    assert "(which cannot be excluded either: the record is not sound): some was moved" in headline(answer)


def test_sentences_of_real_lots() -> None:
    assert headline(told(clean(), "B")) == (
        "Chinese inputs are ABSENT from what is recorded and declared: none was mined or processed in China. Not stated, so not "
        "excluded: whether it was made with Chinese equipment or technology."
    )
    tale = peopled()
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.move("A", MINE, PLANT)
    text = headline(told(tale, "A"))
    assert text.endswith(
        " Not stated, so not excluded: whether it was moved through or held in China or made with Chinese equipment or technology."
    )
    tale = peopled()
    tale.declare(*PLANT, made("A", 10, Nd=10), origin={"mine": "AU"})
    assert headline(told(tale, "A")).startswith(
        "Chinese inputs are ABSENT, by declaration alone: as declared none was mined or processed in China, and no event of this ledger "
        "records any stage."
    )
    assert headline(told(blended(), "B")) == (
        "Chinese inputs are PRESENT: 37.7% of its rare earths by mass was mined in China; the rest is recorded or declared as mined and "
        "processed elsewhere; technology of 100% is not stated. Also moved through or held in China and handled by parties in China or "
        "owned from there to 25 % or more."
    )


@given(lives)
@settings(max_examples=trials(40))
def test_nothing_present_or_unknown_is_called_absent(parts: list[dict[str, Any]]) -> None:
    answer = told(lived(parts), "Z")
    text = headline(answer)
    sources = {part["source"] for part in parts}
    if sources & {"baotou", "from Hong Kong"}:
        assert "PRESENT: " in text
        assert "PRESENT: 0%" not in text
    if "bought" in sources or any(part["china"] or part["used"] == "CN" for part in parts):
        assert "ABSENT" not in text
    if "bought" in sources:
        assert answer["china"]["unknown_share"] > 0
        assert percent(answer["china"]["unknown_share"]) in text


def test_a_stage_that_nobody_states_is_named_where_no_share_of_it_is_left() -> None:
    tale = peopled()
    tale.declare(*DIG, made("C", 100, "concentrate", Nd2O3=10), origin={"mine": "CN"})
    tale.move("C", DIG, PLANT, "CN", "MY")
    tale.turn("separate", *PLANT, ["C"], made("O", 9, "oxide-nd", Nd2O3=99))
    answer = told(tale, "O")
    text = headline(answer)
    assert "unknown" not in text
    assert "For some of it the place of beneficiation is not known; no share can be given for that." in text
    for way in answer["china"]["ways"].values():
        assert (unknown_words(way) == "0%") == (not way["unknown_events"] and way["verdict"] != "cannot-exclude")


def test_a_saw_is_no_chinese_input() -> None:
    """Nor is a mine that is owned from there: no material is, and the headline says what is."""
    tale = peopled()
    tale.party("held", "AU", "miner", owners=[{"name": "Group", "country": "CN", "ppb": 600_000_000}])
    tale.site("hill", "held", "AU")
    tale.extract("held", "hill", made("A", 10, Nd=10))
    saw = [{"what": "wire saw", "country": "CN"}]
    tale.turn("machine", "held", "hill", ["A"], made("B", 9, "block", Nd=10), equipment=saw)
    answer = told(tale, "B")
    for doubt in ("doubts", "constituents"):
        answer["china"].pop(doubt, None)
    assert answer["china"]["verdict"] == "present"
    text = headline(answer)
    assert text.startswith("No Chinese material is recorded or declared")
    assert (
        "owned from there to 25 % or more (held 60.0%) and made with Chinese equipment or technology (machine, B)."
        in text
    )


def test_all_of_it_leaves_no_rest_and_other_elements_are_named() -> None:
    tale = peopled()
    tale.declare(
        *SHOP,
        made("N", 30, "metal-nd", Nd=99),
        origin=dict.fromkeys(
            ("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce"), "CN"
        ),
    )
    tale.declare(*SHOP, made("F", 70, "iron", Fe=99))
    tale.turn("alloy_melt", *SHOP, ["N", "F"], made("B", 99, "alloy-ndfe", Nd=30, Fe=70))
    text = headline(told(tale, "B"))
    assert "100% of its rare earths by mass was mined or processed in China" in text
    assert "the rest" not in text
    assert "0% is" not in text.replace("100% is", "")
    assert "100% of its Fe is of unknown origin" in text
