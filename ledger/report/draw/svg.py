"""SVG as text: elements, links to events, frames with their title and description in words.

Colours and lines stand as presentation attributes, so that a browser and a printer of pages give the same picture; text
and rules take `currentColor` and so follow the page's theme. No script, no style sheet, no external reference. The same
input gives the same bytes: coordinates are rounded to a tenth.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ledger.report.draw.text import clean, clip, escape, wrap

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
HALO = "halo"
BOLD = 1.08
"""So much wider is bold type."""
_HASH = re.compile(r"[0-9a-f]{16}")
_SHOWN = 16
_PLAIN = re.compile("[ -~\u00a0\u00b1\u00b7\u2026\u202f\u2192\u2212]*")
"""Text without a letter that could run from right to left: ASCII, and the signs that pictures set themselves."""
Value = str | float | None
Marks = dict[str, Value]
"""Attributes of a mark."""


def num(value: float) -> str:
    """A coordinate to a tenth, without a needless zero or sign."""
    shown = f"{value:.1f}"
    shown = shown.removesuffix(".0")
    return "0" if shown == "-0" else shown


def tag(name: str, attributes: Mapping[str, Value], *children: str) -> str:
    """An element; attributes of None are left out, numbers are rounded, text is escaped."""
    shown = "".join(
        f' {key}="{num(value) if isinstance(value, int | float) else escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    body = "".join(children)
    return f"<{name}{shown}>{body}</{name}>" if body else f"<{name}{shown}/>"


def label(
    x: float,
    y: float,
    text: object,
    *,
    size: float = 12,
    room: float | None = None,
    anchor: str | None = None,
    weight: str | None = None,
    faint: bool = False,
    fill: str | None = None,
    over: bool = False,
) -> str:
    """A line of text, its baseline's start (or `anchor`) at x, y; clipped to `room`, the direction of writing its own.

    Without `fill` it takes the picture's, which is `currentColor`. `over` what else is drawn: whoever shows the picture sets it
    off from what it crosses, by its class `HALO`, in a colour that the picture does not know.
    """
    shown = clip(text, room / (BOLD if weight else 1), size) if room is not None else clean(text)
    if not shown:
        return ""
    return tag(
        "text",
        {
            "class": HALO if over else None,
            "x": x,
            "y": y,
            "font-size": size,
            "text-anchor": anchor,
            "font-weight": weight,
            "fill": fill,
            "fill-opacity": "0.68" if faint else None,
            "unicode-bidi": None if _PLAIN.fullmatch(shown) else "isolate",
        },
        escape(shown),
    )


def notes(
    y: float, texts: Iterable[str], room: float, *, size: float = 10.5, lines: int = 6
) -> tuple[list[str], float]:
    """Small print from `y` on, wrapped to `room`; and where it ends."""
    wrapped = wrap(" ".join(filter(None, texts)), room, size, lines)
    step = size * 1.4
    return [label(0, y + step * at, line, size=size, faint=True) for at, line in enumerate(wrapped, 1)], y + step * (
        len(wrapped) + 0.4
    )


def said(text: object) -> str:
    """What a mark says when pointed at."""
    return tag("title", {}, escape(clean(text)))


def link(event: object, *children: str) -> str:
    """Marks that carry an event, linked to its row on the page; without an event they only stand together."""
    if isinstance(event, str) and _HASH.match(event):
        return tag("a", {"href": f"#event-{event[:_SHOWN]}"}, *children)
    return tag("g", {}, *children)


def hatch(name: str) -> str:
    """The pattern of the unknown: grey stripes. `name` is its id, unique on the page."""
    return tag(
        "pattern",
        {"id": name, "width": 6, "height": 6, "patternUnits": "userSpaceOnUse"},
        tag("rect", {"width": 6, "height": 6, "fill": "#8a8f98", "fill-opacity": "0.22"}),
        tag("path", {"d": "M-1 1L1 -1M0 6L6 0M5 7L7 5", "stroke": "#8a8f98", "stroke-width": "1.6", "fill": "none"}),
    )


def frame(
    name: str,
    size: tuple[float, float],
    title: str,
    description: Iterable[str],
    body: Iterable[str],
    *,
    form: str = "wide",
    defs: Iterable[str] = (),
) -> str:
    """A whole picture. `name` is unique on the page and begins the ids of its parts; `form` is wide or narrow.

    A picture that holds links is a group: the parts of an image are not told to those who listen, and a link must be
    (WAI-ARIA 1.2, 5.2.8, children presentational).
    """
    wide, high = size
    parts = "".join(body)
    return tag(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "id": name,
            "class": f"drawing {form}",
            "role": "group" if "<a " in parts else "img",
            "aria-labelledby": f"{name}-title {name}-desc",
            "viewBox": f"0 0 {num(wide)} {num(high)}",
            "width": wide,
            "height": high,
            "font-family": FONT,
            "fill": "currentColor",
        },
        tag("title", {"id": f"{name}-title"}, escape(clean(title))),
        tag("desc", {"id": f"{name}-desc"}, escape(" ".join(clean(line) for line in description if line))),
        tag("defs", {}, *defs) if defs else "",
        parts,
    )
