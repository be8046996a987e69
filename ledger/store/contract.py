"""What every store promises, whatever engine is under it.

A store keeps the log's bytes and an index of them. The bytes are the truth; the index is rebuilt from them and compared
with them. A store never judges: it refuses only to lose, to change or to fork.

- `append` is durable when it returns, atomic, and compare-and-swap on the head: either all of it is there or nothing,
  and the second of two writers that started from the same head gets `ConflictError` and has written nothing.
- Entries and events are never changed or deleted through a store.
- Reading streams: memory does not grow with the ledger.
- What is read in one `snapshot` is the ledger as it was at one moment, whatever others append meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import ClassVar, Protocol

from msgspec import Struct

from ledger.model.entry import Fact
from ledger.model.events import Attest, Enrol, Event, Key, Retract, Revoke, Ship, Site


class Head(Struct, frozen=True):
    """Where the log ends.

    Attributes:
        size: number of entries.
        leaf: leaf hash of the newest entry; 32 zero bytes for an empty log.
        frontier: the tree's right edge (`ledger.seal.merkle.Frontier.to_bytes`).
        checkpoint: the newest signed tree head, or None.
    """

    size: int
    leaf: bytes
    frontier: bytes
    checkpoint: bytes | None


class Stored(Struct, frozen=True):
    """One entry with the events that it commits to, as stored bytes.

    Attributes:
        sequence: the entry's number.
        leaf: the stored leaf hash.
        entry: the leaf's bytes.
        events: canonical bytes of the events, in order.
    """

    sequence: int
    leaf: bytes
    entry: bytes
    events: tuple[bytes, ...]


class Recalled(Struct, frozen=True, gc=False):
    """One event found by the index, with the entry that commits to it."""

    sequence: int
    position: int
    entry: bytes
    event: bytes


class IndexRow(Struct, frozen=True, order=True, gc=False):
    """What the index says of one event.

    Attributes:
        entry, position: its place.
        hash: event hash, hex.
        kind: the event's type.
        actor: who says it.
        ref: the actor's own name for it, or None.
        subjects: `lot:X`, `party:X`, `site:X` that it speaks of, sorted.
    """

    entry: int
    position: int
    hash: str
    kind: str
    actor: str
    ref: str | None
    subjects: tuple[str, ...]


class Mapped(Struct, frozen=True):
    """The map that a store keeps: that of the newest map entry, never of later events.

    Attributes:
        entry: the number of that entry; -1 where the log has none.
        size: number of keys.
    """

    entry: int = -1
    size: int = 0


class MapRows(Struct, frozen=True):
    """What an append writes of the map, or a rebuilding of the index.

    Attributes:
        mapped: what the rows are of from now on.
        pages: new and changed pages by number: of the map (`ledger.seal.pages`), and of the log's tree
            (`ledger.seal.treepages`), whose numbers are below 0.
    """

    mapped: Mapped
    pages: Mapping[int, bytes]


class Fault(Struct, frozen=True):
    """Something wrong with the store itself, found without reading the log: `code` is a finding code."""

    code: str
    subject: str
    message: str


REGISTRY_KINDS = ("open", "enrol", "site", "key", "revoke")
"""Types that say who may speak; admission always looks at all of them."""


class Recall(Protocol):
    """Looks events up."""

    def __call__(
        self,
        *,
        kinds: Collection[str] = (),
        subjects: Collection[str] = (),
        hashes: Collection[str] = (),
        refs: Collection[tuple[str, str]] = (),
    ) -> list[Recalled]:
        """Events of these types, about these subjects, with these hashes or (actor, ref); each once, in log order."""


class MapView(Protocol):
    """One moment of a store, for making proofs and for what comes after them."""

    @property
    def mapped(self) -> Mapped:
        """Which map is stored."""

    @property
    def recall(self) -> Recall:
        """As the store's."""

    def pages(self, numbers: Collection[int]) -> dict[int, bytes]:
        """Pages of the stored map, those that are there."""

    def entry(self, number: int) -> bytes | None:
        """The bytes of an entry."""

    def stored(self, number: int) -> Stored | None:
        """An entry with its events, as they are stored."""

    def leaves(self, start: int, stop: int) -> list[bytes]:
        """The stored leaf hashes of entries `start` up to, and without, `stop`; as many as are there."""

    def about(self, subjects: Collection[str], kinds: Collection[str]) -> list[Recalled]:
        """Events of these types that the index gives one of these subjects; each once, in log order.

        Costs what the events of these types are, however many others speak of the subjects: for types of which a log has few.
        """


class Snapshot(Protocol):
    """A ledger as it was at one moment."""

    def head(self) -> Head:
        """Where the log ends.

        Raises:
            StoreError: not readable, or not a ledger.
        """

    def entries(self, start: int = 0) -> Iterator[Stored]:
        """Stored entries in order of their number, from `start`; whatever rows there are, gaps and all."""

    def index(self) -> Iterator[IndexRow] | None:
        """The index as stored, in log order; None for a store that has neither index nor head row to be compared."""

    def mapped(self) -> Mapped | None:
        """Which map is stored; None for a store that keeps none to be compared."""

    def pages(self) -> Iterator[tuple[int, bytes]]:
        """Number and bytes of every page of the stored map, in the order of the numbers."""

    def faults(self) -> Iterator[Fault]:
        """Damage, changed definitions and rows that belong to nothing."""


class Store(Snapshot, Protocol):
    """See the module's docstring for the promises. Asked outside a snapshot, each answer is of its own moment.

    Attributes:
        READ_ONLY: whether `append`, `publish`, `reindex` and `fill` always refuse, with UsageError.
    """

    READ_ONLY: ClassVar[bool]

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """The ledger as it is at the first question: head, entries and index fit together though others append."""

    @property
    def recall(self) -> Recall:
        """Events by what they are, whom they concern, their hash or their writer's own number."""

    def recalling(self) -> AbstractContextManager[Recall]:
        """`recall` for a question that leads to the next: every answer is of the log as it was at the first."""

    def map_view(self) -> AbstractContextManager[MapView]:
        """The stored map, and what is asked with it, as they are at one moment."""

    def turn(self, seconds: float, *, shared: bool) -> AbstractContextManager[bool]:
        """Wait for the writers' turn, at most so long, and have it until the block ends: alone, or `shared` with those who only look.

        An agreement between writers of good will, so that one with much to say is not always overtaken. Nothing rests on it,
        for `append` lets one of two win, and who dies has it no more.

        Returns:
            False where somebody else had it all the while.
        """

    def append(
        self,
        expected: Head,
        entries: Sequence[Stored],
        index: Sequence[IndexRow],
        head: Head,
        rows: MapRows | None = None,
    ) -> None:
        """Add entries, their index, the new head, and what a map entry among them changes in the stored map.

        Where `head` has the checkpoint of `expected`, the one that is stored stays, whoever published it meanwhile.

        Raises:
            ConflictError: the head is not `expected` any more; nothing was written.
            StoreError: the engine failed; nothing was written.
        """

    def publish(self, expected: Head, checkpoint: bytes) -> None:
        """Replace the checkpoint of an unchanged head, its checkpoint included; raises as `append`."""

    def reindex(
        self,
        index: Iterable[IndexRow],
        leaves: Iterable[tuple[int, bytes]],
        head: Head,
        rows: MapRows | None = None,
    ) -> None:
        """Replace the index, the stored leaf hashes, the head and the map by what the bytes say, in one transaction.

        Without rows there is no map.

        Raises:
            ConflictError: there are other entries by now than those that `head` speaks of.
        """

    def fill(self, seen: Snapshot, check: Callable[[Snapshot], None]) -> None:
        """Copy a whole ledger into this one, which is empty, in one transaction.

        `check` is shown the copy before it is committed; where it raises, nothing was written.

        Raises:
            ConflictError: this one is not empty.
            StoreError: `seen` does not hold together, or the engine failed; nothing was written.
        """

    def close(self) -> None:
        """Let go of the engine."""


_SPEAK_OF_MORE = frozenset({Enrol, Site, Key, Revoke, Attest, Ship, Retract})
"""Types that speak of more than their lots and their site."""


def subjects_of(event: Event) -> set[str]:
    """What an event speaks of: `lot:X`, `party:X`, `site:X`, `to:X`, `event:HASH`."""
    subjects = {f"lot:{name}" for name, _prev in event.touches}
    subjects |= {f"lot:{output.lot}" for output in event.outputs_made}
    if event.site is not None:
        subjects.add(f"site:{event.site}")
    if type(event) not in _SPEAK_OF_MORE:
        return subjects
    if isinstance(event, Enrol | Site | Key | Revoke):
        subjects.add(f"party:{event.party}")
    if isinstance(event, Attest):
        subjects |= {f"party:{party}" for party in event.parties} | {f"site:{site}" for site in event.sites}
    if isinstance(event, Ship):
        subjects.add(f"to:{event.to}")
    if isinstance(event, Retract):
        subjects.add(f"event:{event.target}")
    return subjects


def index_row(fact: Fact) -> IndexRow:
    """What the index says of a fact."""
    event, place = fact.event, fact.place
    subjects = tuple(sorted(subjects_of(event)))
    return IndexRow(place.entry, place.position, fact.hash, event.type, event.actor, event.ref, subjects)
