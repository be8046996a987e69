"""The events beside the tiles of a log: which file holds them, and how (docs/format.md, Tiles).

    events/<index>              of the 256 entries of a full bundle, index as in a tile's path
    events/<index>.e/<place>    of one entry, 256 index + place, while its bundle is not full

For each entry in order, each event's canonical JSON on a line, in order, and then an empty line. Canonical JSON has no line
feed in it and is not empty. An entry without events, or whose events are withheld, has the empty line alone. Unlike a partial bundle, a file of
one entry never holds what another holds as well, so that a log of large entries is not written many times over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ledger.seal.canonical import MAX_EVENT_BYTES
from ledger.seal.submission import MAX_EVENTS
from ledger.seal.tiles import WIDTH, TileError, grouped

FOLDER: Final = "events"
MAX_LINE: Final = MAX_EVENT_BYTES + 1
"""Longest line, in bytes, with its line feed."""

ReadLine = Callable[[int], bytes]
"""As `readline` of a binary file: at most so many bytes, up to and with the next line feed; nothing at the end."""


def bundle_path(index: int) -> str:
    """Where the events of a full bundle are."""
    return f"{FOLDER}/{grouped(index)}"


def single_path(sequence: int) -> str:
    """Where the events of one entry are while its bundle is not full."""
    index, place = divmod(sequence, WIDTH)
    return f"{FOLDER}/{grouped(index)}.e/{place}"


def format_group(events: Sequence[bytes]) -> bytes:
    """Write the events of one entry.

    Raises:
        TileError: an event that has no line: empty, with a line feed in it, or too long.
    """
    for data in events:
        if not data or len(data) >= MAX_LINE or b"\n" in data:
            raise TileError("an event that is not canonical JSON has no place in a file of events")
    return b"".join(b"%b\n" % data for data in (*events, b""))


def read_group(readline: ReadLine, path: str) -> tuple[bytes, ...]:
    """Read the events of the next entry; that they are the entry's is for the caller to check.

    Raises:
        TileError: cut short, a line over `MAX_LINE`, or more events than an entry can have.
    """
    events: list[bytes] = []
    while True:
        line = readline(MAX_LINE)
        if not line.endswith(b"\n"):
            raise TileError("an event of more than 1 MiB" if len(line) == MAX_LINE else "it is cut short", file=path)
        if line == b"\n":
            return tuple(events)
        if len(events) == MAX_EVENTS:
            raise TileError(f"more than {MAX_EVENTS} events of one entry", file=path)
        events.append(line[:-1])
