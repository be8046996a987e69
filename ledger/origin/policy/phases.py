"""Phases of production by what was made: melting and what comes after it, whatever the stage is called.

252.225-7052(b)(2)(i)(A) counts the melting of the magnet's elements and all subsequent phases. A stage's name is the
actor's; the form and the composition of the product are a second witness.
"""

from __future__ import annotations

from collections.abc import Mapping

from ledger.model.events import Transform
from ledger.model.quantity import PPB, Composition
from ledger.origin.policy.material import ALLOYED, BARREN, POSSIBLE, ROOM, level
from ledger.origin.policy.walk import Step, Walk
from ledger.reference.elements import RARE_EARTHS, oxide_factor
from ledger.reference.forms import FORMS, base, lookup
from ledger.reference.stages import NEUTRAL, order
from ledger.reference.words import MATERIAL_WORDS, may_be_magnet, named, own_words
from ledger.rules.content import RARE_SUMS, elements_of

MIXED = 0.05
"""Mass fraction of rare earths, and of iron or cobalt, from which a lot is an alloy of them by its composition."""
UNSAID = ("residue",)
"""Listed forms that say nothing of what the material is."""
TAKEN_APART = ("collect", "dismantle")
IRONS = frozenset({"Fe", "Co"})
MELTS = ("metal", "iron", "ferroboron")
REFINED = (*MELTS, "oxide", "oxalate", "carbonate", "chloride", "fluoride")
"""Forms of one product, which a mixture of rare earths with iron or cobalt is not: raw ones hold both by nature."""
WET = ("beneficiate", "crack_leach", "separate")
CHEMICAL = (*WET, "oxide_to_halide", "metal_reduce", "hydromet_recycled")
"""Stages that take minerals and compounds; any other takes metals, and oxide only by exception."""
MAGNETIC = ("end-item", "swarf", "eol-magnet", "scrap")
"""Listed forms that hold an alloy by their nature."""
OXYGEN: Mapping[str, float] = {"Fe": 1.2865, "Co": 1.2715, "B": 3.2199, "Al": 1.8895, "Si": 2.1393}
"""Mass of FeO, CoO, B2O3, Al2O3 and SiO2 per mass of element, from the atomic weights; of iron and cobalt the oxides with the
least oxygen."""
WHOLE = 0.9
"""Mass fraction from which a listing of a metal leaves no room for an alloy."""


def onward(walk: Walk, step: Step) -> bool:
    """Whether a step is the melting or a phase after it by what it made, or an assembly of magnet material."""
    form = walk.form(step.lot)
    if step.stage in NEUTRAL:
        return step.disguised
    if step.stage == "assemble":
        # Into an end item, or what no list knows, is the limb on end items.
        return form in ALLOYED if step.word == "declared" else form in FORMS.keys() - {"end-item", *UNSAID}
    if step.word == "declared":
        return _declared(walk, step) and alloyed(walk, step.lot)
    return _made(step) and (
        form in ALLOYED or (form not in ("end-item", "eol-magnet", "swarf") and alloyed(walk, step.lot))
    )


def unsaid(walk: Walk, step: Step) -> bool:
    """Whether a step may be such a phase: its product is of a form, or of a metal, that does not say what it is."""
    text = walk.history.lots[step.lot].output.form
    if step.word == "declared":
        return _declared(walk, step) and (_hidden(walk, step.lot) or _unreduced(walk, step.lot))
    if not _made(step) or step.stage in (*NEUTRAL, *TAKEN_APART):
        return False
    mixed = step.stage in WET and base(text) in REFINED and _mixed(walk, step.lot, (*MELTS, *ALLOYED))
    iron = base(text) in BARREN and _hidden(walk, step.lot)
    return lookup(text) is None or base(text) in UNSAID or mixed or iron or _unreduced(walk, step.lot)


def _declared(walk: Walk, step: Step) -> bool:
    """Whether a declared stage is where the lot was melted, if it was: its reduction or later, else its last."""
    stages = [item.stage for item in walk.steps_of(step.lot)]
    if "alloy_melt" in stages:
        return False
    return order(step.stage) >= min(order("metal_reduce"), max(map(order, stages)))


def _unreduced(walk: Walk, name: str) -> bool:
    """Whether a mineral or a compound that states rare earths beside iron or cobalt goes where metals go."""
    form = walk.form(name)
    if lookup(form) is None or form in (*MELTS, *ALLOYED, *MAGNETIC, *UNSAID):
        return False
    both = any(
        sum(share for symbol, share in stated.items() if symbol in RARE_EARTHS) >= MIXED
        and any(stated.get(symbol, 0.0) >= MIXED for symbol in IRONS)
        for stated in map(elements_of, walk.statements(walk.history.lots[name]))
    )
    return both and any(stage not in (*CHEMICAL, *NEUTRAL) for stage in walk.uses(name))


def _hidden(walk: Walk, name: str) -> bool:
    """Whether a metal that says neither what it is of nor what most of it is may be an alloy; or iron that leaves much unsaid."""
    lot = walk.history.lots[name]
    form = lot.output.form
    if base(form) in BARREN:
        return any(level(1, said, form, "Nd") == ROOM for said in walk.statements(lot))
    return base(form) == "metal" and not named(form) and _listed(walk, name) < WHOLE


def _listed(walk: Walk, name: str) -> float:
    """The greatest mass fraction that one statement about a lot gives to elements."""
    return max((sum(elements_of(said).values()) for said in walk.statements(walk.history.lots[name])), default=0.0)


def _made(step: Step) -> bool:
    return step.word == "recorded" and isinstance(step.fact.event, Transform)


def alloyed(walk: Walk, name: str) -> bool:
    """Whether a lot is an alloy of rare earths with iron or cobalt: by its name, by what is stated of it or went into it."""
    lot = walk.history.lots[name]
    metal = base(lot.output.form) in MELTS
    if any(_is_alloy(said, lot.output.form) for said in walk.statements(lot)):
        return True
    if metal and _names_alloy(lot.output.form):
        return True
    if not isinstance(lot.born.event, Transform) or lot.born.event.stage in (*NEUTRAL, *TAKEN_APART, "assemble", *WET):
        return False
    if lot.output.composition is not None and _listed(walk, name) > 1 - MIXED:
        return False
    return (metal or lot.output.composition is None) and _mixed(walk, name, tuple(FORMS))


def _is_alloy(said: Composition, form: str) -> bool:
    """Whether a statement is of rare earths and iron or cobalt as metals, and not of a mineral or a compound that holds both.

    A metal's certificate may give oxides, since its form says that they are none. Of any other form an oxide is one, and an
    element is taken for one that is analysed as such, unless its oxygen would not go into the whole.
    """
    stated = elements_of(said)
    if base(form) in MELTS:
        earths = [share.ppb / PPB for analyte, share in said.items() if analyte in RARE_SUMS]
    else:
        earths = []
        stated = {symbol: share for symbol, share in stated.items() if symbol in said}
        whole = sum(share * _as_oxide(symbol) for symbol, share in stated.items())
        if lookup(form) is not None and base(form) not in ALLOYED and whole <= 1 + MIXED:
            return False
    earths.append(sum(share for symbol, share in stated.items() if symbol in RARE_EARTHS))
    return max(earths) >= MIXED and any(stated.get(symbol, 0.0) >= MIXED for symbol in IRONS)


def _as_oxide(symbol: str) -> float:
    return oxide_factor(symbol) if symbol in RARE_EARTHS else OXYGEN.get(symbol, 1.0)


def _names_alloy(form: str) -> bool:
    spelt = named(form) | ({"Fe"} if base(form) in ("iron", "ferroboron") else frozenset())
    if (spelt & RARE_EARTHS and spelt & IRONS) or any(
        system in word for system in MATERIAL_WORDS for word in own_words(form)
    ):
        return True
    return may_be_magnet(form) and "grade" not in own_words(form)


def _mixed(walk: Walk, name: str, forms: tuple[str, ...]) -> bool:
    """Whether iron or cobalt went into a lot beside something of these forms that bears rare earths."""
    parents = [walk.history.lots[item.lot] for item in walk.trace.parents[name] if item.lot is not None]
    iron = [
        item for item in parents if base(item.output.form) in ("iron", "ferroboron") or named(item.output.form) & IRONS
    ]
    return bool(iron) and any(
        level(item.mass_mg, item.composition, item.output.form, element) >= POSSIBLE
        for item in parents
        if item not in iron and (lookup(item.output.form) is None or base(item.output.form) in forms)
        for element in RARE_EARTHS
    )
