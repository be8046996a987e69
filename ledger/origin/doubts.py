"""Findings that leave a lot's history open: one list for the answer about China and for every policy, so that the two agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ledger.model.entry import Fact, Place
from ledger.model.events import Ship
from ledger.origin.trace import Trace
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.provenance import MAYBE, NOT_KNOWN, places_of
from ledger.rules.standing import stage_of
from ledger.rules.writeoffs import WATCHED

WARNINGS = frozenset({
    "COMP-DEPOSIT", "COMP-GATE", "COMP-PATTERN", "COMP-PRND", "CUST-ASSAY-COPIED", "CUST-DOCUMENT-REUSED", "CUST-ORPHANED",
    "CUST-REPLACEMENT", "CUST-TWIN", "CUST-WRITTEN-OFF", "MASS-CAPACITY", "MASS-CONSTITUENT", "MASS-DRIFT", "ORIG-CN-CODE", "ORIG-GAP", "ORIG-SITE",
    "SIGN-KEY-LOST",
})  # fmt: skip
"""Warnings that say that material is not what it is said to be, came from outside unseen, or was made elsewhere."""
ABROAD = frozenset({"CUST-ROUND-TRIP"})
"""Warnings that do so where a stop that they name is in a watched country or at an unknown place: what comes back unchanged from there need
not be what went."""
DATED = frozenset({"TIME-FUTURE", "TIME-RULE-DATE"})
"""Further warnings for whatever is asked of a day."""
OF_A_STAGE = frozenset({"MASS-CAPACITY", "ORIG-SITE"})
"""Findings about a stage at a site; what they name is one event of many."""


class Ancestry:
    """What a finding may be about, as far as it reached the asked lot."""

    def __init__(self, history: History, trace: Trace) -> None:
        """Collect lots, events and sites once."""
        self.history = history
        self.lots = set(trace.lots) | {parent.drawn.lot for name in trace.lots for parent in trace.parents[name]}
        facts = [(name, fact) for name in self.lots if name in history.lots for fact in history.lots[name].facts]
        self.every = {fact.hash for _name, fact in facts}
        counted = {fact.hash: fact for name, fact in facts if _counts(fact, trace.until.get(name))}
        self.counted = counted.keys()
        self.sites: set[str] = set()
        self._made = {history.lots[name].born.hash: history.lots[name].born for name in trace.lots}
        for fact in counted.values():
            event = fact.event
            self.sites.update(site for site in (event.site, event.to if isinstance(event, Ship) else None) if site)

    def concerns(self, item: Finding) -> bool:
        """Whether a finding names a lot, an event, or a stage at a site, on the way to the asked lot."""
        kind, _, name = item.subject.partition(":")
        if kind == "lot":
            return name in self.lots
        if name in self.counted or bool(self.counted & set(item.events)):
            return True
        return item.code in OF_A_STAGE and self._at_its_stage(name, item)

    def _at_its_stage(self, site: str, item: Finding) -> bool:
        named = [fact for digest in item.events if (fact := self.history.facts.get(digest)) is not None]
        performed = [fact for fact in named if stage_of(fact) is not None]
        stages = {stage_of(fact) for fact in performed}
        times = [fact.event.instant for fact in performed]
        return any(
            fact.event.site == site
            and stage_of(fact) in stages
            and min(times) <= fact.event.instant
            and (item.code == "ORIG-SITE" or fact.event.instant <= max(times))
            for fact in self._made.values()
        )

    def elsewhere(self, item: Finding) -> bool:
        """Whether an error is clearly about other lots, events or sites of the ledger; what cannot be placed concerns every lot."""
        kind, _, name = item.subject.partition(":")
        if item.code == "DATA-WITHHELD":
            return False  # nobody can say what the events would have said
        if self.concerns(item) or self.every & set(item.events):
            return False
        if any(digest not in self.history.facts for digest in item.events):
            return False
        if kind == "lot":
            return name in self.history.lots
        if kind == "site":
            return name in self.history.sites and name not in self.sites
        fact = self.history.facts.get(name)
        if kind != "event" or fact is None:
            return False
        return bool(fact.event.touches or fact.event.outputs_made)  # who owns whom reaches beyond those that acted


def _counts(fact: Fact, end: Place | None) -> bool:
    return end is None or fact.place <= end


def concerning(
    history: History, trace: Trace, findings: Iterable[Finding], warnings: frozenset[str] = WARNINGS
) -> Iterator[Finding]:
    """Errors that are not clearly about something else, and those of `warnings` that are about the lot or its ancestry."""
    ancestry = Ancestry(history, trace)
    for item in findings:
        if (
            not ancestry.elsewhere(item)
            if item.severity == "error"
            else (item.code in warnings or (item.code in ABROAD and _watched(history, item)))
            and ancestry.concerns(item)
        ):
            yield item


def _watched(history: History, item: Finding) -> bool:
    """Whether an event of a finding was at a site in a watched country, or at one that nobody can place."""
    facts = [history.facts[digest] for digest in item.events if digest in history.facts]
    places = [where.removeprefix(MAYBE) for fact in facts for where in places_of(history, fact.event)]
    return not WATCHED.isdisjoint(places) or NOT_KNOWN in places
