"""A mapping file: what the columns, units, lot identifiers, sites and times of somebody else's table mean here.

TOML, in the operator's hands and versioned by it. A column that the mapping neither uses nor names under `ignore` is
refused: a new column of the source would else be lost without a word.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, field

from ledger.errors import BatchError, FormatError, InputError
from ledger.exchange.amounts import MASS_UNITS, number, quoted
from ledger.exchange.columns import nearest, share_column
from ledger.exchange.contract import COLUMNS

MAX_MAPPING = 1 << 20
OFFSET = re.compile(r"([+-])([0-9]{2}):([0-9]{2})")
_OF_DAY = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_QUANTITY = re.compile(r"(\S+) (mg|g|kg|t)")
PLACES = ("site", "actor", "to", "form", "stage")
"""What a mapping of documents gives by value, where no column does."""


class FileForm(Struct, frozen=True, forbid_unknown_fields=True):
    """How the file is written.

    Attributes:
        delimiter: what separates a CSV file's cells.
        encoding: a CSV file's encoding, by Python's name for it.
        decimal: the decimal sign of numbers in text.
        thousands: what stands between thousands; blank for nothing.
        sheet: the sheet of a workbook; blank for the first that is visible.
        skip: rows of the file above the header, empty ones included.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: str = "."
    thousands: str = ""
    sheet: str = ""
    skip: int = 0


class TimeForm(Struct, frozen=True, forbid_unknown_fields=True):
    """How times are written: a `strptime` format, the offset or zone (IANA name) of times that carry none, and the time of day of days."""

    format: str = ""
    offset: str = ""
    zone: str = ""
    time_of_day: str = ""


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


_NOTHING = Mapping(name="", version="")


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


def of_documents(mapping: Mapping, units: Collection[str], file: str) -> None:
    """Refuse a mapping whose settings a document has no use for: somebody would think that they count.

    Args:
        mapping: the mapping.
        units: codes of units that documents have of their own.
        file: the document's name.

    Raises:
        BatchError: says which.
    """
    faults = [
        InputError(f"{file} has no columns, so the mapping's [{name}] means nothing there", field=name)
        for name in ("columns", "templates", "ignore", "file", "time")
        if getattr(mapping, name) != getattr(_NOTHING, name)
    ]
    for part, names in (("constants", mapping.constants), ("values", mapping.values)):
        faults += [
            InputError(f"of a document a mapping gives {', '.join(PLACES)}, and nothing else", field=f"{part}.{name}")
            for name in names
            if name not in PLACES
        ]
    faults += [
        InputError("is a unit of Recommendation 20, which says what it is", field=f"units.{unit}")
        for unit in mapping.units
        if unit in units
    ]
    if faults:
        raise BatchError(faults)


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
            if number(parts[1], where) <= 0:
                say(f"{quoted(amount)}: a unit is more than nothing", where)
        except InputError as error:
            faults.append(InputError(error.message, file=file, field=error.field))
    if mapping.time.offset and mapping.time.zone:
        say("an offset and a zone; give one of them", "time")
    if mapping.time.offset and not OFFSET.fullmatch(mapping.time.offset):
        say(f"{quoted(mapping.time.offset)}: write +08:00", "time.offset")
    if mapping.time.time_of_day and not _OF_DAY.fullmatch(mapping.time.time_of_day):
        say(f"{quoted(mapping.time.time_of_day)}: write 12:00", "time.time_of_day")
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
    except (LookupError, UnicodeError):
        say(f"{quoted(mapping.file.encoding)} is no encoding known here", "file.encoding")
    if faults:
        raise BatchError(faults)
