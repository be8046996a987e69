"""The pictures as the page shows them: named, in order, and with every event that they lead to given a place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from markupsafe import Markup
from msgspec import Struct

from ledger.report.page.view import Anchors

_LINK: Final = re.compile(r'href="#event-([0-9a-f]{16})"')
TITLES: Final = {
    "sankey": ("Material flow", "From the mine to this lot: as wide as the mass of the element."),
    "map": ("Route", "Where it was made and the ways between, where the ledger states them."),
    "timeline": ("Custody over time", "Who held what, when, and what was on the way."),
    "origin": ("Origin by country and stage", "The share of each element that passed each stage in each country."),
    "balance": ("Mass balance", "What went in and what came out of each step, with the uncertainty of the difference."),
}


class Picture(Struct, frozen=True):
    """One picture, or one for each element.

    Attributes:
        id: its name in addresses of the page.
        title: of the figure.
        says: what it shows, in a sentence.
        views: (label, SVG); one label is empty where there is but one.
    """

    id: str
    title: str
    says: str
    views: list[tuple[str, Markup]]


def shown(pictures: Mapping[str, Any], anchors: Anchors) -> list[Picture]:
    """The pictures in the page's order, empty ones left out."""
    found = []
    order = [*TITLES, *(name for name in pictures if name not in TITLES)]
    for name in order:
        views = [(label, Markup(svg)) for label, svg in _views(pictures.get(name)) if svg]  # noqa: S704  (our own drawing)
        if not views:
            continue
        for _label, svg in views:
            for prefix in dict.fromkeys(_LINK.findall(svg)):
                anchors.to(prefix)
        title, says = TITLES.get(name, (name.replace("_", " ").capitalize(), ""))
        found.append(Picture(re.sub(r"[^a-z0-9]+", "-", name.lower()), title, says, views))
    return found


def _views(picture: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401  (a text, or texts by label)
    if isinstance(picture, Mapping):
        yield from ((str(label), str(svg)) for label, svg in picture.items())
    elif picture:
        yield "", str(picture)
