"""The read path under a policy: quorum, cosignatures, their times, strangers' lines, and what a fork comes to."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ledger.errors import ConflictError, StoreError, UsageError
from ledger.report.answer import verification
from ledger.seal import checkpoint, cosignature, evidence, merkle, note
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.cosigner import Cosigner
from ledger.seal.note import SignatureError
from ledger.seal.policy import Group, Log, Policy, Witness
from ledger.store.sql import SqliteStore
from ledger.verify import Verdict, verify
from ledger.witnessing import ask, collect
from tests.ledger.test_verify import branch, dig, only
from tests.ledger.world import LEDGER, LOG, World, errors, key, settled

W1, W2, W3 = (Cosigner.ed25519(key(f"w{number}")) for number in (1, 2, 3))
TWO_OF_THREE = Policy(
    (Log(LOG.vkey),),
    tuple(Witness(w.name.encode(), w.vkey) for w in (W1, W2, W3)),
    (Group(b"two", 2, (b"w1", b"w2", b"w3")),),
    b"two",
)
NOBODY = Policy(TWO_OF_THREE.logs, TWO_OF_THREE.witnesses, (), None)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = settled(tmp_path / "ledger.db")
    dig(made, "A")
    return made


def line(world: World, witness: Cosigner, seconds: int = 0) -> bytes:
    """A witness's answer to the newest checkpoint."""
    text = note.parse(world.store.head().checkpoint or b"").text
    at = int(world.now.timestamp()) + seconds
    return note.format_line(cosignature.sign(text, witness, at)).encode()


def witnessed(world: World, *witnesses: Cosigner, seconds: int = 0) -> bytes:
    """Publish the newest checkpoint with these witnesses' lines."""
    for witness in witnesses:
        collect(world.store, LOG.vkey, line(world, witness, seconds), [witness.vkey])
    return world.store.head().checkpoint or b""


def judged(world: World, policy: Policy = TWO_OF_THREE, remembered: bytes | None = None) -> Verdict:
    return verify(world.store, policy, remembered=remembered, now=world.now)


@pytest.mark.parametrize(("witnesses", "met"), [((), False), ((W1,), False), ((W1, W3), True), ((W1, W2, W3), True)])
def test_the_quorum_decides(world: World, witnesses: tuple[Cosigner, ...], met: bool) -> None:
    signed = witnessed(world, *witnesses)
    verdict = judged(world)
    assert errors(verdict) == ([] if met else ["SEAL-QUORUM"])
    assert verdict.checkpoint == (signed if met else None)
    assert verdict.size == world.store.head().size  # the log's own signature holds in any case
    assert verdict.witnessed is not None
    assert verdict.witnessed.names == tuple(w.name for w in witnesses)
    if not met:
        assert "two has" in only(verdict, "SEAL-QUORUM").message


def test_who_cosigned_when_is_in_the_answer(world: World) -> None:
    witnessed(world, W1, W2)
    told = verification(judged(world))["witnesses"]
    assert told["quorum"] == {"met": True, "says": "the quorum two is met: w1 and w2 cosigned"}
    assert [(row["witness"], row["key"]) for row in told["cosignatures"]] == [(w.name, str(w.vkey)) for w in (W1, W2)]
    assert {row["time"] for row in told["cosignatures"]} == {f"{world.now:%Y-%m-%dT%H:%M:%SZ}"}
    assert "witnesses" not in verification(verify(world.store, LOG.vkey))


def test_without_a_quorum_cosignatures_are_shown_all_the_same(world: World) -> None:
    witnessed(world, W1)
    verdict = judged(world, NOBODY)
    assert errors(verdict) == []
    assert [row["witness"] for row in verification(verdict)["witnesses"]["cosignatures"]] == ["w1"]


def test_what_no_witness_vouches_for_is_said(world: World) -> None:
    def gap(verdict: Verdict) -> str:
        return next(f"{item.what}: {item.why}" for item in verdict.not_checked if "witness" in item.why)

    assert "names no witness" in gap(verify(world.store, LOG.vkey))
    assert "no witness that you trust cosigned" in gap(judged(world))
    witnessed(world, W1)
    assert "too few of them did" in gap(judged(world))
    witnessed(world, W2)
    assert "not that an entry is true" in gap(judged(world))
    assert "no newer checkpoint exists" in gap(judged(world))
    assert "too few" not in gap(judged(world))


def test_lines_of_strangers_are_neither_findings_nor_trust(world: World) -> None:
    head = world.store.head()
    signed = note.parse(head.checkpoint or b"")
    stranger = Cosigner.ed25519(key("stranger"))
    for more in (
        cosignature.sign(signed.text, stranger, 1),
        note.Signature("w1", bytes(4), bytes(72)),  # a known name with another key id
        note.Signature("future", b"\x01\x02\x03\x04", bytes(500)),  # a type that nobody knows yet
    ):
        signed = note.with_signature(signed, more)
    world.store.publish(head, note.format(signed))
    assert errors(verify(world.store, LOG.vkey)) == []
    assert errors(judged(world, NOBODY)) == []
    assert errors(judged(world)) == ["SEAL-QUORUM"]


def test_a_known_witnesss_line_that_fails_spoils_the_checkpoint(world: World) -> None:
    head = world.store.head()
    signed = note.parse(head.checkpoint or b"")
    spoiled = note.with_signature(signed, note.Signature("w1", W1.vkey.key_id, bytes(72)))
    world.store.publish(head, note.format(spoiled))
    assert errors(judged(world, NOBODY)) == ["SEAL-CHECKPOINT"]
    assert errors(verify(world.store, LOG.vkey)) == []  # to one who does not know the witness it is a stranger's line


@pytest.mark.parametrize(("seconds", "noted"), [(0, 0), (300, 0), (301, 1), (2**40, 1)])
def test_a_cosignature_of_the_future_is_noted_and_counts(world: World, seconds: int, noted: int) -> None:
    witnessed(world, W1)
    witnessed(world, W2, seconds=seconds)
    verdict = judged(world)
    found = [item for item in verdict.findings if item.code == "TIME-WITNESS"]
    assert len(found) == noted
    assert errors(verdict) == []
    assert all("w2" in item.message and item.severity == "warning" for item in found)
    assert "TIME-WITNESS" not in {item.code for item in verify(world.store, TWO_OF_THREE).findings}  # without a clock


def test_a_remembered_checkpoint_needs_no_quorum(world: World) -> None:
    remembered = world.store.head().checkpoint
    dig(world, "B")
    witnessed(world, W1, W2)
    assert errors(judged(world, remembered=remembered)) == []


def test_memory_of_cosigned_checkpoints_shows_a_fork_with_their_lines(world: World, tmp_path: Path) -> None:
    other = branch(world, tmp_path)
    dig(world, "B", 100)
    remembered = witnessed(world, W1, W2)
    dig(other, "B", 200)
    dig(other, "C", 200)
    witnessed(other, W1, W2)  # two witnesses that look at nothing
    verdict = judged(other, remembered=remembered)
    assert errors(verdict) == ["SEAL-FORK"]
    assert verdict.dispute is not None
    assert evidence.judge(verdict.dispute, LOG.vkey).proven
    for text in (verdict.dispute.before, verdict.dispute.shown):
        assert {made.key for made in cosignature.verify(note.parse(text.encode()), [W1.vkey, W2.vkey])} == {
            W1.vkey,
            W2.vkey,
        }


def test_a_second_root_over_the_same_entries_is_a_fork(world: World) -> None:
    head = world.store.head()
    remembered = head.checkpoint
    world.store.publish(head, checkpoint.sign(Checkpoint(LEDGER, head.size, bytes(32)), LOG))
    verdict = verify(world.store, LOG.vkey, remembered=remembered)
    assert sorted(errors(verdict)) == ["SEAL-FORK", "SEAL-ROOT"]
    assert verdict.dispute is not None
    assert evidence.judge(verdict.dispute, LOG.vkey).claim == "two-roots"


def test_a_rollback_and_a_cut_are_no_proof_of_a_fork(world: World, tmp_path: Path) -> None:
    older = branch(world, tmp_path)
    remembered = dig(world, "B")
    verdict = verify(older.store, LOG.vkey, remembered=remembered)
    assert errors(verdict) == ["SEAL-ROLLBACK"]
    assert verdict.dispute is not None
    assert evidence.judge(verdict.dispute, LOG.vkey).claim == "older"
    older.store.publish(older.store.head(), remembered)  # rows are gone, the checkpoint is not
    verdict = verify(older.store, LOG.vkey, remembered=remembered)
    assert sorted(errors(verdict)) == ["SEAL-ROLLBACK", "SEAL-TRUNCATED"]
    assert only(verdict, "SEAL-TRUNCATED").evidence == {"shown": remembered.decode()}
    assert verdict.dispute is not None
    assert evidence.judge(verdict.dispute, LOG.vkey).claim == "incomplete"


def test_a_fork_whose_newest_entries_are_unsigned_is_proven_by_what_is_signed(world: World, tmp_path: Path) -> None:
    other = branch(world, tmp_path)
    remembered = dig(world, "B", 100)
    dig(other, "B", 200)
    dig(other, "C", 200)
    other.record(other.draft("dispose", "mine", lots=[{"lot": "A"}], how="waste", site="pit"), log=None)
    verdict = verify(other.store, LOG.vkey, remembered=remembered)
    assert "SEAL-FORK" in errors(verdict)
    assert verdict.dispute is not None
    assert evidence.judge(verdict.dispute, LOG.vkey).claim == "rewritten"


def test_collecting_verifies_before_it_publishes(world: World) -> None:
    before = world.store.head()
    answer = line(world, W1)
    with pytest.raises(UsageError, match="no line is of a witness"):
        collect(world.store, LOG.vkey, answer, [W2.vkey])
    spoiled = note.format_line(note.Signature("w1", W1.vkey.key_id, bytes(7) + b"\x01" + bytes(64))).encode()
    with pytest.raises(SignatureError):
        collect(world.store, LOG.vkey, spoiled, [W1.vkey])
    assert world.store.head() == before
    dig(world, "B")
    with pytest.raises(SignatureError):  # an answer about the checkpoint before
        collect(world.store, LOG.vkey, answer, [W1.vkey])


def test_collecting_begins_anew_where_another_was_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    publish = SqliteStore.publish
    others = [W2, W3]

    def slow(store: SqliteStore, expected: object, signed: bytes) -> None:
        if others:
            (more,) = note.parse_lines(line(world, others.pop()).decode())
            head = store.head()
            publish(store, head, note.format(note.with_signature(note.parse(head.checkpoint or b""), more)))
        publish(store, expected, signed)  # type: ignore[arg-type]

    monkeypatch.setattr(SqliteStore, "publish", slow)
    collect(world.store, LOG.vkey, line(world, W1), [W1.vkey])
    assert errors(judged(world)) == []
    assert {w.name for w in (W1, W2, W3)} == set(judged(world).witnessed.names)  # type: ignore[union-attr]

    def always(*_arguments: object) -> None:
        raise ConflictError("busy")

    monkeypatch.setattr(SqliteStore, "publish", always)
    with pytest.raises(ConflictError, match="all the time"):
        collect(world.store, LOG.vkey, line(world, W1, 9), [W1.vkey])


def test_a_request_is_made_for_every_size_before(world: World) -> None:
    for lot in "BCDE":
        dig(world, lot)
    size = world.store.head().size
    leaves = [stored.leaf for stored in world.store.entries()]
    for old in range(1, size + 1):
        request = ask(world.store, old)
        merkle.check_consistency(
            old_size=old,
            new_size=size,
            old_root=merkle.root(leaves[:old]),
            new_root=merkle.root(leaves),
            proof=request.proof,
        )
    assert ask(world.store, 0).proof == ()
    with pytest.raises(UsageError, match="fewer than"):
        ask(world.store, size + 1)
    head = world.store.head()
    world.store.publish(head, checkpoint.sign(Checkpoint(LEDGER, size, bytes(32)), LOG))
    with pytest.raises(StoreError, match="not of the ledger's entries"):
        ask(world.store, 1)


def test_the_clock_is_the_callers(world: World) -> None:
    witnessed(world, W1, W2, seconds=3600)
    assert "TIME-WITNESS" in {item.code for item in judged(world).findings}
    later = verify(world.store, TWO_OF_THREE, now=world.now + timedelta(hours=1))
    assert "TIME-WITNESS" not in {item.code for item in later.findings}
