"""The other programs: each stores the same events in its own way, and says how long that took.

None of them signs for an actor, validates an event or looks at its material. Hypercore (npm) and pymerkle (PyPI, GPL) are peers to
compare with and no part of this program; `make bench-peers` installs both beside it.
"""

from __future__ import annotations

import importlib
import json
import shutil
import sqlite3
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
FEW = 200
"""Events appended one by one, each durable before the next."""
RAW = "a bare SQLite table"
AUTHOR = "bench <bench@example.org> 1700000000 +0000"


class Missing(Exception):  # noqa: N818  (it is what is told)
    """A peer is not installed; the message says what was sought."""


def timed(work: Callable[[], object]) -> float:
    """Seconds by the clock: part of what is measured happens in other processes and on the disk."""
    since = time.perf_counter()
    work()
    return time.perf_counter() - since


def table(path: Path) -> sqlite3.Connection:
    """A table without an index, as durable as the ledger."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE t (data BLOB)")
    return connection


def insert(connection: sqlite3.Connection, events: list[bytes]) -> None:
    """One transaction."""
    with connection:
        connection.executemany("INSERT INTO t VALUES (?)", [(data,) for data in events])


def sqlite(events: list[bytes], size: int, folder: Path) -> dict[str, float]:
    """The raw limit of a durable store: {bulk, single} in seconds."""
    bulk, one = table(folder / "bulk.db"), table(folder / "one.db")
    took = timed(lambda: [insert(bulk, chunk) for chunk in chunks(events, size)])
    single = statistics.median(timed(lambda data=data: insert(one, [data])) for data in events[:FEW])  # type: ignore[misc]
    bulk.close()
    one.close()
    return {"bulk": took, "single": single}


def hypercore(events: list[bytes], size: int, folder: Path, modules: Path) -> dict[str, float]:
    """Batches of blocks, hashed into a tree whose head is signed: {bulk, single} in seconds."""
    node = shutil.which("node")
    if node is None or not (modules / "hypercore").is_dir():
        raise Missing("Node and hypercore from npm")
    blocks = folder / "blocks"
    blocks.write_bytes(b"".join(len(data).to_bytes(4, "big") + data for data in events))
    script = modules.parent / "hypercore.mjs"  # a module is sought from where the script lies
    shutil.copyfile(HERE / "hypercore.mjs", script)
    run = [node, str(script), str(blocks), str(folder), str(size), str(FEW)]
    said = json.loads(subprocess.run(run, check=True, capture_output=True).stdout)  # noqa: S603  (our own script)
    assert said["appended"] == len(events)
    return {"bulk": said["batched"], "single": said["single"]}


def pymerkle(events: list[bytes], folder: Path) -> dict[str, float]:
    """A tree whose leaves lie in SQLite: {bulk, single, proof} in seconds; it appends one by one only."""
    try:
        kind = importlib.import_module("pymerkle").SqliteTree
    except ImportError:
        raise Missing("pymerkle from PyPI") from None
    with kind(str(folder / "tree.db")) as tree:
        took = [timed(lambda data=data: tree.append_entry(data)) for data in events]  # type: ignore[misc]
        proofs = [timed(lambda at=at: tree.prove_inclusion(at)) for at in range(1, FEW + 1)]  # type: ignore[misc]
    return {"bulk": sum(took), "single": statistics.median(took), "proof": statistics.median(proofs)}


def git(events: list[bytes], size: int, folder: Path) -> dict[str, float]:
    """A commit for so many events, each a blob; then `git fsck`: {bulk, single, verify} in seconds.

    `single` starts three programs for a commit of one event, which is most of what it costs.
    """
    program = shutil.which("git")
    if program is None:
        raise Missing("git")

    def run(*words: str, given: bytes = b"") -> str:
        done = subprocess.run(  # noqa: S603  (git, with our own words)
            [program, "-C", str(folder), "-c", "core.fsync=all", *words], input=given, check=True, capture_output=True
        )
        return done.stdout.decode().strip()

    def commit(data: bytes) -> None:
        blob = run("hash-object", "-w", "--stdin", given=data)
        tree = run("mktree", given=f"100644 blob {blob}\tevent\n".encode())
        run("update-ref", "refs/heads/one", run("commit-tree", tree, "-m", "one"))

    run("init", "-q", "--bare", ".")
    for key, value in (("user.name", "bench"), ("user.email", "bench@example.org")):
        run("config", key, value)
    stream = b"".join(imported(events, size))
    bulk = timed(lambda: run("fast-import", "--quiet", given=stream))
    return {
        "bulk": bulk,
        "verify": timed(lambda: run("fsck", "--full")),
        "single": statistics.median(timed(lambda data=data: commit(data)) for data in events[: FEW // 10]),  # type: ignore[misc]
    }


def imported(events: list[bytes], size: int) -> Iterator[bytes]:
    """The commits as `git fast-import` reads them."""
    for number, chunk in enumerate(chunks(events, size)):
        yield f"commit refs/heads/bulk\ncommitter {AUTHOR}\ndata 0\n".encode()
        for at, data in enumerate(chunk):
            yield b"M 100644 inline %d/%d\ndata %d\n%s\n" % (number, at, len(data), data)


def chunks(events: list[bytes], size: int) -> Iterator[list[bytes]]:
    """In turn, `size` at most."""
    return (events[start : start + size] for start in range(0, len(events), size))
