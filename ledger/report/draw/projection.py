"""The Equal Earth projection, centred where it is wanted, and shapes cut to a window.

Savric, Patterson and Jenny, "The Equal Earth map projection", International Journal of Geographical Information Science
33(3), 2019, equations 6 to 8: areas are true to one another. The central meridian is chosen so that the route is whole.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

A1, A2, A3, A4 = 1.340264, -0.081106, 0.000893, 0.003796
_ROOT = math.sqrt(3)
HALF = 180.0
Point = tuple[float, float]


def project(lon: float, lat: float) -> Point:
    """Degrees, the longitude from the central meridian, to x to the right and y down, in radii of the sphere."""
    theta = math.asin(_ROOT / 2 * math.sin(math.radians(lat)))
    square = theta * theta
    six = square * square * square
    slope = 9 * A4 * six * square + 7 * A3 * six + 3 * A2 * square + A1
    x = 2 * _ROOT * math.radians(lon) * math.cos(theta) / (3 * slope)
    return x, -theta * (A4 * six * square + A3 * six + A2 * square + A1)


def turned(lon: float, centre: float) -> float:
    """A longitude from the central meridian, -180 to 180."""
    return (lon - centre + HALF) % (2 * HALF) - HALF


def centre_of(longitudes: Iterable[float]) -> float:
    """The meridian opposite the widest gap between places, so that none is cut off from the others; whole degrees."""
    placed = sorted({lon % 360 for lon in longitudes})
    if not placed:
        return 0.0
    gaps = [(after - before, before) for before, after in zip(placed, [*placed[1:], placed[0] + 360], strict=True)]
    widest, before = max(gaps, key=lambda gap: (gap[0], -gap[1]))
    return float(round(turned(before + widest / 2 + HALF, 0.0)))


def cut(ring: Sequence[Point], axis: int, edge: float, side: int) -> list[Point]:
    """The part of a ring on one side of a line (Sutherland and Hodgman, 1974): where `side` * coordinate <= `side` * edge."""
    found: list[Point] = []
    if not ring:
        return found
    before = ring[-1]
    was = side * before[axis] <= side * edge
    for point in ring:
        now = side * point[axis] <= side * edge
        if now != was:
            part = (edge - before[axis]) / (point[axis] - before[axis])
            other = before[1 - axis] + part * (point[1 - axis] - before[1 - axis])
            found.append((edge, other) if axis == 0 else (other, edge))
        if now:
            found.append(point)
        before, was = point, now
    return found


def seamless(ring: Sequence[Point], centre: float) -> list[list[Point]]:
    """A ring in degrees from the central meridian: whole, or in the pieces that the map's edge cuts it into."""
    west = min(lon for lon, _lat in ring) - centre
    shift = -360 * math.floor((west + HALF) / 360)
    moved = [(lon - centre + shift, lat) for lon, lat in ring]
    if max(lon for lon, _lat in moved) <= HALF:
        return [moved]
    beyond = [(lon - 360, lat) for lon, lat in cut(moved, 0, HALF, -1)]
    return [piece for piece in (cut(moved, 0, HALF, 1), beyond) if len(piece) > 2]  # noqa: PLR2004  (fewer have no area)


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the map, and how it lies in a picture of `wide` by `high`."""

    centre: float
    west: float
    north: float
    scale: float
    wide: float
    high: float

    @classmethod
    def around(
        cls, places: Sequence[Point], wide: float, high: float, margin: float, least: float, above: float = 0.0
    ) -> Window:
        """A window that holds the places (longitude, latitude) with a margin, at least `least` radii wide.

        `above` is in pixels: so much more room above the places than below.

        It holds the whole world where there is no place, and never shows more than the world is wide.
        """
        centre = centre_of(lon for lon, _lat in places)
        points = [project(turned(lon, centre), lat) for lon, lat in places] or [project(-180, 0), project(180, 0)]
        west, east = min(x for x, _y in points), max(x for x, _y in points)
        north, south = min(y for _x, y in points), max(y for _x, y in points)
        across = max((east - west) * (1 + 2 * margin), (south - north) * (1 + 2 * margin) * wide / high, least)
        world, pole = project(HALF, 0)[0], -project(0, 90)[1]
        scale = wide / min(across, max(2 * world, 2 * pole * wide / high))
        middle_x = (west + east) / 2 if wide / scale < 2 * world else 0.0
        half, spare = high / scale / 2, high / scale - (south - north)
        middle_y = (north + south) / 2 - min(above / scale, spare / 2) / 2
        middle_y = min(max(middle_y, half - pole), pole - half) if half < pole else 0.0
        return cls(centre, middle_x - wide / scale / 2, middle_y - half, scale, wide, high)

    def at(self, lon: float, lat: float) -> Point:
        """A place in the picture."""
        return self.put(turned(lon, self.centre), lat)

    def put(self, lon: float, lat: float) -> Point:
        """The same for a longitude that already counts from the central meridian."""
        x, y = project(lon, lat)
        return (x - self.west) * self.scale, (y - self.north) * self.scale

    def shapes(self, ring: Sequence[Point]) -> list[list[Point]]:
        """A ring in the picture, cut to it; nothing where it lies outside."""
        found: list[list[Point]] = []
        for piece in seamless(ring, self.centre):
            placed = [self.put(lon, lat) for lon, lat in piece]
            for axis, edge, side in ((0, 0.0, -1), (0, self.wide, 1), (1, 0.0, -1), (1, self.high, 1)):
                if all(side * point[axis] <= side * edge for point in placed):
                    continue
                placed = cut(placed, axis, edge, side)
            if len(placed) > 2:  # noqa: PLR2004  (fewer have no area)
                found.append(placed)
        return found
