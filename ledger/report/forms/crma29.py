"""Reg. (EU) 2024/1252 Art. 29: the share of eight elements in the magnets that was recovered from post-consumer waste.

What a party records as recovered from post-consumer waste is counted, and nothing else: manufacturing swarf is pre-consumer. The act
on the method of calculation was not seen, so the shares are by mass of the element along the recorded ways.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.model.events import Recover
from ledger.origin.policy.case import Case
from ledger.origin.policy.context import Product
from ledger.origin.policy.crma import KINDS, Sources, sources
from ledger.report.forms.form import OPEN, Row, Section
from ledger.report.forms.subject import MOST_MAGNETS, Subject, estimated, further, kg, stated
from ledger.report.headline import percent
from ledger.rules.claims import not_consumed

POLICY = "EU-CRMA-29"
POLICIES = (POLICY,)
COLUMNS = (
    "Element", "Mass in the lot, kg", "Post-consumer, as the recycler states", "Pre-consumer", "Recovered, kind not stated", "Mined",
    "Declared, source not stated", "Unknown",
)  # fmt: skip
SPECK = 1e-9
"""An unknown share below this is the last digit of the shares' sum."""


def sections(subject: Subject) -> Iterator[Section]:
    """The product and its magnets' mass, then the shares."""
    product = subject.context.product or Product()
    yield Section("Product", ("What", "Value"), tuple(_product(subject, product)))
    yield Section("Share recovered from post-consumer waste, by element", COLUMNS, tuple(_shares(subject)))


def _product(subject: Subject, product: Product) -> Iterator[Row]:
    for name in subject.magnets[:MOST_MAGNETS]:
        mg, events = subject.taken(name)
        yield Row((f"Magnets of lot {name} in the lot, kg", kg(mg)), events)
    if not subject.magnets:
        born = subject.trace.lot.born.hash
        yield Row(("Magnets in the lot, kg", OPEN), (born,), "which magnets the lot is or holds is not recorded")
    yield from further(subject, 2)
    yield stated("Mass of magnets in one product, kg (owed above 0.2 kg)", product.magnet_mass_kg, "product.magnet_mass_kg")  # fmt: skip
    yield stated("Product group", product.eu_group, "product.eu_group")
    yield stated("Placed on the market", product.placed_on_market, "product.placed_on_market")


def _shares(subject: Subject) -> Iterator[Row]:
    case = subject.case(POLICY)
    found = {item.element: item for item in sources(case)}
    for element in case.rule.elements:
        item = found.get(element)
        yield _absent(case, element) if item is None else _share(case, item)


def _share(case: Case, item: Sources) -> Row:
    lot = case.walk.trace.lot
    post, pre, other, mined, declared = (item.shares[kind] for kind in KINDS)
    fraction = case.walk.trace.fractions.get(item.element)
    mass = OPEN if fraction is None else estimated(fraction * lot.mass_mg / 1_000_000)
    unknown = item.unknown if item.unknown > SPECK else 0.0
    cells = (item.element, mass, *map(percent, (post, pre, other, mined, declared, unknown)))
    why = [
        *([f"{percent(unknown)} has no recorded source"] if unknown else []),
        *([f"{percent(other)} is recovered from waste of a kind that is not stated"] if other > 0 else []),
        *([f"{percent(declared)} was brought in from outside without a word on recycled content"] if declared > 0 else []),
        *(["estimated, since compositions are missing upstream"] if item.estimated else []),
        *(["its mass in the lot is not stated"] if fraction is None else []),
        *dict.fromkeys(_warned(case, item)),
    ]  # fmt: skip
    events = item.events or (lot.born.hash,)
    return Row(cells, events, f"{item.element}: {'; '.join(why)}" if why else None)


def _warned(case: Case, item: Sources) -> Iterator[str]:
    """What the ledger itself finds against a source that calls itself recovered."""
    history = case.walk.history
    for name in item.lots:
        if isinstance(history.lots[name].born.event, Recover):
            for found in not_consumed(history, history.lots[name].born):
                if found.subject == f"lot:{name}":
                    yield f"the ledger warns: {found.code}: {found.message}"


def _absent(case: Case, element: str) -> Row:
    """An element that is stated as zero, or of which the composition says nothing."""
    lot = case.walk.trace.lot
    if lot.composition is not None and case.walk.trace.fractions.get(element) == 0:
        return Row((element, "0", *[OPEN] * 6), (lot.composition_by,))
    said = f"{element}: not listed in a composition of the lot, which does not say that there is none"
    return Row((element, *[OPEN] * 7), (lot.born.hash,), said)
