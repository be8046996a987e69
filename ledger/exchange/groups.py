"""Rows to events: rows with the same `event` value are one event, and what they say of it must agree."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.exchange.amounts import quoted
from ledger.exchange.columns import Record
from ledger.exchange.contract import EVENT_COLUMNS
from ledger.exchange.faults import Faults


class Group:
    """The rows of one event.

    Attributes:
        ref: the `event` value.
        line: where its first row begins.
        cells: event-level cells by column: the text and the line that first said it.
        records: its rows, in the file's order, but for those that do not fit the header.
        lines: where each of its rows begins.
        broken: whether a row was left out or contradicts another, so that what is missing proves nothing.
    """

    __slots__ = ("broken", "cells", "line", "lines", "records", "ref")

    def __init__(self, ref: str, line: int) -> None:
        self.ref = ref
        self.line = line
        self.cells: dict[str, tuple[str, int]] = {}
        self.records: list[Record] = []
        self.lines: list[int] = []
        self.broken = False

    def where(self, column: str) -> int:
        """The line that says what `column` says, else the event's first."""
        return self.cells[column][1] if column in self.cells else self.line


def gather(records: Iterable[Record], faults: Faults) -> list[Group]:
    """The events of a table, each where its first row stands; contradictions are gathered at the later line."""
    groups: dict[str, Group] = {}
    for record in records:
        ref = record.cells.get("event")
        if ref is None:
            if record.whole:
                faults.say("blank; every row names its event", record.line, "event")
            continue
        group = groups.get(ref)
        if group is None:
            group = groups[ref] = Group(ref, record.line)
        group.lines.append(record.line)
        if record.whole:
            _join(group, record, faults)
        else:
            group.broken = True
    return list(groups.values())


def _join(group: Group, record: Record, faults: Faults) -> None:
    group.records.append(record)
    for name, cell in record.cells.items():
        if name not in EVENT_COLUMNS:
            continue
        said = cell.casefold() if name == "type" else cell
        first, line = group.cells.setdefault(name, (said, record.line))
        if first != said:
            group.broken = True
            faults.say(
                f"{quoted(said)} here and {quoted(first)} on line {line}, both in event {quoted(group.ref)}",
                record.line,
                name,
            )
