from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ledger.errors import FormatError, UsageError
from ledger.seal import checkpoint, cosignature, merkle, note, witness
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.cosigner import Cosigner
from ledger.seal.evidence import Evidence, judge
from ledger.seal.keys import SigningKey, VerifierKey
from ledger.seal.merkle import ProofError
from ledger.seal.note import SignatureError
from ledger.seal.witness import Cosigned, Refused, Request, State
from tests import strategies as say
from tests.trials import trials

VECTORS = Path(__file__).parents[2] / "fixtures" / "vectors" / "tlog-witness"
LOG = SigningKey.from_seed("ledger.example/ree", bytes(31) + b"\x01")
W1 = Cosigner.ed25519(SigningKey.from_seed("witness.example/w1", bytes(31) + b"\x02"))
W2 = Cosigner.mldsa44("witness.example/w1", bytes(32))
LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(40)]
FORKED = [*LEAVES[:6], *(merkle.leaf_hash(b"other %d" % number) for number in range(34))]
NOW = 1_764_000_000


def signed(size: int, leaves: list[bytes] = LEAVES, key: SigningKey = LOG, *extensions: str) -> bytes:
    return checkpoint.sign(Checkpoint(key.name, size, merkle.root(leaves[:size]), extensions), key)


def asked(old: int, new: int, leaves: list[bytes] = LEAVES) -> Request:
    proof = merkle.consistency_proof(old, leaves[:new]) if 0 < old <= new else ()
    return Request(old, tuple(proof), signed(new, leaves))


def answered(state: State, request: Request, *keys: Cosigner, at: int = NOW) -> Cosigned | Refused:
    return witness.decide(state, request, logs=(LOG.vkey,), cosigners=keys or (W1,), timestamp=at)


def cosigned(state: State, request: Request, *keys: Cosigner, at: int = NOW) -> Cosigned:
    answer = answered(state, request, *keys, at=at)
    assert isinstance(answer, Cosigned), answer
    return answer


def refused(state: State, request: Request, status: int, reason: str) -> Refused:
    answer = answered(state, request)
    assert isinstance(answer, Refused)
    assert (answer.status, answer.reason) == (status, reason), answer.message
    assert answer.body.endswith(b"\n")
    return answer


AT_6 = cosigned(State(), asked(0, 6)).state


def test_another_witnesss_requests_are_answered_alike() -> None:
    """The published requests in their order, each on the state that the one before it left."""
    data: dict[str, Any] = json.loads((VECTORS / "litewitness.json").read_text())
    request = witness.parse_request(data["cases"][0]["request"].encode())
    log = VerifierKey.of(witness.origin_of(request), bytes.fromhex(data["log_key"]))
    state, statuses = State(), []
    for case in data["cases"]:
        try:
            request = witness.parse_request(case["request"].encode())
        except FormatError as error:
            # a spoiled signature, whose base64 is no canonical spelling: malformed for us before it fails to verify
            statuses.append(403 if "canonical" in error.message else 400)
            continue
        assert witness.format_request(request) == case["request"].encode()
        answer = witness.decide(state, request, logs=(log,), cosigners=(W1,), timestamp=NOW)
        if isinstance(answer, Cosigned):
            state = answer.state
            statuses.append(200)
            whole = witness.accept(request.checkpoint, answer.lines, [W1.vkey])
            assert cosignature.verify(note.parse(whole), [W1.vkey])
            continue
        # an unknown log was a 403 in that version, the specification has 404 for it now
        statuses.append(403 if answer.reason == "unknown" else answer.status)
        if answer.status == 409:
            assert f"body == {json.dumps(answer.body.decode())}" == case["asserts"]
            assert witness.parse_conflict(answer.body) == state.size
    assert statuses == [case["status"] for case in data["cases"]]
    assert state.size == 5


def test_another_witnesss_log_is_cosigned() -> None:
    data = json.loads((VECTORS / "monkeys.json").read_text())
    log = VerifierKey.parse(data["mPK"])
    first = Request(0, (), data["mInit"].encode())
    second = Request(5, tuple(map(bytes.fromhex, data["consProof"])), data["mNext"].encode())
    begun = witness.decide(State(), first, logs=(log,), cosigners=(W1,), timestamp=NOW)
    assert isinstance(begun, Cosigned)
    then = witness.decide(begun.state, second, logs=(log,), cosigners=(W1,), timestamp=NOW)
    assert isinstance(then, Cosigned)
    assert then.state.size == 8
    spoiled = Request(5, (*second.proof[:-1], bytes(32)), second.checkpoint)
    answer = witness.decide(begun.state, spoiled, logs=(log,), cosigners=(W1,), timestamp=NOW)
    assert isinstance(answer, Refused) and answer.status == 422


def test_the_request_is_that_of_the_specification() -> None:
    request = asked(2, 5)
    data = witness.format_request(request)
    assert data.startswith(b"old 2\n")
    assert data.count(b"\n\n") == 2
    assert witness.parse_request(data) == request
    assert witness.format_request(asked(0, 5)) == b"old 0\n\n" + signed(5)
    assert witness.origin_of(request) == LOG.name


@pytest.mark.parametrize("keys", [(W1,), (W2,), (W1, W2)])
def test_a_consistent_checkpoint_is_cosigned_by_every_key(keys: tuple[Cosigner, ...]) -> None:
    answer = cosigned(AT_6, asked(6, 9), *keys)
    lines = note.parse_lines(answer.lines.decode())
    assert [line.name for line in lines] == [key.name for key in keys]
    assert (answer.state.size, answer.state.root, answer.state.timestamp) == (9, merkle.root(LEAVES[:9]), NOW)
    kept = note.parse(answer.state.checkpoint)
    assert note.verify(kept, [LOG.vkey])
    assert {made.key for made in cosignature.verify(kept, [key.vkey for key in keys])} == {key.vkey for key in keys}
    whole = witness.accept(signed(9), answer.lines, [key.vkey for key in keys])
    assert whole == answer.state.checkpoint


def test_signatures_of_strangers_are_neither_looked_at_nor_kept() -> None:
    stranger = SigningKey.from_seed("stranger", bytes(32))
    request = asked(6, 9)
    busy = note.format(note.add(note.parse(request.checkpoint), stranger))
    answer = cosigned(AT_6, Request(6, request.proof, busy))
    assert [line.name for line in note.parse(answer.state.checkpoint).signatures] == [LOG.name, W1.name]


def test_a_second_line_of_the_log_is_not_kept() -> None:
    parsed = note.parse(signed(9))
    twice = note.Note(parsed.text, (*parsed.signatures, note.Signature(LOG.name, LOG.vkey.key_id, bytes(64))))
    answer = cosigned(AT_6, Request(6, asked(6, 9).proof, note.format(twice)))
    assert note.parse(answer.state.checkpoint).signatures[:-1] == parsed.signatures


def test_the_same_tree_is_cosigned_again_with_a_new_time() -> None:
    answer = cosigned(AT_6, asked(6, 6), at=NOW + 60)
    assert (answer.state.size, answer.state.timestamp) == (6, NOW + 60)
    refused(AT_6, Request(6, (bytes(32),), signed(6)), 422, "inconsistent")


def test_the_empty_tree() -> None:
    begun = cosigned(State(), asked(0, 0))
    assert (begun.state.size, begun.state.root) == (0, merkle.EMPTY_ROOT)
    assert cosigned(begun.state, asked(0, 0)).state == begun.state
    assert cosigned(begun.state, asked(0, 3)).state.size == 3
    text = f"{LOG.name}\n0\n{'A' * 43}=\n"
    refused(State(), Request(0, (), note.format(note.sign(text, LOG))), 422, "inconsistent")
    refused(State(), Request(0, (bytes(32),), signed(3)), 422, "inconsistent")


def test_an_unknown_log_or_signature() -> None:
    other = SigningKey.from_seed("ledger.example/other", bytes(32))
    refused(State(), Request(0, (), signed(3, key=other)), 404, "unknown")
    impostor = SigningKey.from_seed(LOG.name, bytes(32))
    refused(State(), Request(0, (), signed(3, key=impostor)), 403, "unsigned")
    data = signed(3)
    parsed = note.parse(data)
    spoiled = note.Signature(LOG.name, LOG.vkey.key_id, parsed.signatures[0].body[:-1] + b"\x00")
    refused(State(), Request(0, (), note.format(note.Note(parsed.text, (spoiled,)))), 403, "unsigned")
    # a known log's key does not sign for another known log
    moved = note.format(note.sign(checkpoint.format_text(Checkpoint(other.name, 3, bytes(32))), LOG))
    answer = witness.decide(State(), Request(0, (), moved), logs=(LOG.vkey, other.vkey), cosigners=(W1,), timestamp=NOW)
    assert isinstance(answer, Refused) and answer.status == 403


def test_a_request_that_makes_no_sense() -> None:
    refused(AT_6, Request(6, (), signed(5)), 400, "malformed")
    refused(AT_6, Request(7, (), signed(5)), 400, "malformed")
    text = f"{LOG.name}\nthree\n{'A' * 43}=\n"
    refused(State(), Request(0, (), note.format(note.sign(text, LOG))), 400, "malformed")


@pytest.mark.parametrize("old", [0, 5, 7])
def test_a_conflict_says_the_size(old: int) -> None:
    answer = refused(AT_6, asked(old, 9), 409, "conflict")
    assert answer.body == b"6\n"
    assert witness.parse_conflict(answer.body) == 6
    assert answer.evidence == ()


def test_a_fork_is_shown_with_both_notes() -> None:
    state = cosigned(AT_6, asked(6, 9)).state
    fork = asked(9, 9, FORKED)
    answer = refused(state, fork, 422, "inconsistent")
    assert answer.evidence == (state.checkpoint, fork.checkpoint)
    assert "two trees" in answer.message
    opened = [checkpoint.open(data, LOG.vkey) for data in answer.evidence]
    assert opened[0].size == opened[1].size
    assert opened[0].root != opened[1].root
    # where the log asks from another size, the answer is a conflict and the accusation stands
    assert refused(state, asked(6, 9, FORKED), 409, "conflict").evidence == answer.evidence
    # the log's own proof from another start convicts it; one that leads nowhere accuses nobody: anyone may have sent it
    later = asked(9, 12, FORKED)
    assert refused(state, later, 422, "inconsistent").prefix == merkle.root(FORKED[:9])
    nowhere = Request(9, tuple(bytes(32) for _hash in later.proof), later.checkpoint)
    assert refused(state, nowhere, 422, "inconsistent").evidence == ()


def test_a_rolled_back_log_is_not_cosigned() -> None:
    state = cosigned(AT_6, asked(6, 9)).state
    refused(state, asked(6, 6), 409, "conflict")
    refused(state, Request(9, (), signed(6)), 400, "malformed")


def test_the_clock_does_not_run_back() -> None:
    with pytest.raises(UsageError, match="run back"):
        answered(AT_6, asked(6, 9), at=NOW - 1)
    for bad in (0, -1, 2**63):
        with pytest.raises(UsageError):
            answered(State(), asked(0, 3), at=bad)
    with pytest.raises(UsageError):
        witness.decide(State(), asked(0, 3), logs=(LOG.vkey,), cosigners=(), timestamp=NOW)


def test_what_cannot_be_signed_is_refused() -> None:
    long = SigningKey.from_seed("o" * 256, bytes(32))
    request = Request(0, (), signed(3, key=long))
    answer = witness.decide(State(), request, logs=(long.vkey,), cosigners=(W2,), timestamp=NOW)
    assert isinstance(answer, Refused) and answer.status == 400
    full = signed(3, LEAVES, LOG, "x" * (note.MAX_BYTES - len(signed(3)) - 1))
    assert len(full) == note.MAX_BYTES
    refused(State(), Request(0, (), full), 400, "malformed")


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"old",
        b"old ",
        b"old 01",
        b"old -1",
        b"old  1",
        b"old 1 ",
        b"old 1\r",
        b"old 9007199254740992",
        b"new 1",
        "old \u0661".encode(),
        b"old 1\nAA==",
        b"old 1\n" + b"A" * 44,
        b"old 1\n" + b"A" * 43 + b"= ",
        b"old 1" + (b"\n" + b"A" * 43 + b"=") * 64,
        b"old 1" + (b"\n" + b"A" * 43 + b"=") * 5000,
    ],
)
def test_other_requests_are_refused(head: bytes) -> None:
    with pytest.raises(FormatError):
        witness.parse_request(head + b"\n\n" + signed(3))


def test_a_request_is_bounded() -> None:
    most = Request(1, (bytes(32),) * 63, signed(3))
    assert witness.parse_request(witness.format_request(most)) == most
    with pytest.raises(FormatError, match="at most"):
        witness.parse_request(b"x" * (witness.MAX_BYTES + 1))
    with pytest.raises(FormatError, match="empty line"):
        witness.parse_request(b"old 1\n")
    for parts in ((-1, (), signed(3)), (2**53, (), signed(3)), (1, (bytes(31),), signed(3)), (1, (), b"")):
        with pytest.raises(FormatError):
            Request(*parts)
    with pytest.raises(FormatError):
        witness.origin_of(Request(0, (), note.format(note.sign("\n", LOG))))


def test_answers_are_bounded_and_verified() -> None:
    answer = cosigned(State(), asked(0, 3), W1, W2)
    assert witness.accept(signed(3), answer.lines, []) == signed(3)
    with pytest.raises(SignatureError):
        witness.accept(signed(4), answer.lines, [W1.vkey])
    for bad in (b"", b"\n", answer.lines[:-1], answer.lines + b"\n", b"\xff\n", b"x" * (note.MAX_BYTES + 1)):
        with pytest.raises(FormatError):
            witness.accept(signed(3), bad, [W1.vkey])
    for body in (b"", b"6", b"06\n", b"-6\n", b"6\n\n", b"9007199254740992\n", b"six\n"):
        with pytest.raises(FormatError):
            witness.parse_conflict(body)


def test_states_are_checked_and_origins_are_hashed() -> None:
    for size, root in ((-1, bytes(32)), (2**53, bytes(32)), (1, b"")):
        with pytest.raises(ProofError):
            State(size, root)
    # SHA-256("abc"), FIPS 180-4 example
    assert witness.origin_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_no_byte_of_a_request_can_change_and_still_be_cosigned() -> None:
    data = witness.format_request(asked(6, 9))
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        try:
            request = witness.parse_request(changed)
        except FormatError:
            continue
        assert isinstance(answered(AT_6, request), Refused), data[at : at + 10]


@given(say.spoiled(witness.format_request(asked(6, 9))) | st.binary(max_size=80))
@settings(max_examples=trials(300))
def test_garbage_is_refused(data: bytes) -> None:
    try:
        request = witness.parse_request(data)
    except FormatError:
        return
    assert witness.format_request(request) == data
    answer = answered(AT_6, request)
    assert isinstance(answer, Refused) or answer.state.root == merkle.root(LEAVES[:9])


@given(say.spoiled(cosigned(State(), asked(0, 3)).lines) | st.binary(max_size=60))
@settings(max_examples=trials(200))
def test_a_garbled_answer_adds_nothing_false(data: bytes) -> None:
    try:
        whole = witness.accept(signed(3), data, [W1.vkey])
    except FormatError:
        return
    assert note.parse(whole).text == note.parse(signed(3)).text
    assert len(cosignature.verify(note.parse(whole), [W1.vkey])) == len(note.parse(whole).signatures) - 1


class OneHistory(RuleBasedStateMachine):
    """Whatever a log with two trees sends, and in whatever order: what was cosigned is one history."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State()
        self.seen: list[tuple[int, bytes]] = []

    @rule(old=st.none() | st.integers(0, 40), new=st.integers(0, 40), fork=st.booleans(), proof=st.booleans())
    def ask(self, old: int | None, new: int, *, fork: bool, proof: bool) -> None:
        leaves = FORKED if fork else LEAVES
        request = asked(self.state.size if old is None else old, new, leaves)
        if not proof:
            request = Request(request.old_size, (), request.checkpoint)
        answer = answered(self.state, request)
        if isinstance(answer, Cosigned):
            self.state = answer.state
            self.seen.append((new, answer.state.root))
        elif answer.evidence:
            roots = {checkpoint.open(data, LOG.vkey).root for data in answer.evidence}
            assert len(roots) == 2

    @invariant()
    def one_history(self) -> None:
        assert [size for size, _root in self.seen] == sorted(size for size, _root in self.seen)
        honest = all(root == merkle.root(LEAVES[:size]) for size, root in self.seen)
        forked = all(root == merkle.root(FORKED[:size]) for size, root in self.seen)
        assert honest or forked


OneHistory.TestCase.settings = settings(max_examples=trials(30), stateful_step_count=20, deadline=None)
TestOneHistory = OneHistory.TestCase


def test_the_state_is_read_back_from_the_note_that_was_kept() -> None:
    for keys in ((W1,), (W2,), (W1, W2)):
        state = cosigned(AT_6, asked(6, 9), *keys).state
        assert witness.recall(state.checkpoint, [key.vkey for key in keys]) == state
    assert witness.recall(b"", [W1.vkey]) == State()


def test_a_kept_note_that_the_witness_did_not_cosign_is_no_state() -> None:
    with pytest.raises(FormatError, match="none of the witness's keys"):
        witness.recall(signed(9), [W1.vkey])
    with pytest.raises(FormatError):
        witness.recall(AT_6.checkpoint.replace(b"\n6\n", b"\n7\n"), [W1.vkey])
    with pytest.raises(FormatError):
        witness.recall(b"no note", [W1.vkey])


@pytest.mark.parametrize("old", range(1, 12))
def test_the_proof_of_a_forked_log_convicts_it_where_it_shows_the_other_start(old: int) -> None:
    theirs = [merkle.leaf_hash(b"other %d" % number) for number in range(20)]
    state = cosigned(State(), asked(0, old)).state
    request = asked(old, 17, theirs)
    answer = refused(state, request, 422, "inconsistent")
    if old.bit_count() == 1:  # the old root is not in such a proof
        assert (answer.evidence, answer.prefix) == ((), b"")
        return
    pair = Evidence(str(LOG.vkey), *(text.decode() for text in answer.evidence), answer.prefix, request.proof)
    assert judge(pair, LOG.vkey).claim == "rewritten"
    spoiled = Request(old, (*request.proof[:-1], bytes(32)), request.checkpoint)
    assert refused(state, spoiled, 422, "inconsistent").evidence == ()


@given(st.integers(1, 39), st.integers(1, 39))
def test_the_start_that_a_proof_shows_is_the_one_that_is_there(old: int, new: int) -> None:
    if old >= new:
        with pytest.raises(ProofError):
            merkle.start_of(old_size=old, new_size=new, new_root=bytes(32), proof=())
        return
    proof = merkle.consistency_proof(old, LEAVES[:new])
    found = merkle.start_of(old_size=old, new_size=new, new_root=merkle.root(LEAVES[:new]), proof=proof)
    assert found == (None if old.bit_count() == 1 else merkle.root(LEAVES[:old]))
    if found:
        assert merkle.start_of(old_size=old, new_size=new, new_root=bytes(32), proof=proof) is None
