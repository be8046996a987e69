"""Policies asked of one lot: the one entry to this package.

Pure: the same history, findings, context and day give the same answers. A rule whose primary text was not read, and a lot
about whose history the ledger itself has something to say, is never called compliant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date

from msgspec.structs import replace

from ledger.errors import UsageError
from ledger.origin.policy import (
    crma,
    dfars,
    disclosure,
    licences,
    outside,
    purity,
    standing,
    taxpayer,
    technology,
    trade,
    transfers,
)
from ledger.origin.policy.attestations import notes
from ledger.origin.policy.case import RESTS_ON, Case, Outcome, capped
from ledger.origin.policy.claims import owed
from ledger.origin.policy.context import NOTHING, Context
from ledger.origin.policy.corrections import named, past
from ledger.origin.policy.delivery import day_of, gone, there_since, too_early
from ledger.origin.policy.dfars import WITHOUT
from ledger.origin.policy.integrity import obstacles
from ledger.origin.policy.load import find, rules
from ledger.origin.policy.model import (
    CANNOT,
    COMPLIANT,
    NON_COMPLIANT,
    NOT_APPLICABLE,
    Branch,
    Declared,
    PolicyAnswer,
    Reason,
    Verdict,
    combine,
    rests_on_asker,
)
from ledger.origin.policy.regime import Rule
from ledger.origin.policy.walk import Walk
from ledger.origin.trace import trace
from ledger.rules.finding import Finding
from ledger.rules.history import History

TESTS: Mapping[str, Callable[[Case], Outcome]] = {
    "dfars": dfars.evaluate,
    "out-of-scope": outside.out_of_scope,
    "disclosure": disclosure.magnets_disclosed,
    "supply-map": disclosure.supply_map,
    "specialty-metals": trade.specialty_metals,
    "purity": purity.evaluate,
    "material-assistance": taxpayer.material_assistance,
    "sfe": taxpayer.specified,
    "fie": taxpayer.influenced,
    "feoc": taxpayer.concern,
    "customs-origin": trade.customs_origin,
    "section-301": trade.section_301,
    "section-232": trade.section_232,
    "region": trade.region,
    "export-licence": licences.element_licence,
    "equipment-licence": licences.equipment_licence,
    "content-licence": licences.content_licence,
    "reexport-licence": licences.reexport_licence,
    "technology-licence": technology.technology_licence,
    "technology-transfer": technology.technology_transfer,
    "end-user": transfers.end_user,
    "control-list": transfers.control_list,
    "japan-military": transfers.japan_military,
    "label": crma.label,
    "recycled-share": crma.recycled_share,
    "forced-labour": crma.forced_labour,
}
"""The tests that a rule's `test` may name."""


def newest_day(history: History) -> date:
    """The day on which the newest entry was recorded: what `as_of` is unless the asker says otherwise.

    Raises:
        UsageError: nothing is recorded.
    """
    newest = max((fact.recorded for fact in history.facts.values()), default=None)
    if newest is None:
        raise UsageError("nothing is recorded in this ledger")
    return newest.date()


def check(
    history: History,
    lot: str,
    findings: Iterable[Finding],
    context: Context = NOTHING,
    as_of: date | None = None,
    policy: str | None = None,
    stated_in: str = "the context",
    walk: Walk | None = None,
) -> tuple[PolicyAnswer, ...]:
    """Ask every rule, or one, of a lot.

    Args:
        history: what the verified ledger says.
        lot: the lot's id.
        findings: everything that the verification found.
        context: what the asker states.
        as_of: stands in for dates that the context does not give; the day of the newest entry where absent.
        policy: a rule's id; every rule where absent.
        stated_in: the file that states the context, in words.
        walk: the lot's ancestry, where it was walked before.

    Raises:
        UsageError: no such lot or rule, or an entry that is no rule by itself.
    """
    chosen = [_asked(policy)] if policy is not None else [rule for rule in rules().values() if rule.kind == "rule"]
    walk = walk or Walk(history, trace(history, lot))
    traced = walk.trace
    before = past(history, traced)
    trouble = tuple(obstacles(walk, findings, before))
    corrected = tuple(named(history, traced, before))
    day = as_of or newest_day(history)
    asked = Case(chosen[0], dict(rules()), walk, context, day, trouble, corrected, stated_in)
    attested = notes(history, traced)
    return tuple(_answer(asked.of(rule), as_of, attested) for rule in chosen)


def _asked(policy: str) -> Rule:
    rule = find(policy)
    if rule.kind != "rule":
        users = [item.id for item in rules().values() if rule.id in (*item.exceptions, item.suspended_by)]
        raise UsageError(
            f"{rule.id} is no rule by itself ({rule.kind}); it is part of {', '.join(users)}", field="--policy"
        )  # fmt: skip
    return rule


def _answer(asked: Case, stated: date | None, attested: list[str]) -> PolicyAnswer:
    """The answer to one rule; `stated` is the as-of date where the asker gives one, `attested` what auditors say."""
    rule, walk, context, as_of = asked.rule, asked.walk, asked.context, asked.tested_on
    given = context.date_of(rule.test_date) if rule.test_date is not None else None
    day = given or as_of
    # Without a day of the asker's own the newest entry's stands, by a clock that may be in another time zone than the lot.
    early = too_early(walk, day) if given or stated else []
    case = replace(asked, tested_on=day, obstacles=(*asked.obstacles, *early))
    outcome = TESTS[rule.test](case)
    branches = owed(
        case, lambda other: _branches(other, TESTS[rule.test](other), early), _branches(case, outcome, early)
    )
    verdict = combine(branches)
    assumptions = list(outcome.assumptions)
    if given is None and rule.test_date is not None:
        assumptions.insert(0, f"{rule.test_date} is not stated: tested on {as_of}")
    deciding = [branch for branch in branches if branch.kind != "pending"]
    reasons = list(outcome.reasons)
    if len({branch.verdict for branch in deciding}) > 1:
        each = "; ".join(f"{branch.name}: {branch.verdict}" for branch in deciding)
        reasons.append(Reason(f"the answers differ by branch ({each})"))
    seen = {(item.text, item.events) for item in reasons}
    for branch in sorted(deciding, key=lambda item: item.verdict != verdict):
        reasons += [item for item in branch.reasons if (item.text, item.events) not in seen]
        seen.update((item.text, item.events) for item in branch.reasons)
    if len(deciding) > 1 and all(branch.kind == "status" and branch.verdict == verdict for branch in deciding):
        # What the branches agree in decides, not the day with which each of them begins.
        reasons.sort(key=lambda item: not all(item in branch.reasons for branch in deciding))
    if verdict == NON_COMPLIANT:
        reasons.sort(key=lambda item: not _fails(item))  # what decides comes first; the sort is stable
    caveats = [*rule.notes, *gone(walk.history, walk.trace.lot)]
    if rule.readings or rule.disclosures:
        caveats += attested
    read = standing.asked(case)
    caveats += filter(None, (standing.behind(read),))
    state = "" if _excepted(deciding) else standing.declared(read)
    return PolicyAnswer(
        id=rule.id,
        title=rule.title,
        citation=rule.citation,
        evidence=rule.evidence,
        as_of=as_of,
        tested_on=day,
        tested_from=f"{rule.test_date} of the context" if given is not None else "as-of date",
        verdict=verdict,
        reasons=tuple(reasons),
        branches=branches,
        assumptions=tuple(assumptions),
        stated=tuple(context.stated()),
        caveats=(*caveats, RESTS_ON),
        declared=state,
        unread=rule.unread,
        qualified=_qualified(rule, verdict, state, claimed=rests_on_asker(branches)),
    )


def _qualified(rule: Rule, verdict: Verdict, state: Declared, *, claimed: bool) -> tuple[str, ...]:
    """What a `compliant` is never said without: of which text, by whose declaration, by whose word; what a failure means."""
    if verdict != COMPLIANT:
        return (rule.missed,) if verdict == NON_COMPLIANT and rule.missed else ()
    said = {"": [], "in part": ["in part as declared"], "wholly": ["as declared"]}[state]
    return (*([f"under {rule.text_read}"] if rule.text_read else []), *said, *(["as stated"] if claimed else []))


def _excepted(branches: Iterable[Branch]) -> bool:
    """Whether no branch that passes does so by where the material was made, but by an exception."""
    passing = [branch for branch in branches if branch.verdict == COMPLIANT]
    return bool(passing) and all(
        any(reason.text.startswith(WITHOUT) for reason in branch.reasons) for branch in passing
    )


def _fails(reason: Reason) -> bool:
    """Whether a reason is an event, or a statement, in a covered country that nothing leaves open."""
    return "a covered country (" in reason.text or "in a covered country that contains" in reason.text


def _branches(case: Case, outcome: Outcome, early: list[Reason]) -> tuple[Branch, ...]:
    """The branches of an outcome, none of them clean by what the ledger has against the lot, nor by a day before it was there."""
    branches = tuple(_corrected(case, capped(case, branch)) for branch in outcome.branches)
    return _dated(case, branches, early) if early else branches


def _corrected(case: Case, branch: Branch) -> Branch:
    """The branch with what was said before, unless that is among its reasons as trouble."""
    told = {reason.events for reason in branch.reasons}
    more = [reason for reason in case.corrections if reason.events not in told]
    if branch.verdict == NOT_APPLICABLE or branch.kind == "pending" or not more:
        return branch
    return Branch(branch.name, branch.kind, branch.verdict, (*more, *branch.reasons))


def _dated(case: Case, branches: tuple[Branch, ...], early: list[Reason]) -> tuple[Branch, ...]:
    """The branches with what is wrong with the day; open where the day alone takes the lot out of the rule."""
    clears = any(branch.verdict == NOT_APPLICABLE for branch in branches) and any(
        branch.verdict != NOT_APPLICABLE
        for day in _days(case)
        for branch in TESTS[case.rule.test](replace(case, tested_on=day)).branches
        if branch.kind != "pending"
    )
    return tuple(
        Branch(
            branch.name,
            branch.kind,
            CANNOT if clears and branch.verdict == NOT_APPLICABLE else branch.verdict,
            (*early, *(reason for reason in branch.reasons if reason not in early)),
        )
        for branch in branches
    )


def _days(case: Case) -> list[date]:
    """Days on which the lot was there and the rule, its groups or its suspension may stand otherwise."""
    rule, there = case.rule, day_of(there_since(case.walk))
    phases = case.rules[rule.suspended_by].phases if rule.suspended_by else ()
    days = [there, rule.effective_from, rule.effective_to, *rule.dates.values(), *(phase.since for phase in phases)]
    return sorted({day for day in days if day is not None and (day >= there or day == rule.effective_to)})
