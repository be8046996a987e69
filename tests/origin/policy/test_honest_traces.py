"""Furnaces and tools give of themselves: honest traces are no alarm, and a heavy addition that matters is one."""

from __future__ import annotations

import pytest

from tests.origin.policy.telling import AFTER, MAGNET, METAL, OXIDE, B, World

PURE: dict[str, float] = {"Nd": 23.2, "Pr": 7.7, "Fe": 68.0, "B": 1.0}
CERTIFICATE = {"Nd2O3": 74.6, "Pr6O11": 24.8, "Fe2O3": 0.02, "Al2O3": 0.01}


def chain(oxide: dict[str, float], metal: dict[str, float], magnet: dict[str, float]) -> World:
    world = World()
    world.iron_and_boron()
    world.mine("ORE", "US", kg=1000, Nd2O3=7.5, Pr6O11=2.5)
    world.turn("crack_leach", "US", "ORE", "MREC", "mixed-carbonate", 150, {"Nd2O3": 45, "Pr6O11": 15})
    world.turn("separate", "US", "MREC", "OX", "oxide-ndpr", 80, oxide)
    world.turn("metal_reduce", "US", "OX", "MET", "metal-ndpr", 65, metal)
    world.magnet(["MET"], "US", "US", percent=magnet)
    return world


@pytest.mark.parametrize(
    ("oxide", "metal", "magnet"),
    [
        (CERTIFICATE, {"Nd": 74.6, "Pr": 24.9, "Fe": 0.2}, MAGNET),
        ({"Nd2O3": 75, "Pr6O11": 24.95}, {"Nd": 74.6, "Pr": 24.9, "Fe": 0.2}, MAGNET),
        (CERTIFICATE, {"Nd": 74.6, "Pr": 24.9, "Fe": 0.25, "Al": 0.08, "Mo": 0.05, "W": 0.02}, MAGNET),
        (OXIDE, METAL, {**PURE, "Al": 0.05}),
        (OXIDE, METAL, {**PURE, "Al": 0.1, "Cu": 0.1, "Ni": 0.02}),
        (OXIDE, METAL, {**PURE, "Ce": 0.03}),
        (OXIDE, METAL, {**PURE, "La": 0.02, "Ce": 0.03}),
        (OXIDE, METAL, {**PURE, "Co": 0.03}),
        (OXIDE, METAL, {**PURE, "Dy": 0.02}),
        (OXIDE, METAL, {**PURE, "Fe": 67.2, "Al": 0.8}),
        (OXIDE, METAL, {**PURE, "Fe": 67.6, "Ga": 0.3}),
    ],
)
def test_traces_of_furnaces_tools_and_neighbours_are_no_alarm(
    oxide: dict[str, float], metal: dict[str, float], magnet: dict[str, float]
) -> None:
    world = chain(oxide, metal, magnet)
    assert world.ask(B, AFTER).verdict == "compliant"
    assert world.china()["verdict"] == "absent"


@pytest.mark.parametrize(
    ("metal", "magnet"),
    [
        (METAL, {**PURE, "Dy": 0.1}),
        (METAL, {**PURE, "Tb": 0.1}),
        (METAL, {**PURE, "Ce": 0.5}),
        (METAL, {**PURE, "Co": 0.5}),
        ({"Nd": 74.0, "Pr": 24.5, "Fe": 1.2}, MAGNET),
    ],
)
def test_an_addition_that_matters_is_asked_for(metal: dict[str, float], magnet: dict[str, float]) -> None:
    world = chain(OXIDE, metal, magnet)
    assert world.ask(B, AFTER).verdict == "cannot-determine"
    assert world.china()["verdict"] == "cannot-exclude"
