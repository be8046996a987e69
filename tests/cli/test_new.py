"""`verify --new`: the whole the first time, then what was added."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Shell


def more(shell: Shell) -> None:
    """One event more."""
    shell("record", "assay", "--actor", "labor", "--lot", "OX; Nd2O3 99.45 %; Dy2O3 0.55 %")


def test_the_first_time_all_is_verified_and_then_what_is_new(ledger: Shell) -> None:
    first = ledger.json("verify", "--new")
    assert "the whole of it is verified" in ledger.err
    assert "since" not in first
    nothing = ledger.json("verify", "--new")
    assert (nothing["since"], nothing["checked"]["entries"]) == (first["checkpoint"]["size"], 0)
    more(ledger)
    found = ledger.json("verify", "--new", code=None)
    assert found["since"] == first["checkpoint"]["size"]
    assert found["checked"]["events"] == 1
    assert (found["whole"], found["checked"]["events"]) == (found["since"], 1)
    again = ledger.json("verify", "--new", code=None)
    assert (again["whole"], again["checked"]["events"]) == (found["since"], 0)
    said = ledger("verify", "--new", code=None)
    assert "were verified before" in said
    assert "in what is new" in said
    assert f"the first {found['whole']} of them as a whole" in " ".join(said.split())
    assert max(map(len, said.splitlines())) <= 80


def test_errors_are_not_built_on(ledger: Shell) -> None:
    ledger("verify")
    before = ledger.json("verify", "--new")["since"]
    state = next((ledger.folder / "state").glob("*/verified"))
    state.write_bytes(state.read_bytes().replace(b"monazite/verified@v1 ", b"monazite/verified@v1 9."))
    whole = ledger.json("verify", "--new")
    assert "by this version" in ledger.err
    assert "since" not in whole
    assert ledger.json("verify", "--new")["since"] == before


def test_what_the_whole_has_an_error_in_is_not_built_on(ledger: Shell) -> None:
    ledger("verify")
    more(ledger)
    kept = Path("monazite.db").read_bytes()
    with closing(sqlite3.connect("monazite.db")) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE subjects SET subject = 'lot:OTHER' WHERE subject = 'lot:OX' AND entry < 5")
        connection.commit()
    assert ledger.json("verify", code=1)["verdict"] == "findings"
    again = ledger.json("verify", "--new", code=None)
    assert "the whole of it is verified" in ledger.err
    assert again["verdict"] == "findings"
    Path("monazite.db").write_bytes(kept)
    assert "since" not in ledger.json("verify", "--new", code=None)
    assert "since" in ledger.json("verify", "--new", code=None)


@pytest.mark.parametrize(
    "words", [("some.monazite",), ("--tiles", "x"), ("--proof", "x"), ("--lot", "x"), ("--pin",), ("--cluster", "x")]
)
def test_it_goes_with_a_ledger_alone(words: tuple[str, ...], ledger: Shell) -> None:
    ledger("verify", "--new", *words, code=2)
    assert "--new goes with a ledger" in ledger.err


def test_a_folder_of_tiles_is_verified_whole(ledger: Shell) -> None:
    ledger("export", "tiles", "public")
    ledger("verify", "--new", "--ledger", "public", code=2)
    assert "verified whole" in ledger.err


def test_a_ledger_put_back_to_an_older_copy_is_found(ledger: Shell) -> None:
    copy = Path("monazite.db").read_bytes()
    more(ledger)
    ledger("verify", code=None)
    Path("monazite.db").write_bytes(copy)
    found = ledger.json("verify", "--new", code=None)
    assert "SEAL-ROLLBACK" in {item["code"] for item in found["findings"]}
