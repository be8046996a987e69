"""Reg. (EU) 2024/1252 Art. 28: the label and data carrier of a product with permanent magnets, as far as a ledger knows.

A ledger knows magnet lots: their type, mass, composition and where they were coated. Which of them sits where in a product, with
which glue, and how it is taken out, no event says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ledger.model.quantity import Composition
from ledger.origin.policy.case import place_name
from ledger.origin.policy.context import Product
from ledger.report.forms.form import OPEN, Row, Section
from ledger.report.forms.subject import MOST_MAGNETS, Subject, further, kg, stated
from ledger.rules.lot import Lot
from ledger.rules.provenance import NOT_KNOWN

POLICY = "EU-CRMA-28"
POLICIES = (POLICY,)
TYPES: Mapping[str, str] = {"magnet-ndfeb": "neodymium-iron-boron", "magnet-smco": "samarium-cobalt"}
"""The label's types of magnet that this ledger has forms for; aluminium-nickel-cobalt and ferrite it has none for."""
MAGNETS = ("Magnet lot", "Type of magnet", "Mass, kg", "Chemical composition by mass", "Location in the product")
TREATMENTS = ("Magnet lot", "Stage", "Country", "What was applied")
TREATED = ("coat", "bond", "gbd")
"""Stages that put a coating, a binder or an addition on a magnet or into it."""


def sections(subject: Subject) -> Iterator[Section]:
    """The product, its magnets, what is on them, how they come out."""
    product = subject.context.product or Product()
    shown = subject.magnets[:MOST_MAGNETS]
    yield Section("Product and label", ("What", "Value"), tuple(_label(subject, product)))
    yield Section("Magnets: weight, location and chemical composition", MAGNETS, tuple(_magnets(subject, shown)))
    yield Section("Coatings, glues and additives", TREATMENTS, tuple(_treated(subject, shown)))
    said = "steps, tools and technologies to access and remove the magnets: in no event"
    yield Section("Removal", ("What", "Value"), (Row(("Steps, tools and technologies", OPEN), gap=said),))


def _label(subject: Subject, product: Product) -> Iterator[Row]:
    lots = subject.history.lots
    types: dict[str, dict[str, None]] = {}
    for name in subject.magnets:
        types.setdefault(TYPES[subject.walk.form(name)], {})[lots[name].born.hash] = None
    for kind, events in types.items():
        yield Row(("Holds magnets of the type", kind), tuple(events))
    if not types:
        said = "whether the lot holds magnets, and of which type, is not recorded"
        yield Row(("Holds magnets of the type", OPEN), (subject.trace.lot.born.hash,), said)
    said = "aluminium-nickel-cobalt and ferrite magnets: this ledger has no form for them"
    yield Row(("Holds aluminium-nickel-cobalt or ferrite magnets", OPEN), gap=said)
    yield stated("Product group of Art. 28", product.eu_group, "product.eu_group")
    yield stated("Placed on the market", product.placed_on_market, "product.placed_on_market")
    yield stated("For defence or space", product.defence_or_space, "product.defence_or_space")
    said = "name, trade name or mark, address and contact of the person responsible for the product: in no event"
    yield Row(("Responsible natural or legal person", OPEN), gap=said)


def _magnets(subject: Subject, shown: tuple[str, ...]) -> Iterator[Row]:
    for name in shown:
        lot = subject.history.lots[name]
        mg, events = subject.taken(name)
        cells = (name, TYPES[subject.walk.form(name)], kg(mg), composition_words(lot.composition), OPEN)
        gap = f"location in the product and weight of each magnet of lot {name}: the ledger holds lots, not single magnets"
        if lot.composition is None:
            gap += "; no composition is recorded"
        yield Row(cells, tuple(dict.fromkeys((*events, lot.composition_by))), gap)
    yield from further(subject, len(MAGNETS))
    if not shown:
        lot = subject.trace.lot
        cells = (lot.id, OPEN, kg(lot.mass_mg), composition_words(lot.composition), OPEN)
        said = "which magnets the lot is or holds, and their weight, location and composition, is not recorded"
        yield Row(cells, _said_by(lot), said)


def _treated(subject: Subject, shown: tuple[str, ...]) -> Iterator[Row]:
    """Where a coating, binder or addition was applied; what it was, no event says."""
    for name in shown:
        above = subject.walk.scope((name,))
        steps = [step for step in subject.walk.steps if step.lot in above and step.stage in TREATED]
        for step in steps:
            where = " and ".join(place_name(place) for place in step.places if place != NOT_KNOWN)
            said = f"what was applied to lot {step.lot} by `{step.stage}` ({step.word}): in no event"
            yield Row((name, step.stage, where, OPEN), (step.fact.hash,), said)
        if not steps:
            said = f"coatings, glues and additives of lot {name}: no such stage is recorded or declared, which does not say that there are none"
            yield Row((name, OPEN, OPEN, OPEN), gap=said)
    if not shown:
        said = "coatings, glues and additives of the magnets: in no event"
        yield Row((subject.trace.lot.id, OPEN, OPEN, OPEN), gap=said)


def _said_by(lot: Lot) -> tuple[str, ...]:
    return tuple(dict.fromkeys((lot.born.hash, lot.composition_by)))


def composition_words(composition: Composition | None) -> str:
    """A composition as stated, the most first; the standard uncertainty where one is stated."""
    ordered = sorted((composition or {}).items(), key=lambda item: (-item[1].ppb, item[0]))
    return ", ".join(
        f"{analyte} {share.ppb / 1e7:g}" + (f" ± {share.u_ppb / 1e7:g}" if share.u_ppb is not None else "") + " %"
        for analyte, share in ordered
    )
