"""The map: a true projection, outlines without streaks, every place shown or named, and a crop that holds the route."""

from __future__ import annotations

import math
import re
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.reference.countries import COUNTRIES
from ledger.reference.outlines import OUTLINES, pack, unpack
from ledger.report.draw import worldmap
from ledger.report.draw.palette import Palette
from ledger.report.draw.pins import pins_of
from ledger.report.draw.projection import Window, centre_of, project, seamless, turned
from ledger.report.draw.route import route, spans
from tests.report.pictured import ancestry, leg, site, story


def test_the_projection_is_that_of_d3_geo() -> None:
    # `geoEqualEarthRaw` of d3-geo 3.1.2, whose y runs up.
    for lon, lat, x, y in (
        (180, 0, 2.7066299836960748, 0),
        (0, 90, 0, 1.3173627591574133),
        (90, 45, 1.1598544991029835, 0.8602310855220102),
        (-180, -90, -1.6035886482840516, -1.3173627591574133),
        (-120.5, -33.25, -1.668528100951858, -0.6533218520606958),
    ):
        assert project(lon, lat) == pytest.approx((x, -y), abs=1e-12)


@given(st.floats(-170, 170), st.floats(-80, 80))
def test_equal_areas_stay_equal(lon: float, lat: float) -> None:
    step = 0.01
    corners = [project(lon, lat), project(lon + step, lat), project(lon + step, lat + step), project(lon, lat + step)]
    area = abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise([*corners, corners[0]]))) / 2
    true = math.radians(step) * (math.sin(math.radians(lat + step)) - math.sin(math.radians(lat)))
    assert area == pytest.approx(true, rel=2e-3)


@given(st.lists(st.tuples(st.integers(-4000, 4000), st.integers(-900, 900)), max_size=20))
def test_outlines_are_packed_without_loss(points: list[tuple[int, int]]) -> None:
    assert [(round(x * 10), round(y * 10)) for x, y in unpack(pack(points))] == points


def test_the_outlines_are_small_and_of_every_country_that_has_one() -> None:
    assert len(files("ledger.reference").joinpath("data", "outlines.csv").read_bytes()) < 60_000
    assert set(OUTLINES) - {""} <= set(COUNTRIES)
    assert {"AU", "BR", "CA", "CN", "HK", "IN", "JP", "MM", "MY", "SG", "TW", "US", "VN"} <= set(OUTLINES)
    for outline in OUTLINES.values():
        assert all(len(ring) > 2 for ring in outline.rings)
        if outline.place is not None:
            assert -180 <= outline.place[0] <= 180 and -90 <= outline.place[1] <= 90


def test_the_place_that_stands_for_a_country_lies_in_it() -> None:
    for code, outline in OUTLINES.items():
        if outline.place is None or not outline.rings:
            continue
        x, y = outline.place
        odd = False
        for ring in outline.rings:
            for (ax, ay), (bx, by) in pairwise([*ring, ring[0]]):
                for shift in (-360, 0, 360):
                    if (ay > y) != (by > y) and x + shift < (bx - ax) * (y - ay) / (by - ay) + ax:
                        odd = not odd
        assert odd or code == "FJ", code


@pytest.mark.parametrize("centre", [-180, -150, -77, 0, 33, 100, 179])
def test_no_outline_streaks_across_the_map(centre: float) -> None:
    for outline in OUTLINES.values():
        for ring in outline.rings:
            longest = max(abs(a[0] - b[0]) for a, b in pairwise([*ring, ring[0]]))
            for piece in seamless(ring, centre):
                assert all(-180 <= lon <= 180 for lon, _lat in piece)
                assert max(abs(a[0] - b[0]) for a, b in pairwise([*piece, piece[0]])) <= longest + 1e-9


PLACES = st.lists(st.tuples(st.floats(-180, 180), st.floats(-85, 85)), min_size=1, max_size=6)


@given(PLACES, st.sampled_from([(1000.0, 440.0), (360.0, 270.0)]))
@settings(max_examples=60, deadline=None)
def test_the_crop_holds_every_place(places: list[tuple[float, float]], size: tuple[float, float]) -> None:
    window = Window.around(places, *size, 0.2, 0.7, 17)
    for lon, lat in places:
        x, y = window.at(lon, lat)
        assert -1 <= x <= size[0] + 1 and -1 <= y <= size[1] + 1
    for ring in OUTLINES["AU"].rings + OUTLINES["RU"].rings[:2]:
        for shape in window.shapes(ring):
            assert all(-1e-6 <= x <= size[0] + 1e-6 and -1e-6 <= y <= size[1] + 1e-6 for x, y in shape)


def test_the_map_is_turned_so_that_the_pacific_does_not_part_a_route() -> None:
    assert centre_of([115.0, -83.0]) == -164.0
    assert centre_of([]) == 0.0
    assert turned(-170, 170) == 20


def test_places_without_coordinates_are_somewhere_in_their_country_or_only_named() -> None:
    found = route(story(), 24)
    assert [(spot.letter, spot.country, spot.near, spot.at is None) for spot in found.spots] == [
        ("A", "AU", False, False), ("B", "MY", False, False), ("C", "JP", True, False), ("D", "CN", False, False), ("E", "?", True, True),
    ]  # fmt: skip
    text = worldmap.wide(found, Palette.of(story()), "x")
    assert "Works in JP, somewhere in JP" in text and "Works in None, country not stated, place unknown" in text
    assert 'stroke-dasharray="2.5 2"' in text


@pytest.mark.parametrize(("lat", "lon"), [(91, 0), (0, 181), (None, 5), (float("nan"), 0), ("4", "5"), (True, False)])
def test_coordinates_that_none_can_have_are_none(lat: Any, lon: Any) -> None:
    assert route({"sites": [site("MY", lat, lon)]}, 24).spots[0].near


def test_a_country_by_way_of_which_a_leg_went_is_drawn_and_named() -> None:
    told = {
        "sites": [site("AU", -29, 122), site("JP", 35, 135)],
        "legs": [leg("ore", "AU", "JP", route=["AU", "CN", "JP"])],
    }
    text = worldmap.wide(route(told, 24), Palette.of(told), "x")
    assert re.search(r"<text[^>]*>CN</text>", text) and "by way of CN" in text


def test_a_leg_from_nowhere_is_listed_with_its_way() -> None:
    told = {"sites": [site("JP", 35, 135)], "legs": [leg("ore", None, "JP", route=["CN", "JP"], **{"from": None})]}
    found = route(told, 24)
    assert found.ways == () and found.legs[0].source is None
    text = worldmap.slim(found, Palette.of(told), "x")
    assert "? \u2192 A" in text and "by way of CN" in text


def test_legs_of_one_way_share_an_arrow_and_keep_their_numbers() -> None:
    told = {
        "sites": [site("AU", -29, 122), site("JP", 35, 135)],
        "legs": [leg(f"ore-{at}", "AU", "JP") for at in range(3)],
    }
    assert [way.numbers for way in route(told, 24).ways] == [[1, 2, 3]]
    assert spans([1, 2, 3, 5, 7, 8]) == "1\u20133, 5, 7, 8"


def test_many_sites_are_gathered_by_country() -> None:
    found = route(ancestry(300), 24)
    assert found.gathered and len(found.spots) == 9
    assert {spot.country for spot in found.spots} == {"AU", "MY", "CN", "JP", "US", "VN", "MM", "EE", "?"}


def test_names_do_not_lie_upon_one_another() -> None:
    told = {"sites": [site("JP", 35 + at / 50, 135 + at / 50, site=f"s{at}") for at in range(6)]}
    found = route(told, 24)
    pins = list(
        pins_of(found, Window.around([(spot.at or (0, 0)) for spot in found.spots], 1000, 440, 0.2, 0.7, 17)).values()
    )
    for at, one in enumerate(pins):
        for other in pins[at + 1 :]:
            assert abs(one.x - other.x) >= (one.wide + other.wide) / 2 or abs(one.y - other.y) >= 17
