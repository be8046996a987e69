"""Private keys on disk: one OpenSSH file per name, readable by its owner alone; or in its place a link to where the key is held."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote

from ledger.errors import FormatError, KeyStoreError
from ledger.seal import link as links
from ledger.seal.held import HeldKey
from ledger.seal.keys import PassphraseNeededError, PassphraseWrongError, Signer, SigningKey, VerifierKey, public_half
from ledger.seal.link import InAgent, Link, OnToken
from ledger.store import agent, token
from ledger.store.files import PRIVATE, create_exclusive, read_bounded

MAX_KEY_FILE = 65_536
_SUFFIX = ".key"
_SAFE = re.compile(r"[^/\0]{1,200}")


class Holders(NamedTuple):
    """How holders of keys are reached.

    Attributes:
        agent: path of ssh-agent's socket, if there is one.
        pin: asked for a token's PIN at each signature.
    """

    agent: str | None
    pin: Callable[[OnToken], str]


def _unreachable(_link: OnToken) -> str:
    raise KeyStoreError("no PIN is at hand here")


NO_HOLDERS = Holders(None, _unreachable)


def held(link: Link, holders: Holders) -> HeldKey:
    """The key that a link leads to; its holder is asked at each signature, and not before."""
    vkey = VerifierKey.parse(link.vkey)
    if isinstance(link, InAgent):
        return HeldKey(vkey, lambda message: agent.sign(holders.agent, vkey.public_key, message))
    place = link
    return HeldKey(
        vkey,
        lambda message: token.sign(place.module, place.token, lambda: holders.pin(place), vkey.public_key, message),
    )


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
        return self._create(key.name, key.to_openssh(passphrase, rounds))

    def save_link(self, link: Link) -> Path:
        """Write where a key is held, in place of the key; raises as `save`."""
        return self._create(VerifierKey.parse(link.vkey).name, links.format(link))

    def _create(self, name: str, data: bytes) -> Path:
        path = self.path(name)
        try:
            create_exclusive(path, data, PRIVATE)
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
            data = self._read(name)
            if links.is_link(data):
                return VerifierKey.parse(links.parse(data, name).vkey)
            return public_half(name, data)
        except FormatError as error:
            raise KeyStoreError(f"{self.path(name)}: {error}") from error

    def link(self, name: str) -> Link | None:
        """Where a key is held, if elsewhere; raises KeyStoreError as `load`."""
        data = self._read(name)
        try:
            return links.parse(data, name) if links.is_link(data) else None
        except FormatError as error:
            raise KeyStoreError(f"{self.path(name)}: {error}") from error

    def load(self, name: str, passphrase: bytes | None, holders: Holders = NO_HOLDERS) -> Signer:
        """Open a key.

        Raises:
            KeyStoreError: not here, not readable, wrong or missing passphrase, or not a key file.
        """
        place = self.link(name)
        if place is not None:
            return held(place, holders)
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
        """Whether the key's file needs a passphrase; a link never does. Raises KeyStoreError as `load`."""
        if self.link(name) is not None:
            return False
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
