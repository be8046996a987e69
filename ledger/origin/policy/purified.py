"""Whether an input was already the product of 26 U.S.C. 45X(c)(6) that was made of it, by everything that is stated of it.

A form's name is its maker's word: neodymium oxide of 99.9 % is that, whether it is called a concentrate or a residue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from ledger.model.events import Assay, Extract, Transform
from ledger.model.quantity import PPB, Composition
from ledger.origin.policy.case import Case
from ledger.origin.policy.product import MAJORITY, ceiling, products, purity
from ledger.origin.policy.regime import Minimum
from ledger.reference.elements import ELEMENTS, content, is_rare_earth
from ledger.rules.content import RARE_SUMS

PRODUCING = frozenset({"crack_leach", "separate", "oxide_to_halide", "metal_reduce", "alloy_melt", "hydromet_recycled"})
"""Stages that convert or purify; whatever else is done leaves the mineral what it was."""
REDUCING = frozenset({"metal_reduce", "alloy_melt", "hydromet_recycled"})
"""Those of them that make a metal or an alloy."""
COMPOUNDS = frozenset({
    "ore", "concentrate", "mixed-carbonate", "mixed-chloride", "leach-liquor", "oxide", "oxalate", "carbonate", "fluoride",
    "chloride",
})  # fmt: skip
"""Listed forms that are no metal."""


def is_product(case: Case, composition: Composition, row: Minimum) -> bool:
    """Whether a composition is the product, pure enough, read in the form of the asked lot."""
    oxide = case.form == "oxide"
    return row in products(case, composition, case.form) and purity(composition, row, oxide=oxide)[0] >= row.ppb


def may_be_product(case: Case, name: str, rows: Iterable[Minimum]) -> bool:
    """Whether a lot may have been one of the products already, by any statement about it that stands."""
    said = list(_statements(case, name))
    if any(_near(case, item, row) for item in said for row in rows):
        return True
    if not _purified(case, name):
        return False
    parted = case.form == "oxide" and case.walk.form(name) not in ("oxide", "metal", "alloy") and _parted(case, name)
    return not said or any(
        _unsaid(case, item, row) or (parted and _of_the_rare_earths(item, row)) for item in said for row in rows
    )


def _statements(case: Case, name: str) -> Iterator[Composition]:
    lot = case.walk.history.lots[name]
    found = [lot.output.composition, lot.composition, *(drawn.composition for drawn in lot.draws.values())]
    found += [
        fact.event.composition
        for fact in lot.facts
        if isinstance(fact.event, Assay) and fact.hash not in case.walk.history.voided
    ]
    yield from (item for item in found if item)


def _purified(case: Case, name: str) -> bool:
    """Whether a lot may have been through what makes the product, abroad or at a place that is not known."""
    event, form = case.walk.history.lots[name].born.event, case.walk.form(name)
    steps = case.walk.steps_of(name)
    makers = PRODUCING if case.form == "oxide" else REDUCING
    if any(step.stage in makers for step in steps):
        return any(step.stage in makers and step.places != ("US",) for step in steps)
    if isinstance(event, Transform | Extract) or any(step.stage != "mine" for step in steps):
        return False
    return case.form == "oxide" or form not in COMPOUNDS


def _parted(case: Case, name: str) -> bool:
    return any(step.stage in ("separate", "hydromet_recycled") for step in case.walk.steps_of(name))


def _near(case: Case, composition: Composition, row: Minimum) -> bool:
    """Whether a statement reaches the minimum within two standard uncertainties."""
    value, u = purity(composition, row, oxide=case.form == "oxide")
    return row in products(case, composition, case.form) and value + 2 * (u or 0) >= row.ppb


def _unsaid(case: Case, composition: Composition, row: Minimum) -> bool:
    """Whether a statement leaves open how much of the product there is, and room for enough of it."""
    symbols = {found[0] for analyte in composition if (found := content(analyte)) is not None}
    oxide = case.form == "oxide"
    if symbols.issuperset(row.elements) or ceiling(composition, row, oxide=oxide)[0] < row.ppb:
        return False
    summed = any(composition[name].ppb >= row.ppb for name in RARE_SUMS if name in composition)
    return summed or not any(map(is_rare_earth, symbols)) or purity(composition, row, oxide=oxide)[0] >= MAJORITY


def _of_the_rare_earths(composition: Composition, row: Minimum) -> bool:
    """Whether it is as pure among the rare earths alone: a separated carbonate needs no more than heat to be that oxide."""
    oxides: dict[str, Fraction] = {}
    for analyte, share in composition.items():
        found = content(analyte)
        if found is not None and is_rare_earth(found[0]):
            factor = ELEMENTS[found[0]].oxides[0].factor if analyte == found[0] else 1
            oxides[found[0]] = oxides.get(found[0], Fraction(0)) + share.ppb * Fraction(factor)
    if not oxides:
        return any(name in composition for name in RARE_SUMS)
    own = sum((oxides.get(symbol, Fraction(0)) for symbol in row.elements), Fraction(0))
    return own * PPB >= row.ppb * sum(oxides.values())
