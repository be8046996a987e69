"""The material accounts of a whole ledger, struck once at the end of the log, when every lot has its newest analysis."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.model.entry import Fact
from ledger.model.events import Receive, Transform
from ledger.rules.balance import balances, sides
from ledger.rules.catalogue import finding
from ledger.rules.drift import Series, collect, drifting, weighed
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.imbalance import judged
from ledger.rules.standing import counted

MOST_NAMED = 100
"""Events that one finding names as its evidence."""


def accounts(history: History) -> Iterator[Finding]:
    """Each event's balance in log order, then what a site's balances say together; void events left out."""
    series = Series(history.tables.table())
    struck_at: dict[str, int] = {}
    assumed: dict[str, tuple[int, list[str]]] = {}
    for fact in counted(history, Receive, Transform):
        weighed(series, history, fact)
        parts = sides(history, fact)
        if parts is None:
            continue
        struck = balances(fact, parts)
        yield from judged(fact, parts, struck)
        collect(series, fact, struck)
        site = fact.event.site
        if site is not None and struck:
            struck_at[site] = struck_at.get(site, 0) + 1
            if any(part.defaulted for item in struck for part in (*item.inputs, *item.outputs)):
                number, events = assumed.get(site, (0, []))
                assumed[site] = number + 1, [*events, fact.hash] if number < MOST_NAMED else events
    yield from drifting(series)
    for site, (number, events) in assumed.items():
        yield finding(
            "DATA-DEFAULT",
            f"site:{site}",
            f"{number} of {struck_at[site]} balances at {site} rest on default uncertainties",
            *events,
        )


def account(history: History, fact: Fact) -> Iterator[Finding]:
    """The balance of one event that was just applied, for whoever records it."""
    parts = sides(history, fact)
    if parts is not None:
        yield from judged(fact, parts, balances(fact, parts))
