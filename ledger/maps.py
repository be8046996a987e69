"""The maps of a log, worked out anew from its events: for verification, and for rebuilding what a store keeps of them.

What grows with the ledger lies in tables that the caller gives: one row for each page of the map, and one for each event
since the last map entry. A page has 1 to 8 leaves of 64 bytes, or 529 bytes where it branches; a million keys make some
700,000 pages.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, MutableMapping
from itertools import islice

from ledger import counting
from ledger.model.entry import Fact
from ledger.rules.history import History
from ledger.rules.tables import Rows, Tables
from ledger.seal import merkle, pages, prefix, treepages
from ledger.seal.entry import MapEntry
from ledger.seal.merkle import Hash
from ledger.seal.tiles import WIDTH
from ledger.store.contract import Mapped, MapRows, Snapshot

_STEP = 4_096
"""Events worked in at a time: what is held in memory of a map entry that covers many."""


class Maps:
    """The map as it should be, as a log streams by.

    Attributes:
        newest: the newest map entry, and how many keys its map should have.
        known: whether every event so far counted; where one did not, or is missing, nobody can say what the maps should be.
    """

    def __init__(self, tables: Tables) -> None:
        """Of an empty log."""
        self._tables = tables
        self._pages: MutableMapping[int, bytes] = tables.table()
        self._pending: Rows[tuple[tuple[Hash, ...], Hash]] = Rows(tables.table())
        self._further: Rows[tuple[tuple[Hash, ...], Hash]] = Rows(tables.table())
        self._version = 1
        self._size = 0
        self._root = prefix.EMPTY
        self._leaves: list[Hash] = []
        self._roots: list[Hash] = []
        self.newest = Mapped()
        self.known = True

    def leaf(self, leaf: Hash) -> None:
        """The leaf hash of an entry, before what the entry says."""
        self._leaves.append(leaf)
        if len(self._leaves) == WIDTH:
            self._roots.append(merkle.root(self._leaves))
            self._leaves.clear()

    def take(self, fact: Fact, history: History) -> None:
        """An event that counts; `history` knows the events before it."""
        event, digest, target = counting.told(fact, history.facts)
        hashed = bytes.fromhex(digest)
        for rows, names in (
            (self._pending, counting.subjects(event, target)),
            (self._further, counting.further(event, target)),
        ):
            if names:
                rows.append((tuple(map(prefix.key_of, names)), hashed))

    def close(self, stated: MapEntry) -> list[str]:
        """A map entry: which of its figures are not those of the events before it."""
        self._pending = self._worked_in(self._pending)
        if stated.version > 1:
            self._further = self._worked_in(self._further)
        wrong = [] if stated.version >= self._version else ["version"]
        self._version = max(self._version, stated.version)
        self.newest = Mapped(stated.sequence, self._size)
        figures = (
            ("number of keys", stated.size, self._size),
            ("root", stated.root, self._root),
        )
        return wrong + [name for name, said, true in figures if said != true] if self.known else []

    def rows(self) -> MapRows | None:
        """What a store keeps of the newest map entry."""
        if self.newest.entry < 0:
            return None
        return MapRows(self.newest, dict(self._pages.items()) | self._tiles())

    def differences(self, seen: Snapshot) -> Iterator[str]:
        """In which ways the stored map is not that of the newest map entry; none where no map is stored beside the log."""
        mapped = seen.mapped()
        if mapped is None:
            return
        if mapped.entry != self.newest.entry:
            yield f"it is of entry {mapped.entry}, the newest map entry is {self.newest.entry}"
        elif mapped.size != self.newest.size:
            yield f"it counts {mapped.size} keys; there are {self.newest.size}"
        wrong = found = 0
        tiles, kept, other = self._tiles(), 0, 0
        for number, page in seen.pages():
            if number < 0:
                kept += 1
                other += tiles.get(number) != page
                continue
            found += 1
            wrong += self._pages.get(number) != page
        if kept and (
            other or kept != len(tiles)
        ):  # none is no fault: an earlier version kept none, and nothing rests on them
            yield "the kept tiles of the log's tree are not those of the entries"
        if wrong:
            yield f"{wrong} of its pages are not those of the events"
        if found - wrong < len(self._pages):
            yield f"{len(self._pages) - found + wrong} of its pages are missing or changed"

    def _tiles(self) -> dict[int, bytes]:
        """Of the log's tree up to the newest map entry."""
        return treepages.all_of(self._roots[: (self.newest.entry + 1) // WIDTH])

    def _worked_in(self, rows: Rows[tuple[tuple[Hash, ...], Hash]]) -> Rows[tuple[tuple[Hash, ...], Hash]]:
        """Put rows into the map; what to go on with, empty."""
        waiting = iter(rows)
        while step := list(islice(waiting, _STEP)):
            self._extend(step)
        return Rows(self._tables.table()) if len(rows) else rows

    def _extend(self, step: list[tuple[tuple[Hash, ...], Hash]]) -> None:
        events: dict[Hash, list[Hash]] = {}
        for keys, digest in step:
            for key in keys:
                events.setdefault(key, []).append(digest)
        change = pages.extend(self._fetch, events)
        self._size += change.added
        self._root = change.root
        self._pages.update(change.pages)

    def _fetch(self, numbers: Collection[int]) -> dict[int, bytes]:
        found = ((number, self._pages.get(number)) for number in numbers)
        return {number: page for number, page in found if page is not None}
