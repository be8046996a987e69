"""How much of an element a drawn amount holds, as an interval: exact where it was measured, open where it was not.

`TREO` beside oxides bounds what was not listed and is never a further addend (DESIGN.md section 10).
"""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from ledger.model.quantity import PPB, Composition
from ledger.reference.ceilings import ceiling
from ledger.reference.elements import SYMBOLS, fraction, is_rare_earth
from ledger.reference.forms import lookup
from ledger.reference.words import may_bear_rare_earths, named, named_rare_earths
from ledger.rules.remembered import Remembered

RARE_SUMS = frozenset(
    {"TREO", "TREE", "TRE", "REO", "TREM", "REM", "REE", "LREO", "MREO", "HREO", "LREE", "MREE", "HREE", "LREM", "HREM"}
)
"""Sums of rare earths, as oxides, elements or metals: which of them they hold is not said."""
SUMS = RARE_SUMS | {"H2O", "LOI"}
"""Analytes that are known and yet no element: sums, moisture and loss on ignition."""


class Amount(Struct, frozen=True, gc=False):
    """Milligrams of an element in something drawn.

    Attributes:
        low, high: what it can be at least and at most.
        mid: the best single figure; None where only the gross mass can stand in for it.
    """

    low: float
    mid: float | None
    high: float


_SYMBOL = re.compile(r"[A-Z][a-z]?")
_FORMULA = re.compile(r"(?:[A-Z][a-z]?[0-9]*)+")
UNREAD = PPB // 100
"""From 1 % on, what no formula is read of stands for whatever is asked."""
PRODUCTS = frozenset({"oxide", "oxalate", "carbonate", "chloride", "fluoride", "metal"})
WASTE = frozenset({"residue", "swarf", "scrap"})
"""Forms that leave a stage beside its product."""
METALLIC = frozenset({"metal", "alloy", "strip-cast", "powder", "compact", "block", "magnet-ndfeb", "magnet-smco"})
OTHERS = 0.05
"""Nobody sells a product under the names of its rare earths with more of another."""
STRAY = 0.01
"""Rare earths in a metal that is named for other elements alone."""
GROSS = "material"
"""Stands for an element where no composition names one, in the lot or upstream: the gross mass is traced."""


_STATED: Remembered[dict[str, float]] = Remembered()
_BOUNDS: Remembered[dict[str, tuple[float, float | None, float]]] = Remembered()
"""Of a composition in a form, by element: an answer asks for all elements of a lot, and again for each lot below it."""


def elements_of(composition: Composition | None) -> dict[str, float]:
    """Mass fraction of each element that a composition states, zeros included."""
    return stated_in(composition).copy() if composition else {}


def stated_in(composition: Composition) -> dict[str, float]:
    """Mass fraction of each element that a composition states, zeros included: remembered, and not to be changed."""
    kept = _STATED.get(composition)
    if kept is not None:
        return kept
    stated: dict[str, float] = {}
    for analyte, share in composition.items():
        found = fraction(analyte)
        if found is not None:
            stated[found[0]] = share.ppb / PPB * found[1]
    return _STATED.keep(stated, composition)


def amount(mg: int, composition: Composition | None, form: str, element: str) -> Amount:
    """How much of `element` is in `mg` milligrams of material of this composition and form.

    A separated product that names its rare earths (`metal-ndpr`) holds at most `OTHERS` of any other, where nothing else is stated.
    """
    low, mid, high = _bounds(composition, form, element)
    found = Amount(mg * low, mid if mid is None else mg * mid, mg * high)
    if found.high > OTHERS * mg and found.low == 0 and is_rare_earth(element) and _pure_of_others(form, element):
        return Amount(0.0, found.mid if found.mid is None else min(found.mid, OTHERS * mg), OTHERS * mg)
    return found


def most(mg: int, composition: Composition | None, form: str, element: str) -> float:
    """Milligrams that it can have brought at most: `amount`, and where nothing is measured no more than such material is known to hold.

    Shares are not reckoned with it: a form is a word, and must not make a range look narrower than what was measured allows.
    """
    high = amount(mg, composition, form, element).high
    if composition is not None or not is_rare_earth(element):
        return high
    return min(high, mg * (STRAY if of_another_metal(form) else ceiling(form, element)))


@lru_cache(maxsize=4096)
def of_another_metal(form: str) -> bool:
    """Whether a metal names elements and no rare earth: `metal-co`."""
    known, spelt = lookup(form), named(form)
    return known is not None and known.name == "metal" and bool(spelt) and not any(map(is_rare_earth, spelt))


@lru_cache(maxsize=4096)
def _pure_of_others(form: str, element: str) -> bool:
    known, named = lookup(form), named_rare_earths(form)
    return known is not None and known.name in PRODUCTS and bool(named) and element not in named


def _bounds(composition: Composition | None, form: str, element: str) -> tuple[float, float | None, float]:
    """`Amount` per milligram."""
    kept = _BOUNDS.get(composition, form)
    if kept is None:
        kept = _BOUNDS.keep({}, composition, form)
    found = kept.get(element)
    if found is None:
        found = kept[element] = _reckoned(composition, form, element)
    return found


def _reckoned(composition: Composition | None, form: str, element: str) -> tuple[float, float | None, float]:
    if element == GROSS:
        return 1.0, 1.0, 1.0
    known = lookup(form)
    barren = is_rare_earth(element) and not may_bear_rare_earths(form)
    if composition is None:
        if known is not None and known.name == "iron" and element == "Fe":
            return 1.0, 1.0, 1.0
        return (0.0, 0.0, 0.0) if barren else (0.0, None, 1.0)
    stated = stated_in(composition)
    if element in stated:
        exact = stated[element]
        return exact, exact, exact
    if barren:
        return 0.0, 0.0, 0.0
    room = _room(composition, element, form)
    dark = [(analyte, share.ppb) for analyte, share in composition.items() if not _takes_room(analyte, element)]
    # A formula with the element holds some of it for sure; a word may, where there is much of it.
    unread = sum(ppb for _analyte, ppb in dark) >= UNREAD or any(
        ppb and element in _SYMBOL.findall(analyte) for analyte, ppb in dark
    )
    alone = (
        is_rare_earth(element)
        and not RARE_SUMS.isdisjoint(composition)
        and not any(is_rare_earth(symbol) for symbol in stated)
    )
    return 0.0, None if alone or unread else 0.0, room


@lru_cache(maxsize=4096)
def _takes_room(analyte: str, element: str) -> bool:
    """Whether an analyte is surely something else than `element`: a sum, an element or oxide of the table, or a formula without it.

    `NdF3` holds neodymium, how much is not read; `Balance` and `Mischmetal` may be anything; `SiO2` and `CaF2` hold no rare earth.
    """
    if analyte in SUMS or fraction(analyte) is not None:
        return True
    symbols = _SYMBOL.findall(analyte)
    spelled = _FORMULA.fullmatch(analyte) is not None and SYMBOLS.issuperset(symbols)
    return spelled and element not in symbols and not (is_rare_earth(element) and any(map(is_rare_earth, symbols)))


def _room(composition: Composition, element: str, form: str) -> float:
    """The mass fraction that a composition leaves for what it does not list.

    Loss on ignition holds the water. TREO bounds the rare earths that are not listed, except in metals that hide more than a tenth of
    what they are (a certificate of metal says `TREO 0` and means that it is no oxide), and beside another sum of rare earths.
    """
    listed = sum(
        share.ppb for analyte, share in composition.items() if analyte not in SUMS and _takes_room(analyte, element)
    ) + max((composition[analyte].ppb for analyte in ("H2O", "LOI") if analyte in composition), default=0)
    room = PPB - listed
    treo = composition.get("TREO")
    if not is_rare_earth(element) or treo is None:
        return max(room, 0) / PPB
    known = lookup(form)
    metallic = known is not None and known.name in METALLIC and room > PPB // 10
    if metallic or any(composition[name].ppb for name in RARE_SUMS - {"TREO", "REO"} if name in composition):
        return max(room, 0) / PPB
    oxides = sum(
        share.ppb
        for analyte, share in composition.items()
        if (found := fraction(analyte)) is not None and is_rare_earth(found[0])
    )
    return max(min(room, treo.ppb - oxides), 0) / PPB
