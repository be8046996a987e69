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
