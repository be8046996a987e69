"""C2SP tlog-witness: what a witness does with a log's request, as a function of what it cosigned before.

    old <size that the witness cosigned last>
    <hash, base64>                      the consistency proof from there, one hash a line

    <the checkpoint, verbatim>

`decide` is the whole of add-checkpoint but for the wire and the disk. Its caller must store the new state before it
answers, compare-and-swap on the state that it gave in, or two requests at once could roll the witness back.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final, Literal

import msgspec

from ledger.errors import FormatError, UsageError
from ledger.seal import checkpoint, cosignature, keys, merkle, note
from ledger.seal.checkpoint import Checkpoint, EmptyRootError
from ledger.seal.cosigner import Cosigner, CosignerKey
from ledger.seal.keys import VerifierKey
from ledger.seal.merkle import Hash, ProofError
from ledger.seal.note import Note, SignatureError, UnsignedError

MAX_PROOF: Final = 63
"""Most hashes of a request (tlog-witness, add-checkpoint)."""
MAX_BYTES: Final = note.MAX_BYTES + 64 * (MAX_PROOF + 1)
"""Largest request, in bytes."""

_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,15})", re.ASCII)
_SIZE: Final = re.compile(rb"(0|[1-9][0-9]{0,15})\n")


class State(msgspec.Struct, frozen=True):
    """What a witness cosigned last of one log.

    Attributes:
        size: the tree's, 0 where it never cosigned.
        root: the tree's, 32 bytes.
        timestamp: of that cosignature; 0 where it never cosigned.
        checkpoint: the note as it left, with the log's and the witness's signatures; empty where it never cosigned.

    Raises:
        ProofError: on construction, where size and root are no tree's.
    """

    size: int = 0
    root: Hash = merkle.EMPTY_ROOT
    timestamp: int = 0
    checkpoint: bytes = b""

    def __post_init__(self) -> None:
        if type(self.size) is not int or not 0 <= self.size <= merkle.MAX_SIZE or len(self.root) != merkle.HASH_SIZE:
            raise ProofError("a witness's state has a size from 0 to 2^53 - 1 and a root of 32 bytes")


class Request(msgspec.Struct, frozen=True):
    """An add-checkpoint request, nothing of it verified.

    Attributes:
        old_size: what the log believes the witness cosigned last.
        proof: from there to the checkpoint, at most `MAX_PROOF` hashes of 32 bytes.
        checkpoint: the note's bytes.

    Raises:
        FormatError: on construction, where a part is malformed.
    """

    old_size: int
    proof: tuple[Hash, ...]
    checkpoint: bytes

    def __post_init__(self) -> None:
        if type(self.old_size) is not int or not 0 <= self.old_size <= merkle.MAX_SIZE:
            raise FormatError("the old size of a request is a whole number from 0 to 2^53 - 1")
        if len(self.proof) > MAX_PROOF or any(len(value) != merkle.HASH_SIZE for value in self.proof):
            raise FormatError(f"a request has at most {MAX_PROOF} hashes of {merkle.HASH_SIZE} bytes")
        note.parse(self.checkpoint)


class Cosigned(msgspec.Struct, frozen=True):
    """The witness signs.

    Attributes:
        state: to be stored before the answer is given.
        lines: the answer, one signature line for each of the witness's keys.
    """

    state: State
    lines: bytes


class Refused(msgspec.Struct, frozen=True):
    """The witness does not sign, and its state stays.

    Attributes:
        status: the HTTP status that the specification gives this.
        reason: which check it failed.
        message: for people.
        body: what to answer; at a conflict, the size that the witness cosigned last.
        evidence: the note that it cosigned and the one that it is asked to, where the log validly signed two trees that no
            log which only appends can have both: nobody but the log can have done that. Else empty.
        prefix: where their sizes differ, the root that the request's proof leads from instead of the one cosigned.
    """

    status: Literal[400, 403, 404, 409, 422]
    reason: Literal["malformed", "unsigned", "unknown", "conflict", "inconsistent"]
    message: str
    body: bytes
    evidence: tuple[bytes, ...] = ()
    prefix: Hash = b""


def parse_request(data: bytes) -> Request:
    """Read the body of an add-checkpoint request.

    Raises:
        FormatError: over `MAX_BYTES`, or not exactly such; the answer is 400.
    """
    if len(data) > MAX_BYTES:
        raise FormatError(f"a request has at most {MAX_BYTES} bytes")
    head, blank, signed = data.partition(b"\n\n")  # no line before the checkpoint is empty
    if not blank:
        raise FormatError("a request has an empty line before its checkpoint")
    try:
        old, *lines = head.decode("ascii").split("\n", MAX_PROOF + 1)
    except UnicodeDecodeError:
        raise FormatError("a request is ASCII up to its checkpoint") from None
    match = _OLD.fullmatch(old)
    if match is None:
        raise FormatError("a request begins with `old` and a decimal number below 2^53", line=1)
    if len(lines) > MAX_PROOF:
        raise FormatError(f"a request has at most {MAX_PROOF} hashes")
    proof = tuple(keys.decode_base64(line, "a request's hash") for line in lines)
    return Request(int(match[1]), proof, signed)


def format_request(request: Request) -> bytes:
    """Write the body of an add-checkpoint request; `parse_request` gives it back."""
    lines = [f"old {request.old_size}", *(base64.b64encode(value).decode() for value in request.proof), ""]
    return "".join(f"{line}\n" for line in lines).encode() + request.checkpoint


def decide(
    state: State, request: Request, *, logs: Sequence[VerifierKey], cosigners: Sequence[Cosigner], timestamp: int
) -> Cosigned | Refused:
    """Cosign a checkpoint, or say why not (tlog-witness, add-checkpoint).

    Args:
        state: what was cosigned last of the log that the checkpoint names; `State()` for nothing.
        request: from anybody.
        logs: the keys of the logs that the witness knows; a key's name is its log's origin.
        cosigners: the witness's own keys, one or more.
        timestamp: now, seconds since 1970.

    Raises:
        UsageError: no cosigner, or a timestamp that is 0 or before the one signed last: a cosignature says which tree
            was the largest at a time, and a clock that ran back would make it a lie.
    """
    if not cosigners or not 1 <= timestamp <= cosignature.MAX_TIMESTAMP or timestamp < state.timestamp:
        raise UsageError("a witness has a key, and a clock that does not run back")
    signed = note.parse(request.checkpoint)
    trusted = [key for key in logs if signed.text.startswith(f"{key.name}\n")]
    if not trusted:
        return unknown()
    try:
        signers = note.verify(signed, trusted)
    except (SignatureError, UnsignedError) as error:
        return _refused(403, "unsigned", error.message)
    try:
        head = checkpoint.parse_text(signed.text)
    except EmptyRootError as error:
        return _refused(422, "inconsistent", error.message)
    except FormatError as error:
        return _refused(400, "malformed", error.message)
    refusal = _compare(state, request, head)
    if refusal is not None:
        return refusal
    # Kept and served: the log's signatures that were verified, and ours (tlog-witness, Monitor Retrieval Mechanism).
    lines = {(line.name, line.key_id): line for line in reversed(signed.signatures)}  # the first of a key was verified
    kept = [lines[(key.name, key.key_id)] for key in signers]
    try:
        made = [cosignature.sign(signed.text, key, timestamp) for key in cosigners]
        whole = note.format(Note(signed.text, (*kept, *made)))
    except FormatError as error:  # an origin that ML-DSA-44 cannot sign, or a note too large with one line more
        return _refused(400, "malformed", error.message)
    answer = "".join(map(note.format_line, made)).encode()
    return Cosigned(State(head.size, head.root, timestamp, whole), answer)


def unknown() -> Refused:
    """The answer to a request of a log that the witness does not know."""
    return _refused(404, "unknown", "no log of this name is known here")


def recall(kept: bytes, cosigners: Iterable[CosignerKey]) -> State:
    """The state from the note that was kept, `State.checkpoint`; empty bytes stand for `State()`.

    The note says it all: size and root in its text, the time in the witness's own cosignatures, which vouch for it.

    Raises:
        FormatError: not such a note, or one that these keys never cosigned.
    """
    if not kept:
        return State()
    signed = note.parse(kept)
    made = cosignature.verify(signed, cosigners)
    if not made:
        raise UnsignedError("none of the witness's keys cosigned the checkpoint that is kept as its last")
    head = checkpoint.parse_text(signed.text)
    return State(head.size, head.root, max(one.timestamp for one in made), kept)


def origin_of(request: Request) -> str:
    """The origin that a request's checkpoint names, unverified, by which its state is found.

    Raises:
        FormatError: the first line is empty.
    """
    origin = note.parse(request.checkpoint).text.split("\n", 1)[0]
    if not origin:
        raise FormatError("a checkpoint's origin is a line that is not empty")
    return origin


def origin_hash(origin: str) -> str:
    """SHA-256 of an origin in hex: where a witness serves what it cosigned, `<prefix>/<origin hash>/checkpoint`."""
    return sha256(origin.encode()).hexdigest()


def parse_conflict(body: bytes) -> int:
    """The size that a witness says it cosigned last, from its answer to a conflict.

    Raises:
        FormatError: not a decimal number below 2^53 and a newline.
    """
    match = _SIZE.fullmatch(body)
    if match is None or int(match[1]) > merkle.MAX_SIZE:
        raise FormatError("a witness answers a conflict with a decimal number below 2^53 and a newline")
    return int(match[1])


def accept(signed: bytes, answer: bytes, witnesses: Iterable[CosignerKey]) -> bytes:
    """Add a witness's answer to the log's own checkpoint; returns the note with the cosignatures of known witnesses.

    Raises:
        FormatError: the answer is not signature lines, or more than a note can hold.
        SignatureError: a known witness's line does not verify over this checkpoint.
    """
    if len(answer) > note.MAX_BYTES:
        raise FormatError(f"an answer has at most {note.MAX_BYTES} bytes")
    try:
        lines = note.parse_lines(answer.decode())
    except UnicodeDecodeError:
        raise FormatError("a witness answers in UTF-8") from None
    return note.format(cosignature.merge(note.parse(signed), lines, witnesses))


def _compare(state: State, request: Request, head: Checkpoint) -> Refused | None:
    """The checks of sizes, roots and proof, for a checkpoint that the log signed."""
    forked = state.size == head.size and state.root != head.root
    evidence = (state.checkpoint, request.checkpoint) if forked and state.checkpoint else ()
    if request.old_size > head.size:
        return _refused(400, "malformed", f"the old size {request.old_size} is beyond the checkpoint's {head.size}")
    if request.old_size != state.size:
        return Refused(
            409, "conflict", f"a checkpoint of size {state.size} was cosigned last", b"%d\n" % state.size, evidence
        )
    if forked:
        message = f"another root was cosigned at size {state.size}: the log has signed two trees"
        return Refused(422, "inconsistent", message, message.encode() + b"\n", evidence)
    if not state.size:
        # the empty tree is consistent with any, so that a proof would show nothing
        return _refused(422, "inconsistent", "a proof from size 0 has no hash") if request.proof else None
    try:
        merkle.check_consistency(
            old_size=state.size, new_size=head.size, old_root=state.root, new_root=head.root, proof=request.proof
        )
    except ProofError as error:
        prefix = _other_start(state, request, head)
        evidence = (state.checkpoint, request.checkpoint) if prefix else ()
        return Refused(422, "inconsistent", error.message, error.message.encode() + b"\n", evidence, prefix)
    return None


def _other_start(state: State, request: Request, head: Checkpoint) -> Hash:
    """The root that the larger tree has where another was cosigned, if the proof shows one; else empty."""
    try:
        found = merkle.start_of(old_size=state.size, new_size=head.size, new_root=head.root, proof=request.proof)
    except ProofError:
        return b""
    return found if found is not None and found != state.root else b""


def _refused(
    status: Literal[400, 403, 404, 422], reason: Literal["malformed", "unsigned", "unknown", "inconsistent"], why: str
) -> Refused:
    return Refused(status, reason, why, why.encode() + b"\n")
