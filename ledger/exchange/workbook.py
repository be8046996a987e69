"""Workbooks to rows of text: Office Open XML (ISO/IEC 29500), one sheet, bounded, every row with its number in the sheet.

What a sheet shows is what somebody signed off: of a formula its stored result is taken and counted; one without a
stored result, and one whose result is an error, is refused, because a blank composition would mean "not measured". Numbers are
what their format shows (`numberformats`); merged cells below the header are refused, since they show one value in several places.
Rows and columns that are hidden are read, and said to be.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ledger.errors import FormatError, InputError
from ledger.exchange import numberformats
from ledger.exchange.faults import Faults
from ledger.exchange.parts import BROKEN, Merged, Part, broken, inspect
from ledger.exchange.table import MAX_COLUMNS, MAX_ROWS, Exact, Row
from ledger.exchange.values import cell_text, text_of

_SHOWN = 10
"""Most rows that a note names."""


class Sheet:
    """One sheet of a workbook.

    Attributes:
        name: the sheet's name.
        others: names of sheets that were not read and hold something.
        formulas: how many stored results of formulas were read so far.
        hidden_rows: hidden rows that were read so far, by number.
        hidden_columns: hidden columns under the header, by letter.
    """

    def __init__(self, data: bytes, file: str, sheet: str | None = None, skip: int = 0) -> None:
        """Choose the sheet: the one named, or else the first that is visible; `skip` rows above its header are no part of the table.

        Raises:
            FormatError: not a workbook, or beyond a bound.
            InputError: no such sheet.
        """
        self._file = file
        self._skip = skip
        self.formulas = 0
        self.hidden_rows: list[int] = []
        self.hidden_columns: list[str] = []
        parts = inspect(data, file)
        self._values = _open(data, file, results=True)
        named = {page.title: page for page in self._values.worksheets}
        visible = [title for title, page in named.items() if page.sheet_state == "visible"]
        if sheet is not None and sheet not in named:
            raise InputError(f"there is no sheet {sheet!r}; there are {', '.join(map(repr, named))}", file=file)
        if sheet is None and not visible:
            raise FormatError("no visible sheet", file=file)
        self.name = sheet if sheet is not None else visible[0]
        self._part = parts.sheets.get(str(named[self.name]._worksheet_path).lstrip("/"), Part())  # noqa: SLF001  (nothing else names it)
        self.others = [
            title if title in visible else f"{title} (hidden)"
            for title, page in named.items()
            if title != self.name and _holds(page, file)
        ]
        self._formulas = _open(data, file, results=False) if parts.formulas else None

    @property
    def label(self) -> str:
        """File and sheet, for messages."""
        return f"{self._file}, sheet {self.name}"

    def rows(self, faults: Faults) -> Iterator[Row]:
        """Rows that hold something, the header first; cells that show an error, or a formula without a result, spoil theirs.

        Raises:
            FormatError: beyond a bound, or no rows.
        """
        page = self._values[self.name]
        said = self._formulas[self.name] if self._formulas is not None else None
        pairs: Any = (
            zip(_raw(page), _raw(said), strict=False) if said is not None else ((row, row) for row in _raw(page))
        )
        header: list[str] = []
        count = 0
        merged = _Merges(self._part.merged)
        try:
            for number, (values, formulas) in enumerate(pairs, start=1):
                if not any(cell.value is not None for cell in formulas):
                    continue
                if number <= self._skip:
                    continue
                cells = [
                    self._cell(value, formula, number, index, header, faults)
                    for index, (value, formula) in enumerate(zip(values, formulas, strict=False))
                ]
                while cells and not cells[-1]:
                    cells.pop()
                if not "".join(cells).strip():
                    continue
                if len(cells) > MAX_COLUMNS:
                    raise FormatError(f"{len(cells)} columns; {MAX_COLUMNS} are the most", file=self.label, line=number)
                count += 1
                if count > MAX_ROWS + 1:
                    raise FormatError(f"more than {MAX_ROWS} rows; split the sheet", file=self.label, line=number)
                if number in self._part.hidden_rows:
                    self.hidden_rows.append(number)
                if not header:
                    header = cells
                    self.hidden_columns = self._hidden(len(header))
                    merged.pass_over(number)
                for found in merged.at(number):
                    faults.spoilt.add(number)
                    if found.first == number or found.first <= self._skip:
                        faults.say(
                            f"{found.name} are merged, so it is not said what their other cells hold; unmerge and fill in each",
                            number,
                            f"column {found.column}",
                        )
                # A sheet ends its rows where its cells end; a table has every cell of its header.
                yield Row(number, cells + [""] * (len(header) - len(cells)))
        except BROKEN as error:
            raise broken(self.label, error) from error
        if not count:
            raise FormatError("an empty sheet; its first row names the columns", file=self.label, line=1)

    def _cell(
        self,
        value: Any,  # noqa: ANN401  (openpyxl cells)
        formula: Any,  # noqa: ANN401  (as above)
        line: int,
        index: int,
        header: list[str],
        faults: Faults,
    ) -> str:
        field = header[index] if index < len(header) and header[index] else f"column {_letters(index)}"
        if formula.data_type == "f":
            self.formulas += 1
            if value.value is None and value.data_type != "str":
                faults.spoil("a formula without a stored result; open the file, save it, and try again", line, field)
                return ""
        if value.data_type == "e":
            faults.spoil(f"the cell shows the error {value.value}", line, field)
            return ""
        return cell_text(value, line, field, faults, _shown)

    def _hidden(self, width: int) -> list[str]:
        """Letters of hidden columns that the header reaches."""
        numbers = {
            number for first, last in self._part.hidden_columns for number in range(max(first, 1), min(last, width) + 1)
        }
        return [_letters(number - 1) for number in sorted(numbers)]

    def notes(self) -> list[str]:
        """What a person should know of the rows that were read."""
        found: list[str] = []
        if self.formulas:
            found.append(f"{self.formulas} cells are formulas; their stored results were taken")
        if self.hidden_rows:
            listed = ", ".join(map(str, self.hidden_rows[:_SHOWN]))
            more = f" and {len(self.hidden_rows) - _SHOWN} more" if len(self.hidden_rows) > _SHOWN else ""
            found.append(f"hidden rows were read as well: {listed}{more}")
        if self.hidden_columns:
            found.append(f"hidden columns were read as well: {', '.join(self.hidden_columns)}")
        return found


class _Merges:
    """Merged ranges, asked for row by row from the first."""

    def __init__(self, ranges: list[Merged]) -> None:
        self._waiting = sorted(ranges, reverse=True)
        self._open: list[Merged] = []

    def pass_over(self, number: int) -> None:
        """Forget the ranges that end with this row or before: a title, or the header."""
        self._waiting = [found for found in self._waiting if found.last > number]

    def at(self, number: int) -> list[Merged]:
        """The ranges that a row is in."""
        while self._waiting and self._waiting[-1].first <= number:
            self._open.append(self._waiting.pop())
        self._open = [found for found in self._open if found.last >= number]
        return self._open


def _shown(cell: Any) -> str:  # noqa: ANN401  (an openpyxl cell)
    """The text of a cell as its sheet shows it."""
    value = cell.value
    if isinstance(value, datetime) and not any((value.hour, value.minute, value.second, value.microsecond)):
        # A day is no moment: midnight is only meant where the cell shows it.
        return text_of(value if "h" in cell.number_format.lower() else value.date())
    text = text_of(value)
    return numberformats.shown(text, cell.number_format) if isinstance(text, Exact) else text


def _letters(index: int) -> str:
    """`A`, `B`, ..., `AA`: a column's letters."""
    letters = ""
    index += 1
    while index:
        index, last = divmod(index - 1, 26)
        letters = chr(ord("A") + last) + letters
    return letters


def _raw(page: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401  (openpyxl's read-only sheet)
    # A sheet's own statement of its size pads every row to it, and may be false.
    page.reset_dimensions()
    yield from page.iter_rows()


def _holds(page: Any, file: str) -> bool:  # noqa: ANN401  (openpyxl's read-only sheet)
    try:
        return any(cell.value is not None for row in _raw(page) for cell in row)
    except BROKEN as error:
        raise broken(f"{file}, sheet {page.title}", error) from error


def _open(data: bytes, file: str, *, results: bool) -> Any:  # noqa: ANN401  (openpyxl's workbook)
    from openpyxl import load_workbook  # noqa: PLC0415  (start-up time)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts that openpyxl leaves out: no cell is among them
        try:
            return load_workbook(io.BytesIO(data), read_only=True, data_only=results, keep_links=False)
        except BROKEN as error:
            raise broken(file, error) from error
