"""A folder of files that are published: read without following a link out of it, written whole and never changed.

Reading trusts nothing: a path may be a link, a pipe or a terabyte. Writing makes one file at a time under one temporary
name, flushes it, and gives it its own name; a process that is killed leaves at most that one, which the next one replaces.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ledger.errors import ConflictError
from ledger.seal.tiles import TileError

WRITING = ".writing"
"""The temporary name, in the folder itself."""


class Folder:
    """Files below one folder, by paths with `/` in them as tlog-tiles gives them."""

    def __init__(self, root: Path) -> None:
        """`root` need not exist yet; it may itself be a link."""
        self.root = root
        self._unsynced: set[Path] = set()

    def open(self, path: str) -> BinaryIO | None:
        """A file to read from, or None where there is none.

        Raises:
            TileError: it is no regular file, it or a folder on the way is a link, or it cannot be opened.
        """
        try:
            place = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
            try:
                *folders, name = path.split("/")
                for folder in folders:
                    inner = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=place)
                    os.close(place)
                    place = inner
                # NONBLOCK: a pipe would wait for somebody to write
                handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=place)
            finally:
                os.close(place)
        except FileNotFoundError:
            return None
        except OSError as error:
            what = "a link, or not a folder" if error.errno in (errno.ELOOP, errno.ENOTDIR) else error.strerror
            raise TileError(f"cannot be read: {what}", file=path) from error
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise TileError("not a file", file=path)
        return os.fdopen(handle, "rb")

    def read(self, path: str, limit: int) -> bytes | None:
        """The bytes of a file, or None where there is none.

        Raises:
            TileError: as `open`, or it is larger than `limit`.
        """
        file = self.open(path)
        if file is None:
            return None
        with file:
            # Python sets so much aside as it is asked for, so ask for what there is; a file that grows meanwhile is cut.
            size = os.fstat(file.fileno()).st_size
            if size > limit:
                raise TileError(f"larger than {limit} bytes", file=path)
            try:
                return file.read(size)
            except OSError as error:
                raise TileError(f"cannot be read: {error.strerror}", file=path) from error

    def has(self, path: str) -> bool:
        """Whether something has this name."""
        return os.path.lexists(self.root / path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only one that writes here; makes the folder where it is not there, and not for nothing.

        Raises:
            ConflictError: somebody else does.
        """
        new = not self.root.exists()
        self.root.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConflictError(f"another process is writing to {self.root}; nothing was written") from None
            yield
        finally:
            if new:
                with suppress(OSError):  # something is in it, as it should
                    self.root.rmdir()
            os.close(handle)

    @contextmanager
    def writing(self, path: str) -> Iterator[BinaryIO]:
        """A file that gets its name when all of it is on the disk, in place of an older one; only under the lock."""
        beside, place = self.root / WRITING, self.root / path
        try:
            with beside.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        for folder in reversed(place.parents):
            if folder.is_relative_to(self.root) and not folder.is_dir():
                folder.mkdir()
                self._unsynced.add(folder.parent)
        beside.replace(place)
        self._unsynced.add(place.parent)

    def remove(self, path: str, names: range) -> None:
        """Remove the files with these numbers for names from a folder, and the folder once it is empty; only under the lock."""
        place = self.root / path
        if place.is_symlink() or not place.is_dir():
            return
        numbers = {str(number) for number in names}
        for found in list(place.iterdir()):
            if found.name in numbers:
                found.unlink()
        with suppress(OSError):  # somebody else's file is in it
            place.rmdir()
        self._unsynced.add(place.parent)

    def sync(self) -> None:
        """Make the names of all files written and removed so far durable."""
        for place in sorted(self._unsynced):
            handle = os.open(place, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        self._unsynced.clear()

    def clear(self) -> None:
        """Remove what a killed writer left; only under the lock."""
        (self.root / WRITING).unlink(missing_ok=True)
