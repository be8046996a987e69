from __future__ import annotations

import re

from ledger.reference.countries import is_country, is_region
from ledger.reference.facilities import FACILITIES
from ledger.reference.stages import order

IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def test_every_stage_of_every_facility_is_known_and_in_chain_order() -> None:
    assert len(FACILITIES) == 136
    for facility in FACILITIES.values():
        assert facility.stages
        assert list(facility.stages) == sorted(set(facility.stages), key=order), facility.id


def test_facilities_stand_in_countries_that_exist() -> None:
    for facility in FACILITIES.values():
        assert is_country(facility.country), facility.id
        assert is_country(facility.owner_country), facility.id
        assert is_region(facility.region), facility.id
        assert facility.region[:2] == facility.country, facility.id
        assert -90 <= facility.lat <= 90
        assert -180 <= facility.lon <= 180


def test_ids_can_be_site_and_party_ids() -> None:
    parties = {facility.party_id for facility in FACILITIES.values()}
    assert all(IDENTIFIER.fullmatch(text) for text in (*FACILITIES, *parties))
    assert not parties & FACILITIES.keys()


def test_an_operator_has_one_owner_country() -> None:
    owners: dict[str, set[str]] = {}
    for facility in FACILITIES.values():
        owners.setdefault(facility.party_id, set()).add(facility.owner_country)
    assert {party: found for party, found in owners.items() if len(found) > 1} == {}


def test_grades_and_kinds_are_the_documented_ones() -> None:
    assert {facility.confidence for facility in FACILITIES.values()} == {"high", "medium", "low"}
    assert {facility.kind for facility in FACILITIES.values()} == {
        "mine", "cracker", "separator", "metal_alloy", "magnet", "recycler",
    }  # fmt: skip
    assert {facility.status for facility in FACILITIES.values()} == {
        "operating", "construction", "planned", "announced", "suspended", "unknown",
    }  # fmt: skip
    assert all(facility.source != "[unverified]" for facility in FACILITIES.values() if facility.confidence == "high")


def test_a_known_plant() -> None:
    plant = FACILITIES["my-lamp-sep"]
    assert (plant.party_id, plant.owner_country, plant.country, plant.region) == (
        "lynas-rare-earths",
        "AU",
        "MY",
        "MY-06",
    )
    assert plant.stages == ("separate",)
    # Gebeng, Kuantan: 3.98 N, 103.37 E.
    assert round(plant.lat, 1) == 4
    assert round(plant.lon) == 103
