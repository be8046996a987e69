"""The stages that no magnet can do without, asked of every way on which an element reached it.

A stage that nobody recorded or declared was done all the same, at a place that nobody names; unknown is never clean.
Sources of the list: D7, D8 and D9 (252.225-7052(b)(2)(i), (b)(3)) and metallurgy: rare earths are separated, reduced and
melted; iron, boron and cobalt are mined and reduced; a magnet is sintered or bonded. Pressing, coating and magnetizing leave
no mark on the form and are not demanded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ledger.model.events import Transform
from ledger.origin.policy.case import MAGNETS, Case, short
from ledger.origin.policy.material import ABSENT, ALLOYED, POSSIBLE, ROOM, level
from ledger.origin.policy.model import Reason
from ledger.reference.elements import RARE_EARTHS, is_rare_earth
from ledger.reference.forms import base

SOURCED, SEPARATED, REDUCED, MELTED, FORMED = (
    "mined or collected",
    "separated",
    "reduced to metal",
    "melted",
    "sintered or bonded",
)
ALONE = "the only rare earth"
GROUPS: Mapping[str, frozenset[str]] = {
    SOURCED: frozenset({"mine", "collect"}),
    SEPARATED: frozenset({"separate", "hydromet_recycled"}),
    REDUCED: frozenset({"metal_reduce"}),
    MELTED: frozenset({"alloy_melt"}),
    FORMED: frozenset({"sinter", "bond"}),
}
"""What was done, and the stages any of which does it. Recovered magnets have their old life behind them, stated or unknown."""
_CHEMICAL = ("oxide", "oxalate", "carbonate", "chloride", "fluoride")
_MIXED = ("ore", "concentrate", "mixed-carbonate", "mixed-chloride", "leach-liquor")
UNDONE: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(_MIXED, frozenset({SEPARATED, REDUCED, MELTED, FORMED})),
    **dict.fromkeys(_CHEMICAL, frozenset({REDUCED, MELTED, FORMED})),
    **dict.fromkeys(("metal", "iron", "ferroboron"), frozenset({MELTED, FORMED})),
    **dict.fromkeys(("alloy", "strip-cast", "powder", "compact"), frozenset({FORMED})),
}
"""What material of a form has still before it, whatever was done to it in an earlier life."""
ADDED = frozenset({"powder", "press", "sinter", "bond", "machine", "gbd", "coat", "magnetize", "hpms", "mill_recycled"})
ON_TOP = ("machine", "gbd", "coat", "magnetize")
ADDITION = 0.10
"""Share of the mass drawn up to which something that joins after the melt is an addition, which is not melted."""


def unmade(case: Case, items: Collection[str], strong: Collection[str], scope: frozenset[str]) -> list[Reason]:
    """What was done to an element on no recorded or declared event, for each magnet of `items` and each way to it."""
    return [
        Reason(
            f"{short(elements)} reached lot {name} and no event records or declares where it was {what} on every way to it",
            (case.walk.history.lots[name].born.hash,),
            (name,),
        )
        for (name, what), elements in lacking(case, items, strong, scope).items()
    ]


def lacking(
    case: Case, items: Collection[str], strong: Collection[str], scope: frozenset[str]
) -> Mapping[tuple[str, str], list[str]]:
    """The same as (magnet, what was done) and the elements of which nobody says where."""
    full = "separate" in case.rule.stages or bool(case.rule.disclosures)
    magnets = [name for name in case.walk.trace.lots if name in items and case.walk.form(name) in MAGNETS]
    missing: dict[tuple[str, str], list[str]] = {}
    for element in strong:
        done = _done(case, element, scope)
        for name in magnets:
            for what in GROUPS if full else (MELTED, FORMED):
                if name in done and what not in done[name] and not _spared(what, element, done[name]):
                    missing.setdefault((name, what), []).append(element)
    return missing


def _spared(what: str, element: str, done: frozenset[str]) -> bool:
    """Iron, boron and cobalt are separated from no rare earth, and a rare earth that came alone from none either."""
    return what == SEPARATED and (ALONE in done or not is_rare_earth(element))


def _done(case: Case, element: str, scope: frozenset[str]) -> dict[str, frozenset[str]]:
    """For each lot that carries the element, what was done on every way from a source to it."""
    walk = case.walk
    levels = walk.levels(element, scope)
    passed: dict[str, set[str]] = {}
    for step in walk.steps:
        passed.setdefault(step.lot, set()).add(step.stage)
    done: dict[str, frozenset[str]] = {}
    for name in walk.trace.lots:
        ways = [
            done[parent.lot] | _excused(case, name, parent.lot, parent.drawn.mg)
            for parent in walk.trace.parents[name]
            if parent.lot in done and parent.lot is not None
        ]
        found = levels.get(name, ABSENT)
        nowhere = not ways and isinstance(walk.history.lots[name].born.event, Transform)
        # What no input brought has no source, which is asked elsewhere; what a listing merely leaves room for is no way.
        if nowhere or found < ROOM or (found < POSSIBLE and not ways):
            continue
        own = frozenset(what for what, stages in GROUPS.items() if passed.get(name, set()) & stages)
        before = frozenset.intersection(*ways) if ways else _alone(case, name, element)
        # A stage at which the form is made counts, what the form undoes was done in an earlier life.
        done[name] = (own | before) - UNDONE.get(walk.form(name), frozenset())
    return done


def _alone(case: Case, name: str, element: str) -> frozenset[str]:
    """That a mineral is shown to hold no other rare earth: then there is nothing to separate.

    A metal, oxide or master alloy of one rare earth is one because it was separated; none occurs alone.
    """
    lot = case.walk.history.lots[name]
    if case.walk.form(name) not in _MIXED:
        return frozenset()
    others = RARE_EARTHS - {element}
    alone = is_rare_earth(element) and all(
        level(lot.output.mass.mg, lot.output.composition, lot.output.form, other) == ABSENT for other in others
    )
    return frozenset({ALONE}) if alone else frozenset()


def _excused(case: Case, name: str, parent: str, mg: int) -> frozenset[str]:
    """What one input need not have behind it at this event: oxide goes into some melts, and additions are not melted."""
    event = case.walk.history.lots[name].born.event
    if not isinstance(event, Transform):
        return frozenset()
    form = base(case.walk.history.lots[parent].output.form)
    if event.stage == "alloy_melt":
        return frozenset({REDUCED}) if form in _CHEMICAL else frozenset()
    whole = sum(item.drawn.mg for item in case.walk.trace.parents[name])
    if event.stage not in ADDED or form in ALLOYED or mg > ADDITION * whole:
        return frozenset()
    if event.stage not in ON_TOP:
        return frozenset({MELTED})
    return frozenset({MELTED, FORMED, REDUCED}) if form in (*_CHEMICAL, "metal") else frozenset()
