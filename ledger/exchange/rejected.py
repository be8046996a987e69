"""Rows and events of a source as they stood, for rejects: found when they are asked for, since they are rarely."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

import msgspec

from ledger.exchange.table import Row

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_LARGEST = 1 << 63


class Reread(Mapping[int, Row]):
    """A table's rows by line, read anew when the first of them is asked for: rejects are rare, and a million rows are not small."""

    def __init__(self, again: Callable[[], Iterator[Row]]) -> None:
        self._again = again

    @cached_property
    def _rows(self) -> dict[int, Row]:
        return {row.line: row for row in self._again()}

    def __getitem__(self, line: int) -> Row:
        return self._rows[line]

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class Shown(Mapping[int, Row]):
    """Events of a document as rows of one cell, written when they are asked for, each with the document's `@context`."""

    def __init__(self, events: list[dict[str, Any]], context: Any = None) -> None:  # noqa: ANN401  (JSON)
        self._events = events
        self._context = context if isinstance(context, list) else [] if context is None else [context]

    def __getitem__(self, number: int) -> Row:
        if not 1 <= number <= len(self._events):
            raise KeyError(number)
        event = self._events[number - 1]
        own = event.get("@context", [])
        context = self._context + [
            part for part in (own if isinstance(own, list) else [own]) if part not in self._context
        ]
        whole = {
            **({"@context": context} if context else {}),
            **{name: event[name] for name in event if name != "@context"},
        }
        return Row(number, [_ENCODER.encode(_numbered(whole)).decode()])

    def __iter__(self) -> Iterator[int]:
        return iter(range(1, len(self._events) + 1))

    def __len__(self) -> int:
        return len(self._events)


def _numbered(value: Any) -> Any:  # noqa: ANN401  (JSON)
    """The same, with whole numbers that the encoder does not take as decimals, which it writes as they are."""
    match value:
        case dict():
            return {name: _numbered(item) for name, item in value.items()}
        case list():
            return [_numbered(item) for item in value]
        case int() if not -_LARGEST < value < _LARGEST:
            return Decimal(value)
        case _:
            return value
