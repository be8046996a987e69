"""What a store holds, and appends that are ready to be made, for tests of one store."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from ledger.exchange.draft import Draft
from ledger.store.contract import Head, IndexRow, MapRows, Store, Stored
from tests.ledger.world import World
from tests.store.engines import Appended, Held


class Content(NamedTuple):
    """Everything that a store says of itself."""

    head: Head
    entries: list[Stored]
    index: list[IndexRow]
    map: MapRows | None


def content(store: Store) -> Content:
    with store.map_view() as view:
        mapped = view.mapped
    rows = MapRows(mapped, dict(store.pages())) if mapped.entry >= 0 else None
    return Content(store.head(), list(store.entries()), list(store.index()), rows)


class Append(NamedTuple):
    """The arguments of `append`."""

    expected: Head
    entries: list[Stored]
    index: list[IndexRow]
    head: Head
    rows: MapRows | None

    def to(self, store: Store) -> None:
        store.append(*self)


def prepared(world: World, *drafts: Draft) -> Append:
    """What would be appended for these drafts, on top of the world as it is now."""
    held = World(Held(world.store), now=world.now)  # type: ignore[arg-type]  # every other method is the store's
    held.keys = world.keys
    with pytest.raises(Appended) as caught:
        held.record(*drafts)
    return Append(*caught.value.values)
