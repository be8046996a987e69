from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.origin.policy.check import check
from ledger.rules.catalogue import finding
from ledger.rules.rulebook import conclude
from tests.origin.policy.telling import AFTER, BEFORE, MAGNET, METAL, OXIDE, SMCO, A, B, World, branch, branches, said
from tests.rules.tale import made

pytestmark = pytest.mark.alike  # its cases run the same lines

COVERED = ("CN", "HK", "MO", "RU", "IR", "KP")
DY_MAGNET = {**MAGNET, "Dy": 1.5, "Fe": 66.5}


@pytest.fixture
def world() -> World:
    return World()


def readings(world: World, day: date = AFTER, policy: str = B, context: str = "") -> dict[str, str]:
    return branches(world.ask(policy, day, context), "reading")


# --- Clean chains and each stage


def test_a_chain_whose_every_place_is_known_and_not_covered_is_compliant(world: World) -> None:
    world.ndfeb()
    for policy, day in ((A, BEFORE), (B, AFTER)):
        answer = world.ask(policy, day)
        assert answer.verdict == "compliant"
        assert answer.passes
    assert readings(world) == {"literal": "compliant", "conservative": "compliant"}
    assert "mine: declared in US (B, Fe)" in said(world.ask(B, AFTER))
    assert "mine: recorded in US (Nd, Pr)" in said(branch(world.ask(B, AFTER), "conservative"))


@pytest.mark.parametrize("code", COVERED)
@pytest.mark.parametrize("stage", ["mine", "separate", "metal"])
def test_ore_oxide_and_metal_count_from_2027_alone(world: World, stage: str, code: str) -> None:
    world.ndfeb(**{stage: code})
    assert world.ask(A, BEFORE).verdict == "compliant"
    answer = world.ask(B, AFTER)
    assert answer.verdict == "non-compliant"
    assert f"in {code} (" in answer.reasons[0].text
    assert answer.reasons[0].events


@pytest.mark.parametrize("code", COVERED)
@pytest.mark.parametrize("stage", ["alloy", "sinter", "magnetize"])
def test_alloy_and_after_count_in_both(world: World, stage: str, code: str) -> None:
    world.ndfeb(**{stage: code})
    assert world.ask(A, BEFORE).verdict == "non-compliant"
    assert world.ask(B, AFTER).verdict == "non-compliant"


def test_what_an_unanalysed_lot_may_carry_is_not_said_to_be_in_it(world: World) -> None:
    world.ndfeb()
    world.turn("coat", "US", "M", "M2", "magnet-ndfeb-sintered", 100)
    text = said(branch(world.ask(A, BEFORE, lot="M2"), "alloy onward"))
    assert "coat: recorded in US (Nd, Pr; possibly also Ce, Dy, Er and 12 other elements)" in text


@pytest.mark.parametrize("what", ["iron", "boron"])
@pytest.mark.parametrize(("code", "verdict"), [("CN", "non-compliant"), ("ZZ", "cannot-determine")])
def test_iron_and_boron_count_from_2027(world: World, what: str, code: str, verdict: str) -> None:
    world.ndfeb(**{what: code})
    assert world.ask(A, BEFORE).verdict == "compliant"
    assert readings(world) == {"literal": verdict, "conservative": verdict}


@pytest.mark.parametrize("stage", ["mine", "separate", "metal", "alloy", "sinter"])
def test_unknown_is_never_clean(world: World, stage: str) -> None:
    world.ndfeb(**{stage: "ZZ"})
    assert world.ask(B, AFTER).verdict == "cannot-determine"
    assert "a place that is not stated" in said(world.ask(B, AFTER))


def test_hong_kong_is_reported_under_its_own_code_and_why(world: World) -> None:
    world.ndfeb(separate="HK")
    assert "HK (Hong Kong)" in said(world.ask(B, AFTER))
    assert "HK counts as China here" in said(world.ask(B, AFTER))


def test_the_border_is_the_delivery_date_and_nothing_is_grandfathered(world: World) -> None:
    world.ndfeb(separate="CN")
    for day, a, b in (
        (date(2026, 12, 31), "compliant", "not-applicable"),
        (date(2027, 1, 1), "not-applicable", "non-compliant"),
    ):
        assert (world.ask(A, day).verdict, world.ask(B, day).verdict) == (a, b)
        stated = f"delivery_date = {day}"
        assert world.ask(B, date(2026, 4, 1), stated).verdict == b
        assert world.ask(B, date(2026, 4, 1), stated).tested_from == "delivery_date of the context"


def test_the_other_rule_is_an_outlook_when_the_border_is_near(world: World) -> None:
    world.ndfeb(separate="CN")
    outlook = branches(world.ask(A, BEFORE), "pending")
    assert set(outlook.values()) == {"non-compliant"}
    assert all("if delivered from 2027-01-01" in name for name in outlook)
    assert branches(world.ask(A, date(2026, 5, 1)), "pending") == {}
    after = branches(world.ask(B, date(2027, 1, 15)), "pending")
    assert after[f"if it had been delivered by 2026-12-31: {A}, alloy onward"] == "compliant"
    assert not any("by 2026-12-31:" in name for name in branches(world.ask(B, date(2028, 1, 1))))


def test_bills_are_shown_and_change_nothing(world: World) -> None:
    world.ndfeb(separate="CN")
    pending = branches(world.ask(B, AFTER), "pending")
    assert pending["H.R. 9073, if enacted: alloy onward"] == "compliant"
    assert pending["FY2027 NDAA sec. 1803, if enacted"] == "cannot-determine"
    assert world.ask(B, AFTER).verdict == "non-compliant"
    assert branches(world.ask(B, date(2032, 1, 1)), "pending")["H.R. 9073, if enacted"] == "cannot-determine"


def test_an_answer_says_on_what_it_rests(world: World) -> None:
    world.ndfeb()
    answer = world.ask(B, AFTER)
    assert "cannot show that a statement is true" in answer.caveats[-1]
    assert any("are declared by us and not recorded, for some of the material" in item for item in answer.caveats)
    assert any("taken as above the simplified acquisition threshold" in item for item in answer.assumptions)
    assert answer.tested_from == "as-of date"


# --- Two readings


def with_dysprosium(world: World, where: str, percent: dict[str, float]) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.declare(
        "DY", "VN", "metal-dy", 3.1,
        {"mine": "MM", "beneficiate": "MM", "crack_leach": where, "separate": where, "oxide_to_halide": "VN", "metal_reduce": "VN"},
        percent,
    )  # fmt: skip
    world.magnet([metal, "DY"], "US", "US", percent=DY_MAGNET)


def test_dysprosium_is_not_named_by_the_literal_text(world: World) -> None:
    with_dysprosium(world, "CN", {"Dy": 100})
    answer = world.ask(B, AFTER)
    assert branches(answer, "reading") == {"literal": "compliant", "conservative": "non-compliant"}
    assert answer.verdict == "cannot-determine"
    assert "the answers differ by branch" in answer.reasons[0].text


def test_what_a_listing_leaves_room_for_is_not_absent(world: World) -> None:
    with_dysprosium(world, "CN", {"Dy": 99.5})
    answer = world.ask(B, AFTER)
    assert branches(answer, "reading") == {"literal": "cannot-determine", "conservative": "non-compliant"}
    assert "a measured 0 would settle it" in said(branch(answer, "literal"))
    assert answer.verdict == "non-compliant"


def test_a_measured_zero_settles_it(world: World) -> None:
    with_dysprosium(world, "CN", {"Dy": 99.5, "Nd": 0, "Fe": 0, "B": 0})
    assert readings(world)["literal"] == "compliant"


def test_iron_and_boron_that_nobody_assays_in_a_graded_product_do_not_count(world: World) -> None:
    with_dysprosium(world, "CN", {"Dy": 99.5, "Nd": 0})
    assert readings(world) == {"literal": "compliant", "conservative": "non-compliant"}


def test_what_decides_is_said_first(world: World) -> None:
    with_dysprosium(world, "CN", {"Dy": 99.5})
    first = world.ask(B, AFTER).reasons[0].text
    assert "in CN (China)" in first
    assert "a covered country (48 CFR" in first


def test_a_lot_without_composition_is_taken_to_carry_it(world: World) -> None:
    with_dysprosium(world, "CN", {})
    assert readings(world) == {"literal": "non-compliant", "conservative": "non-compliant"}


def test_cobalt_counts_in_the_conservative_reading_alone(world: World) -> None:
    world.iron_and_boron()
    stages = ("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce")
    world.declare("CO", "US", "metal-co", 2, dict.fromkeys(stages, "CN"), {"Co": 100})
    world.magnet([world.metal("US", "US", "US"), "CO"], "US", "US", percent={**MAGNET, "Co": 1, "Fe": 67})
    assert readings(world) == {"literal": "compliant", "conservative": "non-compliant"}


@pytest.mark.parametrize(("given", "wanted"), [("FE", "B"), ("B", "Fe"), ("", "B")])
def test_an_element_without_a_source_is_named(world: World, given: str, wanted: str) -> None:
    metal = world.metal("US", "US", "US")
    stages = dict.fromkeys(("mine", "beneficiate", "metal_reduce"), "US")
    world.declare("FE", "US", "iron", 100, stages, {"Fe": 100})
    world.declare("B", "US", "ferroboron", 10, stages, {"B": 100})
    world.turn("alloy_melt", "US", [metal, given] if given else [metal], "CAST", "strip-cast", 60)
    world.turn("sinter", "US", "CAST", "M", "magnet-ndfeb-sintered", 55)
    answer = world.ask(B, AFTER)
    assert answer.verdict == "cannot-determine"
    assert f"no lot of the ancestry is a recorded source of {wanted}" in said(answer)
    assert world.ask(A, BEFORE).verdict == "compliant"


def test_an_element_of_the_magnet_without_a_source_is_named(world: World) -> None:
    world.iron_and_boron()
    world.magnet([world.metal("US", "US", "US")], "US", "US", percent=DY_MAGNET)
    assert "is a recorded source of Dy" in said(branch(world.ask(B, AFTER), "conservative"))
    assert world.ask(B, AFTER).verdict == "cannot-determine"


def test_an_auxiliary_alloy_without_neodymium_is_a_question_of_law(world: World) -> None:
    world.iron_and_boron()
    stages = ("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce", "alloy_melt")
    world.declare(
        "DYFE", "US", "alloy-dyfe", 5, {**dict.fromkeys(stages, "US"), "alloy_melt": "CN"}, {"Dy": 80, "Fe": 20}
    )
    world.magnet([world.metal("US", "US", "US"), "DYFE"], "US", "US", percent=DY_MAGNET)
    answer = world.ask(A, BEFORE)
    assert answer.verdict == "cannot-determine"
    assert "whether it counts is open" in said(answer)


def test_any_amount_counts(world: World) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.declare(
        "CN-METAL", "JP", "metal-ndpr", 0.001,
        dict.fromkeys(("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce"), "CN"), METAL,
    )  # fmt: skip
    world.magnet([metal, "CN-METAL"], "US", "US")
    assert world.ask(B, AFTER).verdict == "non-compliant"


def test_blending_covered_material_in_a_covered_country_is_open(world: World) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.turn("blend", "CN", metal, "MIX", "metal-ndpr", 65, METAL)
    world.magnet(["MIX"], "US", "US")
    assert world.ask(A, BEFORE).verdict == "compliant"
    assert world.ask(B, AFTER).verdict == "cannot-determine"


def test_a_form_changed_under_a_neutral_stage_is_processing(world: World) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.turn("alloy_melt", "US", [metal, "FE", "FEB"], "CAST", "strip-cast", 200, MAGNET)
    world.turn("repack", "CN", "CAST", "M", "magnet-ndfeb-sintered", 200, MAGNET)
    answer = world.ask(A, BEFORE)
    assert answer.verdict == "non-compliant"
    assert "with a change of form, which is processing" in said(answer)


# --- Other forms


@pytest.mark.parametrize(
    ("lot", "verdict"), [("ND-OX", "not-applicable"), ("ND-MET", "not-applicable"), ("BLK", "cannot-determine")]
)
def test_other_forms_are_not_asked_but_told_what_would_fail(world: World, lot: str, verdict: str) -> None:
    world.ndfeb(separate="CN")
    answer = world.ask(B, AFTER, lot=lot)
    assert answer.verdict == verdict
    assert "would fail if a magnet is made of it: lot ND-OX: separate in CN" in said(answer)


def test_an_unlisted_form_is_never_not_applicable(world: World) -> None:
    world.ndfeb()
    world.turn("assemble", "US", "M", "ROTOR", "rotor-unit", 150)
    assert world.ask(B, AFTER, lot="ROTOR").verdict == "cannot-determine"
    bad = World()
    bad.ndfeb(separate="CN")
    bad.turn("assemble", "US", "M", "ROTOR", "rotor-unit", 150)
    assert bad.ask(B, AFTER, lot="ROTOR").verdict == "non-compliant"


def test_a_smco_magnet_is_not_a_ndfeb_magnet_and_the_other_way(world: World) -> None:
    world.ndfeb()
    assert world.ask(SMCO, AFTER).verdict == "not-applicable"


# --- End items


def test_an_end_item_is_asked_by_the_magnets_in_it(world: World) -> None:
    world.ndfeb(separate="CN")
    world.turn("assemble", "US", "M", "MOTOR", "end-item", 150)
    assert world.ask(B, AFTER, lot="MOTOR").verdict == "non-compliant"
    assert world.ask(A, BEFORE, lot="MOTOR").verdict == "compliant"
    assert world.ask(SMCO, AFTER, lot="MOTOR").verdict == "not-applicable"


@pytest.mark.parametrize(
    ("code", "verdict"),
    [("CN", "non-compliant"), ("RU", "non-compliant"), ("ZZ", "cannot-determine"), ("MX", "compliant")],
)
def test_the_limb_on_end_items(code: str, verdict: str) -> None:
    world = World(("US", "CN", "RU", "ZZ", "MX", "TR"))
    world.ndfeb()
    world.turn("assemble", code, "M", "MOTOR", "end-item", 150)
    answer = world.ask(A, BEFORE, lot="MOTOR")
    assert answer.verdict == verdict
    if verdict == "non-compliant":
        assert "an end item manufactured in a covered country" in said(answer)


def test_the_limb_by_the_context(world: World) -> None:
    world.ndfeb()
    assert world.ask(A, BEFORE, '[end_item]\ncountry = "CN"').verdict == "non-compliant"
    assert world.ask(A, BEFORE, '[end_item]\nname = "motor"').verdict == "cannot-determine"
    assert world.ask(A, BEFORE, '[end_item]\ncountry = "MX"').verdict == "compliant"


def test_an_iron_housing_is_no_part_of_the_magnet(world: World) -> None:
    world.ndfeb()
    world.declare(
        "HOUSING", "US", "iron", 50, dict.fromkeys(("mine", "beneficiate", "metal_reduce"), "CN"), {"Fe": 100}
    )
    world.turn("assemble", "US", ["M", "HOUSING"], "MOTOR", "end-item", 200)
    assert world.ask(B, AFTER, lot="MOTOR").verdict == "compliant"


@pytest.mark.parametrize("form", ["end-item", "block", "alloy", "scrap", "eol-magnet", "wheel"])
def test_what_is_built_in_and_may_be_a_magnet_leaves_it_open(world: World, form: str) -> None:
    world.ndfeb()
    world.declare("PART", "US", form, 50)
    world.turn("assemble", "US", ["M", "PART"], "MOTOR", "end-item", 200)
    answer = world.ask(B, AFTER, lot="MOTOR")
    assert answer.verdict == "cannot-determine"
    assert "lot PART" in said(answer)
    assert world.ask(SMCO, AFTER, lot="MOTOR").verdict == "cannot-determine"


def test_an_end_item_from_outside_says_nothing_of_its_magnets(world: World) -> None:
    world.declare("BOX", "US", "end-item", 10, {"assemble": "US"})
    assert world.ask(B, AFTER, lot="BOX").verdict == "cannot-determine"
    assert world.ask(A, BEFORE, lot="BOX").verdict == "cannot-determine"


# --- SmCo


def smco(world: World, sm: str = "JP", co: str = "AU", alloy: str = "JP", origin: dict[str, Any] | None = None) -> None:
    stages = ("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce")
    world.declare("SM", "JP", "metal-sm", 40, dict.fromkeys(stages, sm), {"Sm": 100})
    world.declare("CO", "JP", "metal-co", 80, origin or dict.fromkeys(stages, co), {"Co": 100})
    world.turn("alloy_melt", alloy, ["SM", "CO"], "CAST", "alloy-smco", 120, {"Sm": 33, "Co": 67})
    world.turn("powder", "JP", "CAST", "POW", "powder", 119, {"Sm": 33, "Co": 67})
    world.turn("press", "JP", "POW", "COMP", "compact", 118, {"Sm": 33, "Co": 67})
    world.turn("sinter", "JP", "COMP", "M", "magnet-smco-sintered", 110, {"Sm": 33, "Co": 67})


def test_samarium_cobalt(world: World) -> None:
    smco(world)
    assert world.ask(SMCO, AFTER).verdict == "compliant"
    assert world.ask(A, BEFORE).verdict == "compliant"
    assert world.ask(B, AFTER).verdict == "not-applicable"


@pytest.mark.parametrize(("member", "a"), [("sm", "compliant"), ("co", "compliant"), ("alloy", "non-compliant")])
def test_samarium_cobalt_with_china(world: World, member: str, a: str) -> None:
    smco(world, **{member: "CN"})
    assert world.ask(SMCO, AFTER).verdict == "non-compliant"
    assert world.ask(A, BEFORE).verdict == a


def test_recycled_smco_feed_is_in_scope_and_no_exception(world: World) -> None:
    origin = dict.fromkeys(
        ("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce", "alloy_melt", "powder", "press",
         "sinter", "machine", "gbd", "coat", "magnetize"),
        "US",
    )  # fmt: skip
    world.recover("SCRAP", "CN", "scrap-sintered", 100, {"Sm": 33, "Co": 67}, waste="post_consumer", origin=origin)
    world.turn("hpms", "US", "SCRAP", "POW", "powder", 99, {"Sm": 33, "Co": 67})
    world.turn("mill_recycled", "US", "POW", "POW2", "powder", 99, {"Sm": 33, "Co": 67})
    world.turn("sinter", "US", "POW2", "M", "magnet-smco-sintered", 95, {"Sm": 33, "Co": 67})
    answer = world.ask(SMCO, AFTER)
    assert answer.verdict == "non-compliant"
    assert "collect in CN" in said(answer)
    assert "RECYCLED" not in said(answer)


# --- What the ledger has against a lot


def test_mass_balance_carries_no_origin(world: World) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.turn("blend", "US", metal, "MIX", "metal-ndpr", 65, METAL, custody_model="mass_balance")
    world.magnet(["MIX"], "US", "US")
    answer = world.ask(B, AFTER)
    assert answer.verdict == "cannot-determine"
    assert "mass_balance (ISO 22095)" in said(answer)


def test_a_gap_in_the_forms_is_never_compliant(world: World) -> None:
    world.iron_and_boron()
    world.mine("ORE", "US", kg=1000, Nd2O3=60)
    world.turn("beneficiate", "US", "ORE", "OX", "oxide-nd", 500, {"Nd2O3": 100})
    world.turn("metal_reduce", "US", "OX", "MET", "metal-nd", 60, {"Nd": 100})
    world.magnet(["MET"], "US", "US", percent={"Nd": 31, "Fe": 68, "B": 1})
    answer = world.ask(B, AFTER)
    assert answer.verdict == "cannot-determine"
    assert "no event records how it came to be so" in said(answer)


def test_more_out_than_in_is_never_compliant(world: World) -> None:
    world.iron_and_boron()
    world.mine("ORE", "US", kg=100, Nd2O3=1)
    world.turn("separate", "US", "ORE", "OX", "oxide-nd", 80, {"Nd2O3": 100})
    world.turn("metal_reduce", "US", "OX", "MET", "metal-nd", 65, {"Nd": 100})
    world.magnet(["MET"], "US", "US", percent={"Nd": 31, "Fe": 68, "B": 1})
    assert world.ask(B, AFTER).verdict == "cannot-determine"
    assert "more came out of the event that made lot OX" in said(world.ask(B, AFTER))


def test_a_retracted_parent_without_replacement(world: World) -> None:
    world.iron_and_boron()
    first = world.mine("ORE", "US", kg=1000, Nd2O3=7.5, Pr6O11=2.5)
    world.turn("separate", "US", "ORE", "OX", "oxide-ndpr", 80, OXIDE)
    world.turn("metal_reduce", "US", "OX", "MET", "metal-ndpr", 65, METAL)
    world.magnet(["MET"], "US", "US")
    assert world.ask(B, AFTER).verdict == "compliant"
    world.tale.retract("us", first)
    answer = world.ask(B, AFTER)
    assert answer.verdict == "cannot-determine"
    assert "retracted" in said(answer)


def test_a_replacement_counts_with_what_it_says(world: World) -> None:
    world.iron_and_boron()
    first = world.mine("ORE", "US", kg=1000, Nd2O3=7.5, Pr6O11=2.5)
    world.turn("separate", "US", "ORE", "OX", "oxide-ndpr", 80, OXIDE)
    world.turn("metal_reduce", "US", "OX", "MET", "metal-ndpr", 65, METAL)
    world.magnet(["MET"], "US", "US")
    world.tale.retract("us", first, "again")
    world.tale.extract(*world.where("US"), made("ORE-2", 1000, "ore", Nd2O3=7.5), ref="again", country="CN")
    answer = world.ask(B, AFTER)
    assert answer.verdict == "non-compliant"
    assert "ORE-2" in said(answer)


def test_the_retracted_lot_itself(world: World) -> None:
    world.ndfeb()
    digest = world.tale.lot("M").born.hash
    world.tale.retract("us", digest)
    assert world.ask(A, BEFORE).verdict == "cannot-determine"


def test_open_and_disputed_handovers(world: World) -> None:
    world.ndfeb()
    world.tale.ship(*world.where("US"), "M", "jp-site")
    assert world.ask(A, BEFORE).verdict == "cannot-determine"
    assert "is not received" in said(world.ask(A, BEFORE))
    world.tale.receive(*world.where("JP"), "M", result="disputed", reason="short")
    assert "disputed by its addressee" in said(world.ask(A, BEFORE))
    world.tale.receive(*world.where("JP"), "M")
    assert world.ask(A, BEFORE).verdict == "compliant"


def test_what_is_left_of_a_lot_after_the_draw_may_travel(world: World) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.tale.turn("split", *world.where("US"), [(metal, 60)], made("PART", 60, "metal-ndpr", **METAL))
    world.at["PART"] = "US"
    world.tale.ship(*world.where("US"), metal, "cn-site")
    world.magnet(["PART"], "US", "US")
    assert world.ask(B, AFTER).verdict == "compliant"


@pytest.mark.parametrize("subject", ["ledger", "entry:4", "lot:M", "lot:ND-ORE", "party:us", "event:" + "0" * 64])
def test_an_error_that_may_concern_the_lot_leaves_nothing_compliant(world: World, subject: str) -> None:
    world.ndfeb()
    error = finding("SEAL-ROOT", subject, "broken")
    (answer,) = check(world.tale.history, "M", [*conclude(world.tale.history), error], as_of=AFTER, policy=B)
    assert answer.verdict == "cannot-determine"
    assert "SEAL-ROOT: broken" in said(answer)


def test_an_error_elsewhere_does_not(world: World) -> None:
    world.ndfeb()
    digest = world.mine("OTHER", "CN")
    errors = [finding("CUST-PREV", "lot:OTHER", "x", digest), finding("CUST-HOLDER", f"event:{digest}", "x", digest)]
    (answer,) = check(world.tale.history, "M", errors, as_of=AFTER, policy=B)
    assert answer.verdict == "compliant"
    named = finding("CUST-PREV", "lot:OTHER", "x", digest, world.tale.lot("M").born.hash)
    (answer,) = check(world.tale.history, "M", [named], as_of=AFTER, policy=B)
    assert answer.verdict == "cannot-determine"
    unseen = finding("CUST-PREV", "lot:OTHER", "x", "f" * 64)
    (answer,) = check(world.tale.history, "M", [unseen], as_of=AFTER, policy=B)
    assert answer.verdict == "cannot-determine"


@pytest.mark.parametrize("code", ["SIGN-KEY-LOST", "ORIG-GAP", "COMP-GATE", "CUST-ORPHANED"])
def test_warnings_on_the_ancestry(world: World, code: str) -> None:
    world.ndfeb()
    digest = world.tale.lot("ND-OX").born.hash
    (answer,) = check(world.tale.history, "M", [finding(code, f"event:{digest}", "x", digest)], as_of=AFTER, policy=B)
    assert answer.verdict == "cannot-determine"
    other = world.mine("OTHER", "CN")
    (answer,) = check(world.tale.history, "M", [finding(code, "lot:OTHER", "x", other)], as_of=AFTER, policy=B)
    assert answer.verdict == "compliant"


def test_a_failure_stays_a_failure(world: World) -> None:
    world.ndfeb(separate="CN")
    error = finding("SEAL-ROOT", "ledger", "broken")
    (answer,) = check(world.tale.history, "M", [error], as_of=AFTER, policy=B)
    assert answer.verdict == "non-compliant"


@pytest.mark.parametrize("use", ["us-civil", "eu-market", "export"])
def test_it_is_no_rule_for_other_deliveries(world: World, use: str) -> None:
    world.ndfeb(separate="CN")
    assert world.ask(B, AFTER, f'end_use = "{use}"').verdict == "not-applicable"
    assert world.ask(B, AFTER, 'end_use = "us-defence"').verdict == "non-compliant"


# --- Ways to a wrong answer that were tried


def test_ore_does_not_become_metal_without_separation(world: World) -> None:
    world.iron_and_boron()
    world.mine("ORE", "US", kg=1000, Nd2O3=7.5, Pr6O11=2.5)
    world.turn("metal_reduce", "US", "ORE", "MET", "metal-ndpr", 65, METAL)
    world.magnet(["MET"], "US", "US")
    answer = world.ask(B, AFTER)
    assert answer.verdict == "cannot-determine"
    assert "no event records or declares where it was separated" in said(answer)


def test_all_of_it_must_have_been_separated(world: World) -> None:
    world.iron_and_boron()
    world.mine("ORE", "US", kg=1000, Nd2O3=7.5, Pr6O11=2.5)
    world.turn("metal_reduce", "US", "ORE", "MET", "metal-ndpr", 65, METAL)
    world.magnet([world.metal("US", "US", "US"), "MET"], "US", "US")
    assert world.ask(B, AFTER).verdict == "cannot-determine"


def test_an_assay_does_not_unsay_what_was_said(world: World) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.declare(
        "X", "US", "metal", 5,
        dict.fromkeys(("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce"), "CN"), METAL,
    )  # fmt: skip
    world.tale.assay("X", Cu=100)
    world.magnet([metal, "X"], "US", "US")
    assert world.ask(B, AFTER).verdict == "cannot-determine"


@pytest.mark.parametrize("form", ["block", "compact", "powder", "strip-cast"])
def test_magnet_material_that_denies_its_elements_is_not_cleared(world: World, form: str) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.turn("alloy_melt", "CN", [metal, "FE", "FEB"], "CAST", form, 200, {"Fe": 100})
    world.turn("sinter", "US", "CAST", "M", "magnet-ndfeb-sintered", 190)
    assert world.ask(A, BEFORE).verdict != "compliant"
    assert world.ask(B, AFTER).verdict == "non-compliant"


def test_a_magnet_without_neodymium_in_its_inputs(world: World) -> None:
    world.iron_and_boron()
    world.turn("alloy_melt", "US", ["FE", "FEB"], "CAST", "alloy", 120, {"Fe": 99, "B": 1})
    world.turn("sinter", "US", "CAST", "M", "magnet-ndfeb-sintered", 110)
    answer = world.ask(A, BEFORE)
    assert answer.verdict == "cannot-determine"
    assert "is a recorded source of Nd" in said(answer)


def test_nothing_is_delivered_before_it_is_made(world: World) -> None:
    world.ndfeb()
    made_on = world.tale.lot("M").born.event.instant.date()
    assert world.ask(A, made_on).verdict == "compliant"
    answer = world.ask(A, date(2026, 2, 28))
    assert answer.verdict == "cannot-determine"
    assert "after the day asked about" in said(answer)


def test_a_zero_of_the_asked_magnet_does_not_clear_its_inputs(world: World) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "CN", "US")
    world.magnet([metal], "US", "US", percent={"Nd": 0, "Pr": 0, "Fe": 99, "B": 1})
    assert world.ask(B, AFTER).verdict == "non-compliant"


def test_a_lot_that_is_drawn_and_not_in_the_ledger(world: World) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.at["GHOST"] = "US"
    world.magnet([metal, "GHOST"], "US", "US")
    (answer,) = check(world.tale.history, "M", (), as_of=AFTER, policy=B)
    assert answer.verdict == "cannot-determine"
    assert "a lot that the ledger does not hold" in said(answer)


def test_a_draw_of_nothing_is_a_draw(world: World) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.declare(
        "X", "US", "metal-nd", 5,
        dict.fromkeys(("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce"), "CN"), METAL,
    )  # fmt: skip
    inputs = [metal, ("X", 0), "FE", "FEB"]
    world.tale.turn("alloy_melt", *world.where("US"), inputs, made("CAST", 200, "strip-cast", **MAGNET))
    world.at["CAST"] = "US"
    world.turn("sinter", "US", "CAST", "M", "magnet-ndfeb-sintered", 190, MAGNET)
    assert world.ask(B, AFTER).verdict == "non-compliant"


def test_a_chinese_deposit_is_chinese_whatever_the_site(world: World) -> None:
    world.iron_and_boron()
    world.at["ORE"] = "US"
    world.tale.extract(*world.where("US"), made("ORE", 1000, "ore", Nd2O3=7.5, Pr6O11=2.5), deposit="bayan-obo")
    world.turn("separate", "US", "ORE", "OX", "oxide-ndpr", 80, OXIDE)
    world.turn("metal_reduce", "US", "OX", "MET", "metal-ndpr", 65, METAL)
    world.magnet(["MET"], "US", "US")
    assert world.ask(B, AFTER).verdict == "non-compliant"
