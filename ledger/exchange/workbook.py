"""Workbooks to rows of text: Office Open XML (ISO/IEC 29500), one sheet, bounded, every row with its number in the sheet.

What a sheet shows is what somebody signed off: of a formula its stored result is taken and counted; one without a
stored result, and one whose result is an error, is refused, because a blank composition would mean "not measured".
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from ledger.errors import FormatError, InputError
from ledger.exchange.faults import Faults
from ledger.exchange.table import MAX_BYTES, MAX_COLUMNS, MAX_ROWS, Row
from ledger.exchange.values import cell_text

MAX_UNPACKED = 4 << 30
"""Most bytes that the parts of a workbook may hold unpacked."""
MAX_SHARED = 512 << 20
"""Most bytes of the parts that are read whole: shared texts and styles."""
MAX_PARTS = 1000
_CHUNK = 1 << 20
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")


class Sheet:
    """One sheet of a workbook.

    Attributes:
        name: the sheet's name.
        others: names of visible sheets that were not read and hold something.
        formulas: how many stored results of formulas were read so far.
    """

    def __init__(self, data: bytes, file: str, sheet: str | None = None) -> None:
        """Choose the sheet: the one named, or else the first that is visible.

        Raises:
            FormatError: not a workbook, or beyond a bound.
            InputError: no such sheet.
        """
        self._file = file
        self.formulas = 0
        formulas = _inspect(data, file)
        self._values = _open(data, file, results=True)
        named = {page.title: page for page in self._values.worksheets}
        visible = [title for title, page in named.items() if page.sheet_state == "visible"]
        if sheet is not None and sheet not in named:
            raise InputError(f"there is no sheet {sheet!r}; there are {', '.join(map(repr, named))}", file=file)
        if sheet is None and not visible:
            raise FormatError("no visible sheet", file=file)
        self.name = sheet if sheet is not None else visible[0]
        self.others = [title for title in visible if title != self.name and _holds(named[title], file)]
        self._formulas = _open(data, file, results=False) if formulas else None

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
        try:
            for number, (values, formulas) in enumerate(pairs, start=1):
                if not any(cell.value is not None for cell in formulas):
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
                header = header or cells
                # A sheet ends its rows where its cells end; a table has every cell of its header.
                yield Row(number, cells + [""] * (len(header) - len(cells)))
        except _BROKEN as error:
            raise _broken(self.label, error) from error
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
        field = header[index] if index < len(header) and header[index] else _column(index)
        if formula.data_type == "f":
            self.formulas += 1
            if value.value is None:
                faults.spoil("a formula without a stored result; open the file, save it, and try again", line, field)
                return ""
        if value.data_type == "e":
            faults.spoil(f"the cell shows the error {value.value}", line, field)
            return ""
        return cell_text(value.value, line, field, faults)


def _column(index: int) -> str:
    """`A`, `B`, ..., `AA`: a column's letters."""
    letters = ""
    index += 1
    while index:
        index, last = divmod(index - 1, 26)
        letters = chr(ord("A") + last) + letters
    return f"column {letters}"


def _raw(page: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401  (openpyxl's read-only sheet)
    # A sheet's own statement of its size pads every row to it, and may be false.
    page.reset_dimensions()
    yield from page.iter_rows()


def _holds(page: Any, file: str) -> bool:  # noqa: ANN401  (openpyxl's read-only sheet)
    try:
        return any(cell.value is not None for row in _raw(page) for cell in row)
    except _BROKEN as error:
        raise _broken(f"{file}, sheet {page.title}", error) from error


_BROKEN = (
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    OverflowError,
    SyntaxError,
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    NotImplementedError,
)
"""What openpyxl lets through from a damaged file; ParseError is a SyntaxError."""


def _broken(file: str, error: Exception) -> Exception:
    if isinstance(error, InputError):
        return error
    return FormatError(f"not a sound workbook: {str(error)[:200] or type(error).__name__}", file=file)


def _open(data: bytes, file: str, *, results: bool) -> Any:  # noqa: ANN401  (openpyxl's workbook)
    from openpyxl import load_workbook  # noqa: PLC0415  (start-up time)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts that openpyxl leaves out: no cell is among them
        try:
            return load_workbook(io.BytesIO(data), read_only=True, data_only=results, keep_links=False)
        except _BROKEN as error:
            raise _broken(file, error) from error


def _inspect(data: bytes, file: str) -> bool:
    """Whether some sheet holds a formula; unpacks each part once, so that what a part claims of its size is not believed.

    Raises:
        FormatError: no ZIP file, or beyond a bound.
    """
    if len(data) > MAX_BYTES:
        raise FormatError(f"{len(data)} bytes; {MAX_BYTES} are the most: split the file", file=file)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise FormatError("an old `.xls` or an encrypted workbook; save it as `.xlsx` without a password", file=file)
    found = False
    left = MAX_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            names = parts.infolist()
            if len(names) > MAX_PARTS:
                raise FormatError(f"{len(names)} parts; {MAX_PARTS} are the most", file=file)
            for part in names:
                sheet = part.filename.startswith("xl/worksheets/")
                most = left if sheet else min(left, MAX_SHARED)
                with parts.open(part) as stream:
                    tail = b""
                    size = 0
                    while chunk := stream.read(_CHUNK):
                        size += len(chunk)
                        if size > most:
                            raise FormatError(f"part {part.filename!r} unpacks to more than {most} bytes", file=file)
                        if sheet and not found:
                            found = _FORMULA.search(tail + chunk) is not None
                            tail = chunk[-32:]
                left -= size
    except _BROKEN as error:
        raise _broken(file, error) from error
    except RuntimeError as error:
        raise FormatError("the workbook is encrypted; save it without a password", file=file) from error
    return found
