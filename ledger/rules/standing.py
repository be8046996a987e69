"""What stands: the events that count, and what the registrar said of a site at a given event."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate

from ledger.model.entry import Fact
from ledger.model.events import Event, Extract, Recover, Site, Transform
from ledger.rules.history import History


def counted(history: History, *kinds: type[Event]) -> Iterator[Fact]:
    """Every fact in log order, or those whose event is of these types; void ones left out.

    Naming the types is what makes a pass over a big ledger cheap: the others are not even decoded.
    """
    facts = history.facts.of(kinds) if kinds else iter(history.facts.values())
    return (fact for fact in facts if fact.hash not in history.voided)


STAGED = (Extract, Recover, Transform)
"""Types of events that perform a stage."""


def stage_of(fact: Fact) -> str | None:
    """The stage that an event performs: `extract` is `mine`, `recover` is `collect`; None where it performs none."""
    event = fact.event
    if isinstance(event, Transform):
        return event.stage
    return "mine" if isinstance(event, Extract) else "collect" if isinstance(event, Recover) else None


class SiteStatements:
    """All that the log states of each site, so that a late record and a late correction are both heard.

    An event is held against two statements: the newest before it in the log, and the newest that by its own `at` was in
    force when the event happened, wherever in the log it stands. What either allows is allowed.
    """

    def __init__(self, history: History) -> None:
        """In the log's order."""
        stated: dict[str, list[tuple[Fact, Site]]] = {}
        for fact, event in history.site_statements:
            stated.setdefault(event.site or "", []).append((fact, event))
        self._by_place = stated
        self._by_time = {site: _by_time(said) for site, said in stated.items()}

    def in_force(self, fact: Fact) -> list[tuple[Fact, Site]]:
        """The one or two statements about an event's site that it is held against; none where the site is not stated."""
        stated = self._by_place.get(fact.event.site or "")
        if stated is None:
            return []
        times, newest = self._by_time[fact.event.site or ""]
        before = bisect_left(stated, fact.place, key=lambda said: said[0].place)
        then = bisect_right(times, fact.event.instant)
        numbers = {before - 1} if before else set()
        if then:
            numbers.add(newest[then - 1])
        return [stated[number] for number in sorted(numbers)]


def _by_time(said: list[tuple[Fact, Site]]) -> tuple[list[datetime], list[int]]:
    """Times in order, and beside each the newest in log order of the statements up to it."""
    order = sorted(range(len(said)), key=lambda number: (said[number][1].instant, number))
    return [said[number][1].instant for number in order], list(accumulate(order, max))
