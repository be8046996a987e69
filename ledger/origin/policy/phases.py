"""Phases of production by what was made: melting and what comes after it, whatever the stage is called.

252.225-7052(b)(2)(i)(A) counts the melting of the magnet's elements and all subsequent phases. A stage's name is the
actor's; the form and the composition of the product are a second witness.
"""

from __future__ import annotations

from ledger.model.events import Transform
from ledger.origin.policy.material import ALLOYED, POSSIBLE, base, level, named
from ledger.origin.policy.walk import Step, Walk
from ledger.reference.elements import RARE_EARTHS
from ledger.reference.forms import FORMS, lookup
from ledger.reference.stages import NEUTRAL

MIXED = 0.05
"""Mass fraction of rare earths, and of iron or cobalt, from which a lot is an alloy of them by its composition."""
UNSAID = ("residue",)
"""Listed forms that say nothing of what the material is."""
TAKEN_APART = ("collect", "dismantle")
IRONS = frozenset({"Fe", "Co"})


def onward(walk: Walk, step: Step) -> bool:
    """Whether a step is the melting or a phase after it by what it made, or an assembly of magnet material."""
    form = walk.form(step.lot)
    if step.stage in NEUTRAL:
        return step.disguised
    if step.stage == "assemble":
        # Into an end item, or what no list knows, is the limb on end items.
        return form in ALLOYED if step.word == "declared" else form in FORMS.keys() - {"end-item", *UNSAID}
    return _made(step) and (
        form in ALLOYED or (form not in ("end-item", "eol-magnet", "swarf") and alloyed(walk, step.lot))
    )


def unsaid(walk: Walk, step: Step) -> bool:
    """Whether a step may be such a phase, its product being of a form that says nothing."""
    text = walk.history.lots[step.lot].output.form
    open_form = lookup(text) is None or base(text) in UNSAID
    return open_form and _made(step) and step.stage not in (*NEUTRAL, *TAKEN_APART)


def _made(step: Step) -> bool:
    return step.word == "recorded" and isinstance(step.fact.event, Transform)


def alloyed(walk: Walk, name: str) -> bool:
    """Whether a lot is an alloy of rare earths with iron or cobalt: by what is stated of it, or by what went into it."""
    earths = sum(walk.most_stated(name, element) for element in sorted(RARE_EARTHS))
    if earths >= MIXED and any(walk.most_stated(name, element) >= MIXED for element in sorted(IRONS)):
        return True
    lot = walk.history.lots[name]
    if lot.output.composition is not None or not isinstance(lot.born.event, Transform):
        return False
    if lot.born.event.stage in (*NEUTRAL, *TAKEN_APART, "assemble", "beneficiate", "crack_leach", "separate"):
        return False
    parents = [walk.history.lots[item.lot] for item in walk.trace.parents[name] if item.lot is not None]
    iron = [
        item for item in parents if base(item.output.form) in ("iron", "ferroboron") or named(item.output.form) & IRONS
    ]
    bearing = [
        item
        for item in parents
        if item not in iron
        and any(level(item.mass_mg, item.composition, item.output.form, element) >= POSSIBLE for element in RARE_EARTHS)
    ]
    return bool(iron) and bool(bearing)
