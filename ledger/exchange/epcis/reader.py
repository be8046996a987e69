"""One EPCIS event to the event of custody that it is, or the words why it is none.

GS1 EPCIS 2.0 and CBV 2.0. Identifiers stay as they are written; sites and parties are those of the ledger, so a mapping
gives them (`[values.site]`, `[values.actor]`, `[values.to]`, `[values.form]`, `[values.stage]`) and a default where
the document is silent (`[constants]`). Nothing is guessed: a quantity without a unit of mass cannot be balanced, so its
event is listed and not recorded unless the mapping gives the mass of one (`[items]`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from typing import Any

from ledger.errors import BatchError, InputError
from ledger.exchange import amounts
from ledger.exchange.epcis import terms, written
from ledger.exchange.epcis.document import Found
from ledger.exchange.epcis.terms import OWN, Members, amount, name_of, place, things, word
from ledger.exchange.mapping import Mapping
from ledger.model.text import ID_PATTERN

IN_ERROR = " in error"
"""Ends the name of the retraction that an error declaration becomes."""
_ABSENT = (
    "declares an error in an event that is neither recorded of this file nor in the ledger; nothing is recorded of it"
)
_PART = (
    "declares an error in a part of a process that the ledger has as one event; retract that event, and record the process "
    "anew; nothing is recorded of it"
)


class Reader:
    """One document's events, with the words of a mapping."""

    def __init__(self, mapping: Mapping | None) -> None:
        self._values = mapping.values if mapping else {}
        self._constants = mapping.constants if mapping else {}
        self._items = mapping.items if mapping else {}
        self._units = mapping.units if mapping else {}
        self._lacking: list[InputError] = []

    def event(self, item: Found) -> Members | str:
        """The members of the event that one of EPCIS becomes, or why it becomes none.

        Raises:
            BatchError: it would be one, and what only a mapping can say is not said; all of it.
            InputError: something is wrong.
        """
        event = item.event
        if OWN in event:
            return self._whole(event)
        self._lacking.clear()
        made = self._made_of(event)
        if self._lacking and not isinstance(made, str):
            raise BatchError(self._lacking)
        return made

    def _lack(self, message: str, field: str) -> str:
        """Note what a mapping must say; gives a word that stands for it until the event is refused."""
        self._lacking.append(InputError(message, field=field))
        return ""

    def _made_of(self, event: Members) -> Members | str:
        step = word(event.get("bizStep"))
        match event["type"]:
            case "TransformationEvent":
                return self._transform(event)
            case "ObjectEvent" if event["action"] == "ADD":
                return self._created(event)
            case "ObjectEvent" if event["action"] == "DELETE":
                return self._touched(event, {"type": "dispose"})
            case "ObjectEvent" if step in terms.SHIPPING:
                return self._shipped(event)
            case "ObjectEvent" if step in terms.RECEIVING:
                return self._touched(event, {"type": "receive", "result": "accepted"})
            case "ObjectEvent":
                return f"an observation ({step or 'no business step'}) moves and changes no material"
            case "AggregationEvent" | "AssociationEvent":
                return "says what is packed or fitted together; the lots stay what they are"
            case _:
                return "joins business documents to things; no lot moves or changes"

    def retraction(self, item: Found, told: Collection[tuple[str, str]]) -> Members | str:
        """The retraction that an error declaration is, or why it is none. Raises as `event`."""
        if OWN in item.event:
            members = self._whole(item.event)
            there = (str(members.get("actor")), str(members.get("target"))) in told
            return members if there else _ABSENT
        ref = terms.ref(item.event)
        names = {name for _actor, name in told}
        if ref not in names:
            return _PART if item.event.get("transformationID") in names else _ABSENT
        declared = item.event["errorDeclaration"]
        self._lacking.clear()
        actor = self._actor(item.event)
        if self._lacking:
            raise BatchError(self._lacking)
        if (actor, ref) not in told:
            return f"declares an error in an event of another party than {actor}, who alone can retract it; nothing is recorded of it"
        name = ref if len(ref) + len(IN_ERROR) <= terms.LONGEST_REF else hashlib.sha256(ref.encode()).hexdigest()
        reason = declared.get("reason")
        instead = [found for found in declared.get("correctiveEventIDs", []) if (actor, found) in told]
        return {
            "type": "retract",
            "actor": actor,
            "ref": f"{name}{IN_ERROR}",
            "at": terms.local(
                declared["declarationTime"], item.event["eventTimeZoneOffset"], "errorDeclaration.declarationTime"
            ),
            "target": ref,
            "reason": str(reason)[:500] if reason else "an error is declared, without a reason",
            **({"replacement": instead[0]} if instead else {}),
        }

    def _whole(self, event: Members) -> Members:
        """The event that a document of Monazite's own carries."""
        members = event[OWN]
        if not isinstance(members, dict):
            raise InputError("is no event", field=OWN)
        written.check(event, members)
        return members

    def _common(self, event: Members) -> Members:
        made: Members = {
            "ref": terms.ref(event),
            "at": terms.local(event["eventTime"], event["eventTimeZoneOffset"]),
            "actor": self._actor(event),
        }
        where = place(event)
        site = (
            self._ours("site", where, "readPoint.id" if "readPoint" in event else "bizLocation.id")
            if where is not None
            else self._constants.get("site")
        )
        return {**made, "site": site} if site is not None else made

    def _actor(self, event: Members) -> str:
        said = self._values.get("actor", {}).get(str(place(event)), self._constants.get("actor"))
        if said is None:
            return self._lack(
                "EPCIS does not say who speaks; give `actor` under [constants], or by place under [values.actor], in a mapping",
                "actor",
            )
        return said

    def _ours(self, name: str, theirs: str, field: str) -> str:
        """Our name of something of theirs; the same where the mapping is silent and it can be one of ours."""
        found = self._values.get(name, {}).get(theirs, name_of(name, theirs))
        if found == theirs and not re.fullmatch(ID_PATTERN, found):
            return self._lack(
                f"{amounts.quoted(theirs)} has no name in the ledger; give it under [values.{name}] in a mapping", field
            )
        return found

    def _transform(self, event: Members) -> Members | str:
        inputs = self._drawn(event, "input")
        outputs = self._made(event, "output")
        for found in (inputs, outputs):
            if isinstance(found, str):
                return found
        if not inputs or not outputs:
            return (
                "cannot be balanced: a transformation with inputs alone or outputs alone, and no other part of it here"
            )
        stage = self._values.get("stage", {}).get(word(event.get("bizStep")), self._constants.get("stage"))
        if stage is None:
            stage = self._lack(
                "EPCIS does not say which stage; give `stage` under [constants], or by business step under [values.stage]",
                "stage",
            )
        return {**self._common(event), "type": "transform", "stage": stage, "inputs": inputs, "outputs": outputs}

    def _created(self, event: Members) -> Members | str:
        outputs = self._made(event, "")
        if isinstance(outputs, str):
            return outputs
        return {**self._common(event), "type": "declare", "outputs": outputs} if outputs else "names nothing"

    def _touched(self, event: Members, said: Members) -> Members | str:
        lots = self._drawn(event, "")
        if isinstance(lots, str):
            return lots
        return {**self._common(event), **said, "lots": lots} if lots else "names nothing"

    def _shipped(self, event: Members) -> Members | str:
        where = next(
            (
                item["destination"]
                for kind in ("location", "possessing_party", "owning_party")
                for item in event.get("destinationList", [])
                if word(item["type"]) == kind
            ),
            None,
        )
        to = (
            self._constants.get("to")
            if where is None
            else self._values.get("to", {}).get(where)
            or self._values.get("site", {}).get(where)
            or self._ours("to", where, "destinationList")
        )
        if to is None:
            to = self._lack(
                "a shipment without `destinationList`; give `to` under [constants] in a mapping",
                "destinationList",
            )
        return self._touched(event, {"type": "ship", "to": to})

    def _drawn(self, event: Members, side: str) -> list[Members] | str:
        """What an event takes of lots: a thing is taken whole, an amount needs a unit of mass."""
        found: dict[str, Members] = {}
        for lot, quantity in things(event, side):
            mass = terms.mass(lot, quantity, self._items, self._units)
            if mass is None and quantity is not None:
                return f"cannot be balanced: {lot} is drawn on with {amount(quantity)}"
            _add(found, {"lot": lot, **({"mass": mass} if mass is not None else {})})
        return list(found.values())

    def _made(self, event: Members, side: str) -> list[Members] | str:
        """The lots that an event creates, or why nobody could balance them."""
        found: dict[str, Members] = {}
        for lot, quantity in things(event, side):
            mass = terms.mass(lot, quantity, self._items, self._units)
            if mass is None:
                return f"cannot be balanced: {lot} is made with {amount(quantity)}"
            forms = self._values.get("form", {})
            form = forms.get(lot, forms.get(terms.class_of(lot), self._constants.get("form")))
            if form is None:
                form = self._lack(
                    f"EPCIS does not say what {lot} is; give its form under [values.form], or `form` under [constants]",
                    "form",
                )
            _add(found, {"lot": lot, "form": form, "mass": mass})
        return list(found.values())


def _add(found: dict[str, Members], item: Members) -> None:
    """Add a lot, or its mass where it stands there already: parts of a process draw on one lot again and again.

    Raises:
        InputError: a thing stands twice, which cannot be.
    """
    earlier: Any = found.setdefault(item["lot"], item)
    if earlier is item:
        return
    if "mass" not in earlier or "mass" not in item:
        raise InputError(f"{item['lot']} stands twice in one event", field="epcList")
    earlier["mass"] = {"mg": earlier["mass"]["mg"] + item["mass"]["mg"]}
