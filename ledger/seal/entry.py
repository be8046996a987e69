"""Entries, the log's leaves, each chained to the entry before it (DESIGN.md section 3.3).

There are two kinds:

monazite/entry@v1                   monazite/map@v2
sequence 41                         sequence 42
previous <hash of entry 40>         previous <hash of entry 41>
recorded 2026-11-24T05:12:33Z       recorded 2026-11-24T05:12:33Z

<the submission note, verbatim>     <number of keys, decimal>
                                    <root of the map, base64>

The first admits a submission; the second commits to the map of all events before it (`ledger.seal.prefix`). `previous` is
the leaf hash in base64, 32 zero bytes for entry 0. `monazite/map@v1` commits to fewer subjects and is read still.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime

from msgspec import Struct

from ledger.errors import FormatError
from ledger.model.quantity import MAX_INTEGER
from ledger.seal.submission import decode_hash

KIND = "monazite/entry@v1"
MAP_KIND = "monazite/map@v"
"""And the version of the map."""
MAP_VERSION = 2
"""Of the maps that are written: 2 commits to names, keys and retractions by party, too."""
MAX_ENTRY_BYTES = 65_535
"""C2SP tlog-tiles: an entry bundle gives each entry a 16-bit length."""
NO_PREVIOUS = bytes(32)
"""`previous` of entry 0."""

_HEADER = re.compile(
    rb"monazite/(entry@v1|map@v1|map@v2)\nsequence (0|[1-9][0-9]{0,15})\nprevious ([A-Za-z0-9+/=]{44})\n"
    rb"recorded ((?:19[7-9]|20[0-9]|21[0-9])[0-9]-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)\n\n"
)
_MAP = re.compile(rb"(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/=]{44})\n")


class Entry(Struct, frozen=True):
    """One leaf of the log.

    Attributes:
        sequence: its index, counted from 0.
        previous: leaf hash of the entry before it, 32 bytes.
        recorded: when the operator admitted it, UTC, whole seconds.
        note: the submission note, verbatim.
    """

    sequence: int
    previous: bytes
    recorded: datetime
    note: bytes


class MapEntry(Struct, frozen=True):
    """A leaf of the log that commits to the map of all events before it; nobody's submission.

    Attributes:
        sequence, previous, recorded: as in `Entry`.
        size: number of keys of the map.
        root: of the map (`ledger.seal.prefix`), 32 bytes.
        version: 1 or 2, which says for what an event counts (`ledger.counting`).
    """

    sequence: int
    previous: bytes
    recorded: datetime
    size: int
    root: bytes
    version: int = MAP_VERSION


def format_entry(entry: Entry) -> bytes:
    """The leaf's bytes.

    Raises:
        FormatError: longer than `MAX_ENTRY_BYTES`.
    """
    data = _head(KIND, entry) + entry.note
    if len(data) > MAX_ENTRY_BYTES:
        raise FormatError(f"an entry of {len(data)} bytes; {MAX_ENTRY_BYTES} is the most")
    return data


def format_map(entry: MapEntry) -> bytes:
    """The leaf's bytes."""
    return (
        _head(f"{MAP_KIND}{entry.version}", entry) + f"{entry.size}\n{base64.b64encode(entry.root).decode()}\n".encode()
    )


def parse_entry(data: bytes) -> Entry:
    """Parse the bytes of a leaf that holds a submission; every other kind is refused.

    Raises:
        FormatError: not an entry of this kind, exactly spelled.
    """
    parsed = parse(data)
    if isinstance(parsed, MapEntry):
        raise FormatError(f"an entry of kind {MAP_KIND}{parsed.version}, which holds no submission")
    return parsed


def parse(data: bytes) -> Entry | MapEntry:
    """Parse a leaf's bytes; an unknown kind is refused.

    Raises:
        FormatError: not an entry of a known kind, exactly spelled.
    """
    if len(data) > MAX_ENTRY_BYTES:
        raise FormatError(f"an entry of {len(data)} bytes; {MAX_ENTRY_BYTES} is the most")
    match = _HEADER.match(data)
    if match is None:
        kind = data.split(b"\n", 1)[0][:60]
        if kind not in (KIND.encode(), b"monazite/map@v1", b"monazite/map@v2"):
            raise FormatError(
                f"an entry of unknown kind {kind!r}; this verifier knows {KIND}, {MAP_KIND}1 and {MAP_KIND}2"
            )
        raise FormatError("the header of an entry is sequence, previous, recorded and a blank line")
    sequence = _number(match[2], "sequence")
    try:
        recorded = _moment(match[4])
    except ValueError as error:
        raise FormatError(f"no such time: {match[4].decode()}", field="recorded") from error
    previous, body = decode_hash(match[3].decode()), data[match.end() :]
    if match[1] == b"entry@v1":
        return Entry(sequence, previous, recorded, body)
    stated = _MAP.fullmatch(body)
    if stated is None:
        raise FormatError("a map entry has the number of keys and the root, each on its line, and nothing more")
    size, root = _number(stated[1], "keys"), decode_hash(stated[2].decode())
    return MapEntry(sequence, previous, recorded, size, root, int(match[1][-1:]))


def _moment(text: bytes) -> datetime:
    """A time whose digits the pattern has looked at.

    `strptime` takes eight times as long as the constructor; what `fromisoformat` takes depends on Python's version.
    """
    return datetime(
        int(text[:4]), int(text[5:7]), int(text[8:10]), int(text[11:13]), int(text[14:16]), int(text[17:19]), tzinfo=UTC
    )


def _head(kind: str, entry: Entry | MapEntry) -> bytes:
    return (
        f"{kind}\nsequence {entry.sequence}\nprevious {base64.b64encode(entry.previous).decode()}\n"
        f"recorded {entry.recorded.strftime('%Y-%m-%dT%H:%M:%SZ')}\n\n"
    ).encode()


def _number(digits: bytes, what: str) -> int:
    number = int(digits)
    if number > MAX_INTEGER:
        raise FormatError(f"{what} {number} is beyond 2^53 - 1", field=what)
    return number
