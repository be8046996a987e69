"""Yields that nothing mined and no process gives, behind analyses that nobody made: open, and why."""

from __future__ import annotations

import pytest

from tests.origin.policy.telling import AFTER, MAGNET, METAL, OXIDE, SMCO, B, World, said
from tests.rules.tale import made

pytestmark = pytest.mark.alike  # its cases run the same lines

FROM_AU = {"mine": "AU", "beneficiate": "AU"}
FULL = ("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce")


@pytest.fixture
def world() -> World:
    world = World()
    world.iron_and_boron()
    return world


def open_everywhere(world: World, why: str, policy: str = B) -> None:
    answer = world.ask(policy, AFTER)
    assert answer.verdict == "cannot-determine"
    assert why in said(answer)
    assert world.china()["verdict"] == "cannot-exclude"


def from_oxide(world: World) -> None:
    world.turn("metal_reduce", "US", "OX", "MET", "metal-ndpr", 65, METAL)
    world.magnet(["MET"], "US", "US")


@pytest.mark.parametrize("leached", [False, True])
@pytest.mark.parametrize("deposit", [None, "Mt Weld CLD"])
def test_ore_that_nobody_measured_does_not_become_oxide_kilogram_for_kilogram(
    world: World, leached: bool, deposit: str | None
) -> None:
    more = {"deposit": deposit} if deposit else {}
    world.at["ORE"] = "AU"
    world.tale.extract("au", "au-site", made("ORE", 100, "ore"), **more)
    source = "ORE"
    if leached:
        world.turn("crack_leach", "AU", "ORE", "MREC", "mixed-carbonate", 110)
        source = "MREC"
    world.turn("separate", "US", source, "OX", "oxide-ndpr", 80, OXIDE)
    from_oxide(world)
    open_everywhere(world, "can have brought" if leached else "more came out")


def test_ore_that_nobody_measured_gives_what_ore_gives(world: World) -> None:
    world.mine("ORE", "AU", kg=2000)
    world.turn("crack_leach", "AU", "ORE", "MREC", "mixed-carbonate", 400)
    world.turn("separate", "US", "MREC", "OX", "oxide-ndpr", 80, OXIDE)
    from_oxide(world)
    assert world.ask(B, AFTER).verdict == "compliant"
    assert world.china()["verdict"] == "absent"


@pytest.mark.parametrize(
    ("form", "percent"),
    [
        ("concentrate", {"Nd2O3": 75.0, "Pr6O11": 24.9, "La2O3": 0.0, "CeO2": 0.0}),
        ("ore", {"Nd2O3": 75.0, "Pr6O11": 24.9}),
        ("mixed-carbonate", {"Nd2O3": 52.0, "Pr6O11": 17.5, "La2O3": 0.0, "CeO2": 0.0}),
    ],
)
def test_what_was_never_separated_holds_lanthanum_and_cerium(
    world: World, form: str, percent: dict[str, float]
) -> None:
    if form == "ore":
        world.mine("IN", "AU", kg=100, form=form, **percent)
    else:
        world.declare("IN", "US", form, 120, {**FROM_AU, "crack_leach": "AU"}, percent)
    world.turn("separate", "US", "IN", "OX", "oxide-ndpr", 80, OXIDE)
    from_oxide(world)
    open_everywhere(world, "next to no lanthanum and cerium")


def test_a_mixed_carbonate_whose_separation_is_declared_may_be_without(world: World) -> None:
    percent = {"Nd2O3": 52.0, "Pr6O11": 17.5, "La2O3": 0.0, "CeO2": 0.0}
    world.declare("IN", "US", "mixed-carbonate", 120, {**FROM_AU, "crack_leach": "AU", "separate": "MY"}, percent)
    world.turn("separate", "US", "IN", "OX", "oxide-ndpr", 80, OXIDE)
    from_oxide(world)
    assert world.ask(B, AFTER).verdict == "compliant"


@pytest.mark.parametrize("stage", ["coat", "gbd", "assemble"])
def test_no_finishing_doubles_a_magnet(world: World, stage: str) -> None:
    metal = world.metal("US", "US", "US")
    world.turn("alloy_melt", "US", [metal, "FE", "FEB"], "CAST", "strip-cast", 200, MAGNET)
    world.turn("powder", "US", "CAST", "POW", "powder", 195, MAGNET)
    world.turn("sinter", "US", "POW", "BLK", "block", 140, MAGNET)
    world.turn(stage, "US", "BLK", "M", "magnet-ndfeb-sintered", 280)
    open_everywhere(world, "more came out of the event that made lot M than its inputs can have brought: mass")


def test_a_magnet_is_made_of_rare_earths(world: World) -> None:
    world.metal("US", "US", "US")
    drawn: list[str | tuple[str, float]] = [("ND-MET", 2.1), ("FE", 95), ("FEB", 2.6)]
    world.tale.turn("alloy_melt", "us", "us-site", drawn, made("CAST", 99, "strip-cast"))
    world.at["CAST"] = "US"
    world.turn("powder", "US", "CAST", "POW", "powder", 98)
    world.turn("sinter", "US", "POW", "M", "magnet-ndfeb-sintered", 97)
    open_everywhere(world, "of rare earths, as a magnet of its name does at least")


@pytest.mark.parametrize(
    ("samarium", "verdict"), [(1.6, "cannot-determine"), (7.6, "cannot-determine"), (16, "compliant")]
)
def test_a_samarium_cobalt_magnet_is_made_of_samarium(samarium: float, verdict: str) -> None:
    world = World()
    world.declare("SM", "US", "metal-sm", samarium, dict.fromkeys(FULL, "US"))
    world.declare("CO", "US", "metal-co", 30, dict.fromkeys(FULL, "AU"))
    world.declare("FE", "US", "iron", 62 - 30 - samarium, dict.fromkeys(("mine", "beneficiate", "metal_reduce"), "US"))
    world.turn("alloy_melt", "US", ["SM", "CO", "FE"], "CAST", "alloy-smco", 61)
    world.turn("powder", "US", "CAST", "POW", "powder", 60)
    world.turn("sinter", "US", "POW", "M", "magnet-smco", 59)
    assert world.ask(SMCO, AFTER).verdict == verdict
