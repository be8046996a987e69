"""The test of stages: did material that can carry a covered element pass a covered stage in a covered country?"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ledger.origin.policy.case import MAGNETS, MANY, Case, greater_china, kept, not_done, short, told
from ledger.origin.policy.load import expand
from ledger.origin.policy.model import CANNOT, COMPLIANT, NON_COMPLIANT, Reason, Verdict
from ledger.origin.policy.phases import onward, unsaid
from ledger.origin.policy.regime import Reading
from ledger.origin.policy.route import unmade
from ledger.origin.policy.standing import CONSTITUENTS, OF_RARE_EARTHS, of_the_whole
from ledger.origin.policy.supply import INHERENT, missing
from ledger.origin.policy.walk import CERTAIN, POSSIBLE, ROOM, Step, level
from ledger.reference.elements import RARE_EARTHS
from ledger.reference.forms import implied_stages, lookup
from ledger.rules.provenance import NOT_KNOWN

DIFFUSED = frozenset({"Dy", "Tb"})
"""What is diffused into a magnet, alone or with other rare earths."""
SOLID = ("compact", "block", *MAGNETS)
"""What it is diffused into."""


def judge(case: Case, reading: Reading, items: Collection[str]) -> tuple[Verdict, list[Reason]]:
    """The verdict of one reading over what `items` were made from and became, and the reasons that decide it.

    Any amount counts. A failure needs a lot that carries the element, or whose composition does not say; a lot whose listing
    merely leaves room for it leaves the question open.
    """
    scope = case.walk.scope(items)
    stages = {*case.rule.stages, *reading.stages}
    strong, weak = expand(reading.elements), frozenset(expand(reading.doubtful)) - frozenset(expand(reading.elements))
    inside = [step for step in case.walk.steps if step.lot in scope]
    # A product of the melt shows its phase, whatever the stage is called.
    asked = [
        step
        for step in inside
        if step.stage in stages or step.disguised or ("alloy_melt" in stages and onward(case.walk, step))
    ]
    below = case.walk.below(items)
    nameless = [step for step in inside if step not in asked and step.lot not in below and unsaid(case.walk, step)]
    steps = [step for step in inside if step in asked or step in nameless or _blended_in_scope(case, step, stages)]
    carried = {element: _with_inherent(case, element, case.walk.levels(element, scope)) for element in (*strong, *weak)}
    failed, unknown, room, doubtful = [], [], [], []
    for step in steps:
        found = {element: levels[step.lot] for element, levels in carried.items() if step.lot in levels}
        sure = [element for element in strong if found.get(element, 0) >= POSSIBLE]
        maybe = [element for element in strong if found.get(element, 0) == ROOM]
        other = [element for element in weak if element in found]
        if step in nameless:
            if (case.covered | {NOT_KNOWN}) & set(step.places) and found:
                doubtful.append(_nameless(case, step))
        elif step.stage == "blend" and not step.disguised:
            if (case.covered | {NOT_KNOWN}) & set(step.places) and found:
                doubtful.append(_blended(step))
        elif case.covered & set(step.places):
            if sure:
                failed.append(_failed(case, step, sure, found))
            elif maybe:
                room.append(_room(case, step, maybe))
            elif other:
                doubtful.append(_doubtful(step, strong, other))
        elif NOT_KNOWN in step.places and (sure or maybe or other):
            unknown.append(_unknown(step, sure, maybe or other))
    lacking = [*missing(case, reading, items, strong, scope), *unmade(case, items, strong, scope)]
    undiffused = [_undiffused(step) for step in inside if DIFFUSED & set(strong) and _bare(case, step)]
    whole = of_the_whole(case, scope, strong, stages)
    open_ends = [*unknown, *lacking, *whole, *room, *doubtful, *undiffused]
    if failed:
        return NON_COMPLIANT, [*failed, *open_ends]
    if open_ends:
        return CANNOT, open_ends
    return COMPLIANT, passed(case, [step for step in steps if step not in nameless], carried)


def _bare(case: Case, step: Step) -> bool:
    """Whether a grain-boundary diffusion has no input, beside the magnets, that can bring a rare earth; a declared one has none."""
    if step.stage != "gbd" or step.word == "declared":
        return step.stage == "gbd" and NOT_KNOWN not in step.places
    lots = case.walk.history.lots
    return not any(
        level(parent.drawn.mg, parent.drawn.composition, lots[parent.lot].output.form, element) >= POSSIBLE
        for parent in case.walk.trace.parents[step.lot]
        if parent.lot is not None and case.walk.form(parent.lot) not in (*SOLID, "eol-magnet")
        for element in RARE_EARTHS
    )


def _undiffused(step: Step) -> Reason:
    said = f"{told(step)}: grain-boundary diffusion brings in a rare earth, and no input is recorded that can have brought it"
    return Reason(said + not_done(step), (step.fact.hash,), (step.lot,))


def _blended_in_scope(case: Case, step: Step, stages: Collection[str]) -> bool:
    """Whether a blend mixes material whose form has been through a stage that counts."""
    form = case.walk.history.lots[step.lot].output.form
    return step.stage == "blend" and bool(set(implied_stages(form)) & set(stages))


def _blended(step: Step) -> Reason:
    said = f"{told(step)}: whether mixing such material is production is open"
    return Reason(said, (step.fact.hash,), (step.lot,))


def _nameless(case: Case, step: Step) -> Reason:
    form = case.walk.history.lots[step.lot].output.form
    why = "a form that no list knows" if lookup(form) is None else "which does not say whether it is an alloy"
    said = f"{told(step)}, made {form}, {why}: whether that is a phase of production is open"
    return Reason(said, (step.fact.hash,), (step.lot,))


def _with_inherent(case: Case, element: str, levels: Mapping[str, int]) -> Mapping[str, int]:
    """The levels, with what magnets, and what was made from them, hold by their name."""
    raised = dict(levels)
    for name in case.walk.trace.lots:
        by_name = element in INHERENT.get(case.walk.form(name), ())
        from_magnet = any(
            parent.lot is not None and case.walk.form(parent.lot) in MAGNETS and raised.get(parent.lot, 0) >= POSSIBLE
            for parent in case.walk.trace.parents[name]
        )
        if name in raised and (by_name or from_magnet):
            raised[name] = max(raised[name], POSSIBLE)
    return raised


def _carrying(elements: Collection[str], found: Mapping[str, int]) -> str:
    stated = [element for element in elements if found[element] == CERTAIN]
    silent = [element for element in elements if found[element] != CERTAIN]
    parts = []
    if stated:
        parts.append(f"it carries {kept(stated)}")
    if silent:
        parts.append(
            f"it is taken to carry {'further rare earths' if len(silent) > MANY else kept(silent)}, not measured"
        )
    return " and ".join(parts)


def _failed(case: Case, step: Step, sure: list[str], found: Mapping[str, int]) -> Reason:
    stages = {stage for reading in case.rule.readings for stage in (*case.rule.stages, *reading.stages)}
    made = (
        ""
        if step.stage in stages or step.disguised
        else f", which made {case.walk.form(step.lot)}, a phase of production"
    )
    return Reason(
        f"{told(step)}{made}; {_carrying(sure, found)}; a covered country ({case.rule.citation.split(';')[0]}){greater_china(step.places)}",
        (step.fact.hash,),
        (step.lot,),
    )


def _room(case: Case, step: Step, maybe: list[str]) -> Reason:
    return Reason(
        f"{told(step)}; a covered country; its composition does not list {short(maybe)} but leaves room for it "
        f"(a measured 0 would settle it){greater_china(case.covered & set(step.places))}",
        (step.fact.hash,),
        (step.lot,),
    )


def _doubtful(step: Step, strong: Collection[str], other: list[str]) -> Reason:
    return Reason(
        f"{told(step)}; a covered country; it can carry {short(other)} but none of {kept(strong)}: whether it counts is open",
        (step.fact.hash,),
        (step.lot,),
    )


def _unknown(step: Step, sure: list[str], maybe: list[str]) -> Reason:
    what = f"it can carry {short(sure)}" if sure else f"its listing leaves room for {short(maybe)}"
    return Reason(f"{told(step)}; {what}; unknown is never clean{not_done(step)}", (step.fact.hash,), (step.lot,))


def _borne(held: Collection[str], maybe: Collection[str]) -> str:
    """What material is stated to hold, and what it may hold besides where its composition is not stated."""
    said = [short(held)] if held else []
    if maybe:
        said.append(f"{'possibly also' if held else 'composition not stated, possibly'} {short(maybe)}")
    return "; ".join(said)


def passed(case: Case, steps: Collection[Step], carried: Mapping[str, Mapping[str, int]]) -> list[Reason]:
    """Where each stage took place, for a reading that nothing fails: recorded and declared apart."""
    groups: dict[tuple[str, str, str], tuple[set[str], set[str], set[str], set[str]]] = {}
    for step in steps:
        of = carried.keys() - (CONSTITUENTS if step.stage in OF_RARE_EARTHS else frozenset())
        elements = {element for element in of if carried[element].get(step.lot, 0) >= POSSIBLE}
        if not elements or (step.stage == "blend" and not step.disguised):
            continue
        events, lots, held, maybe = groups.setdefault(
            (step.stage, "+".join(step.places), step.word), (set(), set(), set(), set())
        )  # fmt: skip
        events.add(step.fact.hash)
        lots.add(step.lot)
        certain = {element for element in elements if carried[element][step.lot] >= CERTAIN}
        held.update(certain)
        maybe.update(elements - certain)
    order = list(dict.fromkeys(step.stage for step in case.walk.steps))
    return [
        Reason(
            f"{stage}: {word} in {places} ({_borne(held, maybe - held)})", tuple(sorted(events)), tuple(sorted(lots))
        )
        for (stage, places, word), (events, lots, held, maybe) in sorted(
            groups.items(), key=lambda item: order.index(item[0][0])
        )
    ]
