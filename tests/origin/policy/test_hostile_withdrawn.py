"""A past in China that was recorded or declared, and taken back: open and named, in every answer."""

from __future__ import annotations

import pytest

from ledger.origin.trace import trace
from ledger.report.answer import _retractions
from tests.origin.policy.telling import AFTER, MAGNET, METAL, OXIDE, B, World, said

pytestmark = pytest.mark.alike  # its cases run the same lines

FROM_CN = {"mine": "AU", "beneficiate": "AU", "crack_leach": "AU", "separate": "CN"}
FROM_MY = {**FROM_CN, "separate": "MY"}
MREC = {"Nd2O3": 45, "Pr6O11": 15}


@pytest.fixture
def world() -> World:
    world = World()
    world.iron_and_boron()
    return world


def finish(world: World, oxide: str = "OX") -> None:
    world.turn("metal_reduce", "US", oxide, "MET", "metal-ndpr", 65, METAL)
    world.magnet(["MET"], "US", "US")


def open_and_named(world: World, *voided: str) -> None:
    answer = world.ask(B, AFTER)
    assert answer.verdict == "cannot-determine"
    assert set(voided) <= {digest for reason in answer.reasons for digest in reason.events}
    china = world.china()
    assert china["verdict"] in ("cannot-exclude", "present")
    assert set(voided) <= {item["event"] for item in china["withdrawn"]}
    history = world.tale.history
    assert set(voided) <= {item["event"] for item in _retractions(trace(history, "M"), history)}


@pytest.mark.parametrize(
    ("kg", "where", "form"),
    [(79.9, "VN", "oxide-ndpr"), (80, "MY", "oxide-ndpr"), (80, "MY", "oxide"), (66, "VN", "oxide-ndpr")],
)
def test_a_declaration_that_named_china_is_not_undone_by_another(
    world: World, kg: float, where: str, form: str
) -> None:
    digest = world.declare("CNOX", "VN", "oxide-ndpr", 80, FROM_CN, OXIDE)
    world.tale.retract("vn", digest)
    world.declare("OX", where, form, kg, FROM_MY, OXIDE)
    finish(world)
    open_and_named(world, digest)
    assert "named CN and was retracted" in said(world.ask(B, AFTER))


@pytest.mark.parametrize("kg", [30, 100])
def test_another_amount_by_another_party_is_other_material(world: World, kg: float) -> None:
    digest = world.declare("CNOX", "VN", "oxide-ndpr", kg * 2, FROM_CN, OXIDE)
    world.tale.retract("vn", digest)
    world.declare("OX", "MY", "oxide-ndpr", 80, FROM_MY, OXIDE)
    finish(world)
    assert world.ask(B, AFTER).verdict == "compliant"
    assert world.china()["verdict"] == "absent"


@pytest.mark.parametrize("declared", [False, True])
def test_a_separation_in_china_is_not_undone_by_one_elsewhere(world: World, declared: bool) -> None:
    world.mine("ORE", "AU", kg=1000, Nd2O3=7.5, Pr6O11=2.5)
    world.turn("crack_leach", "AU", "ORE", "MREC", "mixed-carbonate", 150, MREC)
    digest = world.turn("separate", "CN", "MREC", "CNOX", "oxide-ndpr", 80, OXIDE)
    world.tale.retract("cn", digest)
    world.at["MREC"] = "CN"
    if declared:
        world.tale.say("dispose", "cn", site="cn-site", lots=[{"lot": "MREC"}], how="loss")
        world.declare("OX", "MY", "oxide-ndpr", 80, FROM_MY, OXIDE)
    else:
        world.turn("separate", "MY", "MREC", "OX", "oxide-ndpr", 80, OXIDE)
    finish(world)
    open_and_named(world, digest)


@pytest.mark.parametrize("result", ["accepted", "disputed"])
def test_a_stay_in_china_is_not_undone(world: World, result: str) -> None:
    metal = world.metal("US", "US", "US")
    world.turn("alloy_melt", "US", [metal, "FE", "FEB"], "CAST", "strip-cast", 200, MAGNET)
    shipped = world.tale.ship("us", "us-site", "CAST", "cn-site", "US", "CN")
    members = {"reason": "wrong lot"} if result == "disputed" else {}
    received = world.tale.say("receive", "cn", site="cn-site", lots=[{"lot": "CAST"}], result=result, **members)
    if result == "accepted":
        world.tale.retract("cn", received)
    world.tale.retract("us", shipped)
    world.turn("powder", "US", "CAST", "POW", "powder", 198, MAGNET)
    world.turn("sinter", "US", "POW", "M", "magnet-ndfeb-sintered", 195, MAGNET)
    open_and_named(world, shipped)


def test_a_slip_without_a_chinese_place_is_harmless(world: World) -> None:
    digest = world.declare("SLIP", "VN", "oxide-ndpr", 80, {**FROM_MY, "separate": "VN"}, OXIDE)
    world.tale.retract("vn", digest)
    world.declare("OX", "MY", "oxide-ndpr", 80, FROM_MY, OXIDE)
    world.tale.retract("my", world.tale.ship("my", "my-site", "OX", "jp-site", "MY", "JP"))
    finish(world)
    assert world.ask(B, AFTER).verdict == "compliant"
    assert world.china()["verdict"] == "absent"
    assert "withdrawn" not in world.china()


def test_what_was_recorded_twice_and_stands_once_is_harmless(world: World) -> None:
    world.declare("CN1", "VN", "oxide-ndpr", 80, FROM_CN, OXIDE)
    world.tale.retract("vn", world.declare("CN2", "VN", "oxide-ndpr", 80, FROM_CN, OXIDE))
    world.declare("OX", "VN", "oxide-ndpr", 82, FROM_MY, {"Nd2O3": 74.2, "Pr6O11": 25.8})
    finish(world)
    assert world.china()["verdict"] == "absent"
    assert world.ask(B, AFTER).verdict == "compliant"


def test_what_happened_to_the_rest_of_a_lot_is_harmless(world: World) -> None:
    world.declare("OX", "MY", "oxide-ndpr", 160, FROM_MY, OXIDE)
    world.tale.turn("metal_reduce", *world.where("MY"), [("OX", 80)], _metal())
    world.at["MET"] = "MY"
    world.tale.retract("my", world.tale.ship("my", "my-site", "OX", "cn-site", "MY", "CN"))
    world.magnet(["MET"], "US", "US")
    assert world.china()["verdict"] == "absent"
    assert world.ask(B, AFTER).verdict == "compliant"


def _metal() -> dict[str, object]:
    return {
        "lot": "MET",
        "form": "metal-ndpr",
        "mass": {"mg": 65 * 10**6},
        "composition": {"Nd": {"ppb": 750_000_000}, "Pr": {"ppb": 250_000_000}},
    }
