"""DFARS 252.225-7052: covered magnets, every stage with what it counts for before and from 2027-01-01, the answers, the exceptions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ledger.origin.policy.case import Case, greater_china, not_done, place_name, short, told
from ledger.origin.policy.exceptions import ask
from ledger.origin.policy.load import expand
from ledger.origin.policy.phases import onward, unsaid
from ledger.origin.policy.regime import Reading
from ledger.origin.policy.walk import POSSIBLE, Step
from ledger.report.forms.form import OPEN, Row, Section
from ledger.report.forms.section857 import named
from ledger.report.forms.statement import deciding, expected
from ledger.report.forms.subject import Subject, delivered, stated
from ledger.rules.provenance import NOT_KNOWN

BEFORE = "US-DFARS-7052-A"
NDFEB, SMCO = "US-DFARS-7052-B-NDFEB", "US-DFARS-7052-B-SMCO"
POLICIES = (BEFORE, NDFEB, SMCO)
COLUMNS = (
    "Stage", "Country", "Covered country", "Can carry", "Recorded or declared", "To 2026-12-31", "From 2027-01-01", "Lots",
)  # fmt: skip


def sections(subject: Subject) -> Iterator[Section]:
    """Covered material, stages, answers, exceptions, end item."""
    said = "which magnets the lot is or holds is not recorded, so whether it is covered material is open"
    yield delivered(subject, "Covered material", said)
    yield Section("Stages of production", COLUMNS, tuple(_stages(subject)))
    yield deciding(subject, POLICIES)
    yield from expected(subject, POLICIES)
    title = "Exceptions (225.7018-3), in the order in which they are asked"
    yield Section(title, ("Exception", "Citation", "Answer", "Why"), tuple(_exceptions(subject)))
    yield Section("End item and contract", ("What", "Value"), tuple(_end_item(subject)))


def _after(subject: Subject) -> tuple[Case, ...]:
    """The rules from 2027 on that speak of the magnets in the lot; both where none is recorded."""
    forms = {subject.walk.form(name) for name in subject.magnets}
    cases = [subject.case(name) for name in (NDFEB, SMCO)]
    return tuple(case for case in cases if not forms or forms & set(case.rule.items))


def _stages(subject: Subject) -> Iterator[Row]:
    """One row for each stage, country, word and what it counts for; of material that can carry an element of any reading."""
    walk, before, after = subject.walk, subject.case(BEFORE), _after(subject)
    readings = [reading for case in (before, *after) for reading in case.rule.readings]
    elements = sorted({element for reading in readings for element in expand((*reading.elements, *reading.doubtful))})
    levels = {element: walk.levels(element, walk.everything) for element in elements}
    below = walk.below(subject.magnets)
    groups: dict[tuple[str, ...], list[Step]] = {}
    for step in walk.steps:
        if any(step.lot in found for found in levels.values()):
            then, now = _counts((before,), step, below), _counts(after, step, below)
            groups.setdefault((step.stage, *sorted(step.places), step.word, then, now), []).append(step)
    for steps in groups.values():
        yield _stage(before, steps, levels, _counts((before,), steps[0], below), _counts(after, steps[0], below))
    if not groups:
        born = subject.trace.lot.born.hash
        yield Row((OPEN,) * len(COLUMNS), (born,), "no stage of any covered element is recorded or declared")


def _stage(case: Case, steps: list[Step], levels: Mapping[str, Mapping[str, int]], then: str, now: str) -> Row:
    first, lots = steps[0], tuple(dict.fromkeys(step.lot for step in steps))
    sure = [element for element, found in levels.items() if any(found.get(lot, 0) >= POSSIBLE for lot in lots)]
    carries = short(sure) if sure else f"listing leaves room for {short(e for e, found in levels.items() if set(lots) & found.keys())}"  # fmt: skip
    hit, dark = bool(case.covered & set(first.places)), NOT_KNOWN in first.places
    covered = ("yes" + greater_china(first.places)) if hit else "unknown" if dark else "no"
    where = " and ".join(place_name(place) for place in first.places if place != NOT_KNOWN) or OPEN
    cells = (first.stage, where, covered, carries, first.word, then, now, named(lots))
    gap = "; ".join(f"{told(step)}{not_done(step)}" for step in steps) if dark else None
    return Row(cells, tuple(dict.fromkeys(step.fact.hash for step in steps)), gap)


def _counts(cases: Collection[Case], step: Step, below: Collection[str]) -> str:
    """Whether a stage counts: in every reading, in one alone, openly, or not."""
    found = [_counted(case, reading, step, below) for case in cases for reading in case.rule.readings]
    if all(word == "counts" for word in found):
        return "counts"
    if "counts" in found:
        names = dict.fromkeys(reading.name for case in cases for reading in case.rule.readings if _counted(case, reading, step, below) == "counts")  # fmt: skip
        return f"counts as read: {', '.join(names)}"
    return "open" if "open" in found else "does not count"


def _counted(case: Case, reading: Reading, step: Step, below: Collection[str]) -> str:
    """The same sorting of stages as `origin.policy.stages.judge`."""
    stages = {*case.rule.stages, *reading.stages}
    if step.stage == "blend" and not step.disguised:
        return "open"
    if step.stage in stages or step.disguised or ("alloy_melt" in stages and onward(case.walk, step)):
        return "counts"
    return "open" if step.lot not in below and unsaid(case.walk, step) else "no"


def _exceptions(subject: Subject) -> Iterator[Row]:
    """Each exception of the rule that is in force on the day: whether it applies, may or does not, and why."""
    before = subject.case(BEFORE)
    last = before.rule.effective_to
    case = before if last is None or before.tested_on <= last else _after(subject)[0]
    items = case.walk.items(case.rule.items)
    for name in case.rule.exceptions:
        rule = case.rules[name]
        if not items:
            yield Row((rule.id, rule.citation, OPEN, rule.asks), gap=f"{rule.id}: not asked, since no covered magnet is recorded")  # fmt: skip
            continue
        answer = ask(case, rule, items)
        word = {"applies": "applies", "open": "may apply", "no": "does not apply"}[answer.state]
        events = tuple(dict.fromkeys(digest for reason in answer.reasons for digest in reason.events))
        why = "; ".join(dict.fromkeys(reason.text for reason in answer.reasons))
        evidenced = events and answer.state != "open" and name == "US-DFARS-EXC-RECYCLED-NDFEB"
        yield Row((rule.id, rule.citation, word, why), events, None if evidenced else why)


def _end_item(subject: Subject) -> Iterator[Row]:
    """What the other limb of (b)(1) and the exceptions ask of the asker, and no ledger holds."""
    context, item = subject.context, subject.context.end_item
    yield stated("Delivery date", context.delivery_date, "delivery_date")
    yield stated("Contract value, USD", context.contract_value_usd, "contract_value_usd")
    yield stated("End item", item.name if item is not None else None, "end_item.name")
    yield stated("Country where the end item is manufactured", item.country if item is not None else None, "end_item.country")  # fmt: skip
