"""What stands behind a `compliant`: events of this ledger, or somebody's declaration of what was before it.

A declaration carries its author's name and nothing more. An answer that rests on declarations says so beside the verdict, and
one that rests on nothing else does not pass by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ledger.model.events import Declare, Recover
from ledger.origin.policy.case import Case, kept, short
from ledger.origin.policy.model import Declared, Reason
from ledger.origin.policy.walk import POSSIBLE, Step
from ledger.reference.forms import implied_stages
from ledger.reference.stages import order
from ledger.rules.provenance import NOT_KNOWN

CONSTITUENTS = frozenset({"Fe", "B", "Co"})
"""What joins the rare earths in the melt, by ways of its own."""
OF_RARE_EARTHS = frozenset({"crack_leach", "separate", "oxide_to_halide"})
"""Stages that iron, boron and cobalt do not go through on their way to a melt."""
MAGNET_ALLOYS = (frozenset({"Nd", "Fe", "B"}), frozenset({"Sm", "Co"}))
"""What an alloy is of that brings a magnet its iron, boron or cobalt; a master alloy of dysprosium and iron is an addition."""


def asked(case: Case) -> list[Step]:
    """The steps that a rule reads: those of its stages, or of every stage where it names none."""
    stages = {*case.rule.stages, *(stage for reading in case.rule.readings for stage in reading.stages)}
    return [step for step in case.walk.steps if not stages or step.stage in stages]


def declared(steps: Iterable[Step]) -> Declared:
    """How much of the steps is declared and not recorded."""
    words = {step.word for step in steps}
    if "declared" not in words:
        return ""
    return "in part" if "recorded" in words else "wholly"


def behind(steps: Collection[Step]) -> str:
    """The sentence on what is declared, by whom; empty where all is recorded."""
    state = declared(steps)
    said = [step for step in steps if step.word == "declared"]
    stages = sorted({step.stage for step in said}, key=order)
    by = kept({step.fact.event.actor for step in said})
    none = "no custody event of this ledger supports them"
    if state == "wholly":
        return f"{len(stages)} of {len(stages)} stages are declared by {by}, none is recorded: {none}."
    if not state:
        return ""
    whole = {step.stage for step in steps}
    lots = short({step.lot for step in said}, "lots")
    return (
        f"{len(stages)} of {len(whole)} stages are declared by {by} and not recorded, for some of the material ({', '.join(stages)}; "
        f"lots {lots}): {none}."
    )


def of_the_whole(case: Case, scope: Collection[str], wanted: Collection[str], stages: Collection[str]) -> list[Reason]:
    """Why a declared place of mining says nothing of iron, boron or cobalt: it was declared of an alloy or a magnet as a whole.

    They come to the melt by ways of their own, and a declaration has one place for each stage of a lot. Where the rule asks where
    they were mined, the place of the rare earths is not theirs.
    """
    if "mine" not in stages:
        return []
    found = []
    levels = {element: case.walk.levels(element, frozenset(scope)) for element in wanted}
    for name in case.walk.trace.lots:
        fact = case.walk.history.lots[name].born
        if name not in scope or not isinstance(fact.event, Declare | Recover):
            continue
        if "alloy_melt" not in implied_stages(case.walk.history.lots[name].output.form):
            continue
        places = {step.stage: step.places for step in case.walk.steps_of(name) if step.word == "declared"}
        if NOT_KNOWN in places.get("mine", (NOT_KNOWN,)):
            continue  # not known of any of it
        carried = {element for element, found in levels.items() if found.get(name, 0) >= POSSIBLE}
        of = carried & CONSTITUENTS
        if any(alloy <= carried for alloy in MAGNET_ALLOYS):
            where = " and ".join(places["mine"])
            said = (
                f"lot {name}: mine in {where} is declared by {fact.event.actor} of the {case.walk.form(name)} as a whole: whether its "
                f"{kept(of)} came from there too is not said, and {'they come' if len(of) > 1 else 'it comes'} to the melt by "
                f"{'ways' if len(of) > 1 else 'a way'} of {'their' if len(of) > 1 else 'its'} own; unknown is never clean"
            )
            found.append(Reason(said, (fact.hash,), (name,)))
    return found
