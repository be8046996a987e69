"""The commands on a ledger in PostgreSQL: the same answers, no password shown, and a clear word where something is missing."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from ledger import migrate
from ledger.store.contract import Head
from ledger.store.postgres import writing
from ledger.store.postgres.address import parse
from ledger.store.postgres.reading import Connection
from ledger.store.postgres.store import PostgresStore
from tests.cli.conftest import Shell
from tests.store import servers

WORD = "s3cr%40t"
"""A password, as an address spells it."""


@pytest.fixture
def url() -> Iterator[str]:
    address = servers.bare()
    yield servers.url(servers.name_of(address)).replace("monazite@", f"monazite:{WORD}@")
    servers.give_back(address)


@pytest.fixture
def home(shell: Shell, recorded: Path) -> Shell:
    """The tables and keys of the recorded ledger, without the ledger."""
    shutil.copytree(recorded, shell.folder, dirs_exist_ok=True)
    return shell


BEGIN = ("init", "--origin", "ledger.example/pg", "--operator", "reg", "--country", "AU", "--unsafe-no-passphrase")


def test_a_ledger_is_begun_filled_verified_and_moved(home: Shell, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONAZITE_LEDGER", url)
    monkeypatch.setenv("MONAZITE_FILES", str(home.folder / "files"))
    said = home(*BEGIN)
    name = servers.name_of(parse(url))
    assert f"Grant the role {name}_writer to whoever records" in said
    assert "s3cr" not in said
    home("party", "add", "--from", str(home.folder / "parties.csv"))
    home("site", "add", "--from", str(home.folder / "sites.csv"))
    home("import", str(home.folder / "events.csv"))
    assert "nothing to add" in home("import", str(home.folder / "events.csv")).lower()
    found = home.json("verify")
    assert found["verdict"] == "clean"
    assert found["checked"]["events"] > 5
    (kept,) = (home.folder / "files").glob("*.evidence")
    assert kept.name.startswith(f"{name}@")
    assert (home.folder / "events.csv").read_bytes() in [path.read_bytes() for path in kept.iterdir()]
    home("reindex")
    assert home.json("verify") == found
    assert "s3cr" not in home("migrate", url, "moved/ledger.db")
    assert home.json("verify", "--ledger", "moved/ledger.db") == found
    assert {path.name for path in Path("moved/ledger.evidence").iterdir()} == {path.name for path in kept.iterdir()}
    home("migrate", url, "moved/ledger.db", code=2)
    assert "already holds a ledger" in home.err
    home(*BEGIN, code=2)
    assert "s3cr" not in home.err


def test_a_ledger_moves_into_a_database(ledger: Shell, url: str) -> None:
    found = ledger.json("verify")
    said = ledger("migrate", "monazite.db", url)
    assert f"root {found['checkpoint']['root']}" in said
    assert "_writer to whoever records" in said
    assert ledger.json("verify", "--ledger", url) == found
    ledger("migrate", "monazite.db", url, code=2)
    assert "already holds a ledger" in ledger.err
    assert "s3cr" not in said + ledger.err


def test_a_move_that_fails_leaves_no_file(ledger: Shell) -> None:
    with sqlite3.connect("monazite.db") as disk:
        disk.execute("DROP TRIGGER events_no_update")
    disk.close()
    ledger("migrate", "monazite.db", "moved.db", code=0)  # what guards the rows is made anew
    with sqlite3.connect("monazite.db") as disk:
        disk.execute("UPDATE events SET data = x'00' WHERE entry = 2")
    disk.close()
    ledger("migrate", "monazite.db", "again.db", code=1)
    assert "SEAL-EVENT" in ledger.err
    assert not list(Path().glob("again.db*")) + list(Path().glob("again.evidence/*"))


def test_files_are_there_before_the_ledger_that_names_them(
    ledger: Shell, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A move that is killed once the copy counts cannot be begun again."""
    monkeypatch.setenv("MONAZITE_FILES", str(ledger.folder / "files"))
    whole = migrate.migrate

    def killed(*arguments: Any, **options: Any) -> None:
        whole(*arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(migrate, "migrate", killed)
    ledger("migrate", "monazite.db", url, code=130)
    assert ledger.json("verify", "--ledger", url)["verdict"] == "clean"
    (moved,) = (ledger.folder / "files").glob("*.evidence")
    names = {path.name for path in moved.iterdir()}
    assert names == {path.name for path in (ledger.folder / "monazite.evidence").iterdir()}
    assert names


def test_tiles_are_no_ledger_to_move(ledger: Shell) -> None:
    ledger("export", "tiles", "public")
    ledger("migrate", "public", "moved.db", code=2)
    assert "folder of tiles" in ledger.err


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("postgresql+psycopg://u:s3cr@127.0.0.1:1/ree", 3, "postgresql://u:***@127.0.0.1:1/ree"),
        ("postgresql://u@127.0.0.1:1/ree?password=s3cr", 3, "password=***"),
        ("postgresql://u:s3%zzcr@h/ree", 3, "***"),
        ("postgresql://u:s3cr@h", 2, "no address of a database"),
        ("postgresql://u:s3cr@h/ree/s3cr", 2, "no address of a database"),
        ("postgresql://u:s3cr@[h/ree", 2, "no address of a database"),
        ("postgresql://u:s3cr@h/ree?s3cr", 2, "no address of a database"),
        ("postgresql://u:s3cr@127.0.0.1:1/ree?nonsense=1", 3, "nonsense"),
        ("mysql://u:s3cr@h/ree", 2, "'mysql'"),
        ("postgresql+psycopg:/u:s3cr@h/ree", 2, "no address of a database"),
        ("postgresql+psycopg//u:s3cr@h/ree", 2, "no address of a database"),
        ("postgresql:u:s3cr@h/ree", 2, "no address of a database"),
        ("Postgres/u:s3cr@h/ree", 2, "no address of a database"),
        ("host=h user=u password=s3cr", 2, "no address of a database"),
        ("password = s3cr", 2, "no address of a database"),
    ],
)
def test_an_address_that_does_not_work_is_said_without_its_password(
    home: Shell, address: str, code: int, said: str
) -> None:
    for command in (("verify",), BEGIN, ("party", "list")):
        home(*command, "--ledger", address, code=code)
        assert said in home.err
        assert "s3cr" not in home.out + home.err


def test_what_can_be_done_where_no_connection_is_made_is_said(home: Shell, url: str) -> None:
    for address, hint in (
        (url.replace(servers.name_of(parse(url)), "nowhere"), "Make it with `createdb`"),
        ("postgresql://u:s3cr@127.0.0.1:1/ree", "the server runs there"),
        ("postgresql://u:s3cr@no.such.host.invalid/ree", "the server runs there"),
    ):
        home("verify", "--ledger", address, code=3)
        assert hint in home.err
        assert "s3cr" not in home.err


def test_a_server_that_goes_away_meanwhile_is_said_with_what_to_do(
    home: Shell, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONAZITE_FILES", str(home.folder / "files"))
    monkeypatch.setenv("MONAZITE_LEDGER", url)
    home(*BEGIN)
    swap = writing.swap

    def ended(connection: Connection, *arguments: Any, **options: Any) -> None:
        servers.execute(f"SELECT pg_terminate_backend({connection.info.backend_pid}, 5000)")
        swap(connection, *arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(writing, "swap", ended)
        home("party", "add", "audit", "--name", "A", "--country", "GB", "--role", "auditor", code=3)
    assert "Run the same command again when it answers" in home.err
    home("party", "add", "audit", "--name", "A", "--country", "GB", "--role", "auditor")
    assert home.json("verify")["verdict"] == "clean"


@pytest.mark.parametrize("name", ["postgres/ree.db", "postgresql.db", "a=b.db"])
def test_a_file_may_be_named_for_a_database(ledger: Shell, name: str) -> None:
    ledger("migrate", "monazite.db", name)
    ledger("verify", "--ledger", name)


def test_a_race_that_is_lost_is_no_word_of_the_driver(
    home: Shell, url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MONAZITE_FILES", str(home.folder / "files"))
    home(*BEGIN, "--ledger", url)
    whole = PostgresStore.append
    lost: list[int] = []

    def overtaken(store: PostgresStore, expected: Head, *arguments: Any) -> None:
        if not lost:
            lost.append(1)
            expected = replace(expected, leaf=bytes(32))
        whole(store, expected, *arguments)

    monkeypatch.setattr(PostgresStore, "append", overtaken)
    home("party", "add", "audit", "--name", "A", "--country", "GB", "--role", "auditor", "--ledger", url)
    assert lost
    assert not caplog.records


def test_a_database_without_a_ledger_is_none(home: Shell, url: str) -> None:
    home("verify", "--ledger", url, code=3)
    assert "is not a Monazite ledger" in home.err
    assert "monazite init" in home.err
    with psycopg.connect(parse(url).uri, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA monazite")
        home(*BEGIN, "--ledger", url, code=3)
        assert "schema `monazite` of another program" in home.err
        assert connection.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'monazite'::regnamespace"
        ).fetchone() == (0,)


def test_a_missing_driver_is_named(home: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("ledger.store.postgres.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    home("verify", "--ledger", "postgresql://h/ree", code=2)
    assert "pip install 'monazite[pg]'" in home.err
