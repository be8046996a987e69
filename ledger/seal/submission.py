"""Submissions: 1..n events signed once by one party, as a C2SP signed note over their RFC 6962 root.

ledger.example/ree/submissions/lynas
5000
<root, base64>

-- lynas <base64(key id || Ed25519 signature)>
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

from msgspec import Struct

from ledger.errors import FormatError
from ledger.model.text import ID_PATTERN
from ledger.seal import merkle, note
from ledger.seal.keys import Signer

MAX_EVENTS = 1 << 20
"""Most events in one submission."""
_INFIX = "/submissions/"
_PARTY = re.compile(ID_PATTERN)
_COUNT = re.compile(r"[1-9][0-9]{0,6}")


class Submission(Struct, frozen=True):
    """What a party signs.

    Attributes:
        ledger: the log's origin.
        party: the party's id, also the name of its key.
        size: number of events, 1 or more.
        root: RFC 6962 root over the event hashes, 32 bytes.
    """

    ledger: str
    party: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note's text, the bytes that are signed."""
        return f"{self.ledger}{_INFIX}{self.party}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def sign(ledger: str, key: Signer, hashes: Sequence[bytes]) -> bytes:
    """Sign event hashes (32 bytes each, in order) as `key.name`; returns the note's bytes.

    Raises:
        FormatError: no event, or more than `MAX_EVENTS`.
    """
    if not 1 <= len(hashes) <= MAX_EVENTS:
        raise FormatError(f"a submission of {len(hashes)} events; 1 to {MAX_EVENTS} are allowed")
    submission = Submission(ledger, key.name, len(hashes), merkle.root(hashes))
    return note.format(note.sign(submission.text(), key))


def parse(text: str) -> Submission:
    """Parse a submission note's text.

    Raises:
        FormatError: not three lines of this form.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:  # noqa: PLR2004  (three lines, each ended)
        raise FormatError("a submission has three lines: name, number of events, root")
    ledger, infix, party = lines[0].rpartition(_INFIX)
    if not (ledger and infix and _PARTY.match(party)):
        raise FormatError(f"the first line is <ledger>{_INFIX}<party>, not {lines[0]!r}", line=1)
    if not _COUNT.fullmatch(lines[1]) or int(lines[1]) > MAX_EVENTS:
        raise FormatError(f"the second line is the number of events, not {lines[1][:20]!r}", line=2)
    root = decode_hash(lines[2])
    return Submission(ledger, party, int(lines[1]), root)


def decode_hash(text: str) -> bytes:
    """Decode a base64 SHA-256 value, one spelling only.

    Raises:
        FormatError: not 32 bytes in standard base64 with padding.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise FormatError(f"{text[:60]!r} is not base64") from error
    if len(raw) != merkle.HASH_SIZE or base64.b64encode(raw).decode() != text:
        raise FormatError(f"{text[:60]!r} is not a 32-byte hash in base64")
    return raw
