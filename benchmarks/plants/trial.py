"""Running the trials: plants of many cells share a ledger, are recorded by the library's write path and verified whole."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, Final

from benchmarks.plants.book import START, Book
from benchmarks.plants.cells import Cell
from benchmarks.plants.plan import Plan
from ledger.errors import RefusedError
from ledger.exchange.draft import Draft
from ledger.model.events import Open
from ledger.model.identity import Anchor
from ledger.model.registry import Tolerances
from ledger.record import begin, plan, record
from ledger.rules.finding import Finding
from ledger.seal.keys import SigningKey
from ledger.store.sql import SqliteStore
from ledger.verify import verify

ORIGIN: Final = "plants.example"
FULL: Final = 4000
"""Events after which a ledger is full and the next plants get another."""
RECORDED: Final = datetime(2026, 12, 30, tzinfo=UTC)
"""All is recorded at the end of the year; the ledger tolerates a year's delay, so lateness is not what is measured."""
TOLERANCES: Final = Tolerances(late_days=366, clock_s=300, u_mass_ppm=5_000)


@dataclass
class Trial:
    """One plant, its plan, and what was found."""

    cell: Cell
    plan: Plan
    book: Book
    hashes: dict[str, int] = field(default_factory=dict)
    found: list[Finding] = field(default_factory=list)
    refused: list[Finding] = field(default_factory=list)


def key(name: str) -> SigningKey:
    """The key of a party or of the log; nothing here is secret."""
    return SigningKey.from_seed(name, sha256(f"plants {name}".encode()).digest())


def plants(cells: Iterable[Cell], runs: int, seed: int) -> Iterator[Trial]:
    """Simulate every plant of every cell; each has a random source of its own, so no cell depends on another."""
    for index, cell in enumerate(cells):
        for number in range(max(round(runs * cell.weight), 1)):
            rng = Random(f"{seed} {index} {number}")  # noqa: S311  (chance, not secrecy)
            planned = cell.plan(rng, number)
            book = Book(f"p{index}-{number}", rng, cell.profile)
            cell.build(book, planned)
            yield Trial(cell, planned, book)


def run(trials: Iterable[Trial], told: Callable[[int], object] = lambda _events: None) -> Iterator[Trial]:
    """Record and verify plants, some thousand events to a ledger, and hand each back with what was found of it."""
    waiting: list[Trial] = []
    events = 0
    for trial in trials:
        waiting.append(trial)
        events += len(trial.book.drafts) + len(trial.book.attempts) + len(trial.book.registry)
        if events >= FULL:
            yield from judged(waiting)
            told(events)
            waiting, events = [], 0
    if waiting:
        yield from judged(waiting)
        told(events)


def judged(trials: list[Trial]) -> list[Trial]:
    """One ledger with these plants."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "plants.db")
        store.create()
        _begin(store)
        _record(store, [Draft(_registered(item)) for trial in trials for item in trial.book.registry])
        told = _record(store, [Draft(item) for trial in trials for item in trial.book.drafts])
        at = 0
        for trial in trials:
            end = at + len(trial.book.drafts)
            trial.hashes = dict(zip(told[at:end], trial.book.events, strict=True))
            at = end
        _attempt(store, trials)
        verdict = verify(store, key(ORIGIN).vkey)
        store.close()
    _share_out(trials, verdict.findings)
    return trials


def _begin(store: SqliteStore) -> None:
    anchor = Anchor(party="keeper", name="keeper", country="ZZ", vkey=str(key("keeper").vkey))
    opening = Open(
        v=1, ledger=ORIGIN, actor="keeper", at=_text(START), operator=anchor, registrar=anchor, log=str(key(ORIGIN).vkey),
        rules="1", tolerances=TOLERANCES,
    )  # fmt: skip
    begin(store, opening, key("keeper"), key(ORIGIN), RECORDED)


def _record(store: SqliteStore, drafts: list[Draft]) -> list[str]:
    """Hashes of the events, in order."""
    done = record(store, drafts, keys=key, log=key(ORIGIN), recorded=RECORDED, batch=500)
    assert len(done.facts) == len(drafts), "an event was said twice"
    return [fact.hash for fact in done.facts]


def _attempt(store: SqliteStore, trials: list[Trial]) -> None:
    """Try what admission may refuse; record what it does not, so that verification has its say."""
    asked = [(trial, item) for trial in trials for item in trial.book.attempts]
    if not asked:
        return
    refused: dict[str, list[Finding]] = {}
    try:
        plan(store, [Draft(item) for _, item in asked], recorded=RECORDED)
    except RefusedError as error:
        for item in error.findings:
            refused.setdefault(item.subject, []).append(item)
    rest = []
    for trial, draft in asked:
        trial.refused = [found for drawn in draft["lots"] for found in refused.get(f"lot:{drawn['lot']}", ())]
        if not trial.refused:
            rest.append((trial, draft))
    for (trial, _), digest in zip(rest, _record(store, [Draft(item) for _, item in rest]), strict=True):
        trial.hashes[digest] = trial.book.batch


def _registered(item: dict[str, Any]) -> dict[str, Any]:
    stated = {**item, "actor": "keeper", "at": _text(START)}
    return {**stated, "vkey": str(key(item["vkey"]).vkey)} if "vkey" in item else stated


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _share_out(trials: list[Trial], findings: Iterable[Finding]) -> None:
    """Give each finding to the plant that it is about."""
    owners: dict[str, Trial] = {}
    for trial in trials:
        owners |= {f"lot:{name}": trial for name in trial.book.lots}
        owners |= {f"site:{name}": trial for name in trial.book.sites}
        owners |= {f"party:{name}": trial for name in trial.book.keys}
        owners |= {f"event:{digest}": trial for digest in trial.hashes}
    for item in findings:
        about = (item.subject, *(f"event:{digest}" for digest in item.events))
        owner = next((owners[name] for name in about if name in owners), None)
        assert owner is not None, f"{item.code}, {item.subject}: a finding about no plant: {item.message}"
        owner.found.append(item)
