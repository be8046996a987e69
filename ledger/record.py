"""The write path: drafts -> events -> rules on history and candidates -> signed submissions -> one append.

Order of what happens, so that a crash anywhere leaves the ledger as it was or complete:
1. the head is read; 2. the history at hand is recalled; 3. every draft becomes an event with its `prev` filled in, and the
rules judge it; any refusal ends here; 4. submissions are signed, entries chained, and where the log's key is at hand a map
entry is added and a checkpoint signed; 5. the store swaps the head and adds the rows in one durable transaction. Keys, clock and store are passed in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from ledger import attest
from ledger.appending import append
from ledger.collecting import seldom
from ledger.continuity import check_head
from ledger.errors import InputError, RefusedError, UsageError
from ledger.exchange.draft import Draft, convert
from ledger.model.entry import Fact
from ledger.model.events import Event, Open, Retract
from ledger.model.identity import IMPORT_RECORD
from ledger.rules.catalogue import finding
from ledger.rules.custody import lots_of
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.rulebook import advise, judge, refusals
from ledger.seal import canonical, entry, merkle, submission
from ledger.seal.keys import Signer
from ledger.store.contract import REGISTRY_KINDS, Head, IndexRow, Store, Stored, index_row

DEFAULT_BATCH = 1000
"""Events in a submission, at most."""
_NO_PREV = "0" * 64
Progress = Callable[[int, int], None]


class Planned(Struct, frozen=True):
    """What `record` would do.

    Attributes:
        kinds: how many events of each type.
        skipped: as in `Recorded`.
        findings: as in `Recorded`.
        submissions: how many would be signed.
    """

    kinds: dict[str, int]
    skipped: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    submissions: int


class Sifted(Struct, frozen=True):
    """Which drafts can be recorded together.

    Attributes:
        sound: those, in order.
        refused: the others, each with the findings that refuse it.
    """

    sound: tuple[Draft, ...]
    refused: tuple[tuple[Draft, tuple[Finding, ...]], ...]


class Recorded(Struct, frozen=True):
    """What one call did.

    Attributes:
        facts: events now in the log.
        skipped: (ref, hash) of drafts that were in the log already, word for word.
        findings: findings that did not refuse.
        head: the new head; its checkpoint is what a careful writer remembers.
        submissions: how many were signed.
    """

    facts: tuple[Fact, ...]
    skipped: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    head: Head
    submissions: int


def begin(store: Store, event: Open, operator: Signer, log: Signer | None, recorded: datetime) -> Recorded:
    """Open an empty ledger with entry 0; `log` as for `record`.

    Raises:
        UsageError: the store already holds a ledger.
        RefusedError: a key that proves nothing.
    """
    head = store.head()
    if head.size:
        raise UsageError("there is a ledger already; `init` begins a new one")
    writer = Writer(store, head, History(), event.ledger, lambda _party: operator, log, recorded)
    writer.judge(event, "")
    return writer.write(1)


def record(
    store: Store,
    drafts: Sequence[Draft],
    *,
    keys: Callable[[str], Signer],
    log: Signer | None,
    recorded: datetime,
    batch: int = DEFAULT_BATCH,
    remembered: bytes | None = None,
    progress: Progress | None = None,
) -> Recorded:
    """Admit drafts, all or none.

    Args:
        store: the ledger.
        drafts: in the order in which they happened.
        keys: gives a party's private key; asked once per party, and only when something is to be signed.
        log: the log's key, which signs a checkpoint over a map entry; None leaves the new entries without either.
        recorded: the operator's time, UTC.
        batch: most events in one submission.
        remembered: the last checkpoint that this writer wrote or verified; a ledger that was cut since is not built on.
        progress: told (drafts done, drafts in all) now and then.

    Raises:
        InputError: a draft that is no event; says file, line and member.
        RefusedError: with every finding that refuses, each with its draft's place.
        ConflictError: another writer was first.
    """
    with seldom():
        writer = judged(store, drafts, keys, log, recorded, remembered, progress)
        return writer.write(batch)


def plan(
    store: Store,
    drafts: Sequence[Draft],
    *,
    recorded: datetime,
    batch: int = DEFAULT_BATCH,
    progress: Progress | None = None,
) -> Planned:
    """What `record` would do with these drafts; needs no private key and writes nothing. Raises as `record`."""
    writer = judged(store, drafts, None, None, recorded, None, progress)
    writer.refuse()
    kinds = Counter(event.type for event in writer.events)
    submissions = len(list(groups(writer.events, max(batch, 1))))
    return Planned(dict(kinds), tuple(writer.skipped), tuple(writer.findings), submissions)


def sift(store: Store, drafts: Sequence[Draft], *, recorded: datetime, progress: Progress | None = None) -> Sifted:
    """Set aside the drafts that a rule refuses, and those that build on them, until the rest can be recorded. Raises as `plan`."""
    sound = list(drafts)
    refused: list[tuple[Draft, tuple[Finding, ...]]] = []
    while sound:
        writer = judged(store, sound, None, None, recorded, None, progress)
        found: dict[int, list[Finding]] = {}
        for number, item in writer.against:
            found.setdefault(number, []).append(item)
        if not found:
            break
        refused += [(sound[number], tuple(items)) for number, items in sorted(found.items())]
        sound = [draft for number, draft in enumerate(sound) if number not in found]
    return Sifted(tuple(sound), tuple(refused))


def judged(
    store: Store,
    drafts: Sequence[Draft],
    keys: Callable[[str], Signer] | None,
    log: Signer | None,
    recorded: datetime,
    remembered: bytes | None,
    progress: Progress | None,
) -> Writer:
    """Steps 1 to 3: everything judged, nothing refused yet."""
    head = store.head()
    if not head.size:
        raise UsageError("the ledger is empty: begin it with `monazite init`")
    history = attest.recall(store.recall(**needed(store, drafts)))
    opened = history.open_event
    if opened is None:
        raise UsageError("entry 0 is not `open`; run `monazite verify`")
    if log is not None:
        check_head(store, head, log.vkey, remembered)
    writer = Writer(store, head, history, opened.ledger, keys, log, recorded)
    for number, draft in enumerate(drafts):
        if progress is not None and number % 256 == 0:
            progress(number, len(drafts))
        event = writer.complete(draft)
        if event is not None:
            writer.judging = number
            writer.judge(event, f"{draft.file}, line {draft.line}: " if draft.line else "")
    writer.refuse_replays()
    if not writer.refused:
        writer.advise()
    return writer


def groups(events: Sequence[Event], batch: int) -> Iterator[tuple[int, int]]:
    """(start, stop) of each submission: consecutive events of one actor, at most `batch`."""
    start = 0
    while start < len(events):
        stop = start + 1
        while stop < len(events) and stop - start < batch and events[stop].actor == events[start].actor:
            stop += 1
        yield start, stop
        start = stop


def needed(store: Store, drafts: Sequence[Draft]) -> dict[str, Any]:
    """What the rules must see of the past: the registry, and everything on each lot, ref and retracted event at hand."""
    subjects: set[str] = set()
    hashes: set[str] = set()
    refs: set[tuple[str, str]] = set()
    for draft in drafts:
        # Nothing is known of a draft's shape yet: whatever is not text asks for nothing, and is refused afterwards.
        members = draft.members
        actor = str(members.get("actor"))
        items = [members]
        for name in ("inputs", "outputs", "lots"):
            listed = members.get(name)
            items += [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
        subjects |= {f"lot:{item['lot']}" for item in items if isinstance(item.get("lot"), str)}
        refs |= {(actor, members[name]) for name in ("ref", "target") if isinstance(members.get(name), str)}
        if isinstance(members.get("target"), str):
            hashes.add(members["target"])
    for row in store.recall(hashes=hashes, refs=refs):
        event = canonical.decode_event(row.event)
        subjects |= {f"lot:{name}" for name in lots_of(event)} | {f"event:{canonical.event_hash(row.event)}"}
    return {"kinds": REGISTRY_KINDS, "subjects": subjects, "hashes": hashes, "refs": refs}


class Writer:
    """One call's work in progress."""

    def __init__(
        self,
        store: Store,
        head: Head,
        history: History,
        ledger: str,
        keys: Callable[[str], Signer] | None,
        log: Signer | None,
        recorded: datetime,
    ) -> None:
        self.store = store
        self.head = head
        self.history = history
        self.ledger = ledger
        self.recorded = recorded.replace(microsecond=0)
        self.log = log
        self._keys = keys
        self._held: dict[str, Signer] = {}
        self._vkeys: dict[str, str] = {}
        self.skipped: list[tuple[str, str]] = []
        self.findings: list[Finding] = []
        self.facts: list[Fact] = []
        self.refused: list[tuple[str, Finding]] = []
        self.against: list[tuple[int, Finding]] = []
        self.judging = 0
        self._drafts: dict[str, int] = {}
        self.events: list[Event] = []
        self.hashes: list[str] = []
        self.data: list[bytes] = []

    def key(self, party: str) -> Signer:
        """A party's key, asked for once."""
        assert self._keys is not None  # noqa: S101  (a plan signs nothing)
        if party not in self._held:
            self._held[party] = self._keys(party)
        return self._held[party]

    def complete(self, draft: Draft) -> Event | None:
        """Fill in `v`, `ledger` and every `prev`; None for a draft that is in the log already."""
        members = {**draft.members, "v": 1, "ledger": self.ledger}
        if members.get("type") == "retract":
            members = self._aim(members, draft)
        for name in ("inputs", "lots"):
            if isinstance(members.get(name), list):
                members[name] = [self._chained(item) for item in members[name]]
        if members.get("type") == "assay":
            members = self._chained(members)
        event = convert(members, draft)
        earlier = self.history.refs.get((event.actor, event.ref)) if event.ref is not None else None
        if earlier is not None and unchained(earlier.event) == unchained(event):
            self.skipped.append((event.ref or "", earlier.hash))
            return None
        return event

    def judge(self, event: Event, place: str) -> None:
        """Let the rules look at an event, then count it as having happened, so that the next draft can build on it."""
        data = canonical.encode_event(event)
        digest = canonical.event_hash(data)
        vkey = self._vkey(event)
        position = len(self.hashes)
        (fact,) = attest.candidates(
            [(event, digest)], sequence=self.head.size, start=position, recorded=self.recorded, vkey=vkey
        )
        found = [*attest.weak_keys(event, digest), *judge(self.history, fact)]
        bad = refusals(found)
        self.refused += [(place, item) for item in bad]
        self.against += [(self.judging, item) for item in bad]
        self._drafts[digest] = self.judging
        self.findings += [item for item in found if item not in bad]
        self.events.append(event)
        self.facts.append(fact)
        self.hashes.append(digest)
        self.data.append(data)

    def advise(self) -> None:
        """Say now what verification will say of masses and compositions, once all drafts are in: an analysis may follow in the same batch."""
        self.findings += [item for fact in self.facts for item in advise(self.history, fact)]

    def refuse_replays(self) -> None:
        """Refuse events that are in the log already and on no lot, so that nothing recalled them before their hash was known."""
        seen = {canonical.event_hash(row.event) for row in self.store.recall(hashes=set(self.hashes))}
        told = {digest for _place, item in self.refused for digest in item.events if item.code == "SEAL-DUPLICATE"}
        for digest in sorted(seen - told):
            message = "this event is already in the log"
            item = finding("SEAL-DUPLICATE", f"event:{digest}", message, digest)
            self.refused.append(("", item))
            self.against.append((self._drafts[digest], item))

    def refuse(self) -> None:
        """Raise RefusedError where a rule refused."""
        if self.refused:
            lines = [f"{place}{item.code}: {item.message}" for place, item in self.refused]
            raise RefusedError(
                "refused, nothing was written:\n" + "\n".join(lines), [item for _place, item in self.refused]
            )

    def write(self, batch: int) -> Recorded:
        """Sign, chain and append what was judged; raises RefusedError where a rule refused."""
        self.refuse()
        if not self.events:
            return Recorded((), tuple(self.skipped), (), self.head, 0)
        stored, index, facts = self._seal(max(batch, 1))
        submissions = len(stored)
        head = append(self.store, self.head, self.history, stored, index, facts, self.ledger, self.log, self.recorded)
        return Recorded(tuple(facts), tuple(self.skipped), tuple(self.findings), head, submissions)

    def _seal(self, batch: int) -> tuple[list[Stored], list[IndexRow], list[Fact]]:
        events = self.events
        stored: list[Stored] = []
        index: list[IndexRow] = []
        facts: list[Fact] = []
        previous = self.head.leaf
        for start, stop in groups(events, batch):
            key = self.key(events[start].actor)
            sequence = self.head.size + len(stored)
            note = submission.sign(self.ledger, key, [bytes.fromhex(digest) for digest in self.hashes[start:stop]])
            leaf = entry.format_entry(entry.Entry(sequence, previous, self.recorded, note))
            previous = merkle.leaf_hash(leaf)
            stored.append(Stored(sequence, previous, leaf, tuple(self.data[start:stop])))
            made = attest.candidates(
                list(zip(events[start:stop], self.hashes[start:stop], strict=True)),
                sequence=sequence,
                start=0,
                recorded=self.recorded,
                vkey=str(key.vkey),
            )
            for fact in made:
                facts.append(fact)
                index.append(index_row(fact))
        return stored, index, facts

    def _vkey(self, event: Event) -> str:
        """The verifier key that will sign: the private key's where this call signs, else one that the ledger gives the actor.

        A party that is not enrolled is refused before a passphrase is asked.
        """
        party = self.history.parties.get(event.actor)
        if self._keys is None:
            valid = [state.vkey for state in (party.keys.values() if party else ()) if state.revoked is None]
            return valid[0] if valid else ""
        if not party and not isinstance(event, Open):
            return ""
        if event.actor not in self._vkeys:
            self._vkeys[event.actor] = str(self.key(event.actor).vkey)
        return self._vkeys[event.actor]

    def _chained(self, item: Any) -> Any:  # noqa: ANN401  (a JSON value from outside)
        if not isinstance(item, dict):
            return item
        lot = self.history.lots.get(str(item.get("lot")))
        return {**item, "prev": lot.head if lot else _NO_PREV}

    def _aim(self, members: dict[str, Any], draft: Draft) -> dict[str, Any]:
        """Resolve a retraction's target, a hash or one of the actor's refs, and name the target's lots."""
        wanted = members.get("target")
        fact = self.history.facts.get(str(wanted)) or self.history.refs.get((str(members.get("actor")), str(wanted)))
        if fact is None:
            raise InputError(
                f"{wanted!r} is neither the hash of an event nor a ref of {members.get('actor')}",
                file=draft.file or None,
                line=draft.line or None,
                field="target",
            )
        lots = [{"lot": name} for name in sorted(lots_of(fact.event))]
        return {**members, "target": fact.hash, "lots": lots} if lots else {**members, "target": fact.hash}


def unchained(event: Event) -> Any:  # noqa: ANN401  (JSON built-ins)
    """An event's content without its place in the chain and the file it came in: what two recordings of one happening share."""
    members = msgspec.to_builtins(event)
    evidence = [item for item in members.pop("evidence", ()) if item["media_type"] != IMPORT_RECORD]
    if evidence:
        members["evidence"] = evidence
    if isinstance(event, Retract):
        members.pop("lots", None)
    members.pop("prev", None)
    for name in ("inputs", "lots"):
        for item in members.get(name, ()):
            item.pop("prev", None)
    return members
