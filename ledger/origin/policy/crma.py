"""The Critical Raw Materials Act for products: label (Art. 28) and recycled content (Art. 29); forced labour beside it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ledger.model.events import Declare, Extract, Recover
from ledger.origin.policy.case import MAGNETS, Case, Outcome, not_in_force, one, only
from ledger.origin.policy.context import Product
from ledger.origin.policy.model import CANNOT, NOT_APPLICABLE, Branch, Reason
from ledger.origin.policy.walk import POSSIBLE

OTHER = "other"
KINDS = (
    "post-consumer",
    "pre-consumer",
    "recovered, kind not stated",
    "mined, as recorded",
    "declared, recycled content not stated",
)


def label(case: Case) -> Outcome:
    """Art. 28: whether the product owes a label, and what of it the ledger could fill."""
    outside = _outside(case)
    if outside is not None:
        return outside
    product = case.context.product or Product()
    if product.defence_or_space:
        return only(NOT_APPLICABLE, "the product is stated to be for defence or space, which Art. 28 exempts")
    group = _group(case)
    late = case.rule.dates["late_groups"]
    if case.tested_on < case.rule.dates["earliest"] or (group in case.rule.regions and case.tested_on < late):
        first = late if group in case.rule.regions else case.rule.dates["earliest"]
        reckoned = "" if first == late else ", reckoned: two years after entry into force at the earliest"
        return only(
            NOT_APPLICABLE, f"placed on the market on {case.tested_on}: not owed before {first} (Art. 28{reckoned})"
        )
    reasons = [_group_reason(group)] if group is None else []
    if group is None or group not in case.rule.regions:
        reasons.append(Reason("it begins two years after an implementing act on labels that was not seen"))
    else:
        reasons.append(Reason(f"owed from {late} for {group}"))
    reasons.append(
        Reason("the label and data carrier are on the product and in no event; what the ledger can fill in:")
    )
    lots = case.walk.history.lots
    for name in sorted(case.walk.items(MAGNETS)):
        lot = lots[name]
        stated = ", ".join(sorted(lot.composition or {})) or "no composition"
        said = f"lot {name}: {lot.output.form}, {lot.mass_mg / 1e6:g} kg, {stated}"
        reasons.append(Reason(said, (lot.composition_by,), (name,)))
    return only(CANNOT, *reasons)


def _outside(case: Case) -> Outcome | None:
    """Not a product for the Union's market that the articles speak of."""
    use, form = case.context.end_use, case.walk.trace.lot.output.form
    if use is not None and use != "eu-market":
        return only(NOT_APPLICABLE, f"the context states the end use {use}: not placed on the Union's market")
    if case.listed and case.form not in (*MAGNETS, "end-item", "block") and not case.may_be_magnet:
        return only(NOT_APPLICABLE, f"the lot is {form}, no product with a magnet")
    if _group(case) == OTHER:
        return only(NOT_APPLICABLE, "the product is stated to be of no listed group")
    return None


def _group(case: Case) -> str | None:
    """The listed product group that is stated, `other`, or None where none that is known is stated."""
    product = case.context.product
    stated = product.eu_group.strip().lower() if product is not None and product.eu_group is not None else None
    return stated if stated == OTHER or stated in case.rule.names else None


def _group_reason(group: str | None) -> Reason:
    assert group is None  # noqa: S101  (only asked where none is stated)
    return Reason("no listed product group is stated (product.eu_group; `other` says that it is none of them)")


def recycled_share(case: Case) -> Outcome:
    """Art. 29: the share of each element from post-consumer waste, as recorded."""
    late = not_in_force(case)
    if late is not None:
        return Outcome((*late.branches, *_pending(case)))
    outside = _outside(case)
    if outside is not None:
        return outside
    group, product = _group(case), case.context.product or Product()
    later = case.rule.dates["late_groups"]
    if group in case.rule.regions and case.tested_on < later:
        return only(
            NOT_APPLICABLE,
            f"not owed before {later} for {group} (Art. 29), and five years after an act that was not seen",
        )
    mark = case.rule.thresholds["magnet_kg"]
    if product.magnet_mass_kg is not None and product.magnet_mass_kg <= mark:
        return only(NOT_APPLICABLE, f"{product.magnet_mass_kg:g} kg of magnets in the product, not above {mark:g} kg")
    reasons = []
    if product.magnet_mass_kg is None:
        reasons.append(Reason("the mass of magnets in the product is not stated: taken as above 0.2 kg"))
    else:
        reasons.append(
            Reason(
                f"{product.magnet_mass_kg:g} kg of magnets in the product, above {mark:g} kg: the share will be owed once the duty begins, "
                f"not before {case.rule.effective_from} and two years after the act on the calculation, which was not seen"
            )
        )
    if group is None:
        reasons.append(_group_reason(group))
    if product.defence_or_space:
        said = "the product is stated to be for defence or space: that exempts from Art. 28, and no such words of Art. 29 were read"
        reasons.append(Reason(said))
    reasons.append(
        Reason("whether the duty has begun is not known, nor the method of calculation; the shares as recorded:")
    )
    reasons += [*shares(case), *(Reason(f"open: {item.text}", item.events, item.lots) for item in case.obstacles)]
    return Outcome((one(CANNOT, *reasons), *_pending(case)))


def _pending(case: Case) -> tuple[Branch, ...]:
    return tuple(one(CANNOT, bill.text, name=bill.name, kind="pending") for bill in case.rule.pending)


class Sources(Struct, frozen=True):
    """Where one element of a lot came from.

    Attributes:
        element: its symbol.
        shares: by kind of source, `KINDS`; what is left to 1 is unknown.
        estimated: whether compositions are missing upstream.
        events, lots: the sources.
    """

    element: str
    shares: dict[str, float]
    estimated: bool
    events: tuple[str, ...]
    lots: tuple[str, ...]

    @property
    def unknown(self) -> float:
        """The share that no source explains."""
        return max(1.0 - sum(self.shares.values()), 0.0)


def shares(case: Case) -> list[Reason]:
    """By element, the shares that came from each kind of source; what no source explains is unknown."""
    reasons = []
    for item in sources(case):
        parts = [f"{kind} {share:.1%}" for kind, share in item.shares.items() if share > 0 or kind == KINDS[0]]
        estimated = " (estimated: compositions are missing upstream)" if item.estimated else ""
        said = f"{item.element}: {', '.join(parts)}, unknown {item.unknown:.1%}{estimated}"
        reasons.append(Reason(said, item.events, item.lots))
    return reasons


def sources(case: Case) -> Iterator[Sources]:
    """Every element of the rule that the lot may hold, with its sources."""
    walk = case.walk
    lot = walk.trace.lot
    traced = walk.traced(case.rule.elements)
    for element in case.rule.elements:
        if walk.levels(element, walk.everything).get(lot.id, 0) < POSSIBLE and not walk.sources(
            element, walk.everything
        ):
            continue
        if traced.fractions.get(element) == 0:
            continue
        found, events, lots = dict.fromkeys(KINDS, 0.0), [], []
        for name in traced.lots:
            event = walk.history.lots[name].born.event
            share = traced.passing[name].get(element, 0.0)
            if share <= 0 or not isinstance(event, Extract | Declare | Recover):
                continue
            found[_kind(event)] += share
            events.append(walk.history.lots[name].born.hash)
            lots.append(name)
        yield Sources(element, found, traced.origins[element].estimated, tuple(events), tuple(lots))


def _kind(event: Extract | Declare | Recover) -> str:
    if isinstance(event, Extract):
        return KINDS[3]
    if isinstance(event, Declare):
        return KINDS[4]
    return {"post_consumer": KINDS[0], "pre_consumer": KINDS[1]}.get(event.waste or "", KINDS[2])


def forced_labour(case: Case) -> Outcome:
    """Reg. (EU) 2024/3015: nothing in the ledger speaks of it."""
    late = not_in_force(case)
    if late is not None:
        return late
    return only(
        CANNOT, "no event says how people work at a place; the ledger can only show the places to be asked about"
    )
