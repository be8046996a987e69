"""`import` as an operator uses it: foreign tables, all or nothing, what is sound alone, and the files kept."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ledger.errors import StoreError
from ledger.store.sql import SqliteStore
from tests.cli.conftest import EVENTS, HEADER, Shell

MAPPING = """name = "erp"
version = "3"
ignore = ["Clerk"]
[columns]
"Doc" = "event"
"Date" = "at"
"Batch" = "lot"
"To" = "to"
[constants]
type = "ship"
actor = "kuantan"
site = "gebeng"
route = "MY>JP"
[time]
format = "%d.%m.%Y"
time_of_day = "08:00"
offset = "+08:00"
"""
SHIPMENT = "Doc,Date,Batch,To,Clerk\nS1,10.11.2026,OX,tokyo,Ann\n"
GOOD = "E9,ship,2026-11-10T08:00:00+08:00,kuantan,gebeng,,subject,OX,,,,,tokyo,MY>JP,,,,,,,,,,,,,"
BAD = "E10,ship,yesterday,kuantan,gebeng,,subject,RES,,,,,tokyo,MY>JP,,,,,,,,,,,,,"
NO_LOT = "E11,ship,2026-11-10T08:00:00+08:00,kuantan,gebeng,,subject,GONE,,,,,tokyo,MY>JP,,,,,,,,,,,,,"


def test_a_foreign_table_is_imported_through_its_mapping_and_kept(ledger: Shell) -> None:
    table, mapping = ledger.write("erp.csv", SHIPMENT), ledger.write("erp.toml", MAPPING)
    plan = ledger.json("import", table, "--mapping", mapping, "--dry-run")
    assert plan["would_record"] == {"ship": 1}
    assert plan["files"][0]["dropped"] == ["Clerk"]
    assert "left out, as the mapping says: Clerk" in ledger("import", table, "--mapping", mapping)
    kept = ledger.folder / "monazite.evidence"
    records = [json.loads(path.read_bytes()) for path in kept.iterdir() if path.read_bytes().startswith(b"{")]
    assert {"name": "erp", "sha256": hashlib.sha256(MAPPING.encode()).hexdigest(), "version": "3"} in [
        record.get("mapping") for record in records
    ]
    for text in (SHIPMENT, MAPPING):
        assert (kept / hashlib.sha256(text.encode()).hexdigest()).read_text() == text
    assert "Nothing to add" in ledger("import", table, "--mapping", mapping)


def test_the_same_events_from_another_file_add_nothing(ledger: Shell) -> None:
    rows = list(csv.reader(io.StringIO(EVENTS)))
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in rows:
        page.append([cell or None for cell in row])
    book.save(ledger.folder / "events.xlsx")
    before = ledger("checkpoint", "--note")
    assert "Nothing to add" in ledger("import", str(ledger.folder / "events.xlsx"))
    assert ledger("checkpoint", "--note") == before


def test_every_error_is_said_and_nothing_is_written_or_kept(ledger: Shell) -> None:
    before = sorted(path.name for path in (ledger.folder / "monazite.evidence").iterdir())
    ledger("import", ledger.write("more.csv", "\n".join((HEADER, GOOD, BAD, BAD.replace("E10", "E12"))) + "\n"), code=2)
    assert "line 3, at" in ledger.err
    assert "line 4, at" in ledger.err
    ledger("import", ledger.write("refused.csv", f"{HEADER}\n{GOOD}\n{NO_LOT}\n"), code=1)
    assert "CUST-LOT-UNKNOWN" in ledger.err
    assert sorted(path.name for path in (ledger.folder / "monazite.evidence").iterdir()) == before


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (StoreError("it is not known whether this was kept"), 3, "not known"),
        (KeyboardInterrupt(), 130, "as a whole or not at all"),
    ],
    ids=["went away", "interrupted"],
)
def test_the_files_of_events_that_may_be_there_are_kept(
    ledger: Shell, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    whole = SqliteStore.append

    def unanswered(*arguments: Any, **options: Any) -> None:
        whole(*arguments, **options)
        raise error

    table = ledger.write("more.csv", f"{HEADER}\n{GOOD}\n")
    with monkeypatch.context() as patched:
        patched.setattr(SqliteStore, "append", unanswered)
        ledger("import", table, code=code)
    assert said in ledger.err
    digest = hashlib.sha256(Path(table).read_bytes()).hexdigest()
    assert (ledger.folder / "monazite.evidence" / digest).is_file()
    assert "Nothing to add" in ledger("import", table)


def test_what_is_sound_is_recorded_alone_where_asked_and_the_rest_can_be_corrected(ledger: Shell) -> None:
    table = ledger.write("more.csv", f"{HEADER}\n{GOOD}\n{BAD}\n{NO_LOT}\n")
    ledger("import", table, "--keep-going", "rejects.csv", "--dry-run", code=1)
    assert not Path("rejects.csv").exists()
    assert "1 events recorded" in ledger("import", table, "--keep-going", "rejects.csv", code=1)
    rows = list(csv.DictReader(io.StringIO(Path("rejects.csv").read_text(encoding="utf-8"))))
    assert [row["event"] for row in rows] == ["E10", "E11"]
    assert rows[0]["error"].startswith("at: 'yesterday' is not a time")
    assert rows[1]["error"] == "CUST-LOT-UNKNOWN: there is no lot GONE"
    text = Path("rejects.csv").read_text(encoding="utf-8").replace("yesterday", "2026-11-11T08:00:00+08:00")
    corrected = ledger.write("corrected.csv", text.replace("GONE", "ORE"))
    assert "2 events recorded" in ledger("import", corrected)


def test_lines_that_are_no_events_are_rejected_with_their_text(ledger: Shell) -> None:
    sound = {"type": "dispose", "actor": "kuantan", "site": "gebeng", "at": "2026-11-12T00:00:00+08:00", "ref": "D1"}
    lines = [json.dumps({**sound, "lots": [{"lot": "OX"}]}), '{"type": "nonsense"}']
    ledger("import", ledger.write("more.jsonl", "\n".join(lines)), "--keep-going", "rejects.csv", code=1)
    (row,) = csv.DictReader(io.StringIO(Path("rejects.csv").read_text(encoding="utf-8")))
    assert row["json"] == '{"type": "nonsense"}'
    assert "nonsense" in row["error"]


def test_nothing_sound_records_nothing(ledger: Shell) -> None:
    before = ledger("checkpoint", "--note")
    ledger("import", ledger.write("bad.csv", f"{HEADER}\n{BAD}\n"), "--keep-going", "rejects.csv", code=1)
    assert ledger("checkpoint", "--note") == before


def test_a_mapping_is_suggested(ledger: Shell) -> None:
    text = ledger("import", ledger.write("erp.csv", SHIPMENT), "--suggest-mapping")
    assert '"Batch" = "lot"' in text
    ledger("import", ledger.write("a.csv", SHIPMENT), ledger.write("b.csv", SHIPMENT), "--suggest-mapping", code=2)
    ledger("import", ledger.write("x.jsonl", "{}"), "--suggest-mapping", code=2)
    assert "a mapping is for tables" in ledger.err


def test_an_import_begins_anew_when_somebody_else_recorded_meanwhile(
    ledger: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ledger import record as recording
    from ledger.errors import ConflictError

    whole, tries = recording.record, iter([True] * 3)

    def contended(*arguments: Any, **options: Any) -> Any:
        if next(tries, False):
            raise ConflictError("another writer was first; nothing was written")
        return whole(*arguments, **options)

    monkeypatch.setattr(recording, "record", contended)
    table = ledger.write("more.csv", f"{HEADER}\n{GOOD}\n")
    assert "1 events recorded" in ledger("import", table)
    tries = iter([True] * 1000)
    ledger("import", ledger.write("other.csv", f"{HEADER}\n{GOOD.replace('E9', 'E13').replace('OX', 'RES')}\n"), code=1)
    assert "another writer was first" in ledger.err


def test_every_error_is_told(ledger: Shell) -> None:
    rows = [BAD.replace("E10", f"E{number}") for number in range(100, 220)]
    ledger("import", ledger.write("bad.csv", "\n".join([HEADER, *rows]) + "\n"), code=2)
    assert ledger.err.count("bad.csv, line ") == 120
    assert " more" not in ledger.err


def test_a_plan_of_nothing_says_so(ledger: Shell) -> None:
    assert "Nothing would be recorded; " in ledger("import", ledger.write("again.csv", EVENTS), "--dry-run")
