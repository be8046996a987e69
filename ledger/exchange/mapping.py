"""A mapping file: what the columns, units, lot identifiers, sites and times of somebody else's table mean here.

TOML, in the operator's hands and versioned by it. A column that the mapping neither uses nor names under `ignore` is
refused: a new column of the source would else be lost without a word.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, field

from ledger.errors import BatchError, FormatError, InputError
from ledger.exchange.amounts import MASS_UNITS, number, quoted
from ledger.exchange.columns import nearest, share_column
from ledger.exchange.contract import COLUMNS
from ledger.exchange.faults import Faults, P
from ledger.exchange.table import Row

MAX_MAPPING = 1 << 20
_PLACE = re.compile(r"\{([^{}]+)\}")
_OFFSET = re.compile(r"([+-])([0-9]{2}):([0-9]{2})")
_QUANTITY = re.compile(r"(\S+) (mg|g|kg|t)")
PLACES = ("site", "actor", "to", "form", "stage")
"""What a mapping of documents gives by value, where no column does."""
_NUMBERS = frozenset({"mass", "u_mass", "value", "cn_value"})


class FileForm(Struct, frozen=True, forbid_unknown_fields=True):
    """How the file is written.

    Attributes:
        delimiter: what separates a CSV file's cells.
        encoding: a CSV file's encoding, by Python's name for it.
        decimal: the decimal sign of numbers in text.
        thousands: what stands between thousands; blank for nothing.
        sheet: the sheet of a workbook; blank for the first that is visible.
        skip: rows above the header.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: str = "."
    thousands: str = ""
    sheet: str = ""
    skip: int = 0


class TimeForm(Struct, frozen=True, forbid_unknown_fields=True):
    """How times are written: a `strptime` format, and the offset or zone (IANA name) of times that carry none."""

    format: str = ""
    offset: str = ""
    zone: str = ""


class Mapping(Struct, frozen=True, forbid_unknown_fields=True):
    """One mapping.

    Attributes:
        name, version: whose mapping, and which; both go into the record of an import.
        columns: the source's heading to ours.
        templates: our column from several of the source's, as `{Charge}-{Pos}`.
        constants: our column where the source has none.
        values: by our column, the source's values to ours.
        items: the mass of one thing of a kind that is counted, as `12.5 g`, by its identifier or its class.
        units: a foreign unit of mass as an amount of ours, as `0.45359237 kg`.
        ignore: headings that are left out, known and on purpose.
    """

    name: str
    version: str
    columns: dict[str, str] = {}
    templates: dict[str, str] = {}
    constants: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    items: dict[str, str] = {}
    units: dict[str, str] = {}
    ignore: list[str] = []
    file: FileForm = field(default_factory=FileForm)
    time: TimeForm = field(default_factory=TimeForm)


def parse(data: bytes, file: str) -> Mapping:
    """A mapping of its file's bytes.

    Raises:
        FormatError: not TOML in UTF-8, or too large.
        InputError: a member that means nothing; says which.
    """
    if len(data) > MAX_MAPPING:
        raise FormatError(f"{len(data)} bytes; {MAX_MAPPING} are the most", file=file)
    try:
        members = tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        raise FormatError("not UTF-8", file=file) from error
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"not TOML: {error}", file=file) from error
    except RecursionError as error:
        raise FormatError("nested too deeply", file=file) from error
    try:
        found: Mapping = msgspec.convert(members, type=Mapping)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        raise InputError(message, file=file, field=path.strip(".`") or None) from error
    _check(found, file)
    return found


def _check(mapping: Mapping, file: str) -> None:
    faults: list[InputError] = []

    def say(message: str, where: str) -> None:
        faults.append(InputError(message, file=file, field=where))

    said: dict[str, str] = {}
    for where, target in [
        *((f"columns.{heading}", name) for heading, name in mapping.columns.items()),
        *((f"templates.{name}", name) for name in mapping.templates),
        *((f"constants.{name}", name) for name in mapping.constants),
    ]:
        if target not in COLUMNS and share_column(target) is None:
            say(f"{quoted(target)} is no column of events{nearest(target, COLUMNS)}", where)
        if target in said:
            say(f"{quoted(target)} is said by {said[target]} too", where)
        said[target] = where
    for name in mapping.values:
        if name not in said and name not in PLACES:
            say(f"no column, template or constant gives {quoted(name)}", f"values.{name}")
    for heading in set(mapping.ignore) & set(mapping.columns):
        say("is mapped, so it cannot be ignored", f"ignore.{heading}")
    for unit in set(mapping.units) & set(MASS_UNITS):
        say("is a unit of Monazite's own", f"units.{unit}")
    amounts = [*((f"units.{unit}", amount) for unit, amount in mapping.units.items())]
    amounts += [(f"items.{name}", amount) for name, amount in mapping.items.items()]
    for where, amount in amounts:
        if not (parts := _QUANTITY.fullmatch(amount)):
            say(
                f"{quoted(amount)}: write a number and one of {' '.join(MASS_UNITS)}, as `0.45359237 kg`",
                where,
            )
            continue
        try:
            number(parts[1], where)
        except InputError as error:
            faults.append(InputError(error.message, file=file, field=error.field))
    if mapping.time.offset and mapping.time.zone:
        say("an offset and a zone; give one of them", "time")
    if mapping.time.offset and not _OFFSET.fullmatch(mapping.time.offset):
        say(f"{quoted(mapping.time.offset)}: write +08:00", "time.offset")
    if mapping.time.zone:
        try:
            ZoneInfo(mapping.time.zone)
        except (ValueError, OSError, KeyError):
            say(f"{quoted(mapping.time.zone)} is no time zone known here; write Australia/Perth", "time.zone")
    if len(mapping.file.delimiter) != 1 or mapping.file.delimiter in '"\r\n':
        say("one character", "file.delimiter")
    if mapping.file.decimal not in (".", ",") or mapping.file.thousands == mapping.file.decimal:
        say("a point or a comma, other than what stands between thousands", "file.decimal")
    if not 0 <= mapping.file.skip <= 1000:  # noqa: PLR2004  (a title block, not a table)
        say("0 to 1000 rows", "file.skip")
    try:
        "".encode(mapping.file.encoding)
    except LookupError:
        say(f"{quoted(mapping.file.encoding)} is no encoding known here", "file.encoding")
    if faults:
        raise BatchError(faults)


class Applied:
    """A mapping over one table.

    Attributes:
        dropped: headings of the source that no column of ours was made from.
        headings: our column to the source's heading, for messages.
    """

    def __init__(self, mapping: Mapping, rows: Iterator[Row], file: str) -> None:
        """Take the header.

        Raises:
            BatchError: a heading that the mapping needs and the table lacks, stands twice, or that nobody speaks of.
            FormatError: no header.
        """
        self._mapping = mapping
        self._rows = rows
        self._file = file
        for _ in range(mapping.file.skip):
            next(rows, None)
        header = next(rows, None)
        if header is None:
            raise FormatError("no header below the rows that the mapping skips", file=file)
        self._header = header
        self._places = self._locate()
        self.headings = {name: heading for heading, name in mapping.columns.items()}
        used = {*mapping.columns, *(name for text in mapping.templates.values() for name in _PLACE.findall(text))}
        self.dropped = [heading for heading in self._places if heading not in used]

    def _locate(self) -> dict[str, int]:
        mapping, line = self._mapping, self._header.line
        faults = Faults(self._file)
        places: dict[str, int] = {}
        for index, cell in enumerate(self._header.cells):
            heading = " ".join(cell.split())
            if heading in places:
                faults.say(
                    f"stands twice in the header, as columns {places[heading] + 1} and {index + 1}", line, heading
                )
            if heading:
                places.setdefault(heading, index)
        needed = {**dict.fromkeys(mapping.columns)}
        for text in mapping.templates.values():
            needed |= dict.fromkeys(_PLACE.findall(text))
        for heading in needed:
            if heading not in places:
                faults.say(
                    f"the mapping needs this column, and the table has none{nearest(heading, places)}", line, heading
                )
        for heading in places:
            if heading not in needed and heading not in mapping.ignore:
                faults.say(
                    "the mapping says nothing of this column; map it, or name it under `ignore`", line, heading[:60]
                )
        faults.check()
        return places

    def rows(self, faults: Faults) -> Iterator[Row]:
        """The table under our header; values that the mapping cannot translate spoil their rows."""
        mapping = self._mapping
        names = [*mapping.columns.values(), *mapping.templates, *mapping.constants]
        yield Row(self._header.line, names)
        takes = [self._places[heading] for heading in mapping.columns]
        for row in self._rows:
            cells = row.cells + [""] * (len(self._header.cells) - len(row.cells))
            made = [
                cells[index].strip() if name != "lot" else cells[index]
                for name, index in zip(names, takes, strict=False)
            ]
            made += [_filled(text, cells, self._places) for text in mapping.templates.values()]
            blank = not any(cell.strip() for cell in made)
            if blank:
                continue
            made += mapping.constants.values()
            yield Row(row.line, self._translated(names, made, row.line, faults))

    def _translated(self, names: Sequence[str], cells: list[str], line: int, faults: Faults) -> list[str]:
        mapping = self._mapping
        found: dict[str, str] = {}
        for name, cell in zip(names, cells, strict=True):
            text = mapping.values.get(name, {}).get(cell.strip(), cell) if cell.strip() else cell
            if text and (name in _NUMBERS or " " in name):
                text = self._plain(text)
            if text and name in ("at", "valid_from", "valid_until"):
                text = _or_spoilt(faults, line, self._time, text, name)
            found[name] = text
        amount = mapping.units.get(found.get("unit", ""))
        if amount is not None:
            factor, unit = amount.split()
            for name in ("mass", "u_mass"):
                if found.get(name):
                    found[name] = _or_spoilt(
                        faults, line, _scaled, found[name], Decimal(factor), self.headings.get(name, name)
                    )
            found["unit"] = unit
        return [found[name] for name in names]

    def _plain(self, text: str) -> str:
        form = self._mapping.file
        if form.decimal == "." and not form.thousands:
            return text
        # Only what is grouped in threes loses its separators: `1,5` under thousands of `,` is a slip, not fifteen.
        between = re.escape(form.thousands)
        grouped = rf"[0-9]{{1,3}}(?:{between}[0-9]{{3}})+" if form.thousands else r"[0-9]+"
        found = re.fullmatch(
            rf"([+-]?(?:{grouped}|[0-9]+))(?:{re.escape(form.decimal)}([0-9]*))?((?:[eE][+-]?[0-9]+)?)", text
        )
        if found is None:
            return text
        whole = found[1].replace(form.thousands, "") if form.thousands else found[1]
        return whole + (f".{found[2]}" if found[2] else "") + found[3]

    def _time(self, text: str, name: str) -> str:
        form = self._mapping.time
        where = self.headings.get(name, name)
        moment: datetime | None = None
        if form.format:
            try:
                moment = datetime.strptime(text, form.format)  # noqa: DTZ007  (the offset follows)
            except ValueError:
                moment = None
        if moment is None:
            try:
                moment = datetime.fromisoformat(text)
            except ValueError as error:
                raise InputError(f"{quoted(text)} is not a time as {form.format or 'ISO 8601'}", field=where) from error
        if name != "at":
            return f"{moment:%Y-%m-%d}"
        if moment.tzinfo is None:
            moment = self._placed(moment, where)
        return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds")

    def _placed(self, moment: datetime, where: str) -> datetime:
        form = self._mapping.time
        if parts := _OFFSET.fullmatch(form.offset):
            away = timedelta(hours=int(parts[2]), minutes=int(parts[3]))
            return moment.replace(tzinfo=timezone(-away if parts[1] == "-" else away))
        if not form.zone:
            return moment
        placed = moment.replace(tzinfo=ZoneInfo(form.zone))
        # An hour that a clock change repeats or leaves out names no single moment (PEP 495).
        if placed.utcoffset() != placed.replace(fold=1).utcoffset():
            raise InputError(
                f"{moment} happens twice or never in {form.zone}, when clocks change; write it with its offset",
                field=where,
            )
        return placed.replace(tzinfo=timezone(placed.utcoffset() or timedelta()))

    def renamed(self, error: InputError) -> InputError:
        """An error with the source's heading beside ours."""
        for item in getattr(error, "errors", (error,)):
            if item.field in self.headings and self.headings[item.field] != item.field:
                item.field = f"{self.headings[item.field]} (as {item.field})"
        return BatchError(error.errors) if isinstance(error, BatchError) else error


def _filled(text: str, cells: Sequence[str], places: dict[str, int]) -> str:
    """A template with the cells of a row; blank where every one of them is blank."""
    values = {name: cells[places[name]].strip() for name in _PLACE.findall(text)}
    return _PLACE.sub(lambda found: values[found[1]], text) if not values or any(values.values()) else ""


def _or_spoilt(faults: Faults, line: int, work: Callable[P, str], *args: P.args, **kwargs: P.kwargs) -> str:
    """The result of `work`; blank where it refused, which spoils the row."""
    found = faults.attempt(line, work, *args, **kwargs)
    if found is None:
        faults.spoilt.add(line)
        return ""
    return found


def _scaled(text: str, factor: Decimal, field: str) -> str:
    return format(number(text, field) * factor, "f")
