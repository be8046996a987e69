"""What a simulated plant is to do: how many batches, measured how, cheated where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from benchmarks.plants.meters import Profile

BATCHES: Final = 24
HEADLINE: Final = Profile("stated", combined=0.005)
"""The profile of the cells that measure detection: 0.5 % combined, unless the caller says otherwise."""


@dataclass(frozen=True)
class Fraud:
    """Something false.

    Attributes:
        kind: what; a plant does what it knows and ignores the rest.
        size: how much, as a fraction (of the element, of the mass), a factor or a number, as the kind has it.
        batches: in which batches.
    """

    kind: str
    size: float
    batches: frozenset[int] = field(default_factory=frozenset)

    def at(self, batch: int, *kinds: str) -> float:
        """The size in this batch if it is one of these kinds of fraud, else 0."""
        return self.size if self.kind in kinds and batch in self.batches else 0.0


HONEST: Final = Fraud("none", 0.0)


@dataclass(frozen=True)
class Plan:
    """One plant's plan.

    Attributes:
        batches: how many, numbered from 1.
        fraud: what is false, and when.
        deposit: where its material truly comes from, an id of the reference deposits; None draws one.
        declared: the deposit that it names; None is the true one.
    """

    batches: int = BATCHES
    fraud: Fraud = HONEST
    deposit: str | None = None
    declared: str | None = None
