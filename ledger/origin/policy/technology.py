"""Chinese technology abroad: No. 61 item 1(2) and No. 62."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.model.events import Transform
from ledger.origin.policy.case import Case, Outcome, told
from ledger.origin.policy.chinese import between_others, china_day, exports
from ledger.origin.policy.licences import Found, licensed, settle
from ledger.origin.policy.model import CANNOT, COMPLIANT, NOT_APPLICABLE, Reason
from ledger.origin.policy.suspension import InForce, asleep, by_status
from ledger.origin.policy.walk import Step
from ledger.reference.countries import CHINESE
from ledger.rules.provenance import NOT_KNOWN, place


def technology_licence(case: Case) -> Outcome:
    """No. 61 item 1(2): an export of goods that were made abroad with Chinese technology."""
    return by_status(case, _made_with)


def technology_transfer(case: Case) -> Outcome:
    """No. 62: the transfer of the technology itself."""
    return by_status(case, _transferred)


def _stages(case: Case, *, elements: bool) -> Iterator[tuple[Step, str, str]]:
    """(step, `chinese` or `unknown`, which technology) for stages outside China whose technology is not known to be others'."""
    carried = [case.walk.levels(element, case.walk.everything) for element in case.rule.elements]
    for step in case.walk.steps:
        if step.stage not in case.rule.stages or set(step.places) & CHINESE:
            continue
        if elements and not any(step.lot in levels for levels in carried):
            continue
        event = step.fact.event
        used = event.technology if isinstance(event, Transform) else ()
        chinese = [item.what for item in used if item.country in CHINESE]
        if chinese:
            yield step, "chinese", ", ".join(chinese)
        elif not used or any(place(item.country) == NOT_KNOWN for item in used):
            yield step, "unknown", ""


def _made_with(case: Case, in_force: InForce) -> Found:
    lot = case.walk.trace.lot
    own = [item for item in exports(case) if item.lot == lot.id and between_others(item)]
    days = [item.day for item in own] or [case.tested_on]
    if not any(in_force(day) for day in days):
        return NOT_APPLICABLE, [Reason(asleep(days, exported=bool(own)))]
    found = list(_stages(case, elements=True))
    chinese = [
        Reason(f"{told(step)}, with Chinese technology ({what})", (step.fact.hash,), (step.lot,))
        for step, state, what in found
        if state == "chinese"
    ]
    silent = [
        Reason(f"{told(step)}: where its technology comes from is not stated", (step.fact.hash,), (step.lot,))
        for step, state, _what in found
        if state == "unknown"
    ]
    if chinese and own:
        verdict, reasons = settle([licensed(item) for item in own if in_force(item.day)], "")
        return verdict, [*reasons, *chinese, *silent]
    if chinese:
        return CANNOT, [Reason("no export is stated; one on this day would need a licence"), *chinese, *silent]
    if silent:
        return CANNOT, silent
    return COMPLIANT, [Reason("every stage outside China that listed elements passed states technology from elsewhere")]


def _transferred(case: Case, in_force: InForce) -> Found:
    reasons = []
    for step, state, what in _stages(case, elements=False):
        if step.word != "recorded" or not in_force(china_day(step.fact.event.instant)):
            continue
        said = f"with Chinese technology ({what}): when it was transferred is not recorded"
        if state == "unknown":
            said = "where its technology comes from is not stated"
        reasons.append(Reason(f"{told(step)}: {said}", (step.fact.hash,), (step.lot,)))
    if reasons:
        return CANNOT, reasons
    return NOT_APPLICABLE, [
        Reason("no stage with Chinese or unstated technology is recorded abroad while it is in force")
    ]
