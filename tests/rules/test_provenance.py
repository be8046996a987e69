from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ledger.model.events import Declare, Recover, Ship
from ledger.model.identity import Owner
from ledger.reference.countries import CHINESE
from ledger.reference.stages import PRIMARY
from ledger.rules.history import History
from ledger.rules.provenance import NOT_KNOWN, place, stated_origin, transit_places
from ledger.rules.stakes import stake_of
from tests.rules.tale import DIG, MINE, SHOP, WORKS, Tale, made, peopled

U = NOT_KNOWN
METAL = ("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce")
MAGNET = (*METAL, "alloy_melt", "powder", "press", "sinter", "bond", "machine", "gbd", "coat", "magnetize")


@pytest.fixture
def tale() -> Tale:
    return peopled()


def declared(form: str, **origin: str) -> Declare:
    tale = peopled()
    digest = tale.declare(*SHOP, made("A", 1, form), **({"origin": origin} if origin else {}))
    event = tale.history.facts[digest].event
    assert isinstance(event, Declare)
    return event


# --- Places


@pytest.mark.parametrize(
    ("text", "expected"), [("AU", "AU"), ("HK", "HK"), ("ZZ", U), ("unknown", U), ("withheld", U), (None, U)]
)
def test_whatever_nobody_states_is_one_unknown(text: str | None, expected: str) -> None:
    assert place(text) == expected


def test_hong_kong_and_macao_count_as_china() -> None:
    assert {"CN", "HK", "MO"} == CHINESE


# --- What a declaration states, and what its form implies besides


@pytest.mark.parametrize(
    ("form", "origin", "expected"),
    [
        ("ore", {}, {"mine": U}),
        ("ore", {"mine": "AU"}, {"mine": "AU"}),
        ("ore", {"mine": "withheld"}, {"mine": U}),
        ("oxide-nd", {"mine": "AU", "separate": "CN"}, {"mine": "AU", "beneficiate": U, "crack_leach": U, "separate": "CN"}),
        ("metal-nd", {}, dict.fromkeys(METAL, U)),
        ("ore", {"sinter": "JP"}, {"mine": U, "sinter": "JP"}),
        ("magnet-ndfeb", {}, dict.fromkeys(MAGNET, U)),
        ("magnet-ndfeb-sintered", {}, dict.fromkeys(set(MAGNET) - {"bond"}, U)),
        ("magnet-ndfeb-bonded", {}, dict.fromkeys(set(MAGNET) - {"press", "sinter"}, U)),
        # Sintering and bonding exclude each other: to state one is not to be silent on the other.
        ("magnet-ndfeb", {"sinter": "JP"}, {**dict.fromkeys(set(MAGNET) - {"bond"}, U), "sinter": "JP"}),
        ("magnet-ndfeb", {"press": "JP"}, {**dict.fromkeys(set(MAGNET) - {"bond"}, U), "press": "JP"}),
        ("magnet-ndfeb", {"bond": "JP"}, {**dict.fromkeys(set(MAGNET) - {"press", "sinter"}, U), "bond": "JP"}),
        ("magnet-ndfeb", {"bond": "JP", "sinter": "CN"}, {**dict.fromkeys(MAGNET, U), "bond": "JP", "sinter": "CN"}),
        ("magnet-ndfeb-bonded", {"sinter": "CN"}, {**dict.fromkeys(set(MAGNET) - {"press", "bond", "sinter"}, U), "sinter": "CN"}),
        ("iron", {}, {"mine": U, "beneficiate": U, "metal_reduce": U}),
        ("pebbles", {}, dict.fromkeys(("mine", *PRIMARY), U)),
    ],
)  # fmt: skip
def test_what_is_stated_and_what_is_unknown(form: str, origin: dict[str, str], expected: dict[str, str]) -> None:
    assert dict(stated_origin(declared(form, **origin), form)) == expected


@pytest.mark.parametrize(
    ("form", "origin", "codes"),
    [
        ("ore", {"mine": "AU"}, ["ORIG-DECLARED"]),
        ("ore", {"mine": "CN"}, ["ORIG-CN-MINED", "ORIG-DECLARED"]),
        ("ore", {"mine": "HK"}, ["ORIG-CN-MINED", "ORIG-DECLARED"]),
        ("ore", {"mine": "ZZ"}, ["ORIG-UNKNOWN"]),
        ("ore", {}, ["ORIG-UNKNOWN"]),
        ("oxide", {"mine": "AU", "separate": "MO"}, ["ORIG-CN-PROCESSED", "ORIG-UNKNOWN", "ORIG-DECLARED"]),
    ],
)
def test_findings_on_what_is_brought_in(tale: Tale, form: str, origin: dict[str, str], codes: list[str]) -> None:
    tale.declare(*SHOP, made("A", 1, form), **({"origin": origin} if origin else {}))
    assert tale.codes("ORIG") == codes


def test_recovered_material_is_treated_like_declared(tale: Tale) -> None:
    digest = tale.say("recover", "shop", site="tokyo", outputs=[made("A", 1, "eol-magnet")], origin={"mine": "CN"})
    assert tale.codes("ORIG") == ["ORIG-CN-MINED", "ORIG-UNKNOWN", "ORIG-DECLARED"]
    event = tale.history.facts[digest].event
    assert isinstance(event, Recover)
    assert stated_origin(event, "eol-magnet")["mine"] == "CN"


# --- Mined


@pytest.mark.parametrize(
    ("actor", "country", "codes"),
    [
        (MINE, None, []),
        (MINE, "AU", []),
        (MINE, "ZZ", []),
        (MINE, "US", ["ORIG-COUNTRY"]),
        (MINE, "CN", ["ORIG-CN-MINED", "ORIG-COUNTRY"]),
        (MINE, "HK", ["ORIG-CN-MINED", "ORIG-COUNTRY"]),
        (DIG, None, ["ORIG-CN-MINED"]),
        (DIG, "AU", ["ORIG-CN-MINED", "ORIG-COUNTRY"]),
    ],
)
def test_where_it_was_mined(tale: Tale, actor: tuple[str, str], country: str | None, codes: list[str]) -> None:
    tale.extract(*actor, made("A", 1), **({"country": country} if country else {}))
    assert tale.codes("ORIG") == codes


@pytest.mark.parametrize(
    ("country", "codes"),
    [("ZZ", ["ORIG-UNKNOWN"]), ("AU", ["ORIG-UNKNOWN"]), ("CN", ["ORIG-CN-MINED", "ORIG-UNKNOWN"])],
)
def test_a_site_nobody_can_place(tale: Tale, country: str, codes: list[str]) -> None:
    tale.site("somewhere", "mine", "ZZ")
    tale.extract("mine", "somewhere", made("A", 1), country=country)
    assert tale.codes("ORIG") == codes


# --- Processed, and with what


@pytest.mark.parametrize(
    ("stage", "codes"),
    [("separate", ["ORIG-CN-PROCESSED"]), ("split", ["ORIG-CN-TRANSIT"]), ("repack", ["ORIG-CN-TRANSIT"])],
)
def test_work_in_china(tale: Tale, stage: str, codes: list[str]) -> None:
    tale.extract(*MINE, made("A", 1))
    tale.move("A", MINE, WORKS)
    tale.turn(stage, *WORKS, ["A"], made("B", 1, "oxide" if stage == "separate" else "ore"))
    assert tale.codes("ORIG") == codes


def test_work_in_hong_kong_and_elsewhere(tale: Tale) -> None:
    tale.site("kowloon", "shop", "HK")
    tale.declare("shop", "kowloon", made("A", 1), origin={"mine": "AU"})
    assert "ORIG-CN-TRANSIT" in tale.codes("ORIG")  # it was there
    tale.turn("separate", "shop", "kowloon", ["A"], made("B", 1, "oxide"))
    assert tale.codes("ORIG") == ["ORIG-CN-PROCESSED"]
    tale.declare(*SHOP, made("C", 1), origin={"mine": "AU"})
    tale.turn("separate", *SHOP, ["C"], made("D", 1, "oxide"))
    assert tale.codes("ORIG") == []


@pytest.mark.parametrize("member", ["equipment", "technology"])
@pytest.mark.parametrize(
    ("country", "codes"), [("CN", ["ORIG-CN-TECHNOLOGY"]), ("HK", ["ORIG-CN-TECHNOLOGY"]), ("DE", []), ("unknown", [])]
)
def test_chinese_equipment_and_technology(tale: Tale, member: str, country: str, codes: list[str]) -> None:
    tale.declare(*SHOP, made("A", 1), origin={"mine": "AU"})
    tale.turn("separate", *SHOP, ["A"], made("B", 1, "oxide"), **{member: [{"what": "cells", "country": country}]})
    assert tale.codes("ORIG") == codes


# --- In transit


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ((), set()),
        (("AU", "MY"), set()),
        (("AU", "SG", "MY"), set()),
        (("AU", "CN", "MY"), {"CN"}),
        (("AU", "HK", "MO", "MY"), {"HK", "MO"}),
        # An end that is not where the sites are lies on the way.
        (("CN", "MY"), {"CN"}),
        (("AU", "CN"), {"CN"}),
        (("CN",), {"CN"}),
    ],
)
def test_what_a_route_passes(tale: Tale, route: tuple[str, ...], expected: set[str]) -> None:
    tale.extract(*MINE, made("A", 1))
    digest = tale.ship(*MINE, "A", "kuantan", *route)
    event = tale.history.facts[digest].event
    assert isinstance(event, Ship)
    assert transit_places(tale.history, event) & CHINESE == expected
    assert tale.codes("ORIG") == (["ORIG-CN-TRANSIT"] if expected else [])


def test_what_leaves_china_was_there_and_what_goes_there_is_not_yet(tale: Tale) -> None:
    tale.extract(*DIG, made("A", 1))
    tale.ship(*DIG, "A", "kuantan", "CN", "SG", "MY")
    assert tale.codes("ORIG") == ["ORIG-CN-TRANSIT"]
    tale.extract(*MINE, made("B", 1))
    tale.ship(*MINE, "B", "ganzhou", "AU", "CN")
    assert tale.codes("ORIG") == []
    tale.receive(*WORKS, "B")
    assert tale.codes("ORIG") == ["ORIG-CN-TRANSIT"]  # now it is there


# --- Owned


@pytest.mark.parametrize(
    ("country", "owners", "expected"),
    [
        ("AU", [], False),
        ("CN", [], True),
        ("HK", [], True),
        ("AU", [("CN", 249_999_999)], False),
        ("AU", [("CN", 250_000_000)], True),
        ("AU", [("HK", 125_000_000), ("MO", 125_000_000)], True),
        ("AU", [("CN", 100_000_000), ("US", 900_000_000)], False),
        ("AU", [("CN", 0)], False),
        # A share that nobody states counts from the mark.
        ("AU", [("CN", None)], True),
        ("AU", [("US", None)], False),
        ("ZZ", [("ZZ", 10**9)], False),
    ],
)
def test_a_quarter_held_from_china_is_chinese_owned(
    tale: Tale, country: str, owners: list[Any], expected: bool
) -> None:
    held = tuple(Owner(name=f"O{number}", country=where, ppb=ppb) for number, (where, ppb) in enumerate(owners))
    assert stake_of(History(), country, held, CHINESE).owned is expected
    stated = [
        {"name": f"O{number}", "country": where} | ({} if ppb is None else {"ppb": ppb})
        for number, (where, ppb) in enumerate(owners)
    ]
    tale.party("p", country, "trader", owners=stated)
    assert tale.codes("ORIG") == (["ORIG-CN-OWNED"] if expected else [])


def test_the_message_says_the_share(tale: Tale) -> None:
    tale.party("p", "AU", "trader", owners=[{"name": "Dragon", "country": "CN", "ppb": 333_000_000}])
    assert tale.newest[0].message == "p is held 33.3 % by Dragon"
    tale.party("q", "HK", "trader")
    assert tale.newest[0].message == "q is established in HK"


def test_an_operator_in_china_is_said() -> None:
    tale = Tale(operator_country="CN")
    assert [item.code for item in tale.found] == ["ORIG-CN-OWNED"]
    assert tale.found[0].subject == "party:registry"
    tale.party("p", "AU", "owner")
    assert len(tale.found) == 1


def test_origin_is_found_on_each_lot(tale: Tale) -> None:
    tale.extract(*DIG, made("A", 1), made("B", 1))
    assert [item.subject for item in tale.newest if item.code == "ORIG-CN-MINED"] == ["lot:A", "lot:B"]
    tale.move("A", DIG, WORKS)
    tale.turn("separate", *WORKS, ["A"], made("C", 1, "oxide"), made("D", 1, "residue"))
    assert [item.subject for item in tale.newest if item.code == "ORIG-CN-PROCESSED"] == ["lot:C", "lot:D"]


def test_a_stage_may_be_declared_as_not_performed(tale: Tale) -> None:
    stages = ("mine", "beneficiate", "crack_leach", "separate", "metal_reduce")
    origin = {**dict.fromkeys(stages, "AU"), "oxide_to_halide": "none"}
    tale.declare(*SHOP, made("M", 1, "metal-ndpr"), origin=origin)
    assert tale.codes("ORIG-UNKNOWN") == []
    event = tale.history.lots["M"].born.event
    assert isinstance(event, Declare)
    assert "oxide_to_halide" not in stated_origin(event, "metal-ndpr")


def test_no_material_is_without_mining(tale: Tale) -> None:
    with pytest.raises(msgspec.ValidationError, match="cannot be `none`"):
        tale.declare(*SHOP, made("M", 1, "metal-ndpr"), origin={"mine": "none"})
