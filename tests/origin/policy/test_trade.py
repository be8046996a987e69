"""Disclosure lists, customs, forced labour, specialty metals and the Union's rules."""

from __future__ import annotations

from datetime import date

import pytest

from tests.origin.policy.telling import AFTER, BEFORE, MAGNET, METAL, OXIDE, World, branches, said
from tests.origin.policy.test_dfars import smco
from tests.origin.policy.test_exceptions import recycled

L857, UFLPA, ORIGIN, S301, S232, S4863 = (
    "US-NDAA23-857", "US-UFLPA", "US-CUSTOMS-ORIGIN", "US-301-MAGNETS", "US-232-PCMDP", "US-4863-SMCO",
)  # fmt: skip


# --- Section 857


def test_the_four_lists_with_countries_and_events() -> None:
    world = World()
    world.ndfeb(mine="AU", separate="CN", metal="CN", alloy="JP", sinter="JP")
    answer = world.ask(L857, BEFORE)
    assert answer.verdict == "cannot-determine"
    texts = said(answer)
    for line in (
        "mined: AU (Australia): Nd, Pr (recorded)",
        "mined: US (United States): B (declared)",
        "refined into oxides: CN (China): Nd, Pr (recorded)",
        "made into metals and alloys: CN (China): Nd, Pr (recorded)",
        "made into metals and alloys: JP (Japan): B, Nd, Pr (recorded)",
        "sintered or bonded and magnetized: JP (Japan): B, Nd, Pr (recorded)",
    ):
        assert line in texts
    assert "the primary text was not read" in texts
    assert all(reason.events for reason in answer.reasons if ": CN (China)" in reason.text)


def test_a_gap_is_named_with_the_tracking_system() -> None:
    world = recycled(collect="GB")
    answer = world.ask(L857, AFTER)
    assert answer.verdict == "cannot-determine"
    assert "mined: gap: lot EOL: mine in a place that is not stated" in said(answer)
    assert "set up a tracking system within 180 days" in said(answer)


def test_who_owes_no_disclosure() -> None:
    world = World()
    world.ndfeb()
    assert world.ask(L857, date(2025, 6, 22)).verdict == "cannot-determine"  # before it was made
    assert world.ask(L857, AFTER, lot="ND-OX").verdict == "not-applicable"
    assert world.ask(L857, AFTER, 'end_use = "us-civil"').verdict == "not-applicable"
    world.declare("BOX", "US", "end-item", 1)
    assert "which magnets the lot holds is not recorded" in said(world.ask(L857, AFTER, lot="BOX"))


# --- UFLPA


@pytest.mark.parametrize(
    ("region", "verdict", "why"),
    [
        ("CN-XJ", "non-compliant", "in Xinjiang (CN-XJ)"),
        ("CN-65", "non-compliant", "in Xinjiang (CN-65)"),
        ("CN-NM", "cannot-determine", "no stage is recorded or declared in Xinjiang"),
        ("CN-QQ", "cannot-determine", "its region CN-QQ is none that is known"),
        (None, "cannot-determine", "its region is not stated"),
    ],
)
def test_the_region_of_a_chinese_site(region: str | None, verdict: str, why: str) -> None:
    world = World(**({"CN": region} if region else {}))
    world.ndfeb(separate="CN")
    answer = world.ask(UFLPA, AFTER)
    assert answer.verdict == verdict
    assert why in said(answer)
    assert "Entity List" in said(answer)


def test_declared_china_has_no_region_and_unknown_may_be_anywhere() -> None:
    world = World()
    world.ndfeb(iron="CN")
    assert "lot FE: mine in CN (China), declared by cn: its region is not stated" in said(world.ask(UFLPA, AFTER))
    dark = World()
    dark.ndfeb(metal="ZZ")
    assert "it may have been in Xinjiang" in said(dark.ask(UFLPA, AFTER))


def test_a_chinese_deposit_and_repacking_in_xinjiang_leave_it_open() -> None:
    world = World(CN="CN-XJ")
    world.iron_and_boron()
    world.turn("repack", "CN", world.metal("US", "US", "US"), "RE", "metal-ndpr", 65, METAL)
    world.magnet(["RE"], "US", "US")
    answer = world.ask(UFLPA, AFTER)
    assert answer.verdict == "cannot-determine"
    assert "whether it is production in Xinjiang is open" in said(answer)


def test_hong_kong_is_not_xinjiang() -> None:
    world = World()
    world.ndfeb(metal="HK")
    assert "no stage is recorded or declared in Xinjiang" in said(world.ask(UFLPA, AFTER))


# --- Customs


@pytest.mark.parametrize(
    ("chain", "where"),
    [
        ({"mine": "AU", "separate": "CN", "metal": "CN", "alloy": "JP", "sinter": "JP"}, "JP (Japan)"),
        ({"alloy": "CN", "sinter": "US"}, "US (United States)"),
        ({"sinter": "VN", "magnetize": "US"}, "VN (Vietnam)"),
    ],
)
def test_the_likely_customs_origin_is_text_and_no_verdict(chain: dict[str, str], where: str) -> None:
    world = World()
    world.ndfeb(**chain)
    answer = world.ask(ORIGIN, AFTER)
    assert answer.verdict == "cannot-determine"
    assert f"most likely origin {where}" in answer.reasons[0].text
    assert answer.reasons[0].events


def test_customs_without_a_stage() -> None:
    world = World()
    world.mine("ORE", "AU")
    assert world.ask(ORIGIN, AFTER, lot="ORE").verdict == "cannot-determine"


def test_duties() -> None:
    world = World()
    world.ndfeb(sinter="CN")
    assert "a duty of 25 % is likely owed" in said(world.ask(S301, AFTER))
    assert world.ask(S301, AFTER, lot="ND-OX").verdict == "not-applicable"
    clean = World()
    clean.ndfeb()
    assert clean.ask(S301, AFTER).verdict == "cannot-determine"
    assert clean.ask(S232, date(2026, 1, 13)).verdict == "not-applicable"
    assert clean.ask(S232, date(2026, 7, 13)).verdict == "not-applicable"
    assert clean.ask(S232, date(2026, 7, 14)).verdict == "cannot-determine"


# --- Specialty metals


@pytest.mark.parametrize(
    ("alloy", "verdict", "why"),
    [
        ("US", "cannot-determine", "the primary text was not read"),
        ("JP", "cannot-determine", "the list of qualifying countries is not held here"),
        ("CN", "non-compliant", "no qualifying country"),
        ("ZZ", "cannot-determine", "a place that is not stated"),
    ],
)
def test_smco_alloy(alloy: str, verdict: str, why: str) -> None:
    world = World()
    smco(world, alloy=alloy)
    answer = world.ask(S4863, AFTER)
    assert answer.verdict == verdict
    assert why in said(answer)
    assert world.ask(S4863, AFTER, "[end_item]\nspecialty_metals = false").verdict == "not-applicable"
    assert world.ask(S4863, AFTER, 'end_use = "us-civil"').verdict == "not-applicable"


def test_other_lots_are_no_specialty_metal() -> None:
    world = World()
    world.ndfeb()
    assert world.ask(S4863, AFTER).verdict == "not-applicable"
    world.turn("assemble", "US", "M", "MOTOR", "end-item", 100)
    assert world.ask(S4863, AFTER, lot="MOTOR").verdict == "not-applicable"
    world.declare("BOX", "US", "end-item", 1)
    assert world.ask(S4863, AFTER, lot="BOX").verdict == "cannot-determine"
    world.declare("SM", "US", "magnet-smco-bonded", 1, {"alloy_melt": "US"})
    assert world.ask(S4863, AFTER, lot="SM").verdict == "cannot-determine"


# --- The Union

PRODUCT = '[product]\neu_group = "heat pumps"\nmagnet_mass_kg = 0.35\n'


def test_the_map_of_the_supply() -> None:
    world = World()
    world.ndfeb(mine="AU", separate="MY")
    answer = world.ask("EU-CRMA-24", AFTER)
    assert answer.verdict == "cannot-determine"
    assert "extracted: AU (Australia): Nd, Pr (recorded)" in said(answer)
    assert "processed: MY (Malaysia): Nd, Pr (recorded)" in said(answer)


def test_the_benchmark_and_other_materials_ask_nothing() -> None:
    world = World()
    world.ndfeb(separate="CN")
    for policy, word in (
        ("EU-CRMA-65", "binds the Union's planning"),
        ("US-DFARS-7052-TA", "tantalum"),
        ("US-DFARS-7052-W", "tungsten"),
    ):
        answer = world.ask(policy, AFTER)
        assert answer.verdict == "not-applicable"
        assert word in answer.reasons[0].text


@pytest.mark.parametrize(
    ("day", "context", "verdict"),
    [
        ("2029-06-01", PRODUCT, "cannot-determine"),
        ("2026-05-01", PRODUCT, "not-applicable"),
        ("2029-05-23", PRODUCT.replace("heat pumps", "motor vehicles"), "not-applicable"),
        ("2029-05-24", PRODUCT.replace("heat pumps", "Motor Vehicles"), "cannot-determine"),
        ("2029-06-01", PRODUCT.replace("heat pumps", "other"), "not-applicable"),
        ("2029-06-01", PRODUCT.replace("heat pumps", "toasters"), "cannot-determine"),
        ("2029-06-01", PRODUCT + "defence_or_space = true", "not-applicable"),
        ("2029-06-01", 'end_use = "us-defence"', "not-applicable"),
        ("2029-06-01", "", "cannot-determine"),
    ],
)
def test_the_label(day: str, context: str, verdict: str) -> None:
    world = World()
    world.ndfeb()
    answer = world.ask("EU-CRMA-28", date.fromisoformat(day), context)
    assert answer.verdict == verdict
    if verdict == "cannot-determine":
        assert "lot M: magnet-ndfeb-sintered, 150 kg, B, Fe, Nd, Pr" in said(answer)
    assert world.ask("EU-CRMA-28", date(2029, 6, 1), lot="ND-OX").verdict == "not-applicable"


@pytest.mark.parametrize(
    ("day", "context", "verdict"),
    [
        ("2027-05-23", PRODUCT, "not-applicable"),
        ("2029-06-01", PRODUCT, "cannot-determine"),
        ("2029-06-01", PRODUCT.replace("0.35", "0.2"), "not-applicable"),
        ("2029-06-01", PRODUCT.replace("0.35", "0.2001"), "cannot-determine"),
        ("2029-06-01", PRODUCT.replace("magnet_mass_kg = 0.35\n", ""), "cannot-determine"),
        ("2029-06-01", PRODUCT.replace("heat pumps", "mri devices"), "not-applicable"),
        ("2033-06-01", PRODUCT.replace("heat pumps", "mri devices"), "cannot-determine"),
        ("2029-06-01", PRODUCT.replace("heat pumps", "other"), "not-applicable"),
        ("2029-06-01", "", "cannot-determine"),
    ],
)
def test_when_the_recycled_share_is_owed(day: str, context: str, verdict: str) -> None:
    world = recycled()
    answer = world.ask("EU-CRMA-29", date.fromisoformat(day), context)
    assert answer.verdict == verdict
    assert branches(answer, "pending") or verdict == "not-applicable"


def test_the_share_from_post_consumer_waste_with_what_is_unknown() -> None:
    world = World()
    world.recover("POST", "JP", "metal-ndpr", 30, METAL, waste="post_consumer")
    world.recover("SWARF", "JP", "metal-ndpr", 20, METAL, waste="pre_consumer")
    world.recover("WASTE", "JP", "metal-ndpr", 10, METAL)
    world.declare("BOUGHT", "JP", "metal-ndpr", 20, None, METAL)
    world.mine("ORE", "AU", kg=300, Nd2O3=7.5, Pr6O11=2.5)
    world.turn("separate", "JP", "ORE", "OX", "oxide-ndpr", 24, OXIDE)
    world.turn("metal_reduce", "JP", "OX", "NEW", "metal-ndpr", 20, METAL)
    world.iron_and_boron()
    world.magnet(["POST", "SWARF", "WASTE", "BOUGHT", "NEW"], "JP", "JP", percent=MAGNET)
    text = said(world.ask("EU-CRMA-29", date(2029, 6, 1), PRODUCT))
    nd = "post-consumer 30.0%, pre-consumer 20.0%, recovered, kind not stated 10.0%, mined, as recorded 20.0%"
    assert f"Nd: {nd}, declared, recycled content not stated 20.0%, unknown 0.0%" in text
    assert "B: post-consumer 0.0%" in text
    assert "declared, recycled content not stated 100.0%" in text
    assert "Dy:" not in text


def test_a_retracted_source_is_unknown_in_the_share() -> None:
    world = World()
    digest = world.recover("POST", "JP", "metal-ndpr", 50, METAL, waste="post_consumer")
    world.iron_and_boron()
    world.magnet(["POST"], "JP", "JP")
    world.tale.retract("jp", digest)
    text = said(world.ask("EU-CRMA-29", date(2029, 6, 1), PRODUCT))
    assert "Nd: post-consumer 0.0%, unknown 100.0%" in text
    assert "open: lot CAST was made from lot POST, whose creation was retracted" in text


def test_forced_labour_is_in_no_event() -> None:
    world = World()
    world.ndfeb()
    assert world.ask("EU-FLR", date(2027, 12, 13)).verdict == "not-applicable"
    assert world.ask("EU-FLR", date(2027, 12, 14)).verdict == "cannot-determine"
