"""Out and back without a change, and the honest returns."""

from __future__ import annotations

import pytest

from tests.rules.tale import MINE, PLANT, SHOP, Tale, made, peopled

TRIP = "CUST-ROUND-TRIP"


def trips(tale: Tale) -> list[str]:
    return [subject for code, subject in tale.ending() if code == TRIP]


@pytest.fixture
def tale() -> Tale:
    tale = peopled()
    tale.extract(*MINE, made("A", 10))
    return tale


def test_a_lot_goes_to_another_party_and_comes_back(tale: Tale) -> None:
    tale.move("A", MINE, PLANT)
    assert trips(tale) == []
    tale.move("A", PLANT, MINE)
    (item,) = [item for item in tale.concluded() if item.code == TRIP]
    lot = tale.lot("A")
    assert item.subject == "lot:A"
    assert list(item.events) == [fact.hash for fact in lot.facts[1:]]
    assert "plant" in item.message


def test_by_way_of_others_and_in_parts(tale: Tale) -> None:
    tale.move("A", MINE, PLANT)
    tale.turn("split", *PLANT, ["A"], made("A1", 4), made("A2", 6))
    tale.turn("repack", *PLANT, ["A1"], made("A3", 4))
    tale.move("A3", PLANT, SHOP)
    tale.move("A2", PLANT, SHOP)
    tale.move("A3", SHOP, MINE)
    assert trips(tale) == ["lot:A3"]


def test_twice_out_and_back_is_told_twice(tale: Tale) -> None:
    for _ in range(2):
        tale.move("A", MINE, PLANT)
        tale.move("A", PLANT, MINE)
    assert trips(tale) == ["lot:A", "lot:A"]


def test_a_partys_own_sites_are_no_trip(tale: Tale) -> None:
    tale.site("port", "mine", "AU")
    tale.move("A", MINE, ("mine", "port"))
    tale.move("A", ("mine", "port"), MINE)
    assert trips(tale) == []


@pytest.mark.parametrize("roles", [("carrier",), ("laboratory",), ("carrier", "laboratory")])
def test_storage_and_sampling_are_no_trip(tale: Tale, roles: tuple[str, ...]) -> None:
    tale.party("depot", "AU", *roles)
    tale.site("shed", "depot", "AU")
    tale.move("A", MINE, ("depot", "shed"))
    tale.move("A", ("depot", "shed"), MINE)
    assert trips(tale) == []


def test_a_rejected_delivery_goes_back(tale: Tale) -> None:
    tale.ship(*MINE, "A", "kuantan")
    tale.receive(*PLANT, "A", result="disputed", reason="wet")
    tale.receive(*PLANT, "A")
    tale.move("A", PLANT, MINE)
    assert trips(tale) == []
    tale.move("A", MINE, PLANT)
    assert trips(tale) == []


def test_what_comes_back_changed_is_no_trip(tale: Tale) -> None:
    tale.move("A", MINE, PLANT)
    tale.turn("beneficiate", *PLANT, ["A"], made("C", 4, "concentrate"))
    tale.move("C", PLANT, MINE)
    assert trips(tale) == []


def test_a_blend_is_another_lot(tale: Tale) -> None:
    tale.declare(*PLANT, made("B", 10))
    tale.move("A", MINE, PLANT)
    tale.turn("blend", *PLANT, ["A", "B"], made("C", 20))
    tale.move("C", PLANT, MINE)
    assert trips(tale) == []


def test_a_void_receipt_is_no_stop(tale: Tale) -> None:
    tale.move("A", MINE, PLANT)
    tale.ship(*PLANT, "A", "pit")
    back = tale.receive(*MINE, "A")
    assert trips(tale) == ["lot:A"]
    tale.retract("mine", back)
    assert trips(tale) == []
