"""What a lot is by what is stated of it: iron with the rest unsaid, minerals with iron, metals with a trace of it, master alloys."""

from __future__ import annotations

import pytest

from tests.origin.policy.telling import AFTER, BEFORE, MAGNET, METAL, A, B, World, branch, said

pytestmark = pytest.mark.alike  # its cases run the same lines

COMMON = ("mine", "beneficiate", "metal_reduce")
FULL = ("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce")


@pytest.fixture
def world() -> World:
    return World()


# --- Iron that leaves most of itself unsaid


@pytest.mark.parametrize(
    ("form", "percent", "verdict"),
    [
        ("iron", {"Fe": 60}, "cannot-determine"),
        ("ferroboron", {"Fe": 60, "B": 10}, "cannot-determine"),
        ("iron", {"Fe": 60, "TREO": 0}, "compliant"),
        ("iron", {"Fe": 99}, "compliant"),
        ("iron", {"C": 0.02}, "compliant"),
        ("iron", {}, "compliant"),
        ("ferroboron", {"Fe": 78, "B": 19}, "compliant"),
        ("ferroboron", {"B": 19}, "compliant"),
    ],
)
def test_iron_that_leaves_most_unsaid_is_not_free_of_rare_earths(
    world: World, form: str, percent: dict[str, float], verdict: str
) -> None:
    world.recover("EOL", "US", percent=MAGNET, waste="post_consumer")
    world.declare("FE", "US", form, 1, dict.fromkeys(COMMON, "US"), percent)
    world.turn("mill_recycled", "US", ["EOL", "FE"], "POW", "powder", 98, MAGNET)
    world.turn("press", "US", "POW", "COMP", "compact", 97, MAGNET)
    world.turn("sinter", "US", "COMP", "BLK", "block", 95, MAGNET)
    world.turn("coat", "US", "BLK", "M", "magnet-ndfeb-sintered", 95, MAGNET)
    assert world.ask(B, AFTER).verdict == verdict


def test_chinese_iron_that_leaves_most_unsaid_is_open(world: World) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.declare("X", "US", "iron", 50, {"mine": "US", "beneficiate": "US", "metal_reduce": "CN"}, {"Fe": 60})
    world.magnet([metal, "X"], "US", "US")
    assert world.ask(A, BEFORE).verdict == "cannot-determine"


# --- Minerals and compounds that hold iron


@pytest.mark.parametrize(
    ("stage", "form", "kg", "percent"),
    [
        ("beneficiate", "concentrate", 250, {"Nd2O3": 30, "Pr6O11": 10, "Fe2O3": 15}),
        ("beneficiate", "concentrate", 250, {"Nd": 25, "Pr": 8, "Fe": 12}),
        ("beneficiate", "ore", 1000, {"Nd2O3": 7.5, "Pr6O11": 2.5, "Fe": 30}),
        ("beneficiate", "residue", 1000, {"Nd2O3": 7.5, "Pr6O11": 2.5, "Fe2O3": 60}),
        ("separate", "oxide-ndpr", 90, {"Nd2O3": 70, "Pr6O11": 22, "Fe2O3": 8}),
    ],
)
def test_iron_beside_the_oxides_of_a_mineral_makes_no_melt(
    world: World, stage: str, form: str, kg: float, percent: dict[str, float]
) -> None:
    world.iron_and_boron()
    world.mine("ORE", "CN", kg=1000, Nd2O3=7.5, Pr6O11=2.5)
    world.turn(stage, "CN", "ORE", "CON", form, kg, percent)
    world.turn("separate", "US", "CON", "OX", "oxide-ndpr", 80, {"Nd2O3": 75, "Pr6O11": 25})
    world.turn("metal_reduce", "US", "OX", "MET", "metal-ndpr", 65, METAL)
    world.magnet(["MET"], "US", "US")
    answer = world.ask(A, BEFORE)
    assert answer.verdict == ("cannot-determine" if form == "residue" else "compliant")
    assert world.ask(B, AFTER).verdict == "non-compliant"


@pytest.mark.parametrize("form", ["concentrate", "oxide-ndpr", "ore"])
@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize(
    ("percent", "verdict"),
    [({"Nd": 23, "Pr": 8, "Fe": 68, "B": 1}, "non-compliant"), ({"Nd": 23, "Pr": 8, "Fe": 40}, "cannot-determine")],
)
def test_a_melt_is_none_the_less_one_for_being_called_a_mineral(
    world: World, form: str, recorded: bool, percent: dict[str, float], verdict: str
) -> None:
    world.iron_and_boron()
    if recorded:
        metal = world.metal("US", "US", "US")
        world.turn("beneficiate", "CN", [metal, "FE", "FEB"], "X", form, 200, percent)
        world.turn("alloy_melt", "US", "X", "CAST", "strip-cast", 199, MAGNET)
        world.turn("sinter", "US", "CAST", "M", "magnet-ndfeb-sintered", 190, MAGNET)
    else:
        world.declare("X", "US", form, 65, dict.fromkeys(FULL[:4], "CN"), percent)
        world.magnet([world.metal("US", "US", "US"), "X"], "US", "US")
    assert world.ask(A, BEFORE).verdict == verdict


# --- Metals with a trace of iron


@pytest.mark.parametrize(
    ("percent", "verdict"),
    [
        ({"Al": 99.7, "Fe": 0.3}, "compliant"),
        ({"Al": 99.7}, "compliant"),
        ({"Al": 99.5, "Fe": 0.3, "Si": 0.2}, "compliant"),
        ({"Al": 95, "Fe": 5}, "non-compliant"),
        ({"Al": 99.7, "Nd": 0.3}, "non-compliant"),
        ({"Al": 98}, "cannot-determine"),
    ],
)
def test_a_trace_of_iron_in_aluminium_does_not_matter(world: World, percent: dict[str, float], verdict: str) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.declare("AL", "US", "metal-al", 1, dict.fromkeys(FULL, "CN"), percent)
    world.magnet([metal, "AL"], "US", "US")
    assert world.ask(B, AFTER).verdict == verdict


def test_iron_that_was_repacked_as_aluminium_is_iron(world: World) -> None:
    world.iron_and_boron(iron="CN")
    world.turn("repack", "US", "FE", "AL", "metal-al", 100, {"Al": 99.7})
    world.declare("FE2", "US", "iron", 100, dict.fromkeys(COMMON, "US"), {"Fe": 100})
    metal = world.metal("US", "US", "US")
    world.turn("alloy_melt", "US", [metal, "AL", "FE2", "FEB"], "CAST", "strip-cast", 200, MAGNET)
    world.turn("sinter", "US", "CAST", "M", "magnet-ndfeb-sintered", 150, MAGNET)
    assert world.ask(B, AFTER).verdict != "compliant"


# --- Master alloys, and what is diffused


@pytest.mark.parametrize("form", ["iron-dysprosium", "iron-dy", "ferroboron-dy", "alloy-dyfe", "metal-dyfe", "iron", "ferro-dysprosium"])  # fmt: skip
@pytest.mark.parametrize("percent", [{"Dy": 80, "Fe": 20}, None])
def test_a_master_alloy_was_separated_somewhere(world: World, form: str, percent: dict[str, float] | None) -> None:
    if form == "iron" and percent is None:
        return  # then it is iron
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.declare("DYFE", "US", form, 5, dict.fromkeys(COMMON, "US"), percent)
    world.magnet([metal, "DYFE"], "US", "US", percent={**MAGNET, "Dy": 1.5, "Fe": 66.5})
    answer = world.ask(B, AFTER)
    assert answer.verdict == "cannot-determine"
    assert "separate" in said(answer)


@pytest.mark.parametrize("form", ["iron-dysprosium", "alloy-dyfe", "metal-dyfe"])
def test_a_master_alloy_whose_separation_is_stated_passes(world: World, form: str) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.declare("DYFE", "US", form, 3.9, dict.fromkeys((*FULL, "alloy_melt"), "MY"), {"Dy": 80, "Fe": 20})
    world.magnet([metal, "DYFE"], "US", "US", percent={**MAGNET, "Dy": 1.5, "Fe": 66.5})
    assert world.ask(B, AFTER).verdict == "compliant"
    assert world.ask(A, BEFORE).verdict == "compliant"


MAKING = ("alloy_melt", "powder", "press", "sinter", "machine", "coat", "magnetize")


def test_declared_diffusion_does_not_say_what_was_diffused(world: World) -> None:
    origin = dict.fromkeys((*FULL, *MAKING), "JP")
    for lot, gbd in (("M1", "JP"), ("M2", "none")):
        world.declare(lot, "US", "magnet-ndfeb-sintered", 10, {**origin, "gbd": gbd, "assemble": "none"}, MAGNET)
        answer = world.ask(B, AFTER, lot=lot)
        undiffused = "no input is recorded that can have brought it"
        assert (undiffused in said(branch(answer, "conservative"))) == (gbd == "JP")
        assert undiffused not in said(branch(answer, "literal"))
        assert world.ask(A, BEFORE, lot=lot).verdict == "compliant"


def test_a_missing_stage_says_how_to_state_that_it_was_not_performed(world: World) -> None:
    world.declare("M", "US", "magnet-ndfeb-sintered", 10, dict.fromkeys(FULL, "JP"), MAGNET)
    answer = said(world.ask(B, AFTER))
    assert "if it was not performed, declare it so: `gbd=none`" in answer
    assert "sinter=none" not in answer  # no magnet is without it
    assert "`gbd=none`" not in said(world.ask("US-NDAA23-857", AFTER))
    assert "`magnetize=none`" in said(world.ask("US-NDAA23-857", AFTER))


# --- Magnets under another form


@pytest.mark.parametrize("stage", ["repack", "assemble", "beneficiate", "machine", "dismantle"])
@pytest.mark.parametrize(
    ("form", "percent"), [("iron", {"Fe": 100}), ("metal-cu", {"Cu": 99.99}), ("concentrate", {"Fe2O3": 60})]
)
def test_a_magnet_does_not_leave_the_rules_by_another_form(
    world: World, stage: str, form: str, percent: dict[str, float]
) -> None:
    world.ndfeb(alloy="CN")
    world.turn(stage, "US", "M", "X", form, 150, percent)
    for policy, day in (
        (A, BEFORE),
        (B, AFTER),
        ("US-NDAA23-857", AFTER),
        ("US-301-MAGNETS", AFTER),
        ("EU-CRMA-28", AFTER),
    ):
        context = "[product]\nplaced_on_market = 2030-01-01" if policy.startswith("EU") else ""
        assert world.ask(policy, day, context, lot="X").verdict == "cannot-determine"


@pytest.mark.parametrize(("stage", "form"), [("hydromet_recycled", "oxide-ndpr"), ("machine", "swarf"), ("mill_recycled", "powder")])  # fmt: skip
def test_what_a_magnet_was_dissolved_cut_or_milled_to_is_none(world: World, stage: str, form: str) -> None:
    world.ndfeb(alloy="CN")
    world.turn(stage, "US", "M", "X", form, 50)
    assert world.ask(A, BEFORE, lot="X").verdict == "not-applicable"
