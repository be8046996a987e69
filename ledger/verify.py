"""The read path: a whole ledger against a trusted log key. The steps are those of docs/format.md, "Verification".

1  anchor: a log key, or a policy with one, that the caller trusts; without one nothing can be verified.
2  entries: bytes, number, stored hash, chain; the figures of a map entry.
3  tree: the root of the leaves at the checkpoint's size, and at the size remembered from before.
4  checkpoint: the operator's signature, the cosignatures of the policy's witnesses, and its quorum.
5  events against their submission's root.  6  canonical, this ledger, this party.  7  the party's signature.
8  rules: authority, custody, time, mass, origin; then what only the end shows.
9  store: definitions, index and head against the log. All of it is read as it was at one moment.

A wrong ledger yields findings, all of them. Nothing is skipped silently: what was not checked is part of the verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from datetime import datetime

from msgspec import Struct

from ledger.attest import attest
from ledger.collecting import seldom
from ledger.errors import FormatError, UnverifiableError
from ledger.examining import examined
from ledger.heads import Heads
from ledger.indexed import Index
from ledger.maps import Maps
from ledger.model.entry import Fact
from ledger.model.events import Open
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.rulebook import conclude, judge
from ledger.rules.tables import InMemory, Rows, Tables
from ledger.seal import entry, merkle
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.evidence import Evidence
from ledger.seal.examined import Examined
from ledger.seal.keys import VerifierKey
from ledger.seal.policy import Log, Policy
from ledger.seal.timestamp import Stamp
from ledger.seal.witnessed import Witnessed
from ledger.store.contract import Fault, Head, Snapshot, Store, Stored, index_row

Progress = Callable[[int, int], None]
"""Told (entries done, entries in all) as verification goes."""


class NotChecked(Struct, frozen=True):
    """Something that this verification did not look at, and why."""

    what: str
    why: str


class Checked(Struct, frozen=True):
    """How much was looked at."""

    entries: int
    submissions: int
    events: int
    signatures: int
    lots: int


class Verdict(Struct, frozen=True):
    """The outcome.

    Attributes:
        ledger: the log's origin, as its key names it.
        size, root: of the verified checkpoint; size 0 and an empty root where none holds.
        checked: how much was looked at.
        not_checked: what was not.
        findings: everything found, in the order of the log.
        history: what the ledger says, for tracing; the facts whose seals held.
        checkpoint: the checkpoint's bytes where it verified, for the caller to remember.
        witnessed: whether the policy's quorum is met, and by which cosignatures; None where the checkpoint does not
            verify.
        stamps: checkpoints of this ledger with the times at which a pinned authority says that they were there, the
            largest last.
        dispute: where the checkpoint shown does not fit the remembered one, both of them, to be kept and handed on.
        since: where only what was added was verified, how many entries had been verified before; else None.
        whole: then, how many of these by a verification of the whole, the others by themselves as they were added.
    """

    ledger: str
    size: int
    root: bytes
    checked: Checked
    not_checked: tuple[NotChecked, ...]
    findings: Sequence[Finding]
    history: History
    checkpoint: bytes | None
    witnessed: Witnessed | None = None
    stamps: tuple[tuple[Checkpoint, datetime], ...] = ()
    dispute: Evidence | None = None
    since: int | None = None
    whole: int | None = None

    @property
    def verdict(self) -> str:
        """`findings` where anything of severity error was found, else `clean`."""
        return "findings" if any(item.severity == "error" for item in self.findings) else "clean"


ALWAYS_UNCHECKED = (
    NotChecked("truth of statements", "the ledger proves who said what and that it fits together, not that it is true"),
    NotChecked("evidence files", "events name them by hash; the files themselves are not in the ledger"),
)


def verify(
    store: Store,
    trusted: VerifierKey | Policy,
    *,
    remembered: bytes | None = None,
    stamps: Sequence[Stamp] | None = None,
    now: datetime | None = None,
    progress: Progress | None = None,
    tables: Tables | None = None,
    executor: Executor | None = None,
) -> Verdict:
    """Verify a whole ledger.

    Args:
        store: the ledger.
        trusted: the log's verifier key, or a policy of one log (`ledger.seal.trust`); from the caller and never from the
            ledger (step 1). A key alone asks for no witness.
        remembered: the last checkpoint that the caller verified or wrote, if any.
        stamps: timestamped checkpoints, their responses judged by the caller (`ledger.seal.timestamp.judge`); None where
            no authority is asked.
        now: the caller's clock, which cosignatures should not be ahead of; None where it has none.
        progress: called now and then.
        tables: where what grows with the ledger is kept, in memory unless the caller has a place for it.
        executor: whose workers look at hashes, spelling and signatures beforehand (`ledger.examining`), trusted as this
            process is; without one all is done here. The verdict is the same.

    Raises:
        UnverifiableError: nothing to verify, or not readable.
    """
    # One moment for all of it: an append between head, entries and index would look like a fault.
    with store.snapshot() as seen, seldom():
        head = seen.head()
        policy = Policy((Log(trusted),)) if isinstance(trusted, VerifierKey) else trusted
        run = _Run(policy, seen, head, remembered, stamps, now, tables or InMemory())
        for stored, known in examined(seen.entries(), executor, run.history):
            run.take(stored, known)
            if progress is not None and run.entries % 256 == 0:
                progress(run.entries, max(head.size, run.entries))
        if run.entries == 0:
            raise UnverifiableError("the ledger is empty: there is nothing to verify, and nothing is never clean")
        run.finish(seen)
    return run.verdict()


class _Run:
    """One verification in progress: what has been read so far."""

    def __init__(
        self,
        policy: Policy,
        seen: Snapshot,
        head: Head,
        remembered: bytes | None,
        stamps: Sequence[Stamp] | None,
        now: datetime | None,
        tables: Tables,
    ) -> None:
        self.trusted = policy.logs[0].vkey
        self.head = head
        self.history = History(tables=tables)
        self.findings: Rows[Finding] = Rows(tables.table())
        self.errors = 0
        self.not_checked = list(ALWAYS_UNCHECKED)
        found = seen.index()
        self.indexed = found is not None
        self.index = Index(found or iter(()))
        self.maps = Maps(tables)
        self.entries = self.submissions = self.events = self.signatures = 0
        self.frontier = merkle.Frontier()
        self.leaves: list[bytes] = []
        self.previous = entry.NO_PREVIOUS
        self.clock: datetime | None = None
        # Step 4 comes first in code, so that the sizes at which roots are wanted are known while the leaves stream by.
        self.heads = Heads(policy, head.checkpoint, remembered, stamps, now, add=self.add, gap=self.gap)
        self.signed = self.heads.signed
        self.wanted = self.heads.sizes
        self.roots: dict[int, bytes] = {0: merkle.EMPTY_ROOT} if 0 in self.wanted else {}
        self.mapped = self.map_is_last = False  # of the entries under the ledger's checkpoint

    def gap(self, what: str, why: str) -> None:
        """Note what is not checked."""
        self.not_checked.append(NotChecked(what, why))

    def add(self, code: str, subject: str, message: str, *events: str, **evidence: str) -> None:
        """Note a finding."""
        self.found([finding(code, subject, message, *events, evidence=evidence)])

    def found(self, findings: Iterable[Finding]) -> None:
        """Note findings."""
        for item in findings:
            self.errors += item.severity == "error"
            self.findings.append(item)

    def take(self, stored: Stored, known: Examined | None = None) -> None:
        """Steps 2 to 8 for one entry; `known` is what was found in order of it already."""
        subject = f"entry:{stored.sequence}"
        place, self.entries = self.entries, self.entries + 1
        leaf = merkle.leaf_hash(stored.entry)
        if stored.sequence != place:
            self.add(
                "SEAL-SEQUENCE",
                subject,
                f"entry {stored.sequence} stands in place {place}: rows were deleted, inserted or swapped",
            )
            self.maps.known = False
        if stored.leaf != leaf:
            self.add("SEAL-LEAF", subject, f"the hash stored for entry {stored.sequence} is not that of its bytes")
        self._grow(leaf)
        self.maps.leaf(leaf)
        previous, self.previous = self.previous, leaf
        try:
            parsed = entry.parse(stored.entry)
        except FormatError as error:
            self.add("SEAL-ENTRY", subject, f"entry {stored.sequence}: {error}")
            self.maps.known = False
            return
        if parsed.sequence != stored.sequence:
            self.add("SEAL-SEQUENCE", subject, f"the row of entry {stored.sequence} holds entry {parsed.sequence}")
        if parsed.previous != previous:
            self.add(
                "SEAL-CHAIN",
                subject,
                f"entry {parsed.sequence} names another entry before it than the one that is there",
            )
        if self.clock is not None and parsed.recorded < self.clock:
            self.add(
                "TIME-CLOCK",
                subject,
                f"entry {parsed.sequence} was recorded at {parsed.recorded:%Y-%m-%dT%H:%M:%SZ}, before the one that precedes it",
            )
        self.clock = parsed.recorded
        outcome = attest(parsed, stored.events, self.history, known)
        self.found(outcome.findings)
        if outcome.findings:
            self.maps.known = False
        if isinstance(parsed, entry.MapEntry):
            self._map(parsed)
            return
        self.submissions += 1
        self.events += len(stored.events)
        self.signatures += 1 if outcome.facts else 0
        for fact in outcome.facts:
            self._fact(fact)

    def _fact(self, fact: Fact) -> None:
        event = fact.event
        if isinstance(event, Open) and event.log != str(self.trusted):
            self.add(
                "SEAL-ANCHOR",
                "ledger",
                f"`open` names the log key {event.log}; the trusted one is {self.trusted}",
                fact.hash,
            )
        self.maps.take(fact, self.history)
        self.found(judge(self.history, fact))
        self.index.take(index_row(fact))

    def _map(self, parsed: entry.MapEntry) -> None:
        if self.signed is not None and self.entries <= self.signed.size:
            self.mapped = True
            self.map_is_last = self.entries == self.signed.size
        wrong = self.maps.close(parsed)
        if wrong:
            self.add(
                "SEAL-MAP",
                f"entry:{parsed.sequence}",
                f"the {' and '.join(wrong)} in map entry {parsed.sequence} are not those of the events before it",
            )

    def _grow(self, leaf: bytes) -> None:
        self.leaves.append(leaf)
        if self.entries in self.wanted or len(self.leaves) >= 1 << 12:
            self._settle()

    def _settle(self) -> None:
        self.frontier = self.frontier.extend(self.leaves)
        self.leaves.clear()
        if self.frontier.size in self.wanted:
            self.roots[self.frontier.size] = self.frontier.root()

    def finish(self, seen: Snapshot) -> None:
        """What the end of the log shows: steps 3, 8 (endings) and 9."""
        self._settle()
        self.found(conclude(self.history))
        self.heads.conclude(seen, self.frontier.size, self.roots)
        self._completeness()
        self._store(seen)
        if self.history.opened is None:
            self.add("SEAL-ANCHOR", "ledger", "no entry 0 that holds: nothing says who may speak in this ledger")

    def _completeness(self) -> None:
        """Whether the checkpoint commits to what there is of each lot, party and site."""
        why = ""
        signed = self.signed if self.signed is not None and 0 < self.signed.size <= self.frontier.size else None
        if not self.maps.known and self.maps.newest.entry >= 0:
            why = "entries are missing or their events do not count, so what the maps should say is not known"
        elif signed is not None and not self.mapped:
            why = "no map entry is under the checkpoint; `monazite checkpoint` writes one where the log's key is"
            self.add("DATA-MAP", "ledger", "the checkpoint does not commit to the events of each lot, party and site")
        elif signed is not None and not self.map_is_last:
            self.add(
                "SEAL-MAP-LAST",
                "ledger",
                f"the last of the {signed.size} entries under the checkpoint is not a map, though there are map entries",
            )
        if why:
            self.gap("completeness of bundles of this ledger", why)

    def _store(self, seen: Snapshot) -> None:
        self.found(_found(fault) for fault in seen.faults())
        if not self.indexed:
            self.gap("index and head row", "this ledger is read without any")
            return
        expected = {"size": self.frontier.size, "newest leaf hash": self.previous, "frontier": self.frontier.to_bytes()}
        stated = {"size": self.head.size, "newest leaf hash": self.head.leaf, "frontier": self.head.frontier}
        wrong = [name for name, value in expected.items() if stated[name] != value]
        if wrong:
            self.add("SEAL-HEAD", "ledger", f"the head row's {', '.join(wrong)} do not fit the entries")
        if self.maps.known:
            for what in self.maps.differences(seen):
                self.add("SEAL-INDEX", "ledger", f"the stored map does not fit the log: {what}")
        self.found(self.index.findings())

    def verdict(self) -> Verdict:
        """The outcome; a checkpoint is worth remembering only if nothing of severity error was found."""
        sound = self.signed is not None and not self.errors
        held = self.signed if self.signed is not None and self.roots.get(self.signed.size) == self.signed.root else None
        return Verdict(
            ledger=self.trusted.name,
            size=held.size if held else 0,
            root=held.root if held else b"",
            checked=Checked(self.entries, self.submissions, self.events, self.signatures, len(self.history.lots)),
            not_checked=tuple(self.not_checked),
            findings=self.findings,
            history=self.history,
            checkpoint=self.head.checkpoint if sound else None,
            witnessed=self.heads.witnessed,
            stamps=tuple(self.heads.stamps),
            dispute=self.heads.dispute,
        )


def _found(fault: Fault) -> Finding:
    return finding(fault.code, fault.subject, fault.message)


def found_vkey(store: Store) -> str | None:
    """The log key that a ledger's own entry 0 names: a claim to be checked by another channel, never an anchor."""
    for stored in store.entries():
        outcome = attest(entry.parse(stored.entry), stored.events, History())
        for fact in outcome.facts:
            if isinstance(fact.event, Open):
                return fact.event.log
        break
    return None
