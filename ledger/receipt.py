"""Receipts: that one entry is in the log, shown offline (C2SP tlog-proof; docs/format.md, Receipts).

A receipt made here carries the entry in its extra data, so that the one file is enough. Nobody signs that field; the
inclusion proof decides whether what stands in it is the entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from msgspec import Struct

from ledger import vouching
from ledger.errors import FormatError, StoreError, UsageError
from ledger.logtree import proven
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.seal import checkpoint, entry, merkle, note, submission, witnessed
from ledger.seal.entry import Entry
from ledger.seal.evidence import Evidence
from ledger.seal.keys import VerifierKey
from ledger.seal.policy import Policy
from ledger.seal.proof import Proof
from ledger.seal.submission import Submission
from ledger.seal.witnessed import Witnessed
from ledger.seen import compare
from ledger.store.contract import Store
from ledger.store.tiles import TileStore


class Shown(Struct, frozen=True):
    """What a receipt shows, where its proof holds.

    Attributes:
        index: the entry's number.
        leaf: the entry's hash.
        entry: the entry taken apart; None where it is of a kind that this version does not read.
        submission: what its party signed, as it says; None as `entry`. The party's own signature is not looked at.
    """

    index: int
    leaf: bytes
    entry: Entry | None
    submission: Submission | None


class Judged(Struct, frozen=True):
    """The outcome.

    Attributes:
        findings: all of them; without one of severity error the entry is in the log.
        not_checked: what was not, and why.
        witnessed: the checkpoint, and who signed it; None where it does not verify.
        shown: the entry; None where it is not shown to be under that checkpoint.
        dispute: where the checkpoint contradicts one that the reader verified before, both of them.
    """

    findings: tuple[Finding, ...]
    not_checked: tuple[tuple[str, str], ...]
    witnessed: Witnessed | None
    shown: Shown | None
    dispute: Evidence | None

    @property
    def sound(self) -> bool:
        """Whether nothing of severity error was found."""
        return not any(item.severity == "error" for item in self.findings)


NOT_CHECKED = (
    ("events of the entry", "a receipt shows that the entry is in the log; what its events say is not in it"),
    (
        "the party's signature",
        "which keys a party has stands in the ledger's registry; `verify` on the ledger checks it",
    ),
    ("the rest of the log", "whether an entry later retracts or supersedes this one is not shown by a receipt"),
)
"""What no receipt shows."""


def made(store: Store, index: int) -> Proof:
    """The receipt for one entry under the ledger's newest checkpoint; reads the few tiles that it needs.

    Raises:
        UsageError: there is no such entry, or none under a checkpoint.
        StoreError: the entries do not fit the checkpoint; `verify` says where.
    """
    signed = store.head().checkpoint
    if signed is None:
        raise UsageError("the ledger has no checkpoint yet; `monazite checkpoint` signs one")
    head = checkpoint.unverified(signed)
    if not 0 <= index < head.size:
        raise UsageError(
            f"the newest checkpoint covers entries 0 to {head.size - 1}; there is no entry {index} under it"
        )
    try:
        if isinstance(store, TileStore):
            read = store.reader()
            data, path = read.entry(index), read.inclusion_proof(index)
            merkle.check_inclusion(index=index, size=head.size, leaf=merkle.leaf_hash(data), proof=path, root=head.root)
        else:
            with store.map_view() as view:
                kept = view.entry(index)
                (path,) = proven(view, head, {index: kept})
            data = kept or b""  # there is one, or nothing was proven
    except FormatError as error:
        raise StoreError(f"no receipt can be made: {error}; `monazite verify` says what is wrong") from error
    return Proof(index, tuple(path), signed, data)


def judge(
    given: Proof,
    data: bytes | None,
    trusted: Policy,
    *,
    before: Mapping[VerifierKey, Sequence[bytes]] = MappingProxyType({}),
    now: datetime | None = None,
) -> Judged:
    """Verify a receipt offline; the steps are those of docs/format.md, "Receipts".

    Args:
        given: the receipt.
        data: the entry's bytes, or None for those that it carries.
        trusted: whom to believe: the log, and a quorum of witnesses where the policy asks for one.
        before: checkpoints that the caller verified before, by the log's key: of the ledger, in bundles and in receipts.
        now: the caller's clock, which cosignatures should not be ahead of; None where it has none.

    Raises:
        UsageError: there is no entry to be looked for.
    """
    data = given.extra if data is None else data
    if data is None:
        raise UsageError("the receipt does not carry the entry; give it with --entry FILE")
    findings: list[Finding] = []
    gaps = list(NOT_CHECKED)

    def add(code: str, subject: str, message: str, *events: str, **evidence: str) -> None:
        findings.append(finding(code, subject, message, *events, evidence=evidence))

    def gap(what: str, why: str) -> None:
        gaps.append((what, why))

    try:
        found = witnessed.examine(given.checkpoint, trusted)  # steps 2 and 3
    except FormatError as error:
        add("SEAL-CHECKPOINT", "ledger", f"the receipt's checkpoint is not to be relied on: {error}")
        return Judged(tuple(findings), tuple(gaps), None, None, None)
    vouching.judge(trusted, found, now, add, gap)
    dispute = compare(given.checkpoint, found.log, before.get(found.log, ()), what="a receipt", add=add, gap=gap)
    leaf, head = merkle.leaf_hash(data), found.checkpoint
    shown = None
    try:  # steps 1 and 4
        merkle.check_inclusion(index=given.index, size=head.size, leaf=leaf, proof=given.path, root=head.root)
        shown = _shown(given.index, leaf, data)
    except merkle.ProofError as error:
        add("SEAL-ROOT", f"entry:{given.index}", str(error))
    return Judged(tuple(findings), tuple(gaps), found, shown, dispute)


def _shown(index: int, leaf: bytes, data: bytes) -> Shown:
    try:
        parsed = entry.parse_entry(data)
        stated = submission.parse(note.parse(parsed.note).text)
    except FormatError:
        return Shown(index, leaf, None, None)
    return Shown(index, leaf, parsed, stated)
