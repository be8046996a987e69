"""Chinese material that leaves the books and comes back as another country's; and true losses, purchases and trades."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.rules.tale import DIG, MINE, PLANT, SHOP, WORKS, Tale, made, peopled

STAGES = ("mine", "beneficiate", "crack_leach", "separate")
CHINESE = dict.fromkeys(STAGES, "CN")
CLEAN = {**dict.fromkeys(STAGES, "AU"), "separate": "MY"}
DY: dict[str, Any] = {"form": "oxide-dy", "Dy2O3": 99.5}


def found(tale: Tale) -> list[str]:
    return [subject for code, subject in tale.ending() if code == "CUST-WRITTEN-OFF"]


def bought(tale: Tale, lot: str, kg: float, origin: dict[str, str], who: tuple[str, str] = SHOP, **what: Any) -> str:
    return tale.declare(*who, made(lot, kg, **(what or DY)), origin=origin)


def dumped(tale: Tale, lot: str, kg: float | None = None, how: str = "loss", who: tuple[str, str] = SHOP) -> str:
    item: dict[str, Any] = {"lot": lot} if kg is None else {"lot": lot, "mass": {"mg": round(kg * 10**6)}}
    return tale.say("dispose", who[0], site=who[1], lots=[item], how=how)


def test_chinese_oxide_is_written_off_and_declared_anew() -> None:
    tale = peopled()
    bought(tale, "OLD", 100, CHINESE)
    gone = dumped(tale, "OLD")
    tale.now += timedelta(days=20)
    came = bought(tale, "NEW", 98, CLEAN)
    (item,) = [item for item in tale.concluded() if item.code == "CUST-WRITTEN-OFF"]
    assert (item.subject, item.events) == ("lot:NEW", (came, gone))
    assert "separate in CN" in item.message
    assert "mine in CN" in item.message
    tale.retract("shop", gone)
    assert found(tale) == []


@pytest.mark.parametrize(
    ("kg", "days", "origin", "what", "subjects"),
    [
        (100, 170, CLEAN, {}, ["lot:NEW"]),
        (100, 190, CLEAN, {}, []),
        (30, 20, CLEAN, {}, ["lot:NEW"]),
        (150, 20, CLEAN, {}, ["lot:NEW"]),
        (210, 20, CLEAN, {}, []),
        (100, 20, CHINESE, {}, []),
        (80, 20, {**CLEAN, "oxide_to_halide": "MY", "metal_reduce": "VN"}, {"form": "metal-dy", "Dy": 99}, ["lot:NEW"]),
        (100, 20, CLEAN, {"form": "oxide-dytb", "Dy2O3": 85, "Tb4O7": 14}, ["lot:NEW"]),
        (100, 20, CLEAN, {"form": "oxide-la", "La2O3": 99}, []),
        (100, 20, CLEAN, {"form": "alloy", "Dy": 80, "Fe": 20}, []),
    ],
)  # fmt: skip
def test_how_much_when_and_what(kg: float, days: int, origin: dict[str, str], what: Any, subjects: list[str]) -> None:
    tale = peopled()
    bought(tale, "OLD", 100, CHINESE)
    dumped(tale, "OLD", how="waste")
    tale.now += timedelta(days=days)
    bought(tale, "NEW", kg, origin, **what)
    assert found(tale) == subjects


def test_before_the_loss_and_at_the_same_site_by_another() -> None:
    tale = peopled()
    bought(tale, "OLD", 100, CHINESE)
    bought(tale, "NEW", 98, CLEAN)
    tale.now += timedelta(days=20)
    dumped(tale, "OLD")
    assert found(tale) == ["lot:NEW"]
    other = peopled()
    bought(other, "OLD", 100, CHINESE)
    dumped(other, "OLD")
    bought(other, "NEW", 98, CLEAN, PLANT)
    assert found(other) == []


@pytest.mark.parametrize(
    ("loser", "bringer", "subjects"),
    [
        ([("Holding", 100)], [("Holding", 100)], ["lot:NEW"]),
        ([("HOLDING", 30), ("Bank", 70)], [("Holding", 25), ("Fund", 75)], ["lot:NEW"]),
        ([("Holding", 100)], [("Holding", 24), ("Fund", 76)], []),
        ([("Founders", 100)], [("Founders", 100)], []),
        ([("Public shareholders", 100)], [("Public shareholders", 100)], []),
        ([("Holding", 100)], [("Fund", 100)], []),
    ],
)  # fmt: skip
def test_a_sister_at_another_site_is_asked_and_a_stranger_is_not(
    loser: list[tuple[str, int]], bringer: list[tuple[str, int]], subjects: list[str]
) -> None:
    tale = peopled()
    for name, owners in (("shop", loser), ("plant", bringer)):
        held = [{"name": owner, "country": "SG", "ppb": share * 10**7} for owner, share in owners]
        tale.party(name, {"shop": "JP", "plant": "MY"}[name], "processor", "trader", owners=held)
    bought(tale, "OLD", 100, CHINESE)
    dumped(tale, "OLD")
    tale.now += timedelta(days=3)
    bought(tale, "NEW", 99, CLEAN, PLANT)
    assert found(tale) == subjects


def test_a_subsidiary_that_was_sold_in_time_is_asked_as_well() -> None:
    tale = peopled()
    tale.party("plant", "MY", "processor", owners=[{"name": "Shop", "country": "JP", "ppb": 51 * 10**7}])
    tale.party("plant", "MY", "processor", owners=[{"name": "Fund", "country": "SG", "ppb": 10**9}])
    bought(tale, "OLD", 100, CHINESE)
    dumped(tale, "OLD")
    bought(tale, "NEW", 99, CLEAN, PLANT)
    assert found(tale) == ["lot:NEW"]
    tale = peopled()
    tale.party("plant", "MY", "processor", owners=[{"party": "shop", "country": "JP", "ppb": 51 * 10**7}])
    bought(tale, "OLD", 100, CHINESE)
    dumped(tale, "OLD")
    tale.party("plant", "MY", "processor", owners=[{"name": "Fund", "country": "SG", "ppb": 10**9}])
    bought(tale, "NEW", 99, CLEAN, PLANT)
    assert found(tale) == ["lot:NEW"]


def test_in_parts_until_as_much_has_come_in_as_left() -> None:
    tale = peopled()
    for number in range(4):
        bought(tale, f"OLD{number}", 25, CHINESE)
        dumped(tale, f"OLD{number}")
    for number in range(8):
        tale.now += timedelta(days=1)
        bought(tale, f"NEW{number}", 25, CLEAN)
    assert found(tale) == ["lot:NEW0", "lot:NEW1", "lot:NEW2", "lot:NEW3"]


def test_unknown_is_asked_about_and_an_honest_past_is_not() -> None:
    tale = peopled()
    bought(tale, "OLD", 100, {"mine": "AU"})
    dumped(tale, "OLD")
    bought(tale, "NEW", 98, CLEAN)
    assert found(tale) == ["lot:NEW"]
    honest = peopled()
    bought(honest, "OLD", 100, CLEAN)
    dumped(honest, "OLD")
    bought(honest, "NEW", 98, dict.fromkeys(STAGES, "US"))
    assert found(honest) == []


def test_a_sale_counts_by_the_very_mass() -> None:
    for kg, subjects in ((100.5, ["lot:NEW"]), (120, []), (50, [])):
        tale = peopled()
        bought(tale, "OLD", 100, CHINESE)
        dumped(tale, "OLD", how="sale")
        bought(tale, "NEW", kg, CLEAN)
        assert found(tale) == subjects


def test_handling_losses_and_residue_are_no_write_off() -> None:
    tale = peopled()
    bought(tale, "OLD", 100, CHINESE)
    dumped(tale, "OLD", 3)
    bought(tale, "NEW", 3, CLEAN)
    tale.declare(*SHOP, made("DIRT", 500, "residue", Nd2O3=0.5), origin=CHINESE)
    dumped(tale, "DIRT")
    bought(tale, "OTHER", 2, CLEAN, form="oxide-nd", Nd2O3=99.0)
    assert found(tale) == []


def test_rich_residue_is_product() -> None:
    tale = peopled()
    tale.declare(*SHOP, made("DIRT", 100, "residue", Dy2O3=95), origin=CHINESE)
    dumped(tale, "DIRT", how="waste")
    bought(tale, "NEW", 90, CLEAN)
    assert found(tale) == ["lot:NEW"]


@pytest.mark.parametrize(
    ("outputs", "subjects"),
    [
        ([made("M", 84, "metal-dy", Dy=99)], []),
        ([made("M", 20, "metal-dy", Dy=99)], ["lot:NEW"]),
        ([made("M", 20, "metal-dy", Dy=99), made("R", 70, "residue", Dy=90)], []),
        ([made("M", 20, "metal-dy", Dy=99), made("R", 70, "residue")], ["lot:NEW"]),
    ],
)
def test_what_a_stage_uses_up_beyond_its_loss(outputs: list[dict[str, Any]], subjects: list[str]) -> None:
    """Declared losses explain it to the balance, and are no lot."""
    tale = peopled()
    bought(tale, "OLD", 100, CHINESE)
    lost = [{"kind": "slag", "mass": {"mg": 60 * 10**6}, "composition": {"Dy": {"ppb": 9 * 10**8}}}]
    tale.turn("metal_reduce", *SHOP, ["OLD"], *outputs, losses=lost)
    bought(tale, "NEW", 75, CLEAN)
    assert found(tale) == subjects


def test_repacked_into_less_without_an_analysis() -> None:
    tale = peopled()
    tale.declare(*SHOP, made("OLD", 100, "oxide-dy"), origin=CHINESE)
    tale.turn("repack", *SHOP, ["OLD"], made("LESS", 10, "oxide-dy"))
    bought(tale, "NEW", 90, CLEAN)
    assert found(tale) == ["lot:NEW"]


def test_short_at_a_receipt_and_never_received() -> None:
    tale = peopled()
    tale.declare(*WORKS, made("OLD", 100, **DY), origin=CHINESE)
    tale.ship(*WORKS, "OLD", "tokyo")
    tale.receive(*SHOP, "OLD", 20)
    bought(tale, "NEW", 80, CLEAN)
    assert found(tale) == ["lot:NEW"]
    lost = peopled()
    lost.declare(*WORKS, made("OLD", 100, **DY), origin=CHINESE)
    lost.ship(*WORKS, "OLD", "tokyo")
    lost.now += timedelta(days=30)
    bought(lost, "NEW", 80, CLEAN)
    assert found(lost) == []
    lost.now += timedelta(days=40)
    lost.turn("repack", *SHOP, ["NEW"], made("PACK", 80, **DY))
    assert found(lost) == ["lot:NEW"]


def test_a_mine_goes_on_mining_after_a_loss() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 100, Nd2O3=2))
    dumped(tale, "A", who=MINE)
    tale.extract(*MINE, made("B", 100, Nd2O3=2))
    tale.extract(*DIG, made("C", 100, Nd2O3=2))
    dumped(tale, "C", who=DIG)
    tale.extract(*DIG, made("D", 100, Nd2O3=2))
    assert found(tale) == []
