"""One call's admission: each event judged on the history at hand and counted as having happened, then all signed, chained and appended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from ledger import attest
from ledger.appending import append
from ledger.errors import InputError, RefusedError
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
from ledger.store.contract import Head, IndexRow, Store, Stored, index_row

_NO_PREV = "0" * 64


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


def groups(events: Sequence[Event], batch: int) -> Iterator[tuple[int, int]]:
    """(start, stop) of each submission: consecutive events of one actor, at most `batch`."""
    start = 0
    while start < len(events):
        stop = start + 1
        while stop < len(events) and stop - start < batch and events[stop].actor == events[start].actor:
            stop += 1
        yield start, stop
        start = stop
