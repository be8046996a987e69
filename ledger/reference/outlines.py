"""Outlines of the world's countries, and for each a place inside it, for pictures: `data/outlines.csv`.

From Natural Earth at 1:110 million (public domain), to a tenth of a degree; `fixtures/outlines.py` makes the table. An
outline is rings, each a string: differences of longitude and latitude in tenths of a degree, zigzag, five bits to a
character from `?` on with 32 for "more follows" (the polyline encoding). A ring's longitudes run on past 180 rather than
jump. Borders are Natural Earth's; nothing is concluded from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ledger.reference.table import Table, read

TENTHS = 10
_BASE, _MORE, _LOW = 63, 32, 31
Ring = tuple[tuple[float, float], ...]
"""Longitude and latitude in degrees, without the closing point."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A country's shape; `place` is longitude and latitude of a point well inside it, None where nobody's code is stated."""

    code: str
    place: tuple[float, float] | None
    rings: tuple[Ring, ...]


def pack(points: Iterable[tuple[int, int]]) -> str:
    """A ring in tenths of a degree as text."""
    x = y = 0
    found: list[str] = []
    for lon, lat in points:
        for step in (lon - x, lat - y):
            rest = step * 2 if step >= 0 else -step * 2 - 1
            while rest > _LOW:
                found.append(chr(_BASE + (rest & _LOW) + _MORE))
                rest >>= 5
            found.append(chr(_BASE + rest))
        x, y = lon, lat
    return "".join(found)


def unpack(text: str) -> Ring:
    """A ring from text, in degrees."""
    values: list[int] = []
    shift = value = 0
    for char in text:
        bits = ord(char) - _BASE
        value |= (bits & _LOW) << shift
        if bits & _MORE:
            shift += 5
            continue
        values.append(-(value + 1 >> 1) if value & 1 else value >> 1)
        shift = value = 0
    x = y = 0
    points: list[tuple[float, float]] = []
    for dx, dy in zip(values[::2], values[1::2], strict=True):
        x, y = x + dx, y + dy
        points.append((x / TENTHS, y / TENTHS))
    return tuple(points)


def _load() -> Mapping[str, Outline]:
    return {
        row["code"]: Outline(
            code=row["code"],
            place=(float(row["lon"]), float(row["lat"])) if row["lat"] else None,
            rings=tuple(unpack(ring) for ring in row["outline"].split()),
        )
        for row in read("outlines.csv")
    }


OUTLINES: Mapping[str, Outline] = Table(_load)
"""By ISO 3166-1 alpha-2 code; land that has none, under the empty string."""
