"""Tables of docs/format.md as the code has them: members of each event type and structure, and the patterns of text."""

from __future__ import annotations

import re
from typing import Any, get_args

import msgspec
from msgspec import inspect

from ledger.model import identity, materials, quantity, text
from ledger.model.events import EVENT_TYPES, CustodyModel, Event, Ship, StageCode, TransformStage

HIDDEN = (
    r"\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff9-\uffff\U000e0000-\U000e0fff"
)
"""Characters that the document calls `hidden`, as a class of a regular expression."""
HIDDEN_BUT_NEWLINE = HIDDEN.replace(r"\u0000-\u001f", r"\u0000-\u0009\u000b-\u001f")

TEXTS = {
    "party": text.PartyId,
    "site": text.SiteId,
    "party or site": text.AnyId,
    "lot": text.LotId,
    "ref": text.Ref,
    "origin": text.Origin,
    "hash": text.HexHash,
    "vkey": text.Vkey,
    "line": text.Line,
    "prose": text.Prose,
    "instant": text.Instant,
    "day": text.Day,
    "country": identity.CountryCode,
    "place": identity.Place,
    "stage place": identity.StagePlace,
    "region": identity.RegionCode,
    "analyte": quantity.Analyte,
    "currency": quantity.Currency,
    "form": materials.FormCode,
}
"""Kinds of text by the document's name for them."""

WORDS = {
    "stage": StageCode,
    "work stage": TransformStage,
    "role": identity.Role,
    "custody model": CustodyModel,
}
"""Lists of words by the document's name for them."""

DICTS = {("analyte", "share"): "composition", ("stage", "stage place"): "origins"}
Row = tuple[str, str, str]

ROW = re.compile(r"^\| `([^`]+)` \| (.+?) \| (yes|no) \| ", re.MULTILINE)
"""A row of a table of members: member, type, whether it is required."""


def pattern(kind: object) -> str:
    """The pattern of an annotated text as the document prints it: `$` as in ECMA-262, the hidden characters by name."""
    spelled = str(get_args(kind)[1].pattern).removesuffix(text.END) + "$"
    return spelled.replace(HIDDEN, "hidden").replace(HIDDEN_BUT_NEWLINE, "hidden but newline")


def structures() -> dict[str, type[msgspec.Struct]]:
    """Every structure that an event can hold, by the document's name: the class name in lower case."""
    found: dict[str, type[msgspec.Struct]] = {}
    todo: list[Any] = [inspect.type_info(kind) for kind in EVENT_TYPES.values()]
    while todo:
        info = todo.pop()
        if isinstance(info, inspect.StructType):
            if info.cls in found.values():
                continue
            if not issubclass(info.cls, Event):
                found[info.cls.__name__.lower()] = info.cls
            todo += [field.type for field in info.fields]
        todo += getattr(info, "types", ())
        todo += [getattr(info, name) for name in ("item_type", "value_type", "type") if hasattr(info, name)]
    return found


def rows(kind: type[msgspec.Struct]) -> list[Row]:
    """(member, type, `yes` or `no`) of a structure or event type, without the members that all events have."""
    common = {field.encode_name for field in msgspec.structs.fields(Event)}
    info = inspect.type_info(Ship if kind is Event else kind)  # any type has the common members
    assert isinstance(info, inspect.StructType)
    return [
        (field.encode_name, _label(field.type), "yes" if field.required else "no")
        for field in info.fields
        if not issubclass(kind, Event) or (field.encode_name in common) == (kind is Event)
    ]


def _label(info: inspect.Type) -> str:
    match info:
        case inspect.Metadata():
            return _text(info) if isinstance(info.type, inspect.StrType) else _label(info.type)
        case inspect.UnionType():
            (only,) = (item for item in info.types if not isinstance(item, inspect.NoneType))
            return _label(only)
        case inspect.IntType():
            return f"integer, {_number(info.ge)} to {_number(info.le)}"
        case inspect.StrType():
            return f"`{str(info.pattern).removesuffix(text.END)}$`"
        case inspect.LiteralType():
            return _words(info.values)
        case inspect.StructType():
            return info.cls.__name__.lower()
        case inspect.VarTupleType():
            least = f"{info.min_length} to " if info.min_length else "up to "
            return f"array, {least}{info.max_length} of {_label(info.item_type)}"
        case inspect.DictType():
            return DICTS[_label(info.key_type), _label(info.value_type)]
        case _:
            raise AssertionError(info)


def _number(value: float | None) -> str:
    return {2**53 - 1: "2^53-1", 10**9: "10^9"}.get(int(value or 0), str(value))


def _text(info: inspect.Metadata) -> str:
    """The name of a kind of text, which its description tells apart from others of the same pattern."""
    described = (info.extra_json_schema or {}).get("description")
    names = (name for name, kind in TEXTS.items() if get_args(kind)[1].description == described)
    return next(names, "") or _label(info.type)


def _words(values: tuple[Any, ...]) -> str:
    for name, kind in WORDS.items():
        if set(get_args(kind)) == set(values):
            return name
    return " or ".join(f"`{msgspec.json.encode(value).decode()}`" for value in values)
