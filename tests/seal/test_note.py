from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import FormatError
from ledger.seal import note
from ledger.seal.keys import SigningKey, VerifierKey
from ledger.seal.note import AmbiguousKeyError, Note, Signature, SignatureError, UnsignedError
from tests.trials import trials

# C2SP signed-note's published example
VKEY = VerifierKey.parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
LINE = (
    "\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
EXAMPLE = f"This is an example message.\n\n{LINE}".encode()

LYNAS = SigningKey.from_seed("lynas", bytes(31) + b"\x01")
VACUUM = SigningKey.from_seed("vacuum", bytes(31) + b"\x02")
STRANGER = SigningKey.from_seed("lynas", bytes(31) + b"\x03")  # another key under a known name


def spoil(signature: Signature) -> Signature:
    return Signature(signature.name, signature.key_id, signature.body[:-1] + bytes([signature.body[-1] ^ 1]))


def test_the_published_example_verifies() -> None:
    parsed = note.parse(EXAMPLE)
    assert parsed.text == "This is an example message.\n"
    assert [(s.name, s.key_id.hex(), len(s.body)) for s in parsed.signatures] == [("example.com/foo", "530d903a", 64)]
    assert note.verify(parsed, [VKEY]) == (VKEY,)
    assert note.format(parsed) == EXAMPLE


def test_the_published_example_with_any_bit_flipped_does_not() -> None:
    for bit in range(len(EXAMPLE) * 8):
        data = bytearray(EXAMPLE)
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(FormatError):
            note.verify(note.parse(bytes(data)), [VKEY])


def test_the_last_empty_line_separates() -> None:
    text = f"one\n\n{LINE}\n\n"
    signed = note.sign(text, LYNAS)
    assert note.parse(note.format(signed)) == signed
    assert signed.text == text


def test_a_text_may_be_one_empty_line() -> None:
    signed = note.sign("\n", LYNAS)
    assert note.format(signed).startswith("\n\n\u2014 lynas ".encode())
    assert note.parse(note.format(signed)) == signed


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty line"),
        (b"text\n", "empty line"),
        (LINE.encode(), "empty line"),
        (b"text\n" + LINE.encode(), "empty line"),
        (b"text\n\n", "each with its newline"),
        (b"text\n\n\n", "each with its newline"),
        (EXAMPLE[:-1], "each with its newline"),
        (EXAMPLE + b"\n", "each with its newline"),
        (EXAMPLE + b"x", "each with its newline"),
        (EXAMPLE + b"x\n", "em dash"),
        (EXAMPLE + b" \n", "em dash"),
        (EXAMPLE.replace(b"\n", b"\r\n"), "empty line"),
        (EXAMPLE.replace(b"an", b"a\x00"), "control"),
        (EXAMPLE.replace(b"an", b"a\t"), "control"),
        (EXAMPLE.replace(b"an", b"a\xff"), "UTF-8"),
        (EXAMPLE.replace(b"an", b"\xed\xa0\x80"), "UTF-8"),
        (EXAMPLE.replace(b"an", b"\xc0\x80"), "UTF-8"),
        (EXAMPLE.replace("\u2014 ".encode(), b"- "), "em dash"),
        (EXAMPLE.replace("\u2014 ".encode(), "\u2014\u00a0".encode()), "em dash"),
        (EXAMPLE.replace(b"/foo ", b"/foo  "), "base64"),
        (EXAMPLE.replace(b"/foo ", b"/foo"), "signature"),
        (EXAMPLE.replace("\u2014 example.com/foo".encode(), "\u2014 ".encode()), "key name"),
        (EXAMPLE.replace(b"/foo ", b"+foo "), "key name"),
        (EXAMPLE.replace(b"/foo ", "\u2003foo ".encode()), "key name"),
        (EXAMPLE.replace(b"QM=", b"QM"), "base64"),
        (EXAMPLE.replace(b"QM=", b"QN="), "canonical"),
        (EXAMPLE.replace(b"QM=", b"QM= "), "base64"),
        (EXAMPLE.replace(b"7Ztg", b"7-_g"), "base64"),
        ("text\n\n\u2014 a \n".encode(), "4 bytes"),
        ("text\n\n\u2014 a AAAA\n".encode(), "4 bytes"),
        ("text\n\n\u2014 a AAAAAA==\n".encode(), "4 bytes"),
        (b"text\n\n" + LINE.encode() * 101, "1 to 100"),
        (b"x" * note.MAX_BYTES + b"\n\n" + LINE.encode(), "at most"),
    ],
)
def test_what_is_not_exactly_a_note_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        note.parse(data)


def test_a_hundred_signatures_are_read() -> None:
    assert len(note.parse(b"text\n\n" + LINE.encode() * 100).signatures) == 100


def test_signatures_of_other_algorithms_are_kept() -> None:
    body = base64.b64encode(b"\x01\x02\x03\x04" + bytes(2420)).decode()
    data = EXAMPLE + f"\u2014 witness {body}\n".encode()
    parsed = note.parse(data)
    assert parsed.signatures[1] == Signature("witness", b"\x01\x02\x03\x04", bytes(2420))
    assert note.format(parsed) == data
    assert note.verify(parsed, [VKEY]) == (VKEY,)


@pytest.mark.parametrize("text", ["", "text", "text\n ", "a\tb\n", "a\r\n", "\x1f\n", "\ud800\n"])
def test_no_key_signs_a_text_that_is_no_notes(text: str) -> None:
    with pytest.raises(FormatError, match="note"):
        note.sign(text, LYNAS)
    with pytest.raises(FormatError, match="note"):
        Note(text, note.sign("text\n", LYNAS).signatures)


def test_a_note_has_signatures_and_not_too_many() -> None:
    (signature,) = note.sign("text\n", LYNAS).signatures
    for count in (0, 101):
        with pytest.raises(FormatError, match="1 to 100"):
            Note("text\n", (signature,) * count)


def test_a_note_that_grew_too_large_is_not_written() -> None:
    with pytest.raises(FormatError, match="at most"):
        note.format(note.sign("x" * note.MAX_BYTES + "\n", LYNAS))


def test_a_second_signature_goes_to_the_end() -> None:
    both = note.add(note.sign("text\n", LYNAS), VACUUM)
    assert [s.name for s in both.signatures] == ["lynas", "vacuum"]
    assert note.verify(both, [VACUUM.vkey, LYNAS.vkey]) == (LYNAS.vkey, VACUUM.vkey)
    assert note.verify(both, [VACUUM.vkey]) == (VACUUM.vkey,)


def test_signing_again_replaces_the_keys_own_signature() -> None:
    signed = note.sign("text\n", LYNAS)
    damaged = Note(signed.text, tuple(map(spoil, signed.signatures)))
    assert note.add(damaged, LYNAS) == signed


def test_the_message_has_its_final_newline() -> None:
    (signature,) = note.sign("text\n", LYNAS).signatures
    assert signature.body == LYNAS.sign(b"text\n")


def test_unknown_signers_are_ignored() -> None:
    signed = note.add(note.add(note.sign("text\n", STRANGER), VACUUM), LYNAS)
    assert note.verify(signed, [LYNAS.vkey]) == (LYNAS.vkey,)


def test_a_known_name_or_a_known_key_id_alone_is_unknown() -> None:
    (good,) = note.sign("text\n", LYNAS).signatures
    for name, key_id in (("lynas", b"\x00" * 4), ("other", good.key_id)):
        false = Signature(name, key_id, bytes(64))
        assert note.verify(Note("text\n", (false, good)), [LYNAS.vkey]) == (LYNAS.vkey,)
        with pytest.raises(UnsignedError):
            note.verify(Note("text\n", (false,)), [LYNAS.vkey])


def test_a_note_without_a_known_signer_is_unsigned() -> None:
    for known in ([], [VACUUM.vkey], [STRANGER.vkey]):
        with pytest.raises(UnsignedError, match="no known key"):
            note.verify(note.sign("text\n", LYNAS), known)


def test_a_known_keys_bad_signature_is_an_error_beside_good_ones() -> None:
    both = note.add(note.sign("text\n", LYNAS), VACUUM)
    for at in range(2):
        bad = Note(both.text, tuple(spoil(s) if i == at else s for i, s in enumerate(both.signatures)))
        with pytest.raises(SignatureError, match=both.signatures[at].name):
            note.verify(bad, [LYNAS.vkey, VACUUM.vkey])
    for body in (b"\x00", bytes(64), both.signatures[0].body + b"\x00"):
        with pytest.raises(SignatureError):
            note.verify(Note(both.text, (Signature("lynas", LYNAS.vkey.key_id, body),)), [LYNAS.vkey])


def test_further_lines_of_a_key_are_ignored_after_its_valid_one() -> None:
    (good,) = note.sign("text\n", LYNAS).signatures
    assert note.verify(Note("text\n", (good, good, spoil(good))), [LYNAS.vkey]) == (LYNAS.vkey,)
    with pytest.raises(SignatureError):
        note.verify(Note("text\n", (spoil(good), good)), [LYNAS.vkey])


def test_the_same_key_may_be_known_twice_but_not_two_under_one_id() -> None:
    signed = note.sign("text\n", LYNAS)
    assert note.verify(signed, [LYNAS.vkey, LYNAS.vkey]) == (LYNAS.vkey,)
    one, two = colliding_keys()
    with pytest.raises(AmbiguousKeyError, match="share the key id"):
        note.verify(signed, [one, LYNAS.vkey, two])


def colliding_keys() -> tuple[VerifierKey, VerifierKey]:
    """Two keys of one name and one 32-bit key id: the first pair among the seeds 0, 1, 2 ..."""
    one, two = (SigningKey.from_seed("twin", seed.to_bytes(32, "big")).vkey for seed in (14970, 16033))
    assert one.key_id == two.key_id
    assert one != two
    return one, two


# --- properties ---

names = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], exclude_characters="+"), min_size=1, max_size=20
)
texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=[chr(c) for c in range(32) if c != 10])
).map(lambda text: text + "\n")
signatures = st.builds(Signature, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))
notes = st.builds(Note, texts, st.lists(signatures, min_size=1, max_size=5).map(tuple))


@given(notes)
@settings(deadline=None)
def test_a_note_survives_its_bytes(value: Note) -> None:
    data = note.format(value)
    assert note.parse(data) == value
    assert note.format(note.parse(data)) == data


@given(texts)
@settings(deadline=None)
def test_a_signed_text_verifies(text: str) -> None:
    data = note.format(note.add(note.sign(text, LYNAS), VACUUM))
    assert note.verify(note.parse(data), [VACUUM.vkey]) == (VACUUM.vkey,)


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: EXAMPLE + tail))
@settings(deadline=None)
def test_any_bytes_are_a_note_or_a_format_error(data: bytes) -> None:
    try:
        parsed = note.parse(data)
    except FormatError:
        return
    assert note.format(parsed) == data


@given(
    st.lists(st.sampled_from(["\n", "\n\n", "\u2014 ", "a", " ", "AAAAAAA=", "+", "\u2003", "\r", LINE]), max_size=12)
)
@settings(deadline=None, max_examples=trials(300))
def test_any_pieces_of_notes_are_a_note_or_a_format_error(pieces: list[str]) -> None:
    data = "".join(pieces).encode()
    try:
        parsed = note.parse(data)
    except FormatError:
        return
    assert note.format(parsed) == data


def test_signature_lines_alone() -> None:
    signed = note.add(note.sign("text\n", LYNAS), VACUUM)
    lines = "".join(map(note.format_line, signed.signatures))
    assert note.parse_lines(lines) == signed.signatures
    assert note.format(signed) == f"text\n\n{lines}".encode()
    for bad in ("", "\n", lines[:-1], f"{lines}\n", lines * 51):
        with pytest.raises(FormatError):
            note.parse_lines(bad)


def test_a_signature_takes_the_place_of_an_older_one_by_the_same_key() -> None:
    signed = note.add(note.sign("text\n", LYNAS), VACUUM)
    again = note.with_signature(signed, signed.signatures[0])
    assert again.signatures == signed.signatures[::-1]
