"""The same with real holders: OpenSSH's agent, and a PKCS#11 token (SoftHSM2)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ledger.errors import KeyStoreError, UsageError
from ledger.seal.held import HeldKey, fingerprint
from ledger.seal.keys import SigningKey
from ledger.store import agent, token
from tests.cli.conftest import HEADER, Shell
from tests.holders.conftest import Token, ssh_add

pytestmark = [pytest.mark.deep, pytest.mark.xdist_group("holders")]

KEY = SigningKey.from_seed("kuantan", b"\7" * 32)
SHIP = "E9,ship,2026-11-10T08:00:00+08:00,kuantan,gebeng,,subject,OX,,,,,tokyo,MY>JP,,,,,,,,,,,,,"
FILE = "shift.unsigned"


def wrong() -> str:
    return "0000"


# --- ssh-agent


def added(folder: Path, key: SigningKey) -> str:
    """A key of ours in the agent, from the file that this program writes; returns the agent's socket."""
    path = folder / "key"
    path.write_bytes(key.to_openssh(None, 1))
    path.chmod(0o600)
    ssh_add(str(path))
    return str(folder / "a")


def test_openssh_reads_our_key_file_and_signs_as_we_do(openssh: Path) -> None:
    path = added(openssh, KEY)
    (found,) = agent.keys(path)
    assert (found.public_key, found.label) == (KEY.vkey.public_key, str(openssh / "key"))
    assert fingerprint(found.public_key) in ssh_add("-l")
    held = HeldKey(KEY.vkey, lambda message: agent.sign(path, found.public_key, message))
    assert held.sign(b"message") == KEY.sign(b"message")
    ssh_add("-D")
    with pytest.raises(KeyStoreError, match="does not have the key"):
        held.sign(b"message")


def test_openssh_signs_a_shift(openssh: Path, ledger: Shell) -> None:
    added(openssh, KEY)
    ledger("key", "add", "kuantan", "--vkey", ledger("key", "show", "kuantan", "--agent").strip())
    ledger("import", ledger.write("more.csv", f"{HEADER}\n{SHIP}\n"), "--unsigned", FILE)
    ledger("sign", FILE, "--agent")
    ledger("submit", FILE)
    assert ledger.json("verify")["verdict"] == "clean"


# --- A token


def held(soft: Token, label: str) -> HeldKey:
    found = next(found for found in token.keys(soft.module, soft.label, wrong) if found.label == label)
    ask = lambda message: token.sign(soft.module, soft.label, lambda: soft.pin, found.public_key, message)  # noqa: E731
    return HeldKey.of("kuantan", found.public_key, ask)


def test_a_token_lists_its_ed25519_keys_without_a_pin_and_signs_with_one(soft: Token) -> None:
    assert sorted(found.label for found in token.keys(soft.module, soft.label, wrong)) == ["half", "one", "two"]
    one, two = held(soft, "one"), held(soft, "two")
    assert one.vkey != two.vkey
    for number in range(20):
        message = bytes([number]) * number
        assert len(one.sign(message)) == len(two.sign(message)) == 64


def test_a_token_that_does_not_sign_says_why(soft: Token) -> None:
    public_key = held(soft, "one").vkey.public_key
    with pytest.raises(KeyStoreError, match="wrong PIN for the token 'plant'"):
        token.sign(soft.module, soft.label, wrong, public_key, b"x")
    with pytest.raises(KeyStoreError, match="has no token labelled 'nobody'; it has bare, plant"):
        token.keys(soft.module, "nobody", wrong)
    with pytest.raises(KeyStoreError, match="does not have the key SHA256:"):
        token.sign(soft.module, soft.label, lambda: soft.pin, KEY.vkey.public_key, b"x")
    with pytest.raises(KeyStoreError, match="the public half of half only"):
        held(soft, "half").sign(b"x")
    assert token.keys(soft.module, "bare", lambda: soft.pin) == []


def test_a_token_signs_a_shift_once_and_every_record(
    soft: Token, ledger: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ("--pkcs11", soft.module, "--token", soft.label)
    ledger("key", "show", "kuantan", *place, code=2)
    assert "has 3 such keys; say which with --which" in ledger.err
    vkey = ledger("key", "show", "kuantan", *place, "--which", "one").strip()
    ledger("key", "add", "kuantan", "--vkey", vkey)
    ledger("import", ledger.write("more.csv", f"{HEADER}\n{SHIP}\n"), "--unsigned", FILE)
    ledger("sign", FILE, *place, "--which", "one", code=2)
    assert "wants its PIN: set MONAZITE_PIN" in ledger.err
    monkeypatch.setenv("SHIFT_PIN", soft.pin)
    said = ledger("sign", FILE, *place, "--which", "one", "--pin-env", "SHIFT_PIN")
    assert f"Signed 1 submission with {vkey}" in said
    ledger("submit", FILE)
    ledger("key", "link", "kuantan", *place, "--which", "one", "--pin-env", "SHIFT_PIN", "--replace")
    words = ("record", "dispose", "--actor", "kuantan", "--site", "gebeng", "--reason", "waste", "--lot")
    ledger(*words, "RES")
    assert ledger.json("verify")["verdict"] == "clean"
    before = ledger("checkpoint", "--note")
    monkeypatch.setenv("SHIFT_PIN", "0000")
    ledger(*words, "ORE", code=2)
    assert "wrong PIN for the token 'plant'" in ledger.err
    assert ledger("checkpoint", "--note") == before


def test_a_linked_token_signs_a_whole_import_once_a_submission(
    soft: Token, ledger: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []
    true = token.sign

    def counted(*arguments: object) -> bytes:
        asked.append(arguments[-1])  # type: ignore[arg-type]
        return true(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(token, "sign", counted)
    monkeypatch.setenv("MONAZITE_PIN", soft.pin)
    ledger("key", "link", "drill", "--pkcs11", soft.module, "--token", soft.label, "--which", "two")
    ledger("party", "add", "drill", "--country", "AU", "--role", "miner")
    ledger("site", "add", "dig", "--party", "drill", "--country", "AU", "--name", "Dig")
    lines = [
        f"M{n},extract,2026-11-20T08:00:00+08:00,drill,dig,,out,M{n},ore,1,t,,,,,,AU,,,,,,,,8,1.6,0.01"
        for n in range(50)
    ]
    ledger("import", ledger.write("dug.csv", "\n".join((HEADER, *lines)) + "\n"), "--batch", "25")
    assert len(asked) == 2
    assert ledger.json("verify")["verdict"] == "clean"


def test_without_the_extra_it_says_what_to_install(soft: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(UsageError, match=r"monazite\[hsm\]"):
        token.keys(soft.module, soft.label, wrong)
