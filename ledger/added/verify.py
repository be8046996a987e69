"""Verify what a ledger has more than when it was verified here: the cost is that of what was added and of what that builds on.

The first entries were verified under a checkpoint that is remembered, so their bytes need no second look, and what they say is
believed as far as the tree and the map prove it:

1. The newest checkpoint verifies, and its tree begins with the remembered one (kept tiles, each checked against its root).
2. Every new entry is in that tree at its place; its events are its submission's, canonical, and signed by their party.
3. Every older event that the new ones build on is in an entry of that tree, too. That there are no others on these lots, parties, sites,
   names and keys, the map proves.
4. The newest map is the remembered one with the new events added, and nothing else: undone on the paths of their keys it gives
   the older root, and done again each root between.
5. The rules judge the new events; then what the end shows of the lots that they touch.

What needs every event of the ledger is left to the next verification of the whole, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from ledger.added.base import Base, behind_of
from ledger.added.mapped import Events, wrong
from ledger.added.unchecked import ONLY_ALL, by_new, verified_before
from ledger.attest import Disclosed, attest, attest_disclosed
from ledger.bundle.family import behind
from ledger.bundle.shown import Shown
from ledger.collecting import seldom
from ledger.counting import every, told
from ledger.errors import FormatError, StoreError, UnverifiableError, UsageError
from ledger.heads import Heads
from ledger.model.entry import Fact, Place
from ledger.model.events import Event
from ledger.rules.catalogue import finding
from ledger.rules.custody import lots_of
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.rulebook import conclude, judge
from ledger.rules.sites import outside_its_stages, outside_the_register
from ledger.seal import canonical, checkpoint, entry, merkle, treepages
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.entry import MAP_VERSION, MapEntry
from ledger.seal.policy import Policy
from ledger.seal.reader import Reader
from ledger.store.contract import Head, MapView, Store, Stored
from ledger.verify import ALWAYS_UNCHECKED, Checked, NotChecked, Verdict

TIMES: Final = 5
"""Attempts at reading head and map of one moment, while others append."""
PER_SITE: Final = frozenset({"ORIG-SITE", "ORIG-REGISTER"})
"""Codes of which a site has one finding for all events of a stage: here for the new ones, whatever was found before."""
Progress = Callable[[int, int], None]


def verify_added(
    store: Store,
    policy: Policy,
    *,
    base: bytes,
    whole: int | None = None,
    remembered: bytes | None = None,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> Verdict:
    """Verify the entries after those of a checkpoint that was verified before.

    Args:
        store: the ledger; one that keeps a map.
        policy: of one log, from the caller.
        base: the checkpoint under which this caller's own verification found no error.
        whole: of how many entries the last one was that read them all; all of the base's where it is not said.
        remembered: the last checkpoint that the caller verified or wrote, if any; the base where there is none.
        now: the caller's clock; None where it has none.
        progress: told (new entries done, of how many).

    Returns:
        The verdict on the new entries; `since` says how many were there before, and its history has what they build on.

    Raises:
        UnverifiableError: it cannot be told this way; a verification of the whole can.
    """
    for _time in range(TIMES):
        head = store.head()
        with store.map_view() as view, seldom():
            run = _Run(policy, head, view, base, whole, remembered or base, now)
            if run.signed is None or run.signed.size < run.base.size or view.mapped.entry == run.signed.size - 1:
                run.whole(store, progress)
                return run.verdict()
        if store.head() == head:
            raise UnverifiableError(
                "the newest checkpoint does not end with the log's newest map; `monazite checkpoint` makes one that does where "
                "the log's key is. Without --new the whole ledger is verified"
            )
    raise UnverifiableError("others append faster than the new entries can be read; run the same command again")


class _Run:
    """One verification in progress."""

    def __init__(
        self,
        policy: Policy,
        head: Head,
        view: MapView,
        base: bytes,
        whole: int | None,
        remembered: bytes,
        now: datetime | None,
    ) -> None:
        self.log = policy.logs[0].vkey
        self.head = head
        self.view = view
        self.findings: list[Finding] = []
        self.not_checked = [*ALWAYS_UNCHECKED]
        self.history = History()
        self.base: Checkpoint = _opened(base, policy)
        self.read = self.base.size if whole is None else min(whole, self.base.size)
        self.heads = Heads(policy, head.checkpoint, remembered, None, now, add=self.add, gap=self.gap)
        self.signed = self.heads.signed
        self.entries = self.submissions = self.events = self.signatures = self.older = 0
        self.new: set[str] = set()
        self.touched: set[str] = set()
        self.counting: Events = {}  # of every event that is known here, by subject
        self.known = True  # whether every new event counts; else nobody can say what the map should be

    def gap(self, what: str, why: str) -> None:
        """Note what is not checked."""
        self.not_checked.append(NotChecked(what, why))

    def add(self, code: str, subject: str, message: str, *events: str, **evidence: str) -> None:
        """Note a finding."""
        self.findings.append(finding(code, subject, message, *events, evidence=evidence))

    def whole(self, store: Store, progress: Progress | None) -> None:
        """All steps."""
        before = self.base.size
        self.not_checked.append(verified_before(before, self.read))
        if self.signed is None:
            return
        read = self._tree()
        try:
            roots = {size: read.root_at(size) for size in self.heads.sizes | {before} if size <= read.size}
        except FormatError as error:
            raise _lacking(f"the kept tiles of the log's tree are damaged: {error}") from error
        self.heads.conclude(store, max(self.head.size, read.size), roots)
        if read.size < before and not any(item.code == "SEAL-ROLLBACK" for item in self.findings):
            said = f"a checkpoint of {before} entries was verified here before, one of {read.size} is now"
            self.add("SEAL-ROLLBACK", "ledger", said)
        elif read.size >= before and roots[before] != self.base.root:
            self.add("SEAL-FORK", "ledger", f"the first {before} entries are not those that were verified before")
        elif read.size >= before:
            self._entries(read, before, progress)
            self._head(read)
            self.not_checked += ONLY_ALL

    def _head(self, read: Reader) -> None:
        """The head row, as far as the entries under the checkpoint go; what comes after them is not read."""
        tail = self.head.size - read.size
        if tail > 0:
            self.gap(f"the newest {tail} entries", "no checkpoint covers them, and they were not read")
            return
        if tail < 0 or self.view.leaves(read.size, read.size + 1):
            self.add("SEAL-HEAD", "ledger", "the head row is of another number of entries than are here")
            return
        try:
            held = merkle.Frontier.from_bytes(self.head.size, self.head.frontier).root()
        except FormatError:
            held = b""
        if held != read.root or self.head.leaf != read.leaf(read.size - 1):
            self.add("SEAL-HEAD", "ledger", "the head row does not fit the entries")

    def _tree(self) -> Reader:
        """The tree under the newest checkpoint, from what the store keeps of it."""
        assert self.signed is not None  # noqa: S101  (asked for before)
        try:
            return Reader(treepages.source(self.view.pages, self.view.leaves), self.signed.size, self.signed.root)
        except FormatError as error:
            raise _lacking(f"the kept tiles of the log's tree do not lead to its checkpoint: {error}") from error

    def _entries(self, read: Reader, before: int, progress: Progress | None) -> None:
        """Steps 2 to 5."""
        last = self._stored(read, before - 1)
        mapped = entry.parse(last.entry)
        if not isinstance(mapped, MapEntry) or mapped.version != MAP_VERSION:
            raise _lacking("the entries that were verified before do not end with a map of this version")
        stored = [self._stored(read, number) for number in range(before, read.size)]
        new = {place: item for one in stored for place, item in _said(one).items()}
        try:
            base = behind_of(self.view, new, read.size)
        except (StoreError, UsageError) as error:
            raise _lacking(str(error)) from error
        self.touched = {name for event, _digest in new.values() for name in lots_of(event)}
        self.not_checked += by_new([event for event, _digest in new.values()], base.many)
        self._older(read, base, before)
        maps = self._judged(stored, last, mapped, progress)
        self._map(mapped, maps, base)
        self._concluded(base)

    def _stored(self, read: Reader, number: int) -> Stored:
        """An entry whose bytes are those under the checkpoint."""
        stored = self.view.stored(number)
        try:
            if stored is not None and merkle.leaf_hash(stored.entry) == read.leaf(number):
                return stored
        except FormatError as error:
            raise _lacking(f"the kept tiles of the log's tree are damaged: {error}") from error
        raise _lacking(f"entry {number} is missing, or is not the one under the checkpoint")

    def _older(self, read: Reader, base: Base, before: int) -> None:
        """Step 3: the events that are built on, each in its submission and each submission in its entry."""
        places: dict[int, list[int]] = {}
        for place in base.known:
            if place.entry < before:
                places.setdefault(place.entry, []).append(place.position)
        for number in sorted(places):
            stored = self._stored(read, number)
            parsed = entry.parse(stored.entry)
            if not isinstance(parsed, entry.Entry):
                raise _lacking(f"the index finds events in entry {number}, which is a map")
            hashes = [merkle.leaf_hash(data) for data in stored.events]
            positions = sorted(places[number])
            there = positions[0] >= 0 and positions[-1] < len(hashes)
            paths = merkle.inclusion_proofs(positions, hashes) if there else []
            shown = [
                Disclosed(position, stored.events[position], path)
                for position, path in zip(positions, paths, strict=False)
            ]
            outcome = attest_disclosed(parsed, shown, self.history)
            self.findings += outcome.findings
            if len(outcome.facts) != len(positions):
                raise _lacking(f"entry {number} does not hold the events that the index finds there")
            for fact in outcome.facts:
                if fact.hash != base.known[fact.place][1]:
                    raise _lacking(f"entry {number} has other events in places than the index finds there")
                self._counts(fact, self.counting)
                self.history.apply(fact)
                self.older += 1

    def _judged(
        self, stored: Iterable[Stored], last: Stored, mapped: MapEntry, progress: Progress | None
    ) -> list[tuple[MapEntry, Events]]:
        """Steps 2 and 5 for the new entries; each map entry with the events by subject since the one before."""
        previous, clock = merkle.leaf_hash(last.entry), mapped.recorded
        maps: list[tuple[MapEntry, Events]] = []
        pending: Events = {}
        entries = list(stored)
        for one in entries:
            self.entries += 1
            if progress is not None:
                progress(self.entries, len(entries))
            subject = f"entry:{one.sequence}"
            try:
                parsed = entry.parse(one.entry)
            except FormatError as error:
                self.add("SEAL-ENTRY", subject, f"entry {one.sequence}: {error}")
                self.known = False
                continue
            if parsed.sequence != one.sequence or parsed.previous != previous:
                self.add("SEAL-CHAIN", subject, f"entry {one.sequence} names another number or another entry before it")
            if parsed.recorded < clock:
                said = f"entry {one.sequence} was recorded at {parsed.recorded:%Y-%m-%dT%H:%M:%SZ}, before the one that precedes it"
                self.add("TIME-CLOCK", subject, said)
            previous, clock = merkle.leaf_hash(one.entry), parsed.recorded
            outcome = attest(parsed, one.events, self.history)
            self.findings += outcome.findings
            self.known = self.known and not outcome.findings
            if isinstance(parsed, MapEntry):
                maps.append((parsed, pending))
                pending = {}
                continue
            self.submissions += 1
            self.events += len(one.events)
            self.signatures += bool(outcome.facts)
            for fact in outcome.facts:
                self._fact(fact, pending)
        return maps

    def _fact(self, fact: Fact, pending: Events) -> None:
        self._counts(fact, pending, self.counting)
        self.new.add(fact.hash)
        self.findings += judge(self.history, fact)

    def _counts(self, fact: Fact, *places: Events) -> None:
        """Put an event to the subjects for which it counts."""
        event, digest, target = told(fact, self.history.facts)
        hashed = bytes.fromhex(digest)
        for name in every(event, target):
            for events in places:
                events.setdefault(name, []).append(hashed)

    def _map(self, before: MapEntry, maps: list[tuple[MapEntry, Events]], base: Base) -> None:
        """Step 4."""
        if not self.known:
            self.gap("the map", "new events do not count, so what it should say is not known")
            return
        try:
            why = wrong(self.view.pages, before, maps, base.timelines)
        except FormatError as error:
            raise _lacking(f"the stored map is damaged: {error}") from error
        newest = maps[-1][0] if maps else before
        if not why and (base.committed.entry, base.committed.root) != (newest.sequence, newest.root):
            why = "the stored one is of another entry"
        if why:
            self.add("SEAL-MAP", "ledger", f"the map does not fit the new entries: {why}")
            return
        # An event that is hidden stands in the proof of its subjects; one that stands twice in the log, twice; one that no map
        # covers, not at all.
        for item in base.timelines:
            if list(item.events) != self.counting.get(item.subject, []):
                raise _lacking(f"the index does not lead to every event on {item.subject}")

    def _concluded(self, base: Base) -> None:
        """What the end shows of the new events, and of the lots that they touch."""
        self.history.keep(base.lots)
        facts = self.history.facts
        shown = Shown(facts.values(), base.lots)
        ancestry = behind([(fact.event, digest) for digest, fact in facts.items()], self.touched)
        lots = self.touched | base.made | (base.lots - ancestry)
        on_them = {digest for digest, fact in facts.items() if not lots.isdisjoint(lots_of(fact.event))}
        for item in shown.keep(conclude(self.history)):
            kind, _, name = item.subject.partition(":")
            if item.code in PER_SITE and kind == "site":
                continue
            if not self.new.isdisjoint(item.events) or name in (on_them if kind == "event" else lots):
                self.findings.append(item)
        for rule in (outside_its_stages, outside_the_register):
            self.findings += (item for item in rule(self.history, self.new) if item.subject.startswith("site:"))

    def verdict(self) -> Verdict:
        """The outcome."""
        sound = self.signed is not None and not any(item.severity == "error" for item in self.findings)
        return Verdict(
            ledger=self.log.name,
            size=self.signed.size if self.signed else 0,
            root=self.signed.root if self.signed else b"",
            checked=Checked(self.entries, self.submissions, self.events, self.signatures, len(self.touched)),
            not_checked=tuple(self.not_checked),
            findings=tuple(self.findings),
            history=self.history,
            checkpoint=self.head.checkpoint if sound else None,
            witnessed=self.heads.witnessed,
            dispute=self.heads.dispute,
            since=self.base.size,
            whole=self.read,
        )


def _opened(base: bytes, policy: Policy) -> Checkpoint:
    try:
        return checkpoint.open(base, policy.logs[0].vkey)
    except FormatError as error:
        raise _lacking(f"the checkpoint that is remembered as verified cannot be read: {error}") from error


def _said(stored: Stored) -> dict[Place, tuple[Event, str]]:
    """The events of an entry that can be read, with their hashes; what cannot be, attesting tells."""
    found = {}
    for position, data in enumerate(stored.events):
        try:
            found[Place(stored.sequence, position)] = canonical.decode_event(data), canonical.event_hash(data)
        except FormatError:
            continue
    return found


def _lacking(why: str) -> UnverifiableError:
    return UnverifiableError(
        f"the new entries cannot be verified by themselves: {why}. `monazite verify` without --new reads the whole "
        "ledger and says what is wrong"
    )
