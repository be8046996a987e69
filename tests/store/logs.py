"""Ledgers of some hundred entries, as fast as they can be made, and what lies in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ledger.store.publish import Published, publish
from ledger.store.tiles import TileStore
from ledger.verify import Verdict, verify
from tests.ledger.world import LOG, World, output, settled


def grown(path: Path, size: int) -> World:
    """A new ledger of `size` entries."""
    world = settled(path)
    grow(world, size)
    return world


def grow(world: World, size: int) -> None:
    """Record until there are `size` entries under a checkpoint, those included that a checkpoint brings with it."""
    start = world.store.head().size
    world.record(dig(world, start))
    beside = world.store.head().size - start - 1
    missing = range(start + 1, start + size - world.store.head().size - beside + 1)
    world.record(*(dig(world, number) for number in missing), batch=1)
    assert world.store.head().size == size


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
