"""What is written in another format is read back as it was recorded, and what a format cannot carry is named."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.make import chains
from ledger.errors import UsageError
from ledger.exchange import sources
from ledger.exchange.csv import read_events
from ledger.exchange.draft import check
from ledger.exchange.epcis import document, written
from ledger.exchange.faults import Faults
from ledger.exchange.given import Given, Lost, lines, members_of
from ledger.exchange.given import given as given_of
from ledger.exchange.parquet import write
from ledger.exchange.rows import Sheet
from ledger.model.events import Event, Retract
from ledger.seal import canonical
from tests.strategies import TYPES, events_of
from tests.trials import trials

CUSTODY = [kind for kind in TYPES if kind not in ("open", "enrol", "site", "key", "revoke")]
CREATED = "2026-12-01T00:00:00Z"
many = settings(max_examples=trials(80), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def history(draw: st.DrawFn) -> list[tuple[Event, str]]:
    """Events of custody with their hashes; retractions void one of those before them, where they can."""
    found: list[tuple[Event, str]] = []
    for kind in draw(st.lists(st.sampled_from(CUSTODY), min_size=1, max_size=5)):
        event = draw(events_of(kind))
        if isinstance(event, Retract) and found:
            void, digest = draw(st.sampled_from(found))
            event = Retract(
                v=1, ledger=event.ledger, actor=draw(st.sampled_from([event.actor, void.actor])), site=event.site, at=event.at,
                ref=event.ref, evidence=event.evidence, note=event.note, target=digest, reason=event.reason,
                replacement=event.replacement, lots=event.lots,
            )  # fmt: skip
        data = canonical.encode_event(event)
        found.append((event, canonical.event_hash(data)))
    return found


def all_of(events: Sequence[tuple[Event, str]], lost: Lost | None = None) -> list[Given]:
    by_hash = {digest: event for event, digest in events}
    return list(given_of(events, by_hash.get, Lost() if lost is None else lost))


def sheet_of(items: Sequence[Given]) -> tuple[bytes, Lost, Sheet]:
    lost = Lost()
    sheet = Sheet(lambda _lost: iter(items), lost)
    return b"".join(sheet.text()), lost, sheet


def read(data: bytes, kind: str, items: Iterable[Given]) -> list[dict[str, Any]]:
    """Read back into a ledger that has the same events already, so that what is retracted is there."""
    known = {(item.members["actor"], item.members["ref"]) for item in items if "ref" in item.members}
    found = sources.read(data, f"x.{kind}", kind, known=lambda _refs: known)
    assert [str(error) for error in found.errors] == []
    return [draft.members for draft in found.drafts]


@many
@given(history())
def test_json_lines_carry_every_event(events: list[tuple[Event, str]]) -> None:
    lost = Lost()
    items = all_of(events, lost)
    assert len(items) + lost.total() == len(events)
    assert read(b"".join(lines(items)), "jsonl", items) == [item.members for item in items]


@many
@given(history())
def test_epcis_is_valid_and_carries_every_event_that_it_can_say(events: list[tuple[Event, str]]) -> None:
    items, lost = all_of(events), Lost()
    said = list(written.told(items, lost))
    data = b"".join(written.document(said, CREATED))
    faults = Faults("x.json", "event")
    assert len(document.read(data, faults).events) == len(items) - lost.total()
    assert faults.errors == []
    assert read(data, "epcis", items) == [own for _view, own in said]
    unsayable = [item for item in items if item.members not in [own for _view, own in said]]
    assert all((item.void or (item.members,))[0]["type"] == "attest" for item in unsayable)


@many
@given(history())
def test_a_table_carries_what_it_can_and_counts_the_rest(events: list[tuple[Event, str]]) -> None:
    items = all_of(events)
    # Two events of one name would be one in a table; the ledger refuses the second.
    named: dict[Any, Given] = {item.members.get("ref", item.digest): item for item in items}
    items = list(named.values())
    data, lost, sheet = sheet_of(items)
    found = sources.read(data, "x.csv", "csv") if sheet.count else None
    assert found is None or [str(error) for error in found.errors] == []
    back = [draft.members for draft in found.drafts] if found else []
    assert len(back) == sheet.count <= len(items)
    plain = [{name: value for name, value in item.members.items() if name != "evidence"} for item in items]
    if not lost:
        assert back == plain
    for members in back:
        assert any(members["type"] == item["type"] and members["at"] == item["at"] for item in plain)


@pytest.mark.parametrize("name", sorted({path.split("/")[0] for path in chains()}))
def test_the_public_chains_survive_every_format(name: str, tmp_path: Path) -> None:
    drafts = read_events(chains()[f"{name}/events.csv"].encode(), "events.csv")
    items = []
    for number, draft in enumerate(drafts):
        check(draft)
        void = next((d for d in drafts if d.members["ref"] == draft.members.get("target")), None)
        items.append(Given(draft.members, f"{number:064x}", (void.members, "0" * 64) if void else None))
    members = [item.members for item in items]
    assert read(b"".join(lines(items)), "jsonl", items) == members
    lost = Lost()
    assert read(b"".join(written.document(written.told(items, lost), CREATED)), "epcis", items) == members
    data, told, _sheet = sheet_of(items)
    assert not lost
    assert not told
    assert [draft.members for draft in sources.read(data, "x.csv", "csv").drafts] == members
    table, output = tmp_path / "t.csv", tmp_path / "t.parquet"
    table.write_bytes(data)
    write(table, output)
    assert [draft.members for draft in sources.read(output.read_bytes(), "x.parquet", "parquet").drafts] == members


# What a table cannot say.

EXTRACT = {
    "type": "extract",
    "actor": "lynas",
    "site": "mt-weld",
    "at": "2026-03-01T08:30:00+08:00",
    "ref": "E1",
    "outputs": [{"lot": "ORE", "form": "ore", "mass": {"mg": 5}}],
}
FILE = {"name": "a.pdf", "sha256": "0" * 64, "media_type": "application/pdf", "size": 3}


def said(members: dict[str, Any]) -> dict[str, int]:
    return dict(sheet_of([Given(members, "ab" * 32)])[1])


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"evidence": [FILE]}, "`evidence`: a table names files that lie beside it"),
        (
            {"evidence": [{**FILE, "media_type": "application/vnd.monazite.import+json"}]},
            "the record of an earlier import, as `evidence`",
        ),
        ({"note": " x"}, "`note` of events of type extract"),
        (
            {
                "type": "ship",
                "to": "gebeng",
                "lots": [{"lot": "ORE"}],
                "documents": [{"kind": "bill of lading", "number": "1"}],
            },
            "`documents` of events of type ship",
        ),
        (
            {
                "type": "transform",
                "stage": "separate",
                "inputs": [{"lot": "IN"}],
                "losses": [{"kind": "dust", "mass": {"mg": 4, "u_mg": 1}}],
            },
            "`losses.mass.u_mg` of events of type transform",
        ),
        (
            {
                "type": "transform",
                "stage": "separate",
                "inputs": [{"lot": "IN"}],
                "equipment": [{"what": "saw; wire", "country": "JP"}],
            },
            "events of type transform, since a table cannot say what is in `equipment`",
        ),
        (
            {
                "outputs": [
                    {
                        **EXTRACT["outputs"][0],
                        "value": {"amount": 1, "currency": "EUR"},
                        "cn_value": {"amount": 1, "currency": "CNY"},
                    }
                ]
            },
            "`outputs.value.currency` of events of type extract",
        ),
        (
            {"type": "receive", "lots": [{"lot": "ORE"}], "result": "accepted", "reason": "late"},
            "`reason` of events of type receive",
        ),
        (
            {"type": "attest", "scheme": "ISO", "result": "ok", "parties": ["lynas"]},
            "`parties` of events of type attest",
        ),
        (
            {"type": "attest", "scheme": "ISO", "result": "ok", "lots": [{"lot": "ORE"}], "sites": ["mt-weld"]},
            "`sites` of events of type attest",
        ),
        ({"deposit": "x" * 10_001}, "events of type extract with a cell of more than 10000 characters"),
    ],
)
def test_what_a_table_has_no_column_for_is_named(changed: dict[str, Any], what: str) -> None:
    members = {**EXTRACT, **changed}
    if members["type"] in ("ship", "receive", "attest"):
        del members["outputs"]
    assert what in said(members)
    assert said(EXTRACT) == {}


def test_an_event_without_a_name_is_called_by_its_hash() -> None:
    members = {name: value for name, value in EXTRACT.items() if name != "ref"}
    data, lost, _sheet = sheet_of([Given(members, "ab" * 32)])
    assert list(lost) == ["that events have no name of their own: the table calls them by their hash"]
    assert sources.read(data, "x.csv", "csv").drafts[0].members["ref"] == "event abababababababab"


def test_a_cell_that_a_spreadsheet_takes_for_a_formula_is_kept_and_counted() -> None:
    members = {**EXTRACT, "note": '=HYPERLINK("x")', "ref": "-1+1"}
    data, lost, sheet = sheet_of([Given(members, "ab" * 32)])
    assert sources.read(data, "x.csv", "csv").drafts[0].members == members
    assert not lost
    assert sheet.formulas == 2


def test_a_table_has_the_columns_that_its_events_fill_and_no_more_than_a_reader_takes() -> None:
    row = next(csv.reader(io.StringIO(sheet_of([Given(EXTRACT, "ab" * 32)])[0].decode())))
    assert row == ["event", "type", "at", "actor", "site", "direction", "lot", "form", "mass", "unit"]
    output = EXTRACT["outputs"][0]
    many_analytes = {f"A{number}": {"ppb": 1} for number in range(600)}
    with pytest.raises(UsageError, match="600 of them for analytes"):
        sheet_of([Given({**EXTRACT, "outputs": [{**output, "composition": many_analytes}]}, "ab" * 32)])


def test_no_events_make_an_empty_table_and_an_empty_document() -> None:
    assert sheet_of([])[0] == b"event,type,at,actor,lot\n"
    data = b"".join(written.document([], CREATED))
    assert json.loads(data)["epcisBody"] == {"eventList": []}
    assert sources.read(data, "x.json", "epcis").drafts == []


# What only this ledger can resolve.


@given(events_of("enrol"), events_of("dispose"), events_of("retract"))
@settings(max_examples=5)
def test_what_another_ledger_cannot_find_is_named(enrol: Event, dispose: Event, retract: Event) -> None:
    lost = Lost()
    assert list(given_of([(enrol, "a"), (retract, "b")], lambda _digest: None, lost)) == []
    assert list(lost) == [
        "registry events of type enrol, which `monazite party add` records",
        "retractions of what is no event of custody",
    ]
    void = dispose if dispose.ref is None or dispose.actor != retract.actor else None
    if void is not None:
        assert list(given_of([(retract, "b")], lambda _digest: void, lost)) == []
        assert len(lost) == 3


def test_members_are_those_of_a_draft() -> None:
    found = members_of(check(read_events(chains()["c-mountain-pass-texas/events.csv"].encode(), "e.csv")[0]))
    assert "v" not in found
    assert "ledger" not in found
