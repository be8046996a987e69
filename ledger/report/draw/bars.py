"""Origin by stage and element: for each a bar of countries' shares, the unknown striped, what was not done a thin line.

Chinese shares come first and the unknown last, so both are read from an edge. Where a share is known within a range alone,
a whisker under the bar spans the least and the greatest it can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.reference.elements import RARE_EARTHS
from ledger.reference.stages import STAGES
from ledger.report.draw.palette import DARK, GREY, NOT_DONE, Palette, chinese
from ledger.report.draw.svg import BOLD, Marks, frame, hatch, label, notes, num, said, tag
from ledger.report.draw.text import clean, escape, mass, number, width, words
from ledger.report.headline import percent

WIDE, SLIM = 1000.0, 360.0
BAR, HIGH = 11.0, 21.0
SEEN = 1.5
"""A share that is there is at least so many pixels wide."""
SPREAD = 0.005
"""A narrower range is not drawn: no eye would tell it."""
INSIDE: Marks = {"font-size": 9, "font-weight": "700"}
"""How bars are written on, said once of them together."""
ALL = "All rare earths"


@dataclass(frozen=True, slots=True)
class Column:
    """An element: shares by stage and key, ranges by stage and key, its mass."""

    element: str
    kg: float | None
    stages: Mapping[str, Mapping[str, float]]
    ranges: Mapping[str, Mapping[str, Sequence[float]]]
    estimated: bool


def columns(answer: Mapping[str, Any], most: int) -> tuple[list[Column], list[str]]:
    """All rare earths together, then each element, rare earths first, by mass; `most` at most, and which are left out."""
    origin = answer.get("origin")
    origin = origin if isinstance(origin, dict) else {}
    elements = origin.get("elements")
    found = [
        _column(name, item)
        for name, item in (elements if isinstance(elements, dict) else {}).items()
        if isinstance(item, dict)
    ]
    found.sort(key=lambda item: (item.element not in RARE_EARTHS, -(item.kg or 0.0), item.element))
    total = origin.get("total")
    if isinstance(total, dict) and total.get("stages") and sum(item.element in RARE_EARTHS for item in found) > 1:
        found.insert(0, _column(ALL, total))
    return found[:most], [item.element for item in found[most:]]


def _column(name: str, item: Mapping[str, Any]) -> Column:
    stages = {
        stage: {str(key): value for key, share in shares.items() if (value := number(share)) is not None and value > 0}
        for stage, shares in (item.get("stages") or {}).items()
        if isinstance(shares, dict)
    }
    return Column(str(name), number(item.get("mass_kg")), stages, item.get("range") or {}, bool(item.get("estimated")))


def performed(found: Sequence[Column]) -> list[str]:
    """Stages that some element passed, in the order of the chain."""
    done = {stage for column in found for stage, shares in column.stages.items() if set(shares) - {NOT_DONE}}
    return [stage for stage in STAGES if stage in done] + sorted(done - set(STAGES))


def _first(key: str, share: float) -> tuple[int, float, str]:
    """Chinese shares first, then the greatest, what is partly or wholly unknown after, what was not done last."""
    dark = DARK in key.split("+")
    return (0 if chinese(key) else 3 if key == NOT_DONE else 2 if dark else 1, -share, key)


def shown(key: str) -> str:
    """A key in a reader's words."""
    return {NOT_DONE: "not done", DARK: "unknown"}.get(key, key)


def _span(column: Column, stage: str, key: str) -> tuple[float, float] | None:
    span = (column.ranges.get(stage) or {}).get(key)
    if not isinstance(span, list | tuple) or len(span) != 2:  # noqa: PLR2004  (least and greatest)
        return None
    low, high = number(span[0]), number(span[1])
    return None if low is None or high is None else (low, high)


def told(column: Column, stage: str) -> str:
    """A bar in words: `CN 34.1% (31.6% to 34.1%), MM 65.9%`."""
    shares = sorted(column.stages.get(stage, {}).items(), key=lambda item: _first(*item))
    parts: list[str] = []
    for key, share in shares:
        span = _span(column, stage, key)
        parts.append(
            f"{shown(key)} {percent(share)}" + (f" ({percent(span[0])} to {percent(span[1])})" if span else "")
        )
    return ", ".join(parts) or "not done"


def _fill(key: str, colours: Palette, name: str) -> dict[str, str]:
    parts = key.split("+")
    if not chinese(key) and DARK in parts:
        return {"fill": f"url(#{name}-hatch)"}
    return {"fill": colours.fill(key if chinese(key) else parts[0], f"{name}-hatch")}


def _others(key: str) -> list[str]:
    """Of places that shared a stage, those whose colour the bar does not have."""
    parts = key.split("+")
    return [part for part in parts if not chinese(part)] if chinese(key) else [] if DARK in parts else parts[1:]


def _box(x: float, y: float, wide: float, high: float) -> str:
    """A rectangle in half the letters that `rect` takes: pictures of many bars are most of a page."""
    return f"M{num(x)} {num(y)}h{num(wide)}v{num(high)}H{num(x)}z"


def _bar(column: Column, stage: str, x: float, y: float, wide: float, colours: Palette, name: str) -> str:
    shares = sorted(column.stages.get(stage, {}).items(), key=lambda item: _first(*item))
    total = sum(share for _key, share in shares) or 1.0
    marks: list[str] = []
    at = x
    whiskers = 0
    for key, share in shares:
        if key == NOT_DONE:
            continue
        long = max(share / max(total, 1.0) * wide, SEEN)
        long = min(long, max(x + wide - at, SEEN))
        marks.append(
            tag("path", {"d": _box(at, y, long, BAR), "data-share": f"{share:.6g}", **_fill(key, colours, name)})
        )
        for other in _others(key)[:1]:
            strip = _box(at, y + BAR - 3, long, 3.0)
            marks.append(tag("path", {"d": strip, "fill": colours.fill(other, f"{name}-hatch")}))
        text = f"{shown(key)} {percent(share)}"
        text = next((item for item in (text, shown(key)) if width(item, 9) * BOLD + 6 <= long), "")
        solid = chinese(key) or DARK not in key.split("+")
        ink = "#ffffff" if chinese(key) else "#15181d"
        if text and not solid:
            plate: Marks = {
                "x": at + 1,
                "y": y + 0.5,
                "width": width(text, 9) * BOLD + 4,
                "height": BAR - 1,
                "fill": GREY,
            }
            marks.append(tag("rect", plate))
        if text:
            under = y + BAR - (3.2 if _others(key) else 2.4)
            marks.append(tag("text", {"x": at + 3, "y": under, "fill": ink}, escape(clean(text))))
        span = _span(column, stage, key)
        if span is not None and span[1] - span[0] >= SPREAD and whiskers < 2:  # noqa: PLR2004  (room under a bar)
            low, high = (min(max(at + edge * wide, x), x + wide) for edge in span)
            under = y + BAR + 2.2 + whiskers * 3
            whiskers += 1
            path = (
                f"M{num(low)} {num(under - 1.5)}v3M{num(low)} {num(under)}H{num(high)}M{num(high)} {num(under - 1.5)}v3"
            )
            marks.append(tag("path", {"d": path, "fill": "none", "stroke": "currentColor", "stroke-width": "1"}))
        at += long
    if at < x + wide - SEEN:
        line = {"d": f"M{num(at)} {num(y + BAR / 2)}H{num(x + wide)}", "stroke": GREY, "stroke-width": "1"}
        marks.insert(0, tag("path", line))
    return tag("g", {}, said(f"{column.element}, {words(stage)}: {told(column, stage)}"), *marks)


def _head(column: Column, x: float, y: float, wide: float) -> Iterable[str]:
    about = ("" if column.kg is None else mass(column.kg)) + (", estimated" if column.estimated else "")
    yield label(x, y, column.element, size=12, weight="700", room=wide)
    left = wide - width(clean(column.element), 12) * 1.1 - 8
    yield label(x + wide - left, y, about, size=10.5, room=left, faint=True)


def _picture(found: list[Column], left_out: list[str], colours: Palette, name: str, form: str) -> str:
    across, names, most = (WIDE, 140.0, 5) if form == "wide" else (SLIM, 98.0, 2)
    stages = performed(found)
    count = min(most, max(len(found), 1))
    wide = (across - names) / count - 12
    body: list[str] = []
    drawn: list[str] = []
    y = 0.0
    for start in range(0, len(found), count):
        band = found[start : start + count]
        y += 16
        for position, column in enumerate(band):
            body += _head(column, names + position * (wide + 12) + 12, y, wide)
        y += 9
        for stage in stages:
            title = STAGES[stage].title if stage in STAGES and form == "wide" else words(stage)
            body.append(label(0, y + BAR - 1.5, title, size=11, room=names))
            for position, column in enumerate(band):
                drawn.append(_bar(column, stage, names + position * (wide + 12) + 12, y, wide, colours, name))
            y += HIGH
        y += 8
    body.append(tag("g", INSIDE, *drawn))
    small, foot = notes(y - 4, _notes(found, left_out), across)
    return frame(
        name, (across, foot), "Origin by stage and element", describe(found, stages, left_out), [*body, *small], form=form,
        defs=[hatch(f"{name}-hatch")],
    )  # fmt: skip


def describe(found: Sequence[Column], stages: Sequence[str], left_out: Sequence[str]) -> list[str]:
    """The picture in words."""
    lines = ["Shares of origin by country, for each stage and element."] if found else ["No element's origin is known."]
    for column in found:
        parts = [
            f"{words(stage)} {told(column, stage)}"
            for stage in stages
            if set(column.stages.get(stage, {})) - {NOT_DONE}
        ]
        lines.append(f"{column.element}: {'; '.join(parts) or 'no stage'}"[:380] + ".")
    return [*lines, f"Not drawn: {', '.join(left_out)}." if left_out else ""]


def _notes(found: Sequence[Column], left_out: Sequence[str]) -> Iterable[str]:
    yield "Striped: unknown. Thin line: not done."
    if any("+" in key for column in found for shares in column.stages.values() for key in shares):
        yield "A strip of another colour: the stage was done in both countries, one after the other."
    if any(column.ranges for column in found):
        yield "Whisker: the least and the greatest that the share can be."
    if left_out:
        yield f"Not drawn: {', '.join(left_out)}; the tables have them."


def draw(answer: Mapping[str, Any], colours: Palette, name: str, most: int) -> tuple[str, str]:
    """The picture for a page and for a narrow screen."""
    found, left_out = columns(answer, most)
    return (
        _picture(found, left_out, colours, f"{name}-wide", "wide"),
        _picture(found, left_out, colours, f"{name}-narrow", "narrow"),
    )
