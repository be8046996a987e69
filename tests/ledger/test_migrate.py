"""A ledger moves whole or not at all, whatever the two stores are, and its tree head stays the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from ledger import migrate as migration
from ledger.errors import ConflictError, MonaziteError, RefusedError, StoreError
from ledger.migrate import migrate
from ledger.rules.tables import InMemory
from ledger.seal import checkpoint
from ledger.seal.policy import Log, Policy
from ledger.store import copying
from ledger.store.contract import Snapshot, Store
from ledger.verify import Verdict
from tests.ledger.world import LEDGER, LOG, World, drawn, errors, output
from tests.store.backends import content
from tests.store.engines import BACKENDS, Backend, DiedError

POLICY = Policy((Log(LOG.vkey),))
WAYS = [(one, two) for one in BACKENDS for two in BACKENDS]


def moved(source: Store, target: Store, remembered: bytes | None = None) -> Verdict:
    return migrate(source, target, POLICY, remembered=remembered, tables=InMemory)


@pytest.fixture
def sides(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Backend, Backend]]:
    made = []
    for number, name in enumerate(request.param):
        (tmp_path / str(number)).mkdir()
        made.append(BACKENDS[name](tmp_path / str(number)))
    yield made[0], made[1]
    for side in made:
        side.end()


@pytest.fixture
def world(sides: tuple[Backend, Backend]) -> Iterator[World]:
    """Two lots, one of them on its way."""
    made = World(sides[0].open())
    made.open()
    made.settle()
    made.say("extract", "mine", site="pit", ref="shift 1", outputs=[output("A", 100), output("B", 50)])
    made.say("ship", "mine", site="pit", lots=[drawn("A")], to="mill")
    yield made
    made.store.close()


@pytest.fixture
def target(sides: tuple[Backend, Backend]) -> Iterator[Store]:
    store = sides[1].open()
    yield store
    store.close()


each = pytest.mark.parametrize("sides", WAYS, indirect=True, ids="->".join)
across = pytest.mark.parametrize(
    "sides", [("sqlite", "postgres"), ("postgres", "sqlite")], indirect=True, ids="->".join
)


@each
def test_everything_is_as_it_was_and_goes_on(world: World, target: Store) -> None:
    before = content(world.store)
    verdict = moved(world.store, target, before.head.checkpoint)
    assert content(target) == before == content(world.store)
    assert list(target.faults()) == []
    assert (verdict.verdict, verdict.checkpoint) == ("clean", before.head.checkpoint)
    later = World(target, now=world.now)
    later.say("receive", "plant", site="mill", lots=[drawn("A")], result="accepted")
    assert errors(later.verify(before.head.checkpoint)) == []


@across
def test_more_than_one_chunk_of_everything(world: World, target: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "PAGES", 7)
    drafts = [world.draft("extract", "mine", site="pit", outputs=[output(f"L{n}", 1)]) for n in range(600)]
    world.record(*drafts, batch=550)
    moved(world.store, target)
    assert content(target) == content(world.store)


@each
def test_a_ledger_that_holds_anything_is_not_written_to(world: World, target: Store) -> None:
    other = World(target)
    other.open()
    before = content(target)
    with pytest.raises(ConflictError):
        moved(world.store, target)
    assert content(target) == before


@across
@pytest.mark.parametrize(
    "what", ["leaf", "head size", "head leaf", "kind", "subjects", "a page of the map", "map size"]
)
def test_what_is_wrong_is_not_handed_on(sides: tuple[Backend, Backend], world: World, target: Store, what: str) -> None:
    sides[0].damage(sides[0].DAMAGE[what])
    with pytest.raises((RefusedError, StoreError), match="nothing was written"):
        moved(world.store, target)
    assert target.head() == copying.EMPTY
    assert (list(target.entries()), list(target.index() or ()), list(target.pages())) == ([], [], [])


@across
def test_a_past_that_is_not_the_remembered_one_is_not_handed_on(world: World, target: Store) -> None:
    longer = checkpoint.Checkpoint(LEDGER, world.store.head().size + 1, bytes(32))
    with pytest.raises(RefusedError, match="SEAL-ROLLBACK"):
        moved(world.store, target, checkpoint.sign(longer, LOG))
    assert target.head() == copying.EMPTY


@across
@pytest.mark.parametrize("error", [DiedError(), KeyboardInterrupt()], ids=lambda error: type(error).__name__)
def test_a_move_that_dies_while_it_is_verified_never_happened(
    world: World, target: Store, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(*_args: object, **_named: object) -> Verdict:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(migration, "verify", dying)
        with pytest.raises(type(error)):
            moved(world.store, target)
    assert target.head() == copying.EMPTY
    moved(world.store, target)
    assert content(target) == content(world.store)


class Mistaken:
    """A store that takes another ledger for the copy, one that verifies."""

    def __init__(self, other: Store) -> None:
        self._other = other

    def fill(self, _seen: Snapshot, check: Callable[[Snapshot], None]) -> None:
        with self._other.snapshot() as seen:
            check(seen)


@across
def test_a_copy_with_another_tree_head_is_none(world: World, target: Store) -> None:
    moved(world.store, target)
    world.say("extract", "mine", site="pit", outputs=[output("C", 1)])
    with pytest.raises(StoreError, match="another head"):
        moved(world.store, cast("Store", Mistaken(target)))


@across
def test_an_index_of_other_events_is_no_ledger_to_move(
    sides: tuple[Backend, Backend], world: World, target: Store
) -> None:
    sides[0].damage("DELETE FROM events WHERE entry = 4")
    with pytest.raises((RefusedError, StoreError), match="nothing was written"):
        moved(world.store, target)
    assert target.head() == copying.EMPTY


@across
def test_an_empty_ledger_is_nothing_to_move(sides: tuple[Backend, Backend], target: Store) -> None:
    source = sides[0].open()
    with pytest.raises(MonaziteError, match="empty"):
        moved(source, target)
    source.close()
