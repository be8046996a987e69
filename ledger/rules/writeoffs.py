"""Material that left the books without becoming a lot: written off, sold outside, lost at a stage, short at a receipt, never received.

What a stage usually loses is no write-off (`stage_yields.csv`), nor is a remainder of a lot, nor residue. What is left here is
what somebody may bring back under another name, so only material from a watched country, or from nobody knows where, is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from datetime import datetime, timedelta
from typing import TypeAlias

from msgspec import Struct

from ledger.model.entry import Fact
from ledger.model.events import Declare, Dispose, Extract, Receive, Recover, Ship, Transform
from ledger.model.quantity import Composition
from ledger.reference.countries import CHINESE
from ledger.reference.elements import is_rare_earth
from ledger.reference.forms import base
from ledger.reference.stages import NEUTRAL
from ledger.rules.content import WASTE, elements_of
from ledger.rules.history import History
from ledger.rules.imbalance import least_recovery
from ledger.rules.lot import Lot
from ledger.rules.provenance import MAYBE, NOT_KNOWN, mined_in, places_of, stated_origin
from ledger.rules.standing import counted

WATCHED = CHINESE | {"IR", "KP", "MM", "RU"}
"""Countries that a rule has something against (48 CFR 252.225-7052(a)), and Myanmar, whose ore is sold under other names (DOMAIN.md 2.6)."""
LEAST_PART = 0.05
"""Share of a lot, of a shipment or of a stage's feed below which what goes is handling, moisture, a sample or a scale."""
RICH = 0.3
"""Mass fraction of rare earths from which what is called residue is a product."""
LOST_AFTER = timedelta(days=60)
"""A shipment that nobody has received after this, at the end of the log, is lost: no voyage lasts longer."""
_KEEPS = frozenset({*NEUTRAL, "powder", "press", "sinter", "machine", "gbd", "coat", "magnetize", "hpms", "assemble"})
"""Stages whose products weigh what went in, less the usual loss, so that missing mass is missing material."""

Pair = tuple[str, str]
"""A stage and the place where it was performed."""
Pasts: TypeAlias = MutableMapping[str, frozenset[Pair]]
"""Of lots, what is known already."""
_NOBODY_KNOWS: frozenset[Pair] = frozenset({("mine", NOT_KNOWN)})


class Left(Struct, frozen=True):
    """What left.

    Attributes:
        lot: of which lot.
        form: the form that it had.
        mg: how much.
        elements: milligrams of each element in it; None where no composition says.
        fact: the event with which it left; an unreceived shipment's is the shipment.
        parties, sites: who and where.
        said: how, in words.
        past: stages at watched or unknown places that it had been through.
        how: `written-off`, `sold` or `unreceived`.
    """

    lot: str
    form: str
    mg: int
    elements: Mapping[str, float] | None
    fact: Fact
    parties: tuple[str, ...]
    sites: tuple[str, ...]
    said: str
    past: frozenset[Pair]
    how: str = "written-off"


def left(history: History) -> Iterator[Left]:
    """All of it, in log order; then what was shipped and never received."""
    gone: MutableMapping[str, int] = history.tables.table()
    known: Pasts = history.tables.table()
    newest: datetime | None = None
    for fact in counted(history, Dispose, Receive, Transform):
        event = fact.event
        newest = event.instant if newest is None else max(newest, event.instant)
        match event:
            case Dispose():
                yield from _disposed(history, fact, event, gone, known)
            case Transform():
                yield from _vanished(history, fact, event, known)
            case Receive() if event.result == "accepted":
                yield from _short(history, fact, event, known)
            case _:
                pass
    for fact in counted(history, Ship):
        event = fact.event
        if isinstance(event, Ship) and newest is not None and event.instant + LOST_AFTER <= newest:
            yield from _unreceived(history, fact, event, known)


def past_of(history: History, name: str, known: Pasts) -> frozenset[Pair]:
    """Stages at watched or unknown places behind a lot: its own and those of what was drawn.

    `known` is what was worked out before; each lot is looked at once, so that a long chain costs what it is long.
    """
    waiting = [name]
    begun: set[str] = set()
    while waiting:
        current = waiting[-1]
        if current in known:
            waiting.pop()
            continue
        lot = history.lots.get(current)
        parents = [draw.lot for draw in lot.born.event.draws] if lot is not None and lot.void is None else []
        missing = [parent for parent in parents if parent not in known and parent not in begun]
        if missing and current not in begun:
            begun.add(current)
            waiting += missing
            continue
        waiting.pop()
        known[current] = _own(history, lot).union(*(known.get(parent, _NOBODY_KNOWS) for parent in parents))
    return known[name]


def _own(history: History, lot: Lot | None) -> frozenset[Pair]:
    """Stages at watched or unknown places of the event that made a lot."""
    if lot is None or lot.void is not None:
        return _NOBODY_KNOWS
    event = lot.born.event
    places: list[Pair] = []
    match event:
        case Extract():
            places = [("mine", where.removeprefix(MAYBE)) for where in mined_in(history, event)]
        case Declare() | Recover():
            places = list(stated_origin(event, lot.output.form).items())
        case Transform() if event.stage not in NEUTRAL or lot.passage.reformed:
            places = [(event.stage, where.removeprefix(MAYBE)) for where in places_of(history, event)]
        case _:
            pass
    return frozenset((stage, where) for stage, where in places if where in WATCHED or where == NOT_KNOWN)


def _disposed(
    history: History, fact: Fact, event: Dispose, gone: MutableMapping[str, int], known: Pasts
) -> Iterator[Left]:
    for draw in event.lots:
        lot = history.lots.get(draw.lot)
        drawn = lot.draws.get(fact.hash) if lot is not None else None
        if lot is None or lot.void is not None or drawn is None or not drawn.mg:
            continue
        gone[lot.id] = gone.get(lot.id, 0) + drawn.mg
        form = _usable(history, lot)
        past = (
            past_of(history, lot.id, known) if form and gone[lot.id] >= LEAST_PART * lot.mass_mg else frozenset[Pair]()
        )
        if form and past:
            said = f"disposed of ({event.how or 'no reason'})"
            how = "sold" if event.how == "sale" else "written-off"
            yield Left(
                lot.id,
                form,
                drawn.mg,
                _held(drawn.mg, drawn.composition or lot.composition),
                fact,
                (event.actor,),
                _named(event.site),
                said,
                past,
                how,
            )


def _vanished(history: History, fact: Fact, event: Transform, known: Pasts) -> Iterator[Left]:
    """What a stage used up beyond its usual loss, and no output holds: a recorded loss is no lot."""
    sources = [(lot, lot.draws.get(fact.hash)) for draw in event.inputs if (lot := history.lots.get(draw.lot))]
    inputs = [(lot, drawn) for lot, drawn in sources if drawn is not None and drawn.mg]
    if not inputs:
        return
    lot = max(inputs, key=lambda item: item[1].mg)[0]
    whole = sum(drawn.mg for _lot, drawn in inputs)
    least = least_recovery(event.stage) * (1 - LEAST_PART)
    product = sum(output.mass.mg for output in event.outputs if base(output.form) not in WASTE)
    brought: dict[str, float] = {}
    for _lot, drawn in inputs:
        _add(brought, _held(drawn.mg, drawn.composition))
    missing: dict[str, float] = {}
    earths = {
        element: mg
        for element, mg in brought.items()
        if is_rare_earth(element) and mg >= LEAST_PART * LEAST_PART * whole
    }
    if earths:
        made: dict[str, float] = {}
        kept: dict[str, float] = {}
        for output in event.outputs:
            there = history.lots.get(output.lot)
            held = _held(output.mass.mg, there.composition if there is not None else output.composition)
            if held is None and base(output.form) not in WASTE:
                return  # nobody has analysed the product, so nothing is known to be missing
            _add(made, held)
            if base(output.form) not in WASTE:
                _add(kept, held)
        missing = {
            element: mg - made.get(element, 0.0)
            for element, mg in earths.items()
            if kept.get(element, 0.0) < least * mg and made.get(element, 0.0) < (1 - LEAST_PART) * mg
        }
        mg = round(whole * max((missing[element] / earths[element] for element in missing), default=0.0))
    else:
        made_mg = sum(output.mass.mg for output in event.outputs)
        mg = whole - made_mg if event.stage in _KEEPS and product < least * whole else 0
    if mg < LEAST_PART * whole or (earths and not missing):
        return
    past = frozenset[Pair]().union(*(past_of(history, source.id, known) for source, _drawn in inputs))
    if past:
        said = f"used up by {event.stage} beyond its usual loss, in no output"
        form = _usable(history, lot) or lot.output.form
        yield Left(lot.id, form, mg, missing or None, fact, (event.actor,), _named(event.site), said, past)


def _short(history: History, fact: Fact, event: Receive, known: Pasts) -> Iterator[Left]:
    """What a receipt is short of what the lot was."""
    for draw in event.lots:
        lot = history.lots.get(draw.lot)
        if lot is None or lot.void is not None or draw.mass is None:
            continue
        if draw.mass.mg >= (1 - LEAST_PART) * lot.output.mass.mg:
            continue
        before, sender, where = _before(history, lot, fact)
        lost, form = before - draw.mass.mg, _usable(history, lot)
        if not form or lost < LEAST_PART * before:
            continue
        past = past_of(history, lot.id, known)
        if past:
            yield Left(
                lot.id,
                form,
                lost,
                _held(lost, lot.composition),
                fact,
                tuple(dict.fromkeys((event.actor, *sender))),
                (*_named(event.site), *where),
                "missing at its receipt",
                past,
            )


def _unreceived(history: History, fact: Fact, event: Ship, known: Pasts) -> Iterator[Left]:
    for draw in event.lots:
        lot = history.lots.get(draw.lot)
        if lot is None or lot.void is not None or lot.shipment is None or lot.shipment.hash != fact.hash:
            continue
        form, past = _usable(history, lot), past_of(history, lot.id, known)
        if form and lot.left_mg and any(where != NOT_KNOWN for _stage, where in past):
            ends = (event.to, *_party_of(history, event.to))
            parties = tuple(dict.fromkeys((event.actor, *(end for end in ends if end in history.parties))))
            sites = tuple(name for name in (event.site, event.to) if name in history.sites)
            held = _held(lot.left_mg, lot.composition)
            said = "shipped and never received"
            yield Left(lot.id, form, lot.left_mg, held, fact, parties, sites, said, past, "unreceived")


def _before(history: History, lot: Lot, fact: Fact) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """What was left of a lot before a receipt, milligrams, and who shipped it from where."""
    mass, sender, where = lot.output.mass.mg, (lot.born.event.actor,), _named(lot.born.event.site)
    for earlier in lot.facts[1:]:
        if earlier.place >= fact.place:
            break
        if earlier.hash in history.voided:
            continue
        event = earlier.event
        if isinstance(event, Receive) and event.result == "accepted":
            mass = next((draw.mass.mg for draw in event.lots if draw.lot == lot.id and draw.mass), mass)
        elif isinstance(event, Ship):
            sender, where = (event.actor,), _named(event.site)
        drawn = lot.draws.get(earlier.hash)
        mass -= drawn.mg if drawn is not None else 0
    return mass, sender, where


def _usable(history: History, lot: Lot) -> str:
    """The form that material of a lot can come back in; empty for residue that is one."""
    if base(lot.output.form) != "residue":
        return lot.output.form
    event = lot.born.event
    if isinstance(event, Transform) and event.stage in NEUTRAL:
        source = history.lots.get(event.inputs[0].lot)
        return source.output.form if source is not None and base(source.output.form) != "residue" else ""
    rare = sum(share for element, share in elements_of(lot.composition).items() if is_rare_earth(element))
    return "oxide" if rare >= RICH else ""


def _held(mg: int, composition: Composition | None) -> dict[str, float] | None:
    stated = elements_of(composition)
    return {element: mg * share for element, share in stated.items() if share > 0} or None


def _add(total: dict[str, float], more: Mapping[str, float] | None) -> None:
    for element, mg in (more or {}).items():
        total[element] = total.get(element, 0.0) + mg


def _named(site: str | None) -> tuple[str, ...]:
    return (site,) if site else ()


def _party_of(history: History, site: str) -> tuple[str, ...]:
    stated = history.site_events.get(site)
    return (stated.party,) if stated is not None else ()
