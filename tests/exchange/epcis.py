"""EPCIS documents for the tests: events given by what differs from a plain one."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ledger.exchange import mapping as mappings
from ledger.exchange import sources
from ledger.exchange.sources import Source

VECTORS = Path(__file__).resolve().parents[2] / "fixtures" / "vectors" / "epcis"
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
PLACE = "urn:epc:id:sgln:0614141.00777.0"
LOT = "urn:epc:class:lgtin:4012345.012345.998877"
OTHER = "urn:epc:class:lgtin:4012345.012345.998878"
THING = "urn:epc:id:sgtin:0614141.107346.2017"
MAPPING = f"""name = "plant"
version = "1"
[constants]
actor = "kuantan"
stage = "separate"
form = "oxide-nd"
to = "tokyo"
[values.site]
"{PLACE}" = "gebeng"
"""
COMMON: dict[str, Any] = {
    "eventTime": "2026-11-10T00:30:00.000Z",
    "eventTimeZoneOffset": "+08:00",
    "readPoint": {"id": PLACE},
}
OBJECT: dict[str, Any] = {"type": "ObjectEvent", **COMMON, "action": "OBSERVE"}
TRANSFORM: dict[str, Any] = {"type": "TransformationEvent", **COMMON}


def amount(lot: str = LOT, quantity: Any = 5, uom: str | None = "KGM") -> dict[str, Any]:
    return {"epcClass": lot, "quantity": quantity, **({"uom": uom} if uom else {})}


def written(*events: dict[str, Any], **members: Any) -> bytes:
    document = {
        "@context": [CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-11T00:00:00Z",
        "epcisBody": {"eventList": list(events)},
        **members,
    }
    return json.dumps(document).encode()


def read(
    data: bytes, text: str | None = MAPPING, known: Collection[tuple[str, str]] = (), file: str = "e.json"
) -> Source:
    mapping = mappings.parse(text.encode(), "m.toml") if text is not None else None
    return sources.read(data, file, "epcis", mapping=mapping, known=lambda _refs: known)


def drafted(*events: dict[str, Any], text: str | None = MAPPING) -> list[dict[str, Any]]:
    found = read(written(*events), text)
    assert [str(error) for error in found.errors] == []
    return [draft.members for draft in found.drafts]


def only(event: dict[str, Any], text: str | None = MAPPING) -> dict[str, Any]:
    (members,) = drafted(event, text=text)
    return members


def noted(*events: dict[str, Any], text: str | None = MAPPING) -> list[str]:
    found = read(written(*events), text)
    assert not found.errors
    assert not found.drafts
    return found.notes


def faults(*events: dict[str, Any], text: str | None = MAPPING) -> list[tuple[int | None, str | None, str]]:
    found = read(written(*events), text)
    assert {error.unit for error in found.errors} <= {"event"}
    return [(error.line, error.field, error.message) for error in found.errors]
