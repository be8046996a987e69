"""A carrier or supplier that is nearly a party."""

from __future__ import annotations

import pytest

from tests.rules.tale import MINE, SHOP, Tale, key, made, peopled


def found(tale: Tale) -> list[str]:
    return [item.message.split(" and ")[0] for item in tale.concluded() if item.code == "DATA-NAME"]


def enrol(tale: Tale, party: str, name: str) -> None:
    members = {"country": "CN", "roles": ["carrier", "trader"], "vkey": str(key(party).vkey)}
    tale.say("enrol", "registry", party=party, name=name, **members)


def carried(carrier: str) -> Tale:
    tale = peopled()
    enrol(tale, "dragon", "Société Dragon, Ltd.")
    tale.extract(*MINE, made("A", 10))
    tale.ship(*MINE, "A", "kuantan", carrier=carrier)
    return tale


@pytest.mark.parametrize(
    "carrier",
    [
        "DRAGON",
        "dragon ",
        "dra-gon",
        "SOCIÉTÉ DRAGON LTD",
        "Socie\u0301te\u0301 Dragon, Ltd.",
        "\uff24ragon",
        "dr\u0430gon",
        "DRAG0N",
        "drag\u03bfn",
    ],
)
def test_another_spelling_of_a_party(carrier: str) -> None:
    assert found(carried(carrier)) == [f"{carrier!r} is nearly the party dragon"]


@pytest.mark.parametrize("carrier", ["dragon", "Société Dragon, Ltd.", "Dragon Lines", "-", "龍"])
def test_a_party_itself_and_somebody_else(carrier: str) -> None:
    assert found(carried(carrier)) == []


def test_a_supplier_and_a_party_that_is_enrolled_later_and_renamed() -> None:
    tale = peopled()
    event = tale.declare(*SHOP, made("A", 10), supplier="East Star")
    assert found(tale) == []
    enrol(tale, "star", "East Star")
    assert found(tale) == []
    enrol(tale, "star", "West Star")
    assert found(tale) == ["'East Star' is nearly the party star"]
    tale.retract("shop", event)
    assert found(tale) == []
