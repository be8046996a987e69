"""Inclusion proofs of entries under a checkpoint: from the tiles that the store keeps, else from the whole log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ledger.seal import merkle, treepages
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.merkle import Hash, ProofError
from ledger.seal.reader import Reader
from ledger.seal.tiles import TileError
from ledger.store.contract import MapView


def proven(view: MapView, head: Checkpoint, entries: Mapping[int, bytes | None]) -> list[list[Hash]]:
    """The inclusion proof of each of these entries, in their order; every one was checked against the checkpoint's root.

    Args:
        view: of the store.
        head: whose tree is meant; its signature is for the caller to ask about.
        entries: by number in that tree, the bytes as the store has them; None where it has none.

    Raises:
        ProofError: an entry is missing, or is not in that tree at its place.
    """
    try:
        read = Reader(treepages.source(view.pages, view.leaves), head.size, head.root)
        proofs = [read.inclusion_proof(index) for index in entries]
    except TileError:
        # An earlier version kept no tiles, and damaged ones prove nothing: then the whole log is read.
        proofs = merkle.inclusion_proofs(list(entries), list(_leaves(view, head.size)))
    for (index, data), proof in zip(entries.items(), proofs, strict=True):
        if data is None:
            raise ProofError(f"entry {index} is missing")
        leaf = merkle.leaf_hash(data)
        merkle.check_inclusion(index=index, size=head.size, leaf=leaf, proof=proof, root=head.root)
    return proofs


_STEP = 4_096
"""Leaf hashes read at a time."""


def _leaves(view: MapView, size: int) -> Iterator[Hash]:
    for start in range(0, size, _STEP):
        some = view.leaves(start, min(start + _STEP, size))
        if len(some) != min(start + _STEP, size) - start:
            raise ProofError(f"of entries {start} to {min(start + _STEP, size) - 1} some are missing")
        yield from some
