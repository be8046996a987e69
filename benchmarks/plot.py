"""A picture of curves on logarithmic axes, as SVG that stands alone."""

from __future__ import annotations

import math
from html import escape

Curve = tuple[str, list[tuple[float, float]]]
"""A name and its points, all above zero."""
WIDTH, HEIGHT = 720, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 20, 50
COLOURS = ("#0b6e99", "#b3541e", "#5a7d2a", "#7a3e9d", "#a8871a", "#8a1c3b", "#3c3c3c")


def decades(values: list[float]) -> range:
    """The powers of ten that hold all values."""
    return range(math.floor(math.log10(min(values))), max(math.ceil(math.log10(max(values))), 1) + 1)


def plot(curves: list[Curve], across: str, up: str) -> str:
    """The picture: one line for each curve, its name at its end, a grid line at each power of ten.

    Raises:
        ValueError: there is no point, or one at or below zero.
    """
    xs = decades([x for _name, points in curves for x, _y in points])
    ys = decades([y for _name, points in curves for _x, y in points])

    def at(x: float, y: float) -> tuple[float, float]:
        right = (math.log10(x) - xs[0]) / max(xs[-1] - xs[0], 1) * (WIDTH - LEFT - RIGHT)
        high = (math.log10(y) - ys[0]) / max(ys[-1] - ys[0], 1) * (HEIGHT - TOP - BOTTOM)
        return LEFT + right, HEIGHT - BOTTOM - high

    def text(x: float, y: float, words: str, more: str = "") -> str:
        return f'<text x="{x:.0f}" y="{y:.0f}" {more}>{escape(words)}</text>'

    lines = []
    for power in ys:
        _x, y = at(10.0 ** xs[0], 10.0**power)
        lines.append(f'<path d="M{LEFT} {y:.0f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        lines.append(text(LEFT - 8, y + 4, f"{10.0**power:g}", 'text-anchor="end"'))
    for power in xs:
        x, _y = at(10.0**power, 10.0 ** ys[0])
        lines.append(f'<path d="M{x:.0f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        lines.append(text(x, HEIGHT - BOTTOM + 18, f"{10**power:,}", 'text-anchor="middle"'))
    taken: list[float] = []
    for number, (name, points) in enumerate(curves):
        colour = COLOURS[number % len(COLOURS)]
        places = [at(x, y) for x, y in points]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        lines.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        label = places[-1][1] + 4
        while any(abs(label - other) < 14 for other in taken):  # noqa: PLR2004  (a line of text)
            label += 14
        taken.append(label)
        lines.append(text(places[-1][0] + 10, label, name, f'fill="{colour}"'))
    lines.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, across, 'text-anchor="middle"'))
    lines.append(text(LEFT, TOP - 6, up))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>{"".join(lines)}</svg>\n'
    )
