"""The route of a lot and its inputs as places and ways between them, before any picture of it.

A site with coordinates is a spot of its own. One without stands for "somewhere in" its country; one without a country has
no place on a map and is only listed. Many sites are gathered by country, each in its middle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.reference.outlines import OUTLINES
from ledger.report.draw.palette import code
from ledger.report.draw.text import clean, counted, number, rows

Point = tuple[float, float]
_POLE, _ROUND = 90.0, 180.0


@dataclass(slots=True)
class Spot:
    """A place of the route. `at` is longitude and latitude, None where it has none; `near` says that it is the country's."""

    name: str
    country: str
    at: Point | None
    near: bool = False
    letter: str = ""
    events: list[str] = field(default_factory=list)
    sites: int = 1


@dataclass(slots=True)
class Way:
    """A way that one or more legs took, by number; `via` are countries between. `done` is whether all of them arrived."""

    source: int
    target: int
    via: tuple[str, ...]
    state: str
    numbers: list[int] = field(default_factory=list)
    event: object = None


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg in order: spots or None for an end that is nowhere stated."""

    number: int
    source: int | None
    target: int | None
    state: str
    via: tuple[str, ...]
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Route:
    """Everything that a map shows; `gathered` whether sites were put together by country."""

    spots: tuple[Spot, ...]
    ways: tuple[Way, ...]
    legs: tuple[Leg, ...]
    gathered: bool


def place(country: str) -> Point | None:
    """A point in a country, longitude and latitude."""
    found = OUTLINES.get(country)
    return found.place if found is not None and country else None


def _letters(position: int) -> str:
    """A to Z, then AA, AB and so on."""
    text = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        text = chr(65 + rest) + text
    return text


def _stated(site: Mapping[str, Any]) -> Point | None:
    lat, lon = number(site.get("lat")), number(site.get("lon"))
    if lat is None or lon is None or abs(lat) > _POLE or abs(lon) > _ROUND:
        return None
    return lon, lat


class _Spots:
    """Spots by what they stand for, made as they are asked for."""

    def __init__(self, sites: Sequence[dict[str, Any]], most: int) -> None:
        self.found: list[Spot] = []
        self._index: dict[object, int] = {}
        self._sites: dict[str, int] = {}
        self.gathered = len(sites) > most
        for site in sites:
            self._add(site)

    def _add(self, site: dict[str, Any]) -> None:
        country, stated = code(site.get("country")), _stated(site)
        name = str(site.get("name") or site.get("site") or "?")
        events = [item for item in site.get("events") or () if isinstance(item, str)]
        key = ("country", country) if self.gathered else ("site", str(site.get("site")))
        at = self._index.get(key)
        if at is None:
            at = self._index[key] = len(self.found)
            middle = place(country) if self.gathered else None
            where = middle or stated or place(country)
            self.found.append(Spot(name, country, where, near=stated is None and not self.gathered, events=events))
        else:
            spot = self.found[at]
            spot.sites += 1
            spot.name = counted(spot.sites, "site")
            spot.events += events
        self._sites.setdefault(str(site.get("site")), at)

    def of(self, site: object, country: object) -> int | None:
        """The spot of a leg's end; a country alone is somewhere in it, neither is nowhere."""
        at = self._sites.get(str(site)) if site is not None else None
        shown = code(country)
        if at is not None or shown == "?":
            return at
        key = ("country", shown)
        if key not in self._index:
            self._index[key] = len(self.found)
            self.found.append(Spot(f"somewhere in {shown}", shown, place(shown), near=True))
        return self._index[key]


def _state(leg: Mapping[str, Any]) -> str:
    if leg.get("arrived") is None:
        return "under way"
    result = clean(leg.get("result"))
    return "arrived" if result in {"", "accepted"} else result


def _via(leg: Mapping[str, Any]) -> tuple[str, ...]:
    """The countries of a route between its ends; one that no map knows is named all the same."""
    route = [code(item) for item in leg.get("route") or ()]
    ends = code(leg.get("from_country")), code(leg.get("to_country"))
    if route and route[0] == ends[0]:
        route = route[1:]
    if route and route[-1] == ends[1]:
        route = route[:-1]
    return tuple(dict.fromkeys(route))


def route(answer: Mapping[str, Any], most: int) -> Route:
    """The route of an answer, `most` spots for sites at most; legs beyond `most` * 4 are numbered and drawn, not listed."""
    spots = _Spots(rows(answer, "sites"), most)
    ways: dict[tuple[int, int, tuple[str, ...], str], Way] = {}
    legs: list[Leg] = []
    for position, leg in enumerate(rows(answer, "legs"), 1):
        source = spots.of(leg.get("from"), leg.get("from_country"))
        target = spots.of(leg.get("to"), leg.get("to_country"))
        state = _state(leg)
        legs.append(Leg(position, source, target, state, _via(leg), leg))
        if source is None or target is None or source == target:
            continue
        key = (source, target, _via(leg), state)
        way = ways.setdefault(key, Way(source, target, key[2], state, event=leg.get("event")))
        way.numbers.append(position)
    for position, spot in enumerate(spots.found):
        spot.letter = _letters(position)
    return Route(tuple(spots.found), tuple(ways.values()), tuple(legs), spots.gathered)


def spans(numbers: Iterable[int]) -> str:
    """`1\u20133, 5` for 1, 2, 3, 5."""
    found: list[list[int]] = []
    for item in numbers:
        if found and item == found[-1][1] + 1:
            found[-1][1] = item
        else:
            found.append([item, item])
    return ", ".join(str(a) if a == b else f"{a}\u2013{b}" if b > a + 1 else f"{a}, {b}" for a, b in found)
