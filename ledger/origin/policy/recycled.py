"""The exception for recycled NdFeB (225.7018-3(c)(3)), decided from events alone.

Three things, all of them: the rare earths are recycled material; that material is milled in the United States; the final
magnet is sintered in the United States. What is declared of the time before the ledger counts against it and never for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta

from ledger.model.events import Dispose, Recover, Transform
from ledger.origin.policy.case import Case, told
from ledger.origin.policy.material import BARREN
from ledger.origin.policy.model import Reason
from ledger.origin.policy.walk import Step
from ledger.reference.elements import RARE_EARTHS
from ledger.reference.forms import base, lookup
from ledger.rules.claims import not_consumed
from ledger.rules.content import elements_of
from ledger.rules.history import OTHERS
from ledger.rules.imbalance import CONSTITUENTS
from ledger.rules.lot import Lot
from ledger.rules.provenance import NOT_KNOWN

MILLING = ("mill_recycled", "powder")
"""Jet or ball milling; whether breaking scrap up by hydrogen (`hpms`) is milling the text does not say."""
REMADE = ("hydromet_recycled", "separate", "metal_reduce", "alloy_melt")
"""After these what is milled is a new alloy made from recycled material; the text does not say whether that is the recycled material."""
FEED = frozenset({"eol-magnet", "scrap", "swarf", "magnet-ndfeb", "end-item"})
"""Forms in which magnets are recovered. Alloy, oxide or powder that is called recovered was made anew from something before."""
KEPT = FEED | {"powder", "compact", "block"}
"""Forms that material keeps from scrap to magnet without being made anew."""
US = ("US",)
GOODS = frozenset({"magnet-ndfeb", "block", "end-item"})
LITTLE = 0.1
"""Share of the charge that new iron, boron and cobalt may be to set the chemistry right."""
LIFE = timedelta(days=365)
ALIKE = 0.05
"""Relative difference of mass and of each element within which two lots are alike."""


def recycled(case: Case, items: Collection[str]) -> tuple[str, list[Reason]]:
    """`applies`, `open` or `no`, and why."""
    walk = case.walk
    scope = walk.scope(items)
    bearing = {name for element in sorted(RARE_EARTHS) for name in walk.levels(element, scope)}
    steps = {step.lot: step for step in walk.steps if step.word == "recorded" and step.stage != "collect"}
    roots = [name for name in walk.trace.lots if name in bearing and _is_root(case, name)]
    recovered = [name for name in roots if isinstance(walk.history.lots[name].born.event, Recover)]
    if not recovered:
        return "no", [Reason("no lot of the ancestry is recorded as recovered material")]
    made = [steps[name] for name in walk.trace.lots if name in bearing and name in steps and name in scope]
    milled = [step for step in made if step.stage in MILLING]
    sintered = [step for step in made if step.stage == "sinter"]
    declared = list(_milled_before(case, recovered))
    failing = [
        _elsewhere(step, "the recycled material was milled") for step in (*milled, *declared) if not _in_us(step)
    ]
    failing += [_elsewhere(step, "the magnet was sintered") for step in sintered if not _in_us(step)]
    if not _all_pass(case, items, bearing, steps, MILLING):
        failing.append(Reason("no recorded event mills all of the recycled material in the United States"))
    if not _all_pass(case, items, bearing, steps, ("sinter",)):
        failing.append(Reason("no recorded event sinters all of the magnet in the United States"))
    if failing:
        return "no", failing
    doubts = [
        *_doubts(case, roots, made),
        *_feed(case, recovered),
        *_remade(case, made),
        *_additions(case, scope, roots),
        *_new(case, scope, roots),
        *_sold(case, recovered),
    ]
    evidence = [Reason(told(step), (step.fact.hash,), (step.lot,)) for step in (*milled, *sintered)]
    evidence += [_recovered(case, name) for name in recovered]
    return ("open", [*doubts, *evidence]) if doubts else ("applies", evidence)


def _is_root(case: Case, name: str) -> bool:
    lot = case.walk.history.lots[name]
    lost = any(parent.lot is None for parent in case.walk.trace.parents[name])
    return lost or not isinstance(lot.born.event, Transform)


def _in_us(step: Step) -> bool:
    return step.places == US


def _elsewhere(step: Step, what: str) -> Reason:
    return Reason(f"{what} elsewhere or at an unknown place: {told(step)}", (step.fact.hash,), (step.lot,))


def _milled_before(case: Case, recovered: Collection[str]) -> Iterator[Step]:
    """Millings that are declared of recovered lots. The powder that a recovered magnet was once made of is no recycled material."""
    for step in case.walk.steps:
        if step.word != "declared" or step.lot not in recovered:
            continue
        if step.stage == "mill_recycled" or (step.stage in (*MILLING, "hpms") and case.walk.form(step.lot) not in FEED):
            yield step


def _all_pass(
    case: Case, items: Collection[str], bearing: Collection[str], steps: dict[str, Step], stages: Collection[str]
) -> bool:
    """Whether on every way from a source of rare earths to every item one of `stages` is recorded in the United States."""
    done: dict[str, bool] = {}
    for name in case.walk.trace.lots:
        step = steps.get(name)
        before = [
            parent.lot is not None and done.get(parent.lot, True)
            for parent in case.walk.trace.parents[name]
            if parent.lot is None or parent.lot in bearing
        ]
        done[name] = (step is not None and step.stage in stages and _in_us(step)) or (bool(before) and all(before))
    # A magnet that other magnets were made from is not yet the final one; what counts is the last of each line.
    final = [name for name in items if not any(_feeds(case, name, other) for other in items if other != name)]
    return all(done[name] for name in final)


def _feeds(case: Case, name: str, other: str) -> bool:
    return name in case.walk.above((other,))


def _doubts(case: Case, roots: Collection[str], made: Collection[Step]) -> list[Reason]:
    doubts = []
    for name in roots:
        lot = case.walk.history.lots[name]
        event = lot.born.event
        if not isinstance(event, Recover):
            doubts.append(
                Reason(
                    f"lot {name} ({lot.output.form}, by {event.type}) can carry rare earths and is not recorded as recovered: "
                    "whether a magnet with such an addition is made from recycled material is open",
                    (lot.born.hash,),
                    (name,),
                )
            )
        elif event.waste != "post_consumer":
            said = "pre-consumer waste" if event.waste == "pre_consumer" else "waste of a kind that is not stated"
            doubts.append(
                Reason(
                    f"lot {name} is recovered from {said}: whether that is recycled material is open",
                    (lot.born.hash,),
                    (name,),
                )
            )
    doubts += [
        Reason(
            f"{told(step)}: what is milled afterwards is an alloy made anew; whether it is still the recycled material is open",
            (step.fact.hash,),
            (step.lot,),
        )
        for step in made
        if step.stage in REMADE
    ]
    doubts += [
        Reason(
            f"{told(step)}: whether processing by hydrogen is milling of the recycled material is open",
            (step.fact.hash,),
            (step.lot,),
        )
        for step in made
        if step.stage == "hpms" and not _in_us(step)
    ]
    return doubts


def _feed(case: Case, recovered: Collection[str]) -> Iterator[Reason]:
    """Recovered lots that may be no recycled magnets: made anew before, or waste of manufacturing by the ledger's own rule."""
    lots = case.walk.history.lots
    for name in recovered:
        if case.walk.form(name) not in FEED:
            said = f"lot {name} is recovered as {lots[name].output.form}, which is made anew and is no recovered magnet or scrap"
            yield Reason(f"{said}: whether it is the recycled material is open", (lots[name].born.hash,), (name,))
        for item in not_consumed(case.walk.history, lots[name].born):
            if item.subject == f"lot:{name}":
                yield Reason(f"the ledger warns: {item.code}: {item.message}", item.events, (name,))
    for step in case.walk.steps:
        if step.word == "declared" and step.lot in recovered and step.stage == "hpms" and not _in_us(step):
            said = f"{told(step)}: whether processing by hydrogen is milling of the recycled material is open"
            yield Reason(said, (step.fact.hash,), (step.lot,))


def _remade(case: Case, made: Collection[Step]) -> Iterator[Reason]:
    """Lots that by their form were made anew on the way, whatever the stage is called."""
    for step in made:
        form = case.walk.history.lots[step.lot].output.form
        if step.stage not in REMADE and case.walk.form(step.lot) not in KEPT:
            said = (
                f"{told(step)} makes {form}: whether what is milled afterwards is still the recycled material is open"
            )
            yield Reason(said, (step.fact.hash,), (step.lot,))


def _additions(case: Case, scope: Collection[str], roots: Collection[str]) -> Iterator[Reason]:
    """Additions that are taken to bear no rare earths, though nothing says so: of no listed form, or of a form with words of its own."""
    for name in case.walk.trace.lots:
        if name not in scope or name in roots or not _is_root(case, name):
            continue
        lot = case.walk.history.lots[name]
        found = lookup(lot.output.form)
        plain = found is not None and (found.name not in BARREN or lot.output.form == found.name)
        if lot.composition is None and not plain:
            said = f"lot {name} ({lot.output.form}) was added and states no composition: whether it brings rare earths is open"
            yield Reason(said, (lot.born.hash,), (name,))


def _new(case: Case, scope: Collection[str], roots: Collection[str]) -> Iterator[Reason]:
    """New iron, boron or cobalt that joined: from a covered country or an unknown place, or more than a tenth of what was recovered."""
    walk = case.walk
    drawn = dict.fromkeys(walk.trace.lots, 0)
    for name in walk.trace.lots:
        for parent in walk.trace.parents[name]:
            if parent.lot is not None:
                drawn[parent.lot] += parent.drawn.mg
    levels = [walk.levels(element, walk.everything) for element in CONSTITUENTS]
    joined = [
        name
        for name in walk.trace.lots
        if name in scope and name not in roots and _is_root(case, name) and any(name in found for found in levels)
    ]
    for name in joined:
        lot = walk.history.lots[name]
        bad = [step for step in walk.steps_of(name) if {*case.covered, NOT_KNOWN} & set(step.places)]
        if bad:
            said = f"{told(bad[0])}: whether a magnet with such new material is made from recycled material is open"
            yield Reason(said, (lot.born.hash,), (name,))
    whole = sum(drawn[name] for name in (*roots, *joined))
    new = sum(drawn[name] for name in joined)
    if new > LITTLE * whole:
        lots = walk.history.lots
        said = f"{new / whole:.0%} of the charge is new material (lot {', '.join(joined)}): whether the magnet is made from recycled material is open"
        yield Reason(said, tuple(lots[name].born.hash for name in joined), tuple(joined))


def _sold(case: Case, recovered: Collection[str]) -> Iterator[Reason]:
    """Recovered lots like magnets that left the ledger within the year before: a magnet that was sold lives longer."""
    history = case.walk.history
    if OTHERS in history.lacks and recovered:
        said = "whether a lot like a recovered one left the ledger within the year before is not in a bundle: ask the ledger"
        yield Reason(said, (), tuple(sorted(recovered)))
    for fact in history.facts.of((Dispose,)):
        if fact.hash in history.voided or not isinstance(fact.event, Dispose):
            continue
        for item in fact.event.lots:
            before = history.lots.get(item.lot)
            if before is None or base(before.output.form) not in GOODS:
                continue
            for name in recovered:
                lot = history.lots[name]
                since = lot.born.event.instant - fact.event.instant
                if timedelta(0) <= since <= LIFE and _same(before, lot):
                    said = (
                        f"lot {name} is recovered {since.days} days after lot {item.lot}, of the same mass and analysis, left the ledger: "
                        "whether it is post-consumer waste is open"
                    )
                    yield Reason(said, (lot.born.hash, fact.hash), (name,))


def _same(one: Lot, other: Lot) -> bool:
    if abs(one.output.mass.mg - other.output.mass.mg) > ALIKE * one.output.mass.mg:
        return False
    said, again = elements_of(one.composition), elements_of(other.composition)
    return all(abs(share - again[name]) <= ALIKE * share for name, share in said.items() if name in again)


def _recovered(case: Case, name: str) -> Reason:
    lot = case.walk.history.lots[name]
    event = lot.born.event
    assert isinstance(event, Recover)  # noqa: S101  (the caller has looked)
    return Reason(
        f"lot {name}: recovered from {event.feedstock or 'feedstock that is not named'}, {event.waste}, recorded by {event.actor}",
        (lot.born.hash,),
        (name,),
    )
