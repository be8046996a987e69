"""A process that exports and is killed; run as `python -m tests.store.exporter LEDGER`.

For each `FOLDER step N` on stdin, a child exports to FOLDER and kills itself with SIGKILL right before its Nth step that
changes the disk; for each `FOLDER seconds T`, it is killed after T seconds. Says `killed` or `done`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

from ledger.store.publish import publish
from ledger.store.sql import SqliteStore
from tests.ledger.world import LOG

STEPS = ("fsync", "replace", "unlink", "mkdir", "rmdir")


def die_at(step: int) -> None:
    left = [step]

    def counted(name: str) -> Any:
        call = getattr(os, name)

        def done(*args: Any, **named: Any) -> Any:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **named)

        return done

    for name in STEPS:
        setattr(os, name, counted(name))


def victim(ledger: Path, folder: Path) -> NoReturn:
    with SqliteStore(ledger).snapshot() as seen:
        publish(seen, folder, LOG.vkey)
    os._exit(0)


def main(ledger: Path) -> None:
    for line in sys.stdin:
        folder, how, value = line.rsplit(maxsplit=2)
        child = os.fork()
        if child == 0:
            if how == "step":
                die_at(int(value))
            victim(ledger, Path(folder))
        if how == "seconds":
            time.sleep(float(value))
            os.kill(child, signal.SIGKILL)
        _child, status = os.waitpid(child, 0)
        sys.stdout.write("killed\n" if os.WIFSIGNALED(status) else "done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
