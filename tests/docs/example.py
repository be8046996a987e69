"""The worked example of docs/format.md: a ledger of three submissions and a map, from fixed seeds and fixed times.

Run as a program, it writes the document's blocks anew; the drift test only compares.
"""

from __future__ import annotations

import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ledger import completeness, counting
from ledger.bundle.export import export
from ledger.exchange.draft import Draft, convert
from ledger.publish import publish
from ledger.record import begin, record
from ledger.report import label as labels
from ledger.seal import checkpoint as sealed
from ledger.seal import cosignature, merkle, note, policy, prefix, proof, trust
from ledger.seal.canonical import decode_event, event_hash
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.cosigner import Cosigner
from ledger.seal.keys import SigningKey
from ledger.seal.policy import Log, Policy, Witness
from ledger.seal.proof import Proof
from ledger.seal.witness import Cosigned, Request, State, decide, format_request
from ledger.store.contract import Stored
from ledger.store.sql import SqliteStore

DOCUMENT = Path(__file__).parents[2] / "docs" / "format.md"
LEDGER = "ledger.example/ree"
OPERATOR = "example-registry"
MINE = "example-mine"
SEEDS = {LEDGER: bytes([1]) * 32, OPERATOR: bytes([2]) * 32, MINE: bytes([3]) * 32}
KEYS = {name: SigningKey.from_seed(name, seed) for name, seed in SEEDS.items()}

WITNESS = "witness.example/w1"
WITNESS_SEED = bytes([4]) * 32
COSIGNED = int(datetime(2026, 1, 6, 10, 2, 33, tzinfo=UTC).timestamp())

BLOCK = re.compile(r"^```text (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A block of the example: its name stands after the language."""


def members() -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """What is said: `open`, then the registry's two events, then the mine's one."""
    anchor = {"party": OPERATOR, "name": "Example Registry", "country": "NL", "vkey": str(KEYS[OPERATOR].vkey)}
    opening = {
        "type": "open",
        "v": 1,
        "ledger": LEDGER,
        "actor": OPERATOR,
        "at": "2026-01-05T09:00:00+01:00",
        "operator": anchor,
        "registrar": anchor,
        "log": str(KEYS[LEDGER].vkey),
        "rules": "1",
        "tolerances": {"late_days": 30, "clock_s": 300, "u_mass_ppm": 5000},
    }
    enrol = {
        "type": "enrol",
        "actor": OPERATOR,
        "at": "2026-01-05T09:30:00+01:00",
        "party": MINE,
        "name": "Example Mine Pty Ltd",
        "country": "AU",
        "roles": ["miner"],
        "owners": [{"name": "Example Holdings", "country": "AU", "ppb": 1_000_000_000}],
        "vkey": str(KEYS[MINE].vkey),
    }
    site = {
        "type": "site",
        "actor": OPERATOR,
        "at": "2026-01-05T09:31:00+01:00",
        "site": "example-pit",
        "party": MINE,
        "name": "Example open pit",
        "country": "AU",
        "region": "AU-WA",
        "stages": ["beneficiate", "mine"],
    }
    lot = {
        "lot": "EX-ORE-1",
        "form": "ore",
        "mass": {"mg": 1_200_000_000_000, "u_mg": 6_000_000_000},
        "composition": {
            "TREO": {"ppb": 82_000_000, "u_ppb": 1_600_000},
            "Nd2O3": {"ppb": 15_100_000, "u_ppb": 300_000},
            "Pr6O11": {"ppb": 4_350_000},
        },
    }
    extract = {
        "type": "extract",
        "actor": MINE,
        "site": "example-pit",
        "at": "2026-01-06T17:40:00+08:00",
        "ref": "shift-2026-01-06-day",
        "deposit": "mt-weld",
        "mineral": "monazite",
        "outputs": [lot],
    }
    return opening, [enrol, site], [extract]


MAPPED = datetime(2026, 1, 6, 10, 2, 32, tzinfo=UTC)
ABSENT = "lot:EX-ORE-2"
SHOWN = (f"party:{MINE}", ABSENT)
"""Subjects whose proofs are printed."""


def bundled(path: Path) -> bytes:
    """The bundle of the example's lot, from the store that `build` left."""
    store = SqliteStore(path)
    try:
        return export(store, "EX-ORE-1").data
    finally:
        store.close()


def build(path: Path) -> tuple[list[Stored], bytes]:
    """Record the example in an empty store; returns its three submissions and a checkpoint over them.

    So far it is what the first version made. Then comes the map, and a checkpoint over that.
    """
    opening, registry, custody = members()
    store = SqliteStore(path)
    store.create()
    log = KEYS[LEDGER]
    begin(store, convert(opening, Draft({})), KEYS[OPERATOR], None, datetime(2026, 1, 5, 8, 0, 5, tzinfo=UTC))
    for said, recorded in (
        (registry, datetime(2026, 1, 5, 8, 45, 0, tzinfo=UTC)),
        (custody, datetime(2026, 1, 6, 10, 2, 31, tzinfo=UTC)),
    ):
        record(store, [Draft(event) for event in said], keys=KEYS.__getitem__, log=None, recorded=recorded)
    entries, head = list(store.entries()), store.head()
    root = merkle.Frontier.from_bytes(head.size, head.frontier).root()
    signed = sealed.sign(Checkpoint(LEDGER, head.size, root), log)
    publish(store, log, MAPPED)
    store.close()
    return entries, signed


def mapping(path: Path) -> dict[str, str]:
    """The blocks of the map, which is in the store at `path`."""
    store = SqliteStore(path)
    *before, stored = store.entries()
    names = sorted({name for entry in before for data in entry.events for name in counting.every(decode_event(data))})
    committed, told = completeness.prove(store, [*names, ABSENT])
    checkpoint = store.head().checkpoint
    store.close()
    assert checkpoint is not None
    lines = [
        f"{one.subject} {prefix.key_of(one.subject).hex()} {len(one.events)} {prefix.chain(one.events).hex()}\n"
        for one in told
    ]
    return {
        "map": "".join(lines[:-1]),
        "map-root": f"{committed.root.hex()}\n",
        "entry-3": stored.entry.decode(),
        "checkpoint-of-the-map": checkpoint.decode(),
        "map-proofs": "".join(
            f"{one.subject} {prefix.encode(one.proof).hex()}\n" for one in told if one.subject in SHOWN
        ),
    }


def blocks(entries: list[Stored], checkpoint: bytes) -> dict[str, str]:
    """Every block of the document by name; each ends in a newline, an event's own bytes do not."""
    made = {
        "seeds": "".join(f"{name} {seed.hex()}\n" for name, seed in SEEDS.items()),
        "vkeys": "".join(f"{key.vkey}\n" for key in KEYS.values()),
        "policy": trust.format_policy(KEYS[LEDGER].vkey).decode(),
    }
    hashes, leaves = [], []
    for stored in entries:
        leaves.append(merkle.leaf_hash(stored.entry))
        made[f"entry-{stored.sequence}"] = stored.entry.decode()
        for position, data in enumerate(stored.events):
            made[f"event-{stored.sequence}.{position}"] = f"{data.decode()}\n"
            hashes.append(f"{stored.sequence}.{position} {event_hash(data)}\n")
    made["event-hashes"] = "".join(hashes)
    made["submission-root-1"] = f"{merkle.root([merkle.leaf_hash(data) for data in entries[1].events]).hex()}\n"
    made["leaf-hashes"] = "".join(f"{number} {leaf.hex()}\n" for number, leaf in enumerate(leaves))
    made["log-root"] = f"0..1 {merkle.root(leaves[:2]).hex()}\n0..2 {merkle.root(leaves).hex()}\n"
    made["checkpoint"] = checkpoint.decode()
    return made | witnessing(leaves, checkpoint)


def witnessing(leaves: list[bytes], checkpoint: bytes) -> dict[str, str]:
    """What a witness makes of the example's checkpoint, and a receipt for entry 1."""
    log, key = KEYS[LEDGER], Cosigner.ed25519(SigningKey.from_seed(WITNESS, WITNESS_SEED))
    before = sealed.sign(Checkpoint(LEDGER, 1, leaves[0]), log)
    begun = answered(State(), Request(0, (), before), key)
    request = Request(1, tuple(merkle.consistency_proof(1, leaves)), checkpoint)
    done = answered(begun, request, key)
    text = note.parse(checkpoint).text
    mldsa44 = Cosigner.mldsa44(WITNESS, WITNESS_SEED).vkey
    asks = Policy((Log(log.vkey),), (Witness(b"w1", key.vkey),), (), b"w1")
    receipt = Proof(1, tuple(merkle.inclusion_proof(1, leaves)), done.checkpoint)
    proof.verify(receipt, leaves[1], asks)
    return {
        "witness": f"{WITNESS} {WITNESS_SEED.hex()}\n{key.vkey}\n",
        "add-checkpoint": format_request(request).decode(),
        "cosigned": done.checkpoint.decode(),
        "mldsa44-message": f"{cosignature.message(text, mldsa44, COSIGNED).hex()}\n",
        "witness-policy": policy.format(asks).decode(),
        "receipt": proof.format(receipt).decode(),
    }


def answered(state: State, request: Request, key: Cosigner) -> State:
    """The witness's state after a request that it grants."""
    answer = decide(state, request, logs=(KEYS[LEDGER].vkey,), cosigners=(key,), timestamp=COSIGNED)
    assert isinstance(answer, Cosigned)
    return answer.state


def example() -> dict[str, str]:
    """Build the example in a temporary folder and give its blocks."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "example.db"
        made = blocks(*build(path)) | mapping(path)
        event = event_hash(made["event-2.0"].removesuffix("\n").encode())
        label = labels.format(labels.Label.of(LEDGER, event, "EX-ORE-1"))
        return made | {"bundle": f"{bundled(path).decode()}\n", "label": f"{label}\n"}


def rendered(document: str, made: dict[str, str]) -> str:
    """Put the blocks in place of those in the document."""
    return BLOCK.sub(lambda block: f"```text {block[1]}\n{made.get(block[1], '')}```", document)


if __name__ == "__main__":
    DOCUMENT.write_text(rendered(DOCUMENT.read_text(encoding="utf-8"), example()), encoding="utf-8")
