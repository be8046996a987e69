"""A ledger of usual work for the benchmarks of speed: a mine and a refinery, lots that differ, all of it sound.

Four events a lot: the mine extracts ore and dresses it, ships the concentrate, and the refinery receives it on its own scale. No
two compositions are alike, as measured ones are not, so that nothing is quick because it was reckoned before.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from ledger.exchange.draft import Draft
from ledger.model.events import Open
from ledger.model.identity import Anchor
from ledger.record import begin, record
from ledger.rules.history import DEFAULT_TOLERANCES
from ledger.seal.keys import SigningKey
from ledger.store.contract import Store
from ledger.store.sql import SqliteStore

ORIGIN = "mill.example"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
AT = "2026-10-31T08:00:00+08:00"
PARTIES = ("op", "mine", "refinery")
KEYS = {name: SigningKey.from_seed(name, bytes([index]) * 32) for index, name in enumerate((ORIGIN, *PARTIES), 1)}
SHIFT = 1_000
"""Lots of which the mine writes before the refinery does: so that submissions of 1,000 can be made."""
CALL = 20_000
"""Drafts recorded in one call, so that a big ledger is made in bounded memory."""


def drafts() -> Iterator[Draft]:
    """Events without end, in the order in which they happen."""
    start = 0
    while True:
        lots = range(start, start + SHIFT)
        for lot in lots:
            yield from _of_mine(lot)
        for lot in lots:
            mass = {"mg": 6 * 10**9 + lot % 977, "u_mg": 10**7}
            handed = [{"lot": f"CON-{lot}", "mass": mass}]
            yield _draft("refinery", "gate", f"R{lot}", {"type": "receive", "result": "accepted", "lots": handed})
        start += SHIFT


def _of_mine(lot: int) -> Iterator[Draft]:
    some = lot * 7919 % 1_000_003
    ore = {"TREO": 80_000_000 + some, "Nd2O3": 16_000_000 + some // 3, "Pr6O11": 4_000_000 + some // 7}
    rich = {"TREO": 480_000_000 + some, "Nd2O3": 96_000_000 + some // 3, "Pr6O11": 24_000_000 + some // 7}
    mass = {"mg": 5 * 10**10, "u_mg": 10**8}
    made = {"lot": f"ORE-{lot}", "form": "ore", "mass": mass, "composition": _stated(ore)}
    yield _draft("mine", "pit", f"E{lot}", {"type": "extract", "outputs": [made]})
    mass = {"mg": 6 * 10**9, "u_mg": 10**7}
    made = {"lot": f"CON-{lot}", "form": "concentrate", "mass": mass, "composition": _stated(rich)}
    used = [{"lot": f"ORE-{lot}"}]
    yield _draft(
        "mine", "pit", f"T{lot}", {"type": "transform", "stage": "beneficiate", "inputs": used, "outputs": [made]}
    )
    sent = [{"lot": f"CON-{lot}"}]
    yield _draft("mine", "pit", f"S{lot}", {"type": "ship", "to": "refinery", "route": ["AU", "MY"], "lots": sent})


def _stated(shares: dict[str, int]) -> dict[str, dict[str, int]]:
    return {name: {"ppb": ppb, "u_ppb": ppb // 50} for name, ppb in shares.items()}


def _draft(actor: str, site: str, ref: str, members: dict[str, object]) -> Draft:
    return Draft({**members, "actor": actor, "site": site, "at": AT, "ref": ref})


def begun(path: Path) -> SqliteStore:
    """A new ledger in a file."""
    store = SqliteStore(path)
    store.create()
    begin_in(store)
    return store


def begin_in(store: Store) -> None:
    """Begin a ledger with both parties and their sites."""
    anchor = Anchor(party="op", name="op", country="ZZ", vkey=str(KEYS["op"].vkey))
    event = Open(
        v=1, ledger=ORIGIN, actor="op", at=AT, operator=anchor, registrar=anchor, log=str(KEYS[ORIGIN].vkey), rules="1",
        tolerances=DEFAULT_TOLERANCES,
    )  # fmt: skip
    begin(store, event, KEYS["op"], KEYS[ORIGIN], NOW)
    registry = []
    for party, country, role, site in (("mine", "AU", "miner", "pit"), ("refinery", "MY", "processor", "gate")):
        who = {"actor": "op", "at": AT, "party": party, "country": country}
        vkey = str(KEYS[party].vkey)
        registry.append(Draft({"type": "enrol", **who, "name": party, "roles": [role], "vkey": vkey}))
        registry.append(Draft({"type": "site", **who, "name": site, "site": site}))
    recorded(store, registry)


def recorded(store: Store, batch: list[Draft], size: int = 1_000) -> None:
    """Admit drafts in submissions of `size`."""
    record(store, batch, keys=KEYS.__getitem__, log=KEYS[ORIGIN], recorded=NOW, batch=size)


def filled(path: Path, count: int, size: int = 1_000) -> SqliteStore:
    """A ledger of so many events in submissions of `size`."""
    store, events = begun(path), drafts()
    for start in range(0, count, CALL):
        recorded(store, list(islice(events, min(CALL, count - start))), size)
    return store
