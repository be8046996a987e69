"""A process that records; run as `python -m tests.store.writer race|kill PATH ...`.

`PATH` is whatever `--ledger` takes.

race PATH NAME COUNT    waits for a line on stdin, records COUNT times, says in JSON what was won and what was lost
kill PATH               for each `ROUND SECONDS` on stdin, lets a child record until SECONDS after its first success, kills
                        it with SIGKILL, and says in JSON which lots the child had been told of
swarm PATH WRITERS COUNT VICTIMS SEED
                        lets so many children record COUNT events each, all at once, kills some of them with SIGKILL at random
                        moments, and says in JSON which lots each was told of, and which children were killed
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from datetime import timedelta
from typing import NoReturn

from cli.stores import named
from ledger.errors import ConflictError
from tests.ledger.world import START, World, output


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def race(path: str, name: str, count: int) -> None:
    world = World(named(path), now=START + timedelta(hours=1))
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


def victim(path: str, number: int, told: int) -> NoReturn:
    """Record until killed; each success is told after the store has said that it is durable."""
    world = World(named(path), now=START + timedelta(hours=number))
    for count in range(1_000_000):
        lot = f"{number}-{count}"
        world.say("extract", "mine", site="pit", outputs=[output(lot, 1)])
        os.write(told, f"{lot}\n".encode())
    os._exit(0)


def persistent(path: str, name: int, count: int, told: int) -> NoReturn:
    """Record so many events, each again until it is in, and tell of each."""
    world = World(named(path), now=START + timedelta(hours=1))
    for number in range(count):
        lot = f"{name}-{number}"
        while True:
            try:
                world.say("extract", "mine", site="pit", outputs=[output(lot, 1)])
            except ConflictError:
                continue
            break
        os.write(told, f"{lot}\n".encode())
    os._exit(0)


def swarm(path: str, writers: int, count: int, victims: int, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  (moments, not secrets)
    say("ready")
    sys.stdin.readline()
    children: dict[int, int] = {}
    for name in range(writers):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            persistent(path, name, count, writing)
        os.close(writing)
        children[child] = reading
    names = {child: name for name, child in enumerate(children)}
    killed = chance.sample(sorted(children), victims)
    told = dict.fromkeys(children, b"")
    for child in killed:
        told[child] = os.read(children[child], 4096)
        time.sleep(chance.uniform(0, 0.02))
        os.kill(child, signal.SIGKILL)
    for child, reading in children.items():
        while more := os.read(reading, 65536):
            told[child] += more
        os.waitpid(child, 0)
    say(
        json.dumps(
            {
                "told": {str(names[child]): data.decode().split() for child, data in told.items()},
                "killed": [str(names[child]) for child in killed],
            }
        )
    )


def kill(path: str) -> None:
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
        race(where, rest[0], int(rest[1]))
    elif what == "swarm":
        swarm(where, *map(int, rest))
    else:
        kill(where)
