"""Events to the rows of the import table, for CSV and Parquet, and what that table has no column for.

Every row is read back before it is given away, so what is said to be lost is what the reader finds lost, and nothing else is.
Cells are the text that was recorded. A cell that a spreadsheet would take for a formula is not altered, since the table
is read again and an identifier must stay what it is; such cells are counted, and whoever writes the file says so.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from ledger.errors import BatchError, InputError, UsageError
from ledger.exchange import events
from ledger.exchange.contract import COLUMNS, EVENT_COLUMNS, MANDATORY
from ledger.exchange.faults import Faults
from ledger.exchange.given import Given, Lost, Members
from ledger.exchange.table import MAX_CELL, MAX_COLUMNS, Row
from ledger.model.identity import IMPORT_RECORD

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What begins a formula in a spreadsheet (OWASP, CSV injection)."""
Cells = dict[str, str]
_SIDES = {"inputs": "in", "outputs": "out", "lots": "subject"}
_NAME = 16
Again = Callable[[Lost], Iterable[Given]]
"""Gives the events from the first, counting what is lost on the way."""


class Sheet:
    """The table of some events.

    Attributes:
        header: its columns: those that some event fills.
        count: events written so far.
        formulas: cells written so far that a spreadsheet would take for formulas.
    """

    def __init__(self, again: Again, lost: Lost) -> None:
        """Look through the events once for the columns that they fill; what is lost is counted when they are written.

        Raises:
            UsageError: more columns than a reader takes.
        """
        used: set[str] = set(MANDATORY)
        for item in again(Lost()):
            for row in rows(item):
                used |= row.keys()
        shares = sorted(
            (name for name in used if name not in COLUMNS), key=lambda name: (name.removeprefix("u "), name)
        )
        self.header = [name for name in COLUMNS if name in used] + shares
        if len(self.header) > MAX_COLUMNS:
            raise UsageError(
                f"{len(self.header)} columns, {len(shares)} of them for analytes; {MAX_COLUMNS} are the most"
            )
        self.count = self.formulas = 0
        self._again = again
        self._lost = lost
        self._reader = events.Reader(self.header)

    def rows(self) -> Iterator[list[str]]:
        """The rows below the header; what the table cannot say is counted among what is lost."""
        for item in self._again(self._lost):
            made = [[row.get(name, "") for name in self.header] for row in rows(item)]
            if self._sayable(item, made):
                self.count += 1
                self.formulas += sum(cell.startswith(FORMULA) for row in made for cell in row)
                yield from made

    def text(self) -> Iterator[bytes]:
        """The table as CSV (RFC 4180) in UTF-8, event by event."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.header)
        for row in self.rows():
            writer.writerow(row)
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
        yield text.getvalue().encode()

    def _sayable(self, item: Given, made: list[list[str]]) -> bool:
        """Read an event's rows back; whether an event comes of them, and what of it does not."""
        kind = item.members["type"]
        if any(len(cell) > MAX_CELL for row in made for cell in row):
            self._lost[f"events of type {kind} with a cell of more than {MAX_CELL} characters"] += 1
            return False
        faults = Faults("the table")
        try:
            found = self._reader.read([Row(number, row) for number, row in enumerate(made, start=2)], faults)
        except BatchError:
            found = None
        if found is None or len(found.drafts) != 1:
            why = faults.errors[0] if faults.errors else InputError("says nothing")
            self._lost[f"events of type {kind}, since a table cannot say what is in `{why.field}`"] += 1
            return False
        back = dict(found.drafts[0].members)
        members = dict(item.members)
        if "ref" not in members:
            self._lost["that events have no name of their own: the table calls them by their hash"] += 1
            back.pop("ref")
        files = members.pop("evidence", ())
        if any(file["media_type"] != IMPORT_RECORD for file in files):
            self._lost["`evidence`: a table names files that lie beside it"] += 1
        elif files:
            self._lost["the record of an earlier import, as `evidence`"] += 1
        for path in sorted(set(_differing(members, back))):
            self._lost[f"`{path}` of events of type {kind}"] += 1
        return True


def rows(item: Given) -> list[Cells]:
    """The rows of one event, the first with what is said of all of it."""
    members = item.members
    kind = members["type"]
    event: Cells = {"event": members.get("ref", f"event {item.digest[:_NAME]}")}
    head = {**event, "type": kind}
    for name, column in EVENT_COLUMNS.items():
        if name != "type" and name in members and kind in column.types and name != "evidence":
            head[name] = _cell(name, members[name])
    if "origin" in members:
        head["country"] = ";".join(f"{stage}={place}" for stage, place in members["origin"].items())
    if kind == "dispose" and "how" in members:
        head["reason"] = f"{members['how']}: {members['reason']}" if "reason" in members else members["how"]
    if kind == "receive" and members["result"] == "accepted":
        head.pop("reason", None)
    if kind == "receive":
        head.pop("result", None)
    things = [("subject", members)] if kind == "assay" else []
    things += [(side, thing) for name, side in _SIDES.items() for thing in members.get(name, ())]
    made = [_thing(side, thing) for side, thing in things] or [{}]
    return [{**head, **made[0]}, *({**event, **row} for row in made[1:])]


def _cell(name: str, value: Any) -> str:  # noqa: ANN401  (JSON)
    match name:
        case "route":
            return ">".join(value)
        case "equipment" | "technology":
            return ";".join(f"{item['what']}@{item['country']}" for item in value)
        case "losses":
            return ";".join(f"{item['kind']}={item['mass']['mg']} mg" for item in value)
        case _:
            return str(value)


def _thing(side: str, thing: Members) -> Cells:
    row: Cells = {"direction": side, "lot": thing["lot"]}
    if "form" in thing:
        row["form"] = thing["form"]
    if "mass" in thing:
        row |= {"mass": str(thing["mass"]["mg"]), "unit": "mg"}
        if "u_mg" in thing["mass"]:
            row["u_mass"] = str(thing["mass"]["u_mg"])
    for name in ("value", "cn_value"):
        if name in thing:
            row[name] = format(Decimal(thing[name]["amount"]).scaleb(-2), "f")
            row["currency"] = thing[name]["currency"]
    for analyte, share in thing.get("composition", {}).items():
        row[f"{analyte} ppb"] = str(share["ppb"])
        if "u_ppb" in share:
            row[f"u {analyte} ppb"] = str(share["u_ppb"])
    return row


def _differing(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401  (JSON)
    """Where two values differ, by member; places in lists are left out."""
    if ours == theirs:
        return
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in ours.keys() | theirs.keys():
            yield from _differing(ours.get(name), theirs.get(name), f"{path}.{name}" if path else name)
    elif isinstance(ours, list | tuple) and isinstance(theirs, list | tuple) and len(ours) == len(theirs):
        for one, other in zip(ours, theirs, strict=True):
            yield from _differing(one, other, path)
    else:
        yield path
