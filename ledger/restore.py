"""What index, leaf hashes and head row must be, worked out from the log's bytes alone."""

from __future__ import annotations

from ledger.attest import attest
from ledger.errors import FormatError, StoreError
from ledger.maps import Maps
from ledger.rules.history import History
from ledger.rules.tables import InMemory
from ledger.seal import entry, merkle
from ledger.store.contract import Head, IndexRow, MapRows, Store, index_row


def restored(store: Store) -> tuple[list[IndexRow], list[tuple[int, bytes]], Head, MapRows | None]:
    """Index rows, (sequence, leaf hash) pairs, head and map that fit the stored bytes; the checkpoint is kept as it is.

    Raises:
        StoreError: the bytes themselves do not hold together, so that an index would hide it.
    """
    history = History()
    frontier, previous = merkle.Frontier(), entry.NO_PREVIOUS
    index: list[IndexRow] = []
    leaves: list[tuple[int, bytes]] = []
    maps = Maps(InMemory())
    for stored in store.entries():
        leaf = merkle.leaf_hash(stored.entry)
        maps.leaf(leaf)
        try:
            parsed = entry.parse(stored.entry)
        except FormatError as error:
            raise StoreError(
                f"entry {stored.sequence} does not hold together: {error}. Nothing was rebuilt."
            ) from error
        outcome = attest(parsed, stored.events, history)
        held = (parsed.sequence, parsed.previous) == (frontier.size, previous) and not outcome.findings
        if not held or (isinstance(parsed, entry.MapEntry) and maps.close(parsed)):
            raise StoreError(
                f"entry {stored.sequence} does not hold together; `monazite verify` says why. Nothing was rebuilt."
            )
        previous = leaf
        frontier = frontier.append(leaf)
        leaves.append((stored.sequence, leaf))
        for fact in outcome.facts:
            maps.take(fact, history)
            history.apply(fact)
            index.append(index_row(fact))
    try:
        signed = store.head().checkpoint
    except StoreError:
        signed = None  # the head row is what is being restored
    return index, leaves, Head(frontier.size, previous, frontier.to_bytes(), signed), maps.rows()
