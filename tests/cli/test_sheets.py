"""CSV and XLSX: read back by others, the same bytes each time, and nothing in them that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from cli.sheets import CUT, MOST_UNITS, as_csv, as_xlsx, written
from ledger.errors import UsageError
from ledger.report.sheets import Table, shown, tables
from tests.report.telling import blended, told
from tests.rules.tale import MINE, SHOP, made, peopled
from tests.trials import trials

RUN = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x.example")',
    "\uff1d1",
    "'=1",
)
NASTY = (
    *RUN, "", "a,b", 'a"b', "a\nb", "http://x.example", "mailto:a@b.example", "internal:A1", "1e5", "007", "TRUE", "{=1}", "_x0041_",
    "x" * 10_000, "\u202etxt.exe", "\u2066", "中" * 40_000, "\U0001f600" * 20_000, "<b>&amp;</b>", "\ud800",
)  # fmt: skip


def table(*texts: str) -> Table:
    return Table("t", ("text", "number"), tuple((shown(text), 1.5) for text in texts))


def read_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))


def read_xlsx(data: bytes) -> dict[str, list[tuple[Any, ...]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl speaks of the styles that a plain workbook has not
        book = load_workbook(io.BytesIO(data))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", "a formula"
                assert cell.hyperlink is None
    return {sheet.title: [tuple(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


# --- CSV


@pytest.mark.parametrize("text", RUN)
def test_a_text_that_a_spreadsheet_runs_gets_an_apostrophe(text: str) -> None:
    (_head, (cell,)) = read_csv(as_csv(Table("t", ("text",), ((text,),))))
    assert cell == f"'{text}"


def test_a_number_below_nought_is_a_number() -> None:
    assert as_csv(Table("t", ("a", "b", "c"), ((-1.5, None, True),))) == b"a,b,c\r\n-1.5,,true\r\n"


@given(st.lists(st.text(max_size=30) | st.sampled_from(NASTY), max_size=5))
@settings(max_examples=trials(200))
def test_a_csv_is_read_back_as_it_was_and_runs_nothing(texts: list[str]) -> None:
    _head, *rows = read_csv(as_csv(table(*texts)))
    assert len(rows) == len(texts)
    for (cell, number), text in zip(rows, texts, strict=True):
        assert (shown(text) or "") in (cell, cell.removeprefix("'"))
        assert not re.match(r" *[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]", cell)
        assert number == "1.5"


# --- XLSX


@given(st.lists(st.text(max_size=30) | st.sampled_from(NASTY), max_size=5))
@settings(max_examples=trials(40), deadline=None)
def test_a_workbook_is_read_back_as_text(texts: list[str]) -> None:
    data = as_xlsx([table(*texts)])
    assert data == as_xlsx([table(*texts)])
    (rows,) = read_xlsx(data).values()
    assert rows[0] == ("text", "number")
    assert len(rows) == len(texts) + 1
    for (cell, number), text in zip(rows[1:], texts, strict=True):
        told_ = cell or ""
        assert isinstance(told_, str)
        if len(str(shown(text)).encode("utf-16-le")) // 2 <= MOST_UNITS:
            assert told_ == (shown(text) or "")
        else:
            assert told_.endswith(CUT)
            assert len(told_.encode("utf-16-le")) // 2 <= MOST_UNITS
        assert number == 1.5


def test_a_workbook_has_no_clock_no_formula_and_no_link() -> None:
    data = as_xlsx([table(*NASTY)])
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert {item.date_time for item in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        parts = {name: file.read(name).decode("utf-8") for name in file.namelist()}
    assert '<dcterms:created xsi:type="dcterms:W3CDTF">1980-01-01T00:00:00Z' in parts["docProps/core.xml"]
    assert not any("<f>" in text or "<hyperlink" in text for text in parts.values())
    assert not any("externalLink" in name or "vba" in name for name in parts)


def test_what_a_sheet_cannot_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.sheets.MOST_ROWS", 3)
    assert as_xlsx([table("a", "b")])
    with pytest.raises(UsageError, match="more than a sheet holds"):
        as_xlsx([table("a", "b", "c")])


# --- A report


@pytest.mark.parametrize(
    "name", ["=1+1", "@x", "-2+3", "+cmd|'/C calc'!A0", 'a"b,c', "<script>", "x" * 128, "\u0645\u0627"]
)
def test_a_hostile_lot_is_text_in_every_table(name: str) -> None:
    tale = peopled()
    tale.extract(*MINE, made(name, 10, Nd=10))
    tale.move(name, MINE, SHOP)
    tale.turn("coat", *SHOP, [name], made("M", 10, "magnet-ndfeb", Nd=30), note="=1+1")
    answer = told(tale, "M")
    found = read_xlsx(written(tables(answer), "xlsx", None))
    assert list(found) == [item.name for item in tables(answer)]
    for item in tables(answer):
        assert len(found[item.name]) == len(item.rows) + 1
        for row, cells in zip(item.rows, found[item.name][1:], strict=True):
            assert list(row) == [pytest.approx(cell) if isinstance(cell, float) else cell for cell in cells]
        for line in read_csv(written(tables(answer), "csv", item.name))[1:]:
            assert not any(re.match(r" *[=+@\t\r]", cell) for cell in line)
    assert any(name in row for row in found["lots"])


def test_one_table_can_be_a_workbook_and_others_are_refused() -> None:
    answer = told(blended(), "B")
    assert list(read_xlsx(written(tables(answer), "xlsx", "shares"))) == ["shares"]
    with pytest.raises(UsageError, match="name it: lots, contents"):
        written(tables(answer), "csv", None)
    with pytest.raises(UsageError, match="no table 'nope'; tables are lots"):
        written(tables(answer), "xlsx", "nope")
