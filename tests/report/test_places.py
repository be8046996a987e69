"""Sites and ways of a report."""

from __future__ import annotations

from typing import Any

from ledger.origin.trace import trace
from ledger.report.places import legs, sites
from tests.report.telling import clean
from tests.rules.tale import DIG, MINE, PLANT, SHOP, WORKS, Tale, made, peopled


def ways(tale: Tale, lot: str) -> list[dict[str, Any]]:
    return legs(trace(tale.history, lot), tale.history)


def places(tale: Tale, lot: str) -> dict[str, dict[str, Any]]:
    return {item["site"]: item for item in sites(trace(tale.history, lot), tale.history)}


def test_sites_in_the_order_of_the_story() -> None:
    tale = clean()
    found = places(tale, "B")
    assert list(found) == ["pit", "kuantan"]
    assert found["pit"].items() >= {"name": "Pit", "country": "AU", "region": None, "lat": None, "lon": None}.items()
    assert found["pit"]["lots"] == ["A"]
    assert found["kuantan"]["lots"] == ["A", "B"]
    born = tale.lot("B").born.hash
    assert born in found["kuantan"]["events"]
    assert born not in found["pit"]["events"]


def test_positions_are_degrees_and_nought_is_none() -> None:
    tale = peopled()
    for site, lat, lon in (("pit", -28_880_000, 122_550_000), ("kuantan", 0, 0)):
        tale.say(
            "site", "registry", site=site, party="mine", name=site, country="AU" if site == "pit" else "MY",
            position={"lat": lat, "lon": lon}, **({"region": "AU-WA"} if site == "pit" else {}),
        )  # fmt: skip
    tale.extract(*MINE, made("A", 10))
    tale.move("A", MINE, PLANT, "AU", "MY")
    found = places(tale, "A")
    assert (found["pit"]["lat"], found["pit"]["lon"], found["pit"]["region"]) == (-28.88, 122.55, "AU-WA")
    assert (found["kuantan"]["lat"], found["kuantan"]["lon"]) == (None, None)


def test_a_site_that_nobody_states_has_its_id_alone() -> None:
    tale = peopled()
    tale.extract("mine", "nowhere", made("A", 10))
    assert places(tale, "A")["nowhere"].items() >= {"name": None, "country": None, "lat": None, "lots": ["A"]}.items()


def test_a_handover() -> None:
    tale = clean()
    (leg,) = ways(tale, "B")
    ship, receive = [fact for fact in tale.lot("A").facts if fact.event.type in ("ship", "receive")]
    assert leg == {
        "lot": "A", "from": "pit", "to": "kuantan", "from_country": "AU", "to_country": "MY",
        "departed": ship.event.at, "arrived": receive.event.at, "route": ["AU", "SG", "MY"],
        "actor": "mine", "addressee": "kuantan", "result": "accepted", "event": ship.hash, "receive": receive.hash,
    }  # fmt: skip


def test_under_way_to_a_site_to_a_party_and_disputed() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10))
    tale.ship(*MINE, "A", "kuantan", "AU", "CN")
    (leg,) = ways(tale, "A")
    assert (leg["to"], leg["to_country"], leg["arrived"], leg["result"], leg["receive"]) == (
        "kuantan", "MY", None, None, None,
    )  # fmt: skip
    assert "kuantan" in places(tale, "A")
    refused = tale.receive(*PLANT, "A", result="disputed", reason="wet")
    (leg,) = ways(tale, "A")
    assert (leg["result"], leg["receive"], leg["to"]) == ("disputed", refused, "kuantan")
    accepted = tale.receive(*PLANT, "A")
    (leg,) = ways(tale, "A")
    assert (leg["result"], leg["receive"]) == ("accepted", accepted)
    tale.ship(*PLANT, "A", "shop", "MY", "JP")
    second = ways(tale, "A")[1]
    assert (second["to"], second["to_country"], second["addressee"]) == (None, "JP", "shop")
    tale.ship(*PLANT, "A", "shop")
    assert ways(tale, "A")[-1]["to_country"] is None


def test_a_truck_of_two_lots_makes_two_legs_and_what_follows_the_draw_none() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10, Nd=10), made("C", 10, Nd=10))
    tale.say(
        "ship", "mine", site="pit", to="kuantan", route=["AU", "MY"], lots=[{"lot": "A"}, {"lot": "C"}]
    )  # fmt: skip
    tale.receive(*PLANT, "A")
    tale.receive(*PLANT, "C")
    tale.turn("blend", *PLANT, [("A", 5), ("C", 10)], made("B", 15))
    tale.move("A", PLANT, WORKS, "MY", "CN")
    assert [(leg["lot"], leg["to"]) for leg in ways(tale, "B")] == [("A", "kuantan"), ("C", "kuantan")]
    assert set(places(tale, "B")) == {"pit", "kuantan"}
    assert set(places(tale, "A")) == {"pit", "kuantan", "ganzhou"}


def test_legs_stand_in_the_order_in_which_they_left() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10))
    tale.extract(*DIG, made("C", 10))
    tale.ship(*MINE, "A", "kuantan", at="2026-02-20T08:00:00Z")
    tale.ship(*DIG, "C", "kuantan", at="2026-02-10T08:00:00Z")
    tale.receive(*PLANT, "A")
    tale.receive(*PLANT, "C")
    tale.turn("blend", *PLANT, ["A", "C"], made("B", 20))
    assert [leg["lot"] for leg in ways(tale, "B")] == ["C", "A"]


def test_a_retracted_shipment_is_no_leg() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10))
    wrong = tale.ship(*MINE, "A", "kuantan", "AU", "CN", "MY")
    tale.retract("mine", wrong)
    assert ways(tale, "A") == []


def test_what_happened_to_a_retracted_lot_before_it_was_drawn_is_told() -> None:
    tale = peopled()
    wrong = tale.extract(*MINE, made("A", 10, Nd=10))
    tale.move("A", MINE, WORKS, "AU", "CN")
    tale.move("A", WORKS, SHOP, "CN", "JP")
    tale.turn("split", *SHOP, [("A", 4)], made("B", 4, Nd=10))
    tale.move("A", SHOP, PLANT, "JP", "MY")
    tale.retract("mine", wrong)
    assert [leg["to"] for leg in ways(tale, "B")] == ["ganzhou", "tokyo"]
    assert "ganzhou" in places(tale, "B")


def test_the_asked_lots_own_site_is_there_when_no_event_names_it() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10))
    assert places(tale, "A")["pit"]["lots"] == ["A"]
