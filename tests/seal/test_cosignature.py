from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import FormatError, UsageError
from ledger.seal import checkpoint, cosignature, cosigner, merkle, note
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.cosignature import MAX_TIMESTAMP, Cosignature
from ledger.seal.cosigner import Cosigner, CosignerKey
from ledger.seal.ed25519 import WeakKeyError
from ledger.seal.keys import SigningKey, VerifierKey
from ledger.seal.note import AmbiguousKeyError, Note, Signature, SignatureError
from tests import strategies as say
from tests.trials import trials

VECTORS = Path(__file__).parents[2] / "fixtures" / "vectors" / "cosignature"
LOG = SigningKey.from_seed("ledger.example/ree", bytes(31) + b"\x01")
ED = Cosigner.ed25519(SigningKey.from_seed("witness.example/w1", bytes(31) + b"\x02"))
ML = Cosigner.mldsa44("witness.example/w1", bytes(31) + b"\x03")
BOTH = pytest.mark.parametrize("key", [ED, ML], ids=["ed25519", "mldsa44"])
HEAD = Checkpoint("ledger.example/ree", 3, merkle.leaf_hash(b""))
TEXT = checkpoint.format_text(HEAD)
SIGNED = note.sign(TEXT, LOG)
NOW = 1_764_000_000
IDENTITY = b"\x01" + bytes(31)


def cosigned(*keys: Cosigner, text: str = TEXT, at: int = NOW) -> Note:
    signed = note.sign(text, LOG)
    for key in keys:
        signed = note.with_signature(signed, cosignature.sign(text, key, at))
    return signed


def timestamped(key: Cosigner, timestamp: int) -> Note:
    """A cosignature with a timestamp that `sign` refuses."""
    body = timestamp.to_bytes(8, "big") + key.sign(cosignature.message(TEXT, key.vkey, timestamp))
    return note.with_signature(SIGNED, Signature(key.name, key.vkey.key_id, body))


def published(name: str) -> tuple[Note, list[str]]:
    return note.parse((VECTORS / f"{name}.note").read_bytes()), (VECTORS / f"{name}.vkeys").read_text().split()


@pytest.mark.parametrize(
    ("name", "types"), [("arche2025h1", [4, 4, 4, 4]), ("coachandhorses2026h1", [4, 6])], ids=["ed25519", "mldsa44"]
)
def test_cosignatures_of_public_witnesses_verify(name: str, types: list[int]) -> None:
    signed, vkeys = published(name)
    witnesses = [CosignerKey.parse(vkey) for vkey in vkeys if not vkey.startswith(name)]
    found = cosignature.verify(signed, witnesses)
    assert sorted(made.key.algorithm for made in found) == types
    assert {made.key for made in found} == set(witnesses)
    assert len({made.timestamp for made in found}) == 1  # all of them answered one request within the second
    assert [str(key) for key in witnesses] == [vkey for vkey in vkeys if not vkey.startswith(name)]


@pytest.mark.parametrize("name", ["arche2025h1", "coachandhorses2026h1"])
def test_published_cosignatures_of_another_tree_do_not_verify(name: str) -> None:
    signed, vkeys = published(name)
    head = checkpoint.parse_text(signed.text)
    for vkey in vkeys:
        if vkey.startswith(name):
            continue
        for other in (
            Checkpoint(head.origin, head.size + 1, head.root),
            Checkpoint(head.origin + "x", head.size, head.root),
            Checkpoint(head.origin, head.size, merkle.leaf_hash(b"")),
        ):
            with pytest.raises(SignatureError):
                cosignature.verify(Note(checkpoint.format_text(other), signed.signatures), [CosignerKey.parse(vkey)])


def test_a_published_log_key_is_the_logs_and_no_witnesss() -> None:
    signed, (vkey, *witnesses) = published("arche2025h1")
    assert note.verify(signed, [VerifierKey.parse(vkey)])
    with pytest.raises(FormatError, match="signature type 1"):
        CosignerKey.parse(vkey)
    with pytest.raises(FormatError, match="other than Ed25519"):
        VerifierKey.parse(witnesses[0])


def test_the_signed_bytes_are_those_of_the_specification() -> None:
    assert cosignature.message(TEXT, ED.vkey, NOW) == f"cosignature/v1\ntime {NOW}\n{TEXT}".encode()
    assert cosignature.message(TEXT, ML.vkey, NOW) == (
        b"subtree/v1\n\x00"
        b"\x12witness.example/w1"
        + NOW.to_bytes(8, "big")
        + b"\x12ledger.example/ree"
        + bytes(8)
        + bytes(7)
        + b"\x03"
        + HEAD.root
    )


@BOTH
def test_a_cosignature_verifies_and_is_a_line_of_the_note(key: Cosigner) -> None:
    signed = note.parse(note.format(cosigned(key)))
    assert cosignature.verify(signed, [key.vkey]) == (Cosignature(key.vkey, NOW),)
    assert note.verify(signed, [LOG.vkey]) == (LOG.vkey,)
    assert len(signed.signatures[1].body) == 8 + cosigner.SIGNATURE_SIZE[key.vkey.algorithm]


def test_both_keys_of_a_witness_count_each_for_itself() -> None:
    found = cosignature.verify(cosigned(ML, ED), [ED.vkey, ML.vkey])
    assert [made.key for made in found] == [ML.vkey, ED.vkey]


@BOTH
def test_an_unknown_key_is_not_looked_at(key: Cosigner) -> None:
    stranger = Cosigner.mldsa44(key.name, bytes(31) + b"\x09")
    assert cosignature.verify(cosigned(stranger), [key.vkey]) == ()
    assert cosignature.verify(SIGNED, [key.vkey]) == ()
    assert cosignature.verify(cosigned(key), []) == ()


def test_lines_of_other_signature_types_are_not_looked_at() -> None:
    lines = tuple(Signature(ED.name, bytes((kind,) * 4), b"\x00") for kind in range(256))
    assert cosignature.verify(Note(TEXT, (*cosigned(ED).signatures, *lines[:90])), [ED.vkey])


@BOTH
def test_the_first_valid_line_of_a_key_counts(key: Cosigner) -> None:
    first, second = cosignature.sign(TEXT, key, NOW), cosignature.sign(TEXT, key, NOW + 1)
    spoiled = Signature(second.name, second.key_id, second.body[:-1] + bytes([second.body[-1] ^ 1]))
    assert cosignature.verify(Note(TEXT, (first, second, spoiled)), [key.vkey]) == (Cosignature(key.vkey, NOW),)
    with pytest.raises(SignatureError, match="does not verify"):
        cosignature.verify(Note(TEXT, (spoiled, first)), [key.vkey])


@BOTH
def test_timestamps(key: Cosigner) -> None:
    assert cosignature.verify(timestamped(key, 0), [key.vkey]) == (Cosignature(key.vkey, 0),)
    assert cosignature.verify(cosigned(key, at=MAX_TIMESTAMP), [key.vkey])
    with pytest.raises(UsageError):
        cosignature.sign(TEXT, key, 0)
    for bad in (-1, MAX_TIMESTAMP + 1, 2**64):
        with pytest.raises(UsageError):
            cosignature.sign(TEXT, key, bad)
    beyond = Signature(key.name, key.vkey.key_id, b"\x80" + cosignature.sign(TEXT, key, NOW).body[1:])
    with pytest.raises(SignatureError, match="no timestamped"):
        cosignature.verify(Note(TEXT, (beyond,)), [key.vkey])


@BOTH
def test_the_future_is_refused_where_the_caller_says_so(key: Cosigner) -> None:
    assert cosignature.verify(cosigned(key), [key.vkey], latest=NOW)
    with pytest.raises(SignatureError, match="future"):
        cosignature.verify(cosigned(key), [key.vkey], latest=NOW - 1)


def test_extension_lines_are_signed_by_ed25519_alone() -> None:
    # tlog-cosignature, ML-DSA-44 signed message: extension lines are not included
    longer = TEXT + "an extension\n"
    for key, verifies in ((ED, False), (ML, True)):
        moved = Note(longer, (cosignature.sign(TEXT, key, NOW),))
        if verifies:
            assert cosignature.verify(moved, [key.vkey])
        else:
            with pytest.raises(SignatureError):
                cosignature.verify(moved, [key.vkey])
        assert cosignature.verify(cosigned(key, text=longer), [key.vkey])


def test_names_that_mldsa44_cannot_hold() -> None:
    with pytest.raises(FormatError, match="255 bytes"):
        Cosigner.mldsa44("w" * 256, bytes(32))
    with pytest.raises(FormatError, match="255 bytes"):
        Cosigner.ed25519(SigningKey.from_seed("ä" * 128, bytes(32)))
    assert Cosigner.mldsa44("w" * 255, bytes(32)).name == "w" * 255
    text = checkpoint.format_text(Checkpoint("o" * 256, 3, HEAD.root))
    with pytest.raises(FormatError, match="origin has at most 255"):
        cosignature.sign(text, ML, NOW)
    assert cosignature.sign(text, ED, NOW)
    made = Note(text, (cosignature.sign(TEXT, ML, NOW),))
    with pytest.raises(SignatureError):
        cosignature.verify(made, [ML.vkey])


def test_a_text_that_is_no_checkpoint_is_not_signed() -> None:
    for text in ("", "text\n", "a\nb\nc\n", TEXT[:-1], TEXT + "\n"):
        for key in (ED, ML):
            with pytest.raises(FormatError):
                cosignature.sign(text, key, NOW)
    with pytest.raises(FormatError):
        cosignature.verify(note.sign("text\n", LOG), [ED.vkey])


def test_merge_takes_known_lines_and_replaces_older_ones() -> None:
    stranger = Cosigner.mldsa44("stranger", bytes(31) + b"\x09")
    lines = [cosignature.sign(TEXT, key, NOW + 5) for key in (stranger, ML, ED)]
    merged = cosignature.merge(cosigned(ED), lines, [ED.vkey, ML.vkey])
    assert [line.name for line in merged.signatures] == [LOG.name, ED.name, ML.name]
    assert {made.timestamp for made in cosignature.verify(merged, [ED.vkey, ML.vkey])} == {NOW + 5}
    assert cosignature.merge(SIGNED, lines, []) == SIGNED


def test_merge_refuses_what_a_witness_may_not_answer() -> None:
    other = checkpoint.format_text(Checkpoint(HEAD.origin, 4, HEAD.root))
    with pytest.raises(SignatureError, match="does not verify"):
        cosignature.merge(SIGNED, [cosignature.sign(other, ED, NOW)], [ED.vkey])
    with pytest.raises(SignatureError, match="timestamp 0"):
        cosignature.merge(SIGNED, timestamped(ML, 0).signatures, [ML.vkey])


@pytest.mark.parametrize("key", [ED.vkey, ML.vkey], ids=["ed25519", "mldsa44"])
def test_a_vkey_comes_back_from_its_text(key: CosignerKey) -> None:
    assert CosignerKey.parse(str(key)) == key
    assert CosignerKey.of(key.name, key.algorithm, key.public_key) == key
    assert hash(CosignerKey.parse(str(key))) == hash(key)


def test_other_vkeys_are_refused() -> None:
    text = str(ED.vkey)
    name, mark, key = text.split("+", 2)
    for bad in (
        "",
        name,
        f"{name}+{mark}",
        f"{name}+{mark.upper()}+{key}",
        f"{name}+00000000+{key}",
        text + "=",
        "+" + text,
    ):
        with pytest.raises(FormatError):
            CosignerKey.parse(bad)
    for kind in set(range(256)) - {4, 6}:
        with pytest.raises(FormatError, match="no signature type"):
            CosignerKey.of("w", kind, bytes(32))
    with pytest.raises(WeakKeyError):
        CosignerKey.of("w", cosigner.ED25519, IDENTITY)
    for size in (0, 32, 1311, 1313):
        with pytest.raises(FormatError, match="1312 bytes"):
            CosignerKey.of("w", cosigner.MLDSA44, bytes(size))
    with pytest.raises(FormatError, match="seed"):
        Cosigner.mldsa44("w", bytes(31))


def test_the_gate_holds_for_cosignatures() -> None:
    # with R the neutral point, OpenSSL would be asked; the gate is asked before
    weak = Signature(ED.name, ED.vkey.key_id, NOW.to_bytes(8, "big") + IDENTITY + bytes(32))
    with pytest.raises(SignatureError):
        cosignature.verify(Note(TEXT, (weak,)), [ED.vkey])


def test_two_keys_of_one_name_and_key_id_are_ambiguous() -> None:
    # a key of the same key id, without the work of finding one
    twin = CosignerKey.of(ED.name, ED.vkey.algorithm, ED.vkey.public_key)
    msgspec.structs.force_setattr(twin, "public_key", LOG.vkey.public_key)
    with pytest.raises(AmbiguousKeyError):
        cosignature.verify(SIGNED, [ED.vkey, twin])


def test_private_keys_do_not_show_themselves() -> None:
    for key in (ED, ML):
        assert repr(key) == f"<Cosigner {key.vkey}>"


@BOTH
def test_no_byte_of_a_cosigned_checkpoint_can_change(key: Cosigner) -> None:
    data = note.format(cosigned(key))
    start = data.index(b"\xe2\x80\x94 witness")
    places = range(len(data)) if key is ED else [*range(start + 60), *range(start + 60, len(data), 37)]
    for at in places:
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        try:
            parsed = note.parse(changed)
            found = cosignature.verify(parsed, [key.vkey])
        except FormatError:
            continue
        # what is left is a line of another name or key id, or the log's own line
        assert found == () or parsed.text == TEXT


@given(st.binary(max_size=100) | say.spoiled(cosignature.sign(TEXT, ED, NOW).body), st.booleans())
@settings(max_examples=trials(200))
def test_garbage_is_no_cosignature(body: bytes, mldsa: bool) -> None:
    key = (ML if mldsa else ED).vkey
    if not body:
        return
    signed = Note(TEXT, (Signature(key.name, key.key_id, body),))
    if body == cosignature.sign(TEXT, ED, NOW).body and not mldsa:
        return
    with pytest.raises(SignatureError):
        cosignature.verify(signed, [key])


@given(say.spoiled(str(ED.vkey).encode()) | say.spoiled(str(ML.vkey).encode()) | st.binary(max_size=60))
@settings(max_examples=trials(200))
def test_a_spoiled_vkey_is_refused_or_the_same(data: bytes) -> None:
    try:
        key = CosignerKey.parse(data.decode("utf-8", "surrogateescape"))
    except FormatError:
        return
    assert str(key).encode() == data


@given(
    st.integers(0, merkle.MAX_SIZE),
    st.binary(min_size=32, max_size=32),
    st.integers(1, MAX_TIMESTAMP),
    st.lists(st.sampled_from(("x", "two words")), max_size=2),
    st.booleans(),
)
@settings(max_examples=trials(60))
def test_what_is_cosigned_verifies(size: int, root: bytes, at: int, extensions: list[str], mldsa: bool) -> None:
    head = Checkpoint("o", size, root if size else merkle.EMPTY_ROOT, tuple(extensions))
    key = ML if mldsa else ED
    text = checkpoint.format_text(head)
    made = Note(text, (cosignature.sign(text, key, at),))
    assert cosignature.verify(note.parse(note.format(made)), [key.vkey]) == (Cosignature(key.vkey, at),)
