"""golang.org/x/mod/sumdb accepts what Monazite makes, refuses it when it was tampered with, and the other way round."""

from __future__ import annotations

import base64
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger import receipt
from ledger.seal import checkpoint, entry, merkle, note, proof, submission
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.keys import VerifierKey
from ledger.seal.merkle import ProofError
from ledger.seal.note import SignatureError, UnsignedError
from ledger.seal.reader import Reader
from ledger.seal.tiles import TileError
from ledger.store.contract import Stored
from ledger.store.folder import Folder
from tests.interop.conftest import Go, Refused
from tests.ledger.world import LOG, World, key
from tests.store.logs import export, grown

pytestmark = pytest.mark.interop

SIZE = 600
SIZES = [1, 2, 3, 255, 256, 257, 511, 512, SIZE - 1, SIZE]
GO_SIZES = [1, 2, 5, 255, 256, 257, 300]


def entries_of(count: int) -> list[bytes]:
    return [b"entry %d of Go" % number for number in range(count)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = grown(tmp_path_factory.mktemp("interop") / "ledger.db", SIZE)
    yield world
    world.store.close()


@pytest.fixture(scope="module")
def stored(world: World) -> list[Stored]:
    return list(world.store.entries())


@pytest.fixture(scope="module")
def leaves(stored: list[Stored]) -> list[bytes]:
    return [item.leaf for item in stored]


@pytest.fixture
def tiles(world: World, tmp_path: Path) -> Path:
    export(world, tmp_path / "tiles")
    return tmp_path / "tiles"


def changed(data: bytes, at: int = 0) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


# Ours, by Go.


def test_our_checkpoint_is_a_note(go: Go, world: World) -> None:
    signed = world.store.head().checkpoint
    assert signed is not None
    opened = go("open", Note=signed, Vkeys=[str(LOG.vkey), str(key("mine").vkey)])
    assert opened == {"text": note.parse(signed).text, "names": [LOG.name]}
    for data in (changed(signed), changed(signed, -10), signed[:-1], signed.replace(b"\n600\n", b"\n601\n")):
        with pytest.raises(Refused):
            go("open", Note=data, Vkeys=[str(LOG.vkey)])
    with pytest.raises(Refused, match="no verifiable signatures"):
        go("open", Note=signed, Vkeys=[str(key(LOG.name, 1).vkey)])


def test_our_submissions_are_notes_over_trees(go: Go, stored: list[Stored]) -> None:
    parties = [str(key(name).vkey) for name in ("registry", "mine")]
    for item in [item for item in stored if item.events][:5]:
        signed = entry.parse_entry(item.entry).note
        opened = go("open", Note=signed, Vkeys=parties)
        stated = submission.parse(opened["text"])
        assert opened["names"] == [stated.party]
        hashes = [base64.b64decode(go("leaf", Note=data)) for data in item.events]
        for index, leaf in enumerate(hashes):
            asked = {"Size": stated.size, "Root": stated.root, "Index": index, "Leaf": leaf}
            path = merkle.inclusion_proof(index, hashes)
            go("record", Proof=path, **asked)
            with pytest.raises(Refused):
                go("record", Proof=path, **{**asked, "Leaf": changed(leaf)})
        with pytest.raises(Refused):
            go("open", Note=signed.replace(stated.party.encode(), b"else", 1), Vkeys=parties)


def test_our_chain_is_of_record_hashes(go: Go, stored: list[Stored]) -> None:
    for before, after in itertools.pairwise(stored[:20]):
        leaf = base64.b64decode(go("leaf", Note=before.entry))
        assert leaf == before.leaf
        assert f"\nprevious {base64.b64encode(leaf).decode()}\n".encode() in after.entry


@pytest.mark.parametrize("size", SIZES)
def test_our_proofs_are_accepted_and_tampered_ones_are_not(go: Go, leaves: list[bytes], size: int) -> None:
    some = leaves[:size]
    root = merkle.root(some)
    for index in {0, 1, size // 2, size - 2, size - 1} & set(range(size)):
        path = merkle.inclusion_proof(index, some)
        asked = {"Size": size, "Root": root, "Index": index, "Leaf": some[index]}
        go("record", Proof=path, **asked)
        spoilt = [{**asked, "Root": changed(root)}, {**asked, "Leaf": changed(some[index])}]
        spoilt += [{**asked, "Index": index ^ 1}, {**asked, "Proof": [*path, bytes(32)]}]
        spoilt += [{**asked, "Proof": [changed(path[0]), *path[1:]]}, {**asked, "Proof": path[:-1]}] if path else []
        for wrong in spoilt:
            with pytest.raises(Refused):
                go("record", **{"Proof": path, **wrong})
    for old in {1, 2, size // 2, size - 1, size} & set(range(1, size + 1)):
        path = merkle.consistency_proof(old, some)
        asked = {"Size": size, "Root": root, "OldSize": old, "OldRoot": merkle.root(some[:old])}
        go("tree", Proof=path, **asked)
        spoilt = [{**asked, "OldRoot": changed(merkle.root(some[:old]))}, {**asked, "Proof": [*path, bytes(32)]}]
        spoilt += [{**asked, "Proof": [changed(path[0]), *path[1:]]}] if path else []
        for wrong in spoilt:
            with pytest.raises(Refused):
                go("tree", **{"Proof": path, **wrong})


def test_our_receipts_prove_by_go(go: Go, world: World) -> None:
    for index in (0, 1, 255, 256, SIZE - 1):
        given = proof.parse(proof.format(receipt.made(world.store, index)))
        opened = go("open", Note=given.checkpoint, Vkeys=[str(LOG.vkey)])
        head = checkpoint.parse_text(opened["text"])
        leaf = base64.b64decode(go("leaf", Note=given.extra))
        go("record", Proof=list(given.path), Size=head.size, Root=head.root, Index=given.index, Leaf=leaf)


def test_our_tiles_are_a_log_to_go(go: Go, tiles: Path, leaves: list[bytes]) -> None:
    found = go("tiles", Dir=str(tiles), Vkeys=[str(LOG.vkey)], Sizes=SIZES)
    assert (found["size"], found["entries"]) == (SIZE, SIZE)
    assert [base64.b64decode(root) for root in found["roots"]] == [merkle.root(leaves[:size]) for size in SIZES]


@pytest.mark.parametrize(
    "path",
    ["checkpoint", "tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/001", "tile/entries/002.p/88"],
)
@pytest.mark.parametrize("how", ["changed", "shorter", "gone"])
def test_tampered_tiles_are_refused_by_go(go: Go, tiles: Path, path: str, how: str) -> None:
    file = tiles / path
    data = file.read_bytes()
    file.unlink()
    if how != "gone":
        file.write_bytes(changed(data, -5) if how == "changed" else data[:-1])
    with pytest.raises(Refused):
        go("tiles", Dir=str(tiles), Vkeys=[str(LOG.vkey)], Sizes=[])


def test_go_reads_a_grown_log_with_an_older_checkpoint(go: Go, tiles: Path, leaves: list[bytes]) -> None:
    """Its partial tiles may be gone; they are the start of the full ones."""
    head = Checkpoint(LOG.name, 512, merkle.root(leaves[:512]))
    (tiles / "checkpoint").write_bytes(checkpoint.sign(head, LOG))
    assert go("tiles", Dir=str(tiles), Vkeys=[str(LOG.vkey)], Sizes=[300])["size"] == 512


# Go's, by us.


@pytest.mark.parametrize("size", GO_SIZES)
def test_a_log_that_go_made_is_read(go: Go, tmp_path: Path, size: int) -> None:
    entries = entries_of(size)
    olds = sorted({1, size // 2 or 1, size})
    made = go(
        "make", Name="go.example/log", Seed=bytes([size % 251]) * 32, Dir=str(tmp_path), Entries=entries, Sizes=olds
    )
    vkey = VerifierKey.parse(made["vkey"])
    signed = (tmp_path / "checkpoint").read_bytes()
    head = checkpoint.open(signed, vkey)
    leaves = [merkle.leaf_hash(data) for data in entries]
    assert (head.origin, head.size, head.root) == ("go.example/log", size, merkle.root(leaves))
    source = Folder(tmp_path)
    read = Reader(lambda address: source.read(address.path(), 1 << 24), head.size, head.root)
    assert [data for index in range(-(-size // 256)) for data in read.bundle(index)] == entries
    for index, given in enumerate(made["records"]):
        path = [base64.b64decode(value) for value in given]
        assert path == merkle.inclusion_proof(index, leaves) if index in (0, size - 1) else True
        merkle.check_inclusion(index=index, size=size, leaf=leaves[index], proof=path, root=head.root)
    for old, given in zip(olds, made["trees"], strict=True):
        path = [base64.b64decode(value) for value in given]
        assert path == merkle.consistency_proof(old, leaves) == read.consistency_proof(old)
        merkle.check_consistency(
            old_size=old, new_size=size, old_root=merkle.root(leaves[:old]), new_root=head.root, proof=path
        )


def test_what_go_made_is_refused_when_it_was_tampered_with(go: Go, tmp_path: Path) -> None:
    entries = entries_of(300)
    made = go("make", Name="go.example/log", Seed=bytes(32), Dir=str(tmp_path), Entries=entries, Sizes=[100])
    vkey = VerifierKey.parse(made["vkey"])
    signed = (tmp_path / "checkpoint").read_bytes()
    head = checkpoint.open(signed, vkey)
    with pytest.raises(SignatureError):
        checkpoint.open(signed.replace(b"\n300\n", b"\n301\n"), vkey)
    with pytest.raises(UnsignedError):
        checkpoint.open(signed, key("go.example/log").vkey)
    path = [base64.b64decode(value) for value in made["records"][7]]
    for wrong in ([changed(path[0]), *path[1:]], path[:-1], [*path, path[0]]):
        with pytest.raises(ProofError):
            merkle.check_inclusion(index=7, size=300, leaf=merkle.leaf_hash(entries[7]), proof=wrong, root=head.root)
    files = ("tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/44")
    for path_ in files:
        shutil.copytree(tmp_path, tmp_path.with_name("spoilt"))
        source = Folder(tmp_path.with_name("spoilt"))
        file = source.root / path_
        file.write_bytes(changed(file.read_bytes(), -1))
        with pytest.raises(TileError):
            everything(source, head)
        shutil.rmtree(source.root)


def everything(source: Folder, head: Checkpoint) -> None:
    read = Reader(lambda address: source.read(address.path(), 1 << 24), head.size, head.root)
    for index in range(-(-head.size // 256)):
        read.bundle(index)
