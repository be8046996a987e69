"""MASS: what the balances of one event say: a gain, an element from nowhere, a loss, a missing constituent, or nothing for want of analyses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from ledger.model.entry import Fact
from ledger.model.events import Transform
from ledger.reference.recoveries import RECOVERIES
from ledger.reference.stages import NEUTRAL
from ledger.rules.balance import OXIDES, RARE, Balance, Sides, sigmas, strike
from ledger.rules.catalogue import finding
from ledger.rules.content import GROSS
from ledger.rules.figures import SIGMAS, amount_of
from ledger.rules.finding import Finding
from ledger.rules.measure import Portion
from ledger.rules.passage import TRACE, let_pass

CONSTITUENTS = ("Fe", "B", "Co")
"""What a magnet needs besides rare earths; the law asks where it comes from (48 CFR 252.225-7052(b)(2), (b)(3))."""
COMPOSING = frozenset(
    {"alloy_melt", "powder", "press", "sinter", "bond", "gbd", "machine", "coat", "magnetize", "hpms"}
)
"""Stages at which a constituent that appears must have been an input."""
LITTLE = 0.005
"""Share of the outputs' mass below which a stated zero of what went in is an impurity removed."""
CIRCUITS = frozenset({"crack_leach", "separate", "hydromet_recycled"})
"""Stages that keep stock from batch to batch; it has to be recorded as a lot to be an input."""
ELSEWHERE = 0.98
"""Least recovery at a stage that `stage_yields.csv` does not describe, and what a balance with its waste accounts for: handling loses
little. Our own estimate, for warnings alone."""
SHOWN = 6


def judged(fact: Fact, parts: Sides, struck: Sequence[Balance]) -> Iterator[Finding]:
    """What the balances of one event say."""
    event = fact.event
    assert isinstance(event, Transform)  # noqa: S101  (`sides` has looked)
    gained = False
    for item, allowed, found in weighed(fact, event, parts, struck):
        gains = item.made - item.brought > allowed
        # A sum comes last, and adds nothing to what its elements have said.
        if found is not None and not (gains and gained and item.element in (RARE, OXIDES)):
            yield found
        gained = gained or gains
    if event.stage not in NEUTRAL:
        yield from _constituents(event, fact, parts)
        yield from _open(event, fact, parts, struck)


def weighed(
    fact: Fact, event: Transform, parts: Sides, struck: Sequence[Balance]
) -> Iterator[tuple[Balance, float, Finding | None]]:
    """Each balance of an event, the gain in mg that noise and what needs no origin explain, and what is found beyond it, or of a loss."""
    limit = sigmas(len(struck))
    mass = sum(part.mg for part in parts.outputs)
    for item in struck:
        allowed = limit * item.sigma + let_pass(item.element, event.stage) * mass
        found = None
        if item.made - item.brought > allowed:
            found = _gained(event, fact, parts, item, limit)
        elif item.arrives and item.element != RARE and (item.element != OXIDES or event.stage not in CIRCUITS):
            found = _lost(event, fact, parts, item, limit)
        yield item, allowed, found


def _gained(event: Transform, fact: Fact, parts: Sides, item: Balance, limit: float) -> Finding:
    subject = f"event:{fact.hash}"
    what = "" if item.element == GROSS else f" of {item.element}"
    evidence = (fact.hash,)
    if not item.somewhere:
        return finding(
            "MASS-SOURCE",
            subject,
            f"{event.stage} at {event.site} makes {amount_of(item.made)}{what}, and no input is stated to hold any; "
            f"{_names(parts.inputs)} can hold {amount_of(item.brought)} at most",
            *evidence,
        )
    return finding(
        "MASS-GAIN",
        subject,
        f"{event.stage} at {event.site} makes {amount_of(item.made)}{what} of {amount_of(item.brought)} that went in: "
        f"{amount_of(item.made - item.brought)} more, {(item.made - item.brought) / item.sigma if item.sigma else 0:.1f} "
        f"standard uncertainties of {amount_of(item.sigma)}; the limit is {limit:.2f}"
        + ("; stock left in the circuit from before would be an input" if event.stage in CIRCUITS else ""),
        *evidence,
    )


def _lost(event: Transform, fact: Fact, parts: Sides, item: Balance, limit: float) -> Finding | None:
    """A loss needs both: less product than the stage yields, and more missing than the waste that was recorded explains."""
    if not item.closed or not item.brought:
        return None
    if not item.made and item.brought < LITTLE * sum(part.mg for part in parts.outputs):
        return None  # a stated zero of an impurity
    lost = item.brought - item.made
    if lost <= (1 - ELSEWHERE) * item.brought:
        return None
    trace = limit * item.sigma + TRACE * sum(part.mg for part in parts.outputs)
    least = least_recovery(event.stage)
    if item.product < least * item.brought - trace and lost > (1 - ELSEWHERE) * item.brought + trace:
        what = "material" if item.element == GROSS else item.element
        return finding(
            "MASS-LOSS",
            f"event:{fact.hash}",
            f"{event.stage} at {event.site}: of {amount_of(item.brought)} {what} the product holds {item.product / item.brought:.1%}, "
            f"where at least {least:.0%} is usual, and {amount_of(lost)} is in no output and no declared loss "
            f"(standard uncertainty {amount_of(item.sigma)})",
            fact.hash,
        )
    return None


@lru_cache(maxsize=64)
def least_recovery(stage: str) -> float:
    """The least share of an element that a stage's product is expected to hold, from `stage_yields.csv` (mostly unverified)."""
    return min([ELSEWHERE, *(float(row.low) for row in RECOVERIES.get(stage, ()))])


def _constituents(event: Transform, fact: Fact, parts: Sides) -> Iterator[Finding]:
    missing = [
        f"{amount_of(item.made - item.brought)} of {'material' if item.element == GROSS else item.element}"
        for item, allowed in constituents(event, parts)
        if item.made - item.brought > allowed
    ]
    if missing:
        yield finding(
            "MASS-CONSTITUENT",
            f"event:{fact.hash}",
            f"{event.stage} at {event.site} makes {', '.join(missing)} more than any recorded input can hold",
            fact.hash,
        )


def constituents(event: Transform, parts: Sides) -> Iterator[tuple[Balance, float]]:
    """The balance of each constituent that an output states, at the stages that compose, with the gain in mg that is let pass.

    Of an alloy that makes none of them from nothing, the whole mass as well.
    """
    if event.stage not in COMPOSING:
        return
    mass = sum(part.mg for part in parts.outputs)
    named = {element for part in parts.outputs for element in part.stated}
    missing = False
    for element in CONSTITUENTS:
        if element in named:
            item = strike(parts, element, neutral=False)
            # Magnets hold 1 % of boron; cobalt and iron below that are impurities.
            allowed = SIGMAS * item.sigma + 10 * TRACE * mass
            missing = missing or item.made - item.brought > allowed
            yield item, allowed
    if event.stage == "alloy_melt" and not missing:
        whole = strike(parts, GROSS, neutral=False)
        yield whole, SIGMAS * whole.sigma + 0.01 * whole.brought


def _open(event: Transform, fact: Fact, parts: Sides, struck: Sequence[Balance]) -> Iterator[Finding]:
    """What of this event could not be balanced, and why."""
    reasons: list[str] = []
    blank = [part.lot or "a loss" for part in (*parts.inputs, *parts.outputs) if part.silent]
    if blank:
        reasons.append(f"no rare earth is stated of {_list(blank)}")
    else:
        silent = [item.element for item in struck if item.somewhere and not item.arrives]
        if silent:
            reasons.append(f"in no output's analysis: {_list(silent)}")
        half = [
            item.element for item in struck if not item.closed and item.arrives and item.element not in (RARE, OXIDES)
        ]
        if half:
            reasons.append(f"not in every analysis: {_list(half)}")
    if reasons or not struck:
        yield finding(
            "DATA-BALANCE",
            f"event:{fact.hash}",
            f"{event.stage} at {event.site} is not balanced in full: " + ("; ".join(reasons) or "nothing is stated"),
            fact.hash,
        )


def _names(portions: Sequence[Portion]) -> str:
    return _list([part.lot for part in portions])


def _list(words: Sequence[str]) -> str:
    more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
    return ", ".join(words[:SHOWN]) + more
