"""What goes into a lot's bundle, recalled from the store: costs what the ancestry costs, beside the registry, the attestations and the retractions.

- Of each lot of the ancestry (`ledger.bundle.family.whole`), every event on it, later draws too.
- What was made of the asked lot since, at most `MOST_MADE` lots: the events that drew.
- Every retraction of these events, what retractions void, and what they name as a replacement.
- Of creations that were retracted anywhere, those that made something like what was brought in here: with their retractions.
- Attestations of the parties and sites of all these.
- The registry of every party and site that any of these names, their owners' too, and of whoever shares a key or a name with one.
- Entry 0's event.
- Whatever else the log's map has of the subjects of `ledger.bundle.complete`, with the proofs.

Nothing is verified here: who reads the bundle verifies it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from ledger.bundle.complete import MOST_MADE, wanted
from ledger.bundle.family import made_of, whole
from ledger.completeness import Committed, Timeline, prove
from ledger.errors import FormatError, StoreError, UsageError
from ledger.model.entry import Place
from ledger.model.events import Attest, Enrol, Event, Key, Open, Retract, Revoke, Ship, Site, Transform
from ledger.origin.withdrawn import BROUGHT, LEAST_OF_ITS_OWN, MOST
from ledger.reference.forms import base
from ledger.rules import namesakes
from ledger.rules.custody import lots_of
from ledger.seal import canonical
from ledger.store.contract import REGISTRY_KINDS, Recall, Recalled, Store

Known = dict[Place, tuple[Event, str]]
"""Events with their hashes, by place."""


class Gathered(Struct, frozen=True):
    """What goes into a bundle.

    Attributes:
        known: the events.
        committed: the map entry that the timelines are against; None where the log has none.
        timelines: of every subject that the bundle must show whole.
    """

    known: Known
    committed: Committed | None
    timelines: tuple[Timeline, ...]


def gather(store: Store, lot: str) -> Gathered:
    """Every event of a lot's bundle, with the proofs that none is missing.

    Raises:
        UsageError: the ledger has no such lot.
        StoreError: the store holds what it cannot have admitted, or its map or index does not fit; `verify` says where.
    """
    with store.recalling() as recall:
        walk = Walk(recall)
        walk.ancestry(lot)
        if not any(output.lot == lot for event, _digest in walk.known.values() for output in event.outputs_made):
            raise UsageError(f"there is no lot {lot!r}; `monazite lot list` shows them")
        walk.descendants(lot)
        walk.withdrawn(lot)
        walk.attestations(lot)
        registry = decoded(recall(kinds=REGISTRY_KINDS))
        while True:
            walk.ancestry(lot)
            known = walk.known | registry_of([event for event, _digest in walk.known.values()], registry)
            if not _mapped(store):
                return Gathered(known, None, ())
            said = [event for event, _digest in known.values()]
            committed, timelines = prove(store, wanted(said, whole(known.values(), lot), made_of(known.values(), lot)))
            hashes = {digest for _event, digest in known.values()}
            missing = {digest.hex() for item in timelines for digest in item.events} - hashes
            if not missing:
                return Gathered(known, committed, timelines)
            new = decoded(recall(hashes=missing))
            if not new:
                raise StoreError("the index does not lead to events that the map commits to; see `monazite verify`")
            walk.known |= new


def _mapped(store: Store) -> bool:
    with store.map_view() as view:
        return view.mapped.entry >= 0


class Walk:
    """One walk: what is known, what was asked."""

    def __init__(self, recall: Recall) -> None:
        self.recall = recall
        self.known: Known = {}
        self._asked: set[str] = set()

    def ancestry(self, lot: str) -> None:
        """Every event on every lot of the ancestry."""
        self.follow(lambda said: whole(said, lot))

    def follow(self, family: Callable[[Iterable[tuple[Event, str]]], set[str]]) -> None:
        """Every event on every lot of a family, with what retractions have to do with them, until nothing is new."""
        before = -1
        while before != len(self.known):
            before = len(self.known)
            names = family(self.known.values())
            while names:  # one question a generation; what is known is gone through anew only once they are all asked
                new = self._ask(f"lot:{name}" for name in names)
                makers = [event for event in new if not names.isdisjoint(item.lot for item in event.outputs_made)]
                names = {name for event in makers for name in lots_of(event)} - names
            self._retractions()

    def descendants(self, lot: str) -> None:
        """The events that drew on what was made of the lot."""
        made: set[str] = set()
        while len(made) <= MOST_MADE:
            new = made_of(self.known.values(), lot) - made
            if not new:
                break
            made |= new
            rows = decoded(self.recall(subjects=[f"lot:{name}" for name in sorted(new)]))
            self.known |= {place: item for place, item in rows.items() if isinstance(item[0], Transform)}
        self._retractions()

    def withdrawn(self, lot: str) -> None:
        """What was taken back, by whomever, and may be the past of what was brought in here (`ledger.origin.withdrawn`)."""
        ours = whole(self.known.values(), lot)
        brought: dict[str, list[int]] = {}
        for event, _digest in self.known.values():
            for output in event.outputs_made if isinstance(event, BROUGHT) else ():
                if output.lot in ours:
                    brought.setdefault(base(output.form), []).append(output.mass.mg)
        retractions = decoded(self.recall(kinds=("retract",)))
        targets = {event.target for event, _digest in retractions.values() if isinstance(event, Retract)}
        alike: set[str] = set()
        for place, (event, digest) in decoded(self.recall(hashes=targets)).items():
            if any(
                LEAST_OF_ITS_OWN <= mg / max(output.mass.mg, 1) <= MOST
                for output in event.outputs_made
                for mg in brought.get(base(output.form), ())
            ):
                self.known[place] = event, digest
                alike.add(digest)
        self.known |= {
            place: item
            for place, item in retractions.items()
            if isinstance(item[0], Retract) and item[0].target in alike
        }

    def attestations(self, lot: str) -> None:
        """Attestations of the parties and sites that worked or moved the lots of the ancestry."""
        lots = whole(self.known.values(), lot)
        on_them = [event for event, _digest in self.known.values() if not lots.isdisjoint(lots_of(event))]
        names = {event.actor for event in on_them} | {event.site for event in on_them}
        for place, (event, digest) in decoded(self.recall(kinds=("attest",))).items():
            if isinstance(event, Attest) and not names.isdisjoint((*event.parties, *event.sites)):
                self.known[place] = event, digest
        self._retractions()

    def _ask(self, subjects: Iterable[str]) -> list[Event]:
        """The events on subjects that were not asked for before."""
        new = set(subjects) - self._asked
        self._asked |= new
        found = decoded(self.recall(subjects=new)) if new else {}
        self.known |= found
        return [event for event, _digest in found.values()]

    def _retractions(self) -> None:
        self._ask(f"event:{digest}" for _event, digest in self.known.values())
        hashes = {digest for _event, digest in self.known.values()}
        retractions = [event for event, _digest in self.known.values() if isinstance(event, Retract)]
        missing = {event.target for event in retractions} - hashes
        if missing:
            self.known |= decoded(self.recall(hashes=missing))
        actors = {digest: event.actor for event, digest in self.known.values()}
        refs = {
            (actors[event.target], event.replacement)
            for event in retractions
            if event.replacement is not None and event.target in actors
        }
        if refs:
            self.known |= decoded(self.recall(refs=refs))


def registry_of(said: Iterable[Event], registry: Known) -> Known:
    """The registry events that somebody needs who judges what was said: about every party and site that is named, and on.

    A party's owners that are parties are named by it, a site's party by the site; parties that share a public key, or whose
    name a supplier or carrier is called by, name each other, for otherwise a rule would look another way than on the ledger.
    """
    names = {name for event in said for name in _named(event)}
    called = {text for event in said if (text := namesakes.called(event)) is not None}
    holders: dict[str, set[str]] = {}
    for event, _digest in registry.values():
        if isinstance(event, Enrol | Key) and event.vkey is not None:
            holders.setdefault(event.vkey.split("+", 2)[2], set()).add(event.party)
        if isinstance(event, Enrol) and not called.isdisjoint((event.party, event.name)):
            names.add(event.party)
    shared = [parties for parties in holders.values() if len(parties) > 1]
    kept: Known = {}
    before = -1
    while before != len(kept):
        before = len(kept)
        for parties in shared:
            if not names.isdisjoint(parties):
                names |= parties
        for place, (event, digest) in registry.items():
            if place not in kept and (isinstance(event, Open) or not names.isdisjoint(_about(event))):
                kept[place] = event, digest
                names.update(_named(event))
    return kept


def _about(event: Event) -> Iterator[str]:
    if isinstance(event, Enrol | Site | Key | Revoke):
        yield event.party
    if isinstance(event, Site) and event.site is not None:
        yield event.site


def _named(event: Event) -> Iterator[str]:
    """Every party and site that an event names."""
    yield event.actor
    if event.site is not None:
        yield event.site
    match event:
        case Open():
            yield event.operator.party
            yield event.registrar.party
        case Enrol():
            yield event.party
            yield from (owner.party for owner in event.owners if owner.party is not None)
        case Site() | Key() | Revoke():
            yield event.party
        case Attest():
            yield from event.parties
            yield from event.sites
        case Ship():
            yield event.to
        case _:
            pass


def decoded(rows: Iterable[Recalled]) -> Known:
    """What was recalled, by place; raises StoreError where it is what no ledger admits."""
    try:
        return {
            Place(row.sequence, row.position): (canonical.decode_event(row.event), canonical.event_hash(row.event))
            for row in rows
        }
    except FormatError as error:
        raise StoreError(f"the ledger holds what no ledger admits ({error}); `monazite verify` says where") from error
