"""What a reader saw of a log before in bundles and receipts, beside what is shown now.

A bundle or a receipt proves no consistency with an older checkpoint, so its own never takes the place of the one remembered
of the ledger. It is kept beside that one: two roots of one size convict the log, and a ledger that is verified later shows
whether it begins with what was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from ledger.continuity import between, prefix_roots
from ledger.errors import FormatError
from ledger.seal import checkpoint, evidence
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.evidence import Evidence
from ledger.seal.keys import VerifierKey
from ledger.store.contract import Store
from ledger.vouching import Add

Gap = Callable[[str, str], None]


def compare(
    shown: bytes, log: VerifierKey, before: Iterable[bytes], *, what: str, add: Add, gap: Gap
) -> Evidence | None:
    """Compare the checkpoint of a bundle or a receipt with those that are remembered, of which no proof leads to it.

    Args:
        shown: its note, which the log signed.
        log: the log's verifier key.
        before: notes that the reader verified before, in any order.
        what: `a bundle`, for what is said.
        add: is told what is found.
        gap: is told what is not checked, and why.

    Returns:
        Both notes, where they convict the log.
    """
    head = checkpoint.open(shown, log)
    known = list(_opened(before, log, add))
    if not known:
        gap("whether this is the history that others see", "no checkpoint of this ledger is remembered here yet")
    sizes = sorted({point.size for point, _note in known} - {head.size})
    if sizes:
        many = len(sizes) > 1
        gap(
            "whether this is the history that you saw before",
            f"{'checkpoints' if many else 'a checkpoint'} of {' and '.join(map(str, sizes))} entries "
            f"{'are' if many else 'is'} remembered here, this one is of {head.size}, and {what} holds no proof that one "
            "continues the other; a ledger that is verified here is compared with all of them",
        )
    same = next((note for point, note in known if point.size == head.size and point.root != head.root), None)
    if same is not None:
        said = f"the first {head.size} entries are not those that were verified before"
        return _accused(Evidence(str(log), same.decode(), shown.decode()), said, add)
    return None


def contradicted(
    store: Store, shown: bytes, log: VerifierKey, seen: Iterable[bytes], *, add: Add, gap: Gap
) -> Evidence | None:
    """Compare a ledger that was verified with the checkpoints of bundles and receipts that were verified before.

    Streams the ledger once more where a smaller one than its own was seen; `add` and `gap` as in `compare`.

    Returns:
        Both notes and the proof between them, where they convict the log.

    Raises:
        StoreError: entries cannot be read.
    """
    head = checkpoint.open(shown, log)
    known = list(_opened(seen, log, add))
    larger = max((point.size for point, _note in known), default=0)
    if larger > head.size:
        gap(
            "what newer entries say",
            f"the ledger's checkpoint is of {head.size} entries, and a bundle or a receipt that you verified was of {larger}",
        )
    sizes = {point.size for point, _note in known if point.size < head.size}
    with store.snapshot() as here:
        roots = {head.size: head.root} if not sizes else prefix_roots(here, sizes | {head.size})
        if roots.get(head.size) != head.root:
            return None  # these entries are none that the log signed, which is a finding already
        for point, note in known:
            root = roots.get(point.size)
            if root is None or root == point.root:
                continue
            proof = between(here, point.size, head.size) if point.size < head.size else ()
            said = f"the first {point.size} entries are not those that you saw in a bundle or a receipt"
            made = Evidence(str(log), note.decode(), shown.decode(), root if proof else b"", proof)
            return _accused(made, said, add)
    return None


def _accused(made: Evidence, said: str, add: Add) -> Evidence:
    notes = {"remembered": made.before, "shown": made.shown}
    if made.prefix:
        notes["consistency"] = evidence.proof_text(made)
    add("SEAL-FORK", "ledger", said, **notes)
    return made


def _opened(notes: Iterable[bytes], log: VerifierKey, add: Add) -> Iterator[tuple[Checkpoint, bytes]]:
    """Those that the log signed; what lies on a disk is not believed."""
    for note in notes:
        try:
            yield checkpoint.open(note, log), note
        except FormatError as error:
            add("SEAL-CHECKPOINT", "ledger", f"a checkpoint that is remembered does not verify: {error}")


def newest(notes: Sequence[bytes], log: VerifierKey) -> int:
    """Entries of the largest of these checkpoints that the log signed; 0 for none."""
    return max((point.size for point, _note in _opened(notes, log, _unsaid)), default=0)


def _unsaid(code: str, subject: str, message: str, *events: str, **evidence: str) -> None:
    """What `compare` says."""
