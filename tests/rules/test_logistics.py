"""Journeys that are too fast, and dates before a rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.model.identity import Position
from ledger.rules.logistics import distance
from tests.rules.tale import MINE, PLANT, Tale, made, peopled


def codes(tale: Tale) -> list[tuple[str, str]]:
    return tale.ending("TIME-")


def located(km: float) -> Tale:
    """The plant lies so far east of the pit, on the equator."""
    tale = peopled()
    for site, party, country, lon in (("pit", "mine", "AU", 1.0), ("kuantan", "plant", "MY", 1.0 + km / 111.195)):
        position = {"lat": 0, "lon": round(lon * 1e6)}
        tale.say("site", "registry", site=site, party=party, name=site, country=country, position=position)
    tale.extract(*MINE, made("A", 10))
    return tale


def carried(tale: Tale, hours: float, start: str = "2026-05-04T10:00:00") -> None:
    begin = datetime.fromisoformat(start)
    tale.ship(*MINE, "A", "kuantan", at=f"{start}Z")
    tale.receive(*PLANT, "A", at=f"{(begin + timedelta(hours=hours)).isoformat()}Z")


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        ((0, 0), (0, 0), 0),
        ((0, 0), (0, 90), 10_007.56),
        ((0, 0), (0, 180), 20_015.11),
        ((90, 0), (-90, 0), 20_015.11),
        ((0, 179), (0, -179), 222.39),
        ((36.12, -86.67), (33.94, -118.40), 2_886.45),
    ],
)
def test_great_circles(one: tuple[float, float], other: tuple[float, float], km: float) -> None:
    a, b = (Position(lat=round(lat * 1e6), lon=round(lon * 1e6)) for lat, lon in (one, other))
    assert distance(a, b) == pytest.approx(km, abs=0.01)
    assert distance(b, a) == distance(a, b)


@pytest.mark.parametrize(
    ("km", "hours", "impossible"),
    [
        (4000, 3, True),
        (4000, 3.9, False),  # 3 950 km in the 3.98 h that the clocks allow
        (4000, 8, False),
        (101, 0, True),
        (99, 0, False),
        (400, 0.25, True),
        (120, 0.25, False),
    ],
)
def test_speeds(km: float, hours: float, impossible: bool) -> None:
    tale = located(km)
    carried(tale, hours)
    assert codes(tale) == ([("TIME-TRANSIT", "lot:A")] if impossible else [])


def test_the_evidence_is_both_ends_and_a_void_end_is_none() -> None:
    tale = located(4000)
    carried(tale, 1)
    shipped, received = (fact.hash for fact in tale.lot("A").facts[1:])
    (item,) = [item for item in tale.concluded() if item.code == "TIME-TRANSIT"]
    assert item.events == (received, shipped)
    tale.retract("plant", received)
    assert ("TIME-TRANSIT", "lot:A") not in codes(tale)


def test_midnight_names_a_day() -> None:
    tale = located(4000)
    carried(tale, 0, "2026-05-04T00:00:00")
    assert codes(tale) == []


def test_without_positions_nothing_is_said() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10))
    carried(tale, 0)
    assert codes(tale) == []
    tale = located(4000)
    zero = {"lat": 0, "lon": 0}
    tale.say("site", "registry", site="pit", party="mine", name="pit", country="AU", position=zero)
    carried(tale, 0)
    assert codes(tale) == []


def dated(at: str, recorded: datetime, **members: Any) -> Tale:
    tale = peopled()
    tale.extract(*MINE, made("A", 10), at=at, recorded=recorded, **members)
    return tale


@pytest.mark.parametrize(
    ("at", "recorded", "found"),
    [
        ("2026-12-31T20:00:00Z", datetime(2027, 1, 3, 0, 0, 1, tzinfo=UTC), True),
        ("2026-12-31T20:00:00Z", datetime(2027, 1, 3, tzinfo=UTC), False),
        ("2026-12-31T20:00:00Z", datetime(2027, 1, 2, 8, tzinfo=UTC), False),
        ("2027-01-01T00:00:00Z", datetime(2027, 2, 3, tzinfo=UTC), False),
        ("2027-01-01T05:00:00+08:00", datetime(2027, 2, 3, tzinfo=UTC), False),
        ("2026-12-31T23:00:00-08:00", datetime(2027, 2, 3, tzinfo=UTC), True),
        ("2026-05-01T00:00:00Z", datetime(2026, 9, 3, tzinfo=UTC), False),
    ],
)
def test_dated_before_a_rule_and_recorded_after(at: str, recorded: datetime, found: bool) -> None:
    tale = dated(at, recorded)
    born = tale.lot("A").born.hash
    assert codes(tale) == ([("TIME-RULE-DATE", f"event:{born}")] if found else [])


def test_void_events_and_events_on_no_lot_say_nothing() -> None:
    late = datetime(2027, 1, 20, tzinfo=UTC)
    tale = dated("2026-12-31T20:00:00Z", late)
    tale.say("attest", "judge", parties=["mine"], scheme="X", result="ok", at="2026-12-30T08:00:00Z", recorded=late)
    assert len(codes(tale)) == 1
    tale.retract("mine", tale.lot("A").born.hash)
    assert codes(tale) == []
