"""Timestamps beside a ledger: `<ledger>.timestamps/<SHA-256 of what was stamped, hex>.note` and `.tsr`.

They are no part of the ledger: anybody can add one, and each is verified when it is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from ledger.errors import StoreError
from ledger.seal import note
from ledger.seal.timestamp import MAX_TOKEN
from ledger.store.files import read_bounded, write_atomic


class Timestamps:
    """The folder beside one ledger."""

    def __init__(self, ledger: Path) -> None:
        """`ledger` is the ledger's file."""
        self.folder = ledger.with_name(f"{ledger.name}.timestamps")

    def add(self, stamped: bytes, token: bytes) -> Path:
        """Keep a response, in place of an older one on the same checkpoint; the note first, so that none is without."""
        path = self.folder / f"{sha256(stamped).hexdigest()}.tsr"
        write_atomic(path.with_suffix(".note"), stamped)
        write_atomic(path, token)
        return path

    def all(self) -> Iterator[tuple[bytes, bytes]]:
        """Pairs of what was stamped and the response, in the order of their names.

        Raises:
            StoreError: one cannot be read.
        """
        for path in sorted(self.folder.glob("*.tsr")):
            try:
                yield read_bounded(path.with_suffix(".note"), note.MAX_BYTES), read_bounded(path, MAX_TOKEN)
            except (OSError, ValueError) as error:
                raise StoreError(f"cannot read the timestamp {path}: {error}") from error
