from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from fixtures.bad import disk
from ledger.errors import ConflictError, InputError, RefusedError, StoreError, UsageError
from ledger.exchange.draft import Draft
from ledger.record import begin, plan, record
from ledger.rules.catalogue import CATALOGUE
from ledger.seal import checkpoint, entry, merkle, note, submission
from ledger.store.sql import SqliteStore
from tests.ledger.world import LEDGER, LOG, REGISTRY, SITES, World, drawn, errors, key, opening, output, settled, stamp
from tests.store.backends import content


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def world(path: Path) -> Iterator[World]:
    world = settled(path)
    yield world
    world.store.close()


def extract(world: World, lot: str, **members: Any) -> Draft:
    return world.draft("extract", "mine", site="pit", outputs=[output(lot, 10)], **members)


def refused(world: World, *drafts: Draft) -> list[str]:
    """The codes for which these are refused; nothing is written."""
    before = content(world.store)
    with pytest.raises(RefusedError) as caught:
        world.record(*drafts)
    assert content(world.store) == before
    assert all(CATALOGUE[item.code].refuses for item in caught.value.findings)
    return [item.code for item in caught.value.findings]


# --- The beginning


def test_a_ledger_begins_once(world: World) -> None:
    before = content(world.store)
    with pytest.raises(UsageError, match="a ledger already"):
        begin(world.store, opening(), REGISTRY, LOG, world.now)
    assert content(world.store) == before


def test_nothing_is_recorded_before_the_beginning(path: Path) -> None:
    store = SqliteStore(path)
    store.create()
    world = World(store)
    with pytest.raises(UsageError, match="empty"):
        world.say("extract", "mine", site="pit", outputs=[output("A", 1)])
    assert store.head().size == 0
    store.close()


def test_a_second_open_is_refused(world: World) -> None:
    event = opening(world.now)
    anchor = {"party": "registry", "name": "R", "country": "GB", "vkey": str(REGISTRY.vkey)}
    tolerances = {"late_days": 30, "clock_s": 300, "u_mass_ppm": 5_000}
    draft = world.draft(
        "open", "registry", operator=anchor, registrar=anchor, log=event.log, rules="1", tolerances=tolerances
    )
    assert "SEAL-ANCHOR" in refused(world, draft)


# --- What is written


def test_entries_are_chained_and_signed(world: World) -> None:
    world.record(extract(world, "A"), extract(world, "B"), extract(world, "C"), batch=2)
    previous = entry.NO_PREVIOUS
    *entries, last = world.store.entries()
    for number, stored in enumerate(entries):
        parsed = entry.parse(stored.entry)
        assert (parsed.sequence, parsed.previous) == (number, previous)
        assert stored.leaf == merkle.leaf_hash(stored.entry)
        previous = stored.leaf
        if isinstance(parsed, entry.MapEntry):
            assert stored.events == ()
            continue
        signed = note.parse(parsed.note)
        stated = submission.parse(signed.text)
        assert (stated.ledger, stated.size) == (LEDGER, len(stored.events))
        assert stated.root == merkle.root([merkle.leaf_hash(data) for data in stored.events])
        assert note.verify(signed, [world.keys[stated.party].vkey])
    assert isinstance(entry.parse(last.entry), entry.MapEntry)
    head = world.store.head()
    signed_head = checkpoint.open(head.checkpoint or b"", LOG.vkey)
    assert (signed_head.size, signed_head.root) == (7, merkle.root([item.leaf for item in world.store.entries()]))


@pytest.mark.parametrize(("batch", "sizes"), [(1, [1] * 5), (2, [2, 1, 1, 1]), (1000, [3, 1, 1]), (0, [1] * 5)])
def test_consecutive_events_of_one_actor_share_a_submission(world: World, batch: int, sizes: list[int]) -> None:
    drafts = [
        *(extract(world, lot) for lot in "ABC"),
        world.draft("assay", "lab", lot="A", composition={"Nd": {"ppb": 1}}),
        world.draft("dispose", "mine", site="pit", lots=[drawn("B")], how="loss"),
    ]
    recorded = world.record(*drafts, batch=batch)
    assert [len(item.events) for item in world.store.entries(4)] == [*sizes, 0]
    assert recorded.submissions == len(sizes)
    assert [fact.event.type for fact in recorded.facts] == ["extract"] * 3 + ["assay", "dispose"]
    assert world.verify().verdict == "clean"


def test_nothing_to_record_writes_nothing(world: World) -> None:
    before = content(world.store)
    recorded = world.record()
    assert (recorded.facts, recorded.submissions, recorded.head) == ((), 0, before.head)
    assert content(world.store) == before


def test_without_the_logs_key_the_tail_is_under_no_checkpoint(world: World) -> None:
    signed = world.store.head().checkpoint
    world.record(extract(world, "A"), log=None)
    assert world.store.head().checkpoint == signed
    verdict = world.verify()
    assert [item.code for item in verdict.findings] == ["DATA-TAIL"]
    assert (verdict.verdict, verdict.size, verdict.checked.entries) == ("clean", 4, 5)
    assert any("newest 1 entries" in item.what for item in verdict.not_checked)
    world.record(extract(world, "B"))
    assert world.verify().findings == ()


def test_a_plan_says_what_recording_would_do_and_writes_nothing(world: World) -> None:
    drafts = [extract(world, lot) for lot in "ABC"]
    before = content(world.store)
    planned = plan(world.store, drafts, recorded=world.now, batch=2)
    assert (planned.kinds, planned.submissions, planned.skipped) == ({"extract": 3}, 2, ())
    with pytest.raises(RefusedError):
        plan(world.store, [*drafts, extract(world, "A")], recorded=world.now)
    assert content(world.store) == before


def test_keys_are_asked_for_once_and_not_for_strangers(world: World) -> None:
    asked: list[str] = []

    def keys(party: str) -> Any:
        asked.append(party)
        return world.keys[party]

    record(world.store, [extract(world, lot) for lot in "ABC"], keys=keys, log=LOG, recorded=world.tick(), batch=1)
    assert asked == ["mine"]
    with pytest.raises(RefusedError):
        record(
            world.store,
            [Draft({**extract(world, "D").members, "actor": "nobody"})],
            keys=keys,
            log=LOG,
            recorded=world.tick(),
        )
    assert asked == ["mine"]


# --- Refs


def test_the_same_again_is_skipped_and_said(world: World) -> None:
    first = world.record(extract(world, "A", ref="e1"))
    draft = Draft({**first_members(world), "ref": "e1", "outputs": [output("A", 10)]})
    again = world.record(draft, extract(world, "B", ref="e2"))
    assert again.skipped == (("e1", first.facts[0].hash),)
    assert [fact.event.ref for fact in again.facts] == ["e2"]
    assert world.record(draft).submissions == 0


def first_members(world: World) -> dict[str, Any]:
    return {
        "type": "extract",
        "actor": "mine",
        "site": "pit",
        "at": stamp(world.verify().history.refs["mine", "e1"].event.instant),
    }


def test_another_content_under_a_used_ref_is_refused(world: World) -> None:
    world.record(extract(world, "A", ref="e1"))
    assert "CUST-REF" in refused(world, extract(world, "B", ref="e1"))
    world.say("assay", "lab", ref="e1", lot="A", composition={"Nd": {"ppb": 1}})  # another actor's ref


def test_a_ref_twice_in_one_call(world: World) -> None:
    draft = extract(world, "A", ref="e1")
    recorded = world.record(draft, draft)
    assert (len(recorded.facts), len(recorded.skipped)) == (1, 1)
    assert "CUST-REF" in refused(world, extract(world, "B", ref="e2"), extract(world, "C", ref="e2"))


# --- All or none


def test_one_bad_event_refuses_its_whole_call_and_says_them_all(world: World) -> None:
    bad = [
        Draft({**extract(world, "A").members}, "rows.csv", 2),
        Draft({**extract(world, "A").members, "note": "again"}, "rows.csv", 3),
        Draft({**extract(world, "B").members, "site": "mill"}, "rows.csv", 4),
        Draft({**world.draft("ship", "mine", site="pit", lots=[drawn("X")], to="plant").members}, "rows.csv", 5),
    ]
    with pytest.raises(RefusedError) as caught:
        world.record(*bad)
    assert [item.code for item in caught.value.findings] == ["CUST-LOT-REUSED", "SIGN-SITE", "CUST-LOT-UNKNOWN"]
    lines = str(caught.value).splitlines()[1:]
    assert [line.split(": ")[0] for line in lines] == ["rows.csv, line 3", "rows.csv, line 4", "rows.csv, line 5"]
    assert world.store.head().size == 4


@pytest.mark.parametrize(
    "change",
    [
        {"type": "extracted"},
        {"type": None},
        {"type": ["extract"]},
        {"actor": 7},
        {"actor": ["mine"]},
        {"actor": None},
        {"ref": 7},
        {"ref": ["r"]},
        {"outputs": None},
        {"outputs": 5},
        {"outputs": "text"},
        {"outputs": [5]},
        {"outputs": [{"lot": ["A"]}]},
        {"outputs": [{"lot": {"A": 1}, "form": "ore", "mass": {"mg": 1}}]},
        {"outputs": [{"lot": "A", "form": "ore", "mass": {"mg": 1.5}}]},
        {"inputs": [{"lot": ["A"]}]},
        {"inputs": 5},
        {"lots": 5},
        {"lots": [[]]},
        {"lot": ["A"]},
        {"note": "\ud800"},
        {"colour": "red"},
    ],
    ids=str,
)
def test_a_draft_that_is_no_event_is_bad_input(world: World, change: dict[str, Any]) -> None:
    before = content(world.store)
    draft = Draft({**extract(world, "A").members, **change}, "rows.jsonl", 7)
    with pytest.raises(InputError) as caught:
        world.record(extract(world, "B", ref="r"), draft)
    assert (caught.value.file, caught.value.line) == ("rows.jsonl", 7)
    assert content(world.store) == before


@pytest.mark.parametrize("target", ["nothing", "ab" * 32, 7, None, ["r"]])
def test_a_retraction_of_nothing_is_bad_input(world: World, target: Any) -> None:
    with pytest.raises(InputError) as caught:
        world.say("retract", "mine", target=target, reason="wrong")
    assert caught.value.field == "target"


# --- Who came first


def test_a_writer_that_prepared_on_an_older_head_loses(world: World, path: Path) -> None:
    store = SqliteStore(path)

    class Slow(SqliteStore):
        """While this one is judging, another one writes."""

        def recall(self, **asked: Any) -> Any:
            found = super().recall(**asked)
            if world.store.head().size == 4:
                world.record(extract(world, "B"))
            return found

    slow = World(Slow(path), now=world.now)
    with pytest.raises(ConflictError):
        slow.record(extract(slow, "A"))
    assert set(world.verify().history.lots) == {"B"}
    slow.record(extract(slow, "A"))
    assert set(world.verify().history.lots) == {"A", "B"}
    slow.store.close()
    store.close()


def test_a_writer_who_comes_between_two_readings_is_a_conflict_and_no_damage(world: World, path: Path) -> None:
    begun = world.store.head().size
    read: list[str] = []

    class Overtaken(SqliteStore):
        """Just before this one reads, another one writes."""

        def recall(self, **asked: Any) -> Any:
            read.append("recall")
            if world.store.head().size == begun:
                world.record(extract(world, "B"))
            return super().recall(**asked)

    slow = World(Overtaken(path), now=world.now)
    with pytest.raises(ConflictError):
        slow.record(extract(slow, "A"))
    assert read
    assert set(world.verify().history.lots) == {"B"}
    slow.store.close()


# --- What the rules must see of the past


def test_an_attestation_is_retracted_once(world: World) -> None:
    world.say("attest", "judge", ref="a", parties=["mine"], scheme="IRMA", result="pass")
    world.say("retract", "judge", target="a", reason="wrong")
    assert refused(world, world.draft("retract", "judge", target="a", reason="wrong again")) == ["CUST-RETRACT"]
    assert errors(world.verify()) == []


def test_the_same_attestation_twice_is_a_replay(world: World) -> None:
    draft = world.draft("attest", "judge", parties=["mine"], scheme="IRMA", result="pass")
    world.record(draft)
    assert refused(world, draft) == ["SEAL-DUPLICATE"]
    assert refused(
        world, extract(world, "A"), world.draft("assay", "lab", lot="A", composition={"Nd": {"ppb": 1}}), draft
    ) == ["SEAL-DUPLICATE"]


RETRACTIONS: dict[str, Callable[[World], Draft]] = {
    "enrolment": lambda world: world.draft(
        "enrol", "registry", ref="x", party="p", name="P", country="AU", roles=["owner"]
    ),
    "site": lambda world: world.draft("site", "registry", ref="x", site="s", party="mine", name="S", country="AU"),
}


@pytest.mark.parametrize("make", RETRACTIONS.values(), ids=RETRACTIONS)
def test_the_registry_is_not_retracted(world: World, make: Callable[[World], Draft]) -> None:
    world.record(make(world))
    assert refused(world, world.draft("retract", "registry", target="x", reason="wrong")) == ["CUST-RETRACT"]


def test_a_retraction_is_not_retracted(world: World) -> None:
    world.record(extract(world, "A", ref="e1"))
    world.say("retract", "mine", ref="r1", target="e1", reason="wrong")
    assert refused(world, world.draft("retract", "mine", target="r1", reason="sorry")) == ["CUST-RETRACT"]


def test_the_registrar_may_retract_and_nobody_else(world: World) -> None:
    made = world.record(extract(world, "A", ref="e1")).facts[0].hash
    assert refused(world, world.draft("retract", "plant", target=made, reason="wrong")) == ["CUST-RETRACT"]
    world.say("retract", "registry", target=made, reason="wrong")
    assert refused(world, world.draft("ship", "mine", site="pit", lots=[drawn("A")], to="plant")) == ["CUST-LOT-VOID"]
    assert refused(world, extract(world, "A")) == ["CUST-LOT-REUSED"]


# --- A head that was tampered with gets no signature


def cut(path: Path, *more: str) -> None:
    """Take the newest submission and the map away, and everything that speaks of them but the checkpoint."""
    store = SqliteStore(path)
    size = store.head().size - 2
    store.close()
    disk.cut(path, size)
    with disk.unguarded(path) as connection:
        for statement in more:
            connection.execute(statement)


def test_nothing_is_signed_on_top_of_a_ledger_that_was_cut(world: World, path: Path) -> None:
    world.record(extract(world, "A"))
    cut(path)
    assert errors(world.verify()) == ["SEAL-TRUNCATED"]
    before = content(world.store)
    with pytest.raises(StoreError):
        world.record(extract(world, "B"))
    assert content(world.store) == before


def test_nothing_is_signed_on_top_of_a_false_tree(world: World, path: Path) -> None:
    import sqlite3

    world.record(extract(world, "A"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE head SET frontier = zeroblob(64), checkpoint = NULL")
    before = content(world.store)
    with pytest.raises(StoreError):
        world.record(extract(world, "B"))
    assert content(world.store) == before


def test_an_older_copy_shows_against_what_is_remembered(world: World, path: Path) -> None:
    world.record(extract(world, "A"))
    remembered = world.verify().checkpoint
    old = content(world.store)
    cut(path, "UPDATE head SET checkpoint = NULL")
    verdict = world.verify(remembered)
    assert set(errors(verdict)) == {"SEAL-CHECKPOINT", "SEAL-ROLLBACK"}
    rollback = next(item for item in verdict.findings if item.code == "SEAL-ROLLBACK")
    assert rollback.evidence["remembered"].encode() == remembered
    assert old.head.size == 6


def test_another_history_shows_against_what_is_remembered(world: World, path: Path) -> None:
    import shutil

    copy = path.with_name("old.db")
    world.store.close()  # so that the file is whole
    shutil.copy(path, copy)
    world.record(extract(world, "A"))
    remembered = world.verify().checkpoint
    other = World(SqliteStore(copy), now=world.now)
    other.record(extract(other, "B"))
    assert errors(other.verify()) == []
    fork = other.verify(remembered)
    assert errors(fork) == ["SEAL-FORK"]
    evidence = fork.findings[-1].evidence
    one, two = (checkpoint.open(evidence[name].encode(), LOG.vkey) for name in ("remembered", "shown"))
    assert (one.size, one.origin) == (two.size, two.origin)
    assert one.root != two.root  # both signed: proof enough
    other.record(extract(other, "C"))
    assert "SEAL-FORK" in errors(other.verify(remembered))
    other.store.close()


@pytest.mark.parametrize("site", SITES)
def test_a_party_works_at_its_own_sites(world: World, site: str) -> None:
    draft = world.draft("extract", "mine", site=site, outputs=[output("A", 1)])
    if SITES[site][0] == "mine":
        world.record(draft)
    else:
        assert refused(world, draft) == ["SIGN-SITE"]


def test_a_revoked_key_signs_nothing_more_and_a_new_one_does(world: World) -> None:
    old = world.keys["mine"]
    world.record(extract(world, "A"))
    world.say("revoke", "registry", party="mine", vkey=str(old.vkey), reason="lost")
    assert refused(world, extract(world, "B")) == ["SIGN-KEY-REVOKED"]
    world.keys["mine"] = key("mine", 1)
    assert refused(world, extract(world, "B")) == ["SIGN-KEY-UNKNOWN"]
    world.say("key", "registry", party="mine", vkey=str(key("mine", 1).vkey))
    world.record(extract(world, "B"))
    assert errors(world.verify()) == []
