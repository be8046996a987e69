"""MASS-CAPACITY: more comes out of a site in a year than it can put out (DOMAIN.md L17)."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Iterator, MutableMapping
from datetime import datetime, timedelta

from msgspec import Struct

from ledger.model.entry import Fact
from ledger.model.events import Transform
from ledger.reference.forms import base
from ledger.rules.catalogue import finding
from ledger.rules.content import WASTE
from ledger.rules.figures import kg
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.standing import STAGED, SiteStatements, counted, stage_of

YEAR = timedelta(days=365)
MOST_PERCENT = 110
"""Plants do run above nameplate for a year, by a few percent; scales and dates add their own."""


class Run(Struct, frozen=True):
    """What one event put out at a stage of a site.

    Attributes:
        at: when.
        mg: products, without what was drawn from products of the same stage at the same site.
        capacity: mg per year in force.
        stated: hash of the fact that states it.
        event: hash of the event.
        said: `at` as the event says it.
    """

    at: datetime
    mg: int
    capacity: int
    stated: str
    event: str
    said: str


class Episode(Struct):
    """A time during which the year before each event held too much; the figures are those of its worst moment."""

    since: Run
    until: Run
    worst: int
    capacity: Run


def over_capacity(history: History) -> Iterator[Finding]:
    """Outputs of a stage at a site over any 365 days against 1.1 times the capacity stated; one finding an episode."""
    if not any(site.capacity for _fact, site in history.site_statements):
        return
    statements = SiteStatements(history)
    runs: MutableMapping[tuple[str, str, int], Run] = history.tables.table()
    when: dict[tuple[str, str], array[float]] = {}
    for fact in counted(history, *STAGED):
        stage = stage_of(fact)
        if stage is None:
            continue
        stated = [
            (capacity.mg_per_year, said)
            for said, site in statements.in_force(fact)
            for capacity in site.capacity
            if capacity.stage == stage
        ]
        mg = _products(history, fact, stage) if stated else 0
        if mg > 0:
            capacity, said = max(stated, key=lambda one: one[0])
            site, at = str(fact.event.site), fact.event.instant
            times = when.setdefault((site, stage), array("d"))
            runs[site, stage, len(times)] = Run(at, mg, capacity, said.hash, fact.hash, fact.event.at)
            times.append(at.timestamp())
    for (site, stage), times in when.items():
        made = (runs[site, stage, number] for number in sorted(range(len(times)), key=times.__getitem__))
        for found in episodes(made):
            message = (
                f"{stage} at {site}: {kg(found.worst)} in the 365 days to {found.until.said}, "
                f"of a capacity of {kg(found.capacity.capacity)} a year"
            )
            events = dict.fromkeys((found.until.event, found.since.event, found.capacity.stated))
            yield finding("MASS-CAPACITY", f"site:{site}", message, *events)


def episodes(runs: Iterable[Run]) -> Iterator[Episode]:
    """The episodes in runs of one site and stage, in order of time.

    A window is the 365 days up to and with an event. It is held against the greatest capacity in force at its events.
    """
    window: deque[Run] = deque()
    greatest: deque[Run] = deque()  # of falling capacity: the first is the window's greatest
    total = 0
    now: Episode | None = None
    for run in runs:
        window.append(run)
        total += run.mg
        while window[0].at <= run.at - YEAR:
            total -= window.popleft().mg
        while greatest and greatest[-1].capacity <= run.capacity:
            greatest.pop()
        greatest.append(run)
        while greatest[0].at <= run.at - YEAR:
            greatest.popleft()
        if total * 100 <= greatest[0].capacity * MOST_PERCENT:
            if now is not None:
                yield now
            now = None
        elif now is None or total > now.worst:
            now = Episode(window[0], run, total, greatest[0])
    if now is not None:
        yield now


def _products(history: History, fact: Fact, stage: str) -> int:
    """Mass of an event's products in mg, less what it drew of earlier products of this stage at this site: a second pass."""
    made = sum(output.mass.mg for output in fact.event.outputs_made if _is_product(output.form))
    for draw in fact.event.draws if isinstance(fact.event, Transform) else ():
        lot = history.lots.get(draw.lot)
        if lot is not None and stage_of(lot.born) == stage and lot.born.event.site == fact.event.site:
            drawn = lot.draws.get(fact.hash)
            made -= drawn.mg if drawn is not None and _is_product(lot.output.form) else 0
    return made


def _is_product(form: str) -> bool:
    return base(form) not in WASTE
