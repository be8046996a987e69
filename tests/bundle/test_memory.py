"""Who reads only bundles and receipts has a memory, too: a fork and an older bundle show, and what lies there is not believed."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from ledger.seal import checkpoint
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.keys import SigningKey
from ledger.store.state import State
from tests.cli.conftest import Shell
from tests.cli.conftest import ledger as ledger  # noqa: PLC0414  (a fixture is used by its name)
from tests.cli.conftest import recorded as recorded  # noqa: PLC0414  (as above)
from tests.cli.conftest import shell as shell  # noqa: PLC0414  (as above)

SAID = ("--scheme", "ISO 22095", "--about-site", "kuma", "--actor", "audit")
LOG = SigningKey.from_seed("ledger.example/ree", bytes([9]) * 32)


@pytest.fixture
def reader(ledger: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Bundles, receipts and ledgers of one log: `old` of fewer entries, and `true` and `other` as many and not the same; `longer` continues `other`."""
    ledger("export", "bundle", "OX", "-o", "old.monazite")
    shutil.copy("monazite.db", "old.db")
    for name in ("true", "other"):
        monkeypatch.setenv("MONAZITE_STATE", str(ledger.folder / f"operator-{name}"))
        shutil.copytree("state", f"operator-{name}")
        shutil.copy("old.db", f"{name}.db")
        ledger("record", "attest", *SAID, "--result", name, "--ledger", f"{name}.db")
        ledger("export", "bundle", "OX", "-o", f"{name}.monazite", "--ledger", f"{name}.db")
        ledger("export", "proof", "OX", "-o", f"{name}.tlog-proof", "--ledger", f"{name}.db")
    shutil.copy("other.db", "longer.db")
    ledger("record", "attest", *SAID, "--result", "more", "--ledger", "longer.db")
    ledger("export", "bundle", "OX", "-o", "longer.monazite", "--ledger", "longer.db")
    monkeypatch.setenv("MONAZITE_STATE", str(ledger.folder / "reader"))
    vkey = ledger("key", "show", "ledger.example/ree").strip()
    ledger("verify", "true.monazite", "--trust", vkey, "--pin")
    return ledger


def codes(shell: Shell, *words: str, code: int = 1) -> set[str]:
    return {item["code"] for item in shell.json("verify", *words, code=code)["findings"] if item["severity"] == "error"}


def seen() -> Path:
    (folder,) = Path("reader").glob("*/seen")
    return folder


@pytest.mark.parametrize("words", [("other.monazite",), ("--proof", "other.tlog-proof"), ("--ledger", "other.db")])
def test_two_trees_of_one_size_are_a_fork_with_evidence(reader: Shell, words: tuple[str, ...]) -> None:
    assert codes(reader, *words) == {"SEAL-FORK"}
    kept = reader.json("verify", *words, code=1)["evidence"]
    vkey = reader("key", "show", "ledger.example/ree").strip()
    assert reader.json("evidence", kept, "--trust", vkey)["claim"] == "two-roots"
    assert "EVIDENCE" in reader("verify", *words, "--evidence", "e.json", code=1)
    assert json.loads(Path("e.json").read_bytes())["claim"] == "two-roots"
    assert codes(reader, "true.monazite", code=0) == set()
    if words != ("--ledger", "other.db"):
        reader("verify", "--ledger", "true.db")
        assert codes(reader, *words) == {"SEAL-FORK"}


def test_a_receipt_is_remembered_as_a_bundle_is(reader: Shell) -> None:
    shutil.rmtree(seen())
    reader("verify", "--proof", "other.tlog-proof")
    assert codes(reader, "true.monazite") == {"SEAL-FORK"}
    assert codes(reader, "--ledger", "true.db") == {"SEAL-FORK"}


def test_a_ledger_that_goes_on_otherwise_convicts_the_log_by_a_proof(reader: Shell) -> None:
    found = reader.json("verify", "longer.monazite")  # of another size: no proof leads from one to the other
    assert "whether this is the history that you saw before" in {item["what"] for item in found["not_checked"]}
    found = reader.json("verify", "--ledger", "longer.db", code=1)
    assert {item["code"] for item in found["findings"] if item["severity"] == "error"} == {"SEAL-FORK"}
    vkey = reader("key", "show", "ledger.example/ree").strip()
    assert reader.json("evidence", found["evidence"], "--trust", vkey)["claim"] == "rewritten"
    assert not list(Path("reader").glob("*/checkpoint"))


def test_what_is_older_than_a_bundle_is_warned_of(reader: Shell) -> None:
    reader("export", "proof", "OX", "-o", "old.tlog-proof", "--ledger", "old.db")
    for what, words in (
        ("bundle", ("old.monazite",)),
        ("receipt", ("--proof", "old.tlog-proof")),
        ("ledger", ("--ledger", "old.db")),
    ):
        found = reader.json("verify", *words)
        assert f"the {what} is of" in reader.err
        assert "Ask for a new one" in reader.err
        gaps = {item["what"] for item in found["not_checked"]}
        assert gaps & {"whether this is the history that you saw before", "what newer entries say"}
    reader("verify", "true.monazite")
    assert "Ask for a new one" not in reader.err


def test_what_lies_in_the_memory_is_not_believed(reader: Shell) -> None:
    (path,) = seen().iterdir()
    true = path.read_bytes()
    for data in (b"", b"\xff", true.replace(b"\n\n", b"\nmore\n\n", 1), bytes(900_000)):
        path.write_bytes(data)
        assert codes(reader, "true.monazite") == {"SEAL-CHECKPOINT"}
        assert codes(reader, "--proof", "true.tlog-proof") == {"SEAL-CHECKPOINT"}
        assert codes(reader, "--ledger", "true.db") == {"SEAL-CHECKPOINT"}
        assert path.read_bytes() == data
    path.write_bytes(bytes(2_000_000))
    for words in (("true.monazite",), ("--proof", "true.tlog-proof"), ("--ledger", "true.db")):
        reader("verify", *words, code=3)
        assert str(path) in reader.err.replace("\n", "")
    path.write_bytes(true)
    for name in ("x", "01", "-1", "99999999999999999", "other.lock"):
        (seen() / name).write_bytes(b"x")
    reader("verify", "true.monazite")
    shutil.rmtree(seen())
    seen_as_file = next(Path("reader").glob("*/policy")).with_name("seen")
    seen_as_file.write_bytes(b"x")
    reader("verify", "true.monazite", code=3)


def test_nothing_is_remembered_of_what_has_errors(reader: Shell) -> None:
    shutil.rmtree(seen())
    data = Path("true.monazite").read_text(encoding="utf-8")
    reader.write("bad.monazite", data.replace("99500000", "99600000"))
    reader("verify", "bad.monazite", code=1)
    reader("verify", "--proof", "true.tlog-proof", "--entry", "true.db", code=1)
    assert not list(Path("reader").glob("*/seen/*"))


def head(size: int, root: bytes = bytes(32)) -> bytes:
    return checkpoint.sign(Checkpoint(LOG.name, size, root), LOG)


def test_the_memory_is_bounded_and_keeps_the_largest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 8
    monkeypatch.setattr("ledger.store.state.MAX_SEEN", most)
    state = State(tmp_path)
    assert (state.seen_sizes(LOG.vkey), state.seen(LOG.vkey, 1)) == ([], None)
    assert state.see(LOG.vkey, head(9000))
    for size in range(1, most + 3):
        assert state.see(LOG.vkey, head(size))
        path = state.place(LOG.vkey) / "seen"
        os.utime(path / str(size), ns=(size, size))  # older than the largest, and one after the other
    os.utime(path / "9000", ns=(0, 0))
    assert state.see(LOG.vkey, head(5000))
    assert state.seen_sizes(LOG.vkey) == [*range(5, most + 3), 5000, 9000]
    assert state.see(LOG.vkey, head(5))  # shown again, so not the next to go
    assert state.see(LOG.vkey, head(5001))
    assert state.seen_sizes(LOG.vkey)[:2] == [5, 7]


def test_one_tree_is_kept_of_a_size_and_under_more_lines(tmp_path: Path) -> None:
    state = State(tmp_path)
    bare = head(7)
    more = bare + bare.splitlines(keepends=True)[-1]
    assert state.see(LOG.vkey, bare)
    assert state.see(LOG.vkey, more)
    assert state.see(LOG.vkey, bare)
    assert state.seen(LOG.vkey, 7) == more
    assert not state.see(LOG.vkey, head(7, bytes([1]) * 32))
    assert state.seen(LOG.vkey, 7) == more
