"""The trials: every kind of fraud at every size, in the plants where it can happen, and honest plants of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from benchmarks.plants import chemistry, handling, line, mining, separation
from benchmarks.plants.book import Book
from benchmarks.plants.meters import Profile
from benchmarks.plants.plan import BATCHES, HEADLINE, Fraud, Plan
from ledger.reference.deposits import DEPOSITS

Plant = Callable[[Book, Plan], None]
WITHIN: Final = 12
"""Batches within which repeated fraud is to be found."""
FROM: Final = 6
"""Batch from which repeated fraud goes on, and before which no single one happens."""
SHORT: Final = 12
GAIN: Final = frozenset({"MASS-GAIN"})
REPEATED: Final = frozenset({"MASS-GAIN", "MASS-DRIFT", "MASS-INJECTION"})
LOSS: Final = frozenset({"MASS-LOSS"})
HANDOVER: Final = frozenset({"MASS-HANDOVER"})
OVERDRAWN: Final = frozenset({"CUST-OVERDRAWN"})
DEPOSIT: Final = frozenset({"COMP-DEPOSIT", "COMP-GATE"})
PERSISTENCE: Final = frozenset({"COMP-PATTERN", "COMP-PRND"})
SOURCELESS: Final = frozenset({"MASS-GAIN", "MASS-SOURCE"})
MAXIMUM: Final = frozenset({"COMP-MAXIMUM"})
WET: Final = frozenset({"COMP-SUM", "MASS-GAIN", "COMP-MAXIMUM"})
COPIED: Final = frozenset({"CUST-ASSAY-COPIED"})
CAPACITY: Final = frozenset({"MASS-CAPACITY"})
DOCUMENT: Final = frozenset({"CUST-DOCUMENT-REUSED"})
TRANSIT: Final = frozenset({"TIME-TRANSIT"})

FORGED: Final = ("mountain-pass", "mt-weld-cld", "nolans-bore", "lovozero", "manavalakurichi", "green-cove-springs")
"""Deposits outside China of at least medium confidence under whose names foreign concentrate is sold."""
CHEAP: Final = {"clay": ("longnan", "xinfeng", "xunwu"), "rock": ("bayan-obo", "maoniuping")}
"""Where it comes from: clay has a pattern of its own, carbonatite rock looks like other carbonatite."""


@dataclass(frozen=True)
class Cell:
    """One row of the table: plants that are alike.

    Attributes:
        fraud: what is wrong, for the table; empty for honest plants.
        plant: what kind of plant, for the table.
        build: runs it.
        profile: how it measures.
        size: of the fraud, as in `Fraud`.
        shown: the size as people write it.
        codes: findings that count as detection.
        batches: how many each plant works.
        repeats: whether the fraud goes on to the end; else it is in one batch.
        count: copies of the fraud, in as many batches.
        start: the first batch that may be false.
        weight: plants in this cell over plants in a usual one.
        deposits: gives (true, declared) deposits for a plant, None where the plant chooses.
    """

    fraud: str
    plant: str
    build: Plant
    profile: Profile
    kind: str = "none"
    size: float = 0.0
    shown: str = ""
    codes: frozenset[str] = frozenset()
    batches: int = SHORT
    repeats: bool = False
    count: int = 1
    start: int = FROM
    weight: float = 1.0
    deposits: Callable[[Random, int], tuple[str, str]] | None = None

    @property
    def honest(self) -> bool:
        """Whether nothing is false here."""
        return not self.fraud

    def plan(self, rng: Random, number: int) -> Plan:
        """The plan of plant `number`."""
        true, declared = self.deposits(rng, number) if self.deposits else (None, None)
        when = frozenset() if self.honest else self._when(rng)
        return Plan(self.batches, Fraud(self.kind, self.size, when), true, declared)

    def _when(self, rng: Random) -> frozenset[int]:
        if self.repeats:
            return frozenset(range(self.start, self.batches + 1))
        first = rng.randint(self.start, self.batches - self.count + 1)
        return frozenset(range(first, first + self.count))


def percent(size: float) -> str:
    """A fraction as people write it."""
    return f"{size * 100:g} %"


def pairs() -> list[tuple[str, str]]:
    """Every (true, declared) pair of deposits whose material is of another kind."""
    ids = sorted(DEPOSITS)
    return [(true, named) for true in ids for named in ids if chemistry.kind(true) != chemistry.kind(named)]


def cells(combined: float, runs: int) -> list[Cell]:
    """All trials; `combined` is the relative standard uncertainty of one balance in those of fraud."""
    stated = replace(HEADLINE, combined=combined)
    return [*_mass(stated), *_papers(stated), *_patterns(stated, runs), *honest(stated)]


def _mass(stated: Profile) -> Iterator[Cell]:
    hidden = stated.without_losses()
    separators = (("separate", separation.separation, stated), ("separate, untold", separation.separation, hidden))
    metals = (("reduce", line.reduction, stated), ("reduce, untold", line.reduction, hidden))
    others = (("melt", line.melting, stated), ("blend", handling.blending, stated))
    for plant, build, profile in (*separators, *metals, *others):
        for size in (0.01, 0.02, 0.03, 0.05, 0.10):
            yield Cell("single injection", plant, build, profile, "injection", size, percent(size), GAIN,
                       weight=2.0 if size == 0.03 else 1.0)  # fmt: skip  # noqa: PLR2004  (the headline's size)
    for plant, build, profile in (*separators, *metals):
        for size in (0.0025, 0.005, 0.01, 0.02):
            yield Cell("repeated injection", plant, build, profile, "repeated", size, percent(size), REPEATED,
                       batches=BATCHES, repeats=True, weight=2.0 if size == 0.005 else 1.0)  # fmt: skip  # noqa: PLR2004  (as above)
    for plant, build, profile in (*separators, *metals):
        for size in (0.03, 0.05, 0.10, 0.20):
            yield Cell("diversion", plant, build, profile, "diversion", size, percent(size), LOSS)
    for size in (0.005, 0.01, 0.03):
        yield Cell("Dy without a source", "melt", line.melting, stated, "sourceless", size, percent(size), SOURCELESS)
    for size in (1.05, 1.2, 2.0):
        # False is what comes out beyond the year's capacity, which about the first 1 / size of the batches use up. The
        # finding is dated by the end of the worst year, here the last batch, so its delay is the most that it can be.
        yield Cell("capacity exceeded", "reduce, untold", line.reduction, hidden, "capacity", size, f"x {size:g}", CAPACITY,
                   batches=BATCHES, repeats=True, start=int(BATCHES / size) + 1, weight=0.5)  # fmt: skip


def _papers(stated: Profile) -> Iterator[Cell]:
    for kind, word in (("handover-gain", "gain"), ("handover-loss", "loss")):
        for size in (0.02, 0.05):
            yield Cell(
                f"handover {word}", "ship", handling.shipping, stated, kind, size, percent(size), HANDOVER, batches=8
            )
    for size in (0.002, 0.005, 0.02, 0.20):
        yield Cell("over-draw", "dispose", handling.overdrawing, stated, "overdraw", size, percent(size), OVERDRAWN,
                   batches=2, start=2)  # fmt: skip
    yield Cell("oxide as element", "separate", separation.separation, stated, "oxide-as-element", 1, "-", MAXIMUM,
               batches=8)  # fmt: skip
    for size, shown in ((1, "untold"), (2, "H2O told")):
        yield Cell("wet as dry, 10 %", "repack", handling.drying, stated, "wet", size, shown, WET, batches=8)
    for count in (1, 3, 6):
        yield Cell(
            "copied assay", "assay", handling.assaying, stated, "copied", 1, f"{count} more", COPIED, count=count
        )
    yield Cell("document reused", "ship", handling.shipping, stated, "document", 1, "-", DOCUMENT, batches=8)
    for size in (1000, 3000, 10000):
        yield Cell("transit, km/h", "ship", handling.shipping, stated, "transit", size, str(size), TRANSIT, batches=8)


def _patterns(stated: Profile, runs: int) -> Iterator[Cell]:
    every = pairs()
    for sure in (True, False):
        chosen = [pair for pair in every if sure != ("low" in {DEPOSITS[one].confidence for one in pair})]
        yield Cell("wrong deposit", "mine" if sure else "mine, poor rows", mining.mining, stated, "blended", 1.0,
                   "100 %", DEPOSIT, batches=1, start=1, weight=len(chosen) / runs,
                   deposits=lambda _rng, number, chosen=chosen: chosen[number % len(chosen)])  # type: ignore[misc]  # fmt: skip
    for word, sources in CHEAP.items():
        for size in (0.1, 0.3, 0.5, 1.0):
            yield Cell("blended deposit", f"mine, {word} added", mining.mining, stated, "blended", size, percent(size), DEPOSIT,
                       batches=3, start=2, deposits=_forged(sources))  # fmt: skip
    for word, sources in CHEAP.items():
        for size in (0.1, 0.3, 1.0):
            yield Cell("swapped in leaching", f"mine, {word} in", mining.mining, stated, "swapped", size, percent(size), PERSISTENCE,
                       batches=3, start=2, deposits=_forged(sources))  # fmt: skip
    for size in (0.3, 1.0):
        yield Cell("other didymium", "reduce", line.reduction, stated, "didymium", size, percent(size), PERSISTENCE)


def _forged(sources: tuple[str, ...]) -> Callable[[Random, int], tuple[str, str]]:
    return lambda rng, _number: (rng.choice(sources), rng.choice(FORGED))


def honest(stated: Profile) -> Iterator[Cell]:
    """Plants where nothing is false: every alarm is a false one."""
    profiles = (
        replace(stated, name="stated"),
        replace(stated, name="stated, untold", losses=False),
        Profile("wide"),
        Profile("wide, one feed", common=True),
        Profile("wide, nominal", nominal=True, losses=False),
        Profile("bare", declared=False),
        Profile("bare, one feed", declared=False, common=True, losses=False),
        Profile("bare, nominal", declared=False, nominal=True, losses=False),
    )
    plants: tuple[tuple[str, Plant], ...] = (
        ("separate", separation.separation),
        ("reduce", line.reduction),
        ("melt", line.melting),
        ("powder, sinter", line.powdering),
        ("machine", line.machining),
    )
    for plant, build in plants:
        for profile in profiles:
            yield Cell("", plant, build, profile, batches=BATCHES, weight=0.5)
    for plant, build, batches in (
        ("blend, split", handling.blending, 12),
        ("ship", handling.shipping, 12),
        ("assay", handling.assaying, 12),
        ("repack", handling.drying, 12),
        ("mine, leach", mining.mining, 3),
    ):
        for profile in (profiles[0], profiles[1], profiles[2], profiles[5]):
            yield Cell("", plant, build, profile, batches=batches)
    for size in (0.8, 0.98):
        yield Cell("", f"{percent(size)} of capac.", line.reduction, replace(stated, losses=False), "capacity", size,
                   batches=BATCHES, weight=0.5)  # fmt: skip
