"""What index, leaf hashes and head row must be, worked out from the log's bytes alone."""

from __future__ import annotations

from ledger.attest import attest
from ledger.errors import FormatError, StoreError
from ledger.rules.history import History
from ledger.seal import entry, merkle
from ledger.store.contract import Head, IndexRow, Store, index_row


def restored(store: Store) -> tuple[list[IndexRow], list[tuple[int, bytes]], Head]:
    """Index rows, (sequence, leaf hash) pairs and head that fit the stored bytes; the checkpoint is kept as it is.

    Raises:
        StoreError: the bytes themselves do not hold together, so that an index would hide it.
    """
    history = History()
    frontier, previous = merkle.Frontier(), entry.NO_PREVIOUS
    index: list[IndexRow] = []
    leaves: list[tuple[int, bytes]] = []
    for stored in store.entries():
        try:
            parsed = entry.parse_entry(stored.entry)
        except FormatError as error:
            raise StoreError(
                f"entry {stored.sequence} does not hold together: {error}. Nothing was rebuilt."
            ) from error
        outcome = attest(parsed, stored.events, history)
        if (parsed.sequence, parsed.previous) != (frontier.size, previous) or outcome.findings:
            raise StoreError(
                f"entry {stored.sequence} does not hold together; `monazite verify` says why. Nothing was rebuilt."
            )
        previous = merkle.leaf_hash(stored.entry)
        frontier = frontier.append(previous)
        leaves.append((stored.sequence, previous))
        for fact in outcome.facts:
            history.apply(fact)
            index.append(index_row(fact))
    try:
        signed = store.head().checkpoint
    except StoreError:
        signed = None  # the head row is what is being restored
    return index, leaves, Head(frontier.size, previous, frontier.to_bytes(), signed)
