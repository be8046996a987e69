from __future__ import annotations

import warnings

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import UsageError
from ledger.seal import pkcs8
from ledger.seal.cosigner import Cosigner
from ledger.seal.keys import KeyFileError, PassphraseNeededError, PassphraseWrongError, SigningKey

SEED = bytes(range(32))
KEY = Cosigner.mldsa44("witness.example/w1", SEED).vkey


def written(passphrase: bytes | None, cost: int = pkcs8.MIN_COST) -> bytes:
    return pkcs8.write(KEY, SEED, passphrase, salt=bytes(16), iv=bytes(range(16)), cost=cost)


LOCKED, PLAIN = written(b"secret"), written(None)


def oracle(data: bytes, passphrase: bytes | None) -> bytes:
    """The public key as the library reads the file by itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        key = load_pem_private_key(data, passphrase)
    assert isinstance(key, MLDSA44PrivateKey)
    return key.public_key().public_bytes_raw()


@pytest.mark.parametrize("cost", [10, 14, 15, 16])
def test_another_reader_opens_what_is_written(cost: int) -> None:
    assert oracle(written(b"secret", cost), b"secret") == KEY.public_key
    assert oracle(PLAIN, None) == KEY.public_key


def test_what_is_written_is_opened() -> None:
    assert pkcs8.open(LOCKED, b"secret").vkey == pkcs8.open(PLAIN, None).vkey == KEY
    assert pkcs8.public_half(LOCKED) == pkcs8.public_half(PLAIN) == KEY
    assert SEED not in LOCKED


def test_a_passphrase_is_asked_for_and_compared() -> None:
    with pytest.raises(PassphraseNeededError):
        pkcs8.open(LOCKED, None)
    with pytest.raises(PassphraseWrongError):
        pkcs8.open(LOCKED, b"other")


def test_the_stated_key_must_be_the_one_inside() -> None:
    other = Cosigner.mldsa44(KEY.name, bytes(32)).vkey
    for data, passphrase in ((LOCKED, b"secret"), (PLAIN, None)):
        with pytest.raises(KeyFileError, match="not the one of its private key"):
            pkcs8.open(data.replace(str(KEY).encode(), str(other).encode()), passphrase)


def test_an_ed25519_key_has_no_such_file() -> None:
    ed25519 = Cosigner.ed25519(SigningKey.from_seed("w", SEED)).vkey
    with pytest.raises(KeyFileError, match="another kind"):
        pkcs8.public_half(PLAIN.replace(str(KEY).encode(), str(ed25519).encode()))
    with pytest.raises(UsageError):
        pkcs8.write(ed25519, SEED, None, salt=bytes(16), iv=bytes(16), cost=10)


@pytest.mark.parametrize(("passphrase", "cost"), [(b"", 10), (b"secret", 9), (b"secret", 21)])
def test_what_protects_nothing_or_takes_too_long_is_refused(passphrase: bytes, cost: int) -> None:
    with pytest.raises(UsageError):
        written(passphrase, cost)


def test_a_file_cannot_ask_for_more_work_than_is_allowed() -> None:
    frame = pkcs8._frame(30)
    der = frame[0] + bytes(16) + frame[1] + bytes(16) + frame[2] + bytes(64)
    with pytest.raises(KeyFileError, match="2\\^20"):
        pkcs8.open(pkcs8._pem(KEY, "ENCRYPTED PRIVATE KEY", der), b"secret")


@given(st.binary(max_size=200), st.integers(0, len(PLAIN) - 1))
def test_hostile_files_give_typed_errors(data: bytes, at: int) -> None:
    for spoiled in (data, PLAIN[:at] + data + PLAIN[at + len(data) :], PLAIN[:at]):
        try:
            key = pkcs8.open(spoiled, None)
        except KeyFileError:
            continue
        assert key.vkey.public_key == KEY.public_key
