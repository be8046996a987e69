"""Events of custody as GS1 EPCIS 2.0 says them, for whoever reads EPCIS, and whole in `monazite:event`, for whoever imports.

EPCIS has no words for composition, uncertainty, losses, origin or disputes, and splitting an event into what it can say and
what it cannot would make two halves that may disagree. So the event stands whole beside its EPCIS members, and a reader
that finds another EPCIS event than this module writes for it refuses both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import msgspec

from ledger.errors import InputError
from ledger.exchange.epcis.terms import NAMESPACE, OWN, Members, moment, uri, word
from ledger.exchange.given import Given, Lost

CONTEXT: list[Any] = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"monazite": NAMESPACE, OWN: {"@type": "@json"}},
]
"""GS1's vocabulary, and our one member as a JSON literal (JSON-LD 1.1, 4.2.2)."""
_MG_OF_KG = 10**6
_FARTHEST = 14 * 60
_ENDS = {"waste": "destroying"}
_ARRIVALS = {"accepted": "receiving", "disputed": "arriving"}
_COMPARED = (
    "type", "action", "bizStep", "eventTime", "eventTimeZoneOffset", "readPoint", "bizLocation", "destinationList", "epcList", "quantityList",
    "inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList", "transformationID", "parentID", "childEPCs", "childQuantityList",
)  # fmt: skip


def event_id(members: Members, digest: str = "") -> str:
    """The id of an event: its own name where that is a URI, else one of its actor and name, or of its hash where it has none."""
    name = members.get("ref")
    if name is None:
        return f"{NAMESPACE}event/{digest}"
    found = uri("event", name)
    return found if found == name else f"{NAMESPACE}event/{members['actor']}/{quote(name, safe='')}"


def said(members: Members, digest: str = "") -> Members:
    """What EPCIS can say of an event of custody; a retraction is said by `declared`."""
    made: Members = {
        "eventID": event_id(members, digest),
        "eventTime": members["at"],
        "eventTimeZoneOffset": _offset(members["at"]),
    }
    if "site" in members:
        made["readPoint"] = {"id": uri("site", members["site"])}
    kind = members["type"]
    if kind == "transform":
        return {
            "type": "TransformationEvent",
            **made,
            "bizStep": "creating_class_instance",
            "inputQuantityList": _quantities(members["inputs"]),
            "outputQuantityList": _quantities(members["outputs"]),
        }
    made = {"type": "ObjectEvent", **made, "action": "OBSERVE", "bizStep": "inspecting"}
    match kind:
        case "extract" | "recover" | "declare":
            made |= {"action": "ADD", "bizStep": "commissioning", "quantityList": _quantities(members["outputs"])}
        case "ship":
            made |= {
                "bizStep": "shipping",
                "destinationList": [{"type": "possessing_party", "destination": uri("party", members["to"])}],
            }
        case "receive":
            made["bizStep"] = _ARRIVALS[members["result"]]
        case "dispose":
            made |= {"action": "DELETE", "bizStep": _ENDS.get(members.get("how", ""), "decommissioning")}
        case "assay":
            made["quantityList"] = _quantities([members])
        case _:
            pass
    return {**made, "quantityList": made.get("quantityList") or _quantities(members["lots"])}


def declared(members: Members, target: Members, target_digest: str = "") -> Members:
    """A retraction: the event that is void, said again with an error declaration."""
    declaration: Members = {"declarationTime": members["at"]}
    if "replacement" in members:
        declaration["correctiveEventIDs"] = [event_id({**target, "ref": members["replacement"]})]
    return {**said(target, target_digest), "errorDeclaration": declaration}


def told(events: Iterable[Given], lost: Lost) -> Iterator[tuple[Members, Members]]:
    """What EPCIS says of events, each with the event itself; those that it has no event for are counted among what is lost."""
    for item in events:
        subject = item.void[0] if item.void else item.members
        if subject["type"] == "attest" and "lots" not in subject:
            lost["attestations of parties or sites alone, which are nothing that EPCIS tracks"] += 1
        elif item.void:
            yield declared(item.members, *item.void), item.members
        else:
            yield said(item.members, item.digest), item.members


def document(events: Iterable[tuple[Members, Members]], created: str) -> Iterator[bytes]:
    """The bytes of an EPCIS document, piece by piece: (what EPCIS says, the event itself) of each event."""
    encoder = msgspec.json.Encoder(decimal_format="number")
    head = {"@context": CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": created}
    yield encoder.encode(head)[:-1] + b',"epcisBody":{"eventList":['
    before = b"\n"
    for view, members in events:
        yield before + encoder.encode({**view, OWN: members})
        before = b",\n"
    yield b"\n]}}\n"


def check(event: Members, members: Members) -> None:
    """Refuse an event whose EPCIS members say something else than the event that it carries.

    Raises:
        InputError: they differ; says where. Or the event carries none that can be compared.
    """
    declaration = event.get("errorDeclaration")
    try:
        if members["type"] == "retract":
            if not isinstance(declaration, dict):
                raise _differing("errorDeclaration")
            _same("declarationTime", members["at"], declaration["declarationTime"])
            return
        view = said(members)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError("is no event of custody in version 1", field=OWN) from error
    if declaration is not None:
        raise _differing("errorDeclaration")
    for name in _COMPARED:
        _same(name, view.get(name), event.get(name))
    if "ref" in members:
        _same("eventID", view["eventID"], event.get("eventID"))


def _same(name: str, ours: Any, theirs: Any) -> None:  # noqa: ANN401  (JSON)
    match name:
        case "eventTime" | "declarationTime":
            # A repository may spell the same instant in another way.
            same = moment(ours, name) == moment(theirs, name)
        case "bizStep" | "type":
            same = word(ours) == word(theirs)
        case _:
            same = ours == theirs
    if not same:
        raise _differing(name)


def _differing(name: str) -> InputError:
    return InputError(f"is not what `{OWN}` beside it says; one of the two was changed", field=name)


def _offset(at: str) -> str:
    """The local offset; EPCIS knows none beyond 14 hours, and the instant says all that is left then."""
    found = "+00:00" if at.endswith("Z") else at[-6:]
    minutes = int(found[1:3]) * 60 + int(found[4:6])
    return found if minutes <= _FARTHEST else "+00:00"


def _quantities(items: Iterable[Members]) -> list[Members]:
    """Lots with their masses in kilograms, exact; one without a mass is all that is left, which EPCIS leaves open."""
    found: list[Members] = []
    for item in items:
        made: Members = {"epcClass": uri("lot", item["lot"])}
        if "mass" in item:
            mg = item["mass"]["mg"]
            kilograms = mg // _MG_OF_KG if mg % _MG_OF_KG == 0 else Decimal(mg).scaleb(-6).normalize()
            made |= {"quantity": kilograms, "uom": "KGM"}
        found.append(made)
    return found
