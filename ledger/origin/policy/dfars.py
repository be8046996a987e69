"""DFARS 252.225-7052: covered magnets by stage and reading, the limb on end items, exceptions, outlooks.

Tested on the delivery date; material made before 2027 is not grandfathered.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.origin.policy.case import (
    MAGNETS,
    Case,
    Outcome,
    greater_china,
    one,
    only,
    out_of_force,
    place_name,
    told,
)
from ledger.origin.policy.delivery import built_in
from ledger.origin.policy.exceptions import ask
from ledger.origin.policy.model import (
    CANNOT,
    COMPLIANT,
    NON_COMPLIANT,
    NOT_APPLICABLE,
    Branch,
    Reason,
    Verdict,
    worst,
)
from ledger.origin.policy.phases import alloyed
from ledger.origin.policy.regime import Reading, Rule
from ledger.origin.policy.stages import judge
from ledger.reference.forms import FORMS
from ledger.reference.words import may_be_magnet
from ledger.rules.content import elements_of
from ledger.rules.provenance import NOT_KNOWN

WITHOUT = "without the exception"
"""Begins what would be said of a lot but for an exception."""
UNFINISHED = ("block", "eol-magnet")
"""Listed forms that are a magnet but for a last stage, or one at its end; whether they are covered material no text that was read says."""
MAGNETIC_STAGES = frozenset(
    {"alloy_melt", "powder", "press", "sinter", "bond", "gbd", "magnetize", "hpms", "mill_recycled"}
)
"""Stages that a part which is no magnet has no need of; iron is machined and coated as well."""
TELLING = 0.05
"""Mass fraction of an element that tells the kind of a magnet."""
HARMLESS = frozenset({
    "ore", "concentrate", "mixed-carbonate", "mixed-chloride", "leach-liquor", "oxide", "oxalate", "carbonate", "fluoride",
    "chloride", "metal", "ferroboron", "iron",
})  # fmt: skip
"""Forms that do not become magnets by being built into an end item."""


def evaluate(case: Case) -> Outcome:
    """Branches by reading; the rule that is not in force yet, or no longer, as an outlook."""
    use = case.context.end_use
    if use is not None and use != "us-defence":
        return only(NOT_APPLICABLE, f"the context states the end use {use}: this is a rule for deliveries to the DoD")
    assumptions = _assumptions(case)
    late = out_of_force(case)
    if late is not None:
        branches = [one(NOT_APPLICABLE, late, name="in force")]
        first = case.rule.effective_from
        if first is not None and case.tested_on < first:
            branches += _outlook(case, case.rule, f"if delivered from {first}")
        return Outcome(tuple(branches), assumptions=assumptions)
    branches = list(readings(case))
    branches += _pending(case)
    for name in case.rule.outlook:
        near = _near(case, case.rules[name])
        if near is not None:
            branches += _outlook(case, case.rules[name], near)
    return Outcome(tuple(branches), assumptions=assumptions)


def readings(case: Case) -> Iterator[Branch]:
    """One branch for each reading of the rule, whether or not it is in force."""
    subject = _subject(case)
    for reading in case.rule.readings:
        if isinstance(subject, frozenset):
            verdict, reasons = _with_exceptions(case, reading, subject)
        else:
            verdict, reasons = subject, _otherwise(case, reading, subject)
        yield Branch(reading.name, "reading", verdict, tuple(reasons))


def _subject(case: Case) -> frozenset[str] | Verdict:
    """The covered magnets in the lot; or that it holds none, or that this is open."""
    items = case.walk.items(case.rule.items)
    if case.form in MAGNETS:
        return items or (CANNOT if _of_the_other_kind(case) else NOT_APPLICABLE)
    if case.form == "end-item" or not case.listed:
        if items:
            return items
        return NOT_APPLICABLE if case.listed and case.walk.items(MAGNETS) and not opaque(case) else CANNOT
    open_ = case.form in UNFINISHED or case.may_be_magnet or _magnetic(case, case.walk.trace.lot.id)
    return CANNOT if open_ else NOT_APPLICABLE


def _of_the_other_kind(case: Case) -> bool:
    """Whether a magnet's composition says that it is of the kind that this rule asks, whatever its form says."""
    stated = elements_of(case.walk.trace.lot.composition)
    keys = {"magnet-ndfeb": ("Nd", "Pr"), "magnet-smco": ("Sm",)}
    return any(stated.get(element, 0.0) > TELLING for item in case.rule.items for element in keys.get(item, ()))


def _magnetic(case: Case, name: str) -> bool:
    """Whether a lot of a form that is no magnet is one, or holds one, by its own words, stages or composition."""
    walk = case.walk
    if may_be_magnet(walk.history.lots[name].output.form):
        return True
    stages = {step.stage for step in walk.steps_of(name)}
    return walk.form(name) in HARMLESS and (bool(stages & MAGNETIC_STAGES) or alloyed(walk, name))


def opaque(case: Case) -> list[str]:
    """Lots beside the recorded magnets that may be or hold magnets, and do not say which."""
    walk = case.walk
    beside = walk.everything - walk.scope(walk.items(MAGNETS))
    return [
        name
        for name in walk.trace.lots
        if name in beside and (walk.form(name) not in HARMLESS or _magnetic(case, name) or _assembled(case, name))
    ]


def _assembled(case: Case, name: str) -> bool:
    """Whether a part of a harmless form was put together from others, or says neither what it holds nor, by its form alone, what it is."""
    lot = case.walk.history.lots[name]
    if any(step.stage == "assemble" for step in case.walk.steps_of(name)):
        return True
    # Short suffixes spell elements (`ndpr`, `cu`) and those with digits grades; longer words name some thing.
    words = lot.output.form[len(case.walk.form(name)) :].strip("-")
    return lot.composition is None and bool(words) and not any(map(str.isdigit, words)) and len(words) > len("ndpr")


def _otherwise(case: Case, reading: Reading, verdict: Verdict) -> list[Reason]:
    """Why the lot is not asked, or not answered; and what would fail if a magnet were made of it."""
    form = case.walk.trace.lot.output.form
    wanted = " or ".join(case.rule.items)
    if verdict == NOT_APPLICABLE:
        said = f"the lot is {form}, not {wanted} nor an end item recorded to hold one"
    elif case.form in UNFINISHED:
        state = "a magnet at its end" if case.form == "eol-magnet" else "a magnet but for its last stages"
        said = f"the lot is {form}, {state}: whether it is covered material is open"
    else:
        said = f"the lot is {form}: which magnets it is or holds is not recorded"
    if case.form in MAGNETS:
        return [Reason(said)]
    found, reasons = judge(case, reading, (case.walk.trace.lot.id,))
    if found != NON_COMPLIANT:
        return [Reason(said)]
    failing = [reason for reason in reasons if "a covered country (" in reason.text]
    more = [Reason(f"would fail if a magnet is made of it: {item.text}", item.events, item.lots) for item in failing]
    return [Reason(said), *more]


def _with_exceptions(case: Case, reading: Reading, items: frozenset[str]) -> tuple[Verdict, list[Reason]]:
    material, why = judge(case, reading, items)
    made, end_item = _end_item(case, items)
    silent = [*_silent(case), *built_in(case.walk.history, case.walk.trace.lot, case.covered)]
    if silent:
        material = worst((material, CANNOT))
    reasons = [*why, *silent, *end_item]
    if worst((material, made)) == COMPLIANT:
        return COMPLIANT, reasons
    exempt: list[Reason] = []
    for name in case.rule.exceptions:
        answer = ask(case, case.rules[name], items)
        exempt += answer.reasons
        if answer.state == "no":
            continue
        instead: Verdict = COMPLIANT if answer.state == "applies" else CANNOT
        material = _better(material, instead)
        made = made if answer.material_only else _better(made, instead)
        if worst((material, made)) == COMPLIANT:
            without = [Reason(f"{WITHOUT}: {item.text}", item.events, item.lots) for item in reasons]
            return COMPLIANT, [*answer.reasons, *without]
    return worst((material, made)), [*reasons, *exempt]


def _silent(case: Case) -> list[Reason]:
    """Why more magnets may be in the lot than those that are recorded."""
    lots = case.walk.history.lots
    found = []
    if not case.listed:
        found.append(
            Reason(f"the lot's form {case.walk.trace.lot.output.form} is not listed: what it holds is not known")
        )
    if case.form in MAGNETS:
        return found
    found += [
        Reason(
            f"lot {name} ({lots[name].output.form}) is built in, and which magnets it is or holds is not recorded",
            (lots[name].born.hash,),
            (name,),
        )
        for name in opaque(case)
    ]
    return found


def _better(verdict: Verdict, instead: Verdict) -> Verdict:
    """The verdict where an exception applies (`compliant`) or may apply (`cannot-determine`)."""
    order = (COMPLIANT, CANNOT, NON_COMPLIANT)
    return min(verdict, instead, key=order.index)


def _end_item(case: Case, items: frozenset[str]) -> tuple[Verdict, list[Reason]]:
    """The limb on end items manufactured in a covered country that contain covered material ((b)(1); DOMAIN.md L24)."""
    verdicts: list[Verdict] = [COMPLIANT]
    reasons: list[Reason] = []
    stated = case.context.end_item
    if stated is not None:
        if stated.country is None:
            verdicts.append(CANNOT)
            reasons.append(
                Reason("the context names an end item and not the country where it is manufactured ((b)(1))")
            )
        elif stated.country in case.covered:
            verdicts.append(NON_COMPLIANT)
            reasons.append(
                Reason(
                    f"the end item is stated to be manufactured in {place_name(stated.country)}, a covered country, and contains "
                    f"covered material ((b)(1)){greater_china((stated.country,))}"
                )
            )
        else:
            reasons.append(Reason(f"the end item is stated to be manufactured in {place_name(stated.country)}"))
    after = case.walk.below(items)
    for step in case.walk.steps:
        # Any stage that is done to what the magnet was built into is manufacture of that item.
        if step.lot not in after or case.walk.form(step.lot) in FORMS.keys() - {"end-item", "residue"}:
            continue
        evidence = ((step.fact.hash,), (step.lot,))
        if case.covered & set(step.places):
            verdicts.append(NON_COMPLIANT)
            said = (
                f"{told(step)}: an end item manufactured in a covered country that contains covered material ((b)(1))"
            )
            reasons.append(Reason(said + greater_china(step.places), *evidence))
        elif NOT_KNOWN in step.places:
            verdicts.append(CANNOT)
            reasons.append(Reason(f"{told(step)}: where the end item is manufactured is not known ((b)(1))", *evidence))
    return worst(verdicts), reasons


def _assumptions(case: Case) -> tuple[str, ...]:
    found = []
    if case.context.end_use is None:
        found.append("end_use is not stated: taken as a delivery to the DoD")
    if case.context.contract_value_usd is None:
        found.append("contract_value_usd is not stated: taken as above the simplified acquisition threshold")
    if case.context.end_item is None and case.form in MAGNETS:
        found.append("end_item is not stated: the magnet is taken to be delivered by itself")
    return tuple(found)


def _near(case: Case, other: Rule) -> str | None:
    """When the other rule holds, in words, if the border to it is near the day."""
    days = case.rule.outlook_days
    if other.effective_from is not None and 0 < (other.effective_from - case.tested_on).days <= days:
        return f"if delivered from {other.effective_from}"
    if other.effective_to is not None and 0 < (case.tested_on - other.effective_to).days <= days:
        return f"if it had been delivered by {other.effective_to}"
    return None


def _outlook(case: Case, other: Rule, when: str) -> Iterator[Branch]:
    day = max(case.tested_on, other.effective_from or case.tested_on)
    day = min(day, other.effective_to or day)
    there = case.of(other, day)
    if isinstance(_subject(there), frozenset):
        for branch in readings(there):
            yield Branch(f"{when}: {other.id}, {branch.name}", "pending", branch.verdict, branch.reasons)


def _pending(case: Case) -> Iterator[Branch]:
    if not isinstance(_subject(case), frozenset):
        return
    for bill in case.rule.pending:
        if bill.test_as is None or (bill.until is not None and case.tested_on > bill.until):
            yield one(CANNOT, bill.text, name=bill.name, kind="pending")
            continue
        for branch in readings(case.of(case.rules[bill.test_as])):
            yield Branch(f"{bill.name}: {branch.name}", "pending", branch.verdict, (Reason(bill.text), *branch.reasons))
