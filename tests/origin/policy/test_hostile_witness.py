"""What others, or the same party before, say of the material: corrections, and evidence on lots of the same melt."""

from __future__ import annotations

from typing import Any

import pytest

from tests.origin.policy.telling import AFTER, BEFORE, MAGNET, METAL, A, B, World, branch, said
from tests.rules.tale import made

pytestmark = pytest.mark.alike  # its cases run the same lines

FULL = ("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce")
L857, UFLPA = "US-NDAA23-857", "US-UFLPA"


# --- Corrections


def declare(world: World, lot: str, origin: dict[str, str], ref: str | None = None, form: str = "metal-ndpr") -> str:
    world.at[lot] = "US"
    more = {"ref": ref} if ref else {}
    return world.tale.declare(*world.where("US"), made(lot, 65, form, **METAL), origin=origin, **more)


def corrected(
    first: dict[str, str], second: dict[str, str], *, drawn: str = "ND2", form: str = "metal-ndpr"
) -> tuple[World, list[str]]:
    """A declaration that was retracted and said anew, before the melt; the melt draws the lot named."""
    world = World()
    world.iron_and_boron()
    events = [declare(world, "ND1", first, form=form)]
    if drawn == "ND1":
        world.magnet(["ND1"], "US", "US")
    events.append(world.tale.retract("us", events[0], "again"))
    events.append(declare(world, "ND2", second, "again", form))
    if drawn == "ND2":
        world.magnet(["ND2"], "US", "US")
    return world, events


US = dict.fromkeys(FULL, "US")


@pytest.mark.parametrize("drawn", ["ND1", "ND2"])
@pytest.mark.parametrize("policy", [B, L857, UFLPA])
def test_a_corrected_declaration_is_named_with_its_events(drawn: str, policy: str) -> None:
    world, events = corrected(US, {**US, "mine": "unknown"}, drawn=drawn)
    answer = world.ask(policy, AFTER)
    reasons = [item for item in answer.reasons if "rests on a correction" in item.text]
    assert reasons
    assert reasons[0].events == tuple(events)
    assert "mine was US and is unknown" in reasons[0].text


def test_a_correction_that_changes_no_origin_is_named_and_stays_compliant() -> None:
    world, events = corrected(US, US)
    answer = world.ask(B, AFTER)
    assert answer.verdict == "compliant"
    assert "both say the same of origin" in said(answer)
    assert any(item.events == tuple(events) for item in answer.reasons)


@pytest.mark.parametrize("stage", ["mine", "separate"])
def test_a_place_is_not_cleaned_by_saying_it_anew(stage: str) -> None:
    world, events = corrected({**US, stage: "CN"}, US)
    answer = world.ask(B, AFTER)
    assert answer.verdict == "cannot-determine"
    assert f"{stage} was CN and is US" in said(answer)
    assert any(item.events == tuple(events) for item in answer.reasons)


@pytest.mark.parametrize("drawn", ["ND1", "ND2"])
def test_a_stage_is_not_undone_by_leaving_it_out(drawn: str) -> None:
    world, _events = corrected({**US, "alloy_melt": "CN"}, US, drawn=drawn)
    for policy, day in ((A, BEFORE), (B, AFTER)):
        answer = world.ask(policy, day)
        assert answer.verdict != "compliant"
        assert "alloy_melt was CN and is not stated" in said(answer)


def test_a_second_correction_and_none_at_all_clean_nothing() -> None:
    chinese = {**US, "mine": "CN"}
    for refs in (("x", "y"), (None, None)):
        world = World()
        world.iron_and_boron()
        for number, (origin, ref) in enumerate(((chinese, None), (US, refs[0]))):
            digest = declare(world, f"N{number}", origin, ref)
            world.tale.retract("us", digest, refs[number])
        declare(world, "ND2", US, refs[1])
        world.magnet(["ND2"], "US", "US")
        answer = world.ask(B, AFTER)
        assert answer.verdict == "cannot-determine"
        assert "mine was CN and is US" in said(answer)


def test_an_analysis_that_was_taken_back_is_named() -> None:
    world = World()
    world.ndfeb()
    digest = world.tale.assay("CAST", Dy=3, Nd=23)
    world.tale.retract("lab", digest)
    answer = world.ask(B, AFTER)
    assert "assay of lot CAST by lab was retracted" in said(answer)


def test_a_correction_elsewhere_is_no_matter() -> None:
    world, _events = corrected({**US, "mine": "CN"}, US, drawn="")
    world.magnet([world.metal("US", "US", "US")], "US", "US")
    answer = world.ask(B, AFTER)
    assert answer.verdict == "compliant"
    assert "correction" not in said(answer)


# --- Lots of the same melt


DY = {"Dy": 3.0, "Nd": 23, "Pr": 7.75, "Fe": 65, "B": 1}
COMMON = ("mine", "beneficiate", "metal_reduce")


def melt(*, two: bool = False, silent: bool = False) -> World:
    """A magnet M from half of an alloy; the other half is CAST itself, or with `two` the second output of the melt."""
    world = World()
    world.tale.party("auditor", "GB", "auditor")
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    for name in (metal, "FE", "FEB"):
        world.bring(name, "US")
    stated = {} if silent else MAGNET
    outputs = [made("CAST", 100 if two else 200, "strip-cast", **stated)]
    if two:
        outputs.append(made("CAST2", 100, "strip-cast", **stated))
    world.tale.turn("alloy_melt", *world.where("US"), [metal, "FE", "FEB"], *outputs)
    world.at.update(CAST="US", CAST2="US")
    world.tale.turn(
        "powder", *world.where("US"), ["CAST" if two else ("CAST", 100)], made("POW", 95, "powder", **stated)
    )
    world.at["POW"] = "US"
    world.turn("press", "US", "POW", "COMP", "compact", 92, stated)
    world.turn("sinter", "US", "COMP", "BLK", "block", 90, stated)
    world.turn("magnetize", "US", "BLK", "M", "magnet-ndfeb-sintered", 88, MAGNET)
    return world


def other_half(world: World, source: str, code: str = "US") -> None:
    """Powder and magnets of the other half."""
    world.bring(source, code)
    world.turn("powder", code, source, "POW2", "powder", 94, MAGNET)
    world.turn("sinter", code, "POW2", "BLK2", "block", 92, MAGNET)
    world.turn("magnetize", code, "BLK2", "M2", "magnet-ndfeb-sintered", 90, MAGNET)


def fails(world: World, lot: str, result: str = "fail: alloy melted in China") -> str:
    return world.tale.say("attest", "auditor", scheme="audit", result=result, lots=[{"lot": lot}])


@pytest.mark.parametrize("two", [True, False])
@pytest.mark.parametrize("witness", ["CAST2", "POW2", "BLK2", "M2"])
def test_a_failed_audit_of_a_lot_of_the_same_melt_is_weighed(two: bool, witness: str) -> None:
    if witness == "CAST2" and not two:
        return
    world = melt(two=two)
    other_half(world, "CAST2" if two else "CAST")
    assert world.ask(B, AFTER).verdict == "compliant"
    digest = fails(world, witness)
    for policy, day in ((A, BEFORE), (B, AFTER)):
        answer = world.ask(policy, day)
        assert answer.verdict == "cannot-determine"
        assert any(digest in item.events for item in answer.reasons)
        assert f"lot {witness} (of the same material as lot CAST)" in said(answer)
    fails(world, witness, "conformant")
    assert world.ask(B, AFTER).verdict == "compliant"


@pytest.mark.parametrize("two", [True, False])
@pytest.mark.parametrize("witness", ["CAST2", "POW2", "BLK2", "M2"])
@pytest.mark.parametrize("silent", [True, False])
def test_dysprosium_in_a_lot_of_the_same_melt_is_weighed(two: bool, witness: str, silent: bool) -> None:
    if witness == "CAST2" and not two:
        return
    world = melt(two=two, silent=silent)
    other_half(world, "CAST2" if two else "CAST")
    digest = world.tale.assay(witness, **DY)
    answer = world.ask(B, AFTER)
    assert answer.verdict == "cannot-determine"
    # A melt whose pattern is not that of what went in is doubted in every reading.
    doubted = "COMP-PATTERN" in said(answer)
    assert doubted == (witness == "CAST2" and not silent)
    assert branch(answer, "literal").verdict == ("cannot-determine" if doubted else "compliant")
    assert branch(answer, "conservative").verdict == "cannot-determine"
    assert any(digest in item.events for item in branch(answer, "conservative").reasons)
    world.tale.retract("lab", digest)
    assert silent or world.ask(B, AFTER).verdict == "compliant"


def test_an_assay_of_what_was_taken_from_the_magnet_itself_is_weighed() -> None:
    world = melt()
    world.tale.turn("split", *world.where("US"), [("M", 40)], made("M3", 40, "magnet-ndfeb-sintered"))
    world.tale.assay("M3", **DY)
    assert branch(world.ask(B, AFTER), "conservative").verdict == "cannot-determine"


def test_dysprosium_that_joined_the_other_half_later_says_nothing() -> None:
    world = melt()
    world.declare("DY", "US", "metal-dy", 5, dict.fromkeys(FULL, "CN"), {"Dy": 100})
    world.tale.turn("powder", *world.where("US"), ["CAST", "DY"], made("POW2", 99, "powder", **DY))
    assert world.ask(B, AFTER).verdict == "compliant"
    world.tale.assay("POW2", **DY)
    assert world.ask(B, AFTER).verdict == "compliant"


def test_dysprosium_whose_source_is_recorded_is_no_contradiction() -> None:
    world = World()
    world.iron_and_boron()
    metal = world.metal("US", "US", "US")
    world.declare("DY", "US", "metal-dy", 6, dict.fromkeys(FULL, "JP"), {"Dy": 100})
    dy: dict[str, float] = {**MAGNET, "Dy": 3, "Fe": 65}
    for name in (metal, "FE", "FEB"):
        world.bring(name, "US")
    outputs = [made(name, 100, "strip-cast", **dy) for name in ("CAST", "CAST2")]
    world.tale.turn("alloy_melt", *world.where("US"), [metal, "FE", "FEB", "DY"], *outputs)
    world.at["CAST"] = "US"
    world.turn("powder", "US", "CAST", "POW", "powder", 98, dy)
    world.turn("sinter", "US", "POW", "BLK", "block", 97, dy)
    world.turn("magnetize", "US", "BLK", "M", "magnet-ndfeb-sintered", 96, dy)
    world.tale.assay("CAST2", **DY)
    assert world.ask(B, AFTER).verdict == "compliant"


def test_what_was_done_to_the_other_half_alone_says_nothing() -> None:
    world = melt()
    other_half(world, "CAST", "CN")
    fails(world, "M2", "fail: sintered in China")
    answer = world.ask(B, AFTER)
    assert answer.verdict == "compliant"
    assert any("fail: sintered in China" in item for item in answer.caveats)


@pytest.mark.parametrize("witness", ["LA", "TAILS", "ND-MET", "CAST9"])
def test_unrelated_lots_raise_no_alarm(witness: str) -> None:
    """Another product of the separation, its residue, a second metal and a second melt say nothing of this one."""
    world = World()
    world.tale.party("auditor", "GB", "auditor")
    world.iron_and_boron()
    world.mine("ORE", "US", kg=2000, Nd2O3=7.5, Pr6O11=2.5, La2O3=5)
    world.bring("ORE", "US")
    outputs = (
        made("OX", 160, "oxide-ndpr", Nd2O3=75, Pr6O11=25),
        made("LA", 80, "oxide-la", La2O3=99),
        made("TAILS", 900, "residue", La2O3=1),
    )
    world.tale.turn("separate", *world.where("US"), ["ORE"], *outputs)
    for lot in ("OX", "LA", "TAILS"):
        world.at[lot] = "US"
    world.tale.turn("metal_reduce", *world.where("US"), [("OX", 80)], made("MET", 65, "metal-ndpr", **METAL))
    world.tale.turn("metal_reduce", *world.where("US"), ["OX"], made("ND-MET", 65, "metal-ndpr", **METAL))
    world.at.update({"MET": "US", "ND-MET": "US"})
    world.declare("FE9", "US", "iron", 140, dict.fromkeys(COMMON, "US"), {"Fe": 100})
    world.turn("alloy_melt", "US", ["ND-MET", "FE9"], "CAST9", "alloy-ndfe", 200, {"Nd": 24, "Pr": 8, "Fe": 68})
    world.magnet(["MET"], "US", "US")
    fails(world, witness, "fail: radioactivity")
    more: dict[str, float] = {"La2O3": 95, "Dy2O3": 2} if witness == "LA" else {"Dy": 3}
    world.tale.assay(witness, **more)
    assert world.ask(B, AFTER).verdict == "compliant"
    assert world.ask(A, BEFORE).verdict == "compliant"


@pytest.mark.parametrize(("witness", "verdict"), [("D2", "cannot-determine"), ("X", "cannot-determine"), ("D1", "cannot-determine")])  # fmt: skip
def test_a_poor_analysis_of_another_drum_of_the_same_oxide_is_weighed(witness: str, verdict: str) -> None:
    world = World()
    world.mine("ORE", "US", kg=1000, Nd2O3=9)
    world.bring("ORE", "US")

    def pure(lot: str, kg: float) -> dict[str, Any]:
        return {**made(lot, kg, "oxide-nd"), "composition": {"Nd2O3": {"ppb": 999_000_000, "u_ppb": 200_000}}}

    world.tale.turn("separate", *world.where("US"), ["ORE"], pure("X", 80))
    drums = [made(name, 40, "oxide-nd") for name in ("D1", "D2")]
    world.tale.turn("split", *world.where("US"), ["X"], *drums)
    assert world.ask("US-IRC-45X-PURITY", BEFORE, lot="D1").verdict == "compliant"
    world.tale.say("assay", "lab", lot=witness, composition={"Nd2O3": {"ppb": 980_000_000, "u_ppb": 200_000}})
    if witness != "D1":
        assert world.ask("US-IRC-45X-PURITY", BEFORE, lot="D1").verdict == verdict


def test_a_drum_is_no_purer_than_what_it_was_filled_from() -> None:
    for ppb, verdict in ((980_000_000, "cannot-determine"), (999_100_000, "compliant")):
        world = World()
        world.mine("ORE", "US", kg=1000, Nd2O3=9)
        world.bring("ORE", "US")

        def stated(lot: str, kg: float, share: int) -> dict[str, Any]:
            return {**made(lot, kg, "oxide-nd"), "composition": {"Nd2O3": {"ppb": share, "u_ppb": 200_000}}}

        world.tale.turn("separate", *world.where("US"), ["ORE"], stated("X", 80, ppb))
        world.tale.turn("split", *world.where("US"), ["X"], stated("D1", 40, 999_000_000))
        assert world.ask("US-IRC-45X-PURITY", BEFORE, lot="D1").verdict == verdict
