"""A process that records; run as `python -m tests.store.writer race|kill PATH ...`.

race PATH NAME COUNT    waits for a line on stdin, records COUNT times, says in JSON what was won and what was lost
kill PATH               for each `ROUND SECONDS` on stdin, lets a child record until SECONDS after its first success, kills
                        it with SIGKILL, and says in JSON which lots the child had been told of
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

from ledger.errors import ConflictError
from ledger.store.sql import SqliteStore
from tests.ledger.world import START, World, output


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def race(path: Path, name: str, count: int) -> None:
    world = World(SqliteStore(path), now=START + timedelta(hours=1))
    won: list[str] = []
    lost = 0
    say("ready")
    sys.stdin.readline()
    for number in range(count):
        lot = f"{name}-{number}"
        try:
            world.say("extract", "mine", site="pit", outputs=[output(lot, 1)])
        except ConflictError:
            lost += 1
        else:
            won.append(lot)
    say(json.dumps({"won": won, "lost": lost}))


def victim(path: Path, number: int, told: int) -> NoReturn:
    """Record until killed; each success is told after the store has said that it is durable."""
    world = World(SqliteStore(path), now=START + timedelta(hours=number))
    for count in range(1_000_000):
        lot = f"{number}-{count}"
        world.say("extract", "mine", site="pit", outputs=[output(lot, 1)])
        os.write(told, f"{lot}\n".encode())
    os._exit(0)


def kill(path: Path) -> None:
    say("ready")
    for line in sys.stdin:
        number, seconds = line.split()
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            victim(path, int(number), writing)
        os.close(writing)
        told = os.read(reading, 4096)
        time.sleep(float(seconds))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := os.read(reading, 65536):
            told += more
        os.close(reading)
        say(json.dumps(told.decode().split()))


if __name__ == "__main__":
    what, where, *rest = sys.argv[1:]
    if what == "race":
        race(Path(where), rest[0], int(rest[1]))
    else:
        kill(Path(where))
