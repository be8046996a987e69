"""Chains that a lawyer and a metallurgist wrote to be answered too kindly, or too harshly."""

from __future__ import annotations

from tests.origin.policy.telling import AFTER, OXIDE, B, World, branches, said


def from_carbonate(mineral: str) -> World:
    """NdFeB magnets of a mixed carbonate that is said to come out of the ground."""
    world = World()
    world.iron_and_boron("AU", "TR")
    world.mine("MREC", "AU", "mixed-carbonate", 150, mineral=mineral, Nd2O3=45, Pr6O11=15)
    world.turn("separate", "MY", "MREC", "OX", "oxide-ndpr", 80, OXIDE)
    world.turn("metal_reduce", "JP", "OX", "MET", "metal-ndpr", 65, {"Nd": 75, "Pr": 25})
    world.magnet(["MET"], "JP", "JP")
    return world


def test_monazite_is_not_carbonate_by_being_mined() -> None:
    """Somebody baked it with acid, or cracked it with soda, and nobody says where."""
    world = from_carbonate("monazite")
    answer = world.ask(B, AFTER)
    assert set(branches(answer, "reading").values()) == {"cannot-determine"}
    assert "MREC is mixed-carbonate, and no event records how" in said(answer)
    assert world.china()["verdict"] == "cannot-exclude"


def test_clay_may_be() -> None:
    answer = from_carbonate("ion-adsorption clay").ask(B, AFTER)
    assert set(branches(answer, "reading").values()) == {"compliant"}


def test_a_mined_concentrate_was_beneficiated_somewhere() -> None:
    world = World()
    world.mine("CONC", "AU", "concentrate-monazite", mineral="monazite", Nd2O3=7, Pr6O11=2)
    assert world.china("CONC")["verdict"] == "cannot-exclude"
