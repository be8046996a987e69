"""Material as it truly is: a mass and the elements in it, exact but for floating point. Nothing here is measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from benchmarks.plants.chemistry import FACTORS

TINY = 1e-9
"""Relative: the rounding of floating point."""


@dataclass(frozen=True)
class Material:
    """So much of something.

    Attributes:
        mass: milligrams, with whatever is not an element that counts (oxygen, gangue, water).
        elements: milligrams by element.
    """

    mass: float = 0.0
    elements: Mapping[str, float] = field(default_factory=dict)

    def share(self, fraction: float) -> Material:
        """A part of it, alike in everything."""
        return Material(self.mass * fraction, {name: mg * fraction for name, mg in self.elements.items()})

    def of(self, shares: Mapping[str, float] | float, names: Iterable[str] | None = None) -> dict[str, float]:
        """Of the named elements (all by default), the share that `shares` gives, in milligrams."""
        wanted = self.elements if names is None else [name for name in names if name in self.elements]
        return {name: self.elements[name] * (shares if isinstance(shares, float) else shares[name]) for name in wanted}

    def total(self, names: Iterable[str]) -> float:
        """Milligrams of the named elements together."""
        return sum(self.elements.get(name, 0.0) for name in names)


NONE = Material()


def together(parts: Iterable[Material]) -> Material:
    """Everything in one heap."""
    mass = 0.0
    elements: dict[str, float] = {}
    for part in parts:
        mass += part.mass
        for name, mg in part.elements.items():
            elements[name] = elements.get(name, 0.0) + mg
    return Material(mass, elements)


def compound(elements: Mapping[str, float], grade: float, *, oxide: bool) -> Material:
    """A product that holds these milligrams of elements, as oxides or as metals, at a grade (share of the whole mass)."""
    pure = sum(mg * (FACTORS[name] if oxide else 1.0) for name, mg in elements.items())
    return Material(pure / grade, {name: mg for name, mg in elements.items() if mg})


def mineral(mass: float, grade: float, shares: Mapping[str, float]) -> Material:
    """`mass` milligrams with rare-earth oxides at `grade`, distributed by `shares` of oxide."""
    return Material(mass, {name: mass * grade * share / FACTORS[name] for name, share in shares.items()})


def balanced(into: Iterable[Material], out: Iterable[Material]) -> bool:
    """Whether every element that goes in comes out; gross mass need not (air, water and reagents come and go)."""
    before, after = together(into).elements, together(out).elements
    return all(
        abs(before.get(name, 0.0) - after.get(name, 0.0))
        <= TINY * max(before.get(name, 0.0), after.get(name, 0.0), 1.0)
        for name in {*before, *after}
    )
