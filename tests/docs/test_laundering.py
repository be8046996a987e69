"""docs/laundering.md: every pattern once, every code and rule it names exists, and no code about material is forgotten."""

from __future__ import annotations

import json
import re
from importlib.resources import files

from ledger.rules.catalogue import CATALOGUE
from tests.docs import example

TEXT = (example.DOCUMENT.parent / "laundering.md").read_text(encoding="utf-8")
CODE = re.compile(r"`((?:SEAL|SIGN|CUST|TIME|MASS|COMP|ORIG|DATA)-[A-Z-]+)`")
RULE = re.compile(r"`((?:US|CN|EU)-[A-Z0-9-]+)`")
ROW = re.compile(r"^\| (L\d\d) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
ROWS = {found[0]: found[1:] for found in ROW.findall(TEXT)}
MATERIAL = ("MASS", "COMP", "ORIG", "CUST")


def rules() -> set[str]:
    data = json.loads((files("ledger.reference") / "data" / "rules.json").read_text(encoding="utf-8"))
    return {rule["id"] for rule in data["rules"]}


def test_every_pattern_stands_once() -> None:
    assert re.findall(r"^\| (L\d\d) ", TEXT, re.MULTILINE) == [f"L{number:02}" for number in range(1, 27)]
    assert len(ROWS) == 26


def test_every_code_and_every_rule_exists() -> None:
    assert set(CODE.findall(TEXT)) <= set(CATALOGUE)
    assert set(RULE.findall(TEXT)) <= rules()


def test_every_row_says_what_shows_it_or_why_nothing_can() -> None:
    for shown, _sure, beyond in (row[1:] for row in ROWS.values()):
        codes = CODE.findall(shown)
        assert codes or (RULE.findall(shown) and beyond.startswith("Cannot be seen"))
        assert len(codes) == len(set(codes))


def test_how_sure_is_what_the_catalogue_says() -> None:
    for name, (_pattern, shown, sure, _beyond) in ROWS.items():
        codes = set(CODE.findall(shown))
        words = {CATALOGUE[code].severity for code in codes} | ({"rule"} if RULE.search(shown) else set())
        said = set(sure.split(", "))
        assert said == words, name


def test_no_code_about_material_is_forgotten() -> None:
    named = {code for _pattern, shown, *_rest in ROWS.values() for code in CODE.findall(shown)}
    apart = set(CODE.findall(TEXT.partition("\n## Codes that stand for no pattern\n")[2].partition("\n## ")[0]))
    assert not named & apart
    assert {code for code in CATALOGUE if code[:4] in MATERIAL} - named == apart
