"""Names and words that take a lot out of a rule: deposits, custody models, forms, taxable years, recycled material."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.origin.policy.telling import AFTER, MAGNET, METAL, OXIDE, B, World, said
from tests.rules.tale import made

pytestmark = pytest.mark.alike  # its cases run the same lines

ALL = (
    *(
        "mine",
        "beneficiate",
        "crack_leach",
        "separate",
        "oxide_to_halide",
        "metal_reduce",
        "alloy_melt",
        "powder",
        "press",
    ),
    *("sinter", "machine", "gbd", "coat", "magnetize"),
)
IRON = ("mine", "beneficiate", "metal_reduce")


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("name", ["Baiyun Ebo", "Bayan Obo East Mine", "BAYAN OBO (west pit)", "bayanobo", "Mianning"])
def test_a_deposit_in_china_is_in_china_under_other_names(world: World, name: str) -> None:
    world.iron_and_boron()
    world.at["ORE"] = "AU"
    world.tale.extract("au", "au-site", made("ORE", 1000, "ore", None, Nd2O3=7.5, Pr6O11=2.5), deposit=name)
    world.turn("crack_leach", "AU", "ORE", "MREC", "mixed-carbonate", 150, {"Nd2O3": 45, "Pr6O11": 15})
    world.turn("separate", "MY", "MREC", "OX", "oxide-ndpr", 80, OXIDE)
    world.turn("metal_reduce", "US", "OX", "MET", "metal-ndpr", 65, METAL)
    world.magnet(["MET"], "US", "US")
    assert world.ask(B, AFTER).verdict == "non-compliant"
    assert world.china()["verdict"] == "present"


@pytest.mark.parametrize(
    ("model", "verdict"), [("controlled_blending", "cannot-determine"), ("segregated", "compliant")]
)
def test_controlled_blending_excludes_nothing(world: World, model: str, verdict: str) -> None:
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.turn("blend", "US", metal, "MIX", "metal-ndpr", 65, METAL, custody_model=model, note="60:40 uncertified")
    world.magnet(["MIX"], "US", "US")
    assert world.ask(B, AFTER).verdict == verdict
    assert world.china()["verdict"] == ("absent" if verdict == "compliant" else "cannot-exclude")


@pytest.mark.parametrize("form", ["ore", "concentrate"])
def test_dysprosium_oxide_leaves_no_rule_as_a_mineral(world: World, form: str) -> None:
    world.declare("X", "CN", form, 100, {"mine": "CN"}, {"Dy2O3": 99})
    world.bring("X", "DE")
    assert world.ask("CN-2025-18", date(2026, 4, 1), lot="X").verdict == "cannot-determine"


def test_a_mineral_with_a_little_dysprosium_stays_one(world: World) -> None:
    percent = {"La2O3": 1.5, "CeO2": 3.0, "Nd2O3": 1.1, "Y2O3": 12.0, "Dy2O3": 1.5}
    world.declare("X", "CN", "concentrate", 100, {"mine": "CN", "beneficiate": "CN"}, percent)
    world.bring("X", "DE")
    assert world.ask("CN-2025-18", date(2026, 4, 1), lot="X").verdict == "not-applicable"


@pytest.mark.parametrize("policy", ["US-IRC-7701-SFE", "US-IRC-7701-FIE"])
@pytest.mark.parametrize(
    ("stated", "verdict"),
    [
        ("", "non-compliant"),
        ("sale_date = 2026-06-30\n", "non-compliant"),
        ("taxable_year_end = 2026-06-30\n", "not-applicable"),
    ],
)
def test_only_a_taxable_year_that_is_stated_is_too_early(world: World, policy: str, stated: str, verdict: str) -> None:
    world.ndfeb()
    who = '[taxpayer]\nname = "x"\ncountry = "CN"\non_listed_entities = true\nsfe_single_share = 0.9\n'
    assert world.ask(policy, date(2026, 6, 30), stated + who).verdict == verdict


def remade(world: World, charge: list[str | tuple[str, float]], kg: float) -> None:
    world.tale.turn("mill_recycled", "us", "us-site", charge, made("POW", kg, "powder"))
    world.at["POW"] = "US"
    world.turn("sinter", "US", "POW", "BLK", "block", kg - 1)
    world.turn("magnetize", "US", "BLK", "M", "magnet-ndfeb-sintered", kg - 2)


@pytest.mark.parametrize(
    ("where", "iron", "verdict"),
    [
        ("CN", 17, "cannot-determine"),
        ("CN", 2, "cannot-determine"),
        ("US", 50, "cannot-determine"),
        ("US", 2, "compliant"),
    ],
)
def test_new_iron_is_no_recycled_material(world: World, where: str, iron: float, verdict: str) -> None:
    world.recover("EOL", "US", "eol-magnet", 100, MAGNET, waste="post_consumer", feedstock="HDD")
    world.declare("FE", "US", "iron", 500, dict.fromkeys(IRON, where), {"Fe": 100})
    world.turn("hpms", "US", "EOL", "HP", "powder", 99, MAGNET)
    remade(world, ["HP", ("FE", iron)], 98 + iron)
    answer = world.ask(B, AFTER)
    assert answer.verdict == verdict or (verdict == "cannot-determine" and answer.verdict == "non-compliant")
    if verdict != "compliant":
        assert "recycled material is open" in said(answer)


@pytest.mark.parametrize(("days", "verdict"), [(0, "cannot-determine"), (3000, "compliant")])
def test_what_was_sold_an_hour_ago_is_no_post_consumer_waste(world: World, days: int, verdict: str) -> None:
    world.declare("NEW", "CN", "magnet-ndfeb-sintered", 100, dict.fromkeys(ALL, "CN"), MAGNET)
    world.bring("NEW", "US")
    world.tale.say("dispose", "us", site="us-site", lots=[{"lot": "NEW"}], how="sale")
    world.tale.now += timedelta(days=days)
    world.recover("EOL", "US", "eol-magnet", 100, MAGNET, waste="post_consumer", feedstock="HDD")
    world.turn("hpms", "US", "EOL", "HP", "powder", 99, MAGNET)
    remade(world, ["HP"], 98)
    found = world.ask(B, date(2035, 1, 1))
    assert found.verdict == verdict
