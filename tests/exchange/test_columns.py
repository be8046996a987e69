"""The header: which column says what, and rows that do not fit it."""

from __future__ import annotations

import pytest

from ledger.exchange import sources
from ledger.exchange.csv import read_events
from tests.exchange.sheets import ASSAY, EXTRACT, faults_of, members, written

HEADER = "event,type,at,actor,lot"
GOOD = "E1,assay,2026-03-01T08:30Z,lab,L"


def test_names_whatever_their_case_and_spaces() -> None:
    data = b" EVENT ,Type,AT,\tActor,lOt,Nd2O3  WT%, u Nd2O3 PPM,,\nE1,assay,2026-03-01T08:30Z,lab,L,1,2,,\n"
    (draft,) = read_events(data, "f.csv")
    assert draft.members["composition"] == {"Nd2O3": {"ppb": 10_000_000, "u_ppb": 2_000}}


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("event,type,at,actor", [("lot", "missing")]),
        ("nothing", [("nothing", "no such column"), *((name, "missing") for name in HEADER.split(","))]),
        (f"{HEADER},masss", [("masss", "did you mean `mass`?")]),
        (f"{HEADER},Equipement", [("Equipement", "did you mean `equipment`?")]),
        (f"{HEADER},mass,MASS", [("mass", "columns 6 and 7")]),
        (f"{HEADER},Nd %,Nd  %", [("Nd %", "columns 6 and 7")]),
        (f"{HEADER},Nd2O3", [("Nd2O3", "did you mean `Nd2O3 %`?")]),
        (f"{HEADER},nd2o3 %", [("nd2o3 %", "did you mean `Nd2O3 %`?")]),
        (f"{HEADER},Nd2O3 percent", [("Nd2O3 percent", "% wt% ppm ppb g/t kg/t g/kg")]),
        (f"{HEADER},U Nd2O3 %", [("U Nd2O3 %", "small `u`")]),
        (f"{HEADER},ledger,prev", [("ledger", "no such column"), ("prev", "no such column")]),
        (f"{HEADER},{'x' * 900}", [("x" * 60, "no such column")]),
    ],
)
def test_a_header_says_all_that_is_wrong_with_it(header: str, found: list[tuple[str, str]]) -> None:
    errors = faults_of(f"{header}\n".encode())
    assert [(line, field) for line, field, _ in errors] == [(1, field) for field, _ in found]
    for (_, _, message), (_, words) in zip(errors, found, strict=True):
        assert words in message


def test_an_analyte_in_capitals_is_kept_as_it_stands_and_named() -> None:
    rows = {**ASSAY, "ND2O3 %": "17", "u ND2O3 %": "1", "CO ppm": "2", "LOI %": "3", "Dy ppm": "4"}
    found = sources.read(written([rows]), "f.csv", "csv")
    assert not found.errors
    assert found.notes == [
        "column `ND2O3 %` counts as no element; did you mean `Nd2O3 %`?",
        "column `u ND2O3 %` counts as no element; did you mean `u Nd2O3 %`?",
        "column `CO ppm` counts as no element; did you mean `Co ppm`?",
    ]


def test_uranium_is_not_an_uncertainty() -> None:
    assert members({**ASSAY, "U ppm": "3", "u U ppb": "5"})["composition"]["U"] == {"ppb": 3_000, "u_ppb": 5}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("E1,assay,2026-03-01T08:30Z,lab", "4 cells under 6 columns"),
        (GOOD, "5 cells under 6 columns"),
        (f"{GOOD},1,2", "7 cells under 6 columns"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_alone(row: str, words: str) -> None:
    ((line, field, message),) = faults_of(f"{HEADER},Nd %\nE0,assay,2026-03-01T08:30Z,lab,L,1\n\n{row}\n".encode())
    assert (line, field) == (4, "row")
    assert words in message


def test_cells_beyond_or_under_no_name() -> None:
    assert len(read_events(f"{HEADER},Nd %,\n{GOOD},1,,, \n".encode(), "f.csv")) == 1
    ((line, _, message),) = faults_of(f"{HEADER},Nd %,\n{GOOD},1,lost\n".encode())
    assert (line, message) == (2, "'lost' stands in column 7, which has no name")


def test_a_row_that_does_not_fit_makes_no_further_errors_in_its_event() -> None:
    lines = written([EXTRACT, {**EXTRACT, "lot": "ORE-2"}]).decode().splitlines()
    errors = faults_of("\n".join([lines[0], lines[1][:30], lines[2]]).encode())
    assert [line for line, _, _ in errors] == [2]


def test_a_header_alone_is_no_events() -> None:
    assert read_events(f"{HEADER}\n".encode(), "f.csv") == []


@pytest.mark.parametrize("cell", ["#N/A", "#REF!", "#NV", "#BEZUG!", "#NOM?", "#DIV/0!"])
def test_an_error_of_a_spreadsheet_is_no_name_and_no_text(cell: str) -> None:
    for column in ("event", "lot", "note", "Nd2O3 %"):
        errors = faults_of(written([{**ASSAY, column: cell}]))
        assert [(line, field, message) for line, field, message in errors] == [
            (2, column, f"the cell shows the error {cell}")
        ]
    assert members({**ASSAY, "note": "#4", "lot": "#A-7!"})["lot"] == "#A-7!"


def test_names_that_a_spreadsheet_cut_short_are_told() -> None:
    rows = [
        {**ASSAY, "event": f"E{number}", "lot": lot}
        for number, lot in enumerate(["1.23457E+11", "1.23457E+11", "2E+15", "1E5"])
    ]
    found = sources.read(written(rows), "f.csv", "csv")
    assert len(found.drafts) == 4
    assert found.notes == [
        "2 names look like numbers that a spreadsheet cut short, as 1.23457E+11 on line 2; several may have become one"
    ]
