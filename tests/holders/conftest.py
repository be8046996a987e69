"""Real holders of keys, started for the tests: OpenSSH's agent and a SoftHSM2 token."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cli.conftest import ledger as ledger  # noqa: PLC0414  (a fixture is used by its name)
from tests.cli.conftest import recorded as recorded  # noqa: PLC0414
from tests.cli.conftest import shell as shell  # noqa: PLC0414

NEEDED = "run tests/install.sh holders, or apt-get install openssh-client softhsm2"
MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
)
PIN, OFFICER = "4711", "47114711"


class Token(NamedTuple):
    """A token with Ed25519 keys labelled `one` and `two` and an elliptic key of another kind."""

    module: str
    label: str
    pin: str


@pytest.fixture(scope="session")
def soft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    """One for all tests of a process: a PKCS#11 library reads its configuration once."""
    module = next((path for path in MODULES if Path(path).is_file()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        pytest.fail(f"SoftHSM2 is not installed: {NEEDED}")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n", encoding="utf-8"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
        for label in ("plant", "bare"):
            subprocess.run(
                ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", OFFICER],
                check=True,
                capture_output=True,
            )
        token = Token(module, "plant", PIN)
        _make_keys(token)
        yield token


def _make_keys(token: Token) -> None:
    import pkcs11
    from pkcs11 import Attribute, KeyType, Mechanism
    from pkcs11.util.ec import encode_named_curve_parameters

    opened = pkcs11.lib(token.module).get_token(token_label=token.label).open(rw=True, user_pin=token.pin)
    with opened as session:
        for number, label in enumerate(("one", "two", "half")):
            edwards = session.create_domain_parameters(
                KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: bytes.fromhex("06032b6570")}, local=True
            )
            _public, private = edwards.generate_keypair(
                mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN, store=True, label=label, id=bytes([number])
            )
            if label == "half":
                private.destroy()
        other = session.create_domain_parameters(
            KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}, local=True
        )
        other.generate_keypair(store=True, label="p256", id=b"\x09")


@pytest.fixture
def openssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """OpenSSH's own agent, empty; yields the folder of its socket."""
    if shutil.which("ssh-agent") is None or shutil.which("ssh-add") is None:
        pytest.fail(f"OpenSSH's client is not installed: {NEEDED}")
    path = tmp_path / "a"
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.DEVNULL) as process:
        try:
            for _ in range(500):
                if path.exists():
                    break
                time.sleep(0.01)
            monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
            yield tmp_path
        finally:
            process.terminate()


def ssh_add(*words: str) -> str:
    """Tell the agent something; returns what it says."""
    done = subprocess.run(["ssh-add", *words], check=True, capture_output=True, text=True, env=dict(os.environ))
    return done.stdout
