"""CUST: who holds what, where, and how much is left. Violations refuse; open ends are found."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.model.entry import Fact
from ledger.model.events import (
    Dispose,
    Event,
    Receive,
    Retract,
    Ship,
    Transform,
)
from ledger.model.materials import Draw
from ledger.rules.catalogue import finding
from ledger.rules.figures import SIGMAS, kg
from ledger.rules.finding import Finding
from ledger.rules.history import RETRACTABLE, History
from ledger.rules.lot import Lot, uncertainty
from ledger.rules.replacement import replacement, standing

_MOVING = (Transform, Ship, Dispose)


def lots_new(history: History, fact: Fact) -> Iterator[Finding]:
    """Each lot is created once."""
    for output in fact.event.outputs_made:
        lot = history.lots.get(output.lot)
        if lot is not None:
            yield finding(
                "CUST-LOT-REUSED", f"lot:{output.lot}", f"lot {output.lot} already exists", fact.hash, lot.born.hash
            )


def lots_known(history: History, fact: Fact) -> Iterator[Finding]:
    """Touched lots exist, are not void, and their newest event is the one named."""
    for name, prev in fact.event.touches:
        lot = history.lots.get(name)
        if lot is None:
            yield finding("CUST-LOT-UNKNOWN", f"lot:{name}", f"there is no lot {name}", fact.hash)
            continue
        if lot.void is not None and not isinstance(fact.event, Retract):
            yield finding(
                "CUST-LOT-VOID", f"lot:{name}", f"the creation of lot {name} was retracted", fact.hash, lot.void.hash
            )
        if lot.head != prev:
            yield finding(
                "CUST-PREV",
                f"lot:{name}",
                f"names {prev[:16]} as the newest event on lot {name}, which is {lot.head[:16]}",
                fact.hash,
                lot.head,
            )


def lots_held(history: History, fact: Fact) -> Iterator[Finding]:
    """Material is used, shipped and disposed of by its holder, where it is, and not while it travels."""
    event = fact.event
    if not isinstance(event, _MOVING):
        return
    for draw in event.draws:
        lot = history.lots.get(draw.lot)
        if lot is None:
            continue
        if lot.shipment is not None:
            yield finding(
                "CUST-IN-TRANSIT",
                f"lot:{lot.id}",
                f"lot {lot.id} was shipped and is not received",
                fact.hash,
                lot.shipment.hash,
            )
        elif lot.holder != event.actor:
            yield finding(
                "CUST-HOLDER",
                f"lot:{lot.id}",
                f"lot {lot.id} is held by {lot.holder}, not by {event.actor}",
                fact.hash,
                lot.head,
            )
        elif lot.site != event.site:
            yield finding(
                "CUST-SITE", f"lot:{lot.id}", f"lot {lot.id} is at {lot.site}, not at {event.site}", fact.hash, lot.head
            )


def lots_left(history: History, fact: Fact) -> Iterator[Finding]:
    """No more is drawn than there is, beyond 3 standard uncertainties."""
    event = fact.event
    if not isinstance(event, _MOVING):
        return
    for draw in event.draws:
        lot = history.lots.get(draw.lot)
        if lot is None or lot.void is not None:
            continue
        if lot.left_mg == 0:
            yield finding("CUST-EXHAUSTED", f"lot:{lot.id}", f"nothing is left of lot {lot.id}", fact.hash, *lot.draws)
        elif not isinstance(event, Ship):
            over, sigma = overdraft(history, lot, draw)
            if over > 0 and over > SIGMAS * sigma:
                yield finding(
                    "CUST-OVERDRAWN",
                    f"lot:{lot.id}",
                    f"draws {kg(lot.left_mg + over)} of lot {lot.id}, of which {kg(lot.left_mg)} is left: "
                    f"{kg(over)} too much, beyond 3 x {kg(int(sigma))}",
                    fact.hash,
                    lot.born.hash,
                    *lot.draws,
                )


def overdraft(history: History, lot: Lot, draw: Draw) -> tuple[int, float]:
    """By how much a draw exceeds what is left (mg, negative when it does not), and the standard uncertainty of that (mg)."""
    if draw.mass is None:
        return 0, 0.0
    over = draw.mass.mg - (lot.mass_mg - lot.drawn_mg)
    return over, (lot.left_var + uncertainty(draw.mass, history.tolerances) ** 2) ** 0.5


def received(history: History, fact: Fact) -> Iterator[Finding]:
    """A receipt closes an open shipment to this party, at the site that was named."""
    event = fact.event
    if not isinstance(event, Receive):
        return
    for draw in event.lots:
        lot = history.lots.get(draw.lot)
        if lot is None:
            continue
        shipment = lot.shipment.event if lot.shipment else None
        if not isinstance(shipment, Ship) or lot.shipment is None:
            yield finding("CUST-RECEIVE", f"lot:{lot.id}", f"no shipment of lot {lot.id} is open", fact.hash, lot.head)
        elif shipment.to not in (event.actor, event.site):
            yield finding(
                "CUST-RECEIVE",
                f"lot:{lot.id}",
                f"lot {lot.id} was shipped to {shipment.to}, not to {event.actor} at {event.site}",
                fact.hash,
                lot.shipment.hash,
            )
        elif event.result == "disputed":
            yield finding(
                "CUST-DISPUTED",
                f"lot:{lot.id}",
                f"{event.actor} disputes lot {lot.id}: {event.reason}",
                fact.hash,
                lot.shipment.hash,
            )


def retracted(history: History, fact: Fact) -> Iterator[Finding]:
    """A retraction names an event on lots, its lots, and comes from its actor or the registrar."""
    event = fact.event
    if not isinstance(event, Retract):
        return
    target = history.facts.get(event.target)
    subject = f"event:{event.target}"
    if target is None:
        yield finding("CUST-RETRACT", subject, "retracts an event that is not in the ledger", fact.hash)
        return
    if target.event.type not in RETRACTABLE:
        yield finding("CUST-RETRACT", subject, f"a {target.event.type} cannot be retracted", fact.hash, target.hash)
        return
    if target.hash in history.voided:
        yield finding("CUST-RETRACT", subject, "was already retracted", fact.hash, history.voided[target.hash].hash)
    if event.actor not in (target.event.actor, history.registrar):
        yield finding(
            "CUST-RETRACT",
            subject,
            f"{event.actor} retracts an event of {target.event.actor}; only they or the registrar may",
            fact.hash,
            target.hash,
        )
    if {touch.lot for touch in event.lots} != lots_of(target.event):
        yield finding("CUST-RETRACT", subject, "does not name exactly the lots of its target", fact.hash, target.hash)
    yield finding(
        "CUST-RETRACTED",
        subject,
        f"{target.event.type} by {target.event.actor} was retracted: {event.reason}",
        fact.hash,
        target.hash,
    )


def lots_of(event: Event) -> set[str]:
    """Every lot that an event touches or creates."""
    return {name for name, _prev in event.touches} | {output.lot for output in event.outputs_made}


def refs_unique(history: History, fact: Fact) -> Iterator[Finding]:
    """A ref names one event of its actor."""
    ref = fact.event.ref
    if ref is None:
        return
    earlier = history.refs.get((fact.event.actor, ref))
    if earlier is not None:
        yield finding(
            "CUST-REF", f"event:{fact.hash}", f"{fact.event.actor} already used ref {ref!r}", fact.hash, earlier.hash
        )


def hashes_unique(history: History, fact: Fact) -> Iterator[Finding]:
    """The same event is in the log once."""
    if fact.hash in history.facts:
        yield finding("SEAL-DUPLICATE", f"event:{fact.hash}", "this event is already in the log", fact.hash)


def open_ends(history: History) -> Iterator[Finding]:
    """At the end of the log: handovers that nobody received, and retractions that left descendants or a promise."""
    for lot in history.lots.values():
        if lot.shipment is not None and lot.disputed is None:
            event = lot.shipment.event
            to = event.to if isinstance(event, Ship) else ""
            yield finding(
                "CUST-OPEN",
                f"lot:{lot.id}",
                f"lot {lot.id} was shipped to {to} on {event.at[:10]} and is not received",
                lot.shipment.hash,
            )
        over = lot.drawn_mg - lot.mass_mg
        if history.voided and over > 0 and over**2 > SIGMAS**2 * lot.left_var and lot.void is None:
            yield finding(
                "CUST-OVERDRAWN",
                f"lot:{lot.id}",
                f"{kg(lot.drawn_mg)} were drawn of lot {lot.id}, which holds {kg(lot.mass_mg)} since an event was retracted",
                lot.born.hash,
                *lot.draws,
            )
    for target, retraction in history.voided.items():
        event = retraction.event
        if isinstance(event, Retract) and event.replacement is not None:
            made = replacement(history, target)
            if made is None:
                yield finding(
                    "CUST-REPLACEMENT",
                    f"event:{target}",
                    f"no event with ref {event.replacement!r} replaces it in kind",
                    retraction.hash,
                    target,
                )
    yield from _orphans(history)


def _orphans(history: History) -> Iterator[Finding]:
    if not history.voided:
        return
    orphaned: dict[str, tuple[str, ...]] = {}
    before = -1
    while before != len(orphaned):  # a replacement may be younger than what descends from it, so once is not enough
        before = len(orphaned)
        for lot in history.lots.values():
            if lot.id in orphaned:
                continue
            stands = standing(history, lot)
            if stands is None and lot.void is not None:
                orphaned[lot.id] = (lot.born.hash, lot.void.hash)
            elif stands is not None and stands.id in orphaned:
                orphaned[lot.id] = orphaned[stands.id]
            elif lot.void is None:
                evidence = next((orphaned[draw.lot] for draw in lot.born.event.draws if draw.lot in orphaned), None)
                if evidence is not None:
                    orphaned[lot.id] = evidence
    for name, evidence in orphaned.items():
        lot = history.lots[name]
        parents = [draw.lot for draw in lot.born.event.draws if draw.lot in orphaned]
        if lot.void is None and parents:
            message = f"lot {name} descends from a retracted event by way of {', '.join(parents)}"
            yield finding("CUST-ORPHANED", f"lot:{name}", message, *evidence)
