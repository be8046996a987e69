"""An event as a reader found it, before the recorder chains it into a ledger."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NoReturn, get_args

import msgspec
from msgspec import Meta, Struct

from ledger.errors import FormatError, InputError
from ledger.model.events import EVENT_TYPES, AnyEvent, Event
from ledger.model.text import ID_PATTERN, LOT_PATTERN, Ref
from ledger.seal import canonical

FILLED_IN = ("v", "ledger", "prev")
"""Members that the recorder knows and a reader cannot."""

_LEDGER = "x"
_PREV = "0" * 64
_HASH = re.compile(r"[0-9a-f]{64}")
_MEMBER = re.compile(r"(?:Object missing required field |Object contains unknown field |)`(\w+)`")
_ID_HINT = "an id: 1 to 64 small letters, digits, `.`, `_` and `-`, the first a letter or digit"
# A ref has the pattern of a lot.
_NAME_HINT = "1 to 128 characters, none of them hidden, control or bidirectional, no space at the ends"


class Draft(Struct, frozen=True):
    """An event without what only the recorder knows.

    Attributes:
        members: JSON built-ins under the names of DESIGN.md section 4, without `v`, `ledger` and every `prev`. The
            `target` of a `retract` may be a ref in place of a hash, and a `retract` has no `lots`.
        file: where it was read from, for messages.
        line: its first line in that file, counted from 1; 0 where there is none.
    """

    members: dict[str, Any]
    file: str = ""
    line: int = 0


def check(draft: Draft) -> Event:
    """The event that a draft would become, with stand-ins for what the recorder fills in; so errors show early.

    Raises:
        InputError: not an event; says file, line and the path of the member.
    """
    event = convert(_completed(draft), draft)
    try:
        canonical.encode_event(event)
    except FormatError as error:
        _refuse(draft, error.message, error.field)
    return event


def convert(members: dict[str, Any], draft: Draft) -> Event:
    """The event of a draft's members once they are complete.

    Raises:
        InputError: not an event; says file, line and the path of the member.
    """
    # Of the type that it names: msgspec takes the union of all types apart anew at each call, which took 10 of 15 us.
    named = members.get("type")
    kind = EVENT_TYPES.get(named) if isinstance(named, str) else None
    try:
        event: Event = msgspec.convert(members, type=kind or AnyEvent, strict=True)
    except msgspec.ValidationError as error:
        message, path = canonical.split_path(str(error))
        _refuse(draft, explain(message), _named(message, path))
    return event


def explain(message: str) -> str:
    """A complaint of msgspec's about a text, in words instead of a regular expression."""
    for pattern, words in _patterns().items():
        if repr(pattern) in message:
            return f"expected {words}"
    return message


def _named(message: str, path: str | None) -> str | None:
    """The path of the member at fault: where one is absent or unknown, msgspec gives its object."""
    found = _MEMBER.match(message)
    return ".".join(part for part in (path, found[1]) if part) if found else path


@cache
def _patterns() -> dict[str, str]:
    """What each pattern in the model expects, in the model's words."""
    found: dict[str, str] = {}
    for kind in EVENT_TYPES.values():
        _collect(kind, found)
    # The model says what such a text is for, and here it matters how it may look.
    return {**found, ID_PATTERN: _ID_HINT, LOT_PATTERN: _NAME_HINT}


def _collect(type_: Any, found: dict[str, str]) -> None:  # noqa: ANN401  (an annotation has no type of its own)
    if isinstance(type_, type) and issubclass(type_, Struct):
        for field in msgspec.structs.fields(type_):
            _collect(field.type, found)
    for part in get_args(type_):
        if isinstance(part, Meta) and part.pattern is not None:
            found.setdefault(part.pattern, part.description or part.pattern)
        _collect(part, found)


def _completed(draft: Draft) -> dict[str, Any]:
    members = dict(draft.members)
    for name in FILLED_IN:
        if name in members:
            _refuse(draft, f"`{name}` is filled in when the event is recorded; leave it out", name)
    kind = members.get("type")
    if kind == "open":
        _refuse(draft, "`open` begins a ledger; `monazite init` records it", "type")
    if kind == "retract":
        if "lots" in members:
            _refuse(draft, "the lots of a retraction follow from its target; leave them out", "lots")
        members["target"] = _aimed(draft, members.get("target"))
    if kind == "assay":
        members["prev"] = _PREV
    for name in ("inputs", "lots"):
        if isinstance(members.get(name), list):
            members[name] = [_chained(draft, f"{name}[{index}].prev", item) for index, item in enumerate(members[name])]
    return {**members, "v": 1, "ledger": _LEDGER}


def _aimed(draft: Draft, target: object) -> object:
    """A hash in place of a ref, which only the recorder can resolve; what is neither is left to the model to refuse."""
    if not isinstance(target, str) or _HASH.fullmatch(target):
        return (
            target if target is not None else _refuse(draft, "say which event is void: its hash or its ref", "target")
        )
    try:
        msgspec.convert(target, type=Ref)
    except msgspec.ValidationError:
        _refuse(draft, "expected the hash of an event, or a ref", "target")
    return _PREV


def _chained(draft: Draft, path: str, item: object) -> object:
    if not isinstance(item, dict):
        return item
    if "prev" in item:
        _refuse(draft, "`prev` is filled in when the event is recorded; leave it out", path)
    return {**item, "prev": _PREV}


def _refuse(draft: Draft, message: str, field: str | None) -> NoReturn:
    raise InputError(message, file=draft.file or None, line=draft.line or None, field=field)
