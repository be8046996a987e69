"""A small world to record in: parties with keys and sites, a clock that only goes forward, drafts in few words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from ledger.admission import Recorded
from ledger.exchange.draft import Draft
from ledger.model.events import Open
from ledger.model.identity import Anchor
from ledger.record import begin, record
from ledger.rules.history import DEFAULT_TOLERANCES
from ledger.seal.keys import SigningKey
from ledger.store.contract import Store
from ledger.store.sql import SqliteStore
from ledger.verify import Verdict, verify

LEDGER = "ledger.example/test"
START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def key(name: str, number: int = 0) -> SigningKey:
    """A key of this name; another number gives another key."""
    return SigningKey.from_seed(name, sha256(f"{name} {number}".encode()).digest())


LOG = key(LEDGER)
REGISTRY = key("registry")

PARTIES = {
    "mine": ("AU", ["miner"]),
    "plant": ("MY", ["processor"]),
    "shop": ("JP", ["processor", "trader"]),
    "lab": ("GB", ["laboratory"]),
    "judge": ("GB", ["auditor"]),
}
SITES = {"pit": ("mine", "AU"), "mill": ("plant", "MY"), "annex": ("plant", "CN"), "hall": ("shop", "JP")}


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def opening(at: datetime = START) -> Open:
    """The event of entry 0."""
    anchor = Anchor(party="registry", name="Registry", country="GB", vkey=str(REGISTRY.vkey))
    return Open(
        v=1,
        ledger=LEDGER,
        actor="registry",
        at=stamp(at),
        operator=anchor,
        registrar=anchor,
        log=str(LOG.vkey),
        rules="1",
        tolerances=DEFAULT_TOLERANCES,
    )


class World:
    """A ledger, everybody's keys, and the time."""

    def __init__(self, store: Store, *, now: datetime = START) -> None:
        self.store = store
        self.keys = {name: key(name) for name in ("registry", *PARTIES)}
        self.now = now

    def tick(self) -> datetime:
        """A minute later."""
        self.now += MINUTE
        return self.now

    def open(self) -> None:
        begin(self.store, opening(self.now), REGISTRY, LOG, self.now)

    def draft(self, kind: str, actor: str, **members: Any) -> Draft:
        """A draft at the time of the world; `at` may say otherwise."""
        return Draft({"type": kind, "actor": actor, "at": stamp(self.now), **members})

    def record(self, *drafts: Draft, log: SigningKey | None = LOG, batch: int = 1000) -> Recorded:
        return record(self.store, drafts, keys=self.keys.__getitem__, log=log, recorded=self.tick(), batch=batch)

    def say(self, kind: str, actor: str, **members: Any) -> Recorded:
        """Record one event."""
        return self.record(self.draft(kind, actor, **members))

    def settle(self) -> Recorded:
        """Enrol everybody with a key, and their sites."""
        parties = [
            self.draft(
                "enrol",
                "registry",
                party=name,
                name=name.title(),
                country=country,
                roles=roles,
                vkey=str(self.keys[name].vkey),
            )
            for name, (country, roles) in PARTIES.items()
        ]
        sites = [
            self.draft("site", "registry", site=site, party=party, name=site.title(), country=country)
            for site, (party, country) in SITES.items()
        ]
        return self.record(*parties, *sites)

    def verify(self, remembered: bytes | None = None) -> Verdict:
        return verify(self.store, LOG.vkey, remembered=remembered)


def output(lot: str, kg: float, form: str = "ore", **composition: int) -> dict[str, Any]:
    """An output; the composition in ppb."""
    made: dict[str, Any] = {"lot": lot, "form": form, "mass": {"mg": round(kg * 1_000_000)}}
    if composition:
        made["composition"] = {analyte: {"ppb": ppb} for analyte, ppb in composition.items()}
    return made


def drawn(lot: str, kg: float | None = None) -> dict[str, Any]:
    """An input or a lot handed over; None is all that is left."""
    return {"lot": lot} if kg is None else {"lot": lot, "mass": {"mg": round(kg * 1_000_000)}}


def settled(path: Path) -> World:
    """A new ledger in a file, with everybody in it."""
    store = SqliteStore(path)
    store.create()
    world = World(store)
    world.open()
    world.settle()
    return world


def errors(verdict: Verdict) -> Sequence[str]:
    """Codes of severity error."""
    return [item.code for item in verdict.findings if item.severity == "error"]
