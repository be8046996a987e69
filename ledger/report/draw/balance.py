"""The books of each event and element: what came out as a part of what went in, with its uncertainty and the limit.

A bar ends at out / in; the whisker spans two standard uncertainties of the difference to both sides; the mark beyond the line of
100 % is the limit above which a gain is a finding. What cannot be reckoned is listed with the reason, never left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.report.draw.svg import frame, label, link, notes, num, said, tag
from ledger.report.draw.text import clean, counted, day, mass, number, rows, spread, words

WIDE, SLIM = 1000.0, 360.0
BAR = 9.0
SIGMAS = 2
CALM, ALARM = "#6b87b5", "#d97706"
SPANS = {"wide": (140.0, 500.0), "narrow": (88.0, 152.0)}
"""Where bars begin, and how long they are."""
NOTHING = 1e-12
"""Below a nanogram, in kilograms, nothing went in."""
FURTHEST = 2.0
"""The axis ends at twice what went in, at most."""


@dataclass(frozen=True, slots=True)
class Line:
    """One element of one event, kilograms; `limit` None where no rule judges it."""

    element: str
    into: float
    out: float
    sigma: float | None
    limit: float | None
    assumed: bool
    bound: bool
    finding: str | None

    @property
    def alarm(self) -> float:
        """How near to a finding: findings first, then the gain as a part of the limit."""
        if self.finding is not None:
            return float("inf")
        return (self.out - self.into) / self.limit if self.limit else self.out - self.into and -1e9

    @property
    def reach(self) -> float:
        """How far the line's marks go, as parts of what went in."""
        if self.into < NOTHING:
            return 0.0
        ends = (self.out + SIGMAS * (self.sigma or 0.0), self.into + (self.limit or 0.0))
        return max(ends) / self.into


@dataclass(slots=True)
class Book:
    """One event's lines, and the elements that could not be reckoned by the reason."""

    event: object
    title: str
    lines: list[Line] = field(default_factory=list)
    lacking: dict[str, list[str]] = field(default_factory=dict)


def books(answer: Mapping[str, Any], most: int) -> tuple[list[Book], int]:
    """Events in order with the `most` lines nearest to a finding, and how many lines are left out."""
    found: dict[str, Book] = {}
    every: list[tuple[Book, Line]] = []
    for item in rows(answer, "balance"):
        title = f"{words(item.get('stage')) or 'event'} at {clean(item.get('site')) or '?'}, {day(item.get('at'))}"
        book = found.setdefault(str(item.get("event")), Book(item.get("event"), title))
        element, into, out = str(item.get("element")), number(item.get("in_kg")), number(item.get("out_kg"))
        if into is None or out is None:
            reason = str(item.get("why") or "no figures")
            reason = reason.removesuffix(element) + "it" if reason.endswith(f" {element}") else reason
            book.lacking.setdefault(reason, []).append(element)
            continue
        finding = item.get("finding")
        line = Line(
            element, into, out, number(item.get("sigma_kg")), number(item.get("limit_kg")), bool(item.get("assumed")),
            bool(item.get("bound")), None if finding is None else str(finding),
        )  # fmt: skip
        every.append((book, line))
    kept = sorted(range(len(every)), key=lambda at: (-every[at][1].alarm, at))[:most]
    for at in sorted(kept):
        every[at][0].lines.append(every[at][1])
    return list(found.values()), len(every) - len(kept)


def _gain(line: Line) -> str:
    difference = line.out - line.into
    if line.sigma is not None:
        return spread(difference, SIGMAS * line.sigma)
    return ("+" if difference > 0 else "") + mass(difference)


def told(line: Line) -> str:
    """A line in words."""
    how = "at most " if line.bound else ""
    what = "at least " if line.bound else ""
    limit = "no limit" if line.limit is None else f"limit +{mass(line.limit)}"
    more = ", uncertainty assumed" if line.assumed else ""
    alarm = f", {line.finding}" if line.finding else ""
    return f"{line.element}: in {how}{mass(line.into)}, out {what}{mass(line.out)}, difference {_gain(line)} (2 sigma), {limit}{more}{alarm}"


def _marks(line: Line, x0: float, y: float, long: float, reach: float) -> Iterable[str]:
    """Bar, whisker and limit of a line; x0 is nothing, x0 + long is `reach` times what went in."""
    colour = ALARM if line.finding else CALM
    if line.into < NOTHING:
        yield label(x0, y + BAR - 1, "nothing went in that states it", size=9.5, faint=True)
        return
    unit = long / reach

    def x(kg: float) -> float:
        return x0 + min(max(kg / line.into, 0.0), reach) * unit

    if line.limit is not None:
        zone = {"x": x(line.into), "y": y - 1, "width": x(line.into + line.limit) - x(line.into), "height": BAR + 2}
        yield tag("rect", {**zone, "fill": CALM, "fill-opacity": "0.16"})
        if (line.into + line.limit) / line.into <= reach:
            limit = x(line.into + line.limit)
            stroke = {"stroke": "currentColor", "stroke-width": "1.6"}
            yield tag("path", {"d": f"M{num(limit)} {num(y - 2)}v{num(BAR + 4)}", **stroke})
    bar = {"x": x0, "y": y, "width": max(x(line.out) - x0, 1.0), "height": BAR, "rx": 1.5}
    yield tag("rect", {**bar, "fill": colour, "fill-opacity": "0.8", "data-part": f"{line.out / line.into:.6g}"})
    if line.out / line.into > reach:
        end = x0 + long
        yield tag(
            "path", {"d": f"M{num(end)} {num(y - 1)}l7 {num(BAR / 2 + 1)}l-7 {num(BAR / 2 + 1)}z", "fill": colour}
        )
    if line.sigma:
        low, high = x(line.out - SIGMAS * line.sigma), x(line.out + SIGMAS * line.sigma)
        middle = y + BAR / 2
        path = f"M{num(low)} {num(middle - 3)}v6M{num(low)} {num(middle)}H{num(high)}M{num(high)} {num(middle - 3)}v6"
        yield tag("path", {"d": path, "fill": "none", "stroke": "currentColor", "stroke-width": "1.2"})


def _line(line: Line, y: float, reach: float, form: str) -> str:
    x0, long = SPANS[form]
    if form == "wide":
        limit = "no limit" if line.limit is None else f"limit +{mass(line.limit)}"
        alarm = f"{line.finding} " if line.finding else ""
        text = label(x0 + long + 20, y + BAR - 0.5, f"{alarm}{_gain(line)}, {limit}", size=11, room=330)
    else:
        text = label(SLIM, y + BAR - 0.5, line.finding or _gain(line), size=10, room=112, anchor="end")
    name = label(12, y + BAR - 0.5, line.element + ("*" if line.assumed else ""), size=11, weight="600", room=x0 - 16)
    return tag("g", {}, said(told(line)), name, *_marks(line, x0, y, long, reach), text)


def _axis(reach: float, blocks: Sequence[tuple[float, float]], form: str) -> Iterable[str]:
    """Lines behind each event's bars, and the scale over the first."""
    x0, long = SPANS[form]
    for part in (0.0, 0.5, 1.0, 1.5, 2.0):
        if part <= reach:
            x = x0 + part / reach * long
            path = "".join(f"M{num(x)} {num(top)}V{num(end)}" for top, end in blocks)
            strong = {"stroke-opacity": "0.6" if part == 1 else "0.16"}
            yield tag("path", {"d": path, "fill": "none", "stroke": "currentColor", "stroke-width": "1", **strong})
            yield label(x, 12, f"{part:.0%}", size=10, anchor="middle", faint=True)


def _lacking(found: Sequence[Book], y: float, across: float, most: int, *, wide: bool) -> tuple[list[str], float, int]:
    """What could not be reckoned, a line for each event and reason; how far down it goes and how many lines are left out."""
    every = [(book, reason, elements) for book in found for reason, elements in book.lacking.items()]
    body: list[str] = []
    if every:
        body.append(label(0, y, "Not computable", size=12, weight="700"))
        y += 16
    for book, reason, elements in every[:most]:
        text, where = f"{', '.join(elements)}: {reason}", book.title
        if wide:
            body.append(link(book.event, label(12, y, f"{where}: {text}", size=10.5, room=across - 12)))
        else:
            second = label(12, y + 13, text, size=10.5, room=across - 12, faint=True)
            body.append(link(book.event, label(12, y, where, size=10.5, room=across - 12), second))
        y += 15 if wide else 30
    return body, y, max(0, len(every) - most)


def _picture(found: Sequence[Book], left_out: int, most: int, name: str, form: str) -> str:
    across, high = (WIDE if form == "wide" else SLIM), 18.0
    reach = max((line.reach for book in found for line in book.lines), default=1.0)
    reach = min(max(1.15, reach * 1.02), FURTHEST)
    y = 16.0
    body: list[str] = []
    blocks: list[tuple[float, float]] = []
    for book in found:
        if not book.lines:
            continue
        y += 15
        body.append(link(book.event, label(0, y, book.title, size=12, weight="700", room=across)))
        y += 8
        blocks.append((y - 3, y + high * len(book.lines) - 4))
        for line in book.lines:
            body.append(_line(line, y, reach, form))
            y += high
        y += 3
    drawn = bool(body)
    if drawn:
        body = [*_axis(reach, blocks, form), *body]
        y += 20
    else:
        y = 20.0
    lacking, y, more = _lacking(found, y, across, most, wide=form == "wide")
    small, foot = notes(y - 6, _notes(found, left_out, more), across)
    return frame(
        name,
        (across, foot),
        "Mass balance by event and element",
        describe(found, left_out),
        [*body, *lacking, *small],
        form=form,
    )


def describe(found: Sequence[Book], left_out: int) -> list[str]:
    """The picture in words: findings one by one, the rest counted."""
    lines = [line for book in found for line in book.lines]
    alarms = [(book, line) for book in found for line in book.lines if line.finding]
    lacking = sum(len(elements) for book in found for elements in book.lacking.values())
    text = [
        f"{counted(len(lines) + left_out, 'balance')} of {counted(len(found), 'event')}: output as a part of input."
    ]
    text += [f"{book.title}: {told(line)}." for book, line in alarms[:20]]
    if lines and not alarms:
        nearest = max(lines, key=lambda line: line.alarm)
        text.append(f"None raises a finding; the nearest to its limit is {told(nearest)}.")
    return [*text, f"{counted(lacking, 'balance')} cannot be computed." if lacking else ""]


def _notes(found: Sequence[Book], left_out: int, more: int) -> Iterable[str]:
    if any(book.lines for book in found):
        yield "Bar: out as a part of in. Whisker: two standard uncertainties. Shaded up to the mark: a gain within the limit."
    elif not any(book.lacking for book in found):
        yield "No event on the way processed material."
    if any(line.assumed for book in found for line in book.lines):
        yield "*: an uncertainty was not stated and is assumed."
    if left_out:
        yield f"{counted(left_out, 'more balance')}, further from a finding, are in the table alone."
    if more:
        yield f"{counted(more, 'more line')} of what cannot be computed are in the table alone."


def draw(answer: Mapping[str, Any], name: str, most: int) -> tuple[str, str]:
    """The picture for a page and for a narrow screen; `most` lines, those nearest to a finding."""
    found, left_out = books(answer, most)
    return (
        _picture(found, left_out, most // 2, f"{name}-wide", "wide"),
        _picture(found, left_out, most // 2, f"{name}-narrow", "narrow"),
    )
