"""Announcements that a status object suspends: one branch for each state in which the law may be on the day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from ledger.origin.policy.case import Case, Outcome
from ledger.origin.policy.model import NOT_APPLICABLE, Branch, Reason, Verdict
from ledger.origin.policy.regime import Phase, Rule

InForce = Callable[[date], bool]
"""Whether the rule is in force on a day, in one branch."""
Test = Callable[[Case, InForce], tuple[Verdict, list[Reason]]]


def by_status(case: Case, test: Test) -> Outcome:
    """One branch for each state of the law on the day; past exports are judged by their own day in the same branch."""
    rule = case.rule
    if not rule.suspended_by:
        verdict, reasons = test(case, lambda day: rule.effective_from is None or day >= rule.effective_from)
        return Outcome((Branch("in force", "status", verdict, tuple(reasons)),))
    status = case.rules[rule.suspended_by]
    phase = _phase(status, case.tested_on)
    if phase is None:
        said = f"not in force on {case.tested_on}: announced later ({rule.citation})"
        return Outcome((Branch("before it was announced", "status", NOT_APPLICABLE, (Reason(said),)),))
    branches = []
    for state in phase.branches:
        verdict, reasons = test(case, _in_force(rule, status, state.name))
        said = f"{state.text} ({status.citation.split(';')[0]}); {_said(rule, state.in_force, case.tested_on)}"
        branches.append(Branch(state.name, "status", verdict, (Reason(said), *reasons)))
    return Outcome(tuple(branches))


def _said(rule: Rule, applies: bool, day: date) -> str:  # noqa: FBT001  (a state of the law)
    """What a branch means for the rule on the day that is asked about."""
    begins = rule.effective_from
    if begins is not None and day < begins:
        return f"in this branch the rule begins on {begins} and is not in force on {day}"
    if applies:
        return f"in this branch the rule is in force on {day}"
    return f"in this branch the rule is not in force on {day}"


def asleep(days: list[date], *, exported: bool) -> str:
    """Why a rule says nothing of exports on these days, or of the day asked about where none is stated."""
    each = ", ".join(str(day) for day in sorted(set(days)))
    return f"not in force on {each}, the day of {'the export' if exported else 'asking; no export is stated'}"


def _phase(status: Rule, day: date) -> Phase | None:
    return next(
        (phase for phase in status.phases if phase.since <= day and (phase.to is None or day <= phase.to)), None
    )  # fmt: skip


def _in_force(rule: Rule, status: Rule, branch: str) -> InForce:
    def answer(day: date) -> bool:
        if rule.effective_from is not None and day < rule.effective_from:
            return False
        phase = _phase(status, day)
        if phase is None:
            return False
        # `extended, then lapsed` was `extended` in the phase before; a phase that does not know the branch, or that lies
        # after the day asked about, counts as in force where any of its states is.
        same = [state for state in phase.branches if branch.partition(",")[0] in (state.name, f"{state.name} again")]
        exact = [state for state in phase.branches if state.name == branch]
        return any(state.in_force for state in (exact or same or phase.branches))

    return answer
