from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import FormatError
from ledger.seal import merkle
from ledger.seal.merkle import EMPTY_ROOT, Frontier, ProofError

LIMIT = 64
LEAVES = [merkle.leaf_hash(bytes([n])) for n in range(LIMIT)]


def recursive_root(leaves: list[bytes]) -> bytes:
    """MTH as RFC 9162 section 2.1.1 writes it, on leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + recursive_root(leaves[:k]) + recursive_root(leaves[k:])).digest()


def recursive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH as RFC 9162 section 2.1.3.1 writes it."""
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if m < k:
        return [*recursive_path(m, leaves[:k]), recursive_root(leaves[k:])]
    return [*recursive_path(m - k, leaves[k:]), recursive_root(leaves[:k])]


def recursive_subproof(m: int, leaves: list[bytes], *, complete: bool = True) -> list[bytes]:
    """SUBPROOF as RFC 9162 section 2.1.4.1 writes it."""
    if m == len(leaves):
        return [] if complete else [recursive_root(leaves)]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if m <= k:
        return [*recursive_subproof(m, leaves[:k], complete=complete), recursive_root(leaves[k:])]
    return [*recursive_subproof(m - k, leaves[k:], complete=False), recursive_root(leaves[:k])]


ROOTS = [recursive_root(LEAVES[:n]) for n in range(LIMIT + 1)]
PAIRS = [(m, n) for n in range(1, LIMIT + 1) for m in range(1, n + 1)]


def flip(value: bytes, bit: int) -> bytes:
    return (int.from_bytes(value, "big") ^ 1 << bit).to_bytes(len(value), "big")


def test_leaves_and_nodes_are_hashed_apart() -> None:
    left, right = LEAVES[:2]
    assert merkle.leaf_hash(b"") == sha256(b"\x00").digest()
    assert merkle.node_hash(left, right) == sha256(b"\x01" + left + right).digest()
    assert merkle.node_hash(left, right) != merkle.leaf_hash(left + right)


def test_the_root_is_the_rfcs_at_every_size() -> None:
    assert [merkle.root(LEAVES[:n]) for n in range(LIMIT + 1)] == ROOTS
    assert merkle.root([]) == EMPTY_ROOT == Frontier().root()


def test_every_inclusion_proof_is_the_rfcs_and_passes() -> None:
    for m, n in PAIRS:
        proof = merkle.inclusion_proof(m - 1, LEAVES[:n])
        assert proof == recursive_path(m - 1, LEAVES[:n])
        merkle.check_inclusion(index=m - 1, size=n, leaf=LEAVES[m - 1], proof=proof, root=ROOTS[n])


def test_every_consistency_proof_is_the_rfcs_and_passes() -> None:
    for m, n in PAIRS:
        proof = merkle.consistency_proof(m, LEAVES[:n])
        assert proof == recursive_subproof(m, LEAVES[:n])
        merkle.check_consistency(old_size=m, new_size=n, old_root=ROOTS[m], new_root=ROOTS[n], proof=proof)


def test_proofs_of_several_leaves_are_the_proofs_of_each() -> None:
    indexes = [12, 0, 12, 5]
    assert merkle.inclusion_proofs(indexes, LEAVES[:13]) == [merkle.inclusion_proof(i, LEAVES[:13]) for i in indexes]
    assert merkle.inclusion_proofs([], LEAVES) == []


def test_an_inclusion_proof_with_any_hash_flipped_fails() -> None:
    for m, n in PAIRS:
        proof = merkle.inclusion_proof(m - 1, LEAVES[:n])
        for at, value in enumerate(proof):
            bad = [*proof[:at], flip(value, (m * 31 + n * 7 + at) % 256), *proof[at + 1 :]]
            with pytest.raises(ProofError, match="does not lead"):
                merkle.check_inclusion(index=m - 1, size=n, leaf=LEAVES[m - 1], proof=bad, root=ROOTS[n])


def test_a_consistency_proof_with_any_hash_flipped_fails() -> None:
    for m, n in PAIRS:
        proof = merkle.consistency_proof(m, LEAVES[:n])
        for at, value in enumerate(proof):
            bad = [*proof[:at], flip(value, (m * 31 + n * 7 + at) % 256), *proof[at + 1 :]]
            with pytest.raises(ProofError, match="does not lead"):
                merkle.check_consistency(old_size=m, new_size=n, old_root=ROOTS[m], new_root=ROOTS[n], proof=bad)


@pytest.mark.parametrize(("m", "n"), [(6, 13), (8, 13), (13, 14), (1, 2)])
def test_every_single_bit_of_a_proof_and_its_hashes_counts(m: int, n: int) -> None:
    inclusion = [LEAVES[m - 1], ROOTS[n], *merkle.inclusion_proof(m - 1, LEAVES[:n])]
    consistency = [ROOTS[m], ROOTS[n], *merkle.consistency_proof(m, LEAVES[:n])]
    for bit in range(256):
        for at in range(len(inclusion)):
            leaf, root, *proof = [flip(v, bit) if i == at else v for i, v in enumerate(inclusion)]
            with pytest.raises(ProofError):
                merkle.check_inclusion(index=m - 1, size=n, leaf=leaf, proof=proof, root=root)
        for at in range(len(consistency)):
            old, new, *proof = [flip(v, bit) if i == at else v for i, v in enumerate(consistency)]
            with pytest.raises(ProofError):
                merkle.check_consistency(old_size=m, new_size=n, old_root=old, new_root=new, proof=proof)


def test_a_proof_is_good_for_its_own_leaf_alone() -> None:
    for n in range(2, 20):
        for m in range(n):
            proof = merkle.inclusion_proof(m, LEAVES[:n])
            for other in range(n):
                if other != m:
                    with pytest.raises(ProofError):
                        merkle.check_inclusion(index=other, size=n, leaf=LEAVES[m], proof=proof, root=ROOTS[n])


def test_a_proof_has_exactly_its_length() -> None:
    for m, n in PAIRS:
        inclusion = merkle.inclusion_proof(m - 1, LEAVES[:n])
        consistency = merkle.consistency_proof(m, LEAVES[:n])
        for bad in (inclusion[:-1], inclusion[1:], [*inclusion, EMPTY_ROOT]):
            if len(bad) != len(inclusion):
                with pytest.raises(ProofError, match="hashes, it must have"):
                    merkle.root_from_inclusion(index=m - 1, size=n, leaf=LEAVES[m - 1], proof=bad)
        for bad in (consistency[:-1], consistency[1:], [*consistency, EMPTY_ROOT]):
            if len(bad) != len(consistency):
                with pytest.raises(ProofError, match="hashes, it must have"):
                    merkle.check_consistency(old_size=m, new_size=n, old_root=ROOTS[m], new_root=ROOTS[n], proof=bad)


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 5), (6, 5), (-1, 5), (5, 2**53), (2**63 - 1, 2**63 - 1)])
def test_consistency_needs_an_old_tree_within_bounds(old: int, new: int) -> None:
    with pytest.raises(ProofError, match=r"tree size|no consistency proof"):
        merkle.check_consistency(old_size=old, new_size=new, old_root=EMPTY_ROOT, new_root=EMPTY_ROOT, proof=[])


@pytest.mark.parametrize("old", [0, -1, 6])
def test_no_consistency_proof_is_made_outside_the_tree(old: int) -> None:
    with pytest.raises(ProofError):
        merkle.consistency_proof(old, LEAVES[:5])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5), (0, 2**53), (2**5000, 2**5000 + 1)])
def test_an_index_lies_in_a_bounded_tree(index: int, size: int) -> None:
    with pytest.raises(ProofError, match=r"tree size|leaf index"):
        merkle.root_from_inclusion(index=index, size=size, leaf=LEAVES[0], proof=[])


@pytest.mark.parametrize("index", [-1, 5])
def test_no_inclusion_proof_is_made_outside_the_tree(index: int) -> None:
    with pytest.raises(ProofError, match="leaf index"):
        merkle.inclusion_proof(index, LEAVES[:5])


@pytest.mark.parametrize("bad", [True, 1.0, "1", None])
def test_a_size_is_an_int_and_nothing_like_one(bad: object) -> None:
    with pytest.raises(ProofError, match="whole number"):
        merkle.root_from_inclusion(index=0, size=bad, leaf=LEAVES[0], proof=[])  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [b"", bytes(31), bytes(33), 32, 2**33, "0" * 32, None, bytearray(32)])
def test_a_hash_is_32_bytes_and_nothing_like_them(bad: object) -> None:
    good = LEAVES[0]
    hash_: bytes = bad  # type: ignore[assignment]
    for check in (
        lambda: merkle.root([good, hash_]),
        lambda: merkle.inclusion_proof(0, [good, hash_]),
        lambda: merkle.consistency_proof(1, [good, hash_]),
        lambda: merkle.root_from_inclusion(index=0, size=2, leaf=hash_, proof=[good]),
        lambda: merkle.root_from_inclusion(index=0, size=2, leaf=good, proof=[hash_]),
        lambda: merkle.check_inclusion(index=0, size=1, leaf=good, proof=[], root=hash_),
        lambda: merkle.check_consistency(old_size=1, new_size=1, old_root=hash_, new_root=hash_, proof=[]),
        lambda: merkle.check_consistency(old_size=1, new_size=2, old_root=good, new_root=good, proof=[hash_]),
        lambda: Frontier(1, (hash_,)),
        lambda: Frontier().append(hash_),
    ):
        with pytest.raises(ProofError, match="must be 32 bytes"):
            check()


def test_the_largest_tree_is_climbed_in_53_steps() -> None:
    size = merkle.MAX_SIZE
    proof = LEAVES[:53]
    assert len(merkle.root_from_inclusion(index=0, size=size, leaf=LEAVES[0], proof=proof)) == 32
    with pytest.raises(ProofError, match="it must have 53"):
        merkle.root_from_inclusion(index=0, size=size, leaf=LEAVES[0], proof=LEAVES)


def test_two_roots_at_one_size_are_a_fork() -> None:
    with pytest.raises(ProofError, match="two different roots at size 3"):
        merkle.check_consistency(old_size=3, new_size=3, old_root=ROOTS[3], new_root=ROOTS[4], proof=[])


def test_a_frontier_grows_the_same_in_any_steps() -> None:
    one_by_one = Frontier()
    for n, leaf in enumerate(LEAVES):
        assert one_by_one.root() == ROOTS[n]
        assert one_by_one == Frontier().extend(LEAVES[:n])
        for k in range(0, n, 5):
            assert Frontier().extend(LEAVES[:k]).extend(LEAVES[k:n]) == one_by_one
        one_by_one = one_by_one.append(leaf)


def test_extending_by_nothing_or_by_an_iterator() -> None:
    frontier = Frontier().extend(iter(LEAVES[:11]))
    assert frontier.extend([]) == frontier
    assert frontier.root() == ROOTS[11]


def test_a_frontier_is_not_changed_by_appending() -> None:
    frontier = Frontier().extend(LEAVES[:3])
    frontier.append(LEAVES[3])
    assert (frontier.size, frontier.root()) == (3, ROOTS[3])


def test_a_full_frontier_takes_no_more() -> None:
    full = Frontier(merkle.MAX_SIZE, tuple(LEAVES[:53]))
    with pytest.raises(ProofError, match="frontier size"):
        full.append(LEAVES[0])


@pytest.mark.parametrize(("size", "count"), [(3, 1), (3, 3), (0, 1), (-1, 0), (2**53, 1), (2**63, 1)])
def test_a_frontier_has_one_hash_per_bit_of_its_size(size: int, count: int) -> None:
    with pytest.raises(ProofError, match="frontier"):
        Frontier(size, tuple(LEAVES[:count]))
    with pytest.raises(ProofError, match="frontier"):
        Frontier.from_bytes(size, b"".join(LEAVES[:count]))


def test_proof_error_is_a_format_error() -> None:
    assert issubclass(ProofError, FormatError)


hashes = st.binary(min_size=32, max_size=32)
sizes = st.integers(-(2**70), 2**70) | st.integers(0, 2**53)


@given(st.lists(hashes, max_size=200))
@settings(deadline=None)
def test_root_and_frontier_agree_with_the_rfc(leaves: list[bytes]) -> None:
    frontier = Frontier().extend(leaves)
    assert frontier.root() == merkle.root(leaves) == recursive_root(leaves)
    assert Frontier.from_bytes(frontier.size, frontier.to_bytes()) == frontier


@given(sizes, st.binary(max_size=200))
@settings(deadline=None)
def test_any_frontier_bytes_are_read_or_refused(size: int, data: bytes) -> None:
    try:
        frontier = Frontier.from_bytes(size, data)
    except FormatError:
        return
    assert (frontier.size, frontier.to_bytes()) == (size, data)


@given(sizes, sizes, hashes, hashes, st.lists(hashes | st.binary(max_size=40), max_size=60))
@settings(deadline=None)
def test_a_made_up_proof_proves_nothing(a: int, b: int, first: bytes, second: bytes, proof: list[bytes]) -> None:
    with pytest.raises(FormatError):
        merkle.check_inclusion(index=a, size=b, leaf=first, proof=proof, root=flip(second, 0))
    if not (a == b and first == second):
        with pytest.raises(FormatError):
            merkle.check_consistency(old_size=a, new_size=b, old_root=first, new_root=second, proof=proof)
