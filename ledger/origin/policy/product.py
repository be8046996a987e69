"""How much of a composition is a product of 26 U.S.C. 45X(c)(6), and how much of the whole is left for it: arithmetic alone."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from msgspec.structs import replace

from ledger.model.quantity import PPB, Composition, Share
from ledger.origin.policy.case import Case
from ledger.origin.policy.regime import Minimum
from ledger.reference.elements import ELEMENTS, content, is_rare_earth
from ledger.rules.content import RARE_SUMS, SUMS

MAJORITY = PPB // 2
"""A product is what most of the lot is made of."""
A_PART = PPB // 100
"""Neodymium oxide with a trace of praseodymium is not neodymium-praseodymium oxide, whose minimum is lower."""


def products(case: Case, composition: Composition, form: str) -> list[Minimum]:
    """The products of the rule that most of a composition is, the rare earths before what they are alloyed with."""
    found = []
    for row in case.rule.minima:
        if form not in row.forms:
            continue
        parts = {
            part: purity(composition, replace(row, elements=(part,)), oxide=form == "oxide")[0] for part in row.elements
        }
        rare = sum((share for part, share in parts.items() if is_rare_earth(part)), Fraction(0))
        if rare >= MAJORITY and min(parts.values()) >= A_PART:
            found.append(row)
    return found


def purity(composition: Composition, row: Minimum, *, oxide: bool) -> tuple[Fraction, Fraction | None]:
    """Mass fraction (ppb) that is the product, and its standard uncertainty (in quadrature), None where any is not stated.

    In an oxide an element stated as such counts as its usual oxide, since the same measurement is told both ways; a metal's
    oxide is no part of the metal. A composition states no element twice.
    """
    parts: list[tuple[Fraction, Fraction | None]] = []
    for analyte, share in composition.items():
        named = content(analyte)
        if named is None or not _is_part(analyte, row, oxide=oxide):
            continue
        factor = _factor(named[0]) if oxide and analyte == named[0] else Fraction(1)
        parts.append((share.ppb * factor, None if share.u_ppb is None else share.u_ppb * factor))
    return sum((value for value, _u in parts), Fraction(0)), _joined(u for _value, u in parts)


def ceiling(composition: Composition, row: Minimum, *, oxide: bool) -> tuple[Fraction, Fraction | None]:
    """The most (ppb) of the whole that what else is stated leaves for the product, and its standard uncertainty as above.

    All else is subtracted, moisture and ignition loss once since the one is in the other; the rare earths together cannot
    be less than one of them, however they are summed.
    """
    others = [share for name, share in composition.items() if name not in SUMS and not _is_part(name, row, oxide=oxide)]
    volatile = [composition[name] for name in ("H2O", "LOI") if name in composition]
    others += [max(volatile, key=lambda share: share.ppb)] if volatile else []
    found = [(Fraction(PPB - sum(share.ppb for share in others)), _joined(_u(share) for share in others))]
    if all(map(is_rare_earth, row.elements)):
        found += [_bound(name, composition[name], row, oxide=oxide) for name in RARE_SUMS if name in composition]
    return min(found, key=lambda item: item[0])


def _bound(name: str, share: Share, row: Minimum, *, oxide: bool) -> tuple[Fraction, Fraction | None]:
    """The most that a sum of rare earths leaves for the product.

    Which elements a part of them is (light, middle or magnet, heavy) is not agreed: what is in it is at most the sum, what
    is not in it at most the rest.
    """
    factor = max(map(_factor, row.elements)) if oxide and not name.endswith("O") else Fraction(1)
    most, u = share.ppb * factor, _u(share)
    more = None if u is None else u * factor
    return (max(most, PPB - most) if name[0] in "LMH" else most), more


def _is_part(analyte: str, row: Minimum, *, oxide: bool) -> bool:
    named = content(analyte)
    return named is not None and named[0] in row.elements and (oxide or analyte == named[0])


def _u(share: Share) -> Fraction | None:
    return None if share.u_ppb is None else Fraction(share.u_ppb)


def _joined(parts: Iterable[Fraction | None]) -> Fraction | None:
    """Standard uncertainties in quadrature; None where any is not stated."""
    total = Fraction(0)
    for part in parts:
        if part is None:
            return None
        total += part**2
    return Fraction(float(total) ** 0.5)


def _factor(symbol: str) -> Fraction:
    element = ELEMENTS.get(symbol)
    return Fraction(element.oxides[0].factor) if element is not None else Fraction(1)
