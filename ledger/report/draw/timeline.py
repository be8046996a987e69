"""Custody over time: a row for each site, bars while it held material, ticks for events, lines for shipments.

A ring with a dotted line stands where an event was recorded much later than it is said to have happened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ledger.report.draw.custody import EPOCH, Custody, Row, Ship, Step
from ledger.report.draw.palette import Palette
from ledger.report.draw.svg import Marks, frame, hatch, label, link, notes, num, said, tag
from ledger.report.draw.text import clean, counted

WIDE, SLIM = 1000.0, 360.0
LABELS = 250.0
BAR, HIGH, TALL = 14.0, 40.0, 50.0
LINE = {"fill": "none", "stroke-width": "1.8"}
TICK = {"stroke": "currentColor", "stroke-width": "1.6"}
"""What all shipments, and all events, are drawn with, said once of them together."""
RULE = {"fill": "none", "stroke": "currentColor", "stroke-width": "1"}
MARKS = 90
"""So many ticks, and so many shipments, are drawn at most; those beside each other are drawn as one beyond that."""
_MONTHS = (1, 2, 3, 6)
_YEARS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
_LAST = 9999


@dataclass(frozen=True, slots=True)
class _Axis:
    """Time to x, between `left` and `right`."""

    start: float
    end: float
    left: float
    right: float

    def x(self, time: float) -> float:
        return self.left + (time - self.start) / (self.end - self.start) * (self.right - self.left)


def _date(time: float) -> datetime:
    return EPOCH + timedelta(seconds=time)


def _ticks(axis: _Axis, most: int) -> list[tuple[float, str]]:
    """First days of months or years, or days, as many as fit."""
    start, end = _date(axis.start), _date(axis.end)
    months = (end.year - start.year) * 12 + end.month - start.month
    if months < 2:  # noqa: PLR2004  (a month has no first days of months within)
        days = max(1, -(-(end - start).days // most))
        first = datetime(start.year, start.month, start.day, tzinfo=UTC)
        dates = [first + timedelta(days=days * at) for at in range(1, most + 1)]
        return [(seconds, f"{date:%Y-%m-%d}") for date in dates if (seconds := _since(date)) < axis.end]
    step = next((step for step in (*_MONTHS, *(12 * years for years in _YEARS)) if months / step <= most), 12 * _LAST)
    found: list[tuple[float, str]] = []
    month = -(-(start.year * 12 + start.month) // step) * step
    while month // 12 <= min(end.year, _LAST):
        year, rest = divmod(month, 12)
        seconds = _since(datetime(year, rest + 1, 1, tzinfo=UTC)) if year else axis.start - 1
        if axis.start <= seconds <= axis.end:
            found.append((seconds, f"{year:04d}" if step >= 12 else f"{year:04d}-{rest + 1:02d}"))  # noqa: PLR2004
        month += step
    return found


def _since(date: datetime) -> float:
    return (date - EPOCH).total_seconds()


def _bunches(steps: list[tuple[float, int, Step]], most: int) -> list[list[tuple[float, int, Step]]]:
    """Events of one row that lie closer than can be told apart, together; coarser until few enough marks are left."""
    apart = 2.0
    while True:
        bunches: list[list[tuple[float, int, Step]]] = []
        for item in steps:
            if bunches and bunches[-1][0][1] == item[1] and item[0] - bunches[-1][0][0] < apart:
                bunches[-1].append(item)
            else:
                bunches.append([item])
        if len(bunches) <= most or apart > WIDE:
            return bunches
        apart *= 1.6


def _events(custody: Custody, axis: _Axis, ys: list[float]) -> Iterable[str]:
    placed = sorted(
        ((axis.x(step.at), at, step) for at, row in enumerate(custody.rows) for step in row.steps),
        key=lambda item: (item[1], item[0], item[2].event),
    )
    for bunch in _bunches(placed, MARKS):
        x, at, step = bunch[0]
        y = ys[at]
        late = [item for item in bunch if item[2].recorded is not None]
        words = f"{_date(step.at):%Y-%m-%d} {step.words}"
        if len(bunch) > 1:
            words = (
                f"{counted(len(bunch), 'event')} from {_date(step.at):%Y-%m-%d} to {_date(bunch[-1][2].at):%Y-%m-%d}"
            )
        if late:
            words += ", recorded " + (
                f"on {_date(late[0][2].recorded or 0):%Y-%m-%d}" if len(bunch) == 1 else f"late: {len(late)}"
            )
        marks = [tag("line", {"x1": x, "y1": y - 10, "x2": x, "y2": y + 10})]
        for _x, _at, item in late[:1]:
            until = axis.x(item.recorded or 0)
            path = f"M{num(x)} {num(y + 12)}H{num(until - 3.5)}"
            marks.append(tag("path", {"d": path, **RULE, "stroke-dasharray": "1.5 2.5"}))
            ring: Marks = {
                "cx": until,
                "cy": y + 12,
                "r": 3.2,
                "fill": "none",
                "stroke-width": "1.4",
            }
            marks.append(tag("circle", ring))
        yield link(step.event if len(bunch) == 1 else None, said(words), *marks)


def _ship(found: list[Ship], custody: Custody, axis: _Axis, ys: list[float], colours: Palette) -> str:
    ship = found[0]
    colour = colours.line(custody.rows[ship.source].country)
    x0, y0 = axis.x(ship.departed), ys[ship.source]
    x1 = axis.x(ship.arrived) if ship.arrived is not None else axis.right
    y1 = ys[ship.target] if ship.target is not None else y0
    side = 1 if y1 > y0 else -1
    if y1 != y0:
        y0, y1 = y0 + side * BAR / 2, y1 - side * (BAR / 2 + 5)
    bend = (y1 - y0) / 2
    path = f"M{num(x0)} {num(y0)}C{num(x0)} {num(y0 + bend)} {num(x1)} {num(y1 - bend)} {num(x1)} {num(y1)}"
    line = {"d": path, "stroke": colour}
    dash = {"stroke-dasharray": "4 3"} if ship.arrived is None else {}
    head = f"M{num(x1 - 3.5)} {num(y1)}H{num(x1 + 3.5)}L{num(x1)} {num(y1 + side * 5)}Z"
    until = f"{_date(ship.arrived):%Y-%m-%d}" if ship.arrived is not None else "under way"
    to = custody.rows[ship.target].name if ship.target is not None else "an unknown place"
    lots = ship.lot if len(found) == 1 else counted(len(found), "shipment")
    words = f"{clean(lots)}: {clean(custody.rows[ship.source].name)} to {clean(to)}, {_date(ship.departed):%Y-%m-%d} to {until}"
    marks = [tag("path", line | dash), tag("path", {"d": head, "fill": colour}) if y1 != y0 else ""]
    return link(ship.event if len(found) == 1 else None, said(words), *marks)


def _ships(custody: Custody, axis: _Axis, ys: list[float], colours: Palette) -> Iterable[str]:
    """Shipments between rows; those between the same rows at about the same time together."""
    apart = 2.0
    while True:
        bunches: dict[tuple[int, int | None, int, bool], list[Ship]] = defaultdict(list)
        for ship in custody.ships:
            if ship.source != ship.target:
                key = (ship.source, ship.target, int(axis.x(ship.departed) / apart), ship.arrived is None)
                bunches[key].append(ship)
        if len(bunches) <= MARKS or apart > WIDE:
            break
        apart *= 1.6
    for found in bunches.values():
        yield _ship(found, custody, axis, ys, colours)


def _bars(row: Row, axis: _Axis, y: float, colours: Palette, name: str) -> Iterable[str]:
    for at, (begun, end) in enumerate(row.held):
        x0, x1 = axis.x(begun), axis.x(end)
        last = row.open and at == len(row.held) - 1
        box: Marks = {"x": x0, "y": y - BAR / 2, "width": max(x1 - x0, 2.0), "height": BAR, "rx": 3.0}
        until = "on" if last else f"{_date(end):%Y-%m-%d}"
        words = said(f"{clean(row.name)} held material from {_date(begun):%Y-%m-%d} {'' if last else 'to '}{until}")
        fill: Marks = {"fill": colours.fill(row.country, f"{name}-hatch")}
        yield tag("g", {}, words, tag("rect", box | fill))
        if last:
            end_x = x0 + max(x1 - x0, 2.0)
            tip = f"M{num(end_x)} {num(y - BAR / 2)}l5 {num(BAR / 2)}l-5 {num(BAR / 2)}z"
            yield tag("path", {"d": tip, "fill": colours.line(row.country)})


def describe(custody: Custody) -> list[str]:
    """The picture in words."""
    late = sum(1 for row in custody.rows for step in row.steps if step.recorded is not None)
    lines = [
        (
            f"Custody at {counted(len(custody.rows), 'place')} from {_date(custody.start):%Y-%m-%d} to {_date(custody.end):%Y-%m-%d}: "
            f"{counted(sum(len(row.steps) for row in custody.rows), 'event')}, {counted(len(custody.ships), 'shipment')}."
        )
    ]
    for row in custody.rows:
        spans = [f"{_date(begun):%Y-%m-%d} to {_date(end):%Y-%m-%d}" for begun, end in row.held]
        more = f" and {len(spans) - 3} more times" if len(spans) > 3 else ""  # noqa: PLR2004  (a listener's patience)
        lines.append(
            f"{row.name}, {_country(row)}: held {', '.join(spans[:3])}{more}."
            if spans
            else f"{row.name}, {_country(row)}."
        )
    if late:
        lines.append(f"{counted(late, 'event')} recorded much later than said.")
    return lines


def _country(row: Row) -> str:
    return "country not stated" if row.country == "?" else row.country


def _notes(custody: Custody) -> Iterable[str]:
    yield "Bar: material held. Tick: event. Line: shipment, dashed while under way."
    if any(step.recorded is not None for row in custody.rows for step in row.steps):
        yield "Ring: recorded much later than said to have happened."
    if any(row.country == "?" and row.held for row in custody.rows):
        yield "Striped: country not known."
    if custody.gathered:
        yield "Sites are gathered by country."
    if custody.undated:
        yield f"Not drawn: {counted(custody.undated, 'event')} without a time that can be read."


def _picture(custody: Custody, colours: Palette, name: str, form: str) -> str:
    wide = form == "wide"
    across, high = (WIDE, HIGH) if wide else (SLIM, TALL)
    day = 86400.0
    start, end = (
        (custody.start, custody.end) if custody.end - custody.start > day else (custody.start - day, custody.end + day)
    )
    axis = _Axis(start, end, LABELS if wide else 6.0, across - 14)
    top = 26.0
    ys = [top + high * (at + (0.5 if wide else 0.72)) for at in range(len(custody.rows))]
    bottom = top + high * len(custody.rows)
    body: list[str] = []
    for time, text in _ticks(axis, 8 if wide else 4):
        x = axis.x(time)
        body.append(tag("path", {"d": f"M{num(x)} 20V{num(bottom)}", **RULE, "stroke-opacity": "0.16"}))
        body.append(label(min(max(x, 22.0), across - 24), 13, text, size=11, anchor="middle", faint=True))
    for row, y in zip(custody.rows, ys, strict=True):
        body.append(tag("g", {"fill-opacity": "0.55"}, *_bars(row, axis, y, colours, name)))
        holders = ", ".join(list(row.holders)[:4])
        shown = "?" if row.country == "?" else row.country
        edge = y + high * (0.5 if wide else 0.28)
        body.append(tag("path", {"d": f"M0 {num(edge)}H{num(across)}", **RULE, "stroke-opacity": "0.12"}))
        if wide:
            body.append(label(0, y - 2, shown, size=12, weight="700", room=34))
            body.append(label(36, y - 2, row.name, size=12, room=LABELS - 50, weight="600"))
            body.append(label(36, y + 12, holders, size=10.5, room=LABELS - 50, faint=True))
        else:
            body.append(label(0, y - 17, shown, size=12, weight="700", room=34))
            body.append(label(30, y - 17, row.name, size=12, room=200, weight="600"))
            body.append(label(SLIM, y - 17, holders, size=10.5, room=118, anchor="end", faint=True))
    body.append(tag("g", LINE, *_ships(custody, axis, ys, colours)))
    body.append(tag("g", TICK, *_events(custody, axis, ys)))
    small, foot = notes(bottom + 2, _notes(custody), across)
    defs = [hatch(f"{name}-hatch")]
    return frame(name, (across, foot), "Custody over time", describe(custody), [*body, *small], form=form, defs=defs)


def wide(custody: Custody, colours: Palette, name: str) -> str:
    """The picture for a page."""
    return _picture(custody, colours, name, "wide")


def slim(custody: Custody, colours: Palette, name: str) -> str:
    """The picture for a narrow screen: names above the bars."""
    return _picture(custody, colours, name, "narrow")
