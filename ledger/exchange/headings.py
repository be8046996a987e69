"""Units in other people's headings and cells: `Menge (t)`, `Nd [ppm]`, `Mass_kg`, `KG`.

They are recognised to suggest a mapping and to refuse one that says something else than the table; never to convert.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_MASSES = {
    "mg": ("mg", "mgm", "milligram", "milligrams", "milligramm", "\u6beb\u514b", "\u30df\u30ea\u30b0\u30e9\u30e0"),
    "g": ("g", "gr", "grm", "gram", "grams", "gramm", "gramme", "grammes", "\u514b", "\u30b0\u30e9\u30e0"),
    "kg": ("kg", "kgs", "kgm", "kilo", "kilos", "kilogram", "kilograms", "kilogramm", "kilogramme", "kilogrammes",
           "\u516c\u65a4", "\u5343\u514b", "\u30ad\u30ed\u30b0\u30e9\u30e0"),
    "t": ("t", "mt", "to", "tne", "tonne", "tonnes", "tonnen", "metric ton", "metric tons", "\u5428", "\u30c8\u30f3"),
    "lb": ("lb", "lbs", "lbr", "pound", "pounds"),
}  # fmt: skip
_MASS = {word: unit for unit, words in _MASSES.items() for word in words}
_SHARES = {
    "%": ("%", "pct", "percent", "wt%", "wt.%", "wt.-%", "wt", "gew%", "gew.%", "gew-%", "gew.-%", "mass%", "ma.-%", "\uff05"),
    "ppm": ("ppm", "g/t", "mg/kg"),
    "ppb": ("ppb", "mg/t"),
    "kg/t": ("kg/t", "g/kg"),
}  # fmt: skip
_SHARE = {word: unit for unit, words in _SHARES.items() for word in words}
_BRACKETED = re.compile(r"(.*?)[\s_]*[\[(\uff08]\s*(?:in\s+)?([^\])\uff09]+?)\s*[\])\uff09]\s*")
_LAST = re.compile(r"(.*?)(?:[\s_]+(?:in|en)[\s_]+|[\s_,/]+)([^\s_,]+)")
_MEGAGRAM = "Mg"
"""In SI a tonne, and for whoever writes in capitals a milligram; so it is neither."""


class Heading(NamedTuple):
    """A heading without its unit, and the unit as it is written; None where it names none."""

    words: str
    unit: str | None


def parted(heading: str) -> Heading:
    """A heading's words and the unit at its end, in brackets or not."""
    plain = " ".join(heading.split())
    for shape in (_BRACKETED, _LAST):
        found = shape.fullmatch(plain)
        if found and (mass_unit(found[2]) or share_unit(found[2]) or found[2] == _MEGAGRAM):
            return Heading(found[1], found[2])
    found = _BRACKETED.fullmatch(plain)
    return Heading(found[1], found[2]) if found else Heading(plain, None)


def mass_unit(word: str) -> str | None:
    """mg, g, kg, t or lb, however it is written; None where it is another unit, or could be two."""
    return None if word == _MEGAGRAM else _MASS.get(word.casefold())


def share_unit(word: str) -> str | None:
    """%, ppm, ppb or kg/t by mass, however it is written."""
    return _SHARE.get("".join(word.split()).casefold())
