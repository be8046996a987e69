"""What a document says that no event of custody repeats: the members that an import lists as left out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from ledger.exchange.epcis.document import NOT_TAKEN
from ledger.exchange.epcis.terms import OWN, RECEIVING, SHIPPING, Members, word

_FRAME = frozenset({"@context", "type", "schemaVersion", "creationDate", "epcisBody"})
_SAID = frozenset({
    "type", "eventID", "eventTime", "eventTimeZoneOffset", "epcList", "quantityList", "action", "readPoint", "bizLocation", "bizStep",
    "inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList", "transformationID", "errorDeclaration", "destinationList", "@context",
    OWN,
})  # fmt: skip
_DECLARED = frozenset({"declarationTime", "reason", "correctiveEventIDs"})


def of_document(members: Members) -> Iterator[str]:
    """Members of a document or a query's result around its events."""
    yield from (name for name in members if name not in _FRAME)
    body: Any = members.get("epcisBody", {})
    yield from (f"epcisBody.{name}" for name in body if name not in ("eventList", "queryResults"))
    results = body.get("queryResults", {})
    yield from (f"queryResults.{name}" for name in results if name != "resultsBody")


def of_event(event: Members, stages: Collection[str], *, joined: bool) -> Iterator[str]:
    """Members of an event.

    Args:
        event: its members.
        stages: business steps that the mapping makes stages of.
        joined: whether its `transformationID` names the event that it is part of.
    """
    yield from (name for name in event if name not in _SAID or name in NOT_TAKEN)
    if OWN in event:
        return
    if "readPoint" in event and event.get("bizLocation", event["readPoint"]) != event["readPoint"]:
        yield "bizLocation"
    for name in ("readPoint", "bizLocation"):
        yield from (f"{name}.{inner}" for inner in event.get(name, {}) if inner != "id")
    moved = event["type"] == "ObjectEvent" and event["action"] == "OBSERVE"
    step = word(event.get("bizStep"))
    if step and not (moved and step in (*SHIPPING, *RECEIVING)) and step not in stages:
        yield "bizStep"
    if len(event.get("destinationList", ())) > (moved and step in SHIPPING):
        yield "destinationList"
    if "transformationID" in event and not joined:
        yield "transformationID"
    declared: Any = event.get("errorDeclaration", {})
    yield from (f"errorDeclaration.{name}" for name in declared if name not in _DECLARED)
    if len(declared.get("correctiveEventIDs", ())) > 1:
        yield "errorDeclaration.correctiveEventIDs"
