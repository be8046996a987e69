"""What others, or the same party before, say of the material: corrections, and evidence on lots of the same melt."""

from __future__ import annotations

import pytest

from tests.origin.policy.telling import AFTER, BEFORE, METAL, A, B, World, said
from tests.rules.tale import made

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
