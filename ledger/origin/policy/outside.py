"""Rules that ask nothing of a lot: other materials, and a benchmark that binds the Union and no company."""

from __future__ import annotations

from ledger.origin.policy.case import Case, Outcome, only
from ledger.origin.policy.model import NOT_APPLICABLE


def out_of_scope(case: Case) -> Outcome:
    """Not applicable, with the rule's own reason."""
    return only(NOT_APPLICABLE, case.rule.reason)
