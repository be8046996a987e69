"""EPCIS documents as an operator imports them: planned, recorded, corrected, and what is not recorded said."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from tests.exchange.epcis import OBJECT, PLACE, THING, VECTORS, amount, written

MAPPING = f"""name = "kuantan-epcis"
version = "2"
[constants]
actor = "kuantan"
to = "tokyo"
stage = "separate"
[values.site]
"{PLACE}" = "gebeng"
[values.form]
"urn:epc:class:lgtin:4012345.012345" = "oxide-nd"
"""
MADE = {
    **OBJECT,
    "eventID": "urn:uuid:1",
    "action": "ADD",
    "bizStep": "commissioning",
    "quantityList": [amount(uom="LBR")],
}
SENT = {
    **OBJECT,
    "eventID": "urn:uuid:2",
    "eventTime": "2026-11-11T00:30:00Z",
    "bizStep": "shipping",
    "quantityList": [amount(quantity=1)],
}
WRONG = {**SENT, "errorDeclaration": {"declarationTime": "2026-11-12T00:30:00Z"}}


def document(ledger: Shell, name: str, *events: object) -> str:
    return ledger.write(name, written(*events).decode())  # type: ignore[arg-type]


def test_a_document_is_planned_recorded_kept_and_recorded_once(ledger: Shell) -> None:
    path = document(ledger, "e.json", MADE, SENT, {**OBJECT, "epcList": [THING]})
    mapping = ledger.write("m.toml", MAPPING)
    plan = ledger.json("import", path, "--mapping", mapping, "--dry-run")
    assert plan["would_record"] == {"declare": 1, "ship": 1}
    assert plan["files"][0]["notes"] == ["event 3: an observation (no business step) moves and changes no material"]
    assert "2 events recorded" in ledger("import", path, "--mapping", mapping)
    assert "event 3: an observation" in ledger.err
    kept = ledger.folder / "monazite.evidence"
    assert (kept / hashlib.sha256((ledger.folder / "e.json").read_bytes()).hexdigest()).exists()
    assert "Nothing to add" in ledger("import", path, "--mapping", mapping)
    lot = MADE["quantityList"][0]["epcClass"]
    assert ledger.json("lot", "show", lot)["mass_kg"] == 2.267962
    ledger("verify", code=None)
    assert "SEAL" not in ledger.out


def test_an_error_declared_later_voids_what_the_ledger_has(ledger: Shell) -> None:
    mapping = ledger.write("m.toml", MAPPING)
    declared = document(ledger, "wrong.json", WRONG)
    assert "Nothing to add" in ledger("import", declared, "--mapping", mapping)
    assert "declares an error in an event that is neither recorded" in ledger.err
    ledger("import", document(ledger, "e.json", MADE, SENT), "--mapping", mapping)
    plan = ledger.json("import", declared, "--mapping", mapping, "--dry-run")
    assert plan["would_record"] == {"retract": 1}
    assert "1 events recorded" in ledger("import", declared, "--mapping", mapping)
    assert "Nothing to add" in ledger("import", declared, "--mapping", mapping)


def test_an_error_declared_in_the_file_itself(ledger: Shell) -> None:
    mapping = ledger.write("m.toml", MAPPING)
    path = document(ledger, "e.json", WRONG, MADE, SENT)
    assert "3 events recorded" in ledger("import", path, "--mapping", mapping)
    assert "Nothing to add" in ledger("import", path, "--mapping", mapping)


def test_every_error_names_its_event_and_nothing_is_written(ledger: Shell) -> None:
    before = ledger("checkpoint", "--note")
    bad = [{**MADE, "action": "CREATE"}, {**SENT, "eventTimeZoneOffset": "8"}]
    path = document(ledger, "e.json", MADE, *bad)
    ledger("import", path, "--mapping", ledger.write("m.toml", MAPPING), code=2)
    assert "e.json, event 2, action: " in ledger.err
    assert "e.json, event 3, eventTimeZoneOffset: " in ledger.err
    assert ledger("checkpoint", "--note") == before


def test_what_is_sound_of_a_document_is_recorded_where_asked(ledger: Shell) -> None:
    gone = {**SENT, "eventID": "urn:uuid:3", "quantityList": [amount("urn:x:gone")]}
    path = document(ledger, "e.json", MADE, {**SENT, "action": "CREATE"}, gone)
    mapping = ledger.write("m.toml", MAPPING)
    assert "1 events recorded" in ledger("import", path, "--mapping", mapping, "--keep-going", "r.csv", code=1)
    rejects = (ledger.folder / "r.csv").read_text(encoding="utf-8")
    assert "CUST-LOT-UNKNOWN" in rejects
    assert "action: " in rejects


@pytest.mark.parametrize("path", sorted((VECTORS / "Invalid").iterdir()), ids=lambda path: path.stem)
def test_invalid_documents_are_bad_input(ledger: Shell, path: Path) -> None:
    ledger("import", str(path), "--mapping", ledger.write("m.toml", MAPPING), "--dry-run", code=2)
    assert f"{path.name}, " in ledger.err


def test_a_hash_that_does_not_fit_is_said_and_stops_nothing(ledger: Shell) -> None:
    path = VECTORS / "Documents" / "TransformationEvent.json"
    ledger("import", str(path), "--mapping", ledger.write("m.toml", MAPPING))
    assert "eventID of event 1 is a hash of other content" in ledger.err
    assert "event 1: cannot be balanced" in ledger.err
