"""Bytes to rows of text: RFC 4180 CSV in UTF-8, bounded, every row with its true line in the file.

Nothing is guessed: another encoding or separator is refused with what to do about it, because a wrong guess would
change numbers and names.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from ledger.errors import FormatError

MAX_BYTES = 256 << 20
MAX_ROWS = 1_000_000
MAX_COLUMNS = 500
MAX_CELL = 10_000
"""Bounds on a file, its rows below the header, its columns, and the characters of a cell."""

UTF8_BOM = b"\xef\xbb\xbf"
_OTHER_BOMS = (b"\xff\xfe", b"\xfe\xff")
_ADVICE = "save the file as UTF-8 (in Excel: `CSV UTF-8`)"
# A whole cell and what ends it. Where this stops matching, a quote opens that nothing closes.
_CELL = re.compile(r'(?:"[^"]*(?:""[^"]*)*"|[^",\r\n][^,\r\n]*|)(?:,|\r\n|\n|\r)')
_SEPARATORS = {";": "semicolons", "\t": "tabs"}


class Exact(str):
    """The text of a number that its file keeps as a number: digits and a decimal point, whatever a mapping says of numbers in text."""

    __slots__ = ()


class Row(NamedTuple):
    """One row: the line on which it begins, counted from 1, and its cells as text."""

    line: int
    cells: list[str]


def read(data: bytes, file: str, delimiter: str = ",", encoding: str = "utf-8", skip: int = 0) -> Iterator[Row]:
    """The rows of a CSV file, the header first; rows without any text are left out, line ends in cells become LF.

    Another delimiter or encoding comes from a mapping, where somebody said so, and so do rows to skip: the first line is no header then.

    Raises:
        FormatError: not such a file, or beyond a bound; says file and line.
    """
    text = decode(data, file, encoding)
    if delimiter == "," and not skip:
        _check_separator(text, file)
    count = 0
    for row in _rows(text, file, delimiter):
        if not "".join(row.cells).strip():
            continue
        if len(row.cells) > MAX_COLUMNS:
            raise FormatError(f"{len(row.cells)} columns; {MAX_COLUMNS} are the most", file=file, line=row.line)
        if max(map(len, row.cells)) > MAX_CELL:
            raise FormatError(
                f"a cell of more than {MAX_CELL} characters; is a quote left open?", file=file, line=row.line
            )
        count += 1
        if count > MAX_ROWS + 1:
            raise FormatError(f"more than {MAX_ROWS} rows; split the file", file=file, line=row.line)
        yield row
    if not count:
        raise FormatError("an empty file; its first line names the columns", file=file, line=1)


def breaks(data: bytes, end: int) -> int:
    """Line ends (LF, CR LF or CR) in `data` before `end`."""
    return data.count(b"\n", 0, end) + data.count(b"\r", 0, end) - data.count(b"\r\n", 0, end)


def decode(data: bytes, file: str, encoding: str = "utf-8") -> str:
    """The text of bytes in UTF-8, or in the encoding that a mapping names, without a byte order mark.

    Raises:
        FormatError: another encoding, a NUL, or larger than `MAX_BYTES`; says file and line.
    """
    if len(data) > MAX_BYTES:
        raise FormatError(f"{len(data)} bytes; {MAX_BYTES} are the most: split the file", file=file)
    if encoding.casefold() not in ("utf-8", "utf8"):
        return _foreign(data, file, encoding)
    if data.startswith(_OTHER_BOMS):
        raise FormatError(f"the file is UTF-16, not UTF-8; {_ADVICE}", file=file, line=1)
    nul = data.find(b"\0")
    if nul >= 0:
        line = breaks(data, nul) + 1
        raise FormatError(f"a NUL byte: the file is damaged, no text, or UTF-16; {_ADVICE}", file=file, line=line)
    try:
        return data.removeprefix(UTF8_BOM).decode()
    except UnicodeDecodeError as error:
        line = breaks(error.object, error.start) + 1
        raise FormatError(
            f"byte 0x{error.object[error.start]:02x} is not UTF-8; {_ADVICE}", file=file, line=line
        ) from error


def _foreign(data: bytes, file: str, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise FormatError(
            f"byte 0x{data[error.start]:02x} is not {encoding}", file=file, line=breaks(data, error.start) + 1
        ) from error
    except LookupError as error:
        raise FormatError(f"{encoding!r} is not a text encoding", file=file) from error
    if "\0" in text:
        raise FormatError(f"a NUL: the file is damaged, or not {encoding}", file=file)
    return text.removeprefix("\ufeff")


def _check_separator(text: str, file: str) -> None:
    header = text.lstrip("\r\n")
    skipped = len(text) - len(header)
    first = re.split(r"[\r\n]", header[: MAX_COLUMNS * MAX_CELL], maxsplit=1)[0]
    for separator, name in _SEPARATORS.items():
        if first.count(separator) > first.count(","):
            line = breaks(text[:skipped].encode(), skipped) + 1
            raise FormatError(f"the columns are separated by {name}; save the file with commas", file=file, line=line)


def _rows(text: str, file: str, delimiter: str) -> Iterator[Row]:
    # Kept for the row at hand alone, to find out where a quote opened that nothing closes.
    pending: list[str] = []

    def lines() -> Iterator[str]:
        # newline="" splits at LF, CR LF and CR and leaves each as it is, so that the reader's count is the file's.
        for line in io.StringIO(text, newline=""):
            pending.append(line)
            yield line

    reader = csv.reader(lines(), strict=True, delimiter=delimiter)
    begin = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            _refuse(error, "".join(pending), begin, reader.line_num, file, delimiter)
        yield Row(begin, [cell.replace("\r\n", "\n").replace("\r", "\n") if "\r" in cell else cell for cell in cells])
        begin = reader.line_num + 1
        pending.clear()


def _refuse(error: csv.Error, row: str, begin: int, line: int, file: str, delimiter: str) -> NoReturn:
    """Say what is wrong with a row's quotes and where; `row` is its text up to where the reader gave up."""
    position = 0
    cell = _CELL if delimiter == "," else re.compile(_CELL.pattern.replace(",", re.escape(delimiter)))
    while found := cell.match(row, position):
        position = found.end()
    opened = begin + breaks(row[:position].encode(), len(row))
    unclosed = row.startswith('"', position) and row.count('"', position) % 2
    if "unexpected end" in str(error) or ("field larger" in str(error) and unclosed):
        raise FormatError("a quote opens here and is never closed", file=file, line=opened) from error
    if "field larger" in str(error):
        raise FormatError(f"a cell of more than {MAX_CELL} characters", file=file, line=opened) from error
    raise FormatError(
        f"text after a closing quote; the cell begins on line {opened}, and a quote within it is written twice",
        file=file,
        line=line,
    ) from error
