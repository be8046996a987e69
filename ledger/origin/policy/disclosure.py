"""Lists of countries by activity: what section 857 of the FY2023 NDAA and Art. 24 of the CRMA ask for.

A list of places is no test that can be passed: a gap is a gap, and a full list still rests on an inquiry that the ledger
does not see.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ledger.origin.policy.case import MAGNETS, Case, Outcome, kept, not_done, not_in_force, one, only, place_name, told
from ledger.origin.policy.load import expand
from ledger.origin.policy.model import CANNOT, COMPLIANT, NOT_APPLICABLE, Branch, Reason
from ledger.origin.policy.regime import Disclosure
from ledger.origin.policy.route import unmade
from ledger.origin.policy.walk import POSSIBLE, Step
from ledger.rules.provenance import NOT_KNOWN


def magnets_disclosed(case: Case) -> Outcome:
    """Section 857: four lists for a system with magnets."""
    late = not_in_force(case)
    if late is not None:
        return late
    use = case.context.end_use
    if use is not None and use != "us-defence":
        return only(NOT_APPLICABLE, f"the context states the end use {use}: the disclosure is owed to the DoD")
    form = case.walk.trace.lot.output.form
    if case.listed and case.form not in case.rule.items and not case.may_be_magnet:
        return only(NOT_APPLICABLE, f"the lot is {form}, no magnet and no system with one")
    reasons, gaps = listed(case)
    elements, everything = expand(case.rule.elements), case.walk.everything
    gaps += unmade(case, everything, elements, everything)
    if not (case.walk.items(MAGNETS) or case.form in MAGNETS):
        gaps.append(Reason("which magnets the lot holds is not recorded", (case.walk.trace.lot.born.hash,)))
    if gaps:
        said = "where the provenance is not known, set up a tracking system within 180 days (sec. 857(a))"
        branch = one(CANNOT, *reasons, *gaps, said, name="disclosure")
    else:
        branch = one(COMPLIANT, "the four lists are complete as recorded and declared", *reasons, name="disclosure")
    return Outcome((branch,), assumptions=_assumed(case))


def _assumed(case: Case) -> tuple[str, ...]:
    return () if case.context.end_use is not None else ("end_use is not stated: taken as a delivery to the DoD",)


def supply_map(case: Case) -> Outcome:
    """Art. 24: where materials were extracted, processed and recycled, for a company's own assessment."""
    late = not_in_force(case)
    if late is not None:
        return late
    reasons, gaps = listed(case)
    said = (
        "Art. 24 asks an assessment of a listed company and not a property of a lot; whether the asker is one, and whether the "
        "assessment is made, the ledger does not know. The map for this lot:"
    )
    return Outcome((Branch("map", "reading", CANNOT, (Reason(said), *reasons, *gaps)),))


def listed(case: Case) -> tuple[list[Reason], list[Reason]]:
    """One reason for each list and country, and one for each gap."""
    elements = expand(case.rule.elements)
    scope = case.walk.everything
    carried = {element: case.walk.levels(element, scope) for element in elements}
    reasons, gaps = [], []
    for wanted in case.rule.disclosures:
        steps = [step for step in case.walk.steps if step.stage in wanted.stages]
        found, unknown = list(_places(wanted, steps, carried)), list(_unknown(wanted, steps, carried))
        reasons += found or [Reason(f"{wanted.name}: no such stage is recorded or declared")]
        gaps += unknown
        if not found and not unknown and wanted.name != "recycled":
            gaps.append(Reason(f"{wanted.name}: nothing recorded or declared says where"))
    return reasons, gaps


def _held(step: Step, carried: Mapping[str, Mapping[str, int]]) -> list[str]:
    return sorted(element for element, levels in carried.items() if levels.get(step.lot, 0) >= POSSIBLE)


def _places(wanted: Disclosure, steps: Collection[Step], carried: Mapping[str, Mapping[str, int]]) -> Iterator[Reason]:
    groups: dict[str, tuple[dict[str, None], dict[str, None], set[str], set[str]]] = {}
    for step in steps:
        held = _held(step, carried)
        for place in step.places if held else ():
            if place == NOT_KNOWN:
                continue
            events, lots, elements, words = groups.setdefault(place, ({}, {}, set(), set()))
            events[step.fact.hash] = None
            lots[step.lot] = None
            elements.update(held)
            words.add(step.word)
    for place, (events, lots, elements, words) in sorted(groups.items()):
        what = kept(elements) if len(elements) <= 8 else f"{kept(sorted(elements)[:4])} and others"  # noqa: PLR2004  (a longer list is not read)
        yield Reason(
            f"{wanted.name}: {place_name(place)}: {what} ({' and '.join(sorted(words))})", tuple(events), tuple(lots)
        )


def _unknown(wanted: Disclosure, steps: Collection[Step], carried: Mapping[str, Mapping[str, int]]) -> Iterator[Reason]:
    for step in steps:
        if NOT_KNOWN in step.places and _held(step, carried):
            yield Reason(f"{wanted.name}: gap: {told(step)}{not_done(step)}", (step.fact.hash,), (step.lot,))
