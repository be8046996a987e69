from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import FormatError
from ledger.model.quantity import MAX_INTEGER
from ledger.seal import entry
from ledger.seal.entry import KIND, MAX_ENTRY_BYTES, NO_PREVIOUS, Entry
from tests import strategies as say
from tests.trials import trials

WHEN = datetime(2026, 11, 24, 5, 12, 33, tzinfo=UTC)
ZEROS = base64.b64encode(bytes(32)).decode()
HEAD = f"monazite/entry@v1\nsequence 41\nprevious {ZEROS}\nrecorded 2026-11-24T05:12:33Z\n\n"
DATA = HEAD.encode() + b"the note"

entries = st.builds(
    Entry,
    sequence=st.integers(0, 10**6) | st.just(MAX_INTEGER),
    previous=st.binary(min_size=32, max_size=32),
    recorded=say.recorded(),
    note=st.binary(max_size=50),
)


def test_the_header_is_as_documented() -> None:
    stated = Entry(41, NO_PREVIOUS, WHEN, b"the note")
    assert entry.format_entry(stated) == DATA
    assert entry.parse_entry(DATA) == stated


@given(entries)
def test_an_entry_comes_back_from_its_bytes(stated: Entry) -> None:
    data = entry.format_entry(stated)
    assert entry.parse_entry(data) == stated


@given(entries.flatmap(lambda stated: say.spoiled(entry.format_entry(stated))))
@settings(max_examples=trials(300))
def test_spoiled_entries_are_refused_or_mean_themselves(data: bytes) -> None:
    try:
        parsed = entry.parse_entry(data)
    except FormatError:
        return
    assert entry.format_entry(parsed) == data


@given(st.binary(max_size=80))
def test_any_bytes_are_no_entry(data: bytes) -> None:
    with pytest.raises(FormatError):
        entry.parse_entry(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (KIND, "monazite/entry@v2"),
        (KIND, " monazite/entry@v1"),
        ("sequence 41", "sequence 041"),
        ("sequence 41", "sequence -1"),
        ("sequence 41", "sequence 4 1"),
        ("sequence 41", "sequence \u0664"),
        ("sequence 41", f"sequence {MAX_INTEGER + 1}"),
        ("sequence 41", "sequence " + "9" * 5000),
        ("sequence 41\n", ""),
        (ZEROS, ZEROS[:-1]),
        (ZEROS, ZEROS[:-2] + "B="),
        (ZEROS, ZEROS[:-4] + "===="),
        (ZEROS, "=" * 44),
        (ZEROS, bytes(32).hex()),
        ("24T05", "24 05"),
        ("33Z", "33"),
        ("33Z", "33+00:00"),
        ("33Z", "33.5Z"),
        ("2026", "1969"),
        ("2026", "2200"),
        ("11-24", "02-30"),
        ("11-24", "13-01"),
        ("05:12", "24:12"),
        ("12:33", "12:60"),
        ("12:33", "60:33"),
        ("Z\n\n", "Z\n"),
        ("Z\n\n", "Z\r\n\r\n"),
    ],
)
def test_other_headers_are_refused(old: str, new: str) -> None:
    assert old in HEAD
    with pytest.raises(FormatError):
        entry.parse_entry(DATA.replace(old.encode(), new.encode()))


def test_an_unknown_kind_is_called_unknown() -> None:
    with pytest.raises(FormatError, match="unknown kind.*tessera/entry"):
        entry.parse_entry(DATA.replace(b"monazite/", b"tessera/"))


def test_a_leaf_fits_a_tile_bundle() -> None:
    room = MAX_ENTRY_BYTES - len(HEAD)
    fits = Entry(41, NO_PREVIOUS, WHEN, b"x" * room)
    data = entry.format_entry(fits)
    assert len(data) == 65_535
    assert entry.parse_entry(data) == fits
    with pytest.raises(FormatError, match="is the most"):
        entry.format_entry(Entry(41, NO_PREVIOUS, WHEN, b"x" * (room + 1)))
    with pytest.raises(FormatError, match="is the most"):
        entry.parse_entry(data + b"x")


MAP = (
    b"monazite/map@v2\nsequence 41\nprevious "
    + b"A" * 43
    + b"=\nrecorded 2026-11-24T05:12:33Z\n\n7\n"
    + b"A" * 43
    + b"=\n"
)


def test_a_map_entry_is_read_as_it_is_written() -> None:
    stated = entry.MapEntry(41, bytes(32), datetime(2026, 11, 24, 5, 12, 33, tzinfo=UTC), 7, bytes(32))
    assert entry.format_map(stated) == MAP
    assert entry.parse(MAP) == stated
    assert isinstance(entry.parse(DATA), entry.Entry)
    older = entry.parse(MAP.replace(b"map@v2", b"map@v1"))
    assert older == entry.MapEntry(41, bytes(32), stated.recorded, 7, bytes(32), 1)


def test_a_map_entry_is_no_submission() -> None:
    with pytest.raises(FormatError, match="no submission"):
        entry.parse_entry(MAP)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\n7\n", b"\n07\n"),
        (b"\n7\n", b"\n-7\n"),
        (b"\n7\n", b"\n\n"),
        (b"\n7\n", b"\n9007199254740992\n"),
        (b"\n7\n", b"\n7\n7\n"),
        (b"map@v2", b"map@v3"),
        (b"map@v2", b"maps@v2"),
        (b"A=\n", b"B=\n"),
        (b"A=\n", b"A="),
    ],
)
def test_a_map_entry_in_another_spelling_is_refused(old: bytes, new: bytes) -> None:
    changed = MAP.removesuffix(b"\n") if new == b"A=" else MAP.replace(old, new)
    assert changed != MAP
    with pytest.raises(FormatError):
        entry.parse(changed)


@given(st.binary(max_size=120))
def test_what_follows_a_map_header_is_read_whole_or_refused(tail: bytes) -> None:
    try:
        stated = entry.parse(MAP.partition(b"\n\n")[0] + b"\n\n" + tail)
    except FormatError:
        return
    assert isinstance(stated, entry.MapEntry)
    assert entry.format_map(stated).endswith(tail)
