"""China, asked of one event at a time: mined, processed, in transit, owned, equipment or technology.

The sixth way, "not excluded", is the unknown share of the first two.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from ledger.model.entry import Fact, Place
from ledger.model.events import Declare, Extract, Receive, Recover, Ship, Transform
from ledger.origin.shares import Origin
from ledger.reference.countries import CHINESE
from ledger.reference.stages import NEUTRAL
from ledger.rules.history import History
from ledger.rules.lot import Lot
from ledger.rules.provenance import (
    NOT_KNOWN,
    destination,
    mined_in,
    ownership,
    place,
    stated_origin,
    transit_places,
    worked_in,
)

WAYS = ("mined", "processed", "transit", "owned", "technology")
MATERIAL = ("mined", "processed")
"""The ways whose unknown share means that Chinese origin cannot be excluded."""
AT_EVENT = (*WAYS, "material")


class Reason(Struct, frozen=True):
    """Why one event on one lot counts.

    Attributes:
        way: one of `WAYS`.
        country: a Chinese code, or `unknown`.
    """

    way: str
    country: str


def reasons(history: History, fact: Fact, lot: Lot) -> tuple[Reason, ...]:
    """Every Chinese or unknown aspect of one event for one lot; what is known and not Chinese is left out."""
    event = fact.event
    asked: dict[str, Collection[str]] = {}
    match event:
        case Extract():
            asked["mined"] = mined_in(history, event)
        case Declare() | Recover():
            origin = stated_origin(event, lot.output.form)
            asked["mined"] = [origin.get("mine", NOT_KNOWN)]
            asked["processed"] = [where for stage, where in origin.items() if stage != "mine"]
            if isinstance(event, Recover):
                asked["processed"] = [*asked["processed"], worked_in(history, event)]  # the stage `collect`
            asked["transit"] = [*transit_places(history, event), NOT_KNOWN]
            asked["technology"] = [NOT_KNOWN]
            asked["owned"] = [NOT_KNOWN]  # whoever held it before
            if isinstance(event, Declare):
                asked["owned"] = [*asked["owned"], *_named(history, event.supplier, fact)]
        case Transform():
            # A form changed under the name of a neutral stage is processing like any other.
            if event.stage not in NEUTRAL or lot.passage.reformed:
                asked["processed"] = [worked_in(history, event)]
            if event.stage not in NEUTRAL:
                used = [place(item.country) for item in (*event.equipment, *event.technology)]
                asked["technology"] = used or [NOT_KNOWN]
            asked["transit"] = transit_places(history, event)
        case Ship():
            asked["transit"] = [*transit_places(history, event), *_unstated_route(history, event)]
            asked["owned"] = [code for code in _named(history, event.carrier, fact) if code in CHINESE]
        case Receive() if event.result == "accepted":
            asked["transit"] = transit_places(history, event)
        case _:
            return ()
    if not isinstance(event, Ship):
        asked["owned"] = [*asked.get("owned", ()), *_owners(history, event.actor, fact)]
    found: list[Reason] = []
    for way, places in asked.items():
        chinese = sorted({where for where in places if where in CHINESE})
        if chinese:
            found.append(Reason(way, "+".join(chinese)))
        elif NOT_KNOWN in places:
            found.append(Reason(way, NOT_KNOWN))
    return tuple(found)


def _unstated_route(history: History, event: Ship) -> list[str]:
    """Unknown where a shipment states no route and is not known to stay in one country."""
    if event.route:
        return []  # an unknown place on the way is among the places of transit
    here = history.country_of_site(event.site)
    return [] if place(here) != NOT_KNOWN and here == destination(history, event) else [NOT_KNOWN]


def _owners(history: History, actor: str, fact: Fact) -> list[str]:
    """What a party's ownership says at an event, by its place in the log and by its own time."""
    party = history.parties.get(actor)
    if party is None:
        return [NOT_KNOWN]
    return [ownership(country, owners) for country, owners in party.owned_at(fact.place, fact.event.instant)]


def _named(history: History, text: str | None, fact: Fact) -> list[str]:
    """The ownership of a supplier or carrier that is named by a party's id or name; nothing where it is neither."""
    for party in history.parties.values():
        if text is not None and text in (party.id, party.name):
            return _owners(history, party.id, fact)
    return []


def at_creation(history: History, lot: Lot) -> dict[str, str]:
    """`known` or `unknown` by way, and for mined and processed together (`material`), for the event that created a lot."""
    return _fold(reasons(history, lot.born, lot))


def afterwards(history: History, lot: Lot, until: Place | None) -> dict[str, str]:
    """The same for what happened to a lot after its creation and before `until` (None: to now), void events left out."""
    return _fold(reason for fact in counting(history, lot, until)[1:] for reason in reasons(history, fact, lot))


def counting(history: History, lot: Lot, until: Place | None) -> list[Fact]:
    """The creation of a lot, and what happened to all of it before `until` (None: to now): draws and void events left out."""
    since = (fact for fact in lot.facts[1:] if until is None or fact.place < until)
    return [
        lot.born,
        *(fact for fact in since if fact.hash not in history.voided and not isinstance(fact.event, Transform)),
    ]


def _fold(found: Iterable[Reason]) -> dict[str, str]:
    ways: dict[str, str] = {}
    for reason in found:
        known = reason.country != NOT_KNOWN
        keys = (reason.way, "material") if reason.way in MATERIAL else (reason.way,)
        for key in keys:
            if known:
                ways[key] = "known"
            else:
                ways.setdefault(key, "unknown")
    return ways


def with_event(origin: Origin, ways: Mapping[str, str]) -> Origin:
    """The origin after an event that concerns all of the material: Chinese is Chinese for good, unknown darkens what was clean."""
    if not ways:
        return origin
    shares = dict(origin.ways)
    for way, how in ways.items():
        known, _unknown = shares.get(way, (0.0, 0.0))
        shares[way] = (1.0, 0.0) if how == "known" else (known, max(1.0 - known, 0.0))
    return Origin(origin.stages, origin.declared, shares, origin.estimated)
