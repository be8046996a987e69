"""What was said before: events of the ancestry that stand in the place of retracted ones, and how the two differ.

A correction is no fault. It is named with its events, since an answer that rests on the second statement rests on the
retraction of the first. Where the first named a place that the second does not, the answer is open: a ledger cannot tell a
slip that was corrected from a past that was cleaned.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ledger.model.entry import Fact, Place
from ledger.model.events import Assay, Attest, Declare, Event, Extract, Recover, Retract, Transform
from ledger.model.quantity import Composition
from ledger.origin.policy.model import Reason
from ledger.origin.trace import Trace
from ledger.origin.withdrawn import COVERED, Withdrawn, withdrawn
from ledger.reference.forms import base
from ledger.rules.history import History
from ledger.rules.provenance import NOT_KNOWN, place, stated_origin, worked_in
from ledger.rules.replacement import replacement

MEMBERS = (
    "site",
    "country",
    "deposit",
    "mineral",
    "feedstock",
    "waste",
    "supplier",
    "equipment",
    "technology",
    "custody_model",
)
"""Further members of creating events, by which a second statement may differ from the first."""


class Correction(Struct, frozen=True):
    """A retracted event that another stands for.

    Attributes:
        said: the two in words, with how they differ.
        lost: stages and places that the first states and the second does not.
        events: the first, its retraction, the second.
        lots: those of the ancestry that the second made.
    """

    said: str
    lost: tuple[str, ...]
    events: tuple[str, ...]
    lots: tuple[str, ...]


def corrections(history: History, trace: Trace) -> Iterator[Correction]:
    """Every correction by which a lot of the ancestry came to be as it is, in the order of the retractions."""
    made_at: dict[Place, list[str]] = {}
    for name in trace.lots if history.voided else ():
        made_at.setdefault(history.lots[name].born_at, []).append(name)
    for target, retraction in history.voided.items():
        first = history.facts.get(target)
        if first is None:
            continue
        second = _second(history, first)
        made = (second,) if second is not None else tuple(_alike(history, trace, first, retraction))
        for item in made:
            lots = tuple(made_at.get(item.place, ()))
            if lots:
                yield _correction(history, first, retraction, item, lots)


def _correction(history: History, first: Fact, retraction: Fact, second: Fact, lots: tuple[str, ...]) -> Correction:
    differences = list(_differences(history, first, second))
    changed = "; ".join(differences) if differences else "both say the same of origin"
    said = (
        f"{' and '.join(f'lot {name}' for name in lots)} rests on a correction: {first.event.type} by {first.event.actor} was "
        f"retracted ({getattr(retraction.event, 'reason', '')}) and said anew; {changed}"
    )
    return Correction(said, tuple(_lost(history, first, second)), (first.hash, retraction.hash, second.hash), lots)


class Past(Struct, frozen=True):
    """What was said of the ancestry before: corrections, and what was withdrawn and named a covered country."""

    corrected: tuple[Correction, ...]
    taken_back: tuple[Withdrawn, ...]


def past(history: History, trace: Trace) -> Past:
    """Both, found once for all that is asked of a lot."""
    return Past(tuple(corrections(history, trace)), tuple(withdrawn(history, trace, COVERED)))


def named(history: History, trace: Trace, before: Past) -> list[Reason]:
    """One sentence for each correction, and for each analysis or attestation of the ancestry that was taken back."""
    found = [Reason(item.said, item.events, item.lots) for item in before.corrected]
    lots = set(trace.lots)
    for target, retraction in history.voided.items():
        fact = history.facts.get(target)
        if fact is None or not isinstance(fact.event, Assay | Attest):
            continue
        about = tuple(sorted({name for name, _prev in fact.event.touches} & lots))
        if about:
            said = f"{fact.event.type} of lot {', '.join(about)} by {fact.event.actor} was retracted and counts for nothing"
            found.append(Reason(said, (target, retraction.hash), about))
    told = {item.events[0] for item in found}
    found += [Reason(item.said, item.events, item.lots) for item in before.taken_back if item.void.hash not in told]
    return found


def against(before: Past) -> Iterator[Reason]:
    """Corrections by which a stated place is no longer stated, and retracted events that named a covered country."""
    told = set()
    for item in before.corrected:
        if item.lost:
            told.add(item.events[0])
            said = f"{item.said}: what was first stated ({', '.join(item.lost)}) is not disproved by being withdrawn"
            yield Reason(said, item.events, item.lots)
    for taken in before.taken_back:
        if taken.void.hash not in told:
            yield Reason(taken.said, taken.events, taken.lots)


def _second(history: History, first: Fact) -> Fact | None:
    """What stands for a retracted event; else what its retraction names in the end, though the ledger lets it stand for nothing."""
    stands, seen, fact = replacement(history, first.hash), set[str](), first
    while stands is None and fact.hash in history.voided and fact.hash not in seen:
        seen.add(fact.hash)
        event = history.voided[fact.hash].event
        name = event.replacement if isinstance(event, Retract) else None
        found = history.refs.get((fact.event.actor, name)) if name is not None else None
        if found is None:
            return None
        fact = found
    return stands or (fact if fact.hash not in history.voided else None)


def _alike(history: History, trace: Trace, first: Fact, retraction: Fact) -> Iterator[Fact]:
    """Where a retraction names nothing: what the same party brought in since, of the same form, mass and composition."""
    if not isinstance(first.event, Declare | Recover | Extract):
        return
    said = _said(first.event)
    for fact in {history.lots[name].born.hash: history.lots[name].born for name in trace.lots}.values():
        event = fact.event
        later = event.actor == first.event.actor and fact.place > retraction.place
        if isinstance(event, type(first.event)) and later and said == _said(event):
            yield fact


def _said(event: Event) -> list[tuple[str, int, Composition | None]]:
    return [(base(item.form), item.mass.mg, item.composition) for item in event.outputs_made]


def _origin(history: History, event: Event) -> dict[str, str]:
    """Every stage that an event states or performs, with its place."""
    match event:
        case Declare() | Recover():
            found: dict[str, str] = {}
            for output in event.outputs_made:
                found.update(stated_origin(event, output.form))
            return found
        case Transform():
            return {event.stage: worked_in(history, event)}
        case Extract():
            return {"mine": place(event.country) if event.country is not None else worked_in(history, event)}
        case _:
            return {}


def _lost(history: History, first: Fact, second: Fact) -> Iterator[str]:
    old, new = _origin(history, first.event), _origin(history, second.event)
    for stage, where in old.items():
        # A place that has become unknown is open by itself; one that has become another, or none, is not.
        if where != NOT_KNOWN and new.get(stage) not in (where, NOT_KNOWN):
            yield f"{stage} in {where}"


def _differences(history: History, first: Fact, second: Fact) -> Iterator[str]:
    old, new = _origin(history, first.event), _origin(history, second.event)
    for stage in dict.fromkeys((*old, *new)):
        if old.get(stage) != new.get(stage):
            yield f"{stage} was {old.get(stage, 'not stated')} and is {new.get(stage, 'not stated')}"
    for one, other in zip(first.event.outputs_made, second.event.outputs_made, strict=False):
        if one.composition != other.composition:
            yield f"the composition of lot {other.lot} was stated otherwise"
    for member in MEMBERS:
        if getattr(first.event, member, None) != getattr(second.event, member, None):
            yield f"{member} was stated otherwise"
