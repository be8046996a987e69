"""The same question about any country or region, owners, ranges, and doubts."""

from __future__ import annotations

import pytest

from ledger.errors import UsageError
from ledger.origin.lens import CHINA, lens
from ledger.origin.trace import trace
from ledger.report.country import country
from ledger.rules.rulebook import conclude
from tests.rules.tale import DIG, MINE, PLANT, WORKS, Tale, made, peopled


@pytest.fixture
def tale() -> Tale:
    tale = peopled()
    tale.say("site", "registry", site="xinjiang", party="works", name="X", country="CN", region="CN-XJ")
    tale.extract(*MINE, made("A", 10, Nd2O3=10))
    tale.extract(*DIG, made("C", 10, Nd2O3=10))
    return tale


def asked(tale: Tale, lot: str, code: str) -> dict[str, object]:
    question = lens(code)
    findings = [*tale.found, *conclude(tale.history)]
    return country(trace(tale.history, lot, asked=question), tale.history, findings, question)


def test_a_country_is_asked_as_china_is(tale: Tale) -> None:
    assert asked(tale, "A", "AU")["verdict"] == "present"
    assert asked(tale, "A", "RU")["verdict"] == "absent"
    assert asked(tale, "C", "cn") == country(
        trace(tale.history, "C"), tale.history, [*tale.found, *conclude(tale.history)]
    )
    assert lens("CN") is CHINA


def test_a_region_is_present_where_the_site_says_so_and_open_where_only_the_country_is_stated(tale: Tale) -> None:
    tale.move("C", DIG, ("works", "xinjiang"))
    tale.turn("crack_leach", "works", "xinjiang", ["C"], made("M", 9, "mixed-carbonate", Nd2O3=10))
    there = asked(tale, "M", "CN-XJ")
    assert there["ways"]["processed"]["verdict"] == "present"  # type: ignore[index]
    assert there["ways"]["mined"]["verdict"] == "cannot-exclude"  # type: ignore[index]
    assert asked(tale, "M", "CN-NM")["ways"]["processed"]["verdict"] == "absent"  # type: ignore[index]
    assert there["owners"] == []
    assert asked(tale, "A", "CN-XJ")["verdict"] == "absent"


@pytest.mark.parametrize("code", ["", "ZZZ", "C", "CN-", "XX-YY", "China"])
def test_what_is_no_place_is_refused(code: str) -> None:
    with pytest.raises(UsageError, match="no country"):
        lens(code)


def test_known_clean_and_unknown_make_the_whole_for_every_way(tale: Tale) -> None:
    tale.move("C", DIG, WORKS)
    tale.ship(*WORKS, "C", "kuantan", "CN", "MY")
    tale.receive(*PLANT, "C")
    tale.move("A", MINE, PLANT, "AU", "MY")
    tale.turn("blend", *PLANT, ["A", "C"], made("B", 20))
    answer = asked(tale, "B", "CN")
    for way in (answer, *answer["ways"].values()):  # type: ignore[attr-defined]
        assert way["known_share"] + way["unknown_share"] + way["clean_share"] == pytest.approx(1.0)
    assert answer["ways"]["mined"]["known_share"] == pytest.approx(0.5)  # type: ignore[index]
    assert answer["ways"]["mined"]["events"]  # type: ignore[index]


def test_a_missing_analysis_gives_a_least_and_a_greatest_share(tale: Tale) -> None:
    tale.extract(*DIG, made("D", 10))
    for lot in "CD":
        tale.move(lot, DIG, PLANT, "CN", "MY")
    tale.move("A", MINE, PLANT, "AU", "MY")
    tale.turn("blend", *PLANT, ["A", "D"], made("B", 20, Nd2O3=10))
    low, high = asked(tale, "B", "CN")["ways"]["mined"]["range"]  # type: ignore[index]
    assert low == 0.0 < high < 1.0


def test_bookkeeping_leaves_everything_possible(tale: Tale) -> None:
    tale.move("C", DIG, PLANT, "CN", "MY")
    tale.move("A", MINE, PLANT, "AU", "MY")
    tale.turn("separate", *PLANT, ["A", "C"], made("O", 1, "oxide-nd", Nd2O3=99), custody_model="mass_balance")
    mined = asked(tale, "O", "CN")["ways"]["mined"]  # type: ignore[index]
    assert (mined["known_share"], mined["range"]) == (0.5, [0.0, 1.0])


def test_a_gain_is_never_absent(tale: Tale) -> None:
    tale.turn("crack_leach", *MINE, ["A"], made("M", 5, "mixed-carbonate", Nd2O3=24.5))
    answer = asked(tale, "M", "CN")
    assert answer["verdict"] == "cannot-exclude"
    assert answer["doubts"] == ["MASS-GAIN"]


def test_who_owns_whom_stands_in_the_answer(tale: Tale) -> None:
    tale.party("shell", "SG", "owner", owners=[{"name": "S", "country": "CN", "ppb": 600_000_000}])
    owners = [
        {"party": "shell", "country": "SG", "ppb": 300_000_000},
        {"name": "F", "country": "AU", "ppb": 700_000_000},
    ]
    tale.party("mine", "AU", "miner", owners=owners)
    tale.extract(*MINE, made("E", 10, Nd2O3=10))
    (stated,) = asked(tale, "E", "CN")["owners"]  # type: ignore[misc]
    assert (stated["party"], stated["marks"]) == ("mine", [0.25])  # type: ignore[index]
    assert (stated["held"], stated["attributed"]) == pytest.approx((0.18, 0.3))  # type: ignore[index]


# --- What a hostile reader tried


def test_a_replacement_elsewhere_or_of_less_launders_nothing(tale: Tale) -> None:
    tale.move("C", DIG, WORKS)
    chinese = tale.turn("separate", *WORKS, ["C"], made("X", 1, "oxide-nd", Nd2O3=99))
    tale.move("X", WORKS, PLANT, "CN", "MY")
    tale.turn("metal_reduce", *PLANT, ["X"], made("M", 0.8, "metal-nd", Nd=99))
    assert asked(tale, "M", "CN")["verdict"] == "present"
    tale.site("annex", "works", "VN")
    tale.extract("works", "annex", made("V", 10, Nd2O3=10))
    tale.turn("separate", "works", "annex", ["V"], made("X2", 1, "oxide-nd", Nd2O3=99), ref="instead")
    tale.retract("works", chinese, "instead")
    answer = asked(tale, "M", "CN")
    assert answer["verdict"] != "absent"
    assert answer["unknown_share"] == 1.0
    assert ("CUST-REPLACEMENT", f"event:{chinese}") in tale.ending("CUST")


def test_what_happened_to_a_void_lot_happened_all_the_same(tale: Tale) -> None:
    source = tale.extract(*MINE, made("E", 10, Nd2O3=10), ref="first")
    tale.ship(*MINE, "E", "kuantan", "AU", "CN", "MY")
    tale.receive(*PLANT, "E")
    tale.turn("separate", *PLANT, ["E"], made("O", 0.9, "oxide-nd", Nd2O3=99))
    tale.retract("mine", source, "second")
    tale.extract(*MINE, made("E2", 10, Nd2O3=10), ref="second")
    assert trace(tale.history, "O").lots == ("E2", "O")
    assert asked(tale, "O", "CN")["ways"]["transit"]["verdict"] == "present"  # type: ignore[index]


@pytest.mark.parametrize("analyte", ["TREM", "REE", "Mischmetal", "Balance", "LREE", "Others", "Didymium"])
def test_a_word_for_rare_earths_hides_none(tale: Tale, analyte: str) -> None:
    stages = dict.fromkeys(("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce"))
    tale.declare(*PLANT, made("N", 30, "metal-nd", Nd=99.9), origin=dict.fromkeys(stages, "AU"))
    tale.declare(*PLANT, made("W", 30, "metal", **{analyte: 99.5}), origin=dict.fromkeys(stages, "CN"))
    tale.turn("alloy_melt", *PLANT, ["N", "W"], made("L", 59, "alloy", Nd=98))
    answer = asked(tale, "L", "CN")
    assert answer["verdict"] == "present"
    assert answer["known_share"] > 0.3  # type: ignore[operator]
    assert answer["range"][1] > 0.4  # type: ignore[index]


def test_a_zero_that_contradicts_its_own_input_settles_nothing(tale: Tale) -> None:
    tale.declare(*WORKS, made("N", 30, "metal-nd", Nd=99.9), origin={"mine": "CN", "metal_reduce": "CN"})
    tale.move("N", WORKS, PLANT, "CN", "MY")
    tale.turn("split", *PLANT, ["N"], made("Z", 30, "metal", Nd=0, Fe=0))
    tale.declare(*PLANT, made("P", 30, "metal-nd", Nd=99.9), origin={"mine": "AU", "metal_reduce": "AU"})
    tale.turn("alloy_melt", *PLANT, ["Z", "P"], made("L", 60, "alloy", Nd=50))
    answer = asked(tale, "L", "CN")
    assert answer["ways"]["mined"]["known_share"] == pytest.approx(0.5)  # type: ignore[index]
    assert "MASS-LOSS" in dict(tale.ending("MASS"))


def test_a_region_once_stated_stays_stated(tale: Tale) -> None:
    tale.move("C", DIG, ("works", "xinjiang"))
    tale.turn("crack_leach", "works", "xinjiang", ["C"], made("M", 9, "mixed-carbonate", Nd2O3=10))
    tale.say("site", "registry", site="xinjiang", party="works", name="X", country="CN", region="CN-SH")
    assert asked(tale, "M", "CN-XJ")["ways"]["processed"]["verdict"] == "present"  # type: ignore[index]
    assert lens("CN-65") == lens("CN-XJ")


def test_iron_from_nowhere_is_not_absent(tale: Tale) -> None:
    stages = dict.fromkeys(("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce"), "AU")
    tale.declare(*PLANT, made("N", 30, "metal-nd", Nd=99.9), origin=stages)
    tale.turn("alloy_melt", *PLANT, ["N"], made("L", 98, "alloy-ndfeb", Nd=30, Fe=68, B=1))
    answer = asked(tale, "L", "CN")
    assert answer["verdict"] == "cannot-exclude"
    assert set(answer["constituents"]) == {"Fe", "B"}  # type: ignore[call-overload]


def test_processing_called_repacking_is_processing_where_the_name_changes(tale: Tale) -> None:
    tale.declare(*PLANT, made("P", 10, "powder-coarse", Nd=30), origin={"mine": "AU"})
    tale.move("P", PLANT, WORKS, "MY", "CN")
    tale.turn("repack", *WORKS, ["P"], made("Q", 10, "powder-jet-milled", Nd=30))
    assert asked(tale, "Q", "CN")["ways"]["processed"]["verdict"] == "present"  # type: ignore[index]
