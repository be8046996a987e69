"""Where the elements of a magnet come from, and whether those sources can have brought that much."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ledger.model.events import Transform
from ledger.origin.policy.case import Case
from ledger.origin.policy.material import ALLOYED, CERTAIN, POSSIBLE, ROOM, bears, level, readable
from ledger.origin.policy.model import Reason
from ledger.origin.policy.regime import Reading
from ledger.origin.policy.walk import Walk
from ledger.reference.elements import is_rare_earth
from ledger.rules.content import most
from ledger.rules.passage import LEEWAY_MINOR, TRACE, let_pass

INHERENT: Mapping[str, frozenset[str]] = {
    "magnet-ndfeb": frozenset({"Nd", "Fe", "B"}),
    "magnet-smco": frozenset({"Sm", "Co"}),
}
"""What a magnet holds by its name, whatever its composition leaves unlisted."""
LEAST: Mapping[str, Mapping[str, float]] = {
    "magnet-ndfeb": {"Nd": 0.02, "Fe": 0.4, "B": 0.005},
    "magnet-smco": {"Sm": 0.12, "Co": 0.35},
}
"""Mass fractions below any magnet of the name, bonded ones with their resin included: Nd2Fe14B is 72 % iron and 1.0 % boron,
Sm2Co17 with iron and copper at least 45 % cobalt; cerium can stand for most of the neodymium."""
MOST: Mapping[tuple[str, str], float] = {("ferroboron", "B"): 0.25, ("iron", "Fe"): 1.0}
"""The most of an element in a form, where no composition says."""
IMPURITY = 0.001
"""Mass fraction below which an element may be an impurity of a source that lists it not and leaves room for it."""


def missing(
    case: Case, reading: Reading, items: Collection[str], strong: Collection[str], scope: frozenset[str]
) -> list[Reason]:
    """Elements that must be there and that no recorded source brought, or not enough: those of the reading, of the name, of any statement."""
    walk, lot = case.walk, case.walk.trace.lot
    by_name = {
        element for name in items for element in INHERENT.get(walk.form(name), ()) if is_rare_earth(element)
    } & set(strong)  # fmt: skip
    found = []
    for element in strong:
        holders = _holders(walk, element, scope)
        if element not in reading.required and element not in by_name and not holders:
            continue
        where = next(iter(holders), lot.id)
        if not walk.sources(element, scope):
            said = f"no lot of the ancestry is a recorded source of {element}: where it comes from is not known ({reading.says})"
            asked = walk.history.lots[where if element not in reading.required else lot.id]
            kin, events = _told_by_kin(walk, where, element)
            found.append(Reason(said + kin, (asked.born.hash, *events), (asked.id,)))
        else:
            found += _short(walk, element, items, holders)
    return found


def _holders(walk: Walk, element: str, scope: frozenset[str]) -> dict[str, float]:
    """Lots of magnet material, and the asked one, that are said to hold an element, and how much; impurities left out."""
    asked = walk.trace.lot.id
    found = {}
    roomy: bool | None = None
    for name in walk.trace.lots:
        if name != asked and (name not in scope or walk.form(name) not in ALLOYED):
            continue
        share = max(
            (walk.most_stated(name, element), *(said for said, _lot, _event in walk.said_of_kin(name, element)))
        )
        if 0 < share < IMPURITY:
            roomy = _roomy(walk, element, scope) if roomy is None else roomy
        if share >= IMPURITY or (share > let_pass(element, "alloy_melt") and not roomy):
            found[name] = share
    return found


def _told_by_kin(walk: Walk, name: str, element: str) -> tuple[str, tuple[str, ...]]:
    """Which lots of the same material are said to hold an element, in words, and the events that say so."""
    told = [(lot, event) for _share, lot, event in walk.said_of_kin(name, element)]
    lots = ", ".join(dict.fromkeys(lot for lot, _event in told))
    said = f"; lot {lots}, of the same material as lot {name}, is said to hold it" if told else ""
    return said, tuple(dict.fromkeys(event for _lot, event in told))


def _roomy(walk: Walk, element: str, scope: frozenset[str]) -> bool:
    """Whether a lot from outside leaves room for the element, or may hold it."""
    levels = walk.levels(element, scope)
    return any(
        found in (ROOM, POSSIBLE) and not isinstance(walk.history.lots[name].born.event, Transform)
        for name, found in levels.items()
    )


def _short(walk: Walk, element: str, items: Collection[str], holders: Mapping[str, float]) -> list[Reason]:
    came = brought(walk, element)
    for name in walk.trace.lots:
        least = LEAST.get(walk.form(name), {}).get(element, 0.0) if name in items else 0.0
        share = max(least, holders.get(name, 0.0))
        mass = walk.history.lots[name].output.mass.mg
        if came[name] * (1 + LEEWAY_MINOR) + TRACE * mass < share * mass:
            said = (
                f"the recorded sources of {element} can have brought at most {came[name] / 1e6:.4g} kg of it to lot {name}, which "
                f"must hold {share * mass / 1e6:.4g} kg: where the rest comes from is not known"
            )
            kin, events = _told_by_kin(walk, name, element)
            return [Reason(said + kin, (walk.history.lots[name].born.hash, *events), (name,))]
    return []


def brought(walk: Walk, element: str) -> dict[str, float]:
    """Milligrams of an element that recorded sources can have brought to each lot, at most.

    A source is a lot that states the element, or one that states nothing in a form that bears it; room that a listing leaves
    is no source. Infinite where a parent is not known, which the ledger reports by itself.
    """
    found: dict[str, float] = {}
    for name in walk.trace.lots:
        lot = walk.history.lots[name]
        event = lot.born.event
        if not isinstance(event, Transform):
            found[name] = _source(walk, name, element)
            continue
        parents = walk.trace.parents[name]
        total = 0.0 if len(parents) == len(event.draws) else float("inf")
        for parent in parents:
            if parent.lot is None:
                total = float("inf")
                continue
            stands = walk.history.lots[parent.lot]
            share = min(parent.drawn.mg / max(stands.output.mass.mg, 1), 1.0)
            held = most(parent.drawn.mg, parent.drawn.composition, readable(stands.output.form), element)
            total += min(held, found[parent.lot] * share) if share else 0.0
        found[name] = total
    return found


def _source(walk: Walk, name: str, element: str) -> float:
    lot = walk.history.lots[name]
    mass, form = lot.output.mass.mg, lot.output.form
    found = level(mass, lot.output.composition, form, element)
    stated = walk.most_stated(name, element) * mass
    if found == CERTAIN or stated > 0:
        return stated
    if found != POSSIBLE or not bears(form, element):
        return 0.0
    able = most(mass, None, form, element) if is_rare_earth(element) and lot.output.composition is None else mass
    return able * MOST.get((walk.form(name), element), 1.0)
