"""Witnesses, policies and evidence from the command line, as an operator, a witness, a reader and an outsider."""

from __future__ import annotations

import io
import json
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cli import context
from tests.cli.conftest import Shell

W = "witness.example/w1"
ADD = ("party", "add", "--name", "More", "--country", "AU", "--role", "trader", "--unsafe-no-passphrase")


@pytest.fixture
def small(shell: Shell) -> Shell:
    """A ledger of two entries and a witness that knows it."""
    shell("init", "--origin", "ledger.example/ree", "--operator", "reg", "--unsafe-no-passphrase")
    shell(*ADD, "one")
    shell("witness", "init", W, "--log", vkey(shell), "--unsafe-no-passphrase")
    return shell


def vkey(shell: Shell) -> str:
    return shell("key", "show", "ledger.example/ree").strip()


def policy(shell: Shell) -> str:
    lines = shell.json("witness", "show", W)["policy"]
    return shell.write("policy.txt", "\n".join([f"log {vkey(shell)}", *lines, ""]))


def cosigned(shell: Shell) -> None:
    """One whole round: request, answer, published."""
    size = shell.json("witness", "show", W)["logs"][0]["size"]
    shell("checkpoint", "--request", "--from", str(size), "-o", "request")
    shell("witness", "cosign", W, "request", "-o", "answer")
    shell("checkpoint", "--add", "answer", "--trust", policy(shell))


def forked(shell: Shell, monkeypatch: pytest.MonkeyPatch, entries: int) -> None:
    """The same operator shows the ledger with other newest entries than before."""
    shutil.copy("monazite.db", "true.db")
    shutil.copy("old.db", "monazite.db")
    with monkeypatch.context() as patch:
        patch.setenv("MONAZITE_STATE", str(shell.folder / "operator"))
        for number in range(entries):
            shell(*ADD, f"other{number}")


def test_a_round_of_witnessing(small: Shell) -> None:
    trust = policy(small)
    result = small.json("verify", "--trust", trust, code=1)
    assert [item["code"] for item in result["findings"]] == ["SEAL-QUORUM"]
    assert result["witnesses"] == {
        "quorum": {"met": False, "says": f"the quorum {W} is not met: {W} did not cosign"},
        "cosignatures": [],
    }
    cosigned(small)
    result = small.json("verify", "--trust", trust)
    assert result["witnesses"]["quorum"]["met"] is True
    assert [row["witness"] for row in result["witnesses"]["cosignatures"]] == [W]
    assert f"cosigned by {W} at 20" in small("verify", "--trust", trust)
    assert small("verify")  # the pin of `init` asks for no witness
    small(*ADD, "two")
    assert small.json("verify", "--trust", trust, code=1)["findings"][0]["code"] == "SEAL-QUORUM"
    cosigned(small)
    small("verify", "--trust", trust)


def test_requests_and_answers_go_through_pipes(small: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    class Pipe:
        def __init__(self, data: str) -> None:
            self.buffer = io.BytesIO(data.encode())

        def isatty(self) -> bool:
            return False

    request = small("checkpoint", "--request")
    assert request.startswith("old 0\n\nledger.example/ree\n")
    monkeypatch.setattr(sys, "stdin", Pipe(request))
    lines = small("witness", "cosign", W, "-")
    assert lines.startswith(f"\u2014 {W} ")
    monkeypatch.setattr(sys, "stdin", Pipe(lines))
    shown = small.json("witness", "show", W)
    assert small("checkpoint", "--add", "-", "--witness", shown["vkeys"][0]).endswith(lines)
    assert small.json("checkpoint", "--note")["note"].endswith(lines)


def test_a_pinned_policy_asks_for_its_quorum_from_then_on(small: Shell) -> None:
    trust = policy(small)
    small("verify", "--trust", trust, "--pin", code=1)  # nothing is pinned by a verification with findings
    small("verify")
    cosigned(small)
    small("verify", "--trust", trust, "--pin")
    small(*ADD, "two")
    assert "SEAL-QUORUM" in small("verify", code=1)
    small("verify", "--trust", vkey(small))
    small("verify", "--trust", vkey(small), "--pin", code=2)
    assert "asks for the quorum" in small.err


def test_a_witness_with_two_keys_of_both_kinds(small: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONAZITE_PASSPHRASE", "secret")
    said = small("witness", "init", W, "--type", "mldsa44")
    assert f"group {W} any {W}:ed25519 {W}:mldsa44" in said
    monkeypatch.delenv("MONAZITE_PASSPHRASE")
    small("checkpoint", "--request", "-o", "request")
    small("witness", "cosign", W, "request", code=2)
    assert "passphrase" in small.err
    monkeypatch.setenv("MONAZITE_PASSPHRASE", "secret")
    cosigned(small)
    result = small.json("verify", "--trust", policy(small))
    assert [row["witness"] for row in result["witnesses"]["cosignatures"]] == [f"{W}:ed25519", f"{W}:mldsa44"]


def test_refusals_say_what_was_cosigned_last(small: Shell) -> None:
    small("witness", "cosign", W, "--ledger", "monazite.db")
    small("checkpoint", "--request", "-o", "request")
    answer = small.json("witness", "cosign", W, "request", code=1)
    assert (answer["status"], answer["reason"], answer["size"]) == (409, "conflict", 4)
    assert "--from 4" in small.err
    text = Path("request").read_text(encoding="utf-8")
    for changed, status, code in (
        (text.replace("ledger.example/ree\n4", "ledger.example/other\n4"), 404, 1),
        (text.replace("\n4\n", "\n5\n"), 403, 1),
        (text.replace("old 0", "old 9"), 400, 1),
    ):
        assert small.json("witness", "cosign", W, small.write("changed", changed), code=code)["status"] == status
    small("witness", "cosign", W, small.write("changed", "nonsense"), code=2)
    small("witness", "cosign", W, small.write("changed", "x" * 2_000_000), code=2)
    assert small.json("witness", "show", W)["logs"][0]["size"] == 4


def test_a_clock_that_runs_back_is_not_signed(small: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    small("witness", "cosign", W, "--ledger", "monazite.db")
    now = context.now
    monkeypatch.setattr(context, "now", lambda: now() - timedelta(hours=1))
    small("witness", "cosign", W, "--ledger", "monazite.db", code=2)
    assert "does not run back" in small.err


@pytest.mark.parametrize("entries", [1, 3])
def test_a_witness_that_reads_the_ledger_keeps_the_proof_of_a_fork(
    small: Shell, monkeypatch: pytest.MonkeyPatch, entries: int
) -> None:
    shutil.copy("monazite.db", "old.db")
    small(*ADD, "two")
    small("witness", "cosign", W, "--ledger", "monazite.db")
    forked(small, monkeypatch, entries)
    answer = small.json("witness", "cosign", W, "--ledger", "monazite.db", code=1)
    assert (answer["status"], answer["reason"]) == (422, "inconsistent")
    assert "THE LOG FORKED" in small.err
    judged = small.json("evidence", answer["evidence"]["file"], "--trust", vkey(small))
    assert judged["proven"] is True
    assert judged["claim"] == ("two-roots" if entries == 1 else "rewritten")
    small("checkpoint", "--request", "--from", "6", "-o", "request")  # the same from a request alone
    again = small.json("witness", "cosign", W, "request", code=1)
    assert small.json("evidence", again["evidence"]["file"], "--trust", vkey(small))["claim"] == judged["claim"]
    shutil.copy("old.db", "monazite.db")  # a shorter ledger is refused as well, and proves nothing
    assert "evidence" not in small.json("witness", "cosign", W, "--ledger", "monazite.db", code=1)
    assert small.json("witness", "show", W)["logs"][0]["size"] == 6


@pytest.mark.parametrize("entries", [1, 3])
def test_a_fork_is_kept_and_convinces_an_outsider(small: Shell, monkeypatch: pytest.MonkeyPatch, entries: int) -> None:
    shutil.copy("monazite.db", "old.db")
    small(*ADD, "two")
    small("verify")
    forked(small, monkeypatch, entries)
    result = small.json("verify", code=1)
    assert "SEAL-FORK" in {item["code"] for item in result["findings"]}
    kept = Path(result["evidence"])
    assert kept.parent.parent == small.folder / "state"
    assert small.json("verify", code=1)["evidence"] == str(kept)  # the same contradiction, the same file
    assert "EVIDENCE" in small("verify", "--evidence", "handed-on.json", code=1)
    assert Path("handed-on.json").read_bytes() == kept.read_bytes()
    log = vkey(small)
    for name in ("MONAZITE_STATE", "MONAZITE_KEYS", "MONAZITE_LEDGER"):
        monkeypatch.setenv(name, str(small.folder / "nowhere"))
    said = small("evidence", "handed-on.json", "--trust", log)
    assert "PROVEN: this log forked" in said
    assert "Who used the log's key" in said


def test_evidence_that_proves_no_fork_says_so(small: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    log = vkey(small)
    shutil.copy("monazite.db", "old.db")
    small(*ADD, "two")
    small("verify")
    small("verify", "--evidence", "none.json")
    assert "was not written" in small.err
    assert not Path("none.json").exists()
    shutil.copy("old.db", "monazite.db")
    result = small.json("verify", "--evidence", "older.json", code=1)
    assert result["findings"][0]["code"] == "SEAL-ROLLBACK"
    assert "NO FORK PROVEN (older)" in small("evidence", "older.json", "--trust", log, code=1)
    other = log.replace("ledger.example/ree", "ledger.example/x")
    small("evidence", "older.json", "--trust", other, code=2)
    monkeypatch.setenv("MONAZITE_KEYS", str(small.folder / "theirs"))
    small("key", "new", "ledger.example/ree", "--unsafe-no-passphrase")
    small("evidence", "older.json", "--trust", vkey(small), code=3)
    assert "proves nothing of ledger.example/ree" in small.err
    small("evidence", small.write("bad.json", "{}"), "--trust", log, code=2)
    built: dict[str, Any] = json.loads(Path("older.json").read_text(encoding="utf-8"))
    built["shown"]["size"] = 7
    small("evidence", small.write("bad.json", json.dumps(built)), "--trust", log, code=2)
    small("evidence", "absent.json", "--trust", log, code=2)


def test_a_lost_memory_stops_the_witness(small: Shell) -> None:
    small("witness", "cosign", W, "--ledger", "monazite.db")
    (kept,) = (small.folder / "state" / "witness").rglob("checkpoint")
    kept.unlink()
    small("witness", "cosign", W, "--ledger", "monazite.db", code=3)
    assert "must not begin anew" in small.err


def test_a_memory_that_moved_on_is_compared_with(small: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two verifiers at once the slower one verifies anew, against what the other has remembered meanwhile."""
    from ledger import verify as verification

    shutil.copy("monazite.db", "old.db")
    small(*ADD, "two")
    kept = next((small.folder / "state").glob("*/checkpoint"))
    newer = kept.read_bytes()
    forked(small, monkeypatch, 2)
    kept.write_bytes(small.json("checkpoint", "--note", "--ledger", "old.db")["note"].encode())
    verify, calls = verification.verify, []

    def slow(*arguments: Any, **named: Any) -> Any:
        calls.append(named["remembered"])
        verdict = verify(*arguments, **named)
        kept.write_bytes(newer)  # the other one is done with the true ledger
        return verdict

    monkeypatch.setattr(verification, "verify", slow)
    assert "SEAL-FORK" in small("verify", code=1)
    assert calls[1:] == [newer]
    assert kept.read_bytes() == newer


def test_adding_a_cosignature_does_not_cover_up_a_fork(small: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy("monazite.db", "old.db")
    small(*ADD, "two")
    forked(small, monkeypatch, 1)
    cosigned(small)  # the witness has not seen the other history
    assert "SEAL-FORK" in small("verify", code=1)


def test_a_witness_of_any_name_is_in_nobodys_way(small: Shell) -> None:
    for name in ("policy", "checkpoint"):
        small("witness", "init", name, "--log", vkey(small), "--unsafe-no-passphrase")
    for name in ("..", ".x"):
        small("witness", "init", name, "--unsafe-no-passphrase", code=2)
    small("verify")


def test_what_no_checkpoint_covers_is_said_when_witnesses_are_asked(small: Shell) -> None:
    (small.folder / "keys" / "ledger.example%2Free.key").rename("away")
    small(*ADD, "two")
    small("checkpoint", "--request")
    assert "newest 1 entries are under no checkpoint" in small.err


@pytest.mark.parametrize(
    "words",
    [
        ("witness", "init", W, "--type", "rsa", "--unsafe-no-passphrase"),
        ("witness", "init", W, "--unsafe-no-passphrase"),
        ("witness", "init", "a b", "--unsafe-no-passphrase"),
        ("witness", "log", "nobody", "x"),
        ("witness", "log", W, "nonsense"),
        ("witness", "show", "nobody"),
        ("witness", "cosign", W),
        ("witness", "cosign", W, "request", "--ledger", "monazite.db"),
        ("witness", "cosign", W, "absent"),
        ("checkpoint", "--note", "--request"),
        ("checkpoint", "--from", "6"),
        ("checkpoint", "--witness", "x"),
        ("checkpoint", "--request", "--from", "99"),
        ("checkpoint", "--add", "absent"),
    ],
)
def test_bad_requests_have_exit_code_2(small: Shell, words: tuple[str, ...]) -> None:
    small(*words, code=2)
    assert small.err
