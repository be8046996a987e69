"""Events from CSV: RFC 4180 in UTF-8, read by `ledger.exchange.events`."""

from __future__ import annotations

from ledger.exchange import table
from ledger.exchange.draft import Draft
from ledger.exchange.events import read
from ledger.exchange.faults import Faults
from ledger.exchange.members import Resolve
from ledger.exchange.order import arrange


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
    faults = Faults(file)
    drafts = read(table.read(data, file), faults, evidence).drafts
    faults.check()
    return arrange(drafts)
