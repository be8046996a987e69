"""Events from the rows of any table: one row per lot, rows with the same `event` value form one event (DESIGN.md sections 9 and 10)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from ledger.errors import InputError
from ledger.exchange.columns import Header, Record, misspelt, read_header
from ledger.exchange.contract import COLUMNS, MANDATORY
from ledger.exchange.draft import Draft, check
from ledger.exchange.faults import Faults
from ledger.exchange.groups import Group, gather
from ledger.exchange.members import Members, Resolve, assemble
from ledger.exchange.table import Row

Progress = Callable[[int, int], None]
"""Told (done, all) now and then."""
EVERY = 1024
_ITEM = re.compile(r"(inputs|outputs|lots)\[([0-9]+)\]\.?(\w*)")
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]{1,3}")
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


class Read(NamedTuple):
    """What a table's rows say.

    Attributes:
        drafts: the events that are sound, in the file's order.
        lines: the lines of each of them, by its first.
        broken: the lines of each event that is not.
        notes: what a person should know of the header.
    """

    drafts: list[Draft]
    lines: dict[int, list[int]]
    broken: list[list[int]]
    notes: list[str]


def read(
    rows: Iterator[Row], faults: Faults, evidence: Resolve | None = None, progress: Progress | None = None
) -> Read:
    """The events of rows, the header first; what is wrong is gathered in `faults`, which names the file.

    Args:
        rows: the header, then the rows.
        faults: where everything that is wrong is gathered, each with file, line and column.
        evidence: gives the `Evidence` members of a file named in the column `evidence`, or raises InputError.
        progress: told (events done, events in all) once the rows are read.

    Raises:
        BatchError: the header is wrong.
    """
    header = read_header(next(rows), COLUMNS, MANDATORY, faults, composition=True)
    faults.check()
    return _read(header, rows, faults, evidence and _once(evidence), progress)


class Reader:
    """Reads events under one header again and again, for whoever writes a table and looks what comes of it."""

    def __init__(self, header: Sequence[str]) -> None:
        """Take the header.

        Raises:
            BatchError: it is none.
        """
        faults = Faults("the table")
        self._header = read_header(Row(1, list(header)), COLUMNS, MANDATORY, faults, composition=True)
        faults.check()

    def read(self, rows: Iterable[Row], faults: Faults) -> Read:
        """As `read`, without the header, and without evidence."""
        return _read(self._header, iter(rows), faults, None, None)


def _read(
    header: Header, rows: Iterator[Row], faults: Faults, resolve: Resolve | None, progress: Progress | None
) -> Read:
    found = Read([], {}, [], misspelt(header))
    shortened: dict[str, int] = {}
    groups = gather(_records(header, rows, faults), faults)
    count = len(groups)
    groups.reverse()
    while groups:
        # Let go of each as it becomes an event: a million rows would else be held twice.
        group = groups.pop()
        if progress is not None and len(groups) % EVERY == 0:
            progress(count - len(groups), count)
        group.broken = group.broken or not faults.spoilt.isdisjoint(group.lines)
        made = assemble(group, faults, resolve)
        if made is not None:
            draft = Draft(made[0], faults.file, group.line)
            try:
                check(draft)
            except InputError as error:
                faults.add(_in_columns(error, group, made[1]))
            else:
                found.drafts.append(draft)
                for name in _names(made[0]):
                    if "E+" in name and _SHORTENED.fullmatch(name):
                        shortened.setdefault(name, group.line)
                found.lines[group.line] = group.lines
                continue
        found.broken.append(group.lines)
    if shortened:
        name, line = next(iter(shortened.items()))
        found.notes.append(
            f"{len(shortened)} names look like numbers that a spreadsheet cut short, as {name} on line {line}; several may have become one"
        )
    return found


def _names(members: Members) -> Iterator[str]:
    """Names of an event and its lots."""
    yield members["ref"]
    if "lot" in members:
        yield members["lot"]
    for side in ("inputs", "outputs", "lots"):
        yield from (item["lot"] for item in members.get(side, ()))


def _records(header: Header, rows: Iterator[Row], faults: Faults) -> Iterator[Record]:
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
