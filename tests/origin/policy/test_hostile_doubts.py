"""What the ledger has against a lot reaches every answer about it: restated sites, and warnings that the report already names."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.origin.policy.telling import AFTER, BEFORE, MAGNET, METAL, OXIDE, A, B, World, said
from tests.rules.tale import made

pytestmark = pytest.mark.alike  # its cases run the same lines

MREC = {"Nd2O3": 45, "Pr6O11": 15}


@pytest.fixture
def world() -> World:
    return World()


def moved(world: World, *, before: bool) -> None:
    """Oxide separated at a site first stated in China, and restated in Malaysia before or after."""
    tale = world.tale
    world.iron_and_boron()
    world.mine("ORE", "AU", kg=1000, Nd2O3=7.5, Pr6O11=2.5)
    world.turn("crack_leach", "AU", "ORE", "MREC", "mixed-carbonate", 150, MREC)
    site = {"site": "x1", "party": "my", "name": "X"}
    tale.say("site", "registry", country="CN", **site)
    if before:
        tale.say("site", "registry", country="MY", **site)
    tale.move("MREC", ("au", "au-site"), ("my", "x1"))
    tale.turn("separate", "my", "x1", ["MREC"], made("OX", 80, "oxide-ndpr", None, **OXIDE))
    if not before:
        tale.say("site", "registry", country="MY", **site)
    tale.move("OX", ("my", "x1"), ("us", "us-site"))
    world.at["OX"] = "US"
    world.turn("metal_reduce", "US", "OX", "MET", "metal-ndpr", 65, METAL)
    world.magnet(["MET"], "US", "US")


@pytest.mark.parametrize("before", [True, False])
def test_a_site_restated_out_of_china_stays_where_it_was_first(world: World, before: bool) -> None:
    moved(world, before=before)
    assert world.ask(B, AFTER).verdict == "non-compliant"
    answer = world.china()
    assert answer["verdict"] == "present"
    assert answer["doubts"] == ["SIGN-ID"]


def test_an_error_about_another_site_is_no_doubt_of_this_lot(world: World) -> None:
    world.ndfeb()
    world.tale.say("site", "registry", site="jp-site", party="jp", name="JP", country="CN")
    assert world.china()["verdict"] == "absent"
    assert world.ask(B, AFTER).verdict == "compliant"


def test_what_the_report_doubts_no_policy_calls_compliant(world: World) -> None:
    """COMP-PRND and COMP-GATE: the ratio of praseodymium to neodymium, and the pattern, are those of other material."""
    world.iron_and_boron()
    world.at["ORE"] = "US"
    percent = {"La2O3": 6.0, "CeO2": 0.5, "Pr6O11": 1.0, "Nd2O3": 4.0, "Gd2O3": 1.2, "Dy2O3": 1.2, "Y2O3": 8.0}
    world.tale.extract("us", "us-site", made("ORE", 1500, "ore", None, **percent), deposit="Mountain Pass")
    world.turn("separate", "US", "ORE", "OX", "oxide-ndpr", 70, OXIDE)
    world.turn("metal_reduce", "US", "OX", "MET", "metal-ndpr", 58, METAL)
    world.magnet(["MET"], "US", "US")
    doubts = set(world.china()["doubts"])
    assert {"COMP-GATE"} <= doubts
    for policy, day in ((A, BEFORE), (B, AFTER)):
        answer = world.ask(policy, day)
        assert answer.verdict == "cannot-determine"
        assert "the ledger warns: COMP-GATE" in said(answer)


@pytest.mark.parametrize(("stages", "capacity"), [(["repack", "split"], None), (["separate"], 10)])
def test_a_stage_where_the_registrar_knows_of_none_or_too_little_is_open(
    world: World, stages: list[str], capacity: int | None
) -> None:
    tale = world.tale
    more = {"capacity": [{"stage": "separate", "mg_per_year": capacity * 10**6}]} if capacity else {}
    tale.say("site", "registry", site="my2", party="my", name="MY 2", country="MY", stages=stages, **more)
    world.iron_and_boron()
    for number in (1, 2):
        world.mine(f"ORE{number}", "AU", kg=1000, Nd2O3=7.5, Pr6O11=2.5)
        world.turn("crack_leach", "AU", f"ORE{number}", f"MREC{number}", "mixed-carbonate", 150, MREC)
        tale.move(f"MREC{number}", ("au", "au-site"), ("my", "my2"))
        oxide = made(f"OX{number}", 80, "oxide-ndpr", None, **OXIDE)
        tale.turn("separate", "my", "my2", [f"MREC{number}"], oxide)
        tale.move(f"OX{number}", ("my", "my2"), ("us", "us-site"))
        world.at[f"OX{number}"] = "US"
        tale.now += timedelta(days=1)
    world.turn("metal_reduce", "US", "OX2", "MET", "metal-ndpr", 65, METAL)
    world.magnet(["MET"], "US", "US")
    code = "MASS-CAPACITY" if capacity else "ORIG-SITE"
    assert world.china()["doubts"] == [code]
    answer = world.ask(B, AFTER)
    assert answer.verdict == "cannot-determine"
    assert f"the ledger warns: {code}" in said(answer)


def test_what_a_site_did_at_another_stage_is_no_doubt_of_this_lot(world: World) -> None:
    stages = "alloy_melt coat crack_leach machine magnetize metal_reduce mine powder press separate sinter"
    site = {"site": "us-site", "party": "us", "name": "US", "country": "US"}
    world.tale.say("site", "registry", **site, stages=stages.split())
    world.declare("SWARF", "US", "swarf", 10)
    world.turn("hydromet_recycled", "US", "SWARF", "X", "oxide-ndpr", 1)
    world.ndfeb()
    assert world.china()["verdict"] == "absent"
    assert world.ask(B, AFTER).verdict == "compliant"


def test_metal_like_what_was_written_off_is_open_and_the_answer_says_from_where(world: World) -> None:
    origin = dict.fromkeys(("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce"), "AU")
    world.iron_and_boron()
    world.declare("OLD", "US", "oxide-ndpr", 80, dict.fromkeys(list(origin)[:4], "CN"), OXIDE)
    gone = world.tale.say("dispose", "us", site="us-site", lots=[{"lot": "OLD"}], how="loss")
    world.declare("MET", "US", "metal-ndpr", 65, origin, METAL)
    world.magnet(["MET"], "US", "US")
    answer = world.china()
    assert (answer["verdict"], answer["doubts"]) == ("cannot-exclude", ["CUST-WRITTEN-OFF"])
    (suspect,) = answer["may_be"]
    assert gone in suspect["events"]
    assert "mine in CN" in suspect["said"]
    for policy, day in ((A, BEFORE), (B, AFTER)):
        assert world.ask(policy, day).verdict == "cannot-determine"
        assert "the ledger warns: CUST-WRITTEN-OFF" in said(world.ask(policy, day))
    world.tale.retract("us", gone)
    assert world.ask(B, AFTER).verdict == "compliant"
    assert world.china()["verdict"] == "absent"


def test_alloy_that_went_through_china_as_magnets_may_have_been_worked_there(world: World) -> None:
    world.iron_and_boron()
    world.metal("US", "US", "US")
    world.turn("alloy_melt", "US", ["ND-MET", "FE", "FEB"], "ALLOY", "alloy", 200, MAGNET)
    world.bring("ALLOY", "JP", route=["US", "CN", "JP"], title="retained", hs="850511")
    world.turn("sinter", "JP", "ALLOY", "M", "magnet-ndfeb-sintered", 190, MAGNET)
    ways = world.china()["ways"]
    assert (ways["transit"]["verdict"], ways["processed"]["verdict"]) == ("present", "cannot-exclude")
    assert ways["processed"]["elements"]["Nd"] == {"known_share": 0.0, "unknown_share": 1.0}
    assert ways["mined"]["elements"]["Nd"]["unknown_share"] == 0.0
    assert "ORIG-CN-CODE" in world.china()["doubts"]
    for policy, day in ((A, BEFORE), (B, AFTER)):
        assert world.ask(policy, day).verdict == "cannot-determine"
        assert "by way of CN under HS 850511" in said(world.ask(policy, day))


def test_alloy_that_went_through_china_under_its_own_code_was_in_transit(world: World) -> None:
    world.iron_and_boron()
    world.metal("US", "US", "US")
    world.turn("alloy_melt", "US", ["ND-MET", "FE", "FEB"], "ALLOY", "alloy", 200, MAGNET)
    world.bring("ALLOY", "JP", route=["US", "CN", "JP"], title="retained", hs="720299")
    world.turn("sinter", "JP", "ALLOY", "M", "magnet-ndfeb-sintered", 190, MAGNET)
    ways = world.china()["ways"]
    assert (ways["transit"]["verdict"], ways["processed"]["verdict"]) == ("present", "absent")


@pytest.mark.parametrize(
    ("boron", "metal", "short"),
    [
        (3, {**METAL}, "Fe"),
        (3, {"Nd": 74.7, "Pr": 24.9, "Fe": 0.3}, "Fe"),
        (3, None, "Fe"),
        (0.1, {**METAL}, "B"),
    ],
)
def test_iron_that_came_as_an_impurity_is_no_source_of_a_magnet_s_iron(
    world: World, boron: float, metal: dict[str, float] | None, short: str
) -> None:
    """Nothing is analysed from the alloy on, and no mass is gained: the magnet's name alone says that it is iron for the most part."""
    stages = dict.fromkeys(("mine", "beneficiate", "metal_reduce"), "US")
    world.declare(
        "MET", "US", "metal-ndpr", 65, {**stages, "crack_leach": "US", "separate": "US", "oxide_to_halide": "US"}, metal
    )
    world.declare("FEB", "US", "ferroboron", boron, stages, {"Fe": 80, "B": 20})
    world.turn("alloy_melt", "US", ["MET", "FEB"], "ALLOY", "alloy", 65)
    world.turn("sinter", "US", "ALLOY", "M", "magnet-ndfeb-sintered", 64)
    answer = world.china()
    assert answer["verdict"] == "cannot-exclude"
    assert any(f"kg of {short}, as a magnet of its name does" in said for said in answer["unexplained"])
    assert world.ask(B, AFTER).verdict == "cannot-determine"


def test_a_magnet_without_an_analysis_from_enough_iron_is_sound(world: World) -> None:
    world.iron_and_boron()
    world.metal("US", "US", "US")
    world.turn("alloy_melt", "US", ["ND-MET", "FE", "FEB"], "ALLOY", "alloy", 200)
    world.turn("sinter", "US", "ALLOY", "M", "magnet-ndfeb-sintered", 190)
    assert "unexplained" not in world.china()
    assert world.china()["verdict"] == "absent"
