"""Text in a picture: cleaned, measured without a font, clipped, and masses and times in words.

A picture's text comes from the ledger and may be anything. `clean` leaves nothing that XML forbids or that turns the
writing direction of its surroundings; `clip` bounds it. Widths are those of Helvetica (Adobe's font metrics, thousandths
of an em) with a sixth added, since the reader's system font may be wider.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from unicodedata import category, combining, east_asian_width

MOST = 1e20
LOOKED_AT = 400
"""So many characters of a text are looked at: no picture has room for more."""
_ROOM = 1.16
_NARROW = dict.fromkeys(" !,./:;I[\\]ft", 278) | dict.fromkeys("ijl|'`", 240) | dict.fromkeys('()-r"{}', 345)
_WIDE = (
    dict.fromkeys("ABEKPSVXY&", 667)
    | dict.fromkeys("CDHNRUw", 722)
    | dict.fromkeys("GOQ", 778)
    | dict.fromkeys("Mm", 833)
    | {"W": 944, "%": 889, "@": 1015, "+": 584, "=": 584, "<": 584, ">": 584}
)
_ASCII = _NARROW | _WIDE
_ORDINARY, _FULL = 556, 1000
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BLANK = re.compile(r"\s+")
_MARKS = 2
ELLIPSIS = "\u2026"
REPLACED = "\ufffd"
MINUS = "\u2212"


def clean(value: object) -> str:
    """One line of text that XML allows; what would turn the direction of writing shows as a replacement character."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    if len(text) <= LOOKED_AT and text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()  # most text, as it is
    cut = text[:LOOKED_AT] + (ELLIPSIS if len(text) > LOOKED_AT else "")
    safe = _FORBIDDEN.sub(REPLACED, _BIDI.sub(REPLACED, _BLANK.sub(" ", cut).strip()))
    return _unstacked(safe) if not safe.isascii() else safe


def _unstacked(text: str) -> str:
    """No more than two marks upon a letter, no characters without a picture of their own."""
    found: list[str] = []
    stacked = 0
    for char in text:
        stacked = stacked + 1 if combining(char) else 0
        if stacked <= _MARKS:
            found.append(REPLACED if category(char) in {"Cc", "Cf"} else char)
    return "".join(found)


def width(text: str, size: float) -> float:
    """How wide a clean text is in a font of this size, about."""
    return sum(map(_advance, text)) * size * _ROOM / 1000


def _advance(char: str) -> int:
    if char.isascii():
        return _ASCII.get(char, _ORDINARY)
    if char in "\u00a0\u202f":
        return 278
    if combining(char):
        return 0
    return _FULL if east_asian_width(char) in {"W", "F"} else 600


def clip(value: object, room: float, size: float) -> str:
    """The clean text, cut with an ellipsis where it is wider than `room`; the empty string where nothing fits."""
    text = clean(value)
    if width(text, size) <= room:
        return text
    rest = room - width(ELLIPSIS, size)
    for position, char in enumerate(text):
        rest -= _advance(char) * size * _ROOM / 1000
        if rest < 0:
            return text[:position].rstrip() + ELLIPSIS if position else ""
    return text


def wrap(value: object, room: float, size: float, lines: int) -> list[str]:
    """The clean text in so many lines at most, the last one clipped."""
    found: list[str] = []
    words = clean(value).split(" ")
    while words and len(found) < lines - 1:
        line = words.pop(0)
        while words and width(f"{line} {words[0]}", size) <= room:
            line += " " + words.pop(0)
        if width(line, size) > room:
            words.insert(0, line)
            break
        found.append(line)
    return [*found, clip(" ".join(words), room, size)] if words else found


def escape(text: str) -> str:
    """For an element's content and for an attribute in double quotes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def number(value: object) -> float | None:
    """A number that a mass or a place can be, or None for anything else: not more than the Earth's crust weighs."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= MOST else None


def figure(value: float) -> str:
    """Three significant digits, or whole units from a hundred on."""
    if value == 0:
        return "0"
    size = abs(value)
    sign = MINUS if value < 0 else ""
    if size >= 99.5:  # noqa: PLR2004  (three digits from here on without decimals)
        return f"{sign}{size:,.0f}".replace(",", "\u202f") if size < 1e15 else f"{sign}{size:.2e}"  # noqa: PLR2004
    if size < 0.001:  # noqa: PLR2004  (a gram, in kilograms)
        return f"{sign}{size:.1e}"
    shown = f"{size:.{max(0, 2 - math.floor(math.log10(size)))}f}"
    return sign + (shown.rstrip("0").rstrip(".") if "." in shown else shown)


def mass(kg: float | None) -> str:
    """A mass in tonnes, kilograms or grams; an unknown one says so."""
    if kg is None:
        return "unknown mass"
    if abs(kg) >= 10_000:  # noqa: PLR2004  (five digits of kilograms read worse than tonnes)
        return f"{figure(kg / 1000)}\u00a0t"
    if 0 < abs(kg) < 0.1:  # noqa: PLR2004  (below a hundred grams)
        return f"{figure(kg * 1000)}\u00a0g"
    return f"{figure(kg)}\u00a0kg"


def spread(kg: float, sigma: float) -> str:
    """A signed mass with what it may be off by, in one unit."""
    size = max(abs(kg), abs(sigma))
    unit, part = ("t", 1000.0) if size >= 10_000 else ("g", 0.001) if 0 < size < 0.1 else ("kg", 1.0)  # noqa: PLR2004  (as `mass`)
    sign = "+" if kg > 0 else ""
    return f"{sign}{figure(kg / part)} \u00b1 {figure(sigma / part)}\u00a0{unit}"


def instant(value: object) -> datetime | None:
    """An ISO 8601 date or time; without an offset it is UTC. None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def day(value: object) -> str:
    """The day as the ledger writes it, or `?`."""
    return value[:10] if isinstance(value, str) and instant(value) is not None else "?"


def words(code: object) -> str:
    """A code with its underscores as blanks: `crack_leach` reads `crack leach`."""
    return clean(code).replace("_", " ")


def rows(answer: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The mappings of a list of the answer; the empty list where there is none."""
    found = answer.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def counted(number: int, thing: str) -> str:
    """`1 lot`, `12 lots`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
