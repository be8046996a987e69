"""A whole ledger as rows of another store's tables, read as a stream: what `fill` writes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

from ledger.errors import StoreError
from ledger.store.contract import Head, MapRows, Snapshot

EMPTY: Final = Head(0, bytes(32), b"", None)
"""The head of a ledger without entries."""
PAGES: Final = 4_096
"""Pages of the map that are held in memory at a time."""

EventRow = tuple[int, int, str, str, str, "str | None", bytes]
"""Entry, position, hash, kind, actor, ref, and the event's bytes."""


def entry_rows(seen: Snapshot) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, leaf hash and bytes of every entry."""
    return ((stored.sequence, stored.leaf, stored.entry) for stored in seen.entries())


def event_rows(seen: Snapshot) -> Iterator[EventRow]:
    """Every event as the index has it, with its bytes; for a ledger that is verified afterwards.

    Raises:
        StoreError: index and log are not of the same events.
    """
    events = ((stored.sequence, raw) for stored in seen.entries() for raw in stored.events)
    for row, event in itertools.zip_longest(seen.index() or (), events):
        if row is None or event is None or row.entry != event[0]:
            raise StoreError("the index is not that of the log; `monazite verify` says more. Nothing was written.")
        yield row.entry, row.position, row.hash, row.kind, row.actor, row.ref, event[1]


def subject_rows(seen: Snapshot) -> Iterator[tuple[str, int, int]]:
    """Which events speak of what."""
    return ((subject, row.entry, row.position) for row in seen.index() or () for subject in row.subjects)


def map_rows(seen: Snapshot) -> Iterator[MapRows]:
    """The stored map, some pages at a time; nothing where there is none."""
    mapped = seen.mapped()
    pages = seen.pages()
    while mapped is not None and mapped.entry >= 0:
        some = dict(itertools.islice(pages, PAGES))
        yield MapRows(mapped, some)
        if len(some) < PAGES:
            return
