"""What was added to a ledger, verified by itself, says what the verification of the whole says of it."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from benchmarks import mill
from fixtures.bad import RECIPES
from fixtures.bad.world import LOG as BAD_LOG
from fixtures.bad.world import World as Bad
from fixtures.worlds.generate import world
from ledger.added.verify import PER_SITE, verify_added
from ledger.bundle.shown import COMPARED, SITE_WIDE
from ledger.errors import UnverifiableError
from ledger.record import record
from ledger.seal import checkpoint
from ledger.seal.policy import Log, Policy
from ledger.store.sql import SqliteStore
from ledger.verify import Verdict, verify
from tests.ledger.forging import append_unjudged
from tests.ledger.world import LOG, World, drawn, output, settled
from tests.worlds.commands import Ledger

ONLY_WHOLE = {
    *("SEAL-EVENT", "SEAL-TIMESTAMP", "SEAL-INDEX", "SEAL-SCHEMA", "SEAL-DATABASE"),  # of older rows, or of the store
    *("MASS-DRIFT", "MASS-INJECTION", "MASS-CAPACITY", "DATA-DEFAULT"),  # of all events of a site
    "SIGN-KEY-LOST",  # of older events by the key
}
"""Codes that what is new does not show; each is among what was not checked."""
POLICY = Policy((Log(LOG.vkey),))


def key_of(verdict: Verdict) -> list[str]:
    return sorted(map(str, verdict.findings))


def added(world: World, base: bytes | None) -> Verdict:
    assert base is not None
    return verify_added(world.store, POLICY, base=base)


def grown(path: Path) -> tuple[World, bytes]:
    """Ore and a concentrate in a ledger that was verified, and further events since."""
    world = settled(path)
    world.say("extract", "mine", site="pit", outputs=[output("ORE", 100, Nd2O3=2_000_000)], ref="E1")
    world.say(
        "transform",
        "mine",
        site="pit",
        stage="beneficiate",
        inputs=[drawn("ORE", 50)],
        outputs=[output("CON", 5, "concentrate")],
    )
    base = world.verify().checkpoint
    assert base is not None
    world.say("ship", "mine", site="pit", to="mill", lots=[drawn("CON")], route=["AU", "MY"])
    world.say("receive", "plant", site="mill", result="accepted", lots=[drawn("CON", 5)])
    return world, base


@pytest.mark.uncounted
@pytest.mark.parametrize("code", [code for code in RECIPES if code != "SEAL-TILE"])
def test_a_fault_that_is_added_is_found_or_nothing_is_said(code: str, tmp_path: Path) -> None:
    world = Bad.good(tmp_path / "bad.db")
    base = world.store.head().checkpoint
    assert base is not None
    bad = RECIPES[code].spoil(world)
    world.close()
    store = SqliteStore(tmp_path / "bad.db")
    trusted = bad.trust or Policy((Log(BAD_LOG.vkey),))
    try:
        found = verify_added(store, trusted, base=base, remembered=bad.remembered, now=bad.now)
    except UnverifiableError:
        found = None
    finally:
        store.close()
    if found is None:
        assert code.startswith("SEAL-"), "only what is wrong with the seal keeps the new entries from being verified"
        return
    if code in ONLY_WHOLE:
        assert len(found.not_checked) > 4
        return
    assert code in {item.code for item in found.findings} or "SEAL-ROLLBACK" in {item.code for item in found.findings}


@pytest.mark.uncounted
def test_of_a_thousand_events_the_findings_are_those_of_the_whole(tmp_path: Path) -> None:
    store = mill.begun(tmp_path / "mill.db")
    events = mill.drafts()
    log = mill.KEYS[mill.ORIGIN]
    for count in (2_000, 500):
        before = verify(store, log.vkey).checkpoint
        assert before is not None
        record(store, list(islice(events, count)), keys=mill.KEYS.__getitem__, log=log, recorded=mill.NOW)
    found = verify_added(store, Policy((Log(log.vkey),)), base=before)
    whole = verify(store, log.vkey)
    store.close()
    new = {fact.hash for fact in whole.history.facts.values() if fact.place.entry >= (found.since or 0)}
    assert (found.verdict, found.checked.events, len(new)) == ("clean", 500, 500)
    assert {str(item) for item in whole.findings if not new.isdisjoint(item.events)} == set(key_of(found))


@pytest.mark.uncounted
@pytest.mark.parametrize("seed", [15, 6])
def test_of_a_world_too(seed: int, tmp_path: Path) -> None:
    made = world(seed, 45, noise=seed % 2 == 0)
    head, *lines = made.events_csv.splitlines(keepends=True)
    cut = next(number for number in range(len(lines) // 2, len(lines)) if not lines[number].startswith(","))
    ledger = Ledger(tmp_path, replace(made, events_csv=head + "".join(lines[:cut])))
    before = ledger.verify()
    (tmp_path / "rest.csv").write_text(head + "".join(lines[cut:]), encoding="utf-8")
    ledger.run("import", "rest.csv")
    found = json.loads(ledger.run("verify", "--new", "--json", codes=(0, 1)))
    whole = ledger.verify()
    told = {_said(item) for item in before["findings"]}
    assert found["since"] == before["checkpoint"]["size"]
    assert found["checkpoint"] == whole["checkpoint"]
    assert {_said(item) for item in found["findings"]} <= {_said(item) for item in whole["findings"]}
    missed = {_said(item) for item in whole["findings"]} - {_said(item) for item in found["findings"]} - told
    assert {code for code, _subject, _message in missed} <= SITE_WIDE | COMPARED


def test_what_is_added_is_verified_and_what_was_there_is_said_to_be_old(tmp_path: Path) -> None:
    world, base = grown(tmp_path / "a.db")
    found = added(world, base)
    assert (found.verdict, found.since) == ("clean", checkpoint.unverified(base).size)
    assert (found.checked.events, found.checked.lots) == (2, 1)
    whole = world.verify()
    assert (found.size, found.root) == (whole.size, whole.root)
    assert found.checkpoint == whole.checkpoint
    assert {"sites as a whole", f"the first {found.since} entries"} <= {gap.what for gap in found.not_checked}
    again = added(world, found.checkpoint)
    assert (again.verdict, again.checked.entries, again.findings) == ("clean", 0, ())
    world.store.close()


def test_a_rewritten_past_is_a_fork_with_both_notes(tmp_path: Path) -> None:
    world, base = grown(tmp_path / "a.db")
    other, _base = grown(tmp_path / "b.db")
    other.say("extract", "mine", site="pit", outputs=[output("MORE", 1)])
    assert added(other, base).verdict == "clean"  # the same past so far
    third = settled(tmp_path / "c.db")
    for number in range(12):
        third.say("extract", "mine", site="pit", outputs=[output(f"O{number}", 1)])
    found = added(third, base)
    assert [item.code for item in found.findings if item.severity == "error"][:1] == ["SEAL-FORK"]
    assert found.dispute is not None
    assert found.checkpoint is None
    for one in (world, other, third):
        one.store.close()


def test_a_ledger_that_was_cut_is_a_rollback(tmp_path: Path) -> None:
    world, _base = grown(tmp_path / "a.db")
    newest = world.verify().checkpoint
    short = settled(tmp_path / "b.db")
    assert "SEAL-ROLLBACK" in {item.code for item in added(short, newest).findings}
    world.store.close()
    short.store.close()


def test_a_cut_is_found_though_what_is_remembered_is_older_and_something_else_is_found(tmp_path: Path) -> None:
    world, _base = grown(tmp_path / "a.db")
    newest = world.verify().checkpoint
    short = settled(tmp_path / "b.db")
    older = short.verify().checkpoint
    short.record(short.draft("extract", "mine", site="pit", outputs=[output("TAIL", 1)]), log=None)
    assert newest is not None
    found = verify_added(short.store, POLICY, base=newest, remembered=older)
    assert {"DATA-TAIL", "SEAL-ROLLBACK"} <= {item.code for item in found.findings}
    world.store.close()
    short.store.close()


def test_an_older_checkpoint_over_more_entries_than_are_remembered_is_a_rollback(tmp_path: Path) -> None:
    world, _base = grown(tmp_path / "a.db")
    newest = world.verify().checkpoint
    short = settled(tmp_path / "b.db")
    older = short.verify().checkpoint
    tail = [short.draft("extract", "mine", site="pit", outputs=[output(f"T{number}", 1)]) for number in range(20)]
    short.record(*tail, log=None, batch=1)
    assert older is not None
    found = verify_added(short.store, POLICY, base=older, remembered=newest)
    assert "SEAL-ROLLBACK" in {item.code for item in found.findings}
    assert found.dispute is not None
    world.store.close()
    short.store.close()


def test_what_others_took_back_is_not_read(tmp_path: Path) -> None:
    world = settled(tmp_path / "a.db")
    for number in range(5):
        made = world.say("extract", "mine", site="pit", outputs=[output(f"SLIP{number}", 1)])
        slip = {"target": made.facts[0].hash, "reason": "slip", "lots": [{"lot": f"SLIP{number}"}]}
        world.say("retract", "mine", **slip)
    base = world.verify().checkpoint
    world.say("extract", "mine", site="pit", outputs=[output("ORE", 1)])
    found = added(world, base)
    assert found.verdict == "clean"
    assert {fact.event.type for fact in found.history.facts.values()} == {"open", "enrol", "site", "extract"}
    assert not any(name.startswith("SLIP") for name in found.history.lots)
    world.store.close()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE events SET data = replace(data, 'ORE', 'ORF')",
        "DELETE FROM subjects WHERE subject = 'lot:CON'",
        "UPDATE map_pages SET data = substr(data, 1, 60) || x'00' || substr(data, 62) WHERE number > 0",
        "UPDATE entries SET data = replace(data, 'sequence', 'sequencf') WHERE sequence > 5",
    ],
)
def test_whoever_holds_the_disk_is_not_believed(sql: str, tmp_path: Path) -> None:
    world, base = grown(tmp_path / "a.db")
    world.store.close()
    connection = sqlite3.connect(tmp_path / "a.db")
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    changed = connection.execute(sql).rowcount
    connection.commit()
    connection.close()
    assert changed > 0
    try:
        found = added(world, base)
    except UnverifiableError:
        return
    finally:
        world.store.close()
    assert found.verdict == "findings"


def test_an_event_past_the_map_is_found(tmp_path: Path) -> None:
    world, base = grown(tmp_path / "a.db")
    at = "2026-03-01T09:00:00Z"
    made = {"type": "extract", "actor": "mine", "at": at, "site": "pit", "outputs": [output("SECRET", 1)]}
    append_unjudged(world, world.store, made)
    with pytest.raises(UnverifiableError, match="map"):
        added(world, base)
    world.store.close()


def test_a_base_that_nobody_signed_is_none(tmp_path: Path) -> None:
    world, base = grown(tmp_path / "a.db")
    with pytest.raises(UnverifiableError, match="remembered as verified"):
        added(world, base.replace(LOG.vkey.name.encode(), b"other.example"))
    world.store.close()


def _said(item: dict[str, Any]) -> tuple[str, str, str]:
    # Of these there is one finding for all events of a stage at a site, which says how many they are.
    counted = item["code"] in PER_SITE and item["subject"].startswith("site:")
    return item["code"], item["subject"], item["message"].partition(":")[0] if counted else item["message"]
