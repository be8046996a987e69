"""What an operator hides in the database while new entries are verified by themselves: nothing is called clean that is not."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.bad.forge import Flaws, forge, unlike
from fixtures.bad.world import HOUR, LOG, World, key, mass, out, some
from ledger.added.verify import verify_added
from ledger.errors import UnverifiableError
from ledger.record import Draft, record
from ledger.seal.policy import Log, Policy
from ledger.store.sql import SqliteStore
from ledger.verify import Verdict

POLICY = Policy((Log(LOG.vkey),))
CLAIM = {"scheme": "RMAP", "result": "conformant"}


def changed(world: World, *statements: str) -> None:
    """Change the file behind the ledger's back."""
    connection = sqlite3.connect(world.path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    assert sum(connection.execute(statement).rowcount for statement in statements) > 0
    connection.commit()
    connection.close()


def unlisted(where: str) -> tuple[str, str]:
    """Take events out of the index: nothing leads to them any more."""
    named = f"(SELECT entry, position FROM events WHERE {where})"  # noqa: S608
    return (
        f"DELETE FROM subjects WHERE (entry, position) IN {named}",  # noqa: S608
        f"UPDATE events SET kind = 'note', hash = entry || 'x' || position, ref = NULL WHERE {where}",  # noqa: S608
    )


def moved(entry: int, by: int) -> tuple[str, ...]:
    """Let the index find each event of an entry in the place of another."""
    return tuple(
        f"UPDATE {table} SET position = position + {step} WHERE entry = {entry}"  # noqa: S608
        for step in (1000, by - 1000)
        for table in ("events", "subjects")
    )


def enrolled(world: World, party: str, **members: Any) -> Draft:
    stated = {"name": party.title(), "country": "GB", "roles": ["trader"], **members}
    return world.draft("enrol", "registrar", party=party, **stated)


def owner(party: str, country: str = "GB") -> dict[str, Any]:
    return {"party": party, "country": country, "ppb": 600_000_000}


def added(world: World, base: bytes) -> Verdict | None:
    """What is said of the new entries; None where nothing is."""
    store = SqliteStore(world.path)
    try:
        return verify_added(store, POLICY, base=base)
    except UnverifiableError:
        return None
    finally:
        store.close()


def based(world: World) -> bytes:
    verdict = world.verify()
    assert verdict.checkpoint is not None
    return verdict.checkpoint


def revoked(world: World) -> bytes:
    """A key is revoked between two other statements, and then signs."""
    one, other = (world.draft("site", "registrar", site=name, party="plant", name=name, country="MY") for name in "ab")
    gone = world.draft("revoke", "registrar", party="trader", vkey=str(key("trader").vkey), reason="stolen")
    world.record(one, gone, other)
    base = based(world)
    forge(world, world.draft("declare", "trader", site="store", origin={"mine": "AU"}, outputs=[out("new", "ore", 5)]))
    return base


def replayed(world: World) -> bytes:
    """What an auditor signed of a party once is put into the log a second time."""
    claim = world.draft("attest", "auditor", parties=["plant"], **CLAIM)
    world.record(claim)
    base = based(world)
    forge(world, claim, flaws=Flaws(index=unlike))
    return base


def of_poor_ore(world: World) -> bytes:
    """More is made of what was split from ore than the ore held."""
    declared = {"origin": {"mine": "AU"}, "outputs": [out("poor", "ore", 50, Nd2O3=(10_000_000, 100_000))]}
    world.say("declare", "plant", site="works", **declared)
    world.say(
        "transform", "plant", site="works", stage="split", inputs=[some("poor", 50)], outputs=[out("part", "ore", 50)]
    )
    base = based(world)
    made = {
        "inputs": [some("part", 50)],
        "outputs": [out("rich", "concentrate", 5, 0.01, Nd2O3=(400_000_000, 100_000))],
    }
    world.say("transform", "plant", site="works", stage="beneficiate", **made)
    return base


def under_the_id_of_a_site(world: World) -> bytes:
    """A party gets the id that a site has."""
    base = based(world)
    forge(world, enrolled(world, "annex"))
    return base


def under_the_id_of_a_party(world: World) -> bytes:
    """A site gets the id that a party has."""
    base = based(world)
    forge(world, world.draft("site", "registrar", site="lab", party="trader", name="Lab", country="JP"))
    return base


def owned_through_another(world: World) -> bytes:
    """A party's owner came to be Chinese-owned."""
    world.record(enrolled(world, "holding"))
    world.record(enrolled(world, "holding", owners=[{"name": "State", "country": "CN", "ppb": 900_000_000}]))
    base = based(world)
    world.record(enrolled(world, "front", owners=[owner("holding")]))
    return base


def attested_by_an_owner(world: World) -> bytes:
    """An auditor attests the site of a party that it came to own."""
    world.record(enrolled(world, "plant", name="Plant", country="MY", roles=["processor"], owners=[owner("auditor")]))
    base = based(world)
    world.say("attest", "auditor", sites=["works"], **CLAIM)
    return base


HIDDEN: dict[str, tuple[Callable[[World], bytes], tuple[str, ...]]] = {
    "SIGN-KEY-REVOKED": (revoked, moved(20, 1)),
    "SEAL-DUPLICATE": (replayed, ("UPDATE events SET hash = 'x' WHERE entry = 20",)),
    "MASS-GAIN": (of_poor_ore, unlisted("entry = 20")),
    "SIGN-ID": (under_the_id_of_a_site, unlisted("kind = 'site' AND CAST(data AS TEXT) LIKE '%\"site\":\"annex\"%'")),
    "SIGN-ID of a site": (
        under_the_id_of_a_party,
        unlisted("kind = 'enrol' AND CAST(data AS TEXT) LIKE '%\"party\":\"lab\"%'"),
    ),
    "ORIG-CN-OWNED": (owned_through_another, unlisted("entry = 22")),
    "SIGN-SELF-ATTEST": (attested_by_an_owner, unlisted("entry = 20")),
}
"""What is wrong with a new event, and what an older one must be hidden for it to pass."""


@pytest.mark.parametrize("case", HIDDEN)
def test_an_older_event_that_is_hidden_is_missed(case: str, tmp_path: Path) -> None:
    code = case.partition(" ")[0]
    make, statements = HIDDEN[case]
    world = World.good(tmp_path / "a.db")
    base = make(world)
    open_found = added(world, base)
    assert open_found is not None
    assert code in {item.code for item in open_found.findings}
    changed(world, *statements)
    found = added(world, base)
    assert found is None or code in {item.code for item in found.findings}


def test_hashes_that_lead_in_circles_end(tmp_path: Path) -> None:
    world = World.good(tmp_path / "a.db")
    base = of_poor_ore(world)
    (digest,) = (fact.hash for fact in world.verify().history.facts.values() if fact.place.entry == 20)
    changed(world, *unlisted("entry = 20"), f"UPDATE events SET hash = '{digest}' WHERE entry = 16 AND position = 0")  # noqa: S608
    assert added(world, base) is None


@pytest.mark.parametrize("place", ["0.5", "'one'", "x'00'"])
def test_events_in_no_place_are_not_looked_for(place: str, tmp_path: Path) -> None:
    world = World.good(tmp_path / "a.db")
    base = of_poor_ore(world)
    changed(world, *(f"UPDATE {table} SET position = {place} WHERE entry = 20" for table in ("events", "subjects")))  # noqa: S608
    assert added(world, base) is None


def test_what_comes_after_the_checkpoint_is_not_called_read(tmp_path: Path) -> None:
    world = World.good(tmp_path / "a.db")
    base = based(world)
    world.record(world.draft("extract", "miner", site="pit", outputs=[out("tail", "ore", 5)]), log=None)
    found = added(world, base)
    assert found is not None
    assert "DATA-TAIL" in {item.code for item in found.findings}
    assert "the newest 1 entries" in {gap.what for gap in found.not_checked}
    head = "(SELECT leaf FROM entries WHERE sequence = 19)"
    changed(world, f"UPDATE head SET size = 20, leaf = {head}")  # noqa: S608
    found = added(world, base)
    assert found is not None
    assert "SEAL-HEAD" in {item.code for item in found.findings}


def test_a_head_of_fewer_entries_than_the_checkpoint_is_found(tmp_path: Path) -> None:
    world = World.good(tmp_path / "a.db")
    base = based(world)
    changed(world, "UPDATE head SET size = size - 1")
    found = added(world, base)
    assert found is None or "SEAL-HEAD" in {item.code for item in found.findings}


def test_a_site_that_does_again_what_it_may_not_is_found_again(tmp_path: Path) -> None:
    world = World.good(tmp_path / "a.db")
    site = world.draft(
        "site", "registrar", site="yard", party="miner", name="Yard", country="AU", stages=["beneficiate"]
    )
    world.record(site)
    leach = {"site": "yard", "stage": "crack_leach"}
    world.say("extract", "miner", site="yard", deposit="mt-weld", outputs=[out("dug", "ore", 50)])
    world.say("transform", "miner", **leach, inputs=[some("dug", 50)], outputs=[out("one", "mixed-carbonate", 5)])
    base = based(world)
    world.say("transform", "miner", **leach, inputs=[some("one", 5)], outputs=[out("two", "mixed-carbonate", 4)])
    found = added(world, base)
    assert found is not None
    assert [item.subject for item in found.findings if item.code == "ORIG-SITE"] == ["site:yard"]


def test_whoever_is_owned_by_a_party_that_is_stated_anew_is_found(tmp_path: Path) -> None:
    world = World.good(tmp_path / "a.db")
    world.record(enrolled(world, "holding"), enrolled(world, "front", owners=[owner("holding")]))
    base = based(world)
    world.record(enrolled(world, "holding", owners=[{"name": "State", "country": "CN", "ppb": 900_000_000}]))
    found, whole = added(world, base), world.verify()
    assert found is not None
    told = [{str(item) for item in one.findings if item.code == "ORIG-CN-OWNED"} for one in (found, whole)]
    assert told[0] == told[1]
    assert len(told[0]) == 2
    assert "what new statements say of older events" in {gap.what for gap in found.not_checked}


def test_a_carrier_that_is_nearly_a_party_is_found(tmp_path: Path) -> None:
    world = World.good(tmp_path / "a.db")
    world.record(enrolled(world, "ocean", name="Ocean Freight", country="CN"))
    world.say("extract", "miner", site="pit", deposit="mt-weld", outputs=[out("dug", "ore", 5)])
    base = based(world)
    world.now += HOUR
    world.say("ship", "miner", site="pit", to="works", carrier="OCEAN FREIGHT", lots=[{"lot": "dug", "mass": mass(5)}])
    found = added(world, base)
    assert found is not None
    assert "DATA-NAME" in {item.code for item in found.findings}


@pytest.mark.parametrize("leaf", [100, 300])
def test_damaged_tiles_are_no_traceback_and_no_verdict(leaf: int, tmp_path: Path) -> None:
    world = World.good(tmp_path / "a.db")
    digs = [world.draft("extract", "miner", site="pit", outputs=[out(f"L{n}", "ore", 1)]) for n in range(600)]
    record(world.store, digs[:400], keys=key, log=LOG, recorded=world.now, batch=1)
    base = based(world)
    record(world.store, digs[400:], keys=key, log=LOG, recorded=world.now, batch=1)
    changed(world, f"UPDATE entries SET leaf = zeroblob(32) WHERE sequence = {leaf}")  # noqa: S608
    found = added(world, base)
    assert found is None or (found.verdict == "clean" and leaf < 256)
