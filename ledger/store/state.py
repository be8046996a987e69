"""What a verifier remembers: the log keys that it trusts, the last checkpoint of each ledger, and those of bundles and receipts.

Keyed by the log's verifier key, never by the ledger's name alone: two ledgers may claim one name.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from ledger.errors import FormatError, UnverifiableError
from ledger.seal import checkpoint as tree_head
from ledger.seal import note
from ledger.seal.keys import VerifierKey
from ledger.store.files import locked, read_bounded, write_atomic

MAX_STATE_FILE = 1_000_000
MAX_SEEN = 256
"""Checkpoints of bundles and receipts that are kept of one log; of more, that one goes which was not shown for longest."""

_SIZE = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


def _size(checkpoint: bytes) -> int:
    """Entries that a checkpoint speaks of; a damaged one counts as none, and `verify` reports it."""
    try:
        return tree_head.unverified(checkpoint).size
    except FormatError:
        return -1


def same_tree(one: bytes, other: bytes) -> bool:
    """Whether two checkpoints say the same, whoever signed them."""
    return _head(one) == _head(other)


def _is(checkpoint: bytes, root: bytes) -> bool:
    """Whether a checkpoint is of this root; a damaged one is of none."""
    try:
        return tree_head.unverified(checkpoint).root == root
    except FormatError:
        return False


def _verified(data: bytes, version: str) -> Verified | None:
    head, newline, checkpoint = data.partition(b"\n")
    words = head.split(b" ")
    if not newline or words[:2] != [b"monazite/verified@v1", version.encode()] or len(words) != 3:  # noqa: PLR2004  (and the size)
        return None
    size = words[2].decode("ascii", "replace")
    return Verified(checkpoint, int(size)) if _SIZE.fullmatch(size) else None


def _head(checkpoint: bytes) -> bytes:
    """A checkpoint's text without its signatures."""
    return checkpoint.rpartition(b"\n\n")[0]


class Verified(Struct, frozen=True):
    """What was verified last without an error.

    Attributes:
        checkpoint: under which.
        whole: of how many entries the last verification was that read all of them; what came after was verified by itself.
    """

    checkpoint: bytes
    whole: int


class State:
    """A folder with one sub-folder per log key."""

    def __init__(self, folder: Path) -> None:
        """`folder` need not exist yet."""
        self.folder = folder

    def place(self, vkey: VerifierKey) -> Path:
        """The sub-folder of a log key."""
        return self.folder / hashlib.sha256(str(vkey).encode()).hexdigest()[:32]

    def pin(self, vkey: VerifierKey, policy: bytes) -> Path:
        """Trust a log key from now on."""
        path = self.place(vkey) / "policy"
        write_atomic(path, policy)
        return path

    def policies(self) -> Iterator[bytes]:
        """Every pinned policy; raises UnverifiableError where one cannot be read."""
        for path in sorted(self.folder.glob("*/policy")):
            policy = self._read(path)
            if policy is not None:
                yield policy

    def remembered(self, vkey: VerifierKey) -> bytes | None:
        """The last checkpoint that was verified or written, or None; raises UnverifiableError where it cannot be read."""
        return self._read(self.place(vkey) / "checkpoint")

    def remember(self, vkey: VerifierKey, checkpoint: bytes, compared: bytes | None = None) -> bool:
        """Keep a checkpoint, unless one of more entries is kept already: of two writers the slower must not forget for the other.

        Args:
            vkey: the log's.
            checkpoint: verified, and consistent with what was remembered when the caller looked.
            compared: what that was, empty for nothing; None where the caller vouches for any, as the one who wrote the
                entries.

        Returns:
            False, and nothing is kept, where something smaller is remembered by now that the checkpoint was not compared
            with: the two may contradict each other, and one of them would be gone.
        """
        path = self.place(vkey) / "checkpoint"
        with locked(path):
            kept = self.remembered(vkey)
            if kept is None or kept == checkpoint:
                pass
            elif _size(kept) > _size(checkpoint):
                return True
            elif compared is not None and kept != compared:
                return False
            elif same_tree(kept, checkpoint) and kept.count(b"\n") > checkpoint.count(b"\n"):
                return True  # the same tree under more cosignatures, which are worth keeping
            write_atomic(path, checkpoint)
        return True

    def verified(self, vkey: VerifierKey, version: str) -> Verified | None:
        """Under what this version of the program last found no error; None where there is nothing.

        Raises:
            UnverifiableError: it cannot be read.
        """
        return _verified(self._read(self.place(vkey) / "verified") or b"", version)

    def keep_verified(self, vkey: VerifierKey, version: str, verified: Verified) -> None:
        """Keep under what no error was found, for `verified`. Another version's rules may find one."""
        path = self.place(vkey) / "verified"
        with locked(path):
            write_atomic(path, f"monazite/verified@v1 {version} {verified.whole}\n".encode() + verified.checkpoint)

    def forget_verified(self, vkey: VerifierKey) -> None:
        """Nothing counts as verified any more, because an error was found in the whole."""
        path = self.place(vkey) / "verified"
        if path.exists():
            with locked(path):
                path.unlink(missing_ok=True)

    def seen_sizes(self, vkey: VerifierKey) -> list[int]:
        """Of how many entries the checkpoints are that were seen in bundles and receipts, ascending, one of each size.

        Raises:
            UnverifiableError: the folder cannot be read.
        """
        folder = self.place(vkey) / "seen"
        try:
            return sorted(int(path.name) for path in folder.iterdir() if _SIZE.fullmatch(path.name))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise UnverifiableError(f"cannot read {folder}: {error}") from error

    def seen(self, vkey: VerifierKey, size: int) -> bytes | None:
        """The checkpoint of this size that was seen, whatever its file holds; raises UnverifiableError as `remembered`."""
        return self._read(self.place(vkey) / "seen" / str(size), note.MAX_BYTES)

    def see(self, vkey: VerifierKey, checkpoint: bytes) -> bool:
        """Keep the checkpoint of a bundle or a receipt beside the ledger's own, which it may not continue.

        Args:
            vkey: the log's.
            checkpoint: verified, and compared with what was seen of its size.

        Returns:
            False, and nothing is kept, where by now another tree of this size is.
        """
        head = tree_head.unverified(checkpoint)
        path = self.place(vkey) / "seen" / str(head.size)
        with locked(path.parent):
            kept = self.seen(vkey, head.size)
            if kept is not None and not _is(kept, head.root):
                return False
            if kept is not None and kept.count(b"\n") >= checkpoint.count(b"\n"):
                os.utime(path)  # shown again
                return True
            write_atomic(path, checkpoint)
            self._forget(vkey, path)
        return True

    def _forget(self, vkey: VerifierKey, newest: Path) -> None:
        """Keep the folder of what was seen bounded; the largest stays, which an old bundle is told by."""
        sizes = self.seen_sizes(vkey)
        others = [path for size in sizes[:-1] if (path := newest.with_name(str(size))) != newest]
        others.sort(key=lambda path: path.stat().st_mtime_ns)
        for path in others[: max(0, len(sizes) - MAX_SEEN)]:
            path.unlink(missing_ok=True)

    @staticmethod
    def _read(path: Path, limit: int = MAX_STATE_FILE) -> bytes | None:
        try:
            return read_bounded(path, limit)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise UnverifiableError(f"cannot read {path}: {error}") from error
