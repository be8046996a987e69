from __future__ import annotations

from datetime import date

import pytest

from tests.origin.policy.telling import AFTER, BEFORE, MAGNET, SMCO, A, B, World, branch, branches, said
from tests.origin.policy.test_dfars import smco

pytestmark = pytest.mark.alike  # its cases run the same lines

END_ITEM = '[end_item]\nname = "laptop"\ncountry = "MX"\n'
COTS = END_ITEM + "cots = true\nmill_product = false\ncovered_material_weight_share = 0.01\n"
ELECTRONIC = END_ITEM + "electronic_device = true\ncontract_says_otherwise = false\n"


@pytest.fixture
def failing() -> World:
    world = World()
    world.ndfeb(alloy="CN")
    return world


def evidence(name: str, text: str = "memo 17") -> str:
    return f'[exceptions]\n{name} = "{text}"\n'


@pytest.mark.parametrize(
    ("context", "verdict"),
    [
        ("contract_value_usd = 250000\n" + evidence("sat"), "compliant"),
        ("contract_value_usd = 250000\n", "non-compliant"),
        ("contract_value_usd = 300000\n" + evidence("sat"), "cannot-determine"),
        ("contract_value_usd = 350000.01\n" + evidence("sat"), "non-compliant"),
        (evidence("sat"), "non-compliant"),
        ("acquired_outside_us = true\nused_outside_us = true\n" + evidence("outside-us"), "compliant"),
        ("acquired_outside_us = true\nused_outside_us = true\n", "non-compliant"),
        ("acquired_outside_us = true\n" + evidence("outside-us"), "non-compliant"),
        ("acquired_outside_us = true\nused_outside_us = false\n" + evidence("outside-us"), "non-compliant"),
        (COTS + evidence("cots"), "compliant"),
        (COTS, "non-compliant"),
        (COTS.replace("0.01", "0.5") + evidence("cots"), "non-compliant"),
        (COTS.replace("0.01", "0.4999") + evidence("cots"), "compliant"),
        (COTS.replace("mill_product = false", "mill_product = true") + evidence("cots"), "non-compliant"),
        (COTS.replace("mill_product = false\n", "") + evidence("cots"), "non-compliant"),
        (COTS.replace("covered_material_weight_share = 0.01\n", "") + evidence("cots"), "non-compliant"),
        (COTS.replace('name = "laptop"\n', "") + evidence("cots"), "non-compliant"),
        (COTS.replace("cots = true", "cots = false") + evidence("cots"), "non-compliant"),
        (COTS.replace("MX", "CN") + evidence("cots"), "compliant"),
        (ELECTRONIC + evidence("electronic"), "compliant"),
        (ELECTRONIC, "non-compliant"),
        (ELECTRONIC.replace("contract_says_otherwise = false\n", "") + evidence("electronic"), "non-compliant"),
        (ELECTRONIC.replace("otherwise = false", "otherwise = true") + evidence("electronic"), "non-compliant"),
        (ELECTRONIC + evidence("electronic", "0" * 64), "non-compliant"),
    ],
)  # fmt: skip
def test_an_exception_needs_its_facts_and_its_evidence(failing: World, context: str, verdict: str) -> None:
    assert failing.ask(B, AFTER, context).verdict == verdict


@pytest.mark.parametrize(
    ("members", "verdict"),
    [
        ('by = "usd-as"\nuntil = 2027-12-31', "cannot-determine"),
        ('by = "head-of-contracting-activity"\nuntil = 2027-03-01', "cannot-determine"),
        ('by = "usd-as"\nuntil = 2027-02-28', "non-compliant"),
        ('by = "usd-as"', "non-compliant"),
        ('by = "secretary"\nuntil = 2027-12-31', "cannot-determine"),
        ('by = "usd-as"\nuntil = 2027-12-31\nend_item = "tank"', "non-compliant"),
    ],
)
def test_nonavailability(failing: World, members: str, verdict: str) -> None:
    context = f'[nonavailability]\nreference = "DNAD 2027-3"\n{members}\n'
    assert failing.ask(B, AFTER, context).verdict == verdict
    if "tank" in members:
        named = failing.ask(B, AFTER, context + '[end_item]\nname = "tank"\ncountry = "US"')
        assert named.verdict == "cannot-determine"


def test_before_2027_the_weight_is_not_asked(failing: World) -> None:
    context = COTS.replace("covered_material_weight_share = 0.01\n", "") + evidence("cots")
    assert failing.ask(A, BEFORE, context).verdict == "compliant"
    assert (
        failing.ask(A, BEFORE, COTS.replace("mill_product = false", "mill_product = true") + evidence("cots")).verdict
        == "non-compliant"
    )


def test_the_threshold_is_the_old_one_before_the_unread_one(failing: World) -> None:
    context = "contract_value_usd = 300000\n" + evidence("sat")
    assert failing.ask(A, date(2025, 9, 30), context).verdict == "non-compliant"
    assert failing.ask(A, date(2025, 10, 1), context).verdict == "cannot-determine"


def test_an_attestation_of_the_ledger_is_evidence_unless_it_was_retracted(failing: World) -> None:
    failing.tale.party("judge", "GB", "auditor")
    digest = failing.tale.say("attest", "judge", lots=[{"lot": "M"}], scheme="commerciality: COTS", result="approved")
    assert failing.ask(B, AFTER, COTS + evidence("cots", digest)).verdict == "compliant"
    failing.tale.retract("judge", digest)
    assert failing.ask(B, AFTER, COTS + evidence("cots", digest)).verdict == "non-compliant"


def test_what_fails_without_the_exception_stays_visible(failing: World) -> None:
    answer = failing.ask(B, AFTER, COTS + evidence("cots"))
    assert answer.reasons[0].text.startswith("this answer rests on facts as stated in facts.toml")
    assert answer.reasons[1].text.startswith("US-DFARS-EXC-COTS applies (48 CFR 225.7018-3(c)(1))")
    assert "without the exception: lot CAST: alloy_melt in CN" in said(answer)
    assert "evidence stated: memo 17" in said(answer)


def test_each_exception_says_why_it_does_not_apply(failing: World) -> None:
    text = said(failing.ask(B, AFTER))
    for name in ("SAT", "OUTSIDE-US", "COTS", "ELECTRONIC", "RECYCLED-NDFEB", "NONAVAIL"):
        assert f"US-DFARS-EXC-{name} does not apply" in text


def test_an_exception_does_not_cure_a_broken_ledger(failing: World) -> None:
    failing.tale.ship(*failing.where("US"), "M", "jp-site")
    assert failing.ask(B, AFTER, COTS + evidence("cots")).verdict == "cannot-determine"


@pytest.mark.parametrize(
    "name", ["brushless motor", "BLDC-Motor", "cordless drill", "generator", "linear actuator", "rotor assembly"]
)
def test_what_turns_is_no_electronic_device_by_its_name(failing: World, name: str) -> None:
    asked = ELECTRONIC.replace("laptop", name) + evidence("electronic", "data sheet 7")
    answer = failing.ask(B, AFTER, asked)
    assert answer.verdict == "cannot-determine"
    assert "an item that operates by controlling the flow of electrons" in said(answer)


def test_a_catalogued_magnet_without_an_end_item_is_open_to_the_end_of_2026() -> None:
    """Nobody says that it is built in; from 2027 on a magnet by itself is all covered material."""
    loose = "[end_item]\ncots = true\nmill_product = false\n" + evidence("cots", "catalogue page 12")
    world = World()
    world.ndfeb(alloy="CN")
    answer = world.ask(A, BEFORE, loose)
    assert answer.verdict == "cannot-determine"
    assert "whether a magnet by itself is such an end item, to the end of 2026, is not settled" in said(answer)
    assert "sold in substantial quantities in the commercial marketplace" in said(answer)
    assert (
        world.ask(A, BEFORE, loose.replace("cots = true", 'cots = true\nname = "NdFeB magnet"')).verdict
        == "cannot-determine"
    )
    laptop = loose.replace("cots = true", 'cots = true\nname = "laptop"\ncountry = "MX"')
    assert world.ask(A, BEFORE, laptop).verdict == "compliant"
    world = World()
    smco(world, alloy="CN")
    assert "stays subject to 10 U.S.C. 4863 (PGI 225.7018-3(c)(1)(i))" in said(world.ask(A, BEFORE, laptop))


def test_smco_in_an_electronic_device_stays_a_specialty_metal() -> None:
    world = World()
    smco(world, sm="CN")
    answer = world.ask(SMCO, AFTER, ELECTRONIC + evidence("electronic"))
    assert answer.verdict == "compliant"
    assert "stays subject to 10 U.S.C. 4863" in said(answer)


# --- Recycled NdFeB


def recycled(
    collect: str = "US",
    mill: str = "US",
    sinter: str = "US",
    waste: str | None = "post_consumer",
    hpms: str = "US",
    virgin: str | None = None,
    milled_by: str = "mill_recycled",
    *,
    remelt: bool = False,
) -> World:
    world = World()
    more = {"waste": waste} if waste else {}
    world.recover("EOL", collect, percent=MAGNET, feedstock="hard disks", **more)
    world.turn("dismantle", collect, "EOL", "PARTS", "scrap", 100, MAGNET)
    world.turn("hpms", hpms, "PARTS", "HP", "powder", 99, MAGNET)
    feed = "HP"
    if remelt:
        world.turn("alloy_melt", "US", "HP", "RE", "strip-cast", 98, MAGNET)
        feed = "RE"
    inputs = [feed]
    if virgin:
        world.metal("US", "US", "US")
        inputs.append("ND-MET")
    world.turn(milled_by, mill, inputs, "POW", "powder", 98, MAGNET)
    world.turn("press", "US", "POW", "COMP", "compact", 97, MAGNET)
    world.turn("sinter", sinter, "COMP", "BLK", "block", 95, MAGNET)
    world.turn("coat", "US", "BLK", "M", "magnet-ndfeb-sintered", 95, MAGNET)
    return world


def test_recycled_milled_and_sintered_in_the_united_states() -> None:
    for world in (recycled(), recycled(collect="GB"), recycled(milled_by="powder"), recycled(collect="CN")):
        answer = world.ask(B, AFTER)
        assert answer.verdict == "compliant"
        assert "US-DFARS-EXC-RECYCLED-NDFEB applies" in said(answer)
        assert "without the exception: lot EOL: mine in a place that is not stated" in said(answer)


@pytest.mark.parametrize(
    ("members", "verdict", "why"),
    [
        ({"mill": "GB"}, "cannot-determine", "was milled elsewhere"),
        ({"sinter": "GB"}, "cannot-determine", "was sintered elsewhere"),
        ({"mill": "ZZ"}, "cannot-determine", "elsewhere or at an unknown place"),
        ({"sinter": "CN"}, "non-compliant", "was sintered elsewhere"),
        ({"mill": "CN"}, "non-compliant", "was milled elsewhere"),
        ({"waste": "pre_consumer"}, "cannot-determine", "pre-consumer waste"),
        ({"waste": None}, "cannot-determine", "of a kind that is not stated"),
        ({"hpms": "GB"}, "cannot-determine", "processing by hydrogen is milling"),
        ({"virgin": "US"}, "cannot-determine", "is not recorded as recovered"),
        ({"remelt": True}, "cannot-determine", "an alloy made anew"),
    ],
)  # fmt: skip
def test_recycled_otherwise(members: dict[str, str], verdict: str, why: str) -> None:
    answer = recycled(**members).ask(B, AFTER)  # type: ignore[arg-type]
    assert answer.verdict == verdict
    assert why in said(answer)


def test_recycling_does_not_move_the_end_items_manufacture() -> None:
    world = recycled()
    world.turn("assemble", "CN", "M", "MOTOR", "end-item", 95)
    assert world.ask(B, AFTER, lot="MOTOR").verdict == "non-compliant"
    home = recycled()
    home.turn("assemble", "US", "M", "MOTOR", "end-item", 95)
    assert home.ask(B, AFTER, lot="M").verdict == "compliant"
    answer = home.ask(B, AFTER, lot="MOTOR")
    assert answer.verdict == "cannot-determine"
    assert "whether they reach a magnet inside another end item is not settled" in said(answer)


def test_bonding_is_not_sintering() -> None:
    world = World()
    world.recover("EOL", "US", percent=MAGNET, waste="post_consumer")
    world.turn("mill_recycled", "US", "EOL", "POW", "powder", 98, MAGNET)
    world.turn("bond", "US", "POW", "M", "magnet-ndfeb-bonded", 98, MAGNET)
    answer = world.ask(B, AFTER)
    assert answer.verdict == "cannot-determine"
    assert "no recorded event sinters all of the magnet" in said(answer)


def test_all_of_the_material_must_have_been_milled() -> None:
    world = World()
    world.recover("EOL", "US", percent=MAGNET, waste="post_consumer")
    world.recover("POW-2", "US", "powder", 50, MAGNET, waste="post_consumer")
    world.turn("mill_recycled", "US", "EOL", "POW", "powder", 98, MAGNET)
    world.turn("press", "US", ["POW", "POW-2"], "COMP", "compact", 140, MAGNET)
    world.turn("sinter", "US", "COMP", "M", "magnet-ndfeb-sintered", 140, MAGNET)
    answer = world.ask(B, AFTER)
    assert answer.verdict == "cannot-determine"
    assert "no recorded event mills all of the recycled material" in said(answer)


def test_without_recovered_material_there_is_no_such_exception() -> None:
    world = World()
    world.ndfeb(mine="CN")
    answer = world.ask(B, AFTER)
    assert answer.verdict == "non-compliant"
    no = "US-DFARS-EXC-RECYCLED-NDFEB does not apply: no lot of the ancestry is recorded as recovered material"
    assert no in said(branch(answer, "literal")).splitlines()
    assert branches(answer, "reading") == {"literal": "non-compliant", "conservative": "non-compliant"}
