"""What every store promises (ledger.store.contract), asked of each store that there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ledger import heads
from ledger import verify as verification
from ledger.errors import ConflictError, RefusedError
from ledger.exchange.draft import Draft
from ledger.restore import restored
from ledger.seal import canonical, checkpoint, merkle
from ledger.store import reading
from ledger.store.contract import REGISTRY_KINDS, Head, MapRows, Store
from tests.ledger.world import LEDGER, LOG, PARTIES, SITES, World, drawn, errors, output
from tests.store.backends import content, prepared
from tests.store.engines import BACKENDS, CASES, Backend, DiedError

pytestmark = pytest.mark.alike  # its cases run the same lines

DUG = {"site": "pit", "outputs": [output("A", 100)], "ref": "shift 1"}
OTHER = {"site": "pit", "outputs": [output("B", 50)], "ref": "shift 2"}


def each(cases: str) -> pytest.MarkDecorator:
    """Each of a backend's own cases with that backend; of those in PostgreSQL every third is quick enough for `make test`."""
    pairs = [
        pytest.param(name, case, marks=[pytest.mark.deep] if name == "postgres" and number % 3 else [])
        for name, kind in CASES.items()
        for number, case in enumerate(getattr(kind, cases))
    ]
    return pytest.mark.parametrize(("backend", "case"), pairs, indirect=["backend"])


@pytest.fixture(params=sorted(BACKENDS))
def backend(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Backend]:
    made = BACKENDS[request.param](tmp_path)
    made.impatient(monkeypatch)
    yield made
    made.end()


@pytest.fixture
def store(backend: Backend) -> Iterator[Store]:
    opened = backend.open()
    yield opened
    opened.close()


@pytest.fixture
def world(store: Store) -> World:
    """Everybody is enrolled; nothing has happened."""
    made = World(store)
    made.open()
    made.settle()
    return made


class TestContract:
    # A new store.

    def test_a_new_store_is_empty(self, store: Store) -> None:
        assert store.head() == Head(0, bytes(32), b"", None)
        assert (list(store.entries()), list(store.index()), list(store.faults())) == ([], [], [])
        assert store.recall(kinds=REGISTRY_KINDS, subjects=["lot:A"], hashes=["0" * 64], refs=[("a", "b")]) == []

    def test_nothing_asked_is_nothing_recalled(self, world: World) -> None:
        assert world.store.recall() == []

    # Append and read.

    def test_what_is_appended_is_what_is_read(self, world: World) -> None:
        expected, entries, index, head, rows = prepared(world, world.draft("extract", "mine", **DUG))
        before = content(world.store)
        assert before.head == expected
        assert before.map is not None
        assert rows is not None
        world.store.append(expected, entries, index, head, rows)
        mapped = MapRows(rows.mapped, {**before.map.pages, **rows.pages})
        assert content(world.store) == (head, [*before.entries, *entries], [*before.index, *index], mapped)
        assert list(world.store.faults()) == []

    def test_entries_are_read_from_any_place(self, world: World) -> None:
        for number in range(3):
            world.say("extract", "mine", site="pit", outputs=[output(f"L{number}", 1)])
        whole = list(world.store.entries())
        assert [item.sequence for item in whole] == list(range(10))
        assert [item.leaf for item in whole] == [merkle.leaf_hash(item.entry) for item in whole]
        for start in range(12):
            assert list(world.store.entries(start)) == whole[start:]

    def test_what_is_asked_about_subjects_is_of_the_types_asked(self, world: World) -> None:
        dug = [world.draft("extract", "mine", site="pit", outputs=[output(f"L{n}", 1)]) for n in range(3)]
        audit = world.draft("attest", "judge", site="hall", sites=["pit", "mill"], scheme="S", result="good")
        world.record(*dug, audit)
        with world.store.map_view() as view:

            def about(subjects: list[str], *kinds: str) -> list[str]:
                rows = view.about(subjects, kinds)
                assert rows == [
                    row for row in view.recall(kinds=kinds) if row in rows
                ]  # as recalled, in the same order
                return [canonical.decode_event(row.event).type for row in rows]

            assert about(["site:pit"], "site", "attest") == ["site", "attest"]
            assert about(["site:mill", "site:pit", "site:hall"], "attest", "site") == ["site", "site", "site", "attest"]
            assert about(["site:pit", "lot:L1"], "extract") == ["extract"] * 3
            assert about(["lot:L1"], "extract", "attest") == ["extract"]
            assert (
                about([f"site:{n}" for n in range(reading.CHUNK)] + ["site:pit", "site:annex"], "site") == ["site"] * 2
            )
            assert about(["site:nowhere"], "site") == about([], "site") == about(["site:pit"]) == []

    def test_two_readings_at_once_do_not_disturb_each_other(self, world: World) -> None:
        whole = list(world.store.entries())
        first, second = world.store.entries(), world.store.entries()
        assert [next(first), next(second), next(first), next(second)] == [whole[0], whole[0], whole[1], whole[1]]
        first.close()  # type: ignore[attr-defined]  # a generator
        second.close()  # type: ignore[attr-defined]

    def test_a_reader_sees_the_log_as_it_was_when_it_began(self, world: World) -> None:
        whole = list(world.store.entries())
        reading = world.store.entries()
        seen = [next(reading)]
        world.say("extract", "mine", **DUG)
        seen += reading
        assert seen == whole

    def test_a_snapshot_is_of_one_moment(self, world: World) -> None:
        before = content(world.store)
        with world.store.snapshot() as seen:
            assert seen.head() == before.head
            world.say("extract", "mine", **DUG)
            assert seen.head() == before.head
            assert list(seen.entries()) == before.entries
            assert list(seen.entries(1)) == before.entries[1:]
            assert list(seen.index() or ()) == before.index
            assert list(seen.faults()) == []
        assert world.store.head().size == before.head.size + 2  # with its map

    def test_a_ledger_that_grows_while_it_is_verified_is_not_accused(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In readings of their own, head and index would be of other moments: SEAL-HEAD, SEAL-INDEX."""
        lots = iter(range(100))

        def growing(step: Callable[..., Any]) -> Callable[..., Any]:
            def grown(*args: Any) -> Any:
                world.say("extract", "mine", site="pit", outputs=[output(f"L{next(lots)}", 1)])
                return step(*args)

            return grown

        monkeypatch.setattr(verification._Run, "take", growing(verification._Run.take))
        monkeypatch.setattr(heads.Heads, "_open", growing(heads.Heads._open))
        before = world.store.head()
        verdict = world.verify()
        assert errors(verdict) == []
        assert (verdict.size, verdict.checked.entries) == (before.size, before.size)
        assert world.store.head().size == 3 * before.size + 2  # each with its map

    def test_questions_that_follow_each_other_see_one_log(self, world: World) -> None:
        with world.store.recalling() as recall:
            before = recall(subjects=["site:pit"])
            world.say("extract", "mine", **DUG)
            assert recall(subjects=["site:pit"]) == before
            assert recall(kinds=["extract"]) == []
        assert len(world.store.recall(kinds=["extract"])) == 1

    def test_refs_are_found_beyond_one_chunk(self, world: World) -> None:
        count = reading.CHUNK + 3
        lots = [(f"r{n}", [output(f"L{n}", 1)]) for n in range(count)]
        world.record(*(world.draft("extract", "mine", site="pit", ref=ref, outputs=made) for ref, made in lots))
        found = world.store.recall(refs={("mine", ref) for ref, _made in lots} | {("mine", "none"), ("lab", "r0")})
        assert [item.position for item in found] == list(range(count))

    def test_events_keep_their_order_beyond_one_chunk(self, world: World) -> None:
        count = 2 * reading.CHUNK + 3
        drafts = [world.draft("extract", "mine", site="pit", outputs=[output(f"L{n}", 1)]) for n in range(count)]
        done = world.record(*drafts, batch=count)
        *_others, newest, _map = world.store.entries()
        assert [merkle.leaf_hash(data).hex() for data in newest.events] == [fact.hash for fact in done.facts]
        names = {f"lot:L{number}" for number in range(count)}
        found = world.store.recall(subjects=names)
        assert [(item.sequence, item.position) for item in found] == [(4, number) for number in range(count)]
        assert {item.entry for item in found} == {newest.entry}
        assert world.store.recall(hashes={fact.hash for fact in done.facts}) == found

    # Recall.

    def test_recall_finds_by_kind_subject_hash_and_ref_each_once_and_in_order(self, world: World) -> None:
        dug = world.say("extract", "mine", **DUG).facts[0]
        world.say("assay", "lab", ref="shift 1", lot="A", composition={"Nd2O3": {"ppb": 1}})
        shipped = world.say("ship", "mine", site="pit", lots=[drawn("A")], to="mill").facts[0]

        def places(**asked: Any) -> list[tuple[int, int]]:
            return [(item.sequence, item.position) for item in world.store.recall(**asked)]

        registry = [(0, 0), *((2, number) for number in range(len(PARTIES) + len(SITES)))]
        assert places(kinds=REGISTRY_KINDS) == registry
        assert places(subjects=["lot:A"]) == [(4, 0), (6, 0), (8, 0)]
        assert places(subjects=["to:mill"]) == [(8, 0)]
        assert places(subjects=["lot:a", "lot:", "A"]) == []
        assert places(hashes=[shipped.hash, dug.hash]) == [(4, 0), (8, 0)]
        assert places(refs=[("lab", "shift 1")]) == [(6, 0)]
        assert places(refs=[("lab", "shift 1"), ("mine", "shift 1"), ("mine", "?")]) == [(4, 0), (6, 0)]
        everything = {"kinds": ["extract"], "subjects": ["lot:A", "site:pit"], "hashes": [dug.hash]}
        assert places(**everything, refs=[("mine", "shift 1")]) == [(2, len(PARTIES)), (4, 0), (6, 0), (8, 0)]
        (found,) = world.store.recall(hashes=[dug.hash])
        stored = list(world.store.entries())[4]
        assert (found.entry, found.event) == (stored.entry, stored.events[0])

    @pytest.mark.parametrize("name", ["' OR 1 = 1 --", "%", "_", "L\u00f6s 7", "\U0001f9f2", "a" * 128, 'say "so"'])
    def test_names_are_names(self, world: World, name: str) -> None:
        world.say("extract", "mine", site="pit", ref=name, outputs=[output(name, 1)])
        world.say("extract", "mine", **DUG)
        for asked in ({"subjects": [f"lot:{name}"]}, {"refs": [("mine", name)]}):
            assert [item.sequence for item in world.store.recall(**asked)] == [4]

    # Compare and swap.

    def test_the_second_of_two_writers_from_one_head_gets_a_conflict(self, backend: Backend, world: World) -> None:
        first = prepared(world, world.draft("extract", "mine", **DUG))
        second = prepared(world, world.draft("extract", "mine", **OTHER))
        other = backend.open()
        other.append(*first)
        after = content(world.store)
        with pytest.raises(ConflictError):
            world.store.append(*second)
        assert content(world.store) == content(other) == after
        other.close()
        world.say("extract", "mine", **OTHER)
        assert errors(world.verify()) == []

    def test_one_writer_has_the_turn_and_many_look_whether_somebody_has(self, backend: Backend, store: Store) -> None:
        other, third = backend.open(), backend.open()
        with store.turn(0, shared=True) as mine, other.turn(0, shared=True) as theirs:
            assert mine and theirs
            with third.turn(0, shared=False) as alone:
                assert not alone
        with store.turn(0, shared=False) as mine:
            assert mine
            for shared in (True, False):
                with other.turn(0.05, shared=shared) as theirs:
                    assert not theirs
            assert other.head().size == 0  # who has it hinders no reader
        with other.turn(0, shared=False) as theirs:
            assert theirs
        other.close()
        third.close()

    def test_the_turn_ends_with_a_block_that_fails(self, backend: Backend, store: Store) -> None:
        with suppress(DiedError), store.turn(0, shared=False):
            raise DiedError
        other = backend.open()
        with other.turn(0, shared=False) as theirs:
            assert theirs
        other.close()

    @pytest.mark.parametrize("change", ["size", "leaf"])
    def test_size_and_leaf_are_both_compared(self, world: World, change: str) -> None:
        expected, entries, index, head, rows = prepared(world, world.draft("extract", "mine", **DUG))
        before = content(world.store)
        stale = {
            "size": Head(expected.size - 1, expected.leaf, expected.frontier, expected.checkpoint),
            "leaf": Head(expected.size, bytes(32), expected.frontier, expected.checkpoint),
        }
        with pytest.raises(ConflictError):
            world.store.append(stale[change], entries, index, head, rows)
        with pytest.raises(ConflictError):
            world.store.publish(stale[change], b"a checkpoint")
        assert content(world.store) == before

    def test_the_same_append_twice_is_a_conflict(self, world: World) -> None:
        once = prepared(world, world.draft("extract", "mine", **DUG))
        world.store.append(*once)
        before = content(world.store)
        with pytest.raises(ConflictError):
            world.store.append(*once)
        assert content(world.store) == before

    def test_publish_replaces_the_checkpoint_and_nothing_else(self, world: World) -> None:
        before = content(world.store)
        root = merkle.Frontier.from_bytes(before[0].size, before[0].frontier).root()
        signed = checkpoint.sign(checkpoint.Checkpoint(LEDGER, before[0].size, root, ("more",)), LOG)
        world.store.publish(before[0], signed)
        assert content(world.store) == (
            Head(before[0].size, before[0].leaf, before[0].frontier, signed),
            *before[1:],
        )

    def test_publish_compares_the_checkpoint_as_well(self, world: World) -> None:
        """Or of two who add a cosignature each, one would undo the other."""
        before = world.store.head()
        world.store.publish(before, b"one")
        with pytest.raises(ConflictError):
            world.store.publish(before, b"two")
        assert world.store.head().checkpoint == b"one"

    def test_entries_without_a_checkpoint_keep_one_that_was_published_meanwhile(self, world: World) -> None:
        held = prepared(world, world.draft("extract", "mine", **DUG))
        unsigned = held._replace(
            head=Head(held.head.size, held.head.leaf, held.head.frontier, held.expected.checkpoint)
        )
        world.store.publish(held.expected, b"cosigned")
        unsigned.to(world.store)
        assert world.store.head().checkpoint == b"cosigned"
        assert world.store.head().size == held.head.size

    # Durability.

    def test_reopening_finds_what_was_there(self, backend: Backend, world: World) -> None:
        world.say("extract", "mine", **DUG)
        before = content(world.store)
        world.store.close()
        again = backend.open()
        assert content(again) == before
        later = World(again, now=world.now)
        later.say("extract", "mine", **OTHER)
        assert errors(later.verify()) == []
        again.close()

    def test_a_closed_store_opens_again_when_it_is_used(self, world: World) -> None:
        world.store.close()
        world.store.close()
        world.say("extract", "mine", **DUG)
        assert errors(world.verify()) == []

    # Nothing is changed or deleted.

    @each("CHANGES")
    def test_the_engine_itself_refuses_change(self, backend: Backend, world: World, case: str) -> None:
        before = content(world.store)
        assert before.head.size
        assert backend.refused(case)
        assert content(world.store) == before

    # Restoring.

    @each("DAMAGE")
    def test_a_damaged_index_leaf_or_head_is_found_and_restored(
        self, backend: Backend, world: World, case: str
    ) -> None:
        world.say("extract", "mine", **DUG)
        world.say("ship", "mine", site="pit", lots=[drawn("A")], to="mill")
        before = content(world.store)
        backend.damage(backend.DAMAGE[case])
        if case == "head size of another type":
            assert restored(world.store)[2].checkpoint is None
            return
        assert set(errors(world.verify())) & {"SEAL-INDEX", "SEAL-LEAF", "SEAL-HEAD", "SEAL-SCHEMA"}
        world.store.reindex(*restored(world.store))
        assert content(world.store) == before
        assert errors(world.verify()) == []
        assert backend.refused("DELETE FROM events")
        world.say("receive", "plant", site="mill", lots=[drawn("A")], result="accepted")
        assert errors(world.verify()) == []

    def test_restoring_a_sound_ledger_changes_nothing(self, world: World) -> None:
        world.say("extract", "mine", **DUG)
        before = content(world.store)
        found = restored(world.store)
        leaves = [(item.sequence, item.leaf) for item in before.entries]
        assert found == (before.index, leaves, before.head, before.map)
        world.store.reindex(*found)
        assert content(world.store) == before
        assert list(world.store.faults()) == []

    def test_a_lost_head_row_is_restored_but_for_its_checkpoint(self, backend: Backend, world: World) -> None:
        head = world.store.head()
        backend.damage("DELETE FROM head")
        world.store.reindex(*restored(world.store))
        assert world.store.head() == Head(head.size, head.leaf, head.frontier, None)
        world.store.publish(world.store.head(), head.checkpoint or b"")
        assert errors(world.verify()) == []

    @pytest.mark.parametrize("step", ["subjects", "head"])
    def test_a_reindex_that_dies_leaves_the_store_as_it_was(
        self, backend: Backend, world: World, step: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found, before = restored(world.store), content(world.store)
        with monkeypatch.context() as patch:
            if step == "subjects":
                backend.fail_after("subjects", DiedError(), patch)
            else:
                backend.break_guards(patch)
            with pytest.raises(Exception, match=r"syntax|^$"):
                world.store.reindex(*found)
        assert content(world.store) == before
        assert errors(world.verify()) == []

    def test_a_reindex_does_not_undo_what_was_appended_meanwhile(self, world: World) -> None:
        found = restored(world.store)
        world.say("extract", "mine", **DUG)
        with suppress(ConflictError):
            world.store.reindex(*found)
        assert errors(world.verify()) == []

    # Locks.

    @pytest.mark.parametrize("kind", ["append", "publish", "reindex", "record"])
    def test_a_lock_that_somebody_holds_is_a_conflict(self, backend: Backend, world: World, kind: str) -> None:
        wanted = prepared(world, world.draft("extract", "mine", **DUG))
        found, before = restored(world.store), content(world.store)
        acts = {
            "append": lambda: world.store.append(*wanted),
            "publish": lambda: world.store.publish(before[0], b"a checkpoint"),
            "reindex": lambda: world.store.reindex(*found),
            "record": lambda: world.say("extract", "mine", **DUG),
        }
        with backend.lock():
            with pytest.raises(ConflictError):
                acts[kind]()
            assert content(world.store) == before
        assert content(world.store) == before
        world.say("extract", "mine", **DUG)
        assert errors(world.verify()) == []

    # Faults, in pairs: before the commit it never happened, after it it is complete.

    @pytest.mark.parametrize(
        "error", [DiedError(), KeyboardInterrupt(), MemoryError()], ids=lambda error: type(error).__name__
    )
    @each("STEPS")
    def test_an_append_that_dies_before_its_commit_never_happened(
        self, backend: Backend, world: World, case: str, error: BaseException, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = content(world.store)
        with monkeypatch.context() as patch:
            backend.fail_after(case, error, patch)
            with pytest.raises(type(error)):
                world.say("extract", "mine", **DUG)
        assert content(world.store) == before
        assert errors(world.verify(before[0].checkpoint)) == []
        assert len(world.say("extract", "mine", **DUG).facts) == 1
        assert errors(world.verify(before[0].checkpoint)) == []

    @pytest.mark.parametrize("error", [DiedError(), KeyboardInterrupt()], ids=lambda error: type(error).__name__)
    def test_an_append_whose_caller_dies_after_the_commit_is_complete(
        self, backend: Backend, world: World, error: BaseException, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = world.store.head()
        draft = world.draft("extract", "mine", **DUG)
        with monkeypatch.context() as patch:
            backend.fail_after("commit", error, patch)
            with pytest.raises(type(error)):
                world.record(draft)
        verdict = world.verify(before.checkpoint)
        assert (errors(verdict), verdict.size) == ([], before.size + 2)
        again = world.record(draft)
        assert ([ref for ref, _hash in again.skipped], again.facts) == (["shift 1"], ())

    def test_a_refused_submission_writes_nothing(self, world: World) -> None:
        before = content(world.store)
        with pytest.raises(RefusedError):
            world.record(
                world.draft("extract", "mine", **DUG),
                Draft(
                    {
                        "type": "dispose",
                        "actor": "mine",
                        "at": "2026-03-01T09:00:00Z",
                        "site": "pit",
                        "lots": [drawn("X")],
                    }
                ),
            )
        assert content(world.store) == before
