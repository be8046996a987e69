from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import UsageError
from ledger.seal import checkpoint, merkle, tiles
from ledger.seal.keys import VerifierKey
from ledger.seal.merkle import ProofError
from ledger.seal.reader import MAX_KEPT, Reader
from ledger.seal.tiles import ENTRIES, MAX_ENTRY, WIDTH, Address, TileError
from tests import strategies as say
from tests.trials import trials

pytestmark = pytest.mark.alike  # its cases run the same lines


def reading(source: Callable[[str], bytes | None], size: int, root: bytes) -> Reader:
    """From files by their paths."""
    return Reader(lambda address: source(address.path()), size, root)


TESSERA = Path(__file__).parents[2] / "fixtures" / "vectors" / "tessera-log"
VKEY = VerifierKey.parse("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
SIZES = [1, 2, 3, 7, 10, 15]
LARGE = 70_000


def entry(number: int) -> bytes:
    return b"entry %d" % number


@cache
def leaves(size: int) -> tuple[bytes, ...]:
    return tuple(merkle.leaf_hash(entry(number)) for number in range(size))


def written(size: int, old_size: int = 0) -> dict[str, bytes]:
    """Every file of a log of this size, or those new since the old one."""
    files = {address.path(): data for address, data in tiles.hash_tiles(leaves(size), old_size)}
    for address in tiles.addresses(size, old_size):
        if address.level == ENTRIES:
            start = address.index * WIDTH
            files[address.path()] = tiles.format_bundle([entry(n) for n in range(start, start + address.width)])
    return files


@cache
def files_of(size: int) -> dict[str, bytes]:
    return written(size)


def opened(size: int) -> Reader:
    return reading(files_of(size).get, size, merkle.root(leaves(size)))


def on_disk(path: str) -> bytes | None:
    place = TESSERA / path
    return place.read_bytes() if place.is_file() else None


@pytest.mark.parametrize("size", SIZES)
def test_the_log_of_another_implementation_is_read(size: int) -> None:
    head = checkpoint.open((TESSERA / f"checkpoint.{size}").read_bytes(), VKEY)
    read = reading(on_disk, head.size, head.root)
    entries = read.bundle(0)
    assert len(entries) == size
    for index, data in enumerate(entries):
        assert read.entry(index) == data
        merkle.check_inclusion(
            index=index, size=size, leaf=merkle.leaf_hash(data), proof=read.inclusion_proof(index), root=head.root
        )
    for old in (size for size in SIZES if size <= head.size):
        before = checkpoint.open((TESSERA / f"checkpoint.{old}").read_bytes(), VKEY)
        assert read.root_at(old) == before.root
        merkle.check_consistency(
            old_size=old, new_size=size, old_root=before.root, new_root=head.root, proof=read.consistency_proof(old)
        )


@pytest.mark.parametrize("size", range(1, 16))
def test_the_files_of_another_implementation_are_written(size: int) -> None:
    bundle = on_disk(f"tile/entries/000.p/{size}")
    assert bundle is not None
    address = Address(ENTRIES, 0, size)
    entries = tiles.parse_bundle(bundle, address)
    assert tiles.format_bundle(entries) == bundle
    ((place, data),) = tiles.hash_tiles([merkle.leaf_hash(entry) for entry in entries])
    assert data == on_disk(place.path())
    assert [where.path() for where in tiles.addresses(size)] == [address.path(), place.path()]


def test_an_empty_log_has_no_tile() -> None:
    assert list(tiles.addresses(0)) == []
    assert list(tiles.hash_tiles([])) == []
    read = reading(lambda _path: None, 0, merkle.EMPTY_ROOT)
    assert read.root_at(0) == merkle.EMPTY_ROOT
    for ask in (read.leaf, read.entry, read.inclusion_proof, read.bundle):
        with pytest.raises(ProofError):
            ask(0)
    with pytest.raises(ProofError):
        read.consistency_proof(0)
    with pytest.raises(TileError, match="do not lead"):
        reading(lambda _path: None, 0, bytes(32))


# transparency-dev/tessera 1811ae1, api/layout/paths_test.go
@pytest.mark.parametrize(
    ("address", "path"),
    [
        (Address(ENTRIES, 0), "tile/entries/000"),
        (Address(ENTRIES, 0, 8), "tile/entries/000.p/8"),
        (Address(ENTRIES, 255, 253), "tile/entries/255.p/253"),
        (Address(ENTRIES, 123456789), "tile/entries/x123/x456/789"),
        (Address(0, 0, 255), "tile/0/000.p/255"),
        (Address(1, 0), "tile/1/000"),
        (Address(15, 455667), "tile/15/x455/667"),
        (Address(15, 123456789, 41), "tile/15/x123/x456/789.p/41"),
        (Address(0, 1234067), "tile/0/x001/x234/067"),
        (Address(63, 999999999999999999, 255), "tile/63/x999/x999/x999/x999/x999/999.p/255"),
    ],
)
def test_paths(address: Address, path: str) -> None:
    assert address.path() == path


def test_addresses_are_bounded() -> None:
    for parts in ((-2, 0), (64, 0), (0, -1), (0, 10**18), (0, 0, 0), (0, 0, 257)):
        with pytest.raises(TileError):
            Address(*parts)


def test_the_specifications_example_of_70_000_leaves() -> None:
    made = list(tiles.addresses(LARGE))
    at = {level: [where for where in made if where.level == level] for level in range(ENTRIES, 3)}
    assert [where.width for where in at[0]] == [256] * 273 + [112]
    assert [where.width for where in at[ENTRIES]] == [256] * 273 + [112]
    assert [where.width for where in at[1]] == [256, 17]
    assert [where.width for where in at[2]] == [1]
    assert len(made) == 274 * 2 + 3
    assert [where.path() for where in tiles.addresses(256)] == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]


@pytest.mark.parametrize("size", [255, 256, 257, 511, 512, 600, 65_536, LARGE])
def test_a_log_that_was_written_is_read(size: int) -> None:
    read = opened(size)
    root = merkle.root(leaves(size))
    for index in {0, 1, 254, 255, 256, size // 2, size - 2, size - 1} & set(range(size)):
        leaf = leaves(size)[index]
        assert read.leaf(index) == leaf
        assert read.entry(index) == entry(index)
        merkle.check_inclusion(index=index, size=size, leaf=leaf, proof=read.inclusion_proof(index), root=root)
    for old in {1, 2, 255, 256, 257, size // 2, size - 1, size} & set(range(1, size + 1)):
        before = merkle.root(leaves(size)[:old])
        assert read.root_at(old) == before
        proof = read.consistency_proof(old)
        merkle.check_consistency(old_size=old, new_size=size, old_root=before, new_root=root, proof=proof)


@pytest.mark.parametrize("size", [15, 256, 600])
def test_proofs_from_tiles_are_those_from_leaves(size: int) -> None:
    read = opened(size)
    assert [read.inclusion_proof(n) for n in range(0, size, 7)] == merkle.inclusion_proofs(
        range(0, size, 7), leaves(size)
    )
    for old in range(1, size + 1, 7):
        assert read.consistency_proof(old) == merkle.consistency_proof(old, leaves(size))


@pytest.mark.parametrize(
    ("old", "new"), [(0, 600), (15, 16), (15, 256), (256, 257), (255, 600), (600, 600), (65_530, LARGE)]
)
def test_a_growing_log_writes_only_what_is_new(old: int, new: int) -> None:
    before, after = files_of(old), written(new, old)
    assert {**before, **after}.keys() >= files_of(new).keys()
    assert all(files_of(new)[path] == data for path, data in after.items())
    assert not before.keys() & after.keys()
    for size in (old, new):
        reading({**before, **after}.get, size, merkle.root(leaves(size)))


def test_a_log_does_not_shrink() -> None:
    with pytest.raises(UsageError):
        list(tiles.addresses(1, 2))
    with pytest.raises(UsageError):
        list(tiles.addresses(2**53))


def test_a_partial_tile_that_is_gone_is_the_start_of_the_full_one() -> None:
    later = {path: data for path, data in files_of(LARGE).items() if ".p/" not in path or path.startswith("tile/1/")}
    old = 65_500
    read = reading(later.get, old, merkle.root(leaves(old)))
    assert read.entry(old - 1) == entry(old - 1)
    assert read.consistency_proof(300) == merkle.consistency_proof(300, leaves(old))


def test_tiles_are_read_once_while_they_are_kept() -> None:
    asked: list[str] = []

    def source(path: str) -> bytes | None:
        asked.append(path)
        return files_of(LARGE).get(path)

    read = reading(source, LARGE, merkle.root(leaves(LARGE)))
    edge = len(asked)
    for index in range(0, 2000, 10):
        read.inclusion_proof(index)
    assert len(asked) - edge == 1 + 8  # the full tile of level 1, and 8 of level 0
    for index in range(0, LARGE, WIDTH):
        read.leaf(index)
    assert len(read._kept) == MAX_KEPT


def spoiled_source(files: dict[str, bytes], path: str, data: bytes | None) -> Callable[[str], bytes | None]:
    return lambda asked: data if asked == path else files.get(asked)


def everything(read: Reader) -> None:
    for index in range(0, read.size, WIDTH):
        read.bundle(index // WIDTH)


@pytest.mark.parametrize("size", [15, 600])
def test_no_file_can_be_changed_cut_or_taken_away(size: int) -> None:
    root = merkle.root(leaves(size))
    for path, data in files_of(size).items():
        for bad in (None, b"", data[:-1], data + b"\x00", data + data, bytes(len(data)), b"\xff" + data[1:]):
            with pytest.raises(TileError):
                everything(reading(spoiled_source(files_of(size), path, bad), size, root))


def test_every_byte_of_a_small_log_counts() -> None:
    root = merkle.root(leaves(15))
    for path, data in files_of(15).items():
        for at in range(len(data)):
            changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            with pytest.raises(TileError) as caught:
                everything(reading(spoiled_source(files_of(15), path, changed), 15, root))
            assert "edge" in caught.value.message or caught.value.file == path


def test_a_full_tile_of_another_tree_is_refused() -> None:
    # true at its level, at another place
    files = files_of(LARGE)
    read = reading(spoiled_source(files, "tile/0/007", files["tile/0/008"]), LARGE, merkle.root(leaves(LARGE)))
    with pytest.raises(TileError, match="not the one") as caught:
        read.leaf(7 * WIDTH)
    assert caught.value.file == "tile/0/007"
    assert read.leaf(8 * WIDTH) == leaves(LARGE)[8 * WIDTH]
    read = reading(spoiled_source(files, "tile/1/000", bytes(8192)), LARGE, merkle.root(leaves(LARGE)))
    with pytest.raises(TileError):
        read.leaf(0)


def test_what_the_tree_has_not_is_refused() -> None:
    read = opened(600)
    for bad in (-1, 600, 2**60, True):
        for ask in (read.leaf, read.entry, read.inclusion_proof):
            if bad is True:
                continue
            with pytest.raises(ProofError):
                ask(bad)
    for bad in (-1, 601):
        with pytest.raises(ProofError):
            read.root_at(bad)
    for bad in (-1, 0, 601):
        with pytest.raises(ProofError):
            read.consistency_proof(bad)
    for level, index in ((0, 3), (0, -1), (1, 1), (2, 0), (7, 0), (-1, 0)):
        with pytest.raises(ProofError):
            read.hashes(level, index)
    for size, root in ((-1, bytes(32)), (2**53, bytes(32)), (1, bytes(31))):
        with pytest.raises(ProofError):
            reading(files_of(600).get, size, root)


def test_a_huge_size_asks_for_no_more_than_the_edge() -> None:
    asked: list[str] = []

    def source(path: str) -> bytes:
        asked.append(path)
        return bytes(32 * int(path.rpartition("/")[2]))

    with pytest.raises(TileError):
        reading(source, 2**53 - 1, bytes(32))
    assert len(asked) == 7


def test_bundles() -> None:
    entries = [b"", b"x", bytes(MAX_ENTRY)]
    data = tiles.format_bundle(entries)
    assert data[:5] == b"\x00\x00\x00\x01x"
    assert tiles.parse_bundle(data, Address(ENTRIES, 0, 3)) == tuple(entries)
    for wrong in ([], [b""] * 257, [bytes(MAX_ENTRY + 1)]):
        with pytest.raises(TileError):
            tiles.format_bundle(wrong)
    for width in (1, 2, 4, 256):
        with pytest.raises(TileError):
            tiles.parse_bundle(data, Address(ENTRIES, 0, width))
    assert len(tiles.format_bundle([bytes(MAX_ENTRY)] * WIDTH)) == tiles.MAX_BUNDLE


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=WIDTH))
def test_a_bundle_comes_back(entries: list[bytes]) -> None:
    address = Address(ENTRIES, 0, len(entries))
    assert tiles.parse_bundle(tiles.format_bundle(entries), address) == tuple(entries)


@given(say.spoiled(tiles.format_bundle([b"one", b"two"])) | st.binary(max_size=40), st.integers(1, 256))
@settings(max_examples=trials(300))
def test_garbage_is_no_bundle_and_no_tile(data: bytes, width: int) -> None:
    address = Address(ENTRIES, 0, width)
    try:
        assert tiles.format_bundle(tiles.parse_bundle(data, address)) == data
    except TileError:
        with pytest.raises(TileError, match="a bundle of"):
            tiles.parse_bundle(data, address)
    with contextlib.suppress(TileError):
        assert len(tiles.parse_tile(data, address)) == width


@given(st.integers(1, 700), st.data())
@settings(max_examples=trials(40), deadline=None)
def test_whatever_a_source_gives_only_the_tree_comes_out(size: int, data: st.DataObject) -> None:
    root = merkle.root(leaves(size))
    files = files_of(size)
    path = data.draw(st.sampled_from(sorted(files)))
    bad = data.draw(say.spoiled(files[path]) | st.none() | st.binary(max_size=64))
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    with contextlib.suppress(TileError):  # and no other error
        read = reading(spoiled_source(files, path, bad), size, root)
        assert read.entry(index) == entry(index)
        assert read.leaf(index) == leaves(size)[index]
        assert read.inclusion_proof(index) == merkle.inclusion_proof(index, leaves(size))
        assert read.consistency_proof(old) == merkle.consistency_proof(old, leaves(size))
        assert read.root_at(old) == merkle.root(leaves(size)[:old])


def test_a_source_of_noise_gives_nothing() -> None:
    def source(path: str) -> bytes:
        return sha256(path.encode()).digest() * 112

    with pytest.raises(TileError):
        reading(source, 112, merkle.root(leaves(112)))


def test_a_growing_tree_keeps_its_right_edge_only() -> None:
    growing = tiles.Growing()
    made = dict(pair for leaf in leaves(LARGE) for pair in growing.add(leaf))
    assert sum(len(hashes) for _full, hashes in growing._levels) == 112 + 17 + 1
    found = {address.path(): data for address, data in (*made.items(), *growing.edge())}
    assert found == {path: data for path, data in files_of(LARGE).items() if "entries" not in path}
    with pytest.raises(ProofError):
        growing.add(b"short")
