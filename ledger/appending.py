"""The last step of every write: map entry, checkpoint, and one durable compare-and-swap on the head."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ledger import completeness, counting
from ledger.model.entry import Fact
from ledger.rules.history import History
from ledger.seal import checkpoint, merkle
from ledger.seal.keys import Signer
from ledger.store.contract import Head, IndexRow, Store, Stored


def append(
    store: Store,
    head: Head,
    history: History,
    stored: list[Stored],
    index: Sequence[IndexRow],
    facts: Sequence[Fact],
    ledger: str,
    log: Signer | None,
    recorded: datetime,
) -> Head:
    """Append entries, all or none; returns the new head.

    Args:
        store: the ledger.
        head: what the first of the entries continues.
        history: what was recalled, with the facts taken in.
        stored: the entries, at least one.
        index: what the index says of their facts.
        facts: what they say.
        ledger: the log's origin.
        log: the log's key, which signs a checkpoint over a map entry that is added at the end; None adds neither.
        recorded: the operator's time, UTC, whole seconds.

    Raises:
        ConflictError: another writer was first; nothing was written.
        StoreError: the engine failed; nothing was written.
        KeyStoreError: the log's key could not sign; nothing was written.
    """
    entries, rows = list(stored), None
    if log is not None:
        # What is published says first what there is of every lot, party and site: the map is its last entry.
        told = [counting.told(fact, history.facts) for fact in facts]
        mapped, rows = completeness.fold(store, head, [item.leaf for item in stored], told, recorded)
        entries.append(mapped)
    frontier = merkle.Frontier.from_bytes(head.size, head.frontier).extend(item.leaf for item in entries)
    signed = None
    if log is not None:
        signed = checkpoint.sign(checkpoint.Checkpoint(ledger, frontier.size, frontier.root()), log)
    after = Head(frontier.size, entries[-1].leaf, frontier.to_bytes(), signed or head.checkpoint)
    store.append(head, entries, index, after, rows)
    return after
