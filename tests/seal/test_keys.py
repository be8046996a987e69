from __future__ import annotations

import base64
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import FormatError, UsageError
from ledger.seal import ed25519, keys
from ledger.seal.ed25519 import WeakKeyError, WeakSignatureError
from ledger.seal.keys import (
    KeyFileError,
    NotEd25519Error,
    PassphraseNeededError,
    PassphraseWrongError,
    SigningKey,
    VerifierKey,
)
from tests.trials import trials

if TYPE_CHECKING:
    from collections.abc import Callable

# C2SP signed-note's published key
TEXT = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
# RFC 8032 section 7.1, tests 1 and 2: secret key, public key, message, signature
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]
KEY = SigningKey.from_seed("lynas", SEED)


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC_8032)
def test_a_seed_gives_the_rfcs_key_and_signature(seed: str, public: str, message: str, signature: str) -> None:
    key = SigningKey.from_seed("lynas", bytes.fromhex(seed))
    assert key.vkey.public_key.hex() == public
    assert key.sign(bytes.fromhex(message)).hex() == signature
    assert ed25519.verify(key.vkey.public_key, bytes.fromhex(message), bytes.fromhex(signature))


def test_a_signature_is_of_one_message_by_one_key() -> None:
    other = SigningKey.from_seed("lynas", bytes(32))
    signature = KEY.sign(b"message")
    assert ed25519.verify(KEY.vkey.public_key, b"message", signature)
    assert not ed25519.verify(KEY.vkey.public_key, b"massage", signature)
    assert not ed25519.verify(other.vkey.public_key, b"message", signature)
    for bit in range(512):
        bad = bytearray(signature)
        bad[bit // 8] ^= 1 << bit % 8
        assert not ed25519.verify(KEY.vkey.public_key, b"message", bytes(bad))


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(65), KEY.sign(b"") + b"\x00"])
def test_what_is_no_signature_verifies_as_false(signature: bytes) -> None:
    assert not ed25519.verify(KEY.vkey.public_key, b"", signature)


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(32), bytes(33), b"\xff" * 32])
def test_what_is_no_key_verifies_as_false(key: bytes) -> None:
    assert not ed25519.verify(key, b"", KEY.sign(b""))


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (b"", "has 32 bytes, not 0"),
        (bytes(33), "has 32 bytes, not 33"),
        (bytes(32), "low order"),
        (b"\x01" + bytes(31), "low order"),
        (b"\x01" + bytes(30) + b"\x80", "low order"),
        ((2**255 - 19).to_bytes(32, "little"), "not canonical"),
        (b"\xff" * 32, "not canonical"),
        (b"\x02" + bytes(31), "not a point of the curve"),
    ],
)
def test_a_weak_key_is_refused_and_told_why(key: bytes, message: str) -> None:
    with pytest.raises(WeakKeyError, match=message):
        ed25519.check_public_key(key)
    with pytest.raises(WeakKeyError, match=message):
        VerifierKey.of("lynas", key)


def test_a_signature_of_another_length_is_refused() -> None:
    with pytest.raises(WeakSignatureError, match="has 64 bytes, not 63"):
        ed25519.check_signature_point(bytes(63))


def test_the_identity_verifies_nothing_although_the_library_would() -> None:
    identity = b"\x01" + bytes(31)
    universal = identity + bytes(32)  # R = identity, S = 0
    Ed25519PublicKey.from_public_bytes(identity).verify(universal, b"anything at all")
    assert not ed25519.verify(identity, b"anything at all", universal)


def test_the_published_key_is_read_and_written_back() -> None:
    vkey = VerifierKey.parse(TEXT)
    assert (vkey.name, vkey.key_id.hex(), vkey.algorithm) == ("example.com/foo", "530d903a", 1)
    assert vkey.key_id == sha256(b"example.com/foo\n\x01" + vkey.public_key).digest()[:4]
    assert str(vkey) == TEXT
    assert VerifierKey.of("example.com/foo", vkey.public_key) == vkey


def vkey_text(name: str, key: bytes) -> str:
    key_id = sha256(name.encode() + b"\n" + key).digest()[:4]
    return f"{name}+{key_id.hex()}+{base64.b64encode(key).decode()}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "name\\+key id\\+base64"),
        ("example.com/foo", "name\\+key id\\+base64"),
        ("example.com/foo+530d903a", "name\\+key id\\+base64"),
        (TEXT.replace("530d903a", "530D903A"), "8 lower-case hexadecimal"),
        (TEXT.replace("530d903a", "530d903"), "8 lower-case hexadecimal"),
        (TEXT.replace("530d903a", "530d903a0"), "8 lower-case hexadecimal"),
        (TEXT.replace("530d903a", "53 d903a"), "8 lower-case hexadecimal"),
        (TEXT.replace("530d903a", "530d903\u0663"), "8 lower-case hexadecimal"),
        (TEXT.replace("530d903a", "530d903b"), "not its own"),
        (TEXT.replace("foo", "fop"), "not its own"),
        (TEXT + "\n", "base64"),
        (TEXT + "=", "base64"),
        (TEXT + " ", "base64"),
        (TEXT[:-1], "base64"),
        (TEXT[:-1] + "l", "weak|not its own"),
        (TEXT + "+x", "base64"),
        (TEXT[:24] + "+", "is empty|base64"),
        ("example.com/foo+530d903a+", "is empty"),
        (" " + TEXT, "key name"),
        (TEXT[15:], "key name"),
        (TEXT.replace("foo", "f\u00a0o"), "key name"),
        (vkey_text("a", b"\x02" + bytes(32)), "other than Ed25519"),
        (vkey_text("a", b"\x04" + KEY.vkey.public_key), "other than Ed25519"),
        (vkey_text("a", b"\x01" + KEY.vkey.public_key + b"\x00"), "not 33"),
        (vkey_text("a", b"\x01"), "not 0"),
        (vkey_text("a", b"\x01\x01" + bytes(31)), "low order"),
        (vkey_text("a", b"\x01" + b"\xff" * 32), "not canonical"),
        (vkey_text("a", b"\x01\x02" + bytes(31)), "not a point"),
    ],
)
def test_a_malformed_or_weak_verifier_key_is_refused(text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        VerifierKey.parse(text)


def test_unused_bits_in_base64_are_refused() -> None:
    assert keys.decode_base64("AA==", "x") == b"\x00"
    with pytest.raises(FormatError, match="x is not canonical base64"):
        keys.decode_base64("AB==", "x")


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a+b", "a\n", "\ta", "a\u2003b", "a\u3000", "a\x85b", "a\x00b", "\ud800"]
)
def test_a_bad_name_is_refused_everywhere(name: str) -> None:
    for make in (
        lambda: keys.check_name(name),
        lambda: VerifierKey.of(name, KEY.vkey.public_key),
        lambda: SigningKey.from_seed(name, SEED),
        lambda: SigningKey.from_openssh(name, KEY.to_openssh(None, 1), None),
    ):
        with pytest.raises(FormatError, match="key name"):
            make()


def test_a_verifier_key_is_hashable_and_frozen() -> None:
    assert len({VerifierKey.parse(TEXT), VerifierKey.parse(TEXT), KEY.vkey}) == 2
    with pytest.raises(AttributeError):
        KEY.vkey.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(64)])
def test_a_seed_has_32_bytes(seed: bytes) -> None:
    with pytest.raises(FormatError, match="seed has 32 bytes"):
        SigningKey.from_seed("lynas", seed)


def test_a_signing_key_shows_its_public_half_alone() -> None:
    assert repr(KEY) == f"<SigningKey {KEY.vkey}>"
    assert SEED.hex() not in repr(KEY)


# --- key files ---


def reopened(data: bytes, passphrase: bytes | None = None) -> SigningKey:
    return SigningKey.from_openssh("lynas", data, passphrase)


def blob(data: bytes) -> bytes:
    return base64.b64decode(b"".join(data.split(b"\n")[1:-2]))


def pem(data: bytes) -> bytes:
    return b"-----BEGIN OPENSSH PRIVATE KEY-----\n" + base64.encodebytes(data) + b"-----END OPENSSH PRIVATE KEY-----\n"


PLAIN = KEY.to_openssh(None, 1)


def test_a_key_file_without_passphrase() -> None:
    key = reopened(PLAIN)
    assert (key.vkey, key.sign(b"m")) == (KEY.vkey, KEY.sign(b"m"))
    assert reopened(pem(blob(PLAIN))).vkey == KEY.vkey


def test_an_encrypted_key_file_opens_with_its_passphrase_alone() -> None:
    data = KEY.to_openssh(b"correct horse", 1)
    assert b"bcrypt" in blob(data)
    assert SEED not in blob(data)
    assert reopened(data, b"correct horse").vkey == KEY.vkey
    for none in (None, b""):
        with pytest.raises(PassphraseNeededError, match="needs a passphrase"):
            reopened(data, none)
    with pytest.raises(PassphraseWrongError, match="wrong passphrase"):
        reopened(data, b"correct house")


def test_the_public_half_needs_no_passphrase() -> None:
    for data in (PLAIN, KEY.to_openssh(b"correct horse", 1)):
        assert keys.public_half("lynas", data) == KEY.vkey
    with pytest.raises(WeakKeyError):
        keys.public_half("lynas", pem(blob(PLAIN).replace(KEY.vkey.public_key, bytes(32), 1)))


def test_the_rounds_asked_for_are_the_rounds_in_the_file() -> None:
    assert (3).to_bytes(4, "big") in blob(KEY.to_openssh(b"pass", 3))[:80]


def test_a_passphrase_for_a_plain_file_is_refused() -> None:
    with pytest.raises(KeyFileError, match="not encrypted"):
        reopened(PLAIN, b"pass")


@pytest.mark.parametrize(("passphrase", "rounds"), [(b"", 1), (b"p", 0), (b"p", -1), (b"p", keys.MAX_ROUNDS + 1)])
def test_no_key_file_is_written_with_senseless_protection(passphrase: bytes, rounds: int) -> None:
    with pytest.raises(UsageError):
        KEY.to_openssh(passphrase, rounds)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d[:0], "not an OpenSSH"),
        (lambda d: b"x" + d, "not an OpenSSH"),
        (lambda d: d + b"x", "not an OpenSSH"),
        (lambda d: d[:60], "not an OpenSSH"),
        (lambda d: d + bytes(keys.MAX_KEY_FILE), "at most"),
        (lambda d: d.replace(b"b3BlbnNza", b"b3BlbnNz!"), "base64"),
        (lambda d: pem(d[:0]), "not an OpenSSH"),
        (lambda d: pem(b"x" + blob(d)), "not an OpenSSH"),
        (lambda d: pem(blob(d)[:20]), "cut short"),
        (lambda d: pem(blob(d)[:15] + b"\xff\xff\xff\xff"), "cut short"),
        (lambda d: pem(blob(d)[:38] + b"\x02" + blob(d)[39:]), "exactly one key"),
        (lambda d: pem(blob(d)[:-1]), "malformed"),
        (lambda d: pem(blob(d) + b"\x00"), "malformed"),
        (lambda d: pem(blob(d)[:-1] + b"\x09"), "malformed"),
        (lambda d: pem(blob(d).replace(KEY.vkey.public_key, bytes(32), 1)), "malformed"),
        (lambda d: pem(blob(d).replace(SEED, bytes(32))), "not the one of its private key"),
        (lambda d: pem(blob(d).replace(b"none", b"nine", 1)), "cut short|rounds"),
    ],
)
def test_a_damaged_key_file_is_refused(change: Callable[[bytes], bytes], message: str) -> None:
    with pytest.raises(KeyFileError, match=message):
        reopened(change(PLAIN))


def test_a_key_file_cannot_choose_how_long_its_reader_runs() -> None:
    data = blob(KEY.to_openssh(b"pass", 77))
    for rounds in (0, keys.MAX_ROUNDS + 1, 2**32 - 1):
        hostile = pem(data.replace((77).to_bytes(4, "big"), rounds.to_bytes(4, "big"), 1))
        with pytest.raises(KeyFileError, match="bcrypt rounds"):
            reopened(hostile, b"pass")


def test_an_unknown_cipher_is_refused() -> None:
    data = pem(blob(KEY.to_openssh(b"pass", 1)).replace(b"aes256-ctr", b"aes999-ctr"))
    with pytest.raises(KeyFileError, match="unsupported"):
        reopened(data, b"pass")


def test_a_key_of_another_kind_is_refused() -> None:
    for other in (
        ec.generate_private_key(ec.SECP256R1()),
        rsa.generate_private_key(65537, 1024),  # noqa: S505 - small, because it is refused
    ):
        with pytest.raises(NotEd25519Error, match="no Ed25519 key"):
            reopened(other.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    dsa_blob = blob(PLAIN).replace(b"ssh-ed25519", b"ssh-dss\x00\x00\x00\x00", 1)
    with pytest.raises(NotEd25519Error, match="no Ed25519 key"):
        reopened(pem(dsa_blob))


def test_the_errors_are_one_branch_of_format_error() -> None:
    assert all(issubclass(e, KeyFileError) for e in (PassphraseNeededError, PassphraseWrongError, NotEd25519Error))
    assert all(issubclass(e, FormatError) for e in (KeyFileError, WeakKeyError, WeakSignatureError))


# --- properties ---

names = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], exclude_characters="+"), min_size=1, max_size=30
)
seeds = st.binary(min_size=32, max_size=32)


@given(names, seeds)
@settings(deadline=None)
def test_a_verifier_key_survives_its_text(name: str, seed: bytes) -> None:
    vkey = SigningKey.from_seed(name, seed).vkey
    assert VerifierKey.parse(str(vkey)) == vkey


@given(st.text(max_size=120) | st.builds("{}+{}+{}".format, names, st.text("0123456789abcdef", max_size=9), st.text()))
@settings(deadline=None)
def test_any_text_is_a_verifier_key_or_a_format_error(text: str) -> None:
    try:
        vkey = VerifierKey.parse(text)
    except FormatError:
        return
    assert str(vkey) == text


@given(st.integers(0, len(TEXT) - 1), st.characters())
@settings(deadline=None)
def test_a_verifier_key_with_one_character_changed_is_another_or_none(at: int, char: str) -> None:
    text = TEXT[:at] + char + TEXT[at + 1 :]
    if text != TEXT:
        with pytest.raises(FormatError):
            VerifierKey.parse(text)


@given(st.binary(max_size=40), st.binary(max_size=20), st.binary(max_size=70))
@settings(deadline=None)
def test_no_input_makes_verify_raise(key: bytes, message: bytes, signature: bytes) -> None:
    assert not ed25519.verify(key, message, signature)


@given(seeds, st.binary(max_size=100))
@settings(deadline=None)
def test_what_a_key_signs_verifies(seed: bytes, message: bytes) -> None:
    key = SigningKey.from_seed("lynas", seed)
    assert ed25519.verify(key.vkey.public_key, message, key.sign(message))


@given(st.binary(max_size=300), st.none() | st.binary(max_size=5))
@settings(deadline=None)
def test_any_bytes_are_a_key_file_or_a_format_error(data: bytes, passphrase: bytes | None) -> None:
    for candidate in (data, pem(data), pem(b"openssh-key-v1\x00" + data)):
        with pytest.raises(FormatError):
            reopened(candidate, passphrase)


@given(st.integers(0, len(blob(PLAIN)) - 1), st.integers(0, 255))
@settings(deadline=None, max_examples=trials(300))
def test_a_key_file_with_one_byte_changed_is_the_same_key_or_a_format_error(at: int, byte: int) -> None:
    data = bytearray(blob(PLAIN))
    data[at] = byte
    try:
        key = reopened(pem(bytes(data)))
    except FormatError:
        return
    assert key.vkey == KEY.vkey  # check value or padding that no reader compares
