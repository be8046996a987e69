"""Signing the log's tree head: a map entry first, where the last one is not the newest entry or of an older version, and then the checkpoint."""

from __future__ import annotations

from datetime import datetime

from ledger import completeness
from ledger.continuity import check_head
from ledger.seal import checkpoint, merkle
from ledger.seal.keys import Signer
from ledger.store.contract import Head, Store


def publish(store: Store, log: Signer, recorded: datetime, remembered: bytes | None = None) -> Head:
    """Sign what is in the ledger; the head with its checkpoint, which is what a careful writer remembers.

    Args:
        store: the ledger, not an empty one.
        log: the log's key.
        recorded: the operator's time, UTC.
        remembered: the last checkpoint that this writer wrote or verified; a ledger that was cut since is not signed.

    Raises:
        StoreError: the ledger does not fit what was signed or remembered.
        ConflictError: another writer was first.
    """
    head = store.head()
    check_head(store, head, log.vkey, remembered)
    frontier = merkle.Frontier.from_bytes(head.size, head.frontier)
    with store.map_view() as view:
        covered = completeness.covers(view, head.size)
    entries, rows = [], None
    if not covered:
        recorded = recorded.replace(microsecond=0)
        entry, rows = completeness.fold(store, head, (), (), recorded)
        entries, frontier = [entry], frontier.append(entry.leaf)
    signed = checkpoint.sign(checkpoint.Checkpoint(log.name, frontier.size, frontier.root()), log)
    if not entries:
        store.publish(head, signed)
        return Head(head.size, head.leaf, head.frontier, signed)
    now = Head(frontier.size, entries[0].leaf, frontier.to_bytes(), signed)
    store.append(head, entries, (), now, rows)
    return now
