"""Files that commands read and write for their users: bounded, whole or not at all, and every fault with the file's name."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from ledger.errors import FormatError, UsageError


def read(path: Path, limit: int) -> bytes:
    """A file of at most `limit` bytes.

    Raises:
        FormatError: it cannot be read, or is larger.
    """
    from ledger.store.files import read_bounded  # noqa: PLC0415  (start-up time)

    try:
        return read_bounded(path, limit)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error).removeprefix(f"{path} is ")
        raise FormatError(said, file=str(path)) from error


def read_given(name: str, limit: int) -> bytes:
    """The same, or standard input where the name is -; of that one byte more than `limit` at most, for the parser to refuse."""
    return sys.stdin.buffer.read(limit + 1) if name == "-" else read(Path(name), limit)


def save(output: Path, data: str | bytes | Iterable[bytes]) -> None:
    """Write a file, at once or piece by piece: whole or not at all, straight through to a device, pipe or link.

    Raises:
        UsageError: the folder is not there, or nothing can be written to it; names the file that was asked for.
    """
    from ledger.store.files import write_atomic  # noqa: PLC0415  (start-up time)

    data = data.encode() if isinstance(data, str) else data
    if not output.parent.is_dir():
        raise UsageError(f"there is no folder {output.parent}")
    try:
        if output.is_symlink() or (output.exists() and not output.is_file()):
            with output.open("wb") as file:
                for piece in (data,) if isinstance(data, bytes) else data:
                    file.write(piece)
        else:
            write_atomic(output, data)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror or error}") from error
