"""How much of what was drawn on the way stands for the asked lot: each draw of its ancestry in kilograms of an element.

    reached(parent -> lot) = drawn * (lot / all that its event made) * (part of the lot that went on)

All that an event made is what its balance states, or what its lots among the ancestry hold where that is more. What is not
stated makes a mass unknown, from there up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.report.draw.text import number, rows


@dataclass(frozen=True, slots=True)
class Part:
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


def parts_of(answer: Mapping[str, Any], wanted: Collection[str]) -> tuple[list[dict[str, Any]], list[Part]]:
    """Every lot, stubs for parents that are not among them last, and the draws that reach the asked one."""
    lots, out = rows(answer, "lots"), _made(answer, wanted)
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
    parts: list[Part] = []
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
            parts.append(Part(parent, child, reached))
            needed[parent].append(reached)
    return every, parts


def _fraction(needed: Iterable[float | None], mass: float | None) -> float | None:
    """The part of a lot that went on: all of it where draws exceed what was made, None where a draw is unknown."""
    total = 0.0
    for kg in needed:
        if kg is None:
            return None
        total += kg
    if mass is None:
        return None
    return min(1.0, total / mass) if mass > 0 else 0.0


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
