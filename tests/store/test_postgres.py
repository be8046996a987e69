"""What the store on PostgreSQL promises beyond the contract: roles, connections that die, addresses, and no question that reads all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from psycopg import sql

from fixtures.server import running
from ledger.added.verify import verify_added
from ledger.errors import StoreError, UsageError
from ledger.seal.policy import Log, Policy
from ledger.store.postgres import definitions, reading, writing
from ledger.store.postgres.address import Address, parse
from ledger.store.postgres.store import PostgresStore
from tests.ledger.world import LOG, SITES, World, drawn, errors, output
from tests.store import servers
from tests.store.backends import content, prepared
from tests.store.engines import Postgres


@pytest.fixture
def backend() -> Iterator[Postgres]:
    made = Postgres()
    yield made
    made.end()


@pytest.fixture
def world(backend: Postgres) -> Iterator[World]:
    """Everybody is enrolled; nothing has happened."""
    made = World(backend.open())
    made.open()
    made.settle()
    yield made
    made.store.close()


def as_role(address: Address, role: str) -> Address:
    """The same database, as a role that may log in and is a member of the one named."""
    name = f"{role}_member"
    with suppress(psycopg.errors.DuplicateObject):
        servers.execute("CREATE ROLE {} LOGIN", name)
    servers.execute("GRANT {} TO {}", role, name)
    return parse(address.uri.replace("monazite@", f"{name}@"))


# --- Roles


def test_a_writer_records_and_a_reader_verifies(world: World, backend: Postgres) -> None:
    writer, reader = definitions.roles(servers.name_of(backend.address))
    assert world.store.roles() == (writer, reader)  # type: ignore[attr-defined]
    theirs = World(PostgresStore(as_role(backend.address, writer)), now=world.now)
    theirs.say("extract", "mine", site="pit", outputs=[output("A", 5)])
    drafts = [theirs.draft("extract", "mine", site="pit", outputs=[output(f"L{n}", 1)]) for n in range(writing.FEW + 1)]
    theirs.record(*drafts)
    head = theirs.store.head()
    theirs.store.publish(head, head.checkpoint or b"")
    readers = World(PostgresStore(as_role(backend.address, reader)), now=theirs.now)
    assert content(readers.store) == content(theirs.store)
    with pytest.raises(StoreError, match="this role may not"):
        readers.say("extract", "mine", site="pit", outputs=[output("B", 5)])
    for store in (theirs.store, readers.store):
        with pytest.raises(StoreError, match="this role may not"):
            store.reindex([], [], store.head())
        assert list(store.faults()) == []
        store.close()


def test_what_is_new_is_verified_by_itself(world: World) -> None:
    base = world.verify().checkpoint
    world.say("extract", "mine", site="pit", outputs=[output("A", 5)])
    world.say("ship", "mine", site="pit", to="mill", lots=[drawn("A")], route=["AU", "MY"])
    assert base is not None
    found = verify_added(world.store, Policy((Log(LOG.vkey),)), base=base)
    whole = world.verify()
    assert (found.verdict, found.checked.events, found.root) == ("clean", 2, whole.root)
    assert {str(item) for item in found.findings} == {str(item) for item in whole.findings}


@pytest.mark.parametrize("table", definitions.TABLES)
def test_no_role_may_change_or_delete_anything(world: World, backend: Postgres, table: str) -> None:
    column = next(iter(definitions.TABLES[table]))
    for role in definitions.roles(servers.name_of(backend.address)):
        with psycopg.connect(as_role(backend.address, role).uri, autocommit=True) as theirs:
            for verb in ("UPDATE {0} SET {1} = {1}", "DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}",
                "ALTER TABLE {} DISABLE TRIGGER USER"):  # fmt: skip
                statement = verb.format(f"monazite.{table}", column)
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    theirs.execute(statement.encode())
    assert errors(world.verify()) == []


def test_a_head_row_is_moved_by_its_function_alone(world: World, backend: Postgres) -> None:
    writer, reader = definitions.roles(servers.name_of(backend.address))
    size = world.store.head().size
    for role, wrong in ((writer, "MZ001"), (reader, "42501")):
        with psycopg.connect(as_role(backend.address, role).uri, autocommit=True) as theirs:
            with pytest.raises(psycopg.Error) as caught:
                theirs.execute("SELECT monazite.advance(0, '', '', false, 9::bigint, '', '', '', false)")
            assert caught.value.sqlstate == wrong
    assert world.store.head().size == size


def test_without_the_right_to_make_roles_a_ledger_is_begun_without_them() -> None:
    address = servers.bare()
    name = servers.name_of(address)
    servers.execute("CREATE ROLE {} LOGIN", f"{name}_plain")
    servers.execute("GRANT CREATE ON DATABASE {} TO {}", name, f"{name}_plain")
    for role in definitions.roles(name):  # which an earlier test may have left
        servers.execute("DROP ROLE IF EXISTS {}", role)
    plain = PostgresStore(parse(address.uri.replace("monazite@", f"{name}_plain@")))
    plain.create()
    assert plain.roles() is None
    assert list(plain.faults()) == []
    world = World(plain)
    world.open()
    assert errors(world.verify()) == []
    plain.close()
    servers.give_back(address)


def test_a_database_whose_name_leaves_no_room_for_its_roles_is_refused(backend: Postgres) -> None:
    with backend.raw() as raw, pytest.raises(UsageError, match="too long"):
        definitions.grant(raw, "x" * 60)


def test_a_database_in_another_encoding_is_refused() -> None:
    name = "latin"
    servers.execute("CREATE DATABASE {} ENCODING 'LATIN1' TEMPLATE template0", name)
    with pytest.raises(StoreError, match="needs one in UTF8"):
        PostgresStore(parse(servers.url(name))).create()


# --- Connections


def kill_others(backend: Postgres) -> None:
    with backend.raw() as raw:
        raw.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_connection_that_the_server_ended_is_made_anew(world: World, backend: Postgres) -> None:
    before = content(world.store)
    kill_others(backend)
    assert content(world.store) == before
    kill_others(backend)
    world.say("extract", "mine", site="pit", outputs=[output("A", 5)])
    assert errors(world.verify()) == []


@pytest.mark.parametrize("step", Postgres.STEPS)
def test_an_append_whose_connection_dies_never_happened(
    world: World, backend: Postgres, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(world.store)
    names = {"head": "swap", "map": "put_map"}
    with monkeypatch.context() as patch:
        name = names.get(step, "insert")
        real = getattr(writing, name)

        def dying(connection: Any, *rest: Any, **named: Any) -> None:
            if name != "insert" or rest[0] == step:
                kill_others(backend)
            real(connection, *rest, **named)

        patch.setattr(writing, name, dying)
        with pytest.raises(StoreError):
            world.say("extract", "mine", site="pit", outputs=[output("A", 5)])
    assert content(world.store) == before
    world.say("extract", "mine", site="pit", outputs=[output("A", 5)])
    assert errors(world.verify()) == []


def test_a_commit_whose_answer_is_lost_is_said_to_be_unknown(
    world: World, backend: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = writing.commit
    with monkeypatch.context() as patch:
        patch.setattr(writing, "commit", lambda *given: (kill_others(backend), real(*given)))
        with pytest.raises(StoreError, match="whether it did is not known"):
            world.say("extract", "mine", site="pit", outputs=[output("A", 5)])
    world.say("extract", "mine", site="pit", outputs=[output("B", 5)])
    assert errors(world.verify()) == []


def test_a_failure_that_nobody_passed_on_is_no_commit(world: World) -> None:
    assert isinstance(world.store, PostgresStore)
    with (
        pytest.raises(StoreError, match="an earlier step had failed"),
        world.store._write() as connection,
        suppress(psycopg.Error),
    ):
        connection.execute("SELECT 1 / 0")


def test_a_fork_does_not_share_its_parents_connection(world: World) -> None:
    before = world.store.head()
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if world.store.head() == before else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert world.store.head() == before


def test_what_was_left_half_read_disturbs_nobody(world: World) -> None:
    with world.store.snapshot() as seen:
        rows, entries = seen.index(), seen.entries()
        assert rows is not None
        next(rows)
        next(entries)
    before = content(world.store)
    del rows, entries
    world.say("extract", "mine", site="pit", outputs=[output("A", 5)])
    assert len(content(world.store).entries) == len(before.entries) + 2


def test_a_commit_waits_for_the_disk_whatever_the_setting(world: World, backend: Postgres) -> None:
    servers.execute("ALTER DATABASE {} SET synchronous_commit = off", servers.name_of(backend.address))
    store = PostgresStore(backend.address)
    with store._read() as connection:
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("off",)
    with store._write() as connection:
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert connection.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("1min",)
    store.close()
    servers.execute("ALTER DATABASE {} RESET synchronous_commit", servers.name_of(backend.address))
    assert errors(world.verify()) == []


def test_other_names_in_the_search_path_mean_nothing(world: World, backend: Postgres) -> None:
    """Somebody's own `=` or `head`, put before the server's."""
    before = world.store.head()
    with backend.raw() as raw:
        raw.execute("CREATE SCHEMA evil")
        raw.execute("CREATE FUNCTION evil.eq(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true'")
        raw.execute("CREATE OPERATOR evil.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = evil.eq)")
        name = sql.Identifier(servers.name_of(backend.address))
        raw.execute(sql.SQL("ALTER DATABASE {} SET search_path = evil, pg_catalog").format(name))
    store = PostgresStore(backend.address)
    other = World(store, now=world.now)
    other.say("extract", "mine", site="pit", outputs=[output("A", 5)])
    assert store.head().size == before.size + 2
    assert [item.sequence for item in store.entries(2)] == list(range(2, before.size + 2))
    assert errors(other.verify()) == []
    store.close()
    with backend.raw() as raw:
        raw.execute(sql.SQL("ALTER DATABASE {} RESET search_path").format(name))
        raw.execute("DROP SCHEMA evil CASCADE")


@pytest.mark.deep
def test_what_was_said_to_be_durable_survives_the_servers_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server as it comes from its makers, ended at once: after each append, and in the middle of some."""
    with running() as server:
        store = PostgresStore(parse(server.place.format("postgres")))
        store.create()
        world = World(store)
        world.open()
        world.settle()
        for number, step in enumerate(("swap", "insert", "put_map", None)):
            lots = [output(f"{number}-{n}", 1) for n in range(writing.FEW + 1 if number % 2 else 1)]
            world.record(*(world.draft("extract", "mine", site="pit", outputs=[made]) for made in lots))
            before = content(store)
            server.crash()
            server.start()
            assert content(store) == before
            if step is not None:
                real = getattr(writing, step)
                with monkeypatch.context() as patch:
                    patch.setattr(
                        writing, step, lambda *args, real=real, **named: (real(*args, **named), server.crash())
                    )
                    with pytest.raises(StoreError):
                        world.say("extract", "mine", site="pit", outputs=[output(f"{number}-lost", 1)])
                server.start()
                assert content(store) == before
            assert errors(world.verify(before.head.checkpoint)) == []
        store.close()


# --- Writing and reading


@pytest.mark.parametrize(("few", "way"), [(1, "copy_in"), (100, "insert")])
def test_few_rows_and_many_are_written_alike(world: World, few: int, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts = [world.draft("extract", "mine", site="pit", outputs=[output(f"L{n}", 1)]) for n in range(5)]
    before = content(world.store)
    made = prepared(world, *drafts)
    tables: list[str] = []
    real = getattr(writing, way)
    monkeypatch.setattr(writing, "FEW", few)
    monkeypatch.setattr(writing, way, lambda *args: (tables.append(args[1]), real(*args)))
    made.to(world.store)
    assert tables == ["entries", "events", "subjects"]
    after = content(world.store)
    assert (after.entries, after.index) == (before.entries + made.entries, before.index + made.index)
    assert errors(world.verify()) == []


def test_texts_that_the_database_cannot_hold_are_not_found(world: World) -> None:
    world.say("extract", "mine", site="pit", ref="r", outputs=[output("A", 5)])
    for text in ("A\0", "\ud800", "\0"):
        assert world.store.recall(subjects=[f"lot:{text}"], refs=[("mine", text)], hashes=[text], kinds=[text]) == []
        with world.store.map_view() as view:
            assert view.about([f"lot:{text}"], ["extract"]) == []
    assert len(world.store.recall(subjects=["lot:A", "lot:\0"])) == 1


def test_no_question_reads_the_whole_log(world: World, backend: Postgres) -> None:
    for number in range(3):
        drafts = [
            world.draft("extract", "mine", site="pit", ref=f"{number} {n}", outputs=[output(f"{number}-{n}", 1)])
            for n in range(300)
        ]
        world.record(*drafts)
    questions = (
        ("WHERE e.kind = ANY(%s)", (["open", "enrol"],)),
        (f"{reading._JOIN}WHERE s.subject = ANY(%s)", (["lot:1-1"],)),
        ("WHERE e.hash = ANY(%s)", (["0" * 64],)),
        (reading._BY_REF, (["mine"], ["1 1"])),
    )
    with backend.raw() as raw:
        raw.execute("ANALYZE")
        for clause, values in questions:
            plan = raw.execute(f"EXPLAIN {reading._SELECT}{clause}".encode(), values).fetchall()
            assert "Seq Scan on events" not in str(plan), clause
            assert "Seq Scan on subjects" not in str(plan), clause


def test_what_counts_for_a_busy_site_is_found_by_its_type(world: World, backend: Postgres) -> None:
    world.record(*(world.draft("extract", "mine", site="pit", outputs=[output(f"L{n}", 1)]) for n in range(1000)))
    with backend.raw() as raw:
        for _time in range(2):  # whether or not the server knows how many there are of what
            query = f"EXPLAIN (ANALYZE, FORMAT JSON) {reading._SELECT}{reading._ABOUT}"
            ((plan,),) = raw.execute(query.encode(), (["site", "attest"], ["site:pit"])).fetchall()
            read = dict(_read(plan[0]["Plan"]))
            assert read.keys() == {"events", "subjects", "entries"}
            assert read["events"] <= len(SITES)
            assert read["subjects"] <= len(SITES)
            raw.execute("ANALYZE")


def _read(plan: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Rows that were looked at in each table."""
    if "Relation Name" in plan:
        passed = sum(plan.get(f"Rows Removed by {reason}", 0) for reason in ("Filter", "Index Recheck"))
        yield plan["Relation Name"], (plan["Actual Rows"] + passed) * plan["Actual Loops"]
    for part in plan.get("Plans", ()):
        yield from _read(part)


def test_an_index_that_is_gone_makes_questions_slow_and_is_a_fault(world: World, backend: Postgres) -> None:
    backend.damage("DROP INDEX events_by_kind")
    world.say("extract", "mine", site="pit", outputs=[output("A", 5)])
    world.say("ship", "mine", site="pit", lots=[drawn("A")], to="mill")
    assert "SEAL-SCHEMA" in errors(world.verify())


# --- Addresses


@pytest.mark.parametrize(
    ("where", "shown", "name"),
    [
        ("postgresql+psycopg://me@db.example/ree", "postgresql://me@db.example/ree", "ree@me@db.example"),
        ("postgres://db.example:5433/ree", "postgresql://db.example:5433/ree", "ree@db.example-5433"),
        ("POSTGRESQL://me:pw@h/ree", "postgresql://me:***@h/ree", "ree@h"),
        ("postgresql://me:p%40w@h/r%C3%A9e", "postgresql://me:***@h/r%C3%A9e", "r%C3%A9e@h"),
        (
            "postgresql:///ree?host=/run/pg&port=5433",
            "postgresql:///ree?host=/run/pg&port=5433",
            "ree@%2Frun%2Fpg-5433",
        ),
        ("postgresql://h/ree?password=x%20y&sslpassword=z", "postgresql://h/ree?password=***&sslpassword=***", "ree@h"),
        ("postgresql://h/?dbname=..", "postgresql://h/?dbname=..", "%2E.@h"),
        ("postgresql://[::1]:5433/ree", "postgresql://[::1]:5433/ree", "ree@%5B--1%5D-5433"),
    ],
)
def test_an_address_is_shown_without_its_password(where: str, shown: str, name: str) -> None:
    address = parse(where)
    assert (str(address), address.name) == (shown, name.replace("@me@", "@"))
    assert "pw" not in repr(address)


def test_a_message_of_the_driver_is_cleaned() -> None:
    address = parse("postgresql://me:s3%40cr@h/ree?sslpassword=key")
    assert address.clean("wrong: s3@cr or\n s3%40cr, key") == "wrong: *** or ***, ***"
