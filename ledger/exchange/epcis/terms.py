"""EPCIS's words in ours: units, business steps, identifiers, times.

GS1 EPCIS 2.0 and CBV 2.0; units of UN/ECE Recommendation 20. Identifiers stay as they are written; what has no URI in the
ledger gets one below `NAMESPACE`, and is read back from it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any
from urllib.parse import quote, unquote

from ledger.errors import InputError
from ledger.exchange import amounts

Members = dict[str, Any]

UNITS = {
    "KGM": "1 kg",
    "GRM": "1 g",
    "MGM": "1 mg",
    "MC": "0.001 mg",
    "CGM": "10 mg",
    "DG": "100 mg",
    "DJ": "10 g",
    "HGM": "100 g",
    "DTN": "100 kg",
    "TNE": "1 t",
    "2U": "1 t",
    "KTN": "1000 t",
    "CTM": "200 mg",
    "GRN": "64.79891 mg",
    "ONZ": "0.028349523125 kg",
    "APZ": "31.1034768 g",
    "LBR": "0.45359237 kg",
    "STI": "6.35029318 kg",
    "CWA": "45.359237 kg",
    "CWI": "50.80234544 kg",
    "STN": "907.18474 kg",
    "LTN": "1016.0469088 kg",
}
"""Units of mass of UN/ECE Recommendation 20, exact: all are defined by the kilogram (avoirdupois pound 0.45359237 kg)."""
SHIPPING = ("shipping", "departing", "dispatching")
RECEIVING = ("receiving", "arriving", "accepting")
NAMESPACE = "https://monazite.example/epcis/1/"
OWN = "monazite:event"
"""The member in which documents that Monazite wrote carry the event itself: EPCIS has no word for most of what it says."""
LONGEST_REF = 128
SHOWN = 10
"""Most event numbers that a note names."""
_EXACT = Context(prec=400, rounding=ROUND_HALF_EVEN)
_PLAIN = re.compile(
    r"(?:urn:[A-Za-z0-9][A-Za-z0-9-]{1,30}:|https?://[A-Za-z0-9])(?:[A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-F]{2})+"
)
_CBV = re.compile(
    r"(?:urn:epcglobal:cbv:(?:bizstep|sdt):|(?:cbv:|https?://(?:ref\.gs1\.org/cbv|(?:www\.)?gs1\.org/voc)/)(?:BizStep-|SDT-))([A-Za-z0-9_]+)"
)
_QUALIFIED = re.compile(r"(.*/(?:01|8006|gtin|itip)/[^/]+)/(?:10|21|235|lot|ser)/.*")


def uri(kind: str, name: str) -> str:
    """The URI of a lot, site, party or event: its own name where that is one."""
    if _PLAIN.fullmatch(name) and not name.startswith(NAMESPACE):
        return name
    return f"{NAMESPACE}{kind}/{quote(name, safe='')}"


def name_of(kind: str, text: str) -> str:
    """What `uri` was made from; any other URI verbatim."""
    prefix = f"{NAMESPACE}{kind}/"
    return unquote(text.removeprefix(prefix)) if text.startswith(prefix) else text


def word(term: str | None) -> str:
    """A term of CBV without its prefix: `urn:epcglobal:cbv:bizstep:shipping`, `cbv:BizStep-shipping` and its web URI are `shipping`.

    Somebody else's term stays whole, whatever it ends in: `https://example.com/steps/shipping` need not be CBV's.
    """
    found = _CBV.fullmatch(term or "")
    return found[1] if found else term or ""


def ref(event: Members) -> str:
    """The event's own id, verbatim; else one made of its content, the same for the same event whatever is declared of it."""
    own = event.get("eventID")
    if isinstance(own, str):
        return own if len(own) <= LONGEST_REF else f"epcis:{hashlib.sha256(own.encode()).hexdigest()}"
    content = {
        name: value
        for name, value in event.items()
        if name not in ("eventID", "recordTime", "errorDeclaration", "@context")
    }
    return f"epcis:{hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()}"


def moment(text: str, field: str) -> datetime:
    """An instant as EPCIS writes it, to the microsecond.

    Raises:
        InputError: no such time, as a leap second or a year before the first.
    """
    try:
        return datetime.fromisoformat(re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", text.upper()))
    except ValueError as error:
        raise InputError(f"{text[:40]} is no time that a ledger can hold", field=field) from error


def local(time: str, offset: str, field: str = "eventTime") -> str:
    """The moment on the clock of the place: `eventTime` is an instant, `eventTimeZoneOffset` says which clock (EPCIS 2.0, 7.4.2).

    Raises:
        InputError: no such time.
    """
    away = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6]))
    try:
        there = moment(time, field).astimezone(timezone(-away if offset[0] == "-" else away))
    except OverflowError as error:
        raise InputError(f"{time[:40]} is no time that a ledger can hold", field=field) from error
    return there.isoformat(timespec="microseconds" if there.microsecond else "seconds")


def place(event: Members) -> str | None:
    """Where it happened: the read point, else where the things are afterwards."""
    where = event.get("readPoint") or event.get("bizLocation")
    return str(where["id"]) if where else None


def things(event: Members, side: str) -> Iterator[tuple[str, Members | None]]:
    """(identifier, quantity) of one side's lists; a thing of the EPC list has none, for it is one."""
    epcs, quantities = (f"{side}EPCList", f"{side}QuantityList") if side else ("epcList", "quantityList")
    for epc in event.get(epcs, []):
        yield name_of("lot", epc), None
    for item in event.get(quantities, []):
        yield name_of("lot", item["epcClass"]), item


def class_of(lot: str) -> str:
    """The class of a thing: a URN without its last part, a Digital Link without its lot or serial number."""
    if lot.startswith("urn:epc:"):
        return lot.rpartition(".")[0]
    found = _QUALIFIED.fullmatch(lot)
    return found[1] if found else lot.rpartition("/")[0]


def scaled(number: Decimal | int, each: str) -> Members:
    """A mass, exact, of a number of things or units of `each`, as `12.5 g`.

    Raises:
        InputError: negative, beyond what a ledger holds, or finer than a milligram.
    """
    factor, unit = each.split()
    return {"mg": amounts.mass(format(_EXACT.multiply(Decimal(number), Decimal(factor)), "f"), unit, "quantity")}


def mass(lot: str, quantity: Members | None, items: dict[str, str], units: dict[str, str]) -> Members | None:
    """The mass of a thing or of an amount of a class; None where nobody says it.

    Args:
        lot: its identifier.
        quantity: what the event says of it; nothing of a single thing.
        items: the mass of one, by identifier or class.
        units: units of mass that a mapping knows beside `UNITS`.

    Raises:
        InputError: as `scaled`.
    """
    each = items.get(lot, items.get(class_of(lot)))
    if quantity is None:
        return scaled(1, each) if each else None
    if "quantity" not in quantity:
        return None
    unit = quantity.get("uom")
    if unit is None:
        return scaled(quantity["quantity"], each) if each else None
    known = UNITS.get(unit, units.get(unit))
    return scaled(quantity["quantity"], known) if known else None


def amount(quantity: Members | None) -> str:
    """An amount without a mass, in words, and what a mapping can do about it."""
    if quantity is None or "quantity" not in quantity:
        return "no quantity; a mapping can give the mass of one under [items]"
    unit = quantity.get("uom")
    if unit:
        return f"{quantity['quantity']} {unit}, which is no unit of mass known here; a mapping can say what it is under [units]"
    return f"{quantity['quantity']} without a unit; a mapping can give the mass of one under [items]"


def numbered(numbers: Sequence[int]) -> str:
    """Events by number, at most `SHOWN` of them."""
    listed = ", ".join(str(number) for number in numbers[:SHOWN])
    more = f" and {len(numbers) - SHOWN} more" if len(numbers) > SHOWN else ""
    return f"event{'s' if len(numbers) > 1 else ''} {listed}{more}"
