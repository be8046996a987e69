"""China, or whatever country or region is asked for, one event at a time: mined, processed, in transit, owned, equipment or technology.

The sixth way, "not excluded", is the unknown share of the first two.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from ledger.model.entry import Fact, Place
from ledger.model.events import Declare, Extract, Receive, Recover, Ship, Transform
from ledger.origin.lens import CHINA, Lens
from ledger.origin.shares import CLEAN, KNOWN, Origin
from ledger.reference.stages import NEUTRAL
from ledger.rules.history import History
from ledger.rules.lot import Lot
from ledger.rules.provenance import (
    MAYBE,
    NOT_KNOWN,
    destination,
    mined_in,
    miscoded,
    passed,
    place,
    places_of,
    stated_origin,
    transit_places,
)
from ledger.rules.stakes import stake

WAYS = ("mined", "processed", "transit", "owned", "technology")
MATERIAL = ("mined", "processed")
"""The ways whose unknown share means that Chinese origin cannot be excluded."""
AT_EVENT = (*WAYS, "material")


class Reason(Struct, frozen=True):
    """Why one event on one lot counts.

    Attributes:
        way: one of `WAYS`.
        country: a code that is asked for, several joined by `+`, or `unknown`.
    """

    way: str
    country: str


def reasons(history: History, fact: Fact, lot: Lot, asked: Lens = CHINA) -> tuple[Reason, ...]:
    """Every aspect of one event for one lot that is asked for or unknown; what is known and elsewhere is left out."""
    event = fact.event
    regions = asked.region is not None
    here = places_of(history, event, regions=regions)
    places: dict[str, Collection[str]] = {}
    match event:
        case Extract():
            places["mined"] = mined_in(history, event, regions=regions)
            places["technology"] = [NOT_KNOWN]  # an extraction has no member that names machines or know-how
        case Declare() | Recover():
            origin = stated_origin(event, lot.output.form)
            places["mined"] = [origin.get("mine", NOT_KNOWN)]
            places["processed"] = [where for stage, where in origin.items() if stage != "mine"]
            if isinstance(event, Recover):
                places["processed"] = [*places["processed"], *here]  # the stage `collect`
            places["transit"] = [*transit_places(history, event, regions=regions), NOT_KNOWN]
            places["technology"] = [NOT_KNOWN]
            places["owned"] = [NOT_KNOWN]  # whoever held it before
            if isinstance(event, Declare):
                places["owned"] = [*places["owned"], *_named(history, event.supplier, fact, asked)]
        case Transform():
            # A form changed under the name of a neutral stage is processing like any other.
            if event.stage not in NEUTRAL or lot.passage.reformed or lot.passage.renamed:
                places["processed"] = here
            if event.stage not in NEUTRAL:
                # A bolt from elsewhere says nothing of the process, nor a licence of the machines: what is not named is not known.
                for named in (event.equipment, event.technology):
                    used = [place(item.country) for item in named] or [NOT_KNOWN]
                    places["technology"] = [*places.get("technology", ()), *used]
            places["transit"] = transit_places(history, event, regions=regions)
        case Ship():
            places["transit"] = [*transit_places(history, event, regions=regions), *_unstated_route(history, event)]
            if miscoded(history, event):  # what is another thing by its papers may have become it on the way
                places["processed"] = [MAYBE + where for where in passed(history, event)]
            carried = _named(history, event.carrier, fact, asked)
            places["owned"] = [code for code in carried if asked.read(code) not in ("", NOT_KNOWN)]
        case Receive() if event.result == "accepted":
            places["transit"] = transit_places(history, event, regions=regions)
        case _:
            return ()
    if not isinstance(event, Ship):
        places["owned"] = [*places.get("owned", ()), _owner(history, event.actor, fact, asked)]
    read = ((way, asked.all(found)) for way, found in places.items())
    return tuple(Reason(way, country) for way, country in read if country)


def _unstated_route(history: History, event: Ship) -> list[str]:
    """Unknown where a shipment states no route and is not known to stay in one country."""
    if event.route:
        return []  # an unknown place on the way is among the places of transit
    here = history.country_of_site(event.site)
    return [] if place(here) != NOT_KNOWN and here == destination(history, event) else [NOT_KNOWN]


def _owner(history: History, actor: str, fact: Fact, asked: Lens) -> str:
    """Where a party is established or owned from, to 25 % or more and through others too, as far as that is asked for.

    Of a region nobody states ownership, so a party of its country may be owned there.
    """
    countries = asked.countries or frozenset({(asked.region or "")[:2]})
    found = stake(history, actor, countries, (fact.place, fact.event.instant))
    if found.owned:
        return found.where if asked.region is None else NOT_KNOWN
    party = history.parties.get(actor)
    return (
        NOT_KNOWN if party is None or place(party.country) == NOT_KNOWN or not found.excluded else place(party.country)
    )


def _named(history: History, text: str | None, fact: Fact, asked: Lens) -> list[str]:
    """The ownership of a supplier or carrier that is named by a party's id or name; nothing where it is neither."""
    for party in history.parties.values():
        if text is not None and text in (party.id, party.name):
            return [_owner(history, party.id, fact, asked)]
    return []


def at_creation(history: History, lot: Lot, asked: Lens = CHINA) -> dict[str, str]:
    """`known` or `unknown` by way, and for mined and processed together (`material`), for the event that created a lot."""
    return _fold(reasons(history, lot.born, lot, asked))


def afterwards(history: History, lot: Lot, until: Place | None, asked: Lens = CHINA) -> dict[str, str]:
    """The same for what happened to a lot after its creation and before `until` (None: to now), void events left out."""
    facts = _since(history, lot, until)
    return _fold(reason for fact in facts for reason in reasons(history, fact, lot, asked)) if facts else {}


def counting(history: History, lot: Lot, until: Place | None) -> list[Fact]:
    """The creation of a lot, and what happened to all of it before `until` (None: to now): draws and void events left out."""
    return [lot.born, *_since(history, lot, until)]


def _since(history: History, lot: Lot, until: Place | None) -> list[Fact]:
    return [
        fact
        for fact in lot.facts[1:]
        if not isinstance(fact.event, Transform)
        and (until is None or fact.place < until)
        and fact.hash not in history.voided
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
        known, _unknown, low, high = shares.get(way, CLEAN)
        shares[way] = KNOWN if how == "known" else (known, max(1.0 - known, 0.0), low, high)
    return Origin(origin.stages, origin.declared, shares, origin.estimated)
