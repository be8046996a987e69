"""A document of EPCIS events to drafts, with what is not recorded of it, and why."""

from __future__ import annotations

from collections.abc import Callable, Collection

from msgspec import Struct

from ledger.errors import InputError
from ledger.exchange.draft import Draft, check
from ledger.exchange.epcis import hashing, terms
from ledger.exchange.epcis.document import KINDS, NOT_TAKEN, Document, Found
from ledger.exchange.epcis.processes import joined
from ledger.exchange.epcis.reader import Reader
from ledger.exchange.epcis.terms import OWN, Members, numbered
from ledger.exchange.faults import Faults
from ledger.exchange.mapping import Mapping

Known = Callable[[Collection[str]], Collection[tuple[str, str]]]
"""(actor, ref) of the events in the ledger that have one of these refs."""
_SAID = frozenset({
    "type", "eventID", "eventTime", "eventTimeZoneOffset", "recordTime", "epcList", "quantityList", "action", "bizStep", "readPoint", "bizLocation",
    "inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList", "transformationID", "errorDeclaration", "destinationList", "@context",
    OWN,
})  # fmt: skip
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
    """

    drafts: list[Draft]
    dropped: list[str]
    notes: list[str]


def drafts(found: Document, faults: Faults, mapping: Mapping | None, known: Known) -> Taken:
    """The drafts of a document's events.

    Args:
        found: the document's valid events.
        faults: where what is wrong is gathered, by event.
        mapping: what its places and parties mean here.
        known: asks the ledger for refs.
    """
    reader = Reader(mapping)
    taken = Taken([], [], hashing.notes(found))
    dropped: dict[str, None] = {}
    aside: dict[str, list[int]] = {}
    sound: dict[int, Draft] = {}
    told: set[tuple[str, str]] = set()
    # Of an event of somebody's own type the schema promises no more than a time.
    known_types = [item for item in found.events if item.event["type"] in KINDS]
    beyond = [item.number for item in found.events if item.event["type"] not in KINDS]
    if beyond:
        aside[_BEYOND] = beyond
    declared = [item for item in known_types if "errorDeclaration" in item.event]
    for item in joined(known_types, taken.notes):
        dropped |= dict.fromkeys(_left_out(item.event))
        if "errorDeclaration" in item.event:
            continue
        made = faults.attempt(item.number, reader.event, item)
        if isinstance(made, str):
            aside.setdefault(made, []).append(item.number)
        elif made is not None and _checked(made, item, faults, sound) and "ref" in made:
            told.add((made["actor"], made["ref"]))
    wanted = {terms.ref(item.event) for item in declared} | {str(_own(item).get("target")) for item in declared}
    told |= set(known(wanted)) if declared else set()
    for item in declared:
        # Most error declarations in public name no event that anybody has; only one that is there can be void.
        made = faults.attempt(item.number, reader.retraction, item, told)
        if isinstance(made, str):
            aside.setdefault(made, []).append(item.number)
        elif made is not None:
            _checked(made, item, faults, sound)
    taken.drafts = [sound[number] for number in sorted(sound)]
    taken.dropped = list(dropped)
    taken.notes += [f"{numbered(numbers)}: {why}" for why, numbers in aside.items()]
    return taken


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


def _left_out(event: Members) -> list[str]:
    return [name for name in event if name not in _SAID or name in NOT_TAKEN]
