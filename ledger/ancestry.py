"""What one lot's origin rests on, recalled from the store: costs what the ancestry costs, not what the ledger costs.

The index says which events speak of a lot, not which way they go; so the walk reads the events that speak of a lot, finds
the one that made it, and goes on with what that one drew. Nothing is verified: the events are read, as for admission.

What must be there for `ledger.origin.trace` to say what it says on the whole history:
- the registry;
- of each lot of the ancestry, every event on it: what was drawn before decides what is left and of what it is made;
- every lot that its creating event drew or made, the other outputs because their newest analyses count in what came out;
- every retraction of these events, and what replaces a creation that was retracted, with an ancestry of its own.
"""

from __future__ import annotations

from ledger.attest import Recollection
from ledger.model.events import Event, Retract
from ledger.rules.custody import lots_of
from ledger.rules.history import RETRACTABLE, History
from ledger.store.contract import REGISTRY_KINDS, Recall, Recalled, Store


def ancestry(store: Store, lot: str) -> History:
    """The history of a lot and of all that it descends from, unverified; other lots are not in it.

    Without the lot where the ledger has none of this name.

    Raises:
        StoreError: the store holds what it cannot have admitted; `verify` says where.
    """
    with store.recalling() as recall:
        walk = _Walk(recall)
        walk.take(recall(kinds=REGISTRY_KINDS))
        walk.lots({lot})
    history = walk.memory.history()
    history.keep(walk.needed)
    return history


def touching(store: Store, lot: str) -> History:
    """Every event on one lot and every retraction of one, unverified: enough for its chain, not for its composition. Raises as `ancestry`."""
    with store.recalling() as recall:
        walk = _Walk(recall)
        walk.take(recall(kinds=REGISTRY_KINDS))
        walk.take(recall(subjects={f"lot:{lot}"}))
        walk.retractions()
    history = walk.memory.history()
    history.keep({lot})
    return history


class _Walk:
    """One walk back: what was read, what is needed, what was asked."""

    def __init__(self, recall: Recall) -> None:
        self.recall = recall
        self.memory = Recollection()
        self.needed: set[str] = set()
        self._makers: dict[str, list[Event]] = {}
        self._known: dict[str, Event] = {}
        self._asked: set[str] = set()

    def take(self, rows: list[Recalled]) -> list[Event]:
        """Read what was recalled; the events that are new."""
        new = self.memory.add(rows)
        for event, digest in new:
            self._known[digest] = event
            for output in event.outputs_made:
                self._makers.setdefault(output.lot, []).append(event)
        return [event for event, _digest in new]

    def lots(self, names: set[str]) -> None:
        """Everything that these lots rest on, one question a generation; then what retractions put in the place of it."""
        while names:
            self.needed |= names
            self.take(self.recall(subjects={f"lot:{name}" for name in names}))
            # A maker may have been read before, as a draw on another lot.
            makers = [event for name in names for event in self._makers.get(name, ())]
            names = {name for event in makers for name in lots_of(event)} - self.needed
            names = names or self.replacements(self.retractions()) - self.needed

    def retractions(self) -> list[Retract]:
        """Every retraction there is of what was read, those that were met on the way included."""
        hashes = {digest for digest, event in self._known.items() if event.type in RETRACTABLE} - self._asked
        self._asked |= hashes
        self.take(self.recall(subjects={f"event:{digest}" for digest in hashes}))
        return [event for event in self._known.values() if isinstance(event, Retract)]

    def replacements(self, retractions: list[Retract]) -> set[str]:
        """The lots made by what replaces retracted creations."""
        refs: set[tuple[str, str]] = set()
        for event in retractions:
            void = self._known.get(event.target)
            if void is not None and void.outputs_made and event.replacement is not None:
                refs.add((void.actor, event.replacement))
        self.take(self.recall(refs=refs))
        made = [event for event in self._known.values() if (event.actor, event.ref or "") in refs]
        return {output.lot for event in made for output in event.outputs_made}
