"""Tables for the tests: rows given by what differs from a good one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from ledger.errors import BatchError
from ledger.exchange.csv import read_events
from ledger.exchange.draft import Draft

FILE = "shift.csv"
AT = "2026-03-01T08:30+08:00"
INSTANT = "2026-03-01T08:30:00+08:00"
COMMON = {"event": "E1", "at": AT, "actor": "lynas", "site": "mt-weld"}

EXTRACT = {**COMMON, "type": "extract", "lot": "ORE-1", "form": "ore", "mass": "12.5", "unit": "t"}
RECOVER = {**EXTRACT, "type": "recover", "form": "swarf"}
DECLARE = {**EXTRACT, "type": "declare", "form": "oxide-ndpr"}
DRAW = {**COMMON, "type": "transform", "stage": "beneficiate", "direction": "in", "lot": "ORE-1"}
MAKE = {
    **COMMON,
    "type": "transform",
    "direction": "out",
    "lot": "CON-1",
    "form": "concentrate",
    "mass": "1",
    "unit": "t",
}
SHIP = {**COMMON, "type": "ship", "lot": "CON-1", "to": "gebeng", "route": "AU>SG>MY"}
RECEIVE = {**COMMON, "type": "receive", "lot": "CON-1"}
ASSAY = {**COMMON, "type": "assay", "lot": "CON-1", "Nd2O3 %": "17.5"}
ATTEST = {**COMMON, "type": "attest", "lot": "CON-1", "scheme": "ISO 22095", "result": "conforms"}
RETRACT = {**COMMON, "type": "retract", "target": "E0", "reason": "typing error"}
DISPOSE = {**COMMON, "type": "dispose", "lot": "CON-1", "reason": "waste"}
ALL = (EXTRACT, RECOVER, DECLARE, DRAW, SHIP, RECEIVE, ASSAY, ATTEST, RETRACT, DISPOSE)

Cells = Mapping[str, str]


def written(rows: Iterable[Cells], columns: Sequence[str] = ()) -> bytes:
    """CSV bytes: the mandatory columns, then whatever the rows use."""
    rows = list(rows)
    names = list(
        dict.fromkeys(["event", "type", "at", "actor", "lot", *columns, *(name for row in rows for name in row)])
    )
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def drafts(*rows: Cells) -> list[Draft]:
    return read_events(written(rows), FILE)


def members(*rows: Cells) -> dict[str, Any]:
    """The members of the one event that the rows form."""
    (draft,) = drafts(*rows)
    return draft.members


def transform(*, draw: Cells | None = None, make: Cells | None = None) -> dict[str, Any]:
    return members({**DRAW, **(draw or {})}, {**MAKE, **(make or {})})


def faults(*rows: Cells) -> list[tuple[int | None, str | None, str]]:
    """(line, column, message) of everything that is wrong with the rows."""
    return faults_of(written(rows))


def faults_of(data: bytes) -> list[tuple[int | None, str | None, str]]:
    with pytest.raises(BatchError) as caught:
        read_events(data, FILE)
    assert {error.file for error in caught.value.errors} == {FILE}
    return [(error.line, error.field, error.message) for error in caught.value.errors]


def fault(*rows: Cells) -> tuple[int | None, str | None, str]:
    (found,) = faults(*rows)
    return found
