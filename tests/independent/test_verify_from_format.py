"""A stranger's verifier, written from docs/format.md alone, and `monazite verify` agree on every bundle fixture."""

from __future__ import annotations

import ast
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli import main
from fixtures.bundles.make import FOLDER
from ledger.bundle.format import parse
from ledger.bundle.verify import verify
from ledger.errors import FormatError
from ledger.seal import trust
from ledger.seal.cosigner import Cosigner
from ledger.seal.keys import SigningKey
from tests.independent import verify_from_format as stranger

SCRIPT = Path(stranger.__file__)
INDEX: dict[str, dict[str, Any]] = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
COSIGNED = "good/oxide-cosigned.monazite"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `monazite verify` remembers stays in the test."""
    monkeypatch.setenv("MONAZITE_STATE", str(tmp_path / "state"))


def ask_stranger(bundle: Path, policy: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The script's exit code and what it prints; in one process it must begin anew."""
    stranger.step[0] = "unreadable"
    capsys.readouterr()
    return stranger.main([str(bundle), str(policy)]), capsys.readouterr().out


def ask_monazite(bundle: Path, policy: Path, patch: pytest.MonkeyPatch) -> int:
    patch.setattr("sys.argv", ["monazite", "verify", str(bundle), "--trust", str(policy)])
    with pytest.raises(SystemExit) as stop:
        main.main()
    return int(stop.value.code or 0)


def with_policy(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", INDEX)
def test_they_agree(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same exit code, and where there are findings, the script's first is one of those that must be found."""
    policy = with_policy(tmp_path / "policy", INDEX[name]["trust"])
    code, said = ask_stranger(FOLDER / name, policy, capsys)
    errors = INDEX[name]["errors"]
    assert code == ask_monazite(FOLDER / name, policy, monkeypatch) == (2 if "not a bundle" in errors else bool(errors))
    first = said.partition(":")[0]
    assert first in {0: ["ok\n"], 1: errors, 2: ["unreadable"]}[code], said


def test_they_agree_on_every_flipped_byte(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a sample of places in two bundles; each is refused by both as a file or as a ledger."""
    flipped = tmp_path / "flipped.monazite"
    for name in (COSIGNED, "good/oxide-with-evidence.monazite"):
        data = (FOLDER / name).read_bytes()
        policy = with_policy(tmp_path / "policy", INDEX[name]["trust"])
        rng = random.Random(name)  # noqa: S311  (a seed for repeatability)
        for at in rng.sample(range(len(data)), 60):
            bad = data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
            flipped.write_bytes(bad)
            try:
                ours = verify(parse(bad), trust.parse_trust(policy.read_bytes())).verdict.verdict
            except FormatError:
                ours = "unreadable"
            code, said = ask_stranger(flipped, policy, capsys)
            assert code == {"findings": 1, "unreadable": 2}[ours], (at, said)


LOG, WITNESS, _QUORUM = INDEX[COSIGNED]["trust"].splitlines()
OTHER = f"witness w2 {Cosigner.ed25519(SigningKey.from_seed('example/w2', bytes(32))).vkey}"
POST_QUANTUM = f"witness w3 {Cosigner.mldsa44('example/w3', bytes(32)).vkey}"


@pytest.mark.parametrize(
    ("lines", "code", "said"),
    [
        ([LOG.split()[1]], 0, "ok\n"),  # the vkey alone
        ([LOG, "quorum none"], 0, "ok\n"),
        ([LOG, WITNESS, "quorum none"], 0, "ok\n"),
        (["# the log", f"  {LOG}", WITNESS, "group g any w1", "group all 1 g", "", " quorum all"], 0, "ok\n"),
        ([LOG, WITNESS, OTHER, "group g any w1 w2", "quorum g"], 0, "ok\n"),
        ([LOG, WITNESS, OTHER, "group g all w1 w2", "quorum g"], 1, "SEAL-QUORUM"),
        ([LOG, WITNESS, OTHER, "group g 2 w1 w2", " quorum\tg"], 1, "SEAL-QUORUM"),
        ([LOG, WITNESS, OTHER, "quorum w2"], 1, "SEAL-QUORUM"),
    ],
)
def test_they_agree_on_policies(
    lines: list[str],
    code: int,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    policy = with_policy(tmp_path / "policy", "\n".join(lines) + "\n")
    found, printed = ask_stranger(FOLDER / COSIGNED, policy, capsys)
    assert (found, printed.partition(":")[0]) == (code, said)
    assert ask_monazite(FOLDER / COSIGNED, policy, monkeypatch) == code


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["quorum none"],
        [LOG],  # no quorum: nothing is never enough
        [LOG, WITNESS, "# quorum none"],
        [LOG, POST_QUANTUM, "quorum w3"],  # which it does not read, and must not pass over
        [LOG, WITNESS, "quorum w9"],
        [LOG.replace("+", "x"), "quorum none"],
    ],
)
def test_a_policy_that_it_cannot_judge_is_never_met(
    lines: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = with_policy(tmp_path / "policy", "\n".join(lines) + "\n")
    assert ask_stranger(FOLDER / COSIGNED, policy, capsys)[0] != 0


def test_it_runs_alone(tmp_path: Path) -> None:
    for name, code, said in (
        (COSIGNED, 0, "ok\n"),
        ("bad/proof-withheld.monazite", 1, "DATA-WITHHELD: "),
        ("bad/spaced.monazite", 2, "unreadable: "),
    ):
        policy = with_policy(tmp_path / "policy", INDEX[name]["trust"])
        command = [sys.executable, "-I", str(SCRIPT), str(FOLDER / name), str(policy)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (run.returncode, run.stderr) == (code, "")
        assert run.stdout.startswith(said)


def test_it_is_short_and_imports_nothing_of_the_project() -> None:
    source = SCRIPT.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 200
    assert max(map(len, source.splitlines())) <= 160
    imported = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module).split(".")[0])
    assert imported <= {*sys.stdlib_module_names, "cryptography"}
