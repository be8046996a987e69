"""Both sides of witnessing, around `ledger.seal.witness`: a witness that answers, and an operator that asks and collects.

A witness's new state is on the disk before its answer is given. Killed before, it has said nothing; killed in between, it
remembers a cosignature that nobody got, and gives the same checkpoint another when asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from ledger.continuity import leaf_hashes
from ledger.errors import ConflictError, FormatError, NotCosignedError, StoreError, UsageError
from ledger.seal import checkpoint, merkle, note, witness
from ledger.seal.cosigner import Cosigner, CosignerKey
from ledger.seal.evidence import Evidence
from ledger.seal.keys import VerifierKey
from ledger.seal.witness import Cosigned, Request, State
from ledger.store.contract import Store

TRIES = 8
"""How often collecting begins anew where others publish at the same time."""


class Memory(Protocol):
    """What a witness remembers; `ledger.store.witnessing.WitnessMemory` keeps it on a disk."""

    def logs(self) -> Sequence[VerifierKey]:
        """The keys of the logs that are known."""

    def turn(self, origin: str) -> AbstractContextManager[tuple[bytes, Callable[[bytes], None]]]:
        """One at a time: the note that is kept of this log, and the function that replaces it durably."""


def cosign(
    memory: Memory, make: Callable[[State], Request], origin: str, cosigners: Sequence[Cosigner], timestamp: int
) -> Cosigned:
    """Answer a request, and remember before answering.

    Args:
        memory: the witness's.
        make: the request, given what was cosigned last; a request from outside is the same whatever that is.
        origin: of the log, as the request names it.
        cosigners: the witness's keys, one or more.
        timestamp: now, seconds since 1970.

    Raises:
        NotCosignedError: refused; nothing was changed.
        StoreError: the memory is damaged or gone.
        UsageError: the clock runs back.
    """
    known = tuple(memory.logs())
    if all(key.name != origin for key in known):
        refused = witness.unknown()
        raise NotCosignedError(f"refused ({refused.status} {refused.reason}): {refused.message}", refused)
    with memory.turn(origin) as (kept, swap):
        state = recalled(kept, origin, [key.vkey for key in cosigners])
        request = make(state)
        if witness.origin_of(request) != origin:  # or one log would be judged by what was cosigned of another
            raise UsageError(f"the request is not of the log {origin}")
        answer = witness.decide(state, request, logs=known, cosigners=cosigners, timestamp=timestamp)
        if not isinstance(answer, Cosigned):
            raise NotCosignedError(f"refused ({answer.status} {answer.reason}): {answer.message}", answer)
        swap(answer.state.checkpoint)
    return answer


def recalled(kept: bytes, origin: str, cosigners: Sequence[CosignerKey]) -> State:
    """What a witness knows of a log, from the note that it keeps.

    Raises:
        StoreError: the note is not what these keys cosigned.
    """
    try:
        return witness.recall(kept, cosigners)
    except FormatError as error:
        raise StoreError(f"what this witness keeps of {origin} is not its own: {error}; it must not go on") from error


def ask(store: Store, old_size: int) -> Request:
    """The request for the newest checkpoint of a ledger, for a witness that cosigned `old_size` entries last.

    Raises:
        UsageError: there is no checkpoint, or it is of fewer entries.
        StoreError: the checkpoint is not of these entries; `verify` says more.
    """
    signed = store.head().checkpoint
    if signed is None:
        raise UsageError("the ledger has no checkpoint yet; `monazite checkpoint` signs one where the log's key is")
    head = checkpoint.unverified(signed)
    if old_size > head.size:
        raise UsageError(f"the newest checkpoint is of {head.size} entries, fewer than {old_size}")
    leaves = leaf_hashes(store, head.size)
    if merkle.root(leaves) != head.root:
        raise StoreError("the checkpoint is not of the ledger's entries; `monazite verify` says what was changed")
    proof = merkle.consistency_proof(old_size, leaves) if old_size else []
    return Request(old_size, tuple(proof), signed)


def tree_size(signed: bytes) -> int:
    """How many entries a checkpoint says that it is of; raises FormatError where it is none."""
    return checkpoint.unverified(signed).size


def ask_at_hand(store: Store, last: State) -> Request:
    """The request for a ledger that the witness itself reads; one that became shorter is asked for all the same, to be refused.

    Raises:
        UsageError, StoreError: as `ask`.
    """
    signed = store.head().checkpoint
    if signed is not None and tree_size(signed) < last.size:
        return Request(last.size, (), signed)
    return ask(store, last.size)


def contradiction(store: Store, log: VerifierKey, kept: bytes) -> Evidence | None:
    """The proof that a ledger at hand is not continued from the checkpoint that was cosigned last, for a witness that refused.

    None where the two trees fit together, or where the ledger is the shorter one, which alone proves nothing.
    """
    signed = store.head().checkpoint or b""
    before, shown = checkpoint.open(kept, log), checkpoint.open(signed, log)
    leaves = leaf_hashes(store, shown.size)
    prefix = merkle.root(leaves[: before.size])
    if not 0 < before.size < shown.size or prefix == before.root or merkle.root(leaves) != shown.root:
        return None
    proof = tuple(merkle.consistency_proof(before.size, leaves))
    return Evidence(str(log), kept.decode(), signed.decode(), prefix, proof)


def collect(store: Store, log: VerifierKey, answer: bytes, witnesses: Sequence[CosignerKey]) -> bytes:
    """Put a witness's signature lines into the published checkpoint.

    Several processes may do so at once, each with its own lines: all of them end up in it.

    Returns:
        The note as published.

    Raises:
        SignatureError: a line of a known witness does not verify over the newest checkpoint.
        FormatError: the lines are none, or the ledger's checkpoint is not its log's.
        UsageError: no checkpoint, or no line of a known witness.
        ConflictError: others kept publishing.
    """
    for _try in range(TRIES):
        head = store.head()
        if head.checkpoint is None:
            raise UsageError("the ledger has no checkpoint yet; nothing can have been cosigned")
        checkpoint.open(head.checkpoint, log)
        merged = witness.accept(head.checkpoint, answer, witnesses)
        lines = {(line.name, line.key_id) for line in note.parse_lines(answer.decode())}
        if not any((key.name, key.key_id) in lines for key in witnesses):
            raise UsageError("no line is of a witness that is known here; name it with --witness or a --trust policy")
        try:
            if merged != head.checkpoint:
                store.publish(head, merged)
        except ConflictError:
            continue
        return merged
    raise ConflictError("others published checkpoints all the time; nothing was written. Run the same command again.")
