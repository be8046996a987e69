"""`monazite demo`: seven chains over public sites, recorded, verified and reported on ledgers of its own.

Everything is deterministic: keys come from fixed seeds (and are therefore worth nothing elsewhere), and the clock follows
the events. State and keys stay inside the folder; the user's own are not touched.
"""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import progress, say, table
from ledger.errors import EXIT_FINDINGS, UsageError

if TYPE_CHECKING:
    from cli.chains.chain import Chain
    from ledger.exchange.draft import Draft
    from ledger.seal.keys import SigningKey
    from ledger.verify import Verdict

MARK = ".monazite-demo"
REGISTRAR = "registry"


def demo(
    folder: Annotated[
        Path, typer.Option("--dir", help="Where the demo keeps its ledgers, tables, keys and state.")
    ] = Path("monazite-demo"),
    chain: Annotated[str, typer.Option("--chain", help="The chain to walk in full: a to g.")] = "a",
) -> None:
    """Record seven real-world chains, walk one in full, and list the verdicts of all.

    Example: monazite demo --dir /tmp/demo --chain d
    """
    from cli.chains.catalogue import CHAINS  # noqa: PLC0415  (start-up time)

    chosen = next((item for item in CHAINS if item.id == chain.lower()), None)
    if chosen is None:
        raise UsageError(f"--chain {chain}: the chains are {', '.join(item.id for item in CHAINS)}")
    _prepare(folder)
    made: dict[str, tuple[Verdict, dict[str, Any]]] = {}
    with progress("Recording chains") as bar:
        for number, item in enumerate(CHAINS, 1):
            made[item.id] = build(item, folder)
            if bar is not None:
                bar(number, len(CHAINS))
    _walk(chosen, folder, *made[chosen.id])
    say()
    table(
        ("", "chain", "ledger", "China", "known", "unknown"),
        [_row(item, *made[item.id]) for item in CHAINS],
        title="All seven chains",
        right=(4, 5),
    )
    path = ledger_file(chosen, folder)
    say("Look further (the demo keeps its own keys and state):")
    say(f"  export MONAZITE_STATE={folder / 'state'} MONAZITE_KEYS={folder / 'keys'}")
    say(f"  monazite verify --ledger {path}")
    say(f"  monazite report {chosen.asked_lot} --ledger {path} --format markdown")
    say(f"  monazite demo --chain d     tables as they were imported: {folder / 'chains'}")
    if any(verdict.verdict != "clean" for verdict, _answer in made.values()):
        raise typer.Exit(EXIT_FINDINGS)


def ledger_file(chain: Chain, folder: Path) -> Path:
    """The ledger of one chain."""
    return folder / f"{chain.id}-{chain.slug}.db"


def _prepare(folder: Path) -> None:
    if folder.exists():
        if any(folder.iterdir()) and not (folder / MARK).is_file():
            raise UsageError(f"{folder} holds other things; name an empty or new folder with --dir")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARK).write_text("Made by `monazite demo`, which removes and remakes this folder.\n", encoding="utf-8")


def key_for(name: str) -> SigningKey:
    """The demo's key of this name: from a public seed, so that every run gives the same bytes."""
    from ledger.seal.keys import SigningKey  # noqa: PLC0415  (start-up time)

    return SigningKey.from_seed(name, hashlib.sha256(f"monazite demo {name}".encode()).digest())


def build(chain: Chain, folder: Path) -> tuple[Verdict, dict[str, Any]]:
    """Write a chain's tables, record them in a new ledger, verify it and answer for its asked lot."""
    from cli.version import version  # noqa: PLC0415  (start-up time)
    from ledger.exchange.csv import read_events  # noqa: PLC0415
    from ledger.origin.trace import trace  # noqa: PLC0415
    from ledger.report.answer import answer  # noqa: PLC0415
    from ledger.seal.trust import format_policy  # noqa: PLC0415
    from ledger.store.keystore import KeyStore  # noqa: PLC0415
    from ledger.store.sql import SqliteStore  # noqa: PLC0415
    from ledger.store.state import State  # noqa: PLC0415
    from ledger.verify import verify  # noqa: PLC0415

    tables = folder / "chains" / f"{chain.id}-{chain.slug}"
    tables.mkdir(parents=True)
    for name, text in (("parties", chain.parties_csv), ("sites", chain.sites_csv), ("events", chain.events_csv)):
        (tables / f"{name}.csv").write_text(text, encoding="utf-8")
    drafts = read_events(chain.events_csv.encode(), str(tables / "events.csv"))
    origin = f"demo.example/{chain.slug}"
    log = key_for(origin)
    keys = KeyStore(folder / "keys")
    store = SqliteStore(ledger_file(chain, folder))
    try:
        store.create()
        names = _record(store, chain, origin, log, drafts)
        for name in (origin, *names):
            if not keys.has(name):
                keys.save(key_for(name), None, 1)
        state = State(folder / "state")
        state.pin(log.vkey, format_policy(log.vkey))
        verdict = verify(store, log.vkey)
        if verdict.checkpoint is not None:
            state.remember(log.vkey, verdict.checkpoint)
    finally:
        store.close()
    return verdict, answer(trace(verdict.history, chain.asked_lot), verdict, version())


def _record(store: Any, chain: Chain, origin: str, log: SigningKey, drafts: list[Draft]) -> list[str]:  # noqa: ANN401  (a Store)
    """Entry 0, parties and sites a week before the first event, then each actor's events soon after they happened."""
    from ledger.exchange.draft import Draft  # noqa: PLC0415  (start-up time)
    from ledger.exchange.parties import read_parties, read_sites  # noqa: PLC0415
    from ledger.model.events import Open  # noqa: PLC0415
    from ledger.model.identity import Anchor  # noqa: PLC0415
    from ledger.record import begin, record  # noqa: PLC0415
    from ledger.rules.history import DEFAULT_TOLERANCES  # noqa: PLC0415

    first = min(datetime.fromisoformat(draft.members["at"]) for draft in drafts)
    opening = first - timedelta(days=7)
    at = opening.isoformat(timespec="seconds")
    anchor = Anchor(party=REGISTRAR, name="Demo registry (fictional)", country="ZZ", vkey=str(key_for(REGISTRAR).vkey))
    event = Open(
        v=1, ledger=origin, actor=REGISTRAR, at=at, operator=anchor, registrar=anchor, log=str(log.vkey), rules="1",
        tolerances=DEFAULT_TOLERANCES,
    )  # fmt: skip
    begin(store, event, key_for(REGISTRAR), log, _utc(opening))
    parties = read_parties(chain.parties_csv.encode(), "parties.csv")
    sites = read_sites(chain.sites_csv.encode(), "sites.csv")
    enrolments = [
        {**row.members, "vkey": str(key_for(row.party).vkey)} if row.roles != ("owner",) else row.members
        for row in parties
    ]
    registry = [
        Draft({**members, "actor": REGISTRAR, "at": at}) for members in [*enrolments, *(row.members for row in sites)]
    ]
    record(store, registry, keys=key_for, log=log, recorded=_utc(opening + timedelta(minutes=5)))
    clock = opening + timedelta(minutes=5)
    for _actor, run in groupby(drafts, lambda draft: draft.members["actor"]):
        batch = list(run)
        newest = max(datetime.fromisoformat(draft.members["at"]) for draft in batch)
        clock = max(clock, newest + timedelta(hours=1))
        record(store, batch, keys=key_for, log=log, recorded=_utc(clock))
    return [REGISTRAR, *(row.party for row in parties if row.roles != ("owner",))]


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _walk(chain: Chain, folder: Path, verdict: Verdict, answer: dict[str, Any]) -> None:
    from cli.reportview import show  # noqa: PLC0415  (start-up time)
    from ledger.origin.trace import trace  # noqa: PLC0415

    say(f"Chain {chain.id}: {chain.title}")
    say(chain.summary)
    say("Sites and patterns are public; events, masses and contracts are fictional. See --help.")
    table(
        ("when", "who", "what"),
        [(step["at"][:10], step["actor"], f"{step['type']}: {step['says']}") for step in answer["history"]],
        title=f"1. Recorded in {ledger_file(chain, folder)}: signed, chained, append-only",
    )
    checked = verdict.checked
    say("2. Verified against the log's key")
    say(
        f"   {verdict.verdict}: {checked.entries} entries, {checked.signatures} signatures, {checked.events} events, {checked.lots} lots"
    )
    say(f"   checkpoint of {verdict.size} entries, root {verdict.root.hex()}")
    say()
    say("3. Reported")
    show(answer, trace(verdict.history, chain.asked_lot), verdict.history)


def _row(chain: Chain, verdict: Verdict, answer: dict[str, Any]) -> tuple[object, ...]:
    from ledger.report.headline import lot_unknown_words, percent  # noqa: PLC0415  (start-up time)

    china = answer["china"]
    return (
        chain.id, chain.title, verdict.verdict, china["verdict"], percent(china["known_share"]), lot_unknown_words(china)
    )  # fmt: skip
