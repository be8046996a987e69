"""Events from CSV: one row per lot, rows with the same `event` value form one event (DESIGN.md sections 9 and 10)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ledger.errors import InputError
from ledger.exchange import table
from ledger.exchange.columns import Header, Record, read_header
from ledger.exchange.contract import COLUMNS, MANDATORY
from ledger.exchange.draft import Draft, check
from ledger.exchange.faults import Faults
from ledger.exchange.groups import Group, gather
from ledger.exchange.members import Members, Resolve, assemble
from ledger.exchange.order import arrange

_ITEM = re.compile(r"(inputs|outputs|lots)\[([0-9]+)\]\.?(\w*)")
_MEMBER = re.compile(r"\w+")
_COLUMN_OF = {
    "ref": "event",
    "origin": "country",
    "how": "reason",
    "sites": "site",
    "inputs": "lot",
    "outputs": "lot",
    "lots": "lot",
}
"""Columns whose member has another name."""


def read_events(data: bytes, file: str, *, evidence: Resolve | None = None) -> list[Draft]:
    """The events of a CSV file, in an order in which they can be recorded: the file's, unless that cannot be.

    Args:
        data: the file's bytes.
        file: its name, for messages.
        evidence: gives the `Evidence` members of a file named in the column `evidence`, or raises InputError.

    Raises:
        FormatError: not a CSV file in UTF-8 with commas, or beyond a bound; says file and line.
        BatchError: everything else that is wrong, each with file, line and column.
        InputError: the events can stand in no order; names the lines.
    """
    rows = table.read(data, file)
    faults = Faults(file)
    header = read_header(next(rows), COLUMNS, MANDATORY, faults, composition=True)
    faults.check()
    resolve = evidence and _once(evidence)
    drafts: list[Draft] = []
    for group in gather(_records(header, rows, faults), faults):
        found = assemble(group, faults, resolve)
        if found is not None:
            draft = Draft(found[0], file, group.line)
            try:
                check(draft)
            except InputError as error:
                faults.add(_in_columns(error, group, found[1]))
            drafts.append(draft)
    faults.check()
    return arrange(drafts)


def _records(header: Header, rows: Iterator[table.Row], faults: Faults) -> Iterator[Record]:
    for row in rows:
        yield header.record(row, faults)


def _once(evidence: Resolve) -> Resolve:
    """The same, asked once for each name: one certificate may support thousands of events."""
    known: dict[str, Members] = {}

    def resolve(name: str) -> Members:
        if name not in known:
            known[name] = evidence(name)
        return known[name]

    return resolve


def _in_columns(error: InputError, group: Group, lines: dict[str, list[int]]) -> InputError:
    """An error of the model with the column and the line that its member came from."""
    path = error.field or ""
    if found := _ITEM.match(path):
        column = found[3] or "lot"
        return InputError(error.message, file=error.file, line=lines[found[1]][int(found[2])], field=column)
    member = _MEMBER.match(path)
    field = _COLUMN_OF.get(member[0], member[0]) if member else None
    line = group.where(field) if field else group.line
    return InputError(error.message, file=error.file, line=line, field=field)
