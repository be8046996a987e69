"""What a composition says of the rare earths: oxide by mass, with an uncertainty for each, and the room for what it leaves out.

All in oxides, whether the composition states elements or oxides, because deposits are described so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from ledger.model.quantity import PPB, Composition, Share
from ledger.reference.elements import ELEMENTS, RARE_EARTHS, content, oxide_factor
from ledger.rules.content import SUMS
from ledger.rules.pattern import Part

TRACE = 0.01
"""Share of a lot's rare-earth oxides below which one is a trace and measured less well."""
POOR_PPB = PPB // 1000 * 12
"""1.2 % of the mass: below about 1 % an analysis is less good too, whatever its share of the rare earths (DOMAIN.md 2.4)."""
DEFAULT_U = 0.03
DEFAULT_U_TRACE = 0.05
"""Relative: what an undeclared uncertainty is taken to be, an oxide's and a trace's (ICP after fusion)."""
SUM_U = 0.01
"""Relative: what the sum of the rare earths is known to."""
LEAST_U = 0.005
MOST_U = 0.10
MOST_U_TRACE = 0.50
"""Relative: no sampling is better than the first, and a declared uncertainty must not be able to swallow a difference."""

_SYMBOL = re.compile(r"[A-Z][a-z]?")


class Analysis(Struct, frozen=True):
    """The rare earths of a composition.

    Attributes:
        parts: oxide mass fraction and relative standard uncertainty by element symbol, measured zeros included.
        total: sum of the fractions.
        treo: what `TREO` states, or the total where that is more or nothing is stated.
        room: mass fraction that one rare earth which is not listed can have at most.
    """

    parts: Mapping[str, Part]
    total: float
    treo: float
    room: float


@lru_cache(maxsize=4096)
def _oxide(analyte: str) -> tuple[str, float] | None:
    """The rare earth that an analyte measures, and the mass of its first oxide in `ELEMENTS` per mass of analyte."""
    found = content(analyte)
    if found is None or found[0] not in RARE_EARTHS:
        return None
    return found[0], float(found[1]) * oxide_factor(found[0])


def formula(element: str) -> str:
    """The oxide that the figures of a rare earth are of: `Nd` -> `Nd2O3`."""
    return ELEMENTS[element].oxides[0].formula


@lru_cache(maxsize=4096)
def _hides_rare_earth(analyte: str) -> bool:
    return analyte not in SUMS and content(analyte) is None and not RARE_EARTHS.isdisjoint(_SYMBOL.findall(analyte))


def analyse(composition: Composition | None) -> Analysis | None:
    """The rare earths of a composition; None where there is none, or an analyte such as `NdF3` hides how much there is."""
    if composition is None:
        return None
    found: list[tuple[str, float, Share]] = []
    total = listed = as_stated = 0.0
    for analyte, share in composition.items():
        oxide = _oxide(analyte)
        if oxide is not None:
            value = share.ppb / PPB * oxide[1]
            found.append((oxide[0], value, share))
            total += value
            as_stated += share.ppb
        elif _hides_rare_earth(analyte):
            return None
        if analyte not in SUMS or analyte in ("H2O", "LOI"):
            listed += share.ppb
    stated = composition.get("TREO")
    room = PPB - listed
    if stated is not None:
        room = min(room, stated.ppb - as_stated)
    traces = TRACE * total
    return Analysis(
        parts={name: Part(value, _relative(share, trace=value < traces)) for name, value, share in found},
        total=total,
        treo=max(total, stated.ppb / PPB if stated is not None else 0.0),
        # What is listed, and `TREO`, are only known so well, and that much more may be something else.
        room=max(room, 0.0) / PPB + SUM_U * total,
    )


def _relative(share: Share, *, trace: bool) -> float:
    if share.u_ppb is None or share.ppb == 0:
        return DEFAULT_U_TRACE if trace or share.ppb < POOR_PPB else DEFAULT_U
    return min(max(share.u_ppb / share.ppb, LEAST_U), MOST_U_TRACE if trace else MOST_U)


class Analyses:
    """`analyse` with a memory, for a pass that meets a composition where it is stated and again where it is drawn.

    Compositions are told apart as objects, and held as long as they are remembered.
    """

    def __init__(self, most: int = 4096) -> None:
        """Remembers at most `most`."""
        self._most = most
        self._known: dict[int, tuple[Composition, Analysis | None]] = {}

    def of(self, composition: Composition | None) -> Analysis | None:
        """The analysis of a composition."""
        if composition is None:
            return None
        known = self._known.get(id(composition))
        if known is not None:
            return known[1]
        if len(self._known) >= self._most:
            self._known.clear()
        found = analyse(composition)
        self._known[id(composition)] = composition, found
        return found
