"""Long processes: transformation events with one `transformationID` are parts of one (EPCIS 2.0, 7.4.6)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from ledger.errors import InputError
from ledger.exchange.epcis.document import Found
from ledger.exchange.epcis.terms import LONGEST_REF, moment, numbered, place, ref

SIDES = ("inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList")


class Joined(NamedTuple):
    """Events of a document, parts of processes joined.

    Attributes:
        events: each process once, where the last of its parts stands, under the `transformationID`.
        parts: the number of each event that is part of a process here, and the numbers of all of that process.
        void: names of parts that the document itself declares in error, which are no part then.
    """

    events: list[Found]
    parts: dict[int, list[int]]
    void: set[str]


def joined(found: Sequence[Found], void: Collection[str], notes: list[str]) -> Joined:
    """Join the parts of each process; `void` are the names of the events that the document declares in error.

    Parts at different places stay apart, since one event of custody has one site and one actor.
    """
    groups: dict[str, list[Found]] = {}
    for item in found:
        name = item.event.get("transformationID")
        if name is not None and "errorDeclaration" not in item.event:
            groups.setdefault(name, []).append(item)
    whole: dict[int, Found] = {}
    made = Joined([], {}, set())
    left: set[int] = set()
    for name, group in groups.items():
        if len(group) == 1:
            continue
        out = [item for item in group if ref(item.event) in void]
        if out:
            # What is joined can only be void as a whole, so a part that is void is not joined.
            notes.append(
                f"{numbered([item.number for item in out])}: declared in error by this document, so no part of {name}; nothing is recorded of it"
            )
            made.void.update(ref(item.event) for item in out)
            left |= {item.number for item in out}
        items = [item for item in group if item not in out]
        if len(items) < 2:  # noqa: PLR2004  (one part is no process)
            continue
        listed = numbered([item.number for item in items])
        if len({place(item.event) for item in items}) > 1:
            notes.append(f"{listed} are parts of {name} at several places, and are not joined")
            continue
        try:
            last = max(items, key=lambda item: (moment(item.event["eventTime"], "eventTime"), item.number))
        except InputError:
            continue  # each part is read on its own, and says so
        event = dict(last.event)
        for side in SIDES:
            things = [thing for item in items for thing in item.event.get(side, [])]
            if things:
                event[side] = things
        event["eventID"] = name if len(name) <= LONGEST_REF else event.get("eventID")
        if event["eventID"] is None:
            del event["eventID"]
        whole[last.number] = Found(last.number, event)
        made.parts.update((item.number, [other.number for other in items]) for item in items)
        left |= {item.number for item in items} - {last.number}
        notes.append(f"{listed} are one process, {name}, at the time and business step of the last")
    made.events.extend(whole.get(item.number, item) for item in found if item.number not in left)
    return made
