"""Prepared, signed elsewhere, submitted: admitted as `record` would admit it, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.admission import Recorded
from ledger.errors import ConflictError, FormatError, KeyStoreError, RefusedError, StaleError, StoreError, UsageError
from ledger.exchange.draft import Draft
from ledger.record import record
from ledger.seal import note, prepared
from ledger.seal.held import HeldKey
from ledger.seal.keys import Signer
from ledger.seal.prepared import Prepared
from ledger.store.contract import Head, IndexRow, MapRows, Stored
from ledger.store.sql import SqliteStore
from ledger.submit import prepare, submit
from tests.ledger.world import LOG, World, drawn, errors, key, output, settled
from tests.store.backends import content


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def world(path: Path) -> Iterator[World]:
    world = settled(path)
    world.tick()
    yield world
    world.store.close()


def extract(world: World, lot: str, **members: Any) -> Draft:
    return world.draft("extract", "mine", site="pit", outputs=[output(lot, 10)], **members)


def handover(world: World) -> list[Draft]:
    """Three submissions of two parties."""
    return [
        extract(world, "A", ref="E1"),
        world.draft("ship", "mine", site="pit", to="mill", lots=[drawn("A", 10)], ref="E2"),
        world.draft("receive", "plant", site="mill", lots=[drawn("A", 10)], result="accepted", ref="E3"),
        extract(world, "B", ref="E4"),
    ]


def ready(world: World, *drafts: Draft, batch: int = 1000) -> Prepared:
    made = prepare(world.store, drafts, recorded=world.now, batch=batch).prepared
    assert made is not None
    return made


def signed(world: World, file: Prepared, keys: dict[str, Signer] | None = None) -> Prepared:
    checked = prepared.check(file)
    held = {**world.keys, **(keys or {})}
    return prepared.sign(file, checked, {n: held[item.stated.party] for n, item in enumerate(checked)})


def put(world: World, file: Prepared, log: Signer | None = LOG, remembered: bytes | None = None) -> Recorded:
    """Submit a file as it is read from a disk."""
    read = prepared.parse(prepared.format(file))
    return submit(world.store, read, log=log, recorded=world.tick(), remembered=remembered)


def refused(world: World, file: Prepared, kind: type[Exception], said: str, log: Signer | None = LOG) -> None:
    before = content(world.store)
    with pytest.raises(kind, match=said):
        put(world, file, log)
    assert content(world.store) == before


# --- What is admitted


@pytest.mark.parametrize("batch", [1, 1000])
def test_it_is_the_ledger_that_record_would_have_made(world: World, tmp_path: Path, batch: int) -> None:
    other = settled(tmp_path / "other.db")
    other.tick()
    put(world, signed(world, ready(world, *handover(world), batch=batch)))
    recorded = record(
        other.store, handover(other), keys=other.keys.__getitem__, log=LOG, recorded=other.tick(), batch=batch
    )
    assert content(world.store) == content(other.store)
    assert recorded.submissions == (3 if batch == 1000 else 4)
    assert errors(world.verify()) == []
    other.store.close()


def test_what_was_recorded_is_said(world: World) -> None:
    told = put(world, signed(world, ready(world, *handover(world))))
    assert [fact.event.ref for fact in told.facts] == ["E1", "E2", "E3", "E4"]
    assert {fact.vkey for fact in told.facts} == {str(key("mine").vkey), str(key("plant").vkey)}
    assert (told.submissions, told.skipped) == (3, ())


def test_preparing_needs_no_key_and_writes_nothing(world: World) -> None:
    before = content(world.store)
    file = ready(world, *handover(world))
    assert content(world.store) == before
    assert (file.head.size, file.head.leaf) == (before[0].size, before[0].leaf.hex())
    assert all(not item.signature for item in file.submissions)


def test_without_the_logs_key_there_is_no_checkpoint_yet(world: World) -> None:
    before = world.store.head()
    after = put(world, signed(world, ready(world, extract(world, "A"))), log=None).head
    assert (after.size, after.checkpoint) == (before.size + 1, before.checkpoint)


def test_the_same_file_twice_adds_nothing_and_says_so(world: World) -> None:
    drafts = handover(world)
    file = signed(world, ready(world, *drafts))
    put(world, file)
    before = content(world.store)
    again = put(world, file)
    assert content(world.store) == before
    assert (again.submissions, [ref for ref, _hash in again.skipped]) == (0, ["E1", "E2", "E3", "E4"])
    nothing = prepare(world.store, drafts, recorded=world.now)
    assert (nothing.prepared, len(nothing.skipped)) == (None, 4)


def test_what_is_in_the_log_is_skipped_without_its_signature_and_the_rest_is_admitted(world: World) -> None:
    file = signed(world, ready(world, *handover(world)))
    first = replace(file, submissions=file.submissions[:1])
    put(world, first)
    bare = replace(file.submissions[0], signature="")
    told = put(world, replace(file, submissions=(bare, *file.submissions[1:])))
    assert ([ref for ref, _hash in told.skipped], told.submissions) == (["E1", "E2"], 2)
    assert errors(world.verify()) == []


def test_a_key_that_the_same_file_adds_signs_what_follows(world: World) -> None:
    new = key("mine", 1)
    adding = world.draft("key", "registry", party="mine", vkey=str(new.vkey))
    file = ready(world, adding, extract(world, "A"))
    assert str(new.vkey) in file.submissions[1].keys
    put(world, signed(world, file, {"mine": new}))
    assert errors(world.verify()) == []


def test_a_party_is_enrolled_and_speaks_in_one_file(world: World) -> None:
    new = key("newcomer")
    enrol = world.draft(
        "enrol", "registry", party="newcomer", name="N", country="AU", roles=["miner"], vkey=str(new.vkey)
    )
    site = world.draft("site", "registry", site="dig", party="newcomer", name="Dig", country="AU")
    lot = world.draft("extract", "newcomer", site="dig", outputs=[output("N", 1)])
    put(world, signed(world, ready(world, enrol, site, lot), {"newcomer": new}))
    assert errors(world.verify()) == []


# --- What is not


def test_nothing_is_admitted_before_all_have_signed(world: World) -> None:
    file = ready(world, *handover(world))
    refused(world, file, UsageError, r"mine \(2\), plant \(1\)")
    checked = prepared.check(file)
    refused(world, prepared.sign(file, checked, {1: key("plant")}), UsageError, r"signed yet.*: mine \(2\)\.")


def test_a_key_that_the_ledger_does_not_know_is_refused_whatever_the_file_says(world: World) -> None:
    stranger = key("mine", 7)
    file = ready(world, extract(world, "A"))
    item = replace(file.submissions[0], keys=(str(stranger.vkey),))
    file = replace(file, submissions=(item,))
    refused(world, signed(world, file, {"mine": stranger}), RefusedError, "SIGN-KEY-UNKNOWN")


@pytest.mark.parametrize(
    "body",
    [
        bytes(64),
        b"\1" + bytes(63),  # R is the identity
        b"\xee" + b"\xff" * 30 + b"\x7f" + bytes(32),  # R is not canonical
        key("mine").sign(b"x"),
    ],
)
def test_the_acceptance_rule_holds_at_submission(world: World, body: bytes) -> None:
    file = ready(world, extract(world, "A"))
    vkey = key("mine").vkey
    line = note.format_line(note.Signature("mine", vkey.key_id, body))
    item = replace(file.submissions[0], signature=line)
    refused(world, replace(file, submissions=(item,)), RefusedError, "SIGN-SIGNATURE")


def test_a_key_of_low_order_is_not_registered_either(world: World) -> None:
    weak = "mine+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    with pytest.raises(RefusedError, match="SIGN-KEY-WEAK"):
        prepare(world.store, [world.draft("key", "registry", party="mine", vkey=weak)], recorded=world.now)


def test_a_revoked_key_is_refused(world: World) -> None:
    file = signed(world, ready(world, extract(world, "A")))
    world.say("key", "registry", party="mine", vkey=str(key("mine", 1).vkey))
    world.say("revoke", "registry", party="mine", vkey=str(key("mine").vkey), reason="lost")
    refused(world, file, RefusedError, "SIGN-KEY-REVOKED")
    with pytest.raises(FormatError, match="no key with which"):
        signed(world, ready(world, extract(world, "B")))  # the former key is not among those that may sign


def test_a_file_that_the_ledger_has_left_behind_says_prepare_again(world: World) -> None:
    world.record(*handover(world))
    world.tick()
    file = signed(world, ready(world, world.draft("dispose", "mine", site="pit", lots=[drawn("B")])))
    world.say("assay", "lab", lot="B", composition={"Nd2O3": {"ppb": 5_000_000}})
    refused(world, file, StaleError, r"(?s)moved on.*Prepare it again.*CUST-PREV")


def test_the_same_happening_under_another_hash_says_prepare_again(world: World) -> None:
    world.record(extract(world, "A", ref="E1"))
    world.tick()
    draft = world.draft("dispose", "mine", site="pit", lots=[drawn("A", 1)], ref="D1")
    file = signed(world, ready(world, draft))
    world.say("assay", "lab", lot="A", composition={"Nd2O3": {"ppb": 5_000_000}})
    world.record(draft)
    refused(world, file, StaleError, "moved on")


def test_a_part_of_a_submission_in_the_log_says_prepare_again(world: World) -> None:
    whole = signed(world, ready(world, extract(world, "A"), extract(world, "B")))
    world.record(extract(world, "A"))
    refused(world, whole, StaleError, "some are in the log already")


def test_what_happened_elsewhere_on_the_ledger_is_no_conflict(world: World) -> None:
    file = signed(world, ready(world, extract(world, "A")))
    world.say("extract", "mine", site="pit", outputs=[output("OTHER", 1)])
    put(world, file)
    assert errors(world.verify()) == []


def test_a_rule_that_refuses_refuses_all(world: World) -> None:
    file = ready(world, extract(world, "A"))
    again = replace(file, submissions=(*file.submissions, *file.submissions))
    refused(world, signed(world, again), RefusedError, "SEAL-DUPLICATE")
    foreign = ready(world, world.draft("key", "registry", party="mine", vkey=str(key("mine", 3).vkey)))
    data = foreign.submissions[0].events[0].replace('"actor":"registry"', '"actor":"plant"').encode()
    item = prepared.unsigned(foreign.ledger, "plant", [key("plant").vkey], [data])
    refused(world, signed(world, replace(foreign, submissions=(item,))), RefusedError, "SIGN-")


def test_a_file_for_another_ledger_or_another_history_is_refused(world: World, tmp_path: Path) -> None:
    file = signed(world, ready(world, extract(world, "A")))
    refused(world, replace(file, head=replace(file.head, leaf="1" * 64)), StaleError, "never ended so")
    refused(world, replace(file, head=replace(file.head, size=99)), StaleError, "never ended so")
    store = SqliteStore(tmp_path / "empty.db")
    store.create()
    with pytest.raises(UsageError, match="empty"):
        submit(store, file, log=LOG, recorded=world.now)
    store.close()
    elsewhere = prepared.unsigned(
        "other.example/x",
        "mine",
        [key("mine").vkey],
        [file.submissions[0].events[0].replace(file.ledger, "other.example/x").encode()],
    )
    stranger = replace(file, ledger="other.example/x", submissions=(elsewhere,))
    refused(world, signed(world, stranger), UsageError, "prepared for the ledger other.example/x")


def test_a_ledger_that_was_cut_is_not_built_on(world: World) -> None:
    file = signed(world, ready(world, extract(world, "A")))
    later = world.say("extract", "mine", site="pit", outputs=[output("B", 1)]).head.checkpoint
    cut = settled(Path(str(world.store.path) + ".cut"))  # type: ignore[attr-defined]  # an SqliteStore
    with pytest.raises(StoreError, match="cut or changed"):
        submit(cut.store, file, log=LOG, recorded=cut.tick(), remembered=later)
    cut.store.close()


def test_a_party_without_a_valid_key_at_the_end_is_told_how(world: World) -> None:
    drafts = [
        extract(world, "A"),
        world.draft("revoke", "registry", party="mine", vkey=str(key("mine").vkey), reason="closed"),
    ]
    with pytest.raises(UsageError, match="record that revocation by itself"):
        prepare(world.store, drafts, recorded=world.now)


# --- Faults, in pairs


class Failing(SqliteStore):
    """A store whose next append fails, before or after it is durable."""

    lost: bool | None = None

    def append(
        self,
        expected: Head,
        entries: list[Stored],  # type: ignore[override]  # as its callers give it
        index: list[IndexRow],  # type: ignore[override]
        head: Head,
        rows: MapRows | None = None,
    ) -> None:
        lost, self.lost = self.lost, None
        if lost is not True:
            super().append(expected, entries, index, head, rows)
        if lost is not None:
            raise StoreError("the disk went away")


@pytest.mark.parametrize("lost", [True, False])
def test_after_a_failure_the_same_file_can_be_submitted_again(world: World, path: Path, lost: bool) -> None:
    file = signed(world, ready(world, *handover(world)))
    before = world.store.head().size
    failing = Failing(path)
    failing.lost = lost
    with pytest.raises(StoreError, match="went away"):
        submit(failing, file, log=LOG, recorded=world.tick())
    assert (world.store.head().size == before) is lost
    told = submit(failing, file, log=LOG, recorded=world.tick())
    assert (told.submissions == 3) is lost
    assert world.store.head().size == before + 4
    assert errors(world.verify()) == []
    failing.close()


def test_a_log_key_that_cannot_sign_leaves_nothing(world: World) -> None:
    def gone(_message: bytes) -> bytes:
        raise KeyStoreError("the token was pulled out")

    file = signed(world, ready(world, *handover(world)))
    refused(world, file, KeyStoreError, "pulled out", HeldKey(LOG.vkey, gone))
    put(world, file, HeldKey(LOG.vkey, LOG.sign))
    assert errors(world.verify()) == []


def test_of_two_submitters_at_once_the_later_is_told(world: World, path: Path) -> None:
    one = signed(world, ready(world, extract(world, "A")))
    two = signed(world, ready(world, extract(world, "B")))

    class Overtaken(SqliteStore):
        def append(self, *arguments: Any) -> None:  # type: ignore[override]
            put(world, one)
            super().append(*arguments)

    store = Overtaken(path)
    with pytest.raises(ConflictError):
        submit(store, two, log=LOG, recorded=world.now)
    store.close()
    put(world, two)
    assert errors(world.verify()) == []
