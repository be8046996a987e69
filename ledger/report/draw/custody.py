"""Who held what when, before any picture of it.

A row for each site, with the times it held material, the events there and the shipments between rows.
A lot is at a site from the event that made it or received it there to the event that shipped it or used it last. The asked
lot, and what is under way, stay open to the end. Many sites are gathered by country.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ledger.report.draw.palette import chinese, code
from ledger.report.draw.text import counted, instant, rows

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OTHERS = "other countries"
Span = tuple[float, float]
"""Seconds since 1970, from and to."""


@dataclass(slots=True)
class Step:
    """An event on a row; `recorded` only where that was late by the ledger's own tolerance (TIME-LATE)."""

    at: float
    event: str
    words: str
    recorded: float | None = None


@dataclass(slots=True)
class Row:
    """A site, or a country's sites; `held` are times that do not overlap, `open` whether the last one has no end."""

    name: str
    country: str
    holders: dict[str, None] = field(default_factory=dict)
    held: list[Span] = field(default_factory=list)
    open: bool = False
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ship:
    """A shipment between rows; `target` and `arrived` None where they are not known."""

    source: int
    target: int | None
    departed: float
    arrived: float | None
    lot: str
    event: object


@dataclass(frozen=True, slots=True)
class Custody:
    """Rows in the order of their first event, shipments, and the time that all of it takes; `undated` events have none."""

    rows: tuple[Row, ...]
    ships: tuple[Ship, ...]
    start: float
    end: float
    undated: int
    gathered: bool


def seconds(value: object) -> float | None:
    """Seconds since 1970 of an ISO 8601 time, None where it is none."""
    found = instant(value)
    return None if found is None else (found - EPOCH).total_seconds()


class _Rows:
    """Rows by what they stand for."""

    def __init__(self, answer: Mapping[str, Any], most: int) -> None:
        self.found: list[Row] = []
        self.names = {str(site.get("site")): site for site in rows(answer, "sites")}
        told = [*rows(answer, "history"), *rows(answer, "lots")]
        sites = {str(item.get("site")): code(item.get("country")) for item in told}
        self.gathered = len(sites) > most
        self._few = len(set(sites.values())) <= most
        self._index: dict[str, int] = {}
        self._seen: dict[str, set[str]] = {}

    def at(self, site: object, country: object) -> int:
        """The row of a site; all that state none share one."""
        record = self.names.get(str(site), {})
        shown = code(record.get("country") or country)
        name = str(record.get("name") or site) if site is not None else "site not stated"
        key = str(site)
        if self.gathered:
            kept = self._few or shown == "?" or chinese(shown)
            key = shown if kept else OTHERS
            self._seen.setdefault(key, set()).add(str(site))
            name = OTHERS if key == OTHERS else counted(len(self._seen[key]), "site")
            if key in self._index:
                self.found[self._index[key]].name = name
        if key not in self._index:
            self._index[key] = len(self.found)
            self.found.append(Row(name, shown if key != OTHERS else "?"))
        return self._index[key]


def custody(answer: Mapping[str, Any], most: int) -> Custody:
    """Custody of an answer in `most` rows at most, or one for each of so many countries."""
    found = _Rows(answer, most)
    dated = [(time, lot) for lot in rows(answer, "lots") if (time := seconds(lot.get("at"))) is not None]
    for _time, lot in sorted(dated, key=lambda item: item[0]):
        found.at(lot.get("site"), lot.get("country"))
    undated = _steps(answer, found)
    used: dict[str, float] = {}
    for lot in rows(answer, "lots"):
        at = seconds(lot.get("at"))
        for drawn in rows(lot, "from"):
            if at is not None:
                used[str(drawn.get("lot"))] = max(at, used.get(str(drawn.get("lot")), at))
    legs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for leg in rows(answer, "legs"):
        legs[str(leg.get("lot"))].append(leg)
    held: dict[int, list[tuple[float, float | None]]] = defaultdict(list)
    ships: list[Ship] = []
    for lot in rows(answer, "lots"):
        name, begun = str(lot.get("lot")), seconds(lot.get("at"))
        here = found.at(lot.get("site"), lot.get("country"))
        for leg in legs.pop(name, []):
            departed, arrived = seconds(leg.get("departed")), seconds(leg.get("arrived"))
            if departed is None:
                continue
            if begun is not None:
                held[here].append((begun, max(begun, departed)))
            known = leg.get("to") is not None or leg.get("to_country") is not None
            to = found.at(leg.get("to"), leg.get("to_country")) if known else None
            source = found.at(leg.get("from"), leg.get("from_country"))
            ships.append(Ship(source, to, departed, arrived, name, leg.get("event")))
            begun, here = arrived, to if to is not None else here
        if begun is not None:
            end = used.get(name)
            held[here].append((begun, None if end is None else max(begun, end)))
    times = [step.at for row in found.found for step in row.steps]
    times += [step.recorded for row in found.found for step in row.steps if step.recorded is not None]
    times += [time for spans in held.values() for span in spans for time in span if time is not None]
    times += [time for ship in ships for time in (ship.departed, ship.arrived) if time is not None]
    start, end = min(times, default=0.0), max(times, default=0.0)
    for at, spans in held.items():
        found.found[at].open = any(to is None for _from, to in spans)
        found.found[at].held = _merged([(begun, end if to is None else to) for begun, to in spans])
    return Custody(tuple(found.found), tuple(ships), start, end, undated, found.gathered)


def _steps(answer: Mapping[str, Any], found: _Rows) -> int:
    """Put every event on its row; how many have no time that can be read."""
    verification = answer.get("verification")
    findings = rows(verification, "findings") if isinstance(verification, dict) else []
    late = {event for item in findings if item.get("code") == "TIME-LATE" for event in item.get("events") or ()}
    told: set[str] = set()
    undated = 0
    for item in rows(answer, "history"):
        event, at, recorded = str(item.get("event")), seconds(item.get("at")), seconds(item.get("recorded"))
        if event in told:
            continue
        told.add(event)
        row = found.found[found.at(item.get("site"), item.get("country"))]
        if item.get("actor") is not None:
            row.holders[str(item.get("actor"))] = None
        if at is None:
            undated += 1
            continue
        slow = recorded is not None and event in late
        said = str(item.get("says") or "")
        row.steps.append(Step(at, event, f"{item.get('type')} {said}", recorded if slow else None))
    return undated


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for begun, end in sorted(spans):
        if merged and begun <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begun, end))
    return merged
