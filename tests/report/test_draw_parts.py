"""Text in pictures, custody over time, bars of origin and the books: what each takes from an answer."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.report.draw import bars, timeline
from ledger.report.draw.balance import books, draw, told
from ledger.report.draw.custody import custody, seconds
from ledger.report.draw.palette import GREY, Palette, chinese
from ledger.report.draw.svg import num
from ledger.report.draw.text import clean, clip, figure, mass, spread, width, wrap
from tests.report.pictured import RED, ancestry, leg, lot, name_of, step, story, weighed


@given(st.text(), st.floats(0, 400), st.sampled_from([9.0, 12.0]))
def test_clipped_text_fits_and_begins_as_the_whole_does(text: str, room: float, size: float) -> None:
    shown = clip(text, room, size)
    assert width(shown, size) <= room or not clean(text)
    assert clean(text).startswith(shown.removesuffix("\u2026").rstrip())


@given(st.text(max_size=300), st.floats(60, 400), st.integers(1, 5))
def test_wrapped_text_fits_in_its_lines(text: str, room: float, lines: int) -> None:
    found = wrap(text, room, 10, lines)
    assert len(found) <= lines and all(width(line, 10) <= room for line in found)


@pytest.mark.parametrize(
    ("kg", "shown"),
    [
        (None, "unknown mass"), (0.0, "0\u00a0kg"), (1234.4, "1\u202f234\u00a0kg"), (12_340.0, "12.3\u00a0t"), (0.0123, "12.3\u00a0g"),
        (99.96, "100\u00a0kg"), (3.0, "3\u00a0kg"), (-1.5, "\u22121.5\u00a0kg"), (1e-9, "1.0e-06\u00a0g"),
    ],
)  # fmt: skip
def test_masses_read_in_the_unit_that_suits_them(kg: float | None, shown: str) -> None:
    assert mass(kg) == shown


def test_a_difference_and_its_spread_share_a_unit() -> None:
    assert spread(-0.0973, 2.61) == "\u22120.0973 \u00b1 2.61\u00a0kg"
    assert spread(0.01, 0.02) == "+10 \u00b1 20\u00a0g"
    assert figure(0.0) == "0" and num(-0.04) == "0" and num(3.0) == "3" and num(10.25) == "10.2"


def test_colours_of_countries_differ_and_china_is_red_alone_or_with_others() -> None:
    colours = Palette(["AU", "DE", "FR", "IN", "BR", "CN", "JP"])
    found = [colours.line(item) for item in ("AU", "DE", "FR", "IN", "BR", "JP")]
    assert len(set(found)) == 6 and RED not in found and GREY not in found
    assert {colours.line(item) for item in ("CN", "HK", "MO", "CN+MY", "AU+HK")} == {RED}
    assert colours.fill(None, "h") == colours.fill("ZZ", "h") == colours.fill("unknown", "h") == "url(#h)"
    assert not chinese("CNX") and not chinese(None)


def test_custody_runs_from_making_or_arrival_to_shipping_or_use() -> None:
    found = custody(story(), 24)
    rows = {row.country: row for row in found.rows if row.held}
    day = seconds
    assert rows["AU"].held == [(day("2025-02-01"), day("2025-03-01T01:00:00Z"))] and not rows["AU"].open
    assert rows["JP"].held[-1][1] == found.end and rows["JP"].open
    assert [(ship.lot, ship.arrived is None) for ship in found.ships] == [
        ("ore", False),
        ("oxide", False),
        ("red", True),
    ]


def test_only_what_the_ledger_calls_late_is_marked_late() -> None:
    found = custody(story(), 24)
    assert [item.event for row in found.rows for item in row.steps if item.recorded is not None] == [name_of("oxide")]
    text = timeline.wide(found, Palette.of(story()), "x")
    assert "recorded on 2025-06-01" in text and "recorded much later" in text


def test_events_without_a_time_are_told_though_not_drawn() -> None:
    answer = {"history": [step("a", "AU", "yesterday"), step("b", "AU", "2025-01-01")]}
    found = custody(answer, 24)
    assert found.undated == 1
    assert "1 event without a time that can be read" in timeline.slim(found, Palette.of(answer), "x")


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2025-01-01", "2025-01-01"),
        ("2025-01-01", "2025-01-20"),
        ("2025-01-01", "2025-12-31"),
        ("0001-01-01", "9999-12-31"),
    ],
)
def test_any_span_of_time_has_a_few_ticks(first: str, last: str) -> None:
    answer = {"history": [step("a", "AU", first), step("b", "AU", last)]}
    root = ET.fromstring(timeline.wide(custody(answer, 24), Palette.of(answer), "x"))  # noqa: S314  (our own text)
    shown = [item.text or "" for item in root.iter("{http://www.w3.org/2000/svg}text")]
    assert 1 <= len([text for text in shown if re.fullmatch(r"\d{4}(-\d\d){0,2}", text)]) <= 9


def test_many_sites_share_a_row_for_each_country() -> None:
    found = custody(ancestry(300), 24)
    assert found.gathered and len(found.rows) == 9 and all(re.fullmatch(r"\d+ sites?", row.name) for row in found.rows)


def test_a_lot_that_never_arrived_is_held_no_longer() -> None:
    answer = {"lots": [lot("a", "AU", 1.0)], "legs": [leg("a", "AU", "JP", arrived=None)]}
    rows = custody(answer, 24).rows
    assert [(row.country, bool(row.held), row.open) for row in rows] == [("AU", True, False), ("JP", False, False)]


def shares(root: ET.Element) -> list[tuple[float, float]]:
    return [
        (float(item.attrib["data-share"]), float(re.split("[hv]", item.attrib["d"])[1]))
        for item in root.iter()
        if "data-share" in item.attrib
    ]


def test_bars_are_as_long_as_their_shares() -> None:
    answer = story()
    found, left_out = bars.columns(answer, 8)
    assert [column.element for column in found] == ["Nd", "Fe"] and not left_out
    for text in bars.draw(answer, Palette.of(answer), "x", 8):
        drawn = shares(ET.fromstring(text))  # noqa: S314  (our own text)
        whole = max(width_ for share, width_ in drawn if share == 1.0)
        assert all(long == pytest.approx(share * whole, abs=0.1) for share, long in drawn)
        assert "Whisker" in text and "Bonding" not in text


def test_a_chinese_share_comes_first_and_is_never_too_thin_to_see() -> None:
    answer: dict[str, Any] = {
        "origin": {
            "elements": {"Nd": {"mass_kg": 1.0, "stages": {"mine": {"AU": 0.99999, "CN": 0.00001, "unknown": 0.0}}}}
        }
    }
    wide, _narrow = bars.draw(answer, Palette.of(answer), "x", 8)
    first = shares(ET.fromstring(wide))[0]  # noqa: S314  (our own text)
    assert first[0] == 0.00001 and first[1] >= bars.SEEN
    assert "CN &lt;0.1%" in wide


def test_elements_beyond_the_most_are_named() -> None:
    stages = {"mine": {"AU": 1.0}}
    answer = {"origin": {"elements": {name: {"mass_kg": 1.0, "stages": stages} for name in ("Nd", "Pr", "Dy", "Fe")}}}
    found, left_out = bars.columns(answer, 2)
    assert [column.element for column in found] == ["Dy", "Nd"] and left_out == ["Pr", "Fe"]
    assert "Not drawn: Pr, Fe" in bars.draw(answer, Palette.of(answer), "x", 2)[0]


def test_the_books_show_what_is_nearest_to_a_finding_first() -> None:
    rows = [weighed(f"e{at}", "Nd", 100.0, 50.0 + at) for at in range(60)]
    rows[7] |= {"finding": "MASS-GAIN"}
    found, left_out = books({"balance": rows}, 10)
    kept = [book.event for book in found if book.lines]
    assert left_out == 50 and name_of("e7") in kept and name_of("e59") in kept and name_of("e1") not in kept


def test_a_bar_of_the_books_is_out_as_a_part_of_in() -> None:
    wide, narrow = draw(story(), "x", 40)
    for text in (wide, narrow):
        root = ET.fromstring(text)  # noqa: S314  (our own text)
        found = {
            float(item.attrib["data-part"]): float(item.attrib["width"])
            for item in root.iter()
            if "data-part" in item.attrib
        }
        assert found[0.9] / found[1.4] == pytest.approx(0.9 / 1.4, abs=0.01)
        assert "Not computable" in text and "no output&#39;s" not in text and "MASS-GAIN" in text


def test_what_cannot_be_computed_is_listed_with_its_reason() -> None:
    rows = [weighed("a", "B", None, None), weighed("a", "Fe", None, None), weighed("b", "B", None, None, why=None)]
    found, _left_out = books({"balance": rows}, 10)
    assert [book.lacking for book in found] == [{"no output's analysis states it": ["B", "Fe"]}, {"no figures": ["B"]}]
    assert "B, Fe: no output's analysis states it" in draw({"balance": rows}, "x", 10)[0]


def test_bounds_are_called_bounds_and_nothing_in_is_said() -> None:
    rows = [
        weighed("a", "Nd", 10.0, 20.0, bound=True, finding="MASS-GAIN", limit_kg=None),
        weighed("a", "Dy", 0.0, 0.0),
    ]
    found, _left_out = books({"balance": rows}, 10)
    assert "in at most 10\u00a0kg, out at least 20\u00a0kg" in told(found[0].lines[0])
    assert "no limit" in told(found[0].lines[0])
    assert "nothing went in that states it" in draw({"balance": rows}, "x", 10)[0]
