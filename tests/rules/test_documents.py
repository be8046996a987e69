"""One paper for unrelated lots, and the many papers that honestly go with several."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ledger.model.identity import IMPORT_RECORD
from ledger.rules.documents import ANALYSIS, CARRIAGE, kind_of
from tests.rules.tale import MINE, PLANT, SHOP, Tale, made, peopled

REUSED = "CUST-DOCUMENT-REUSED"
BILL = {"kind": "Bill of Lading", "number": "BL-7"}


def file(name: str, digit: str = "a", size: int = 10) -> dict[str, Any]:
    return {"name": name, "sha256": digit * 64, "media_type": "application/pdf", "size": size}


def days(tale: Tale, count: int) -> None:
    tale.now += timedelta(days=count)


def sent(tale: Tale, lot: str, to: str = "kuantan", **members: Any) -> str:
    tale.extract(*MINE, made(lot, 10))
    return tale.ship(*MINE, lot, to, **members)


def found(tale: Tale) -> list[str]:
    return [subject for code, subject in tale.ending() if code == REUSED]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("bill of lading", CARRIAGE),
        ("B/L", CARRIAGE),
        ("Air waybill", CARRIAGE),
        ("AWB 020-123", CARRIAGE),
        ("CMR", CARRIAGE),
        ("weighing_slip_17.pdf", CARRIAGE),
        ("Weighbridge ticket", CARRIAGE),
        ("Packing list", CARRIAGE),
        ("Certificate of Analysis", ANALYSIS),
        ("CoA-EX-25-0203.pdf", ANALYSIS),
        ("assay report.pdf", ANALYSIS),
        ("mill certificate", ANALYSIS),
        ("ISO 9001 certificate", None),
        ("iso17025-scope.pdf", None),
        ("contract", None),
        ("supplier declaration 2026", None),
        ("certificate of origin", None),
        ("invoice", None),
        ("export licence", None),
        ("weightless", None),
        ("coal.pdf", None),
    ],
)
def test_kinds_of_papers(text: str, kind: object) -> None:
    assert kind_of(text) is kind


def test_a_bill_of_lading_for_another_lot_a_month_later() -> None:
    tale = peopled()
    sent(tale, "A", documents=[BILL])
    days(tale, 30)
    sent(tale, "B", documents=[{**BILL, "kind": "bill  of lading", "number": "bl-7"}])
    assert found(tale) == ["lot:B"]


def test_the_same_file_under_another_number_is_the_same_paper() -> None:
    tale = peopled()
    sent(tale, "A", documents=[{**BILL, "sha256": "a" * 64}])
    days(tale, 30)
    sent(tale, "B", documents=[{**BILL, "number": "BL-8", "sha256": "a" * 64}])
    assert found(tale) == ["lot:B"]


def test_a_paper_reused_in_both_ways_is_said_once() -> None:
    tale = peopled()
    sent(tale, "A", documents=[{**BILL, "sha256": "a" * 64}])
    days(tale, 30)
    sent(tale, "B", documents=[{**BILL, "sha256": "a" * 64}])
    assert found(tale) == ["lot:B"]


def test_the_evidence_is_both_shipments() -> None:
    tale = peopled()
    first = sent(tale, "A", documents=[BILL])
    days(tale, 30)
    second = sent(tale, "B", documents=[BILL])
    (item,) = [item for item in tale.concluded() if item.code == REUSED]
    assert item.events == (second, first)


def test_several_lots_of_one_consignment_share_it() -> None:
    tale = peopled()
    for lot in "ABC":
        sent(tale, lot, documents=[BILL])
    assert found(tale) == []
    assert [item for item in tale.ending("CUST") if item[0] == "CUST-DOCUMENT-SHARED"] == [
        ("CUST-DOCUMENT-SHARED", "lot:B"),
        ("CUST-DOCUMENT-SHARED", "lot:C"),
    ]


def test_one_consignment_has_one_addressee() -> None:
    tale = peopled()
    sent(tale, "A", documents=[BILL])
    sent(tale, "B", to="tokyo", documents=[BILL])
    assert found(tale) == ["lot:B"]


def test_the_same_number_of_another_shipper_is_another_paper() -> None:
    tale = peopled()
    sent(tale, "A", documents=[BILL])
    days(tale, 30)
    tale.declare(*SHOP, made("B", 10))
    tale.ship(*SHOP, "B", "kuantan", documents=[BILL])
    assert found(tale) == []


def test_the_paper_travels_on_with_the_lot_and_with_its_parts() -> None:
    tale = peopled()
    sent(tale, "A", documents=[{**BILL, "sha256": "a" * 64}])
    tale.receive(*PLANT, "A")
    days(tale, 30)
    tale.turn("split", *PLANT, ["A"], made("A1", 5), made("A2", 5))
    for lot in ("A1", "A2"):
        tale.ship(*PLANT, lot, "tokyo", documents=[{**BILL, "sha256": "a" * 64}])
    assert found(tale) == []


def test_a_certificate_of_analysis_goes_with_what_was_made_of_the_lot_and_a_bill_of_lading_does_not() -> None:
    tale = peopled()
    sent(tale, "A", documents=[{**BILL, "sha256": "a" * 64}, {"kind": "CoA", "number": "7", "sha256": "b" * 64}])
    tale.receive(*PLANT, "A")
    days(tale, 60)
    tale.turn("beneficiate", *PLANT, ["A"], made("C", 1, "concentrate"))
    tale.ship(*PLANT, "C", "tokyo", documents=[{"kind": "CoA", "number": "7", "sha256": "b" * 64}])
    assert found(tale) == []
    tale.receive(*SHOP, "C")
    tale.ship(*SHOP, "C", "kuantan", documents=[{**BILL, "sha256": "a" * 64}])
    assert found(tale) == ["lot:C"]


def test_one_report_covers_many_samples_and_is_attached_again_when_they_are_shipped() -> None:
    tale = peopled()
    for lot in "ABC":
        tale.extract(*MINE, made(lot, 10))
        tale.say("assay", "lab", lot=lot, composition={"Nd2O3": {"ppb": 10}}, evidence=[file("assay report.pdf")])
    days(tale, 90)
    for lot in "ABC":
        tale.ship(*MINE, lot, "kuantan", evidence=[file("coa.pdf")])
        days(tale, 20)
    assert found(tale) == []
    sent(tale, "D", evidence=[file("coa.pdf")])
    assert found(tale) == ["lot:D"]


def assayed(tale: Tale, lot: str, name: str, kind: str) -> None:
    tale.extract(*MINE, made(lot, 10))
    evidence = [{**file(name), "media_type": kind}]
    tale.say("assay", "lab", lot=lot, composition={"Nd2O3": {"ppb": 10}}, evidence=evidence)


@pytest.mark.parametrize(
    ("name", "kind", "reused"),
    [
        ("import-aaaaaaaaaaaa.json", IMPORT_RECORD, []),
        ("scan-17.pdf", "application/pdf", ["lot:B"]),
        # A name that says what it is counts, whatever the media type says.
        ("coa.pdf", IMPORT_RECORD, ["lot:B"]),
        ("import-aaaaaaaaaaaa.json", "application/json", ["lot:B"]),
    ],
)
def test_the_record_of_an_import_is_no_report_of_a_laboratory(name: str, kind: str, reused: list[str]) -> None:
    tale = peopled()
    assayed(tale, "A", name, kind)
    days(tale, 60)
    assayed(tale, "B", name, kind)
    assert found(tale) == reused


@pytest.mark.parametrize("name", ["iso 17025.pdf", "contract.pdf", "photo.jpg"])
def test_a_general_file_goes_with_anything(name: str) -> None:
    tale = peopled()
    for lot in "ABC":
        tale.declare(*SHOP, made(lot, 10), evidence=[file(name)])
        days(tale, 60)
    assert found(tale) == []


def test_an_empty_file_identifies_nothing() -> None:
    tale = peopled()
    for lot in "AB":
        tale.declare(*SHOP, made(lot, 10), evidence=[file("coa.pdf", size=0)])
        days(tale, 60)
    assert found(tale) == []


def test_a_declaration_on_the_certificate_of_an_older_one() -> None:
    tale = peopled()
    tale.declare(*SHOP, made("A", 10), made("B", 10), evidence=[file("coa.pdf")])
    days(tale, 60)
    void = tale.declare(*SHOP, made("C", 10), evidence=[file("coa.pdf")])
    assert found(tale) == ["lot:C"]
    tale.retract("shop", void)
    assert found(tale) == []


def test_nothing_is_said_of_a_lot_whose_ancestors_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    tale = peopled()
    sent(tale, "A", documents=[BILL])
    days(tale, 30)
    sent(tale, "B", documents=[BILL])
    monkeypatch.setattr("ledger.rules.kinship.REACH", 0)
    assert found(tale) == []
