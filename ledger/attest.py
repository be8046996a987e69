"""Where trust is earned: bytes -> Entry -> submission -> Fact. The only module that makes Facts.

The step numbers are those of docs/format.md, section "Verification".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from sys import intern

from msgspec import Struct

from ledger.errors import FormatError, StoreError
from ledger.model.entry import Fact, Place
from ledger.model.events import Enrol, Event, Key, Open
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.seal import canonical, entry, merkle, note, submission
from ledger.seal.examined import Examined
from ledger.seal.keys import VerifierKey
from ledger.store.contract import Recalled

_NAME_KEYS = frozenset({Open, Enrol, Key})


class Attested(Struct, frozen=True):
    """The outcome of looking at one entry: facts only where every seal held, findings where one did not."""

    facts: tuple[Fact, ...]
    findings: tuple[Finding, ...]


class Disclosed(Struct, frozen=True):
    """One event of a submission, shown alone.

    Attributes:
        position: its place in the submission.
        data: its bytes.
        path: the inclusion proof, from its hash to the submission's root.
    """

    position: int
    data: bytes
    path: Sequence[bytes]


def attest(
    parsed: entry.Entry | entry.MapEntry, events: Sequence[bytes], history: History, known: Examined | None = None
) -> Attested:
    """Check one entry's submission and events (steps 5 to 7) with the keys that the history gives its party.

    A map entry has neither; its figures are for `ledger.maps` to check. `known` is what was found in order of this very entry
    and these events already; what needs the history is checked here.
    """
    subject = f"entry:{parsed.sequence}"
    if isinstance(parsed, entry.MapEntry):
        if events:
            return _bad("SEAL-EVENT", subject, f"entry {parsed.sequence} is a map's; {len(events)} events are here")
        return Attested((), ())
    facts = _in_order(parsed, events, history, known) if known is not None else None
    if facts is not None:
        return Attested(facts, ())
    try:
        signed = note.parse(parsed.note)
        stated = submission.parse(signed.text)
    except FormatError as error:
        return _bad("SEAL-ENTRY", subject, f"entry {parsed.sequence} holds no submission: {error}")
    # Step 5: the events are those that the party signed for.
    hashes = [merkle.leaf_hash(data) for data in events]
    if len(hashes) != stated.size:
        return _bad(
            "SEAL-EVENT",
            subject,
            f"entry {parsed.sequence} was signed for {stated.size} events; {len(hashes)} are here",
        )
    if merkle.root(hashes) != stated.root:
        return _bad(
            "SEAL-EVENT", subject, f"the events of entry {parsed.sequence} are not those that {stated.party} signed"
        )
    shown = [(position, data, digest) for position, (data, digest) in enumerate(zip(events, hashes, strict=True))]
    return _said(parsed, signed, stated, shown, history)


def _in_order(
    parsed: entry.Entry, events: Sequence[bytes], history: History, known: Examined
) -> tuple[Fact, ...] | None:
    """The facts of an entry that was found in order; None where the ledger says anything against it, for `attest` to tell what."""
    party = history.parties.get(known.party)
    if party is None or tuple(party.keys) != known.among or history.opened is None or len(events) != len(known.hashes):
        return None
    vkey = intern(known.vkey)
    facts = []
    for position, (data, digest) in enumerate(zip(events, known.hashes, strict=True)):
        event = canonical.read_event(data)
        if any(_binding(event, known, history, "")) or any(_weak_keys(event, "")):
            return None
        place = Place(parsed.sequence, position)
        facts.append(Fact(event=event, hash=digest.hex(), place=place, recorded=parsed.recorded, vkey=vkey))
    return tuple(facts)


def attest_disclosed(parsed: entry.Entry, events: Sequence[Disclosed], history: History) -> Attested:
    """The same for some events of a submission, each with its path to its root; the signature is checked once."""
    subject = f"entry:{parsed.sequence}"
    try:
        signed = note.parse(parsed.note)
        stated = submission.parse(signed.text)
    except FormatError as error:
        return _bad("SEAL-ENTRY", subject, f"entry {parsed.sequence} holds no submission: {error}")
    shown: list[tuple[int, bytes, bytes]] = []
    for event in events:
        digest = merkle.leaf_hash(event.data)
        try:
            merkle.check_inclusion(
                index=event.position, size=stated.size, leaf=digest, proof=event.path, root=stated.root
            )
        except FormatError as error:
            message = f"event {event.position} of entry {parsed.sequence} is not what {stated.party} signed: {error}"
            return _bad("SEAL-EVENT", subject, message)
        shown.append((event.position, event.data, digest))
    if not shown:
        return Attested((), ())
    return _said(parsed, signed, stated, shown, history)


def _said(
    parsed: entry.Entry,
    signed: note.Note,
    stated: submission.Submission,
    shown: Sequence[tuple[int, bytes, bytes]],
    history: History,
) -> Attested:
    """Steps 6 and 7 for events, given as (position, bytes, hash), that are known to be those of the submission."""
    subject = f"entry:{parsed.sequence}"
    # Step 6: each is canonical, and speaks for this ledger and this party.
    decoded: list[Event] = []
    problems: list[Finding] = []
    for position, data, digest in shown:
        try:
            event = canonical.decode_event(data)
        except FormatError as error:
            problems.append(
                finding(
                    "SEAL-CANONICAL", subject, f"event {position} of entry {parsed.sequence}: {error}", digest.hex()
                )
            )
            continue
        decoded.append(event)
        problems += _binding(event, stated, history, digest.hex())
        problems += _weak_keys(event, digest.hex())
    if problems:
        return Attested((), tuple(problems))
    # Step 7: the party's key signed it, and nothing else did.
    first = parsed.sequence == 0 and history.opened is None and shown[0][0] == 0
    anchor = decoded[0] if first else None
    try:
        vkey = signer(signed, _known_keys(history, stated.party, anchor))
    except note.UnsignedError:
        message = f"entry {parsed.sequence} is signed by no key that the ledger gives {stated.party}"
        return _bad("SIGN-KEY-UNKNOWN", f"party:{stated.party}", message)
    except FormatError as error:
        return _bad("SIGN-SIGNATURE", subject, f"entry {parsed.sequence}: {error}")
    facts = tuple(
        Fact(
            event=event, hash=digest.hex(), place=Place(parsed.sequence, position), recorded=parsed.recorded, vkey=vkey
        )
        for event, (position, _data, digest) in zip(decoded, shown, strict=True)
    )
    return Attested(facts, ())


def signer(signed: note.Note, known: Iterable[VerifierKey]) -> str:
    """The one key that signed a submission, as text.

    Raises:
        UnsignedError: no known key signed.
        SignatureError: a known key's signature does not verify.
        FormatError: more than one signature line: a submission is signed once.
    """
    (vkey,) = note.verify(signed, known)[:1]
    if len(signed.signatures) != 1:
        raise FormatError(f"{len(signed.signatures)} signatures; a submission is signed once")
    return intern(str(vkey))


def candidates(
    events: Sequence[tuple[Event, str]], *, sequence: int, start: int, recorded: datetime, vkey: str
) -> Iterator[Fact]:
    """Facts to be, for admission: events that this process is about to sign with `vkey`'s private half."""
    for position, (event, digest) in enumerate(events, start):
        yield Fact(event=event, hash=digest, place=Place(sequence, position), recorded=recorded, vkey=vkey)


def recall(rows: Iterable[Recalled]) -> History:
    """History from the ledger's own store, for admission.

    Signatures were checked when these were admitted, and `verify` checks them again from the bytes; here they are read.

    Raises:
        StoreError: the store holds what it cannot have admitted; `verify` says where.
    """
    memory = Recollection()
    memory.add(rows)
    return memory.history()


class Recollection:
    """Events of the ledger's own store on their way into a history: each is read once, and all apply in the log's order."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._events: dict[tuple[int, int], tuple[Event, str]] = {}
        self._entries: dict[int, tuple[datetime, str]] = {}

    def add(self, rows: Iterable[Recalled]) -> list[tuple[Event, str]]:
        """Take in what was recalled; returns, with its hash, every event that was not there before. Raises as `recall`."""
        new: list[tuple[Event, str]] = []
        try:
            for row in rows:
                place = (row.sequence, row.position)
                if place in self._events:
                    continue
                if row.sequence not in self._entries:
                    self._entries[row.sequence] = _signed_by(row.entry)
                self._events[place] = canonical.decode_event(row.event), canonical.event_hash(row.event)
                new.append(self._events[place])
        except FormatError as error:
            raise StoreError(
                f"the ledger holds what no ledger admits ({error}); `monazite verify` says where"
            ) from error
        return new

    def history(self) -> History:
        """What these events say together."""
        history = History()
        for sequence, position in sorted(self._events):
            event, digest = self._events[sequence, position]
            recorded, marks = self._entries[sequence]
            party = history.parties.get(event.actor)
            known = [event.operator.vkey] if isinstance(event, Open) else list(party.keys if party else ())
            vkey = next((text for text in known if text.startswith(marks)), marks)
            place = Place(sequence, position)
            history.apply(Fact(event=event, hash=digest, place=place, recorded=recorded, vkey=vkey))
        return history


def _signed_by(data: bytes) -> tuple[datetime, str]:
    """When an entry was recorded, and how the verifier key that its submission names begins."""
    parsed = entry.parse_entry(data)
    line = note.parse(parsed.note).signatures[0]
    return parsed.recorded, f"{line.name}+{line.key_id.hex()}+"


def _known_keys(history: History, party: str, anchor: Event | None) -> list[VerifierKey]:
    if isinstance(anchor, Open):
        return [VerifierKey.parse(anchor.operator.vkey)] if party == anchor.operator.party else []
    state = history.parties.get(party)
    return [_vkey(text) for text in (state.keys if state else ())]


@lru_cache(maxsize=4096)
def _vkey(text: str) -> VerifierKey:
    """Parsed, and through the gate, once a key: where each event is its own submission, a seventh of attesting was this."""
    return VerifierKey.parse(text)


def _binding(
    event: Event, stated: submission.Submission | Examined, history: History, digest: str
) -> Iterator[Finding]:
    ledger = history.opened.event.ledger if history.opened else event.ledger
    if not event.ledger == stated.ledger == ledger:
        yield finding(
            "SIGN-BINDING",
            f"event:{digest}",
            f"event of {event.ledger}, submitted to {stated.ledger}, in the ledger {ledger}",
            digest,
        )
    if event.actor != stated.party:
        yield finding(
            "SIGN-BINDING", f"event:{digest}", f"{stated.party} submits an event whose actor is {event.actor}", digest
        )


def _weak_keys(event: Event, digest: str) -> Iterator[Finding]:
    if type(event) not in _NAME_KEYS:
        return
    match event:
        case Open():
            keys = [event.log, event.operator.vkey, event.registrar.vkey]
        case Enrol() if event.vkey is not None:
            keys = [event.vkey]
        case Key():
            keys = [event.vkey]
        case _:
            return
    for text in keys:
        problem = weakness(text)
        if problem:
            yield finding("SIGN-KEY-WEAK", f"event:{digest}", problem, digest)


def weakness(vkey: str) -> str | None:
    """What is wrong with a verifier key, or None: malformed, of low order, or not canonical (DESIGN.md section 3.4)."""
    try:
        VerifierKey.parse(vkey)
    except FormatError as error:
        return str(error)
    return None


def weak_keys(event: Event, digest: str) -> list[Finding]:
    """Findings about the keys that an event would register; admission asks before it accepts."""
    return list(_weak_keys(event, digest))


def _bad(code: str, subject: str, message: str) -> Attested:
    return Attested((), (finding(code, subject, message),))
