"""Stages where the registrar or the public register knows of none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.ledger.world import stamp
from tests.rules.tale import MINE, PLANT, SHOP, Tale, made, peopled

STAGES = {
    "kuantan": ("plant", "MY"),
    "pit": ("mine", "AU"),
    "tokyo": ("shop", "JP"),
}


def state(tale: Tale, site: str, *stages: str, **members: Any) -> str:
    party, country = STAGES[site]
    return tale.say(
        "site", "registry", site=site, party=party, name=site, country=country, stages=sorted(stages), **members
    )


def found(tale: Tale, code: str = "ORIG-SITE") -> list[str]:
    return [subject for one, subject in tale.ending() if one == code]


def separated(tale: Tale, lot: str = "O") -> str:
    tale.declare(*PLANT, made(f"C{lot}", 10, "concentrate"))
    return tale.turn("separate", *PLANT, [f"C{lot}"], made(lot, 1, "oxide-nd"))


def test_a_stage_that_the_site_does_not_do_is_told_once() -> None:
    tale = peopled()
    said = state(tale, "kuantan", "crack_leach")
    first = separated(tale)
    separated(tale, "P")
    (item,) = [item for item in tale.concluded() if item.code == "ORIG-SITE"]
    assert (item.subject, item.events) == ("site:kuantan", (first, said))
    assert "2 event(s)" in item.message


def test_a_stated_stage_a_neutral_one_and_a_site_that_states_none() -> None:
    tale = peopled()
    separated(tale, "N")
    state(tale, "kuantan", "separate")
    separated(tale)
    tale.turn("split", *PLANT, ["O"], made("O1", 0.5, "oxide-nd"))
    assert found(tale) == []


def test_extraction_is_mining_and_who_takes_scrap_apart_collects_it() -> None:
    tale = peopled()
    state(tale, "tokyo", "dismantle")
    tale.say("recover", "shop", site="tokyo", outputs=[made("E", 1, "eol-magnet")])
    state(tale, "pit", "beneficiate")
    assert found(tale) == []
    tale.extract(*MINE, made("A", 1))
    assert found(tale) == ["site:pit"]
    state(tale, "tokyo", "separate")
    tale.say("recover", "shop", site="tokyo", outputs=[made("F", 1, "eol-magnet")])
    assert found(tale) == ["site:pit", "site:tokyo"]


def test_a_late_record_and_a_late_correction_are_heard() -> None:
    tale = peopled()
    state(tale, "kuantan", "separate")
    then = stamp(tale.now)
    tale.now += timedelta(days=5)
    state(tale, "kuantan", "crack_leach")
    tale.declare(*PLANT, made("C", 10, "concentrate"), at=then)
    tale.turn("separate", *PLANT, ["C"], made("O", 1, "oxide-nd"), at=then)
    assert found(tale) == []
    separated(tale, "P")
    assert found(tale) == ["site:kuantan"]
    state(tale, "kuantan", "crack_leach", "separate", at=then)
    assert found(tale) == []


def test_a_void_stage_says_nothing() -> None:
    tale = peopled()
    state(tale, "kuantan", "crack_leach")
    tale.retract("plant", separated(tale))
    assert found(tale) == []


def declared(country: str, form: str = "oxide-nd", **percent: float) -> list[str]:
    tale = peopled()
    tale.declare(*SHOP, made("O", 1, form, **percent), origin={"mine": "TH", "separate": country})
    return found(tale, "ORIG-REGISTER")


@pytest.mark.parametrize("country", ["MY", "CN", "JP", "unknown", "withheld", "ZZ"])
def test_a_country_with_a_plant_and_one_that_nobody_knows(country: str) -> None:
    assert declared(country) == []


def test_a_country_without_a_plant() -> None:
    assert declared("TH") == ["lot:O"]
    assert declared("TH", Nd2O3=99.0) == ["lot:O"]
    assert declared("TH", TREO=99.0) == ["lot:O"]


def test_only_rare_earths_are_asked_about() -> None:
    assert declared("TH", "oxide-ga", Ga2O3=99.0) == []
    assert declared("TH", "iron") == []
    assert declared("TH", "gravel") == []


def test_performed_where_the_register_has_no_plant() -> None:
    tale = peopled()
    tale.party("mill", "TH", "processor")
    tale.site("rayong", "mill", "TH")
    tale.declare("mill", "rayong", made("C", 10, "concentrate"), made("D", 10, "concentrate"))
    first = tale.turn("separate", "mill", "rayong", ["C"], made("O", 1, "oxide-nd"))
    tale.turn("separate", "mill", "rayong", ["D"], made("P", 1, "oxide-nd"))
    (item,) = [item for item in tale.concluded() if item.code == "ORIG-REGISTER"]
    assert (item.subject, item.severity, item.events) == ("site:rayong", "info", (first,))
    tale.turn("metal_reduce", "mill", "rayong", ["O"], made("M", 1, "metal-nd"))
    tale.turn("bond", "mill", "rayong", ["P"], made("B", 1, "magnet-ndfeb-bonded"))
    assert found(tale, "ORIG-REGISTER") == ["site:rayong"]


def test_a_site_that_is_a_row_of_the_register_is_known() -> None:
    tale = peopled()
    tale.party("src", "CA", "processor")
    tale.site("ca-src-saskatoon", "src", "CA")
    tale.declare("src", "ca-src-saskatoon", made("O", 1, "oxide-nd"))
    tale.turn("metal_reduce", "src", "ca-src-saskatoon", ["O"], made("M", 0.8, "metal-nd"))
    assert found(tale, "ORIG-REGISTER") == []
