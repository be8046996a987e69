"""Bundles on the command line: written from a ledger, verified, reported on and asked about without one."""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.bundle.format import parse
from ledger.bundle.shown import SITE_WIDE
from ledger.partial import ONLY_WHOLE
from ledger.seal.evidence import Evidence
from ledger.seal.evidence import format as format_evidence
from ledger.seal.keys import VerifierKey
from tests.cli.conftest import Shell
from tests.cli.conftest import ledger as ledger  # noqa: PLC0414  (a fixture is used by its name)
from tests.cli.conftest import recorded as recorded  # noqa: PLC0414  (as above)
from tests.cli.conftest import shell as shell  # noqa: PLC0414  (as above)

ROOT = Path(__file__).resolve().parents[2]
SCOPE = f"as far as this bundle shows; {len(ONLY_WHOLE)} things that only the whole ledger shows were not checked"
PAPER = b"Certificate 17\n"
DIFFERING = ("checked", "not_checked", "findings")
"""Members of `verification` in which a bundle's report differs from the ledger's."""


@pytest.fixture
def bundle(ledger: Shell) -> Shell:
    """The ledger, and a bundle of its oxide."""
    ledger("export", "bundle", "OX", "-o", "ox.monazite")
    return ledger


def test_it_verifies_where_there_is_no_ledger(bundle: Shell) -> None:
    (bundle.folder / "monazite.db").unlink()
    found = bundle.json("verify", "ox.monazite")
    assert found["verdict"] == "clean"
    assert found["ledger"] == "ledger.example/ree"
    assert "truth of the map" in {item["what"] for item in found["not_checked"]}
    assert "CLEAN" in bundle("verify", "ox.monazite")


def test_reports_policies_and_lots_are_those_of_the_ledger(bundle: Shell) -> None:
    for words in (("policy", "check"), ("lot", "trace"), ("lot", "history")):
        said = bundle.json(*words, "ox.monazite", code=None)
        if words[1] != "history":
            assert said.pop("scope") == SCOPE
        if words[0] == "policy":
            assert said.pop("not_checked") == bundle.json("verify", "ox.monazite")["not_checked"]
        assert said == bundle.json(*words, "OX", code=None), words
    wanted, found = bundle.json("report", "OX"), bundle.json("report", "ox.monazite")
    one, other = wanted.pop("verification"), found.pop("verification")
    assert found.pop("scope") == SCOPE
    assert found == wanted
    assert {**other, **dict.fromkeys(DIFFERING)} == {**one, **dict.fromkeys(DIFFERING)}
    left_out = [item for item in one["findings"] if item not in other["findings"]]
    assert [item for item in other["findings"] if item not in one["findings"]] == []
    assert {item["subject"] for item in left_out if item["code"] not in SITE_WIDE} == {"party:baotou"}
    assert bundle("report", "ox.monazite", "--format", "markdown") != ""
    assert "OX" in bundle("report", "ox.monazite")


def test_a_report_from_a_bundle_begins_with_how_far_it_reaches(bundle: Shell) -> None:
    left = {item["what"] for item in bundle.json("verify", "ox.monazite")["not_checked"]}
    assert len(left & {what for what, _why in ONLY_WHOLE}) == len(ONLY_WHOLE)
    said = "As far as this bundle shows: Chinese inputs are ABSENT"
    rest = f"{len(ONLY_WHOLE)} things that only the whole ledger shows were not checked."
    for form in ("markdown", "html", "terminal"):
        words = () if form == "terminal" else ("--format", form)
        text = " ".join(bundle("report", "ox.monazite", *words).split())
        assert said in text
        assert rest in text
        text = bundle("report", "OX", *words)
        assert "this bundle shows" not in text
        assert "Chinese inputs are ABSENT" in " ".join(text.split())
    bundle("report", "ox.monazite", "-o", "ox.html")
    assert ", as far as this bundle shows</p>" in Path("ox.html").read_text("utf-8")


def test_a_policy_asked_of_a_bundle_says_how_far_its_answer_reaches(bundle: Shell) -> None:
    words = ("--policy", "US-DFARS-7052-TA")
    whole = bundle("policy", "check", "OX", *words, code=None)
    assert "this bundle shows" not in whole and "NOT CHECKED" not in whole
    text = bundle("policy", "check", "ox.monazite", *words, code=None)
    assert f"{SCOPE[:1].upper()}{SCOPE[1:]}." in " ".join(text.split())
    (verdict,) = [line for line in text.splitlines() if line.startswith("US-DFARS-7052-TA:")]
    assert f"{verdict.removesuffix(', as far as this bundle shows')}\n" in whole
    assert verdict.endswith(", as far as this bundle shows")
    assert "NOT CHECKED" in text
    assert "truth of the map: that no event on these lots" in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_a_reader_without_the_key_is_told_which_one_to_ask_for(bundle: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    vkey = (
        str(parse((bundle.folder / "ox.monazite").read_bytes()).entries[0].events[0].event)
        .split('"log":"')[1]
        .split('"')[0]
    )
    monkeypatch.setenv("MONAZITE_STATE", str(bundle.folder / "stranger"))
    for words in (("verify",), ("report",), ("policy", "check"), ("lot", "trace"), ("lot", "history")):
        bundle(*words, "ox.monazite", code=3)
        assert f"monazite verify ox.monazite --trust '{vkey}' --pin" in bundle.err
    assert bundle.json("verify", "ox.monazite", code=3)["verdict"] == "could-not-verify"
    bundle("verify", "ox.monazite", "--trust", vkey)
    bundle("report", "ox.monazite", code=3)
    bundle("verify", "ox.monazite", "--trust", vkey, "--pin")
    bundle("report", "ox.monazite")


def test_another_key_of_the_name_is_warned_of_and_never_pinned(bundle: Shell) -> None:
    bundle("init", "--origin", "other.example/ree", "--ledger", "other.db", "--unsafe-no-passphrase")
    other = next((bundle.folder / "state").glob("*/policy")).parent.parent
    policies = [path.read_text() for path in other.glob("*/policy")]
    (vkey,) = [text.split()[1] for text in policies if "other.example/ree" in text]
    bundle("verify", "ox.monazite", "--trust", vkey, code=1)
    assert "SEAL-ANCHOR" in bundle.out


def test_what_is_no_bundle_is_bad_input(bundle: Shell) -> None:
    bundle.write("bad.monazite", "{}")
    for words in (("verify",), ("report",), ("policy", "check"), ("lot", "trace")):
        bundle(*words, "bad.monazite", code=2)
        assert "bad.monazite" in bundle.err
        bundle(*words, "absent.monazite", code=2)
    bundle("lot", "trace", "ox.monazite", "--unverified", code=2)
    bundle("lot", "history", "OX", "--trust", "x", code=2)


def test_what_is_something_else_is_named(bundle: Shell) -> None:
    bundle("export", "proof", "OX", "-o", "ox.tlog-proof")
    bundle("export", "tiles", "public")
    for name, option in (("monazite.db", "--ledger"), ("ox.tlog-proof", "--proof"), ("public", "--tiles")):
        bundle("verify", name, code=2)
        assert f"monazite verify {option}" in " ".join(bundle.err.split())


def test_what_else_a_session_leaves_behind_is_named(bundle: Shell) -> None:
    vkey = bundle("key", "show", "ledger.example/ree").strip()
    bundle("witness", "init", "witness.example/w1", "--log", vkey, "--unsafe-no-passphrase")
    bundle("checkpoint", "--request", "-o", "request.txt")
    bundle("witness", "cosign", "witness.example/w1", "request.txt", "-o", "answer.txt")
    bundle.write("checkpoint.txt", bundle("checkpoint", "--note"))
    bundle.write("policy.txt", f"log {vkey}\nquorum none\n")
    note_ = Path("checkpoint.txt").read_text("utf-8")
    found = Evidence(vkey, note_, note_)
    Path("evidence.json").write_bytes(format_evidence(found, VerifierKey.parse(vkey)))
    for name, said in (
        ("request.txt", "witness cosign"),
        ("answer.txt", "checkpoint --add"),
        ("checkpoint.txt", "verify --ledger"),
        ("policy.txt", "--trust"),
        ("evidence.json", "monazite evidence"),
    ):
        bundle("verify", name, code=2)
        assert f"{name}: no bundle, but" in bundle.err
        assert said in " ".join(bundle.err.split())
    whole = Path("ox.monazite").read_bytes()
    Path("bom.monazite").write_bytes(b"\xef\xbb\xbf" + whole)
    bundle("verify", "bom.monazite", code=2)
    assert "byte order mark" in bundle.err
    Path("cut.monazite").write_bytes(whole[:-1])
    bundle("verify", "cut.monazite", code=2)
    assert "not JSON" in bundle.err


def test_a_folder_of_tiles_has_no_bundles(bundle: Shell) -> None:
    bundle("export", "tiles", "public")
    bundle("export", "bundle", "OX", "--ledger", "public", code=2)
    assert "a folder of tiles" in bundle.err
    for words in (("export", "bundle"), ("record", "extract")):
        assert "no folder of tiles" in " ".join(bundle(*words, "--help").split())
    assert "a folder of tiles to read" in " ".join(bundle("verify", "--help").split())


def test_what_goes_with_a_ledger_alone_is_not_passed_over(bundle: Shell) -> None:
    bundle("export", "proof", "OX", "-o", "ox.tlog-proof")
    bundle("verify", "ox.monazite", "--tsa", "root.pem", code=2)
    assert "--tsa" in bundle.err
    for words in (("--pin",), ("--tsa", "root.pem"), ("--lot", "OX")):
        bundle("verify", "--proof", "ox.tlog-proof", *words, code=2)
        assert words[0] in bundle.err


def test_a_bundle_older_than_what_was_verified_is_warned_of(bundle: Shell) -> None:
    bundle("verify", "ox.monazite")
    assert "you verified" not in bundle.err
    said = ("--scheme", "ISO 22095", "--result", "conforms", "--about-site", "kuma")
    bundle("record", "attest", "--actor", "audit", *said)
    bundle("checkpoint")
    bundle("verify", "ox.monazite")
    assert "Ask for a new one" in bundle.err
    bundle("export", "bundle", "OX", "-o", "new.monazite")
    bundle("verify", "new.monazite")
    assert "you verified" not in bundle.err


def test_a_changed_bundle_is_found(bundle: Shell) -> None:
    data = (bundle.folder / "ox.monazite").read_bytes()
    bundle.write("bad.monazite", data.decode().replace("99500000", "99600000"))
    assert {item["code"] for item in bundle.json("verify", "bad.monazite", code=1)["findings"]} & {"SEAL-EVENT"}
    bundle("report", "bad.monazite", code=1)
    bundle("policy", "check", "bad.monazite", code=1)


def test_evidence_goes_with_it_and_only_what_is_named(ledger: Shell) -> None:
    paper = ledger.folder / "coa.pdf"
    paper.write_bytes(PAPER)
    named = {
        "name": "coa.pdf",
        "sha256": sha256(PAPER).hexdigest(),
        "media_type": "application/pdf",
        "size": len(PAPER),
    }
    said = {
        "type": "assay", "actor": "labor", "at": "2026-11-10T08:00:00+01:00", "lot": "OX", "evidence": [named],
        "composition": {"Nd2O3": {"ppb": 994_000_000}}, "ref": "A9",
    }  # fmt: skip
    ledger("import", ledger.write("assay.jsonl", json.dumps(said) + "\n"))
    ledger("export", "bundle", "OX", "--evidence", "coa.pdf", "-o", "ox.monazite")
    ledger("export", "bundle", "OX", "-o", "bare.monazite")
    # The records of the two imports are named too, and are not attached unless asked for.
    assert (_lacking(ledger, "ox.monazite"), _lacking(ledger, "bare.monazite")) == (2, 3)
    records = [str(path) for path in Path("monazite.evidence").iterdir() if b"monazite/import@v1" in path.read_bytes()]
    also = [word for record in records for word in ("--evidence", record)]
    ledger("export", "bundle", "OX", "--evidence", "coa.pdf", *also, "-o", "whole.monazite")
    assert _lacking(ledger, "whole.monazite") == 0
    ledger.write("other.pdf", "x")
    ledger("export", "bundle", "OX", "--evidence", "other.pdf", "-o", "no.monazite", code=2)
    assert not (ledger.folder / "no.monazite").exists()
    ledger("export", "bundle", "OX", "--evidence", "absent.pdf", code=2)


def _lacking(ledger: Shell, bundle: str) -> int:
    """Evidence files that events name and the bundle does not hold."""
    gaps = [item["why"] for item in ledger.json("verify", bundle)["not_checked"] if item["what"] == "evidence files"]
    return int(gaps[0].split()[0]) if gaps else 0


def test_what_cannot_be_exported(ledger: Shell) -> None:
    ledger("export", "bundle", "NONE", code=2)
    assert "there is no lot" in ledger.err
    ledger("export", "bundle", "OX")
    assert (ledger.folder / "OX.monazite").is_file()
    ledger("export", "bundle", "OX", "-o", "absent/ox.monazite", code=2)
    ledger("export", "bundle", "OX", "-o", "ox.json")
    assert ".monazite" in ledger.err


def test_entries_without_a_checkpoint_are_not_exported(ledger: Shell) -> None:
    for path in (ledger.folder / "keys").iterdir():
        if "ledger.example" in path.name:
            path.rename(ledger.folder / path.name)
    ledger("record", "dispose", "--actor", "kuantan", "--site", "gebeng", "--lot", "OX; 1 kg", "--reason", "waste")
    ledger("export", "bundle", "OX", code=2)
    assert "no checkpoint covers" in ledger.err


def test_no_database_is_imported(bundle: Shell) -> None:
    code = (
        "import sys; from cli import main; sys.argv = ['monazite', *sys.argv[1:]]\n"
        "try:\n    main.main()\nexcept SystemExit as stop:\n    assert stop.code in (None, 0, 1), stop.code\n"
        "assert not {'sqlmodel', 'sqlalchemy', 'sqlite3', 'pydantic'} & set(sys.modules), sorted(sys.modules)"
    )
    for words in (("verify",), ("report",), ("policy", "check"), ("lot", "trace")):
        done = subprocess.run(
            [sys.executable, "-c", code, *words, "ox.monazite"], cwd=bundle.folder, capture_output=True, text=True,
            check=False, env={"PYTHONPATH": str(ROOT), "MONAZITE_STATE": str(bundle.folder / "state"), "PATH": ""},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
