"""A bundle against a trusted log key, offline and without any store. The steps are those of docs/format.md, "Bundle".

1  anchor: a policy that the caller trusts; the bundle is of that ledger.
2  checkpoint: signed by the log, cosigned as the policy asks.
3  entries: each in the checkpoint's tree, number and bytes; the first and the last are here.
4  events: each in its submission; canonical, bound, signed by a key that the registry gives its party.
5  rules: as on a ledger, said of the lots that are whole here.
6  the lot: it is here.  7  evidence: each file is the one that an event names.

A wrong bundle yields findings, all of them; what is not a bundle is a FormatError of `ledger.bundle.format`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from ledger import vouching
from ledger.attest import Disclosed, attest_disclosed
from ledger.bundle import complete
from ledger.bundle.attached import judged_files
from ledger.bundle.family import made_of, whole
from ledger.bundle.format import Bundle, BundledEntry
from ledger.bundle.shown import NOT_SHOWN, Shown
from ledger.errors import FormatError, UnverifiableError
from ledger.model.entry import Fact
from ledger.model.events import Attest, Open
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.rules.history import DESCENDANTS, OTHERS, History
from ledger.rules.rulebook import conclude, judge
from ledger.seal import entry, merkle, note, witnessed
from ledger.seal.entry import MapEntry
from ledger.seal.evidence import Evidence
from ledger.seal.policy import Policy
from ledger.seal.witnessed import Witnessed
from ledger.seen import compare
from ledger.verify import Checked, NotChecked, Verdict


class BundleVerdict(Struct, frozen=True):
    """The outcome.

    Attributes:
        verdict: as of a ledger; `history` holds the lots of the ancestry and what was made of the asked one.
        lot: the lot that the bundle is about.
        newest: when the newest entry here was recorded, the last of the log; None where none could be read.
        lots: the lots of which every event is here.
    """

    verdict: Verdict
    lot: str
    newest: datetime | None
    lots: frozenset[str]


def verify(
    bundle: Bundle,
    trusted: Policy,
    *,
    remembered: bytes | None = None,
    seen: Sequence[bytes] = (),
    now: datetime | None = None,
) -> BundleVerdict:
    """Verify a bundle.

    Args:
        bundle: as `ledger.bundle.format.parse` gives it.
        trusted: a policy that names one log, from the caller and never from the bundle (step 1).
        remembered: the last checkpoint of this log's ledger that the caller verified or wrote, if any.
        seen: checkpoints of this log that the caller verified in other bundles and in receipts, among them the one of this
            bundle's size, if there is one.
        now: the caller's clock, which cosignatures should not be ahead of; None where it has none.

    Raises:
        UnverifiableError: the policy names no log or several.
    """
    if len(trusted.logs) != 1:
        raise UnverifiableError("a bundle is verified with a policy that names one log")
    run = _Run(bundle, trusted)
    run.anchor()
    run.checkpoint(now, seen if remembered is None else (remembered, *seen))
    for item in bundle.entries:
        run.take(item)
    run.ends()
    run.rules()
    run.evidence()
    return run.outcome()


def found_vkey(bundle: Bundle) -> str | None:
    """The log key that the bundle's own entry 0 names: a claim to be checked by another channel, never an anchor."""
    first = bundle.entries[0]
    try:
        parsed = entry.parse_entry(first.entry.encode())
    except FormatError:
        return None
    outcome = attest_disclosed(parsed, _disclosed(bundle, first), History())
    return next((fact.event.log for fact in outcome.facts if isinstance(fact.event, Open)), None)


def _disclosed(bundle: Bundle, item: BundledEntry) -> list[Disclosed]:
    return [Disclosed(event.position, event.event.encode(), bundle.hashes(event.path)) for event in item.events]


class _Run:
    """One verification in progress."""

    def __init__(self, bundle: Bundle, trusted: Policy) -> None:
        self.bundle = bundle
        self.trusted = trusted
        self.log = trusted.logs[0].vkey
        self.findings: list[Finding] = []
        self.not_checked = list(NOT_SHOWN)
        self.signed: Witnessed | None = None
        self.dispute: Evidence | None = None
        self.registry = History()
        self.facts: list[Fact] = []
        self.lots: frozenset[str] = frozenset()
        self.history = History()
        self.previous: tuple[int, bytes] | None = None
        self.clock: datetime | None = None
        self.signatures = 0
        self.map: MapEntry | None = None  # the newest entry here, where it is a map's

    def add(self, code: str, subject: str, message: str, *events: str, **evidence: str) -> None:
        """Note a finding."""
        self.findings.append(finding(code, subject, message, *events, evidence=evidence))

    def gap(self, what: str, why: str) -> None:
        """Note what is not checked."""
        self.not_checked.append(NotChecked(what, why))

    def anchor(self) -> None:
        """Step 1."""
        if self.bundle.ledger != self.log.name:
            message = f"the bundle is of the ledger {self.bundle.ledger}; the trusted key is of {self.log.name}"
            self.add("SEAL-ANCHOR", "ledger", message)

    def checkpoint(self, now: datetime | None, before: Sequence[bytes]) -> None:
        """Step 2."""
        data = self.bundle.checkpoint.encode()
        try:
            self.signed = witnessed.examine(data, self.trusted)
        except FormatError as error:
            self.add("SEAL-CHECKPOINT", "ledger", f"the checkpoint does not verify: {error}")
            return
        vouching.judge(self.trusted, self.signed, now, self.add, self.gap)
        witnesses = self.trusted.keys()
        known = {(key.name, key.key_id) for key in witnesses} | {(self.log.name, self.log.key_id)}
        strange = [line.name for line in note.parse(data).signatures if (line.name, line.key_id) not in known]
        if strange:
            why = f"lines of keys that you do not trust are not looked at: {', '.join(strange)}"
            self.gap("further signatures on the checkpoint", why)
        self.dispute = compare(data, self.log, before, what="a bundle", add=self.add, gap=self.gap)

    def take(self, item: BundledEntry) -> None:
        """Steps 3 and 4 for one entry."""
        subject, data = f"entry:{item.index}", item.entry.encode()
        leaf = merkle.leaf_hash(data)
        proven = self.signed is not None
        if self.signed is not None:
            head = self.signed.checkpoint
            try:
                path = self.bundle.hashes(item.inclusion)
                merkle.check_inclusion(index=item.index, size=head.size, leaf=leaf, proof=path, root=head.root)
            except FormatError as error:
                self.add("SEAL-INCLUSION", subject, f"entry {item.index} is not in the checkpoint's tree: {error}")
                proven = False
        try:
            parsed = entry.parse(data)
        except FormatError as error:
            self.add("SEAL-ENTRY", subject, f"entry {item.index}: {error}")
            return
        if parsed.sequence != item.index:
            self.add("SEAL-SEQUENCE", subject, f"in place {item.index} stands entry {parsed.sequence}")
        self._chain(item, parsed, leaf)
        if self.clock is not None and parsed.recorded < self.clock:
            message = (
                f"entry {item.index} was recorded at {parsed.recorded:%Y-%m-%dT%H:%M:%SZ}, before one that precedes it"
            )
            self.add("TIME-CLOCK", subject, message)
        self.clock = parsed.recorded
        # What the checkpoint does not vouch for is no part of the ledger; without one nothing is, and the error says so.
        if isinstance(parsed, MapEntry):
            self.map = parsed if proven else None
            if item.events:
                self.add("SEAL-EVENT", subject, f"entry {item.index} is a map's, and events are with it")
        elif proven or self.signed is None:
            self.map = None
            self._attest(item, parsed)

    def _chain(self, item: BundledEntry, parsed: entry.Entry | MapEntry, leaf: bytes) -> None:
        before = (-1, entry.NO_PREVIOUS) if item.index == 0 else self.previous
        if before is not None and before[0] == item.index - 1 and parsed.previous != before[1]:
            message = f"entry {item.index} names another entry before it than the one that is here"
            self.add("SEAL-CHAIN", f"entry:{item.index}", message)
        self.previous = (item.index, leaf)

    def _attest(self, item: BundledEntry, parsed: entry.Entry) -> None:
        outcome = attest_disclosed(parsed, _disclosed(self.bundle, item), self.registry)
        self.findings += outcome.findings
        self.signatures += bool(outcome.facts)
        for fact in outcome.facts:
            if isinstance(fact.event, Open) and fact.event.log != str(self.log):
                message = f"`open` names the log key {fact.event.log}; the trusted one is {self.log}"
                self.add("SEAL-ANCHOR", "ledger", message, fact.hash)
            self.facts.append(fact)
            self.registry.apply(fact)

    def ends(self) -> None:
        """Step 3, of the whole: the first entry and the last are here."""
        if self.registry.opened is None:
            self.add("SEAL-ANCHOR", "ledger", "no entry 0 that holds: nothing says who may speak in this ledger")
        last = self.bundle.entries[-1].index
        if self.signed is not None and last < self.signed.checkpoint.size - 1:
            size = self.signed.checkpoint.size
            self.add("SEAL-TRUNCATED", "ledger", f"the checkpoint is of {size} entries; the last one here is {last}")

    def rules(self) -> None:
        """Steps 5 and 6."""
        said = [(fact.event, fact.hash) for fact in self.facts]
        self.lots = frozenset(whole(said, self.bundle.lot))
        shown = Shown(self.facts, self.lots)
        judged = History()
        for fact in self.facts:
            self.findings += shown.keep(judge(judged, self._about_ours(fact)))
        judged.keep(self.lots)
        self.findings += shown.keep(conclude(judged))
        # Reports are of events as they were said, and of what was made of the lot.
        self.history = self.registry
        made = made_of(said, self.bundle.lot)
        self.history.keep(self.lots | made)
        self.history.lacks = frozenset({OTHERS, *({DESCENDANTS} if len(made) > complete.MOST_MADE else ())})
        if DESCENDANTS in self.history.lacks:
            self.gap(
                "what was made of the lot", f"of more than {complete.MOST_MADE} lots nothing shows what became of them"
            )
        if self.bundle.lot not in self.history.lots:
            message = f"the bundle is about lot {self.bundle.lot}, and no event in it creates that lot"
            self.add("CUST-LOT-UNKNOWN", f"lot:{self.bundle.lot}", message)
        if self.signed is None:
            self.gap("completeness", "no checkpoint holds that could commit to a map")
            return
        last = self.map is not None and self.map.sequence == self.signed.checkpoint.size - 1
        root = self.map.root if self.map is not None and last and self.map.version > 1 else None
        self.findings += complete.judged(self.bundle, self.facts, self.lots, made, root)

    def _about_ours(self, fact: Fact) -> Fact:
        """An attestation of further lots as if it named ours alone: who held the others since cannot be told here."""
        event = fact.event
        if not isinstance(event, Attest) or all(touch.lot in self.lots for touch in event.lots):
            return fact
        ours = tuple(touch for touch in event.lots if touch.lot in self.lots)
        if not (ours or event.parties or event.sites):
            return fact
        return replace(fact, event=replace(event, lots=ours))

    def evidence(self) -> None:
        """Step 7."""
        found, missing = judged_files(self.bundle, self.facts)
        self.findings += found
        if missing:
            self.gap("evidence files", f"{missing} that events name by hash are not here")

    def outcome(self) -> BundleVerdict:
        """What was found."""
        head = self.signed.checkpoint if self.signed is not None else None
        sound = head is not None and not any(item.severity == "error" for item in self.findings)
        checked = Checked(
            entries=len(self.bundle.entries),
            submissions=sum(bool(item.events) for item in self.bundle.entries),
            events=sum(len(item.events) for item in self.bundle.entries),
            signatures=self.signatures,
            lots=sum(name in self.history.lots for name in self.lots),
        )
        verdict = Verdict(
            ledger=self.log.name,
            size=head.size if head else 0,
            root=head.root if head else b"",
            checked=checked,
            not_checked=tuple(self.not_checked),
            findings=tuple(self.findings),
            history=self.history,
            checkpoint=self.bundle.checkpoint.encode() if sound else None,
            witnessed=self.signed,
            dispute=self.dispute,
        )
        return BundleVerdict(verdict, self.bundle.lot, self.clock, self.lots)
