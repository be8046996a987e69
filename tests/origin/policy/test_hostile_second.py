"""Further ways to a wrong `compliant` that a hostile reader tried, and honest chains beside them."""

from __future__ import annotations

import pytest

from tests.origin.policy.telling import AFTER, BEFORE, MAGNET, METAL, A, B, World, branch, said

pytestmark = pytest.mark.alike  # its cases run the same lines

COMMON = ("mine", "beneficiate", "metal_reduce")
FULL = ("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce")


@pytest.fixture
def world() -> World:
    return World()


# --- The melt hidden under another form


@pytest.mark.parametrize(
    ("form", "percent", "verdict"),
    [
        ("metal", {"Nd": 23, "Pr": 8, "Fe": 68, "B": 1}, "non-compliant"),
        ("metal-ndfeb", None, "non-compliant"),
        ("iron-magnet-alloy", None, "non-compliant"),
        ("iron", {"Fe": 69.5, "TREM": 29.5, "B": 1}, "non-compliant"),
        ("metal", {"Nd": 23, "Pr": 8}, "cannot-determine"),
        ("metal-ndpr", METAL, "compliant"),
        ("metal-ndpr-magnet-grade", METAL, "compliant"),
        ("metal", {"Nd": 75, "Pr": 24.5}, "compliant"),
    ],
)
def test_a_declared_melt_is_one_under_another_form(
    world: World, form: str, percent: dict[str, float] | None, verdict: str
) -> None:
    world.iron_and_boron()
    stages = FULL if form.startswith("metal") else COMMON
    world.declare("X", "CN", form, 65, dict.fromkeys(stages, "CN"), percent)
    world.magnet([*([] if form.startswith("metal") else [world.metal("US", "US", "US")]), "X"], "US", "US")
    assert world.ask(A, BEFORE).verdict == verdict


def test_a_declared_alloy_of_samarium_and_cobalt_is_a_melt(world: World) -> None:
    alloy = {"Sm": 34.0, "Co": 66.0}
    world.declare("X", "CN", "metal-smco", 100, dict.fromkeys(FULL, "CN"), alloy)
    world.turn("alloy_melt", "US", "X", "CAST", "alloy-smco", 99, alloy)
    world.turn("sinter", "US", "CAST", "M", "magnet-smco-sintered", 98, alloy)
    assert world.ask(A, BEFORE).verdict == "non-compliant"


@pytest.mark.parametrize(
    ("stage", "form", "percent", "verdict"),
    [
        ("metal_reduce", "metal", {"Nd": 23, "Pr": 8}, "non-compliant"),
        ("separate", "metal", None, "cannot-determine"),
        ("crack_leach", "oxide", None, "cannot-determine"),
        ("beneficiate", "metal-ndfeb", None, "non-compliant"),
    ],
)
def test_a_recorded_melt_is_one_under_another_stage_and_form(
    world: World, stage: str, form: str, percent: dict[str, float] | None, verdict: str
) -> None:
    world.iron_and_boron()
    world.turn(stage, "CN", [world.metal("US", "US", "US"), "FE", "FEB"], "X", form, 200, percent)
    world.turn("alloy_melt", "US", "X", "CAST", "strip-cast", 199, MAGNET)
    world.turn("sinter", "US", "CAST", "M", "magnet-ndfeb-sintered", 190, MAGNET)
    assert world.ask(A, BEFORE).verdict == verdict


# --- Diffusion without a diffusant


@pytest.mark.parametrize("percent", [MAGNET, None])
def test_diffusion_of_nothing_leaves_the_conservative_reading_open(
    world: World, percent: dict[str, float] | None
) -> None:
    world.ndfeb()
    world.turn("gbd", "US", "M", "M2", "magnet-ndfeb-sintered", 149, percent)
    answer = world.ask(B, AFTER, lot="M2")
    assert branch(answer, "conservative").verdict == "cannot-determine"
    assert "no input is recorded that can have brought it" in said(answer)


# --- A day on which the lot was not there


def test_a_day_before_the_lot_takes_it_out_of_no_rule(world: World) -> None:
    world.ndfeb(*["CN"] * 5)
    for policy, day in ((B, "2017-06-01"), (A, "2017-06-01")):
        answer = world.ask(policy, AFTER, f"delivery_date = {day}")
        assert branch(answer, "in force").verdict == "cannot-determine"
        assert answer.verdict == "cannot-determine"
        assert "which cannot be right" in said(answer)


@pytest.mark.parametrize("form", ["iron-speaker", "metal-actuator", "iron-core-coupling"])
def test_a_part_that_says_nothing_of_itself_leaves_an_end_item_open(world: World, form: str) -> None:
    world.ndfeb()
    stages = dict.fromkeys(("mine", "beneficiate", "metal_reduce", "assemble"), "CN")
    world.declare("PART", "US", form, 50, stages)
    world.turn("assemble", "US", ["M", "PART"], "ITEM", "end-item", 190)
    assert world.ask(B, AFTER, lot="ITEM").verdict == "cannot-determine"


def test_a_magnet_of_the_other_kind_by_its_composition_is_open(world: World) -> None:
    world.ndfeb(mine="CN", separate="CN")
    world.turn("coat", "US", "M", "M2", "magnet-smco", 99, {"Nd": 30, "Fe": 68, "B": 1})
    assert world.ask(B, AFTER, lot="M2").verdict in ("cannot-determine", "non-compliant")
