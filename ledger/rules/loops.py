"""CUST-ROUND-TRIP: material that goes out to others and comes back as it was (DOMAIN.md L09)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping

from msgspec import Struct

from ledger.model.entry import Fact
from ledger.model.events import Receive, Ship, Transform
from ledger.reference.forms import base
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.standing import counted

LOOKED_AT = 100
"""Stops that are looked back over; longer journeys are not followed to their beginning."""
_SERVANTS = frozenset({"carrier", "laboratory", "auditor", "owner", "operator", "registrar", "witness"})
"""Roles of those who store, carry, sample or look on; what comes back from them was never traded."""


class Stop(Struct, frozen=True):
    """A place where material was, in the form it has.

    Attributes:
        site: where.
        party: who held it.
        arrived: the receipt, or the event that made it.
        left: the shipment from the stop before.
        rejected: whether a receipt was disputed on the way here.
    """

    site: str | None
    party: str
    arrived: Fact
    left: Fact | None = None
    rejected: bool = False


Trail = tuple[Stop, ...]
"""Stops of a lot in its form, those of the lots that it was split or repacked from included, the newest last."""


def round_trips(history: History) -> Iterator[Finding]:
    """A lot, or what was split or repacked from it, back at a site after another party had it, in the same form.

    Not where a receipt on the way was disputed, so that a rejected delivery goes back and may come again, nor where all the
    others are carriers, laboratories and the like.
    """
    trails: MutableMapping[str, Trail] = history.tables.table()
    leaving: MutableMapping[str, Fact] = history.tables.table()
    rejected: set[str] = set()
    for fact in counted(history, Ship, Receive, Transform):
        event = fact.event
        if isinstance(event, Ship):
            for draw in event.lots:
                leaving[draw.lot] = fact
        elif isinstance(event, Receive) and event.result == "disputed":
            rejected.update(draw.lot for draw in event.lots)
        elif isinstance(event, Receive):
            for draw in event.lots:
                trail = _trail(history, draw.lot, trails)
                if trail is None:
                    continue
                here = Stop(event.site, event.actor, fact, leaving.get(draw.lot), draw.lot in rejected)
                rejected.discard(draw.lot)
                since = _since(history, trail, here)
                if since:
                    others = ", ".join(dict.fromkeys(stop.party for stop in since[:-1]))
                    message = f"lot {draw.lot} is back at {here.site} in the same form, after {others} had it"
                    events = [one.hash for stop in since for one in (stop.left, stop.arrived) if one is not None]
                    yield finding("CUST-ROUND-TRIP", f"lot:{draw.lot}", message, *dict.fromkeys(events))
                trails[draw.lot] = (here,) if since else (*trail, here)[-LOOKED_AT:]
        if isinstance(event, Transform) and event.stage in ("split", "repack") and len(event.inputs) == 1:
            _part(history, event, fact, trails)


def _trail(history: History, name: str, trails: Mapping[str, Trail]) -> Trail | None:
    """The trail of a lot: as far as it is known, else where it was made; None where that is void or not in the log."""
    known = trails.get(name)
    if known is not None:
        return known
    lot = history.lots.get(name)
    if lot is None or lot.void is not None:
        return None
    return (Stop(lot.born.event.site, lot.born.event.actor, lot.born),)


def _part(history: History, event: Transform, fact: Fact, trails: MutableMapping[str, Trail]) -> None:
    """What is split or repacked from one lot, in the same form, has that lot's trail."""
    parent, trail = history.lots.get(event.inputs[0].lot), _trail(history, event.inputs[0].lot, trails)
    if parent is None or trail is None:
        return
    for output in event.outputs:
        lot = history.lots.get(output.lot)
        if lot is not None and lot.born_of(fact) and base(parent.output.form) == base(output.form):
            trails[output.lot] = trail


def _since(history: History, trail: Trail, here: Stop) -> Trail:
    """The stops of a round trip that ends here, from the first one away; empty where it is none."""
    traded, rejected = False, here.rejected
    for number in range(len(trail) - 1, -1, -1):
        stop = trail[number]
        if rejected:
            return ()
        if stop.site == here.site:
            return (*trail[number + 1 :], here) if traded and not stop.rejected else ()
        party = history.parties.get(stop.party)
        traded = traded or (stop.party != here.party and not (party is not None and party.roles <= _SERVANTS))
        rejected = stop.rejected
    return ()
