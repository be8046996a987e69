"""`export epcis`, `jsonl`, `csv` and `parquet`: what comes out goes in again, here or elsewhere, and what does not is said."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from ledger.admission import unchained
from ledger.seal import canonical
from ledger.store.sql import SqliteStore
from tests.cli.conftest import PARTIES, SITES, Shell, at_home

FORMATS = {"epcis": "json", "jsonl": "jsonl", "csv": "csv", "parquet": "parquet"}
REGISTRY = ("open", "enrol", "site", "key", "revoke")
MORE = """event,type,at,actor,site,stage,direction,lot,form,mass,unit,to,target,reason,scheme,result,note,replacement
R1,retract,2026-11-10T00:00:00+01:00,labor,,,,,,,,,E5,wrong sample,,,,E6
E6,assay,2026-11-10T01:00:00+01:00,labor,,,subject,OX,,,,,,,,,,
A1,attest,2026-11-11T00:00:00+00:00,audit,,,subject,OX,,,,,,,ISO 22095,conforms,=1+1,
S1,ship,2026-11-12T00:00:00+08:00,kuantan,gebeng,,subject,OX,,,,tokyo,,,,,,
D1,dispose,2026-11-12T01:00:00+08:00,kuantan,gebeng,,subject,RES,,2,t,,,waste: to the pond,,,,
"""


def custody(ledger: Path) -> list[Any]:
    """The events of custody of a ledger, without their places in its chain."""
    store = SqliteStore(ledger)
    with store.snapshot() as seen:
        events = [canonical.decode_event(data) for stored in seen.entries() for data in stored.events]
    store.close()
    found = [unchained(event) for event in events if event.type not in REGISTRY]
    for members in found:
        members.pop("ledger")
        if members["type"] == "retract":
            members.pop("target")
    return found


@pytest.fixture
def full(ledger: Shell) -> Shell:
    """A ledger with every kind of event that its parties can say."""
    text = MORE.replace(",replacement\n", ",replacement,Nd2O3 %\n", 1)
    rows = text.strip().split("\n")
    table = "\n".join([rows[0], *(row + (",99.3" if row.startswith("E6") else ",") for row in rows[1:])])
    ledger("import", ledger.write("more.csv", table))
    return ledger


@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_is_in_the_ledger_already(full: Shell, kind: str) -> None:
    full("export", kind, "--all")
    assert "10 events" in full.out
    assert "not carried: registry events of type enrol, which `monazite party add` records (6)" in full.out
    assert "Nothing to add" in full("import", f"events.{FORMATS[kind]}")


@pytest.mark.parametrize("kind", FORMATS)
def test_a_fresh_ledger_with_the_same_parties_gets_the_same_events(
    full: Shell, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    full("export", kind, "--all", "-o", f"given.{FORMATS[kind]}")
    before = custody(full.folder / "monazite.db")
    fresh = full.folder / "fresh"
    fresh.mkdir()
    at_home(fresh, monkeypatch)
    for name, text in (("parties", PARTIES), ("sites", SITES)):
        (fresh / f"{name}.csv").write_text(text, encoding="utf-8")
    full("init", "--origin", "other.example/ree", "--operator", "reg", "--country", "AU", "--unsafe-no-passphrase")
    full("party", "add", "--from", "parties.csv", "--unsafe-no-passphrase")
    full("site", "add", "--from", "sites.csv")
    full("import", str(full.folder / f"given.{FORMATS[kind]}"))
    assert custody(fresh / "monazite.db") == before


@pytest.mark.parametrize("kind", FORMATS)
def test_a_lot_is_exported_with_what_it_rests_on(full: Shell, kind: str) -> None:
    assert "OX." in full("export", kind, "OX")
    assert "10 events" in full.out
    full("export", kind, "ORE", "-o", "ore")
    assert "ore written: 3 events" in full.out
    assert "not carried: events on these lots that touch others as well" in full.out
    full("export", kind, "NONE", code=2)
    assert "there is no lot 'NONE'" in full.err


def test_what_is_asked_for_is_one_lot_or_all(full: Shell) -> None:
    full("export", "csv", code=2)
    assert "name a lot, or give --all" in full.err
    full("export", "csv", "OX", "--all", code=2)
    assert "not both" in full.err
    full("export", "csv", "a/b", code=2)
    assert "give one with -o" in full.err
    full("export", "csv", "--all", "-o", "nowhere/x.csv", code=2)
    assert "there is no folder nowhere" in full.err


def test_epcis_from_tiles_is_that_of_the_ledger(full: Shell) -> None:
    full("export", "tiles", "public")
    documents = []
    for source in ("monazite.db", "public"):
        full("export", "epcis", "--all", "-o", "e.json", "--ledger", source)
        documents.append(json.loads(Path("e.json").read_bytes())["epcisBody"])
    assert documents[0] == documents[1]
    kinds = [event["type"] for event in documents[0]["eventList"]]
    assert kinds.count("TransformationEvent") == 1
    declared = [event for event in documents[0]["eventList"] if "errorDeclaration" in event]
    assert [event["errorDeclaration"]["correctiveEventIDs"][0][-8:] for event in declared] == ["labor/E6"]


def test_formulas_are_kept_and_said(full: Shell) -> None:
    full("export", "csv", "--all")
    assert "note: 1 cells begin with = + - or @" in full.err
    rows = list(csv.DictReader(io.StringIO(Path("events.csv").read_text(encoding="utf-8"))))
    assert [row["note"] for row in rows if row["event"] == "A1"] == ["=1+1"]


def test_a_document_can_go_to_standard_output(full: Shell) -> None:
    printed = full("export", "jsonl", "OX", "-o", "-")
    assert [json.loads(line)["ref"] for line in printed.splitlines()][:2] == ["E1", "E2"]
    assert "- written: " in full.err
