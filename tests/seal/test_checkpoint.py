from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import FormatError, UsageError
from ledger.seal import checkpoint, merkle, note
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.keys import SigningKey
from ledger.seal.note import SignatureError, UnsignedError

ORIGIN = "ledger.example/ree"
KEY = SigningKey.from_seed(ORIGIN, bytes(31) + b"\x01")
OTHER = SigningKey.from_seed("ledger.example/other", bytes(31) + b"\x01")
WITNESS = SigningKey.from_seed("witness", bytes(31) + b"\x02")
ROOT = merkle.leaf_hash(b"entry")
ROOT_TEXT = base64.b64encode(ROOT).decode()
HEAD = Checkpoint(ORIGIN, 41, ROOT)
TEXT = f"{ORIGIN}\n41\n{ROOT_TEXT}\n"


def test_a_checkpoint_is_written_as_the_specification_shows() -> None:
    assert checkpoint.format_text(HEAD) == TEXT
    assert checkpoint.parse_text(TEXT) == HEAD


def test_extension_lines_are_kept() -> None:
    text = f"{TEXT}first\nsecond one\n"
    assert checkpoint.parse_text(text).extensions == ("first", "second one")
    assert checkpoint.format_text(checkpoint.parse_text(text)) == text


def test_an_origin_need_not_be_a_key_name() -> None:
    assert checkpoint.parse_text(TEXT.replace(ORIGIN, "a log + 7")).origin == "a log + 7"


def test_the_specifications_own_example_is_read() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert checkpoint.parse_text(text).size == 20852163
    assert checkpoint.format_text(checkpoint.parse_text(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "three lines"),
        ("\n", "three lines"),
        (f"{ORIGIN}\n41\n", "three lines"),
        (TEXT[:-1], "three lines"),
        (f"{TEXT}extension", "three lines"),
        (f"{TEXT}\n", "not empty"),
        (f"{TEXT}\nextension\n", "not empty"),
        (f"{TEXT}a\tb\n", "not empty"),
        (TEXT.replace(ORIGIN, ""), "not empty"),
        (TEXT.replace("\n", "\r\n"), "decimal|not empty"),
        (TEXT.replace("41", ""), "decimal"),
        (TEXT.replace("41", "041"), "decimal"),
        (TEXT.replace("41", "00"), "decimal"),
        (TEXT.replace("41", "+41"), "decimal"),
        (TEXT.replace("41", "-1"), "decimal"),
        (TEXT.replace("41", "4_1"), "decimal"),
        (TEXT.replace("41", " 41"), "decimal"),
        (TEXT.replace("41", "4\u0661"), "decimal"),
        (TEXT.replace("41", "4.1"), "decimal"),
        (TEXT.replace("41", "9" * 17), "decimal"),
        (TEXT.replace("41", "9" * 5000), "decimal"),
        (TEXT.replace("41", str(2**53)), "2\\^53 - 1"),
        (TEXT.replace("41", "0"), "empty tree"),
        (TEXT.replace(ROOT_TEXT, ROOT_TEXT[:-1]), "base64"),
        (TEXT.replace(ROOT_TEXT, f"{ROOT_TEXT} "), "base64"),
        (TEXT.replace(ROOT_TEXT, ""), "32 bytes, not 0"),
        (TEXT.replace(ROOT_TEXT, base64.b64encode(bytes(31)).decode()), "32 bytes, not 31"),
        (TEXT.replace(ROOT_TEXT, base64.b64encode(bytes(33)).decode()), "32 bytes, not 33"),
        (TEXT.replace(ROOT_TEXT, "A" * 42 + "B="), "canonical"),
    ],
)
def test_what_is_not_exactly_a_checkpoint_is_refused(text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        checkpoint.parse_text(text)


@pytest.mark.parametrize("size", [-1, 2**53, True, 1.5])
def test_a_size_is_a_bounded_whole_number(size: int) -> None:
    with pytest.raises(FormatError, match="tree size"):
        Checkpoint(ORIGIN, size, ROOT)


def test_bounds_of_size() -> None:
    assert checkpoint.parse_text(TEXT.replace("41", str(2**53 - 1))).size == 2**53 - 1
    empty = Checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT)
    assert checkpoint.parse_text(checkpoint.format_text(empty)) == empty


def test_a_signed_checkpoint_opens() -> None:
    data = checkpoint.sign(HEAD, KEY)
    assert data.startswith(f"{TEXT}\n\u2014 {ORIGIN} ".encode())
    assert checkpoint.open(data, KEY.vkey) == HEAD


def test_a_cosigned_checkpoint_opens() -> None:
    data = note.format(note.add(note.parse(checkpoint.sign(HEAD, KEY)), WITNESS))
    assert checkpoint.open(data, KEY.vkey) == HEAD


def test_a_log_signs_for_itself_alone() -> None:
    with pytest.raises(UsageError, match="cannot sign for the log"):
        checkpoint.sign(HEAD, OTHER)


def test_another_logs_checkpoint_does_not_open() -> None:
    with pytest.raises(UnsignedError):
        checkpoint.open(checkpoint.sign(HEAD, KEY), OTHER.vkey)
    borrowed = note.format(note.sign(TEXT, OTHER))
    with pytest.raises(FormatError, match="signed by the key of"):
        checkpoint.open(borrowed, OTHER.vkey)


def test_a_note_that_is_no_checkpoint_does_not_open() -> None:
    with pytest.raises(FormatError, match="three lines"):
        checkpoint.open(note.format(note.sign("text\n", KEY)), KEY.vkey)


def test_an_altered_checkpoint_does_not_open() -> None:
    data = checkpoint.sign(HEAD, KEY)
    with pytest.raises(SignatureError):
        checkpoint.open(data.replace(b"\n41\n", b"\n40\n"), KEY.vkey)
    for bit in range(len(data) * 8):
        bad = bytearray(data)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises(FormatError):
            checkpoint.open(bytes(bad), KEY.vkey)


lines = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=[chr(c) for c in range(32)]), min_size=1, max_size=30
)
roots = st.binary(min_size=32, max_size=32)
checkpoints = st.builds(Checkpoint, lines, st.integers(1, 2**53 - 1), roots, st.lists(lines, max_size=3).map(tuple))


@given(checkpoints)
@settings(deadline=None)
def test_a_checkpoint_survives_its_text(value: Checkpoint) -> None:
    assert checkpoint.parse_text(checkpoint.format_text(value)) == value


@given(st.integers(1, 2**53 - 1), roots, st.lists(lines, max_size=3).map(tuple))
@settings(deadline=None)
def test_a_checkpoint_survives_its_note(size: int, root: bytes, extensions: tuple[str, ...]) -> None:
    value = Checkpoint(ORIGIN, size, root, extensions)
    assert checkpoint.open(checkpoint.sign(value, KEY), KEY.vkey) == value


@given(
    st.text(max_size=80)
    | st.builds(f"{{}}\n{{}}\n{ROOT_TEXT}\n{{}}".format, lines, st.integers() | st.text(), st.text())
)
@settings(deadline=None)
def test_any_text_is_a_checkpoint_or_a_format_error(text: str) -> None:
    try:
        value = checkpoint.parse_text(text)
    except FormatError:
        return
    assert checkpoint.format_text(value) == text


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes_do_not_open(data: bytes) -> None:
    with pytest.raises(FormatError):
        checkpoint.open(data, KEY.vkey)
    with pytest.raises(FormatError):
        checkpoint.open(TEXT.encode() + data, KEY.vkey)
