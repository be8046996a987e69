"""Receipts: that one entry is in the log, shown offline (C2SP tlog-proof; docs/format.md, Receipts).

A receipt made here carries the entry in its extra data, so that the one file is enough. Nobody signs that field; the
inclusion proof decides whether what stands in it is the entry.
"""

from __future__ import annotations

from msgspec import Struct

from ledger.errors import FormatError, StoreError, UsageError
from ledger.logtree import proven
from ledger.seal import checkpoint, entry, merkle, note, proof, submission
from ledger.seal.entry import Entry
from ledger.seal.policy import Policy
from ledger.seal.proof import Proof
from ledger.seal.submission import Submission
from ledger.seal.witnessed import Witnessed
from ledger.store.contract import Store
from ledger.store.tiles import TileStore


class Shown(Struct, frozen=True):
    """What a receipt shows.

    Attributes:
        index: the entry's number.
        leaf: the entry's hash.
        entry: the entry taken apart; None where it is of a kind that this version does not read.
        submission: what its party signed, as it says; None as `entry`. The party's own signature is not looked at.
        witnessed: the checkpoint that the entry is under, and who signed it.
    """

    index: int
    leaf: bytes
    entry: Entry | None
    submission: Submission | None
    witnessed: Witnessed


def made(store: Store, index: int) -> Proof:
    """The receipt for one entry under the ledger's newest checkpoint; reads the few tiles that it needs.

    Raises:
        UsageError: there is no such entry, or none under a checkpoint.
        StoreError: the entries do not fit the checkpoint; `verify` says where.
    """
    signed = store.head().checkpoint
    if signed is None:
        raise UsageError("the ledger has no checkpoint yet; `monazite checkpoint` signs one")
    head = checkpoint.unverified(signed)
    if not 0 <= index < head.size:
        raise UsageError(
            f"the newest checkpoint covers entries 0 to {head.size - 1}; there is no entry {index} under it"
        )
    try:
        if isinstance(store, TileStore):
            read = store.reader()
            data, path = read.entry(index), read.inclusion_proof(index)
            merkle.check_inclusion(index=index, size=head.size, leaf=merkle.leaf_hash(data), proof=path, root=head.root)
        else:
            with store.map_view() as view:
                ((stored, path),) = proven(view, head, [index])
            data = stored.entry
    except FormatError as error:
        raise StoreError(f"no receipt can be made: {error}; `monazite verify` says what is wrong") from error
    return Proof(index, tuple(path), signed, data)


def check(given: Proof, data: bytes | None, trusted: Policy, *, latest: int) -> Shown:
    """Verify a receipt offline.

    Args:
        given: the receipt.
        data: the entry's bytes, or None for those that it carries.
        trusted: whom to believe: the log, and a quorum of witnesses where the policy asks for one.
        latest: newest time of a cosignature that counts, in seconds since 1970.

    Raises:
        UsageError: there is no entry to be looked for.
        SignatureError, UnsignedError, QuorumError: the checkpoint is not what the policy asks for.
        ProofError: the entry is not in the checkpoint's tree at this place.
    """
    data = given.extra if data is None else data
    if data is None:
        raise UsageError("the receipt does not carry the entry; give it with --entry FILE")
    leaf = merkle.leaf_hash(data)
    found = proof.verify(given, leaf, trusted, latest=latest)
    try:
        parsed = entry.parse_entry(data)
        stated = submission.parse(note.parse(parsed.note).text)
    except FormatError:
        return Shown(given.index, leaf, None, None, found)
    return Shown(given.index, leaf, parsed, stated, found)
