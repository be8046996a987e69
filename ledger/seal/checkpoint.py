"""C2SP tlog-checkpoint: a log's signed tree head.

    <origin>
    <tree size, decimal>
    <root hash, base64>
    <extension lines, if any>

as the text of a signed note. Here the key's name is the origin, so a checkpoint cannot be laid to another log.
"""

from __future__ import annotations

import base64
import re
from typing import Final

import msgspec

from ledger.errors import FormatError, UsageError
from ledger.seal import keys, merkle, note
from ledger.seal.keys import Signer, VerifierKey

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)  # 16 digits hold 2**53
_CONTROL: Final = re.compile(r"[\x00-\x1f]")
_HEAD_LINES: Final = 3


class EmptyRootError(FormatError):
    """A checkpoint of size 0 with another root than the empty tree's: well formed, and about no tree."""


class Checkpoint(msgspec.Struct, frozen=True):
    """A tree head: what a log says it was at one size. Being a Checkpoint says nothing of being signed.

    Attributes:
        origin: the log's name, one line that is not empty.
        size: number of leaves, 0 <= size < 2**53.
        root: RFC 6962 root at that size, 32 bytes.
        extensions: further lines, none of them empty; opaque here, signed like the rest.

    Raises:
        FormatError: on construction, where a part is malformed or the root of an empty tree is not SHA-256().
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            if not line or _CONTROL.search(line):
                raise FormatError("a checkpoint's origin and extensions are lines that are not empty")
        if type(self.size) is not int or not 0 <= self.size <= merkle.MAX_SIZE:
            raise FormatError("a checkpoint's tree size is a whole number from 0 to 2^53 - 1")
        if len(self.root) != merkle.HASH_SIZE:
            raise FormatError(f"a checkpoint's root has {merkle.HASH_SIZE} bytes, not {len(self.root)}")
        if not self.size and self.root != merkle.EMPTY_ROOT:
            raise EmptyRootError("a checkpoint of size 0 has the root of the empty tree")


def unverified(data: bytes) -> Checkpoint:
    """What a note says as a checkpoint, whoever signed it; nothing may rest on it but what is verified otherwise.

    Raises:
        FormatError: it is no note, or its text no checkpoint.
    """
    return parse_text(note.parse(data).text)


def parse_text(text: str) -> Checkpoint:
    """Read the text of a checkpoint, with its final newline (C2SP tlog-checkpoint, Note text).

    Raises:
        FormatError: malformed; a size with a leading zero, a sign or a digit beyond ASCII is.
    """
    lines = text.split("\n")
    if lines.pop() or len(lines) < _HEAD_LINES:
        raise FormatError("a checkpoint is at least three lines, each with its newline")
    origin, size, root, *extensions = lines
    if not _DECIMAL.fullmatch(size):
        raise FormatError("a checkpoint's tree size is decimal, without leading zeros, below 2^53")
    return Checkpoint(origin, int(size), keys.decode_base64(root, "a checkpoint's root"), tuple(extensions))


def format_text(checkpoint: Checkpoint) -> str:
    """Write the text of a checkpoint, with its final newline; `parse_text` gives it back."""
    root = base64.b64encode(checkpoint.root).decode()
    return "".join(f"{line}\n" for line in (checkpoint.origin, checkpoint.size, root, *checkpoint.extensions))


def sign(checkpoint: Checkpoint, key: Signer) -> bytes:
    """Sign a checkpoint as its log; returns the note's bytes.

    Raises:
        UsageError: the key's name is not the checkpoint's origin.
        FormatError: more extension lines than a note can hold.
    """
    if key.name != checkpoint.origin:
        raise UsageError(f"the key {key.name!r} cannot sign for the log {checkpoint.origin!r}")
    return note.format(note.sign(format_text(checkpoint), key))


def open(data: bytes, vkey: VerifierKey) -> Checkpoint:  # noqa: A001 - Sign and Open are the pair's names in tlog code
    """Verify a checkpoint's signature by its log, then read it; further signatures (witnesses) are not looked at.

    Raises:
        SignatureError: the log's signature does not verify.
        UnsignedError: the log did not sign.
        FormatError: not a note, not a checkpoint, or signed for another origin than the key's name.
    """
    signed = note.parse(data)
    note.verify(signed, (vkey,))
    checkpoint = parse_text(signed.text)
    if checkpoint.origin != vkey.name:
        raise FormatError(f"a checkpoint of {checkpoint.origin!r} signed by the key of {vkey.name!r}")
    return checkpoint
