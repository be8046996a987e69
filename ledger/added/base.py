"""What new entries build on: events on their lots and all that these rest on, and the registry of whoever has a part in them.

The index only leads to them. That they are the log's is for `ledger.added.verify` to check, and that there are no others the map
shows, by the proofs that come with them. So nothing here is decided by what the index lacks: what is asked of the map follows from
the new events, and from those older ones that are checked.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from ledger.bundle.complete import MOST_MADE, wanted
from ledger.bundle.family import behind, reached, uses_of
from ledger.bundle.gather import Known, Walk, decoded, registry_of
from ledger.completeness import Committed, Timeline, prove_in
from ledger.counting import every
from ledger.errors import StoreError
from ledger.model.events import Assay, Attest, Enrol, Event, Retract, Site
from ledger.rules.custody import lots_of
from ledger.rules.namesakes import called, plain
from ledger.store.contract import REGISTRY_KINDS, MapView


class Base(Struct, frozen=True):
    """What is behind new events.

    Attributes:
        known: the events, new ones among them, by place.
        lots: all of whose events are there.
        made: those of them that were made of lots of which the new events say something else than before.
        committed: the newest map entry.
        timelines: of every subject that must be there whole, against it.
        many: lots of which the new events say something else than before, and of which more was made than is followed.
    """

    known: Known
    lots: frozenset[str]
    made: frozenset[str]
    committed: Committed
    timelines: tuple[Timeline, ...]
    many: frozenset[str]


def behind_of(view: MapView, new: Known, size: int) -> Base:
    """What the new events of a log of `size` entries build on.

    Raises:
        StoreError: the store holds what it cannot have admitted, or its map or index does not fit.
        UsageError: the log's newest map does not commit to names and keys.
    """
    walk = Walk(view.recall)
    walk.known |= new
    refs = {(event.actor, event.ref) for event, _digest in new.values() if event.ref is not None}
    walk.known |= decoded(view.recall(hashes={digest for _event, digest in new.values()}, refs=refs))
    added = [event for event, _digest in new.values()]
    named = {name for event in added for name in lots_of(event)}
    registry = decoded(view.recall(kinds=REGISTRY_KINDS))
    beside = _beside(added, [event for event, _digest in registry.values()])
    made: set[str] = set()
    while True:
        walk.follow(lambda said: behind(said, named))
        known = walk.known | registry_of([*(event for event, _digest in walk.known.values()), *beside], registry) | new
        known = {place: item for place, item in known.items() if place.entry < size}
        more, many = _made(known, sorted(_reopened(added, known)))
        if not more <= made:
            made.update(more)
            named.update(more)
            continue
        lots = behind(known.values(), named)
        committed, timelines = prove_in(view, sorted(_whole(added, known, lots, beside)))
        missing = {digest.hex() for item in timelines for digest in item.events}
        missing -= {digest for _event, digest in known.values()}
        if not missing:
            return Base(known, frozenset(lots), frozenset(made), committed, timelines, frozenset(many))
        found = {place: item for place, item in decoded(view.recall(hashes=missing)).items() if place not in walk.known}
        if missing - {digest for place, (_event, digest) in found.items() if place.entry < size}:
            raise StoreError("the index does not lead to events that the map commits to")
        walk.known |= found


def _whole(added: list[Event], known: Known, lots: set[str], beside: list[Enrol]) -> set[str]:
    """The subjects of which every event must be there."""
    said = {digest: event for event, digest in known.values()}
    # What others took back is asked for by reports, and by no rule.
    found = {name for name in wanted(said.values(), lots) if not name.startswith("retracted:")}
    found |= {f"lot:{name}" for name in lots}  # with those that no event here creates: one that does may be kept back
    parties = {event.party for event in beside}
    attested: set[str] = set()
    for event in added:
        found |= every(event, said.get(event.target) if isinstance(event, Retract) else None)
        if isinstance(event, Enrol):
            parties.add(event.party)
            found.add(f"site:{event.party}")  # whose id it might be
        elif isinstance(event, Site):
            found.add(f"party:{event.site}")
        elif isinstance(event, Attest):
            parties.update(event.parties)
            attested.update(event.sites)
    owners: dict[str, set[str]] = {}
    for item in said.values():
        if isinstance(item, Site) and item.site in attested:
            parties.add(item.party)
        elif isinstance(item, Enrol):
            owners.setdefault(item.party, set()).update(one.party for one in item.owners if one.party is not None)
    return found | {f"party:{name}" for name in reached(parties, owners)}


def _beside(added: Iterable[Event], registry: Iterable[Event]) -> list[Enrol]:
    """Enrolments that no new event names: of parties that one stated anew owns, and of those whose name is nearly one that is called."""
    enrolments = [event for event in registry if isinstance(event, Enrol)]
    near: set[str] = set()
    stated: set[str] = set()
    for event in added:
        if isinstance(event, Enrol):
            stated.add(event.party)
        elif (text := called(event)) is not None:
            near.add(plain(text))
    near.discard("")
    owned: dict[str, set[str]] = {}
    for event in enrolments if stated else ():
        for owner in event.owners:
            owned.setdefault(owner.party or "", set()).add(event.party)
    found = reached(stated, owned)
    if near:
        found |= {one.party for one in enrolments if not near.isdisjoint((plain(one.party), plain(one.name)))}
    return [event for event in enrolments if event.party in found]


def _reopened(added: Iterable[Event], known: Known) -> set[str]:
    """The lots of which a new analysis or retraction says something else, so that what was made of them is to be looked at again."""
    said = {digest: event for event, digest in known.values()}
    found: set[str] = set()
    for event in added:
        if isinstance(event, Retract) and event.target in said:
            found |= set(lots_of(said[event.target]))
        elif isinstance(event, Assay):
            found |= set(lots_of(event))
    return found


def _made(known: Known, lots: Iterable[str]) -> tuple[set[str], set[str]]:
    """What was made of these lots, and those of them of which too much was for it to be followed."""
    uses = uses_of(known.values())
    found: set[str] = set()
    many: set[str] = set()
    for lot in lots:
        its = reached([lot], uses, MOST_MADE + 1) - {lot}
        if len(its) > MOST_MADE:
            many.add(lot)
            its = set(sorted(uses[lot])[:MOST_MADE])
        found |= its
    return found, many
