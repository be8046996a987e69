"""C2SP signed-note: text signed by one or more keys.

    <text, one or more lines>
    <empty line>
    — <key name> <base64(4-byte key id || signature)>

What is signed is the text with its final newline, without the empty line. The text may itself hold empty lines; the
last one in the note separates. The bytes a note came in are the bytes it goes out as: `format(parse(b)) == b`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import Final

import msgspec

from ledger.errors import FormatError
from ledger.seal import ed25519, keys
from ledger.seal.keys import Signer, VerifierKey

MAX_BYTES: Final = 1_000_000
"""Largest note, in bytes."""
MAX_SIGNATURES: Final = 100
"""Most signature lines; the specification demands room for at least 16."""

_KEY_ID_SIZE: Final = 4
_MARK: Final = "\u2014 "
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


class SignatureError(FormatError):
    """A known key's signature that does not verify: the note was changed, or never signed by that key."""


class UnsignedError(FormatError):
    """No known key signed the note."""


class AmbiguousKeyError(FormatError):
    """Two different keys share name and key id, so that no signature can be laid to one of them."""


class Signature(msgspec.Struct, frozen=True):
    """One signature line.

    Attributes:
        name: the key's name.
        key_id: 4 bytes.
        body: the signature, at least 1 byte; 64 for Ed25519, other lengths for algorithms that others read.

    Raises:
        FormatError: on construction, where a part is malformed.
    """

    name: str
    key_id: bytes
    body: bytes

    def __post_init__(self) -> None:
        keys.check_name(self.name)
        if len(self.key_id) != _KEY_ID_SIZE or not self.body:
            raise FormatError("a signature is a key id of 4 bytes and at least 1 byte more")


class Note(msgspec.Struct, frozen=True):
    """A text and its signatures, in the order of their lines. Being a Note says nothing of being validly signed.

    Attributes:
        text: ends in a newline, has no other control character.
        signatures: 1 to `MAX_SIGNATURES`.

    Raises:
        FormatError: on construction, where the text or the number of signatures cannot be a note's.
    """

    text: str
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        _message(self.text)
        if not 1 <= len(self.signatures) <= MAX_SIGNATURES:
            raise FormatError(f"a note has 1 to {MAX_SIGNATURES} signatures")


def parse(data: bytes) -> Note:
    """Read a signed note; verifies no signature.

    Raises:
        FormatError: over `MAX_BYTES`, not UTF-8, or not exactly a note (C2SP signed-note, Format).
    """
    if len(data) > MAX_BYTES:
        raise FormatError(f"a note has at most {MAX_BYTES} bytes")
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise FormatError("a note is UTF-8") from None
    text, blank, lines = whole.rpartition("\n\n")
    if not blank:
        raise FormatError("a note has an empty line between text and signatures")
    return Note(f"{text}\n", parse_lines(lines))


def format(note: Note) -> bytes:  # noqa: A001 - Parse and Format are the pair's names wherever notes are read
    """Write a note; `parse` gives it back.

    Raises:
        FormatError: over `MAX_BYTES`.
    """
    data = f"{note.text}\n{''.join(map(format_line, note.signatures))}".encode()
    if len(data) > MAX_BYTES:
        raise FormatError(f"a note has at most {MAX_BYTES} bytes")
    return data


def parse_lines(lines: str) -> tuple[Signature, ...]:
    """Read signature lines alone, as a note ends in them and as a witness answers with them.

    Raises:
        FormatError: not 1 to `MAX_SIGNATURES` lines, each with its newline, or one malformed.
    """
    if not lines.endswith("\n"):
        raise FormatError("a note ends in signature lines, each with its newline")
    if lines.count("\n") > MAX_SIGNATURES:
        raise FormatError(f"a note has 1 to {MAX_SIGNATURES} signatures")
    return tuple(map(_parse_line, lines[:-1].split("\n")))


def format_line(signature: Signature) -> str:
    """Write one signature line, with its newline."""
    encoded = base64.b64encode(signature.key_id + signature.body).decode()
    return f"{_MARK}{signature.name} {encoded}\n"


def sign(text: str, key: Signer) -> Note:
    """Sign a text, which ends in a newline; raises FormatError where it cannot be a note's."""
    return Note(text, (_signature(text, key),))


def add(note: Note, key: Signer) -> Note:
    """Sign a note once more, at the end; an older signature by the same key makes place.

    Raises:
        FormatError: more than `MAX_SIGNATURES`.
    """
    return with_signature(note, _signature(note.text, key))


def with_signature(note: Note, made: Signature) -> Note:
    """Add a signature at the end; an older one by the same key makes place.

    Raises:
        FormatError: more than `MAX_SIGNATURES`.
    """
    others = (s for s in note.signatures if (s.name, s.key_id) != (made.name, made.key_id))
    return Note(note.text, (*others, made))


def verify(note: Note, vkeys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Verify a note against known keys (C2SP signed-note, Signatures).

    A signature by an unknown key is ignored, even where its name or its key id, not both, is a known key's. After a
    known key's valid signature, further lines of that key are ignored.

    Returns:
        The known keys that signed, in the order of their lines; at least one.

    Raises:
        SignatureError: a known key's signature does not verify.
        UnsignedError: no known key signed; also where none is known.
        AmbiguousKeyError: different known keys with one name and key id.
    """
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for vkey in vkeys:
        if known.setdefault((vkey.name, vkey.key_id), vkey) != vkey:
            raise AmbiguousKeyError(f"two verifier keys {vkey.name!r} share the key id {vkey.key_id.hex()}")
    message = note.text.encode()
    signers: dict[VerifierKey, None] = {}
    for signature in note.signatures:
        signer = known.get((signature.name, signature.key_id))
        if signer is None or signer in signers:
            continue
        if not ed25519.verify(signer.public_key, message, signature.body):
            raise SignatureError(f"the signature by {signer.name!r} ({signer.key_id.hex()}) does not verify")
        signers[signer] = None
    if not signers:
        raise UnsignedError("no known key signed the note")
    return tuple(signers)


def _message(text: str) -> bytes:
    """The bytes that are signed; FormatError where the text cannot be a note's, so that no key ever signs such."""
    if not text.endswith("\n"):
        raise FormatError("the text of a note ends in a newline")
    if _CONTROL.search(text):
        raise FormatError("a note has no control character but newline")
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise FormatError("the text of a note must be valid Unicode") from None


def _signature(text: str, key: Signer) -> Signature:
    return Signature(key.name, key.vkey.key_id, key.sign(_message(text)))


def _parse_line(line: str) -> Signature:
    mark, name, encoded = line[: len(_MARK)], *line[len(_MARK) :].partition(" ")[::2]
    if mark != _MARK:
        raise FormatError("a signature line starts with an em dash and a space")
    data = keys.decode_base64(encoded, "a signature")
    return Signature(name, data[:_KEY_ID_SIZE], data[_KEY_ID_SIZE:])
