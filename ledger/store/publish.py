"""A ledger as a folder of tiles (C2SP tlog-tiles) with its events beside them, for any static host; docs/format.md, Tiles.

Two passes over one snapshot. The first writes nothing: it compares every file that is there with what this ledger has for
it, and the ledger with its own checkpoint and with the one that is published. The second writes what is missing, and the
checkpoint last, once all that it covers is durable. A file is never written over, so whoever reads meanwhile, or after
the writer was killed, reads a whole tree; running it again goes on. Memory: one bundle, one entry's events, the right edge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from ledger.errors import FormatError, InputError, StoreError
from ledger.seal import checkpoint, entry, eventfiles, merkle, note, submission, tiles
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.keys import VerifierKey
from ledger.seal.tiles import ENTRIES, TOP_LEVEL, WIDTH, Address, Growing
from ledger.store.contract import Snapshot, Stored
from ledger.store.folder import WRITING, Folder
from ledger.store.tiles import CHECKPOINT

OURS = {"tile", eventfiles.FOLDER, CHECKPOINT, WRITING}
"""What a folder that was begun and not finished may hold."""
Progress = Callable[[int, int], None]
"""Told (entries done, entries in all); each entry is done twice."""
Feed = Callable[[bytes], object]
"""Takes the next bytes of a file."""


class PublishError(InputError):
    """A folder that is not this ledger's to write to: another ledger's, ahead of it, or of another history."""


class Published(Struct, frozen=True):
    """What was done.

    Attributes:
        size, root: of the checkpoint that is published now.
        before: size of the one that was published before, 0 for none.
        written: files that were written, the checkpoint among them where it changed.
        events: whether the events are published, too.
    """

    size: int
    root: bytes
    before: int
    written: int
    events: bool


def publish(
    seen: Snapshot, place: Path, log: VerifierKey, *, events: bool | None = None, progress: Progress | None = None
) -> Published:
    """Write the tiles of the ledger's newest checkpoint, those that are not there yet.

    Args:
        seen: the ledger.
        place: the folder; made where it is not there.
        log: the log's verifier key.
        events: whether to write the events, too; None for as it is in the folder, and yes in a new one.
        progress: called now and then.

    Raises:
        PublishError: the folder is not this ledger's, ahead, of another history, or keeps events back; nothing was written.
        StoreError: the ledger has no checkpoint, or does not fit it; nothing was written.
        TileError: a file that is there cannot be read; nothing was written.
        ConflictError: somebody else is writing there.
    """
    signed, head = _signed(seen, log)
    folder = Folder(place)
    _claimed(folder)
    with folder.locked():
        before, kept = _published(folder, log, head)
        shown = _shown(folder, wanted=events)
        steps = _Steps(progress, head.size)
        comparing = _Comparing(folder)
        roots = _pass(seen, head.size, comparing, steps, events=shown, before=before)
        if roots.get(head.size) != head.root:
            raise StoreError(
                "the entries are not those of the ledger's checkpoint; `monazite verify` says what is wrong"
            )
        if before is not None and roots[before.size] != before.root:
            raise PublishError(
                f"the checkpoint of {before.size} entries there is of another history than this ledger", file=str(place)
            )
        folder.clear()
        writing = _Writing(folder)
        _pass(seen, head.size, writing, steps, events=shown, before=None)
        folder.sync()  # a full tile is durable before the partial one goes
        _tidy(folder, head.size)
        folder.sync()
        if not _carries(kept, signed):
            with writing.file(CHECKPOINT) as feed:
                feed(signed)
            folder.sync()
    return Published(head.size, head.root, before.size if before else 0, writing.written, shown)


class _Sink(Protocol):
    """What is done with the files of the ledger."""

    def file(self, path: str) -> AbstractContextManager[Feed]:
        """One file, whose bytes are fed from start to end."""


class _Comparing:
    """Compares: what is there already must be the same."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    @contextmanager
    def file(self, path: str) -> Iterator[Feed]:
        there = self._folder.open(path)
        if there is None:
            yield lambda _data: None
            return
        with there:

            def feed(data: bytes) -> None:
                if there.read(len(data)) != data:
                    raise PublishError(
                        "holds something else than this ledger has for it; nothing was written", file=path
                    )

            yield feed
            if there.read(1):
                raise PublishError("goes on after what this ledger has for it; nothing was written", file=path)


class _Writing:
    """Writes what is not there; what is there was compared."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.written = 0

    def file(self, path: str) -> AbstractContextManager[Feed]:
        if path != CHECKPOINT and self._folder.has(path):
            return nullcontext(lambda _data: None)
        self.written += 1
        return self._write(path)

    @contextmanager
    def _write(self, path: str) -> Iterator[Feed]:
        with self._folder.writing(path) as file:
            yield file.write


class _Steps:
    """Progress over both passes."""

    def __init__(self, tell: Progress | None, size: int) -> None:
        self._tell, self._whole, self._done = tell, 2 * size, 0

    def one(self) -> None:
        self._done += 1
        if self._tell is not None and (self._done % WIDTH == 0 or self._done == self._whole):
            self._tell(self._done, self._whole)


def _pass(
    seen: Snapshot, size: int, sink: _Sink, steps: _Steps, *, events: bool, before: Checkpoint | None
) -> dict[int, bytes]:
    """Give every file of a tree of this size to the sink; returns the roots at this size and at the published one."""
    growing, frontier = Growing(), merkle.Frontier()
    bundle: list[bytes] = []
    roots: dict[int, bytes] = {0: merkle.EMPTY_ROOT}
    wanted = {size} | ({before.size} if before else set())
    with ExitStack() as opened:
        beside = _EventFiles(sink, size, opened)
        for stored in seen.entries():
            sequence = frontier.size
            if sequence == size:
                break
            leaf = merkle.leaf_hash(stored.entry)
            frontier = frontier.append(leaf)
            if frontier.size in wanted:
                roots[frontier.size] = frontier.root()
            if events:
                beside.add(sequence, _checked(stored))
            bundle.append(stored.entry)
            if len(bundle) == WIDTH or frontier.size == size:
                address = Address(ENTRIES, sequence // WIDTH, len(bundle))
                with sink.file(address.path()) as feed:
                    feed(tiles.format_bundle(bundle))
                bundle.clear()
            for address, data in growing.add(leaf):
                with sink.file(address.path()) as feed:
                    feed(data)
            steps.one()
    for address, data in growing.edge():
        with sink.file(address.path()) as feed:
            feed(data)
    return roots


class _EventFiles:
    """Puts events into their files: those of a full bundle into one, the others each into its own."""

    def __init__(self, sink: _Sink, size: int, opened: ExitStack) -> None:
        self._sink = sink
        self._full = size // WIDTH
        self._open = opened
        self._feed: Feed | None = None

    def add(self, sequence: int, group: bytes) -> None:
        """The events of the next entry."""
        index, place = divmod(sequence, WIDTH)
        if index >= self._full:
            with self._sink.file(eventfiles.single_path(sequence)) as feed:
                feed(group)
            return
        if place == 0:
            self._feed = self._open.enter_context(self._sink.file(eventfiles.bundle_path(index)))
        if self._feed is not None:
            self._feed(group)
        if place == WIDTH - 1:
            self._open.close()


def _signed(seen: Snapshot, log: VerifierKey) -> tuple[bytes, Checkpoint]:
    signed = seen.head().checkpoint
    if signed is None:
        raise StoreError("the ledger has no checkpoint to publish; `monazite checkpoint` signs one")
    try:
        return signed, checkpoint.open(signed, log)
    except FormatError as error:
        raise StoreError(f"the ledger's checkpoint does not verify: {error}; nothing was written") from error


def _claimed(folder: Folder) -> None:
    """A folder without a checkpoint is new, or was begun; nothing else is written into."""
    if folder.root.exists() and not folder.root.is_dir():
        raise PublishError("not a folder", file=str(folder.root))
    if folder.has(CHECKPOINT) or not folder.root.exists():
        return
    strange = sorted(found.name for found in folder.root.iterdir() if found.name not in OURS)
    if strange:
        raise PublishError(
            f"holds {strange[0]!r} and no checkpoint: not a folder of tiles; nothing was written", file=str(folder.root)
        )


def _published(folder: Folder, log: VerifierKey, head: Checkpoint) -> tuple[Checkpoint | None, bytes | None]:
    data = folder.read(CHECKPOINT, note.MAX_BYTES)
    if data is None:
        return None, None
    where = str(folder.root / CHECKPOINT)
    try:
        before = checkpoint.open(data, log)
    except FormatError as error:
        raise PublishError(f"not a checkpoint of {log.name}: {error}; nothing was written", file=where) from error
    if before.size > head.size:
        raise PublishError(
            f"is of {before.size} entries, and this ledger's is of {head.size}: what is published is ahead; nothing was written",
            file=where,
        )
    return before, data


def _shown(folder: Folder, *, wanted: bool | None) -> bool:
    """Whether events are written: never by default beside tiles that were begun without them, since events come first."""
    there = folder.has(eventfiles.FOLDER)
    if wanted is None:
        return there or not folder.has("tile")
    if there and not wanted:
        raise PublishError(
            "events lie here already; remove them first if they are to be kept back",
            file=str(folder.root / eventfiles.FOLDER),
        )
    return wanted


def _checked(stored: Stored) -> bytes:
    """An entry's events as published; StoreError where they are not those that its submission is signed over."""
    try:
        root = submission.parse(note.parse(entry.parse_entry(stored.entry).note).text).root
    except FormatError:
        root = merkle.EMPTY_ROOT  # no submission, so no events either
    if merkle.root([merkle.leaf_hash(data) for data in stored.events]) != root:
        raise StoreError(f"the events of entry {stored.sequence} are not those that were signed; nothing was written")
    try:
        return eventfiles.format_group(stored.events)
    except FormatError as error:
        raise StoreError(
            f"entry {stored.sequence} cannot be published: {error}; `monazite verify` says more"
        ) from error


def _tidy(folder: Folder, size: int) -> None:
    """Remove partial files whose full one is there (tlog-tiles, Partial Tiles); those of the edge stay, for older checkpoints."""
    for level in range(ENTRIES, TOP_LEVEL + 1):
        for index in range(tiles.widths(size, level)[0]):
            folder.remove(f"{Address(level, index).path()}.p", range(1, WIDTH))
    if folder.has(eventfiles.FOLDER):
        for index in range(size // WIDTH):
            folder.remove(f"{eventfiles.bundle_path(index)}.e", range(WIDTH))


def _carries(kept: bytes | None, signed: bytes) -> bool:
    """Whether the published note says all that ours does, and perhaps bears cosignatures that ours does not."""
    if kept is None:
        return False
    theirs, ours = note.parse(kept), note.parse(signed)
    return theirs.text == ours.text and set(ours.signatures) <= set(theirs.signatures)
