"""COMP, by pattern: rare earths that do not look like their deposit, or that change where nothing separates.

Judged when the log has been read to its end, in one pass over it, on the compositions then in force. A pattern is evidence
of what material is like, never a proof of where it is from; after separation it says nothing of a deposit, so it is not asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, MutableMapping

from msgspec import Struct

from ledger.model.entry import Fact
from ledger.model.events import CREATING, Event, Extract, Transform
from ledger.reference import deposits
from ledger.reference.forms import base
from ledger.reference.words import may_bear_rare_earths
from ledger.rules.analysis import Analyses, formula
from ledger.rules.catalogue import finding
from ledger.rules.figures import amount_of
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.lot import Lot
from ledger.rules.ore import Broken, Misfit, Row, broken, misfit, rows_of
from ledger.rules.persistence import BOOKED, changed, follows
from ledger.rules.standing import counted

UNSEPARATED = frozenset({"beneficiate", "crack_leach", "blend", "split", "repack"})
"""Stages after which material still has its deposit's pattern."""
AS_MINED = frozenset({"ore", "concentrate"})
LEACHED = frozenset({"mixed-carbonate", "mixed-chloride", "leach-liquor"})
"""Forms that are compared with a deposit; cerium is left out of those that were leached, where it may have been removed."""
GENEROUS = 3.0
"""Ore of one deposit varies by tens of percent in the heavies (see `pattern`); three times its greatest figure is another ore."""
CERIUM = frozenset({"Ce"})


class Feed(Struct, frozen=True):
    """The deposits that an unseparated lot is said to be from.

    Attributes:
        groups: of the deposits.
        shares: their shares of the lot's rare-earth oxides by mass; None where that cannot be told.
        leached: whether any of it was.
    """

    groups: tuple[str, ...]
    shares: Mapping[str, float] | None
    leached: bool = False


def fingerprints(history: History) -> Iterator[Finding]:
    """All of them, in the log's order; void events, and what they made, are passed over."""
    feeds: MutableMapping[str, Feed] = history.tables.table()
    analyses = Analyses()
    for fact in counted(history, *CREATING):
        event = fact.event
        if isinstance(event, Transform) and event.stage == "separate":
            yield from _beyond_its_deposit(history, fact, feeds, analyses)
        feed = _feed(history, event, fact.hash, feeds, analyses)
        for output in event.outputs_made if feed is not None else ():
            lot = history.lots.get(output.lot)
            if feed is not None and lot is not None and lot.born_of(fact):
                feeds[lot.id] = feed
                if not follows(lot):
                    yield from _like_its_deposit(lot, feed, analyses)
        yield from changed(history, fact, analyses)


def _beyond_its_deposit(
    history: History, fact: Fact, feeds: Mapping[str, Feed], analyses: Analyses
) -> Iterator[Finding]:
    """More of a rare earth comes out of a separation than the feed's deposits hold, where the feed's own analyses do not tell.

    The bound is the greatest figure of the deposits' rows, taken `GENEROUS` times; an element that a row does not report has none.
    """
    event = fact.event
    assert isinstance(event, Transform)  # noqa: S101  (the caller has looked)
    most: dict[str, float] = {}
    groups: set[str] = set()
    known: frozenset[str] | None = None
    for draw in event.inputs:
        lot, feed = history.lots.get(draw.lot), feeds.get(draw.lot)
        drawn = lot.draws.get(fact.hash) if lot is not None else None
        analysis = analyses.of(drawn.composition) if drawn is not None else None
        if drawn is None or feed is None or feed.shares is None or analysis is None or analysis.treo <= 0:
            return
        groups.update(feed.groups)
        known = frozenset(analysis.parts) if known is None else known & frozenset(analysis.parts)
        bounds = _most_of(feed.shares)
        for element in set(most) | set(bounds):
            share = bounds.get(element, math.inf)
            most[element] = most.get(element, 0.0) + drawn.mg * analysis.treo * share
    made: dict[str, float] = {}
    for output in event.outputs:
        lot = history.lots.get(output.lot)
        analysis = analyses.of(lot.composition if lot is not None else output.composition)
        for element, part in (analysis.parts if analysis is not None else {}).items():
            made[element] = made.get(element, 0.0) + output.mass.mg * part.value
    rows = [row for group in sorted(groups) for row in rows_of(group)]
    for element, mg in made.items():
        if element not in (known or ()) and mg > GENEROUS * most.get(element, math.inf):
            code = "COMP-DEPOSIT-INFO" if any(row.doubtful for row in rows) else "COMP-DEPOSIT"
            names = ", ".join(_described(row) for row in rows)
            yield finding(
                code,
                f"event:{fact.hash}",
                f"separate at {event.site} makes {amount_of(mg)} {formula(element)}; the feed's analyses do not list it, and of ore like {names} "
                f"so much feed holds {amount_of(most[element])} at most. A pattern, not a proof",
                fact.hash,
            )


def _most_of(shares: Mapping[str, float]) -> dict[str, float]:
    """By element, the greatest share of rare-earth oxides that deposits in these shares can give; only what each of them reports."""
    found: dict[str, float] = {}
    for number, (group, share) in enumerate(shares.items()):
        figures: dict[str, float] = {}
        for row in rows_of(group):
            for element, part in row.pattern.items():
                figures[element] = max(figures.get(element, 0.0), part.value)
        found = {
            element: found.get(element, 0.0) + share * value
            for element, value in figures.items()
            if number == 0 or element in found
        }
    return found


def _feed(history: History, event: Event, digest: str, feeds: Mapping[str, Feed], analyses: Analyses) -> Feed | None:
    """The deposits of what an event makes; None where that is separated, or cannot be told."""
    if isinstance(event, Extract):
        deposit = deposits.find(event.deposit) if event.deposit is not None else None
        return None if deposit is None else Feed((deposit.group,), {deposit.group: 1.0})
    if not isinstance(event, Transform) or event.stage not in UNSEPARATED or event.custody_model in BOOKED:
        return None
    parents: list[tuple[float | None, Feed]] = []
    for draw in event.inputs:
        lot = history.lots.get(draw.lot)
        if lot is not None and not may_bear_rare_earths(lot.output.form):
            continue
        feed = feeds.get(draw.lot)
        drawn = lot.draws.get(digest) if lot is not None else None
        if lot is None or lot.void is not None or feed is None or drawn is None:
            return None
        analysis = analyses.of(drawn.composition)
        parents.append((drawn.mg * analysis.treo if analysis is not None else None, feed))
    return _together(parents, leached=event.stage == "crack_leach")


def _together(parents: list[tuple[float | None, Feed]], *, leached: bool) -> Feed | None:
    if not parents:
        return None
    first = parents[0][1]
    leached = leached or any(feed.leached for _weight, feed in parents)
    if all(feed.shares == first.shares and feed.groups == first.groups for _weight, feed in parents):
        return first if leached == first.leached else Feed(first.groups, first.shares, leached)
    groups = tuple(sorted({group for _weight, feed in parents for group in feed.groups}))
    total = sum(weight or 0.0 for weight, _feed in parents)
    shares: dict[str, float] | None = {}
    for weight, feed in parents:
        if weight is None or feed.shares is None or total <= 0 or shares is None:
            shares = None
            break
        for group, share in feed.shares.items():
            shares[group] = shares.get(group, 0.0) + share * weight / total
    return Feed(groups, shares, leached)


def _like_its_deposit(lot: Lot, feed: Feed, analyses: Analyses) -> Iterator[Finding]:
    form = base(lot.output.form)
    if form not in AS_MINED | LEACHED:
        return
    analysis = analyses.of(lot.composition)
    if analysis is None or analysis.total <= 0:
        return
    without = CERIUM if feed.leached or form in LEACHED else frozenset[str]()
    found = misfit(analysis.parts, feed.shares, without) if feed.shares is not None else None
    evidence = tuple(dict.fromkeys((lot.born.hash, lot.composition_by)))
    if found is not None:
        code = "COMP-DEPOSIT-INFO" if found.doubtful else "COMP-DEPOSIT"
        yield finding(code, f"lot:{lot.id}", f"lot {lot.id} {_told(found)}", *evidence)
    gates = list(broken(analysis.parts, feed.groups))
    if gates:
        rows = [row for group in feed.groups for row in rows_of(group)]
        # Cerium is often removed at leaching on purpose, so of a leached lot its gate alone is no warning.
        only_cerium = bool(without) and all(CERIUM & {item.gate.over, item.gate.under} for item in gates)
        doubtful = only_cerium or any(row.doubtful for row in rows)
        code = "COMP-GATE-INFO" if doubtful else "COMP-GATE"
        yield finding(code, f"lot:{lot.id}", f"lot {lot.id} {_odd(gates, rows)}", *evidence)


def _told(found: Misfit) -> str:
    if len(found.rows) == 1:
        declared = _described(found.rows[0][0])
    else:
        declared = "a blend of " + ", ".join(f"{share:.0%} {_described(row)}" for row, share in found.rows)
    worst = ", ".join(f"{formula(name)} {lot:.2%} where that has {row:.2%}" for name, lot, row in found.worst)
    closer = f"; closer to {found.closer.deposit.id} ({found.closer.deposit.country})" if found.closer else ""
    return (
        f"does not look like {declared}: distance {found.fit.distance:.0f}, threshold {found.threshold:.0f} over "
        f"{len(found.fit.apart)} oxides; {worst} of them{closer}. A pattern, not a proof"
    )


def _odd(gates: list[Broken], rows: list[Row]) -> str:
    ratios = ", ".join(
        f"{formula(item.gate.over)}/{formula(item.gate.under)} {item.ratio:.3g} {'above' if item.gate.above else 'below'} "
        f"{item.limit:.3g} ({item.gate.says})"
        for item in gates
    )
    names = ", ".join(_described(row) for row in rows)
    return f"has {ratios}, which {names} has not. A pattern, not a proof"


def _described(row: Row) -> str:
    return f"{row.deposit.id} (confidence {row.deposit.confidence})"
