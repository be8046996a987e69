"""Steps 3 and 4 of verification: the checkpoint shown, the one remembered, those with a timestamp, and the tree they are of.

What is wrong with a head is known before the entries stream by, so that the sizes at which roots are wanted are known; what
is wrong with the tree under it, afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from ledger import vouching
from ledger.continuity import between
from ledger.errors import FormatError
from ledger.seal import checkpoint, evidence, witnessed
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.evidence import Evidence
from ledger.seal.policy import Policy
from ledger.seal.timestamp import Stamp
from ledger.seal.witnessed import Witnessed
from ledger.store.contract import Snapshot


class Heads:
    """The signed tree heads of one verification.

    Attributes:
        witnessed: the checkpoint shown, where it verifies, and what witnesses say of it.
        signed, before: the tree heads shown and remembered, where they verify.
        stamps: those with a timestamp that holds.
        dispute: both notes, where the one shown does not fit the one remembered.
    """

    def __init__(
        self,
        policy: Policy,
        shown: bytes | None,
        remembered: bytes | None,
        stamps: Sequence[Stamp] | None,
        now: datetime | None,
        *,
        add: vouching.Add,
        gap: Callable[[str, str], None],
    ) -> None:
        """Step 4. `add` is told what is found, `gap` what is not checked and why."""
        self._policy = policy
        self._shown = shown
        self._remembered = remembered
        self._add = add
        self._gap = gap
        self.dispute: Evidence | None = None
        self.witnessed = self._open(shown, "the ledger's checkpoint")
        self.signed = self.witnessed.checkpoint if self.witnessed is not None else None
        if self.witnessed is not None:
            vouching.judge(policy, self.witnessed, now, add, gap)
        known = self._open(remembered, "the remembered checkpoint") if remembered is not None else None
        self.before = known.checkpoint if known is not None else None
        self._asked = stamps is not None
        self.stamps = list(self._judged(stamps or ()))

    @property
    def sizes(self) -> set[int]:
        """The sizes at which the tree's root is wanted."""
        points = (self.signed, self.before, *(point for point, _time in self.stamps))
        return {point.size for point in points if point is not None}

    def conclude(self, store: Snapshot, here: int, roots: Mapping[int, bytes]) -> None:
        """Step 3, once all entries were read: how many there are, and the roots at `sizes` that they reach."""
        self._tree(here, roots)
        self._memory(store, here, roots)
        self._timestamps(here, roots)

    def _open(self, data: bytes | None, what: str) -> Witnessed | None:
        if data is None:
            self._add("SEAL-CHECKPOINT", "ledger", f"{what} is missing")
            return None
        try:
            return witnessed.examine(data, self._policy)
        except FormatError as error:
            self._add("SEAL-CHECKPOINT", "ledger", f"{what} does not verify: {error}")
            return None

    def _judged(self, stamps: Sequence[Stamp]) -> Iterator[tuple[Checkpoint, datetime]]:
        for stamp in stamps:
            try:
                point = checkpoint.open(stamp.checkpoint, self._policy.logs[0].vkey)
            except FormatError as error:
                self._add("SEAL-TIMESTAMP", "ledger", f"a timestamped checkpoint does not verify: {error}")
                continue
            if stamp.time is None:
                said = f"the timestamp on the checkpoint of {point.size} entries does not verify: {stamp.fault}"
                self._add("SEAL-TIMESTAMP", "ledger", said)
                continue
            yield point, stamp.time

    def _tree(self, here: int, roots: Mapping[int, bytes]) -> None:
        signed = self.signed
        if signed is None:
            return
        if signed.size > here:
            self._add(
                "SEAL-TRUNCATED",
                "ledger",
                f"the checkpoint is of {signed.size} entries; {here} are here",
                shown=_text(self._shown),
            )
        elif roots[signed.size] != signed.root:
            self._add("SEAL-ROOT", "ledger", f"the first {signed.size} entries have another root than the checkpoint")
        elif signed.size < here:
            tail = here - signed.size
            self._add("DATA-TAIL", "ledger", f"the newest {tail} of {here} entries are under no checkpoint")
            self._gap(f"operator's signature over the newest {tail} entries", "no checkpoint covers them yet")

    def _memory(self, store: Snapshot, here: int, roots: Mapping[int, bytes]) -> None:
        before, signed = self.before, self.signed
        if before is None:
            if self._remembered is None:
                self._gap("whether entries were removed earlier", "no checkpoint of this ledger is remembered here yet")
            return
        if before.size > here:
            code = "SEAL-ROLLBACK"
            said = (
                f"{before.size} entries were here before, {here} are now: the newest {before.size - here} were removed"
            )
        # Of more entries than are under the checkpoint the root may not be known; then the checkpoint is too small.
        elif roots.get(before.size, before.root) != before.root:
            code, said = "SEAL-FORK", f"the first {before.size} entries are not those that were verified before"
        elif signed is not None and signed.size < before.size:
            code = "SEAL-ROLLBACK"
            said = f"a checkpoint of {before.size} entries was here before, one of {signed.size} is now"
        elif signed is not None and signed.size == before.size and signed.root != before.root:
            code, said = "SEAL-FORK", f"the log signed two different trees of {before.size} entries"
        else:
            return
        notes = {"remembered": _text(self._remembered), "shown": _text(self._shown)}
        if signed is not None:
            # Where these entries bear the signed tree out, and not the remembered one, they can prove it to anybody.
            borne = signed.size <= here and roots[signed.size] == signed.root
            prefix = roots[before.size] if borne and before.size < signed.size else before.root
            proof = between(store, before.size, signed.size) if prefix != before.root else ()
            log = str(self._policy.logs[0].vkey)
            self.dispute = Evidence(log, notes["remembered"], notes["shown"], prefix if proof else b"", proof)
            if proof:
                notes["consistency"] = evidence.proof_text(self.dispute)
        self._add(code, "ledger", said, **notes)

    def _timestamps(self, here: int, roots: Mapping[int, bytes]) -> None:
        """Which of the timestamped trees these entries begin with."""
        held = []
        for point, time in self.stamps:
            if roots.get(point.size) == point.root:
                held.append((point, time))
            else:
                at = f"at {time:%Y-%m-%dT%H:%M:%SZ} the log had signed {point.size} entries"
                lacking = point.size - here
                said = (
                    f"{at}, of which {lacking} {'is' if lacking == 1 else 'are'} missing: {here} are here, and whether they are "
                    "the first of those, a timestamp alone does not say"
                    if lacking > 0
                    else f"{at} that are not those here"
                )
                self._add("SEAL-TIMESTAMP", "ledger", said)
        self.stamps = sorted(held, key=lambda item: (item[0].size, item[1]))
        covered = self.stamps[-1][0].size if self.stamps else 0
        if self._asked and covered < here:
            self._gap(f"when the newest {here - covered} entries were there", "no timestamp that holds covers them")


def _text(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", "replace")
