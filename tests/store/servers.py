"""The PostgreSQL server of a test session, started when a test first asks for it, and databases on it that nobody used before."""

from __future__ import annotations

import itertools
from contextlib import ExitStack
from functools import cache
from time import sleep

import psycopg
import pytest
from psycopg import sql

from fixtures.server import QUICK, MissingError, running
from ledger.store.postgres.address import Address, parse

_open = ExitStack()
_numbers = itertools.count()
_free: list[Address] = []


@cache
def _place() -> str:
    try:
        return _open.enter_context(running(QUICK)).place
    except MissingError as error:
        pytest.fail(str(error))


def stop() -> None:
    """Stop the server, where one was started; the session is over."""
    _open.close()


def url(name: str) -> str:
    """What `--ledger` takes."""
    return _place().format(name)


@cache
def _administrator() -> psycopg.Connection[tuple[object, ...]]:
    connection = psycopg.connect(parse(url("postgres")).uri, autocommit=True)
    _open.callback(connection.close)
    return connection


def execute(statement: str, *names: str) -> None:
    """Tell the server as its administrator; `{}` are names."""
    _administrator().execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]  # not a literal


def bare() -> Address:
    """A database with nothing in it: a new one, or one that a test gave back."""
    if not _free:
        name = f"test_{next(_numbers)}"
        execute("CREATE DATABASE {}", name)
        return parse(url(name))
    address = _free.pop()
    with psycopg.connect(address.uri, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("DROP SCHEMA IF EXISTS monazite CASCADE")
    return address


def give_back(address: Address) -> None:
    """A database that nobody needs any more; making one takes the server longer than emptying one."""
    _free.append(address)


def quiet(where: str) -> None:
    """Wait until the server is done with everybody else at a database: a killed client's last words may still be worked on.

    A file waits for nobody.
    """
    if "://" not in where:
        return
    question = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
    while _administrator().execute(question, (name_of(parse(where)),)).fetchone() != (0,):
        sleep(0.005)


def name_of(address: Address) -> str:
    """A database's name."""
    return address.name.partition("@")[0]
