"""Where a lot and what it is made of have been, as plain data: sites, and each way between two of them (`sites`, `legs`)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ledger.model.entry import Fact, Place
from ledger.model.events import Receive, Ship
from ledger.origin.trace import Trace
from ledger.rules.history import History
from ledger.rules.lot import Lot

MICRO = 1_000_000
"""Positions are in millionths of a degree."""


class _Seen:
    """What one site saw, each once, in order."""

    def __init__(self) -> None:
        self.lots: dict[str, None] = {}
        self.events: dict[str, None] = {}


def sites(trace: Trace, history: History) -> list[dict[str, Any]]:
    """Every site that an event of the ancestry names, in the order in which the ledger first tells of it.

    Each is {site, name, country, region, lat, lon, lots, events}: degrees of WGS 84, null where nobody states a position;
    lots that were made, kept or handed over there. A position of 0, 0 is what empty columns become, and none.
    """
    seen: dict[str, _Seen] = {}
    for name, fact in _told(trace, history):
        event = fact.event
        here = [event.site] if event.site is not None else []
        if isinstance(event, Ship) and event.to in history.sites:
            here.append(event.to)
        for site in here:
            found = seen.setdefault(site, _Seen())
            found.lots[name] = None
            found.events[fact.hash] = None
    if trace.lot.site is not None:
        seen.setdefault(trace.lot.site, _Seen()).lots[trace.lot.id] = None
    return [
        {**_site(site, history), "lots": list(found.lots), "events": list(found.events)} for site, found in seen.items()
    ]


def _site(site: str, history: History) -> dict[str, Any]:
    stated = history.site_events.get(site)
    position = stated.position if stated is not None else None
    known = position is not None and bool(position.lat or position.lon)
    return {
        "site": site,
        "name": stated.name if stated is not None else None,
        "country": history.country_of_site(site),
        "region": stated.region if stated is not None else None,
        "lat": position.lat / MICRO if position is not None and known else None,
        "lon": position.lon / MICRO if position is not None and known else None,
    }


def legs(trace: Trace, history: History) -> list[dict[str, Any]]:
    """Every shipment of a lot of the ancestry up to the draw that feeds the asked lot, in the order in which they left.

    Each is {lot, from, to, from_country, to_country, departed, arrived, route, actor, addressee, result, event, receive}. `to`
    is where it was received, or the site that the shipment names; null where it names a party and nothing was received yet.
    A shipment that was disputed and then accepted is accepted; `arrived` is then the time of acceptance.
    """
    ships: dict[tuple[str, str], tuple[datetime, Place, dict[str, Any]]] = {}
    under_way: dict[str, dict[str, Any]] = {}
    for name, fact in _told(trace, history):
        event = fact.event
        if isinstance(event, Ship):
            under_way[name] = leg = _departed(name, fact, event, history)
            ships[name, fact.hash] = (event.instant, fact.place, leg)
        elif isinstance(event, Receive) and name in under_way:
            _arrived(under_way[name], fact, event, history)
            if event.result == "accepted":
                del under_way[name]
    return [leg for _at, _place, leg in sorted(ships.values(), key=lambda item: item[:2])]


def _departed(name: str, fact: Fact, event: Ship, history: History) -> dict[str, Any]:
    site = event.to if event.to in history.sites else None
    end = event.route[-1] if event.route else None
    return {
        "lot": name,
        "from": event.site,
        "to": site,
        "from_country": history.country_of_site(event.site),
        "to_country": history.country_of_site(site) or end,
        "departed": event.at,
        "arrived": None,
        "route": list(event.route),
        "actor": event.actor,
        "addressee": event.to,
        "result": None,
        "event": fact.hash,
        "receive": None,
    }


def _arrived(leg: dict[str, Any], fact: Fact, event: Receive, history: History) -> None:
    country = history.country_of_site(event.site)
    leg.update(to=event.site, to_country=country, arrived=event.at, result=event.result, receive=fact.hash)


def _told(trace: Trace, history: History) -> Iterator[tuple[str, Fact]]:
    """(lot, fact) for every event of every lot on the ancestry up to the draws, void ones left out, in log order.

    Unlike `Trace.events` once for each lot, since one truck carries many. Of a lot that was drawn and whose creation was
    retracted what happened before the draw is told as well: it happened to the material, whatever stands for the lot now.
    """
    found: list[tuple[Place, int, str, Fact]] = []
    for number, (lot, until) in enumerate(_lots(trace, history)):
        for fact in lot.facts:
            counts = until is None or fact.place <= until or lot.born_of(fact)
            if counts and fact.hash not in history.voided:
                found.append((fact.place, number, lot.id, fact))
    found.sort(key=lambda item: item[:2])
    for _place, _number, name, fact in found:
        yield name, fact


def _lots(trace: Trace, history: History) -> Iterator[tuple[Lot, Place | None]]:
    """Lots of the ancestry, and void ones that were drawn, with the place of the last draw that counts."""
    drawn: dict[str, Place] = {}
    for name in trace.lots:
        lot = history.lots[name]
        yield lot, trace.until[name]
        for parent in trace.parents[name]:
            void = parent.drawn.lot
            if void not in trace.until:
                drawn[void] = max(drawn.get(void, lot.born.place), lot.born.place)
    for name, until in drawn.items():
        yield history.lots[name], until
