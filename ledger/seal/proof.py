"""C2SP tlog-proof: a receipt, which shows offline that one entry is in a log that witnesses saw.

    c2sp.org/tlog-proof@v1
    extra <base64>                  not signed by anyone; the line is absent where there is none
    index <leaf index, decimal>
    <hash, base64>                  the inclusion proof, from the leaf's sibling up, one hash a line

    <the checkpoint, verbatim>

The receipt brings neither the entry nor the keys: the verifier has the leaf hash and the policy from elsewhere.
"""

from __future__ import annotations

import base64
import re
from typing import Final

import msgspec

from ledger.errors import FormatError
from ledger.seal import checkpoint, keys, merkle, note, witnessed
from ledger.seal.cosignature import MAX_TIMESTAMP
from ledger.seal.merkle import Hash
from ledger.seal.policy import Policy
from ledger.seal.witnessed import Witnessed

KIND: Final = "c2sp.org/tlog-proof@v1"
MAX_PATH: Final = 63
"""Most hashes that are read; a tree below 2^53 needs 53."""
MAX_EXTRA: Final = 65_536
"""Most bytes of extra data."""
MAX_BYTES: Final = note.MAX_BYTES + 4 * MAX_EXTRA // 3 + 64 * MAX_PATH
"""Largest receipt, in bytes."""

_EXTRA: Final = "extra "
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,15})", re.ASCII)


class Proof(msgspec.Struct, frozen=True):
    """A receipt. Being a Proof says nothing of proving anything.

    Attributes:
        index: the entry's index in the log, from 0, below 2**53.
        path: the inclusion proof, 32 bytes each, from the leaf's sibling up.
        checkpoint: the note's bytes, a well-formed checkpoint.
        extra: opaque bytes that no signature covers, 1 to `MAX_EXTRA`; None for none.

    Raises:
        FormatError: on construction, where a part is malformed.
    """

    index: int
    path: tuple[Hash, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if type(self.index) is not int or not 0 <= self.index < merkle.MAX_SIZE:
            raise FormatError("a receipt's index is a whole number from 0 to 2^53 - 2")
        if len(self.path) > MAX_PATH or any(len(value) != merkle.HASH_SIZE for value in self.path):
            raise FormatError(f"a receipt has at most {MAX_PATH} hashes of {merkle.HASH_SIZE} bytes")
        if self.extra is not None and not 1 <= len(self.extra) <= MAX_EXTRA:
            raise FormatError(f"a receipt's extra data is 1 to {MAX_EXTRA} bytes, or not there")
        checkpoint.unverified(self.checkpoint)


def parse(data: bytes) -> Proof:
    """Read a receipt; verifies nothing (C2SP tlog-proof, Format).

    Raises:
        FormatError: over `MAX_BYTES`, or not exactly a receipt; says the line.
    """
    if len(data) > MAX_BYTES:
        raise FormatError(f"a receipt has at most {MAX_BYTES} bytes")
    head, blank, signed = data.partition(b"\n\n")  # no line before the checkpoint is empty
    if not blank:
        raise FormatError("a receipt has an empty line before its checkpoint")
    try:
        lines = head.decode("ascii").split("\n", MAX_PATH + 4)
    except UnicodeDecodeError:
        raise FormatError("a receipt is ASCII up to its checkpoint") from None
    if lines[0] != KIND:
        raise FormatError(f"a receipt begins with {KIND}", line=1)
    at = 1
    extra = None
    if lines[at:] and lines[at].startswith(_EXTRA):
        extra = _decoded(lines[at].removeprefix(_EXTRA), "extra data", at + 1)
        at += 1
    index = _INDEX.fullmatch(lines[at]) if lines[at:] else None
    if index is None:
        raise FormatError("a receipt has `index` and a decimal number below 2^53", line=at + 1)
    rest = lines[at + 1 :]
    if len(rest) > MAX_PATH:
        raise FormatError(f"a receipt has at most {MAX_PATH} hashes", line=at + 2 + MAX_PATH)
    path = tuple(_decoded(line, "hash", number) for number, line in enumerate(rest, at + 2))
    return Proof(int(index[1]), path, signed, extra)


def format(proof: Proof) -> bytes:  # noqa: A001 - Parse and Format are the pair's names
    """Write a receipt; `parse` gives it back."""
    lines = [KIND]
    if proof.extra is not None:
        lines.append(_EXTRA + base64.b64encode(proof.extra).decode())
    lines.append(f"index {proof.index}")
    lines += [base64.b64encode(value).decode() for value in proof.path]
    return "".join(f"{line}\n" for line in (*lines, "")).encode() + proof.checkpoint


def verify(proof: Proof, leaf: Hash, trusted: Policy, *, latest: int = MAX_TIMESTAMP) -> Witnessed:
    """Verify a receipt (C2SP tlog-proof, Verifying a tlog proof); the numbers are the specification's.

    Args:
        proof: the receipt.
        leaf: 1. the leaf hash, which the caller computes from the entry that it holds.
        trusted: the logs and witnesses. `quorum none` asks for no witness.
        latest: newest timestamp of a cosignature that counts.

    Returns:
        What is said of the checkpoint; its timestamps are for the caller to judge.

    Raises:
        SignatureError, UnsignedError: 2. the checkpoint is not signed by a trusted log of its origin.
        QuorumError: 3. too few witnesses cosigned it.
        ProofError: 4. the leaf is not in the checkpoint's tree at this index.
        FormatError: malformed.
    """
    found = witnessed.open(proof.checkpoint, trusted, latest=latest)
    head = found.checkpoint
    merkle.check_inclusion(index=proof.index, size=head.size, leaf=leaf, proof=proof.path, root=head.root)
    return found


def _decoded(text: str, what: str, line: int) -> bytes:
    try:
        data = keys.decode_base64(text, f"a receipt's {what}")
    except FormatError as error:
        raise FormatError(error.message, line=line) from error
    if what == "hash" and len(data) != merkle.HASH_SIZE:
        raise FormatError(f"a receipt's hash has {merkle.HASH_SIZE} bytes, not {len(data)}", line=line)
    return data
