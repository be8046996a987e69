from __future__ import annotations

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import FormatError
from ledger.seal import checkpoint, cosignature, cosigner, merkle, note, policy, proof
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.cosigner import Cosigner, CosignerKey
from ledger.seal.keys import SigningKey, VerifierKey
from ledger.seal.merkle import ProofError
from ledger.seal.note import Note, Signature, SignatureError, UnsignedError
from ledger.seal.policy import Log, Policy, Witness
from ledger.seal.proof import Proof
from ledger.seal.witnessed import QuorumError
from tests import strategies as say
from tests.trials import trials

VECTORS = Path(__file__).parents[2] / "fixtures" / "vectors" / "tlog-proof"
LOG = SigningKey.from_seed("ledger.example/ree", bytes(31) + b"\x01")
W1 = Cosigner.ed25519(SigningKey.from_seed("w1", bytes(31) + b"\x02"))
W2 = Cosigner.mldsa44("w2", bytes(32))
TRUSTED = Policy((Log(LOG.vkey),), (Witness(b"w1", W1.vkey), Witness(b"w2", W2.vkey)), (), b"w1")
ENTRIES = [f"entry {number}".encode() for number in range(11)]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]
NOW = 1_764_000_000
HEADER = b"c2sp.org/tlog-proof@v1\n"


def checkpointed(size: int, *keys: Cosigner, signer: SigningKey = LOG) -> bytes:
    text = checkpoint.format_text(Checkpoint(LOG.name, size, merkle.root(LEAVES[:size])))
    signed = note.sign(text, signer)
    for key in keys:
        signed = note.with_signature(signed, cosignature.sign(text, key, NOW))
    return note.format(signed)


SIGNED = checkpointed(11, W1)


def receipt(index: int = 5, size: int = 11, signed: bytes = SIGNED, extra: bytes | None = None) -> Proof:
    return Proof(index, tuple(merkle.inclusion_proof(index, LEAVES[:size])), signed, extra)


def sigsum() -> tuple[Proof, bytes, Policy]:
    """Sigsum's published proof as a C2SP receipt: the same bytes signed, in another envelope.

    Sigsum's log signs the checkpoint `sigsum.org/v1/tree/<hash of its key>` and its witnesses cosign that.
    """
    data: dict[str, Any] = json.loads((VECTORS / "sigsum.json").read_text())
    fields = [line.partition("=")[::2] for line in data["proof"].split("\n")]
    value = dict(fields)
    raw = {name: base64.b64decode(text.split()[1])[-32:] for name, text in data["keys"].items()}
    assert sha256(raw["log"]).hexdigest() == value["log"]
    log = VerifierKey.of(f"sigsum.org/v1/tree/{value['log']}", raw["log"])
    witness = CosignerKey.of("witness.example", cosigner.ED25519, raw["witness"])
    text = checkpoint.format_text(Checkpoint(log.name, int(value["size"]), bytes.fromhex(value["root_hash"])))
    mark, seconds, signature = value["cosignature"].split()
    assert sha256(raw["witness"]).hexdigest() == mark
    timed = int(seconds).to_bytes(8, "big") + bytes.fromhex(signature)
    lines = (
        Signature(log.name, log.key_id, bytes.fromhex(value["signature"])),
        Signature(witness.name, witness.key_id, timed),
    )
    # sigsum-go, types.Leaf.ToBinary: hash of the message || signature || hash of the submitter's key
    mark, signature = value["leaf"].split()
    message = b"foo-4\n".rjust(32)
    entry = sha256(message).digest() + bytes.fromhex(signature) + bytes.fromhex(mark)
    path = tuple(bytes.fromhex(text) for name, text in fields if name == "node_hash")
    made = Proof(int(value["leaf_index"]), path, note.format(Note(text, lines)))
    return made, merkle.leaf_hash(entry), Policy((Log(log),), (Witness(b"w", witness),), (), b"w")


def test_a_published_proof_verifies() -> None:
    made, leaf, trusted = sigsum()
    found = proof.verify(proof.parse(proof.format(made)), leaf, trusted)
    assert found.checkpoint.size == 4
    assert [one.timestamp for one in found.cosignatures] == [1683202758]
    with pytest.raises(ProofError):
        proof.verify(made, merkle.leaf_hash(b""), trusted)


def test_the_bytes_are_those_of_the_specification() -> None:
    made = receipt(extra=b"why")
    lines = "".join(base64.b64encode(value).decode() + "\n" for value in made.path).encode()
    assert proof.format(made) == HEADER + b"extra d2h5\nindex 5\n" + lines + b"\n" + SIGNED
    assert proof.parse(proof.format(made)) == made
    alone = receipt(0, 1, checkpointed(1, W1))
    assert proof.format(alone) == HEADER + b"index 0\n\n" + alone.checkpoint
    assert proof.parse(proof.format(alone)) == alone


@pytest.mark.parametrize("size", range(1, 12))
def test_every_entry_has_its_receipt(size: int) -> None:
    signed = checkpointed(size, W1)
    for index in range(size):
        made = proof.parse(proof.format(receipt(index, size, signed)))
        assert proof.verify(made, LEAVES[index], TRUSTED).checkpoint.size == size
        with pytest.raises(ProofError):
            proof.verify(made, LEAVES[index - 1] if size > 1 else bytes(32), TRUSTED)


def test_what_a_receipt_lacks_is_named() -> None:
    leaf = LEAVES[5]
    assert proof.verify(receipt(), leaf, TRUSTED).cosignatures[0].key == W1.vkey
    with pytest.raises(QuorumError, match="w1 did not cosign"):
        proof.verify(receipt(signed=checkpointed(11, W2)), leaf, TRUSTED)
    assert proof.verify(receipt(signed=checkpointed(11)), leaf, Policy(TRUSTED.logs)).cosignatures == ()
    with pytest.raises(UnsignedError):
        proof.verify(receipt(), leaf, Policy(witnesses=TRUSTED.witnesses, quorum=b"w1"))
    stranger = SigningKey.from_seed(LOG.name, bytes(32))
    with pytest.raises(UnsignedError):
        proof.verify(receipt(signed=checkpointed(11, W1, signer=stranger)), leaf, TRUSTED)
    with pytest.raises(SignatureError, match="future"):
        proof.verify(receipt(), leaf, TRUSTED, latest=NOW - 1)
    with pytest.raises(ProofError):
        proof.verify(receipt(signed=checkpointed(10, W1)), leaf, TRUSTED)
    with pytest.raises(ProofError):
        proof.verify(Proof(11, (), SIGNED), leaf, TRUSTED)


@pytest.mark.parametrize(
    "case", json.loads((VECTORS / "formats-errors.json").read_text()), ids=lambda case: case["name"]
)
def test_published_malformed_receipts_are_refused(case: dict[str, str]) -> None:
    head, _blank, _rest = case["proof"].partition("\n\n")
    for data in (case["proof"].encode(), f"{head}\n\n".encode() + SIGNED):
        with pytest.raises(FormatError):
            proof.parse(data)


GOOD = base64.b64encode(bytes(32))


@pytest.mark.parametrize(
    ("head", "line", "message"),
    [
        (b"", 1, "begins with"),
        (b"c2sp.org/tlog-proof@v2\nindex 0", 1, "begins with"),
        (HEADER[:-1], 2, "index"),
        (HEADER + b"extra AA==", 3, "index"),
        (HEADER + b"extra \nindex 0", None, "extra data is"),
        (HEADER + b"extra AB==\nindex 0", 2, "canonical"),
        (HEADER + b"extra AA==\nextra AA==\nindex 0", 3, "index"),
        (HEADER + b"index 0\nextra AA==", 3, "base64"),
        (HEADER + b"Index 0", 2, "index"),
        (HEADER + b"index  0", 2, "index"),
        (HEADER + b"index 00", 2, "index"),
        (HEADER + b"index +1", 2, "index"),
        (HEADER + b"index 0\r", 2, "index"),
        (HEADER + b"index 9007199254740991", None, "2\\^53"),
        (HEADER + b"index 99999999999999999", 2, "index"),
        (HEADER + b"index 0\n" + GOOD + b" ", 3, "base64"),
        (HEADER + b"index 0\n" + GOOD + b"\n" + base64.b64encode(bytes(33)), 4, "32 bytes"),
        (HEADER + b"index 0\n" + b"\n".join([GOOD] * 64), 66, "at most 63"),
        (HEADER + b"index 0\n" + b"\n".join([GOOD] * 5000), 66, "at most 63"),
        (HEADER + "index \u0660".encode(), None, "ASCII"),
    ],
)
def test_other_heads_are_refused_with_their_line(head: bytes, line: int | None, message: str) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        proof.parse(head + b"\n\n" + SIGNED)
    assert caught.value.line == line


def test_a_receipt_is_bounded_and_holds_a_checkpoint() -> None:
    with pytest.raises(FormatError, match="at most"):
        proof.parse(b"x" * (proof.MAX_BYTES + 1))
    with pytest.raises(FormatError, match="empty line"):
        proof.parse(HEADER + b"index 0\n" + GOOD + b"\n")
    for signed in (b"", b"text\n", note.format(note.sign("no checkpoint\n", LOG)), SIGNED + b"\n", SIGNED[:-1]):
        with pytest.raises(FormatError):
            proof.parse(HEADER + b"index 0\n\n" + signed)
    for extra in (b"", bytes(proof.MAX_EXTRA + 1)):
        with pytest.raises(FormatError):
            receipt(extra=extra)
    largest = receipt(extra=bytes(proof.MAX_EXTRA))
    assert proof.parse(proof.format(largest)) == largest
    for path in ((bytes(31),), (bytes(32),) * 64):
        with pytest.raises(FormatError):
            Proof(0, path, SIGNED)
    for index in (-1, 2**53 - 1, True):
        with pytest.raises(FormatError):
            Proof(index, (), SIGNED)


def test_no_bit_of_a_receipt_can_change_but_in_lines_of_strangers() -> None:
    data = proof.format(receipt(extra=b"x"))
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        try:
            read = proof.parse(changed)
            proof.verify(read, LEAVES[5], TRUSTED)
        except FormatError:
            continue
        assert read.extra != b"x", data[at : at + 20]  # nobody signs it (C2SP tlog-proof, Format)


@given(
    st.integers(1, 11).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size))),
    st.none() | st.binary(min_size=1, max_size=50),
)
def test_a_receipt_comes_back_from_its_text(place: tuple[int, int], extra: bytes | None) -> None:
    made = receipt(*place, checkpointed(place[1], W1), extra)
    assert proof.parse(proof.format(made)) == made


@given(say.spoiled(proof.format(receipt(extra=b"why"))) | st.binary(max_size=80))
@settings(max_examples=trials(300))
def test_garbage_is_refused_or_proves_the_same(data: bytes) -> None:
    try:
        read = proof.parse(data)
        assert proof.format(read) == data
        found = proof.verify(read, LEAVES[5], TRUSTED)
    except FormatError:
        return
    assert (read.index, found.checkpoint.root) == (5, merkle.root(LEAVES))


def test_policies_and_receipts_meet() -> None:
    trusted = policy.parse(policy.format(TRUSTED))
    assert proof.verify(receipt(), LEAVES[5], trusted).quorum.met
