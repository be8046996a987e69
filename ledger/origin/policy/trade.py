"""US customs: likely origin, Section 301 and 232, and the region that the UFLPA asks about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ledger.model.entry import Fact
from ledger.model.events import Site, Transform
from ledger.origin.policy.case import (
    MAGNETS,
    Case,
    Outcome,
    greater_china,
    not_done,
    not_in_force,
    one,
    only,
    place_name,
    told,
)
from ledger.origin.policy.model import CANNOT, COMPLIANT, NON_COMPLIANT, NOT_APPLICABLE, Reason, Verdict, worst
from ledger.origin.policy.walk import Step
from ledger.reference.countries import CHINESE
from ledger.reference.stages import order
from ledger.rules.provenance import NOT_KNOWN, joined
from ledger.rules.standing import SiteStatements

ORIGIN_RULE = "US-CUSTOMS-ORIGIN"


def customs_origin(case: Case) -> Outcome:
    """The last stage that is likely a substantial transformation; never more than an opinion."""
    steps = _last(case)
    if not steps:
        said = "no stage that is likely a substantial transformation is recorded or declared: the origin may be that of mining"
        return only(CANNOT, said)
    reasons = [
        Reason(
            f"most likely origin {' or '.join(place_name(code) for code in step.places)}: {told(step)}, the last stage that is "
            "likely to make an article of a new name, character or use",
            (step.fact.hash,),
            (step.lot,),
        )
        for step in steps
    ]
    said = "Customs decides origin case by case (19 CFR 134.1(b)); magnetizing, coating, cutting and machining are not taken for it"
    return only(CANNOT, *reasons, said)


def _last(case: Case) -> list[Step]:
    """Walking back from the lot, the first stages that count on each way; of these the latest in the chain's order."""
    walk = case.walk
    counted: dict[str, Step] = {}
    for step in walk.steps:
        if step.stage in case.rules[ORIGIN_RULE].stages:
            before = counted.get(step.lot)
            if before is None or order(step.stage) > order(before.stage):
                counted[step.lot] = step
    first: list[Step] = []
    todo, seen = [walk.trace.lot.id], set[str]()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in counted:
            first.append(counted[name])
        else:
            todo += [parent.lot for parent in walk.trace.parents[name] if parent.lot is not None]
    latest = max((order(step.stage) for step in first), default=None)
    return [step for step in first if order(step.stage) == latest]


def section_301(case: Case) -> Outcome:
    """A duty and no prohibition: whether it is likely owed."""
    late = not_in_force(case)
    if late is not None:
        return late
    form = case.walk.trace.lot.output.form
    if case.listed and case.form not in (*case.rule.items, "end-item", "block") and not case.may_be_magnet:
        return only(NOT_APPLICABLE, f"the lot is {form}, no permanent magnet")
    steps = _last(case)
    evidence = tuple(step.fact.hash for step in steps)
    lots = tuple(step.lot for step in steps)
    places = {code for step in steps for code in step.places}
    where = joined(places).replace("+", " or ") or "not known"
    likely = f"the likely customs origin is {where}{greater_china(places)}"
    if places & CHINESE:
        return only(
            CANNOT, Reason(f"{likely}: a duty of 25 % is likely owed, if the text is as reported", evidence, lots)
        )
    return only(
        CANNOT, Reason(f"{likely}; only Customs decides it, and the text on the duty was not read", evidence, lots)
    )


def section_232(case: Case) -> Outcome:
    """Nothing was imposed by the proclamation; what followed is not known."""
    late = not_in_force(case)
    if late is not None:
        return late
    until = case.rule.dates["talks_until"]
    if case.tested_on <= until:
        return only(NOT_APPLICABLE, f"Proclamation 11001 imposes no tariff while talks go on, to {until}")
    return only(CANNOT, f"what followed Proclamation 11001 after {until} was not found")


def region(case: Case) -> Outcome:
    """The UFLPA: anything mined, produced or manufactured in Xinjiang, at any stage of any input."""
    late = not_in_force(case)
    if late is not None:
        return late
    verdicts: list[Verdict] = [COMPLIANT]
    reasons = []
    for verdict, reason in (*_stages(case), *_neutral(case)):
        verdicts.append(verdict)
        reasons.append(reason)
    unheld = "whether a party is on the UFLPA Entity List is not checked: the list is not held here"
    found = worst(verdicts)
    clear = (
        []
        if found != COMPLIANT
        else ["no stage is recorded or declared in Xinjiang, and every place that is recorded or declared is known"]
    )
    return Outcome((one(found, *reasons, *clear, unheld),))


def _stages(case: Case) -> Iterator[tuple[Verdict, Reason]]:
    statements = SiteStatements(case.walk.history)
    for step in case.walk.steps:
        evidence = ((step.fact.hash,), (step.lot,))
        regions = _regions(case, statements, step.fact) if step.word == "recorded" else {}
        if "CN" in step.places and not regions:
            yield from _in_china(case, told(step), {None: evidence[0]}, step.lot)
        yield from _in_china(case, told(step), regions, step.lot)
        if NOT_KNOWN in step.places:
            yield CANNOT, Reason(f"{told(step)}: it may have been in Xinjiang{not_done(step)}", *evidence)


def _regions(case: Case, statements: SiteStatements, fact: Fact) -> dict[str | None, tuple[str, ...]]:
    """Every Chinese region that the event's site is stated to lie in, when it happened or now, with the events that say so."""
    now = case.walk.history.sites.get(fact.event.site or "")
    said = [
        *statements.in_force(fact),
        *([(now, now.event)] if now is not None and isinstance(now.event, Site) else []),
    ]
    return {site.region: (fact.hash, stated.hash) for stated, site in said if site.country == "CN"}


def _in_china(
    case: Case, said: str, regions: Mapping[str | None, tuple[str, ...]], lot: str
) -> Iterator[tuple[Verdict, Reason]]:
    """The worst of the regions that a place was stated to lie in."""
    for region, events in regions.items():
        other = [name or "not stated" for name in regions if name != region]
        also = f"; it is also stated as {', '.join(other)}, and the worse counts" if other else ""
        if region in case.rule.names:
            presumed = "presumed inadmissible unless rebutted by clear and convincing evidence (19 U.S.C. 1307)"
            yield NON_COMPLIANT, Reason(f"{said}, in Xinjiang ({region}): {presumed}{also}", events, (lot,))
        elif region not in case.rule.regions:
            word = "its region is not stated" if region is None else f"its region {region} is none that is known"
            yield CANNOT, Reason(f"{said}: {word}, and it may be in Xinjiang{also}", events, (lot,))


def _neutral(case: Case) -> Iterator[tuple[Verdict, Reason]]:
    """Splitting and repacking in Xinjiang: whether that is manufacture in part is open; blending is among the stages."""
    history = case.walk.history
    statements = SiteStatements(history)
    for name in case.walk.trace.lots:
        fact = history.lots[name].born
        event = fact.event
        if (
            not isinstance(event, Transform)
            or event.stage not in ("split", "repack")
            or history.lots[name].passage.reformed
        ):
            continue
        regions = _regions(case, statements, fact)
        open_ones = [region for region in regions if region not in case.rule.regions]
        if open_ones:
            where = ", ".join(sorted(region or "not stated" for region in open_ones))
            said = f"lot {name}: {event.stage} in China, region {where}: whether it is production in Xinjiang is open"
            yield CANNOT, Reason(said, (fact.hash,), (name,))


def specialty_metals(case: Case) -> Outcome:
    """10 U.S.C. 4863: SmCo alloy melted or produced in the United States or a qualifying country."""
    use, item = case.context.end_use, case.context.end_item
    if use is not None and use != "us-defence":
        return only(NOT_APPLICABLE, f"the context states the end use {use}: this is a rule for deliveries to the DoD")
    if item is not None and item.specialty_metals is False:
        return only(NOT_APPLICABLE, "the end item is stated to be none of those that the rule names")
    items = case.walk.items(case.rule.items)
    if not items:
        if case.listed and case.form not in ("end-item", "block") and not case.may_be_magnet:
            return only(
                NOT_APPLICABLE, f"the lot is {case.walk.trace.lot.output.form} and holds no recorded SmCo magnet"
            )
        if case.walk.items(MAGNETS) and case.listed and not case.may_be_magnet:
            return only(NOT_APPLICABLE, "no SmCo magnet is recorded in the lot")
        return only(CANNOT, "whether the lot holds SmCo magnets is not recorded")
    scope = case.walk.above(items)
    levels = case.walk.levels("Sm", scope)
    steps = [
        step for step in case.walk.steps if step.lot in levels and (step.stage in case.rule.stages or step.disguised)
    ]
    if not steps:
        return only(CANNOT, "where the SmCo alloy was melted is not recorded or declared")
    found: list[tuple[Verdict, Reason]] = []
    for step in steps:
        evidence = ((step.fact.hash,), (step.lot,))
        if case.covered & set(step.places):
            found.append(
                (NON_COMPLIANT, Reason(f"{told(step)}: no qualifying country{greater_china(step.places)}", *evidence))
            )
        elif step.places == ("US",):
            found.append((COMPLIANT, Reason(told(step), *evidence)))
        else:
            said = f"{told(step)}: the list of qualifying countries is not held here"
            found.append((CANNOT, Reason(said, *evidence)))
    verdict = worst(item for item, _reason in found)
    return only(verdict, *(reason for item, reason in found if item == verdict))
