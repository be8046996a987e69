"""Scales and assays: what a plant states of what it truly has, with Gaussian noise, and the uncertainties that it declares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from benchmarks.plants.chemistry import FACTORS, OXIDES
from benchmarks.plants.material import Material

PPB: Final = 10**9
POOR: Final = 0.01
"""Content below which an assay is worse than the laboratory's usual."""
WORSE: Final = 5 / 3
"""How much worse: 5 % where others are known to 3 % (DOMAIN.md 2.4)."""
LEAST: Final = 2e-6
"""Content that is not reported: 2 ppm."""
WHOLE: Final = 1.0
"""An honest laboratory does not report more than there is; it scales its figures down."""
Composition = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Profile:
    """How a plant measures, and how it keeps its books.

    Attributes:
        name: for the tables.
        declared: whether it states its standard uncertainties.
        combined: relative standard uncertainty of the balance of one output against one input, from which scale and assay
            follow; None draws both for each plant.
        common: all inputs are weighed out of one big lot with one assay, whose error is then in every batch.
        nominal: outputs state one composition throughout.
        losses: residues and losses are weighed, assayed and recorded.
    """

    name: str
    declared: bool = True
    combined: float | None = None
    common: bool = False
    nominal: bool = False
    losses: bool = True

    def without_losses(self) -> Profile:
        """The same, but losses go unrecorded."""
        return replace(self, losses=False)


class Meters:
    """One plant's instruments."""

    def __init__(self, profile: Profile, rng: Random) -> None:
        """Drawn for the plant as its profile says (DOMAIN.md 2.4 where nothing is declared)."""
        self.rng = rng
        self.declared = profile.declared
        self.single: float
        self.poor: float
        if profile.combined is not None:
            # One scale and one assay on either side: combined^2 = 2 (scale^2 + assay^2).
            self.scale = profile.combined / 5
            self.single = (profile.combined**2 / 2 - self.scale**2) ** 0.5
            self.poor = WORSE * self.single
        elif profile.declared:
            self.scale = rng.uniform(0.0005, 0.003)
            self.single = 0.003 * 10 ** rng.random()
            self.poor = WORSE * self.single
        else:
            self.scale = rng.uniform(0.001, 0.005)
            self.single, self.poor = 0.03, 0.05
        self.treo = None if profile.declared else 0.01

    def weighed(self, mass: float) -> dict[str, int]:
        """A mass as an event states it, milligrams."""
        return self._mass(mass * (1 + self.rng.gauss(0, self.scale)), self.scale)

    def assayed(self, material: Material, *, oxide: bool, names: Iterable[str] | None = None) -> Composition:
        """Mass fractions of the named elements (all by default), as oxides or as such, in ppb."""
        true = {
            name: material.elements[name] * (FACTORS[name] if oxide else 1.0) / material.mass
            for name in (material.elements if names is None else names)
            if name in material.elements
        }
        true = {name: share for name, share in true.items() if share >= LEAST}
        read = {name: max(share * (1 + self.rng.gauss(0, self._u(share))), 0.0) for name, share in true.items()}
        whole = sum(read.values())
        if oxide and self.treo is not None and whole:
            # The sum is measured better than its parts, and the parts are reported as shares of it.
            whole = min(sum(true.values()) * (1 + self.rng.gauss(0, self.treo)), WHOLE)
        read = scaled(read, min(whole, WHOLE))
        stated = {OXIDES[name] if oxide else name: self._share(share, self._u(share)) for name, share in read.items()}
        if oxide and self.treo is not None:
            stated["TREO"] = self._share(whole, self.treo)
        return stated

    def nominal(
        self, material: Material, *, oxide: bool, names: Iterable[str] | None, off: float, spread: float
    ) -> Composition:
        """A composition to be stated of everything that is like `material`.

        It is off by `off` for good; `spread` is its honest standard uncertainty, with what batches differ by.
        """
        once = Meters(Profile("", declared=self.declared), self.rng)
        once.single = once.poor = off
        once.treo = None
        stated = once.assayed(material, oxide=oxide, names=names)
        return {name: self._share(share["ppb"] / PPB, spread) for name, share in stated.items()}

    def _u(self, share: float) -> float:
        return self.single if share >= POOR else self.poor

    def _mass(self, mg: float, u: float) -> dict[str, int]:
        stated = {"mg": max(round(mg), 1)}
        return {**stated, "u_mg": max(round(mg * u), 1)} if self.declared else stated

    def _share(self, share: float, u: float) -> dict[str, int]:
        stated = {"ppb": round(share * PPB)}
        return {**stated, "u_ppb": max(round(share * u * PPB), 1)} if self.declared else stated


def scaled(shares: dict[str, float], whole: float) -> dict[str, float]:
    """The same proportions with this sum; as they are where there is nothing."""
    total = sum(shares.values())
    return {name: share * whole / total for name, share in shares.items()} if total else shares
