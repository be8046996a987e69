"""From findings to rates: what counts as found and when, what counts as a false alarm, and how sure a rate is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import sqrt
from typing import Final

from benchmarks.plants.book import Step
from benchmarks.plants.cells import WITHIN, Cell
from benchmarks.plants.chemistry import MAGNETIC, kind
from benchmarks.plants.trial import Trial
from ledger.rules.finding import ERROR, WARNING, Finding

Z: Final = 1.959964
"""Two-sided 95 % of the normal distribution."""
ALARMING: Final = ("ORIG-EXCESS", "ORIG-GAP", "TIME-TRANSIT", "CUST-DOCUMENT-REUSED")
"""Warnings on honest plants that count as false alarms, beside the families below and every error."""
FAMILIES: Final = ("MASS", "COMP")


@dataclass(frozen=True)
class Rate:
    """So many of so many."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """The share; 0 of nothing."""
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % score interval for a binomial share (Wilson 1927, J. Am. Stat. Assoc. 22:209); 0 to 1 of nothing."""
        if not self.of:
            return 0.0, 1.0
        p, n, z2 = self.value, self.of, Z * Z
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        # At the ends the bound is exact; floating point would leave dust.
        return (middle - half if self.hits else 0.0), (middle + half if self.hits < n else 1.0)


@dataclass
class Detection:
    """What came of a cell of fraud.

    Attributes:
        plants: how many there were.
        delays: batches until each that was found, the batch of the fraud being 1.
        by_code: how many plants each code found alone, in time.
        sizes: true sizes of the false steps, as `true_sizes` has them.
        kinds: where deposits are wrong, plants by (true, declared) kind of deposit.
        missed: of these, the ones not found.
    """

    cell: Cell
    plants: int = 0
    delays: list[int] = field(default_factory=list)
    by_code: Counter[str] = field(default_factory=Counter)
    sizes: list[float] = field(default_factory=list)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    missed: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def rate(self) -> Rate:
        """Plants found in time."""
        return Rate(len(self.delays), self.plants)

    @property
    def delay(self) -> float | None:
        """Mean batches until found, of those found in time."""
        return sum(self.delays) / len(self.delays) if self.delays else None

    @property
    def true_size(self) -> float | None:
        """Mean of the sizes; None where nothing was added or taken."""
        return sum(self.sizes) / len(self.sizes) if self.sizes else None


@dataclass
class Honesty:
    """False alarms of one kind of honest plant.

    Attributes:
        alarmed_lots: distinct lots (for findings about no lot: events) that a false alarm is about, by code and in all.
        alarmed_plants: plants with one, likewise.
    """

    cell: Cell
    plants: int = 0
    lots: int = 0
    events: int = 0
    alarmed_lots: Counter[str] = field(default_factory=Counter)
    alarmed_plants: Counter[str] = field(default_factory=Counter)

    @property
    def per_lot(self) -> Rate:
        """Lots with a false alarm."""
        return Rate(self.alarmed_lots[ANY], self.lots)

    @property
    def per_plant(self) -> Rate:
        """Plants with a false alarm."""
        return Rate(self.alarmed_plants[ANY], self.plants)


ANY: Final = "any"


@dataclass
class Scores:
    """All cells, in order."""

    detections: dict[Cell, Detection] = field(default_factory=dict)
    honesty: dict[Cell, Honesty] = field(default_factory=dict)

    def take(self, trial: Trial) -> None:
        """Count one plant."""
        if trial.cell.honest:
            self._false_alarms(trial)
        else:
            self._detection(trial)

    def _detection(self, trial: Trial) -> None:
        score = self.detections.setdefault(trial.cell, Detection(trial.cell))
        score.plants += 1
        score.sizes += true_sizes(trial)
        first = min(trial.plan.fraud.batches)
        soonest: dict[str, int] = {}
        for code, batch in found(trial):
            soonest[code] = min(batch, soonest.get(code, batch))
        in_time = {code: batch - first + 1 for code, batch in soonest.items() if batch - first < WITHIN}
        if in_time:
            score.delays.append(min(in_time.values()))
            score.by_code.update(in_time.keys())
        if trial.plan.deposit and trial.plan.declared:
            pair = kind(trial.plan.deposit), kind(trial.plan.declared)
            score.kinds[pair] += 1
            score.missed[pair] += not in_time

    def _false_alarms(self, trial: Trial) -> None:
        score = self.honesty.setdefault(trial.cell, Honesty(trial.cell))
        score.plants += 1
        score.lots += len(trial.book.lots)
        score.events += len(trial.hashes)
        alarms = [item for item in (*trial.found, *trial.refused) if alarming(item)]
        about = {(item.code, _about(trial, item)) for item in alarms}
        score.alarmed_lots.update(Counter(code for code, _ in about))
        score.alarmed_lots[ANY] += len({subject for _, subject in about})
        score.alarmed_plants.update({item.code for item in alarms})
        score.alarmed_plants[ANY] += bool(alarms)


def alarming(item: Finding) -> bool:
    """Whether a finding on an honest plant is a false alarm: an error, or a warning that accuses masses or compositions."""
    return item.severity == ERROR or (
        item.severity == WARNING and (item.code.split("-")[0] in FAMILIES or item.code in ALARMING)
    )


def found(trial: Trial) -> Iterator[tuple[str, int]]:
    """(code, batch) of every finding that detects the plant's fraud.

    A finding about a lot or an event counts when that lot, or an event named in it, belongs to a false batch. One about the
    site counts when its newest event comes with or after the first false batch. It is dated by its newest event.
    """
    cell, false = trial.cell, trial.plan.fraud.batches
    for item in trial.refused:
        if item.code in cell.codes:
            yield item.code, trial.book.batch
    for item in trial.found:
        if item.code not in cell.codes:
            continue
        named = [trial.hashes[digest] for digest in item.events if digest in trial.hashes]
        what, _, subject = item.subject.partition(":")
        if what == "lot" and subject in trial.book.lots:
            named.append(trial.book.lots[subject])
        elif what == "event" and subject in trial.hashes:
            named.append(trial.hashes[subject])
        newest = max(named, default=0)
        if what == "site":
            if newest >= min(false):
                yield item.code, newest
        elif false & set(named):
            yield item.code, newest


def true_sizes(trial: Trial) -> list[float]:
    """By how much Nd and Pr that are accounted for differ from what went in, relative, in each false step.

    Of dysprosium without a source, its share of the product. Nothing for frauds that neither add nor take.
    """
    fraud = trial.plan.fraud
    steps = [step for step in trial.book.steps if step.batch in fraud.batches]
    match fraud.kind:
        case "injection" | "repeated":
            return [_excess(step) for step in steps if step.added.elements]
        case "diversion":
            return [_excess(step) for step in steps]
        case "sourceless":
            return [step.out.elements["Dy"] / step.out.mass for step in steps]
        case _:
            return []


def _excess(step: Step) -> float:
    return (step.out.total(MAGNETIC) + step.lost.total(MAGNETIC)) / step.into.total(MAGNETIC) - 1


def _about(trial: Trial, item: Finding) -> str:
    """The one lot or event that a finding is about: its subject, else the newest event that it names."""
    if item.subject.startswith(("lot:", "event:")):
        return item.subject
    named = [digest for digest in item.events if digest in trial.hashes]
    return f"event:{named[-1]}" if named else item.subject


def scored(trials: Iterable[Trial]) -> Scores:
    """Count every plant."""
    scores = Scores()
    for trial in trials:
        scores.take(trial)
    return scores
