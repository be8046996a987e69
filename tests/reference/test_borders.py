"""Places on the map: deep in another country or nothing; borders, seas and disputed areas speak against nobody."""

from __future__ import annotations

import pytest

from fixtures.borders import render
from ledger.reference.borders import OVERSEAS, TERRITORIES, _lines, elsewhere
from ledger.reference.countries import COUNTRIES
from ledger.reference.facilities import FACILITIES


@pytest.mark.parametrize(
    ("stated", "lat", "lon"),
    [
        *(("MY", *place) for place in ((25.85, 114.93), (40.65, 109.84), (31.2, 121.4), (29.87, 121.55), (22.8, 108.3))),
        *(("MN", 41.77, 109.97), ("MM", 25.0, 98.2), ("TW", 28.0, 115.0), ("US", 36.0, 115.0), ("TV", 31.2, 121.4)),
        *(("RU", 45.75, 126.6), ("IN", 29.65, 91.1), ("SG", 22.55, 114.05)),
    ],
)  # fmt: skip
def test_a_place_in_china(stated: str, lat: float, lon: float) -> None:
    assert elsewhere(stated, lat, lon) == "CN"
    assert elsewhere("CN", lat, lon) is None
    assert elsewhere("HK", lat, lon) is None


@pytest.mark.parametrize(
    ("stated", "lat", "lon"),
    [
        *(("MY", 3.8, 103.3), ("MY", 30.0, -150.0), ("MY", 1.35, 103.8), ("SG", 1.6, 103.8)),  # home, sea, strait
        *(("VN", 22.1, 106.7), ("LA", 21.25, 101.6), ("MM", 24.0, 97.8), ("KZ", 44.1, 80.2)),  # at China's border
        *(("IN", 28.2, 94.5), ("CN", 28.2, 94.5), ("IN", 35.0, 79.5), ("PK", 35.3, 76.0), ("BT", 27.9, 90.3)),
        *(("TW", 23.8, 121.0), ("CN", 23.8, 121.0), ("TW", 24.44, 118.35), ("UA", 45.2, 34.2), ("RU", 48.0, 38.0)),
        *(("PH", 15.1, 117.8), ("VN", 16.5, 112.0), ("CN", 9.7, 114.3)),  # South China Sea
        *(("GF", 4.0, -53.0), ("MC", 43.73, 7.42), ("LS", -29.5, 28.2), ("FJ", -17.8, 178.0), ("RU", 66.0, -175.0)),
        *(("NZ", -44.0, -176.5), ("AQ", -80.0, 0.0), ("US", 52.0, 178.0)),
    ],
)  # fmt: skip
def test_a_place_that_speaks_against_nobody(stated: str, lat: float, lon: float) -> None:
    assert elsewhere(stated, lat, lon) is None


@pytest.mark.parametrize(
    ("stated", "lat", "lon"),
    [
        *(("US", 18.4, -66.1), ("US", 13.45, 144.75), ("FR", -22.3, 166.4), ("NL", 12.1, -68.9), ("DK", 61.0, -46.0)),
        *(("GB", 54.15, -4.5), ("FI", 60.1, 19.9), ("KR", 37.97, 124.7), ("KR", 37.66, 125.7)),
    ],
)
def test_a_state_is_honestly_stated_of_its_islands(stated: str, lat: float, lon: float) -> None:
    assert elsewhere(stated, lat, lon) is None


def test_an_island_is_not_stated_of_its_state_and_nobody_s_island_lies_in_china() -> None:
    assert elsewhere("PR", 36.0, -100.0) == "US"
    assert elsewhere("DK", 18.4, -66.1) == "PR"
    assert elsewhere("KR", 38.2, 125.5) == "KP"
    assert not {"CN", "HK", "MO", "TW"} & {*TERRITORIES, *TERRITORIES.values()}
    assert set(TERRITORIES) <= set(_lines())


def test_other_countries_and_the_other_side_of_180_degrees() -> None:
    assert elsewhere("FR", 51.0, 10.0) == "DE"
    assert elsewhere("US", 66.0, -175.0) == "RU"
    assert elsewhere("AU", -29.5, 28.2) == "LS"


def test_no_plant_of_the_table_is_taken_for_another_country_s() -> None:
    odd = [name for name, row in FACILITIES.items() if elsewhere(row.country, float(row.lat), float(row.lon))]
    assert odd == []


def test_a_chinese_plant_is_known_for_one_wherever_it_is_said_to_be() -> None:
    chinese = [row for row in FACILITIES.values() if row.country == "CN"]
    assert len(chinese) > 30
    assert {elsewhere("MY", float(row.lat), float(row.lon)) for row in chinese} == {"CN"}


def test_the_lines_are_of_countries_and_territories_have_one() -> None:
    assert set(_lines()) <= set(COUNTRIES)
    assert len(_lines()) > 220
    assert set(OVERSEAS.values()) <= set(_lines())


def test_the_program_that_makes_them() -> None:
    """A square from two arcs, one of them backwards, a country without letters, and a ring over 180 degrees."""
    world = {
        "transform": {"scale": [1.0, 1.0], "translate": [0.0, 0.0]},
        "arcs": [[[0, 0], [1, 0], [1, 0], [0, 2]], [[0, 0], [0, 2], [2, 0]], [[179, 0], [-358, 0], [0, 1], [358, 0], [0, -1]]],
        "objects": {
            "countries": {
                "geometries": [
                    {"type": "Polygon", "id": "001", "arcs": [[0, -2]]},
                    {"type": "Polygon", "arcs": [[0, -2]]},
                    {"type": "MultiPolygon", "id": "002", "arcs": [[[2]]]},
                ]
            }
        },
    }  # fmt: skip
    lines = [line for line in render(world, {"001": "AA", "002": "BB"}).splitlines() if line[0] != "#"]
    assert lines == ["AA 0 0 20 0 0 20 -20 0", "BB 1790 0 20 0 0 10 -20 0"]
