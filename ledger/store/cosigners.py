"""Private keys of witnesses on disk: at most one file per name and kind, readable by its owner alone.

They lie beside the parties' keys under another suffix, so that a witness's key is never taken to sign anything else:
Ed25519 as OpenSSH files, ML-DSA-44 as PKCS#8 (`ledger.seal.pkcs8`).
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

from ledger.errors import FormatError, KeyStoreError
from ledger.seal import cosigner, pkcs8
from ledger.seal.cosigner import ED25519, MLDSA44, Cosigner, CosignerKey
from ledger.seal.keys import PassphraseNeededError, PassphraseWrongError, SigningKey
from ledger.seal.keys import public_half as ed25519_half
from ledger.store.files import PRIVATE, create_exclusive, read_bounded
from ledger.store.keystore import MAX_KEY_FILE, KeyStore

KINDS: Final = {"ed25519": ED25519, "mldsa44": MLDSA44}
"""Signature types by the word for them."""


class CosignerStore:
    """The witness keys in a folder of private keys."""

    def __init__(self, folder: Path) -> None:
        """`folder` need not exist yet."""
        self.folder = folder
        self._keys = KeyStore(folder)

    def path(self, name: str, kind: str) -> Path:
        """Where the key of this name and kind lies; raises KeyStoreError for a name that cannot be a file's."""
        return self._keys.path(name).with_suffix(f".{kind}.witness")

    def create(self, name: str, kind: str, passphrase: bytes | None, *, rounds: int, cost: int) -> CosignerKey:
        """Make a key and write it; None as passphrase leaves it unprotected.

        Args:
            name: the witness's key name.
            kind: a word of `KINDS`.
            passphrase: or None.
            rounds: of bcrypt, for an Ed25519 key.
            cost: log2 of scrypt's N, for an ML-DSA-44 key.

        Raises:
            KeyStoreError: a key of this name and kind exists, or the folder cannot be written.
            FormatError: the name cannot be a witness's.
        """
        seed = secrets.token_bytes(cosigner.SEED_SIZE)
        if KINDS[kind] == ED25519:
            key = SigningKey.from_seed(name, seed)
            vkey, data = Cosigner.ed25519(key).vkey, key.to_openssh(passphrase, rounds)
        else:
            vkey = Cosigner.mldsa44(name, seed).vkey
            salt, iv = secrets.token_bytes(pkcs8.SALT_SIZE), secrets.token_bytes(pkcs8.IV_SIZE)
            data = pkcs8.write(vkey, seed, passphrase, salt=salt, iv=iv, cost=cost)
        path = self.path(name, kind)
        try:
            create_exclusive(path, data, PRIVATE)
        except FileExistsError:
            raise KeyStoreError(f"{path} exists; a key is never replaced") from None
        except OSError as error:
            raise KeyStoreError(f"cannot write {path}: {error.strerror}") from error
        return vkey

    def vkeys(self, name: str) -> tuple[CosignerKey, ...]:
        """The public halves of a witness's keys, Ed25519 first; no passphrase is needed.

        Raises:
            KeyStoreError: there is none, or a file cannot be read.
        """
        return tuple(self._half(name, kind, data) for kind, data in self._files(name).items())

    def is_locked(self, name: str) -> bool:
        """Whether any key of this witness needs a passphrase; raises KeyStoreError as `vkeys`."""
        return any(self._opened(name, kind, data, None) is None for kind, data in self._files(name).items())

    def load(self, name: str, passphrase: bytes | None) -> tuple[Cosigner, ...]:
        """Open a witness's keys, all with one passphrase; those that are unprotected need none.

        Raises:
            KeyStoreError: there is none, or one cannot be opened.
        """
        keys = []
        for kind, data in self._files(name).items():
            key = self._opened(name, kind, data, None)
            if key is None and passphrase:
                key = self._opened(name, kind, data, passphrase)
            if key is None:
                raise KeyStoreError(
                    f"the key {name} is encrypted: set MONAZITE_PASSPHRASE, or run this on a terminal to be asked"
                )
            keys.append(key)
        return tuple(keys)

    def _files(self, name: str) -> dict[str, bytes]:
        found = {}
        for kind in KINDS:
            path = self.path(name, kind)
            try:
                found[kind] = read_bounded(path, MAX_KEY_FILE)
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                raise KeyStoreError(f"cannot read {path}: {error}") from error
        if not found:
            raise KeyStoreError(
                f"there is no witness {name} in {self.folder}: make it with `monazite witness init {name}`, "
                "or set MONAZITE_KEYS to the folder that has its keys"
            )
        return found

    def _half(self, name: str, kind: str, data: bytes) -> CosignerKey:
        try:
            vkey = (
                CosignerKey.of(name, ED25519, ed25519_half(name, data).public_key)
                if KINDS[kind] == ED25519
                else pkcs8.public_half(data)
            )
        except FormatError as error:
            raise KeyStoreError(f"{self.path(name, kind)}: {error}") from error
        if vkey.name != name:
            raise KeyStoreError(f"{self.path(name, kind)}: this is the key of {vkey.name!r}")
        return vkey

    def _opened(self, name: str, kind: str, data: bytes, passphrase: bytes | None) -> Cosigner | None:
        """The key, or None where it needs a passphrase and none was given."""
        path = self.path(name, kind)
        try:
            key = (
                Cosigner.ed25519(SigningKey.from_openssh(name, data, passphrase))
                if KINDS[kind] == ED25519
                else pkcs8.open(data, passphrase)
            )
        except PassphraseNeededError:
            return None
        except PassphraseWrongError:
            raise KeyStoreError(f"wrong passphrase for the key {name} ({path})") from None
        except FormatError as error:
            raise KeyStoreError(f"{path}: {error}") from error
        if key.vkey != self._half(name, kind, data):
            raise KeyStoreError(f"{path}: the key is not the one of its name")
        return key
