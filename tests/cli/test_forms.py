"""`report --form`, `--table`, `--format csv` and `xlsx`, as a user meets them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from ledger.report.forms.every import KINDS
from tests.cli.conftest import Shell
from tests.cli.conftest import ledger as ledger  # noqa: PLC0414  (a fixture is used by its name)
from tests.cli.conftest import shell as shell  # noqa: PLC0414  (as above)

IDS = [item.id for item in KINDS]
OUT = ["--out", "M; magnet-ndfeb-sintered; 10 kg; Nd 30 %; Fe 69 %; B 1 %"]


@pytest.fixture
def magnet(ledger: Shell) -> Shell:
    """The recorded ledger with a magnet M that was bought in."""
    ledger(
        "record", "declare", "--actor", "tokyo", "--site", "kuma", "--country", "mine=AU;separate=CN;sinter=JP", *OUT
    )
    return ledger


@pytest.mark.parametrize("name", IDS)
def test_one_form_is_shown_within_80_columns(magnet: Shell, name: str) -> None:
    text = magnet("report", "M", "--form", name)
    assert text.startswith(f"{name}: ")
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "open: " in text
    assert "This is no certification" in text
    assert magnet("report", "M", "--form", name) == text


@pytest.mark.parametrize("name", IDS)
def test_one_form_is_json_or_markdown(magnet: Shell, name: str) -> None:
    form = json.loads(magnet("report", "M", "--form", name, "--format", "json"))
    assert form["id"] == name
    assert form in magnet.json("report", "M")["forms"]
    text = magnet("report", "M", "--form", name, "--format", "markdown")
    assert text.startswith(f"# {form['title'].split(':')[0].replace('-', chr(92) + '-')}")
    magnet("report", "M", "--form", name, "-o", "form.md")
    assert Path("form.md").read_text(encoding="utf-8") == text


def test_the_day_chooses_the_period(magnet: Shell) -> None:
    before = magnet("report", "M", "--form", "dfars-7052", "--as-of", "2026-12-15")
    after = magnet("report", "M", "--form", "dfars-7052", "--as-of", "2027-01-15")
    assert "US-DFARS-7052-A, tested on 2026-12-15" in before
    assert "US-DFARS-7052-B-NDFEB, tested on 2027-01-15" in after


def test_a_form_that_does_not_apply_is_shown_all_the_same(ledger: Shell) -> None:
    text = ledger("report", "OX", "--form", "section-857")
    assert text.startswith("section-857: does not apply to this lot on this day, as of ")
    assert "Does not apply: the lot is oxide-nd" in " ".join(text.split())


def test_no_text_passes_for_another_columns(ledger: Shell) -> None:
    name = "X; Country: US (United States)"
    event = {
        "type": "declare", "actor": "tokyo", "site": "kuma", "at": "2026-11-20T08:00:00+09:00",
        "origin": {"mine": "CN"},
        "outputs": [{"lot": name, "form": "magnet-ndfeb", "mass": {"mg": 10}, "composition": {"Nd": {"ppb": 300_000_000}}}],
    }  # fmt: skip
    ledger("import", ledger.write("event.jsonl", json.dumps(event) + "\n"))
    lines = ledger("report", name, "--form", "section-857").splitlines()
    countries = [line.strip() for line in lines if line.startswith(("  - Country", "    Country"))]
    assert countries == ["Country: CN (China)"]


def test_tables_are_written(magnet: Shell) -> None:
    text = magnet("report", "M", "--format", "csv", "--table", "lots")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["lot"], row["form"], row["mass_kg"]) == ("M", "magnet-ndfeb-sintered", "10.0")
    magnet("report", "M", "--format", "csv", "--table", "section-857", "-o", "f.csv")
    assert Path("f.csv").read_bytes().startswith(b"section,row,column,value,open,events\r\n")
    for name in ("a.xlsx", "b.xlsx"):
        assert f"{name} written: M" in magnet("report", "M", "--format", "xlsx", "-o", name)
    assert Path("a.xlsx").read_bytes() == Path("b.xlsx").read_bytes()
    assert load_workbook("a.xlsx").sheetnames[-len(IDS) :] == IDS


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--form", "nope"], "there is no form 'nope'; forms are section-857"),
        (["--form", "section-857", "--format", "csv"], "here it is --table section-857"),
        (["--table", "lots"], "--table goes with --format csv or xlsx"),
        (["--table", "lots", "--format", "json"], "--table goes with --format csv or xlsx"),
        (["--format", "csv"], "name it: lots"),
        (["--format", "csv", "--table", "nope"], "there is no table 'nope'"),
        (["--format", "xlsx"], "name it with -o"),
        (["--format", "docx"], "json, markdown, csv, xlsx"),
    ],
)
def test_options_that_do_not_go_together_are_refused(magnet: Shell, words: list[str], said: str) -> None:
    magnet("report", "M", *words, code=2)
    assert said in magnet.err


def test_the_help_names_every_form(shell: Shell) -> None:
    text = "".join(shell("report", "--help").split())
    assert all(name in text for name in IDS)
