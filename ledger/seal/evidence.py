"""Two checkpoints of one log that do not fit together, as a file that can be handed on, and what it proves.

    {"format": "monazite/evidence@v1", "log": VKEY, "claim": ...,
     "before": {"size", "root", "note"}, "shown": {"size", "root", "note"},
     "consistency": {"from", "to", "root", "hashes"}, "proves": [...], "does_not_prove": [...]}

Proof that a log forked is one of two things, each with both of its signatures:

- *two-roots*: two roots of one size. Nothing else is needed.
- *rewritten*: a tree of m entries, and a larger tree whose first m entries have another root. That other root comes with
  the consistency proof (RFC 9162 section 2.1.4) that leads from it to the larger signed root. The larger root commits to
  its first m entries, so an accuser cannot find such a proof against a log that only appended, unless SHA-256 fails.

Everything else proves no fork. A smaller tree is what every log once had (*older*); a ledger that lacks entries that its
own log signed for is somebody's copy (*incomplete*). Only a proof that holds counts: one that fails shows nothing.
"""

from __future__ import annotations

import base64
import json
from typing import Any, Final, Literal, TypeAlias

import msgspec

from ledger.errors import FormatError
from ledger.seal import checkpoint, keys, merkle
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.keys import VerifierKey
from ledger.seal.merkle import Hash, ProofError

FORMAT: Final = "monazite/evidence@v1"
MAX_BYTES: Final = 8_000_000
"""Largest file, room for two notes with every character escaped."""

Claim: TypeAlias = Literal["two-roots", "rewritten", "older", "incomplete"]


class Evidence(msgspec.Struct, frozen=True):
    """Two notes of one log, and where there is one, the proof between their trees. Nothing of it is verified.

    Attributes:
        log: vkey of the log, as who made this knew it.
        before: the note that was remembered, or cosigned.
        shown: the note that came with the ledger, or the request, that was judged.
        prefix: root over the larger tree's first entries, as many as the smaller tree has; empty where not known.
        proof: the consistency proof that leads from `prefix` to the larger tree's root.
    """

    log: str
    before: str
    shown: str
    prefix: Hash = b""
    proof: tuple[Hash, ...] = ()


class Judged(msgspec.Struct, frozen=True):
    """What evidence comes to, for people.

    Attributes:
        claim: which kind it is.
        proven: whether it proves to anybody that the log forked.
        before, shown: the two tree heads, both signed by the log.
        proves, does_not_prove: sentences.
    """

    claim: Claim
    proven: bool
    before: Checkpoint
    shown: Checkpoint
    proves: tuple[str, ...]
    does_not_prove: tuple[str, ...]


def judge(evidence: Evidence, log: VerifierKey) -> Judged:
    """Verify both signatures, and say what the two notes prove against a log whose key the caller knows.

    Raises:
        UnsignedError, SignatureError: one of the notes is not signed by this log.
        FormatError: one of them is no checkpoint, or the proof between them does not hold.
    """
    before, shown = (checkpoint.open(text.encode(), log) for text in (evidence.before, evidence.shown))
    small, large = sorted((before, shown), key=lambda head: head.size)
    if small.size == large.size and small.root != large.root:
        return _judged("two-roots", before, shown, _two_roots(small))
    if evidence.prefix:
        if evidence.prefix == small.root:
            raise ProofError(
                "the larger tree begins with the smaller one: a proof that they fit together proves no fork"
            )
        merkle.check_consistency(
            old_size=small.size,
            new_size=large.size,
            old_root=evidence.prefix,
            new_root=large.root,
            proof=evidence.proof,
        )
        return _judged("rewritten", before, shown, _rewritten(small, large, evidence.prefix))
    if shown.size < before.size:
        return _judged("older", before, shown, _older(before, shown))
    return _judged("incomplete", before, shown, _incomplete(shown))


def format(evidence: Evidence, log: VerifierKey) -> bytes:  # noqa: A001 - parse and format are the pair's names
    """Write the file; raises as `judge`."""
    judged = judge(evidence, log)
    low, high = sorted((judged.before.size, judged.shown.size))
    built: dict[str, Any] = {
        "format": FORMAT,
        "log": evidence.log,
        "claim": judged.claim,
        "before": _head(judged.before, evidence.before),
        "shown": _head(judged.shown, evidence.shown),
    }
    if judged.claim == "rewritten":
        hashes = [base64.b64encode(value).decode() for value in evidence.proof]
        built["consistency"] = {"from": low, "to": high, "root": evidence.prefix.hex(), "hashes": hashes}
    built["proves"] = judged.proves
    built["does_not_prove"] = judged.does_not_prove
    return json.dumps(built, indent=2).encode() + b"\n"


def proof_text(evidence: Evidence) -> str:
    """The root and the consistency proof of evidence as lines of base64, for a finding."""
    return "".join(f"{base64.b64encode(value).decode()}\n" for value in (evidence.prefix, *evidence.proof))


def parse(data: bytes, file: str | None = None) -> Evidence:
    """Read the file. Sizes and roots must be those of its notes; its claim and its prose are not looked at.

    Raises:
        FormatError: not such a file, or one that contradicts itself.
    """
    if len(data) > MAX_BYTES:
        raise FormatError(f"evidence has at most {MAX_BYTES} bytes", file=file)
    try:
        return _read(msgspec.json.decode(data, type=_File))
    except FormatError as error:
        raise FormatError(error.message, file=file) from error
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise FormatError(f"not {FORMAT}: {error}", file=file) from error


class _Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    size: int
    root: str
    note: str


class _Between(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    from_: int = msgspec.field(name="from")
    to: int
    root: str
    hashes: list[str]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    log: str
    claim: Claim
    before: _Point
    shown: _Point
    proves: list[str]
    does_not_prove: list[str]
    consistency: _Between | None = None


def _read(read: _File) -> Evidence:
    if read.format != FORMAT:
        raise FormatError(f"not {FORMAT}")
    for point in (read.before, read.shown):
        head = checkpoint.unverified(point.note.encode())
        if (point.size, point.root) != (head.size, head.root.hex()):
            raise FormatError("size and root are not those of the note beside them")
    between = read.consistency
    if between is None:
        return Evidence(read.log, read.before.note, read.shown.note)
    if [between.from_, between.to] != sorted((read.before.size, read.shown.size)):
        raise FormatError("the consistency proof is between other sizes than those of the notes")
    proof = tuple(keys.decode_base64(text, "a hash of the consistency proof") for text in between.hashes)
    return Evidence(read.log, read.before.note, read.shown.note, _hex(between.root), proof)


def _hex(text: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise FormatError("a root is hex") from None
    if len(data) != merkle.HASH_SIZE or data.hex() != text:
        raise FormatError(f"a root is {merkle.HASH_SIZE} bytes in lower-case hex")
    return data


def _head(head: Checkpoint, text: str) -> dict[str, Any]:
    return {"size": head.size, "root": head.root.hex(), "note": text}


_Words: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]


def _judged(claim: Claim, before: Checkpoint, shown: Checkpoint, words: _Words) -> Judged:
    return Judged(claim, claim in ("two-roots", "rewritten"), before, shown, *words)


_OF_A_FORK: Final = (
    "Which of the two histories is the true one, or who was shown which.",
    "Who used the log's key: its owner, or somebody who has stolen it.",
    "When the notes were signed; only a witness's cosignature or a timestamp says that.",
)


def _two_roots(head: Checkpoint) -> _Words:
    return (
        f"The log's key signed two different trees of {head.size} entries each.",
        "No log that only appends has both: somebody was shown, or was to be shown, another history.",
    ), _OF_A_FORK


def _rewritten(small: Checkpoint, large: Checkpoint, prefix: Hash) -> _Words:
    return (
        f"The log's key signed a tree of {small.size} entries with the root {small.root.hex()}.",
        f"It signed a tree of {large.size} entries whose first {small.size} have another root, {prefix.hex()}.",
        "The consistency proof shows this: it leads from that other root to the signed root of the larger tree.",
        "No log that only appends has both: the larger tree is not the smaller one continued.",
    ), _OF_A_FORK


def _older(before: Checkpoint, shown: Checkpoint) -> _Words:
    return (
        f"The log's key signed a tree of {before.size} entries and, at some time, one of {shown.size}.",
        f"Whoever keeps the log must be able to give entries {shown.size} to {before.size - 1} and a consistency proof.",
    ), (
        "That the log forked: every log once had fewer entries, and an old copy of its file looks the same.",
        "That the shorter ledger was shown after the longer one; that is the word of who made this file.",
    )


def _incomplete(shown: Checkpoint) -> _Words:
    return (f"The log's key signed a tree of {shown.size} entries.",), (
        "That the log forked: these two checkpoints alone do not contradict each other.",
        "That entries were missing or changed in the ledger that was shown; that is the word of who made this file.",
    )
