"""What a policy answers: a verdict, its branches, and the reasons with the events that carry them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from msgspec import Struct

Verdict = Literal["compliant", "non-compliant", "cannot-determine", "not-applicable"]
COMPLIANT: Verdict = "compliant"
NON_COMPLIANT: Verdict = "non-compliant"
CANNOT: Verdict = "cannot-determine"
NOT_APPLICABLE: Verdict = "not-applicable"

BranchKind = Literal["reading", "status", "pending"]
"""`reading` of a text that can be read in two ways, disputed `status` of the law, `pending` law that is not in force."""


Declared = Literal["", "in part", "wholly"]
"""How much of what a rule reads is declared and not recorded."""


RESTING = "this answer rests on facts"
"""Begins the reason of a branch that would be worse but for facts that the asker states."""


class Reason(Struct, frozen=True):
    """One sentence and what carries it.

    Attributes:
        text: the sentence.
        events: hashes of the events that it rests on.
        lots: the lots that it speaks of.
    """

    text: str
    events: tuple[str, ...] = ()
    lots: tuple[str, ...] = ()


class Branch(Struct, frozen=True):
    """One answer among those that unsettled law leaves open."""

    name: str
    kind: BranchKind
    verdict: Verdict
    reasons: tuple[Reason, ...]


class PolicyAnswer(Struct, frozen=True, kw_only=True):
    """What one policy says of one lot.

    Attributes:
        id, title, citation, evidence: of the policy; evidence is how well its text was read.
        as_of: the date that stands in for dates which the context does not give.
        tested_on, tested_from: the date that the policy was tested on, and where it came from.
        verdict: over the branches that are not pending.
        reasons: what holds whatever the branch, and why the branches make this verdict.
        branches: at least one.
        assumptions: what was not stated and therefore counted against the lot.
        stated: the facts that the asker states, none of them checked.
        caveats: what the answer rests on and does not know.
        declared: how much of the stages that the rule reads is declared and not recorded.
        qualified: what goes with the verdict wherever it is said.
        unread: law that may have changed the text since it was read.
    """

    id: str
    title: str
    citation: str
    evidence: str
    as_of: date
    tested_on: date
    tested_from: str
    verdict: Verdict
    reasons: tuple[Reason, ...]
    branches: tuple[Branch, ...]
    assumptions: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    declared: Declared = ""
    qualified: tuple[str, ...] = ()
    unread: str = ""

    @property
    def passes(self) -> bool:
        """Whether every branch that is not pending is compliant or not applicable, and not by declaration alone."""
        clear = all(
            branch.verdict in (COMPLIANT, NOT_APPLICABLE) for branch in self.branches if branch.kind != "pending"
        )
        return clear and not (self.verdict == COMPLIANT and self.declared == "wholly")

    @property
    def claimed(self) -> bool:
        """Whether it is `compliant` and would not be but for facts that the asker states."""
        return self.verdict == COMPLIANT and rests_on_asker(self.branches)

    @property
    def words(self) -> str:
        """The verdict with what goes with it."""
        return worded(self.verdict, self.qualified)


def rests_on_asker(branches: Iterable[Branch]) -> bool:
    """Whether a branch would be worse but for facts that the asker states."""
    return any(reason.text.startswith(RESTING) for branch in branches for reason in branch.reasons)


def worded(verdict: str, qualified: Iterable[str]) -> str:
    """`compliant under the clause of MAY 2024, as declared`."""
    return f"{verdict} {', '.join(qualified)}" if qualified else verdict


def combine(branches: Iterable[Branch]) -> Verdict:
    """The verdict over the branches that are not pending; with none of those it cannot be determined.

    Unanimous branches agree; a failure beside a pass (or beside a law that is not in force) leaves it open; a failure
    beside something unknown is a failure.
    """
    found = {branch.verdict for branch in branches if branch.kind != "pending"}
    if len(found) == 1:
        return found.pop()
    if found == {COMPLIANT, NOT_APPLICABLE}:
        return COMPLIANT
    if found == {NON_COMPLIANT, CANNOT}:
        return NON_COMPLIANT
    return CANNOT


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of tests that must all be passed: one failure fails, one unknown leaves it open."""
    found = set(verdicts)
    for verdict in (NON_COMPLIANT, CANNOT, COMPLIANT):
        if verdict in found:
            return verdict
    return NOT_APPLICABLE
