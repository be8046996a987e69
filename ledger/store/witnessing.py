"""What a witness remembers: the logs that it knows, and the checkpoint that it cosigned last of each.

    <folder>/<name, quoted>.witness/logs                            a tlog-policy of the known logs
                                   /<SHA-256 of origin>/checkpoint  the note as it left, empty before the first

The second is laid out as C2SP tlog-witness has it served, so that any web server can show it. A checkpoint's file is there
from the moment its log is known: one that is missing was lost, and a witness that lost its memory must not begin anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from ledger.errors import ConflictError, FormatError, StoreError, UsageError
from ledger.seal import note, policy, witness
from ledger.seal.keys import VerifierKey
from ledger.seal.policy import Log, Policy
from ledger.store.files import locked, read_bounded, write_atomic

LOGS = "logs"
CHECKPOINT = "checkpoint"


class WitnessMemory:
    """One witness's folder."""

    def __init__(self, folder: Path, name: str) -> None:
        """`folder` is that of all witnesses and need not exist yet."""
        self.folder = folder / f"{_quoted(name)}.witness"

    def logs(self) -> tuple[VerifierKey, ...]:
        """The keys of the logs that are known, in the order in which they came to be.

        Raises:
            StoreError: they cannot be read.
        """
        path = self.folder / LOGS
        try:
            data = read_bounded(path, policy.MAX_BYTES)
            return tuple(log.vkey for log in policy.parse(data, str(path)).logs)
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, FormatError) as error:
            raise StoreError(f"cannot read {path}: {error}") from error

    def know(self, log: VerifierKey) -> bool:
        """Know a log's key from now on; False where it is known already.

        Raises:
            UsageError: another key of this origin is known: two keys of one name are as a rule two ledgers.
            StoreError: what is there cannot be read.
        """
        with locked(self.folder / LOGS):
            logs = self.logs()
            if log in logs:
                return False
            other = next((known for known in logs if known.name == log.name), None)
            if other is not None:
                raise UsageError(
                    f"another key of the log {log.name} is known:\n  {other}\n"
                    "Two keys of one name are two ledgers. Ask its operator which is its own."
                )
            place = self._place(log.name)
            if not place.exists():
                write_atomic(place, b"")
            write_atomic(self.folder / LOGS, policy.format(Policy(tuple(map(Log, (*logs, log))))))
        return True

    def kept(self, origin: str) -> bytes:
        """The checkpoint that was cosigned last, with its cosignatures; empty before the first.

        Raises:
            StoreError: it cannot be read, or is gone.
        """
        path = self._place(origin)
        try:
            return read_bounded(path, note.MAX_BYTES)
        except FileNotFoundError:
            raise StoreError(
                f"{path} is gone: this witness does not know any more what it cosigned, and must not begin anew. "
                "Restore its newest state, or retire its keys."
            ) from None
        except (OSError, ValueError) as error:
            raise StoreError(f"cannot read {path}: {error}") from error

    @contextmanager
    def turn(self, origin: str) -> Iterator[tuple[bytes, Callable[[bytes], None]]]:
        """One process at a time: what is kept, and the function that replaces it, durable when that returns.

        Raises:
            StoreError: as `kept`.
            ConflictError: from the function, where somebody without the lock changed the file meanwhile.
        """
        path = self._place(origin)
        if not path.parent.is_dir():
            self.kept(origin)  # says that it is gone
        with locked(path):
            for left in path.parent.glob(f".{CHECKPOINT}.*"):  # by one who was killed before he was done
                left.unlink(missing_ok=True)
            before = self.kept(origin)

            def swap(after: bytes) -> None:
                if self.kept(origin) != before:
                    raise ConflictError(
                        f"{path} was changed by somebody who does not wait his turn; nothing was signed"
                    )
                write_atomic(path, after)

            yield before, swap

    def _place(self, origin: str) -> Path:
        return self.folder / witness.origin_hash(origin) / CHECKPOINT


def _quoted(name: str) -> str:
    """A name as a folder's: no separator, and no leading dot, which could be the folder itself or its parent."""
    quoted = quote(name, safe="")
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted
