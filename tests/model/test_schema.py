from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from ledger.model.schema import schemas
from ledger.seal.canonical import encode_event
from tests import strategies as say

PUBLISHED = Path(__file__).parents[2] / "schemas/v1"


def test_the_published_schemas_are_the_models() -> None:
    assert {path.name: path.read_text() for path in PUBLISHED.glob("*.json")} == schemas()


@pytest.mark.parametrize("kind", say.TYPES)
def test_the_schemas_accept_what_the_model_accepts(kind: str) -> None:
    schema = json.loads(schemas()[f"{kind}.schema.json"])
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)

    @given(say.events_of(kind))
    @settings(max_examples=5)
    def check(event: Any) -> None:
        members = json.loads(encode_event(event))
        validator.validate(members)
        assert not validator.is_valid({**members, "colour": "red"})
        assert not validator.is_valid({**members, "note": None})
        for name, value in members.items():
            assert not validator.is_valid({**members, name: None})
            if isinstance(value, list) and value and isinstance(value[0], dict):
                assert not validator.is_valid({**members, name: [{**value[0], "colour": "red"}, *value[1:]]})
        assert not validator.is_valid({**members, "actor": "A"})

    check()
