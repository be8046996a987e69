"""Keys in ssh-agent, against an agent that lies where it can; `test_real.py` asks OpenSSH's own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ledger.errors import KeyStoreError, UsageError
from ledger.seal.held import HeldKey, blob
from ledger.seal.keys import SigningKey
from ledger.store import agent as agents
from tests.holders import fake

KEY = SigningKey.from_seed("lynas", bytes(32))
OTHER = SigningKey.from_seed("mine", b"\1" * 32)
PUBLIC = KEY.vkey.public_key
RSA = fake.text(b"ssh-rsa") + fake.text(b"\3") + fake.text(b"\1" * 128)
FIDO = fake.text(b"sk-ssh-ed25519@openssh.com") + fake.text(PUBLIC) + fake.text(b"ssh:")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "agent"


def test_it_lists_and_signs(place: Path) -> None:
    with fake.agent(place, fake.Held(OTHER, KEY)) as path:
        assert [(found.public_key, found.label) for found in agents.keys(path)] == [
            (OTHER.vkey.public_key, "mine"),
            (PUBLIC, "lynas"),
        ]
        held = HeldKey(KEY.vkey, lambda message: agents.sign(path, PUBLIC, message))
        assert held.sign(b"message") == KEY.sign(b"message")


def test_keys_of_other_kinds_are_left_out(place: Path) -> None:
    listed = fake.identities((RSA, "rsa"), (FIDO, "fido"), (blob(PUBLIC), ""))
    with fake.agent(place, fake.Held(lies={fake.LIST: listed})) as path:
        assert [found.public_key for found in agents.keys(path)] == [PUBLIC]


@pytest.mark.parametrize("path", [None, "", "/nowhere/agent", "x" * 200, "a\0b"])
def test_without_an_agent_it_says_how_to_get_one(path: str | None) -> None:
    with pytest.raises(KeyStoreError, match="ssh-add FILE"):
        agents.keys(path)


def test_a_key_that_is_not_there_is_missed(place: Path) -> None:
    with (
        fake.agent(place, fake.Held(OTHER)) as path,
        pytest.raises(KeyStoreError, match="does not have the key SHA256:"),
    ):
        agents.sign(path, PUBLIC, b"message")


@pytest.mark.parametrize(
    "lies",
    [
        {fake.LIST: bytes([fake.FAILURE])},
        {fake.LIST: b""},
        {fake.LIST: bytes([fake.IDENTITIES]) + b"\0\0\0\1"},
        {fake.LIST: bytes([fake.IDENTITIES, 0])},
        {fake.LIST: bytes([fake.IDENTITIES]) + b"\0\0\0\1\xff\xff\xff\xffx"},
        {fake.LIST: bytes([fake.IDENTITIES]) + b"\0\0\0\1" + fake.text(b"\xff" * 9) + fake.text(b"\xff")},
        {fake.SIGN: bytes([fake.FAILURE])},
        {fake.SIGN: b""},
        {fake.SIGN: bytes([fake.SIGNED])},
        {fake.SIGN: fake.signature(b"short")},
        {fake.SIGN: fake.signature(bytes(64), b"ssh-rsa")},
        {fake.SIGN: fake.signature(bytes(64))},
        {fake.SIGN: fake.signature(OTHER.sign(b"message"))},
        {fake.SIGN: fake.signature(KEY.sign(b"another message"))},
    ],
)
def test_a_lie_is_no_signature(place: Path, lies: dict[int, bytes]) -> None:
    with fake.agent(place, fake.Held(KEY, lies=lies)) as path:
        held = HeldKey(KEY.vkey, lambda message: agents.sign(path, PUBLIC, message))
        with pytest.raises(KeyStoreError):
            held.sign(b"message")


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paramiko.agent", None)
    with pytest.raises(UsageError, match=r"monazite\[ssh\]"):
        agents.keys("anywhere")
