"""Small files that must be whole or absent: written beside, flushed to the disk, then renamed."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE = 0o600
_LOOK_AGAIN = 0.02
"""Seconds: the kernel tells nobody that a lock is free who will not wait for ever."""


def write_atomic(path: Path, data: bytes | Iterable[bytes], mode: int = 0o644) -> None:
    """Write `data`, whole or piece by piece, to `path`, durable when it returns; a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _beside(path, data, mode) as beside:
        beside.replace(path)
    _sync_directory(path.parent)


def create_exclusive(path: Path, data: bytes, mode: int) -> None:
    """Write a file that must not exist yet, durable when it returns.

    Raises:
        FileExistsError: it exists.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _beside(path, data, mode) as beside:
        os.link(beside, path)  # unlike rename, refuses to replace
    _sync_directory(path.parent)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of `path`, a file beside it, until the block ends; waits for who holds it.

    The kernel lets go of the lock when its holder dies, however it dies.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def locked_within(path: Path, seconds: float, *, shared: bool) -> Iterator[bool]:
    """As `locked` on this very file, but wait so long at most; False where somebody else holds it all the while.

    Several may hold it `shared`. Where there can be no such file nobody holds it.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        yield True
        return
    try:
        yield _lock_within(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB, seconds)
    finally:
        os.close(handle)


def _lock_within(handle: int, operation: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(handle, operation)
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(_LOOK_AGAIN)
        else:
            return True


@contextmanager
def _beside(path: Path, data: bytes | Iterable[bytes], mode: int) -> Iterator[Path]:
    """A flushed file beside `path` that holds `data`, gone afterwards unless it was renamed."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in (data,) if isinstance(data, bytes) else data:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(mode)
        yield beside
    finally:
        beside.unlink(missing_ok=True)


def read_bounded(path: Path, limit: int) -> bytes:
    """Read a file of at most `limit` bytes.

    Raises:
        OSError: it cannot be read.
        ValueError: it is larger.
    """
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"{path} is larger than {limit} bytes")
    return data


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
