"""Findings by what they name, so that asking every lot of a ledger costs what the lots' ancestries cost, not lots times findings.

What is given for a lot is all that `ledger.origin.doubts.concerning` would pick of all findings, whatever warnings it is asked for, so
an answer with these findings is the answer with all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.origin.doubts import OF_A_STAGE, concerning
from ledger.origin.trace import Trace
from ledger.rules.finding import Finding
from ledger.rules.history import History


class Nearby:
    """Findings of one verification, to be looked up by a lot's ancestry."""

    def __init__(self, history: History, findings: Sequence[Finding]) -> None:
        """Each finding under every lot, event and site that it names; errors that nothing can place, under everything."""
        self.findings = findings
        self._history = history
        self._everywhere: list[int] = []
        self._at: dict[str, list[int]] = {}
        self._codes = frozenset(item.code for item in findings)
        for number, item in enumerate(findings):
            # A warning has to name what it is about; an error that does not concerns every lot.
            if item.severity == "error" and not self._placed(item):
                self._everywhere.append(number)
                continue
            for name in dict.fromkeys(self._names(item)):
                self._at.setdefault(name, []).append(number)

    def of(self, trace: Trace) -> list[Finding]:
        """Those about a lot or its ancestry, in their order, and errors that are not clearly about something else."""
        return list(concerning(self._history, trace, self._near(trace), self._codes))

    def _near(self, trace: Trace) -> list[Finding]:
        found = set(self._everywhere)
        for name in self._named_by(trace):
            found.update(self._at.get(name, ()))
        return [self.findings[number] for number in sorted(found)]

    def _placed(self, item: Finding) -> bool:
        """Whether lots, events and sites tell where an error belongs; the cases of `Ancestry.elsewhere`, without a lot."""
        kind, _, name = item.subject.partition(":")
        if item.code == "DATA-WITHHELD" or any(digest not in self._history.facts for digest in item.events):
            return False
        if kind == "lot":
            return name in self._history.lots
        if kind == "site":
            return name in self._history.sites
        fact = self._history.facts.get(name) if kind == "event" else None
        return fact is not None and bool(fact.event.touches or fact.event.outputs_made)

    def _names(self, item: Finding) -> Iterator[str]:
        kind, _, name = item.subject.partition(":")
        if kind in ("lot", "site"):
            yield item.subject
        elif kind == "event":
            yield name
        yield from item.events
        if item.code in OF_A_STAGE:
            yield f"site:{name}"

    def _named_by(self, trace: Trace) -> Iterator[str]:
        """Every lot, event and site that the ancestry touches."""
        drawn = (parent.drawn.lot for name in trace.lots for parent in trace.parents[name])
        for name in dict.fromkeys((*trace.lots, *drawn)):
            yield f"lot:{name}"
            lot = self._history.lots.get(name)
            for fact in lot.facts if lot is not None else ():
                yield fact.hash
                for site in (fact.event.site, getattr(fact.event, "to", None)):
                    if site is not None:
                        yield f"site:{site}"
