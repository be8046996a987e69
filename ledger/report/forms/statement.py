"""What a form states: the policies' verdicts as they are, what is unknown, and what it all rests on. Never more than that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ledger.origin.policy.case import RESTS_ON
from ledger.origin.policy.load import find
from ledger.origin.policy.model import COMPLIANT, NON_COMPLIANT, NOT_APPLICABLE
from ledger.report.forms.form import OPEN, Row, Section
from ledger.report.forms.subject import Subject
from ledger.report.policy import outlooks, verdict_words

MOST_REASONS = 5
"""Reasons quoted of one verdict; the report's policies have all of them."""
REASONS = ("Policy", "Branch", "Verdict", "Reason")
DATED = ("if delivered", "if it had been delivered")
"""How the branches begin that speak of the same law on another date; bills that are not law begin otherwise."""
NO_CERTIFICATE = (
    "This is no certification and no legal advice: it says what is recorded, what is declared and what is unknown."
)


def verdicts(subject: Subject, policies: Iterable[str]) -> Iterator[str]:
    """The answers of the form's policies with their branches, why, and the outlooks."""
    for name in policies:
        answer = subject.answers.get(name)
        if answer is None:
            yield f"{name}: not asked, so nothing is said of it."
            continue
        yield f"{name}, tested on {answer['tested_on']} ({answer['tested_from']}): {verdict_words(answer)}."
        deciding = [branch for branch in answer["branches"] if branch["kind"] != "pending"]
        if len(deciding) > 1:
            each = "; ".join(f"{branch['name']}: {branch['verdict']}" for branch in deciding)
            yield f"{name} by branch: {each}."
        quoted = [reason["text"] for reason in answer["reasons"] if " does not apply: " not in reason["text"]]
        yield from (f"{name}: {text.rstrip('.:')}." for text in quoted[:MOST_REASONS])
        if len(quoted) > MOST_REASONS:
            yield f"{name}: and {len(quoted) - MOST_REASONS} more reasons, among the report's policies."
        yield from (f"{name}, outlook, {when}: {verdict}." for when, verdict in outlooks(answer))
        for branch in answer["branches"]:
            if branch["kind"] == "pending":
                yield f"{name}, outlook, changes no verdict: {branch['name']}: {branch['verdict']}."
        if answer["evidence"] != "primary" and answer["verdict"] != NOT_APPLICABLE:
            yield f"{name}: the primary text of this rule was not read (evidence: {answer['evidence']}), so no lot is called compliant with it."


def closing(subject: Subject, verification: str) -> Iterator[str]:
    """What stands at the end of every statement."""
    if verification != "clean":
        yield f"The verification of the ledger found errors ({verification}): nothing here is sound before they are settled."
    if subject.doubts:
        yield "The ledger has something against this record; it is listed below and is not settled."
    yield RESTS_ON
    yield NO_CERTIFICATE


def basis(subject: Subject, policies: Iterable[str], source: str) -> Iterator[str]:
    """The ledger, each rule with its source and how well it was read, what was assumed and what the asker states."""
    yield source
    assumed: dict[str, None] = {}
    for name in policies:
        rule = find(name)
        yield f"{rule.id}: {rule.citation}; evidence: {rule.evidence}; {rule.status}"
        assumed.update(dict.fromkeys(subject.answers.get(name, {}).get("assumptions", ())))
    yield from (f"assumed: {text}" for text in assumed)
    yield from (f"stated by who asks, not checked: {fact}" for fact in subject.context.stated())


def notes(policies: Iterable[str]) -> str:
    """What the rules themselves leave open."""
    return " ".join(dict.fromkeys(text for name in policies for text in find(name).notes))


def applies_not(subject: Subject, policies: Collection[str]) -> str | None:
    """Why no policy of the form speaks of this lot on this day, in their own words; None where one does or was not asked."""
    answers = [subject.answers.get(name) for name in policies]
    if not all(answer is not None and answer["verdict"] == NOT_APPLICABLE for answer in answers):
        return None
    said = {reason["text"]: None for answer in answers if answer is not None for reason in answer["reasons"]}
    return "Does not apply: " + "; ".join(said) + "."


def deciding(subject: Subject, policies: Iterable[str]) -> Section:
    """Every reason of every branch that decides, with its events: a failure stands, what is unknown or unevidenced is a gap."""
    return Section("What the policies answer", REASONS, tuple(_reasons(subject, policies, outlook=False)))


def expected(subject: Subject, policies: Iterable[str]) -> Iterator[Section]:
    """The same for law of another date, where the answers hold an outlook on it: it changes no verdict."""
    rows = tuple(_reasons(subject, policies, outlook=True))
    if rows:
        yield Section(
            "What they would answer on the other side of the date (outlook, changes no verdict)", REASONS, rows
        )


def _reasons(subject: Subject, policies: Iterable[str], *, outlook: bool) -> Iterator[Row]:
    """One row for each reason, with every branch that gives it under the same verdict."""
    found: dict[tuple[str, str, str, tuple[str, ...]], dict[str, None]] = {}
    for name in policies:
        answer = subject.answers.get(name)
        if answer is None:
            if not outlook:
                yield Row((name, OPEN, OPEN, OPEN), gap=f"{name} was not asked")
            continue
        for branch in answer["branches"]:
            pending = branch["kind"] == "pending"
            if (
                branch["verdict"] == NOT_APPLICABLE
                or pending != outlook
                or (outlook and not branch["name"].startswith(DATED))
            ):
                continue
            for reason in branch["reasons"]:
                key = (name, branch["verdict"], reason["text"], tuple(reason["events"]))
                found.setdefault(key, {})[branch["name"]] = None
    for (name, verdict, text, events), branches in found.items():
        stands = events and (verdict == COMPLIANT or _fails(verdict, text))
        yield Row((name, "; ".join(branches), verdict, text), events, None if stands else text)


def _fails(verdict: str, text: str) -> bool:
    """Whether a reason is one of those that fail: what is beside them in a failed branch is open."""
    return verdict == NON_COMPLIANT and ("a covered country (" in text or "in a covered country that contains" in text)
