"""Compositions as ratios: how far apart two patterns of the same elements are, whatever their totals.

Parts of a whole carry only relative information, so patterns are compared by log-ratios (J. Aitchison, The Statistical
Analysis of Compositional Data, 1986, chapter 4). Where each part has its own uncertainty, the squared Mahalanobis distance
in isometric log-ratio coordinates (Egozcue et al., Mathematical Geology 35, 2003, 279-300) with the covariance
V diag(u^2) V' is, for whatever basis V, the weighted sum of squares about the weighted mean:

    d_i = ln(x_i / y_i)    w_i = 1 / (u_x,i^2 + u_y,i^2)    c = sum(w d) / sum(w)    chi^2 = sum(w (d - c)^2)

so no basis is built. Under honest noise it is chi-square distributed with one degree of freedom fewer than parts. With equal
weights it is Aitchison's distance squared, over the variance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import log, sqrt
from statistics import NormalDist
from typing import NamedTuple

from msgspec import Struct

LEAST_U = 1e-6
"""Relative: keeps a weight finite where somebody declares certainty."""


class Part(NamedTuple):
    """One part of a pattern.

    Attributes:
        value: how much, in any unit that the whole pattern shares; not negative.
        u: its relative standard uncertainty, which is that of its logarithm to first order (JCGM 100:2008, 5.1.2).
    """

    value: float
    u: float


Pattern = Mapping[str, Part]


class Fit(Struct, frozen=True):
    """How two patterns compare.

    Attributes:
        distance: chi-square over the common parts, 0 for equal patterns.
        apart: for each common part by how many standard uncertainties it departs from the common ratio; signed, positive
            where the first pattern has more.
    """

    distance: float
    apart: Mapping[str, float]

    @property
    def freedom(self) -> int:
        """Degrees of freedom: the common parts less one; 0 where nothing can be compared."""
        return max(len(self.apart) - 1, 0)


def compare(one: Pattern, other: Pattern) -> Fit:
    """Compare two patterns over the parts that both have above zero; their units and totals need not agree."""
    terms: list[tuple[str, float, float]] = []
    weight = mean = 0.0
    for name, part in one.items():
        against = other.get(name)
        if against is None or part.value <= 0 or against.value <= 0:
            continue
        variance = max(part.u**2 + against.u**2, LEAST_U**2)
        difference = log(part.value) - log(against.value)  # a quotient of extremes could be zero
        terms.append((name, difference, variance))
        weight += 1 / variance
        mean += difference / variance
    if len(terms) < 2:  # noqa: PLR2004  (one part alone has no ratio)
        return Fit(0.0, dict.fromkeys((name for name, _d, _v in terms), 0.0))
    mean /= weight
    distance = sum((difference - mean) ** 2 / variance for _name, difference, variance in terms)
    return Fit(distance, {name: (difference - mean) / sqrt(variance) for name, difference, variance in terms})


@lru_cache(maxsize=64)
def chi_square(freedom: int, sigmas: float) -> float:
    """The chi-square that honest noise exceeds as rarely as a normal variable exceeds `sigmas`, for `freedom` above 0.

    E. B. Wilson and M. M. Hilferty, PNAS 17, 1931, 684-688: f (1 - 2/(9f) + z sqrt(2/(9f)))^3, within 3 % for the z used here.
    """
    spread = 2 / (9 * freedom)
    return freedom * (1 - spread + sigmas * sqrt(spread)) ** 3


@lru_cache(maxsize=512)
def sigmas(tests: int) -> float:
    """Standard uncertainties beyond which the most extreme of `tests` two-sided tests lies as rarely as one beyond 3.

    Bonferroni's inequality: each test is allowed the chance of 3 sigma, 0.27 %, divided by their number.
    """
    return -NormalDist().inv_cdf(NormalDist().cdf(-3.0) / max(tests, 1))


def mixed(shares: Iterable[tuple[float, Pattern]]) -> dict[str, Part]:
    """The pattern of a mixture, by share of the whole, over the parts that every pattern with a share above zero has.

    The patterns' values must be in one unit. Uncertainties are taken as uncorrelated (JCGM 100:2008, 5.1.2).
    """
    held = [(share, pattern) for share, pattern in shares if share > 0]
    found: dict[str, Part] = {}
    for name in held[0][1] if held else ():
        parts = [(share, pattern[name]) for share, pattern in held if name in pattern]
        value = sum(share * part.value for share, part in parts)
        if len(parts) == len(held) and value > 0:
            found[name] = Part(value, sqrt(sum((share * part.value * part.u) ** 2 for share, part in parts)) / value)
    return found
