"""All pictures of a report, drawn from its answer alone: SVG text, the same for the page and for paper.

`draw(answer)` gives {name: [picture]} with names sankey, worldmap, timeline, bars and balance, in the order of a report.
A picture is {"element", "title", "wide", "narrow"}: two drawings of the same, for a page and for a narrow screen (360
pixels); show one of them. Only sankey has several: one for all rare earths together (`element` None) and one for each.
A lot without rare earths has one for each of its elements, one without any the flow of its gross mass (`element` is `material`).
Ids are unique over all drawings, and links lead to `#event-` and 16 digits of an event's hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from ledger.reference.elements import RARE_EARTHS
from ledger.report.draw import balance, bars, sankey, timeline, worldmap
from ledger.report.draw.apportion import GROSS
from ledger.report.draw.custody import custody
from ledger.report.draw.flow import Flow, flow
from ledger.report.draw.palette import Palette
from ledger.report.draw.route import route
from ledger.report.draw.text import number, rows

NODES = 40
"""More lots than this are gathered."""
PLACES = 24
COLUMNS = 8
LINES = 40
ROOM = 390_000
"""So many characters all drawings may have: where they would have more, the elements of least mass have no flow of their own."""
ALL = "all rare earths"


class Picture(TypedDict):
    """Two drawings of one thing."""

    element: str | None
    title: str
    wide: str
    narrow: str


def draw(answer: Mapping[str, Any], *, most: int = NODES) -> dict[str, list[Picture]]:
    """Every picture; `most` nodes in a flow at most."""
    colours = Palette.of(answer)
    trip, kept = route(answer, PLACES), custody(answer, PLACES)
    bar, books = bars.draw(answer, colours, "draw-bars", COLUMNS), balance.draw(answer, "draw-balance", LINES)
    found: dict[str, list[Picture]] = {
        "worldmap": [
            _picture(
                "Route on a map",
                worldmap.wide(trip, colours, "draw-worldmap-wide"),
                worldmap.slim(trip, colours, "draw-worldmap-narrow"),
            )
        ],
        "timeline": [
            _picture(
                "Custody over time",
                timeline.wide(kept, colours, "draw-timeline-wide"),
                timeline.slim(kept, colours, "draw-timeline-narrow"),
            )
        ],
        "bars": [_picture("Origin by stage and element", *bar)],
        "balance": [_picture("Mass balance by event and element", *books)],
    }
    used = sum(len(item["wide"]) + len(item["narrow"]) for items in found.values() for item in items)
    return {"sankey": flows(answer, colours, most, ROOM - used), **found}


def _picture(title: str, wide: str, narrow: str, element: str | None = None) -> Picture:
    return {"element": element, "title": title, "wide": wide, "narrow": narrow}


def _wanted(answer: Mapping[str, Any]) -> list[tuple[str | None, str, frozenset[str]]]:
    """What flows are drawn: element, its name in words, the symbols.

    Rare earths together and each; where the lot has none, its elements; where none is known, its gross mass.
    """
    elements = stated(answer)
    rare = [element for element in elements if element in RARE_EARTHS]
    each: list[tuple[str | None, str, frozenset[str]]] = [
        (element, element, frozenset({element})) for element in rare or elements
    ]
    if len(rare) > 1:
        return [(None, ALL, RARE_EARTHS), *each]
    return each or [("material", "material", GROSS)]


def stated(answer: Mapping[str, Any]) -> list[str]:
    """The lot's elements, the greatest mass first; those of unknown mass after."""
    origin = answer.get("origin")
    elements = origin.get("elements") if isinstance(origin, dict) else None
    found = {
        name: number(item.get("mass_kg")) if isinstance(item, dict) else None
        for name, item in (elements if isinstance(elements, dict) else {}).items()
    }
    return sorted(found, key=lambda name: (-(found[name] or 0.0), name))


def flows(answer: Mapping[str, Any], colours: Palette, most: int, room: int) -> list[Picture]:
    """The flow of all rare earths, and of each in turn while there is room for so many characters."""
    found: list[Picture] = []
    used = 0
    if not rows(answer, "lots"):
        return found
    for position, (element, shown, wanted) in enumerate(_wanted(answer)):
        for nodes in (most, most // 2):
            graph = flow(answer, wanted, nodes)
            made = _flow(graph, shown, colours, f"draw-sankey-{position}", element)
            size = len(made["wide"]) + len(made["narrow"])
            if not found or used + size <= room:
                break
        else:
            break
        used += size
        found.append(made)
    return found


def _flow(graph: Flow, shown: str, colours: Palette, name: str, element: str | None) -> Picture:
    return _picture(
        f"Flow of {shown}",
        sankey.wide(graph, shown, colours, f"{name}-wide"),
        sankey.slim(graph, shown, colours, f"{name}-narrow"),
        element,
    )
