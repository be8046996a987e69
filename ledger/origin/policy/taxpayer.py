"""Tests of the taxpayer and its costs: facts that the asker states and no ledger of material holds."""

from __future__ import annotations

from datetime import date, timedelta

from ledger.origin.policy.case import Case, Outcome, greater_china, not_in_force, only, place_name
from ledger.origin.policy.context import Taxpayer
from ledger.origin.policy.evidence import percent
from ledger.origin.policy.model import CANNOT, COMPLIANT, NON_COMPLIANT, NOT_APPLICABLE, Reason, Verdict, worst
from ledger.origin.policy.regime import Reading
from ledger.origin.policy.stages import judge

NOT_THE_LOT = "this depends on the taxpayer and not on the lot"
Test = tuple[Verdict, str]


def specified(case: Case) -> Outcome:
    """26 U.S.C. 7701(a)(51)(B): is the taxpayer a specified foreign entity?"""
    early = _too_early(case)
    if early is not None:
        return early
    who = case.context.taxpayer or Taxpayer()
    tests = [
        _place("it is organised", who.country, case),
        _place("its principal place of business is", who.principal_place_of_business, case),
        _flag("it is on one of the lists of (51)(B)", who.on_listed_entities, "it is on no list of (51)(B)"),
        _flag(
            "it is a covered nation's government, agency or citizen",
            who.covered_government_or_citizen,
            "it is no government, agency or citizen of a covered nation",
        ),
        _over("held by covered nations' governments, citizens and entities", who.covered_control_share, case.rule.thresholds["control"], "more than"),
    ]  # fmt: skip
    return _outcome(tests, case)


def influenced(case: Case) -> Outcome:
    """26 U.S.C. 7701(a)(51)(D): is the taxpayer foreign-influenced?"""
    early = _too_early(case)
    if early is not None:
        return early
    who, marks = case.context.taxpayer or Taxpayer(), case.rule.thresholds
    tests = [
        _flag(
            "a specified foreign entity may appoint a covered officer",
            who.may_appoint_officer,
            "no specified foreign entity may appoint a covered officer",
        ),
        _over("held by one specified foreign entity", who.sfe_single_share, marks["single"], "at least"),
        _over("held by specified foreign entities together", who.sfe_total_share, marks["total"], "at least"),
        _over("of the debt held by specified foreign entities", who.sfe_debt_share, marks["debt"], "at least"),
        _flag(
            "payments or contracts give effective control",
            who.effective_control,
            "no payments or contracts give effective control",
        ),
    ]
    return _outcome(tests, case)


def concern(case: Case) -> Outcome:
    """89 FR 37079: battery minerals; covered-nation activity, 25 % government shares, effective control."""
    late = not_in_force(case)
    if late is not None:
        return late
    if case.listed and case.form in case.rule.items:
        return only(NOT_APPLICABLE, f"it speaks of battery minerals; the lot is {case.walk.trace.lot.output.form}")
    reading = Reading(name="as read", says="extracted, processed or recycled", elements=("REE", "Fe", "B", "Co", "Ni"))
    verdict, why = judge(case, reading, (case.walk.trace.lot.id,))
    who, mark = case.context.taxpayer or Taxpayer(), case.rule.thresholds["government"]
    tests = [
        _over(
            "of board seats held by covered-nation governments", who.covered_government_board_share, mark, "at least"
        ),
        _over("of votes held by covered-nation governments", who.covered_government_vote_share, mark, "at least"),
        _over("of equity held by covered-nation governments", who.covered_government_equity_share, mark, "at least"),
        _flag("contracts give effective control", who.effective_control, "no contracts give effective control"),
    ]
    # A place is no entity: what was done in a covered nation points to an entity there, which the rule asks about.
    return only(worst((verdict, *(found for found, _text in tests))), *why, *(text for _found, text in tests))


def material_assistance(case: Case) -> Outcome:
    """26 U.S.C. 7701(a)(52): the material assistance cost ratio against the threshold of the year of sale."""
    late = not_in_force(case)
    if late is not None:
        return late
    lot = case.walk.trace.lot
    if case.listed and case.form not in case.rule.items:
        return only(NOT_APPLICABLE, f"{lot.output.form} is no form of an applicable critical mineral")
    marks = case.rule.thresholds
    mark = marks[str(min(case.tested_on.year, max(int(year) for year in marks)))]
    said = f"threshold of {mark:.0%} for sales in {case.tested_on.year} ({case.rule.citation})"
    who = "; a taxpayer that is a specified foreign or foreign-influenced entity fails whatever the ratio"
    costs = case.context.costs
    if costs is None:
        if mark == 0:
            return only(COMPLIANT, f"{said}: no input can fail it{who}")
        return only(CANNOT, f"{said}; costs are not stated{who}")
    ratio = (costs.direct_material - costs.pfe_material) / costs.direct_material
    verdict = COMPLIANT if ratio >= mark else NON_COMPLIANT
    return only(verdict, f"ratio {ratio:.2%} from the costs stated, {said}{who}")


def _too_early(case: Case) -> Outcome | None:
    name, after = case.rule.test_date, case.rule.dates["years_beginning_after"]
    ends = case.context.date_of(name) if name is not None else None
    # The day that is asked about ends no taxable year; only a year that is stated can lie before the law.
    begins = _first_day(ends) if ends is not None else None
    if begins is None or begins > after:
        return None
    return only(NOT_APPLICABLE, f"the taxable year begins on {begins}, not after {after} ({case.rule.citation})")


def _first_day(last: date) -> date:
    """The day on which a taxable year begins that ends on `last`; in year 1 the first day that there is."""
    if last.year == date.min.year:
        return date.min
    return last.replace(year=last.year - 1, day=28 if (last.month, last.day) == (2, 29) else last.day) + timedelta(
        days=1
    )


def _place(what: str, country: str | None, case: Case) -> Test:
    if country is None:
        return CANNOT, f"not stated: where {what}"
    covered = country in case.covered
    word = "a covered nation" if covered else "no covered nation"
    return (
        NON_COMPLIANT if covered else COMPLIANT,
        f"{what} in {place_name(country)}, {word}{greater_china((country,))}",
    )


def _flag(what: str, value: bool | None, denied: str) -> Test:  # noqa: FBT001  (three-valued: None is not stated)
    """One fact in words; `denied` says that it is not so."""
    if value is None:
        return CANNOT, f"not stated: whether {what}"
    return (NON_COMPLIANT, f"stated: {what}") if value else (COMPLIANT, f"stated: {denied}")


def _over(what: str, share: float | None, mark: float, word: str) -> Test:
    if share is None:
        return CANNOT, f"not stated: the share {what}"
    over = share > mark if word == "more than" else share >= mark
    return NON_COMPLIANT if over else COMPLIANT, f"stated: {percent(share)} {what}; the mark is {word} {percent(mark)}"


def _outcome(tests: list[Test], case: Case) -> Outcome:
    stated = case.context.taxpayer is not None
    return only(
        worst(verdict for verdict, _text in tests),
        Reason(NOT_THE_LOT),
        *(text for _verdict, text in tests),
        assumptions=() if stated else ("taxpayer is not stated: every fact about it counts as unknown",),
    )
