"""Files from outside that are too large, gone or in no folder: an error with the file's name, and never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli import registry
from cli.files import read, save
from ledger.errors import FormatError, UsageError
from tests.cli.conftest import Shell


@pytest.mark.parametrize("kind", ["party", "site"])
def test_a_table_that_is_too_large_is_named(ledger: Shell, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "MAX_FILE", 10)
    ledger(kind, "add", "--from", ledger.write("big.csv", "x" * 11), code=2)
    assert "big.csv" in ledger.err
    assert "larger than 10 bytes" in ledger.err


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"none: No such file"):
        read(tmp_path / "none", 4)


def test_a_file_is_written_into_a_folder_that_is_there_or_through_a_link(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        save(tmp_path / "none" / "file", "text")
    save(tmp_path / "file", "text")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    save(tmp_path / "link", b"bytes")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"bytes"


def test_a_fault_names_what_was_given_and_the_file_once(ledger: Shell) -> None:
    big = ledger.write("big.txt", "x" * 2_000_000)
    for words, said in (
        (("verify", "--proof", big), "is larger"),
        (("verify", "--trust", "no-such-policy"), "there is no file 'no-such-policy'"),
        (("witness", "init", "w", "--log", "x", "--unsafe-no-passphrase"), "--log is a log's verifier key"),
        (("verify", "--tsa", ledger.write("root.pem", "x")), "root.pem: not a file of certificates in PEM"),
        (("checkpoint", "--add-timestamp", ledger.write("answer.tsr", "x")), "answer.tsr: not an authority's response"),
    ):
        ledger(*words, code=2)
        shown = " ".join(ledger.err.split())
        assert shown.count("big.txt") <= 1
        assert said.replace("is larger", "larger than") in shown
