"""What the simulated plants are made of: atomic weights, oxides by their formulas, and the reference deposits.

Oxide factors are computed here from CIAAW 2021 weights and stoichiometry and not taken from the library, so that the truth
of a simulation does not rest on the code under test. They agree with its table to four decimals, which no scale sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import Final

from ledger.reference.deposits import DEPOSITS

OXYGEN: Final = 15.999
WEIGHTS: Final = {
    "Y": 88.905838, "La": 138.90547, "Ce": 140.116, "Pr": 140.90766, "Nd": 144.242, "Sm": 150.36, "Eu": 151.964,
    "Gd": 157.25, "Tb": 158.925354, "Dy": 162.5, "Ho": 164.930329, "Er": 167.259, "Tm": 168.934219, "Yb": 173.045,
    "Lu": 174.9668,
}  # fmt: skip
"""Standard atomic weights, CIAAW 2021."""
_FORMULAS: Final = {"Ce": ("CeO2", 1, 2), "Pr": ("Pr6O11", 6, 11), "Tb": ("Tb4O7", 4, 7)}
OXIDES: Final = {
    symbol: _FORMULAS[symbol][0] if symbol in _FORMULAS else f"{symbol}2O3" for symbol in WEIGHTS
}  # fmt: skip
"""The oxide that trade states, by element."""
LIGHT: Final = ("La", "Ce")
MAGNETIC: Final = ("Nd", "Pr")
HEAVY: Final = ("Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Y")
_KINDS: Final = ("clay", "xenotime", "loparite", "eudialyte", "allanite", "fluorite", "bastnaesite", "monazite")


def _factor(symbol: str, weight: float) -> float:
    _, atoms, oxygens = _FORMULAS.get(symbol, ("", 2, 3))
    return (atoms * weight + oxygens * OXYGEN) / (atoms * weight)


FACTORS: Final[Mapping[str, float]] = {symbol: _factor(symbol, weight) for symbol, weight in WEIGHTS.items()}
"""Mass of oxide to mass of element."""


def pattern(deposit: str) -> dict[str, float]:
    """Oxides of a reference deposit by element, as shares of one; what the row leaves blank is left out."""
    symbols = {oxide: symbol for symbol, oxide in OXIDES.items()}
    found = {symbols[oxide]: float(percent) for oxide, percent in DEPOSITS[deposit].pattern.items()}
    return normal(found)


def normal(shares: Mapping[str, float]) -> dict[str, float]:
    """The same proportions, summing to one."""
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items()}


def shaken(shares: Mapping[str, float], spread: float, rng: Random) -> dict[str, float]:
    """A pattern with log-normal noise of relative size `spread` on each oxide, summing to one."""
    return normal({name: share * rng.lognormvariate(0, spread) for name, share in shares.items()})


def blended(parts: Iterable[tuple[float, Mapping[str, float]]]) -> dict[str, float]:
    """A weighted mean of patterns."""
    made: dict[str, float] = {}
    for weight, shares in parts:
        for name, share in shares.items():
            made[name] = made.get(name, 0.0) + weight * share
    return made


def kind(deposit: str) -> str:
    """What a deposit is of: clay, monazite, bastnaesite and so on."""
    mineral = DEPOSITS[deposit].mineral
    return next(word for word in _KINDS if word in mineral)
