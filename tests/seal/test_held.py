"""A key that is held elsewhere: only what the acceptance rule takes for its signature counts, whatever the holder answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import FormatError, KeyStoreError
from ledger.seal import held, note
from ledger.seal.ed25519 import WeakKeyError
from ledger.seal.held import Found, HeldKey, chosen, matching
from ledger.seal.keys import SigningKey

KEY = SigningKey.from_seed("lynas", bytes(32))
OTHER = SigningKey.from_seed("lynas", bytes(31) + b"\1")
ONE, TWO = Found(KEY.vkey.public_key, "shift"), Found(OTHER.vkey.public_key, "shift")


def test_it_signs_what_the_key_would() -> None:
    remote = HeldKey(KEY.vkey, KEY.sign)
    assert note.sign("a\n", remote) == note.sign("a\n", KEY)
    assert (remote.name, repr(remote)) == ("lynas", f"<HeldKey {KEY.vkey}>")
    assert HeldKey.of("lynas", KEY.vkey.public_key, KEY.sign).vkey == KEY.vkey


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        bytes(64),
        OTHER.sign(b"a\n"),
        KEY.sign(b"b\n"),
        KEY.sign(b"a\n") + b"\0",
        b"\1" + bytes(31) + KEY.sign(b"a\n")[32:],  # R is the identity
        KEY.sign(b"a\n")[:32] + b"\xff" * 32,  # S is not below L
    ],
)
def test_no_other_answer_becomes_a_signature(answer: bytes) -> None:
    with pytest.raises(KeyStoreError, match="not its signature"):
        note.sign("a\n", HeldKey(KEY.vkey, lambda _message: answer))


def test_a_weak_key_is_never_named() -> None:
    with pytest.raises(WeakKeyError):
        HeldKey.of("lynas", b"\1" + bytes(31), KEY.sign)


def test_the_fingerprint_is_that_of_openssh() -> None:
    # ssh-keygen -lf on the key file of this seed.
    assert ONE.fingerprint == "SHA256:tAXFyTXI8xtDaujAEcwJslAYc9/6FKcUkd2Lw0xDhPo"


def test_the_one_key_needs_no_name_and_of_several_one_is_chosen() -> None:
    assert chosen([ONE], None, "here") == ONE
    assert chosen([ONE, TWO], TWO.fingerprint, "here") == TWO
    assert matching([ONE, TWO], TWO.public_key, "here") == TWO
    with pytest.raises(KeyStoreError, match=r"2 such keys.*--which") as caught:
        chosen([ONE, TWO], "shift", "here")
    assert ONE.fingerprint in str(caught.value)
    with pytest.raises(KeyStoreError, match="here has no Ed25519 key$"):
        chosen([], None, "here")
    with pytest.raises(KeyStoreError, match="no Ed25519 key 'night'; it has"):
        chosen([ONE], "night", "here")
    with pytest.raises(KeyStoreError, match="does not have the key SHA256:"):
        matching([ONE], TWO.public_key, "here")


@given(st.binary(max_size=120))
def test_only_a_plain_ed25519_blob_is_read(data: bytes) -> None:
    key = held.unblob(data)
    assert key is None or held.blob(key) == data
    assert held.unblob(held.blob(data[:32].ljust(32, b"x"))) == data[:32].ljust(32, b"x")


@given(st.binary(max_size=120))
def test_only_a_plain_ed25519_answer_is_read(data: bytes) -> None:
    whole = b"\0\0\0\x0bssh-ed25519\0\0\0\x40" + data[:64].ljust(64, b"x")
    assert held.plain(whole, "here") == data[:64].ljust(64, b"x")
    for wrong in (data, whole + b"\1\0\0\0\7", b"\0" + whole, whole.replace(b"ssh", b"sk-")):
        with pytest.raises(FormatError):
            held.plain(wrong, "here")
