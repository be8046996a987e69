"""The route on a map of the world: sites as dots, legs as numbered arrows, in the Equal Earth projection, drawn offline.

The map is cropped to the route. Countries of the route are tinted in their colour. A site whose place nobody states is a
dashed ring somewhere in its country, and so it is called. Arrows join places; they are not the path that a ship took.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

from ledger.reference.outlines import OUTLINES
from ledger.report.draw.palette import GREY, Palette
from ledger.report.draw.pins import CLEAR, PILL_HIGH, Pin, bend_of, between, curve, pins_of, room_for, text_of
from ledger.report.draw.projection import Point, Window
from ledger.report.draw.route import Leg, Route, Spot, Way, place, spans
from ledger.report.draw.svg import Marks, frame, hatch, label, link, notes, num, said, tag
from ledger.report.draw.text import clean, counted, day, escape, width

WIDE, WIDE_MAP = 1000.0, 440.0
SLIM, SLIM_MAP = 360.0, 270.0
MARGIN, LEAST = 0.2, 0.7
TAG = "#4b5563"
NUMBER: Marks = {"font-size": 10, "font-weight": "700", "text-anchor": "middle", "fill": "#ffffff"}
WAY = {"fill": "none", "stroke-width": "1.8"}
"""What all numbers of ways, and all ways, are drawn with, said once of them together."""
HALVES = 2
"""Outlines are drawn in half pixels, so that whole numbers do."""
NEAR = 4
"""A point of an outline closer than this to the last, in half pixels across and down together, is left out."""
SHORT = 22.0
"""A way shorter than this is no more than two dots beside each other."""
LISTED = 30


def _outline(points: Sequence[Point]) -> str:
    """A closed path in whole half pixels from point to point; points too near to the last are left out."""
    found: list[tuple[int, int]] = []
    for x, y in points:
        here = (round(x * HALVES), round(y * HALVES))
        if not found or abs(here[0] - found[-1][0]) + abs(here[1] - found[-1][1]) >= NEAR:
            found.append(here)
    if len(found) < 3:  # noqa: PLR2004  (fewer have no area)
        return ""
    steps = [f"{bx - ax} {by - ay}" for (ax, ay), (bx, by) in itertools.pairwise(found)]
    return f"M{found[0][0]} {found[0][1]}l" + " ".join(steps).replace(" -", "-") + "z"


def _land(window: Window, tinted: Sequence[str], colours: Palette) -> str:
    plain: list[str] = []
    shaded: list[str] = []
    for name, outline in OUTLINES.items():
        path = "".join(_outline(shape) for ring in outline.rings for shape in window.shapes(ring))
        if not path:
            continue
        if name in tinted:
            fill = {
                "fill": colours.line(name),
                "fill-opacity": "0.26",
                "stroke": colours.line(name),
                "stroke-width": "1.4",
            }
            shaded.append(tag("path", {"d": path, **fill, "stroke-opacity": "0.7"}))
        else:
            plain.append(path)
    style = {"fill": "currentColor", "fill-opacity": "0.12", "stroke": "currentColor", "stroke-width": "1"}
    rest = tag("path", {"d": "".join(plain), **style, "stroke-opacity": "0.3"}) if plain else ""
    return tag("g", {"transform": "scale(0.5)"}, rest, *shaded) if plain or shaded else ""


def _grid(window: Window) -> str:
    """Meridians and parallels each 30 degrees."""
    lines: list[list[Point]] = [[window.put(lon, lat) for lat in range(-90, 91, 10)] for lon in range(-180, 181, 30)]
    lines += [[window.put(-180, lat), window.put(180, lat)] for lat in range(-60, 61, 30)]
    path = "".join("M" + "L".join(f"{num(x)} {num(y)}" for x, y in line) for line in lines)
    return tag(
        "path", {"d": path, "fill": "none", "stroke": "currentColor", "stroke-opacity": "0.1", "stroke-width": "0.6"}
    )


def _ink(colour: str) -> str:
    """White or near black, whichever reads on the colour (WCAG relative luminance)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]  # noqa: PLR2004
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if 1.05 / (luminance + 0.05) >= 3.6 else "#15181d"  # noqa: PLR2004  (bold text)


def _marker(spot: Spot, pin: Pin, colours: Palette) -> str:
    colour = colours.line(spot.country)
    (x, y), top = pin.at, pin.y - PILL_HIGH / 2
    dot: Marks = {
        "cx": x,
        "cy": y,
        "r": 3.6,
        "fill": colour,
        "stroke": "#ffffff",
        "stroke-width": "1",
    }
    if spot.near:
        dot |= {"r": 6.0, "fill-opacity": "0.25", "stroke": colour, "stroke-dasharray": "2.5 2", "stroke-width": "1.4"}
    lead: Marks = {"x1": x, "y1": y, "x2": pin.x, "y2": pin.y, "stroke": colour, "stroke-width": "1.2"}
    pill: Marks = {
        "x": pin.x - pin.wide / 2,
        "y": top,
        "width": pin.wide,
        "height": PILL_HIGH,
        "rx": 8.5,
        "fill": colour,
    }
    return link(
        spot.events[0] if spot.sites == 1 and spot.events else None,
        said(f"{spot.letter}: {_place(spot)}"),
        tag("line", lead),
        tag("circle", dot),
        tag("rect", pill),
        label(pin.x, pin.y + 3.8, text_of(spot), size=10.5, anchor="middle", weight="700", fill=_ink(colour)),
    )


def _place(spot: Spot) -> str:
    where = "country not stated" if spot.country == "?" else spot.country
    if spot.near and spot.sites == 1 and not spot.name.startswith("somewhere in"):
        where = f"somewhere in {where}" if spot.at is not None else f"{where}, place unknown"
    return f"{clean(spot.name)}, {where}"


def _arrow(points: Sequence[Point], colour: str, state: str) -> str:
    """Curves from point to point, ending short of the last with a head."""
    a, b = points[-2], points[-1]
    length = math.dist(a, b)
    stop = max(0.5, 1 - 9 / length) if length else 1.0
    path = f"M{num(points[0][0])} {num(points[0][1])}"
    for start, end in itertools.pairwise(points[:-1]):
        bend = bend_of(start, end)
        path += f"Q{num(bend[0])} {num(bend[1])} {num(end[0])} {num(end[1])}"
    bend, tip = between(a, bend_of(a, b), stop), curve(a, b, stop)
    path += f"Q{num(bend[0])} {num(bend[1])} {num(tip[0])} {num(tip[1])}"
    dx, dy = tip[0] - bend[0], tip[1] - bend[1]
    size = math.hypot(dx, dy) or 1.0
    dx, dy = dx / size, dy / size
    head = [(tip[0] + dx * 6, tip[1] + dy * 6), (tip[0] - dy * 4, tip[1] + dx * 4), (tip[0] + dy * 4, tip[1] - dx * 4)]
    line: Marks = {"d": path, "stroke": colour}
    line["stroke-dasharray"] = {"arrived": None, "under way": "5 4"}.get(state, "1.5 3")
    return tag("path", line) + tag(
        "polygon", {"points": " ".join(f"{num(x)},{num(y)}" for x, y in head), "fill": colour}
    )


def _ways(route: Route, window: Window, pins: dict[int, Pin], colours: Palette) -> Iterable[str]:
    taken = [(pin.x, pin.y, pin.wide) for pin in pins.values()]
    shown: dict[str, Point] = {}
    arrows: list[str] = []
    tags: list[str] = []
    for way in route.ways:
        if way.source not in pins or way.target not in pins:
            continue
        between = {name: window.at(*spot) for name in way.via if (spot := place(name)) is not None}
        shown |= between
        points = [pins[way.source].at, *between.values(), pins[way.target].at]
        if max(math.dist(a, b) for a, b in itertools.pairwise(points)) < SHORT:
            arrows.append(_dash(points, way, route, colours))
            continue
        colour = colours.line(route.spots[way.source].country)
        text = spans(way.numbers)
        text = text if len(text) <= 12 else f"{way.numbers[0]}\u2026{way.numbers[-1]}"  # noqa: PLR2004  (room of a tag)
        wide = max(width(text, 10) + 9, 16.0)
        x, y = room_for(points, wide, taken, window)
        taken.append((x, y, wide))
        words = said(_way(way, route))
        arrows.append(link(way.event if len(way.numbers) == 1 else None, words, _arrow(points, colour, way.state)))
        tags.append(
            link(
                way.event if len(way.numbers) == 1 else None,
                words,
                tag("rect", {"x": x - wide / 2, "y": y - 8, "width": wide, "height": 16, "rx": 8, "fill": TAG}),
                tag("text", {"x": x, "y": y + 3.6}, escape(text)),
            )
        )
    yield tag("g", WAY, *arrows) if arrows else ""
    for name, (x, y) in shown.items():
        ring: Marks = {"cx": x, "cy": y, "r": 3.0, "fill": "none", "stroke": colours.line(name), "stroke-width": "1.5"}
        yield tag(
            "g", {}, said(f"by way of {name}"), tag("circle", ring), label(x + 6, y + 4, name, size=10, weight="600")
        )
    yield tag("g", NUMBER, *tags) if tags else ""


def _dash(points: Sequence[Point], way: Way, route: Route, colours: Palette) -> str:
    """A way too short for an arrow and a number."""
    line = {"points": " ".join(f"{num(x)},{num(y)}" for x, y in points)}
    stroke = {"stroke": colours.line(route.spots[way.source].country)}
    return link(way.event if len(way.numbers) == 1 else None, said(_way(way, route)), tag("polyline", line | stroke))


def _way(way: Way, route: Route) -> str:
    via = f" by way of {', '.join(way.via)}" if way.via else ""
    thing = "Leg" if len(way.numbers) == 1 else "Legs"
    return f"{thing} {spans(way.numbers)}: {_place(route.spots[way.source])} to {_place(route.spots[way.target])}{via}, {way.state}"


def describe(route: Route) -> list[str]:
    """The map in words."""
    unplaced = [spot for spot in route.spots if spot.at is None]
    near = sum(1 for spot in route.spots if spot.near and spot.at is not None)
    lines = [f"Map of {counted(len(route.spots), 'place')} and {counted(len(route.legs), 'leg')}."]
    lines += [_way(way, route) + "." for way in route.ways[:LISTED]]
    if near:
        lines.append(f"{counted(near, 'place')} without stated coordinates, drawn somewhere in the country.")
    if unplaced:
        lines.append("Not on the map: " + "; ".join(_place(spot) for spot in unplaced[:LISTED]) + ".")
    return lines


def _spot_row(spot: Spot, x: float, y: float, room: float, colours: Palette, name: str) -> str:
    fill = colours.fill(spot.country, f"{name}-hatch")
    dash = {"stroke": GREY, "stroke-width": "1", "stroke-dasharray": "2 2"} if spot.near else {}
    return link(
        spot.events[0] if spot.sites == 1 and spot.events else None,
        tag("circle", {"cx": x + 5, "cy": y - 4, "r": 4.5, "fill": fill, **dash}),
        label(x + 16, y, spot.letter, size=11.5, weight="700"),
        label(x + 36, y, _place(spot), size=11.5, room=room - 36),
    )


def _leg_row(leg: Leg, route: Route, x: float, y: float, room: float) -> str:
    ends = [route.spots[at].letter if at is not None else "?" for at in (leg.source, leg.target)]
    lot = clean(leg.record.get("lot"))
    until = "under way" if leg.state == "under way" else day(leg.record.get("arrived"))
    dates = f"{day(leg.record.get('departed'))} \u2192 {until}"
    state = "" if leg.state in {"arrived", "under way"} else f" {leg.state}"
    via = f" by way of {', '.join(leg.via)}" if leg.via else ""
    return link(
        leg.record.get("event"),
        label(x, y, str(leg.number), size=11.5, weight="700"),
        label(x + 26, y, f"{ends[0]} \u2192 {ends[1]}", size=11.5, weight="600"),
        label(x + 82, y, lot + state + via, size=11.5, room=room - 232),
        label(x + room, y, dates, size=11, anchor="end", faint=True),
    )


def _picture(route: Route, colours: Palette, name: str, size: Point, form: str) -> str:
    wide, high = size
    between = [at for way in route.ways for item in way.via if (at := place(item)) is not None]
    window = Window.around([*(s.at for s in route.spots if s.at), *between], wide, high, MARGIN, LEAST, CLEAR)
    pins = pins_of(route, window)
    tinted = sorted({spot.country for spot in route.spots} | {item for way in route.ways for item in way.via})
    clipped = f"{name}-window"
    edge: Marks = {"width": wide, "height": high, "rx": 8}
    body = [
        tag("rect", {**edge, "fill": "currentColor", "fill-opacity": "0.035"}),
        tag(
            "g",
            {"clip-path": f"url(#{clipped})"},
            _grid(window),
            _land(window, tinted, colours),
            *_ways(route, window, pins, colours),
            *(_marker(route.spots[at], pins[at], colours) for at in sorted(pins, key=lambda at: (pins[at].y, at))),
        ),
    ]
    columns = form == "wide"
    room = wide / 2 - 14 if columns else wide
    y = left = right = high + 22
    for spot in route.spots[:LISTED]:
        body.append(_spot_row(spot, 0, left, room, colours, name))
        left += 18
    if not columns:
        right = left + 8
    for leg in route.legs[:LISTED]:
        body.append(_leg_row(leg, route, wide - room, right, room))
        right += 18
    y = max(left, right) - 12
    small, end = notes(y, _notes(route), wide)
    defs = [hatch(f"{name}-hatch"), tag("clipPath", {"id": clipped}, tag("rect", edge))]
    return frame(name, (wide, end), "Route on a map", describe(route), [*body, *small], form=form, defs=defs)


def _notes(route: Route) -> Iterable[str]:
    yield "Arrows join places; they are not the path taken. A way too short for an arrow is only listed."
    if any(spot.near and spot.at is not None for spot in route.spots):
        yield "A dashed ring: somewhere in that country, coordinates not stated."
    if any(way.state != "arrived" for way in route.ways):
        yield "A dashed arrow: under way; a dotted one: not accepted."
    if route.gathered:
        yield "Sites are gathered by country."
    more = [(len(route.spots) - LISTED, "place"), (len(route.legs) - LISTED, "leg")]
    told = [counted(number, f"more {thing}") for number, thing in more if number > 0]
    if told:
        yield f"Not listed here: {' and '.join(told)}."
    yield "Outlines: Natural Earth. Projection: Equal Earth."


def wide(route: Route, colours: Palette, name: str) -> str:
    """The map for a page."""
    return _picture(route, colours, name, (WIDE, WIDE_MAP), "wide")


def slim(route: Route, colours: Palette, name: str) -> str:
    """The map for a narrow screen."""
    return _picture(route, colours, name, (SLIM, SLIM_MAP), "narrow")
