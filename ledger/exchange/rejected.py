"""Rows and events of a source as they stood, for rejects: found when they are asked for, since they are rarely."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from ledger.exchange.table import Row


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
    """Events of a document as rows of one cell, written when they are asked for."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        self._events = events

    def __getitem__(self, number: int) -> Row:
        if not 1 <= number <= len(self._events):
            raise KeyError(number)
        return Row(number, [json.dumps(self._events[number - 1], default=str)])

    def __iter__(self) -> Iterator[int]:
        return iter(range(1, len(self._events) + 1))

    def __len__(self) -> int:
        return len(self._events)
