from __future__ import annotations

from decimal import Decimal

from ledger.reference.recoveries import RECOVERIES
from ledger.reference.stages import STAGES


def test_every_band_is_ordered_and_belongs_to_a_known_stage() -> None:
    assert RECOVERIES.keys() <= STAGES.keys()
    for code, bands in RECOVERIES.items():
        assert bands
        for band in bands:
            assert band.stage_code == code
            assert 0 < band.low < band.high <= band.hard_max, band.stage
            assert band.hard_max <= Decimal("1.1"), band.stage
            assert band.basis
            assert band.source


def test_a_stage_may_have_several_bands_in_file_order() -> None:
    assert [band.stage for band in RECOVERIES["beneficiate"]] == [
        "beneficiation_bastnaesite", "beneficiation_mt_weld", "beneficiation_bayan_obo",
    ]  # fmt: skip
    assert sum(map(len, RECOVERIES.values())) == 18


def test_machining_is_the_complement_of_the_published_swarf_share() -> None:
    # Chowdhury et al. 2021: 6 to 73 % of the magnet becomes swarf.
    (band,) = RECOVERIES["machine"]
    assert (band.low, band.high) == (1 - Decimal("0.73"), 1 - Decimal("0.06"))


def test_only_stages_that_add_mass_may_exceed_what_went_in() -> None:
    assert {code for code, bands in RECOVERIES.items() for band in bands if band.hard_max > 1} == {
        "powder",
        "gbd",
        "coat",
    }


def test_stages_without_a_band_are_absent() -> None:
    assert "assemble" not in RECOVERIES
    assert RECOVERIES.get("smelt") is None
