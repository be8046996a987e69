"""In which country a place on the map lies, as far as a coarse map and disputed borders let anybody say.

The outlines (`data/borders.txt`, Natural Earth at 1 : 50 million) are good to some 10 km and take sides where borders are disputed,
as every map does. So the one question answered here is whether a place lies deep in another country than the one that is
stated of it. Near a border, at sea, or in a disputed area the answer is no.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from math import cos, hypot, radians

from ledger.errors import FormatError
from ledger.reference.table import text

NAME = "borders.txt"
GRID = 10
"""Points to the degree in the file."""
DEEP_KM = 30.0
"""From the stated country on; the map is good to 8 km by its grid alone, and stated positions to 10 to 25 km."""
SHORE_KM = 15.0
"""A place that the coarse map sees in the water is on the one coast that is as near as this: harbours, made land."""
KM_PER_DEGREE = 111.195
"""Of a great circle on a sphere of 6371.0088 km."""
OVERSEAS: Mapping[str, str] = {
    **dict.fromkeys(("BL", "GF", "GP", "MC", "MF", "MQ", "RE", "YT"), "FR"),
    **dict.fromkeys(("HK", "MO"), "CN"),
    **dict.fromkeys(("BV", "SJ"), "NO"),
    **dict.fromkeys(("CC", "CX"), "AU"),
    **dict.fromkeys(("CK", "TK"), "NZ"),
    "BQ": "NL",
    "GI": "ES",
    "UM": "US",
    "VA": "IT",
}
"""Territories with a code of their own that the map draws as part of another country, or leaves out within one."""
TERRITORIES: Mapping[str, str] = {
    **dict.fromkeys(("FO", "GL"), "DK"),
    **dict.fromkeys(("NC", "PF", "PM", "TF", "WF"), "FR"),
    **dict.fromkeys(("AI", "BM", "FK", "GG", "GS", "IM", "IO", "JE", "KY", "MS", "PN", "SH", "TC", "VG"), "GB"),
    **dict.fromkeys(("AS", "GU", "MP", "PR", "VI"), "US"),
    **dict.fromkeys(("AW", "CW", "SX"), "NL"),
    **dict.fromkeys(("HM", "NF"), "AU"),
    "AX": "FI",
    "NU": "NZ",
}
"""Territories that the map draws by themselves, and the state whose code is honestly stated of a site there as well: a plant in
Puerto Rico is in the United States. Not the other way round, and none of China's: rules tell those apart."""
DISPUTED: tuple[tuple[frozenset[str], tuple[float, float, float, float]], ...] = (
    (frozenset({"CN", "IN", "PK"}), (30.0, 36.5, 72.0, 80.5)),  # Kashmir, Ladakh, Aksai Chin, Himachal, Uttarakhand
    (frozenset({"CN", "IN"}), (26.0, 29.5, 91.5, 97.5)),  # Arunachal Pradesh
    (frozenset({"BT", "CN", "IN"}), (26.5, 28.7, 88.5, 92.5)),  # Doklam, northern Bhutan
    (frozenset({"RU", "UA"}), (44.0, 52.5, 32.0, 40.5)),  # Crimea and the east of Ukraine
    (frozenset({"JP", "RU"}), (43.0, 46.5, 145.0, 149.5)),  # Kuril Islands
    (frozenset({"EH", "MA", "MR"}), (20.5, 28.0, -17.5, -8.0)),  # Western Sahara
    (frozenset({"GE", "RU"}), (41.0, 44.0, 39.5, 45.5)),  # Abkhazia, South Ossetia
    (frozenset({"IL", "JO", "LB", "PS", "SY"}), (29.0, 34.0, 34.0, 36.5)),  # West Bank, Gaza, Golan
    (frozenset({"EG", "SD"}), (21.5, 24.0, 30.0, 38.0)),  # Hala'ib, Bir Tawil
    (frozenset({"SD", "SS"}), (8.0, 11.5, 24.0, 31.0)),  # Abyei, Kafia Kingi
    (frozenset({"ET", "KE", "SS"}), (3.5, 6.0, 34.0, 37.0)),  # Ilemi Triangle
    (frozenset({"GY", "SR", "VE"}), (0.0, 9.0, -62.0, -53.0)),  # Essequibo, New River Triangle
    (frozenset({"BZ", "GT"}), (15.5, 18.8, -90.0, -87.5)),  # Belize
    (frozenset({"AR", "CL"}), (-52.0, -47.0, -75.0, -71.0)),  # Southern Patagonian Ice Field
    (frozenset({"AM", "AZ"}), (38.5, 41.5, 44.5, 48.5)),  # Nagorno-Karabakh
    (frozenset({"CN", "TW"}), (21.5, 25.6, 119.2, 122.3)),  # Taiwan, Penghu
    (frozenset({"CN", "TW"}), (24.3, 24.6, 118.1, 118.6)),  # Kinmen
    (frozenset({"CN", "TW"}), (25.9, 26.5, 119.8, 120.6)),  # Matsu
    (frozenset({"KP", "KR"}), (37.75, 38.02, 124.55, 124.8)),  # Baengnyeong and Daecheong, too small for the map
    (frozenset({"KP", "KR"}), (37.6, 37.7, 125.6, 125.8)),  # Yeonpyeong
    (frozenset({"RS", "XK"}), (41.5, 43.5, 19.5, 22.0)),  # Kosovo
)
"""Countries with a claim, and latitudes and longitudes of a box around it: within one, none of them is held against another."""

Ring = tuple[tuple[float, float], ...]
"""Longitude and latitude of each point, closed from the last to the first."""


class Shape:
    """A ring of a country's outline with its box; holes are rings too, and a place is in where it is in an odd number."""

    __slots__ = ("east", "north", "ring", "south", "west")

    def __init__(self, ring: Ring) -> None:
        """From the points."""
        self.ring = ring
        self.west, self.east = min(x for x, _y in ring), max(x for x, _y in ring)
        self.south, self.north = min(y for _x, y in ring), max(y for _x, y in ring)

    def near(self, lat: float, lon: float, degrees: float) -> bool:
        """Whether a place is in the box, or within so many degrees of it."""
        return self.south - degrees <= lat <= self.north + degrees and self.west - degrees <= lon <= self.east + degrees


@lru_cache(maxsize=4096)
def elsewhere(stated: str, lat: float, lon: float) -> str | None:
    """The country deep in which a place (degrees, WGS 84) lies although another is stated of it; None where nobody can say so.

    Deep is farther than `DEEP_KM` from whatever is the stated country's.
    """
    # Nearly every place is where it is stated to be, and then no other country's outline need be read.
    if _inside(stated, lat, lon):
        return None
    found = _country(lat, lon)
    if found is None or found in (stated, OVERSEAS.get(stated)) or stated == OVERSEAS.get(found):
        return None
    if stated == TERRITORIES.get(found):
        return None
    if _disputed(stated, found, lat, lon) or _near(stated, lat, lon, DEEP_KM):
        return None
    return found


def _disputed(one: str, other: str, lat: float, lon: float) -> bool:
    return any(
        {one, other} <= claimants and south <= lat <= north and west <= lon <= east
        for claimants, (south, north, west, east) in DISPUTED
    )


def _country(lat: float, lon: float) -> str | None:
    """The country whose land a place is on, else the one country whose coast is near."""
    for code in _lines():
        if _inside(code, lat, lon):
            return code
    coasts = [code for code in _lines() if _near(code, lat, lon, SHORE_KM)]
    return coasts[0] if len(coasts) == 1 else None


def _inside(code: str, lat: float, lon: float) -> bool:
    """Whether a place is on a country's land; a ring within a ring is not."""
    shapes = _shapes(code)
    return any(
        sum(shape.near(lat, east, 0.0) and _within(shape.ring, lat, east) for shape in shapes) % 2
        for east in _turns(lon)
    )


def _near(code: str, lat: float, lon: float, km: float) -> bool:
    """Whether a place is in a country or within so many km of it."""
    margin = km / KM_PER_DEGREE / max(cos(radians(lat)), 0.05)
    for shape in _shapes(code):
        for east in _turns(lon):
            if shape.near(lat, east, margin) and _km(shape.ring, lat, east) < km:
                return True
    return False


def _turns(lon: float) -> tuple[float, float, float]:
    """The same meridian as the outlines may have it that go on beyond 180 degrees."""
    return lon, lon + 360, lon - 360


def _within(ring: Ring, lat: float, lon: float) -> bool:
    """Whether a line eastwards crosses the ring an odd number of times."""
    inside = False
    x1, y1 = ring[-1]
    for x2, y2 in ring:
        if (y1 > lat) != (y2 > lat) and lon < x1 + (lat - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
        x1, y1 = x2, y2
    return inside


def _km(ring: Ring, lat: float, lon: float) -> float:
    """The distance to the nearest point of a ring in km, on the plane that touches the sphere there; good to 1 % within 100 km."""
    across = cos(radians(lat)) * KM_PER_DEGREE
    points = [((x - lon) * across, (y - lat) * KM_PER_DEGREE) for x, y in ring]
    least = float("inf")
    x1, y1 = points[-1]
    for x2, y2 in points:
        dx, dy = x2 - x1, y2 - y1
        length = dx * dx + dy * dy
        along = min(max(-(x1 * dx + y1 * dy) / length, 0.0), 1.0) if length else 0.0
        least = min(least, hypot(x1 + along * dx, y1 + along * dy))
        x1, y1 = x2, y2
    return least


@cache
def _lines() -> Mapping[str, tuple[tuple[int, str], ...]]:
    """Each country's lines of the table, with their numbers."""
    found: dict[str, list[tuple[int, str]]] = {}
    for number, line in enumerate(text(NAME).splitlines(), 1):
        code, _, steps = line.partition(" ")
        if code != "#":
            found.setdefault(code, []).append((number, steps))
    return {code: tuple(lines) for code, lines in found.items()}


@cache
def _shapes(code: str) -> tuple[Shape, ...]:
    """A country's rings; none for a code without an outline."""
    return tuple(_shape(number, steps) for number, steps in _lines().get(code, ()))


def _shape(number: int, steps: str) -> Shape:
    try:
        values = [int(step) for step in steps.split(" ")]
    except ValueError:
        raise FormatError("an outline is a code and whole numbers", file=NAME, line=number) from None
    x = y = 0
    ring: list[tuple[float, float]] = []
    for dx, dy in zip(values[::2], values[1::2], strict=True):
        x, y = x + dx, y + dy
        ring.append((x / GRID, y / GRID))
    return Shape(tuple(ring))
