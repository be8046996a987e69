from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.seal import eventfiles
from ledger.seal.canonical import MAX_EVENT_BYTES
from ledger.seal.eventfiles import format_group, read_group
from ledger.seal.tiles import TileError

LINES = st.binary(min_size=1, max_size=40).filter(lambda data: b"\n" not in data)
GROUPS = st.lists(st.lists(LINES, max_size=4), max_size=5)


def read(data: bytes) -> list[list[bytes]]:
    """All groups of a file."""
    file = io.BytesIO(data)
    found = []
    while file.tell() < len(data):
        found.append(list(read_group(file.readline, "events/000")))
    return found


def test_paths() -> None:
    assert eventfiles.bundle_path(0) == "events/000"
    assert eventfiles.bundle_path(1_234_067) == "events/x001/x234/067"
    assert eventfiles.single_path(0) == "events/000.e/0"
    assert eventfiles.single_path(1_234_067 * 256 + 255) == "events/x001/x234/067.e/255"


@given(GROUPS)
def test_what_is_written_is_read(groups: list[list[bytes]]) -> None:
    assert read(b"".join(format_group(group) for group in groups)) == groups


@given(st.one_of(st.binary(max_size=60), st.text("a\n", max_size=20).map(str.encode)))
def test_whatever_is_read_is_written_so(data: bytes) -> None:
    if data.endswith(b"\n\n") or not data.strip(b"\n"):
        groups = read(data)
        assert b"".join(format_group(group) for group in groups) == data
    else:
        with pytest.raises(TileError, match="events/000: it is cut short"):
            read(data)


def test_bytes_that_have_no_line_are_not_written() -> None:
    for data in (b"", b"\n", b"a\nb", b"a" * (MAX_EVENT_BYTES + 1)):
        with pytest.raises(TileError):
            format_group([data])


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    longest = b"a" * MAX_EVENT_BYTES
    assert read(format_group([longest])) == [[longest]]
    with pytest.raises(TileError, match="more than 1 MiB"):
        read(longest + b"a\n\n")
    with pytest.raises(TileError, match="cut short"):
        read(b"a\n")
    monkeypatch.setattr(eventfiles, "MAX_EVENTS", 3)
    assert read(b"a\na\na\n\n") == [[b"a"] * 3]
    with pytest.raises(TileError, match="more than 3 events"):
        read(b"a\na\na\na\n\n")


def test_a_line_without_end_is_not_read_to_its_end() -> None:
    asked: list[int] = []

    def readline(limit: int) -> bytes:
        asked.append(limit)
        return b"a" * limit

    with pytest.raises(TileError):
        read_group(readline, "events/000")
    assert asked == [MAX_EVENT_BYTES + 1]
