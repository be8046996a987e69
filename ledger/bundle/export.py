"""Writes a lot's bundle: the events that `ledger.bundle.gather` finds, each with its path to the checkpoint."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from ledger import logtree
from ledger.bundle import format as bundles
from ledger.bundle.attached import attached
from ledger.bundle.complete import proven
from ledger.bundle.family import whole
from ledger.bundle.format import Bundle, BundledEntry, BundledEvent, BundledFile, Map
from ledger.bundle.gather import Gathered, Known, gather
from ledger.errors import FormatError, StoreError, UsageError
from ledger.model.entry import Place
from ledger.seal import checkpoint as tree_head
from ledger.seal import merkle
from ledger.seal.canonical import encode
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.merkle import ProofError
from ledger.store.contract import Store, Stored

_LOT: Final = re.compile(rb'"lot":("(?:[^"\\]|\\.)*")')
"""How every event that touches or makes a lot names it."""
_TARGET: Final = re.compile(rb'"target":"([0-9a-f]{64})"')


class Made(Struct, frozen=True):
    """A bundle as written.

    Attributes:
        bundle: its content.
        data: its bytes.
        separate: nodes that there would be if every path held its own.
    """

    bundle: Bundle
    data: bytes
    separate: int


def export(store: Store, lot: str, evidence: Iterable[bytes] = (), checkpoint: bytes | None = None) -> Made:
    """The bundle of a lot.

    Args:
        store: the ledger.
        lot: the lot's id.
        evidence: files that events of the bundle name by their hash.
        checkpoint: a cosigned copy of the ledger's newest checkpoint; else the one that the store holds.

    Raises:
        UsageError: no such lot; no checkpoint, or none that covers the lot's events; a file that no event names.
        StoreError: the checkpoint is not of these entries, or bytes are no text; `verify` says what is wrong.
        FormatError: the bundle would be larger than one may be.
    """
    signed = checkpoint or store.head().checkpoint
    if signed is None:
        raise UsageError("the ledger has no checkpoint; `monazite checkpoint` signs one where the log's key is")
    try:
        head = tree_head.unverified(signed)
    except FormatError as error:
        raise StoreError(f"the checkpoint cannot be read: {error}; `monazite verify` says more") from error
    found = gather(store, lot)
    known = found.known
    late = max(place.entry for place in known) - head.size
    if late >= 0:
        raise UsageError(
            f"events that belong to lot {lot} stand in entries that no checkpoint covers yet (it covers {head.size}); "
            "`monazite checkpoint` signs one where the log's key is"
        )
    if found.committed is not None and found.committed.entry != head.size - 1:
        raise UsageError(
            "the checkpoint does not end with the log's newest map; `monazite checkpoint` makes one that does"
        )
    try:
        bundle, separate = _sealed(
            store, lot, found, signed, head, attached([known[place][0] for place in sorted(known)], evidence)
        )
        return Made(bundle, bundles.format(bundle), separate)
    except UnicodeDecodeError as error:
        raise StoreError("the ledger holds bytes that are no text; `monazite verify` says where") from error


def _sealed(
    store: Store, lot: str, found: Gathered, signed: bytes, head: Checkpoint, files: tuple[BundledFile, ...]
) -> tuple[Bundle, int]:
    known = found.known
    positions: dict[int, list[int]] = {head.size - 1: []}
    for place in sorted(known):
        positions.setdefault(place.entry, []).append(place.position)
    if found.committed is None:
        index = _Index(known, lot)
        for stored in store.entries():
            index.check(stored)
    order = sorted(positions)
    try:
        with store.map_view() as view:
            kept = {number: view.stored(number) for number in order}
            sealed = logtree.proven(
                view, head, {number: one.entry if one is not None else None for number, one in kept.items()}
            )
    except ProofError as error:
        raise StoreError(
            f"the checkpoint is not of these entries ({error}); `monazite verify` says what was changed"
        ) from error
    table = _Nodes()
    entries = []
    for (number, held), inclusion in zip(kept.items(), sealed, strict=True):
        assert held is not None  # noqa: S101  (what is missing was not proven)
        text, path = held.entry.decode(), table.places(inclusion)
        shown = tuple(_events(held, positions[number], table))
        entries.append(BundledEntry(index=number, entry=text, inclusion=path, events=shown))
    proofs = proven(found.timelines, {digest for _event, digest in known.values()}, table.places)
    bundle = Bundle(
        format=bundles.FORMAT,
        ledger=head.origin,
        lot=lot,
        checkpoint=signed.decode(),
        entries=tuple(entries),
        evidence=files,
        nodes=tuple(table.known),
        map=Map(subjects=proofs),
    )
    return bundle, table.asked


def _events(stored: Stored, positions: list[int], table: _Nodes) -> list[BundledEvent]:
    if not positions:
        return []
    if positions[-1] >= len(stored.events):
        raise StoreError(
            f"the index speaks of events that entry {stored.sequence} does not have; see `monazite verify`"
        )
    proofs = merkle.inclusion_proofs(positions, [merkle.leaf_hash(data) for data in stored.events])
    return [
        BundledEvent(position=position, event=stored.events[position].decode(), path=table.places(proof))
        for position, proof in zip(positions, proofs, strict=True)
    ]


class _Index:
    """Whether the store's index led to every event on the lots of the ancestry, and to every retraction of what was found.

    Asked where no map says so. Whoever reads the bundle cannot tell that an event is missing at its end, so whoever writes it looks at the bytes.
    """

    def __init__(self, known: Known, lot: str) -> None:
        self.known = known
        self.lots = {encode(name) for name in whole(known.values(), lot)}
        self.targets = {digest.encode() for _event, digest in known.values()}

    def check(self, stored: Stored) -> None:
        """Look at one entry's events.

        Raises:
            StoreError: the index does not know of one.
        """
        for position, data in enumerate(stored.events):
            if Place(stored.sequence, position) in self.known:
                continue
            if not self.lots.isdisjoint(_LOT.findall(data)) or not self.targets.isdisjoint(_TARGET.findall(data)):
                raise StoreError(
                    f"the index does not know what event {position} of entry {stored.sequence} speaks of; "
                    "`monazite reindex` rebuilds it, `monazite verify` says more"
                )


class _Nodes:
    """Proof nodes, each once, in the order of their first use."""

    def __init__(self) -> None:
        self.known: dict[bytes, int] = {}
        self.asked = 0

    def places(self, proof: Iterable[bytes]) -> tuple[int, ...]:
        """Where the nodes of a proof stand."""
        found = tuple(self.known.setdefault(node, len(self.known)) for node in proof)
        self.asked += len(found)
        return found
