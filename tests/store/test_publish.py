"""Writing tiles: what is written, what is refused, and what is left when the writer is killed."""

from __future__ import annotations

import base64
import os
import random
import shutil
import subprocess
import sys
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from ledger.errors import ConflictError, StoreError
from ledger.seal import checkpoint, cosignature, entry, merkle, note, tiles
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.cosigner import Cosigner
from ledger.seal.entry import Entry
from ledger.seal.tiles import ENTRIES, WIDTH, TileError
from ledger.store.contract import Fault, Head, Snapshot, Stored
from ledger.store.folder import WRITING, Folder
from ledger.store.publish import PublishError, publish
from ledger.store.tiles import TileStore
from tests.ledger.world import LEDGER, LOG, START, World, key
from tests.store.logs import dig, export, files, grown
from tests.trials import some, trials

ROOT = Path(__file__).parents[2]
OLD, NEW = 250, 520
SIZES = (2, 3, 255, 256, 257, NEW)


def expected(world: World, size: int) -> dict[str, bytes]:
    """The files of a tree of this size, worked out all at once."""
    stored = list(world.store.entries())[:size]
    leaves = [merkle.leaf_hash(item.entry) for item in stored]
    made = {address.path(): data for address, data in tiles.hash_tiles(leaves)}
    for address in tiles.addresses(size):
        if address.level == ENTRIES:
            start = address.index * WIDTH
            made[address.path()] = tiles.format_bundle([item.entry for item in stored[start : start + address.width]])
    for item in stored:
        index = item.sequence // WIDTH
        path = f"events/{index:03}" if index < size // WIDTH else f"events/{index:03}.e/{item.sequence % WIDTH}"
        made[path] = made.get(path, b"") + b"".join(data + b"\n" for data in item.events) + b"\n"
    head = Checkpoint(LEDGER, size, merkle.root(leaves))
    return {**made, "checkpoint": checkpoint.sign(head, LOG)}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A ledger of `NEW` entries; nobody writes to it."""
    world = grown(tmp_path_factory.mktemp("full") / "ledger.db", NEW)
    yield world
    world.store.close()


class At:
    """A ledger as it was at an earlier size, under a checkpoint of that size."""

    def __init__(self, seen: Snapshot, size: int) -> None:
        self._seen = seen
        self._size = size
        self.entries, self.index, self.faults = seen.entries, seen.index, seen.faults

    def head(self) -> Head:
        leaves = [merkle.leaf_hash(item.entry) for item in self._seen.entries()][: self._size]
        signed = checkpoint.sign(Checkpoint(LEDGER, self._size, merkle.root(leaves)), LOG)
        return Head(self._size, leaves[-1], b"", signed)


def export_at(world: World, size: int, place: Path) -> None:
    with world.store.snapshot() as seen:
        publish(At(seen, size), place, LOG.vkey)


@pytest.mark.parametrize("size", SIZES)
def test_what_is_written(full: World, tmp_path: Path, size: int) -> None:
    export_at(full, size, tmp_path / "tiles")
    assert files(tmp_path / "tiles") == expected(full, size)


def test_a_growing_log_is_written_step_by_step_and_ends_alike(full: World, tmp_path: Path) -> None:
    place = tmp_path / "tiles"
    for size in (2, 3, 100, 255, 256, 300, 511, NEW):
        before = files(place)
        export_at(full, size, place)
        after = files(place)
        wanted = expected(full, size)
        assert wanted.items() <= after.items()
        assert {
            path: data for path, data in before.items() if path in after and path != "checkpoint"
        }.items() <= after.items()
        left = after.keys() - wanted.keys()  # narrower partial tiles of the edge, for readers of an older checkpoint
        assert all(
            ".p/" in path and path.rpartition("/")[0] + f"/{size % WIDTH}" in wanted
            for path in left
            if "/1/" not in path
        )
        for gone in before.keys() - after.keys():
            assert gone.partition(".")[0] in after  # its full file is there
    assert files(place).keys() - expected(full, NEW).keys() == {"tile/1/000.p/1"}


def test_nothing_new_writes_nothing(full: World, tmp_path: Path) -> None:
    place = tmp_path / "tiles"
    done = export(full, place)
    assert (done.size, done.before, done.events, done.written) == (NEW, 0, True, len(files(place)))
    stamps = {path: path.stat().st_mtime_ns for path in place.rglob("*")}
    done = export(full, place)
    assert (done.before, done.written) == (NEW, 0)
    assert {path: path.stat().st_mtime_ns for path in place.rglob("*")} == stamps


def test_a_file_that_was_lost_is_written_again(full: World, tmp_path: Path) -> None:
    place = tmp_path / "tiles"
    export(full, place)
    whole = files(place)
    for path in ("tile/0/000", "events/001", "tile/entries/002.p/8", "events/002.e/3"):
        (place / path).unlink()
    assert export(full, place).written == 4
    assert files(place) == whole


def test_entries_under_no_checkpoint_are_not_published(tmp_path: Path) -> None:
    world = grown(tmp_path / "ledger.db", 9)
    world.record(dig(world, 99), log=None)
    assert export(world, tmp_path / "tiles").size == 9
    assert files(tmp_path / "tiles") == expected(world, 9)


def test_progress_is_told_for_both_passes(full: World, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    export(full, tmp_path / "tiles", progress=lambda done, whole: told.append((done, whole)))
    assert told[-1] == (2 * NEW, 2 * NEW)
    assert told == sorted(told)


# Events.


def test_events_are_kept_back_where_that_is_asked_and_stay_so(full: World, tmp_path: Path) -> None:
    place = tmp_path / "tiles"
    assert export(full, place, events=False).events is False
    assert files(place) == {path: data for path, data in expected(full, NEW).items() if not path.startswith("events/")}
    assert export(full, place).events is False  # forgetting the option does not publish them
    (place / "checkpoint").unlink()  # as if it had been killed
    assert export(full, place).events is False
    assert export(full, place, events=True).events is True
    assert files(place) == expected(full, NEW)
    with pytest.raises(PublishError, match="remove them first"):
        export(full, place, events=False)


# What is refused, before anything is written.


def refused(world: World, place: Path, match: str, error: type[Exception] = PublishError) -> None:
    before = files(place)
    with pytest.raises(error, match=match):
        export(world, place)
    assert files(place) == before


def test_another_ledgers_folder_is_refused(full: World, tmp_path: Path) -> None:
    place = tmp_path / "tiles"
    place.mkdir()
    other = key("ledger.example/other")
    (place / "checkpoint").write_bytes(checkpoint.sign(Checkpoint("ledger.example/other", 1, bytes(32)), other))
    refused(full, place, f"not a checkpoint of {LEDGER}")
    (place / "checkpoint").write_bytes(checkpoint.sign(Checkpoint(LEDGER, 1, bytes(32)), key(LEDGER, 1)))
    refused(full, place, f"not a checkpoint of {LEDGER}")
    (place / "checkpoint").write_bytes(b"junk")
    refused(full, place, "not a checkpoint")


def test_a_folder_that_is_ahead_is_refused(full: World, tmp_path: Path) -> None:
    place = tmp_path / "tiles"
    export(full, place)
    behind = grown(tmp_path / "ledger.db", 9)
    refused(behind, place, "ahead")


def test_a_folder_of_another_history_is_refused(full: World, tmp_path: Path) -> None:
    place = tmp_path / "tiles"
    other = grown(tmp_path / "ledger.db", 9)
    other.record(dig(other, 77))
    export(other, place)
    refused(full, place, "something else|another history")
    for path in ("tile", "events"):
        shutil.rmtree(place / path)
    refused(full, place, "another history")


def test_a_folder_of_something_else_is_refused(full: World, tmp_path: Path) -> None:
    place = tmp_path / "home"
    place.mkdir()
    (place / "letter.txt").write_text("dear", encoding="utf-8")
    refused(full, place, "letter.txt")
    refused(full, place / "letter.txt", "not a folder")


@pytest.mark.parametrize("path", ["tile/0/000", "tile/1/000.p/2", "tile/entries/001", "events/000", "events/002.e/1"])
@pytest.mark.parametrize("how", ["other", "shorter", "longer", "link", "folder"])
def test_a_file_that_is_not_this_ledgers_is_never_written_over(
    full: World, tmp_path: Path, path: str, how: str
) -> None:
    place = tmp_path / "tiles"
    export(full, place)
    file = place / path
    data = file.read_bytes()
    file.unlink()
    if how == "link":
        (tmp_path / "elsewhere").write_bytes(data)
        file.symlink_to(tmp_path / "elsewhere")
        refused(full, place, path, TileError)
    elif how == "folder":
        file.mkdir()
        refused(full, place, path, TileError)
    else:
        file.write_bytes({"other": data[:-1] + b"?", "shorter": data[:-1], "longer": data + b"\n"}[how])
        refused(full, place, path)


def test_a_ledger_that_does_not_fit_its_checkpoint_is_not_published(tmp_path: Path) -> None:
    world = grown(tmp_path / "ledger.db", 9)
    refused_as = (
        (checkpoint.sign(Checkpoint(LEDGER, 9, bytes(32)), LOG), "not those of the ledger's checkpoint"),
        (checkpoint.sign(Checkpoint(LEDGER, 10, bytes(32)), LOG), "not those of the ledger's checkpoint"),
        (checkpoint.sign(Checkpoint(LEDGER, 9, bytes(32)), key(LEDGER, 1)), "does not verify"),
    )
    for signed, why in refused_as:
        world.store.publish(world.store.head(), signed)
        refused(world, tmp_path / "tiles", why, StoreError)
    assert not (tmp_path / "tiles").exists()


def test_a_ledger_without_a_checkpoint_has_nothing_to_publish(tmp_path: Path) -> None:
    world = grown(tmp_path / "ledger.db", 9)

    class Bare(At):
        def head(self) -> Head:
            return Head(self._size, b"", b"", None)

    with world.store.snapshot() as seen, pytest.raises(StoreError, match="no checkpoint"):
        publish(Bare(seen, 2), tmp_path / "tiles", LOG.vkey)


def test_only_one_writes_at_a_time(full: World, tmp_path: Path) -> None:
    place = tmp_path / "tiles"
    with Folder(place).locked():
        refused(full, place, "another process", ConflictError)
    export(full, place)


def test_a_published_cosignature_is_not_lost(full: World, tmp_path: Path) -> None:
    place = tmp_path / "tiles"
    export(full, place)
    signed = note.parse((place / "checkpoint").read_bytes())
    line = cosignature.sign(signed.text, Cosigner.mldsa44("witness.example/w", bytes(32)), 1)
    cosigned = note.format(note.Note(signed.text, (*signed.signatures, line)))
    (place / "checkpoint").write_bytes(cosigned)
    assert export(full, place).written == 0
    assert (place / "checkpoint").read_bytes() == cosigned


# Memory.


class Many:
    """A ledger of so many entries of one event each, made as they are asked for."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._head: Head | None = None

    def head(self) -> Head:
        if self._head is None:
            frontier = merkle.Frontier().extend(item.leaf for item in self.entries())
            signed = checkpoint.sign(Checkpoint(LEDGER, self._size, frontier.root()), LOG)
            self._head = Head(self._size, bytes(32), frontier.to_bytes(), signed)
        return self._head

    def entries(self, start: int = 0) -> Iterator[Stored]:
        signature = note.Signature("mine", bytes(4), bytes(64))
        for number in range(start, self._size):
            event = b'{"number":%d,"padding":"%s"}' % (number, b"x" * 500)
            root = base64.b64encode(merkle.leaf_hash(event)).decode()
            text = f"{LEDGER}/submissions/mine\n1\n{root}\n"
            signed = note.format(note.Note(text, (signature,)))
            data = entry.format_entry(Entry(number, bytes(32), START, signed))
            yield Stored(number, merkle.leaf_hash(data), data, (event,))

    def index(self) -> None:
        return

    def faults(self) -> Iterator[Fault]:
        return iter(())


def peak(use: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        use()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.deep
def test_memory_does_not_grow_with_the_ledger(tmp_path: Path) -> None:
    small, large = Many(1_500), Many(4_500)
    peaks = []
    for many in (small, large):
        place = tmp_path / str(many.head().size)
        peaks.append(peak(partial(publish, many, place, LOG.vkey)))
        peaks.append(peak(partial(deque, TileStore(place).entries(), 0)))
    assert peaks[2] < 1.2 * peaks[0] < 4_000_000
    assert peaks[3] < 1.2 * peaks[1] < 4_000_000


# Killed.


@contextmanager
def exporter(ledger: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.store.exporter", str(ledger)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def told(process: subprocess.Popen[str], *words: object) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(" ".join(map(str, words)) + "\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def readable(place: Path, full: World) -> int:
    """Everything that the published checkpoint covers is there and sound; returns its size."""
    store = TileStore(place)
    size = store.head().size
    assert list(store.entries()) == list(full.store.entries())[:size]
    assert list(store.faults()) == []
    return size


def killed(full: World, folder: Path, steps: Iterator[int]) -> None:
    """Kill at each of these steps, which go on until one is beyond the last."""
    begun, place, whole = folder / "begun", folder / "tiles", folder / "whole"
    export_at(full, OLD, begun)
    shutil.copytree(begun, whole)
    export(full, whole)
    wanted = files(whole)
    assert files(whole).items() >= expected(full, NEW).items()
    sizes = set()
    with exporter(full.store.path) as process:  # type: ignore[attr-defined]  # SQLite's
        for step in steps:
            shutil.copytree(begun, place)
            done = told(process, place, "step", step) == "done"
            sizes.add(readable(place, full))
            export(full, place)
            assert files(place) == wanted, step
            shutil.rmtree(place)
            if done:
                break
        else:
            raise AssertionError("it had more steps than these")
    assert sizes == {OLD, NEW}


@pytest.mark.uncounted
def test_a_killed_export_goes_on_where_it_was(full: World, tmp_path: Path) -> None:
    killed(full, tmp_path, iter([*range(1, 60, 7), *range(60, 2000, 90)]))


@pytest.mark.deep
@pytest.mark.parametrize("share", some(range(1, 9)))
def test_an_export_can_be_killed_at_every_step(full: World, tmp_path: Path, share: int) -> None:
    killed(full, tmp_path, iter(range(share, 10_000, 8)))


@pytest.mark.uncounted
def test_a_first_export_killed_again_and_again_ends_like_one_that_was_not(full: World, tmp_path: Path) -> None:
    place = tmp_path / "tiles"
    chance = random.Random(7)  # noqa: S311  (moments, not secrets)
    with exporter(full.store.path) as process:  # type: ignore[attr-defined]  # SQLite's
        for _round in range(trials(30)):
            told(process, place, "seconds", f"{chance.uniform(0.05, 0.3):.3f}")
            if (place / "checkpoint").exists():
                readable(place, full)
        export(full, place)
    assert files(place) == expected(full, NEW)
    assert not (place / WRITING).exists()


def test_a_write_that_fails_leaves_no_rest(full: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "tiles"
    left = iter(range(5))
    sync = os.fsync

    def full_disk(handle: int) -> None:
        if next(left, None) is None:
            raise OSError(28, "No space left on device")
        sync(handle)

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        export(full, place)
    assert not (place / "checkpoint").exists()
    assert not (place / WRITING).exists()
    monkeypatch.undo()
    export(full, place)
    assert files(place) == expected(full, NEW)
