"""The report as tables: whole, plain, and with nothing hidden in them."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.origin.lens import lens
from ledger.origin.policy.check import check
from ledger.origin.trace import trace
from ledger.report.answer import answer
from ledger.report.forms.every import KINDS
from ledger.report.policy import built
from ledger.report.sheets import Table, shown, tables
from tests.report.telling import blended, clean, told, verdict
from tests.report.test_answer import lived, lives
from tests.rules.tale import Tale
from tests.trials import trials

NAMES = [
    "lots", "contents", "draws", "events", "elements", "shares", "inputs", "unknown", "balance", "findings", "policies",
    *(item.id for item in KINDS),
]  # fmt: skip


def whole(tale: Tale, lot: str) -> dict[str, Any]:
    """The answer with every policy and one more country asked."""
    found = verdict(tale)
    policies = built(check(tale.history, lot, found.findings, as_of=date(2026, 12, 1)))
    return answer(trace(tale.history, lot), found, "0.0.0", policies, countries=[lens("AU")])


def sheets(made: dict[str, Any]) -> dict[str, Table]:
    return {item.name: item for item in tables(made)}


def records(table: Table) -> list[dict[str, Any]]:
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_the_tables_are_all_there_and_every_row_is_as_wide_as_its_head() -> None:
    for tale, lot in ((blended(), "B"), (clean(), "B")):
        for made in (told(tale, lot), whole(tale, lot)):
            found = tables(made)
            assert [item.name for item in found] == NAMES
            for item in found:
                assert len(set(item.columns)) == len(item.columns)
                assert all(len(row) == len(item.columns) for row in item.rows)


def test_the_tables_hold_what_the_answer_holds() -> None:
    made = whole(blended(), "B")
    found = sheets(made)
    assert [row["lot"] for row in records(found["lots"])] == [lot["lot"] for lot in made["lots"]]
    assert [(row["event"], row["type"], row["says"]) for row in records(found["events"])] == [
        (step["event"], step["type"], step["says"]) for step in made["history"]
    ]
    assert {(row["lot"], row["from"], row["mass_kg"]) for row in records(found["draws"])} == {
        ("B", "A", 6.0),
        ("B", "C", 4.0),
    }
    shares = {(row["element"], row["stage"], row["place"]): row["share"] for row in records(found["shares"])}
    assert shares["Nd", "mine", "CN"] == made["origin"]["elements"]["Nd"]["stages"]["mine"]["CN"]
    asked = {(row["asked"], row["lot"]) for row in records(found["inputs"])}
    assert asked == {("China", item["lot"]) for item in made["china"]["inputs"]} | {
        ("AU", item["lot"]) for item in made["countries"]["AU"]["inputs"]
    }
    assert [row["code"] for row in records(found["findings"])] == [
        item["code"] for item in made["verification"]["findings"]
    ]
    assert {row["id"] for row in records(found["policies"])} == {item["id"] for item in made["policies"]}
    assert [row["element"] for row in records(found["balance"])] == [row["element"] for row in made["balance"]]
    assert {row["lot"] for row in records(found["contents"])} == {lot["lot"] for lot in made["lots"] if lot["elements"]}


def test_a_forms_table_has_every_cell_with_its_gap_and_events() -> None:
    made = whole(blended(), "B")
    for form in made["forms"]:
        rows = records(sheets(made)[form["id"]])
        cells = [row for row in rows if row["section"] in {item["title"] for item in form["sections"]}]
        told_ = [
            (section["title"], number, column, cell or None, row["gap"], " ".join(row["events"]))
            for section in form["sections"]
            for number, row in enumerate(section["rows"], 1)
            for column, cell in zip(section["columns"], row["cells"], strict=True)
        ]
        assert [tuple(row.values()) for row in cells] == [tuple(map(shown, row)) for row in told_]
        assert [row["value"] for row in rows if row["section"] == "statement"] == form["statement"]
        assert [row["value"] for row in rows if row["section"] == "basis"] == form["basis"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("Türkiye, 中国", "Türkiye, 中国"),
        ("a\u202eb", "a\\u202eb"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("a\x00\x1b[31m", "a\\u0000\\u001b[31m"),
        ("line\nline\r", "line\nline\\u000d"),
        ("\ud800", "\\ud800"),
        ("\ufffe\U000e0041", "\\ufffe\\U000e0041"),
    ],
)
def test_what_hides_or_turns_text_around_is_spelled_out(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize("value", [None, True, False, 0, 1.5, -1.5])
def test_numbers_and_nothing_stay_what_they_are(value: object) -> None:
    assert shown(value) is value


@given(st.text(max_size=40))
@settings(max_examples=trials(200))
def test_no_text_hides_anything(text: str) -> None:
    made = shown(text) or ""
    assert isinstance(made, str)
    assert bool(made) == bool(text)
    assert all(char == "\n" or unicodedata.category(char)[0] != "C" for char in made)


@given(lives)
@settings(max_examples=trials(20), deadline=None)
def test_whatever_was_recorded_there_are_tables(parts: list[dict[str, Any]]) -> None:
    made = whole(lived(parts), "Z")
    assert [item.name for item in tables(made)] == NAMES
    assert tables(made) == tables(made)
