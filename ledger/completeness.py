"""That nothing was left out: proofs of every event that counts for a subject (`ledger.counting`), against the newest map entry.

`prove` makes, from a store, what `check` verifies with nothing but the root of a map entry; `fold` makes the next map entry.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from ledger.counting import Told, further, grouped, subjects
from ledger.errors import FormatError, StoreError, UsageError
from ledger.model.events import Retract
from ledger.seal import canonical, entry, merkle, pages, prefix, treepages
from ledger.seal.entry import MAP_VERSION, MapEntry
from ledger.seal.merkle import Hash
from ledger.seal.prefix import Proof
from ledger.store.contract import Head, Mapped, MapRows, MapView, Recalled, Store, Stored

_KINDS: Final = ("lot", "party", "site")
_OF_SITES: Final = ("site", "attest")
"""Types of the events that count for a site; the index gives it all that happened there, too."""
_NAMING: Final = ("open", "enrol", "key")
_FURTHER: Final = (*_NAMING, "retract")
"""Types of the events that count for names, keys and what was retracted: few, in a log of any length."""
_FURTHER_KINDS: Final = ("name", "key", "retracted")
_STEP: Final = 4096
"""Events folded in one go, where a whole log is."""


class Committed(Struct, frozen=True):
    """A map entry: what proofs are against.

    Attributes:
        entry: its number in the log.
        size: number of keys of the map.
        root: of the map, 32 bytes.
        version: of the map; 1 knows neither names nor keys nor what was retracted.
    """

    entry: int
    size: int
    root: Hash
    version: int


class Timeline(Struct, frozen=True):
    """Every event of a subject before a map entry.

    Attributes:
        subject: as above.
        events: their hashes, 32 bytes each, oldest first; none where the map does not know the subject.
        proof: of membership, or of absence where there are no events.
    """

    subject: str
    events: tuple[Hash, ...]
    proof: Proof


def check(root: Hash, timeline: Timeline) -> None:
    """Verify that a timeline is all there is of its subject under a map entry's root.

    Raises:
        ProofError: it is not.
        FormatError: a subject that is no text.
    """
    prefix.verify_events(root, timeline.subject, timeline.events, timeline.proof)


def prove(store: Store, names: Iterable[str]) -> tuple[Committed, tuple[Timeline, ...]]:
    """Every event of these subjects before the newest map entry, with the proofs that they are all.

    Args:
        store: the ledger; read at one moment.
        names: subjects.

    Returns:
        The map entry, and a timeline for each name, in the order asked.

    Raises:
        UsageError: the log has no map entry, or one of version 1 that cannot know a name; or a name is no subject.
        StoreError: the stored map or index does not fit the log; `monazite verify` says where.
    """
    with store.map_view() as view:
        return prove_in(view, names)


def prove_in(view: MapView, names: Iterable[str]) -> tuple[Committed, tuple[Timeline, ...]]:
    """`prove`, at a moment of the store that is open already."""
    committed = _committed(view)
    keys = [(name, _key(name)) for name in names]
    events = _events(view, [name for name, _key in keys], committed)
    known = pages.along(view.pages, [key for _name, key in keys])

    def fetch(numbers: Collection[int]) -> Mapping[int, bytes]:
        missing = [number for number in numbers if number not in known]
        return known | view.pages(missing) if missing else known

    made = []
    for name, key in keys:
        try:
            _value, proof = pages.prove(fetch, key)
            made.append(Timeline(name, tuple(events.get(name, ())), proof))
            check(committed.root, made[-1])
        except FormatError as error:
            raise StoreError(f"the stored map does not fit the log; `monazite verify` says where: {error}") from error
    return committed, tuple(made)


def fold(
    store: Store, head: Head, leaves: Sequence[Hash], new: Sequence[Told], recorded: datetime
) -> tuple[Stored, MapRows]:
    """The next map entry, and the rows that go with it: all events since the last one, and then the new ones.

    Args:
        store: the ledger as it is, its head being `head`.
        head: what the append will expect.
        leaves: leaf hashes of the entries that will be appended before the map entry.
        new: events that will be appended together with it.
        recorded: the operator's time, UTC.

    Raises:
        StoreError: the stored map is damaged; `monazite verify` says where.
    """
    with store.map_view() as view:
        mapped = view.mapped
        changed: dict[int, bytes] = {}

        def fetch(numbers: Collection[int]) -> dict[int, bytes]:
            found = view.pages([number for number in numbers if number not in changed])
            return found | {number: changed[number] for number in numbers if number in changed}

        size, root = mapped.size, prefix.EMPTY
        try:
            if _version(view) == 1:
                step = pages.extend(fetch, grouped(_told_before(view, mapped.entry), further))
                size, root = size + step.added, step.root
                changed |= step.pages
            for told in _steps(_since(store, view, mapped.entry + 1, head.size), new):
                step = pages.extend(fetch, grouped(told))
                size, root = size + step.added, step.root
                changed |= step.pages
            sequence = head.size + len(leaves)
            previous = leaves[-1] if leaves else head.leaf
            data = entry.format_map(MapEntry(sequence, previous, recorded, size, root))
            mapped_entry = Stored(sequence, merkle.leaf_hash(data), data, ())
            tiles = _tiles(view, head.size, [*leaves, mapped_entry.leaf])
        except FormatError as error:
            raise StoreError(f"the stored map is damaged; `monazite reindex` makes it anew: {error}") from error
    return mapped_entry, MapRows(Mapped(sequence, size), changed | tiles)


def _tiles(view: MapView, size: int, new: Sequence[Hash]) -> dict[int, bytes]:
    """Of the log's tree, the kept tiles that change with these leaves, and with those that no map entry covered."""

    def leaves(start: int, stop: int) -> list[Hash]:
        stored = view.leaves(start, min(stop, size)) if start < size else []
        return [*stored, *new[max(start - size, 0) : max(stop - size, 0)]]

    return treepages.grown(view.pages, leaves, view.mapped.entry + 1, size + len(new))


def _since(store: Store, view: MapView, start: int, stop: int) -> Iterator[Told]:
    """Events of the log that no map entry covers yet; signatures were checked when they were admitted."""
    if start >= stop:
        return
    for stored in store.entries(start):
        if stored.sequence >= stop:
            return
        for data in stored.events:
            event = canonical.decode_event(data)
            earlier = view.recall(hashes=(event.target,)) if isinstance(event, Retract) else []
            target = canonical.decode_event(earlier[0].event) if earlier else None
            yield event, canonical.event_hash(data), target


def _steps(before: Iterator[Told], new: Sequence[Told]) -> Iterator[Sequence[Told]]:
    """Events in pieces, what is appended now in one with the last of those before it."""
    step: list[Told] = []
    for item in before:
        step.append(item)
        if len(step) == _STEP:
            yield step
            step = []
    if step or new:
        yield [*step, *new]


def _committed(view: MapView) -> Committed:
    if view.mapped.entry < 0:
        raise UsageError("the log has no map entry yet; `monazite checkpoint` writes one where the log's key is")
    data = view.entry(view.mapped.entry)
    try:
        parsed = entry.parse(data or b"")
    except FormatError as error:
        raise StoreError(f"the newest map entry cannot be read; `monazite verify` says why: {error}") from error
    if not isinstance(parsed, MapEntry):
        raise StoreError("the stored map is of an entry that is none; `monazite verify` says more")
    return Committed(parsed.sequence, parsed.size, parsed.root, parsed.version)


def covers(view: MapView, size: int) -> bool:
    """Whether the last of so many entries is a map, and of the version that is written now: else a checkpoint wants another."""
    return view.mapped.entry == size - 1 and _version(view) == MAP_VERSION


def _version(view: MapView) -> int:
    """Of the stored map; 0 where there is none. What cannot be read is damaged, and verification says how."""
    try:
        parsed = entry.parse(view.entry(view.mapped.entry) or b"") if view.mapped.entry >= 0 else None
    except FormatError:
        return 0
    return parsed.version if isinstance(parsed, MapEntry) else 0


def _told_before(view: MapView, stop: int, kinds: Collection[str] = _FURTHER) -> list[Told]:
    """Events before entry `stop` that may count for names, keys and what was retracted; with the events that they retract."""
    rows = [row for row in view.recall(kinds=kinds) if row.sequence < stop]
    events = [canonical.decode_event(row.event) for row in rows]
    wanted = {event.target for event in events if isinstance(event, Retract)}
    targets = {canonical.event_hash(row.event): canonical.decode_event(row.event) for row in view.recall(hashes=wanted)}
    return [
        (event, canonical.event_hash(row.event), targets.get(event.target) if isinstance(event, Retract) else None)
        for row, event in zip(rows, events, strict=True)
    ]


def _of_further(view: MapView, stop: int, kinds: Collection[str]) -> dict[str, list[Hash]]:
    """The events of these types before entry `stop` by each name, key and party that retracted, in log order."""
    found: dict[str, list[Hash]] = {}
    try:
        for event, digest, target in _told_before(view, stop, kinds):
            for name in further(event, target):
                found.setdefault(name, []).append(bytes.fromhex(digest))
    except FormatError as error:
        raise StoreError(f"the ledger holds what no ledger admits ({error}); `monazite verify` says where") from error
    return found


def _key(name: str) -> Hash:
    """The key of a subject; raises UsageError for a text that is none."""
    kind, colon, _name = name.partition(":")
    try:
        if colon and kind in (*_KINDS, *_FURTHER_KINDS):
            return prefix.key_of(name)
    except FormatError as error:
        raise UsageError(f"{name!r} is no subject: {error}") from error
    raise UsageError(f"{name!r} is no subject, such as lot:ID, party:ID or site:ID")


def _events(view: MapView, names: Iterable[str], committed: Committed) -> dict[str, list[Hash]]:
    """Hashes of the events that count for each subject, before a map entry, in log order."""
    of_kind: dict[str, list[str]] = {}
    for name in names:
        of_kind.setdefault(name.partition(":")[0], []).append(name)
    found: dict[str, list[Hash]] = {}
    if not of_kind.keys().isdisjoint(_FURTHER_KINDS):
        if committed.version < MAP_VERSION:
            raise UsageError(
                f"the log's newest map is of version {committed.version}, which commits to no names, keys and retractions; "
                "`monazite checkpoint` writes one that does where the log's key is"
            )
        wanted = ("retract",) if "retracted" in of_kind else ()
        if not of_kind.keys().isdisjoint(("name", "key")):
            wanted = (*_NAMING, *wanted)
        found |= _of_further(view, committed.entry, wanted)
    try:
        return found | _of_others(view, of_kind, committed.entry)
    except FormatError as error:
        raise StoreError(f"the ledger holds what no ledger admits ({error}); `monazite verify` says where") from error


def _of_others(view: MapView, of_kind: Mapping[str, Sequence[str]], stop: int) -> dict[str, list[Hash]]:
    """The events before entry `stop` that count for lots, parties and sites; one question for all of a kind."""
    lots, parties, sites = (of_kind.get(kind, ()) for kind in _KINDS)
    wanted = {*lots, *parties, *sites}
    counted: dict[str, set[str]] = {}
    found: dict[str, dict[tuple[int, int], Hash]] = {}

    def take(row: Recalled, names: Iterable[str]) -> None:
        for name in names:
            found.setdefault(name, {})[row.sequence, row.position] = merkle.leaf_hash(row.event)

    rows = view.recall(subjects=(*lots, *parties), kinds=("open",) if parties else ())  # not indexed by its parties
    for row in (*rows, *(view.about(sites, _OF_SITES) if sites else ())):
        if row.sequence < stop:
            names = wanted & subjects(canonical.decode_event(row.event))
            take(row, names)
            counted.setdefault(canonical.event_hash(row.event), set()).update(names)
    # Retractions of what was found: those of lots touch them, those of audits of parties and sites name no lot.
    for row in view.recall(subjects=[f"event:{digest}" for digest, names in counted.items() if names]):
        event = canonical.decode_event(row.event) if row.sequence < stop else None
        if isinstance(event, Retract):
            take(row, counted.get(event.target, ()))
    return {name: [its[place] for place in sorted(its)] for name, its in found.items()}
