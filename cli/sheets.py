"""Tables of a report as CSV and XLSX: the same bytes for the same report, and nothing in them that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ledger.errors import UsageError
from ledger.report.sheets import Cell, Table

CREATED = datetime(1980, 1, 1, tzinfo=UTC)
"""Creation date of every workbook, the earliest that a ZIP file can state: a clock would make each file another one."""
MOST_ROWS = 1_048_576
MOST_UNITS = 32_767
"""Rows of a sheet and UTF-16 units of a cell: Excel specifications and limits."""
CUT = " ... cut at a spreadsheet's limit; --format csv has all of it"
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a text begins that a spreadsheet may run when it opens a CSV file (OWASP, "CSV Injection"), full-width forms included; and
the apostrophe itself, so that taking one off gives back every text."""


def written(found: Sequence[Table], form: str, name: str | None) -> bytes:
    """Tables of a report: `csv`, one of them, or `xlsx`, all or one.

    Raises:
        UsageError: no such table, or `csv` without one.
    """
    named_of([item.name for item in found], form, name)
    chosen = found if name is None else [item for item in found if item.name == name]
    return as_csv(chosen[0]) if form == "csv" else as_xlsx(chosen)


def named_of(names: Sequence[str], form: str, name: str | None) -> None:
    """Whether a file of this form can hold this one of these tables, or all.

    Raises:
        UsageError: as `written`.
    """
    if form == "csv" and name is None:
        raise UsageError(f"a CSV file holds one table; name it: {', '.join(names)}", field="--table")
    if name is not None and name not in names:
        raise UsageError(f"there is no table {name!r}; tables are {', '.join(names)}", field="--table")


def as_csv(table: Table) -> bytes:
    """One table as CSV (RFC 4180), UTF-8. A text that a spreadsheet might run gets an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([_harmless(cell) for cell in row] for row in table.rows)
    return out.getvalue().encode("utf-8")


def _harmless(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return (
            {None: "", True: "true", False: "false"}.get(cell, cell) if cell is None or isinstance(cell, bool) else cell
        )
    return f"'{cell}" if cell.lstrip(" ").startswith(_DANGEROUS) else cell


def as_xlsx(chosen: Sequence[Table]) -> bytes:
    """Tables as a workbook, one sheet each. Text cells are text whatever they begin with, so there is no formula and no link.

    Raises:
        UsageError: a table with more rows than a sheet holds.
    """
    from xlsxwriter import Workbook  # type: ignore[import-untyped]  # noqa: PLC0415  (it has no types; start-up time)

    out = io.BytesIO()
    book = Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"created": CREATED, "title": "Monazite report"})
    bold = book.add_format({"bold": True})
    for table in chosen:
        if len(table.rows) >= MOST_ROWS:
            raise UsageError(
                f"table {table.name} has {len(table.rows)} rows, more than a sheet holds; write it with --format csv"
            )
        sheet = book.add_worksheet(table.name)
        sheet.freeze_panes(1, 0)
        for column, title in enumerate(table.columns):
            sheet.write_string(0, column, title, bold)
        for number, row in enumerate(table.rows, 1):
            for column, cell in enumerate(row):
                _write(sheet, number, column, cell)
    book.close()
    return out.getvalue()


def _write(sheet: Any, row: int, column: int, cell: Cell) -> None:  # noqa: ANN401  (xlsxwriter has no types)
    if cell is None:
        return
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, str) or not math.isfinite(cell):
        sheet.write_string(row, column, _fitting(str(cell)))
    else:
        sheet.write_number(row, column, cell)


def _fitting(text: str) -> str:
    """The text, cut with a word on it where a cell cannot hold it."""
    units = text.encode("utf-16-le")
    if len(units) // 2 <= MOST_UNITS:
        return text
    return units[: 2 * (MOST_UNITS - len(CUT))].decode("utf-16-le", "ignore") + CUT
