"""Retracted events that said a place which is asked for, and may speak of the asked lot's material: its withdrawn past.

A ledger cannot tell a slip from a past that was cleaned. So what said China and was taken back leaves the answer open, unless
another event says it still: where it was on a lot of the ancestry, or made a lot like one that was brought in afterwards, by
whomever. A retracted event without such a place is harmless.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ledger.model.entry import Fact
from ledger.model.events import Declare, Dispose, Event, Extract, Receive, Recover, Retract, Ship, Transform
from ledger.model.materials import Output
from ledger.origin.lens import Lens
from ledger.origin.trace import Trace
from ledger.reference.countries import CHINESE
from ledger.reference.elements import RARE_EARTHS
from ledger.reference.forms import base
from ledger.reference.words import named
from ledger.rules.content import elements_of
from ledger.rules.custody import lots_of
from ledger.rules.history import History
from ledger.rules.lot import Lot
from ledger.rules.provenance import NOT_KNOWN, destination, mined_in, place, worked_in
from ledger.rules.replacement import replacement

COVERED = Lens("covered countries", CHINESE | {"IR", "KP", "RU"})
"""What any rule here has against a country (48 CFR 252.225-7052(a))."""
CREATES = (Declare, Recover, Extract, Transform)
BROUGHT = (Declare, Recover, Extract)
SPEAKS = (*CREATES, Ship, Receive, Dispose)
LEAST, MOST, LEAST_OF_ITS_OWN = 0.8, 1.2, 0.2
"""Mass against that of a withdrawn lot: alike if within a fifth; the party that withdrew it may have brought it back in parts."""
MAIN = 0.1
"""Share of the rare earths from which one is a main one."""


class Withdrawn(Struct, frozen=True):
    """A retracted event that said a place which is asked for.

    Attributes:
        void, retraction: the event and what took it back.
        places: those that are asked for.
        lots: lots of the ancestry that it may speak of.
        said: a sentence.
    """

    void: Fact
    retraction: Fact
    places: tuple[str, ...]
    lots: tuple[str, ...]
    said: str

    @property
    def events(self) -> tuple[str, ...]:
        """The hashes of both."""
        return self.void.hash, self.retraction.hash


def withdrawn(history: History, trace: Trace, asked: Lens) -> Iterator[Withdrawn]:
    """Every such event, in the order of the retractions."""
    for target, retraction in history.voided.items():
        void = history.facts.get(target)
        if void is None or not isinstance(void.event, SPEAKS):
            continue
        places = _asked(history, void, asked)
        if not places or _said_still(history, void, places, asked):
            continue
        touched, alike = _touched(history, trace, void), _alike(history, trace, void)
        if alike and not touched and _said_elsewhere(history, void, places, asked):
            continue
        if touched or alike:
            yield _told(void, retraction, places, touched, alike)


def _told(void: Fact, retraction: Fact, places: tuple[str, ...], touched: list[str], alike: list[str]) -> Withdrawn:
    event = retraction.event
    reason = event.reason if isinstance(event, Retract) else ""
    what = void.event.stage if isinstance(void.event, Transform) else void.event.type
    made = [output.lot for output in void.event.outputs_made]
    subject = f" of lot {', '.join(made or sorted(lots_of(void.event)))}"
    said = f"{what}{subject} by {void.event.actor} named {' and '.join(places)} and was retracted ({reason})"
    if touched:
        said += f"; it spoke of lot {', '.join(touched)}"
    if alike:
        said += f"; lot {', '.join(alike)}, like material, was brought in afterwards"
    said += ": what was withdrawn is not disproved"
    return Withdrawn(void, retraction, places, tuple(dict.fromkeys((*touched, *alike))), said)


def places_said(history: History, fact: Fact) -> frozenset[str]:
    """Every known place that an event names or happens at: site, origin, route, ends, and where its actor is established."""
    event = fact.event
    found = {worked_in(history, event), _country_of(history, event.actor)}
    match event:
        case Extract():
            found |= mined_in(history, event)
        case Declare() | Recover():
            found.update(place(text) for text in (event.origin or {}).values() if text != "none")
        case Ship():
            found.update(map(place, (*event.route, destination(history, event))))
            found.add(_country_of(history, event.to))
        case _:
            pass
    return frozenset(found - {NOT_KNOWN})


def _country_of(history: History, party: str) -> str:
    known = history.parties.get(party)
    return place(known.country) if known is not None else NOT_KNOWN


def _asked(history: History, fact: Fact, asked: Lens) -> tuple[str, ...]:
    return tuple(sorted(where for where in places_said(history, fact) if asked.read(where)))


def _said_still(history: History, void: Fact, places: tuple[str, ...], asked: Lens) -> bool:
    """Whether what stands in its place names the same places."""
    stands = replacement(history, void.hash)
    return stands is not None and set(places) <= set(_asked(history, stands, asked))


def _said_elsewhere(history: History, void: Fact, places: tuple[str, ...], asked: Lens) -> bool:
    """Whether it was said twice, and the other event stands."""
    said = _outputs(void.event)
    return any(
        fact.hash not in history.voided
        and fact.event.actor == void.event.actor
        and said == _outputs(fact.event)
        and set(places) <= set(_asked(history, fact, asked))
        for fact in history.facts.of((type(void.event),))
    )


def _outputs(event: Event) -> list[tuple[str, int]]:
    return [(base(item.form), item.mass.mg) for item in event.outputs_made]


def _touched(history: History, trace: Trace, void: Fact) -> list[str]:
    """Lots of the ancestry that it was on, before what reached the asked lot was drawn."""
    about = frozenset(lots_of(void.event))
    found = [name for name in trace.lots if name in about and ((end := trace.until[name]) is None or void.place < end)]
    for name in trace.lots:
        for parent in trace.parents[name]:
            drawn = parent.drawn.lot
            if drawn != parent.lot and drawn in about and void.place < history.lots[name].born_at:
                found.append(drawn)
    return list(dict.fromkeys(found))


def _alike(history: History, trace: Trace, void: Fact) -> list[str]:
    """Lots of the ancestry that were brought in after it and are like one that it made."""
    if not isinstance(void.event, CREATES):
        return []
    return [
        name
        for name in trace.lots
        for lot in (history.lots[name],)
        if lot.born_at > void.place and isinstance(lot.born.event, BROUGHT)
        if any(_like(output, lot, own=lot.born.event.actor == void.event.actor) for output in void.event.outputs_made)
    ]


def _like(output: Output, lot: Lot, *, own: bool) -> bool:
    least = LEAST_OF_ITS_OWN if own else LEAST
    if base(output.form) != base(lot.output.form) or not least <= lot.output.mass.mg / max(output.mass.mg, 1) <= MOST:
        return False
    one, other = _main(output), _main(lot.output)
    return not one or not other or bool(one & other)


def _main(output: Output) -> frozenset[str]:
    """Main rare earths by the composition, else by the name; empty where neither says."""
    stated = {name: share for name, share in elements_of(output.composition).items() if name in RARE_EARTHS}
    whole = sum(stated.values())
    if whole:
        return frozenset(name for name, share in stated.items() if share >= MAIN * whole)
    return named(output.form) & RARE_EARTHS
