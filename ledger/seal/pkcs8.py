"""Private key files of ML-DSA-44 witnesses: PKCS#8 under scrypt, as OpenSSL 3.5 and others read it.

    <vkey>                                   explanatory text (RFC 7468 section 2), so that the public half needs no passphrase
    -----BEGIN ENCRYPTED PRIVATE KEY-----    RFC 5958, PBES2 (RFC 8018) with scrypt (RFC 7914) and AES-256-CBC
    -----END ENCRYPTED PRIVATE KEY-----

or `PRIVATE KEY` where no passphrase protects it. What is inside is the 32-byte seed (RFC 9881, the seed form).

`cryptography` would encrypt PKCS#8 with PBKDF2 in 2048 rounds, a fraction of a millisecond a guess, and takes no other
number; so the wrapping is written here: one shape, of which salt, IV and scrypt's cost alone vary, and no other is read.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.padding import PKCS7

from ledger.errors import FormatError, UsageError
from ledger.seal.cosigner import MLDSA44, SEED_SIZE, Cosigner, CosignerKey
from ledger.seal.keys import KeyFileError, PassphraseNeededError, PassphraseWrongError

SALT_SIZE: Final = 16
IV_SIZE: Final = 16
MIN_COST, MAX_COST = 10, 20
"""Smallest and largest log2 of scrypt's N: at 20 a guess takes a gigabyte, and a file must not ask its reader for more."""
DEFAULT_COST: Final = 17
"""128 MiB and half a second a guess (OWASP's recommendation for scrypt)."""

_R: Final = 8
_P: Final = 1
_KEY_SIZE: Final = 32
_BLOCK: Final = 128
_PBES2: Final = bytes.fromhex("06092a864886f70d01050d")  # 1.2.840.113549.1.5.13
_SCRYPT: Final = bytes.fromhex("06092b06010401da47040b")  # 1.3.6.1.4.1.11591.4.11
_AES256_CBC: Final = bytes.fromhex("060960864801650304012a")  # 2.16.840.1.101.3.4.1.42
_PLAIN: Final = bytes.fromhex("3034020100300b060960864801650304031104228020")
"""PrivateKeyInfo of version 0 for 2.16.840.1.101.3.4.3.17 (ML-DSA-44), up to the seed: [0] IMPLICIT, 32 bytes."""
_PADDED: Final = 64  # 54 bytes, padded to AES blocks
_PEM: Final = re.compile(
    rb"(?P<vkey>[^\n]+)\n-----BEGIN (?P<label>(?:ENCRYPTED )?PRIVATE KEY)-----\n(?P<body>[A-Za-z0-9+/=\n]{1,1000})"
    rb"-----END (?P=label)-----\n"
)


def write(vkey: CosignerKey, seed: bytes, passphrase: bytes | None, *, salt: bytes, iv: bytes, cost: int) -> bytes:
    """Write a key file.

    Args:
        vkey: the public half, an ML-DSA-44 key.
        seed: 32 bytes, secret.
        passphrase: None leaves the file unprotected.
        salt: 16 random bytes, which the caller brings; not used without a passphrase.
        iv: the same.
        cost: log2 of scrypt's N, `MIN_COST` to `MAX_COST`.

    Raises:
        UsageError: an empty passphrase, another cost, or sizes that do not fit.
    """
    if vkey.algorithm != MLDSA44 or len(seed) != SEED_SIZE or (len(salt), len(iv)) != (SALT_SIZE, IV_SIZE):
        raise UsageError("an ML-DSA-44 key file takes a seed of 32 bytes, a salt and an IV of 16")
    plain = _PLAIN + seed
    if passphrase is None:
        return _pem(vkey, "PRIVATE KEY", plain)
    if not passphrase:
        raise UsageError("an empty passphrase protects nothing")
    if not MIN_COST <= cost <= MAX_COST:
        raise UsageError(f"scrypt's cost is from {MIN_COST} to {MAX_COST}")
    padder = PKCS7(_BLOCK).padder()
    encryptor = Cipher(AES(_derive(passphrase, salt, cost)), CBC(iv)).encryptor()
    sealed = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    before, between, after = _frame(cost)
    return _pem(vkey, "ENCRYPTED PRIVATE KEY", before + salt + between + iv + after + sealed)


def public_half(data: bytes) -> CosignerKey:
    """The verifier key that a key file states; only opening the file shows that it is the key's.

    Raises:
        KeyFileError: not such a file.
    """
    return _read(data)[0]


def open(data: bytes, passphrase: bytes | None) -> Cosigner:  # noqa: A001 - write and open are the pair's names
    """Open a key file.

    Raises:
        PassphraseNeededError: encrypted, and `passphrase` is None or empty.
        PassphraseWrongError: the passphrase does not open it, or the file is damaged.
        KeyFileError: malformed, or the private key is not the one of the stated public key.
    """
    vkey, locked, der = _read(data)
    if locked and not passphrase:
        raise PassphraseNeededError("the key file is encrypted: it needs a passphrase")
    plain = _decrypted(der, passphrase) if locked and passphrase else der
    if len(plain) != len(_PLAIN) + SEED_SIZE or not plain.startswith(_PLAIN):
        if locked:
            raise PassphraseWrongError("wrong passphrase, or a damaged key file")
        raise KeyFileError("the key file holds no ML-DSA-44 seed")
    key = Cosigner.mldsa44(vkey.name, plain[len(_PLAIN) :])
    if key.vkey != vkey:
        raise KeyFileError("the key file's public key is not the one of its private key")
    return key


def _decrypted(der: bytes, passphrase: bytes) -> bytes:
    for cost in range(MIN_COST, MAX_COST + 1):
        before, between, after = map(re.escape, _frame(cost))
        shape = b"%b(.{%d})%b(.{%d})%b(.{%d})" % (before, SALT_SIZE, between, IV_SIZE, after, _PADDED)
        match = re.fullmatch(shape, der, re.DOTALL)
        if match is None:
            continue
        decryptor = Cipher(AES(_derive(passphrase, match[1], cost)), CBC(match[2])).decryptor()
        unpadder = PKCS7(_BLOCK).unpadder()
        try:
            return unpadder.update(decryptor.update(match[3]) + decryptor.finalize()) + unpadder.finalize()
        except ValueError:
            raise PassphraseWrongError("wrong passphrase, or a damaged key file") from None
    raise KeyFileError(
        f"the key file is not PKCS#8 under scrypt with r = 8, p = 1 and N from 2^{MIN_COST} to 2^{MAX_COST}"
    )


def _frame(cost: int) -> tuple[bytes, bytes, bytes]:
    """EncryptedPrivateKeyInfo in DER without what varies: up to the salt, to the IV, to the ciphertext."""
    numbers = _integer(1 << cost) + _integer(_R) + _integer(_P) + _integer(_KEY_SIZE)
    parameters = 2 + SALT_SIZE + len(numbers)
    kdf = len(_SCRYPT) + 2 + parameters
    cipher = len(_AES256_CBC) + 2 + IV_SIZE
    schemes = 2 + kdf + 2 + cipher
    algorithm = len(_PBES2) + 2 + schemes
    whole = 2 + algorithm + 2 + _PADDED
    before = _sequence(whole) + _sequence(algorithm) + _PBES2 + _sequence(schemes) + _sequence(kdf) + _SCRYPT
    before += _sequence(parameters) + bytes((0x04, SALT_SIZE))
    return before, numbers + _sequence(cipher) + _AES256_CBC + bytes((0x04, IV_SIZE)), bytes((0x04, _PADDED))


def _sequence(length: int) -> bytes:
    return bytes((0x30, length)) if length < 0x80 else bytes((0x30, 0x81, length))  # noqa: PLR2004 - DER, short and long form


def _integer(value: int) -> bytes:
    data = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return bytes((0x02, len(data))) + data


def _derive(passphrase: bytes, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=_KEY_SIZE, n=1 << cost, r=_R, p=_P).derive(passphrase)


def _pem(vkey: CosignerKey, label: str, der: bytes) -> bytes:
    encoded = base64.b64encode(der).decode()
    lines = [encoded[at : at + 64] for at in range(0, len(encoded), 64)]
    return "\n".join((str(vkey), f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", "")).encode()


def _read(data: bytes) -> tuple[CosignerKey, bool, bytes]:
    match = _PEM.fullmatch(data)
    if match is None:
        raise KeyFileError("not the key file of an ML-DSA-44 witness")
    try:
        vkey = CosignerKey.parse(match["vkey"].decode())
        der = binascii.a2b_base64(match["body"].replace(b"\n", b""), strict_mode=True)
    except (FormatError, ValueError) as error:
        raise KeyFileError(f"the key file is malformed: {error}") from error
    if vkey.algorithm != MLDSA44:
        raise KeyFileError("the key file states a key of another kind")
    return vkey, match["label"].startswith(b"ENCRYPTED"), der
