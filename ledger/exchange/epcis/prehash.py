"""The text of an event that the event hash of CBV 2.0 is taken of (section 8.9, "pre-hash string"), in each of its readings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from ledger.exchange.epcis.identifiers import canonical
from ledger.exchange.epcis.terms import Members


class Reading(NamedTuple):
    """How an implementation reads the standard where its words and its examples part.

    Attributes:
        type_first: the type of a business transaction, source or destination stands before its value; rule 13 says after it.
        extensions_last: extensions within a field stand at the end of the event; rule 21 says at the end of the field.
    """

    type_first: bool
    extensions_last: bool


_CBV, _VOC = "https://ref.gs1.org/cbv/", "https://gs1.org/voc/"
_PREFIXES = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": _CBV,
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": _VOC,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
_URNS = {
    "urn:epcglobal:cbv:bizstep:": f"{_CBV}BizStep-",
    "urn:epcglobal:cbv:disp:": f"{_CBV}Disp-",
    "urn:epcglobal:cbv:btt:": f"{_CBV}BTT-",
    "urn:epcglobal:cbv:sdt:": f"{_CBV}SDT-",
    "urn:epcglobal:cbv:er:": f"{_CBV}ER-",
}
_LEFT_OUT = frozenset({"recordTime", "eventID", "errorDeclaration", "@context", "rdfs:comment", "comment"})
_QUANTITY = ("epcClass", "quantity", "uom")
_REPORT = (
    "type", "exception", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "time", "microorganism", "chemicalSubstance", "value",
    "component", "stringValue", "booleanValue", "hexBinaryValue", "uriValue", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue",
    "uom", "coordinateReferenceSystem",
)  # fmt: skip
_METADATA = (
    "time",
    "startTime",
    "endTime",
    "deviceID",
    "deviceMetadata",
    "rawData",
    "dataProcessingMethod",
    "bizRules",
)
_ORDER = (
    "type", "eventTime", "eventTimeZoneOffset", "certificationInfo", "epcList", "parentID", "inputEPCList", "childEPCs", "quantityList",
    "childQuantityList", "inputQuantityList", "outputEPCList", "outputQuantityList", "action", "transformationID", "bizStep", "disposition",
    "persistentDisposition", "readPoint", "bizLocation", "bizTransactionList", "sourceList", "destinationList", "sensorElementList", "ilmd",
)  # fmt: skip
_EPCS = frozenset({"epcList", "inputEPCList", "childEPCs", "outputEPCList"})
_QUANTITIES = frozenset({"quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"})
_TYPED = {
    "bizTransactionList": ("bizTransaction", "BTT-"),
    "sourceList": ("source", "SDT-"),
    "destinationList": ("destination", "SDT-"),
}
_TERMS = {"bizStep": f"{_CBV}BizStep-", "disposition": f"{_CBV}Disp-"}
_OF_REPORT = {"type": _VOC, "exception": _VOC, "component": f"{_CBV}Comp-"}
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def prehash(event: Members, context: Any, reading: Reading) -> str:  # noqa: ANN401  (JSON)
    """The text. Raises nothing: whatever a valid event holds has a place in it."""
    return _Text(event, context, reading).text()


class _Text:
    """One event's text, and the prefixes that its names have."""

    def __init__(self, event: Members, context: Any, reading: Reading) -> None:  # noqa: ANN401  (JSON)
        self._event = event
        self._reading = reading
        self._prefixes = dict(_PREFIXES)
        for part in (context, event.get("@context")):
            for item in part if isinstance(part, list) else [part]:
                if isinstance(item, dict):
                    self._prefixes |= {str(name): value for name, value in item.items() if isinstance(value, str)}
        self._declared(event)
        self._last: list[str] = []

    def _declared(self, value: Any) -> None:  # noqa: ANN401  (JSON)
        """Take prefixes that an event declares within itself (`@xmlns:example`)."""
        if isinstance(value, dict):
            for name, inner in value.items():
                if name.startswith("@xmlns:") and isinstance(inner, str):
                    self._prefixes[name.removeprefix("@xmlns:")] = inner
                self._declared(inner)
        elif isinstance(value, list):
            for inner in value:
                self._declared(inner)

    def text(self) -> str:
        event = self._event
        made = "".join(self._field(name, event[name]) for name in _ORDER if name in event)
        extensions = [self._custom(name, value) for name, value in event.items() if name not in _ORDER]
        return made + "".join(sorted([*extensions, *self._last]))

    def _field(self, name: str, value: Any) -> str:  # noqa: ANN401  (JSON)
        if name == "type":
            return self._pair("eventType", value)
        if name in _EPCS and isinstance(value, list):
            return self._listed(name, (self._pair("epc", item) for item in value))
        if name in _QUANTITIES and isinstance(value, list):
            return self._listed(name, (f"quantityElement{self._ordered(item, _QUANTITY)}" for item in value))
        if name in _TYPED and isinstance(value, list):
            return self._listed(name, (self._typed(item, *_TYPED[name]) for item in value))
        if name == "sensorElementList" and isinstance(value, list):
            return self._sensors(value)
        if name == "persistentDisposition" and isinstance(value, dict):
            return name + "".join(
                "".join(sorted(self._pair(key, self._term(item, f"{_CBV}Disp-")) for item in _listed(value[key])))
                for key in ("set", "unset")
                if key in value
            )
        if name in ("readPoint", "bizLocation") and isinstance(value, dict):
            return name + self._ordered(value, ("id",), within=name)
        if name == "ilmd" and isinstance(value, dict):
            return name + self._children(value)
        if isinstance(value, list):
            return "".join(sorted(self._custom(name, item) for item in value))
        return self._pair(name, self._term(value, _TERMS[name]) if name in _TERMS else value)

    def _listed(self, name: str, items: Iterable[str]) -> str:
        found = sorted(items)
        return name + "".join(found) if found else ""

    def _typed(self, item: Any, value: str, prefix: str) -> str:  # noqa: ANN401  (JSON)
        if not isinstance(item, dict):
            return self._pair(value, item)
        what = self._pair(value, item[value]) if value in item else ""
        kind = self._pair("type", self._term(item["type"], _CBV + prefix)) if "type" in item else ""
        return kind + what if self._reading.type_first else what + kind

    def _sensors(self, elements: list[Any]) -> str:
        made: list[str] = []
        for element in elements:
            if not isinstance(element, dict):
                continue
            extra = [
                self._custom(name, value)
                for name, value in element.items()
                if name not in ("sensorMetadata", "sensorReport")
            ]
            inner: list[str] = []
            text = "sensorElement"
            if isinstance(element.get("sensorMetadata"), dict):
                text += "sensorMetadata" + self._ordered(
                    element["sensorMetadata"], _METADATA, apart=inner, within="sensorMetadata"
                )
            reports = [
                "sensorReport" + self._ordered(report, _REPORT, apart=inner, within="sensorReport")
                for report in _listed(element.get("sensorReport"))
                if isinstance(report, dict)
            ]
            text += "".join(sorted(reports))
            if self._reading.extensions_last:
                if extra or inner:
                    self._last.append("sensorElementListsensorElement" + "".join(sorted([*extra, *inner])))
            else:
                text += "".join(sorted(extra))
            made.append(text)
        return self._listed("sensorElementList", made)

    def _ordered(
        self,
        item: Any,  # noqa: ANN401  (JSON)
        order: tuple[str, ...],
        *,
        apart: list[str] | None = None,
        within: str = "",
    ) -> str:
        """The fields of an object in their order; its extensions at its end, or apart where the reading says so."""
        if not isinstance(item, dict):
            return ""
        text = ""
        for name in order:
            if name in item:
                value = (
                    self._term(item[name], _OF_REPORT[name])
                    if within == "sensorReport" and name in _OF_REPORT
                    else item[name]
                )
                text += self._pair(name, value)
        extra = "".join(sorted(self._custom(name, value) for name, value in item.items() if name not in order))
        if extra and self._reading.extensions_last and within:
            (self._last if apart is None else apart).append(within + extra)
            return text
        return text + extra

    def _custom(self, name: str, value: Any) -> str:  # noqa: ANN401  (JSON)
        """An extension: its name in full, and what it holds."""
        if name in _LEFT_OUT or name.startswith("@xmlns"):
            return ""
        if name == "#text":
            return f"={self._value(value)}"
        prefix, colon, local = name.partition(":")
        full = f"{{{self._prefixes[prefix]}}}{local}" if colon and prefix in self._prefixes else name
        return self._under(full, value)

    def _under(self, full: str, value: Any) -> str:  # noqa: ANN401  (JSON)
        if isinstance(value, dict):
            return full + self._children(value)
        if isinstance(value, list):
            return "".join(sorted(self._under(full, item) for item in value))
        return self._pair(full, value)

    def _children(self, value: Members) -> str:
        return "".join(sorted(self._custom(name, item) for name, item in value.items()))

    def _pair(self, name: str, value: Any) -> str:  # noqa: ANN401  (JSON)
        if isinstance(value, dict):
            return name + self._children(value)
        if isinstance(value, list):
            return "".join(sorted(self._pair(name, item) for item in value))
        return f"{name}={self._value(value)}"

    def _term(self, value: Any, prefix: str) -> Any:  # noqa: ANN401  (JSON)
        """A word of CBV in full (rules 14 to 16)."""
        return prefix + value if isinstance(value, str) and ":" not in value else value

    def _value(self, value: Any) -> str:  # noqa: ANN401  (JSON)
        match value:
            case bool():
                return "true" if value else "false"
            case None:
                return "null"
            case int():
                return str(value)
            case Decimal():
                return _plain(format(value, "f"))
        text = str(value).strip()
        if _NUMBER.fullmatch(text):
            return _plain(text)
        if _TIME.fullmatch(text):
            return _utc(text)
        for urn, full in _URNS.items():
            if text.startswith(urn):
                return full + text.removeprefix(urn)
        prefix, colon, local = text.partition(":")
        if colon and prefix in ("gs1", "cbv", "epcis"):
            return self._prefixes[prefix] + local
        return canonical(text)


def _listed(value: Any) -> list[Any]:  # noqa: ANN401  (JSON)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _plain(text: str) -> str:
    """A number without zeros at its ends (rule 6)."""
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{fraction}" if fraction else "")


def _utc(text: str) -> str:
    """A time in UTC with milliseconds (rules 8 and 9); as it stands where there is no such time."""
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", text))
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
