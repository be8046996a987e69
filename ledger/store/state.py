"""What a verifier remembers: the log keys that it trusts, and the last checkpoint it saw of each.

Keyed by the log's verifier key, never by the ledger's name alone: two ledgers may claim one name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from ledger.errors import FormatError, UnverifiableError
from ledger.seal import checkpoint as tree_head
from ledger.seal.keys import VerifierKey
from ledger.store.files import locked, read_bounded, write_atomic

MAX_STATE_FILE = 1_000_000


def _size(checkpoint: bytes) -> int:
    """Entries that a checkpoint speaks of; a damaged one counts as none, and `verify` reports it."""
    try:
        return tree_head.unverified(checkpoint).size
    except FormatError:
        return -1


def same_tree(one: bytes, other: bytes) -> bool:
    """Whether two checkpoints say the same, whoever signed them."""
    return _head(one) == _head(other)


def _head(checkpoint: bytes) -> bytes:
    """A checkpoint's text without its signatures."""
    return checkpoint.rpartition(b"\n\n")[0]


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

    @staticmethod
    def _read(path: Path) -> bytes | None:
        try:
            return read_bounded(path, MAX_STATE_FILE)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise UnverifiableError(f"cannot read {path}: {error}") from error
