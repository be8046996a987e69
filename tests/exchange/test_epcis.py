"""EPCIS 2.0: every event that is valid is read, what it says of custody is recorded, and the rest is named, never guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import BatchError
from ledger.exchange.epcis import document
from ledger.exchange.epcis.terms import UNITS
from ledger.exchange.faults import Faults
from tests.exchange.epcis import (
    COMMON,
    LOT,
    MAPPING,
    OBJECT,
    OTHER,
    PLACE,
    THING,
    TRANSFORM,
    VECTORS,
    amount,
    drafted,
    faults,
    noted,
    only,
    read,
    written,
)

MADE = {**OBJECT, "action": "ADD", "bizStep": "commissioning", "quantityList": [amount()]}
TURNED = {**TRANSFORM, "inputQuantityList": [amount(quantity=9)], "outputQuantityList": [amount(OTHER, 5)]}
INVALID = {
    "Combination_of_events_with_missing_mandatory_fields": [(1, "action"), (2, "eventTimeZoneOffset"), (2, "action")],
    "Combination_of_multiple_invalid_fields": [
        (1, "bizStep"),
        (2, "disposition"),
        (3, "sourceList.0.type"),
        (4, "ilmd"),
        (5, "eventTime"),
        (5, "action"),
    ],
    "Combination_of_non_standard_bizStep_and_disposition": [(1, "bizStep"), (2, "disposition")],
    "EPCISDocument_without_context": [(None, "@context")],
    "ObjectEvent_with_ilmd_field_without_namespace": [(1, "ilmd")],
    "ObjectEvent_with_invalid_action": [(1, "action")],
    "ObjectEvent_with_invalid_certificationInfo": [(1, "certificationInfo")],
    "ObjectEvent_with_invalid_eventTime_format": [(1, "eventTime")],
    "ObjectEvent_with_non_standard_bizStep": [(1, "bizStep")],
    "ObjectEvent_with_non_standard_bizStep_in_second_event": [(2, "bizStep")],
    "ObjectEvent_with_non_standard_disposition": [(1, "disposition")],
    "ObjectEvent_with_quantity_as_text": [(1, "quantityList.0.quantity")],
    "ObjectEvent_with_unknown_field_in_quantityList": [(1, "quantityList.0.weight")],
    "ObjectEvent_without_action_and_eventTime": [(1, "eventTime"), (1, "eventTimeZoneOffset"), (1, "action")],
    "ObjectEvent_without_identifier_list": [(1, "epcList")],
}


@pytest.mark.parametrize("path", sorted((VECTORS / "Documents").iterdir()), ids=lambda path: path.stem)
def test_valid_documents_are_accepted_event_by_event(path: Path) -> None:
    checked = Faults(path.name, "event")
    found = document.read(path.read_bytes(), checked)
    assert checked.errors == []
    given = json.loads(path.read_bytes())["epcisBody"]["eventList"]
    assert [item.number for item in found.events] == list(range(1, len(given) + 1))
    assert [item.event["type"] for item in found.events] == [event["type"] for event in given]


@pytest.mark.parametrize("path", sorted((VECTORS / "Events").iterdir()), ids=lambda path: path.stem)
def test_valid_events_alone_are_accepted(path: Path) -> None:
    checked = Faults(path.name, "event")
    assert [item.event["type"] for item in document.read(path.read_bytes(), checked).events] == [path.stem]
    assert checked.errors == []


@pytest.mark.parametrize("path", sorted((VECTORS / "Invalid").iterdir()), ids=lambda path: path.stem)
def test_invalid_documents_are_refused_with_the_number_and_the_field_of_everything_wrong(path: Path) -> None:
    try:
        found = list(read(path.read_bytes(), file=path.name).errors)
    except BatchError as error:
        found = list(error.errors)
    assert [(error.line, error.field) for error in found] == INVALID[path.stem]
    assert {error.file for error in found} == {path.name}


def test_every_vector_says_what_becomes_of_each_of_its_events() -> None:
    text = MAPPING + f'[items]\n"{LOT}" = "1 kg"\n'
    for path in [*(VECTORS / "Documents").iterdir(), *(VECTORS / "Events").iterdir()]:
        found = read(path.read_bytes(), text, file=path.name)
        told = " ".join(found.notes)
        for number in found.rows:
            spoken = (
                any(draft.line == number for draft in found.drafts)
                or any(error.line == number for error in found.errors)
                or str(number) in told
            )
            assert spoken, (path.name, number)


def test_a_thing_added_is_declared_and_keeps_its_identifier() -> None:
    assert only({**MADE, "eventID": "urn:uuid:1"}) == {
        "type": "declare",
        "ref": "urn:uuid:1",
        "at": "2026-11-10T08:30:00+08:00",
        "actor": "kuantan",
        "site": "gebeng",
        "outputs": [{"lot": LOT, "form": "oxide-nd", "mass": {"mg": 5_000_000}}],
    }


def test_a_transformation_a_shipment_a_receipt_and_an_end() -> None:
    turned, sent, got, ended = drafted(
        {**TURNED, "eventID": "urn:x:1"},
        {**OBJECT, "eventID": "urn:x:2", "bizStep": "shipping", "quantityList": [amount(OTHER)]},
        {**OBJECT, "eventID": "urn:x:3", "bizStep": "https://ref.gs1.org/cbv/BizStep-receiving", "epcList": [THING]},
        {**OBJECT, "eventID": "urn:x:4", "action": "DELETE", "bizStep": "destroying", "epcList": [THING]},
    )
    assert (turned["type"], turned["stage"]) == ("transform", "separate")
    assert turned["inputs"] == [{"lot": LOT, "mass": {"mg": 9_000_000}}]
    assert turned["outputs"] == [{"lot": OTHER, "form": "oxide-nd", "mass": {"mg": 5_000_000}}]
    assert (sent["type"], sent["to"], sent["lots"]) == ("ship", "tokyo", [{"lot": OTHER, "mass": {"mg": 5_000_000}}])
    assert (got["type"], got["result"], got["lots"]) == ("receive", "accepted", [{"lot": THING}])
    assert (ended["type"], ended["lots"]) == ("dispose", [{"lot": THING}])


def test_a_destination_is_a_party_or_place_of_the_ledger() -> None:
    sent = {**OBJECT, "bizStep": "shipping", "epcList": [THING]}
    places = [
        {"type": "owning_party", "destination": "urn:epc:id:pgln:1.2"},
        {"type": "urn:epcglobal:cbv:sdt:location", "destination": PLACE},
    ]
    text = MAPPING + f'[values.to]\n"{PLACE}" = "yokohama"\n'
    # The vocabulary of the old URN is refused by the published schema itself.
    assert faults({**sent, "destinationList": places}, text=text)[0][:2] == (1, "destinationList.1.type")
    places[1]["type"] = "location"
    assert only({**sent, "destinationList": places}, text)["to"] == "yokohama"
    assert faults({**sent, "destinationList": places[:1]})[0][:2] == (1, "destinationList")
    assert faults(sent, text=MAPPING.replace('to = "tokyo"\n', ""))[0][:2] == (1, "destinationList")


@pytest.mark.parametrize(
    ("time", "offset", "at"),
    [
        ("2026-11-10T00:30:00Z", "+08:00", "2026-11-10T08:30:00+08:00"),
        ("2026-11-10T08:30:00+08:00", "+08:00", "2026-11-10T08:30:00+08:00"),
        ("2026-11-10T08:30:00+08:00", "-03:30", "2026-11-09T21:00:00-03:30"),
        ("2026-11-10T00:30:00.25Z", "+00:00", "2026-11-10T00:30:00.250000+00:00"),
        ("2026-11-10T00:30:00.123456789Z", "+14:00", "2026-11-10T14:30:00.123456+14:00"),
    ],
)
def test_an_instant_is_shown_on_the_clock_of_its_place(time: str, offset: str, at: str) -> None:
    assert only({**MADE, "eventTime": time, "eventTimeZoneOffset": offset})["at"] == at


@pytest.mark.parametrize("time", ["2016-12-31T23:59:60Z", "0001-01-01T00:00:00Z", "1900-01-01T00:00:00Z"])
def test_a_time_that_a_ledger_cannot_hold_is_named(time: str) -> None:
    (fault,) = faults({**MADE, "eventTime": time, "eventTimeZoneOffset": "-08:00"})
    assert fault[:2] == (1, "eventTime")


def test_units_of_mass_are_exact() -> None:
    assert {unit: only({**MADE, "quantityList": [amount(quantity=1000, uom=unit)]})["outputs"][0]["mass"]["mg"] for unit in UNITS} == {
        "KGM": 10**9, "GRM": 10**6, "MGM": 10**3, "MC": 1, "CGM": 10**4, "DG": 10**5, "DJ": 10**7, "HGM": 10**8, "DTN": 10**11, "TNE": 10**12,
        "2U": 10**12, "KTN": 10**15, "CTM": 200_000, "GRN": 64_799, "ONZ": 28_349_523, "APZ": 31_103_477, "LBR": 453_592_370,
        "STI": 6_350_293_180, "CWA": 45_359_237_000, "CWI": 50_802_345_440, "STN": 907_184_740_000, "LTN": 1_016_046_908_800,
    }  # fmt: skip


def test_a_unit_that_is_not_known_here_comes_from_the_mapping() -> None:
    made = {**MADE, "quantityList": [amount(quantity=2, uom="DWT")]}
    assert only(made, MAPPING + '[units]\nDWT = "1.55517384 g"\n')["outputs"][0]["mass"] == {"mg": 3_110}
    assert "2 DWT, which is no unit of mass known here" in noted(made)[0]


@pytest.mark.parametrize(
    ("setting", "field"),
    [
        ('[units]\nLBR = "1 kg"', "units.LBR"),
        ('[columns]\nDoc = "event"', "columns"),
        ('[templates]\nlot = "x"', "templates"),
        ('[time]\noffset = "+08:00"', "time"),
        ('[file]\ndecimal = ","', "file"),
        ('[constants]\nactor = "kuantan"\ntype = "declare"', "constants.type"),
    ],
)
def test_a_setting_that_a_document_has_no_use_for_is_refused(setting: str, field: str) -> None:
    with pytest.raises(BatchError) as caught:
        read(written(MADE), f'name = "m"\nversion = "1"\n{setting}\n')
    assert [error.field for error in caught.value.errors] == [field]


def test_a_number_is_what_its_digits_say_and_no_float() -> None:
    data = written({**MADE, "quantityList": [amount(quantity=0)]}).replace(
        b'"quantity": 0', b'"quantity": 9007199254.740991'
    )
    (draft,) = read(data).drafts
    assert draft.members["outputs"][0]["mass"]["mg"] == 9_007_199_254_740_991


@pytest.mark.parametrize("quantity", [-1, 10**12, 1e-9])
def test_a_mass_that_no_ledger_holds_is_named(quantity: Any) -> None:
    (fault,) = faults({**MADE, "quantityList": [amount(quantity=quantity)]})
    assert fault[:2] == (1, "quantity")


@pytest.mark.parametrize(
    "event",
    [
        {**MADE, "quantityList": [amount(uom=None)]},
        {**MADE, "quantityList": [amount(uom="LTR")]},
        {**MADE, "quantityList": [{"epcClass": LOT}]},
        {**OBJECT, "action": "ADD", "epcList": [THING]},
        {**TURNED, "outputQuantityList": [amount(OTHER, uom=None)]},
        {**TURNED, "inputQuantityList": [amount(uom=None)]},
        {**TURNED, "inputQuantityList": [{"epcClass": LOT}]},
        {**OBJECT, "bizStep": "shipping", "quantityList": [amount(uom=None)]},
    ],
)
def test_what_has_no_mass_cannot_be_balanced_and_is_not_recorded(event: dict[str, Any]) -> None:
    (note,) = noted(event)
    assert note.startswith("event 1: cannot be balanced: urn:epc:")


def test_an_input_of_unknown_amount_never_becomes_all_that_is_left() -> None:
    (note,) = noted({**TURNED, "inputQuantityList": [amount(quantity=3, uom="PCE")]})
    assert note == (
        f"event 1: cannot be balanced: {LOT} is drawn on with 3 PCE, which is no unit of mass known here; "
        "a mapping can say what it is under [units]"
    )


def test_the_mass_of_one_comes_from_the_mapping_by_thing_or_class() -> None:
    things = {**OBJECT, "action": "ADD", "epcList": [THING], "quantityList": [amount(uom=None, quantity=3)]}
    text = (
        MAPPING
        + '[items]\n"urn:epc:id:sgtin:0614141.107346" = "12.5 g"\n"urn:epc:class:lgtin:4012345.012345" = "0.25 kg"\n'
    )
    assert [item["mass"]["mg"] for item in only(things, text)["outputs"]] == [12_500, 750_000]
    link = "https://id.gs1.org/01/09521141012345"
    one = {**OBJECT, "action": "ADD", "epcList": [f"{link}/21/2017"]}
    assert only(one, MAPPING + f'[items]\n"{link}" = "1 g"\n')["outputs"][0]["mass"] == {"mg": 1000}


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({**COMMON, "type": "urn:x:our-event", "transformationID": [], "readPoint": 5}, "none of EPCIS's own five"),
        ({**OBJECT, "epcList": [THING], "bizStep": "inspecting"}, "an observation (inspecting) moves"),
        ({**OBJECT, "epcList": [THING]}, "an observation (no business step) moves"),
        ({**OBJECT, "type": "AggregationEvent", "parentID": THING, "childEPCs": [THING]}, "packed or fitted together"),
        ({**OBJECT, "type": "AssociationEvent", "parentID": THING, "childEPCs": [THING]}, "packed or fitted together"),
        (
            {
                **OBJECT,
                "type": "TransactionEvent",
                "epcList": [THING],
                "bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:y"}],
            },
            "joins business documents",
        ),
        (
            {**TRANSFORM, "inputQuantityList": [amount()], "transformationID": "urn:x:p"},
            "inputs alone or outputs alone",
        ),
    ],
)
def test_events_that_say_nothing_of_custody_are_named(event: dict[str, Any], words: str) -> None:
    (note,) = noted(event)
    assert note.startswith("event 1: ")
    assert words in note


def test_what_is_said_of_many_events_is_said_once() -> None:
    assert noted(*({**OBJECT, "eventID": f"urn:x:{number}", "epcList": [THING]} for number in range(12))) == [
        "events 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more: an observation (no business step) moves and changes no material"
    ]


@pytest.mark.parametrize(("line", "field"), [("actor", "actor"), ("stage", "stage"), ("form", "form")])
def test_what_epcis_cannot_say_a_mapping_must(line: str, field: str) -> None:
    text = "\n".join(row for row in MAPPING.split("\n") if not row.startswith(line))
    (fault,) = faults(TURNED, text=text)
    assert fault[:2] == (1, field)


def test_errors_of_the_model_name_the_member_of_epcis() -> None:
    assert faults({**MADE, "readPoint": {"id": "urn:x:elsewhere"}})[0][:2] == (1, "readPoint.id")
    assert faults({**MADE, "eventID": f"urn:x:{'%C3%A4' * 4}", "quantityList": [amount("urn:x:" + "y" * 200)]})[0][
        1
    ] == ("quantityList[0].lot")


def test_an_event_without_an_id_has_one_of_its_content() -> None:
    first, second = only(MADE)["ref"], only({**MADE, "recordTime": "2026-12-01T00:00:00Z"})["ref"]
    assert first == second
    assert first.startswith("epcis:")
    assert only({**MADE, "quantityList": [amount(quantity=6)]})["ref"] != first
    long = [only({**MADE, "eventID": f"urn:x:{'y' * 200}{end}"})["ref"] for end in "ab"]
    assert len({*long, first}) == 3


# Error declarations.

WRONG = {**MADE, "eventID": "urn:x:wrong"}
DECLARED = {**WRONG, "errorDeclaration": {"declarationTime": "2026-11-12T00:00:00Z", "reason": "incorrect_data"}}


def test_an_error_declaration_voids_an_event_of_the_file() -> None:
    event, retraction = drafted(WRONG, DECLARED)
    assert event["ref"] == "urn:x:wrong"
    assert retraction == {
        "type": "retract",
        "actor": "kuantan",
        "ref": "urn:x:wrong in error",
        "at": "2026-11-12T08:00:00+08:00",
        "target": "urn:x:wrong",
        "reason": "incorrect_data",
    }


def test_an_error_declaration_voids_an_event_of_the_ledger_if_its_own_party_declares_it() -> None:
    found = read(written(DECLARED), known=[("kuantan", "urn:x:wrong")])
    assert [draft.members["type"] for draft in found.drafts] == ["retract"]
    found = read(written(DECLARED), known=[("baotou", "urn:x:wrong")])
    assert not found.drafts
    assert "of another party than kuantan" in found.notes[0]


def test_an_error_declaration_of_nothing_that_is_there_is_named() -> None:
    assert noted(DECLARED)[0].startswith("event 1: declares an error in an event that is neither recorded")
    # It is in the file, but says nothing of custody, so there is nothing to void.
    seen = {**OBJECT, "eventID": "urn:x:wrong", "epcList": [THING]}
    assert len(noted(seen, {**seen, "errorDeclaration": {"declarationTime": "2026-11-12T00:00:00Z"}})) == 2


def test_a_corrective_event_takes_the_place_of_the_void_one() -> None:
    right = {**MADE, "eventID": "urn:x:right", "quantityList": [amount(OTHER)]}
    corrected = {
        **DECLARED,
        "errorDeclaration": {**DECLARED["errorDeclaration"], "correctiveEventIDs": ["urn:x:gone", "urn:x:right"]},
    }
    assert drafted(WRONG, corrected, right)[1]["replacement"] == "urn:x:right"
    assert "replacement" not in drafted(WRONG, corrected)[1]


def test_the_name_of_a_retraction_fits_whatever_the_name_of_the_event() -> None:
    long = {**WRONG, "eventID": "urn:x:" + "y" * 122}
    event, retraction = drafted(long, {**long, "errorDeclaration": DECLARED["errorDeclaration"]})
    assert retraction["target"] == event["ref"]
    assert len(retraction["ref"]) == 64 + len(" in error")


# Long processes.

PART = {**TRANSFORM, "transformationID": "urn:x:batch-7"}


def test_parts_of_a_process_are_one_event_where_the_last_of_them_stands() -> None:
    parts = [
        {**PART, "inputQuantityList": [amount(quantity=4)]},
        {**PART, "eventTime": "2026-11-12T00:00:00Z", "outputQuantityList": [amount(OTHER, 7)]},
        {**PART, "eventTime": "2026-11-11T00:00:00Z", "inputQuantityList": [amount(quantity=5)]},
    ]
    found = read(written(*parts))
    (draft,) = found.drafts
    assert draft.line == 2
    assert draft.members["ref"] == "urn:x:batch-7"
    assert draft.members["at"] == "2026-11-12T08:00:00+08:00"
    assert draft.members["inputs"] == [{"lot": LOT, "mass": {"mg": 9_000_000}}]
    assert draft.members["outputs"][0]["mass"] == {"mg": 7_000_000}
    assert found.notes == ["events 1, 2, 3 are one process, urn:x:batch-7, at the time and business step of the last"]


def test_parts_at_several_places_are_not_joined() -> None:
    parts = [
        {**PART, "inputQuantityList": [amount()]},
        {**PART, "readPoint": {"id": "urn:x:other"}, "outputQuantityList": [amount(OTHER)]},
    ]
    joined, alone = noted(*parts)
    assert joined == "events 1, 2 are parts of urn:x:batch-7 at several places, and are not joined"
    assert "inputs alone or outputs alone" in alone


def test_a_thing_that_two_parts_take_whole_is_refused() -> None:
    parts = [
        {**PART, "inputEPCList": [THING]},
        {**PART, "inputEPCList": [THING], "outputQuantityList": [amount(OTHER)]},
    ]
    assert faults(*parts)[0][1:] == ("epcList", f"{THING} stands twice in one event")


def test_a_part_that_stands_twice_counts_once() -> None:
    first = {**PART, "eventID": "urn:x:1", "inputQuantityList": [amount(quantity=5)]}
    last = {**PART, "eventID": "urn:x:2", "outputQuantityList": [amount(OTHER, 4)]}
    found = read(written(first, last, {**first, "recordTime": "2026-11-12T00:00:00Z"}))
    (draft,) = found.drafts
    assert draft.members["inputs"] == [{"lot": LOT, "mass": {"mg": 5_000_000}}]
    assert "event 3: stands in this document before, word for word, and counts once" in found.notes


def test_two_events_of_one_id_that_differ_are_refused_both() -> None:
    one = {**MADE, "eventID": "urn:x:1"}
    other = {**one, "quantityList": [amount(quantity=6)]}
    assert faults(one, other, {**one, "eventID": "urn:x:2"}) == [
        (1, "eventID", "urn:x:1 is the id of event 2 as well, which says something else"),
        (2, "eventID", "urn:x:1 is the id of event 1 as well, which says something else"),
    ]


def test_an_error_that_is_declared_again_counts_once() -> None:
    made = {**MADE, "eventID": "urn:x:1"}
    void = [{**made, "errorDeclaration": {"declarationTime": f"2026-11-1{day}T00:00:00Z"}} for day in (2, 3)]
    found = read(written(made, *void))
    assert [draft.members["type"] for draft in found.drafts] == ["declare", "retract"]
    assert found.notes == ["event 3: declares an error that is declared before in this document, and counts once"]


def test_a_part_that_the_document_declares_in_error_is_no_part() -> None:
    wrong = {**PART, "eventID": "urn:x:1", "inputQuantityList": [amount(quantity=50)]}
    right = {**PART, "eventID": "urn:x:3", "inputQuantityList": [amount(quantity=5)]}
    last = {**PART, "eventID": "urn:x:2", "outputQuantityList": [amount(OTHER, 4)]}
    void = {**wrong, "errorDeclaration": {"declarationTime": "2026-11-12T00:00:00Z", "correctiveEventIDs": ["urn:x:3"]}}
    found = read(written(wrong, last, right, void))
    (draft,) = found.drafts
    assert draft.members["inputs"] == [{"lot": LOT, "mass": {"mg": 5_000_000}}]
    assert found.notes == [
        "event 1: declared in error by this document, so no part of urn:x:batch-7; nothing is recorded of it",
        "events 2, 3 are one process, urn:x:batch-7, at the time and business step of the last",
    ]


def test_an_error_in_a_part_of_a_process_that_is_recorded_is_no_error_in_what_nobody_has() -> None:
    part = {**PART, "eventID": "urn:x:1", "inputQuantityList": [amount(quantity=5)]}
    void = {**part, "errorDeclaration": {"declarationTime": "2026-11-12T00:00:00Z"}}
    found = read(written(void), known=[("kuantan", "urn:x:batch-7")])
    assert not found.drafts
    assert "declares an error in a part of a process that the ledger has as one event" in found.notes[-1]


@pytest.mark.parametrize(
    "step", ["https://example.com/steps/shipping", "example:shipping", "urn:example:bizstep:shipping"]
)
def test_a_business_step_of_somebody_elses_is_not_that_of_cbv(step: str) -> None:
    assert f"an observation ({step})" in noted({**OBJECT, "bizStep": step, "epcList": [THING]})[0]


@pytest.mark.parametrize("step", ["shipping", "cbv:BizStep-shipping", "https://ref.gs1.org/cbv/BizStep-shipping"])
def test_a_business_step_of_cbv_is_known_however_it_is_written(step: str) -> None:
    assert only({**OBJECT, "bizStep": step, "epcList": [THING]})["type"] == "ship"


def test_all_that_a_mapping_must_say_is_told_at_once() -> None:
    event = {**TURNED, "readPoint": {"id": "urn:x:somewhere"}}
    assert [field for _line, field, _message in faults(event, text=None)] == ["form", "stage", "actor", "readPoint.id"]
    *_others, (_line, _field, message) = faults(event, text=None)
    assert message == "'urn:x:somewhere' has no name in the ledger; give it under [values.site] in a mapping"


def test_a_wrong_amount_is_not_said_to_be_missing_as_well() -> None:
    assert faults({**MADE, "quantityList": [amount(quantity="5")]}) == [
        (1, "quantityList.0.quantity", '"5" is not of type "number" (EPCIS 2.0 schema)')
    ]
    assert [
        field for _line, field, _message in faults({**MADE, "quantityList": [{**amount(), "example:grade": 1}]})
    ] == ["quantityList.0.example:grade"]


def test_what_a_document_says_around_and_within_its_events_is_listed_where_nothing_repeats_it() -> None:
    sent = {
        **OBJECT,
        "bizStep": "shipping",
        "readPoint": {"id": PLACE, "example:gate": 4},
        "bizLocation": {"id": "urn:x:yard"},
        "recordTime": "2026-11-12T00:00:00Z",
        "epcList": [THING],
        "destinationList": [
            {"type": "possessing_party", "destination": "tokyo:x"},
            {"type": "owning_party", "destination": "urn:x:owner"},
        ],
    }
    turned = {**TURNED, "transformationID": "urn:x:alone", "bizStep": "creating_class_instance"}
    void = {
        **MADE,
        "eventID": "urn:x:1",
        "errorDeclaration": {
            "declarationTime": "2026-11-12T00:00:00Z",
            "correctiveEventIDs": ["urn:x:2", "urn:x:3"],
            "example:who": 1,
        },
    }
    found = read(
        written(sent, turned, void, sender="urn:x:me", epcisHeader={"epcisMasterData": {"vocabularyList": []}})
    )
    assert found.dropped == [
        "sender",
        "epcisHeader",
        "recordTime",
        "bizLocation",
        "readPoint.example:gate",
        "destinationList",
        "bizStep",
        "transformationID",
        "errorDeclaration.example:who",
        "errorDeclaration.correctiveEventIDs",
    ]


def test_members_that_say_nothing_here_are_listed_as_dropped() -> None:
    event = {
        **MADE,
        "disposition": "active",
        "example:field": 1,
        "sensorElementList": [{"sensorReport": [{"type": "odd"}]}],
    }
    found = read(written(event))
    assert found.dropped == ["disposition", "example:field", "sensorElementList", "bizStep"]
    assert len(found.drafts) == 1


def test_a_query_document_is_read_as_well() -> None:
    body = {
        "queryResults": {
            "subscriptionID": "1",
            "queryName": "SimpleEventQuery",
            "resultsBody": {"eventList": [MADE, {**MADE, "action": "NO"}]},
        }
    }
    found = read(written(type="EPCISQueryDocument", epcisBody=body))
    assert [draft.line for draft in found.drafts] == [1]
    assert [(error.line, error.field) for error in found.errors] == [(2, "action")]


def test_rejected_events_are_given_back_with_their_text() -> None:
    found = read(written(MADE, {**COMMON, "type": "ObjectEvent"}))
    assert [row.line for row in found.rejects] == [2]
    assert json.loads(found.rejects[0].cells[0])["type"] == "ObjectEvent"
    with pytest.raises(KeyError):
        found.rows[3]
    assert list(found.rows) == [1, 2]
    assert len(found.rows) == 2
