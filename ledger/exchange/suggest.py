"""A first mapping for a table with foreign headings: a guess for a person to look over, never applied unseen."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence

from ledger.exchange.amounts import MASS_UNITS
from ledger.exchange.cells import STAGES
from ledger.exchange.columns import share_column
from ledger.exchange.contract import COLUMNS, DIRECTIONS, MANDATORY
from ledger.reference.elements import ELEMENTS

LOOKED_AT = 200
MOST_WORDS = 30
"""Rows whose values are looked at."""
_WORDS: dict[str, tuple[str, ...]] = {
    "event": (
        "event id",
        "document",
        "document no",
        "doc no",
        "belegnr",
        "beleg",
        "transaction",
        "movement id",
        "record id",
        "id",
    ),
    "type": ("event type", "movement type", "transaction type", "bewegungsart", "vorgang", "action", "operation"),
    "at": (
        "date",
        "time",
        "timestamp",
        "datetime",
        "event time",
        "posting date",
        "datum",
        "zeit",
        "buchungsdatum",
        "日期",
        "日時",
    ),
    "actor": ("party", "company", "operator", "firma", "owner", "entity", "公司", "会社"),
    "site": ("plant", "location", "werk", "standort", "facility", "site id", "工厂", "工場"),
    "stage": ("process", "process step", "process stage", "verfahren", "step"),
    "direction": ("in out", "i/o", "richtung", "flow"),
    "lot": (
        "lot id",
        "lot no",
        "lot number",
        "batch",
        "batch id",
        "batch no",
        "batch number",
        "charge",
        "chargennummer",
        "批号",
        "ロット",
    ),
    "form": ("material", "material form", "product", "commodity", "produkt", "物料", "品名"),
    "mass": ("weight", "net weight", "quantity", "qty", "menge", "gewicht", "nettogewicht", "net mass", "重量", "数量"),
    "unit": ("uom", "unit of measure", "mass unit", "weight unit", "einheit", "单位"),
    "u_mass": ("mass uncertainty", "u mass", "weight uncertainty", "scale uncertainty"),
    "to": ("consignee", "destination", "ship to", "receiver", "empfänger"),
    "route": ("via", "routing"),
    "country": ("origin", "country of origin", "origin country", "herkunft", "ursprungsland"),
    "note": ("comment", "comments", "remarks", "remark", "bemerkung", "备注"),
    "reason": ("cause", "grund"),
    "hs": ("hs code", "tariff code", "zolltarifnummer"),
    "carrier": ("forwarder", "spediteur"),
    "value": ("price", "amount", "invoice value", "wert"),
    "currency": ("curr", "währung"),
    "deposit": ("mine", "ore body", "orebody", "lagerstätte"),
}
_UNITS = {
    "kg": "kg",
    "kgs": "kg",
    "kilogram": "kg",
    "t": "t",
    "mt": "t",
    "to": "t",
    "tonne": "t",
    "tonnes": "t",
    "g": "g",
    "mg": "mg",
}
_ANALYTES = {
    name.casefold(): name
    for name in (
        *ELEMENTS,
        *(oxide.formula for element in ELEMENTS.values() for oxide in element.oxides),
        "TREO",
        "H2O",
    )
}
_SHARE = re.compile(
    r"([A-Za-z][A-Za-z0-9]{0,9})[\s_\-]*[\[(]?\s*(wt\.?%|gew\.?-?%|%|pct|percent|ppm|ppb|g/t)\s*[\])]?", re.IGNORECASE
)
_SPELT = {"pct": "%", "percent": "%", "wt.%": "wt%", "gew.%": "%", "gew%": "%", "gew.-%": "%", "gew-%": "%"}
_IN_BRACKETS = re.compile(r"(.*?)[\s_]*[\[(]\s*([^\])]+)\s*[\])]\s*")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]{1,2}|[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+")
_TIMES = (
    (re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{4} [0-9]{2}:[0-9]{2}"), "%d.%m.%Y %H:%M"),
    (re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{4}"), "%d.%m.%Y"),
    (re.compile(r"[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}"), "%Y/%m/%d %H:%M"),
    (re.compile(r"[0-9]{4}/[0-9]{2}/[0-9]{2}"), "%Y/%m/%d"),
    (re.compile(r"[0-9]{8}"), "%Y%m%d"),
)


def suggest(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, delimiter: str = ",", encoding: str = "utf-8"
) -> str:
    """The text of a mapping file for a table.

    Args:
        headings: the table's own.
        rows: its first rows, at most `LOOKED_AT` are looked at.
        delimiter: a CSV file's separator, as found.
        encoding: a CSV file's encoding, as found.
    """
    columns: dict[str, str] = {}
    constants: dict[str, str] = {}
    ignore: list[str] = []
    values = {
        heading: [row[index].strip() for row in rows[:LOOKED_AT] if index < len(row) and row[index].strip()]
        for index, heading in enumerate(headings)
        if heading
    }
    for heading in values:
        name, unit = _meant(heading)
        if name is None or name in columns.values():
            ignore.append(heading)
            continue
        columns[heading] = name
        if unit is not None:
            constants["unit"] = unit
    if "unit" in columns.values():
        constants.pop("unit", None)
    lines = [
        "# A guess. Look over every line; `monazite import FILE --mapping THIS --dry-run` says what it does.",
        'name = "from-a-guess"',
        'version = "1"',
        f"ignore = {json.dumps(ignore, ensure_ascii=False)}",
        "",
        "[columns]",
        *(f"{_key(heading)} = {_key(name)}" for heading, name in columns.items()),
    ]
    lacking = [name for name in MANDATORY if name not in columns.values()]
    lines += ["", "[constants]", *(f"{name} = {_key(value)}" for name, value in constants.items())]
    lines += [
        f'# {name} = ""   # every event needs it: a column above, a template, or one value for all' for name in lacking
    ]
    lines += _file(columns, values, delimiter, encoding)
    lines += _time(columns, values)
    lines += _kinds(columns, values)
    return "\n".join(lines) + "\n"


def _meant(heading: str) -> tuple[str | None, str | None]:
    """Our column and a unit of mass that the heading carries."""
    if share_column(" ".join(heading.split())) is not None:
        return " ".join(heading.split()), None
    if share := _SHARE.fullmatch(heading.strip()):
        analyte = _ANALYTES.get(share[1].casefold())
        if analyte is not None:
            unit = share[2].casefold()
            return f"{analyte} {_SPELT.get(unit, unit)}", None
    unit = None
    plain = heading
    if found := _IN_BRACKETS.fullmatch(heading):
        unit = _UNITS.get(found[2].casefold())
        plain = found[1]
    words = " ".join(re.split(r"[\s_\-.]+", plain.casefold())).strip()
    known = {name.replace("_", " "): name for name in COLUMNS} | {
        word: name for name, several in _WORDS.items() for word in several
    }
    if words in known:
        return known[words], unit
    near = difflib.get_close_matches(words, known, n=1, cutoff=0.85)
    return (known[near[0]], unit) if near else (None, None)


def _file(columns: dict[str, str], values: dict[str, list[str]], delimiter: str, encoding: str) -> list[str]:
    lines: list[str] = []
    if delimiter != ",":
        lines.append(f"delimiter = {_key(delimiter)}")
    if encoding != "utf-8":
        lines.append(f"encoding = {_key(encoding)}")
    numbers = [cell for heading, name in columns.items() if name == "mass" or " " in name for cell in values[heading]]
    if any(_DECIMAL_COMMA.fullmatch(cell) for cell in numbers):
        lines.append('decimal = ","')
        if any("." in cell and "," in cell for cell in numbers):
            lines.append('thousands = "."')
    return ["", "[file]", *lines] if lines else []


def _time(columns: dict[str, str], values: dict[str, list[str]]) -> list[str]:
    cells = [cell for heading, name in columns.items() if name == "at" for cell in values[heading]]
    form = next((form for shape, form in _TIMES if cells and all(shape.fullmatch(cell) for cell in cells)), None)
    bare = [cell for cell in cells if not re.search(r"(?:Z|[+-][0-9]{2}:[0-9]{2})$", cell)]
    if not bare:
        return []
    return [
        "",
        "[time]",
        *([f"format = {_key(form)}"] if form else []),
        '# zone = "Australia/Perth"   # the times carry no offset: say whose clock it was, here or as offset = "+08:00"',
    ]


def _kinds(columns: dict[str, str], values: dict[str, list[str]]) -> list[str]:
    """The source's own words for types, stages, forms and sites, for a person to translate."""
    lines: list[str] = []
    for heading, name in columns.items():
        if name not in ("type", "direction", "stage", "form", "unit", "site", "actor", "to"):
            continue
        words = sorted({word for word in values[heading] if not _known(name, word)})[:MOST_WORDS]
        if words:
            lines += ["", f"[values.{name}]", *(f"{_key(word)} = {_key(_ours(name, word))}" for word in words)]
    return lines


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
        return _UNITS.get(word.casefold(), word)
    return word.casefold() if name in ("type", "direction", "stage") else word


def _key(text: str) -> str:
    """A TOML basic string; JSON's escapes are TOML's (TOML 1.0, Strings), but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
