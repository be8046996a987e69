"""Prepared files: one spelling, nothing in them that is not held against the events, and no other key's signature."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.errors import FormatError
from ledger.seal import note, prepared
from ledger.seal.keys import SigningKey
from ledger.seal.prepared import Checked, Prepared, PreparedOn

LEDGER = "ledger.example/test"
MINE, PLANT = (SigningKey.from_seed(name, bytes(32)) for name in ("mine", "plant"))
STRANGER = SigningKey.from_seed("mine", b"x" * 32)
TABLE = b"event,type\n"
RECORD = b'{"source":{"sha256":"' + sha256(TABLE).hexdigest().encode() + b'"}}'


def event(actor: str = "mine", **members: Any) -> bytes:
    base = {
        "v": 1,
        "type": "extract",
        "ledger": LEDGER,
        "actor": actor,
        "site": "pit",
        "at": "2026-03-01T08:00:00Z",
        "outputs": [{"lot": "A", "form": "ore", "mass": {"mg": 5_000_000}}],
    }
    return json.dumps({**base, **members}, sort_keys=True, separators=(",", ":")).encode()


def named(*files: bytes) -> list[dict[str, Any]]:
    return [
        {"name": "x", "media_type": "text/plain", "size": len(data), "sha256": sha256(data).hexdigest()}
        for data in files
    ]


def made(*, files: tuple[bytes, ...] = (RECORD, TABLE)) -> Prepared:
    return Prepared(
        format="monazite/unsigned@v1",
        ledger=LEDGER,
        head=PreparedOn(size=3, leaf="0" * 64),
        submissions=(
            prepared.unsigned(LEDGER, "mine", [MINE.vkey], [event(evidence=named(RECORD)), event(ref="R2")]),
            prepared.unsigned(LEDGER, "plant", [PLANT.vkey], [event("plant")]),
        ),
        files=files,
    )


def signed() -> Prepared:
    file = made()
    return prepared.sign(file, prepared.check(file), {0: MINE, 1: PLANT})


def looked_at(data: bytes) -> tuple[Prepared, tuple[Checked, ...]]:
    file = prepared.parse(data)
    return file, prepared.check(file)


GOOD = prepared.format(signed())
MEMBERS: dict[str, Any] = json.loads(GOOD)


def changed(path: str, value: object) -> bytes:
    """The good file with one member replaced, in its canonical spelling."""
    members = json.loads(GOOD)
    *way, last = path.split(".")
    place = members
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    place[int(last) if last.isdigit() else last] = value
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_a_file_is_read_back() -> None:
    file, checked = looked_at(GOOD)
    assert file == signed()
    assert prepared.format(file) == GOOD
    assert [item.stated.party for item in checked] == ["mine", "plant"]
    assert all(prepared.is_signed(item) for item in checked)
    assert looked_at(prepared.format(made()))[1][0].signed is None


def test_signing_one_after_the_other_gives_the_same_file_in_any_order() -> None:
    file = made()
    checked = prepared.check(file)
    one = prepared.sign(prepared.sign(file, checked, {1: PLANT}), checked, {0: MINE})
    assert prepared.format(one) == GOOD
    (line,) = note.parse_lines(one.submissions[0].signature)
    assert note.verify(note.Note(one.submissions[0].text, (line,)), [MINE.vkey]) == (MINE.vkey,)


def test_a_key_that_is_not_the_partys_does_not_sign() -> None:
    file = made()
    checked = prepared.check(file)
    for number, key in ((0, STRANGER), (0, PLANT), (1, MINE)):
        with pytest.raises(FormatError, match="no key with which the ledger lets"):
            prepared.sign(file, checked, {number: key})


def test_a_signature_by_another_key_or_over_other_text_is_not_one() -> None:
    stranger = note.format_line(note.sign(made().submissions[0].text, STRANGER).signatures[0])
    _file, checked = looked_at(changed("submissions.0.signature", stranger))
    with pytest.raises(note.UnsignedError):
        prepared.is_signed(checked[0])
    other = note.format_line(note.sign("x\n", MINE).signatures[0])
    _file, checked = looked_at(changed("submissions.0.signature", other))
    with pytest.raises(note.SignatureError):
        prepared.is_signed(checked[0])


TEXT = MEMBERS["submissions"][0]["text"]
OTHER_TEXT = MEMBERS["submissions"][1]["text"]
LINE = MEMBERS["submissions"][0]["signature"]


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("format", "monazite/unsigned@v2", "format"),
        ("ledger", "other.example/test", "submissions[0].text"),
        ("head.size", 0, "head.size"),
        ("head.leaf", "0" * 63, "head.leaf"),
        ("submissions", [], "submissions"),
        ("submissions.0.text", TEXT.replace("\n2\n", "\n3\n"), "submissions[0].text"),
        ("submissions.0.text", OTHER_TEXT, "submissions[0].events[0]"),
        ("submissions.0.text", TEXT.replace("/submissions/", "/"), "submissions[0].text"),
        ("submissions.0.text", TEXT + "\n", "submissions[0].text"),
        ("submissions.0.events", [event().decode()], "submissions[0].text"),
        ("submissions.0.events", [event(ref="X").decode(), event(ref="R2").decode()], "submissions[0].text"),
        ("submissions.0.events", [], "submissions[0].events"),
        ("submissions.0.events.0", "{}", "submissions[0].events[0]"),
        ("submissions.0.events.0", "[" * 100, "submissions[0].events[0]"),
        ("submissions.0.events.0", event().decode() + " ", "submissions[0].events[0]"),
        ("submissions.0.events.0", event(more=1).decode(), "submissions[0].events[0]"),
        ("submissions.0.events.0", event("plant").decode(), "submissions[0].events[0]"),
        ("submissions.0.events.0", event(ledger="other.example/x").decode(), "submissions[0].events[0]"),
        ("submissions.0.keys", [], "submissions[0].keys"),
        ("submissions.0.keys", ["mine"], "submissions[0].keys"),
        ("submissions.0.keys", [str(PLANT.vkey)], "submissions[0].keys"),
        ("submissions.0.keys", [str(MINE.vkey)] * 2, "submissions[0].keys"),
        (
            "submissions.0.keys",
            ["mine+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
            "submissions[0].keys",
        ),
        ("submissions.0.signature", LINE * 2, "submissions[0].signature"),
        ("submissions.0.signature", LINE.replace("mine", "plant"), "submissions[0].signature"),
        ("submissions.0.signature", LINE[:-1], "submissions[0].signature"),
        ("submissions.0.more", 1, "submissions[0]"),
        ("files", ["eA=="], "files[0]"),
        ("files", [MEMBERS["files"][0]] * 2, "files"),
    ],
)
def test_what_does_not_fit_is_refused_and_said_where(path: str, value: object, field: str) -> None:
    with pytest.raises(FormatError) as caught:
        looked_at(changed(path, value))
    said = caught.value.field or ""
    assert said.startswith(field), (said, caught.value.message)


def test_an_open_is_never_signed_so() -> None:
    opening = event(
        type="open",
        operator={"party": "mine", "name": "M", "country": "AU", "vkey": str(MINE.vkey)},
        registrar={"party": "mine", "name": "M", "country": "AU", "vkey": str(MINE.vkey)},
        log=str(SigningKey.from_seed(LEDGER, bytes(32)).vkey),
        rules="1",
        tolerances={"late_days": 30, "clock_s": 300, "u_mass_ppm": 5000},
        at="2026-03-01T08:00:00Z",
    )
    members = json.loads(opening)
    del members["outputs"], members["site"]
    data = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    file = replace(made(files=()), submissions=(prepared.unsigned(LEDGER, "mine", [MINE.vkey], [data]),))
    with pytest.raises(FormatError, match="`monazite init`"):
        prepared.check(file)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"[" * 100_000,
        b"\xff" + GOOD,
        GOOD + b"\n",
        b" " + GOOD,
        GOOD.replace(b'"head"', b'"ledger":"x","head"'),
        GOOD.replace(b'{"files"', b'{"files":[],"files"'),
        GOOD.replace(b"submissions/mine", b"submissions\\/mine"),
        json.dumps(MEMBERS).encode(),
        GOOD.replace(b'"signature":"', b'"signature":"","signature":"', 1),
        b'{"files":[],' + GOOD[GOOD.index(b'"format"') :],  # an empty member is not written
    ],
)
def test_there_is_one_spelling(data: bytes) -> None:
    with pytest.raises(FormatError):
        looked_at(data)


def test_the_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "MAX_BYTES", len(GOOD) - 1)
    with pytest.raises(FormatError, match="at most"):
        prepared.parse(GOOD)
    with pytest.raises(FormatError, match="Prepare fewer"):
        prepared.format(signed())


def test_only_what_is_named_travels() -> None:
    (item, *_rest) = prepared.check(made())
    assert prepared.named(item.events, [TABLE, b"other", RECORD, RECORD]) == (TABLE, RECORD)
    assert prepared.named((), [TABLE, RECORD]) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PATHS = [
    *(
        "format",
        "ledger",
        "head",
        "head.size",
        "head.leaf",
        "submissions",
        "files",
        "files.0",
        "files.1",
        "submissions.1",
    ),
    *(f"submissions.0{rest}" for rest in ("", ".text", ".keys", ".keys.0", ".events", ".events.0", ".signature")),
]


@given(st.sampled_from(PATHS), JSON)
def test_any_value_anywhere_is_refused_or_means_the_same(path: str, value: object) -> None:
    try:
        data = changed(path, value)
    except UnicodeEncodeError:  # a lone surrogate, which no file can hold
        return
    try:
        file, _checked = looked_at(data)
    except FormatError:
        return
    assert prepared.format(file) == data


@given(st.binary(max_size=300))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(FormatError):
        looked_at(noise)


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=4), st.integers(0, 4))
def test_a_damaged_file_never_carries_a_signature_for_other_events(at: int, put: bytes, cut: int) -> None:
    data = GOOD[:at] + put + GOOD[at + cut :]
    try:
        _file, checked = looked_at(data)
        held = [prepared.is_signed(item) for item in checked]
    except FormatError:
        return
    whole = looked_at(GOOD)[1]
    assert [item.hashes for item in checked] == [item.hashes for item in whole] or not all(held)
