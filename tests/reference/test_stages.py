from __future__ import annotations

import pytest

from ledger.errors import UsageError
from ledger.reference.stages import NEUTRAL, ORIGIN_STAGES, PRIMARY, RECYCLING, STAGES, order


def test_the_stages_are_the_documented_ones_in_order() -> None:
    assert " ".join(PRIMARY) == (
        "beneficiate crack_leach separate oxide_to_halide metal_reduce alloy_melt powder press sinter bond machine gbd "
        "coat magnetize assemble"
    )
    assert RECYCLING == ("dismantle", "hpms", "mill_recycled", "hydromet_recycled")
    assert NEUTRAL == ("blend", "split", "repack")
    assert ("mine", *PRIMARY, "collect", *RECYCLING) == ORIGIN_STAGES
    assert (*ORIGIN_STAGES, *NEUTRAL) == tuple(STAGES)


def test_kinds_say_where_a_stage_belongs() -> None:
    kinds = {code: stage.kind for code, stage in STAGES.items()}
    assert {code for code, kind in kinds.items() if kind == "origin"} == {"mine", "collect"}
    assert all(stage.code == code and stage.title for code, stage in STAGES.items())


def test_order_is_the_position_in_the_chain() -> None:
    assert [order(code) for code in STAGES] == list(range(24))
    assert order("mine") == 0
    assert order("press") < order("sinter") < order("bond") < order("machine") < order("assemble")


@pytest.mark.parametrize("code", ["", "Mine", "extract", "recover", "smelt"])
def test_an_unknown_stage_is_refused_with_the_list(code: str) -> None:
    with pytest.raises(UsageError, match="is not a stage; stages are mine beneficiate") as caught:
        order(code)
    assert caught.value.field == "stage"
