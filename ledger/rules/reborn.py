"""CUST-WRITTEN-OFF: like material is brought in where some left the books (DOMAIN.md L01, L09).

Chinese oxide that is written off and declared anew, as another country's, has the best of papers: nobody's. So what one party, a party of the same owners, or
one site, brings in within half a year of what it lost is asked whether it is the same, where its statement leaves out a
watched or unknown place that the lost material had been at.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from msgspec import Struct

from ledger.model.entry import Fact
from ledger.model.events import Declare, Extract, Recover
from ledger.model.materials import Output
from ledger.model.quantity import PPB
from ledger.reference.words import named
from ledger.rules.catalogue import finding
from ledger.rules.content import elements_of
from ledger.rules.figures import kg
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.kinship import REACH
from ledger.rules.lost import Group, Key, Kind, Lost, Sum, family, main
from ledger.rules.lot import Lot
from ledger.rules.provenance import NOT_KNOWN, mined_in, stated_origin
from ledger.rules.stakes import OWNED
from ledger.rules.standing import counted
from ledger.rules.tables import Rows
from ledger.rules.writeoffs import Left, Pair, left

WINDOW = timedelta(days=180)
"""Between what left and what came, in either order."""
WINDOW_OF_SALE = timedelta(days=90)
SAME_MASS = 0.01
"""Who sells and buys like material is a trader; only what comes back as heavy as it was sold is asked about."""
MOST = 2.0
"""A lot of which the lost material would be less than half is another."""
SHOWN = 3

NOBODY = frozenset({
    "and", "directors", "employees", "exchange", "family", "float", "founder", "founders", "free", "general", "held", "holders",
    "individuals", "institutional", "investors", "listed", "management", "market", "minority", "of", "other", "others", "owner", "owners",
    "private", "public", "publicly", "retail", "shareholders", "stock", "the", "traded", "unknown", "various", "widely",
})  # fmt: skip
"""Words of which the name of an owner that is nobody in particular is made: two listed companies are not of one house by it."""


class Came(Struct, frozen=True):
    """A lot that was brought in, and what it may be.

    Attributes:
        output, fact: the lot and the event.
        nearest: of what left before or after, like it and from places that it does not state, the `SHOWN` nearest in time.
        more: how many more there are.
        hidden: those stages and places.
        near: seconds to the nearest of them.
        mg: what left, together.
    """

    output: Output
    fact: Fact
    nearest: tuple[Left, ...]
    more: int
    hidden: tuple[Pair, ...]
    near: float
    mg: int


def written_off(history: History) -> Iterator[Finding]:
    """One finding for each lot that may be what left; of many, the nearest in time, until as much has come in as left."""
    lost = Lost(history.tables)
    for gone in left(history):
        people = dict.fromkeys(key for name in gone.parties for key in _house(history, name))
        lost.add(gone, (*people, *(("site", name) for name in gone.sites)))
    if not len(lost):
        return
    lost.sort()
    came: Rows[Came] = Rows(history.tables.table())
    # Of each actor how near the nearest is, and the numbers in `came`.
    order: dict[str, tuple[array[float], array[int]]] = {}
    houses: dict[str, list[Key]] = {}
    for fact in counted(history, Declare, Extract, Recover):
        actor = fact.event.actor
        if actor not in houses:
            houses[actor] = _house(history, actor)
        groups = lost.of((*houses[actor], ("site", fact.event.site or "")))
        for output in fact.event.outputs_made if groups else ():
            lot = history.lots.get(output.lot)
            found = _came(history, fact, output, lot, lost, groups) if lot is not None and lot.born_of(fact) else None
            if found is not None:
                near, numbers = order.setdefault(actor, (array("d"), array("q")))
                near.append(found.near)
                numbers.append(len(came))
                came.append(found)
    for near, numbers in order.values():
        taken: dict[str, int] = {}
        for place in sorted(range(len(near)), key=near.__getitem__):  # of those as near, in the order of the log
            item = came[numbers[place]]
            forms = family(item.output.form)
            if taken.get(forms, 0) < item.mg:
                yield _told(item)
            taken[forms] = taken.get(forms, 0) + item.output.mass.mg


def _house(history: History, name: str) -> list[Key]:
    """A party and its owners of `OWNED` or more, and theirs, by every statement there was: who leaves in time stays one of them."""
    found: dict[Key, None] = {}
    todo: list[str] = [name]
    while todo and len(found) <= REACH:
        one = todo.pop()
        party = history.parties.get(one)
        if ("party", one) in found:
            continue
        found["party", one] = None
        if party is None:
            continue
        found["owner", f"{party.country} {party.name.casefold()}"] = None
        for _place, _at, _country, owners, _digest in party.ownership:
            for owner in owners:
                if owner.ppb is not None and owner.ppb < OWNED * PPB:
                    continue
                if owner.party:
                    todo.append(owner.party)
                elif owner.name and not NOBODY.issuperset(owner.name.casefold().replace("-", " ").split()):
                    found["owner", f"{owner.country} {owner.name.casefold()}"] = None
    return list(found)


def _came(history: History, fact: Fact, output: Output, lot: Lot, lost: Lost, groups: Sequence[Group]) -> Came | None:
    stated, when = _stated(history, fact, output), fact.event.instant
    held = elements_of(lot.composition or output.composition)
    forms, elements = family(output.form), main(held) or named(output.form)
    hidden: set[Pair] = set()
    parts: list[tuple[Kind, Sum]] = []
    for group in groups:
        kind = group.kind
        secret = kind.past - stated
        alike = not elements or not kind.elements or bool(elements & kind.elements)
        if not secret or kind.family != forms or not alike:
            continue
        if kind.how != "sold":
            # What was not received yet cannot have come in another way.
            part = group.within(when, WINDOW, timedelta() if kind.how == "unreceived" else WINDOW, SHOWN)
        elif any(where != NOT_KNOWN for _stage, where in secret):
            mg = output.mass.mg
            as_heavy = range(math.ceil(mg / (1 + SAME_MASS)), math.floor(mg / (1 - SAME_MASS)) + 1)
            part = group.within(when, WINDOW_OF_SALE, WINDOW_OF_SALE, SHOWN, as_heavy)
        else:
            continue
        if part.count:
            hidden |= secret
            parts.append((kind, part))
    mg = round(sum(part.mg for _kind, part in parts))
    gone: dict[str, float] = {}
    for _kind, part in parts if all(kind.analysed for kind, _part in parts) else ():
        for element, mass in part.elements.items():
            gone[element] = gone.get(element, 0.0) + mass
    if not parts or not _fits(held, mg, gone, output):
        return None
    near = sorted(one for _kind, part in parts for one in part.nearest)
    nearest = tuple(lost[number] for _seconds, number in near[:SHOWN])
    more = sum(part.count for _kind, part in parts) - len(nearest)
    return Came(output, fact, nearest, more, tuple(sorted(hidden)), near[0][0], mg)


def _stated(history: History, fact: Fact, output: Output) -> frozenset[Pair]:
    event = fact.event
    if isinstance(event, Extract):
        return frozenset(("mine", where) for where in mined_in(history, event))
    assert isinstance(event, Declare | Recover)  # noqa: S101  (the caller asks for these)
    return frozenset(stated_origin(event, output.form).items())


def _fits(held: Mapping[str, float], mg: int, gone: Mapping[str, float], output: Output) -> bool:
    """Whether what left can be half of the lot or more: by the main elements in common where both sides state them, else by mass."""
    if held and gone:
        common = main(held) & main(gone)
        return all(held[element] * output.mass.mg <= MOST * gone[element] for element in common)
    return output.mass.mg <= MOST * mg


def _told(item: Came) -> Finding:
    past = ", ".join(
        f"{stage} at a place that nobody states" if where == NOT_KNOWN else f"{stage} in {where}"
        for stage, where in item.hidden
    )
    lots = [f"{kg(one.mg)} of lot {one.lot}, {one.said} on {one.fact.event.at[:10]}" for one in item.nearest]
    more = f" and {item.more} more" if item.more else ""
    message = (
        f"lot {item.output.lot}, {kg(item.output.mass.mg)} of {item.output.form}, is brought in by {item.fact.event.type} where like "
        f"material left the books: {'; '.join(lots)}{more}. It may be that material, whose past has {past}"
    )
    events = dict.fromkeys(one.fact.hash for one in item.nearest)
    return finding("CUST-WRITTEN-OFF", f"lot:{item.output.lot}", message, item.fact.hash, *events)
