from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import FormatError
from ledger.seal import checkpoint, evidence, merkle
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.evidence import Evidence
from ledger.seal.keys import SigningKey
from ledger.seal.merkle import ProofError
from ledger.seal.note import SignatureError, UnsignedError

LOG = SigningKey.from_seed("ledger.example/ree", bytes(31) + b"\x01")
OTHER = SigningKey.from_seed("ledger.example/ree", bytes(31) + b"\x02")
LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(24)]


def forked(at: int) -> list[bytes]:
    """Another history, the same up to entry `at`."""
    return [*LEAVES[:at], *(merkle.leaf_hash(b"other %d" % number) for number in range(at, 24))]


def signed(leaves: list[bytes], key: SigningKey = LOG) -> str:
    return checkpoint.sign(Checkpoint(key.name, len(leaves), merkle.root(leaves)), key).decode()


def rewritten(old: int, new: int, at: int, *, shown_is_larger: bool = True) -> Evidence:
    """Proof that a tree of `new` entries has another start than one of `old`: they part at entry `at`."""
    theirs = forked(at)[:new]
    notes = (signed(LEAVES[:old]), signed(theirs))
    before, shown = notes if shown_is_larger else notes[::-1]
    proof = tuple(merkle.consistency_proof(old, theirs))
    return Evidence(str(LOG.vkey), before, shown, merkle.root(theirs[:old]), proof)


def round_trip(found: Evidence) -> Evidence:
    return evidence.parse(evidence.format(found, LOG.vkey))


@pytest.mark.parametrize("at", [0, 3, 6])
def test_two_roots_of_one_size_prove_a_fork(at: int) -> None:
    found = Evidence(str(LOG.vkey), signed(LEAVES[:7]), signed(forked(at)[:7]))
    judged = evidence.judge(round_trip(found), LOG.vkey)
    assert (judged.claim, judged.proven) == ("two-roots", True)


@given(st.data())
def test_a_rewritten_start_is_proven_for_all_sizes(data: st.DataObject) -> None:
    old = data.draw(st.integers(1, 22))
    new = data.draw(st.integers(old + 1, 23))
    at = data.draw(st.integers(0, old - 1))
    found = rewritten(old, new, at, shown_is_larger=data.draw(st.booleans()))
    assert round_trip(found) == found
    assert evidence.judge(found, LOG.vkey).claim == "rewritten"


@given(st.data())
def test_no_proof_against_a_log_that_only_appended(data: st.DataObject) -> None:
    """Whatever an accuser takes for the other root and the proof, of the hashes that there are."""
    old = data.draw(st.integers(1, 22))
    new = data.draw(st.integers(old, 23))
    notes = signed(LEAVES[:old]), signed(LEAVES[:new])
    true = merkle.consistency_proof(old, LEAVES[:new]) if old < new else []
    hashes = st.sampled_from([*LEAVES, *true, merkle.root(LEAVES[:old]), merkle.root(LEAVES[:new]), bytes(32)])
    prefix = data.draw(hashes)
    proof = data.draw(st.sampled_from([tuple(true), tuple(data.draw(st.lists(hashes, max_size=6)))]))
    with pytest.raises(ProofError):
        evidence.judge(Evidence(str(LOG.vkey), *notes, prefix, proof), LOG.vkey)
    assert not evidence.judge(Evidence(str(LOG.vkey), *notes), LOG.vkey).proven


def test_a_shorter_ledger_proves_no_fork() -> None:
    for shown in (signed(LEAVES[:5]), signed(forked(2)[:5])):
        judged = evidence.judge(round_trip(Evidence(str(LOG.vkey), signed(LEAVES[:9]), shown)), LOG.vkey)
        assert (judged.claim, judged.proven) == ("older", False)
        assert any("old copy" in sentence for sentence in judged.does_not_prove)
    judged = evidence.judge(Evidence(str(LOG.vkey), signed(LEAVES[:5]), signed(forked(2)[:9])), LOG.vkey)
    assert (judged.claim, judged.proven) == ("incomplete", False)


def test_both_notes_must_be_the_logs() -> None:
    for notes in (
        (signed(LEAVES[:7]), signed(forked(2)[:7], OTHER)),
        (signed(LEAVES[:7], OTHER), signed(forked(2)[:7])),
    ):
        found = Evidence(str(LOG.vkey), *notes)
        with pytest.raises(UnsignedError):
            evidence.judge(found, LOG.vkey)
    changed = signed(LEAVES[:7]).replace("\n7\n", "\n8\n")
    with pytest.raises(SignatureError):
        evidence.judge(Evidence(str(LOG.vkey), changed, signed(forked(2)[:7])), LOG.vkey)


def test_a_proof_that_fails_proves_nothing() -> None:
    good = rewritten(5, 12, 3)
    for spoiled in (
        Evidence(good.log, good.before, good.shown, good.prefix, good.proof[:-1]),
        Evidence(good.log, good.before, good.shown, good.prefix, (bytes(32), *good.proof[1:])),
        Evidence(good.log, good.before, good.shown, bytes(32), good.proof),
    ):
        with pytest.raises(ProofError):
            evidence.judge(spoiled, LOG.vkey)


def test_the_file_says_what_it_is() -> None:
    built = json.loads(evidence.format(rewritten(5, 12, 3), LOG.vkey))
    assert list(built) == ["format", "log", "claim", "before", "shown", "consistency", "proves", "does_not_prove"]
    assert (built["format"], built["claim"]) == ("monazite/evidence@v1", "rewritten")
    assert (built["consistency"]["from"], built["consistency"]["to"]) == (5, 12)
    assert built["before"] == {"size": 5, "root": merkle.root(LEAVES[:5]).hex(), "note": signed(LEAVES[:5])}


CHANGES: list[tuple[str, Any]] = [
    ("format", "monazite/evidence@v2"),
    ("claim", "guilty"),
    ("more", 1),
    ("before", {"size": 6, "root": merkle.root(LEAVES[:5]).hex(), "note": signed(LEAVES[:5])}),
    ("before", {"size": 5, "root": bytes(32).hex(), "note": signed(LEAVES[:5])}),
    ("before", {"size": 5, "root": bytes(32).hex(), "note": "no note"}),
    ("consistency", {"from": 4, "to": 12, "root": bytes(32).hex(), "hashes": []}),
    ("consistency", {"from": 5, "to": 12, "root": "00", "hashes": []}),
    ("consistency", {"from": 5, "to": 12, "root": bytes(32).hex().replace("0", "g"), "hashes": []}),
    ("consistency", {"from": 5, "to": 12, "root": bytes(32).hex(), "hashes": ["?"]}),
]


@pytest.mark.parametrize(("member", "value"), CHANGES)
def test_a_file_that_contradicts_itself_is_refused(member: str, value: Any) -> None:
    built = json.loads(evidence.format(rewritten(5, 12, 3), LOG.vkey))
    with pytest.raises(FormatError):
        evidence.parse(json.dumps({**built, member: value}).encode(), "file")


@given(st.binary(max_size=60))
def test_hostile_bytes_give_typed_errors(data: bytes) -> None:
    with pytest.raises(FormatError):
        evidence.parse(data)
    with pytest.raises(FormatError):
        evidence.parse(b"[" * 100_000 + data)
    with pytest.raises(FormatError):
        evidence.parse(b'{"format":"\\ud800"}')
