"""Long processes: transformation events with one `transformationID` are parts of one (EPCIS 2.0, 7.4.6)."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.errors import InputError
from ledger.exchange.epcis.document import Found
from ledger.exchange.epcis.terms import LONGEST_REF, moment, place

SIDES = ("inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList")


def joined(found: Sequence[Found], notes: list[str]) -> list[Found]:
    """The events, with the parts of each process as one event where its last part stands, named by the `transformationID`.

    Parts at different places stay apart, since one event of custody has one site and one actor.
    """
    parts: dict[str, list[Found]] = {}
    for item in found:
        name = item.event.get("transformationID")
        if name is not None and "errorDeclaration" not in item.event:
            parts.setdefault(name, []).append(item)
    whole: dict[int, Found] = {}
    left: set[int] = set()
    for name, items in parts.items():
        if len(items) == 1:
            continue
        numbers = ", ".join(str(item.number) for item in items)
        if len({place(item.event) for item in items}) > 1:
            notes.append(f"events {numbers} are parts of {name} at several places, and are not joined")
            continue
        try:
            last = max(items, key=lambda item: (moment(item.event["eventTime"], "eventTime"), item.number))
        except InputError:
            continue  # each part is read on its own, and says so
        event = dict(last.event)
        for side in SIDES:
            listed = [thing for item in items for thing in item.event.get(side, [])]
            if listed:
                event[side] = listed
        event["eventID"] = name if len(name) <= LONGEST_REF else event.get("eventID")
        if event["eventID"] is None:
            del event["eventID"]
        whole[last.number] = Found(last.number, event)
        left |= {item.number for item in items} - {last.number}
        notes.append(f"events {numbers} are one process, {name}")
    return [whole.get(item.number, item) for item in found if item.number not in left]
