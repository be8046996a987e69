"""What the asker chooses or claims: a day before the lot was there, and facts that no event holds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from ledger.origin.policy.load import rules
from tests.origin.policy.telling import AFTER, B, World, branches, said
from tests.origin.policy.test_exceptions import COTS, ELECTRONIC, evidence

pytestmark = pytest.mark.alike  # its cases run the same lines

CLAIM = "as stated in facts.toml, not evidenced in the ledger"


def world_of(start: date | None = None, **members: Any) -> World:
    world = World(start=start)
    world.ndfeb(**members)
    return world


# --- A day before the lot was there


BEGIN = {
    "US-NDAA23-857": "M", "US-UFLPA": "M", "US-301-MAGNETS": "M", "US-DFARS-7052-A": "M", "US-IRC-45X-MACR-CM": "ND-OX", "US-DOE-FEOC-25": "ND-OX",
}  # fmt: skip


def begins() -> list[tuple[str, str, date]]:
    found = []
    for name, lot in BEGIN.items():
        rule = next((item for key, item in rules().items() if key == name), None)
        if rule is not None and rule.effective_from is not None:
            found.append((name, lot, rule.effective_from - timedelta(days=1)))
    return found


@pytest.mark.parametrize(("policy", "lot", "day"), begins())
def test_no_rule_is_left_by_a_day_before_the_lot(policy: str, lot: str, day: date) -> None:
    answer = world_of(separate="CN", sinter="CN").ask(policy, day, lot=lot)
    assert answer.verdict == "cannot-determine"
    assert "after the day asked about" in said(answer)
    there = world_of(date(day.year - 1, 1, 1), separate="CN", sinter="CN").ask(policy, day, lot=lot)
    assert there.verdict == "not-applicable"
    assert "which cannot be right" not in said(there)


def test_every_rule_says_that_the_day_cannot_be_right() -> None:
    world = world_of(separate="CN")
    for answer in world.every(date(2019, 1, 1)).values():
        assert answer.verdict != "compliant"
        for branch in answer.branches:
            assert branch.kind == "pending" or any("which cannot be right" in item.text for item in branch.reasons)


def test_a_rule_that_speaks_of_other_things_stays_beside_the_lot() -> None:
    world = world_of()
    for policy in ("US-DFARS-7052-TA", "US-IRC-45X-PURITY"):
        answer = world.ask(policy, date(2019, 1, 1))
        assert answer.verdict == "not-applicable"
        assert "which cannot be right" in said(answer)


def test_the_newest_entry_by_another_clock_is_no_wrong_day() -> None:
    world = world_of()
    now = world.tale.now.replace(hour=22)
    world.tale.now = now
    world.turn(
        "coat", "US", "M", "M2", "magnet-ndfeb-sintered", 150, at=f"{now.date() + timedelta(days=1)}T08:00:00+09:00"
    )
    answer = world.ask("US-DFARS-7052-A", None, lot="M2")
    assert answer.tested_on == now.date()
    assert "which cannot be right" not in said(answer)


# --- Facts that no event holds


CLAIMS = (
    ("contract_value_usd = 200000\n" + evidence("sat", "contract W911-1"), "SAT"),
    ("acquired_outside_us = true\nused_outside_us = true\n" + evidence("outside-us", "order 3"), "OUTSIDE-US"),
    (COTS + evidence("cots", "memo 17"), "COTS"),
    (ELECTRONIC + evidence("electronic", "data sheet 4"), "ELECTRONIC"),
)


@pytest.mark.parametrize(("context", "name"), CLAIMS)
def test_every_exception_says_that_its_facts_are_the_askers(context: str, name: str) -> None:
    answer = world_of(alloy="CN").ask(B, AFTER, context)
    assert answer.verdict == "compliant"
    for branch in answer.branches:
        if branch.kind != "pending":
            assert branch.reasons[0].text.startswith(f"this answer rests on facts {CLAIM}")
            assert branch.reasons[0].text.endswith("without them it would be non-compliant")
            assert any(
                item.text.startswith(f"US-DFARS-EXC-{name} applies") and CLAIM in item.text for item in branch.reasons
            )
    assert answer.claimed


def test_an_exception_with_an_attestation_still_rests_on_the_asker() -> None:
    world = world_of(alloy="CN")
    world.tale.party("judge", "GB", "auditor")
    digest = world.tale.say("attest", "judge", scheme="COTS", result="approved", lots=[{"lot": "M"}])
    answer = world.ask(B, AFTER, COTS + evidence("cots", digest))
    assert answer.verdict == "compliant"
    assert CLAIM in said(answer)


def test_a_nonavailability_determination_says_so_too() -> None:
    context = '[nonavailability]\nreference = "DNAD 2027-3"\nby = "usd-as"\nuntil = 2027-12-31\n'
    answer = world_of(alloy="CN").ask(B, AFTER, context)
    assert answer.verdict == "cannot-determine"
    assert CLAIM in said(answer)
    assert not answer.claimed


@pytest.mark.parametrize(
    ("policy", "context", "lot"),
    [
        (B, 'end_use = "us-civil"', "M"),
        ("US-NDAA23-857", 'end_use = "us-civil"', "M"),
        ("US-4863-SMCO", 'end_use = "us-civil"', "S"),
        ("US-4863-SMCO", "[end_item]\nspecialty_metals = false", "S"),
        ("EU-CRMA-28", "[product]\ndefence_or_space = true\nplaced_on_market = 2030-01-01", "M"),
        ("EU-CRMA-28", '[product]\neu_group = "other"\nplaced_on_market = 2030-01-01', "M"),
        ("EU-CRMA-29", "[product]\nmagnet_mass_kg = 0.1\nplaced_on_market = 2030-01-01", "M"),
    ],
)
def test_a_claim_that_takes_a_lot_out_of_a_rule_says_so(policy: str, context: str, lot: str) -> None:
    world = world_of(alloy="CN")
    world.declare("S", "US", "magnet-smco", 10)
    answer = world.ask(policy, AFTER, context, lot=lot)
    assert answer.verdict == "not-applicable"
    assert f"this answer rests on facts {CLAIM}" in said(answer)


def test_facts_that_make_no_answer_better_are_not_said_to() -> None:
    context = 'contract_value_usd = 1\nend_use = "us-defence"\n[end_item]\nname = "laptop"\ncountry = "MX"\n'
    answer = world_of().ask(B, AFTER, context)
    assert answer.verdict == "compliant"
    assert "this answer rests on facts" not in said(answer)
    assert not answer.claimed


def test_only_the_facts_that_it_rests_on_are_named() -> None:
    context = "contract_value_usd = 200000\nused_outside_us = false\n" + evidence("sat", "contract W911-1")
    text = said(world_of(alloy="CN").ask(B, AFTER, context))
    assert "contract_value_usd = 200000" in text
    assert "used_outside_us" not in text.partition("without them")[0]


def test_readings_are_claimed_each_by_itself() -> None:
    world = world_of(mine="CN")
    answer = world.ask(B, AFTER, COTS + evidence("cots", "memo 17"))
    assert branches(answer, "reading") == {"literal": "compliant", "conservative": "compliant"}
    assert answer.claimed
