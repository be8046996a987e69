"""What came to a ledger since an earlier size of its log: lots, events on lots, findings, and answers that changed with them.

What the ledger said then is its facts up to that size, folded and judged again: the same rules, so the same answers as then,
but for what only the seal of the whole log shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ledger.model.events import Enrol, Key, Open, Revoke, Site
from ledger.origin.nearby import Nearby
from ledger.origin.trace import trace
from ledger.report.answer import finding
from ledger.report.country import country
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.rulebook import conclude, judge

MOST_NAMED = 1000
"""Findings that are named; more are counted."""


Identity = tuple[str, str, str, tuple[str, ...]]


def _key(item: Finding) -> Identity:
    """A finding's identity: tables outside memory give copies."""
    return item.code, item.subject, item.message, item.events


class Since:
    """Compares a ledger with itself at an earlier size.

    Attributes:
        size: the earlier size of the log, entries.
    """

    def __init__(self, history: History, findings: Sequence[Finding], size: int) -> None:
        """Which findings are new is known at once; what was said then is folded when it is first asked for."""
        self.size = size
        self._history = history
        self.findings = [item for item in findings if self._newest(item) >= size]
        self._new = {_key(item) for item in self.findings}
        self._kept = findings
        registry = history.facts.of((Open, Enrol, Site, Key, Revoke))
        self._registry = any(fact.place.entry >= size for fact in registry)
        self._before: tuple[History, Nearby] | None = None
        self.new: list[dict[str, Any]] = []
        self.changed: list[dict[str, Any]] = []
        self._said: set[Identity] = set()

    def take(self, answer: Mapping[str, Any], findings: Iterable[Finding]) -> None:
        """One lot's answer and the findings about it: is it new, or changed?"""
        name, verdict = answer["lot"], answer["china"]["verdict"]
        fresh = [key for item in findings if (key := _key(item)) in self._new]
        self._said.update(fresh)
        if self._history.lots[name].born_at.entry >= self.size:
            self.new.append({"lot": name, "now": verdict})
            return
        events = self._events(answer)
        if not (events or fresh or self._registry):
            return
        was = self._was(name)
        if events or fresh or was != verdict:
            self.changed.append({"lot": name, "was": was, "now": verdict, "events": events, "findings": len(fresh)})

    def built(self) -> dict[str, Any]:
        """The `changes` of a portfolio: {since, new_lots, changed_lots, new_findings, more_findings}.

        `new_lots` [{lot, now}], `changed_lots` [{lot, was, now, events, findings}] with the verdicts on China and the new events on the
        lot's way; a changed verdict first.
        """
        said = [item for item in self.findings if _key(item) in self._said]
        return {
            "since": self.size,
            "new_lots": self.new,
            "changed_lots": sorted(self.changed, key=lambda item: item["was"] == item["now"]),
            "new_findings": [finding(item) for item in said[:MOST_NAMED]],
            "more_findings": max(len(said) - MOST_NAMED, 0),
        }

    def _newest(self, item: Finding) -> int:
        """The newest entry that a finding names; -1 where it names none."""
        kind, _, name = item.subject.partition(":")
        if kind == "entry" and name.isdecimal():
            return int(name)
        named = (*item.events, name) if kind == "event" else item.events
        facts = (self._history.facts.get(digest) for digest in named)
        return max((fact.place.entry for fact in facts if fact is not None), default=-1)

    def _sealed(self, item: Finding) -> bool:
        """Whether an error is of what never became a fact, and of no entry that is new: it stood then as now."""
        told = any(digest in self._history.facts for digest in item.events)
        return item.severity == "error" and not told and self._newest(item) < self.size

    def _events(self, answer: Mapping[str, Any]) -> list[str]:
        """New events on a lot's way, and new retractions of what was on it."""
        said = [step["event"] for step in answer["history"] if step["entry"] >= self.size]
        for item in answer["retractions"]:
            retraction = self._history.facts.get(item["retraction"])
            if retraction is not None and retraction.place.entry >= self.size:
                said.append(retraction.hash)
        return list(dict.fromkeys(said))

    def _was(self, name: str) -> str | None:
        """The verdict on China of then."""
        if self._before is None:
            past, found = before(self._history, self.size)
            kept = [item for item in self._kept if self._sealed(item)]
            self._before = past, Nearby(past, [*kept, *found])
        past, near = self._before
        if name not in past.lots:
            return None
        traced = trace(past, name)
        verdict: str = country(traced, past, near.of(traced))["verdict"]
        return verdict


def before(history: History, size: int) -> tuple[History, list[Finding]]:
    """The history up to an earlier size of the log, and what the rules find in it."""
    past, found = History(), list[Finding]()
    for fact in history.facts.values():
        if fact.place.entry < size:
            found += judge(past, fact)
    return past, [*found, *conclude(past)]
