"""Where the names of places and the numbers of legs go on a map, and how arrows curve: nothing upon anything else.

Pills with names stand above their dots and are pushed apart; a number takes the first place on its way that is free.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.report.draw.projection import Point, Window
from ledger.report.draw.route import Route, Spot
from ledger.report.draw.text import width

PILL_HIGH = 17.0
CLEAR = 17.0
"""From a dot to the middle of its pill."""
ROUNDS = 40


@dataclass(slots=True)
class Pin:
    """A spot in the picture: where it is, and the middle of its name's pill."""

    at: Point
    wide: float
    x: float
    y: float


def text_of(spot: Spot) -> str:
    """What stands on a pill: letter and country, so that the colour is not alone."""
    return f"{spot.letter} {spot.country[:8]}"


def pins_of(route: Route, window: Window) -> dict[int, Pin]:
    """Pills above their dots, pushed apart where they would lie upon one another."""
    pins: dict[int, Pin] = {}
    for at, spot in enumerate(route.spots):
        if spot.at is not None:
            x, y = window.at(*spot.at)
            pins[at] = Pin((x, y), width(text_of(spot), 10.5) + 12, x, y - CLEAR)
    order = sorted(pins)
    for _round in range(ROUNDS):
        moved = False
        for position, first in enumerate(order):
            for second in order[position + 1 :]:
                moved = _pushed(pins[first], pins[second]) or moved
        for at in order:
            pin = pins[at]
            pin.x = min(max(pin.x, pin.wide / 2 + 2), window.wide - pin.wide / 2 - 2)
            if abs(pin.x - pin.at[0]) < pin.wide / 2 + 4 and abs(pin.y - pin.at[1]) < CLEAR:
                pin.y = pin.at[1] - CLEAR
            pin.y = min(max(pin.y, PILL_HIGH / 2 + 2), window.high - PILL_HIGH / 2 - 2)
        if not moved:
            break
    return pins


def _pushed(one: Pin, other: Pin) -> bool:
    across = (one.wide + other.wide) / 2 + 3 - abs(one.x - other.x)
    down = PILL_HIGH + 3 - abs(one.y - other.y)
    if across <= 0.01 or down <= 0.01:  # noqa: PLR2004  (they do not touch)
        return False
    if down <= across and min(one.y, other.y) > PILL_HIGH / 2 + 2:
        step = down / 2 if one.y > other.y else -down / 2
        one.y, other.y = one.y + step, other.y - step
    else:
        step = across / 2 if one.x > other.x else -across / 2
        one.x, other.x = one.x + step, other.x - step
    return True


def between(a: Point, b: Point, part: float) -> Point:
    """The point a part of the way from one to the other."""
    return a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part


def bend_of(a: Point, b: Point) -> Point:
    """A curve's control point, to the left of the way, so that ways to and fro do not lie upon each other."""
    bow = 0.2
    return (a[0] + b[0]) / 2 + (b[1] - a[1]) * bow, (a[1] + b[1]) / 2 - (b[0] - a[0]) * bow


def curve(a: Point, b: Point, part: float) -> Point:
    """The point a part of the way along the curve (de Casteljau)."""
    bend = bend_of(a, b)
    return between(between(a, bend, part), between(bend, b, part), part)


def room_for(
    points: Sequence[Point], wide: float, taken: Sequence[tuple[float, float, float]], window: Window
) -> Point:
    """Where on the way its number has room."""
    a, b = max(itertools.pairwise(points), key=lambda pair: math.dist(*pair))
    spots = [curve(a, b, part) for part in (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74)]
    inside = [
        (min(max(x, wide / 2 + 2), window.wide - wide / 2 - 2), min(max(y, 10.0), window.high - 10)) for x, y in spots
    ]
    for x, y in inside:
        if all(abs(x - ox) > (wide + other) / 2 + 2 or abs(y - oy) > 18 for ox, oy, other in taken):  # noqa: PLR2004  (a tag's height)
            return x, y
    return inside[0]
