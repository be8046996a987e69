"""A document of EPCIS events to drafts, with what is not recorded of it, and why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial

from msgspec import Struct

from ledger.errors import BatchError, InputError
from ledger.exchange.draft import Draft, check
from ledger.exchange.epcis import hashing, left, terms
from ledger.exchange.epcis.document import KINDS, Document, Found
from ledger.exchange.epcis.processes import joined
from ledger.exchange.epcis.reader import Reader
from ledger.exchange.epcis.terms import OWN, Members, numbered
from ledger.exchange.faults import Faults
from ledger.exchange.mapping import Mapping

Known = Callable[[Collection[str]], Collection[tuple[str, str]]]
"""(actor, ref) of the events in the ledger that have one of these refs."""
_FIELDS = {
    "ref": "eventID",
    "at": "eventTime",
    "site": "readPoint.id",
    "inputs": "inputQuantityList",
    "outputs": "outputQuantityList",
    "lots": "quantityList",
    "to": "destinationList",
}
"""Where a member of ours came from, for messages."""


_BEYOND = "is of a type that is none of EPCIS's own five; nothing is known of what it means"


class Taken(Struct):
    """What a document's events become.

    Attributes:
        drafts: events of custody, in the document's order.
        dropped: members of the document that say nothing in the ledger.
        notes: what is not recorded, and why, by event.
        groups: the events of each process, by each of them.
    """

    drafts: list[Draft]
    dropped: list[str]
    notes: list[str]
    groups: dict[int, list[int]]


def drafts(found: Document, faults: Faults, mapping: Mapping | None, known: Known) -> Taken:
    """The drafts of a document's events.

    Args:
        found: the document's valid events.
        faults: where what is wrong is gathered, by event.
        mapping: what its places and parties mean here.
        known: asks the ledger for refs.
    """
    reader = Reader(mapping)
    taken = Taken([], [], hashing.notes(found), {})
    aside: dict[str, list[int]] = {}
    sound: dict[int, Draft] = {}
    told: set[tuple[str, str]] = set()
    events = _once_each(found.events, faults, taken.notes)
    # Of an event of somebody's own type the schema promises no more than a time.
    known_types = [item for item in events if item.event["type"] in KINDS]
    beyond = [item.number for item in events if item.event["type"] not in KINDS]
    if beyond:
        aside[_BEYOND] = beyond
    declared = [item for item in known_types if "errorDeclaration" in item.event]
    processes = joined(known_types, {terms.ref(item.event) for item in declared}, taken.notes)
    taken.groups = processes.parts
    dropped = dict.fromkeys(left.of_document(found.frame))
    stages = mapping.values.get("stage", {}) if mapping else {}
    for item in known_types:
        dropped |= dict.fromkeys(left.of_event(item.event, stages, joined=item.number in processes.parts))
    for item in processes.events:
        if "errorDeclaration" in item.event:
            continue
        made = _attempt(faults, item.number, partial(reader.event, item))
        if isinstance(made, str):
            aside.setdefault(made, []).append(item.number)
        elif made is not None and _checked(made, item, faults, sound) and "ref" in made:
            told.add((made["actor"], made["ref"]))
    wanted = {name for item in declared for name in _named(item)}
    told |= set(known(wanted)) if declared else set()
    for item in declared:
        # Most error declarations in public name no event that anybody has; only one that is there can be void.
        if terms.ref(item.event) in processes.void:
            continue
        made = _attempt(faults, item.number, partial(reader.retraction, item, told))
        if isinstance(made, str):
            aside.setdefault(made, []).append(item.number)
        elif made is not None:
            _checked(made, item, faults, sound)
    taken.drafts = [sound[number] for number in sorted(sound)]
    taken.dropped = list(dropped)
    taken.notes += [f"{numbered(numbers)}: {why}" for why, numbers in aside.items()]
    return taken


def _once_each(found: Sequence[Found], faults: Faults, notes: list[str]) -> list[Found]:
    """The events, one that stands several times once; two of one name that differ are refused, both.

    An error may be declared several times, of which the first counts. Events that this program wrote have names of their own kind.
    """
    first: dict[tuple[str, bool], Found] = {}
    again: dict[int, None] = {}
    declared: dict[int, None] = {}
    differing: set[int] = set()
    for item in found:
        name = (terms.ref(item.event), "errorDeclaration" in item.event)
        earlier = item if OWN in item.event else first.setdefault(name, item)
        if earlier is item:
            continue
        if _content(earlier.event) == _content(item.event):
            again[item.number] = None
        elif name[1]:
            declared[item.number] = None
        else:
            differing |= {earlier.number, item.number}
            for one, other in ((item.number, earlier.number), (earlier.number, item.number)):
                faults.say(
                    f"{name[0][:80]} is the id of event {other} as well, which says something else", one, "eventID"
                )
    if again:
        notes.append(f"{numbered(list(again))}: stands in this document before, word for word, and counts once")
    if declared:
        notes.append(
            f"{numbered(list(declared))}: declares an error that is declared before in this document, and counts once"
        )
    left_out = differing | again.keys() | declared.keys()
    return [item for item in found if item.number not in left_out]


def _content(event: Members) -> Members:
    return {name: value for name, value in event.items() if name not in ("recordTime", "@context")}


def _named(item: Found) -> Iterator[str]:
    """Names under which what an error declaration voids may stand in the ledger."""
    yield terms.ref(item.event)
    yield str(_own(item).get("target"))
    if "transformationID" in item.event:
        yield str(item.event["transformationID"])


def _attempt(faults: Faults, number: int, work: Callable[[], Members | str]) -> Members | str | None:
    """The result of `work`, or None where it found something wrong, all of which is gathered."""
    try:
        return work()
    except BatchError as errors:
        for error in errors.errors:
            faults.add(error, number)
    except InputError as error:
        faults.add(error, number)
    return None


def _checked(members: Members, item: Found, faults: Faults, sound: dict[int, Draft]) -> bool:
    draft = Draft(members, faults.file, item.number)
    try:
        check(draft)
    except InputError as error:
        error.field = _field(error.field or "", item.event)
        faults.add(error, item.number)
        return False
    sound[item.number] = draft
    return True


def _field(path: str, event: Members) -> str | None:
    """The member of EPCIS that a member of ours came from."""
    if OWN in event:
        return f"{OWN}.{path}".rstrip(".")
    first, bracket, rest = path.partition("[")
    name = _FIELDS.get(first, first)
    if event["type"] != "TransformationEvent" and first in ("inputs", "outputs"):
        name = _FIELDS["lots"]
    return name + bracket + rest or None


def _own(item: Found) -> Members:
    found = item.event.get(OWN)
    return found if isinstance(found, dict) else {}
