"""Timestamps from the command line: asked for, kept, verified against a pinned authority; tampering is found."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from tests.cli.test_witness import ADD, forked
from tests.seal.authority import Authority

pytest.importorskip("rfc3161_client", reason="the optional dependency is not installed: run `make install`")


@pytest.fixture
def stamped(shell: Shell) -> Shell:
    """A ledger of two entries, both timestamped by the authority in `tsa`."""
    shell("init", "--origin", "ledger.example/ree", "--operator", "reg", "--unsafe-no-passphrase")
    shell(*ADD, "one")
    stamp(shell, Authority(Path("tsa").resolve()))
    return shell


def stamp(shell: Shell, authority: Authority) -> None:
    shell("checkpoint", "--timestamp-request", "q")
    Path("r").write_bytes(authority.answer(Path("q").read_bytes()))
    shell("checkpoint", "--add-timestamp", "r")


def test_a_timestamp_is_kept_and_verified(stamped: Shell) -> None:
    assert "timestamps" not in stamped.json("verify")
    result = stamped.json("verify", "--tsa", "tsa/root.pem")
    (found,) = result["timestamps"]
    assert (found["size"], found["root"]) == (4, result["checkpoint"]["root"])
    stamped(*ADD, "two")  # what was timestamped is still the beginning of the ledger
    result = stamped.json("verify", "--tsa", "tsa/root.pem")
    assert result["timestamps"] == [found]
    assert "when the newest 2 entries were there" in {item["what"] for item in result["not_checked"]}
    assert f"timestamped: the first 4 entries were there at {found['time']}" in stamped(
        "verify", "--tsa", "tsa/root.pem"
    )


def test_another_history_than_the_timestamped_one_shows_at_first_sight(
    stamped: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy("monazite.db", "old.db")
    stamped(*ADD, "two")
    authority = object.__new__(Authority)
    authority.folder = Path("tsa").resolve()
    stamp(stamped, authority)
    assert [row["size"] for row in stamped.json("verify", "--tsa", "tsa/root.pem")["timestamps"]] == [4, 6]
    vkey = stamped("key", "show", "ledger.example/ree").strip()
    forked(stamped, monkeypatch, 1)
    monkeypatch.setenv("MONAZITE_STATE", str(stamped.folder / "newcomer"))
    stamped("verify", "--trust", vkey)
    result = stamped.json("verify", "--trust", vkey, "--tsa", "tsa/root.pem", code=1)
    assert [item["code"] for item in result["findings"] if item["severity"] == "error"] == ["SEAL-TIMESTAMP"]
    assert "6 entries that are not those here" in result["findings"][0]["message"]
    assert [row["size"] for row in result["timestamps"]] == [4]
    shutil.copytree("monazite.db.timestamps", "old.db.timestamps")
    result = stamped.json("verify", "--ledger", "old.db", "--trust", vkey, "--tsa", "tsa/root.pem", code=1)
    (said,) = [item["message"] for item in result["findings"] if item["code"] == "SEAL-TIMESTAMP"]
    assert "6 entries, of which 2 are missing: 4 are here" in said


def test_a_timestamp_that_was_tampered_with_is_found(stamped: Shell) -> None:
    (path,) = Path("monazite.db.timestamps").glob("*.tsr")
    token, note = path.read_bytes(), path.with_suffix(".note").read_bytes()
    Authority(Path("other").resolve())
    said = " ".join(stamped("verify", "--tsa", "other/root.pem", code=1).split())
    assert "SEAL-TIMESTAMP" in said
    assert "does not lead to the certificate given" in said
    assert "ErrorStack" not in said
    path.write_bytes(token[:-1] + bytes((token[-1] ^ 1,)))
    assert "SEAL-TIMESTAMP" in stamped("verify", "--tsa", "tsa/root.pem", code=1)
    path.write_bytes(token)
    path.with_suffix(".note").write_bytes(note.replace(b"\n4\n", b"\n6\n"))
    assert "SEAL-TIMESTAMP" in stamped("verify", "--tsa", "tsa/root.pem", code=1)
    path.with_suffix(".note").unlink()
    stamped("verify", "--tsa", "tsa/root.pem", code=3)


def test_bad_requests_are_refused(stamped: Shell) -> None:
    stamped(*ADD, "two")
    stamped("checkpoint", "--add-timestamp", "r", code=2)
    assert "something else" in stamped.err
    stamped("checkpoint", "--add-timestamp", stamped.write("x", "nonsense"), code=2)
    assert "no response of RFC 3161" in " ".join(stamped.err.split())
    stamped("checkpoint", "--add-timestamp", "absent", code=2)
    stamped("checkpoint", "--add-timestamp", "r", "--note", code=2)
    for file in (stamped.write("x", "nonsense"), "absent", "tsa/pem"):
        stamped("verify", "--tsa", file, code=2)
        assert "://" not in stamped.err
