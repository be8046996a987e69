from __future__ import annotations

import base64
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import FormatError
from ledger.seal import merkle, note, submission
from ledger.seal.keys import SigningKey
from ledger.seal.submission import MAX_EVENTS, Submission
from tests import strategies as say
from tests.trials import trials

LYNAS = SigningKey.from_seed("lynas", bytes(31) + b"\x01")
HASHES = [sha256(bytes([number])).digest() for number in range(5)]
ROOT = base64.b64encode(merkle.root(HASHES)).decode()
TEXT = f"ledger.example/ree/submissions/lynas\n5\n{ROOT}\n"

submissions = st.builds(
    Submission,
    ledger=say.origins(),
    party=say.ids(),
    size=st.integers(1, MAX_EVENTS),
    root=st.binary(min_size=32, max_size=32),
)


def test_the_text_is_three_lines() -> None:
    data = submission.sign("ledger.example/ree", LYNAS, HASHES)
    signed = note.parse(data)
    assert signed.text == TEXT
    assert note.verify(signed, [LYNAS.vkey]) == (LYNAS.vkey,)
    assert submission.parse(signed.text) == Submission("ledger.example/ree", "lynas", 5, merkle.root(HASHES))
    assert note.format(signed) == data


def test_one_event_makes_its_hash_the_root() -> None:
    parsed = submission.parse(note.parse(submission.sign("a", LYNAS, HASHES[:1])).text)
    assert (parsed.size, parsed.root) == (1, HASHES[0])


@given(submissions)
def test_a_submission_comes_back_from_its_text(stated: Submission) -> None:
    assert submission.parse(stated.text()) == stated


@given(submissions.flatmap(lambda stated: say.spoiled(stated.text().encode())))
@settings(max_examples=trials(300))
def test_spoiled_texts_are_refused_or_mean_themselves(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    try:
        parsed = submission.parse(text)
    except FormatError:
        return
    assert parsed.text() == text


@given(st.text(max_size=60))
def test_any_text_is_refused_or_means_itself(text: str) -> None:
    with pytest.raises(FormatError):
        submission.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        TEXT[:-1],
        TEXT + "\n",
        TEXT + "more\n",
        "\n" + TEXT,
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("ledger.example/ree", ""),
        TEXT.replace("/submissions/", "/submission/"),
        TEXT.replace("lynas", "Lynas"),
        TEXT.replace("lynas", ""),
        TEXT.replace("lynas", "lynas "),
        TEXT.replace("lynas", "a" * 65),
        TEXT.replace("\n5\n", "\n0\n"),
        TEXT.replace("\n5\n", "\n05\n"),
        TEXT.replace("\n5\n", "\n+5\n"),
        TEXT.replace("\n5\n", "\n-5\n"),
        TEXT.replace("\n5\n", "\n 5\n"),
        TEXT.replace("\n5\n", "\n5.0\n"),
        TEXT.replace("\n5\n", "\n\u0665\n"),
        TEXT.replace("\n5\n", f"\n{MAX_EVENTS + 1}\n"),
        TEXT.replace("\n5\n", "\n" + "9" * 5000 + "\n"),
        TEXT.replace(ROOT, ROOT[:-1]),
        TEXT.replace(ROOT, ROOT[:-4]),
        TEXT.replace(ROOT, ROOT + "===="),
        TEXT.replace(ROOT, base64.b64encode(bytes(31)).decode()),
        TEXT.replace(ROOT, base64.b64encode(bytes(33)).decode()),
        TEXT.replace(ROOT, base64.urlsafe_b64encode(b"\xfb" * 32).decode()),
        TEXT.replace(ROOT, "\u00e9" * 44),
        TEXT.replace(ROOT, bytes(32).hex()),
    ],
    ids=lambda text: repr(text[-50:]),
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(FormatError):
        submission.parse(text)


def test_unused_bits_of_the_root_are_zero() -> None:
    spelled = base64.b64encode(bytes(32)).decode()
    assert spelled.endswith("A=")
    with pytest.raises(FormatError, match="not a 32-byte hash"):
        submission.decode_hash(spelled[:-2] + "B=")


def test_a_name_with_the_infix_twice_is_split_at_the_last() -> None:
    parsed = submission.parse(TEXT.replace("ree", "submissions/x"))
    assert (parsed.ledger, parsed.party) == ("ledger.example/submissions/x", "lynas")


def test_nothing_is_no_submission() -> None:
    with pytest.raises(FormatError, match="0 events"):
        submission.sign("ledger.example", LYNAS, [])


def test_too_many_events_are_no_submission() -> None:
    class Many(list[bytes]):
        def __len__(self) -> int:
            return MAX_EVENTS + 1

    with pytest.raises(FormatError, match="are allowed"):
        submission.sign("ledger.example", LYNAS, Many())


def test_the_errors_say_the_line() -> None:
    for text, line in ((TEXT.replace("lynas", "L"), 1), (TEXT.replace("\n5\n", "\nx\n"), 2)):
        with pytest.raises(FormatError) as caught:
            submission.parse(text)
        assert caught.value.line == line
