"""docs/policies.md is what the rules' data say, and its context file is one that is read."""

from __future__ import annotations

import re
from pathlib import Path

from fixtures.policies import render
from ledger.origin.policy.context import Context, Costs, EndItem, Export, Nonavailability, Product, Taxpayer, parse
from ledger.origin.policy.load import rules

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "policies.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_the_document_is_what_the_data_say() -> None:
    assert render() == TEXT, "run `python -m fixtures.policies > docs/policies.md`"
    assert re.findall(r"^### (\S+)$", TEXT, re.MULTILINE) == list(rules())


def test_the_context_shown_is_read_and_shows_every_member() -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    context = parse(shown.encode(), "docs/policies.md")
    for part in (Context, EndItem, Nonavailability, Product, Taxpayer, Costs, Export):
        for member in part.__struct_encode_fields__:
            assert re.search(rf"^\[?{re.escape(member)}\b", shown, re.MULTILINE), (part.__name__, member)
    assert context.exceptions.keys() == {"sat", "outside-us", "cots", "electronic"}
