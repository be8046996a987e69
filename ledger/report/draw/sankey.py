"""The flow of an element from the mines to the lot: links as wide as their mass, coloured by the country they come from.

Wide: from left to right, each node named above itself. Narrow: from top to bottom, nodes numbered, the names beneath.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ledger.report.draw.flow import Flow, Link, Node
from ledger.report.draw.layers import THIN, Band, Box, layout
from ledger.report.draw.palette import GREY, Palette, chinese
from ledger.report.draw.svg import Marks, frame, hatch, label, link, notes, num, said, tag
from ledger.report.draw.text import ELLIPSIS, clean, clip, counted, mass, width, words

WIDE, SLIM = 1000.0, 360.0
NODE = 10.0
HEAD = 40.0
GAP, THICKEST = 42.0, 150.0
NAME, SMALL = 12.0, 10.5
ROW = 58.0
LINE = 17.0
SAID = 2
"""So many stages of a column are named."""


def _country(node: Node) -> str:
    return {"?": "unknown country", "other": "other countries"}.get(node.country, node.country)


def _title(node: Node, element: str) -> str:
    made = f", {words(node.stage)}" if node.stage else ""
    lost = " (retracted, or not in this ledger)" if node.missing else ""
    at = f" at {node.site}" if node.site else ""
    return f"{node.title}{at}, {_country(node)}{made}{lost}: {mass(node.kg)} of {element}"


def _amount(found: Link) -> str:
    if not found.unknown:
        return mass(found.kg)
    return f"{mass(found.least)} and an unknown mass" if found.least else "an unknown mass"


def describe(flow: Flow, element: str) -> list[str]:
    """The picture in words."""
    asked = flow.nodes[-1]
    fed = {item.target for item in flow.links}
    lines = [f"Flow of {element} to lot {clean(asked.title)} through {counted(len(flow.nodes) - 1, 'earlier step')}."]
    told: dict[str, Link] = {}
    for item in flow.links:
        if item.source not in fed:
            first = told.setdefault(_country(flow.nodes[item.source]), Link(item.source, item.target))
            first.least += item.least
            first.unknown = first.unknown or item.unknown
    if told:
        parts = [f"{_amount(first)} from {country}" for country, first in sorted(told.items())]
        lines.append(f"It begins with {', '.join(parts)}.")
    through = sorted({node.country for node in flow.nodes if chinese(node.country)})
    if through:
        lines.append(f"It passes {', '.join(through)}.")
    return [*lines, flow.gathered, note(flow)]


def note(flow: Flow) -> str:
    """What a reader must know of the picture."""
    begun = (
        " A declared lot begins where it was declared, not where it was mined."
        if any(n.declared for n in flow.nodes)
        else ""
    )
    thin = (
        " Striped or dashed: unknown."
        if any(item.unknown for item in flow.links) or any(n.country == "?" for n in flow.nodes)
        else ""
    )
    return "Only what went into this lot is drawn; losses and other products are left out." + begun + thin


def _stroke(colour: str, unknown: bool, wide: float) -> Marks:  # noqa: FBT001
    return {
        "fill": "none",
        "stroke": colour,
        "stroke-width": wide,
        "stroke-opacity": "0.85" if unknown or wide < THIN * 2 else "0.42",
        "stroke-dasharray": "4 3" if unknown else None,
    }


def _band(found: Link, flow: Flow, band: Band, path: str, colours: Palette, element: str) -> str:
    source, target = flow.nodes[found.source], flow.nodes[found.target]
    colour = GREY if source.country in {"?", "other"} else colours.line(source.country)
    drawn = tag("path", {"d": path, "data-kg": f"{found.least:.9g}", **_stroke(colour, found.unknown, band.width)})
    told = f"{clean(source.title)} to {clean(target.title)}: {_amount(found)} of {element}"
    if found.draws > 1:
        told += f", {found.draws} draws"
    return link(found.event if found.draws == 1 else None, said(told), drawn)


def _node(
    node: Node, at: tuple[float, float], size: tuple[float, float], colours: Palette, name: str, *, asked: bool
) -> str:
    (x, y), (wide, high) = at, size
    fill = f"url(#{name}-hatch)" if node.country in {"?", "other"} else colours.fill(node.country, f"{name}-hatch")
    return tag(
        "rect",
        {
            "x": x,
            "y": y,
            "width": wide,
            "height": high,
            "rx": min(2.0, wide / 2, high / 2),
            "fill": fill,
            "stroke": "currentColor" if asked or node.missing else None,
            "stroke-width": "1.5" if asked else "1" if node.missing else None,
            "stroke-dasharray": "3 2" if node.missing else None,
        },
    )


def _heads(flow: Flow, xs: Sequence[float], step: float) -> Iterable[str]:
    """What each column does, where one or two stages say it."""
    for column in range(flow.columns):
        stages = list(dict.fromkeys(words(node.stage) for node in flow.nodes if node.column == column and node.stage))
        text = " / ".join(stages) if len(stages) <= SAID else "several stages"
        yield label(
            xs[column],
            14,
            "this lot" if column == flow.columns - 1 else text,
            size=SMALL,
            room=step - 8,
            faint=True,
            over=True,
        )


def wide(flow: Flow, element: str, colours: Palette, name: str) -> str:
    """The picture for a page."""
    tallest = max(sum(1 for node in flow.nodes if node.column == column) for column in range(flow.columns))
    room = min(max(150.0, tallest * (GAP + 14)), 900.0)
    placed = layout(flow, room, GAP, THICKEST)
    top = HEAD + 12 - min(box.start for box in placed.boxes)
    room = max(box.start + box.length for box in placed.boxes)
    step = WIDE / max(flow.columns, 2)
    common, shown = named(flow, step - 12)
    xs = [column * step for column in range(flow.columns)]
    body = list(_heads(flow, xs, step))
    order = sorted(range(len(flow.links)), key=lambda at: (-placed.bands[at].width, at))
    for at in order:
        found, band = flow.links[at], placed.bands[at]
        x0, x1 = xs[flow.nodes[found.source].column] + NODE, xs[flow.nodes[found.target].column]
        y0, y1, bend = band.source + top, band.target + top, (x1 - x0) / 2
        path = f"M{num(x0)} {num(y0)}C{num(x0 + bend)} {num(y0)} {num(x1 - bend)} {num(y1)} {num(x1)} {num(y1)}"
        body.append(_band(found, flow, band, path, colours, element))
    for at, (node, box) in enumerate(zip(flow.nodes, placed.boxes, strict=True)):
        x, y = xs[node.column], box.start + top
        asked = at == len(flow.nodes) - 1
        body.append(
            link(
                node.event if node.lots == 1 else None,
                said(_title(node, element)),
                _node(node, (x, y), (NODE, box.length), colours, name, asked=asked),
                label(x, y - 17, shown[at], size=NAME, room=step - 12, weight="600", over=True),
                label(x, y - 5, _about(node, step - 12), size=SMALL, room=step - 8, faint=True, over=True),
            )
        )
    small, end = notes(top + room + 10, (note(flow), common, flow.gathered), WIDE)
    return frame(
        name,
        (WIDE, end),
        f"Flow of {element} to lot {clean(flow.nodes[-1].title)}",
        describe(flow, element),
        [*body, *small],
        defs=[hatch(f"{name}-hatch")],
    )


def _about(node: Node, room: float) -> str:
    """Country, mass and, where at least half of it fits, the site."""
    text = f"{_short(node)} {_kg(node)}"
    longer = f"{text} {clean(node.site)}"
    return longer if node.site and width(longer, SMALL) < room + width(node.site[:40], SMALL) / 2 else text


def named(flow: Flow, room: float) -> tuple[str, list[str]]:
    """The nodes' names: where some are too long, without the beginning that all lots share; and a sentence that says so."""
    names = [clean(node.title) for node in flow.nodes]
    lots = [name for name, node in zip(names, flow.nodes, strict=True) if node.lots == 1]
    if all(width(name, NAME) <= room for name in names):
        return "", names
    least, most = min(lots), max(lots)
    same = next((at for at, (a, b) in enumerate(zip(least, most, strict=False)) if a != b), min(len(least), len(most)))
    shared = next((least[:at] for at in range(same, 0, -1) if not least[at - 1].isalnum()), "")
    if len(lots) < 2 or len(shared) < 4:  # noqa: PLR2004  (nothing worth leaving out)
        return "", names
    short = [
        ELLIPSIS + name[len(shared) :] if node.lots == 1 else name for name, node in zip(names, flow.nodes, strict=True)
    ]
    return f"Names begin with {shared} where \u2026 stands.", short


def _short(node: Node) -> str:
    return "unknown" if node.country == "?" else node.country


def _kg(node: Node) -> str:
    return "mass ?" if node.kg is None else mass(node.kg)


def slim(flow: Flow, element: str, colours: Palette, name: str) -> str:
    """The picture for a narrow screen."""
    placed = layout(flow, SLIM - 20, 36, 120)
    ys = [22 + column * ROW for column in range(flow.columns)]
    body: list[str] = []
    order = sorted(range(len(flow.links)), key=lambda at: (-placed.bands[at].width, at))
    for at in order:
        found, band = flow.links[at], placed.bands[at]
        y0, y1 = ys[flow.nodes[found.source].column] + NODE, ys[flow.nodes[found.target].column]
        x0, x1, bend = band.source + 10, band.target + 10, (y1 - y0) / 2
        path = f"M{num(x0)} {num(y0)}C{num(x0)} {num(y0 + bend)} {num(x1)} {num(y1 - bend)} {num(x1)} {num(y1)}"
        body.append(_band(found, flow, band, path, colours, element))
    numbered = sorted(range(len(flow.nodes)), key=lambda at: (flow.nodes[at].column, placed.boxes[at].start, at))
    listed: list[str] = []
    y = ys[-1] + NODE + 30
    for position, at in enumerate(numbered, 1):
        node, box = flow.nodes[at], placed.boxes[at]
        asked = at == len(flow.nodes) - 1
        x, top = box.start + 10, ys[node.column]
        body.append(
            link(
                node.event if node.lots == 1 else None,
                said(_title(node, element)),
                _node(node, (x, top), (box.length, NODE), colours, name, asked=asked),
                _tagged(position, node, box, top),
            )
        )
        listed.append(_row(position, node, y, colours, name))
        y += LINE * 2
    small, end = notes(y - LINE, (note(flow), flow.gathered), SLIM)
    return frame(
        name,
        (SLIM, end),
        f"Flow of {element} to lot {clean(flow.nodes[-1].title)}",
        describe(flow, element),
        [*body, *listed, *small],
        form="narrow",
        defs=[hatch(f"{name}-hatch")],
    )


def _tagged(position: int, node: Node, box: Box, top: float) -> str:
    """The number and the country's code over a node."""
    text = f"{position} {clip(_short(node), 60, 11)}"
    half = width(text, 11) / 2
    return label(
        min(max(box.middle + 10, half), SLIM - half), top - 4, text, size=11, anchor="middle", weight="600", over=True
    )


def _row(position: int, node: Node, y: float, colours: Palette, name: str) -> str:
    made = f" {words(node.stage)}" if node.stage else ""
    where = f"{_short(node)}{made}" + (f" at {node.site}" if node.site else "")
    return link(
        node.event if node.lots == 1 else None,
        _node(node, (0, y - 9), (9, 9), colours, name, asked=False),
        label(14, y, f"{position} {clean(node.title)}", size=NAME, room=240, weight="600"),
        label(SLIM, y, _kg(node), size=NAME, room=90, anchor="end"),
        label(14, y + 13, where, size=SMALL, room=SLIM - 14, faint=True),
    )
