"""The pictures as the page shows them: named, in order, and with every event that they lead to given a place."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from html import unescape
from typing import Any, Final

from markupsafe import Markup
from msgspec import Struct

from ledger.report.draw.svg import FONT, HALO, Marks, tag
from ledger.report.draw.text import width
from ledger.report.page.view import Anchors

TYPE: Final = "Report,Report Other"
"""The package's type as paper.css names it; WeasyPrint takes a blank after the comma for a part of the name."""
_NEEDLESS: Final = re.compile(r' (?:xmlns="http://www\.w3\.org/2000/svg"|data-(?:share|kg)="[0-9.e+-]*")')
_HALO: Final = re.compile(
    rf'<text class="{HALO}" x="([0-9.-]+)" y="([0-9.-]+)" font-size="([0-9.]+)"([^>]*)>([^<]*)</text>'
)
_LINK: Final = re.compile(r'href="#event-([0-9a-f]{16})"')
ALL: Final = "All rare earths"
SAYS: Final = {
    "sankey": "From where it is first recorded to this lot, each link as wide as the mass that came along.",
    "worldmap": "Where the lot was made, and the ways between where the ledger states them.",
    "timeline": "Who held which lot when, and when it was on the way.",
    "bars": "The share of each element that passed each stage in each country.",
    "balance": "Out less in at each step, with the uncertainty of the difference and the limit that it is held to.",
}
ORDER: Final = ("sankey", "worldmap", "timeline", "bars", "balance")
PRINTED: Final = ("sankey", "worldmap", "timeline", "bars")
"""On paper the balances are a sentence and the rows that have a finding: a row for each does not fit a page that can be read."""


class View(Struct, frozen=True):
    """One picture of a figure.

    Attributes:
        label: what it is of, where there are several.
        wide, narrow: the drawing for a page, and for a narrow screen.
    """

    label: str
    wide: Markup
    narrow: Markup


class Figure(Struct, frozen=True):
    """One picture, or one for each element.

    Attributes:
        id: its name in addresses of the page.
        title: of the figure.
        says: what it shows, in a sentence.
        views: at least one.
    """

    id: str
    title: str
    says: str
    views: list[View]


def shown(
    pictures: Mapping[str, Sequence[Mapping[str, Any]]], anchors: Anchors, only: Collection[str] | None
) -> list[Figure]:
    """The pictures in the page's order, what is not there left out; of several, those of all and of the elements `only`."""
    found = []
    paper = only is not None
    for name in ORDER if only is None else PRINTED:
        items = pictures.get(name) or ()
        views = [
            View(item["element"] or ALL, _set(item["wide"], paper=paper), _set(item["narrow"], paper=False))
            for item in items
            if item["wide"] and (only is None or item["element"] is None or item["element"] in only)
        ]
        for view in views:
            for prefix in dict.fromkeys(_LINK.findall(view.wide + view.narrow)):
                anchors.to(prefix)
        if views:
            found.append(Figure(name, items[0]["title"] if name != "sankey" else "Flow of material", SAYS[name], views))
    return found


def _set(svg: str, *, paper: bool) -> Markup:
    """A drawing; on paper in the type that the package brings, since a PDF must not depend on what a system has.

    There a label that flows cross stands on white, because WeasyPrint draws a text's outline over it. On screen without what HTML
    does not ask of a drawing, and without the exact figures, which the tables have.
    """
    made = _HALO.sub(_plated, svg.replace(f'"{FONT}"', f'"{TYPE}"')) if paper else _NEEDLESS.sub("", svg)
    return Markup(made)  # noqa: S704  (our own drawings)


def _plated(found: re.Match[str]) -> str:
    """A label of `HALO` with a plate under it that lets a little through."""
    x, y, size, rest, text = found.groups()
    wide, high = width(unescape(text), float(size)), float(size) * 1.1
    left = float(x) - (wide / 2 if 'text-anchor="middle"' in rest else 0.0) - 1.5
    box: Marks = {
        "x": left,
        "y": float(y) - high * 0.82,
        "width": wide + 3,
        "height": high,
        "fill": "#ffffff",
        "fill-opacity": "0.75",
    }
    return f'{tag("rect", box)}<text x="{x}" y="{y}" font-size="{size}"{rest}>{text}</text>'
