"""A folder of tiles as a ledger: the same verdict as from the database, and every hostile file named."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.ancestry import ancestry
from ledger.errors import MonaziteError, StoreError, UsageError
from ledger.report.answer import verification
from ledger.seal import checkpoint, merkle
from ledger.seal.checkpoint import Checkpoint
from ledger.store.contract import REGISTRY_KINDS, Head, Store
from ledger.store.tiles import SHOWN, TileStore
from tests.ledger.world import LEDGER, LOG, World, drawn, errors, key, output
from tests.store.backends import content
from tests.store.logs import audited, export, files, grow, grown
from tests.trials import trials

pytestmark = pytest.mark.alike  # its cases run the same lines

SIZE = 520
UNINDEXED = "index and head row"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = grown(tmp_path_factory.mktemp("world") / "ledger.db", 20)
    world.say("ship", "mine", site="pit", lots=[drawn("L7")], to="mill")
    world.say("receive", "plant", site="mill", lots=[drawn("L7")], result="accepted")
    grow(world, SIZE)
    yield world
    world.store.close()


@pytest.fixture(scope="module")
def made(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiles of that ledger; nobody changes them."""
    place = tmp_path_factory.mktemp("made") / "tiles"
    export(world, place)
    return place


@pytest.fixture
def tiles(made: Path, tmp_path: Path) -> Path:
    """A copy to be spoilt."""
    return Path(shutil.copytree(made, tmp_path / "tiles"))


def faults(place: Path) -> list[str]:
    """Files that are named as wrong."""
    found = list(TileStore(place).faults())
    assert {fault.code for fault in found} <= {"SEAL-TILE"}
    return [fault.subject.removeprefix("file:") for fault in found]


# The same as from the database.


def test_the_verdict_is_that_of_the_database(world: World, made: Path) -> None:
    theirs, ours = verification(audited(made)), verification(world.verify())
    assert theirs["verdict"] == "clean"
    extra = [item for item in theirs["not_checked"] if item not in ours["not_checked"]]
    assert [item["what"] for item in extra] == [UNINDEXED]
    theirs["not_checked"] = ours["not_checked"] = []
    assert theirs == ours


def test_entries_are_those_of_the_database(world: World, made: Path) -> None:
    store: Store = TileStore(made)
    whole = content(world.store).entries
    assert list(store.entries()) == whole
    for start in (1, 255, 256, 257, 512, SIZE - 1, SIZE, SIZE + 300):
        assert list(store.entries(start)) == whole[start:]
    assert store.head() == Head(SIZE, b"", b"", world.store.head().checkpoint)
    assert store.index() is None


def test_events_are_recalled_as_from_the_database(world: World, made: Path) -> None:
    store: Store = TileStore(made)
    dug = world.store.recall(subjects=["lot:L7"])
    for asked in (
        {"kinds": REGISTRY_KINDS},
        {"subjects": ["lot:L7", "to:mill"]},
        {"refs": [("mine", "shift 7"), ("plant", "shift 8")]},
        {"hashes": [merkle.leaf_hash(dug[0].event).hex(), "0" * 64]},
        {},
    ):
        assert store.recall(**asked) == world.store.recall(**asked)  # type: ignore[arg-type]
    with store.recalling() as recall:
        assert recall(subjects=["lot:L7"]) == dug
    assert ancestry(store, "L7").lots.keys() == ancestry(world.store, "L7").lots.keys() == {"L7"}


def test_it_is_only_read(made: Path) -> None:
    store: Store = TileStore(made)
    before = files(made)
    head = store.head()
    writings: tuple[Callable[[], object], ...] = (
        lambda: store.append(head, [], [], head),
        lambda: store.publish(head, b""),
        lambda: store.reindex([], [], head),
        lambda: World(store).say("extract", "mine", site="pit", outputs=[output("X", 1)]),
    )
    for write in writings[:3]:
        with pytest.raises(UsageError, match="only read"):
            write()
    with pytest.raises(MonaziteError):
        writings[3]()
    store.close()
    assert files(made) == before


def test_an_older_checkpoint_is_read_from_newer_files(world: World, tiles: Path) -> None:
    leaves = [item.leaf for item in world.store.entries()]
    for size in (256, 300, 512):
        head = Checkpoint(LEDGER, size, merkle.root(leaves[:size]))
        (tiles / "checkpoint").write_bytes(checkpoint.sign(head, LOG))
        shutil.rmtree(tiles / "events" / "001.e", ignore_errors=True)
        verdict = audited(tiles)
        # the edge of that size was never written, except for what full tiles hold
        wrong = [item.subject for item in verdict.findings if item.code == "SEAL-TILE"]
        assert set(errors(verdict)) <= {"SEAL-TILE", "SEAL-MAP-LAST"}  # signed here, and not where a map ends
        assert all(name.startswith("file:tile/1/000.p/") for name in wrong)
        assert verdict.checked.entries == size


def test_what_is_remembered_counts(made: Path, world: World) -> None:
    assert errors(audited(made, world.store.head().checkpoint)) == []
    longer = checkpoint.sign(Checkpoint(LEDGER, SIZE + 1, bytes(32)), LOG)
    assert errors(audited(made, longer)) == ["SEAL-ROLLBACK"]
    other = checkpoint.sign(Checkpoint(LEDGER, SIZE, bytes(32)), LOG)
    assert errors(audited(made, other)) == ["SEAL-FORK"]


# Hostile folders.


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/001", "tile/0/002.p/8", "tile/1/000.p/2"])
@pytest.mark.parametrize("how", ["gone", "shorter", "longer", "other", "empty"])
def test_a_tile_that_is_wrong_is_named_and_the_entries_stand(tiles: Path, path: str, how: str) -> None:
    spoil(tiles / path, how)
    assert faults(tiles) == [path]
    if how == "other":
        verdict = audited(tiles)
        assert errors(verdict) == ["SEAL-TILE"]
        assert verdict.checked.entries == SIZE


@pytest.mark.parametrize("path", ["tile/entries/001", "tile/entries/002.p/8"])
@pytest.mark.parametrize("how", ["gone", "shorter", "longer", "other", "empty"])
def test_a_bundle_that_is_wrong_is_named(tiles: Path, path: str, how: str) -> None:
    spoil(tiles / path, how)
    assert faults(tiles) == [path]
    if how in ("gone", "other"):
        verdict = audited(tiles)
        assert {"SEAL-TRUNCATED" if how == "gone" else "SEAL-ROOT", "SEAL-TILE"} <= set(errors(verdict))
        assert verdict.checkpoint is None


@pytest.mark.parametrize("path", ["events/000", "events/001", "events/002.e/0", "events/002.e/7"])
@pytest.mark.parametrize("how", ["gone", "shorter", "longer", "empty"])
def test_a_file_of_events_that_is_wrong_is_named(tiles: Path, path: str, how: str) -> None:
    spoil(tiles / path, how)
    assert faults(tiles) in ([path], [f"{path}.e/{place}" for place in range(SHOWN)])
    if how == "shorter":
        mapped = path.endswith("7")  # the newest entry is a map, which has no events
        assert set(errors(audited(tiles))) == ({"SEAL-TILE"} if mapped else {"SEAL-EVENT", "SEAL-TILE"})


def test_an_event_that_was_changed_is_found_as_in_the_database(tiles: Path, world: World) -> None:
    place = world.store.recall(subjects=["lot:L300"])[0].sequence
    file = tiles / "events" / "001"
    file.write_bytes(file.read_bytes().replace(b'"L300"', b'"L30X"', 1))
    assert errors(audited(tiles)) == ["SEAL-EVENT"]
    assert [item.subject for item in audited(tiles).findings if item.code == "SEAL-EVENT"] == [f"entry:{place}"]


def test_events_of_one_entry_that_are_withheld_are_missed_there_alone(tiles: Path) -> None:
    (tiles / "events" / "002.e" / "5").write_bytes(b"\n")
    assert [(item.code, item.subject) for item in audited(tiles).findings if item.severity == "error"] == [
        ("SEAL-EVENT", "entry:517")
    ]


@pytest.mark.parametrize(
    "path", ["checkpoint", "tile/0/000", "tile/entries/000", "tile/entries/001", "events/000", "events/002.e/3"]
)
@pytest.mark.parametrize("how", ["link", "folder link", "folder", "pipe", "huge"])
def test_what_is_no_plain_file_is_not_read(tiles: Path, path: str, how: str, tmp_path: Path) -> None:
    file = tiles / path
    data = file.read_bytes()
    if how == "folder link":
        if path == "checkpoint":
            return
        file.parent.rename(tmp_path / "elsewhere")
        file.parent.symlink_to(tmp_path / "elsewhere")
    else:
        file.unlink()
    if how == "link":
        (tmp_path / "secret").write_bytes(data)
        file.symlink_to(tmp_path / "secret")
    elif how == "folder":
        file.mkdir()
    elif how == "pipe":
        os.mkfifo(file)
    elif how == "huge":
        with file.open("wb") as sparse:
            sparse.truncate(1 << 40)
    if path in ("checkpoint", "tile/entries/000") or (how == "folder link" and "entries" in path):
        with pytest.raises(StoreError, match="checkpoint|tile/entries/000"):
            audited(tiles)
    else:
        assert faults(tiles)[0] == (path if how != "folder link" or ".e/" not in path else "events/002.e/0")


def test_a_folder_without_a_checkpoint_cannot_be_verified(tiles: Path, tmp_path: Path) -> None:
    for data in (None, b"", b"junk", b"\xff" * 10):
        (tiles / "checkpoint").unlink(missing_ok=True)
        if data is not None:
            (tiles / "checkpoint").write_bytes(data)
        with pytest.raises(StoreError, match="checkpoint"):
            TileStore(tiles)
    with pytest.raises(StoreError, match="is not there"):
        TileStore(tmp_path / "nowhere")


def test_a_checkpoint_that_is_not_the_logs_is_found(tiles: Path) -> None:
    root = audited(tiles).root
    (tiles / "checkpoint").write_bytes(checkpoint.sign(Checkpoint(LEDGER, SIZE, root), key(LEDGER, 1)))
    assert errors(audited(tiles)) == ["SEAL-CHECKPOINT"]


def test_a_checkpoint_of_another_root_is_found_though_no_file_is_wrong(tiles: Path) -> None:
    (tiles / "checkpoint").write_bytes(checkpoint.sign(Checkpoint(LEDGER, SIZE, bytes(32)), LOG))
    verdict = audited(tiles)
    assert set(errors(verdict)) == {"SEAL-ROOT", "SEAL-TILE"}
    assert "do not lead to the root" in next(item.message for item in verdict.findings if item.code == "SEAL-TILE")


def test_an_impossible_size_ends_soon(tiles: Path) -> None:
    (tiles / "checkpoint").write_bytes(checkpoint.sign(Checkpoint(LEDGER, 2**53 - 1, bytes(32)), LOG))
    assert {"SEAL-TRUNCATED", "SEAL-TILE"} <= set(errors(audited(tiles)))


def test_only_the_first_wrong_files_are_named(tiles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in (tiles / "events" / "002.e").iterdir():
        file.unlink()
    assert len(faults(tiles)) == SIZE % 256
    monkeypatch.setattr("ledger.store.tiles.SHOWN", 3)
    assert SHOWN > len(faults(tiles)) == 3


def test_two_wrong_bundles_are_both_named(tiles: Path) -> None:
    for path in ("tile/entries/001", "tile/entries/002.p/8"):
        spoil(tiles / path, "other")
    assert faults(tiles) == ["tile/entries/001", "tile/entries/002.p/8"]


def test_nothing_is_recalled_from_a_folder_that_is_wrong(tiles: Path) -> None:
    spoil(tiles / "tile" / "entries" / "001", "gone")
    with pytest.raises(StoreError, match="tile/entries/001"):
        TileStore(tiles).recall(kinds=REGISTRY_KINDS)
    shutil.rmtree(tiles / "events")
    with pytest.raises(StoreError, match="no events"):
        TileStore(tiles).recall(kinds=REGISTRY_KINDS)


def test_faults_are_found_without_reading_entries_first(tiles: Path) -> None:
    spoil(tiles / "tile" / "0" / "001", "other")
    assert [item.subject for item in TileStore(tiles).faults()] == ["file:tile/0/001"]


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiles of a ledger of few entries."""
    folder = tmp_path_factory.mktemp("little")
    world = grown(folder / "ledger.db", 9)
    export(world, folder / "tiles")
    world.store.close()
    return folder / "tiles"


@settings(max_examples=trials(150))
@given(st.data())
def test_whatever_is_changed_in_a_folder_is_found(little: Path, data: st.DataObject) -> None:
    sound = files(little)
    path = data.draw(st.sampled_from(sorted(sound)))
    old = sound[path]
    at, end = sorted((data.draw(st.integers(0, len(old))), data.draw(st.integers(0, len(old)))))
    new = old[:at] + data.draw(st.binary(max_size=40)) + old[end:]
    try:
        (little / path).write_bytes(new)
        try:
            found = set(errors(audited(little)))
        except StoreError as error:
            found = {str(error)}
        assert bool(found) == (new != old)
    finally:
        (little / path).write_bytes(old)


def spoil(file: Path, how: str) -> None:
    data = file.read_bytes()
    if how == "gone":
        file.unlink()
    elif how == "other":
        file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    else:
        file.write_bytes({"shorter": data[:-1], "longer": data + b"\n", "empty": b""}[how])
