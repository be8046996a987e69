"""That nothing can be left out: what counts for whom, proofs from the store, and ledgers from before there were maps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from fixtures.bad.earlier import without_maps
from fixtures.bad.forge import Flaws, forge
from fixtures.bad.world import LOG as FIXTURE_LOG
from fixtures.bad.world import World as Fixture
from fixtures.bad.world import _good
from fixtures.bad.world import key as fixture_key
from ledger import completeness, counting
from ledger.completeness import Committed, Timeline
from ledger.errors import ConflictError, StoreError, UsageError
from ledger.publish import publish
from ledger.restore import restored
from ledger.seal import entry, prefix
from ledger.seal.merkle import ProofError
from ledger.seal.prefix import Proof
from ledger.store.contract import MapRows
from ledger.store.shelf import Shelf
from ledger.store.sql import SqliteStore
from ledger.verify import verify
from tests.bad.tampering import opened
from tests.ledger.world import LOG, World, drawn, errors, output, settled


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = settled(tmp_path / "ledger.db")
    yield made
    made.store.close()


def proven(world: World, *names: str) -> tuple[Committed, dict[str, list[str]]]:
    """The newest map entry, and each subject's events in hex, all of it checked against what the log says."""
    committed, timelines = completeness.prove(world.store, names)
    (stored,) = [stored for stored in world.store.entries(committed.entry) if stored.sequence == committed.entry]
    said = entry.parse(stored.entry)
    assert isinstance(said, entry.MapEntry)
    assert (said.size, said.root) == (committed.size, committed.root)
    for timeline in timelines:
        completeness.check(committed.root, timeline)
    return committed, {timeline.subject: [digest.hex() for digest in timeline.events] for timeline in timelines}


def hashes(world: World) -> dict[str, list[str]]:
    """Hashes of all events by type, in log order."""
    found: dict[str, list[str]] = {}
    for fact in world.verify().history.facts.values():
        found.setdefault(fact.event.type, []).append(fact.hash)
    return found


def test_what_counts_for_whom(world: World) -> None:
    world.say("extract", "mine", site="pit", ref="dig", outputs=[output("A", 10), output("B", 10)])
    world.say("ship", "mine", site="pit", lots=[drawn("A")], to="mill")
    world.say("attest", "judge", ref="audit", parties=["mine"], sites=["pit"], site="hall", scheme="S", result="good")
    world.say("attest", "judge", lots=[{"lot": "B"}], scheme="S", result="good")
    world.say("retract", "judge", target="audit", reason="wrong")
    world.say("retract", "mine", target="dig", reason="wrong")
    world.say("revoke", "registry", party="lab", vkey=str(world.keys["lab"].vkey), reason="lost")
    at = hashes(world)
    _committed, told = proven(
        world,
        "lot:A",
        "lot:B",
        "party:mine",
        "site:pit",
        "site:hall",
        "party:lab",
        "party:registry",
        "party:judge",
        "lot:C",
    )
    void_audit, void_dig = at["retract"]
    assert told["lot:A"] == [*at["extract"], *at["ship"], void_dig]
    assert told["lot:B"] == [*at["extract"], at["attest"][1], void_dig]
    enrolled = dict(zip(("mine", "plant", "shop", "lab", "judge"), at["enrol"], strict=True))
    stated = dict(zip(("pit", "mill", "annex", "hall"), at["site"], strict=True))
    assert told["party:mine"] == [enrolled["mine"], stated["pit"], at["attest"][0], void_audit]
    assert told["site:pit"] == [stated["pit"], at["attest"][0], void_audit]
    assert told["site:hall"] == [stated["hall"]]  # that an audit was held there says nothing of it
    assert told["party:lab"] == [enrolled["lab"], *at["revoke"]]
    assert told["party:registry"] == at["open"]
    assert told["party:judge"] == [enrolled["judge"]]
    assert told["lot:C"] == []
    assert world.verify().verdict == "clean"


def test_a_revocation_cannot_be_kept_back(world: World) -> None:
    world.say("revoke", "registry", party="lab", vkey=str(world.keys["lab"].vkey), reason="lost")
    committed, (timeline,) = completeness.prove(world.store, ["party:lab"])
    for shown in (timeline.events[:-1], timeline.events[1:], ()):
        with pytest.raises(ProofError):
            completeness.check(committed.root, replace(timeline, events=shown))
    with pytest.raises(ProofError):
        completeness.check(committed.root, replace(timeline, subject="party:judge"))
    with pytest.raises(ProofError):
        completeness.check(committed.root, Timeline("party:lab", (), Proof(())))


def test_what_is_recorded_without_the_logs_key_is_in_the_next_map(world: World) -> None:
    world.say("extract", "mine", site="pit", ref="dig", outputs=[output("A", 10)])
    before, told = proven(world, "lot:A")
    world.record(world.draft("assay", "lab", lot="A", composition={"Nd": {"ppb": 1}}), log=None)
    world.record(world.draft("retract", "mine", target="dig", reason="wrong"), log=None)
    assert proven(world, "lot:A") == (before, told)  # a proof is of the newest map entry, not of what came since
    assert [item.code for item in world.verify().findings if item.code.startswith("DATA-TAIL")] == ["DATA-TAIL"]
    head = publish(world.store, LOG, world.tick())
    assert head == world.store.head()
    after, told = proven(world, "lot:A")
    assert (after.entry, len(told["lot:A"])) == (head.size - 1, 3)
    assert world.verify().verdict == "clean"
    assert publish(world.store, LOG, world.tick()) == head  # there is nothing new to commit to


def test_the_first_map_comes_with_the_opening(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "new.db")
    store.create()
    with pytest.raises(UsageError, match="no map entry"):
        completeness.prove(store, ["lot:A"])
    World(store).open()
    committed, (timeline,) = completeness.prove(store, ["party:registry"])
    assert (committed.entry, committed.size, len(timeline.events)) == (1, 3, 1)  # with its name and its key
    store.close()


def test_a_name_that_is_no_subject_is_refused(world: World) -> None:
    for name in ("", "lot", "event:x", "to:mill", "lot:\ud800", "name:\ud800"):
        with pytest.raises(UsageError):
            completeness.prove(world.store, [name])


def test_a_damaged_map_makes_no_proof_and_no_entry(world: World, tmp_path: Path) -> None:
    with opened(tmp_path / "ledger.db") as disk:
        disk.execute("UPDATE map_pages SET data = x'07'")
    with pytest.raises(StoreError, match="stored map"):
        completeness.prove(world.store, ["party:mine"])
    before = world.store.head()
    with pytest.raises(StoreError, match="reindex"):
        world.say("extract", "mine", site="pit", outputs=[output("A", 10)])
    assert world.store.head() == before
    world.store.reindex(*restored(world.store))
    assert len(proven(world, "party:mine")[1]["party:mine"]) == 2


def test_a_writer_that_folded_on_an_older_map_loses(world: World) -> None:
    head = world.store.head()
    stored, rows = completeness.fold(world.store, head, (), (), world.now)
    world.say("extract", "mine", site="pit", outputs=[output("A", 10)])
    with pytest.raises(ConflictError):
        world.store.append(head, [stored], (), head, rows)
    assert world.verify().verdict == "clean"


class TestEarlier:
    """A ledger that was written before there were maps."""

    @pytest.fixture
    def old(self, tmp_path: Path) -> Iterator[Fixture]:
        made = Fixture.good(tmp_path / "old.db")
        without_maps(made)
        yield made
        made.close()

    def test_it_verifies_and_says_what_it_does_not_show(self, old: Fixture) -> None:
        verdict = old.verify()
        assert ([item.code for item in verdict.findings], verdict.verdict) == (["DATA-MAP"], "clean")
        assert any("completeness" in item.what for item in verdict.not_checked)
        with pytest.raises(UsageError):
            completeness.prove(old.store, ["lot:ore-1"])

    def test_the_next_checkpoint_commits_to_all_of_it(self, old: Fixture, tmp_path: Path) -> None:
        size = old.store.head().size
        assert publish(old.store, FIXTURE_LOG, old.now).size == size + 1
        assert old.verify().findings == ()
        new = Fixture.good(tmp_path / "new.db")
        names = ["lot:ore-1", "lot:conc-1", "party:miner", "party:lab", "site:works"]
        (was, old_lines), (now, new_lines) = (completeness.prove(each.store, names) for each in (old, new))
        assert (was.size, was.root, old_lines) == (now.size, now.root, new_lines)
        assert list(old.store.pages()) == list(new.store.pages())
        new.close()

    def test_recording_in_it_commits_to_all_of_it(self, old: Fixture) -> None:
        old.say("attest", "auditor", parties=["plant"], scheme="RMAP", result="conformant")
        assert old.verify().findings == ()

    def test_it_can_be_reindexed(self, old: Fixture) -> None:
        old.store.reindex(*restored(old.store))
        assert [item.code for item in old.verify().findings] == ["DATA-MAP"]

    def test_many_events_are_folded_in_steps(self, old: Fixture, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(completeness, "_STEP", 3)
        monkeypatch.setattr("ledger.maps._STEP", 3)
        publish(old.store, FIXTURE_LOG, old.now)
        assert old.verify().findings == ()


def test_an_audit_on_a_shelf_finds_the_same(world: World) -> None:
    for number in range(6):
        lots = [output(f"L{number}-{place}", 1) for place in range(20)]
        world.say("extract", "mine", site="pit", outputs=lots)
    shelf = Shelf(kept=4)
    assert errors(verify(world.store, LOG.vkey, tables=shelf)) == []
    shelf.close()


def test_a_stored_map_that_lags_or_leads_is_found(world: World) -> None:
    pages = dict(world.store.pages())
    index, leaves, head, rows = restored(world.store)
    assert rows is not None
    assert rows.pages == pages
    for wrong in (
        None,
        MapRows(replace(rows.mapped, entry=1), rows.pages),
        MapRows(replace(rows.mapped, size=99), rows.pages),
        MapRows(rows.mapped, {}),
        MapRows(rows.mapped, {**rows.pages, 77: b"\x00"}),
    ):
        world.store.reindex(index, leaves, head, wrong)
        assert errors(world.verify()) != []
        assert set(errors(world.verify())) == {"SEAL-INDEX"}


def test_the_key_of_a_lot_is_of_its_bytes() -> None:
    assert prefix.key_of("lot:L\u00f6s") != prefix.key_of("lot:Lo\u0308s")


class TestVersion1:
    """A ledger whose maps an earlier version wrote: they commit to lots, parties and sites alone."""

    @pytest.fixture
    def old(self, tmp_path: Path) -> Iterator[Fixture]:
        with pytest.MonkeyPatch.context() as patch:
            for module in (counting, completeness):
                patch.setattr(module, "further", lambda _event, _target=None: set())
            write = entry.format_map
            patch.setattr(entry, "format_map", lambda said: write(replace(said, version=1)))
            patch.setattr("fixtures.bad.world._good", _good.__wrapped__)  # not the one that is kept, of version 2
            made = Fixture.good(tmp_path / "old.db")
            target = made.event("extract", "miner")
            made.say("retract", "miner", target=target, reason="typing error", lots=[{"lot": "ore-1"}])
        yield made
        made.close()

    def test_it_verifies_still_and_knows_no_names(self, old: Fixture) -> None:
        assert [item.code for item in old.verify().findings if item.severity == "error"] == []
        committed, _none = completeness.prove(old.store, ["lot:ore-1"])
        assert committed.version == 1

    def test_the_next_map_commits_to_names_keys_and_what_was_retracted_for_all_of_it(
        self, old: Fixture, tmp_path: Path
    ) -> None:
        old.say("attest", "auditor", parties=["plant"], scheme="RMAP", result="conformant")
        assert [item.code for item in old.verify().findings if item.severity == "error"] == []
        new = Fixture.good(tmp_path / "new.db")
        new.say(
            "retract", "miner", target=new.event("extract", "miner"), reason="typing error", lots=[{"lot": "ore-1"}]
        )
        new.say("attest", "auditor", parties=["plant"], scheme="RMAP", result="conformant")
        key = counting.key_part(str(fixture_key("miner").vkey))
        names = ["lot:ore-1", "party:miner", "name:Miner", f"key:{key}", "retracted:miner", "name:nobody"]
        (was, old_lines), (now, new_lines) = (completeness.prove(each.store, names) for each in (old, new))
        assert (was.version, was.size, was.root) == (2, now.size, now.root)
        assert [len(line.events) for line in new_lines[2:]] == [1, 1, 1, 0]
        assert [len(line.events) for line in old_lines[2:]] == [1, 1, 1, 0]
        new.close()

    def test_a_checkpoint_alone_brings_it_up_to_date(self, old: Fixture) -> None:
        with pytest.raises(UsageError, match="of version 1"):
            completeness.prove(old.store, ["name:Miner"])
        size = old.store.head().size
        assert publish(old.store, FIXTURE_LOG, old.now).size == size + 1
        assert completeness.prove(old.store, ["name:Miner"])[0].version == 2
        assert [item.code for item in old.verify().findings if item.severity == "error"] == []
        assert publish(old.store, FIXTURE_LOG, old.now).size == size + 1

    def test_no_map_of_version_1_follows_one_of_version_2(self, tmp_path: Path) -> None:
        new = Fixture.good(tmp_path / "new.db")
        older = Flaws(map=lambda data: data.replace(b"map@v2", b"map@v1", 1))
        forge(new, new.draft("attest", "auditor", parties=["plant"], scheme="RMAP", result="conformant"), flaws=older)
        assert "SEAL-MAP" in errors(new.verify())
        new.close()
