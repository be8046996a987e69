"""Where the nodes and links of a flow go: d3-sankey's way (Bostock, after Wylie), with a fixed order for every tie.

Nodes stand in columns; along a column each is as long as its links are wide. Nodes are drawn towards the mean of their
neighbours, column by column to and fro, and pushed apart where they overlap. The same flow gives the same places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ledger.report.draw.flow import Flow, Link, Node

ROUNDS = 10
THIN = 1.4
"""The least width of a link and of an unknown one: what is there is seen."""
LEAST = 3.0
"""The least length of a node."""


@dataclass(slots=True)
class Box:
    """A node's place along its column: from `start`, `length` long."""

    start: float
    length: float

    @property
    def middle(self) -> float:
        """The centre."""
        return self.start + self.length / 2


@dataclass(frozen=True, slots=True)
class Band:
    """A link's middle at both ends, and its width."""

    source: float
    target: float
    width: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes by node, bands by link, and how many pixels a kilogram is wide (before the least width)."""

    boxes: tuple[Box, ...]
    bands: tuple[Band, ...]
    scale: float


def layout(flow: Flow, room: float, gap: float, thickest: float) -> Layout:
    """Places within 0 to `room`, nodes at least `gap` apart, no node longer than `thickest` by its mass."""
    columns: list[list[int]] = [[] for _ in range(flow.columns)]
    for at, node in enumerate(flow.nodes):
        columns[node.column].append(at)
    scale = _scale(flow, columns, room, gap, thickest)
    widths = [max(THIN, link.least * scale) for link in flow.links]
    into: dict[int, list[int]] = defaultdict(list)
    onto: dict[int, list[int]] = defaultdict(list)
    for at, link in enumerate(flow.links):
        into[link.target].append(at)
        onto[link.source].append(at)
    boxes = [
        Box(0.0, max(LEAST, sum(widths[link] for link in into[at]), sum(widths[link] for link in onto[at])))
        for at in range(len(flow.nodes))
    ]
    gaps = [_fitted(column, boxes, room, gap) for column in columns]
    for column, apart in zip(columns, gaps, strict=True):
        column.sort(key=lambda at: (_rank(flow.nodes[at]), at))
        total = sum(boxes[at].length for at in column) + apart * (len(column) - 1)
        edge = (room - total) / 2
        for at in column:
            boxes[at].start, edge = edge, edge + boxes[at].length + apart
    for turn in range(ROUNDS):
        pull = 0.99**turn
        forth = list(zip(columns, gaps, strict=True))
        for column, apart in forth:
            _relax(column, boxes, lambda at: [(flow.links[i].source, widths[i]) for i in into[at]], pull)
            _apart(column, boxes, room, apart)
        for column, apart in reversed(forth):
            _relax(column, boxes, lambda at: [(flow.links[i].target, widths[i]) for i in onto[at]], pull)
            _apart(column, boxes, room, apart)
    return Layout(tuple(boxes), _bands(flow.links, boxes, widths, into, onto), scale)


def _rank(node: Node) -> tuple[str, str]:
    return (node.country, node.site)


def _scale(flow: Flow, columns: Sequence[Sequence[int]], room: float, gap: float, thickest: float) -> float:
    """Pixels for a kilogram, so that the fullest column fits."""
    side: dict[int, list[float]] = {at: [0.0, 0.0] for at in range(len(flow.nodes))}
    for link in flow.links:
        side[link.source][1] += link.least
        side[link.target][0] += link.least
    held = {at: max(sides) for at, sides in side.items()}
    fits = [
        max(room - gap * (len(column) - 1), room * 0.3) / total
        for column in columns
        if (total := sum(held[at] for at in column)) > 0
    ]
    largest = max(held.values(), default=0.0)
    return min([*fits, thickest / largest]) if largest > 0 else 0.0


def _fitted(column: Sequence[int], boxes: Sequence[Box], room: float, gap: float) -> float:
    """The gap, or less of it where the column would not fit otherwise."""
    spare = room - sum(boxes[at].length for at in column)
    return min(gap, max(spare, 0.0) / max(len(column) - 1, 1))


def _relax(
    column: Sequence[int], boxes: Sequence[Box], near: Callable[[int], list[tuple[int, float]]], pull: float
) -> None:
    for at in column:
        others = near(at)
        weight = sum(width for _other, width in others)
        if weight > 0:
            target = sum(boxes[other].middle * width for other, width in others) / weight
            boxes[at].start += (target - boxes[at].middle) * pull


def _apart(column: list[int], boxes: Sequence[Box], room: float, gap: float) -> None:
    """Nodes in the order of their places, none upon another, all within the room."""
    column.sort(key=lambda at: (round(boxes[at].start, 6), at))
    edge = 0.0
    for at in column:
        boxes[at].start = max(boxes[at].start, edge)
        edge = boxes[at].start + boxes[at].length + gap
    edge = room
    for at in reversed(column):
        boxes[at].start = min(boxes[at].start, edge - boxes[at].length)
        edge = boxes[at].start - gap


def _bands(
    links: Sequence[Link],
    boxes: Sequence[Box],
    widths: Sequence[float],
    into: dict[int, list[int]],
    onto: dict[int, list[int]],
) -> tuple[Band, ...]:
    """Links side by side along each node, in the order of where they lead, in the middle of the node."""
    ends: list[list[float]] = [[0.0, 0.0] for _ in links]
    for at, box in enumerate(boxes):
        for side, mine in ((0, onto[at]), (1, into[at])):
            ordered = sorted(mine, key=lambda i: (boxes[links[i].target if side == 0 else links[i].source].middle, i))
            edge = box.middle - sum(widths[i] for i in ordered) / 2
            for i in ordered:
                ends[i][side] = edge + widths[i] / 2
                edge += widths[i]
    return tuple(Band(start, end, width) for (start, end), width in zip(ends, widths, strict=True))
