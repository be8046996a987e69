"""A private key that never comes into this process: ssh-agent, a PKCS#11 token, or whatever else answers with signatures."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final, Self

from msgspec import Struct

from ledger.errors import FormatError, KeyStoreError
from ledger.seal import ed25519
from ledger.seal.keys import VerifierKey

_SSH_KIND: Final = b"ssh-ed25519"


class Found(Struct, frozen=True):
    """One Ed25519 key that some holder has.

    Attributes:
        public_key: 32 bytes.
        label: what its holder calls it; may be empty, and is not unique.
    """

    public_key: bytes
    label: str

    @property
    def fingerprint(self) -> str:
        """As `ssh-add -l` and `ssh-keygen -l` print it."""
        return fingerprint(self.public_key)


class HeldKey:
    """A named key whose holder is asked for each signature; what it answers is checked before it counts.

    Attributes:
        name: the key's name, also in every signature line.
        vkey: the public half.
    """

    __slots__ = ("_ask", "name", "vkey")

    def __init__(self, vkey: VerifierKey, ask: Callable[[bytes], bytes]) -> None:
        """`ask` is given a message and answers with 64 bytes, or raises."""
        self.vkey: Final = vkey
        self.name: Final = vkey.name
        self._ask: Final = ask

    def __repr__(self) -> str:
        return f"<HeldKey {self.vkey}>"

    @classmethod
    def of(cls, name: str, public_key: bytes, ask: Callable[[bytes], bytes]) -> Self:
        """Name a key; raises FormatError and WeakKeyError as `VerifierKey.of`."""
        return cls(VerifierKey.of(name, public_key), ask)

    def sign(self, message: bytes) -> bytes:
        """Have it signed; 64 bytes.

        Raises:
            KeyStoreError: the answer is no signature of this key over this message by the acceptance rule, so no verifier
                would take it; or as `ask`.
        """
        made = self._ask(message)
        if not ed25519.verify(self.vkey.public_key, message, made):
            raise KeyStoreError(
                f"what holds the key {self.name} answered with something that is not its signature. Nothing was signed; "
                f"`monazite key show {self.name}` says which key is expected"
            )
        return made


def fingerprint(public_key: bytes) -> str:
    """OpenSSH's name for an Ed25519 key: SHA256 and base64 without padding of the key's blob (RFC 4253 section 6.6)."""
    return "SHA256:" + base64.b64encode(sha256(blob(public_key)).digest()).decode().rstrip("=")


def blob(public_key: bytes) -> bytes:
    """The SSH public key blob of an Ed25519 key (RFC 8709 section 4)."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in (_SSH_KIND, public_key))


def unblob(data: bytes) -> bytes | None:
    """The Ed25519 key of an SSH public key blob, or None where it is of another kind."""
    key = data[-ed25519.KEY_SIZE :]
    return key if data == blob(key) else None


def chosen(found: Sequence[Found], which: str | None, where: str) -> Found:
    """The one key that is meant.

    Args:
        found: what the holder has.
        which: a label or a fingerprint; None where there is one key only.
        where: the holder, for messages.

    Raises:
        KeyStoreError: none or several; lists them.
    """
    meant = [item for item in found if which is None or which in (item.label, item.fingerprint)]
    if len(meant) == 1:
        return meant[0]
    listed = "".join(f"\n  {item.fingerprint} {item.label}".rstrip() for item in found)
    if not found:
        raise KeyStoreError(f"{where} has no Ed25519 key")
    if not meant:
        raise KeyStoreError(f"{where} has no Ed25519 key {which!r}; it has{listed}")
    raise KeyStoreError(f"{where} has {len(meant)} such keys; say which with --which LABEL or FINGERPRINT:{listed}")


def matching(found: Sequence[Found], public_key: bytes, where: str) -> Found:
    """The key with this public half, whatever it is called there.

    Raises:
        KeyStoreError: it is not there.
    """
    for item in found:
        if item.public_key == public_key:
            return item
    raise KeyStoreError(f"{where} does not have the key {fingerprint(public_key)}; add it there, or link another")


def plain(answer: bytes, where: str) -> bytes:
    """The signature in an SSH signature blob: string `ssh-ed25519`, string of 64 bytes (RFC 8709 section 6).

    Raises:
        FormatError: anything else, such as the signature of a key on a FIDO token, which signs more than the message.
    """
    made = answer[-ed25519.SIGNATURE_SIZE :]
    if answer != b"".join(len(part).to_bytes(4, "big") + part for part in (_SSH_KIND, made)):
        raise FormatError(f"{where} did not answer with an Ed25519 signature")
    return made
