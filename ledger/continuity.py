"""Whether what is in the store continues what was signed: asked before the log's key signs on top of it."""

from __future__ import annotations

from ledger.errors import ConflictError, FormatError, StoreError
from ledger.seal import checkpoint, merkle
from ledger.seal.keys import VerifierKey
from ledger.seal.merkle import Hash
from ledger.store.contract import Head, Snapshot, Store

_AT_ONCE = 4096
"""Hashes that are held before they are folded into the tree's edge."""


def check_head(store: Store, head: Head, log: VerifierKey, remembered: bytes | None) -> None:
    """Refuse to sign on top of a ledger that was cut, rewritten, or whose head row does not fit its entries.

    Otherwise the log's signature would make a false tree true, and the writer would remember that one instead. A checkpoint
    of the head's own size vouches for the row; older ones are compared with the tree of the entries.

    Args:
        store: the ledger.
        head: as read before.
        log: the log's verifier key.
        remembered: the last checkpoint that this writer wrote or verified, if any.

    Raises:
        StoreError: it does not fit; `verify` says what was changed.
        ConflictError: another writer appended between the reading of the head and that of the entries.
    """
    try:
        known = [checkpoint.open(data, log) for data in (head.checkpoint, remembered) if data is not None]
        roots = {head.size: merkle.Frontier.from_bytes(head.size, head.frontier).root()}
    except FormatError as error:
        raise StoreError(f"the ledger cannot be built on: {error}; `monazite verify` says what was changed") from error
    sizes = {point.size for point in known}
    if sizes != {head.size}:
        roots = _roots(store, sizes | {head.size}, roots[head.size], head.size)
    newest = [merkle.leaf_hash(stored.entry) for stored in store.entries(head.size - 1)]
    if head.size not in roots or newest != [head.leaf] or any(roots.get(point.size) != point.root for point in known):
        if store.head().size != head.size:
            raise ConflictError("another writer appended meanwhile; nothing was written. Run the same command again.")
        raise StoreError(
            "the ledger was cut or changed since it was last signed; `monazite verify` says how. Nothing was written."
        )


def leaf_hashes(store: Snapshot, size: int) -> list[Hash]:
    """Hashes of the first `size` entries, fewer where there are not so many."""
    leaves: list[Hash] = []
    for stored in store.entries():
        if len(leaves) >= size:
            break
        leaves.append(merkle.leaf_hash(stored.entry))
    return leaves


def between(store: Snapshot, old_size: int, new_size: int) -> tuple[Hash, ...]:
    """The consistency proof between two sizes of the tree of the entries; raises ProofError where they do not reach."""
    return tuple(merkle.consistency_proof(old_size, leaf_hashes(store, new_size)))


def prefix_roots(store: Snapshot, sizes: set[int]) -> dict[int, bytes]:
    """Roots over the first entries, at each of these sizes that they reach; streams them, as far as the largest."""
    frontier = merkle.Frontier()
    leaves: list[bytes] = []
    found: dict[int, bytes] = {0: merkle.EMPTY_ROOT} if 0 in sizes else {}
    last = max(sizes, default=0)
    for stored in store.entries() if last else ():
        leaves.append(merkle.leaf_hash(stored.entry))
        size = frontier.size + len(leaves)
        if size in sizes or len(leaves) == _AT_ONCE:
            frontier, leaves = frontier.extend(leaves), []
        if size in sizes:
            found[size] = frontier.root()
        if size == last:
            break
    return found


def _roots(store: Snapshot, sizes: set[int], claimed: bytes, size: int) -> dict[int, bytes]:
    """Roots of the entries at each of these sizes that they reach; none at `size` where the head row claims another."""
    found = prefix_roots(store, sizes)
    return found if found.get(size) == claimed else {}
