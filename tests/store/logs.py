"""Ledgers of some hundred entries, as fast as they can be made, and what lies in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ledger.store.publish import Published, publish
from ledger.store.tiles import TileStore
from ledger.verify import Verdict, verify
from tests.ledger.world import LOG, World, output, settled


def grown(path: Path, size: int) -> World:
    """A new ledger of `size` entries, most of them of one event."""
    world = settled(path)
    grow(world, size)
    return world


def grow(world: World, size: int) -> None:
    """Record until there are `size` entries, a checkpoint over all of them."""
    start = world.store.head().size
    drafts = [dig(world, number) for number in range(start, size)]
    if drafts:
        world.record(*drafts, batch=1)


def dig(world: World, number: int) -> Any:
    return world.draft("extract", "mine", site="pit", outputs=[output(f"L{number}", 1)], ref=f"shift {number}")


def export(world: World, place: Path, **options: Any) -> Published:
    with world.store.snapshot() as seen:
        return publish(seen, place, LOG.vkey, **options)


def files(place: Path) -> dict[str, bytes]:
    """Every file below a folder, with its bytes."""
    return {str(path.relative_to(place)): path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()}


def audited(place: Path, remembered: bytes | None = None) -> Verdict:
    return verify(TileStore(place), LOG.vkey, remembered=remembered)
