"""A checkpoint under a policy: signed by a trusted log, cosigned by enough witnesses.

1. Its note and text are well formed.
2. The policy has a log of this origin, and every such log's signature line verifies; one at least is there.
3. Every signature line of a witness of the policy verifies.
4. The witnesses that cosigned meet the policy's quorum.

`examine` does 1 to 3 and says how 4 stands, for a verifier that reports; `open` demands all four.
"""

from __future__ import annotations

import msgspec

from ledger.errors import FormatError
from ledger.seal import checkpoint, cosignature, note, policy
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.cosignature import MAX_TIMESTAMP, Cosignature
from ledger.seal.keys import VerifierKey
from ledger.seal.policy import Policy, Quorum


class Witnessed(msgspec.Struct, frozen=True):
    """A checkpoint whose log's signature verified, and what witnesses said of it.

    Attributes:
        checkpoint: the tree head.
        log: the key that signed it, the first of the origin's keys in the order of the lines.
        cosignatures: those of the policy's witnesses, all of them verified.
        quorum: whether they are enough. Look at it: this struct alone says nothing of it.
        names: the policy's names for the witnesses, in the order of `cosignatures`.
    """

    checkpoint: Checkpoint
    log: VerifierKey
    cosignatures: tuple[Cosignature, ...]
    quorum: Quorum
    names: tuple[str, ...] = ()


class QuorumError(FormatError):
    """The log's signature holds, but too few witnesses cosigned.

    Attributes:
        witnessed: what was found.
    """

    def __init__(self, witnessed: Witnessed) -> None:
        """Keep what was found beside the message."""
        super().__init__(witnessed.quorum.sentence)
        self.witnessed = witnessed


def examine(data: bytes, trusted: Policy, *, latest: int = MAX_TIMESTAMP) -> Witnessed:
    """Verify the signatures of a checkpoint's note, and say whether the quorum is met.

    Args:
        data: the note.
        trusted: the logs and witnesses.
        latest: newest timestamp that counts, see `ledger.seal.cosignature.verify`.

    Raises:
        FormatError: not a checkpoint.
        UnsignedError: of a log that the policy does not have, or not signed by it.
        SignatureError: a line of the log's or a witness's does not verify.
    """
    signed = note.parse(data)
    head = checkpoint.parse_text(signed.text)
    logs = [log.vkey for log in trusted.logs if log.vkey.name == head.origin]
    if not logs:
        raise note.UnsignedError(f"the policy has no log named {head.origin!r}")
    log, *_others = note.verify(signed, logs)
    made = cosignature.verify(signed, trusted.keys(), latest=latest)
    names = {witness.vkey: policy.show(witness.name) for witness in trusted.witnesses}
    quorum = policy.evaluate(trusted, (one.key for one in made))
    return Witnessed(head, log, made, quorum, tuple(names[one.key] for one in made))


def open(data: bytes, trusted: Policy, *, latest: int = MAX_TIMESTAMP) -> Witnessed:  # noqa: A001 - as checkpoint.open
    """As `examine`, and demand the quorum.

    Raises:
        QuorumError: it is not met.
        FormatError: as `examine`.
    """
    found = examine(data, trusted, latest=latest)
    if not found.quorum.met:
        raise QuorumError(found)
    return found


def own_lines(data: bytes, trusted: Policy) -> bytes:
    """The note without the lines of keys that the policy does not have: anybody can add such, and they say nothing.

    Raises:
        FormatError: not a note, or one that no such key signed.
    """
    signed = note.parse(data)
    known = {(log.vkey.name, log.vkey.key_id) for log in trusted.logs}
    known |= {(one.vkey.name, one.vkey.key_id) for one in trusted.witnesses}
    lines = tuple(line for line in signed.signatures if (line.name, line.key_id) in known)
    return note.format(note.Note(signed.text, lines))
