"""A mapping over one table: its rows under our header, exactly as the mapping says, and what it leaves out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from ledger.errors import BatchError, FormatError, InputError
from ledger.exchange.amounts import SHARE_UNITS, number, quoted
from ledger.exchange.columns import nearest, share_column
from ledger.exchange.faults import Faults, P
from ledger.exchange.headings import mass_unit, parted, share_unit
from ledger.exchange.mapping import OFFSET, Mapping
from ledger.exchange.table import Exact, Row

_PLACE = re.compile(r"\{([^{}]+)\}")
_DAY = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}[T ][0-9]{2}:?[0-9]{2}.*")
_HOUR = re.compile(r"%[-#]?[HIcXs]")
"""What in a `strptime` format says a time of day."""
_BLANKS = " \u00a0\u202f"
"""Between thousands these mean the same; spreadsheets write the two that break no line."""
_NUMBERS = frozenset({"mass", "u_mass", "value", "cn_value"})


class Applied:
    """A mapping over one table.

    Attributes:
        dropped: headings of the source that no column of ours was made from.
        headings: our column to the source's heading, for messages.
        numbers: headings of the source's columns of numbers.
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
        header = next((row for row in rows if row.line > mapping.file.skip), None)
        if header is None:
            raise FormatError("no header below the rows that the mapping skips", file=file)
        self._header = header
        # What headings say of units, by our column: to say it again is well, to contradict it is not.
        self._units = {
            name: unit
            for heading, name in mapping.columns.items()
            if name in ("mass", "u_mass") and (unit := mass_unit(parted(heading).unit or ""))
        }
        self._places = self._locate()
        self.headings = {name: heading for heading, name in mapping.columns.items()}
        self.numbers = [heading for heading, name in mapping.columns.items() if _is_number(name)]
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
        for heading, name in mapping.columns.items():
            self._agree(heading, name, faults)
        faults.check()
        return places

    def _agree(self, heading: str, name: str, faults: Faults) -> None:
        """Gather a heading that names another unit than the mapping gives its column."""
        said = parted(heading).unit or ""
        column = share_column(name)
        constant = self._mapping.constants.get("unit", "")
        share = share_unit(said)
        if column is not None and share and SHARE_UNITS[share] != SHARE_UNITS[column.unit]:
            faults.say(f"the heading says {said}, and the mapping {name!r}", self._header.line, heading)
        if name in self._units and constant and mass_unit(constant) not in (None, self._units[name]):
            faults.say(
                f"the heading says {said}, and the mapping that its unit is {constant}", self._header.line, heading
            )

    def rows(self, faults: Faults) -> Iterator[Row]:
        """The table under our header; values that the mapping cannot translate spoil their rows."""
        mapping = self._mapping
        names = [*mapping.columns.values(), *mapping.templates, *mapping.constants]
        yield Row(self._header.line, names)
        takes = [self._places[heading] for heading in mapping.columns]
        for row in self._rows:
            cells = row.cells + [""] * (len(self._header.cells) - len(row.cells))
            made = [
                cells[index] if name == "lot" or isinstance(cells[index], Exact) else cells[index].strip()
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
            if text and _is_number(name) and not isinstance(text, Exact):
                text = _or_spoilt(faults, line, self._plain, text, self.headings.get(name, name))
            if text and name in ("at", "valid_from", "valid_until"):
                text = _or_spoilt(faults, line, self._time, text, name)
            found[name] = text
        unit = mass_unit(found.get("unit", ""))
        for name, said in self._units.items():
            if found[name] and unit not in (None, said):
                faults.spoil(f"the heading says {said}, and the row {found['unit']}", line, self.headings[name])
        amount = mapping.units.get(found.get("unit", ""))
        if amount is not None:
            factor, ours = amount.split()
            for name in ("mass", "u_mass"):
                if found.get(name):
                    found[name] = _or_spoilt(
                        faults, line, _scaled, found[name], Decimal(factor), self.headings.get(name, name)
                    )
            found["unit"] = ours
        return [found[name] for name in names]

    def _plain(self, text: str, where: str) -> str:
        """A number in text with a decimal point and nothing between thousands.

        Raises:
            InputError: it is not written as the mapping says; another reading could be another number.
        """
        form = self._mapping.file
        if form.decimal == "." and not form.thousands:
            return text
        # Only what is grouped in threes loses its separators: `1,5` under thousands of `,` is a slip, not fifteen.
        between = f"[{_BLANKS}]" if form.thousands and form.thousands in _BLANKS else re.escape(form.thousands)
        grouped = rf"[1-9][0-9]{{0,2}}(?:{between}[0-9]{{3}})+|[0-9]+" if form.thousands else r"[0-9]+"
        found = re.fullmatch(
            rf"([+-]?(?:{grouped})?)(?:{re.escape(form.decimal)}([0-9]*))?((?:[eE][+-]?[0-9]+)?)(\s*%)?", text
        )
        if found is None or not (found[1].strip("+-") or found[2]):
            between = (
                f" and {form.thousands!r} between thousands" if form.thousands else " and nothing between thousands"
            )
            raise InputError(
                f"{quoted(text)} is not a number as the mapping says, with {form.decimal!r} as decimal sign{between}",
                field=where,
            )
        whole = re.sub(between, "", found[1]) if form.thousands else found[1]
        return whole + (f".{found[2]}" if found[2] else "") + found[3] + (found[4] or "")

    def _time(self, text: str, name: str) -> str:
        form = self._mapping.time
        where = self.headings.get(name, name)
        moment: datetime | None = None
        day = False
        if form.format:
            try:
                moment = datetime.strptime(text, form.format)  # noqa: DTZ007  (the offset follows)
                day = not _HOUR.search(form.format)
            except ValueError:
                moment = None
        if moment is None:
            day = _DAY.fullmatch(text) is not None
            try:
                moment = datetime.fromisoformat(text if day or _MOMENT.fullmatch(text) else "")
            except ValueError as error:
                raise InputError(f"{quoted(text)} is not a time as {form.format or 'ISO 8601'}", field=where) from error
        if name != "at":
            return f"{moment:%Y-%m-%d}"
        if day:
            if not form.time_of_day:
                raise InputError(
                    f"{quoted(text)} is a day without a time; say which is meant with `time_of_day` under [time]",
                    field=where,
                )
            hour, minute = map(int, form.time_of_day.split(":"))
            moment = moment.replace(hour=hour, minute=minute)
        if moment.tzinfo is None:
            moment = self._placed(moment, where)
        return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds")

    def _placed(self, moment: datetime, where: str) -> datetime:
        form = self._mapping.time
        if parts := OFFSET.fullmatch(form.offset):
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


def _is_number(name: str) -> bool:
    return name in _NUMBERS or " " in name


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
    found = number(text, field)
    if found < 0:
        raise InputError(f"{text} is negative", field=field)
    return format(found * factor, "f")
