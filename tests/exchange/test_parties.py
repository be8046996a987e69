"""Parties and sites from CSV."""

from __future__ import annotations

import pytest

from ledger.errors import BatchError, InputError
from ledger.exchange.parties import PartyRow, SiteRow, read_owners, read_parties, read_position, read_sites

PARTIES = "id,name,country,roles,owners\n"
SITES = "id,party,name,country,region,lat,lon,stages\n"


def party_faults(text: str) -> list[tuple[int | None, str | None, str]]:
    with pytest.raises(BatchError) as caught:
        read_parties(text.encode(), "parties.csv")
    return [(error.line, error.field, error.message) for error in caught.value.errors]


def site_faults(text: str) -> list[tuple[int | None, str | None, str]]:
    with pytest.raises(BatchError) as caught:
        read_sites(text.encode(), "sites.csv")
    return [(error.line, error.field, error.message) for error in caught.value.errors]


def test_parties() -> None:
    text = (
        PARTIES
        + "lynas,Lynas Rare Earths,AU,separator  miner processor lab,\n\n"
        + 'alcoa,"Alcoa: the name",AU,owner,\n'
        + "shop, Shop ,TH,magnet-maker,Example: holding:CN:24.9; alcoa:AU:33.3333333 ;Someone:ZZ:\n"
    )
    first, second, third = read_parties(text.encode(), "parties.csv")
    assert first == PartyRow("lynas", "Lynas Rare Earths", "AU", ("laboratory", "miner", "processor"), (), 2)
    assert second == PartyRow("alcoa", "Alcoa: the name", "AU", ("owner",), (), 4)
    assert third.owners == (
        {"name": "Example: holding", "country": "CN", "ppb": 249_000_000},
        {"party": "alcoa", "country": "AU", "ppb": 333_333_333},
        {"name": "Someone", "country": "ZZ"},
    )
    assert (third.name, third.roles, third.line) == ("Shop", ("processor",), 5)
    assert third.members == {
        "type": "enrol",
        "party": "shop",
        "name": "Shop",
        "country": "TH",
        "roles": ["processor"],
        "owners": list(third.owners),
    }
    assert "owners" not in first.members


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (",A,AU,miner,", "id", "every row has it"),
        ("a,,AU,miner,", "name", "every row has it"),
        ("a,A,,miner,", "country", "every row has it"),
        ("a,A,AU,,", "roles", "every row has it"),
        ("A B,A,AU,miner,", "id", "1 to 64 small letters"),
        ("a,a\u202eb,AU,miner,", "name", "one line of text"),
        ("a,A,UK,miner,", "country", "alpha-2"),
        ("a,A,AU,miner;processor,", "roles", "not known here"),
        ("a,A,AU,minor,", "roles", "did you mean `miner`?"),
        ("a,A,AU,miner,X", "owners", "NAME:CC:PERCENT"),
        ("a,A,AU,miner,X:CN", "owners", "NAME:CC:PERCENT"),
        ("a,A,AU,miner,:CN:5", "owners", "NAME:CC:PERCENT"),
        ("a,A,AU,miner,X:China:5", "owners", "alpha-2"),
        ("a,A,AU,miner,X:CN:5%", "owners", "number with a unit"),
        ('a,A,AU,miner,"X:CN:24,9"', "owners", "decimal comma"),
        ("a,A,AU,miner,X:CN:101", "owners", "outside 0 to 100 %"),
        ("a,A,AU,miner,X:CN:60;Y:US:60", "owners", "more than 100 %"),
    ],
)
def test_a_wrong_party_is_named(row: str, column: str, words: str) -> None:
    ((line, found, message),) = party_faults(f"{PARTIES}{row}\n")
    assert (line, found) == (2, column)
    assert words in message


def test_all_errors_of_parties_are_told() -> None:
    errors = party_faults(f"{PARTIES}a,A,AU,miner,\nB,B,UK,king,X\n\na,C,AU,miner,\nx,y\n")
    assert [(line, field) for line, field, _ in errors] == [
        *((3, name) for name in ("roles", "id", "country", "owners")),
        (5, "id"),
        (6, "row"),
    ]
    assert "on line 2 too" in errors[4][2]


def test_headers_are_checked() -> None:
    assert [(field, line) for line, field, _ in party_faults("id,name,state,roles\n")] == [("state", 1), ("country", 1)]
    assert [field for _, field, _ in site_faults("id,name,country,Nd %\n")] == ["Nd %", "party"]
    assert read_parties(b"roles,country,name,id\nminer,AU,A,a\n", "p.csv")[0].party == "a"


def test_sites() -> None:
    text = SITES + "mt-weld,lynas,Mt Weld,AU,AU-WA,-28.86,122.5475,split mine beneficiate mine\nx,lynas,X,MY,,,,\n"
    first, second = read_sites(text.encode(), "sites.csv")
    position = {"lat": -28_860_000, "lon": 122_547_500}
    stages = ("beneficiate", "mine", "split")
    assert first == SiteRow("mt-weld", "lynas", "Mt Weld", "AU", "AU-WA", position, stages, 2)
    assert second == SiteRow("x", "lynas", "X", "MY", None, None, (), 3)
    assert second.members == {"type": "site", "site": "x", "party": "lynas", "name": "X", "country": "MY"}
    assert first.members["position"] == position
    assert first.members["stages"] == list(stages)


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (",lynas,X,AU,,,,", "id", "every row has it"),
        ("x,,X,AU,,,,", "party", "every row has it"),
        ("x,Lynas,X,AU,,,,", "party", "an id"),
        ("x,lynas,X,Malaysia,,,,", "country", "alpha-2"),
        ("x,lynas,X,AU,WA,,,", "region", "ISO 3166-2"),
        ("x,lynas,X,AU,MY-06,,,", "region", "not in `country`"),
        ("x,lynas,X,AU,,1,,", "lon", "both"),
        ("x,lynas,X,AU,,,1,", "lat", "both"),
        ("x,lynas,X,AU,,91,1,", "lat", "-90 to 90 degrees"),
        ("x,lynas,X,AU,,1,-180.0000001,", "lon", "-180 to 180 degrees"),
        ("x,lynas,X,AU,,1,122°E,", "lon", "not a number"),
        ("x,lynas,X,AU,,,,mine seperate", "stages", "did you mean `separate`?"),
    ],
)
def test_a_wrong_site_is_named(row: str, column: str, words: str) -> None:
    ((line, found, message),) = site_faults(f"{SITES}{row}\n")
    assert (line, found) == (2, column)
    assert words in message


def test_owners_and_positions_are_read_alone_too() -> None:
    assert read_owners("") == []
    assert read_owners("X:CN:0") == [{"name": "X", "country": "CN", "ppb": 0}]
    assert read_position("0.0000005", "-0.0000015") == {"lat": 0, "lon": -2}
    with pytest.raises(InputError):
        read_position("", "0")


def test_capacities_of_a_site() -> None:
    head = "id,party,name,country,region,lat,lon,stages,capacity\n"
    (row,) = read_sites(
        (head + "works,plant,Works,MY,,,,separate,separate=9000 t; metal_reduce=1.5 t\n").encode(), "s.csv"
    )
    assert row.members["capacity"] == [
        {"stage": "metal_reduce", "mg_per_year": 1_500_000_000},
        {"stage": "separate", "mg_per_year": 9_000_000_000_000},
    ]
    for cell in ("separate", "separate=x t", "separate=1", "melt=1 t", "separate=1 t; separate=2 t", "=1 t"):
        with pytest.raises(InputError, match="capacity|stage"):
            read_sites((head + f"works,plant,Works,MY,,,,separate,{cell}\n").encode(), "s.csv")
