"""Chains that a lawyer and a metallurgist wrote to be answered too kindly, or too harshly."""

from __future__ import annotations

from tests.origin.policy.telling import AFTER, BEFORE, MAGNET, METAL, OXIDE, A, B, World, branch, branches, said
from tests.rules.tale import made

MAKING = ("alloy_melt", "powder", "press", "sinter", "machine", "coat", "magnetize")


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


# --- Declarations


STAGES = ("mine", "beneficiate", "crack_leach", "separate", "metal_reduce", *MAKING)


def declared_magnet(**none: str) -> World:
    world = World()
    origin = {**dict.fromkeys(STAGES, "JP"), "oxide_to_halide": "none", "gbd": "none", "mine": "AU", **none}
    world.declare("M", "US", "magnet-ndfeb-sintered", 100, origin, MAGNET)
    return world


def test_a_trader_s_word_alone_does_not_pass() -> None:
    """Every stage declared and none recorded: `compliant`, as declared, and no exit code of 0."""
    answer = declared_magnet().ask(A, BEFORE)
    assert (answer.verdict, answer.declared, answer.passes) == ("compliant", "wholly", False)
    assert answer.words == "compliant under the clause of MAY 2024, as declared"
    assert any("7 of 7 stages are declared by us, none is recorded" in item for item in answer.caveats)


def test_the_mine_of_a_magnet_is_not_its_iron_s() -> None:
    answer = declared_magnet().ask(B, AFTER)
    assert set(branches(answer, "reading").values()) == {"cannot-determine"}
    assert "whether its B, Fe came from there too is not said" in said(answer)


def test_a_chain_with_iron_from_outside_is_compliant_in_part_as_declared() -> None:
    world = World()
    world.ndfeb()
    answer = world.ask(B, AFTER)
    assert (answer.verdict, answer.declared, answer.passes) == ("compliant", "in part", True)
    assert answer.words.endswith("in part as declared")
    assert any("lots FE, FEB" in item for item in answer.caveats)


def test_an_exception_does_not_rest_on_what_is_declared() -> None:
    world = declared_magnet(alloy_melt="CN")
    context = 'contract_value_usd = 1000\n[exceptions]\nsat = "contract W911-27-C-0001"\n'
    answer = world.ask(B, AFTER, context)
    assert (answer.verdict, answer.declared, answer.passes) == ("compliant", "", True)


def test_iron_and_boron_are_not_separated() -> None:
    """A stage of the rare earths is not told of iron and boron, though the lot is declared as a whole."""
    world = World()
    world.iron_and_boron()
    world.declare(
        "MREC", "MY", "mixed-carbonate", 150, dict.fromkeys(STAGES[:3], "AU"), {"Nd2O3": 45, "Pr6O11": 15, "Fe": 2}
    )
    world.turn("separate", "MY", "MREC", "OX", "oxide-ndpr", 80, {**OXIDE, "Fe": 0.5})
    world.turn("metal_reduce", "JP", "OX", "MET", "metal-ndpr", 65, METAL)
    world.magnet(["MET"], "JP", "JP")
    answer = world.ask(B, AFTER)
    told = [item.text for item in branch(answer, "literal").reasons]
    assert "separate: recorded in MY (Nd)" in told
    assert not any(text.startswith(("separate", "crack_leach")) and "Fe" in text for text in told)


def test_nobody_says_with_which_machines_ore_was_dug() -> None:
    """An extraction has no member for machines and know-how, so they are not known; the report said `absent`."""
    world = World()
    world.mine("ORE", "US", Nd2O3=7)
    assert world.china("ORE")["ways"]["technology"]["verdict"] == "cannot-exclude"


# --- A sum beside one oxide


def with_chinese_oxide(**u_ppb: int) -> World:
    """Magnets whose dysprosium oxide was separated in China, by a certificate with TREO and Dy2O3 alone."""
    world = World()
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.mine("CLAY", "CN", kg=1000, mineral="ion-adsorption clay", Dy2O3=5)
    output = made("DYOX", 4, "oxide-dy", Dy2O3=99.6, TREO=99.6)
    for analyte, value in u_ppb.items():
        output["composition"][analyte]["u_ppb"] = value
    world.tale.turn("separate", *world.where("CN"), ["CLAY"], output)
    world.at["DYOX"] = "CN"
    world.turn("metal_reduce", "US", "DYOX", "DY", "metal-dy", 3.1, {"Dy": 99.3})
    world.magnet([metal, "DY"], "US", "US", percent={**MAGNET, "Dy": 1.5, "Fe": 66.5})
    return world


def test_one_analysis_written_twice_shuts_nothing_out() -> None:
    """99.6 % of TREO beside 99.6 % of Dy2O3: nobody looked for neodymium, so the literal reading is open, and the whole fails."""
    answer = with_chinese_oxide().ask(B, AFTER)
    assert branches(answer, "reading") == {"literal": "cannot-determine", "conservative": "non-compliant"}
    assert answer.verdict == "non-compliant"


def test_two_that_are_known_to_their_difference_do() -> None:
    answer = with_chinese_oxide(Dy2O3=300_000, TREO=300_000).ask(B, AFTER)
    assert branches(answer, "reading")["conservative"] == "non-compliant"
    assert "Nd" not in "".join(item.text for item in branch(answer, "literal").reasons if "lot DYOX" in item.text)
    loose = with_chinese_oxide(Dy2O3=500_000, TREO=500_000).ask(B, AFTER)
    assert any("lot DYOX: separate in CN" in item.text for item in branch(loose, "literal").reasons)
