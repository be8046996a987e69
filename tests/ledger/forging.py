"""What a dishonest operator could append, past all rules, and what a verifier then says."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from ledger.model.entry import Fact, Place
from ledger.model.events import AnyEvent, Event
from ledger.seal import canonical, checkpoint, entry, merkle, submission
from ledger.seal.keys import SigningKey
from ledger.store.contract import Head, Store, Stored, index_row
from ledger.store.sql import SqliteStore
from ledger.verify import Verdict, verify
from tests.ledger.world import LEDGER, LOG, World


def append_unjudged(world: World, store: Store, *members: dict[str, Any], key: SigningKey | None = None) -> None:
    """Seal events of one actor rightly, whatever they say, and append them with index, head and checkpoint."""
    events: list[Event] = [msgspec.convert({"v": 1, "ledger": LEDGER, **item}, type=AnyEvent) for item in members]
    data = [canonical.encode_event(event) for event in events]
    hashes = [merkle.leaf_hash(item) for item in data]
    head = store.head()
    signed = submission.sign(LEDGER, key or world.keys[events[0].actor], hashes)
    leaf = entry.format_entry(entry.Entry(head.size, head.leaf, world.now, signed))
    stored = Stored(head.size, merkle.leaf_hash(leaf), leaf, tuple(data))
    facts = [
        Fact(event=event, hash=digest.hex(), place=Place(head.size, number), recorded=world.now, vkey="")
        for number, (event, digest) in enumerate(zip(events, hashes, strict=True))
    ]
    frontier = merkle.Frontier.from_bytes(head.size, head.frontier).append(stored.leaf)
    note = checkpoint.sign(checkpoint.Checkpoint(LEDGER, frontier.size, frontier.root()), LOG)
    store.append(
        head, [stored], [index_row(fact) for fact in facts], Head(frontier.size, stored.leaf, frontier.to_bytes(), note)
    )


def forged(world: World, *members: dict[str, Any], key: SigningKey | None = None) -> Verdict:
    """What a verifier says of a copy of the ledger to which these events were appended, past all rules."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "copy.db"
        store = SqliteStore(path)
        if isinstance(world.store, SqliteStore):
            world.store.close()  # so that the file is whole
            shutil.copy(world.store.path, path)
        else:
            store.create()
            store.fill(world.store, lambda _copy: None)
        try:
            append_unjudged(world, store, *members, key=key)
            return verify(store, LOG.vkey)
        finally:
            store.close()


def codes(verdict: Verdict) -> Sequence[str]:
    """Every code found, in order."""
    return [item.code for item in verdict.findings]
