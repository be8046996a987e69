"""Real processes at one ledger: two that write at once, one that is killed, and ten of which some are."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from cli.stores import named
from tests.ledger.world import START, World, errors, output
from tests.store import servers
from tests.store.engines import BACKENDS

pytestmark = pytest.mark.uncounted  # what it starts is counted elsewhere
ROOT = Path(__file__).parents[2]


@contextmanager
def writer(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.store.writer", *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert heard(process) == "ready"
            yield process
        finally:
            process.kill()


def heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def tell(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


@pytest.fixture(params=sorted(BACKENDS))
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A ledger with everybody in it, as `--ledger` names it."""
    backend = BACKENDS[request.param](tmp_path)
    store = backend.open()
    world = World(store)
    world.open()
    world.settle()
    store.close()
    yield str(store.path)  # type: ignore[attr-defined]
    backend.end()


some = pytest.mark.parametrize("where", ["sqlite", pytest.param("postgres", marks=pytest.mark.deep)], indirect=True)
"""In `make test` on SQLite alone."""


@some
def test_of_two_writers_each_success_is_there_and_each_loser_knows(where: str) -> None:
    count = 20
    with writer("race", where, "a", count) as one, writer("race", where, "b", count) as two:
        for process in (one, two):
            tell(process, "go")
        outcomes = [json.loads(heard(process)) for process in (one, two)]
        assert [process.wait(timeout=30) for process in (one, two)] == [0, 0]
    world = World(named(where))
    verdict = world.verify()
    assert {item.code for item in verdict.findings} <= {"TIME-CLOCK"}  # each of the two has a clock of its own
    won = [lot for outcome in outcomes for lot in outcome["won"]]
    assert sorted(verdict.history.lots) == sorted(won)
    assert len(won) + sum(outcome["lost"] for outcome in outcomes) == 2 * count
    assert verdict.checked.entries == 2 * (1 + 1 + len(won))
    world.store.close()


def killed(where: str, rounds: int, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  (moments, not secrets)
    there = {"before"}
    with Visit(where) as world:
        world.say("extract", "mine", site="pit", outputs=[output("before", 1)])
    with writer("kill", where) as process:
        for number in range(1, rounds + 1):
            tell(process, f"{number} {chance.uniform(0, 0.02):.4f}")
            told = set(json.loads(heard(process)))
            servers.quiet(where)
            with Visit(where, number) as world:
                verdict = world.verify()
                assert verdict.findings == ()
                now = set(verdict.history.lots)
                assert told
                assert there | told <= now  # what was said to be durable is there
                assert len(now - there - told) <= 1  # and at most the one whose success was not told
                world.say("extract", "mine", site="pit", outputs=[output(f"after-{number}", 1)])
                there = now | {f"after-{number}"}
    with Visit(where) as world:
        assert errors(world.verify()) == []


class Visit:
    """A world on a store that is opened and closed."""

    def __init__(self, where: str, hours: int = 0) -> None:
        self.world = World(named(where), now=START + timedelta(hours=hours, minutes=50))

    def __enter__(self) -> World:
        return self.world

    def __exit__(self, *_error: object) -> None:
        self.world.store.close()


@some
def test_a_killed_writer_leaves_a_ledger_that_verifies_and_goes_on(where: str) -> None:
    killed(where, 6, seed=1)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(2, 12))
def test_many_killed_writers(where: str, seed: int) -> None:
    killed(where, 10, seed)


def swarmed(where: str, writers: int, count: int, victims: int, seed: int) -> None:
    with writer("swarm", where, writers, count, victims, seed) as process:
        tell(process, "go")
        found = json.loads(heard(process))
        assert process.wait(timeout=60) == 0
    servers.quiet(where)
    told = [lot for lots in found["told"].values() for lot in lots]
    world = World(named(where))
    verdict = world.verify()
    assert {item.code for item in verdict.findings} <= {"TIME-CLOCK"}  # each has a clock of its own
    there = list(verdict.history.lots)
    assert len(set(told)) == len(told)  # nothing is told twice,
    assert set(told) <= set(there)  # nothing that was told is lost,
    beyond = [lot.partition("-")[0] for lot in there if lot not in told]
    assert set(beyond) <= set(found["killed"])  # and nothing is there that nobody was told of,
    assert len(set(beyond)) == len(beyond)  # but for the last word of who was killed before he could tell
    for name, lots in found["told"].items():
        assert name in found["killed"] or lots == [f"{name}-{number}" for number in range(count)]
    assert verdict.checked.entries == 2 * (1 + 1 + len(there))
    world.say("extract", "mine", site="pit", outputs=[output("afterwards", 1)])
    assert errors(world.verify()) == []
    world.store.close()


def test_writers_at_once_never_fork_lose_or_double(where: str) -> None:
    swarmed(where, 4, 3, 1, seed=1)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(2, 6))
def test_ten_writers_at_once_never_fork_lose_or_double(where: str, seed: int) -> None:
    swarmed(where, 10, 8, 3, seed)
