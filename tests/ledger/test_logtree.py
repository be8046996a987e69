"""Proofs from the tiles that a store keeps, and from the whole log where it keeps none or wrong ones."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger import logtree, receipt
from ledger.restore import restored
from ledger.seal import checkpoint, merkle, treepages
from ledger.seal.merkle import ProofError
from ledger.store.contract import MapRows
from ledger.store.reading import SqliteMapView
from tests.ledger.world import World
from tests.store.logs import dig, grown

SIZE = 300
TILE = treepages.number(1, 0)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = grown(tmp_path / "ledger.db", SIZE)
    yield world
    world.store.close()


def asked(world: World, *indexes: int) -> list[list[bytes]]:
    head = checkpoint.unverified(world.store.head().checkpoint or b"")
    with world.store.map_view() as view:
        return logtree.proven(view, head, {index: view.entry(index) for index in indexes})


def change(world: World, statement: str, *values: object) -> None:
    connection = sqlite3.connect(world.store.path)  # type: ignore[attr-defined]  # SQLite's
    with connection:
        connection.execute(statement, values)
    connection.close()


@pytest.mark.uncounted
def test_tiles_come_with_the_log_and_are_verified(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    leaves = [stored.leaf for stored in world.store.entries()]
    assert dict(world.store.pages())[TILE] == merkle.root(leaves[:256])
    assert world.verify().findings == ()
    rows = restored(world.store)[3]
    assert rows is not None
    assert dict(rows.pages) == dict(world.store.pages())

    read: list[tuple[int, int]] = []
    real = SqliteMapView.leaves

    def counted(view: SqliteMapView, start: int, stop: int) -> list[bytes]:
        read.append((start, stop))
        return real(view, start, stop)

    monkeypatch.setattr(SqliteMapView, "leaves", counted)
    assert asked(world, 290) == [merkle.inclusion_proof(290, leaves)]
    assert read == [(256, 300)]
    assert asked(world, 7, 290) == merkle.inclusion_proofs([7, 290], leaves)

    change(world, "UPDATE map_pages SET data = ? WHERE number = ?", bytes(32), TILE)
    assert {item.code for item in world.verify().findings} == {"SEAL-INDEX"}
    assert asked(world, 7) == [merkle.inclusion_proof(7, leaves)]  # from the whole log
    change(world, "UPDATE map_pages SET number = ? WHERE number = ?", TILE - 1, TILE)
    assert {item.code for item in world.verify().findings} == {"SEAL-INDEX"}

    index, pairs, head, rows = restored(world.store)
    assert rows is not None
    world.store.reindex(index, pairs, head, rows)
    assert world.verify().findings == ()
    # As an earlier version left it, then grown over the next 256 entries.
    world.store.reindex(
        index, pairs, head, MapRows(rows.mapped, {at: page for at, page in rows.pages.items() if at > 0})
    )
    assert world.verify().findings == ()
    assert asked(world, 7) == [merkle.inclusion_proof(7, leaves)]
    world.record(*(dig(world, number) for number in range(SIZE, SIZE + 220)), batch=1)
    leaves = [stored.leaf for stored in world.store.entries()]
    assert dict(world.store.pages())[TILE] == merkle.root(leaves[:256]) + merkle.root(leaves[256:512])
    assert world.verify().findings == ()


def test_an_entry_that_is_gone_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SqliteMapView, "entry", lambda _view, _number: None)
    with pytest.raises(ProofError, match="entry 7 is missing"):
        asked(world, 7)
    monkeypatch.setattr(SqliteMapView, "leaves", lambda _view, _start, _stop: [])
    with pytest.raises(ProofError, match="some are missing"):
        asked(world, 7)
    with pytest.raises(Exception, match="no receipt can be made"):
        receipt.made(world.store, 7)
