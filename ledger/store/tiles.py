"""A ledger read from a folder of tiles and the events beside them (docs/format.md, Tiles), as if it were a database.

Entries come from the bundles, events from their files, nothing is believed: `ledger.verify` computes the tree anew and
compares its root with the checkpoint's. The tiles are compared with the same entries, so that each file that is wrong is
named; which of the two it is where they differ, the checkpoint's root decides. There is no index, so a question about
single events reads the whole log.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import BinaryIO, ClassVar, NoReturn

from ledger.errors import FormatError, StoreError, UsageError
from ledger.seal import canonical, checkpoint, eventfiles, merkle, note, tiles
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.eventfiles import bundle_path, read_group, single_path
from ledger.seal.merkle import HASH_SIZE, Hash
from ledger.seal.reader import Reader, fetch
from ledger.seal.tiles import ENTRIES, MAX_BUNDLE, WIDTH, Address, Growing, TileError
from ledger.store.contract import (
    Fault,
    Head,
    IndexRow,
    MapRows,
    MapView,
    Recall,
    Recalled,
    Snapshot,
    Stored,
    subjects_of,
)
from ledger.store.folder import Folder

CHECKPOINT = "checkpoint"
SHOWN = 20
"""Wrong files that are named; a folder that lacks everything is not searched to its claimed end."""


class TileStore:
    """A folder of tiles, read only; keeps the reading promises of `ledger.store.contract.Store`."""

    READ_ONLY: ClassVar[bool] = True

    def __init__(self, path: Path) -> None:
        """Read the checkpoint; the files that it covers never change, so this is a snapshot already.

        Raises:
            StoreError: it is not there, or not a checkpoint.
        """
        self.path = path
        self.folder = Folder(path)
        where = path / CHECKPOINT
        try:
            data = self.folder.read(CHECKPOINT, note.MAX_BYTES)
            if data is None:
                raise StoreError(f"{where} is not there: {path} is no folder of tiles, or not a finished one")
            self._checkpoint: Checkpoint = checkpoint.unverified(data)
        except FormatError as error:
            raise StoreError(f"{where} is not a checkpoint: {error.message}") from error
        self._signed = data

    @property
    def root(self) -> Hash:
        """The checkpoint's root."""
        return self._checkpoint.root

    @property
    def withheld(self) -> bool:
        """Whether the folder has no events at all, only what commits to them."""
        return not self.folder.has(eventfiles.FOLDER)

    def first_fault(self) -> Fault | None:
        """What is wrong with the file of the first entries, so that none can be read; None where nothing is, or there are none."""
        size = self._checkpoint.size
        try:
            if size:
                fetch(self.source, Address(ENTRIES, 0, min(WIDTH, size)), tiles.parse_bundle)
        except TileError as error:
            return Fault("SEAL-TILE", f"file:{error.file}" if error.file else "ledger", str(error))
        return None

    def reader(self) -> Reader:
        """The tree, vouched for by the checkpoint's root; whether the checkpoint is signed is for the caller to ask.

        Raises:
            TileError: the tiles at the edge do not lead to that root.
        """
        return Reader(self.source, self._checkpoint.size, self._checkpoint.root)

    def source(self, address: Address) -> bytes | None:
        """The bytes of a tile or bundle, None where there is none; raises TileError where it is no file of that size."""
        return self.folder.read(address.path(), MAX_BUNDLE if address.level == ENTRIES else WIDTH * HASH_SIZE)

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """See the contract."""
        return nullcontext(TileSnapshot(self))

    def head(self) -> Head:
        """Size and checkpoint; tiles have no row for the rest."""
        return Head(self._checkpoint.size, b"", b"", self._signed)

    def entries(self, start: int = 0) -> Iterator[Stored]:
        """See the contract."""
        return TileSnapshot(self).entries(start)

    def index(self) -> None:
        """There is none."""
        return

    def faults(self) -> Iterator[Fault]:
        """See the contract."""
        return TileSnapshot(self).faults()

    def mapped(self) -> None:
        """See the contract: tiles keep no map of their own."""
        return

    def pages(self) -> Iterator[tuple[int, bytes]]:
        """See the contract."""
        return iter(())

    def map_view(self) -> AbstractContextManager[MapView]:
        """Refused with UsageError."""
        raise UsageError(f"{self.path} is a folder of tiles, which keeps no map to prove from; use the ledger itself")

    def recall(
        self,
        *,
        kinds: Collection[str] = (),
        subjects: Collection[str] = (),
        hashes: Collection[str] = (),
        refs: Collection[tuple[str, str]] = (),
    ) -> list[Recalled]:
        """See the contract; reads the whole log.

        Raises:
            StoreError: events are kept back, or a file cannot be read.
        """
        return self._recall(frozenset(kinds), frozenset(subjects), frozenset(hashes), frozenset(refs))

    def _recall(
        self, kinds: frozenset[str], subjects: frozenset[str], hashes: frozenset[str], refs: frozenset[tuple[str, str]]
    ) -> list[Recalled]:
        if self.withheld:
            raise StoreError(f"{self.path} holds no events, only what commits to them")
        found: list[Recalled] = []
        seen = TileSnapshot(self)
        try:
            for stored in seen.entries():
                for position, data in enumerate(stored.events):
                    event = canonical.decode_event(data)
                    if (
                        event.type in kinds
                        or (event.actor, event.ref) in refs
                        or (hashes and canonical.event_hash(data) in hashes)
                        or not subjects.isdisjoint(subjects_of(event))
                    ):
                        found.append(Recalled(stored.sequence, position, stored.entry, data))
        except FormatError as error:
            raise StoreError(
                f"{self.path} holds what no ledger admits ({error}); `monazite verify` says where"
            ) from error
        if seen.noted:
            raise StoreError(f"{self.path}: {seen.noted[0].message}")
        return found

    @contextmanager
    def recalling(self) -> Iterator[Recall]:
        """See the contract."""
        yield self.recall

    @contextmanager
    def turn(self, seconds: float, *, shared: bool) -> Iterator[bool]:
        """Nobody writes here."""
        del seconds, shared
        yield True

    def append(
        self,
        expected: Head,
        entries: Sequence[Stored],
        index: Sequence[IndexRow],
        head: Head,
        rows: MapRows | None = None,
    ) -> NoReturn:
        """Refused with UsageError, as every writing."""
        del expected, entries, index, head, rows
        self._refuse()

    def publish(self, expected: Head, checkpoint: bytes) -> NoReturn:
        """Refused with UsageError."""
        del expected, checkpoint
        self._refuse()

    def reindex(
        self,
        index: Iterable[IndexRow],
        leaves: Iterable[tuple[int, bytes]],
        head: Head,
        rows: MapRows | None = None,
    ) -> NoReturn:
        """Refused with UsageError."""
        del index, leaves, head, rows
        self._refuse()

    def fill(self, seen: Snapshot, check: Callable[[Snapshot], None]) -> NoReturn:
        """Refused with UsageError."""
        del seen, check
        self._refuse()

    def close(self) -> None:
        """Nothing is held open."""

    def _refuse(self) -> NoReturn:
        raise UsageError(
            f"{self.path} is a folder of tiles, which is only read; write to the ledger and export it again"
        )


class TileSnapshot:
    """One reading of a folder of tiles; keeps the promises of `ledger.store.contract.Snapshot`.

    Attributes:
        noted: files that were found wrong while entries were read.
    """

    def __init__(self, store: TileStore) -> None:
        """Nothing is read yet."""
        self._store = store
        self._size = store.head().size
        self._passed = False
        self.noted: list[Fault] = []

    def head(self) -> Head:
        """See the contract."""
        return self._store.head()

    def index(self) -> None:
        """There is none."""
        return

    def mapped(self) -> None:
        """There is none."""
        return

    def pages(self) -> Iterator[tuple[int, bytes]]:
        """See the contract."""
        return iter(())

    def entries(self, start: int = 0) -> Iterator[Stored]:
        """See the contract; ends before a bundle that cannot be read, which `faults` then names.

        Raises:
            StoreError: not even the first bundle can be read.
        """
        self.noted.clear()
        growing, frontier = Growing(), merkle.Frontier()
        differing: list[Address] = []
        for index in range(start // WIDTH, self._bundles()):
            try:
                bundle = fetch(self._store.source, self._address(index), tiles.parse_bundle)
            except TileError as error:
                if not index:
                    raise StoreError(f"{self._store.path}: {error}; nothing can be verified") from error
                self._note(error)
                break
            leaves = [merkle.leaf_hash(data) for data in bundle]
            if not start:
                frontier = frontier.extend(leaves)
                differing += self._differing(made for leaf in leaves for made in growing.add(leaf))
            with closing(_Events(self._store, index, self._note)) as events:
                for sequence, (data, leaf) in enumerate(zip(bundle, leaves, strict=True), index * WIDTH):
                    group = events.of(sequence)
                    if sequence >= start:
                        yield Stored(sequence, leaf, data, group)
        if not start:
            differing += self._differing(growing.edge())
            self._blame(differing, whole=frontier.root() == self._store.root)
            self._passed = True

    def faults(self) -> Iterator[Fault]:
        """The files that are wrong, the first few; reads the log where that was not done yet."""
        if not self._passed:
            deque(self.entries(), maxlen=0)
        yield from self.noted

    def _bundles(self) -> int:
        return -(-self._size // WIDTH)

    def _address(self, index: int) -> Address:
        return Address(ENTRIES, index, min(WIDTH, self._size - index * WIDTH))

    def _note(self, error: TileError) -> None:
        fault = Fault("SEAL-TILE", f"file:{error.file}" if error.file else "ledger", str(error))
        if fault not in self.noted and len(self.noted) < SHOWN:
            self.noted.append(fault)

    def _differing(self, made: Iterable[tuple[Address, bytes]]) -> Iterator[Address]:
        """Tiles that are not those of the entries."""
        for address, data in made:
            try:
                same = b"".join(fetch(self._store.source, address, tiles.parse_tile)) == data
            except TileError:
                same = False
            if not same:
                yield address

    def _blame(self, differing: list[Address], *, whole: bool) -> None:
        """Say which files are wrong: where the entries have the checkpoint's root, the tiles; else what it does not vouch for."""
        if whole:
            for address in differing[:SHOWN]:
                self._try(partial(self._wrong, address))
            return
        try:
            read = self._store.reader()
        except TileError as error:
            self._note(error)
            return
        for index in range(self._bundles()):
            self._try(partial(read.bundle, index))
            if len(self.noted) == SHOWN:
                return

    def _try(self, look: Callable[[], object]) -> None:
        try:
            look()
        except TileError as error:
            self._note(error)

    def _wrong(self, address: Address) -> NoReturn:
        fetch(self._store.source, address, tiles.parse_tile)
        raise TileError("the tile is not the one that the tree has here", file=address.path())


class _Events:
    """The events of one bundle's entries, asked for in order; of a file that is wrong, no more are read."""

    def __init__(self, store: TileStore, index: int, note: Callable[[TileError], None]) -> None:
        self._folder = store.folder
        self._note = note
        self._path = bundle_path(index)
        self._whole = (index + 1) * WIDTH <= store.head().size
        self._file: BinaryIO | None = None
        self._done = store.withheld
        if not self._done:
            try:
                self._file = self._folder.open(self._path)
            except TileError as error:
                self._stop(error)

    def of(self, sequence: int) -> tuple[bytes, ...]:
        """The events of the next entry."""
        if self._done:
            return ()
        try:
            return self._single(single_path(sequence)) if self._file is None else self._next(self._file)
        except TileError as error:
            self._stop(error)
            return ()

    def _next(self, file: BinaryIO) -> tuple[bytes, ...]:
        return read_group(file.readline, self._path)

    def _single(self, path: str) -> tuple[bytes, ...]:
        file = self._folder.open(path)
        if file is None:
            raise TileError("nothing is here", file=path)
        with file:
            group = read_group(file.readline, path)
            if file.read(1):
                raise TileError("goes on after the events of its entry", file=path)
        return group

    def _stop(self, error: TileError) -> None:
        """Where each entry has a file of its own, the next may be sound."""
        self._note(error)
        self._done = self._file is not None or error.file == self._path

    def close(self) -> None:
        """Let go of the file, which must be at its end unless the checkpoint is of a time when the bundle was not full."""
        if self._file is None:
            return
        with self._file as file:
            if self._whole and not self._done and file.read(1):
                self._note(TileError("goes on after the events of its entries", file=self._path))
