"""Rejects: whatever their source was, what is corrected in them is read as the source would have been."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from ledger.errors import BatchError, FormatError
from ledger.exchange import mapping, sources
from ledger.exchange.sources import Source, rejects
from tests.exchange.epcis import CONTEXT, LOT, MAPPING, OBJECT, OTHER, PLACE, TRANSFORM, amount, written
from tests.exchange.sheets import EXTRACT
from tests.exchange.test_workbook import book

ERP = """name = "erp"
version = "1"
ignore = ["Clerk"]
[file]
delimiter = ";"
encoding = "cp1252"
decimal = ","
thousands = "."
skip = 2
[columns]
"Doc" = "event"
"Date" = "at"
"Batch" = "lot"
"Net" = "mass"
"Nd (%)" = "Nd %"
"Werk" = "site"
[constants]
type = "extract"
actor = "lynas"
form = "ore"
unit = "t"
[values.site]
"K\u00f6ln" = "mt-weld"
[time]
zone = "Australia/Perth"
"""
ROWS: Sequence[Sequence[Any]] = [
    ["Report of March"],
    [],
    ["Doc", "Date", "Batch", "Net", "Nd (%)", "Werk", "Clerk"],
    ["D1", "2026-03-01 08:30", "B1", "1.234,5", "1,75", "K\u00f6ln", "Ann"],
    ["D2", "yesterday", "B;2", "1.234,5", "1,75", "K\u00f6ln", "Ann"],
]


def read(data: bytes, kind: str, text: str | None = ERP) -> Source:
    mapped = mapping.parse(text.encode(), "m.toml") if text is not None else None
    return sources.read(data, f"f.{kind}", kind, mapping=mapped)


def corrected(found: Source, old: str, new: str) -> bytes:
    text = rejects(found)
    assert text.startswith("error,")
    assert old in text
    return text.replace(old, new).encode()


def masses(found: Source) -> list[int]:
    assert not found.errors
    return [draft.members["outputs"][0]["mass"]["mg"] for draft in found.drafts]


def test_rejects_of_a_foreign_table_are_read_through_its_mapping() -> None:
    lines = [";".join(f'"{cell}"' if ";" in cell else cell for cell in row) for row in ROWS]
    found = read("\r\n".join(lines).encode("cp1252"), "csv")
    again = read(corrected(found, "yesterday", "2026-03-02 08:30"), "csv")
    assert masses(again) == [1_234_500_000_000]
    (draft,) = again.drafts
    assert (draft.members["ref"], draft.members["outputs"][0]["lot"], again.dropped) == ("D2", "B;2", ["Clerk"])


@pytest.mark.parametrize("net", [1.234, "1,234"])
def test_a_number_that_a_workbook_keeps_is_the_same_when_it_comes_back(net: Any) -> None:
    rows = [*ROWS[:3], ["D2", "yesterday", 17.5, net, "1,75", "K\u00f6ln", "Ann"]]
    found = read(book(rows), "xlsx")
    again = read(corrected(found, "yesterday", "2026-03-02 08:30"), "csv")
    assert masses(again) == [1_234_000_000]
    assert again.drafts[0].members["outputs"][0]["lot"] == "17.5"


def test_a_column_that_the_mapping_calls_error_is_a_column() -> None:
    text = ERP.replace('"Doc" = "event"', '"error" = "event"').replace("skip = 2", "").replace('";"', '","')
    rows = [["error", *ROWS[2][1:]], ["D1", "2026-03-01 08:30", "B1", "5", "1", "K\u00f6ln", "Ann"]]
    found = read("\n".join(",".join(row) for row in rows).encode("cp1252"), "csv", text)
    assert [draft.members["ref"] for draft in found.drafts] == ["D1"]


def test_a_column_error_elsewhere_is_not_left_out() -> None:
    row = {**EXTRACT, "error": "x"}
    with pytest.raises(BatchError, match="error: no such column"):
        read(f"{','.join(row)}\n{','.join(row.values())}\n".encode(), "csv", None)


def line(ref: str, at: str) -> str:
    lots = [{"lot": f"L {ref}", "form": "ore", "mass": {"mg": 5}}]
    return json.dumps({"type": "declare", "ref": ref, "at": at, "actor": "lynas", "site": "mt-weld", "outputs": lots})


def test_rejects_of_json_lines_are_json_lines() -> None:
    text = "\n".join(line(f"J{number}", "2026-03-01T08:30:00Z" if number % 2 else "never") for number in range(4))
    found = read(text.encode(), "jsonl", None)
    again = read(corrected(found, "never", "2026-03-01T08:30:00Z"), "csv", None)
    assert [(draft.members["ref"], draft.line) for draft in again.drafts] == [("J0", 2), ("J2", 3)]
    assert masses(again) == [5, 5]
    assert [error.line for error in read(rejects(found).encode(), "csv", None).errors] == [2, 3]


def test_rejects_of_a_document_are_its_events_with_its_context() -> None:
    made = {**OBJECT, "action": "ADD", "eventID": "urn:x:1", "ex:grade": 1, "quantityList": [amount(quantity=5.5)]}
    other = {**made, "eventID": "urn:x:2", "readPoint": {"id": "urn:x:nowhere"}}
    data = written(made, other, **{"@context": [CONTEXT, {"ex": "https://example.com/"}]})
    found = read(data, "epcis", MAPPING)
    again = read(corrected(found, "urn:x:nowhere", PLACE), "csv", MAPPING)
    assert masses(again) == [5_500_000]
    (draft,) = again.drafts
    (whole,) = [
        item for item in read(data.replace(b"urn:x:nowhere", PLACE.encode()), "epcis", MAPPING).drafts if item.line == 2
    ]
    assert draft.members == whole.members
    assert again.dropped == ["ex:grade"]


def test_rejects_hold_every_part_of_a_process() -> None:
    part = {**TRANSFORM, "transformationID": "urn:x:7", "readPoint": {"id": "urn:x:nowhere"}}
    parts = [{**part, "inputQuantityList": [amount(LOT, 9)]}, {**part, "outputQuantityList": [amount(OTHER, 8)]}]
    found = read(written(*parts), "epcis", MAPPING)
    assert masses(read(corrected(found, "urn:x:nowhere", PLACE), "csv", MAPPING)) == [8_000_000]


def test_an_event_may_be_longer_than_a_cell_of_a_table() -> None:
    event = {
        **OBJECT,
        "bizStep": "receiving",
        "readPoint": {"id": "urn:x:nowhere"},
        "epcList": [LOT],
        "ex:said": "x" * 200_000,
    }
    found = read(written(event, **{"@context": [CONTEXT, {"ex": "https://example.com/"}]}), "epcis", MAPPING)
    again = read(corrected(found, "urn:x:nowhere", PLACE), "csv", MAPPING)
    assert [draft.members["type"] for draft in again.drafts] == ["receive"]


def test_a_cell_that_is_no_event_is_told_with_its_line() -> None:
    with pytest.raises(BatchError, match=r"line 3, json: not a JSON object"):
        read(b'error,json\n,"{}"\n,{"a\n', "csv", None)
    with pytest.raises(FormatError):
        read(b'error,json\n,"{}', "csv", None)
