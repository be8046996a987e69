"""What a measured amount holds of an element, with its standard uncertainty (JCGM 100:2008, "GUM").

Mass of an element m_e = m w, so to first order and uncorrelated u^2(m_e) = (w u(m))^2 + (m u(w))^2 (GUM 5.1.2, equation 10).
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from ledger.model.quantity import PPB, Composition, Share
from ledger.reference.elements import RARE_EARTHS, fraction, is_rare_earth, oxide_factor
from ledger.reference.forms import lookup
from ledger.reference.words import may_bear_rare_earths
from ledger.rules.content import GROSS, SUMS, amount

UNEVEN = frozenset({"ore", "residue", "swarf", "scrap", "eol-magnet", "end-item"})
"""Forms of which a sample is not the whole: sampling, not the analysis, makes the uncertainty."""
DEFAULTS: tuple[tuple[int, float], ...] = ((PPB // 10 * 9, 0.01), (PPB // 1000 * 12, 0.03), (0, 0.05))
"""Relative standard uncertainty of an undeclared mass fraction, from this fraction on: 3 % for one element, 5 % under 1 % content (taken
as 1.2 %, since the figure itself is uncertain), 1 % from 90 % on, where purity is what the impurities leave. Estimates for ICP, unverified."""
TOTAL_DEFAULT = 0.01
"""The same for TREO, which is weighed rather than measured element by element."""
UNEVEN_DEFAULT = 0.05
MOST_RELATIVE, MOST_ABSOLUTE = 0.10, 0.001
"""A declared uncertainty counts up to 10 % of the value or 0.1 % by mass, whichever is more: it must not be able to swallow a gain."""
ITEMISED = 0.8
OXIDE_SUMS = ("TREO", "REO")
ELEMENT_SUMS = ("TRE", "TREE", "TREM", "REM", "REE")
OXIDE_FACTOR, U_FACTOR = 1.18, 0.03
"""Oxide mass per element mass of rare earths together: between 1.14 and 1.23 from lanthanum to lutetium, 1.27 for yttrium."""
LARGEST_FACTOR, ROOM = 1.27, 0.02
"""Yttrium's oxide factor, the largest but scandium's: TREO holds at least TREO / 1.27 of elements. And the room for others up to which a
list without its sum counts as whole."""
_ROUNDING = 1.0 / 12.0
"""Variance of rounding to one unit (GUM F.2.2.1): milligrams and ppb are integers."""


class Held(Struct, frozen=True, gc=False):
    """Milligrams of an element in one amount of material.

    Attributes:
        low, high: what it can be; equal where the element was measured.
        u_mass: standard uncertainty that comes from the mass, mg.
        u_analysis: standard uncertainty that comes from the analysis; of the bound `high` where it was not measured, mg.
        stated: whether it was measured, or cannot be there.
        open: whether it was not measured and nobody looked: no rare earth is stated, or a fifth of the TREO is not itemised. A blank
            beside itemised rare earths reads as not found.
        defaulted: whether a default uncertainty was needed.
        statement: what was stated, (ppb, u_ppb); None where nothing was.
    """

    low: float
    high: float
    u_mass: float
    u_analysis: float
    stated: bool
    defaulted: bool = False
    statement: tuple[int, int | None] | None = None
    open: bool = False


class Portion:
    """An amount of one material, as an event draws or makes it; never changed, and it remembers what it was asked.

    Attributes:
        lot: its lot; empty for a declared loss.
        mg, u_mg: its mass and standard uncertainty, milligrams.
        declared: whether `u_mg` was declared rather than a default.
        form: of its lot.
        composition: in force.
        stated: what it states of each element, and the element's mass per mass of the analyte.
        rare_earths: those that it states.
    """

    __slots__ = ("_held", "composition", "declared", "form", "lot", "mg", "rare_earths", "stated", "u_mg")

    def __init__(
        self,
        lot: str,
        mg: int,
        u_mg: int,
        declared: bool,  # noqa: FBT001  (positional, as the struct it was)
        form: str,
        composition: Composition | None,
    ) -> None:
        """Read the composition once."""
        self.lot = lot
        self.mg = mg
        self.u_mg = u_mg
        self.declared = declared
        self.form = form
        self.composition = composition
        self.stated: dict[str, tuple[Share, float]] = {}
        for analyte, share in (composition or {}).items():
            found = fraction(analyte)
            if found is not None:
                self.stated.setdefault(found[0], (share, found[1]))
        self.rare_earths = RARE_EARTHS.intersection(self.stated)
        self._held: dict[str, Held] = {}

    @property
    def silent(self) -> bool:
        """Whether it may hold rare earths and states none by itself."""
        return bool(self.mg) and not self.rare_earths and not self.held("Nd").stated

    def held(self, element: str) -> Held:
        """How much of `element` it holds."""
        known = self._held.get(element)
        if known is None:
            known = self._held[element] = held(self, element)
        return known


ABSENT = Held(0.0, 0.0, 0.0, 0.0, stated=True)


def believed(share: Share, form: str, analyte: str = "") -> tuple[float, bool]:
    """Standard uncertainty of a mass fraction in ppb, and whether it is a default by form."""
    if share.u_ppb is not None:
        return min(float(share.u_ppb), most(share)), False
    relative = TOTAL_DEFAULT if analyte in SUMS else _default(share.ppb)
    return share.ppb * (max(relative, UNEVEN_DEFAULT) if _uneven(form) else relative), True


def _default(ppb: int) -> float:
    for least, u in DEFAULTS:
        if ppb >= least:
            return u
    raise AssertionError("the last of DEFAULTS begins at 0")


@lru_cache(maxsize=4096)
def _uneven(form: str) -> bool:
    found = lookup(form)
    return found is None or found.name in UNEVEN


def most(share: Share) -> float:
    """The greatest standard uncertainty of a mass fraction that counts, in ppb."""
    return max(share.ppb * MOST_RELATIVE, MOST_ABSOLUTE * PPB)


def held(portion: Portion, element: str) -> Held:
    """How much of `element` a portion holds."""
    mg = portion.mg
    if element == GROSS:
        return Held(mg, mg, (portion.u_mg**2 + _ROUNDING) ** 0.5, 0.0, stated=True, defaulted=not portion.declared)
    stated = portion.stated.get(element)
    if stated is not None:
        return _measured(portion, *stated)
    span = amount(mg, portion.composition, portion.form, element)
    if span.high == 0 and (
        not mg or portion.composition is None or (is_rare_earth(element) and not may_bear_rare_earths(portion.form))
    ):
        return ABSENT
    relative = span.high / mg
    return Held(
        0.0, span.high, relative * portion.u_mg, _bound(portion), stated=False, open=not itemised(portion.composition)
    )


def _measured(portion: Portion, share: Share, per: float, analyte: str = "") -> Held:
    u_ppb, default = believed(share, portion.form, analyte)
    w = share.ppb / PPB * per
    u_w = (u_ppb**2 + _ROUNDING) ** 0.5 / PPB * per
    mg = portion.mg
    return Held(
        mg * w,
        mg * w,
        w * (portion.u_mg**2 + _ROUNDING) ** 0.5,
        mg * u_w,
        stated=True,
        defaulted=default or not portion.declared,
        statement=(share.ppb, share.u_ppb),
    )


def _bound(portion: Portion) -> float:
    """Standard uncertainty of the most that an unmeasured element can be: of what the measured ones leave, mg."""
    listed = sum(
        believed(share, portion.form, analyte)[0] ** 2
        for analyte, share in (portion.composition or {}).items()
        if analyte not in SUMS or analyte == "TREO"
    )
    return float(portion.mg * listed**0.5 / PPB)


def itemised(composition: Composition | None) -> bool:
    """Whether a composition lists the rare earths one by one, and at least four fifths of its TREO."""
    listed = 0.0
    for analyte, share in (composition or {}).items():
        found = fraction(analyte)
        if found is not None and found[0] in RARE_EARTHS:
            listed += share.ppb * found[1] * oxide_factor(found[0])
    treo = (composition or {}).get("TREO")
    return listed > 0 and (treo is None or listed >= ITEMISED * treo.ppb)


def oxides(portion: Portion) -> Held:
    """The rare earths of a portion as oxides: TREO where stated, else a sum of elements by the usual factor, else what is itemised."""
    composition = portion.composition or {}
    for names, per, more in ((OXIDE_SUMS, 1.0, 0.0), (ELEMENT_SUMS, OXIDE_FACTOR, U_FACTOR)):
        for name in names:
            share = composition.get(name)
            if share is not None:
                found = _measured(portion, share, per, name)
                return Held(
                    found.low,
                    found.high,
                    found.u_mass,
                    (found.u_analysis**2 + (more * found.low) ** 2) ** 0.5,
                    stated=True,
                    defaulted=found.defaulted,
                )
    if portion.rare_earths:
        return _listed(portion)
    if not portion.mg or not may_bear_rare_earths(portion.form):
        return ABSENT
    return Held(0.0, float(portion.mg), 0.0, 0.0, stated=False, open=True)


def _listed(portion: Portion) -> Held:
    """Rare earths that are itemised without their sum, as oxides: at least so much, and at most what the composition leaves room for besides."""
    parts = [(portion.held(element), oxide_factor(element)) for element in sorted(portion.rare_earths)]
    mass = sum(part.low * per for part, per in parts)
    others = next((element for element in sorted(RARE_EARTHS) if element not in portion.rare_earths), None)
    room = portion.held(others) if others is not None else ABSENT
    return Held(
        mass,
        mass + room.high * LARGEST_FACTOR,
        sum(part.u_mass * per for part, per in parts),
        (sum((part.u_analysis * per) ** 2 for part, per in parts) + room.u_analysis**2) ** 0.5,
        stated=room.high <= ROOM * portion.mg,
        defaulted=any(part.defaulted for part, _per in parts),
        open=room.high > ROOM * portion.mg,
    )


def total(portion: Portion, elements: frozenset[str]) -> Held:
    """The sum of `elements`; of those that are not stated, the least and the most.

    The mass is one measurement in all of them, so its part adds up linearly; the analyses are independent (GUM 5.2.2).
    """
    parts = [portion.held(element) for element in sorted(elements)]
    known = [part for part in parts if part.stated]
    return Held(
        sum(part.low for part in parts),
        sum(part.high for part in parts),
        sum(part.u_mass for part in known),
        sum(part.u_analysis**2 for part in known) ** 0.5,
        stated=len(known) == len(parts),
        defaulted=any(part.defaulted for part in parts),
        open=any(part.open for part in parts),
    )
