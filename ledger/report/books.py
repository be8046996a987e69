"""What the books of each processing event say, element by element, as plain data (`balance` of a report).

The same balances and the same limits that the rules judge (`ledger.rules.balance`, `ledger.rules.imbalance`), struck for the ancestry
of one lot, with what could not be struck and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ledger.model.entry import Fact
from ledger.model.events import Transform
from ledger.origin.trace import Trace
from ledger.reference.stages import NEUTRAL
from ledger.rules.balance import RARE, Balance, balances, sides, strike
from ledger.rules.content import GROSS
from ledger.rules.history import History
from ledger.rules.imbalance import constituents, weighed
from ledger.rules.measure import Held

MG_PER_KG = 1_000_000
LACKING = "an input is retracted, or not in what was verified"
UNSTATED = "no analysis of an input or output states a rare earth"
FIGURES = ("in_kg", "in_sigma_kg", "out_kg", "out_sigma_kg", "difference_kg", "sigma_kg", "limit_kg")


def balance(trace: Trace, history: History) -> list[dict[str, Any]]:
    """One row for each element of each processing event that made a lot of the ancestry, in log order.

    Each is {event, stage, site, at, element, in_kg, in_sigma_kg, out_kg, out_sigma_kg, difference_kg, sigma_kg, limit_kg, assumed,
    finding, why}. `element` is a symbol, `rare earths`, `rare-earth oxides` or `material` (the gross mass). The difference is
    what came out, declared losses included, less what went in: a gain above `limit_kg` is an alarm (null where no rule judges
    the element); a loss is judged by what the stage usually yields. `assumed`: a default uncertainty was used. Where `why` is
    given nothing was reckoned and the figures are null. Where `bound` is true, `in` is the most and `out` the least that it
    can be, and the finding holds for them.
    """
    made = {fact.hash: fact for fact in (history.lots[name].born for name in trace.lots)}
    rows: list[dict[str, Any]] = []
    for fact in sorted(made.values(), key=lambda fact: fact.place):
        if isinstance(fact.event, Transform) and fact.hash not in history.voided:
            rows += _event(fact, fact.event, history, trace.elements)
    return rows


def _event(fact: Fact, event: Transform, history: History, asked: Iterable[str]) -> Iterator[dict[str, Any]]:
    parts = sides(history, fact)
    if parts is None:
        yield _blank(fact, event, GROSS, LACKING)
        return
    struck = balances(fact, parts)
    told: set[str] = set()
    gained: str | None = None
    for item, allowed, found in weighed(fact, event, parts, struck):
        code = found.code if found is not None else None
        if item.made - item.brought > allowed:
            gained = code = code or gained
        told.add(item.element)
        yield _row(fact, event, item, allowed, code)
    if not struck:
        yield _blank(fact, event, RARE, UNSTATED)
    for item, allowed in constituents(event, parts):
        told.add(item.element)
        yield _row(fact, event, item, allowed, "MASS-CONSTITUENT" if item.made - item.brought > allowed else None)
    for element in asked:
        if element not in told and element != GROSS:
            yield _row(fact, event, strike(parts, element, neutral=event.stage in NEUTRAL), None, None)


def _row(fact: Fact, event: Transform, item: Balance, allowed: float | None, code: str | None) -> dict[str, Any]:
    why = _why(item)
    if why is not None and code is None:
        return _blank(fact, event, item.element, why)
    known = {
        "in_kg": item.brought / MG_PER_KG,
        "in_sigma_kg": _sigma(item.inputs) / MG_PER_KG,
        "out_kg": item.made / MG_PER_KG,
        "out_sigma_kg": _sigma(item.outputs) / MG_PER_KG,
        "difference_kg": (item.made - item.brought) / MG_PER_KG,
        "sigma_kg": item.sigma / MG_PER_KG,
        "limit_kg": None if allowed is None else allowed / MG_PER_KG,
        "assumed": any(part.defaulted for part in (*item.inputs, *item.outputs)),
        "finding": code,
    }
    # A finding holds although a figure is a bound: the most that went in is less than the least that came out.
    return {**_blank(fact, event, item.element, None), **known, **({} if why is None else {"bound": True})}


def _why(item: Balance) -> str | None:
    """Why nothing can be reckoned; None where it can."""
    if not item.known:
        return f"not every input's analysis states {item.element}"
    if not item.arrives:
        return f"no output's analysis states {item.element}"
    return None if item.closed else f"not every output's analysis states {item.element}"


def _sigma(parts: Iterable[Held]) -> float:
    """Standard uncertainty of one side, mg; what no analysis states counts as nothing or as a bound, and has none."""
    return float(sum(part.u_mass**2 + part.u_analysis**2 for part in parts if part.stated) ** 0.5)


def _blank(fact: Fact, event: Transform, element: str, why: str | None) -> dict[str, Any]:
    return {
        "event": fact.hash,
        "stage": event.stage,
        "site": event.site,
        "at": event.at,
        "element": element,
        **dict.fromkeys(FIGURES),
        "assumed": False,
        "finding": None,
        "why": why,
    }
