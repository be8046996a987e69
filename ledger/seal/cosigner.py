"""The keys that cosign checkpoints: C2SP tlog-cosignature, Format.

    <name>+<key id>+base64(0x04 || Ed25519 public key, 32 bytes)
    <name>+<key id>+base64(0x06 || ML-DSA-44 public key, 1312 bytes)

They are a type of their own, so that a log's or a party's key never passes for a witness's, nor the other way round.
Ed25519 keys pass the gate of `ledger.seal.ed25519`. For ML-DSA-44 (FIPS 204) every 1312 bytes are a public key, and a
signature has one spelling.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Self

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from ledger.errors import FormatError
from ledger.seal import ed25519, keys
from ledger.seal.keys import SigningKey

ED25519: Final = 0x04
"""Signature type of timestamped Ed25519 cosignatures."""
MLDSA44: Final = 0x06
"""Signature type of timestamped ML-DSA-44 cosignatures, those recommended for new witnesses."""

PUBLIC_KEY_SIZE: Final = {ED25519: ed25519.KEY_SIZE, MLDSA44: 1312}
"""Bytes of a public key, by signature type."""
SIGNATURE_SIZE: Final = {ED25519: ed25519.SIGNATURE_SIZE, MLDSA44: 2420}
"""Bytes of a signature without its timestamp, by signature type."""
SEED_SIZE: Final = 32
MAX_NAME: Final = 255
"""Longest name, in bytes of UTF-8: what an ML-DSA-44 cosignature can commit to. Kept for both types."""


class CosignerKey(msgspec.Struct, frozen=True):
    """A witness's public key with its name.

    Attributes:
        name: the key's name, at most `MAX_NAME` bytes.
        key_id: 4 bytes, SHA-256(name || 0x0A || algorithm || public key)[:4].
        algorithm: signature type, `ED25519` or `MLDSA44`.
        public_key: 32 or 1312 bytes.

    Raises:
        FormatError: on construction, where a part is malformed or the key id belongs to other parts.
        WeakKeyError: on construction, where the gate refuses an Ed25519 key.
    """

    name: str
    key_id: bytes
    algorithm: int
    public_key: bytes

    def __post_init__(self) -> None:
        keys.check_name(self.name)
        if len(self.name.encode()) > MAX_NAME:
            raise FormatError(f"a witness's key name has at most {MAX_NAME} bytes")
        if self.algorithm not in PUBLIC_KEY_SIZE:
            raise FormatError(
                f"the key of {self.name!r} is of signature type {self.algorithm}; "
                "cosignatures are Ed25519 (4) or ML-DSA-44 (6)"
            )
        if self.algorithm == ED25519:
            ed25519.check_public_key(self.public_key)
        elif len(self.public_key) != PUBLIC_KEY_SIZE[MLDSA44]:
            raise FormatError(
                f"an ML-DSA-44 public key has {PUBLIC_KEY_SIZE[MLDSA44]} bytes, not {len(self.public_key)}"
            )
        if self.key_id != keys.key_id(self.name, self.algorithm, self.public_key):
            raise FormatError(f"the key of {self.name!r} has a key id that is not its own")

    @classmethod
    def of(cls, name: str, algorithm: int, public_key: bytes) -> Self:
        """Name a public key; raises as construction does."""
        keys.check_name(name)
        if algorithm not in PUBLIC_KEY_SIZE:
            raise FormatError(f"{algorithm} is no signature type of cosignatures")
        return cls(name, keys.key_id(name, algorithm, public_key), algorithm, public_key)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a vkey; only the spelling that `str` gives back is accepted. Raises as construction does."""
        return cls(*keys.split_vkey(text))

    def __str__(self) -> str:
        return keys.join_vkey(self.name, self.key_id, self.algorithm, self.public_key)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Decide whether `signature`, without its timestamp, is this key's over `message`; never raises."""
        if self.algorithm == ED25519:
            return ed25519.verify(self.public_key, message, signature)
        try:
            _loaded(self.public_key).verify(signature, message)  # FIPS 204 algorithm 3, with an empty context
        except InvalidSignature:
            return False
        return True


class Cosigner:
    """A witness's private key with its name. Its text shows the public half alone.

    Attributes:
        name: the key's name.
        vkey: the public half.
    """

    __slots__ = ("_private", "name", "vkey")

    def __init__(self, vkey: CosignerKey, private: SigningKey | MLDSA44PrivateKey) -> None:
        self.name: Final = vkey.name
        self.vkey: Final = vkey
        self._private: Final = private

    def __repr__(self) -> str:
        return f"<Cosigner {self.vkey}>"

    @classmethod
    def ed25519(cls, key: SigningKey) -> Self:
        """Let an Ed25519 key cosign under its own name. It should sign nothing else (C2SP signed-note, Verifier keys).

        Raises:
            FormatError: the name is longer than `MAX_NAME`.
        """
        return cls(CosignerKey.of(key.name, ED25519, key.vkey.public_key), key)

    @classmethod
    def mldsa44(cls, name: str, seed: bytes) -> Self:
        """Make the ML-DSA-44 key of a 32-byte secret seed (FIPS 204 algorithm 6); the caller brings the randomness.

        Raises:
            FormatError: the name is malformed, or the seed is not 32 bytes.
        """
        if len(seed) != SEED_SIZE:
            raise FormatError(f"an ML-DSA-44 seed has {SEED_SIZE} bytes, not {len(seed)}")
        private = MLDSA44PrivateKey.from_seed_bytes(seed)
        return cls(CosignerKey.of(name, MLDSA44, private.public_key().public_bytes_raw()), private)

    def sign(self, message: bytes) -> bytes:
        """Sign: 64 bytes of Ed25519, always the same, or 2420 bytes of ML-DSA-44, which the library randomises."""
        return self._private.sign(message)


@lru_cache(maxsize=256)
def _loaded(public_key: bytes) -> MLDSA44PublicKey:
    return MLDSA44PublicKey.from_public_bytes(public_key)
