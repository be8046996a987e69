"""Ways to a wrong `compliant` under the DFARS magnet rules that a hostile reader tried, and honest chains beside them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from ledger.origin.policy.check import check
from ledger.rules.catalogue import finding
from ledger.rules.rulebook import conclude
from tests.origin.policy.telling import AFTER, BEFORE, MAGNET, METAL, SMCO, A, B, World, branch, said
from tests.rules.tale import made

pytestmark = pytest.mark.alike  # its cases run the same lines

COMMON = {"mine": "US", "beneficiate": "US", "metal_reduce": "US"}
FULL = ("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce")
NO_EARTHS = dict.fromkeys(("Nd", "Pr", "Fe", "B", "Co", "Dy", "Tb", "Sm"), 0.0)


@pytest.fixture
def world() -> World:
    return World()


def finish(world: World, source: str = "CAST", percent: dict[str, float] | None = None, code: str = "US") -> None:
    """Powder, compact, block and magnet M from a cast lot."""
    world.turn("powder", code, source, "POW", "powder", 195, percent)
    world.turn("press", code, "POW", "COMP", "compact", 190, percent)
    world.turn("sinter", code, "COMP", "BLK", "block", 185, percent)
    world.turn("magnetize", code, "BLK", "M", "magnet-ndfeb-sintered", 180, percent)


def both(world: World, lot: str = "M") -> tuple[str, str]:
    return world.ask(A, BEFORE, lot=lot).verdict, world.ask(B, AFTER, lot=lot).verdict


# --- What was made, and not what the stage is called


@pytest.mark.parametrize(
    "stage", ["metal_reduce", "oxide_to_halide", "beneficiate", "separate", "assemble", "dismantle"]
)
@pytest.mark.parametrize("form", ["strip-cast", "alloy-ndfeb", "powder"])
def test_the_melting_is_the_melting_under_every_name(world: World, stage: str, form: str) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.turn(stage, "CN", [metal, "FE", "FEB"], "CAST", form, 200, MAGNET)
    finish(world, percent=MAGNET)
    answer = world.ask(A, BEFORE)
    assert answer.verdict == "non-compliant"
    assert "a phase of production" in said(answer)


@pytest.mark.parametrize("percent", [MAGNET, None])
def test_an_alloy_called_a_metal_is_an_alloy(world: World, percent: dict[str, float] | None) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.turn("metal_reduce", "CN", [metal, "FE", "FEB"], "CAST", "metal-ingot", 200, percent)
    world.turn("alloy_melt", "US", "CAST", "CAST2", "strip-cast", 199, MAGNET)
    finish(world, "CAST2", MAGNET)
    assert world.ask(A, BEFORE).verdict == "non-compliant"


def test_a_form_that_no_list_knows_leaves_the_phase_open(world: World) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.turn("oxide_to_halide", "CN", [metal], "X", "flakes", 60, METAL)
    world.turn("alloy_melt", "US", ["X", "FE", "FEB"], "CAST", "strip-cast", 200, MAGNET)
    finish(world, percent=MAGNET)
    answer = world.ask(A, BEFORE)
    assert answer.verdict == "cannot-determine"
    assert "a form that no list knows" in said(answer)


@pytest.mark.parametrize(
    "stage", ["separate", "crack_leach", "dismantle", "hydromet_recycled", "beneficiate", "assemble"]
)
def test_a_magnet_made_of_a_magnet_in_a_covered_country(world: World, stage: str) -> None:
    world.ndfeb()
    world.turn(stage, "CN", "M", "M2", "magnet-ndfeb-halbach", 149, MAGNET)
    assert both(world, "M2") == ("non-compliant", "non-compliant")


def test_metal_reduced_in_a_covered_country_is_still_outside_the_old_rule(world: World) -> None:
    world.ndfeb(metal="CN")
    assert both(world) == ("compliant", "non-compliant")


# --- Assembly


@pytest.mark.parametrize(("code", "verdict"), [("CN", "non-compliant"), ("KP", "non-compliant"), ("ZZ", "cannot-determine"), ("JP", "compliant")])  # fmt: skip
def test_assembly_into_a_magnet_is_a_phase(world: World, code: str, verdict: str) -> None:
    world.ndfeb()
    world.turn("assemble", code, "M", "M2", "magnet-ndfeb-halbach", 149, MAGNET)
    assert both(world, "M2") == (verdict, verdict)


def test_declared_assembly_of_a_magnet_counts(world: World) -> None:
    stages = (*FULL, "alloy_melt", "powder", "press", "sinter", "machine", "coat", "magnetize")
    for lot, code, verdicts in (
        ("M1", "CN", ("non-compliant", "non-compliant")),
        ("M2", "JP", ("compliant", "cannot-determine")),  # from 2027 on the iron's and boron's own mines are asked
    ):
        world.declare(
            lot, "US", "magnet-ndfeb-sintered", 10, {**dict.fromkeys(stages, "JP"), "gbd": "none", "assemble": code}, MAGNET
        )  # fmt: skip
        assert both(world, lot) == verdicts


# --- Stages that nobody recorded


def test_metals_do_not_become_a_magnet_unmelted(world: World) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.turn("powder", "US", [metal, "FE", "FEB"], "POW", "powder", 200, MAGNET)
    world.turn("sinter", "US", "POW", "M", "magnet-ndfeb-sintered", 190, MAGNET)
    assert both(world) == ("cannot-determine", "cannot-determine")
    assert "where it was melted" in said(world.ask(A, BEFORE))


def test_an_alloy_does_not_become_a_magnet_unformed(world: World) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.turn("alloy_melt", "US", [metal, "FE", "FEB"], "CAST", "strip-cast", 200, MAGNET)
    world.turn("machine", "US", "CAST", "M", "magnet-ndfeb-sintered", 190, MAGNET)
    assert both(world) == ("cannot-determine", "cannot-determine")
    assert "where it was sintered or bonded" in said(world.ask(A, BEFORE))


def test_ore_of_iron_and_boron_is_not_melted_unreduced(world: World) -> None:
    metal = world.metal("US", "US", "US")
    world.declare("FE", "US", "ore-iron", 300, {"mine": "US"}, {"Fe": 65})
    world.declare("FEB", "US", "ore-borate", 60, {"mine": "US"}, {"B": 12})
    world.turn("alloy_melt", "US", [metal, "FE", "FEB"], "CAST", "strip-cast", 200, MAGNET)
    finish(world, percent=MAGNET)
    answer = world.ask(B, AFTER)
    assert answer.verdict == "cannot-determine"
    assert "B, Fe reached lot M and no event records or declares where it was reduced to metal" in said(answer)


def test_oxide_may_go_into_the_melt(world: World) -> None:
    metal = world.metal("US", "US", "US")
    world.declare("FE", "US", "iron", 300, COMMON, {"Fe": 100})
    world.declare("BO", "US", "oxide-boron", 30, dict.fromkeys(FULL, "US"), {"B": 30})
    world.turn("alloy_melt", "US", [metal, "FE", "BO"], "CAST", "strip-cast", 200, MAGNET)
    finish(world, percent=MAGNET)
    assert world.ask(B, AFTER).verdict == "compliant"


def test_cobalt_ore_is_not_melted_unreduced(world: World) -> None:
    alloy = {"Sm": 33.0, "Co": 67.0}
    world.declare("SM", "JP", "metal-sm", 40, dict.fromkeys(FULL, "JP"), {"Sm": 100})
    world.declare("CO", "JP", "ore-cobalt", 800, {"mine": "AU"}, {"Co": 10})
    world.turn("alloy_melt", "JP", ["SM", "CO"], "CAST", "alloy-smco", 119, alloy)
    world.turn("sinter", "JP", "CAST", "M", "magnet-smco-sintered", 110, alloy)
    answer = world.ask(SMCO, AFTER)
    assert answer.verdict == "cannot-determine"
    assert "Co reached lot M and no event records or declares where it was reduced" in said(answer)


def test_a_mixed_carbonate_is_not_reduced_unseparated(world: World) -> None:
    world.iron_and_boron()
    world.mine("ORE", "US", kg=1000, Nd2O3=7.5, Pr6O11=2.5, La2O3=10)
    world.turn("crack_leach", "US", "ORE", "MREC", "mixed-carbonate", 300, {"Nd2O3": 22, "Pr6O11": 7, "La2O3": 30})
    world.turn("metal_reduce", "US", "MREC", "MET", "metal-ndpr", 65, METAL)
    world.magnet(["MET"], "US", "US")
    answer = world.ask(B, AFTER)
    assert answer.verdict == "cannot-determine"
    assert "where it was separated" in said(answer)


@pytest.mark.parametrize("form", ["metal-dy", "iron-dysprosium"])
def test_dysprosium_is_not_reduced_unseparated(world: World, form: str) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.mine("DYORE", "US", kg=1000, Dy2O3=2)
    world.turn("metal_reduce", "US", "DYORE", "DY", form, 5, {"Dy": 80, "Fe": 20})
    world.magnet([metal, "DY"], "US", "US", percent={**MAGNET, "Dy": 1.5, "Fe": 66.5})
    conservative = branch(world.ask(B, AFTER), "conservative")
    assert conservative.verdict == "cannot-determine"
    assert "Dy reached lot M and no event records or declares where it was separated" in said(conservative)


def test_a_form_of_iron_that_names_a_rare_earth_bears_it(world: World) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.declare("ADD", "US", "iron-neodymium", 5, dict.fromkeys(("mine", "beneficiate", "metal_reduce"), "CN"))
    world.magnet([metal, "ADD"], "US", "US")
    assert world.ask(B, AFTER).verdict == "non-compliant"


def test_a_source_that_is_shown_to_hold_one_rare_earth_needs_no_separation(world: World) -> None:
    others = ("Sc", "Y", "La", "Ce", "Pr", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu")
    world.iron_and_boron()
    for name, zeros in (("ONE", others), ("MANY", others[1:])):
        bare = World()
        bare.iron_and_boron()
        bare.mine("ORE", "US", kg=1000, Nd2O3=9, **dict.fromkeys(zeros, 0.0))
        bare.turn("crack_leach", "US", "ORE", "OX", "oxide-nd", 80, {"Nd2O3": 99.9})
        bare.turn("metal_reduce", "US", "OX", "MET", "metal-nd", 65, {"Nd": 99.9})
        bare.magnet(["MET"], "US", "US", percent={"Nd": 31, "Fe": 68, "B": 1})
        literal = branch(bare.ask(B, AFTER), "literal")
        assert literal.verdict == "cannot-determine"  # no deposit has such ore
        assert ("where it was separated" in said(literal)) is True
        assert ("no event records or declares where it was separated" in said(literal)) == (name == "MANY")


def test_dysprosium_fluoride_that_is_diffused_in_is_neither_reduced_nor_melted(world: World) -> None:
    world.ndfeb()
    world.declare("DYF", "US", "fluoride-dy", 3, dict.fromkeys(FULL, "US"), {"Dy": 74})
    world.turn("gbd", "US", ["M", "DYF"], "M2", "magnet-ndfeb-sintered", 151, {**MAGNET, "Dy": 0.5, "Fe": 67.5})
    assert both(world, "M2") == ("compliant", "compliant")


def test_a_heap_of_metal_is_no_addition(world: World) -> None:
    world.iron_and_boron()
    first, second = world.metal("US", "US", "US"), world.metal("US", "US", "US", name="X")
    world.turn("alloy_melt", "US", [first, "FE", "FEB"], "CAST", "strip-cast", 200, MAGNET)
    world.turn("press", "US", ["CAST", second], "COMP", "compact", 260, {"Nd": 36, "Pr": 12, "Fe": 51, "B": 1})
    world.turn("sinter", "US", "COMP", "M", "magnet-ndfeb-sintered", 255)
    assert both(world) == ("cannot-determine", "cannot-determine")


# --- How much the sources can have brought


def test_a_speck_of_iron_is_no_source_of_a_melt(world: World) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    inputs = [metal, ("FE", 0.000001), ("FEB", 0.000001)]
    world.tale.turn("alloy_melt", *world.where("US"), inputs, made("CAST", 60, "strip-cast"))
    world.at["CAST"] = "US"
    world.turn("sinter", "US", "CAST", "M", "magnet-ndfeb-sintered", 55)
    answer = world.ask(B, AFTER)
    assert answer.verdict == "cannot-determine"
    assert "the recorded sources of Fe can have brought at most" in said(answer)
    assert "the recorded sources of B can have brought at most" in said(answer)


def test_boron_as_a_trace_of_iron_is_no_source(world: World) -> None:
    world.declare("FE", "US", "iron", 200, COMMON, {"Fe": 99.9, "B": 0.0001})
    stated = {"Nd": 23.0, "Pr": 7.0}
    world.turn("alloy_melt", "US", [world.metal("US", "US", "US"), "FE"], "CAST", "strip-cast", 200, stated)
    finish(world, percent=stated)
    answer = world.ask(B, AFTER)
    assert answer.verdict == "cannot-determine"
    assert "the recorded sources of B can have brought" in said(answer)


def test_an_alloy_of_dysprosium_and_iron_is_no_source_of_boron(world: World) -> None:
    world.declare("FE", "US", "iron", 200, COMMON, {"Fe": 100})
    world.declare("DYFE", "US", "alloy-dyfe", 20, dict.fromkeys((*FULL, "alloy_melt"), "US"))
    metal = world.metal("US", "US", "US")
    world.turn("alloy_melt", "US", [metal, "FE", "DYFE"], "CAST", "strip-cast", 200, MAGNET)
    finish(world, percent=MAGNET)
    assert "is a recorded source of B" in said(world.ask(B, AFTER))
    assert world.ask(B, AFTER).verdict == "cannot-determine"


def test_material_from_nowhere_in_a_melt_leaves_it_open(world: World) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    inputs = [metal, ("FEB", 11)]
    world.tale.turn("alloy_melt", *world.where("US"), inputs, made("CAST", 225, "strip-cast", Nd=22))
    world.at["CAST"] = "US"
    finish(world, percent={"Nd": 22})
    answer = world.ask(B, AFTER)
    assert answer.verdict == "cannot-determine"
    assert "MASS-CONSTITUENT" in said(answer)


@pytest.mark.parametrize("lot", ["BLK", "M"])
def test_what_a_laboratory_finds_needs_a_source(world: World, lot: str) -> None:
    world.ndfeb()
    assert world.ask(B, AFTER).verdict == "compliant"
    world.tale.assay(lot, **{**MAGNET, "Fe": 65, "Co": 3})
    if lot == "M":
        world.tale.assay(lot, **MAGNET)
    answer = world.ask(B, AFTER)
    assert branch(answer, "conservative").verdict == "cannot-determine"
    assert "is a recorded source of Co" in said(branch(answer, "conservative"))


def test_an_impurity_of_a_source_that_leaves_room_is_none(world: World) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.declare("FE2", "US", "iron", 100, COMMON, {"Fe": 99.8})
    world.turn("alloy_melt", "US", [metal, "FE", "FE2", "FEB"], "CAST", "strip-cast", 200, MAGNET)
    finish(world, percent=MAGNET)
    world.tale.assay("M", **{**MAGNET, "Fe": 67.9, "Co": 0.05})
    assert world.ask(B, AFTER).verdict == "compliant"


# --- Zeros on the way


@pytest.mark.parametrize("stages", [("split",), ("split", "repack"), ("alloy_melt",), ("blend",)])
@pytest.mark.parametrize("percent", [NO_EARTHS, {**NO_EARTHS, "Cu": 100}])
def test_a_zero_does_not_unsay_what_the_input_is_stated_to_hold(
    world: World, stages: tuple[str, ...], percent: dict[str, float]
) -> None:
    world.iron_and_boron()
    metal, chinese = world.metal("US", "US", "US"), world.metal("CN", "CN", "CN", name="C")
    for number, stage in enumerate(stages):
        lot = f"Z{number}"
        world.turn(stage, "US", chinese, lot, "alloy" if stage == "alloy_melt" else "metal", 60, percent)
        chinese = lot
    world.magnet([metal, chinese], "US", "US")
    assert world.ask(B, AFTER).verdict != "compliant"


def test_a_split_cannot_put_all_of_it_into_the_other_half(world: World) -> None:
    world.iron_and_boron()
    metal, chinese = world.metal("US", "US", "US"), world.metal("CN", "CN", "CN", name="C")
    world.bring(chinese, "US")
    outputs = (made("P1", 30, "metal", **NO_EARTHS), made("P2", 30, "metal-ndpr", **METAL))
    world.tale.turn("split", *world.where("US"), [chinese], *outputs)
    world.at["P1"] = "US"
    world.magnet([metal, "P1"], "US", "US")
    assert world.ask(B, AFTER).verdict != "compliant"


def test_separation_can() -> None:
    """Where another output of a separation holds the element, a measured 0 is what it says."""
    for other, verdict in (("oxide-ndpr", "compliant"), ("residue", "cannot-determine")):
        told = World()
        told.iron_and_boron()
        metal = told.metal("US", "US", "US")
        told.mine("CLAY", "CN", kg=1000, Dy2O3=1, Nd2O3=1)
        zeros = {"Nd": 0.0, "Fe": 0.0, "B": 0.0}
        rest = {"Nd2O3": 90.0} if other == "oxide-ndpr" else {"Nd2O3": 0.0}
        outputs = (made("DYOX", 9, "oxide-dy", Dy2O3=99, **zeros), made("REST", 10, other, **rest))
        told.tale.turn("separate", *told.where("CN"), ["CLAY"], *outputs)
        told.at["DYOX"] = "CN"
        told.turn("metal_reduce", "VN", "DYOX", "DY", "metal-dy", 3.1, {"Dy": 99, **zeros})
        told.magnet([metal, "DY"], "US", "US", percent={**MAGNET, "Dy": 1.5, "Fe": 66.5})
        assert branch(told.ask(B, AFTER), "literal").verdict == verdict


# --- Copper


@pytest.mark.parametrize(
    ("form", "copper", "origin", "verdict"),
    [
        ("metal-cu", 99.99, "CN", "compliant"),
        ("metal-copper", 99.9, None, "compliant"),
        ("metal-cu", 99.5, "CN", "cannot-determine"),
        ("metal", 99.99, "CN", "cannot-determine"),
        ("metal-cund", 99.99, "CN", "cannot-determine"),
    ],
)
def test_copper_carries_none(world: World, form: str, copper: float, origin: str | None, verdict: str) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.declare("CU", "US", form, 1, dict.fromkeys(FULL, origin) if origin else None, {"Cu": copper})
    world.magnet([metal, "CU"], "US", "US")
    assert world.ask(B, AFTER).verdict == verdict


def test_copper_that_was_neodymium_is_none(world: World) -> None:
    world.iron_and_boron()
    metal, chinese = world.metal("US", "US", "US"), world.metal("CN", "CN", "CN", name="C")
    world.turn("repack", "US", chinese, "CU", "metal-cu", 60, {"Cu": 99.99})
    world.magnet([metal, "CU"], "US", "US")
    assert world.ask(B, AFTER).verdict != "compliant"


# --- Parts that name or hide magnets


@pytest.mark.parametrize("form", ["iron-rotor-with-magnets", "metal-smco-magnets", "iron", "metal-parts"])
def test_a_part_with_a_magnets_stages_or_name_is_opaque(world: World, form: str) -> None:
    world.ndfeb()
    origin = {**dict.fromkeys(FULL, "CN"), "sinter": "CN", "magnetize": "CN"}
    world.declare("PART", "US", form, 50, origin)
    world.turn("assemble", "US", ["M", "PART"], "MOTOR", "end-item", 200)
    answer = world.ask(B, AFTER, lot="MOTOR")
    assert answer.verdict == "cannot-determine"
    assert "lot PART" in said(answer)


def test_a_machined_iron_housing_is_none(world: World) -> None:
    world.ndfeb()
    world.declare("IRON", "US", "iron", 50, dict.fromkeys(("mine", "beneficiate", "metal_reduce"), "CN"), {"Fe": 99})
    world.turn("machine", "US", "IRON", "HOUSING", "iron-housing", 45, {"Fe": 99})
    world.turn("assemble", "US", ["M", "HOUSING"], "MOTOR", "end-item", 190)
    assert world.ask(B, AFTER, lot="MOTOR").verdict == "compliant"


@pytest.mark.parametrize("form", ["iron-rotor", "scrap-magnet-blocks", "powder-bonded-magnet", "alloy-ndfeb-magnet", "eol-magnet"])  # fmt: skip
def test_a_lot_that_names_a_magnet_is_never_not_applicable(world: World, form: str) -> None:
    world.declare("X", "US", form, 50, percent=MAGNET)
    assert both(world, "X") == ("cannot-determine", "cannot-determine")
    world.declare("Y", "US", "alloy-ndfeb", 50, percent=MAGNET)
    assert both(world, "Y") == ("not-applicable", "not-applicable")


# --- Days


@pytest.mark.parametrize("stated", [True, False])
def test_a_lot_that_ships_later_was_not_delivered_before(world: World, stated: bool) -> None:
    world.ndfeb(separate="CN")
    world.tale.now = datetime(2027, 1, 20, 8, tzinfo=UTC)
    world.tale.move("M", world.where("US"), world.where("JP"))
    context = "delivery_date = 2026-12-31" if stated else ""
    answer = world.ask(A, date(2026, 12, 31), context)
    assert answer.verdict == "cannot-determine"
    assert "shipped on 2027-01-20, after the day asked about (2026-12-31)" in said(answer)


@pytest.mark.parametrize(
    ("at", "verdict"),
    [
        ("2026-12-31T20:00:00-08:00", "cannot-determine"),
        ("2027-01-01T06:00:00+09:00", "cannot-determine"),
        ("2026-12-31T08:00:00-08:00", "compliant"),
    ],
)
def test_the_later_of_two_days_counts(world: World, at: str, verdict: str) -> None:
    world.ndfeb()
    output = made("M2", 150, "magnet-ndfeb-sintered", **MAGNET)
    world.tale.turn("coat", *world.where("US"), ["M"], output, at=at, recorded=datetime(2027, 1, 1, 9, tzinfo=UTC))
    assert world.ask(A, date(2026, 12, 31), lot="M2").verdict == verdict


@pytest.mark.parametrize("code", ["TIME-RULE-DATE", "TIME-FUTURE", "MASS-CONSTITUENT"])
def test_times_that_cannot_be_trusted_leave_it_open(world: World, code: str) -> None:
    world.ndfeb()
    digest = world.tale.lot("ND-OX").born.hash
    found = [*conclude(world.tale.history), finding(code, f"event:{digest}", "x", digest)]
    (answer,) = check(world.tale.history, "M", found, as_of=AFTER, policy=B)
    assert answer.verdict == "cannot-determine"
    assert code in said(answer)


@pytest.mark.parametrize(
    ("code", "form", "verdict"),
    [("CN", "end-item", "cannot-determine"), ("ZZ", "end-item", "cannot-determine"), ("CN", "rotor", "cannot-determine"), ("JP", "end-item", "compliant")],
)  # fmt: skip
def test_a_magnet_that_was_built_in_is_told_so(world: World, code: str, form: str, verdict: str) -> None:
    world.ndfeb()
    world.turn("machine", "US", "M", "M2", "magnet-ndfeb-sintered", 140, MAGNET)
    world.turn("assemble", code, "M2", "MOTOR", form, 140)
    for lot in ("M", "M2"):
        answer = world.ask(A, BEFORE, lot=lot)
        assert answer.verdict == verdict
        assert any(f"Lot {lot} was wholly used" in item for item in answer.caveats)
        assert ("is no longer there" in said(answer)) == (verdict != "compliant")


def test_what_is_left_of_a_lot_is_asked_by_itself(world: World) -> None:
    world.ndfeb()
    world.bring("M", "CN")
    world.tale.turn("assemble", *world.where("CN"), [("M", 10)], made("MOTOR", 10, "end-item"))
    answer = world.ask(A, BEFORE)
    assert answer.verdict == "compliant"
    assert any("Lot M was partly used" in item for item in answer.caveats)


def test_a_lot_that_was_disposed_of_is_told_so(world: World) -> None:
    world.ndfeb()
    world.tale.say("dispose", "us", site="us-site", lots=[{"lot": "M"}], how="waste", reason="broken")
    assert any("was disposed of" in item for item in world.ask(A, BEFORE).caveats)


# --- Attestations


def attest(world: World, result: str, **members: Any) -> None:
    world.tale.say("attest", "auditor", scheme="audit", result=result, **members)


@pytest.mark.parametrize("members", [{"lots": ["M"]}, {"lots": ["CAST"]}, {"parties": ["us"]}, {"sites": ["us-site"]}])
@pytest.mark.parametrize("result", ["fails: alloy melted in China", "Non-conforming", "revoked", "suspended", "not passed", "see annex"])  # fmt: skip
def test_what_an_auditor_says_against_it_leaves_it_open(world: World, result: str, members: dict[str, Any]) -> None:
    world.tale.party("auditor", "GB", "auditor")
    world.ndfeb()
    named = {**members, "lots": [{"lot": name} for name in members.get("lots", ())]}
    attest(world, result, **named)
    answer = world.ask(B, AFTER)
    assert answer.verdict == "cannot-determine"
    assert result in said(answer)
    assert any(result in item for item in answer.caveats)


@pytest.mark.parametrize("result", ["conformant", "Pass", "ACTIVE", "certified"])
def test_what_an_auditor_says_for_it_is_printed(world: World, result: str) -> None:
    world.tale.party("auditor", "GB", "auditor")
    world.ndfeb()
    attest(world, result, parties=["us"], valid_until="2027-12-31")
    answer = world.ask(B, AFTER)
    assert answer.verdict == "compliant"
    assert f"auditor attests of party us under audit: {result}, valid until 2027-12-31" in "\n".join(answer.caveats)


def test_an_attestation_about_others_or_settled_since(world: World) -> None:
    world.tale.party("auditor", "GB", "auditor")
    world.ndfeb()
    attest(world, "fail", parties=["cn"])
    assert world.ask(B, AFTER).verdict == "compliant"
    attest(world, "suspended", parties=["us"])
    assert world.ask(B, AFTER).verdict == "cannot-determine"
    attest(world, "active", parties=["us"])
    assert world.ask(B, AFTER).verdict == "compliant"
