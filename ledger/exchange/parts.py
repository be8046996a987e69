"""The parts of a workbook's ZIP file, looked through once: their sizes, and what of a sheet its cells do not say.

Merged cells, hidden rows and columns and the order of rows are read from the part's bytes, since a reader that gives rows
one by one gives none of them (ISO/IEC 29500-1, 18.3.1).
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import NamedTuple

from ledger.errors import FormatError, InputError
from ledger.exchange.table import MAX_BYTES

MAX_UNPACKED = 4 << 30
"""Most bytes that the parts of a workbook may hold unpacked."""
MAX_SHARED = 512 << 20
"""Most bytes of the parts that are read whole: shared texts and styles."""
MAX_PARTS = 1000
MAX_ROW = 1_048_576
"""The last row that a sheet can have (Excel specifications and limits)."""
MAX_NOTED = 100_000
"""Most merged ranges or hidden columns of a sheet."""
_CHUNK = 1 << 20
_LONGEST_TAG = 1 << 16
_TAG = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?(f|row|col|mergeCell)(\s[^<>]*|)/?>")
_ATTRIBUTE = re.compile(rb"""([A-Za-z]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7}):\$?([A-Z]{1,3})\$?([0-9]{1,7})")
# In UTF-16, too, in which nobody writes a sheet, and whose tags would not be seen.
_SHEET = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?worksheet[\s>]|w\0o\0r\0k\0s\0h\0e\0e\0t\0")
_STRICT = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
_HEAD = 1 << 12

BROKEN = (
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
"""What a damaged file makes `zipfile` and openpyxl raise; ParseError is a SyntaxError."""


class Merged(NamedTuple):
    """A merged range, by its first and last row."""

    first: int
    last: int
    name: str
    column: str


class Part:
    """What one sheet's part says beside its cells.

    Attributes:
        formulas: whether some cell holds one.
        merged: merged ranges.
        hidden_rows: numbers of hidden rows.
        hidden_columns: first and last column of each hidden stretch, counted from 1.
    """

    def __init__(self) -> None:
        self.formulas = False
        self.merged: list[Merged] = []
        self.hidden_rows: set[int] = set()
        self.hidden_columns: list[tuple[int, int]] = []
        self._row = 0

    def take(self, piece: bytes) -> bytes:
        """Take in a piece of the part, and give back the tag that it breaks off in.

        Raises:
            ValueError: no sheet says so.
        """
        for tag, attributes in _TAG.findall(piece):
            if tag == b"f":
                self.formulas = True
            else:
                self._look(tag, attributes)
        begun = piece.rfind(b"<")
        return piece[begun:] if begun > piece.rfind(b">") and len(piece) - begun < _LONGEST_TAG else b""

    def _look(self, tag: bytes, attributes: bytes) -> None:
        said = {name.decode(): (one or other).decode() for name, one, other in _ATTRIBUTE.findall(attributes)}
        hidden = said.get("hidden", "0") in ("1", "true")
        if tag == b"row":
            # Readers leave out a row that stands above one before it.
            number = int(said.get("r", self._row + 1))
            if not self._row < number <= MAX_ROW:
                raise ValueError(f"row {number} after row {self._row}")
            self._row = number
            if hidden:
                self.hidden_rows.add(number)
        elif tag == b"col" and hidden:
            self.hidden_columns.append((int(said["min"]), int(said["max"])))
        elif tag == b"mergeCell" and (found := _RANGE.fullmatch(said.get("ref", ""))):
            self.merged.append(Merged(int(found[2]), int(found[4]), said["ref"], found[1]))
        if len(self.merged) > MAX_NOTED or len(self.hidden_columns) > MAX_NOTED:
            raise ValueError(f"more than {MAX_NOTED} merged ranges or hidden columns")


class Parts(NamedTuple):
    """What was found: whether some sheet holds a formula, and the sheets' parts by name."""

    formulas: bool
    sheets: dict[str, Part]


def inspect(data: bytes, file: str) -> Parts:
    """Look through a workbook; each part is unpacked once, so that what it claims of its size is not believed.

    Raises:
        FormatError: no ZIP file, or beyond a bound.
    """
    if len(data) > MAX_BYTES:
        raise FormatError(f"{len(data)} bytes; {MAX_BYTES} are the most: split the file", file=file)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise FormatError("an old `.xls` or an encrypted workbook; save it as `.xlsx` without a password", file=file)
    if not data.startswith(b"PK"):
        raise FormatError("not a workbook (.xlsx): it is no ZIP file", file=file)
    formulas = False
    sheets: dict[str, Part] = {}
    left = MAX_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            names = parts.infolist()
            if len(names) > MAX_PARTS:
                raise FormatError(f"{len(names)} parts; {MAX_PARTS} are the most", file=file)
            for item in names:
                with parts.open(item) as stream:
                    head = stream.read(_CHUNK)
                    if b"\0" in head[:_HEAD] and _SHEET.search(head[:_HEAD]):
                        raise FormatError("a sheet in UTF-16; save the workbook anew", file=file)
                    if _STRICT in head[:_HEAD]:
                        raise FormatError("a workbook in Strict Open XML; save it as an ordinary `.xlsx`", file=file)
                    found = Part() if _SHEET.search(head[:_HEAD]) else None
                    most = left if found is not None else min(left, MAX_SHARED)
                    size, tail, chunk = 0, b"", head
                    while chunk:
                        size += len(chunk)
                        if size > most:
                            raise FormatError(f"part {item.filename!r} unpacks to more than {most} bytes", file=file)
                        if found is not None:
                            tail = found.take(tail + chunk)
                        chunk = stream.read(_CHUNK)
                left -= size
                if found is not None:
                    formulas = formulas or found.formulas
                    sheets[item.filename] = found
    except BROKEN as error:
        raise broken(file, error) from error
    except RuntimeError as error:
        raise FormatError("the workbook is encrypted; save it without a password", file=file) from error
    return Parts(formulas, sheets)


def broken(file: str, error: Exception) -> Exception:
    """The error to raise instead of what a damaged file made somebody else's code raise."""
    if isinstance(error, InputError):
        return error
    return FormatError(f"not a sound workbook: {str(error)[:200] or type(error).__name__}", file=file)
