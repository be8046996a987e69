"""The keys that sign and verify notes, and the C2SP vkey: a public key as one line of text.

`ledger.seal.ed25519` says which Ed25519 keys and signatures count.
"""

from __future__ import annotations

import base64
import binascii
import re
from hashlib import sha256
from typing import Final, Protocol, Self

import msgspec
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_ssh_private_key,
)

from ledger.errors import FormatError, UsageError
from ledger.seal import ed25519

ED25519: Final = 0x01
"""Signature type of C2SP signed-note for plain Ed25519."""

SEED_SIZE: Final = 32
MAX_KEY_FILE: Final = 64 * 1024
"""Largest OpenSSH key file read, in bytes; an Ed25519 key takes about 400."""
MAX_ROUNDS: Final = 10_000
"""Most bcrypt rounds, over a minute of work: a file must not choose how long its reader runs."""

_BAD_IN_NAME: Final = re.compile(r"[\s+\x00-\x1f]")
_KEY_ID: Final = re.compile(r"[0-9a-f]{8}", re.ASCII)
_PEM_BEGIN: Final = b"-----BEGIN OPENSSH PRIVATE KEY-----"
_PEM_END: Final = b"-----END OPENSSH PRIVATE KEY-----"
_OPENSSH_MAGIC: Final = b"openssh-key-v1\x00"


class KeyFileError(FormatError):
    """An OpenSSH key file that cannot be read."""


class PassphraseNeededError(KeyFileError):
    """The key file is encrypted and no passphrase was given."""


class PassphraseWrongError(KeyFileError):
    """The passphrase does not open the key file; a damaged file looks the same."""


class NotEd25519Error(KeyFileError):
    """The key file holds a key of another kind."""


def check_name(name: str) -> None:
    """Check a key name: not empty, no Unicode space, no `+` (C2SP signed-note, Format), no control character.

    Raises:
        FormatError: the name is none, or cannot be written as UTF-8.
    """
    if not name or _BAD_IN_NAME.search(name):
        raise FormatError("a key name is not empty and has no space, no plus and no control character")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise FormatError("a key name must be valid Unicode") from None


def key_id(name: str, algorithm: int, public_key: bytes) -> bytes:
    """Compute SHA-256(name || 0x0A || algorithm || public key)[:4] (C2SP signed-note, Signatures)."""
    return sha256(name.encode() + b"\n" + bytes((algorithm,)) + public_key).digest()[:4]


def decode_base64(text: str, what: str) -> bytes:
    """Decode standard padded base64 (RFC 4648 section 4); `what` names it in the error.

    Raises:
        FormatError: any spelling but the one that encoding the result gives.
    """
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise FormatError(f"{what} is not base64") from None
    if base64.b64encode(data).decode() != text:  # unused bits set, or padding that was not needed
        raise FormatError(f"{what} is not canonical base64")
    return data


def split_vkey(text: str) -> tuple[str, bytes, int, bytes]:
    """Take a vkey apart: name, key id (4 bytes), signature type, public key (C2SP signed-note, Verifier keys).

    Whether the parts fit together, and which types are allowed, is for the kind of key that takes them.

    Raises:
        FormatError: not the one spelling that `join_vkey` gives of its parts.
    """
    name, *rest = text.split("+", 2)  # the name has no plus, base64 may have
    if len(rest) != 2:  # noqa: PLR2004 - the three parts of the format
        raise FormatError("a verifier key is name+key id+base64")
    if not _KEY_ID.fullmatch(rest[0]):
        raise FormatError("the key id of a verifier key is 8 lower-case hexadecimal digits")
    key = decode_base64(rest[1], "the key of a verifier key")
    if not key:
        raise FormatError("the key of a verifier key is empty")
    return name, bytes.fromhex(rest[0]), key[0], key[1:]


def join_vkey(name: str, key_id: bytes, algorithm: int, public_key: bytes) -> str:
    """Write a vkey."""
    return f"{name}+{key_id.hex()}+{base64.b64encode(bytes((algorithm,)) + public_key).decode()}"


class VerifierKey(msgspec.Struct, frozen=True):
    """A public key with its name, as C2SP signed-note writes it: `name+hex(key id)+base64(algorithm || public key)`.

    Every instance has passed the gate: construction checks it.

    Attributes:
        name: the key's name; a party's id, or the log's origin.
        key_id: 4 bytes, see `key_id`.
        algorithm: signature type, `ED25519` alone.
        public_key: 32 bytes.

    Raises:
        FormatError: on construction, where a part is malformed or the key id belongs to other parts.
        WeakKeyError: on construction, where the gate refuses the public key.
    """

    name: str
    key_id: bytes
    algorithm: int
    public_key: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.algorithm != ED25519:
            raise FormatError(f"verifier key {self.name!r} has an algorithm other than Ed25519 (1)")
        ed25519.loaded(self.public_key)  # the gate; what is loaded waits there for the first signature
        if self.key_id != key_id(self.name, self.algorithm, self.public_key):
            raise FormatError(f"verifier key {self.name!r} has a key id that is not its own")

    @classmethod
    def of(cls, name: str, public_key: bytes) -> Self:
        """Name an Ed25519 public key (32 bytes); raises as construction does."""
        check_name(name)
        return cls(name, key_id(name, ED25519, public_key), ED25519, public_key)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a vkey; only the spelling that `str` gives back is accepted.

        Raises:
            FormatError: malformed, a key id that is not the key's, or an algorithm other than Ed25519.
            WeakKeyError: the gate refuses the public key.
        """
        return cls(*split_vkey(text))

    def __str__(self) -> str:
        return join_vkey(self.name, self.key_id, self.algorithm, self.public_key)


class Signer(Protocol):
    """Whatever signs under a name: a private key in this process (`SigningKey`), or one that is held elsewhere."""

    @property
    def name(self) -> str:
        """The key's name, also in every signature line."""

    @property
    def vkey(self) -> VerifierKey:
        """The public half."""

    def sign(self, message: bytes) -> bytes:
        """Sign; 64 bytes (RFC 8032 section 5.1.6)."""


class SigningKey:
    """A named Ed25519 private key. Its text shows the public half alone.

    Attributes:
        name: the key's name, also in every signature line.
        vkey: the public half.
    """

    __slots__ = ("_private", "name", "vkey")

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        self.vkey: Final = VerifierKey.of(name, private.public_key().public_bytes_raw())
        self.name: Final = name
        self._private: Final = private

    def __repr__(self) -> str:
        return f"<SigningKey {self.vkey}>"

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> Self:
        """Make the key of a 32-byte secret seed (RFC 8032 section 5.1.5); the caller brings the randomness.

        Raises:
            FormatError: the name is malformed, or the seed is not 32 bytes.
        """
        if len(seed) != SEED_SIZE:
            raise FormatError(f"an Ed25519 seed has {SEED_SIZE} bytes, not {len(seed)}")
        return cls(name, Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, message: bytes) -> bytes:
        """Sign; 64 bytes, the same for the same message (RFC 8032 section 5.1.6)."""
        return self._private.sign(message)

    def to_openssh(self, passphrase: bytes | None, rounds: int) -> bytes:
        """Write the OpenSSH private key file; `ssh-add` reads it as well.

        Encrypted with bcrypt in `rounds` rounds (64 take half a second), or not at all where the passphrase is None.
        The library draws salt and check value itself, so two calls give different bytes, and it leaves the comment
        empty, so the name must be kept elsewhere.

        Raises:
            UsageError: an empty passphrase, or not 1 <= rounds <= `MAX_ROUNDS`.
        """
        encryption: KeySerializationEncryption = NoEncryption()
        if passphrase is not None:
            if not passphrase:
                raise UsageError("an empty passphrase protects nothing")
            if not 1 <= rounds <= MAX_ROUNDS:
                raise UsageError(f"bcrypt rounds must be from 1 to {MAX_ROUNDS}")
            encryption = PrivateFormat.OpenSSH.encryption_builder().kdf_rounds(rounds).build(passphrase)
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, encryption)

    @classmethod
    def from_openssh(cls, name: str, data: bytes, passphrase: bytes | None) -> Self:
        """Read an OpenSSH private key file, and name the key.

        Raises:
            PassphraseNeededError: encrypted, and `passphrase` is None or empty.
            PassphraseWrongError: encrypted, and the passphrase does not open it (or the file is damaged).
            NotEd25519Error: a key of another kind.
            KeyFileError: malformed, over 64 kB, over `MAX_ROUNDS`, or a passphrase for a file that is not encrypted.
            FormatError: the name is malformed.
        """
        check_name(name)
        encrypted, public_key = _openssh_head(data)
        if encrypted and not passphrase:
            raise PassphraseNeededError("the key file is encrypted: it needs a passphrase")
        if passphrase and not encrypted:
            raise KeyFileError("a passphrase was given, but the key file is not encrypted")
        try:
            private = load_ssh_private_key(data, passphrase or None)
        except UnsupportedAlgorithm as error:
            raise KeyFileError(f"the key file is of an unsupported kind: {error}") from error
        except (ValueError, InvalidTag) as error:
            if encrypted:
                raise PassphraseWrongError("wrong passphrase, or a damaged key file") from error
            raise KeyFileError(f"the key file is malformed: {error}") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise NotEd25519Error("the key file holds no Ed25519 key")
        key = cls(name, private)
        if key.vkey.public_key != public_key:
            # the library compares the public halves with each other, not with the secret
            raise KeyFileError("the key file's public key is not the one of its private key")
        return key


def public_half(name: str, data: bytes) -> VerifierKey:
    """The verifier key of an OpenSSH private key file; the file's head is not encrypted, so no passphrase is needed.

    Raises:
        KeyFileError, NotEd25519Error: as `SigningKey.from_openssh`.
        FormatError: the name is malformed, or the gate refuses the public key.
    """
    _encrypted, public_key = _openssh_head(data)
    return VerifierKey.of(name, public_key)


def _openssh_head(data: bytes) -> tuple[bool, bytes]:
    """Read the plain part of a key file: whether the rest is encrypted, and the public key (OpenSSH PROTOCOL.key).

    Read here before the library is handed the file, because it neither bounds the rounds nor tells its refusals apart.
    """
    if len(data) > MAX_KEY_FILE:
        raise KeyFileError(f"a key file has at most {MAX_KEY_FILE} bytes")
    pem = data.strip()
    if not (pem.startswith(_PEM_BEGIN) and pem.endswith(_PEM_END)):
        raise KeyFileError("not an OpenSSH private key file")
    try:
        blob = binascii.a2b_base64(b"".join(pem[len(_PEM_BEGIN) : -len(_PEM_END)].split()), strict_mode=True)
    except ValueError:
        raise KeyFileError("the key file is not base64") from None
    if not blob.startswith(_OPENSSH_MAGIC):
        raise KeyFileError("not an OpenSSH private key file")
    cipher, at = _string(blob, len(_OPENSSH_MAGIC))
    kdf, at = _string(blob, at)
    options, at = _string(blob, at)
    if blob[at : at + 4] != b"\x00\x00\x00\x01":
        raise KeyFileError("a key file holds exactly one key")
    public, _ = _string(blob, at + 4)
    kind, at = _string(public, 0)
    if kind != b"ssh-ed25519":
        raise NotEd25519Error("the key file holds no Ed25519 key")
    public_key, _ = _string(public, at)
    encrypted = cipher != b"none" or kdf != b"none"
    if encrypted:
        _, at = _string(options, 0)  # the salt
        if not 1 <= int.from_bytes(options[at : at + 4], "big") <= MAX_ROUNDS:
            raise KeyFileError(f"the key file asks for bcrypt rounds outside 1 to {MAX_ROUNDS}")
    return encrypted, public_key


def _string(blob: bytes, at: int) -> tuple[bytes, int]:
    """Read an SSH string: uint32 length, then the bytes (RFC 4251 section 5). Returns it and where it ends."""
    start = at + 4
    end = start + int.from_bytes(blob[at:start], "big")
    if start > len(blob) or end > len(blob):
        raise KeyFileError("the key file is cut short")
    return blob[start:end], end
