"""Handing a ledger on: tiles and receipts, from the command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ledger.seal import checkpoint, cosignature, merkle, note, policy, proof
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.cosigner import Cosigner
from ledger.seal.keys import SigningKey, VerifierKey
from ledger.seal.policy import Log, Policy, Witness
from ledger.store.keystore import KeyStore
from tests.cli.conftest import Shell

WITNESS = Cosigner.ed25519(SigningKey.from_seed("witness.example/w", bytes(32)))


@pytest.fixture
def public(ledger: Shell) -> Shell:
    """A ledger whose tiles are in `public`."""
    ledger("export", "tiles", "public")
    return ledger


def vkey(shell: Shell) -> VerifierKey:
    row = next(row for row in shell.json("key", "list") if row["name"] == "ledger.example/ree")
    return VerifierKey.parse(row["vkey"])


def signing(shell: Shell) -> SigningKey:
    """The log's private key."""
    signer = KeyStore(shell.folder / "keys").load("ledger.example/ree", None)
    assert isinstance(signer, SigningKey)
    return signer


def without_gaps(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "not_checked"}


# Tiles.


def test_tiles_verify_as_the_database_does(public: Shell) -> None:
    theirs, ours = public.json("verify", "--tiles", "public"), public.json("verify")
    assert without_gaps(theirs) == without_gaps(ours)
    assert "index and head row" in {gap["what"] for gap in theirs["not_checked"]}
    assert public.json("verify", "--ledger", "public") == theirs
    assert "CLEAN" in public("verify", "--tiles", "public")


def test_what_was_exported_is_told(ledger: Shell) -> None:
    first = ledger.json("export", "tiles", "public")
    assert (first["before"], first["events"], first["folder"]) == (0, True, "public")
    assert first["checkpoint"] == ledger.json("verify")["checkpoint"]
    again = ledger.json("export", "tiles", "public")
    assert (again["before"], again["written"]) == (first["checkpoint"]["size"], 0)
    assert "0 files written" in ledger("export", "tiles", "public")


def test_every_reading_command_reads_tiles(public: Shell) -> None:
    for words in (
        ("lot", "list"),
        ("lot", "show", "ORE"),
        ("lot", "history", "OX"),
        ("lot", "trace", "OX"),
        ("party", "list"),
        ("site", "list"),
        ("checkpoint", "--note"),
    ):
        assert public.json(*words, "--ledger", "public") == public.json(*words)
    theirs, ours = public.json("report", "OX", "--ledger", "public"), public.json("report", "OX")
    theirs["verification"]["not_checked"] = ours["verification"]["not_checked"] = []
    assert theirs == ours


def test_tiles_are_not_written_to(public: Shell) -> None:
    before = {path: path.read_bytes() for path in Path("public").rglob("*") if path.is_file()}
    for words in (
        ("record", "extract", "--actor", "aus-mine", "--site", "weld", "--out", "NEW; ore; 1 t"),
        ("reindex",),
        ("export", "tiles", "copy"),
    ):
        public(*words, "--ledger", "public", code=2)
    assert {path: path.read_bytes() for path in Path("public").rglob("*") if path.is_file()} == before


def test_an_audit_of_tiles_needs_no_database_and_no_database_code(public: Shell, tmp_path: Path) -> None:
    key = str(vkey(public))
    (tmp_path / "monazite.db").rename(tmp_path / "away")
    shutil.rmtree(tmp_path / "keys")
    shutil.rmtree(tmp_path / "state")
    assert json.loads(light("verify", "--tiles", "public", "--trust", key, "--json"))["verdict"] == "clean"


def test_who_reads_a_ledger_loads_no_code_of_writers(ledger: Shell) -> None:
    key = str(vkey(ledger))
    assert json.loads(light("verify", "--trust", key, "--json"))["verdict"] == "clean"
    assert "<!doctype html>" in light("report", "OX", "--trust", key, "--format", "html")


def light(*words: str) -> str:
    """What a command prints in a process of its own, in which nothing heavy was imported."""
    program = (
        "import sys\n"
        f"sys.argv = ['monazite', *{words!r}]\n"
        "from cli.main import main\n"
        "try:\n    main()\n"
        "finally:\n    print(sorted(set(sys.modules) & {'sqlmodel', 'sqlalchemy', 'pydantic'}), file=sys.stderr)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"
    return done.stdout


def test_a_spoilt_file_is_named_and_the_exit_code_is_1(public: Shell) -> None:
    bundle = next(Path("public/tile/entries").rglob("[0-9]*"))
    (tile,) = (path for path in Path("public/tile/0").rglob("*") if path.is_file())
    tile.write_bytes(bytes(32))
    assert "SEAL-TILE" in public("verify", "--tiles", "public", code=1)
    assert str(tile.relative_to("public")) in public.out
    shutil.rmtree(bundle) if bundle.is_dir() else bundle.unlink()
    answer = public.json("verify", "--tiles", "public", code=1)
    ((code, subject),) = {(item["code"], item["subject"]) for item in answer["findings"]}
    assert (code, subject.startswith("file:tile/entries/000")) == ("SEAL-TILE", True)
    assert answer["not_checked"][0]["what"] == "entries and events"
    assert answer["checked"]["entries"] == 0
    public("report", "OX", "--ledger", "public", code=1)
    public("lot", "list", "--ledger", "public", code=3)


def test_a_size_that_nobody_signed_is_the_checkpoints_fault_and_no_files(public: Shell) -> None:
    path = Path("public/checkpoint")
    lines = path.read_text(encoding="utf-8").split("\n")
    for size in (str(2**53 - 1), "1", str(int(lines[1]) + 1)):
        path.write_text("\n".join((lines[0], size, *lines[2:])), encoding="utf-8")
        answer = public.json("verify", "--tiles", "public", code=1)
        assert {item["code"] for item in answer["findings"]} == {"SEAL-CHECKPOINT"}, size
        answer = public.json("verify", "--tiles", "public", "--trust", str(vkey(public)), code=1)
        assert {item["code"] for item in answer["findings"]} == {"SEAL-CHECKPOINT"}, size


def test_another_tree_of_the_remembered_size_is_a_fork_though_its_entries_are_kept_back(public: Shell) -> None:
    public("verify", "--tiles", "public")
    key = public("key", "show", "ledger.example/ree").strip()
    size = public.json("verify")["checkpoint"]["size"]
    other = checkpoint.sign(Checkpoint("ledger.example/ree", size, bytes(32)), signing(public))
    Path("public/checkpoint").write_bytes(other)
    shutil.rmtree("public/tile")
    answer = public.json("verify", "--tiles", "public", "--trust", key, code=1)
    assert {item["code"] for item in answer["findings"]} == {"SEAL-TILE", "SEAL-FORK"}
    assert public.json("evidence", answer["evidence"], "--trust", key)["claim"] == "two-roots"


def test_what_is_no_folder_of_tiles_is_said_to_be_none(public: Shell) -> None:
    for folder in ("nowhere", "keys", "monazite.db"):
        public("verify", "--tiles", folder, code=3)
        assert "checkpoint" in public.err


def test_private_events_cannot_be_verified_and_are_not_accused(ledger: Shell) -> None:
    ledger("export", "tiles", "private", "--no-events")
    assert not Path("private/events").exists()
    ledger("verify", "--tiles", "private", code=3)
    assert "keeps the events back" in ledger.err
    ledger("lot", "list", "--ledger", "private", code=3)
    ledger("export", "tiles", "private")
    assert not Path("private/events").exists()
    (tile,) = (path for path in Path("private/tile/0").rglob("*") if path.is_file())
    tile.write_bytes(bytes(32))
    assert "SEAL-TILE" in ledger("verify", "--tiles", "private", code=1)
    tile.unlink()
    ledger("export", "tiles", "private", "--events")
    ledger("verify", "--tiles", "private")
    ledger("export", "tiles", "private", "--no-events", code=2)


def test_a_folder_of_another_ledger_is_refused(public: Shell) -> None:
    public(
        "init", "--origin", "ledger.example/other", "--operator", "o", "--ledger", "other.db", "--unsafe-no-passphrase"
    )
    public("export", "tiles", "public", "--ledger", "other.db", code=2)
    assert "not a checkpoint of ledger.example/other" in public.err


def test_a_ledger_that_was_cut_back_is_not_published(ledger: Shell) -> None:
    shutil.copy("monazite.db", "old.db")
    ledger("record", "extract", "--actor", "aus-mine", "--site", "weld", "--out", "NEW; ore; 1 t")
    ledger("export", "tiles", "public", "--ledger", "old.db", code=3)
    assert not Path("public").exists()


def test_an_interrupted_export_says_how_to_go_on(ledger: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_arguments: Any, **_named: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", interrupted)
        ledger("export", "tiles", "public", code=130)
    assert "the same command goes on" in ledger.err
    ledger("export", "tiles", "public")
    ledger("verify", "--tiles", "public")


# Receipts.


def test_a_receipt_is_made_and_checked(ledger: Shell) -> None:
    ledger("export", "proof", "ORE", "-o", "ore.tlog-proof")
    index = proof.parse(Path("ore.tlog-proof").read_bytes()).index
    assert f"entry {index}" in ledger.out
    answer = ledger.json("verify", "--proof", "ore.tlog-proof")
    assert answer["verdict"] == "clean"
    assert answer["checkpoint"] == ledger.json("verify")["checkpoint"]
    assert (answer["entry"]["index"], answer["entry"]["party"]) == (index, "aus-mine")
    assert answer["cosigned"] == []
    assert "CLEAN: the entry is in the log" in ledger("verify", "--proof", "ore.tlog-proof")
    given = proof.parse(Path("ore.tlog-proof").read_bytes())
    assert given.extra is not None
    Path("entry").write_bytes(given.extra)
    ledger("verify", "--proof", "ore.tlog-proof", "--entry", "entry", "--trust", str(vkey(ledger)))


def test_an_entry_is_named_by_number_event_or_lot(public: Shell) -> None:
    event = public.json("lot", "show", "ORE")["created_by"]
    made = public("export", "proof", "ORE")
    index = proof.parse(made.encode()).index
    for what in (event, f"event:{event}", "lot:ORE", str(index), f"entry:{index}"):
        assert public("export", "proof", what) == made
        assert public("export", "proof", what, "--ledger", "public", "-o", "-") == made
    size = public.json("verify")["checkpoint"]["size"]
    for index in range(size):
        public("export", "proof", str(index), "-o", "r")
        assert public.json("verify", "--proof", "r")["entry"]["index"] == index
    for what in (str(size), "lot:3", "0" * 64, "ore", "event:ORE"):
        public("export", "proof", what, code=2)


def test_the_beginning_of_a_hash_is_not_taken_for_it_and_all_of_it_is_asked_for(ledger: Shell) -> None:
    event = ledger.json("lot", "show", "ORE")["created_by"]
    short = event[:12]
    assert short in ledger("lot", "history", "ORE")
    for words in (
        ("export", "proof", short),
        ("export", "proof", f"event:{short}"),
        ("record", "retract", "--actor", "aus-mine", "--target", short, "--reason", "wrong drum"),
    ):
        ledger(*words, code=2)
        assert "give all 64 digits" in " ".join(ledger.err.split())
    for words in (
        ("export", "proof", "NONE"),
        ("record", "retract", "--actor", "aus-mine", "--target", "E99", "--reason", "wrong drum"),
    ):
        ledger(*words, code=2)
        assert "64" not in ledger.err
    assert event in json.dumps(ledger.json("lot", "history", "ORE"))
    ledger("record", "retract", "--actor", "aus-mine", "--target", event, "--reason", "wrong drum")


def test_a_receipt_is_checked_by_who_has_nothing_else(ledger: Shell, tmp_path: Path) -> None:
    ledger("export", "proof", "OX", "-o", "ox")
    key = str(vkey(ledger))
    shutil.rmtree(tmp_path / "state")
    (tmp_path / "monazite.db").unlink()
    assert ledger.json("verify", "--proof", "ox", code=3)["verdict"] == "could-not-verify"
    assert "no key is pinned" in ledger.err
    ledger("verify", "--proof", "ox", "--trust", key)


def test_a_quorum_of_witnesses_is_demanded(ledger: Shell) -> None:
    ledger("export", "proof", "OX", "-o", "ox")
    asks = Policy((Log(vkey(ledger)),), (Witness(b"w", WITNESS.vkey),), (), b"w")
    Path("policy").write_bytes(policy.format(asks))
    answer = ledger.json("verify", "--proof", "ox", "--trust", "policy", code=1)
    assert [item["code"] for item in answer["findings"]] == ["SEAL-QUORUM"]
    assert answer["witnesses"]["quorum"]["met"] is False
    assert answer["checked"]["entries"] == 1
    given = proof.parse(Path("ox").read_bytes())
    signed = note.parse(given.checkpoint)
    line = cosignature.sign(signed.text, WITNESS, 1_700_000_000)
    cosigned = note.format(note.Note(signed.text, (*signed.signatures, line)))
    Path("ox").write_bytes(proof.format(proof.Proof(given.index, given.path, cosigned, given.extra)))
    answer = ledger.json("verify", "--proof", "ox", "--trust", "policy")
    assert answer["cosigned"] == [{"witness": "witness.example/w", "at": "2023-11-14T22:13:20Z"}]
    assert answer["checked"]["signatures"] == 2
    assert answer["witnesses"]["quorum"]["met"] is True
    assert "cosigned by witness.example/w at 2023" in ledger("verify", "--proof", "ox", "--trust", "policy")
    assert answer["witnesses"]["quorum"]["says"] in ledger.out


def test_receipts_that_prove_nothing_are_findings(ledger: Shell) -> None:
    ledger("export", "proof", "OX", "-o", "ox")
    given = proof.parse(Path("ox").read_bytes())
    assert given.extra is not None
    forged = SigningKey.from_seed("ledger.example/ree", bytes(32))
    head = Checkpoint("ledger.example/ree", 1, merkle.leaf_hash(given.extra))
    other = Checkpoint("ledger.example/other", 1, merkle.leaf_hash(given.extra))
    elsewhere = SigningKey.from_seed("ledger.example/other", bytes(32))
    cases = {
        "SEAL-ROOT": [
            proof.Proof(given.index, given.path, given.checkpoint, given.extra + b"\n"),
            proof.Proof(given.index - 1, given.path, given.checkpoint, given.extra),
            proof.Proof(given.index, given.path[:-1], given.checkpoint, given.extra),
            proof.Proof(10**9, given.path, given.checkpoint, given.extra),
        ],
        "SEAL-CHECKPOINT": [
            proof.Proof(0, (), checkpoint.sign(head, forged), given.extra),
            proof.Proof(0, (), given.checkpoint.replace(b"\n\n", b"\nmore\n\n", 1), given.extra),
        ],
    }
    for code, receipts in cases.items():
        for receipt in receipts:
            Path("bad").write_bytes(proof.format(receipt))
            answer = ledger.json("verify", "--proof", "bad", code=1)
            assert [item["code"] for item in answer["findings"]] == [code]
            assert answer["checked"]["entries"] == 0
            assert "does not hold" in ledger("verify", "--proof", "bad", code=1)
    Path("bad").write_bytes(proof.format(proof.Proof(0, (), checkpoint.sign(other, elsewhere), given.extra)))
    ledger("verify", "--proof", "bad", code=3)
    answer = ledger.json("verify", "--proof", "bad", "--trust", str(vkey(ledger)), code=1)
    assert [item["code"] for item in answer["findings"]] == ["SEAL-CHECKPOINT"]


def test_receipts_and_entries_that_cannot_be_read_are_bad_input(ledger: Shell) -> None:
    ledger("export", "proof", "OX", "-o", "ox")
    given = proof.parse(Path("ox").read_bytes())
    Path("bare").write_bytes(proof.format(proof.Proof(given.index, given.path, given.checkpoint)))
    Path("junk").write_bytes(b"c2sp.org/tlog-proof@v1\nindex 01\n\nx\n")
    Path("huge").write_bytes(bytes(proof.MAX_BYTES + 1))
    for words, said in (
        (("--proof", "junk"), "junk, line 2"),
        (("--proof", "nowhere"), "nowhere"),
        (("--proof", "huge"), "huge"),
        (("--proof", "bare"), "--entry"),
        (("--proof", "ox", "--entry", "huge"), "huge"),
        (("--entry", "ox"), "--proof"),
        (("--proof", "ox", "--trust", "junk"), "junk"),
        (("--proof", "ox", "--trust", "?"), "--trust takes"),
    ):
        ledger("verify", *words, code=2)
        assert said in ledger.err


def test_an_entry_of_a_kind_to_come_is_shown_by_its_hash(ledger: Shell) -> None:
    data = b"monazite/entry@v9\nsequence 0\n"
    key = SigningKey.from_seed("ledger.example/to-come", bytes([7]) * 32)
    head = Checkpoint("ledger.example/to-come", 1, merkle.leaf_hash(data))
    Path("r").write_bytes(proof.format(proof.Proof(0, (), checkpoint.sign(head, key), data)))
    answer = ledger.json("verify", "--proof", "r", "--trust", str(key.vkey))
    assert answer["entry"] == {"index": 0, "hash": merkle.leaf_hash(data).hex()}
    ledger("verify", "--proof", "r", "--trust", str(key.vkey))
