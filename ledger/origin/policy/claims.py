"""What an answer owes to the word of who asks: the same question is asked again without it.

A contract's value, an end item or a taxpayer's owners are in no event. Where such a fact makes an answer better, the answer
says so and names the file that states it; where it makes none better, nothing is owed to it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cache

from msgspec.structs import replace

from ledger.origin.policy.case import Case
from ledger.origin.policy.context import NOTHING, Context, Product
from ledger.origin.policy.model import (
    CANNOT,
    COMPLIANT,
    NON_COMPLIANT,
    NOT_APPLICABLE,
    RESTING,
    Branch,
    Reason,
    Verdict,
    combine,
)

DATES = ("delivery_date", "sale_date", "export_date", "entry_date", "taxable_year_end")
"""Facts that choose the day; the answer says on which it was tested."""
FACTS = tuple(name for name in Context.__struct_fields__ if name not in (*DATES, "assumptions"))
_ORDER = (COMPLIANT, NOT_APPLICABLE, CANNOT, NON_COMPLIANT)
Evaluate = Callable[[Case], tuple[Branch, ...]]


def owed(case: Case, evaluate: Evaluate, branches: tuple[Branch, ...]) -> tuple[Branch, ...]:
    """The branches, each with the sentence on what it owes to facts that the asker states."""
    given = [name for name in FACTS if getattr(case.context, name) != getattr(NOTHING, name)]
    better = [branch for branch in branches if branch.verdict != NON_COMPLIANT and branch.kind != "pending"]
    if not given or not better:
        return branches
    without = evaluate(_less(case, given))

    @cache
    def alone(name: str) -> tuple[Branch, ...]:
        return evaluate(_less(case, (name,)))

    return tuple(
        _said(case, branch, _counterpart(branch, without), list(_decisive(alone, branch, given)) or given)
        if branch in better and _worse(_counterpart(branch, without), branch.verdict)
        else branch
        for branch in branches
    )


def _worse(one: Verdict, other: Verdict) -> bool:
    """Whether a verdict is worse for the asker; neither of `compliant` and `not-applicable` is."""
    return max(_ORDER.index(one), 1) > max(_ORDER.index(other), 1)


def _counterpart(branch: Branch, others: tuple[Branch, ...]) -> Verdict:
    same = [item.verdict for item in others if (item.name, item.kind) == (branch.name, branch.kind)]
    return same[0] if same else combine(others)


def _decisive(alone: Callable[[str], tuple[Branch, ...]], branch: Branch, given: Collection[str]) -> Iterator[str]:
    """The facts without any one of which the answer would be worse; none where several would each do.

    `alone` answers without one fact.
    """
    if len(given) == 1:
        yield from given
        return
    for name in given:
        if _worse(_counterpart(branch, alone(name)), branch.verdict):
            yield name


def _less(case: Case, names: Collection[str]) -> Case:
    """The same question without some facts; the day on which a product is placed on the market is a date like the others."""
    empty = {name: getattr(NOTHING, name) for name in names}
    product = case.context.product
    if "product" in names and product is not None:
        empty["product"] = Product(placed_on_market=product.placed_on_market)
    return replace(case, context=replace(case.context, **empty))


def _said(case: Case, branch: Branch, without: Verdict, names: Collection[str]) -> Branch:
    facts = [fact for fact in case.context.stated() if fact.partition(" = ")[0].split(".")[0] in names]
    said = f"{RESTING} {case.claim} ({'; '.join(facts)}); without them it would be {without}"
    return Branch(branch.name, branch.kind, branch.verdict, (Reason(said), *branch.reasons))
