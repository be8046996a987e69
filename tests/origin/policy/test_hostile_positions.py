"""A site that is said to be in Malaysia at coordinates in China: nothing that was done there is clean."""

from __future__ import annotations

import pytest

from ledger.origin.lens import lens
from ledger.origin.trace import trace
from ledger.report.country import country
from ledger.report.headline import headline
from ledger.rules.rulebook import conclude
from tests.origin.policy.telling import AFTER, BEFORE, A, B, World, said

pytestmark = pytest.mark.alike  # its cases run the same lines

GANZHOU = {"lat": 25_850_000, "lon": 114_930_000}
KUANTAN = {"lat": 3_810_000, "lon": 103_320_000}
PARIS = {"lat": 48_860_000, "lon": 2_350_000}


@pytest.fixture
def world() -> World:
    return World()


def put(world: World, site: str, position: dict[str, int] | None) -> str:
    more = {"position": position} if position else {}
    code = site[:2].upper()
    return world.tale.say("site", "registry", site=site, party=site[:2], name=code, country=code, **more)


def positioned(world: World) -> list[str]:
    return [item.subject for item in conclude(world.tale.history) if item.code == "ORIG-POSITION"]


def test_separation_at_coordinates_in_china_is_open(world: World) -> None:
    stated = put(world, "my-site", GANZHOU)
    world.ndfeb(mine="AU", separate="MY")
    answer = world.china()
    assert answer["verdict"] == "cannot-exclude"
    assert (answer["ways"]["processed"]["verdict"], answer["ways"]["mined"]["verdict"]) == ("cannot-exclude", "absent")
    assert (answer["known_share"], answer["unknown_share"], answer.get("doubts", [])) == (
        0.0,
        1.0,
        [],
    )
    (suspect,) = answer["may_be"]
    assert suspect["events"] == [stated]
    assert "China" in headline({"china": answer})
    origins = trace(world.tale.history, "M").origins
    assert set(origins["Nd"].stages["separate"]) - {"none"} == {"CN+MY"}
    answered = world.ask(B, AFTER)
    assert answered.verdict == "cannot-determine"
    assert "separate in MY (Malaysia) or by its coordinates CN (China)" in said(answered)
    assert world.ask(A, BEFORE).verdict == "compliant"


@pytest.mark.parametrize("stage", ["mine", "alloy", "sinter"])
def test_so_is_every_other_stage(world: World, stage: str) -> None:
    put(world, "my-site", GANZHOU)
    world.ndfeb(**{stage: "MY"})
    assert world.china()["verdict"] == "cannot-exclude"
    assert world.ask(B, AFTER).verdict == "cannot-determine"
    if stage != "mine":
        assert world.ask(A, BEFORE).verdict == "cannot-determine"


def test_at_home_corrected_or_not_stated_says_nothing(world: World) -> None:
    put(world, "my-site", GANZHOU)
    put(world, "my-site", KUANTAN)
    put(world, "au-site", {"lat": 0, "lon": 0})
    put(world, "jp-site", {"lat": 30_000_000, "lon": -150_000_000})
    world.ndfeb(mine="AU", separate="MY", metal="JP")
    assert positioned(world) == []
    assert world.china()["verdict"] == "absent"
    assert world.ask(B, AFTER).verdict == "compliant"


def test_a_position_is_not_forgotten_by_a_statement_without_one(world: World) -> None:
    put(world, "my-site", GANZHOU)
    put(world, "my-site", None)
    world.ndfeb(separate="MY")
    assert positioned(world) == ["site:my-site"]
    assert world.china()["verdict"] == "cannot-exclude"


def test_another_country_is_no_question_about_china_and_is_one_about_that_country(world: World) -> None:
    put(world, "my-site", PARIS)
    world.ndfeb(separate="MY")
    assert positioned(world) == ["site:my-site"]
    answer = world.china()
    assert (answer["verdict"], "may_be" in answer) == ("absent", False)
    found = (*world.tale.found, *conclude(world.tale.history))
    asked = lens("FR")
    french = country(trace(world.tale.history, "M", asked=asked), world.tale.history, found, asked)
    assert french["verdict"] == "cannot-exclude"
    assert world.ask(B, AFTER).verdict == "cannot-determine"


def test_material_that_lay_there_may_have_been_in_china(world: World) -> None:
    put(world, "my-site", GANZHOU)
    world.ndfeb()
    world.bring("M", "MY", route=["US", "MY"])
    answer = world.china()
    assert answer["verdict"] == "absent"
    assert answer["ways"]["transit"]["verdict"] == "cannot-exclude"
