"""Worked in China with the title elsewhere."""

from __future__ import annotations

from typing import Any

from tests.rules.tale import DIG, MINE, PLANT, SHOP, WORKS, Tale, made, peopled


def tolled(tale: Tale) -> list[str]:
    return [subject for code, subject in tale.ending() if code == "ORIG-CN-TOLL"]


def sent(**members: Any) -> Tale:
    tale = peopled()
    tale.extract(*MINE, made("A", 10))
    tale.ship(*MINE, "A", "ganzhou", **members)
    tale.receive(*WORKS, "A")
    return tale


def test_ore_is_separated_in_china_and_shipped_out() -> None:
    tale = sent(title="retained")
    worked = tale.turn("separate", *WORKS, ["A"], made("O", 1, "oxide-nd"), made("R", 8, "residue"))
    assert tolled(tale) == []
    back = tale.ship(*WORKS, "O", "tokyo")
    (item,) = [item for item in tale.concluded() if item.code == "ORIG-CN-TOLL"]
    shipment = tale.lot("A").facts[1].hash
    assert (item.subject, item.events) == ("lot:O", (shipment, worked, back))
    tale.retract("works", back)
    assert tolled(tale) == []


def test_it_goes_on_within_china_until_a_title_passes() -> None:
    tale = sent(title="retained")
    tale.turn("separate", *WORKS, ["A"], made("O", 1, "oxide-nd"), made("P", 1, "oxide-pr"))
    for lot, title in (("O", "retained"), ("P", "passes")):
        tale.ship(*WORKS, lot, "baotou", title=title)
        tale.receive(*DIG, lot)
        tale.turn("split", *DIG, [lot], made(f"{lot}1", 1, "oxide"))
        tale.ship(*DIG, f"{lot}1", "tokyo")
    assert tolled(tale) == ["lot:O1"]


def test_sold_to_china_is_not_a_toll() -> None:
    for members in ({}, {"title": "passes"}):
        tale = sent(**members)
        tale.turn("separate", *WORKS, ["A"], made("O", 1, "oxide-nd"))
        tale.ship(*WORKS, "O", "tokyo")
        assert tolled(tale) == []


def test_stored_in_china_and_worked_elsewhere_are_no_toll() -> None:
    tale = sent(title="retained")
    tale.turn("repack", *WORKS, ["A"], made("B", 10))
    tale.ship(*WORKS, "B", "tokyo")
    tale.receive(*SHOP, "B")
    tale.turn("beneficiate", *SHOP, ["B"], made("C", 5, "concentrate"))
    tale.ship(*SHOP, "C", "kuantan", title="retained")
    tale.receive(*PLANT, "C")
    tale.turn("separate", *PLANT, ["C"], made("O", 1, "oxide-nd"))
    tale.ship(*PLANT, "O", "tokyo")
    assert tolled(tale) == []


def test_a_void_shipment_begins_no_toll() -> None:
    tale = sent(title="retained")
    tale.turn("separate", *WORKS, ["A"], made("O", 1, "oxide-nd"))
    tale.ship(*WORKS, "O", "tokyo")
    assert tolled(tale) == ["lot:O"]
    tale.retract("mine", tale.lot("A").facts[1].hash)
    assert tolled(tale) == []
