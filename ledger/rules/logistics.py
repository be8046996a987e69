"""TIME-TRANSIT and TIME-RULE-DATE: times that no journey and no rule's beginning explains (DOMAIN.md L10, L21)."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime, time, timedelta
from math import asin, cos, radians, sin, sqrt

from ledger.model.entry import Fact
from ledger.model.events import Event, Receive, Ship
from ledger.model.identity import Position
from ledger.reference.rule_dates import RULE_DATES
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.standing import counted

EARTH_KM = 6_371.0088
"""Mean radius of the Earth, IUGG: (2a + b)/3 of GRS 80 (Moritz 2000, J. Geod. 74, 128)."""
NEAR_KM = 50.0
"""Positions are good to 10 to 25 km each."""
FAR_KM = 100.0
MOST_KM_H = 1_000.0
"""No freight goes faster: airliners cruise at about 900 km/h, and nothing is loaded in no time. A slower limit cannot be set,
since the mode of transport is not stated."""
GRACE = timedelta(hours=48)
"""What happened on the last day before a rule is recorded within this after its beginning."""
_DAY = timedelta(days=1)
_BEGINNINGS = tuple(
    (rule, rule.day.isoformat(), datetime.combine(rule.day, time(0), UTC) + GRACE) for rule in RULE_DATES
)


def too_fast(history: History) -> Iterator[Finding]:
    """A lot received farther from where it was shipped than anything can have carried it in the time."""
    leaving: MutableMapping[str, Fact] = history.tables.table()
    for fact in counted(history, Ship, Receive):
        event = fact.event
        if isinstance(event, Ship):
            for draw in event.lots:
                leaving[draw.lot] = fact
        elif isinstance(event, Receive) and event.result == "accepted":
            for draw in event.lots:
                shipped = leaving.pop(draw.lot, None)
                if shipped is not None:
                    yield from _journey(history, draw.lot, shipped, fact)


def _journey(history: History, lot: str, shipped: Fact, received: Fact) -> Iterator[Finding]:
    one, other = _position(history, shipped.event), _position(history, received.event)
    if one is None or other is None:
        return
    km = distance(one, other)
    elapsed = received.event.instant - shipped.event.instant
    if _names_a_day(received.event):
        elapsed += _DAY
    if elapsed <= timedelta(0):
        impossible = km > FAR_KM
    else:
        hours = (elapsed + timedelta(seconds=history.tolerances.clock_s)) / timedelta(hours=1)
        impossible = km - NEAR_KM > MOST_KM_H * hours
    if impossible:
        message = (
            f"lot {lot} leaves {shipped.event.site} at {shipped.event.at} and is at {received.event.site}, {km:,.0f} km "
            f"away, at {received.event.at}: no freight is that fast"
        )
        yield finding("TIME-TRANSIT", f"lot:{lot}", message, received.hash, shipped.hash)


def _position(history: History, event: Event) -> Position | None:
    site = history.site_events.get(event.site or "")
    position = site.position if site is not None else None
    return position if position is not None and (position.lat or position.lon) else None


def _names_a_day(event: Event) -> bool:
    """Midnight to the second is how a day without a time is written."""
    return datetime.fromisoformat(event.at).time() == time(0)


def distance(one: Position, other: Position) -> float:
    """Great-circle distance in km by the haversine formula (Sinnott 1984, Sky and Telescope 68, 158), on a sphere."""
    lat1, lat2 = radians(one.lat / 1e6), radians(other.lat / 1e6)
    across = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin(radians((other.lon - one.lon) / 1e6) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(across, 1.0)))


def before_a_rule(_history: History, fact: Fact) -> Iterator[Finding]:
    """What happened to lots, by the actor's word, before the day on which a rule begins, and was recorded well after it."""
    event = fact.event
    if not (event.touches or event.outputs_made):
        return
    day = event.at[:10]
    for rule, begins, well_after in _BEGINNINGS:
        if day < begins and fact.recorded > well_after:
            message = (
                f"{event.type} is dated {day} and was recorded on {fact.recorded:%Y-%m-%d}, after {rule.what} "
                f"began on {rule.day.isoformat()}"
            )
            yield finding("TIME-RULE-DATE", f"event:{fact.hash}", message, fact.hash)
