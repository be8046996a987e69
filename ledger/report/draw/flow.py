"""The flow of material to a lot as a graph: which lots went into it, and how many kilograms of an element came along.

A link's mass is what was drawn on the way to the asked lot (`apportion`): where only a part of a lot went on to it, only
that part counts, and where one event made several lots, each bears its part of what the event drew.
So a mine's output for others does not dwarf this lot. Other outputs and losses are not drawn: a link that is thinner than
what came in shows that some was left behind. What is not stated gives an unknown mass, never a guessed one. Many lots are
gathered into fewer nodes, by site and stage, then by country and stage, then by distance; a gathered node never mixes
countries, save that far up, where countries are many, those that are neither China nor unknown are put together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.reference.stages import NEUTRAL, STAGES
from ledger.report.draw.apportion import Part, held, parts_of
from ledger.report.draw.palette import chinese, code
from ledger.report.draw.text import counted, rows

MANY_STEPS = 14
"""Where earlier lots are gathered, so many steps back from the asked lot are drawn one by one at most."""
MANY_COUNTRIES = 12
"""Beyond so many, lots far up in a long ancestry are gathered as Chinese, unknown or other."""
FAR = "far"
"""Begins the key of lots far up: how they follow each other is not drawn."""
_ORDER = {name: position for position, name in enumerate(STAGES)}


@dataclass(slots=True)
class Node:
    """A lot, or several lots gathered: `lots` of them.

    `kg` is what flows through it, None where that is not known; `missing` is retracted or not in the ledger; `declared` begins
    with somebody's word where it was first recorded, which need not be where it was mined.
    """

    title: str
    country: str
    site: str
    stage: str | None
    event: object = None
    lots: int = 1
    missing: bool = False
    declared: bool = False
    column: int = 0
    kg: float | None = None


@dataclass(slots=True)
class Link:
    """Material from one node to another; `kg` is None where some of it is not stated, and `least` the part that is."""

    source: int
    target: int
    least: float = 0.0
    unknown: bool = False
    event: object = None
    draws: int = 0

    @property
    def kg(self) -> float | None:
        """The mass, where all of it is known."""
        return None if self.unknown else self.least


@dataclass(slots=True)
class Flow:
    """The graph; `gathered` says in words how lots were put together, empty where each stands for itself."""

    nodes: list[Node] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    gathered: str = ""

    @property
    def columns(self) -> int:
        """How many columns the nodes stand in."""
        return 1 + max((node.column for node in self.nodes), default=0)


Key = tuple[Any, ...]


def flow(answer: Mapping[str, Any], wanted: Collection[str], most: int) -> Flow:
    """The graph of the wanted elements, of `most` nodes at most (and never fewer than three)."""
    every, parts = parts_of(answer, wanted)
    asked = len(rows(answer, "lots")) - 1
    if asked < 0:
        return Flow()
    used = sorted(
        {asked, *(part.parent for part in parts), *(part.child for part in parts)}, key=lambda at: _rank(at, asked)
    )
    far = _distances(used, parts, asked)

    def lot(at: int) -> Key:
        return (at,)

    def site(at: int) -> Key:
        item = every[at]
        return (
            (at,)
            if at == asked
            else (str(item.get("site")), item.get("stage"), code(item.get("country")), bool(item.get("missing")))
        )

    def country(at: int) -> Key:
        item = every[at]
        return (at,) if at == asked else (code(item.get("country")), item.get("stage"), bool(item.get("missing")))

    ways: list[tuple[str, Callable[[int], Key]]] = [
        ("", lot),
        ("Lots of one site and stage are drawn as one.", site),
        ("Lots of one country and stage are drawn as one.", country),
    ]
    for words, key in ways:
        if not words and len(used) > most:
            continue
        groups = _grouped(used, parts, key)
        if len(set(groups.values())) <= most:
            return _drawn(every, parts, groups, asked, words, wanted)
    near = _nearest(used, far, most - MANY_COUNTRIES - 3, {code(every[at].get("country")) for at in used})

    def folded(at: int) -> Key:
        return (at,) if far[at] <= near[0] else (FAR, _region(code(every[at].get("country")), few=near[1]))

    groups = {at: folded(at) for at in used}
    return _drawn(every, parts, groups, asked, "Earlier lots are drawn as one for each country.", wanted)


def _rank(at: int, asked: int) -> int:
    """Stubs of missing parents stand before every lot, which come in the order of the ancestry."""
    return at if at <= asked else at - 1_000_000_000


def _distances(used: Sequence[int], parts: Sequence[Part], asked: int) -> dict[int, int]:
    """The longest way from each lot to the asked one, in events."""
    far = dict.fromkeys(used, 0)
    onto: dict[int, list[int]] = defaultdict(list)
    for part in parts:
        onto[part.parent].append(part.child)
    for at in sorted(used, key=lambda at: _rank(at, asked), reverse=True):
        far[at] = max((far[child] + 1 for child in onto[at]), default=0)
    return far


def _nearest(used: Sequence[int], far: Mapping[int, int], most: int, countries: Collection[str]) -> tuple[int, bool]:
    """How far back lots still stand for themselves, and whether the countries beyond are few enough to stand alone."""
    steps = sorted(far[at] for at in used)
    fits = [step for step in range(MANY_STEPS) if sum(1 for other in steps if other <= step) <= max(most, 1)]
    return (max(fits, default=0), len(countries) <= MANY_COUNTRIES)


def _region(country: str, *, few: bool) -> str:
    if few or country == "?":
        return country
    return country if chinese(country) else "other"


def _grouped(used: Sequence[int], parts: Sequence[Part], key: Callable[[int], Key]) -> dict[int, Key]:
    """A group for each lot: the latest of its key, unless it would then follow itself; then a new one of that key."""
    onto: dict[int, list[int]] = defaultdict(list)
    for part in parts:
        onto[part.child].append(part.parent)
    groups: dict[int, Key] = {}
    index: dict[Key, int] = {}
    before: list[int] = []  # by group, the groups upstream of it as bits
    count: dict[Key, int] = defaultdict(int)
    for at in used:
        name = key(at)
        parents = {index[groups[parent]] for parent in onto[at] if parent in groups}
        group = (*name, count[name])
        here = index.get(group)
        if here is not None and any(before[parent] >> here & 1 for parent in parents if parent != here):
            count[name] += 1
            group, here = (*name, count[name]), None
        if here is None:
            here = index[group] = len(before)
            before.append(0)
        upstream = before[here]
        for parent in parents:
            upstream |= before[parent] | 1 << parent
        upstream &= ~(1 << here)
        if upstream != before[here]:
            before[here] = upstream
            before = [bits | upstream if bits >> here & 1 else bits for bits in before]
        groups[at] = group
    return groups


def _drawn(
    every: Sequence[Mapping[str, Any]],
    parts: Sequence[Part],
    groups: Mapping[int, Key],
    asked: int,
    words: str,
    wanted: Collection[str],
) -> Flow:
    order = {group: position for position, group in enumerate(dict.fromkeys(groups.values()))}
    nodes: list[Node | None] = [None] * len(order)
    for at, group in groups.items():
        item, position = every[at], order[group]
        node = nodes[position]
        if node is None:
            nodes[position] = Node(
                title=str(item.get("lot")),
                country=code(item.get("country")) if group[0] != FAR else str(group[1]),
                site=str(item.get("site") or ""),
                stage=_stage(item) if group[0] != FAR else None,
                event=item.get("event"),
                missing=bool(item.get("missing")),
                declared=item.get("type") == "declare",
            )
        else:
            node.lots += 1
            node.declared = node.declared or item.get("type") == "declare"
            node.site = node.site if node.site == str(item.get("site") or "") else ""
            node.title = counted(node.lots, "lot")
    links: dict[tuple[int, int], Link] = {}
    for part in parts:
        source, target = order[groups[part.parent]], order[groups[part.child]]
        if source == target or groups[part.child][0] == FAR:
            continue
        link = links.setdefault((source, target), Link(source, target, event=every[part.child].get("event")))
        link.draws += 1
        link.least += part.kg or 0.0
        link.unknown = link.unknown or part.kg is None
    last = nodes[order[groups[asked]]]
    own = held(every[asked], wanted)
    found = Flow([node for node in nodes if node is not None], [links[key] for key in sorted(links)], words)
    _placed(found, order[groups[asked]])
    if last is not None and own is not None:
        last.kg = own
    return found


def _stage(item: Mapping[str, Any]) -> str | None:
    """The stage that made a lot: `extract` mines and `recover` collects; a declared lot has none."""
    told = item.get("stage")
    if isinstance(told, str):
        return told
    return {"extract": "mine", "recover": "collect"}.get(str(item.get("type")))


def _placed(found: Flow, asked: int) -> None:
    """Columns: after every parent, and not before others of an earlier stage; sources without a stage next to their use."""
    into: dict[int, list[Link]] = defaultdict(list)
    onto: dict[int, list[Link]] = defaultdict(list)
    for link in found.links:
        into[link.target].append(link)
        onto[link.source].append(link)
    present = sorted({_ORDER[node.stage] for node in found.nodes if node.stage in _ORDER and node.stage not in NEUTRAL})
    order = _topological(len(found.nodes), into, onto)
    for at in order:
        node = found.nodes[at]
        rank = present.index(_ORDER[node.stage]) if node.stage in _ORDER and node.stage not in NEUTRAL else 0
        node.column = max([rank, *(found.nodes[link.source].column + 1 for link in into[at])])
    for at in reversed(order):
        if onto[at] and not into[at] and found.nodes[at].stage is None:
            found.nodes[at].column = min(found.nodes[link.target].column for link in onto[at]) - 1
    last = found.nodes[asked]
    last.column = max(node.column for node in found.nodes)
    if any(node.column == last.column for node in found.nodes if node is not last):
        last.column += 1
    shown = {column: position for position, column in enumerate(sorted({node.column for node in found.nodes}))}
    for at, node in enumerate(found.nodes):
        node.column = shown[node.column]
        sides = [side for side in (onto[at], into[at]) if side and not any(link.unknown for link in side)]
        node.kg = sum(link.least for link in sides[0]) if sides else None


def _topological(size: int, into: Mapping[int, Sequence[Link]], onto: Mapping[int, Sequence[Link]]) -> list[int]:
    waiting = [len(into[at]) for at in range(size)]
    ready = [at for at in range(size) if not waiting[at]]
    order: list[int] = []
    while ready:
        at = ready.pop(0)
        order.append(at)
        for link in onto[at]:
            waiting[link.target] -= 1
            if not waiting[link.target]:
                ready.append(link.target)
    return order
