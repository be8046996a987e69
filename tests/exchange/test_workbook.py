"""Workbooks: what a sheet shows is what is read, and no bytes make the reader do anything but answer or refuse."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.errors import BatchError, FormatError, InputError
from ledger.exchange import mapping, parts, sources, table
from ledger.exchange.faults import Faults
from ledger.exchange.workbook import Sheet
from tests.exchange.sheets import DRAW, EXTRACT, MAKE, written
from tests.trials import trials


def book(rows: Sequence[Sequence[Any]], **others: Sequence[Sequence[Any]]) -> bytes:
    made = openpyxl.Workbook()
    page = made.active
    assert page is not None
    page.title = "Events"
    for row in rows:
        page.append(row)
    for name, more in others.items():
        extra = made.create_sheet(name)
        for row in more:
            extra.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def cells(rows: Sequence[Sequence[Any]]) -> list[list[str]]:
    faults = Faults("b.xlsx")
    found = [row.cells for row in Sheet(book(rows), "b.xlsx").rows(faults)]
    faults.check()
    return found


def repacked(data: bytes, part: str, change: Any) -> bytes:
    """The workbook with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            held = old.read(item)
            new.writestr(item.filename, change(held) if item.filename == part else held)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_the_same_events_come_from_a_workbook_as_from_a_csv_file() -> None:
    text = written([EXTRACT, {**DRAW, "event": "E2"}, {**MAKE, "event": "E2"}])
    rows = [row.cells for row in table.read(text, "e.csv")]
    typed = [[float(cell) if cell in ("12.5", "1") else cell or None for cell in row] for row in rows]
    from_book = sources.read(book(typed), "e.xlsx", "xlsx")
    from_text = sources.read(text, "e.csv", "csv")
    assert [draft.members for draft in from_book.drafts] == [draft.members for draft in from_text.drafts]
    assert len(from_book.drafts) == 2
    assert not from_book.errors


def test_numbers_are_what_a_spreadsheet_shows() -> None:
    assert cells([["a", "b", "c", "d"], [0.1 + 0.2, 5000.0, 1e-7, 123456789012345]]) == [
        ["a", "b", "c", "d"],
        ["0.3", "5000", "1e-07", "123456789012345"],
    ]


def test_a_whole_number_that_was_cut_when_it_was_stored_is_refused() -> None:
    with pytest.raises(BatchError, match=r"lot: 12345678901234570 has more digits"):
        cells([["lot"], [12345678901234567]])


def test_times_have_no_offset_unless_a_mapping_gives_one() -> None:
    assert cells([["at", "flag"], [datetime(2026, 3, 1, 8, 30), True]])[1] == ["2026-03-01T08:30:00", "true"]  # noqa: DTZ001  (a sheet's times have none)


def test_a_formula_gives_its_stored_result_and_is_counted() -> None:
    def calculated(held: bytes) -> bytes:
        return held.replace(b"<f>B2*2</f><v />", b"<f>B2*2</f><v>25</v>").replace(
            b"<f>B2*2</f><v></v>", b"<f>B2*2</f><v>25</v>"
        )

    data = repacked(book([["a", "b", "c"], ["x", 12.5, "=B2*2"]]), SHEET, calculated)
    assert b"<v>25</v>" in zipfile.ZipFile(io.BytesIO(data)).read(SHEET)
    page = Sheet(data, "b.xlsx")
    faults = Faults(page.label)
    assert [row.cells for row in page.rows(faults)][1] == ["x", "12.5", "25"]
    assert page.formulas == 1
    faults.check()


def test_a_formula_without_a_result_spoils_its_event_and_is_never_blank() -> None:
    rows = [list(EXTRACT), [*EXTRACT.values()]]
    rows[1][list(EXTRACT).index("mass")] = "=1+1"
    found = sources.read(book(rows), "b.xlsx", "xlsx")
    assert not found.drafts
    assert [str(error) for error in found.errors] == [
        "b.xlsx, sheet Events, row 2, mass: a formula without a stored result; open the file, save it, and try again"
    ]


def test_a_cell_that_shows_an_error_spoils_its_event() -> None:
    rows = [[*EXTRACT, "Nd2O3 %"], [*EXTRACT.values(), "#REF!"]]
    found = sources.read(book(rows), "b.xlsx", "xlsx")
    assert not found.drafts
    assert "the cell shows the error #REF!" in str(found.errors[0])


def edited(rows: Sequence[Sequence[Any]], change: Callable[[Any], None]) -> bytes:
    """A workbook of these rows, its sheet changed."""
    made = openpyxl.load_workbook(io.BytesIO(book(rows)))
    change(made.active)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def formatted(value: float, form: str) -> Sheet:
    def change(page: Any) -> None:
        page["A2"].number_format = form

    return Sheet(edited([["a"], [value]], change), "b.xlsx")


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (0.0175, "0.00%", "1.75%"),
        (1.75, '0.00"%"', "1.75%"),
        (12, "00000", "00012"),
        (17, '"LOT-"0000', "LOT-0017"),
        (5, '0.0" t"', "5 t"),
        (5, '0.00\\ "kg"', "5 kg"),
        (1234.5, "#,##0.00", "1234.5"),
        (1234.5, "# ##0", "1234.5"),
        (5, '_-* #,##0.00 \u20ac_-;-* #,##0.00 \u20ac_-;_-* "-"?? \u20ac_-;_-@_-', "5"),
        (0, '#,##0.00;-#,##0.00;"-"', "0"),
        (0, '0.00;-0.00;"<LOD"', "<LOD"),
        (0.5, "# ?/?", "0.5"),
        (1e-7, "0.00E+00", "1e-07"),
        (5, "[Red]0;[Blue]-0", "5"),
        (-2.5, "0.0;(0.0)", "-2.5"),
        (5, "@", "5"),
    ],
)
def test_a_number_is_what_its_format_shows(value: float, form: str, text: str) -> None:
    faults = Faults("b.xlsx")
    assert [row.cells for row in formatted(value, form).rows(faults)][1] == [text]
    faults.check()


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ("#,##0.0,", "shows 12500 divided by thousands"),
        ('0.0,,"M"', "shows 12500 divided by thousands"),
        (";;;", "hides the number 12500"),
        ("000-00-0000", "shows signs among the digits of 12500"),
        ("[<1]0.00%;0", "shows numbers in several ways"),
    ],
)
def test_a_format_that_shows_another_number_than_is_stored_is_refused(form: str, why: str) -> None:
    faults = Faults("b.xlsx")
    list(formatted(12500, form).rows(faults))
    (error,) = faults.errors
    assert why in error.message


def test_a_per_cent_cell_is_the_share_that_it_shows() -> None:
    def change(page: Any) -> None:
        page.cell(2, len(EXTRACT) + 1).number_format = "0.00%"

    data = edited([[*EXTRACT, "Nd2O3 %"], [*EXTRACT.values(), 0.0175]], change)
    (draft,) = sources.read(data, "b.xlsx", "xlsx").drafts
    assert draft.members["outputs"][0]["composition"] == {"Nd2O3": {"ppb": 17_500_000}}
    other = edited([[*EXTRACT, "Nd2O3 ppm"], [*EXTRACT.values(), 0.0175]], change)
    found = sources.read(other, "b.xlsx", "xlsx")
    assert not found.drafts
    assert "'1.75%' is a number with a unit" in found.errors[0].message


GERMAN = (
    'name = "m"\nversion = "1"\n[columns]\n'
    + "".join(f'"{name}" = "{name}"\n' for name in EXTRACT)
    + '[file]\ndecimal = ","\nthousands = "."\n'
)


@pytest.mark.parametrize(
    ("mass", "mg"), [(1.234, 1_234_000_000), ("1,234", 1_234_000_000), ("1.234", 1_234_000_000_000)]
)
def test_what_a_mapping_says_of_numbers_is_said_of_text_and_not_of_stored_numbers(mass: Any, mg: int) -> None:
    row = {**EXTRACT, "mass": mass}
    found = sources.read(
        book([[*row], [*row.values()]]), "b.xlsx", "xlsx", mapping=mapping.parse(GERMAN.encode(), "m.toml")
    )
    assert [draft.members["outputs"][0]["mass"]["mg"] for draft in found.drafts] == [mg]


def test_a_day_in_a_sheet_is_no_midnight() -> None:
    rows = [["at", "at"], [datetime(2026, 3, 1), datetime(2026, 3, 1)]]  # noqa: DTZ001  (a sheet's times have none)

    def change(page: Any) -> None:
        page["A2"].number_format = "dd.mm.yyyy"

    data = edited(rows, change)
    assert [row.cells for row in Sheet(data, "b.xlsx").rows(Faults("b"))][1] == ["2026-03-01", "2026-03-01T00:00:00"]


def test_merged_cells_below_the_header_are_refused_and_titles_may_be_merged() -> None:
    rows = [
        ["Report"],
        [],
        [*DRAW, "mass", "unit"],
        [*DRAW.values(), 100, "kg"],
        [*{**DRAW, "lot": "ORE-2"}.values(), None, "kg"],
    ]
    letter = openpyxl.utils.get_column_letter(len(DRAW) + 1)

    def change(page: Any) -> None:
        page.merge_cells("A1:F1")
        page.merge_cells(f"{letter}4:{letter}5")

    faults = Faults("b.xlsx")
    list(Sheet(edited(rows, change), "b.xlsx", skip=2).rows(faults))
    (error,) = faults.errors
    assert (error.line, error.field) == (4, f"column {letter}")
    assert f"{letter}4:{letter}5 are merged" in error.message
    assert faults.spoilt == {4, 5}


def test_hidden_rows_columns_and_sheets_are_named() -> None:
    def change(page: Any) -> None:
        page.row_dimensions[3].hidden = True
        page.column_dimensions["B"].hidden = True
        page.parent.create_sheet("aside")["A1"] = "x"
        page.parent["aside"].sheet_state = "hidden"

    data = edited([[*EXTRACT], [*EXTRACT.values()], [*{**EXTRACT, "event": "E2", "lot": "O2"}.values()]], change)
    found = sources.read(data, "b.xlsx", "xlsx")
    assert len(found.drafts) == 2
    assert found.notes == [
        "sheets not read: aside (hidden)",
        "hidden rows were read as well: 3",
        "hidden columns were read as well: B",
    ]


def test_a_formula_whose_result_is_an_empty_text_is_blank() -> None:
    def calculated(held: bytes) -> bytes:
        return re.sub(
            rb'<c r="C2"[^>]*><f>[^<]*</f><v ?/></c>', b'<c r="C2" t="str"><f>IF(B2=1,B2,"")</f><v></v></c>', held
        )

    data = repacked(book([["a", "b", "c"], ["x", 12.5, "=B2*2"]]), SHEET, calculated)
    assert b't="str"' in zipfile.ZipFile(io.BytesIO(data)).read(SHEET)
    page, faults = Sheet(data, "b.xlsx"), Faults("b.xlsx")
    assert [row.cells for row in page.rows(faults)][1] == ["x", "12.5", ""]
    faults.check()


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b'<row r="2"', b'<row r="1048577"', "row 1048577 after row 1"),
        (b'<row r="1"', b'<row r="3"', "row 2 after row 3"),
        (
            b"schemas.openxmlformats.org/spreadsheetml/2006/main",
            b"purl.oclc.org/ooxml/spreadsheetml/main",
            "Strict Open XML",
        ),
    ],
)
def test_rows_that_a_reader_would_leave_out_or_wait_for_are_refused(old: bytes, new: bytes, why: str) -> None:
    data = repacked(book([["event"], ["E1"]]), SHEET, lambda held: held.replace(old, new))
    with pytest.raises(FormatError, match=why):
        list(Sheet(data, "b.xlsx").rows(Faults("b")))


def test_a_sheet_in_utf16_cannot_hide_its_formulas() -> None:
    data = repacked(book([["a"], ["=1+1"]]), SHEET, lambda held: held.decode().encode("utf-16"))
    with pytest.raises(FormatError, match="a sheet in UTF-16"):
        Sheet(data, "b.xlsx")


def test_the_first_visible_sheet_is_read_and_the_others_are_named() -> None:
    data = book([["event"], ["E1"]], Second=[["x"]], Empty=[])
    page = Sheet(data, "b.xlsx")
    assert (page.name, page.others) == ("Events", ["Second"])
    assert Sheet(data, "b.xlsx", "Second").name == "Second"
    with pytest.raises(InputError, match=r"there is no sheet 'Third'; there are 'Events', 'Second', 'Empty'"):
        Sheet(data, "b.xlsx", "Third")


def test_a_sheet_that_claims_a_great_size_is_read_as_it_is() -> None:
    data = repacked(
        book([["event"], ["E1"]]),
        SHEET,
        lambda held: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', held),
    )
    assert [row.cells for row in Sheet(data, "b.xlsx").rows(Faults("b"))] == [["event"], ["E1"]]


def test_a_cell_far_out_is_too_many_columns() -> None:
    data = repacked(book([["event"], ["E1"]]), SHEET, lambda held: held.replace(b'r="A2"', b'r="XFD2"'))
    with pytest.raises(FormatError, match=r"16384 columns; 500 are the most"):
        list(Sheet(data, "b.xlsx").rows(Faults("b")))


def test_a_part_that_unpacks_to_too_much_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MAX_UNPACKED", 20_000)
    data = repacked(book([["event"]]), "xl/styles.xml", lambda held: held + b" " * 30_000)
    with pytest.raises(FormatError, match=r"unpacks to more than [0-9]+ bytes"):
        Sheet(data, "b.xlsx")


def test_entities_are_not_expanded() -> None:
    lol = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    data = repacked(book([["event"], ["E1"]]), SHEET, lambda held: lol + held.split(b"?>", 1)[-1])
    with pytest.raises(FormatError, match="not a sound workbook"):
        list(Sheet(data, "b.xlsx").rows(Faults("b")))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is no ZIP file"),
        (b"event,type\n", "it is no ZIP file"),
        (b"PK\x03\x04", "not a sound workbook"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "an old `.xls` or an encrypted workbook"),
        (book([]), "an empty sheet"),
    ],
)
def test_what_is_no_workbook_says_so(data: bytes, why: str) -> None:
    with pytest.raises(FormatError, match=why):
        list(Sheet(data, "b.xlsx").rows(Faults("b")))


SOUND = book([[*EXTRACT], [*EXTRACT.values()]])


@pytest.mark.uncounted
@settings(max_examples=trials(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_bytes_make_the_reader_do_anything_but_answer_or_refuse(data: st.DataObject) -> None:
    part = data.draw(
        st.sampled_from(
            ["[Content_Types].xml", "xl/workbook.xml", SHEET, "xl/styles.xml", "xl/_rels/workbook.xml.rels", ""]
        )
    )
    place = data.draw(st.integers(0, 3000))
    junk = data.draw(st.binary(max_size=12))

    def damaged(held: bytes) -> bytes:
        at = place % (len(held) + 1)
        return held[:at] + junk + held[at + len(junk) :]

    bad = repacked(SOUND, part, damaged) if part else damaged(SOUND)
    try:
        found = sources.read(bad, "b.xlsx", "xlsx")
    except InputError:
        return
    assert len(found.drafts) <= 1
