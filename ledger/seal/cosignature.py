r"""C2SP tlog-cosignature: a witness's timestamped statement that a checkpoint extends all it saw of the log before.

A cosignature is one more signature line of the checkpoint's note. Its signature is

    8-byte big-endian timestamp, seconds since 1970 || Ed25519 or ML-DSA-44 signature

and what that signs is, for Ed25519 (type 0x04; tlog-cosignature, Ed25519 signed message), the whole text

    cosignature/v1
    time <timestamp>
    <the checkpoint's text>

and for ML-DSA-44 (type 0x06; ML-DSA-44 signed message), the tree head alone, without extension lines:

    "subtree/v1\n\0" || len(name) || name || timestamp || len(origin) || origin || 0 || tree size || root

with lengths of one byte and whole numbers of eight, big-endian. What the rules leave open is decided here:

- A timestamp of 0 verifies: with ML-DSA-44 it says that the tree is consistent, not that it was the newest. Who asks
  for freshness looks at the timestamp. A witness of ours never signs 0 (tlog-witness, add-checkpoint).
- A timestamp beyond 2^63 - 1 does not verify. One beyond `latest`, where the caller gives such a bound, does not
  either (Format: verifiers may reject the future).
- The first valid line of a known key counts, further lines of that key are not looked at. A known key's line that
  does not verify makes the note invalid (signed-note, Signatures), so a spoiled cosignature is never just missing.
- Lines of other signature types or unknown keys are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from ledger.errors import FormatError, UsageError
from ledger.seal import checkpoint, cosigner, note
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.cosigner import Cosigner, CosignerKey
from ledger.seal.note import AmbiguousKeyError, Note, Signature, SignatureError

MAX_TIMESTAMP: Final = 2**63 - 1

_TIMESTAMP_SIZE: Final = 8
_LABEL: Final = b"subtree/v1\n\x00"


class Cosignature(msgspec.Struct, frozen=True):
    """A cosignature that verified.

    Attributes:
        key: whose it is.
        timestamp: when the witness says it made it, seconds since 1970, 0 to `MAX_TIMESTAMP`.
    """

    key: CosignerKey
    timestamp: int


def message(text: str, key: CosignerKey, timestamp: int) -> bytes:
    """The bytes that a cosignature signs, for a checkpoint's text with its final newline.

    Raises:
        FormatError: not the text of a checkpoint; for ML-DSA-44, an origin of more than 255 bytes.
        UsageError: not 0 <= timestamp <= `MAX_TIMESTAMP`.
    """
    return _message(text, checkpoint.parse_text(text), key, timestamp)


def sign(text: str, key: Cosigner, timestamp: int) -> Signature:
    """Cosign a checkpoint's text. Whether the checkpoint may be signed is for `ledger.seal.witness` to decide.

    Args:
        text: the checkpoint's text, with its final newline.
        key: the witness's.
        timestamp: now, seconds since 1970.

    Raises:
        FormatError: as `message`.
        UsageError: not 1 <= timestamp <= `MAX_TIMESTAMP` (tlog-witness: the timestamp must not be zero).
    """
    if timestamp == 0:
        raise UsageError("a witness's timestamp is not 0")
    signed = key.sign(message(text, key.vkey, timestamp))
    return Signature(key.name, key.vkey.key_id, timestamp.to_bytes(_TIMESTAMP_SIZE, "big") + signed)


def timestamp_of(signature: Signature, key: CosignerKey) -> int | None:
    """The timestamp of a signature of this key's type, unverified; None where it cannot be a cosignature."""
    if len(signature.body) != _TIMESTAMP_SIZE + cosigner.SIGNATURE_SIZE[key.algorithm]:
        return None
    timestamp = int.from_bytes(signature.body[:_TIMESTAMP_SIZE], "big")
    return timestamp if timestamp <= MAX_TIMESTAMP else None


def verify(signed: Note, keys: Iterable[CosignerKey], *, latest: int = MAX_TIMESTAMP) -> tuple[Cosignature, ...]:
    """Verify the cosignatures of known witnesses on a checkpoint.

    Args:
        signed: the checkpoint's note. The log's own signature is not looked at.
        keys: the known witnesses.
        latest: newest timestamp that counts, seconds since 1970; say now and some minutes.

    Returns:
        One per known key that cosigned, in the order of the lines; none where no known witness did.

    Raises:
        SignatureError: a known key's line does not verify, or is from after `latest`.
        AmbiguousKeyError: different known keys with one name and key id.
        FormatError: the note is no checkpoint.
    """
    known: dict[tuple[str, bytes], CosignerKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise AmbiguousKeyError(f"two witness keys {key.name!r} share the key id {key.key_id.hex()}")
    head = checkpoint.parse_text(signed.text)
    found: dict[CosignerKey, Cosignature] = {}
    for line in signed.signatures:
        signer = known.get((line.name, line.key_id))
        if signer is not None and signer not in found:
            found[signer] = _verified(signed.text, head, line, signer, latest)
    return tuple(found.values())


def merge(signed: Note, lines: Iterable[Signature], keys: Iterable[CosignerKey]) -> Note:
    """Add the cosignatures of known witnesses to a checkpoint, each in place of an older one by the same key.

    Lines of unknown keys are left out (tlog-witness, add-checkpoint: the client must ignore them).

    Raises:
        SignatureError: a known key's line does not verify, or has the timestamp 0, which no witness may answer with.
        AmbiguousKeyError, FormatError: as `verify`; also for more lines than a note can hold.
    """
    known = tuple(keys)
    offered = {(line.name, line.key_id): line for line in reversed(tuple(lines))}  # the first line of a key counts
    wanted = [offered[(key.name, key.key_id)] for key in known if (key.name, key.key_id) in offered]
    for line in wanted:
        (made,) = verify(Note(signed.text, (line,)), known)
        if not made.timestamp:
            raise SignatureError(f"the cosignature by {line.name!r} has the timestamp 0")
        signed = note.with_signature(signed, line)
    return signed


def _verified(text: str, head: Checkpoint, line: Signature, key: CosignerKey, latest: int) -> Cosignature:
    timestamp = timestamp_of(line, key)
    place = f"the cosignature by {key.name!r} ({key.key_id.hex()})"
    if timestamp is None:
        raise SignatureError(f"{place} is no timestamped signature")
    try:
        valid = key.verify(_message(text, head, key, timestamp), line.body[_TIMESTAMP_SIZE:])
    except FormatError:  # an origin too long for ML-DSA-44: nothing that such a key can have signed
        valid = False
    if not valid:
        raise SignatureError(f"{place} does not verify")
    if timestamp > latest:
        raise SignatureError(f"{place} is from the future: its time is {timestamp}, the latest that counts is {latest}")
    return Cosignature(key, timestamp)


def _message(text: str, head: Checkpoint, key: CosignerKey, timestamp: int) -> bytes:
    if type(timestamp) is not int or not 0 <= timestamp <= MAX_TIMESTAMP:
        raise UsageError("a timestamp is a whole number of seconds from 0 to 2^63 - 1")
    if key.algorithm == cosigner.ED25519:
        return f"cosignature/v1\ntime {timestamp}\n{text}".encode()
    return b"".join(
        (
            _LABEL,
            _prefixed(key.name, "witness's key name"),
            timestamp.to_bytes(8, "big"),
            _prefixed(head.origin, "log's origin"),
            (0).to_bytes(8, "big"),
            head.size.to_bytes(8, "big"),
            head.root,
        )
    )


def _prefixed(text: str, what: str) -> bytes:
    """RFC 8446 section 3.4, a vector <1..2^8-1>."""
    data = text.encode()
    if len(data) > cosigner.MAX_NAME:
        raise FormatError(f"a {what} has at most {cosigner.MAX_NAME} bytes where ML-DSA-44 signs it")
    return bytes((len(data),)) + data
