"""CUST-WRITTEN-OFF: like material is brought in where some left the books (DOMAIN.md L01, L09).

Chinese oxide that is written off and declared anew, as another country's, has the best of papers: nobody's. So what one party, a party of the same owners, or
one site, brings in within half a year of what it lost is asked whether it is the same, where its statement leaves out a
watched or unknown place that the lost material had been at.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import timedelta

from msgspec import Struct

from ledger.model.entry import Fact
from ledger.model.events import Declare, Extract, Recover
from ledger.model.materials import Output
from ledger.model.quantity import PPB
from ledger.reference.elements import is_rare_earth
from ledger.reference.forms import base
from ledger.reference.words import named
from ledger.rules.catalogue import finding
from ledger.rules.content import elements_of
from ledger.rules.figures import kg
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.kinship import REACH
from ledger.rules.lot import Lot
from ledger.rules.provenance import NOT_KNOWN, mined_in, stated_origin
from ledger.rules.stakes import OWNED
from ledger.rules.standing import counted
from ledger.rules.writeoffs import Left, Pair, left

WINDOW = timedelta(days=180)
"""Between what left and what came, in either order."""
WINDOW_OF_SALE = timedelta(days=90)
SAME_MASS = 0.01
"""Who sells and buys like material is a trader; only what comes back as heavy as it was sold is asked about."""
MOST = 2.0
"""A lot of which the lost material would be less than half is another."""
MAIN = 0.1
"""Share of its rare earths, or of its elements where it has none, from which one is a main one."""
SHOWN = 3
_FAMILIES = (
    frozenset({"ore", "concentrate", "mixed-carbonate", "mixed-chloride", "leach-liquor"}),
    frozenset({"oxide", "oxalate", "carbonate", "chloride", "fluoride", "metal"}),
    frozenset({"alloy", "strip-cast", "powder", "compact", "block", "magnet-ndfeb", "magnet-smco"}),
)
"""Forms that a step off the books makes of one another, the main elements kept."""

NOBODY = frozenset({
    "and", "directors", "employees", "exchange", "family", "float", "founder", "founders", "free", "general", "held", "holders",
    "individuals", "institutional", "investors", "listed", "management", "market", "minority", "of", "other", "others", "owner", "owners",
    "private", "public", "publicly", "retail", "shareholders", "stock", "the", "traded", "unknown", "various", "widely",
})  # fmt: skip
"""Words of which the name of an owner that is nobody in particular is made: two listed companies are not of one house by it."""

Key = tuple[str, str]
"""`party` or `site`, and its id; or `owner`, and its country and name."""


class Came(Struct, frozen=True):
    """A lot that was brought in, and what it may be.

    Attributes:
        output, fact: the lot and the event.
        may_be: what left before or after, like it and from places that it does not state.
        hidden: those stages and places.
        near: seconds to the nearest of them.
        mg: what left, together.
    """

    output: Output
    fact: Fact
    may_be: tuple[Left, ...]
    hidden: tuple[Pair, ...]
    near: float
    mg: int


def written_off(history: History) -> Iterator[Finding]:
    """One finding for each lot that may be what left; of many, the nearest in time, until as much has come in as left."""
    lost: dict[Key, list[Left]] = {}
    for gone in left(history):
        people = dict.fromkeys(key for name in gone.parties for key in _house(history, name))
        for key in (*people, *(("site", name) for name in gone.sites)):
            lost.setdefault(key, []).append(gone)
    if not lost:
        return
    for items in lost.values():
        items.sort(key=lambda item: item.fact.event.instant)
    came: dict[str, list[Came]] = {}
    houses: dict[str, list[Key]] = {}
    for fact in counted(history, Declare, Extract, Recover):
        actor = fact.event.actor
        if actor not in houses:
            houses[actor] = _house(history, actor)
        keys = (*houses[actor], ("site", fact.event.site or ""))
        here = [item for key in keys for item in _near(lost, key, fact)]
        for output in fact.event.outputs_made if here else ():
            lot = history.lots.get(output.lot)
            found = _came(history, fact, output, lot, here) if lot is not None and lot.born_of(fact) else None
            if found is not None:
                came.setdefault(fact.event.actor, []).append(found)
    for found_here in came.values():
        taken: dict[str, int] = {}
        for item in sorted(found_here, key=lambda one: (one.near, one.fact.place, one.output.lot)):
            family = _family(item.output.form)
            if taken.get(family, 0) < item.mg:
                yield _told(item)
            taken[family] = taken.get(family, 0) + item.output.mass.mg


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


def _near(lost: Mapping[Key, list[Left]], key: Key, fact: Fact) -> list[Left]:
    """What one party or site lost within the window around an event."""
    items, when = lost.get(key, []), fact.event.instant
    first = bisect_left(items, when - WINDOW, key=lambda item: item.fact.event.instant)
    last = bisect_right(items, when + WINDOW, key=lambda item: item.fact.event.instant)
    return items[first:last]


def _came(history: History, fact: Fact, output: Output, lot: Lot, here: list[Left]) -> Came | None:
    stated = _stated(history, fact, output)
    may_be: dict[tuple[str, str], Left] = {}
    hidden: set[Pair] = set()
    near: list[float] = []
    for item in here:
        apart = abs(fact.event.instant - item.fact.event.instant)
        secret = item.past - stated
        if not secret or not _alike(item, output, lot):
            continue
        if item.how == "sold" and not _comes_back(item, output, secret, apart):
            continue
        if item.how == "unreceived" and fact.event.instant < item.fact.event.instant:
            continue
        may_be[item.fact.hash, item.lot] = item
        hidden |= secret
        near.append(apart.total_seconds())
    items = tuple(may_be.values())
    if not items or not _fits(items, output, lot):
        return None
    return Came(output, fact, items, tuple(sorted(hidden)), min(near), sum(item.mg for item in items))


def _comes_back(item: Left, output: Output, secret: frozenset[Pair], apart: timedelta) -> bool:
    known = any(where != NOT_KNOWN for _stage, where in secret)
    return known and apart <= WINDOW_OF_SALE and abs(output.mass.mg - item.mg) <= SAME_MASS * item.mg


def _stated(history: History, fact: Fact, output: Output) -> frozenset[Pair]:
    event = fact.event
    if isinstance(event, Extract):
        return frozenset(("mine", where) for where in mined_in(history, event))
    assert isinstance(event, Declare | Recover)  # noqa: S101  (the caller asks for these)
    return frozenset(stated_origin(event, output.form).items())


def _family(form: str) -> str:
    known = base(form)
    return next((min(family) for family in _FAMILIES if known in family), known)


def _alike(item: Left, output: Output, lot: Lot) -> bool:
    if _family(item.form) != _family(output.form):
        return False
    one = _main(item.elements) or named(item.form)
    other = _main(elements_of(lot.composition or output.composition)) or named(output.form)
    return not one or not other or bool(one & other)


def _main(held: Mapping[str, float] | None) -> frozenset[str]:
    """The main rare earths, else the main elements; empty where nothing is stated."""
    stated = {element: amount for element, amount in (held or {}).items() if amount > 0}
    rare = {element: amount for element, amount in stated.items() if is_rare_earth(element)}
    asked = rare or stated
    whole = sum(asked.values())
    return frozenset(element for element, amount in asked.items() if amount >= MAIN * whole)


def _fits(items: tuple[Left, ...], output: Output, lot: Lot) -> bool:
    """Whether what left can be half of the lot or more: by the main elements in common where both sides state them, else by mass."""
    share = elements_of(lot.composition or output.composition)
    if share and all(item.elements for item in items):
        gone: dict[str, float] = {}
        for item in items:
            for element, mg in (item.elements or {}).items():
                gone[element] = gone.get(element, 0.0) + mg
        common = _main(share) & _main(gone)
        return all(share[element] * output.mass.mg <= MOST * gone[element] for element in common)
    return output.mass.mg <= MOST * sum(item.mg for item in items)


def _told(item: Came) -> Finding:
    past = ", ".join(
        f"{stage} at a place that nobody states" if where == NOT_KNOWN else f"{stage} in {where}"
        for stage, where in item.hidden
    )
    lots = [f"{kg(one.mg)} of lot {one.lot}, {one.said} on {one.fact.event.at[:10]}" for one in item.may_be[:SHOWN]]
    more = f" and {len(item.may_be) - SHOWN} more" if len(item.may_be) > SHOWN else ""
    message = (
        f"lot {item.output.lot}, {kg(item.output.mass.mg)} of {item.output.form}, is brought in by {item.fact.event.type} where like "
        f"material left the books: {'; '.join(lots)}{more}. It may be that material, whose past has {past}"
    )
    events = dict.fromkeys(one.fact.hash for one in item.may_be[:SHOWN])
    return finding("CUST-WRITTEN-OFF", f"lot:{item.output.lot}", message, item.fact.hash, *events)
