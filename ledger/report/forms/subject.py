"""What every form is filled from: one lot's ancestry, the policies' answers about it, and what the asker states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from ledger.origin.policy.case import MAGNETS, Case
from ledger.origin.policy.context import Context
from ledger.origin.policy.corrections import named, past
from ledger.origin.policy.dfars import opaque
from ledger.origin.policy.integrity import obstacles
from ledger.origin.policy.load import find, rules
from ledger.origin.policy.model import Reason
from ledger.origin.policy.walk import Walk
from ledger.origin.trace import Trace
from ledger.report.forms.form import OPEN, Row, Section
from ledger.rules.finding import Finding
from ledger.rules.history import History

HOLDING = (*MAGNETS, "end-item", "block", "eol-magnet")
"""Listed forms that are a magnet, hold one, or are one but for a last stage or at its end."""
MOST_MAGNETS = 50
"""Magnet lots of one item that a form lists one by one."""


class Subject:
    """One lot to fill forms for.

    Attributes:
        trace, history: the lot's ancestry.
        answers: what each policy says, by id, as `report.policy.built` gives it; empty where none was asked.
        context: what the asker states.
        as_of: the day that stands in for dates which the asker does not state.
    """

    def __init__(
        self,
        trace: Trace,
        history: History,
        findings: Sequence[Finding],
        policies: Iterable[Mapping[str, Any]],
        context: Context,
        as_of: date,
    ) -> None:
        """`findings` are those of the verification; what they have against the ancestry is a gap of every form."""
        self.trace = trace
        self.history = history
        self.findings = findings
        self.answers = {item["id"]: item for item in policies}
        self.context = context
        self.as_of = as_of

    @cached_property
    def walk(self) -> Walk:
        """The ancestry as policies read it."""
        return Walk(self.history, self.trace)

    def case(self, policy: str) -> Case:
        """The question of one policy, on the day that its answer was tested on."""
        answer = self.answers.get(policy)
        day = date.fromisoformat(answer["tested_on"]) if answer is not None else self.as_of
        return Case(find(policy), dict(rules()), self.walk, self.context, day, ())

    @cached_property
    def doubts(self) -> tuple[Reason, ...]:
        """What the ledger has against the record, and what was said before and corrected, each once."""
        before = past(self.history, self.trace)
        found = (*obstacles(self.history, self.trace, self.findings, before), *named(self.history, self.trace, before))
        return tuple({(item.text, item.events): item for item in found}.values())

    @cached_property
    def magnets(self) -> tuple[str, ...]:
        """The recorded magnet lots that no other magnet of the ancestry was made from, in its order."""
        items = self.walk.items(MAGNETS)
        feeding: set[str] = set()
        for name in reversed(self.trace.lots):
            if name in items or name in feeding:
                feeding.update(parent.lot for parent in self.trace.parents[name] if parent.lot is not None)
        return tuple(name for name in self.trace.lots if name in items and name not in feeding)

    @cached_property
    def holds_magnets(self) -> bool:
        """Whether the lot is or holds magnets, or may: by its form, its words, or what it was made of."""
        case = self.case("US-NDAA23-857")
        return case.form in HOLDING or not case.listed or case.may_be_magnet or bool(self.walk.items(MAGNETS))

    def taken(self, name: str) -> tuple[int, tuple[str, ...]]:
        """How much of a lot was drawn on the way to the asked one, in mg, or is the asked one, and the events that say so."""
        if name == self.trace.lot.id:
            return self.trace.lot.mass_mg, (self.trace.lot.born.hash,)
        drawn = [
            (parent.drawn.mg, self.history.lots[child].born.hash)
            for child in self.trace.lots
            for parent in self.trace.parents[child]
            if parent.lot == name
        ]
        events = (self.history.lots[name].born.hash, *(digest for _mg, digest in drawn))
        return sum({digest: mg for mg, digest in drawn}.values()), tuple(dict.fromkeys(events))


def further(subject: Subject, width: int) -> Iterator[Row]:
    """Gaps of every list of magnets: parts that may be or hold more of them, and magnet lots beyond those listed one by one."""
    case, lots = subject.case("US-DFARS-7052-A"), subject.history.lots
    if subject.magnets and case.form not in MAGNETS:
        for name in opaque(case):
            form = lots[name].output.form
            said = f"lot {name} ({form}) is built in, and which magnets it is or holds is not recorded"
            yield Row((name, form, *[OPEN] * (width - 2)), (lots[name].born.hash,), said)
        if not case.listed:
            asked = subject.trace.lot
            said = f"the form {asked.output.form} of lot {asked.id} is not listed: what else it holds is not known"
            yield Row((asked.id, asked.output.form, *[OPEN] * (width - 2)), (asked.born.hash,), said)
    more = len(subject.magnets) - MOST_MAGNETS
    if more > 0:
        said = f"{more} further magnet lots are not listed here: ask for a report on each"
        yield Row((f"{more} further magnet lots", *[OPEN] * (width - 1)), gap=said)


def delivered(subject: Subject, title: str, otherwise: str) -> Section:
    """The magnets of the lot with their masses; the gap `otherwise` where none is recorded."""
    columns = ("Magnet lot", "Form", "Mass in the lot delivered, kg")
    rows = []
    for name in subject.magnets[:MOST_MAGNETS]:
        mg, events = subject.taken(name)
        rows.append(Row((name, subject.history.lots[name].output.form, kg(mg)), events))
    if not rows:
        lot = subject.trace.lot
        rows.append(Row((OPEN, lot.output.form, OPEN), (lot.born.hash,), otherwise))
    return Section(title, columns, (*rows, *further(subject, len(columns))))


def kg(mg: int) -> str:
    """A mass in kg to the milligram."""
    return f"{mg / 1_000_000:.6f}"


def estimated(value: float) -> str:
    """A reckoned mass in kg, six significant digits; what is there never becomes 0."""
    return f"{value:.6g}"


def doubts(subject: Subject) -> Iterator[Section]:
    """What the ledger has against the record, a gap of every form; nothing where there is nothing."""
    rows = tuple(Row((item.text,), item.events, item.text) for item in subject.doubts)
    if rows:
        yield Section("What the ledger has against this record", ("What",), rows)


def stated(what: str, value: object, where: str) -> Row:
    """A fact that no ledger holds: as the asker states it, or left open; a gap either way, since no event carries it."""
    if value is None:
        return Row((what, OPEN), gap=f"{what}: not in the ledger, and not stated in the context ({where})")
    text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return Row((what, text), gap=f"{what}: stated in the context ({where}), not evidenced in the ledger")
