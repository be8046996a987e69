"""A process that is a witness; run as `python -m tests.store.witness FOLDER NAME race|kill ...`.

race COUNT WHICH   on a line on stdin, asks for COUNT growing checkpoints of one of two histories, then says in JSON what was cosigned
kill               for each `ROUND SECONDS` on stdin, lets a child cosign until SECONDS after its first success, kills it with
                   SIGKILL, and says in JSON which answers it had given
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

from ledger.errors import NotCosignedError
from ledger.seal import checkpoint, merkle
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.cosigner import Cosigner
from ledger.seal.keys import SigningKey
from ledger.seal.witness import Cosigned, Request, State
from ledger.store.witnessing import WitnessMemory
from ledger.witnessing import cosign

LOG = SigningKey.from_seed("ledger.example/race", sha256(b"log").digest())
KEY = Cosigner.ed25519(SigningKey.from_seed("witness.example/race", sha256(b"witness").digest()))
NOW = 1_764_000_000
SIZES = 2_000


def leaves(which: str) -> list[bytes]:
    """Two histories that part after the first entry."""
    return [merkle.leaf_hash(b"0"), *(merkle.leaf_hash(f"{which} {number}".encode()) for number in range(1, SIZES))]


def ask(memory: WitnessMemory, history: list[bytes], size: int) -> Cosigned:
    """Ask for a checkpoint of `size` entries with the proof from wherever the witness is."""

    def make(last: State) -> Request:
        proof = merkle.consistency_proof(last.size, history[:size]) if 0 < last.size <= size else []
        signed = checkpoint.sign(Checkpoint(LOG.name, size, merkle.root(history[:size])), LOG)
        return Request(min(last.size, size), tuple(proof), signed)

    return cosign(memory, make, LOG.name, (KEY,), NOW)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def race(memory: WitnessMemory, count: int, which: str) -> None:
    history = leaves(which)
    say("ready")
    sys.stdin.readline()
    won = []
    for number in range(count):
        try:
            made = ask(memory, history, number + 2)
        except NotCosignedError:
            continue
        won.append([made.state.size, made.state.root.hex()])
    say(json.dumps(won))


def victim(memory: WitnessMemory, told: int) -> NoReturn:
    """Cosign ever larger trees until killed; each is told after the answer was given."""
    history = leaves("a")
    from ledger.seal.witness import recall

    size = recall(memory.kept(LOG.name), [KEY.vkey]).size
    while size < SIZES:
        size += 1
        made = ask(memory, history, size)
        os.write(told, f"{made.state.size} {made.state.root.hex()}\n".encode())
    os._exit(0)


def kill(memory: WitnessMemory) -> None:
    say("ready")
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            victim(memory, writing)
        os.close(writing)
        told = os.read(reading, 4096)
        time.sleep(float(line))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := os.read(reading, 65536):
            told += more
        os.close(reading)
        say(json.dumps([row.split() for row in told.decode().splitlines()]))


if __name__ == "__main__":
    folder, what, *rest = sys.argv[1:]
    mine = WitnessMemory(Path(folder), KEY.name)
    if what == "race":
        race(mine, int(rest[0]), rest[1])
    else:
        kill(mine)
