"""The flow of material to a lot as a graph: which lots went into it, and how many kilograms of an element came along.

A link's mass is what was drawn on the way to the asked lot. Where only a part of a lot went on to it, only that part
counts, and where one event made several lots, each bears its part of what the event drew, by the element's mass:

    link(parent -> lot) = drawn * (lot / all that its event made) * (part of the lot that went on)

So a mine's output for others does not dwarf this lot. Other outputs and losses are not drawn: a link that is thinner than
what came in shows that some was left behind. What is not stated gives an unknown mass, never a guessed one. Many lots are gathered into fewer nodes, by site and stage,
then by country and stage, then by distance; a gathered node never mixes countries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.reference.stages import NEUTRAL, STAGES
from ledger.report.draw.palette import chinese, code
from ledger.report.draw.text import counted, number, rows

MANY_COUNTRIES = 12
"""Beyond so many, lots far up in a long ancestry are gathered as Chinese, unknown or other."""
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


@dataclass(frozen=True, slots=True)
class _Part:
    """A draw that reaches the asked lot: positions in the list of lots (the parent's may be a stub's), and its mass."""

    parent: int
    child: int
    kg: float | None


GROSS = frozenset({"material"})
"""In place of elements: the gross mass, as the balances call it."""


def held(item: object, wanted: Collection[str]) -> float | None:
    """The mass of the wanted elements that a lot or a draw states; None where it states none of them."""
    if wanted == GROSS:
        return number(item.get("mass_kg")) if isinstance(item, dict) else None
    elements = item.get("elements") if isinstance(item, dict) else None
    found = [
        value
        for element, stated in (elements.items() if isinstance(elements, dict) else ())
        if element in wanted
        and (value := number(stated.get("mass_kg") if isinstance(stated, dict) else stated)) is not None
    ]
    return sum(found) if found else None


def _parents(lots: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[tuple[int, int, dict[str, Any]]]]:
    """The lots with stubs for parents that are not among them, and each draw as parent, child, draw."""
    index: dict[str, int] = {}
    every, draws = list(lots), []
    for position, lot in enumerate(lots):
        for drawn in rows(lot, "from"):
            parent = index.get(str(drawn.get("lot")))
            if parent is None:
                every.append({"lot": drawn.get("lot"), "missing": True, "from": []})
                parent = len(every) - 1
            draws.append((parent, position, drawn))
        index.setdefault(str(lot.get("lot")), position)
    return every, draws


def _parts(answer: Mapping[str, Any], wanted: Collection[str], out: Mapping[str, float]) -> tuple[Any, list[_Part]]:
    lots = rows(answer, "lots")
    every, draws = _parents(lots)
    masses = [held(lot, wanted) for lot in every]
    into: dict[int, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    for parent, child, drawn in draws:
        into[child].append((parent, drawn))
    made: dict[str, float] = defaultdict(float)
    for lot, kg in zip(lots, masses, strict=False):
        made[str(lot.get("event"))] += kg or 0.0
    went: dict[int, float | None] = {len(lots) - 1: 1.0}
    needed: dict[int, list[float | None]] = defaultdict(list)
    parts: list[_Part] = []
    for child in range(len(lots) - 1, -1, -1):
        if child not in went and child not in needed:
            continue
        part = went.get(child) if child in went else _fraction(needed[child], masses[child])
        event = str(lots[child].get("event"))
        share = _share(masses[child], max(out.get(event, 0.0), made[event]))
        for parent, drawn in into[child]:
            kg = held(drawn, wanted)
            if kg is None and masses[parent] == 0:
                kg = 0.0
            reached = kg * share * part if kg is not None and part is not None and share is not None else None
            if kg == 0 or reached == 0:
                continue
            parts.append(_Part(parent, child, reached))
            needed[parent].append(reached)
    return every, parts


def _fraction(needed: Iterable[float | None], mass: float | None) -> float | None:
    """The part of a lot that went on; all of it where draws exceed what was made by a rounding."""
    known = [kg for kg in needed if kg is not None]
    if mass is None or not known:
        return None
    return min(1.0, sum(known) / mass) if mass > 0 else 0.0


def _share(mass: float | None, made: float) -> float | None:
    if mass is None:
        return None
    return min(1.0, mass / made) if made > 0 else 0.0


def _made(answer: Mapping[str, Any], wanted: Collection[str]) -> dict[str, float]:
    """All that each event made of the wanted elements, waste and lots of others included, as the balances state it."""
    found: dict[str, float] = defaultdict(float)
    for line in rows(answer, "balance"):
        kg = number(line.get("out_kg"))
        if line.get("element") in wanted and kg is not None:
            found[str(line.get("event"))] += kg
    return found


Key = tuple[Any, ...]


def flow(answer: Mapping[str, Any], wanted: Collection[str], most: int) -> Flow:
    """The graph of the wanted elements, of `most` nodes at most (and never fewer than three)."""
    every, parts = _parts(answer, wanted, _made(answer, wanted))
    asked = len(rows(answer, "lots")) - 1
    if asked < 0:
        return Flow()
    used = sorted({asked, *(part.parent for part in parts), *(part.child for part in parts)}, key=lambda at: _rank(at, asked))
    far = _distances(used, parts, asked)

    def lot(at: int) -> Key:
        return (at,)

    def site(at: int) -> Key:
        item = every[at]
        return (at,) if at == asked else (str(item.get("site")), item.get("stage"), code(item.get("country")), bool(item.get("missing")))

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
            return _drawn(every, parts, groups, asked, words)
    near = _nearest(used, far, most - MANY_COUNTRIES - 3, {code(every[at].get("country")) for at in used})

    def folded(at: int) -> Key:
        return (at,) if far[at] <= near[0] else ("far", _region(code(every[at].get("country")), few=near[1]))

    groups = {at: folded(at) for at in used}
    return _drawn(every, parts, groups, asked, "Earlier lots are drawn as one for each country.")


def _rank(at: int, asked: int) -> int:
    """Stubs of missing parents stand before every lot, which come in the order of the ancestry."""
    return at if at <= asked else at - 1_000_000_000


def _distances(used: Sequence[int], parts: Sequence[_Part], asked: int) -> dict[int, int]:
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
    fits = [step for step in sorted(set(steps)) if sum(1 for other in steps if other <= step) <= max(most, 1)]
    return (max(fits, default=0), len(countries) <= MANY_COUNTRIES)


def _region(country: str, *, few: bool) -> str:
    if few or country == "?":
        return country
    return country if chinese(country) else "other"


def _grouped(used: Sequence[int], parts: Sequence[_Part], key: Callable[[int], Key]) -> dict[int, Key]:
    """A group for each lot: the latest of its key, unless it would then follow itself; then a new one of that key."""
    onto: dict[int, list[int]] = defaultdict(list)
    for part in parts:
        onto[part.child].append(part.parent)
    groups: dict[int, Key] = {}
    before: dict[Key, set[Key]] = defaultdict(set)
    count: dict[Key, int] = defaultdict(int)
    for at in used:
        name = key(at)
        group = (*name, count[name])
        parents = {groups[parent] for parent in onto[at] if parent in groups}
        upstream = parents.union(*(before[parent] for parent in parents))
        if any(group in before[parent] for parent in parents if parent != group):
            count[name] += 1
            group = (*name, count[name])
        gained = upstream - {group} - before[group]
        before[group] |= gained
        if gained:
            for other, earlier in before.items():
                if group in earlier:
                    earlier |= gained
        groups[at] = group
    return groups


def _drawn(every: Sequence[Mapping[str, Any]], parts: Sequence[_Part], groups: Mapping[int, Key], asked: int, words: str) -> Flow:
    order = {group: position for position, group in enumerate(dict.fromkeys(groups.values()))}
    nodes: list[Node | None] = [None] * len(order)
    for at, group in groups.items():
        item, position = every[at], order[group]
        node = nodes[position]
        if node is None:
            nodes[position] = Node(
                title=str(item.get("lot")),
                country=code(item.get("country")) if group[0] != "far" else str(group[1]),
                site=str(item.get("site") or ""),
                stage=_stage(item) if group[0] != "far" else None,
                event=item.get("event"),
                missing=bool(item.get("missing")),
                declared=item.get("type") == "declare",
            )
        else:
            node.lots += 1
            node.declared = node.declared or item.get("type") == "declare"
            node.site = node.site if node.site == str(item.get("site") or "") else ""
            node.title = counted(node.lots, "earlier lot" if group[0] == "far" else "lot")
    links: dict[tuple[int, int], Link] = {}
    for part in parts:
        source, target = order[groups[part.parent]], order[groups[part.child]]
        if source == target:
            continue
        link = links.setdefault((source, target), Link(source, target, event=every[part.child].get("event")))
        link.draws += 1
        link.least += part.kg or 0.0
        link.unknown = link.unknown or part.kg is None
    found = Flow([node for node in nodes if node is not None], [links[key] for key in sorted(links)], words)
    _placed(found, order[groups[asked]])
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
