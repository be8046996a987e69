"""Ledgers for comparing two verifiers: one recorded through the write path, others sealed by hand, faults and all."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct
from msgspec.structs import replace

from ledger import counting
from ledger.exchange.draft import Draft, convert
from ledger.model.events import Event, Retract
from ledger.record import begin, record
from ledger.seal import canonical as seals
from ledger.seal import checkpoint, entry, merkle, note, prefix, submission
from ledger.seal.keys import SigningKey
from ledger.store.contract import Fault, Head, IndexRow, Stored
from ledger.store.sql import SqliteStore

LEDGER = "ledger.example/compare"
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
IDENTITY = b"\x01" + bytes(31)
"""The neutral point of the curve, the simplest one of low order."""


def key(name: str, number: int = 0) -> SigningKey:
    """A key of this name; another number gives another key."""
    return SigningKey.from_seed(name, sha256(f"{name} {number}".encode()).digest())


LOG = key(LEDGER)
REGISTRY = key("registry")
MINE = key("mine")
PLANT = key("plant")


class Dump(Struct):
    """A plain dump (docs/format.md) as bytes, so that it can hold what is no text."""

    log_vkey: str
    checkpoint: bytes
    entries: list[tuple[bytes, list[bytes]]]

    def text(self) -> str:
        """JSON; bytes that are not UTF-8 become lone surrogates, which no reader can take for text."""
        return json.dumps(
            {
                "log_vkey": self.log_vkey,
                "checkpoint": _text(self.checkpoint),
                "entries": [
                    {"entry": _text(data), "events": [_text(one) for one in events]} for data, events in self.entries
                ],
            }
        )


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


class DumpStore:
    """A dump as a store to read from: no database, so no index and nothing but the bytes to be at fault."""

    def __init__(self, dump: Dump) -> None:
        self.dump = dump

    def head(self) -> Head:
        return Head(len(self.dump.entries), b"", b"", self.dump.checkpoint)

    def entries(self, start: int = 0) -> Iterator[Stored]:
        for number, (data, events) in enumerate(self.dump.entries[start:], start):
            yield Stored(number, merkle.leaf_hash(data), data, tuple(events))

    def snapshot(self) -> AbstractContextManager[DumpStore]:
        return nullcontext(self)

    def index(self) -> Iterator[IndexRow]:
        return iter(())

    def mapped(self) -> None:
        return None

    def pages(self) -> Iterator[tuple[int, bytes]]:
        return iter(())

    def faults(self) -> Iterator[Fault]:
        return iter(())


def opening(**changes: Any) -> dict[str, Any]:
    """The members of `open`."""
    anchor = {"party": "registry", "name": "Registry", "country": "NL", "vkey": str(REGISTRY.vkey)}
    return {
        "type": "open",
        "v": 1,
        "ledger": LEDGER,
        "actor": "registry",
        "at": "2026-01-05T09:00:00Z",
        "operator": anchor,
        "registrar": anchor,
        "log": str(LOG.vkey),
        "rules": "1",
        "tolerances": {"late_days": 30, "clock_s": 300, "u_mass_ppm": 5000},
        **changes,
    }


def enrolment(party: SigningKey, role: str) -> dict[str, Any]:
    """The members of an `enrol` by the registry, without `v` and `ledger`."""
    said = {"type": "enrol", "actor": "registry", "at": "2026-01-05T09:10:00Z", "name": party.name, "country": "AU"}
    return {**said, "party": party.name, "roles": [role], "vkey": str(party.vkey)}


def recorded(path: Path) -> Dump:
    """A ledger of every kind of event, recorded through `ledger.record` in a store of its own."""
    store = SqliteStore(path)
    store.create()
    now = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
    begin(store, convert(opening(), Draft({})), REGISTRY, LOG, now)
    lab, auditor, fresh = key("lab"), key("auditor"), key("plant", 1)
    keys = {held.name: held for held in (REGISTRY, MINE, PLANT, lab, auditor)}

    def say(*events: dict[str, Any]) -> None:
        nonlocal now
        now += timedelta(hours=1)
        at = {"at": now.isoformat()}
        record(store, [Draft({**at, **said}) for said in events], keys=keys.__getitem__, log=LOG, recorded=now)

    def site(name: str, party: str) -> dict[str, Any]:
        return {"type": "site", "actor": "registry", "site": name, "party": party, "name": name, "country": "AU"}

    parties = [(MINE, "miner"), (PLANT, "processor"), (lab, "laboratory"), (auditor, "auditor")]
    say(*(enrolment(party, role) for party, role in parties), site("pit", "mine"), site("works", "plant"))
    ore = {"lot": "ORE-1", "form": "ore", "mass": {"mg": 10**12}, "composition": {"Nd2O3": {"ppb": 15_000_000}}}
    dug = {"type": "extract", "actor": "mine", "site": "pit", "ref": "dug"}
    say(
        {**dug, "outputs": [ore, {**ore, "lot": "ORE-2"}]},
        {**dug, "ref": "dug too", "outputs": [{**ore, "lot": "ORE-3"}]},
    )
    say({"type": "key", "actor": "plant", "party": "plant", "vkey": str(fresh.vkey)})
    keys["plant"] = fresh
    say({"type": "revoke", "actor": "registry", "party": "plant", "vkey": str(PLANT.vkey), "reason": "a new key"})
    say(
        {
            "type": "assay",
            "actor": "lab",
            "lot": "ORE-1",
            "composition": {"Nd2O3": {"ppb": 15_100_000, "u_ppb": 10_000}},
        },
        {"type": "ship", "actor": "mine", "site": "pit", "lots": [{"lot": "ORE-1"}, {"lot": "ORE-2"}], "to": "works"},
        {"type": "receive", "actor": "plant", "site": "works", "lots": [{"lot": "ORE-1"}], "result": "accepted"},
        {
            "type": "receive",
            "actor": "plant",
            "site": "works",
            "lots": [{"lot": "ORE-2"}],
            "result": "disputed",
            "reason": "wet \u2602",
        },
    )
    made = {"lot": "OXIDE-1", "form": "oxide-nd", "mass": {"mg": 10**10}}
    say(
        {
            "type": "transform",
            "actor": "plant",
            "site": "works",
            "stage": "separate",
            "inputs": [{"lot": "ORE-1"}],
            "outputs": [made],
        },
        {
            "type": "attest",
            "actor": "auditor",
            "lots": [{"lot": "OXIDE-1"}],
            "scheme": "Example",
            "result": "as stated",
        },
        {"type": "dispose", "actor": "mine", "site": "pit", "lots": [{"lot": "ORE-3"}], "how": "waste"},
    )
    say({"type": "retract", "actor": "mine", "target": "dug too", "reason": "never was"})
    head, entries = store.head(), [(stored.entry, list(stored.events)) for stored in store.entries()]
    store.close()
    assert head.checkpoint is not None
    return Dump(str(LOG.vkey), head.checkpoint, entries)


def canonical(members: dict[str, Any]) -> bytes:
    """The bytes of an event, whether it is one or not."""
    said = {"v": 1, "ledger": LEDGER, **members}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


OPEN = canonical(opening())
ENROL = canonical(enrolment(MINE, "miner"))
SITE = canonical(
    {
        "type": "site",
        "actor": "mine",
        "at": "2026-01-05T09:20:00Z",
        "site": "pit",
        "party": "mine",
        "name": "Pit",
        "country": "AU",
    }
)

Signed = tuple[bytes, Sequence[bytes]]
"""A submission's note and the events that go with it."""


def submit(signer: SigningKey, *events: bytes, ledger: str = LEDGER) -> Signed:
    """Sign events."""
    return submission.sign(ledger, signer, [merkle.leaf_hash(data) for data in events]), events


def seal(*submissions: Signed) -> Dump:
    """Chain submissions and sign their tree, whatever is in them."""
    previous, entries = entry.NO_PREVIOUS, []
    for number, (signed, events) in enumerate(submissions):
        moment = datetime(2026, 1, 5, 9, 30, number, tzinfo=UTC)
        data = entry.format_entry(entry.Entry(number, previous, moment, signed))
        if re.match(rb"\d+\n", signed):  # the figures of a map, which is no submission
            data = data.replace(b"entry@v1", b"map@v2", 1)
        previous = merkle.leaf_hash(data)
        entries.append((data, list(events)))
    return stamp(Dump(str(LOG.vkey), b"", entries))


def mapped(*submissions: Signed, keys: int = 0, root: bytes | None = None) -> Signed:
    """The map entry over these submissions; with so many keys more, or another root."""
    chains: dict[bytes, bytes] = {}
    known: dict[str, Event] = {}
    for _note, events in submissions:
        for data in events:
            event, digest = seals.decode_event(data), merkle.leaf_hash(data)
            target = known.get(event.target) if isinstance(event, Retract) else None
            for name in counting.every(event, target):
                place = prefix.key_of(name)
                chains[place] = prefix.chain([digest], chains.get(place, prefix.EMPTY))
            known[digest.hex()] = event
    top = base64.b64encode(prefix.root(chains) if root is None else root).decode()
    return f"{len(chains) + keys}\n{top}\n".encode(), ()


def stamp(dump: Dump, count: int | None = None, signer: SigningKey = LOG, **changes: Any) -> Dump:
    """Sign the tree over the first `count` entries, or what the changes make of it."""
    leaves = [merkle.leaf_hash(data) for data, _events in dump.entries[:count]]
    head = checkpoint.Checkpoint(LEDGER, len(leaves), merkle.root(leaves))
    return replace(dump, checkpoint=checkpoint.sign(replace(head, **changes), signer))


def usual(*more: Signed) -> Dump:
    """A ledger that is opened and has a miner, and then what is asked."""
    return seal(submit(REGISTRY, OPEN), submit(REGISTRY, ENROL), *more)


def rechained(dump: Dump, number: int, old: bytes, new: bytes) -> Dump:
    """Change one entry, and sign the tree that results."""
    data, events = dump.entries[number]
    assert data.count(old) == 1
    changed = [*dump.entries]
    changed[number] = data.replace(old, new), events
    return stamp(replace(dump, entries=changed))


def resealed(dump: Dump, number: int, data: bytes) -> Dump:
    """Change one entry, every `previous` after it and the tree's signature: what a thief of the log's key can do."""
    kept = [(data if at == number else held, events) for at, (held, events) in enumerate(dump.entries)]
    return seal(*((held.partition(b"\n\n")[2], events) for held, events in kept))


def weak_vkey(name: str, public_key: bytes) -> str:
    """A well-formed vkey of any public key, which nobody is asked about."""
    typed = b"\x01" + public_key
    key_id = sha256(name.encode() + b"\n" + typed).hexdigest()[:8]
    return f"{name}+{key_id}+{base64.b64encode(typed).decode()}"


def with_signature(signed: Signed, key_id: bytes, signature: bytes) -> Signed:
    """Put another signature in place of a submission's own."""
    parsed = note.parse(signed[0])
    line = note.Signature(parsed.signatures[0].name, key_id, signature)
    return note.format(note.Note(parsed.text, (line,))), signed[1]


def message(signed: Signed) -> bytes:
    """What a submission's signature signs."""
    return note.parse(signed[0]).text.encode()


def small_order_signature(name: str, text: bytes) -> bytes:
    """A signature whose R is the neutral point and which the bare equation accepts: S = k a (RFC 8032 5.1.6)."""
    seed = sha256(f"{name} 0".encode()).digest()
    clamped = bytearray(sha512(seed).digest()[:32])
    clamped[0] &= 248
    clamped[31] = clamped[31] & 127 | 64
    public = key(name).vkey.public_key
    k = int.from_bytes(sha512(IDENTITY + public + text).digest(), "little") % GROUP_ORDER
    s = k * int.from_bytes(clamped, "little") % GROUP_ORDER
    signature = IDENTITY + s.to_bytes(32, "little")
    Ed25519PublicKey.from_public_bytes(public).verify(signature, text)  # a library alone accepts it
    return signature
