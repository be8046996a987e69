"""Private keys on disk: one OpenSSH file per name, readable by its owner alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

from ledger.errors import FormatError, KeyStoreError
from ledger.seal.keys import PassphraseNeededError, PassphraseWrongError, SigningKey, VerifierKey, public_half
from ledger.store.files import PRIVATE, create_exclusive, read_bounded

MAX_KEY_FILE = 65_536
_SUFFIX = ".key"
_SAFE = re.compile(r"[^/\0]{1,200}")


class KeyStore:
    """A folder of private keys, named like the keys (a party's id or a log's origin)."""

    def __init__(self, folder: Path) -> None:
        """`folder` need not exist yet."""
        self.folder = folder

    def path(self, name: str) -> Path:
        """Where the key of this name lies.

        Raises:
            KeyStoreError: a name that cannot be a file's.
        """
        quoted = quote(name, safe="", errors="replace")
        if not name.isprintable() or not _SAFE.fullmatch(quoted) or quoted.startswith("."):
            raise KeyStoreError(f"{name!r} cannot be a key's name")
        return self.folder / (quoted + _SUFFIX)

    def save(self, key: SigningKey, passphrase: bytes | None, rounds: int) -> Path:
        """Write a new key; None as passphrase leaves it unprotected.

        Raises:
            KeyStoreError: a key of this name exists, or the folder cannot be written.
        """
        path = self.path(key.name)
        try:
            create_exclusive(path, key.to_openssh(passphrase, rounds), PRIVATE)
        except FileExistsError:
            if not self.folder.is_dir():
                raise KeyStoreError(
                    f"{self.folder} is a file; keys need a folder. Set MONAZITE_KEYS to another."
                ) from None
            raise KeyStoreError(
                f"{path} exists; a key is never replaced. Choose another name, or move that file away."
            ) from None
        except OSError as error:
            raise KeyStoreError(f"cannot write {path}: {error.strerror}") from error
        return path

    def set_aside(self, name: str) -> Path:
        """Rename a key's file so that another of the name can be made; the file is kept, under its key id."""
        path = self.path(name)
        aside = path.with_suffix(f".{self.vkey(name).key_id.hex()}.former")
        path.rename(aside)
        return aside

    def has(self, name: str) -> bool:
        """Whether a key of this name is here."""
        return self.path(name).exists()

    def vkey(self, name: str) -> VerifierKey:
        """The public half, for which no passphrase is needed; raises KeyStoreError as `load`."""
        try:
            return public_half(name, self._read(name))
        except FormatError as error:
            raise KeyStoreError(f"{self.path(name)}: {error}") from error

    def load(self, name: str, passphrase: bytes | None) -> SigningKey:
        """Open a key.

        Raises:
            KeyStoreError: not here, not readable, wrong or missing passphrase, or not a key file.
        """
        data = self._read(name)
        try:
            return SigningKey.from_openssh(name, data, passphrase if self.is_locked(name) else None)
        except PassphraseNeededError:
            raise KeyStoreError(
                f"the key {name} is encrypted: set MONAZITE_PASSPHRASE, or run this on a terminal to be asked"
            ) from None
        except PassphraseWrongError:
            raise KeyStoreError(f"wrong passphrase for the key {name} ({self.path(name)})") from None
        except FormatError as error:
            raise KeyStoreError(f"{self.path(name)}: {error}") from error

    def is_locked(self, name: str) -> bool:
        """Whether the key needs a passphrase; raises KeyStoreError as `load`."""
        try:
            SigningKey.from_openssh(name, self._read(name), None)
        except PassphraseNeededError:
            return True
        except FormatError as error:
            raise KeyStoreError(f"{self.path(name)}: {error}") from error
        return False

    def names(self) -> Iterator[str]:
        """Names of the keys that are here, sorted."""
        for path in sorted(self.folder.glob("*" + _SUFFIX)):
            yield unquote(path.name.removesuffix(_SUFFIX))

    def _read(self, name: str) -> bytes:
        path = self.path(name)
        try:
            return read_bounded(path, MAX_KEY_FILE)
        except FileNotFoundError:
            raise KeyStoreError(
                f"there is no private key for {name} in {self.folder}: make one with `monazite key new {name}`, "
                "or set MONAZITE_KEYS to the folder that has it"
            ) from None
        except (OSError, ValueError) as error:
            raise KeyStoreError(f"cannot read {path}: {error}") from error
