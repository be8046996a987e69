"""docs/forms.md has every form, by id and title, with its policies and tables as the code makes them."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.report.forms.every import KINDS, Kind
from ledger.report.forms.form import Form
from ledger.report.sheets import tables
from tests.origin.policy.telling import BEFORE, World
from tests.report.telling import blended, told
from tests.report.test_forms import filled

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "forms.md").read_text(encoding="utf-8")
PARTS = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
DOUBTS = "What the ledger has against this record"


def forms() -> dict[str, Any]:
    """The forms of a magnet with everything in it that makes a table: Chinese and unknown stages."""
    world = World()
    world.ndfeb(separate="CN", metal="ZZ")
    return filled(world.tale, "M", BEFORE)


def test_the_forms_stand_in_order() -> None:
    assert [name for name in PARTS if "-" in name] == [item.id for item in KINDS]


@pytest.mark.parametrize("item", KINDS, ids=lambda item: item.id)
def test_title_and_policies_are_those_of_the_code(item: Kind) -> None:
    text = PARTS[item.id]
    assert text.strip().startswith(f"**{item.title}.**")
    assert set(re.findall(r"`((?:US|EU|CN)-[A-Z0-9-]+)`", text)) == set(item.policies)


@pytest.mark.parametrize("item", KINDS, ids=lambda item: item.id)
def test_tables_are_those_of_the_code(item: Kind) -> None:
    described = re.findall(r"^\| (?!table |--- )(.+?) \| ", PARTS[item.id], re.MULTILINE)
    made = [section["title"] for section in forms()[item.id]["sections"] if section["title"] != DOUBTS]
    assert described == [re.sub(r"^Magnet lot .*", "Magnet lot ...", title) for title in made]


def test_the_members_and_the_sheets_are_those_of_the_code() -> None:
    (shown,) = re.findall(r"^Members of a form in the JSON: (.*?)\n\n", TEXT, re.MULTILINE | re.DOTALL)
    top = re.sub(r"\([^)]*\)", "", shown)
    assert tuple(re.findall(r"`(\w+)`", top)) == Form.__struct_fields__
    (named,) = re.findall(r"one: (`lots`.*?), and one for each form", TEXT, re.DOTALL)
    ids = {item.id for item in KINDS}
    assert re.findall(r"`(\w+)`", named) == [item.name for item in tables(told(blended(), "B")) if item.name not in ids]


def test_a_form_that_has_not_begun_is_filled_in_as_the_document_says() -> None:
    world = World()
    world.ndfeb()
    found = filled(world.tale, "M", date(2026, 12, 15))["eu-crma-29"]
    assert found["status"] == "not-applicable"
    assert found["sections"]
