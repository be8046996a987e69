"""Reports on many lots, from the command line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from ledger.report.page.portfolio import page_name
from ledger.report.portfolio_sheets import NAMES, tables
from tests.cli.conftest import Shell

LOTS = {"ORE", "OX", "RES"}


def test_all_lots_are_told_as_each_by_itself(ledger: Shell) -> None:
    found = ledger.json("report", "--all")
    assert {item["lot"] for item in found["lots"]} == LOTS
    assert found["portfolio"]["what"] == "all"
    assert found["verification"] == ledger.json("report", "OX")["verification"]
    for item in found["lots"]:
        alone = ledger.json("report", item["lot"])
        assert item["verdict"] == alone["china"]["verdict"]
        assert (item["known_share"], item["left_kg"]) == (alone["china"]["known_share"], alone["left_kg"])
        assert item["policies"]["non_compliant"] == [
            policy["id"] for policy in alone["policies"] if policy["verdict"] == "non-compliant"
        ]
    assert found["as_of"] == alone["policies"][0]["as_of"]


def test_the_terminal_is_narrow_and_markdown_whole(ledger: Shell) -> None:
    said = ledger("report", "--all")
    assert [line for line in said.splitlines() if len(line) > 80] == []
    assert "Portfolio: all 3 lots of the ledger" in said
    assert "OX" in ledger("report", "--all", "--format", "markdown")
    ledger("report", "--all", "-o", "all.md")
    assert (ledger.folder / "all.md").read_text() == ledger("report", "--all", "--format", "markdown")


def test_named_lots_and_a_list_are_the_same(ledger: Shell) -> None:
    named = ledger.json("report", "OX", "ORE", "OX")
    path = ledger.write("lots.txt", "\ufeffOX\r\n\n  ORE \nOX\n")
    assert ledger.json("report", "--lots", path) == named
    assert {item["lot"] for item in named["lots"]} == {"OX", "ORE"}
    assert len(named["lots"]) == 2
    # of the ore, of which the oxide was made, what is left
    assert {item["lot"]: item["counted_kg"] for item in named["lots"]} == {"OX": 9000.0, "ORE": 399_000.0}


@pytest.mark.parametrize("name", ["ref", "hash", "lot"])
def test_a_shipment_by_its_names(ledger: Shell, name: str) -> None:
    ship = next(step for step in ledger.json("lot", "history", "ORE") if step["type"] == "ship")
    asked = {"ref": "E2", "hash": ship["event"][:12], "lot": "ORE"}[name]
    found = ledger.json("report", "--shipment", asked)
    assert [item["lot"] for item in found["lots"]] == ["ORE"]
    assert found["portfolio"]["events"] == [ship["event"]]
    assert "from weld to gebeng" in found["portfolio"]["says"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["report"], "name lots, --lots FILE, --shipment or --all"),
        (["report", "OX", "--all"], "one of them"),
        (["report", "OX", "ORE", "--shipment", "E2"], "one of them"),
        (["report", "OX", "NOPE"], "no lot 'NOPE'"),
        (["report", "--shipment", "NOPE"], "there is no shipment 'NOPE'"),
        (["report", "--shipment", "OX"], "never shipped"),
        (["report", "--lots", "missing.txt"], "missing.txt"),
        (["report", "--all", "--since", "999"], "takes a smaller size"),
        (["report", "OX", "--since", "3"], "--since goes with many lots"),
        (["report", "--all", "--format", "pdf"], "json, markdown, html, csv, xlsx"),
        (["report", "--all", "--format", "csv"], "a CSV file holds one table; name it: lots, contents"),
        (["report", "--all", "--format", "csv", "--table", "nope"], "no table 'nope'; tables are lots"),
        (["report", "--all", "--format", "xlsx"], "name it with -o"),
        (["report", "--all", "--table", "lots"], "goes with --format csv or xlsx"),
        (["report", "--all", "--format", "html", "--json", "-o", "pages"], "leave one of them out"),
        (["report", "OX", "--format", "html", "--json"], "leave one of them out"),
        (["report", "--all", "--format", "html"], "makes a folder"),
        (["report", "--all", "-o", "all.html"], "makes a folder"),
        (["report", "--all", "--form", "section-857"], "asked of one lot"),
        (["report", "OX", "a.monazite"], "a bundle is of one lot"),
    ],
)
def test_what_makes_no_sense_says_so(ledger: Shell, words: list[str], said: str) -> None:
    ledger(*words, code=2)
    assert said in ledger.err


def test_an_empty_list_is_no_list(ledger: Shell) -> None:
    ledger("report", "--lots", ledger.write("none.txt", "\n \n"), code=2)
    assert "names no lot" in ledger.err


def test_since_a_size_and_since_the_checkpoint_before(ledger: Shell) -> None:
    before = ledger.json("report", "--all")["changes"]
    assert {item["lot"] for item in before["new_lots"]} == LOTS  # one import, one checkpoint
    size = ledger.json("verify")["checkpoint"]["size"]
    none = ledger.json("report", "--all", "--since", str(size - 1))["changes"]
    assert none["new_lots"] == none["changed_lots"] == []
    assert ledger.json("report", "--all", "--since", "0")["changes"]["since"] == 0


# --- Tables


def test_tables_say_what_the_json_says(ledger: Shell) -> None:
    whole = ledger.json("report", "--all", "--format", "json")
    rows = list(csv.DictReader(io.StringIO(ledger("report", "--all", "--format", "csv", "--table", "lots"))))
    assert [row["lot"] for row in rows] == [item["lot"] for item in whole["lots"]]
    for row, item in zip(rows, whole["lots"], strict=True):
        assert (row["verdict"], float(row["counted_kg"]), row["says"]) == (
            item["verdict"],
            item["counted_kg"],
            item["says"],
        )
        assert (row["policies"], int(row["error"])) == (item["policies"]["worst"], item["findings"]["error"])
    totals = csv.DictReader(io.StringIO(ledger("report", "--all", "--format", "csv", "--table", "elements")))
    assert {row["element"]: float(row["mass_kg"]) for row in totals} == {
        name: found["mass_kg"] for name, found in whole["totals"]["elements"].items()
    }
    changes = csv.DictReader(io.StringIO(ledger("report", "--all", "--format", "csv", "--table", "changes")))
    assert {row["lot"] for row in changes} == {item["lot"] for item in whole["changes"]["new_lots"]}


def test_a_workbook_has_every_table_and_is_the_same_again(ledger: Shell) -> None:
    ledger("report", "--all", "-o", "all.xlsx")
    ledger("report", "--all", "--format", "xlsx", "-o", "again.xlsx")
    data = (ledger.folder / "all.xlsx").read_bytes()
    assert data == (ledger.folder / "again.xlsx").read_bytes()
    book = load_workbook(io.BytesIO(data))
    assert tuple(book.sheetnames) == NAMES == tuple(item.name for item in tables(ledger.json("report", "--all")))
    assert {row[0].value for row in book["lots"].iter_rows(min_row=2)} == LOTS
    ledger("report", "--lots", ledger.write("two.txt", "OX\n"), "-o", "one.xlsx")
    assert load_workbook(ledger.folder / "one.xlsx")["lots"].max_row == 2


# --- Pages


def test_pages_in_a_folder(ledger: Shell) -> None:
    ledger("report", "--all", "--format", "html", "-o", "pages")
    folder = ledger.folder / "pages"
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert names == {"index.html", ".monazite-portfolio", *map(page_name, LOTS)}
    index = (folder / "index.html").read_text()
    for lot in LOTS:
        assert page_name(lot) in index
        assert f">Lot {lot}</h1>" in (folder / page_name(lot)).read_text()
    assert [path.name for path in ledger.folder.iterdir() if path.name.startswith(".pages")] == []


@pytest.mark.uncounted
def test_pages_are_the_same_again_and_take_the_place_of_the_old(ledger: Shell) -> None:
    ledger("report", "--all", "--format", "html", "-o", "pages")
    folder = ledger.folder / "pages"
    first = {path.name: path.read_bytes() for path in folder.rglob("*.html")}
    (folder / "lots" / "left-over.html").write_text("old")
    ledger("report", "--all", "--format", "html", "-o", "pages")
    assert {path.name: path.read_bytes() for path in folder.rglob("*.html")} == first


@pytest.mark.parametrize("what", ["other", "file", "link", "nowhere"])
def test_pages_go_over_nothing_that_is_not_theirs(ledger: Shell, what: str) -> None:
    target = ledger.folder / "pages"
    if what == "other":
        target.mkdir()
        (target / "thesis.txt").write_text("mine")
    elif what == "file":
        target.write_text("mine")
    elif what == "link":
        (ledger.folder / "real").mkdir()
        target.symlink_to(ledger.folder / "real")
    name = "none/pages" if what == "nowhere" else "pages"
    ledger("report", "--all", "--format", "html", "-o", name, code=2)
    if what == "other":
        assert [path.name for path in target.iterdir()] == ["thesis.txt"]
    if what == "file":
        assert target.read_text() == "mine"


def test_an_empty_folder_is_filled_and_a_failure_leaves_nothing(ledger: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    (ledger.folder / "pages").mkdir()
    with monkeypatch.context() as patch:

        def broken(*_words: object) -> str:
            raise OSError("disk full")

        patch.setattr("ledger.report.page.portfolio.render", broken)
        ledger("report", "--all", "--format", "html", "-o", "pages", code=2)
    assert list((ledger.folder / "pages").iterdir()) == []
    assert not [path for path in ledger.folder.iterdir() if path.name.startswith(".pages")]
    ledger("report", "--all", "--format", "html", "-o", "pages")
    assert (ledger.folder / "pages" / "index.html").is_file()


def test_errors_elsewhere_are_never_a_clean_page(ledger: Shell) -> None:
    """A lot that no finding is about is told with the ledger's own verdict, not with that of its findings."""
    import sqlite3

    with sqlite3.connect(ledger.folder / "monazite.db") as database:
        database.execute("UPDATE head SET checkpoint = X'00'")
    ledger("report", "--all", "--format", "html", "-o", "pages", code=1)
    found = json.loads(ledger("report", "--all", "--json", code=1))
    assert found["verification"]["verdict"] == "findings"
    for path in Path(ledger.folder / "pages" / "lots").iterdir():
        assert "◆</span> findings</span>. This is what" in path.read_text()
