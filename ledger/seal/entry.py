"""Entries, the log's leaves: an admitted submission, chained to the entry before it (DESIGN.md section 3.3).

monazite/entry@v1
sequence 41
previous <base64 leaf hash of entry 40; 32 zero bytes for entry 0>
recorded 2026-11-24T05:12:33Z

<the submission note, verbatim>
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
MAX_ENTRY_BYTES = 65_535
"""C2SP tlog-tiles: an entry bundle gives each entry a 16-bit length."""
NO_PREVIOUS = bytes(32)
"""`previous` of entry 0."""

_HEADER = re.compile(
    rb"monazite/entry@v1\nsequence (0|[1-9][0-9]{0,15})\nprevious ([A-Za-z0-9+/=]{44})\n"
    rb"recorded ((?:19[7-9]|20[0-9]|21[0-9])[0-9]-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)\n\n"
)


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


def format_entry(entry: Entry) -> bytes:
    """The leaf's bytes.

    Raises:
        FormatError: longer than `MAX_ENTRY_BYTES`.
    """
    head = (
        f"{KIND}\nsequence {entry.sequence}\nprevious {base64.b64encode(entry.previous).decode()}\n"
        f"recorded {entry.recorded.strftime('%Y-%m-%dT%H:%M:%SZ')}\n\n"
    )
    data = head.encode() + entry.note
    if len(data) > MAX_ENTRY_BYTES:
        raise FormatError(f"an entry of {len(data)} bytes; {MAX_ENTRY_BYTES} is the most")
    return data


def parse_entry(data: bytes) -> Entry:
    """Parse a leaf's bytes; an unknown kind is refused.

    Raises:
        FormatError: not an entry of this kind, exactly spelled.
    """
    if len(data) > MAX_ENTRY_BYTES:
        raise FormatError(f"an entry of {len(data)} bytes; {MAX_ENTRY_BYTES} is the most")
    match = _HEADER.match(data)
    if match is None:
        kind = data.split(b"\n", 1)[0][:60]
        if kind != KIND.encode():
            raise FormatError(f"an entry of unknown kind {kind!r}; this verifier knows {KIND}")
        raise FormatError("the header of an entry is sequence, previous, recorded and a blank line")
    sequence = int(match[1])
    if sequence > MAX_INTEGER:
        raise FormatError(f"sequence {sequence} is beyond 2^53 - 1", field="sequence")
    try:
        recorded = datetime.strptime(match[3].decode(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise FormatError(f"no such time: {match[3].decode()}", field="recorded") from error
    return Entry(sequence, decode_hash(match[2].decode()), recorded, data[match.end() :])
