"""One file of somebody else's, whatever its format, to drafts: which reader, through which mapping, and what was left out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec
from msgspec import Struct

from ledger.errors import InputError, UsageError
from ledger.exchange import again, events, guess, jsonl, parquet, table
from ledger.exchange import mapping as mappings
from ledger.exchange.again import ERRORS, LINE
from ledger.exchange.applied import Applied
from ledger.exchange.draft import Draft
from ledger.exchange.epcis import document
from ledger.exchange.epcis import events as epcis
from ledger.exchange.epcis.events import Known
from ledger.exchange.epcis.terms import UNITS
from ledger.exchange.events import Progress
from ledger.exchange.faults import Faults
from ledger.exchange.mapping import FileForm
from ledger.exchange.members import Resolve
from ledger.exchange.rejected import Reread, Shown
from ledger.exchange.suggest import LOOKED_AT, heading_means, suggest
from ledger.exchange.table import Row
from ledger.exchange.workbook import Sheet
from ledger.model.identity import IMPORT_RECORD

SUFFIXES = {
    ".csv": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "epcis",
    ".jsonld": "epcis",
}
TABLES = ("csv", "xlsx", "parquet")


class Source(Struct):
    """What one file holds.

    Attributes:
        file: its name.
        label: its name in messages, of a workbook with the sheet.
        sha256, size: of its bytes.
        drafts: the events that are sound.
        errors: everything that is wrong with the others.
        header, rejects: the table's header, and the rows of events that are not sound.
        rows: every row or event, by line or number.
        groups: the lines of each event, by the one that its draft has.
        numbers, decimal: headings of columns that hold numbers, and the sign with which a mapping reads them in text.
        dropped: columns or members of the source that say nothing in the ledger.
        notes: what a person should know: sheets not read, results of formulas taken.
    """

    file: str
    label: str
    sha256: str
    size: int
    kind: str
    drafts: list[Draft] = []
    errors: list[InputError] = []
    header: list[str] = []
    rejects: list[Row] = []
    rows: Mapping[int, Row] = {}
    groups: dict[int, list[int]] = {}
    numbers: list[str] = []
    decimal: str = "."
    dropped: list[str] = []
    notes: list[str] = []


def read(
    data: bytes,
    file: str,
    kind: str,
    *,
    mapping: mappings.Mapping | None = None,
    sheet: str | None = None,
    evidence: Resolve | None = None,
    known: Known | None = None,
    progress: Progress | None = None,
) -> Source:
    """The events of one file; what is wrong with single events is in `errors`, all of it.

    `known` asks the ledger which events it has; without it, none. `progress` is told (done, all) now and then; all is 0 where
    nobody can know.

    Raises:
        InputError: the file as a whole cannot be read: its format, its header, a bound.
    """
    found = _read(data, file, kind, mapping, sheet, evidence, known, progress)
    empty = [
        (item["lot"], draft.line)
        for draft in found.drafts
        for item in draft.members.get("outputs", ())
        if not item["mass"]["mg"]
    ]
    if empty:
        lot, line = empty[0]
        unit = "event" if found.kind == "epcis" else "line"
        found.notes.append(
            f"{len(empty)} lots are made with a mass of 0, as {lot} of {unit} {line}; was it not weighed?"
        )
    return found


def _read(
    data: bytes,
    file: str,
    kind: str,
    mapping: mappings.Mapping | None,
    sheet: str | None,
    evidence: Resolve | None,
    known: Known | None,
    progress: Progress | None,
) -> Source:
    found = Source(file=file, label=file, sha256=hashlib.sha256(data).hexdigest(), size=len(data), kind=kind)
    if kind == "csv" and again.is_rejects(data, mapping):
        inner = again.unpacked(data, file)
        if inner is not None:
            kind, data = inner
        elif mapping is not None:
            mapping = again.as_written(mapping)
    if sheet is not None and kind != "xlsx":
        raise UsageError("it has no sheets", file=file, field="--sheet")
    if kind == "jsonl":
        if mapping is not None:
            raise UsageError("a mapping is for tables and EPCIS; lines of JSON are events as they are", file=file)
        return _jsonl(data, found, progress)
    if kind == "epcis":
        if mapping is not None:
            mappings.of_documents(mapping, UNITS, file)
        return _epcis(data, mapping, known, found, progress)
    faults, rows = _rows(data, file, kind, mapping, sheet, found)
    skip = mapping.file.skip if mapping is not None else 0
    named = mapping is not None and ERRORS in {*mapping.columns, *mapping.ignore}
    found.label = faults.file
    # A text file has about as many rows as line ends; to read them is about half of the work.
    most = data.count(b"\n") if kind == "csv" else 0
    original = _noted(rows, found, skip, named, progress and (lambda done, _all: progress(done, 2 * most)))
    applied: Applied | None = None
    if mapping is not None:
        applied = Applied(mapping, original, faults.file)
        found.dropped = applied.dropped
        found.numbers, found.decimal = applied.numbers, mapping.file.decimal
        original = applied.rows(faults)
    half = progress and (lambda done, whole: progress(most + most * done // whole if most else done, 2 * most or whole))
    read_ = events.read(original, faults, evidence, half)
    found.drafts = read_.drafts
    found.groups = read_.lines
    found.notes += read_.notes
    found.errors = [applied.renamed(error) for error in faults.errors] if applied else list(faults.errors)

    def reread() -> Iterator[Row]:
        scratch = Source(file=file, label=file, sha256="", size=0, kind=kind)
        return _noted(_rows(data, file, kind, mapping, sheet, scratch)[1], scratch, skip, named, None)

    found.rows = Reread(reread)
    found.rejects = [found.rows[line] for lines in read_.broken for line in lines if line in found.rows]
    return found


def _jsonl(data: bytes, found: Source, progress: Progress | None) -> Source:
    faults = Faults(found.file)
    found.drafts = jsonl.read(data, faults, progress)
    found.errors = list(faults.errors)
    found.header = [LINE]
    found.rows = {line: Row(line, [raw.decode("utf-8", "replace")]) for line, raw in jsonl.lines(data)}
    found.groups = {draft.line: [draft.line] for draft in found.drafts}
    found.rejects = [found.rows[error.line] for error in found.errors if error.line in found.rows]
    return found


def _epcis(
    data: bytes,
    mapping: mappings.Mapping | None,
    known: Known | None,
    found: Source,
    progress: Progress | None,
) -> Source:
    faults = Faults(found.file, "event")
    read_ = document.read(data, faults, progress)
    taken = epcis.drafts(read_, faults, mapping, known or (lambda _refs: ()))
    found.drafts, found.dropped, found.errors = taken.drafts, taken.dropped, list(faults.errors)
    found.notes += taken.notes
    found.header = [LINE]
    found.rows = Shown(read_.given, read_.frame.get("@context"))
    found.groups = {draft.line: [draft.line] for draft in found.drafts} | taken.groups
    lines = dict.fromkeys(
        line for error in found.errors if error.line for line in found.groups.get(error.line, [error.line])
    )
    found.rejects = [found.rows[line] for line in lines if line in found.rows]
    return found


def _rows(
    data: bytes, file: str, kind: str, mapping: mappings.Mapping | None, sheet: str | None, found: Source
) -> tuple[Faults, Iterator[Row]]:
    form = mapping.file if mapping is not None else None
    if kind == "xlsx":
        page = Sheet(data, file, sheet or (form.sheet if form and form.sheet else None), form.skip if form else 0)
        faults = Faults(page.label, "row")
        if page.others:
            found.notes.append(f"sheets not read: {', '.join(page.others)}")
        return faults, _counted(page, faults, found)
    faults = Faults(file)
    if kind == "parquet":
        return faults, parquet.read(data, file, faults)
    form = form or FileForm()
    return faults, table.read(data, file, form.delimiter, form.encoding, form.skip)


def _counted(page: Sheet, faults: Faults, found: Source) -> Iterator[Row]:
    yield from page.rows(faults)
    found.notes += page.notes()


def _noted(
    rows: Iterator[Row],
    found: Source,
    skip: int,
    named: bool,  # noqa: FBT001  (internal)
    progress: Progress | None,
) -> Iterator[Row]:
    """The same rows; the header is noted, and of a file of rejects the column that says what is wrong is left out, unless a mapping names it."""
    drop = 0
    for number, row in enumerate(rows):
        if progress is not None and number % events.EVERY == 0:
            progress(number, 0)
        if not found.header and row.line > skip:
            drop = int(row.cells[0].strip() == ERRORS and not named)
            found.header = row.cells[drop:]
        yield Row(row.line, row.cells[drop:]) if drop else row


def record_of(source: Source, mapping: mappings.Mapping | None, mapping_bytes: bytes | None) -> bytes:
    """The record of an import: canonical enough to be the same for the same file and mapping.

    It names the source by hash, the mapping with its version and hash, and what was left out.
    """
    members: dict[str, Any] = {
        "format": "monazite/import@v1",
        "source": {
            "name": source.file.replace("\\", "/").rpartition("/")[2],
            "sha256": source.sha256,
            "size": source.size,
            "kind": source.kind,
        },
        "dropped": sorted(source.dropped),
        "notes": source.notes,
    }
    if mapping is not None and mapping_bytes is not None:
        members["mapping"] = {
            "name": mapping.name,
            "version": mapping.version,
            "sha256": hashlib.sha256(mapping_bytes).hexdigest(),
        }
    return json.dumps(members, sort_keys=True, ensure_ascii=False, indent=1).encode() + b"\n"


def with_record(drafts: list[Draft], record: bytes) -> list[Draft]:
    """Drafts that name the record of their import as evidence."""
    digest = hashlib.sha256(record).hexdigest()
    item = {"name": f"import-{digest[:12]}.json", "sha256": digest, "media_type": IMPORT_RECORD, "size": len(record)}
    return [
        msgspec.structs.replace(
            draft, members={**draft.members, "evidence": [*draft.members.get("evidence", ()), item]}
        )
        for draft in drafts
    ]


def reject(source: Source, draft: Draft, message: str) -> None:
    """Count an event that a rule refused among those that are not sound."""
    source.errors.append(InputError(message, file=source.label, line=draft.line))
    source.rejects += [source.rows[line] for line in source.groups.get(draft.line, ()) if line in source.rows]


def suggested(data: bytes, file: str, kind: str, sheet: str | None) -> str:
    """The text of a first mapping for a foreign table.

    Raises:
        UsageError: not a table.
        InputError: it cannot be read.
    """
    if kind not in TABLES:
        raise UsageError(f"{file}: a mapping is for tables: {', '.join(TABLES)}")
    delimiter, encoding = guess.form_of(data) if kind == "csv" else (",", "utf-8")
    form = FileForm(delimiter=delimiter, encoding=encoding)
    found = Source(file=file, label=file, sha256="", size=len(data), kind=kind)
    _faults, rows = _rows(data, file, kind, mappings.Mapping(name="", version="", file=form), sheet, found)
    looked = list(islice(rows, LOOKED_AT + guess.TITLES))
    # The first row with the most headings that are known: reports have titles above their tables.
    header = max(looked[: guess.TITLES], key=lambda row: sum(heading_means(cell) is not None for cell in row.cells))
    return suggest(
        header.cells,
        [row.cells for row in looked if row.line > header.line],
        form=FileForm(
            delimiter=delimiter,
            encoding=encoding,
            skip=header.line - 1 if header is not looked[0] else 0,
            sheet=sheet or "",
        ),
    )


def rejects(source: Source) -> str:
    """The rows of events that are not sound, as CSV under the source's own header, what is wrong first.

    The column `error` is left out when such a file is read again, so that it can be corrected and imported.
    """
    said: dict[int, list[str]] = {}
    for error in source.errors:
        said.setdefault(error.line or 0, []).append(f"{error.field}: {error.message}" if error.field else error.message)
    return again.written(
        source.header,
        sorted({row.line: row for row in source.rejects}.values()),
        lambda line: "; ".join(said.get(line, ())),
        source.numbers,
        source.decimal,
    )
