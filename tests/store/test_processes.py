"""Real processes at one file: two that write at once, and one that is killed."""

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

from ledger.store.sql import SqliteStore
from tests.ledger.world import START, World, errors, output, settled

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


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    settled(path).store.close()
    return path


def test_of_two_writers_each_success_is_there_and_each_loser_knows(path: Path) -> None:
    count = 20
    with writer("race", path, "a", count) as one, writer("race", path, "b", count) as two:
        for process in (one, two):
            tell(process, "go")
        outcomes = [json.loads(heard(process)) for process in (one, two)]
        assert [process.wait(timeout=30) for process in (one, two)] == [0, 0]
    world = World(SqliteStore(path))
    verdict = world.verify()
    assert {item.code for item in verdict.findings} <= {"TIME-CLOCK"}  # each of the two has a clock of its own
    won = [lot for outcome in outcomes for lot in outcome["won"]]
    assert sorted(verdict.history.lots) == sorted(won)
    assert len(won) + sum(outcome["lost"] for outcome in outcomes) == 2 * count
    assert verdict.checked.entries == 2 * (1 + 1 + len(won))
    world.store.close()


def killed(path: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  (moments, not secrets)
    there = {"before"}
    with SqliteStoreWorld(path) as world:
        world.say("extract", "mine", site="pit", outputs=[output("before", 1)])
    with writer("kill", path) as process:
        for number in range(1, rounds + 1):
            tell(process, f"{number} {chance.uniform(0, 0.02):.4f}")
            told = set(json.loads(heard(process)))
            with SqliteStoreWorld(path, number) as world:
                verdict = world.verify()
                assert verdict.findings == ()
                now = set(verdict.history.lots)
                assert told
                assert there | told <= now  # what was said to be durable is there
                assert len(now - there - told) <= 1  # and at most the one whose success was not told
                world.say("extract", "mine", site="pit", outputs=[output(f"after-{number}", 1)])
                there = now | {f"after-{number}"}
    with SqliteStoreWorld(path) as world:
        assert errors(world.verify()) == []


class SqliteStoreWorld:
    """A world on a store that is opened and closed."""

    def __init__(self, path: Path, hours: int = 0) -> None:
        self.world = World(SqliteStore(path), now=START + timedelta(hours=hours, minutes=50))

    def __enter__(self) -> World:
        return self.world

    def __exit__(self, *_error: object) -> None:
        self.world.store.close()


def test_a_killed_writer_leaves_a_ledger_that_verifies_and_goes_on(path: Path) -> None:
    killed(path, 10, seed=1)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(2, 12))
def test_many_killed_writers(path: Path, seed: int) -> None:
    killed(path, 10, seed)
