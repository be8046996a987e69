"""Folders that commands write for their users: whole or not at all, and never over what somebody else put there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ledger.errors import UsageError


def check(output: Path, mark: str) -> None:
    """Refuse a folder that cannot be made or remade: only an empty one, or one that bears the mark, is replaced.

    Raises:
        UsageError: it is a file, holds other things, or the folder it should be in is not there.
    """
    if not output.absolute().parent.is_dir():
        raise UsageError(f"there is no folder {output.absolute().parent}")
    if output.is_symlink() or (output.exists() and not output.is_dir()):
        raise UsageError(f"{output} is no folder; name a new one with -o")
    if output.is_dir() and any(output.iterdir()) and not (output / mark).is_file():
        raise UsageError(f"{output} holds other things; name an empty or new folder with -o")


def save(output: Path, files: Iterable[tuple[str, str]], mark: str, says: str) -> None:
    """Write a folder of text files, names with / for folders within; the old one, if any, stays until the new one is whole.

    `mark` is the file that says whose the folder is, `says` its text. What is given is written as it comes.

    Raises:
        UsageError: as `check`.
    """
    check(output, mark)
    target = output.absolute()
    beside = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name[:100]}."))
    try:
        made = beside / "new"
        made.mkdir()
        (made / mark).write_text(says, encoding="utf-8")
        for name, text in files:
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", errors="backslashreplace")
        check(output, mark)  # somebody may have put something there meanwhile
        if target.is_dir():
            target.rename(beside / "old")
        made.rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
