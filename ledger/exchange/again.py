"""Files of rejects, read again once they are corrected: a CSV file with what is wrong in its first column.

Such a file is written by `sources.rejects` in one way, with commas and in UTF-8, however its source was written; a mapping for
the source is right for it but for that.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from ledger.errors import FormatError
from ledger.exchange import table
from ledger.exchange.faults import Faults
from ledger.exchange.mapping import FileForm, Mapping
from ledger.exchange.table import Exact, Row

ERRORS = "error"
"""The column of a rejects file that says what is wrong."""
LINE = "json"
"""The other column where the source is no table: its line, or its event."""
_LONGEST = 16 << 20
"""Most characters of one event."""
_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


class Unpacked(NamedTuple):
    """The events of a rejects file that was made of no table, as the file that they came from would have them."""

    kind: str
    data: bytes


def is_rejects(data: bytes, mapping: Mapping | None) -> bool:
    """Whether a CSV file is one of rejects, and not one whose first column the mapping knows by that name."""
    first = data.removeprefix(table.UTF8_BOM).startswith((f"{ERRORS},".encode(), f'"{ERRORS}",'.encode()))
    return first and (mapping is None or ERRORS not in {*mapping.columns, *mapping.ignore})


def as_written(mapping: Mapping) -> Mapping:
    """A mapping of the source for its rejects: numbers as it says, all else as this program writes it."""
    form = mapping.file
    return msgspec.structs.replace(mapping, file=FileForm(decimal=form.decimal, thousands=form.thousands))


def unpacked(data: bytes, file: str) -> Unpacked | None:
    """The events of a rejects file of JSON Lines or EPCIS; None of a table's.

    Raises:
        FormatError: no CSV file.
        BatchError: cells that hold no JSON object, by line.
    """
    if not data.removeprefix(table.UTF8_BOM).replace(b'"', b"").startswith(f"{ERRORS},{LINE}".encode()):
        return None
    faults = Faults(file)
    found: list[tuple[int, str, dict[str, Any]]] = []
    for line, cells in _rows(table.decode(data, file), file):
        text = cells[1].strip() if len(cells) == len((ERRORS, LINE)) else ""
        try:
            value = json.loads(text, parse_float=str, parse_int=str)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            found.append((line, text, value))
        elif any(cell.strip() for cell in cells):
            faults.say("not a JSON object", line, LINE)
    faults.check()
    if any("eventTime" in value for _line, _text, value in found):
        return Unpacked("epcis", _document([text for _line, text, _value in found]))
    lines = [""] * (found[-1][0] if found else 0)
    for line, text, _value in found:
        lines[line - 1] = " ".join(text.splitlines())
    return Unpacked("jsonl", "\n".join(lines).encode())


def _rows(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """Rows below the header, each with its line. An event may be longer than a cell of a table."""
    before = csv.field_size_limit(_LONGEST)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        next(reader)
        begin = reader.line_num + 1
        for cells in reader:
            yield begin, cells
            begin = reader.line_num + 1
    except csv.Error as error:
        raise FormatError(f"not CSV: {error}", file=file, line=reader.line_num) from error
    finally:
        csv.field_size_limit(before)


def _document(events: Sequence[str]) -> bytes:
    listed = ",\n".join(events)
    head = {
        "@context": [_CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2000-01-01T00:00:00Z",
    }
    return f'{json.dumps(head)[:-1]},"epcisBody":{{"eventList":[\n{listed}\n]}}}}'.encode()


def written(
    header: Sequence[str], rows: Iterable[Row], said: Callable[[int], str], numbers: Sequence[str], decimal: str
) -> str:
    """The text of a rejects file.

    Args:
        header: the source's.
        rows: its rows that were not recorded.
        said: what is wrong with the row of a line.
        numbers: headings of columns of numbers.
        decimal: the sign with which the mapping reads numbers in text, for numbers that the source keeps as numbers.
    """
    counted = [" ".join(name.split()) in numbers for name in header]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([ERRORS, *header])
    for row in rows:
        cells = [
            cell.replace(".", decimal) if number and isinstance(cell, Exact) else cell
            for cell, number in zip(row.cells, counted, strict=False)
        ]
        writer.writerow([said(row.line), *cells, *row.cells[len(counted) :]])
    return text.getvalue()
