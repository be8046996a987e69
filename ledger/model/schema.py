"""JSON Schemas of the event types, generated from the model: the published contract under schemas/v1."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from ledger.model.events import EVENT_TYPES
from ledger.model.text import END

BASE = "https://monazite.example/schemas/v1/"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, str]:
    """Schema text by file name, one per event type; deterministic."""
    made: dict[str, str] = {}
    for name, kind in sorted(EVENT_TYPES.items()):
        schema = msgspec.json.schema(kind)
        document = {
            "$schema": DIALECT,
            "$id": f"{BASE}{name}.schema.json",
            "title": f"Monazite event `{name}`, version 1",
            "description": (kind.__doc__ or "").splitlines()[0],
            **schema,
        }
        made[f"{name}.schema.json"] = json.dumps(_published(document), indent=2, sort_keys=True) + "\n"
    return made


def _published(value: Any) -> Any:  # noqa: ANN401  (JSON)
    """Spell patterns as ECMA-262 does, where `$` ends the input.

    Tag characters beyond the BMP and lone surrogates have no spelling that every validator reads, so the schemas let them
    pass and the model does not. Null is taken out: an optional member is absent, never null.
    """
    if isinstance(value, dict):
        made = {key: _published(item) for key, item in value.items() if not (key == "default" and item is None)}
        options = made.get("anyOf")
        if isinstance(options, list) and {"type": "null"} in options:
            rest = [option for option in options if option != {"type": "null"}]
            made.pop("anyOf")
            made |= rest[0] if len(rest) == 1 else {"anyOf": rest}
        if isinstance(made.get("pattern"), str):
            made["pattern"] = (
                made["pattern"].replace(END, "$").replace(r"\U000e0000-\U000e0fff", "").replace(r"\ud800-\udfff", "")
            )
        return made
    if isinstance(value, list):
        return [_published(item) for item in value]
    return value
