"""A first mapping for a table with foreign headings: a guess for a person to look over, never applied unseen."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from ledger.exchange.amounts import MASS_UNITS
from ledger.exchange.cells import STAGES
from ledger.exchange.columns import share_column
from ledger.exchange.contract import DIRECTIONS, MANDATORY
from ledger.exchange.foreign import column_of
from ledger.exchange.headings import mass_unit, parted
from ledger.exchange.mapping import FileForm

LOOKED_AT = 200
"""Rows whose values are looked at."""
MOST_WORDS = 30
"""Words of a column that are listed."""
_AMOUNTS = {"lb": "0.45359237 kg"}
"""Units that are no units here, as amounts of ours."""
_COMMA = re.compile(
    r"[+-]?[0-9]+,[0-9]{1,2}|[+-]?[0-9]+,[0-9]{4,}|[+-]?[0-9]{1,3}(?:[. '\u00a0\u202f][0-9]{3})+,[0-9]+"
)
"""A number in which the comma can only be a decimal sign."""
_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:([., '\u00a0\u202f])[0-9]{3})(?:\1[0-9]{3})*(?:[.,][0-9]+)?")
_CLOCK = r" [0-9]{1,2}:[0-9]{2}"
_DATES = (
    (re.compile(r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}"), "%d.%m.%Y"),
    (re.compile(r"[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}"), "%Y/%m/%d"),
    (re.compile(r"[0-9]{4}\u5e74[0-9]{1,2}\u6708[0-9]{1,2}\u65e5"), "%Y\u5e74%m\u6708%d\u65e5"),
    (re.compile(r"[0-9]{8}"), "%Y%m%d"),
)
_SLASHED = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/[0-9]{4}")
_MONTHS = 12
_PLAIN = FileForm()


def suggest(headings: Sequence[str], rows: Sequence[Sequence[str]], *, form: FileForm = _PLAIN) -> str:
    """The text of a mapping file for a table.

    Args:
        headings: the table's own.
        rows: its first rows, at most `LOOKED_AT` are looked at.
        form: how the file is written, as found.
    """
    columns: dict[str, str] = {}
    units: dict[str, str] = {}
    ignore: list[str] = []
    doubts: list[str] = []
    values = {
        heading: [row[index].strip() for row in rows[:LOOKED_AT] if index < len(row) and row[index].strip()]
        for index, heading in enumerate(headings)
        if heading
    }
    for heading in values:
        name = heading_means(heading)
        if name is None or name in columns.values():
            ignore.append(heading)
            if name is not None:
                doubts.append(f"{_key(heading)} may be {name} as well")
            continue
        columns[heading] = name
        if name in ("mass", "u_mass") and (unit := parted(heading).unit) is not None:
            units[heading] = unit
    constants, more = _unit(columns, units)
    lines = [
        "# A guess. Look over every line; `monazite import FILE --mapping THIS --dry-run` says what it does.",
        'name = "from-a-guess"',
        'version = "1"',
        f"ignore = {json.dumps(ignore, ensure_ascii=False)}".replace("\x7f", "\\u007f"),
        *(f"# {doubt}" for doubt in doubts),
        "",
        "[columns]",
        *(f"{_key(heading)} = {_key(name)}" for heading, name in columns.items()),
    ]
    lacking = [name for name in MANDATORY if name not in columns.values()]
    lines += ["", "[constants]", *(f"{name} = {_key(value)}" for name, value in constants.items()), *more]
    lines += [
        f'# {name} = ""   # every event needs it: a column above, a template, or one value for all' for name in lacking
    ]
    lines += _foreign_units(constants)
    lines += _file(columns, values, form)
    lines += _time(columns, values)
    lines += _kinds(columns, values)
    return "\n".join(lines) + "\n"


def heading_means(heading: str) -> str | None:
    """Our column for a heading, where it is one of ours or means one."""
    plain = " ".join(heading.split())
    return plain if share_column(plain) is not None else column_of(heading)


def _unit(columns: dict[str, str], units: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """The unit of masses as a constant, or lines about why there is none."""
    if "mass" not in columns.values() or "unit" in columns.values():
        return {}, []
    told = {mass_unit(unit) for unit in units.values()}
    if len(told) == 1 and None not in told:
        return {"unit": str(told.pop())}, []
    said = " and ".join(f"{_key(heading)} says {_key(unit)}" for heading, unit in units.items()) or "no heading says it"
    return {}, [f'# unit = ""   # masses and their uncertainty have one unit of mg g kg t; {said}']


def _foreign_units(constants: dict[str, str]) -> list[str]:
    amount = _AMOUNTS.get(constants.get("unit", ""))
    return ["", "[units]", f"{constants['unit']} = {_key(amount)}"] if amount else []


def _file(columns: dict[str, str], values: dict[str, list[str]], form: FileForm) -> list[str]:
    lines = [
        f"{name} = {json.dumps(getattr(form, name))}"
        for name in ("delimiter", "encoding", "sheet", "skip")
        if getattr(form, name) != getattr(_PLAIN, name)
    ]
    numbers = [cell for heading, name in columns.items() if name == "mass" or " " in name for cell in values[heading]]
    grouped = {found[1] for cell in numbers if (found := _GROUPED.fullmatch(cell)) and not _one_sign(cell)}
    if any(_COMMA.fullmatch(cell) for cell in numbers):
        lines.append('decimal = ","')
        grouped.discard(",")
    elif any(_one_sign(cell) and "," in cell for cell in numbers):
        lines.append('# decimal = ","   # or thousands = ",": the numbers do not say which')
    if len(grouped) == 1:
        lines.append(f"thousands = {_key(grouped.pop())}")
    return ["", "[file]", *lines] if lines else []


def _one_sign(cell: str) -> bool:
    """Whether a number's one comma or point could be a decimal sign or stand between thousands."""
    return len(re.findall(r"[.,]", cell)) == 1 and not re.search(r"[ '\u00a0\u202f]", cell)


def _time(columns: dict[str, str], values: dict[str, list[str]]) -> list[str]:
    cells = [cell for heading, name in columns.items() if name == "at" for cell in values[heading]]
    bare = [cell for cell in cells if not re.search(r"(?:Z|[+-][0-9]{2}:[0-9]{2})$", cell)]
    if not bare:
        return []
    days = [re.sub(rf"{_CLOCK}$", "", cell) for cell in cells]
    clock = " %H:%M" if all(re.search(rf"{_CLOCK}$", cell) for cell in cells) else ""
    form = next((form for shape, form in _DATES if all(shape.fullmatch(day) for day in days)), None)
    lines = [f"format = {_key(form + clock)}"] if form else _slashed(days, clock)
    lines.append(
        '# zone = "Australia/Perth"   # the times carry no offset: say whose clock it was, here or as offset = "+08:00"'
    )
    if not all(":" in cell for cell in cells):
        lines.append('# time_of_day = "12:00"   # days without a time: say which is meant')
    return ["", "[time]", *lines]


def _slashed(days: list[str], clock: str) -> list[str]:
    """The order of day and month, where the dates say it."""
    found = [shape for day in days if (shape := _SLASHED.fullmatch(day))]
    if len(found) != len(days):
        return []
    if any(int(shape[1]) > _MONTHS for shape in found):
        return [f"format = {_key(f'%d/%m/%Y{clock}')}"]
    if any(int(shape[2]) > _MONTHS for shape in found):
        return [f"format = {_key(f'%m/%d/%Y{clock}')}"]
    return [f'# format = "%d/%m/%Y{clock}"   # or "%m/%d/%Y{clock}": the dates do not say which']


def _kinds(columns: dict[str, str], values: dict[str, list[str]]) -> list[str]:
    """The source's own words for types, stages, forms and sites, for a person to translate."""
    lines: list[str] = []
    for heading, name in columns.items():
        if name not in ("type", "direction", "stage", "form", "unit", "site", "actor", "to"):
            continue
        words = sorted({word for word in values[heading] if not _known(name, word)})[:MOST_WORDS]
        if words:
            lines += [
                "",
                f"[values.{name}]   # {_MEANT[name]}",
                *(f"{_key(word)} = {_key(_ours(name, word))}" for word in words),
            ]
    return lines


_MEANT = {
    "type": f"ours: {' '.join(DIRECTIONS)}",
    "direction": "ours: in out subject",
    "stage": f"ours: {' '.join(STAGES)}",
    "unit": f"ours: {' '.join(MASS_UNITS)}; others under [units]",
    "form": "a form, as oxide-ndpr or ore",
    "site": "a site of the ledger",
    "actor": "a party of the ledger",
    "to": "a party of the ledger",
}


def _known(name: str, word: str) -> bool:
    """Whether a word means the same here, so that nothing is to be translated."""
    match name:
        case "type":
            return word in DIRECTIONS
        case "direction":
            return word in ("in", "out", "subject")
        case "stage":
            return word in STAGES
        case "unit":
            return word in MASS_UNITS
        case "form":
            return re.fullmatch(r"[a-z0-9_-]{1,40}", word) is not None
        case _:
            return re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", word) is not None


def _ours(name: str, word: str) -> str:
    if name == "unit":
        unit = mass_unit(word)
        return unit if unit in MASS_UNITS else word
    return word.casefold() if name in ("type", "direction", "stage") else word


def _key(text: str) -> str:
    """A TOML basic string; JSON's escapes are TOML's (TOML 1.0, Strings), but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
