"""What a lot's form and composition say it carries, read against the lot: what is not listed is not absent."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.model.quantity import Composition
from ledger.reference.elements import RARE_EARTHS, is_rare_earth
from ledger.reference.forms import base, lookup
from ledger.reference.words import may_be_magnet, named
from ledger.rules.content import METALLIC, RARE_SUMS, amount, elements_of

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
PURE = 0.999
"""Mass fraction from which a metal of one named other element is taken to carry none that counts."""
_COVERED = RARE_EARTHS | {"Fe", "B", "Co"}


def readable(form: str) -> str:
    """The form; `alloy` for one that bears no rare earths by its name and names one, or a magnet, all the same."""
    found = lookup(form)
    if found is None or found.bears_rare_earths or not (named(form) & RARE_EARTHS or may_be_magnet(form)):
        return form
    return "alloy"


def level(mg: int, composition: Composition | None, form: str, element: str) -> int:
    """How surely an amount carries an element; an amount of nothing counts as something, since it was named."""
    found = amount(max(mg, 1), composition, readable(form), element)
    if found.low > 0:
        return CERTAIN
    if found.high <= 0:
        return POSSIBLE if _summed(composition, form, element) else ABSENT
    if found.mid is None:
        return POSSIBLE
    return ABSENT if pure(composition, form) else ROOM


def _summed(composition: Composition | None, form: str, element: str) -> bool:
    """Whether iron or ferroboron states a sum of rare earths and not how much of this one."""
    if composition is None or base(form) not in ("iron", "ferroboron") or not is_rare_earth(element):
        return False
    return element not in elements_of(composition) and any(
        composition[name].ppb for name in RARE_SUMS & composition.keys()
    )


def pure(composition: Composition | None, form: str) -> bool:
    """Whether it is a metal of one named element that does not count, and is stated to be 99.9 % of it or more."""
    stands = named(form)
    if base(form) != "metal" or len(stands) != 1 or stands & _COVERED:
        return False
    return all(elements_of(composition).get(element, 0.0) >= PURE for element in stands)


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
