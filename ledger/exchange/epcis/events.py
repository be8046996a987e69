"""EPCIS events to drafts: what each says of custody, and what it says that a ledger of material has no word for.

GS1 EPCIS 2.0 and CBV 2.0. Identifiers stay as they are written; sites and parties are those of the ledger, so a mapping
gives them (`[values.site]`, `[values.actor]`, `[values.to]`, `[values.form]`, `[values.stage]`) and a default where
the document is silent (`[constants]`). Nothing is guessed: a quantity without a unit of mass cannot be balanced, so its
event is listed and not recorded unless the mapping gives the mass of one (`[items]`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from msgspec import Struct

from ledger.errors import InputError
from ledger.exchange import amounts
from ledger.exchange.draft import Draft, check
from ledger.exchange.epcis.document import NOT_TAKEN, Found
from ledger.exchange.faults import Faults
from ledger.exchange.mapping import Mapping

Members = dict[str, Any]
Known = Callable[[Collection[str]], Collection[str]]
"""Which of these refs some event in the ledger has."""

UNITS = {
    "KGM": "1 kg",
    "GRM": "1 g",
    "MGM": "1 mg",
    "TNE": "1 t",
    "LBR": "0.45359237 kg",
    "ONZ": "0.028349523125 kg",
    "DTN": "100 kg",
    "STN": "907.18474 kg",
    "LTN": "1016.0469088 kg",
}
"""Units of mass of UN/ECE Recommendation 20, exact."""
SHIPPING = ("shipping", "departing", "dispatching")
RECEIVING = ("receiving", "arriving", "accepting")
ENDING = ("decommissioning", "destroying", "dispensing")
EXTENSION = "monazite"
"""Prefix of the members that carry what EPCIS has no word for, in documents that Monazite wrote."""
NAMESPACE = "https://monazite.example/epcis/1/"
_HASH_ID = re.compile(r"ni:///sha-256;([0-9a-f]{64})\?ver=(\S+)")
_SAID = frozenset({
    "type", "eventID", "eventTime", "eventTimeZoneOffset", "recordTime", "epcList", "quantityList", "action", "bizStep", "readPoint", "bizLocation",
    "inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList", "transformationID", "errorDeclaration", "destinationList", "@context",
})  # fmt: skip


class Taken(Struct):
    """What a document's events become.

    Attributes:
        drafts: events of custody, in the document's order.
        dropped: members of the document that say nothing in the ledger.
        notes: what is not recorded, and why, event by event.
    """

    drafts: list[Draft]
    dropped: list[str]
    notes: list[str]


def drafts(found: Sequence[Found], faults: Faults, mapping: Mapping | None, known: Known) -> Taken:
    """The drafts of a document's events.

    Args:
        found: the document's valid events.
        faults: where what is wrong is gathered, by event.
        mapping: what its places and parties mean here.
        known: asks the ledger for refs.
    """
    reader = _Reader(faults, mapping)
    taken = Taken([], [], [])
    here = {_ref(item.event) for item in found if "errorDeclaration" not in item.event}
    there = set(known([_ref(item.event) for item in found if "errorDeclaration" in item.event]))
    for item in _joined(found, taken.notes):
        taken.dropped += [name for name in _left_out(item.event) if name not in taken.dropped]
        before = faults.count
        declared = item.event.get("errorDeclaration")
        made: Members | str | None
        if declared is not None:
            ref = _ref(item.event)
            # Most error declarations in public name no event that anybody has; only one that is there can be void.
            made = (
                reader.retraction(item, declared, here | there)
                if ref in here | there
                else "declares an error in an event that is neither in this file nor in the ledger; nothing is recorded of it"
            )
        else:
            made = faults.attempt(item.number, reader.event, item)
        if isinstance(made, str):
            taken.notes.append(f"event {item.number}: {made}")
        elif made is not None and faults.count == before:
            draft = Draft(made, faults.file, item.number)
            if faults.attempt(item.number, check, draft) is not None:
                taken.drafts.append(draft)
    return taken


class _Reader:
    """One document's events, with the words of a mapping."""

    def __init__(self, faults: Faults, mapping: Mapping | None) -> None:
        self._faults = faults
        self._values = mapping.values if mapping else {}
        self._constants = mapping.constants if mapping else {}
        self._items = mapping.items if mapping else {}

    def event(self, item: Found) -> Members | str:
        """The members of the event that one of EPCIS becomes, or why it becomes none.

        Raises:
            InputError: it would be one, and something is missing or wrong.
        """
        event = item.event
        own = event.get(f"{EXTENSION}:type")
        match event["type"]:
            case "TransformationEvent":
                return self._transform(event)
            case "ObjectEvent" if event["action"] == "ADD":
                return self._created(event, own if own in ("extract", "recover", "declare") else "declare")
            case "ObjectEvent" if event["action"] == "DELETE":
                return self._ended(event)
            case "ObjectEvent" if _word(event.get("bizStep")) in SHIPPING:
                return self._shipped(event)
            case "ObjectEvent" if _word(event.get("bizStep")) in RECEIVING:
                return self._received(event)
            case "ObjectEvent":
                return f"an observation ({_word(event.get('bizStep')) or 'no business step'}) moves and changes no material"
            case "AggregationEvent" | "AssociationEvent":
                return "says what is packed or fitted together; the lots stay what they are"
            case _:
                return "joins business documents to things; no lot moves or changes"

    def retraction(self, item: Found, declared: Any, there: Collection[str]) -> Members:  # noqa: ANN401  (JSON)
        """The retraction that an error declaration is."""
        members = self._common(item.event)
        members.pop("site", None)
        found = {
            **{name: members[name] for name in ("actor",)},
            "type": "retract",
            "ref": f"{members['ref'][:110]} in error",
            "at": _at(declared["declarationTime"], item.event["eventTimeZoneOffset"]),
            "target": members["ref"],
            "reason": str(declared.get("reason", "an error is declared, without a reason"))[:500],
        }
        instead = [name for name in declared.get("correctiveEventIDs", []) if name in there]
        return {**found, **({"replacement": instead[0]} if instead else {})}

    def _common(self, event: Members) -> Members:
        made: Members = {"ref": _ref(event), "at": _at(event["eventTime"], event["eventTimeZoneOffset"])}
        made["actor"] = self._actor(event)
        place = _place(event)
        site = self._ours("site", place) if place is not None else self._constants.get("site")
        if site is not None:
            made["site"] = site
        return made

    def _actor(self, event: Members) -> str:
        said = event.get(f"{EXTENSION}:actor") or self._constants.get("actor")
        place = _place(event)
        said = self._values.get("actor", {}).get(str(place), said)
        if said is None:
            raise InputError(
                "EPCIS does not say who speaks; give `actor` under [constants], or by place under [values.actor], in a mapping",
                field="actor",
            )
        return str(said)

    def _ours(self, name: str, theirs: str) -> str:
        """Our name of something of theirs; the same where the mapping is silent, for the model to judge."""
        plain = theirs.removeprefix(f"{NAMESPACE}{name}/")
        return self._values.get(name, {}).get(theirs, plain)

    def _transform(self, event: Members) -> Members | str:
        inputs = self._drawn(event, "input")
        outputs = self._made(event, "output")
        if isinstance(outputs, str):
            return outputs
        if not inputs or not outputs:
            return (
                "a transformation with inputs alone or outputs alone, and no other part of it here: cannot be balanced"
            )
        stage = event.get(f"{EXTENSION}:stage") or self._values.get("stage", {}).get(
            _word(event.get("bizStep")), self._constants.get("stage")
        )
        if stage is None:
            raise InputError(
                "EPCIS does not say which stage; give `stage` under [constants], or by business step under [values.stage]",
                field="stage",
            )
        return {
            **self._common(event),
            **self._extras(event),
            "type": "transform",
            "stage": stage,
            "inputs": inputs,
            "outputs": outputs,
        }

    def _created(self, event: Members, kind: str) -> Members | str:
        outputs = self._made(event, "")
        if isinstance(outputs, str):
            return outputs
        return {**self._common(event), **self._extras(event), "type": kind, "outputs": outputs}

    def _ended(self, event: Members) -> Members | str:
        lots = self._drawn(event, "")
        return (
            {**self._common(event), **self._extras(event), "type": "dispose", "lots": lots}
            if lots
            else "ends nothing that is named"
        )

    def _shipped(self, event: Members) -> Members | str:
        to = next(
            (
                place["destination"]
                for kind in ("location", "possessing_party", "owning_party")
                for place in event.get("destinationList", [])
                if _word(place["type"]) == kind
            ),
            None,
        )
        said = event.get(f"{EXTENSION}:to") or (
            self._values.get("to", {}).get(to, self._ours("site", to)) if to else self._constants.get("to")
        )
        if said is None:
            raise InputError(
                "a shipment without `destinationList`; give `to` under [constants] in a mapping",
                field="destinationList",
            )
        lots = self._drawn(event, "")
        return (
            {**self._common(event), **self._extras(event), "type": "ship", "to": said, "lots": lots}
            if lots
            else "ships nothing that is named"
        )

    def _received(self, event: Members) -> Members | str:
        lots = self._drawn(event, "")
        made = {**self._common(event), "result": "accepted", **self._extras(event), "type": "receive", "lots": lots}
        return made if lots else "receives nothing that is named"

    def _extras(self, event: Members) -> Members:
        """What a document of Monazite's own says beyond EPCIS."""
        said = event.get(f"{EXTENSION}:members")
        return dict(said) if isinstance(said, dict) else {}

    def _drawn(self, event: Members, side: str) -> list[Members]:
        found: list[Members] = []
        for lot, quantity in _things(event, side):
            mass = self._mass(lot, quantity)
            found.append({"lot": lot, **({"mass": mass} if mass is not None else {})})
        return found

    def _made(self, event: Members, side: str) -> list[Members] | str:
        found: list[Members] = []
        own = event.get(f"{EXTENSION}:outputs")
        said = {item.get("lot"): item for item in own if isinstance(item, dict)} if isinstance(own, list) else {}
        for lot, quantity in _things(event, side):
            if lot in said:
                found.append(dict(said[lot]))
                continue
            mass = self._mass(lot, quantity)
            if mass is None:
                amount = (
                    "no quantity"
                    if quantity is None or "quantity" not in quantity
                    else f"{quantity['quantity']} without a unit of mass"
                )
                return (
                    f"cannot be balanced: {lot} is made with {amount}; a mapping can give the mass of one under [items]"
                )
            form = self._values.get("form", {}).get(
                lot, self._values.get("form", {}).get(_class(lot), self._constants.get("form"))
            )
            if form is None:
                raise InputError(
                    f"EPCIS does not say what {lot} is; give its form under [values.form], or `form` under [constants]",
                    field="form",
                )
            found.append({"lot": lot, "form": form, "mass": mass})
        return found

    def _mass(self, lot: str, quantity: Members | None) -> Members | None:
        """A mass, exact, or None where there is none."""
        each = self._items.get(lot, self._items.get(_class(lot)))
        if quantity is None or "quantity" not in quantity:
            return _scaled(Decimal(1), each) if each and quantity is None else None
        number = Decimal(str(quantity["quantity"]))
        unit = quantity.get("uom")
        if unit is None:
            return _scaled(number, each) if each else None
        if unit not in UNITS:
            return None
        return _scaled(number, UNITS[unit])


def _place(event: Members) -> str | None:
    """Where it happened: the read point, else where the things are afterwards."""
    place = event.get("readPoint") or event.get("bizLocation")
    return str(place["id"]) if place else None


def _things(event: Members, side: str) -> Iterable[tuple[str, Members | None]]:
    """(identifier, quantity) of one side's lists; a thing of the EPC list has none, for it is one."""
    epcs, quantities = (f"{side}EPCList", f"{side}QuantityList") if side else ("epcList", "quantityList")
    for epc in event.get(epcs, []):
        yield epc, None
    for item in event.get(quantities, []):
        yield item["epcClass"], item


def _scaled(number: Decimal, each: str) -> Members:
    factor, unit = each.split()
    return {"mg": amounts.mass(format(number * Decimal(factor), "f"), unit, "quantity")}


def _class(lot: str) -> str:
    """The class of a thing: a URN without its last part."""
    return lot.rpartition(".")[0] if lot.startswith("urn:epc:") else lot.rpartition("/")[0]


def _word(term: str | None) -> str:
    """A term of CBV without its prefix: `urn:epcglobal:cbv:bizstep:shipping` and `https://ref.gs1.org/cbv/BizStep-shipping` are `shipping`."""
    return re.split(r"[:/#]|BizStep-|SDT-", term)[-1] if term else ""


def _ref(event: Members) -> str:
    """The event's own id, verbatim; else one made of its content, the same for the same event."""
    own = event.get("eventID")
    if isinstance(own, str) and len(own) <= LONGEST_REF:
        return own
    content = {
        name: value
        for name, value in event.items()
        if name not in ("eventID", "recordTime", "errorDeclaration", "@context")
    }
    return "epcis:" + hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


LONGEST_REF = 128


def _at(time: str, offset: str) -> str:
    """The moment at the place where it happened: `eventTime` is an instant, `eventTimeZoneOffset` its clock (EPCIS 2.0, 7.4.2)."""
    moment = datetime.fromisoformat(re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", time))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    hours, minutes = int(offset[1:3]), int(offset[4:6])
    away = timedelta(hours=hours, minutes=minutes)
    moment = moment.astimezone(timezone(-away if offset[0] == "-" else away))
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds")


def _left_out(event: Members) -> list[str]:
    return [name for name in event if (name not in _SAID or name in NOT_TAKEN) and not name.startswith(f"{EXTENSION}:")]


def _joined(found: Sequence[Found], notes: list[str]) -> list[Found]:
    """The events, with the parts of one long process as one: those of a `transformationID` (EPCIS 2.0, 7.4.6), where the last part stands."""
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
        last = max(items, key=lambda item: (_at(item.event["eventTime"], "+00:00"), item.number))
        event = dict(last.event)
        for side in ("inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList"):
            listed = [thing for item in items for thing in item.event.get(side, [])]
            if listed:
                event[side] = listed
        event["eventID"] = name if len(name) <= LONGEST_REF else event.get("eventID")
        whole[last.number] = Found(last.number, event)
        left |= {item.number for item in items} - {last.number}
        notes.append(f"events {', '.join(str(item.number) for item in items)} are one process, {name}")
    return [whole.get(item.number, item) for item in found if item.number not in left]
