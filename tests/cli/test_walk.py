"""A user's way through the command line, from an empty folder to a report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import EVENTS, HEADER, Shell


def test_from_nothing_to_a_report(ledger: Shell) -> None:
    result = ledger.json("verify")
    assert result["verdict"] == "clean"
    assert result["ledger"] == "ledger.example/ree"
    assert result["checked"]["events"] == 16
    assert set(result) == {"verdict", "ledger", "checkpoint", "checked", "not_checked", "findings"}
    report = ledger.json("report", "OX")
    assert report["origin"]["elements"]["Nd"]["stages"]["mine"] == {"AU": 1.0}
    assert report["origin"]["elements"]["Nd"]["stages"]["separate"] == {"MY": 1.0}
    assert report["origin"]["elements"]["Nd"]["stages"]["sinter"] == {"none": 1.0}
    assert report["china"]["verdict"] == "absent"
    assert report["mass_kg"] == 9000
    text = ledger("report", "OX", "--format", "markdown")
    assert "ABSENT" in text
    assert ledger("report", "OX", "--format", "markdown") == text
    ledger("report", "OX", "--format", "json", "-o", "r.json")
    assert json.loads(Path("r.json").read_text(encoding="utf-8"))["lot"] == "OX"
    assert "Chinese inputs are ABSENT" in " ".join(ledger("report", "OX").split())


def test_the_tables_fit_80_columns(ledger: Shell) -> None:
    for words in (
        ("report", "OX"),
        ("lot", "list"),
        ("lot", "history", "OX"),
        ("party", "list"),
        ("site", "list"),
        ("explain",),
    ):
        assert max(len(line) for line in ledger(*words).splitlines()) <= 130 if words[0] == "report" else 80, words
    for words in (("lot", "list"), ("lot", "history", "OX"), ("party", "list"), ("site", "list"), ("explain",)):
        assert max(len(line) for line in ledger(*words).splitlines()) <= 80, words


def test_reading_commands_print_json(ledger: Shell) -> None:
    assert [row["lot"] for row in ledger.json("lot", "list")] == ["ORE", "OX", "RES"]
    assert [row["lot"] for row in ledger.json("lot", "list", "--form", "oxide", "--left", "--holder", "kuantan")] == [
        "OX"
    ]
    assert ledger.json("lot", "show", "ORE")["left_kg"] == 399_000
    assert [row["type"] for row in ledger.json("lot", "history", "ORE")] == ["extract", "ship", "receive", "transform"]
    assert ledger.json("lot", "trace", "OX")["lots"][-1]["parents"] == ["ORE"]
    assert ledger.json("party", "show", "aus-mine")["owners"] == [
        {"name": "Aus Holding", "country": "AU", "percent": 100.0}
    ]
    assert ledger.json("site", "show", "weld")["lat"] == -28.86
    assert {row["id"] for row in ledger.json("site", "list")} == {"weld", "gebeng", "bao", "kuma"}
    assert len(ledger.json("party", "list")) == 7
    assert ledger.json("checkpoint", "--note")["size"] == ledger.json("verify")["checkpoint"]["size"]
    assert len(ledger.json("key", "list")) == 8
    assert ledger.json("key", "show", "kuantan")["encrypted"] is False
    assert ledger.json("key", "party", "kuantan")[0]["revoked_by_entry"] is None
    assert ledger.json("explain", "cust-prev")["code"] == "CUST-PREV"
    assert len(ledger.json("explain")) > 50
    for kind, word in (("forms", "magnet-ndfeb"), ("stages", "alloy_melt"), ("roles", "processor")):
        assert word in ledger.json("explain", kind)
        assert word in ledger("explain", kind)
    for words in (
        ("lot", "show", "ORE"),
        ("lot", "trace", "OX"),
        ("party", "show", "tokyo"),
        ("site", "show", "weld"),
        ("key", "list"),
    ):
        assert ledger(*words)
    assert "reg+" in ledger("key", "show", "reg")
    assert ledger("key", "party", "kuantan")
    assert "CUST-PREV" in ledger("explain", "CUST-PREV")


def test_the_same_file_twice_adds_nothing_and_says_so(ledger: Shell) -> None:
    before = ledger("checkpoint", "--note")
    assert "Nothing to add" in ledger("import", "events.csv")
    assert ledger("checkpoint", "--note") == before
    ledger("import", ledger.write("other.csv", EVENTS.replace("ORE,ore,1000,t", "ORE,ore,1001,t")), code=1)
    assert "CUST-REF" in ledger.err


def test_a_dry_run_writes_nothing(ledger: Shell) -> None:
    more = ledger.write(
        "more.csv",
        f"{HEADER}\nE9,ship,2026-11-10T08:00:00+08:00,kuantan,gebeng,,subject,OX,,,,,tokyo,MY>JP,,,,,,,,,,,,,\n",
    )
    before = ledger("checkpoint", "--note")
    assert "Nothing was written" in ledger("import", more, "--dry-run")
    assert ledger.json("import", more, "--dry-run")["would_record"] == {"ship": 1}
    assert ledger("checkpoint", "--note") == before
    assert ledger.json("import", more)["events"] == 1


def test_every_record_command_records(ledger: Shell) -> None:
    at = ("--at", "2026-11-12T08:00:00+09:00")
    ledger(
        "record",
        "extract",
        "--actor",
        "aus-mine",
        "--site",
        "weld",
        "--out",
        "O2; ore; 5 t; u 10 kg; TREO 8 %; u TREO 0.1 %",
        *at,
    )
    assert ledger.json("lot", "history", "O2")[0]["type"] == "extract"
    ledger(
        "record",
        "declare",
        "--actor",
        "tokyo",
        "--site",
        "kuma",
        "--out",
        "FE; iron; 1 t; Fe 99.5 %",
        "--country",
        "mine=JP;beneficiate=JP",
        *at,
    )
    ledger(
        "record",
        "recover",
        "--actor",
        "tokyo",
        "--site",
        "kuma",
        "--out",
        "SW; swarf; 20 kg; Nd 30 %",
        "--feedstock",
        "swarf",
        *at,
    )
    ledger(
        "record",
        "ship",
        "--actor",
        "kuantan",
        "--site",
        "gebeng",
        "--to",
        "kuma",
        "--lot",
        "OX; 9 t",
        "--route",
        "MY>JP",
        "--ref",
        "S1",
        *at,
    )
    ledger(
        "record",
        "receive",
        "--actor",
        "tokyo",
        "--site",
        "kuma",
        "--lot",
        "OX; 8.99 t",
        "--dispute",
        "two drums open",
        *at,
    )
    ledger("record", "receive", "--actor", "tokyo", "--site", "kuma", "--lot", "OX; 8.99 t", *at)
    ledger(
        "record", "transform", "--actor", "tokyo", "--site", "kuma", "--stage", "alloy_melt", "--in", "OX; 1 t", "--in", "FE",
        "--out", "AL; alloy; 1.9 t; Nd 30 %", "--losses", "dust=1 kg", "--equipment", "furnace@DE", "--custody-model", "segregated", *at,
    )  # fmt: skip
    ledger("record", "assay", "--actor", "labor", "--lot", "AL; Nd 30.2 %; u Nd 0.2 %", "--method", "ICP-OES", *at)
    ledger(
        "record",
        "attest",
        "--actor",
        "audit",
        "--scheme",
        "ISO 22095",
        "--result",
        "conforms",
        "--lot",
        "AL",
        "--about-site",
        "kuma",
        *at,
    )
    ledger(
        "record",
        "retract",
        "--actor",
        "tokyo",
        "--target",
        ledger.json("lot", "history", "SW")[0]["event"],
        "--reason",
        "wrong drum",
        *at,
    )
    note = ledger.write("slip.txt", "weighing slip")
    ledger(
        "record",
        "dispose",
        "--actor",
        "tokyo",
        "--site",
        "kuma",
        "--lot",
        "AL; 5 kg",
        "--reason",
        "waste: slag",
        "--evidence",
        note,
        *at,
    )
    assert ledger.json("lot", "show", "AL")["left_kg"] == 1895
    assert ledger.json("lot", "show", "SW")["status"] == "void"
    result = ledger.json("verify")
    assert result["verdict"] == "clean"
    assert {"CUST-RETRACTED", "CUST-DISPUTED"} <= {item["code"] for item in result["findings"]}
    assert ledger.json("verify", "--lot", "AL")["lot"] == "AL"


def test_a_refusal_says_why_and_writes_nothing(ledger: Shell) -> None:
    before = ledger("checkpoint", "--note")
    ledger("record", "ship", "--actor", "tokyo", "--site", "kuma", "--to", "gebeng", "--lot", "OX", code=1)
    assert "CUST-HOLDER" in ledger.err
    ledger("record", "extract", "--actor", "kuantan", "--site", "gebeng", "--out", "Z; ore; 1 t", code=1)
    assert "SIGN-ROLE" in ledger.err
    ledger(
        "record", "dispose", "--actor", "kuantan", "--site", "gebeng", "--lot", "OX; 10 t", "--reason", "sale", code=1
    )
    assert "CUST-OVERDRAWN" in ledger.err
    assert ledger("checkpoint", "--note") == before


def test_keys_are_made_rotated_and_revoked(ledger: Shell) -> None:
    ledger("key", "new", "kuantan", code=2)
    assert "--replace" in ledger.err
    ledger("key", "new", "kuantan", "--replace", "--unsafe-no-passphrase")
    ledger("record", "dispose", "--actor", "kuantan", "--site", "gebeng", "--lot", "OX; 1 kg", code=1)
    assert "SIGN-KEY-UNKNOWN" in ledger.err
    ledger("key", "add", "kuantan", "--vkey", "", code=2)
    ledger("key", "add", "kuantan")
    ledger("record", "dispose", "--actor", "kuantan", "--site", "gebeng", "--lot", "OX; 1 kg", "--reason", "lost it")
    ledger("key", "revoke", "kuantan", "--reason", "stolen", code=2)
    assert "2 valid keys" in ledger.err
    stolen = ledger("key", "show", "kuantan").strip()
    ledger("key", "revoke", "kuantan", "--vkey", stolen, "--reason", "stolen", "--from", "2026-11-01T00:00:00+08:00")
    ledger("key", "revoke", "kuantan", "--vkey", stolen, "--reason", "again", code=2)
    ledger("record", "dispose", "--actor", "kuantan", "--site", "gebeng", "--lot", "OX; 1 kg", code=1)
    assert "SIGN-KEY-REVOKED" in ledger.err
    assert "SIGN-KEY-LOST" in {item["code"] for item in ledger.json("verify")["findings"]}


def test_passphrases_protect_keys(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell("init", "--origin", "a.example/x", code=2)
    assert "MONAZITE_PASSPHRASE" in shell.err
    assert not Path("monazite.db").exists()
    monkeypatch.setenv("MONAZITE_PASSPHRASE", "correct horse")
    shell("init", "--origin", "a.example/x", "--rounds", "1")
    shell("party", "add", "lynas", "--country", "AU", "--role", "miner", "--rounds", "1")
    assert shell.json("key", "show", "lynas")["encrypted"] is True
    monkeypatch.setenv("MONAZITE_PASSPHRASE", "wrong")
    shell("site", "add", "weld", "--party", "lynas", "--country", "AU", code=2)
    assert "passphrase" in shell.err
    monkeypatch.delenv("MONAZITE_PASSPHRASE")
    shell("site", "add", "weld", "--party", "lynas", "--country", "AU", code=2)
    assert "MONAZITE_PASSPHRASE" in shell.err


def test_a_second_ledger_under_one_key_is_refused(ledger: Shell) -> None:
    ledger("init", "--origin", "ledger.example/ree", "--ledger", "other.db", "--unsafe-no-passphrase", code=2)
    assert "fork" in ledger.err
    ledger(
        "init", "--origin", "b.example", "--operator", "b2", "--ledger", "monazite.db", "--unsafe-no-passphrase", code=2
    )
    assert "already holds" in ledger.err


def test_without_an_anchor_nothing_is_verified(ledger: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    vkey = ledger("key", "show", "ledger.example/ree").strip()
    monkeypatch.setenv("MONAZITE_STATE", str(ledger.folder / "fresh"))
    result = ledger.json("verify", code=3)
    assert result["verdict"] == "could-not-verify"
    assert vkey in ledger.err
    assert "--pin" in ledger.err
    ledger("verify", "--trust", vkey)
    ledger("verify", code=3)
    ledger("verify", "--trust", ledger.write("policy", f"log {vkey}\nquorum none\n"), "--pin")
    ledger("verify")
    # the witness of docs/format.md
    witness = "witness w1 witness.example/w1+141f260a+BMqTrBcFGHBx1nuDx/8O/oEI6OxFMFdddyaHkzPb2r58"
    ledger("verify", "--trust", ledger.write("policy2", f"log {vkey}\n{witness}\nquorum w1\n"), code=1)
    assert "w1 did not cosign" in ledger.out
    ledger("verify", "--trust", ledger.write("policy3", f"log {vkey}\nquorum w1\n"), code=2)
    ledger("verify", "--trust", "nonsense", code=2)
    ledger("verify", "--pin", code=2)
    other = vkey.replace("ledger.example/ree+", "ledger.example/ree+")[:-4] + "AAAA"
    ledger("verify", "--trust", other, code=2)


def test_another_key_of_the_same_name_is_said_and_never_pinned(ledger: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONAZITE_STATE", str(ledger.folder / "theirs"))
    monkeypatch.setenv("MONAZITE_KEYS", str(ledger.folder / "their-keys"))
    ledger("init", "--origin", "ledger.example/ree", "--operator", "x", "--ledger", "evil.db", "--unsafe-no-passphrase")
    vkey = ledger("key", "show", "ledger.example/ree").strip()
    monkeypatch.setenv("MONAZITE_STATE", str(ledger.folder / "state"))
    ledger("verify", "--ledger", "evil.db", "--trust", vkey)
    assert "another key is pinned" in ledger.err
    ledger("verify", "--ledger", "evil.db", "--trust", vkey, "--pin", code=2)
    ledger("verify", "--ledger", "evil.db", code=3)


def test_a_ledger_that_cannot_be_written_is_verified(ledger: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.store.connection.os.access", lambda *_words: False)
    assert ledger.json("verify")["verdict"] == "clean"
    assert ledger("report", "OX")
    ledger("record", "dispose", "--actor", "kuantan", "--site", "gebeng", "--lot", "OX; 1 kg", code=3)


def test_what_stands_in_the_ledger_is_not_called_a_failure(ledger: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_words: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("ledger.store.state.write_atomic", full)
    ledger("record", "dispose", "--actor", "kuantan", "--site", "gebeng", "--lot", "OX; 1 kg", "--reason", "waste")
    assert "could not be remembered" in ledger.err
    assert ledger.json("verify")["verdict"] == "clean"
    assert ledger.json("lot", "show", "OX")["left_kg"] == 8999


def test_reports_go_where_they_are_told(ledger: Shell) -> None:
    Path("real.md").write_text("", encoding="utf-8")
    Path("link.md").symlink_to("real.md")
    ledger("report", "OX", "-o", "link.md")
    assert Path("link.md").is_symlink()
    assert Path("real.md").read_text(encoding="utf-8").startswith("# Lot")
    assert ledger("report", "OX", "-o", "-").startswith("# Lot")
    ledger("report", "OX", "-o", "nowhere/x.md", code=2)
    assert not Path("nowhere").exists()


def test_a_lot_that_was_cut_off_is_answered_with_the_findings(ledger: Shell) -> None:
    Path("old.db").write_bytes(Path("monazite.db").read_bytes())
    ledger("record", "extract", "--actor", "aus-mine", "--site", "weld", "--out", "NEW; ore; 1 t")
    Path("old.db").rename("monazite.db")
    assert "SEAL-ROLLBACK" in ledger("report", "NEW", code=1)


@pytest.mark.uncounted
@pytest.mark.parametrize("command", ["explain", "verify --all", "report OX", "lot list --json"])
@pytest.mark.usefixtures("ledger")
def test_a_reader_that_leaves_changes_no_exit_code(command: str) -> None:
    program = f"{Path(sys.executable).parent / 'monazite'} {command}"
    for way in (f"{program} | head -c 1", f"{program} >&-"):
        run = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {way}"], capture_output=True, check=False, env={**os.environ}
        )
        assert (run.returncode, b"Traceback" in run.stderr) == (0, False), run.stderr


def test_a_truncated_ledger_is_found(ledger: Shell) -> None:
    Path("old.db").write_bytes(Path("monazite.db").read_bytes())
    ledger("record", "dispose", "--actor", "kuantan", "--site", "gebeng", "--lot", "OX; 1 kg", "--reason", "waste")
    for name in Path().glob("monazite.db*"):
        name.unlink()
    Path("old.db").rename("monazite.db")
    result = ledger.json("verify", code=1)
    (found,) = [item for item in result["findings"] if item["severity"] == "error"]
    assert found["code"] == "SEAL-ROLLBACK"
    assert "ledger.example/ree" in found["evidence"]["remembered"]


def test_a_trace_without_verification_says_so_and_shows_the_same(ledger: Shell) -> None:
    verified = ledger.json("lot", "trace", "OX")
    told = ledger.json("lot", "trace", "OX", "--unverified")
    assert "NOT VERIFIED" in ledger.err
    assert (verified.pop("verdict"), told.pop("verdict")) == ("clean", "unverified")
    assert told == verified
    assert ledger("lot", "trace", "OX", "--unverified") == ledger("lot", "trace", "OX")
    ledger("lot", "trace", "OX", "--unverified", "--trust", "reg", code=2)


def test_a_lot_that_is_not_there_is_asked_for_by_its_like(ledger: Shell) -> None:
    for words in (("show",), ("history",), ("trace",), ("trace", "--unverified")):
        ledger("lot", words[0], "OXE", *words[1:], code=2)
        assert "did you mean OX" in ledger.err


def test_tampering_is_found_and_reindex_mends_only_the_index(ledger: Shell) -> None:
    import sqlite3

    connection = sqlite3.connect("monazite.db")
    with connection:
        connection.execute("DROP TRIGGER subjects_no_delete")
        connection.execute("DELETE FROM subjects WHERE subject = 'lot:OX'")
    connection.close()
    assert {"SEAL-SCHEMA", "SEAL-INDEX"} <= {item["code"] for item in ledger.json("verify", code=1)["findings"]}
    assert "FINDINGS" in ledger("verify", "--all", code=1)
    ledger("report", "OX", code=1)
    ledger("lot", "trace", "OX", code=1)
    ledger("reindex")
    assert ledger.json("verify")["verdict"] == "clean"
    connection = sqlite3.connect("monazite.db")
    with connection:
        connection.execute("DROP TRIGGER events_no_update")
        connection.execute("UPDATE events SET data = replace(data, 'Weld', 'Wolf') WHERE entry = 2")
    connection.close()
    assert "SEAL-EVENT" in {item["code"] for item in ledger.json("verify", code=1)["findings"]}
    ledger("reindex", code=3)


def test_the_tail_without_the_log_key_is_said(ledger: Shell) -> None:
    key = ledger.json("key", "show", "ledger.example/ree")["path"]
    Path(key).rename("away.key")
    ledger("record", "dispose", "--actor", "kuantan", "--site", "gebeng", "--lot", "OX; 1 kg", "--reason", "waste")
    assert "no checkpoint" in ledger.err
    assert "DATA-TAIL" in {item["code"] for item in ledger.json("verify")["findings"]}
    Path("away.key").rename(key)
    ledger("checkpoint")
    assert "DATA-TAIL" not in {item["code"] for item in ledger.json("verify")["findings"]}


def test_json_lines_are_imported(ledger: Shell) -> None:
    event = {
        "type": "dispose",
        "actor": "kuantan",
        "site": "gebeng",
        "at": "2026-11-12T00:00:00+08:00",
        "lots": [{"lot": "OX", "mass": {"mg": 5}}],
        "ref": "D1",
    }
    ledger("import", ledger.write("more.jsonl", json.dumps(event) + "\n"))
    assert ledger.json("lot", "show", "OX")["left_kg"] == 8999.999995
    ledger("import", ledger.write("x.txt", "{}"), code=2)
    ledger("import", ledger.write("x.jsonl", '{"type": "extract"}\n'), code=2)
    assert "x.jsonl, line 1" in ledger.err
    ledger("import", ledger.write("empty.csv", HEADER + "\n"), code=2)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("verify", "--ledger", "nope.db"), 3),
        (("verify", "--ledger", "mysql://x/y"), 2),
        (("lot", "show", "NOPE"), 2),
        (("report", "NOPE"), 2),
        (("report", "OX", "--format", "docx"), 2),
        (("verify", "some.monazite"), 2),
        (("explain", "NO-CODE"), 2),
        (("party", "show", "nobody"), 2),
        (("site", "show", "nowhere"), 2),
        (("party", "add", "x"), 2),
        (("party", "add", "Bad Id", "--country", "AU", "--role", "miner"), 2),
        (("party", "add", "x", "--country", "UK", "--role", "miner"), 2),
        (("party", "add", "x", "--country", "AU", "--role", "wizard"), 2),
        (("party", "add", "x", "--from", "parties.csv"), 2),
        (("site", "add", "x"), 2),
        (("site", "add", "x", "--from", "sites.csv"), 2),
        (("key", "show", "nobody"), 2),
        (("key", "new", "has space"), 2),
        (("record", "extract", "--actor", "aus-mine", "--site", "weld", "--out", "X"), 2),
        (("record", "extract", "--actor", "aus-mine", "--site", "weld", "--out", "X; ore; 5 stone"), 2),
        (("record", "extract", "--actor", "aus-mine", "--site", "weld", "--out", "X; ore; 5 t; Nd 101 %"), 2),
        (("record", "retract", "--actor", "aus-mine", "--target", "E77", "--reason", "x"), 2),
        (("record", "assay", "--actor", "labor", "--lot", "OX"), 2),
        (("demo", "--chain", "z"), 2),
        (("demo", "--dir", "."), 2),
        (("nonsense",), 2),
        (("init", "--origin", "bad origin", "--unsafe-no-passphrase", "--ledger", "n.db"), 2),
        (("init", "--origin", "same", "--unsafe-no-passphrase", "--ledger", "n.db"), 2),
        (("init", "--origin", "c.example", "--country", "XX", "--unsafe-no-passphrase", "--ledger", "n.db"), 2),
    ],
)  # fmt: skip
def test_bad_requests_have_exit_codes_and_words(ledger: Shell, words: tuple[str, ...], code: int) -> None:
    before = ledger("checkpoint", "--note")
    ledger(*words, code=code)
    assert ledger.err.strip()
    assert not Path("n.db").exists()
    assert ledger("checkpoint", "--note") == before


def test_bad_tables_name_file_line_and_column(ledger: Shell) -> None:
    bad = ledger.write(
        "bad.csv",
        EVENTS.replace("1000,t", "1000,stone").replace("E5,assay,2026-11-09T08:00:00+01:00", "E5,assay,2026-11-09"),
    )
    ledger("import", bad, code=2)
    assert "bad.csv, line 2, unit" in ledger.err
    assert "bad.csv, line 8, at" in ledger.err
    ledger("party", "add", "--from", ledger.write("p.csv", "id,name,country,roles,owners\nx y,X,AU,miner,\n"), code=2)
    assert "p.csv, line 2, id" in ledger.err


def test_hostile_text_cannot_steer_the_terminal(shell: Shell) -> None:
    from cli.console import safe

    assert safe("a\x1b[31mb\u202ec\n") == "a\\u001b[31mb\\u202ec\n"
    shell("explain", "\x1b[31m", code=2)
    assert "\x1b" not in shell.err


@pytest.mark.parametrize(
    "words", [("--help",), ("explain",), ("verify", "--help"), ("record", "--help"), ("key", "--help")]
)
def test_help_and_explain_load_nothing_heavy(words: tuple[str, ...]) -> None:
    script = (
        "import sys; from cli.main import app\n"
        f"try: app({list(words)!r})\nexcept SystemExit: pass\n"
        "heavy = {'sqlmodel', 'sqlalchemy', 'pydantic', 'jinja2'} & set(sys.modules)\nsys.exit(bool(heavy))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, env={**os.environ})
    assert run.returncode == 0, run.stdout


def test_the_version_is_printed(shell: Shell) -> None:
    assert shell("--version").strip() == "0.1.0"
