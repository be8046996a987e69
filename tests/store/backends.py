"""What a store holds, and appends that are ready to be made, for tests of one store."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from ledger.exchange.draft import Draft
from ledger.store.contract import Head, IndexRow, Store, Stored
from tests.ledger.world import World
from tests.store.engines import Appended, Held


class Content(NamedTuple):
    """Everything that a store says of itself."""

    head: Head
    entries: list[Stored]
    index: list[IndexRow]


def content(store: Store) -> Content:
    return Content(store.head(), list(store.entries()), list(store.index()))


class Append(NamedTuple):
    """The arguments of `append`."""

    expected: Head
    entries: list[Stored]
    index: list[IndexRow]
    head: Head

    def to(self, store: Store) -> None:
        store.append(*self)


def prepared(world: World, *drafts: Draft) -> Append:
    """What would be appended for these drafts, on top of the world as it is now."""
    held = World(Held(world.store), now=world.now)  # type: ignore[arg-type]  # every other method is the store's
    held.keys = world.keys
    with pytest.raises(Appended) as caught:
        held.record(*drafts)
    return Append(*caught.value.values)
