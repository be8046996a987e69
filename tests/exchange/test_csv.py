"""Events from CSV: every type's mapping, and every rule of the contract with the line and column that it names."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import BatchError, FormatError, InputError
from ledger.exchange import events, sources
from ledger.exchange.contract import COLUMNS, DIRECTIONS, EVENT_COLUMNS, MANDATORY, REQUIRED
from ledger.exchange.csv import read_events
from ledger.exchange.draft import Draft, check
from ledger.exchange.faults import LIMIT
from ledger.model.events import EVENT_TYPES
from tests.exchange.sheets import (
    ALL,
    ASSAY,
    AT,
    ATTEST,
    COMMON,
    DECLARE,
    DISPOSE,
    DRAW,
    EXTRACT,
    FILE,
    INSTANT,
    MAKE,
    RECEIVE,
    RECOVER,
    RETRACT,
    SHIP,
    Cells,
    drafts,
    fault,
    faults,
    members,
    transform,
    written,
)

HEAD = {"ref": "E1", "at": INSTANT, "actor": "lynas", "site": "mt-weld"}
ORE = {"lot": "ORE-1", "form": "ore", "mass": {"mg": 12_500_000_000}}
HASH = "0123456789abcdef" * 4


def without(cells: Cells, *names: str) -> dict[str, str]:
    return {name: cell for name, cell in cells.items() if name not in names}


def test_the_contract_is_that_of_the_design() -> None:
    printed = (
        "event,type,at,actor,site,stage,direction,lot,form,mass,unit,u_mass,to,route,deposit,mineral,country,feedstock,"
        "equipment,technology,losses,target,reason,note"
    )
    assert set(printed.split(",")) | {"scheme", "result", "valid_from", "valid_until", "evidence"} < set(COLUMNS)
    assert MANDATORY == ("event", "type", "at", "actor", "lot")
    assert DIRECTIONS.keys() < EVENT_TYPES.keys()
    for name, column in EVENT_COLUMNS.items():
        assert set(column.types) <= DIRECTIONS.keys(), name
    for kind, names in REQUIRED.items():
        assert all(kind in EVENT_COLUMNS[name].types for name in names)


# --- every type


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (EXTRACT, {"type": "extract", "outputs": [ORE]}),
        (
            {
                **EXTRACT,
                "deposit": "mt-weld",
                "mineral": "monazite",
                "country": "AU",
                "stage": "mine",
                "direction": "OUT",
            },
            {"type": "extract", "deposit": "mt-weld", "mineral": "monazite", "country": "AU", "outputs": [ORE]},
        ),
        ({**EXTRACT, "country": "ZZ"}, {"type": "extract", "country": "ZZ", "outputs": [ORE]}),
        (
            {
                **RECOVER,
                "feedstock": "wire-saw swarf",
                "waste": "pre_consumer",
                "country": "unknown",
                "stage": "collect",
            },
            {
                "type": "recover",
                "feedstock": "wire-saw swarf",
                "waste": "pre_consumer",
                "origin": {"mine": "unknown"},
                "outputs": [{**ORE, "form": "swarf"}],
            },
        ),
        (
            {**DECLARE, "country": "mine=AU; separate = CN;", "supplier": "A trader"},
            {
                "type": "declare",
                "origin": {"mine": "AU", "separate": "CN"},
                "supplier": "A trader",
                "outputs": [{**ORE, "form": "oxide-ndpr"}],
            },
        ),
        (DECLARE, {"type": "declare", "outputs": [{**ORE, "form": "oxide-ndpr"}]}),
        (
            {**SHIP, "carrier": "A line", "title": "passes", "licence_ref": "X-1", "hs": "280530"},
            {
                "type": "ship",
                "to": "gebeng",
                "route": ["AU", "SG", "MY"],
                "carrier": "A line",
                "title": "passes",
                "licence_ref": "X-1",
                "hs": "280530",
                "lots": [{"lot": "CON-1"}],
            },
        ),
        (RECEIVE, {"type": "receive", "result": "accepted", "lots": [{"lot": "CON-1"}]}),
        (
            {**RECEIVE, "reason": "wet", "mass": "3", "unit": "kg", "u_mass": "0.01", "direction": "subject"},
            {
                "type": "receive",
                "result": "disputed",
                "reason": "wet",
                "lots": [{"lot": "CON-1", "mass": {"mg": 3_000_000, "u_mg": 10_000}}],
            },
        ),
        (
            {**ASSAY, "method": "ICP-MS", "u Nd2O3 ppm": "20", "Dy ppm": "0"},
            {
                "type": "assay",
                "lot": "CON-1",
                "method": "ICP-MS",
                "composition": {"Nd2O3": {"ppb": 175_000_000, "u_ppb": 20_000}, "Dy": {"ppb": 0}},
            },
        ),
        (
            {**ATTEST, "valid_from": "2026-01-01", "valid_until": "2026-12-31"},
            {
                "type": "attest",
                "scheme": "ISO 22095",
                "result": "conforms",
                "valid_from": "2026-01-01",
                "valid_until": "2026-12-31",
                "lots": [{"lot": "CON-1"}],
            },
        ),
        (
            {**RETRACT, "target": HASH, "replacement": "E2"},
            {"type": "retract", "target": HASH, "reason": "typing error", "replacement": "E2"},
        ),
        (RETRACT, {"type": "retract", "target": "E0", "reason": "typing error"}),
        ({**RETRACT, "lot": "CON-1"}, {"type": "retract", "target": "E0", "reason": "typing error"}),
        (DISPOSE, {"type": "dispose", "how": "waste", "lots": [{"lot": "CON-1"}]}),
        (
            {**DISPOSE, "reason": "Sale: to X; in bulk", "mass": "1", "unit": "mg"},
            {
                "type": "dispose",
                "how": "sale",
                "reason": "to X; in bulk",
                "lots": [{"lot": "CON-1", "mass": {"mg": 1}}],
            },
        ),
    ],
)
def test_each_type(row: Cells, expected: dict[str, Any]) -> None:
    assert members(row) == {**HEAD, **expected}


def test_a_transform() -> None:
    first = {
        **DRAW,
        "type": "Transform",
        "equipment": "wire saw@JP; mixer@settler@unknown;",
        "technology": "solvent extraction@CN",
        "losses": "dust=1.2 kg;slag = 3t",
        "custody_model": "mass_balance",
        "mass": "2",
        "unit": "t",
    }
    made = {**MAKE, "value": "1234.5", "currency": "USD", "cn_value": "0.005", "TREO %": "40"}
    assert members(first, {"event": "E1", "direction": "In", "lot": "ORE-2"}, made) == {
        **HEAD,
        "type": "transform",
        "stage": "beneficiate",
        "custody_model": "mass_balance",
        "equipment": [{"what": "wire saw", "country": "JP"}, {"what": "mixer@settler", "country": "unknown"}],
        "technology": [{"what": "solvent extraction", "country": "CN"}],
        "losses": [{"kind": "dust", "mass": {"mg": 1_200_000}}, {"kind": "slag", "mass": {"mg": 3_000_000_000}}],
        "inputs": [{"lot": "ORE-1", "mass": {"mg": 2_000_000_000}}, {"lot": "ORE-2"}],
        "outputs": [
            {
                "lot": "CON-1",
                "form": "concentrate",
                "mass": {"mg": 10**9},
                "composition": {"TREO": {"ppb": 400_000_000}},
                "value": {"amount": 123_450, "currency": "USD"},
                "cn_value": {"amount": 0, "currency": "USD"},
            }
        ],
    }


def test_an_attestation_without_a_lot_is_about_its_site() -> None:
    found = members({**ATTEST, "lot": ""})
    assert (found["sites"], "site" in found, "lots" in found) == (["mt-weld"], False, False)
    assert members(ATTEST)["site"] == "mt-weld"
    line, column, message = fault({**ATTEST, "lot": "", "site": ""})
    assert (line, column) == (2, "lot")
    assert "about lots or a site" in message
    assert fault({**ATTEST, "lot": "", "site": "!"})[1] == "site"


@pytest.mark.parametrize("row", [ASSAY, ATTEST, RETRACT])
def test_types_that_need_no_site(row: Cells) -> None:
    assert "site" not in members(without(row, "site"))


# --- rows to events


def test_event_level_cells_may_be_blank_after_the_first_row() -> None:
    second = {"event": "E1", "lot": "ORE-2", "form": "ore", "mass": "1", "unit": "kg"}
    found = members(EXTRACT, second, {**second, "lot": "ORE-3", "note": "said later"})
    assert [output["lot"] for output in found["outputs"]] == ["ORE-1", "ORE-2", "ORE-3"]
    assert found["note"] == "said later"


def test_rows_of_an_event_need_not_be_adjacent() -> None:
    other = {**EXTRACT, "event": "E2", "lot": "ORE-9"}
    found = drafts(EXTRACT, other, {"event": "E1", "lot": "ORE-2", "form": "ore", "mass": "1", "unit": "kg"})
    assert [(draft.members["ref"], draft.line, draft.file) for draft in found] == [("E1", 2, FILE), ("E2", 3, FILE)]
    assert len(found[0].members["outputs"]) == 2


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("type", "recover"),
        ("at", "2026-03-01T08:31+08:00"),
        ("actor", "lynas2"),
        ("site", "gebeng"),
        ("deposit", "other"),
        ("note", "other"),
    ],
)
def test_a_conflict_names_both_lines(column: str, cell: str) -> None:
    first = {**EXTRACT, "deposit": "mt-weld", "note": "hello"}
    errors = faults(first, {"event": "E9", **without(ASSAY, "event")}, {**first, "lot": "ORE-2", column: cell})
    assert [(line, name) for line, name, _ in errors] == [(4, column)]
    assert f"{cell!r} here" in errors[0][2]
    assert "on line 2" in errors[0][2]


def test_the_type_is_compared_whatever_its_case() -> None:
    assert members(EXTRACT, {**EXTRACT, "type": "EXTRACT", "lot": "ORE-2"})["type"] == "extract"


def test_lines_are_those_of_the_file() -> None:
    rows = [{**EXTRACT, "note": "two\r\nlines"}, {**EXTRACT, "event": "E2", "lot": "L", "form": "Ore!"}]
    data = written(rows).replace(b"\nE2", b"\n\n\n\nE2")
    with pytest.raises(BatchError) as caught:
        read_events(data, FILE)
    (error,) = caught.value.errors
    assert (error.line, error.field) == (7, "form")
    assert drafts(rows[0])[0].members["note"] == "two\nlines"


def test_a_unit_filled_down_a_column_says_nothing_alone() -> None:
    assert transform(draw={"unit": "kg"})["inputs"] == [{"lot": "ORE-1"}]
    assert members({**SHIP, "unit": "kg"})["lots"] == [{"lot": "CON-1"}]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("waste", {"how": "waste"}),
        ("LOSS", {"how": "loss"}),
        ("sale:", {"how": "sale"}),
        ("sale, to X", {"how": "sale", "reason": "to X"}),
        ("waste\nto tip", {"how": "waste", "reason": "to tip"}),
        ("wasteful", {"reason": "wasteful"}),
        ("loss-making", {"reason": "loss-making"}),
        ("given away", {"reason": "given away"}),
        ("", {}),
    ],
)
def test_how_material_left_the_ledger(cell: str, expected: dict[str, str]) -> None:
    found = members({**DISPOSE, "reason": cell})
    assert {name: found[name] for name in ("how", "reason") if name in found} == expected


# --- what is wrong with a row


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ({**EXTRACT, "event": ""}, "event", "every row names its event"),
        ({**EXTRACT, "event": "x" * 200}, "event", "1 to 128 characters"),
        ({**EXTRACT, "type": ""}, "type", "types are extract"),
        ({**EXTRACT, "type": "extrakt"}, "type", "did you mean `extract`?"),
        ({**EXTRACT, "type": "enrol"}, "type", "`monazite party add` records it"),
        ({**EXTRACT, "at": ""}, "at", "needs it"),
        ({**EXTRACT, "actor": ""}, "actor", "needs it"),
        ({**EXTRACT, "actor": "Lynas Corp"}, "actor", "1 to 64 small letters"),
        ({**EXTRACT, "actor": "=1+1"}, "actor", "an id"),
        ({**EXTRACT, "site": ""}, "site", "needs it"),
        ({**EXTRACT, "site": "@x"}, "site", "an id"),
        ({**EXTRACT, "lot": ""}, "lot", "names a lot"),
        ({**EXTRACT, "lot": " ORE-1"}, "lot", "no space at the ends"),
        ({**EXTRACT, "lot": "ORE-1\u00a0"}, "lot", "no space at the ends"),
        ({**EXTRACT, "lot": "x" * 129}, "lot", "1 to 128 characters"),
        ({**EXTRACT, "lot": "a\u202eb"}, "lot", "bidirectional"),
        ({**EXTRACT, "lot": "e\u0301"}, "lot", "normalization form C"),
        ({**EXTRACT, "form": ""}, "form", "has a form"),
        ({**EXTRACT, "form": "Ore"}, "form", "ore, concentrate"),
        ({**EXTRACT, "mass": "", "unit": ""}, "mass", "has a mass"),
        ({**EXTRACT, "mass": ""}, "mass", "has a mass"),
        ({**EXTRACT, "unit": ""}, "unit", "mg g kg t"),
        ({**EXTRACT, "unit": "KG"}, "unit", "mg g kg t"),
        ({**EXTRACT, "mass": "-1"}, "mass", "negative"),
        ({**EXTRACT, "mass": "1e10"}, "mass", "beyond"),
        ({**EXTRACT, "mass": "1e-10"}, "mass", "rounds to 0 mg"),
        ({**EXTRACT, "u_mass": "NaN"}, "u_mass", "not a number"),
        ({**EXTRACT, "direction": "in"}, "direction", "`out`"),
        ({**EXTRACT, "direction": "subject"}, "direction", "`out`"),
        ({**EXTRACT, "country": "Australia"}, "country", "alpha-2"),
        ({**EXTRACT, "country": "au"}, "country", "did you mean `AU`?"),
        ({**EXTRACT, "country": "UK"}, "country", "alpha-2"),
        ({**EXTRACT, "country": "unknown"}, "country", "alpha-2"),
        ({**EXTRACT, "country": "mine=AU"}, "country", "alpha-2"),
        ({**EXTRACT, "stage": "separate"}, "stage", "is stage `mine`"),
        ({**EXTRACT, "currency": "EUR"}, "currency", "without a value"),
        ({**EXTRACT, "value": "5"}, "currency", "has a currency"),
        ({**EXTRACT, "value": "5", "currency": "euro"}, "currency", "ISO 4217"),
        ({**EXTRACT, "value": "5,5", "currency": "EUR"}, "value", "decimal comma"),
        ({**EXTRACT, "cn_value": "-5", "currency": "EUR"}, "cn_value", "outside"),
        ({**EXTRACT, "Nd2O3 %": "100.1"}, "Nd2O3 %", "outside 0 to 100 %"),
        ({**EXTRACT, "Nd2O3 %": "1,5"}, "Nd2O3 %", "decimal comma"),
        ({**EXTRACT, "Nd2O3 %": "1", "Nd2O3 ppm": "1"}, "Nd2O3 ppm", "stands in column `Nd2O3 %` too"),
        ({**EXTRACT, "Nd2O3 %": "1", "Nd ppm": "1"}, "Nd ppm", "the same element twice"),
        ({**EXTRACT, "u Nd2O3 %": "1"}, "u Nd2O3 %", "without a value of Nd2O3"),
        ({**EXTRACT, "u Nd2O3 %": "1", "u Nd2O3 ppm": "1", "Nd2O3 %": "1"}, "u Nd2O3 ppm", "stands in column"),
        ({**EXTRACT, "note": "x" * 4001}, "note", "text, line feeds allowed"),
        ({**EXTRACT, "note": "a\u202eb"}, "note", "text"),
        ({**EXTRACT, "evidence": "a.pdf"}, "evidence", "no folder"),
        ({**EXTRACT, "evidence": "../a.pdf"}, "evidence", "is a path"),
        ({**RECOVER, "waste": "pre-consumer"}, "waste", "did you mean `pre_consumer`?"),
        ({**RECOVER, "stage": "mine"}, "stage", "is stage `collect`"),
        ({**DECLARE, "country": "mine=AU;mine=CN"}, "country", "stands twice"),
        ({**DECLARE, "country": "seperate=AU"}, "country", "did you mean `separate`?"),
        ({**DECLARE, "country": "mine="}, "country", "alpha-2"),
        ({**DECLARE, "country": "AU;CN"}, "country", "alpha-2"),
        ({**SHIP, "to": ""}, "to", "needs it"),
        ({**SHIP, "to": "Gebeng!"}, "to", "an id"),
        ({**SHIP, "route": "AU-SG-MY"}, "route", "AU>SG>MY"),
        ({**SHIP, "route": "AU"}, "route", "both ends"),
        ({**SHIP, "route": "AU>>MY"}, "route", "alpha-2"),
        ({**SHIP, "route": "AU>Singapore"}, "route", "alpha-2"),
        ({**SHIP, "title": "kept"}, "title", "passes retained"),
        ({**SHIP, "hs": "2805.30"}, "hs", "digits only"),
        ({**SHIP, "u_mass": "1"}, "u_mass", "without a mass"),
        ({**SHIP, "form": "ore"}, "form", "no use"),
        ({**SHIP, "direction": "out"}, "direction", "`subject`"),
        ({**SHIP, "Nd2O3 %": "1"}, "Nd2O3 %", "record it as an assay"),
        ({**SHIP, "value": "1"}, "value", "no use"),
        ({**RECEIVE, "Nd2O3 %": "1"}, "Nd2O3 %", "record it as an assay"),
        ({**RECEIVE, "result": "accepted"}, "result", "types that do: attest"),
        (without(ASSAY, "Nd2O3 %"), "composition", "measures something"),
        ({**ASSAY, "mass": "1"}, "mass", "no use"),
        ({**ATTEST, "scheme": ""}, "scheme", "needs it"),
        ({**ATTEST, "result": ""}, "result", "needs it"),
        ({**ATTEST, "valid_from": "1 May 2026"}, "valid_from", "full-date"),
        ({**ATTEST, "valid_from": "2026-02-30"}, "valid_from", "no day"),
        ({**ATTEST, "valid_from": "2026-02-03", "valid_until": "2026-02-02"}, "valid_until", "before `valid_from`"),
        ({**ATTEST, "mass": "1"}, "mass", "no use"),
        ({**RETRACT, "target": ""}, "target", "needs it"),
        ({**RETRACT, "target": "a\u200bb"}, "target", "1 to 128 characters"),
        ({**RETRACT, "reason": ""}, "reason", "needs it"),
        ({**RETRACT, "form": "ore"}, "form", "no use"),
        ({**DISPOSE, "reason": "x" * 4001}, "reason", "text"),
    ],
)
def test_a_wrong_cell_is_named(row: Cells, column: str, words: str) -> None:
    line, found, message = fault(row)
    assert (line, found) == (2, column)
    assert words in message


@pytest.mark.parametrize(
    ("draw", "make", "line", "column", "words"),
    [
        ({"stage": ""}, {}, 2, "stage", "needs it"),
        ({"stage": "seperate"}, {}, 2, "stage", "did you mean `separate`?"),
        ({"stage": "mine"}, {}, 2, "stage", "is none of beneficiate"),
        ({}, {"direction": ""}, 3, "direction", "`in` or `out`"),
        ({"direction": "subject"}, {}, 2, "direction", "`in` or `out`"),
        ({"form": "ore"}, {}, 2, "form", "no use"),
        ({"value": "1"}, {}, 2, "value", "no use"),
        ({"Nd %": "1"}, {}, 2, "Nd %", "would be lost"),
        ({"unit": "kg", "u_mass": "1"}, {}, 2, "u_mass", "without a mass"),
        ({}, {"lot": "ORE-1"}, 3, "lot", "on line 2 too"),
        ({"equipment": "wire saw"}, {}, 2, "equipment", "what@country"),
        ({"equipment": "@JP"}, {}, 2, "equipment", "what@country"),
        ({"equipment": "saw@Japan"}, {}, 2, "equipment", "alpha-2"),
        ({"technology": "x@jp"}, {}, 2, "technology", "did you mean `JP`?"),
        ({}, {"losses": "1.2 kg"}, 3, "losses", "kind=mass unit"),
        ({}, {"losses": "dust=1.2"}, 3, "losses", "kind=mass unit"),
        ({}, {"losses": "dust=1.2 lb"}, 3, "losses", "kind=mass unit"),
        ({}, {"losses": "dust=1,2 kg"}, 3, "losses", "decimal comma"),
        ({}, {"losses": "dust=-1 kg"}, 3, "losses", "negative"),
        ({}, {"losses": f"{'x' * 201}=1 kg"}, 3, "losses", "one line of text"),
        ({}, {"custody_model": "mass balance"}, 3, "custody_model", "did you mean `mass_balance`?"),
        ({"to": "gebeng"}, {}, 2, "to", "types that do: ship"),
        ({"country": "AU"}, {}, 2, "country", "types that do: extract, recover, declare"),
        ({"reason": "why"}, {}, 2, "reason", "types that do: receive, retract, dispose"),
    ],
)
def test_a_wrong_cell_of_a_transform_is_named(draw: Cells, make: Cells, line: int, column: str, words: str) -> None:
    found, name, message = fault({**DRAW, **draw}, {**MAKE, **make})
    assert (found, name) == (line, column)
    assert words in message


def test_a_transform_draws_and_creates() -> None:
    assert "no row says `out`" in fault(DRAW)[2]
    assert "no row says `in`" in fault({**MAKE, "stage": "split"})[2]


@pytest.mark.parametrize("row", ALL)
def test_a_cell_without_use_is_never_dropped(row: Cells) -> None:
    kind = row["type"]
    for name, column in EVENT_COLUMNS.items():
        if kind not in column.types:
            rows = ({**DRAW, name: "x"}, MAKE) if kind == "transform" else ({**row, name: "x"},)
            line, found, message = fault(*rows)
            assert (line, found) == (2, name)
            assert f"of type {kind} has no use for it" in message


def test_an_assay_is_of_one_lot() -> None:
    line, column, message = fault(ASSAY, {**ASSAY, "lot": "CON-2"})
    assert (line, column) == (3, "lot")
    assert "one lot" in message


def test_a_lot_stands_once_in_an_event() -> None:
    line, column, message = fault(SHIP, {"event": "E1", "lot": "CON-1"})
    assert (line, column) == (3, "lot")
    assert "on line 2 too" in message


def test_all_errors_of_a_file_are_told_in_order_of_lines() -> None:
    errors = faults(
        {**EXTRACT, "form": "", "mass": "x", "u_mass": "y", "Nd %": "z", "Dy %": "w", "at": "today", "to": "q"},
        {**SHIP, "event": "E2", "route": "x", "to": "Y"},
        {"event": "E1", "lot": " ", "mass": "1"},
    )
    assert [(line, column) for line, column, _ in errors] == [
        *((2, name) for name in ("at", "to", "form", "mass", "u_mass", "Nd %", "Dy %")),
        *((3, name) for name in ("to", "route")),
        (4, "lot"),
    ]


def test_reading_stops_after_a_thousand_errors() -> None:
    rows = [{**EXTRACT, "event": f"E{number}", "form": ""} for number in range(LIMIT + 200)]
    with pytest.raises(BatchError) as caught:
        read_events(written(rows), FILE)
    assert len(caught.value.errors) == LIMIT + 1
    assert "stopped after 1000 errors" in caught.value.errors[-1].message
    text = str(caught.value).splitlines()
    assert len(text) == BatchError.SHOWN + 1
    assert text[0] == "shift.csv, line 2, form: blank; a lot that is created has a form"
    assert text[-1] == f"and {LIMIT + 1 - BatchError.SHOWN} more"


def test_what_only_the_model_refuses_is_told_in_columns() -> None:
    made = [{**MAKE, "lot": f"L{number}"} for number in range(1001)]
    line, column, message = fault(DRAW, *made)
    assert (line, column) == (2, "lot")
    assert "1000" in message
    line, column, message = fault({**DRAW, "equipment": ";".join(["x@JP"] * 101)}, MAKE)
    assert (line, column) == (2, "equipment")
    line, column, message = fault({**DRAW, "losses": f"a=1 kg;{'x' * 201}=1 kg"}, MAKE)
    assert (line, column, message) == (2, "losses", "expected one line of text")
    shares = {f"A{number} ppb": "1" for number in range(200)}
    many = [{**MAKE, **shares, "lot": f"L{number}"} for number in range(400)]
    line, column, message = fault(DRAW, *many)
    assert (line, column) == (2, None)
    assert "1048576 is the most" in message


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ("outputs[0].form", 3, "form"),
        ("outputs[0].mass.u_mg", 3, "mass"),
        ("inputs[0]", 2, "lot"),
        ("ref", 2, "event"),
        ("losses[3].mass", 3, "losses"),
        (None, 2, None),
    ],
)
def test_paths_of_members_become_columns(
    monkeypatch: pytest.MonkeyPatch, path: str | None, line: int, column: str | None
) -> None:
    def refuse(draft: Draft) -> None:
        raise InputError("so says the model", file=draft.file, line=draft.line, field=path)

    monkeypatch.setattr(events, "check", refuse)
    assert fault(DRAW, {**MAKE, "losses": "dust=1 kg"}) == (line, column, "so says the model")


# --- cells


@pytest.mark.parametrize(
    ("cell", "spelt"),
    [
        (AT, INSTANT),
        ("2026-03-01 08:30+08:00", INSTANT),
        ("2026-03-01T08:30:05.25-03:30", "2026-03-01T08:30:05.25-03:30"),
        ("2026-03-01T08:30Z", "2026-03-01T08:30:00Z"),
        ("2026-03-01t08:30:00z", "2026-03-01T08:30:00Z"),
        ("  2026-03-01T08:30+08:00  ", INSTANT),
    ],
)
def test_times(cell: str, spelt: str) -> None:
    assert members({**EXTRACT, "at": cell})["at"] == spelt


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("2026-03-01T08:30", "has no offset; write local time with its offset"),
        ("2026-03-01 08:30:00", "has no offset"),
        ("2026-03-01", "is not a time; write"),
        ("1/3/2026 8:30", "is not a time; write"),
        ("46082.354", "is not a time; write"),
        ("2026-03-01T08:30+0800", "is not a time; write"),
        ("2026-03-01T08:30 +08:00", "is not a time; write"),
        ("2026-03-01T08:30:00.1234567Z", "is not a time"),
        ("2026-02-30T08:30Z", "is no time"),
        ("2026-03-01T25:30Z", "is no time"),
        ("2026-03-01T08:30:60Z", "is no time"),
        ("2026-03-01T08:30+24:00", "is no time"),
        ("2026-03-01T08:30-00:00", "is no time: the offset -00:00 means unknown"),
        ("1949-03-01T08:30Z", "RFC 3339"),
        ("\uff12026-03-01T08:30Z", "is not a time"),
    ],
)
def test_what_is_no_time_says_how_to_write_it(cell: str, words: str) -> None:
    line, column, message = fault({**EXTRACT, "at": cell})
    assert (line, column) == (2, "at")
    assert words in message


@pytest.mark.parametrize(
    ("cell", "origin"),
    [
        ("AU", {"mine": "AU"}),
        ("ZZ", {"mine": "ZZ"}),
        ("unknown", {"mine": "unknown"}),
        ("withheld", {"mine": "withheld"}),
        ("mine=unknown;separate=withheld", {"mine": "unknown", "separate": "withheld"}),
    ],
)
def test_declared_origins(cell: str, origin: dict[str, str]) -> None:
    assert members({**DECLARE, "country": cell})["origin"] == origin


@pytest.mark.parametrize("cell", ['=HYPERLINK("x")', "+1", "@SUM(A1)", "-"])
def test_formulas_stay_text(cell: str) -> None:
    assert members({**EXTRACT, "note": cell, "lot": cell})["note"] == cell


def test_blank_is_not_measured_and_zero_is() -> None:
    assert "composition" not in members({**EXTRACT, "Nd %": "", "u Nd %": " "})["outputs"][0]
    assert members({**EXTRACT, "Nd %": "0"})["outputs"][0]["composition"] == {"Nd": {"ppb": 0}}


def test_evidence_is_resolved_once_for_each_name() -> None:
    asked: list[str] = []

    def resolve(name: str) -> dict[str, Any]:
        asked.append(name)
        if name == "lost.pdf":
            raise InputError("no such file")
        return {"name": name, "sha256": HASH, "media_type": "application/pdf", "size": 3}

    rows = [{**EXTRACT, "evidence": "a.pdf; b.pdf"}, {**EXTRACT, "event": "E2", "lot": "ORE-2", "evidence": "b.pdf"}]
    first, second = read_events(written(rows), FILE, evidence=resolve)
    assert [item["name"] for item in first.members["evidence"]] == ["a.pdf", "b.pdf"]
    assert second.members["evidence"] == [resolve("b.pdf")]
    assert asked == ["a.pdf", "b.pdf", "b.pdf"]
    with pytest.raises(BatchError) as caught:
        read_events(written([{**EXTRACT, "evidence": "lost.pdf"}]), FILE, evidence=resolve)
    (error,) = caught.value.errors
    assert (error.line, error.field, error.message) == (2, "evidence", "no such file")


@pytest.mark.parametrize("row", ALL)
def test_drafts_are_events(row: Cells) -> None:
    rows = (DRAW, MAKE) if row is DRAW else (row,)
    (draft,) = drafts(*rows)
    assert not {"v", "ledger", "prev"} & draft.members.keys()
    assert check(draft).type == row["type"]


def test_transform_helper_reads_as_one_event() -> None:
    assert transform()["inputs"] == [{"lot": "ORE-1"}]
    assert COMMON["event"] == "E1"


def test_bytes_that_are_no_table_raise_the_format_alone() -> None:
    with pytest.raises(FormatError):
        read_events(written([EXTRACT]) + b'E2,"', FILE)


def test_lots_without_any_mass_are_told() -> None:
    rows = [
        EXTRACT,
        {**EXTRACT, "event": "E2", "lot": "ORE-2", "mass": "0"},
        {**EXTRACT, "event": "E3", "lot": "ORE-3", "mass": "0.0"},
    ]
    found = sources.read(written(rows), FILE, "csv")
    assert len(found.drafts) == 3
    assert found.notes == ["2 lots are made with a mass of 0, as ORE-2 of line 3; was it not weighed?"]
