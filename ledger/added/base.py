"""What new entries build on: events on their lots and all that these rest on, and the registry of whoever has a part in them.

The index only leads to them. That they are the log's is for `ledger.added.verify` to check, and that there are no others the map
shows, by the proofs that come with them.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from ledger.bundle.complete import MOST_MADE, wanted
from ledger.bundle.family import behind, made_of
from ledger.bundle.gather import Known, Walk, decoded, registry_of
from ledger.completeness import Committed, Timeline, every, prove_in
from ledger.errors import StoreError
from ledger.model.events import Assay, Event, Retract
from ledger.rules.custody import lots_of
from ledger.store.contract import REGISTRY_KINDS, MapView


class Base(Struct, frozen=True):
    """What is behind new events.

    Attributes:
        known: the events, new ones among them, by place.
        lots: all of whose events are there.
        committed: the newest map entry.
        timelines: of every subject that must be there whole, against it.
        many: lots of which the new events say something else than before, and of which more was made than is followed.
    """

    known: Known
    lots: frozenset[str]
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
    named = {name for event, _digest in new.values() for name in lots_of(event)}
    registry = decoded(view.recall(kinds=REGISTRY_KINDS))
    walk.follow(lambda said: behind(said, named))
    many: set[str] = set()
    for lot in sorted(_reopened(new, walk.known)):
        walk.descendants(lot)
        made = made_of(walk.known.values(), lot)
        named |= made
        many |= {lot} if len(made) > MOST_MADE else set()
    while True:
        walk.follow(lambda said: behind(said, named))
        known = walk.known | registry_of([event for event, _digest in walk.known.values()], registry)
        known = {place: item for place, item in known.items() if place.entry < size}
        lots = behind(known.values(), named)
        said = {digest: event for event, digest in known.values()}
        subjects = {*wanted(said.values(), lots), *(name for item in new.values() for name in _counting(item[0], said))}
        committed, timelines = prove_in(view, sorted(subjects))
        missing = {digest.hex() for item in timelines for digest in item.events} - said.keys()
        if not missing:
            return Base(known, frozenset(lots), committed, timelines, frozenset(many))
        more = decoded(view.recall(hashes=missing))
        if not more:
            raise StoreError("the index does not lead to events that the map commits to")
        walk.known |= more


def _reopened(new: Known, known: Known) -> set[str]:
    """The lots of which a new analysis or retraction says something else, so that what was made of them is to be looked at again."""
    said = {digest: event for event, digest in known.values()}
    found: set[str] = set()
    for event, _digest in new.values():
        if isinstance(event, Retract) and event.target in said:
            found |= set(lots_of(said[event.target]))
        elif isinstance(event, Assay):
            found |= set(lots_of(event))
    return found


def _counting(event: Event, said: Mapping[str, Event]) -> set[str]:
    """The subjects for which an event counts, where `said` has what it may retract."""
    return every(event, said.get(event.target) if isinstance(event, Retract) else None)
