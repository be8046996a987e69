"""Whether a lot can be delivered, sold or exported on a day as the asker says: it must be there, and must not have moved since."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date

from ledger.model.entry import Fact
from ledger.model.events import Dispose, Ship, Transform
from ledger.origin.policy.model import Reason
from ledger.origin.policy.walk import Walk
from ledger.reference.forms import lookup
from ledger.rules.history import DESCENDANTS, History
from ledger.rules.lot import Lot
from ledger.rules.provenance import NOT_KNOWN, worked_in


def day_of(fact: Fact) -> date:
    """The day of an event: the later of the one where it happened and the one in UTC, which is against the asker."""
    at = fact.event.instant
    return max(at.date(), at.astimezone(UTC).date())


def there_since(walk: Walk) -> Fact:
    """The event since which the asked lot is what and where it is: its making, or its newest shipment."""
    lot = walk.trace.lot
    shipped = [fact for fact in lot.facts if isinstance(fact.event, Ship) and fact.hash not in walk.history.voided]
    return max((lot.born, *shipped), key=day_of)


def too_early(walk: Walk, day: date) -> list[Reason]:
    """A lot is not delivered, sold or exported before it is made and shipped, so no earlier day's law can clear it."""
    newest = there_since(walk)
    if day_of(newest) <= day:
        return []
    done = "shipped" if isinstance(newest.event, Ship) else "made"
    said = f"the lot was {done} on {day_of(newest)}, after the day asked about ({day}), which cannot be right"
    return [Reason(said, (newest.hash,), (walk.trace.lot.id,))]


def gone(history: History, lot: Lot) -> list[str]:
    """Sentences on what became of a lot that is no longer there by itself, whole or in part."""
    found = []
    for fact in _uses(history, lot):
        event = fact.event
        if isinstance(event, Dispose):
            found.append(f"Lot {lot.id} was disposed of, in whole or in part, on {day_of(fact)}.")
        elif isinstance(event, Transform):
            made = ", ".join(f"{output.lot} ({output.form})" for output in event.outputs)
            part = "wholly" if lot.left_mg == 0 else "partly"
            found.append(
                f"Lot {lot.id} was {part} used on {day_of(fact)} by {event.stage}, which made {made}; ask of that as well."
            )
    return found


def built_in(history: History, lot: Lot, covered: frozenset[str]) -> list[Reason]:
    """Where nothing is left of a lot: what it was built into, or made into, in a covered country or at an unknown place."""
    if lot.left_mg > 0:
        return []
    found: list[Reason] = []
    if DESCENDANTS in history.lacks:
        said = f"lot {lot.id} is no longer there, and what became of all that was made of it is not in a bundle: ask the ledger"
        found.append(Reason(said, (), (lot.id,)))
    todo, seen = [lot], {lot.id}
    while todo:
        item = todo.pop()
        for fact in _uses(history, item):
            event = fact.event
            if not isinstance(event, Transform):
                continue
            where = worked_in(history, event)
            known = all(lookup(output.form) is not None for output in event.outputs)
            if where in covered | {NOT_KNOWN}:
                made = ", ".join(f"{output.lot} ({output.form})" for output in event.outputs)
                place = "a place that is not stated" if where == NOT_KNOWN else where
                kind = "made into" if known and event.stage != "assemble" else "built into"
                said = f"lot {item.id} is no longer there: it was {kind} {made} by {event.stage} in {place}"
                found.append(Reason(said, (fact.hash,), (item.id,)))
            for output in event.outputs:
                if output.lot not in seen and output.lot in history.lots:
                    seen.add(output.lot)
                    todo.append(history.lots[output.lot])
    return found


def _uses(history: History, lot: Lot) -> Iterator[Fact]:
    return (history.facts[digest] for digest in lot.draws if digest in history.facts and digest not in history.voided)
