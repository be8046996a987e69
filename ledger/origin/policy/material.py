"""What a lot's form and composition say it carries, read against the lot: what is not listed is not absent."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from ledger.model.quantity import PPB, Composition
from ledger.reference.elements import RARE_EARTHS, fraction, is_rare_earth
from ledger.reference.forms import base, lookup
from ledger.reference.words import may_be_magnet, named
from ledger.rules.content import METALLIC, PRODUCTS, RARE_SUMS, amount, elements_of

ABSENT, ROOM, POSSIBLE, CERTAIN = range(4)
"""How surely a lot carries an element: measured or listed as absent; not listed, though the listing leaves room; not measured;
stated."""
ALLOYED = METALLIC - {"metal"}
"""Forms of material that has been melted to an alloy: whatever makes one is the melting or a phase after it ((b)(2)(i)(A))."""
BEARS: Mapping[str, frozenset[str]] = {
    "iron": frozenset({"Fe"}),
    "ferroboron": frozenset({"Fe", "B"}),
    **dict.fromkeys(
        ("alloy", "strip-cast", "powder", "compact", "block", "magnet-ndfeb", "swarf", "eol-magnet", "scrap", "end-item"),
        frozenset({"Fe", "B", "Co"}),
    ),
    "magnet-smco": frozenset({"Fe", "Co"}),
}  # fmt: skip
"""Elements besides the rare earths that a form is a likely source of, where no composition says."""
PURE = 0.997
"""Mass fraction from which a metal of one named other element is taken to carry none that counts: aluminium is sold as 99.7 %."""
IMPURE = 0.01
"""Iron below this in a metal of another named element got there with its ore or crucible and is not the magnet's iron."""
BARREN = ("iron", "ferroboron")
"""Listed forms that bear no rare earths, as long as neither their words nor what they state says otherwise."""
GRADE = 990_000_000
"""ppb of a compound or metal from which it is of a grade, 2N."""
UNTOLD = 0.05
"""Share that iron which states how much iron it is may leave unsaid; with more, the statement and the form disagree."""
SHUT = 1_000_000
"""ppb, twice the standard uncertainty of a difference: 0.1 %, what a certificate lists of a neighbour."""
_COVERED = RARE_EARTHS | {"Fe", "B", "Co"}


@lru_cache(maxsize=4096)  # forms come from outside
def readable(form: str) -> str:
    """The form; `alloy` for one that bears no rare earths by its name and names one, or a magnet, all the same."""
    found = lookup(form)
    if found is None or found.bears_rare_earths or not (named(form) & RARE_EARTHS or may_be_magnet(form)):
        return form
    return "alloy"


def level(mg: int, composition: Composition | None, form: str, element: str) -> int:
    """How surely an amount carries an element; an amount of nothing counts as something, since it was named."""
    if element == "Fe" and trace_iron(composition, form):
        return ABSENT
    found = amount(max(mg, 1), composition, readable(form), element)
    if found.low > 0:
        return CERTAIN
    if found.high <= 0:
        return ROOM if _closed_by_sum(composition, form, element) else _doubted(composition, form, element)
    if found.mid is None:
        return POSSIBLE
    if element in ("Fe", "B") and _high_grade(composition, form):
        return ABSENT
    return ABSENT if pure(composition, form) else ROOM


def _closed_by_sum(composition: Composition | None, form: str, element: str) -> bool:
    """Whether nothing but TREO shuts a rare earth out that the listing does not name, and TREO is not known well enough for that.

    99.6 % of TREO beside 99.6 % of Dy2O3 is one analysis written twice: nobody looked for neodymium. Where all of them state an
    uncertainty, and the difference is known to `SHUT`, somebody did.
    """
    if composition is None or not is_rare_earth(element) or element in elements_of(composition):
        return False
    total = composition.get("TREO")
    if total is None or not total.ppb or base(form) in BARREN:
        return False
    rare = [share for name, share in composition.items() if (read := fraction(name)) and is_rare_earth(read[0])]
    if all(share.u_ppb is not None for share in (total, *rare)):
        spread = sum((share.u_ppb or 0) ** 2 for share in (total, *rare))
        if 4 * spread <= SHUT**2:
            return False
    without = {name: share for name, share in composition.items() if name != "TREO"}
    return amount(PPB, without, readable(form), element).high > 0


def _doubted(composition: Composition | None, form: str, element: str) -> int:
    """What of a rare earth in iron or ferroboron, which bear none by their form, their own statement makes of that."""
    stated = elements_of(composition)
    if composition is None or base(form) not in BARREN or not is_rare_earth(element) or element in stated:
        return ABSENT
    if any(composition[name].ppb for name in RARE_SUMS & composition.keys()):
        return POSSIBLE  # a sum of rare earths, and not how much of this one
    # Where the iron itself is not stated it is the balance, as in a certificate of impurities.
    unsaid = "Fe" in stated and sum(stated.values()) < 1 - UNTOLD and RARE_SUMS.isdisjoint(composition)
    return ROOM if unsaid else ABSENT


@lru_cache(maxsize=4096)
def other_metal(form: str) -> str | None:
    """The one element that a metal is named for, if it is none that counts."""
    stands = named(form)
    return next(iter(stands)) if base(form) == "metal" and len(stands) == 1 and not stands & _COVERED else None


def _high_grade(composition: Composition | None, form: str) -> bool:
    """Whether it is a separated rare-earth product that is stated to be 99 % of its compound: the rest cannot be the magnet's iron or boron.

    Nobody assays boron in dysprosium oxide. Of neodymium the rest may be the most, so that is asked for still.
    """
    if base(form) not in PRODUCTS or composition is None:
        return False
    listed = sum(
        share.ppb for analyte, share in composition.items() if (read := fraction(analyte)) and is_rare_earth(read[0])
    )
    total = max((composition[name].ppb for name in ("TREO", "REO", "TREM", "TREE") if name in composition), default=0)
    return max(listed, total) >= GRADE


def pure(composition: Composition | None, form: str) -> bool:
    """Whether it is a metal of one named element that does not count, and is stated to be 99.7 % of it or more."""
    metal = other_metal(form)
    return metal is not None and elements_of(composition).get(metal, 0.0) >= PURE


def trace_iron(composition: Composition | None, form: str) -> bool:
    """Whether iron in it, stated or not, is an impurity of a metal that is named for another element and is nearly all of it."""
    metal, stated = other_metal(form), elements_of(composition)
    return metal is not None and stated.get(metal, 0.0) > 1 - IMPURE and stated.get("Fe", 0.0) < IMPURE


def bears(form: str, element: str) -> bool:
    """Whether a form is a likely source of an element, where no composition says."""
    found = lookup(form)
    if found is None:
        return False
    if is_rare_earth(element):
        return found.bears_rare_earths or readable(form) != form
    spelt = named(form)
    if found.name in ("alloy", "metal") and spelt:
        return element in spelt
    return element in BEARS.get(found.name, frozenset()) or element in spelt
