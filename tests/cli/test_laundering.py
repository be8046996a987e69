"""Ways in which signed events alone made Chinese or unknown material read as absent; each was tried by hand and must not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Shell
from tests.cli.conftest import shell as shell  # noqa: PLC0414  (a fixture is used by its name)

pytestmark = pytest.mark.uncounted  # many times the same lines, which other tests count


@pytest.fixture
def world(shell: Shell) -> Shell:
    shell("init", "--origin", "l.example", "--operator", "reg", "--unsafe-no-passphrase")
    for party, country, owner in (("au", "AU", "A:AU:100"), ("jp", "JP", "B:JP:100"), ("cn", "CN", "")):
        owned = ["--owner", owner] if owner else []
        roles = ["--role", "miner", "--role", "processor", "--role", "trader"]
        shell("party", "add", party, "--country", country, *roles, *owned, "--unsafe-no-passphrase")
    for site, party, country in (
        ("au1", "au", "AU"),
        ("au2", "au", "AU"),
        ("jp1", "jp", "JP"),
        ("cn1", "cn", "CN"),
        ("zz1", "au", "ZZ"),
    ):
        shell("site", "add", site, "--party", party, "--country", country)
    return shell


def record(world: Shell, kind: str, actor: str, site: str, *words: str) -> None:
    world("record", kind, "--actor", actor, "--site", site, *words)


def china(world: Shell, lot: str) -> Any:
    return world.json("report", lot, code=None)["china"]


def found(world: Shell) -> set[str]:
    return {item["code"] for item in world.json("verify", code=None)["findings"]}


def test_ore_does_not_become_magnets_by_being_repacked(world: Shell) -> None:
    record(world, "extract", "au", "au1", "--out", "ORE; ore; 1 g; Nd2O3 1 %")
    record(
        world,
        "transform",
        "au",
        "au1",
        "--stage",
        "repack",
        "--in",
        "ORE",
        "--out",
        "M; magnet-ndfeb-sintered; 50 t; Nd 29 %; Dy 4 %",
    )
    answer = china(world, "M")
    assert answer["verdict"] == "cannot-exclude"
    assert answer["unknown_share"] > 0.99
    assert {"ORIG-GAP", "ORIG-EXCESS"} <= found(world)
    assert "ORIG-GAP" in world("report", "M", code=1)


@pytest.mark.parametrize("stage", ["split", "blend", "magnetize", "separate"])
def test_nor_at_any_other_stage_that_does_not_make_them(world: Shell, stage: str) -> None:
    record(world, "extract", "au", "au1", "--out", "ORE; ore; 1 t; Nd2O3 40 %")
    record(
        world,
        "transform",
        "au",
        "au1",
        "--stage",
        stage,
        "--in",
        "ORE",
        "--out",
        "M; magnet-ndfeb-sintered; 1 t; Nd 29 %",
    )
    assert china(world, "M")["verdict"] == "cannot-exclude"


def test_nobody_extracts_magnets_and_a_chinese_deposit_is_chinese(world: Shell) -> None:
    record(world, "extract", "au", "au1", "--out", "M; magnet-ndfeb-sintered; 1 t; Nd 30 %")
    assert china(world, "M")["verdict"] == "cannot-exclude"
    record(world, "extract", "au", "au1", "--deposit", "bayan-obo", "--out", "O; ore; 1 t; Nd2O3 1 %")
    assert china(world, "O")["ways"]["mined"]["verdict"] == "present"
    assert {"ORIG-CN-MINED", "ORIG-COUNTRY"} <= found(world)


def test_an_element_that_no_input_can_hold_is_unknown(world: Shell) -> None:
    record(world, "extract", "au", "au1", "--out", "ORE; ore; 1 t; Nd2O3 10 %")
    record(
        world, "transform", "au", "au1", "--stage", "separate", "--in", "ORE", "--out", "O; oxide-nd; 90 kg; Nd2O3 99 %"
    )
    record(
        world,
        "transform",
        "au",
        "au1",
        "--stage",
        "alloy_melt",
        "--in",
        "O",
        "--out",
        "A; alloy; 90 kg; Nd 30 %; Dy 4 %",
    )
    elements = china(world, "A")["elements"]
    assert elements["Dy"]["unknown_share"] > 0.6
    assert elements["Nd"]["unknown_share"] == 0.0


def test_a_retracted_receipt_does_not_hide_a_stay_in_china(world: Shell) -> None:
    record(world, "extract", "au", "au1", "--out", "O; ore; 100 kg; Nd2O3 9 %")
    record(world, "ship", "au", "au1", "--to", "cn1", "--lot", "O", "--route", "AU>AU")
    record(world, "receive", "cn", "cn1", "--lot", "O", "--ref", "r")
    record(world, "ship", "cn", "cn1", "--to", "jp1", "--lot", "O", "--route", "CN>JP")
    record(world, "receive", "jp", "jp1", "--lot", "O")
    world("record", "retract", "--actor", "cn", "--target", "r", "--reason", "typo")
    assert china(world, "O")["ways"]["transit"]["verdict"] == "present"


def test_suppliers_carriers_and_earlier_holders_are_owners_too(world: Shell) -> None:
    record(
        world, "declare", "jp", "jp1", "--country", "mine=AU", "--supplier", "cn", "--out", "S; ore; 10 kg; Nd2O3 9 %"
    )
    assert china(world, "S")["ways"]["owned"]["verdict"] == "present"
    record(world, "declare", "jp", "jp1", "--country", "mine=AU", "--out", "T; ore; 10 kg; Nd2O3 9 %")
    assert china(world, "T")["ways"]["owned"]["verdict"] == "cannot-exclude"
    record(world, "extract", "au", "au1", "--out", "C; ore; 10 kg; Nd2O3 9 %")
    record(world, "ship", "au", "au1", "--to", "au2", "--lot", "C", "--carrier", "cn")
    assert china(world, "C")["ways"]["owned"]["verdict"] == "present"


@pytest.mark.parametrize("stated", ["Nd2O3 0 %", "Fe 99 %", "NdF3 99 %"])
def test_a_chinese_lot_never_becomes_nothing_in_words(world: Shell, stated: str) -> None:
    for lot, actor, site, what in (("A", "au", "au1", "Nd2O3 99 %"), ("C", "cn", "cn1", stated)):
        record(
            world,
            "declare",
            actor,
            site,
            "--country",
            f"mine={actor.upper()};separate={actor.upper()}",
            "--out",
            f"{lot}; oxide-nd; 100 kg; {what}",
        )
    record(world, "ship", "cn", "cn1", "--to", "au1", "--lot", "C", "--route", "CN>AU")
    record(world, "receive", "au", "au1", "--lot", "C")
    record(
        world,
        "transform",
        "au",
        "au1",
        "--stage",
        "blend",
        "--in",
        "A",
        "--in",
        "C",
        "--out",
        "B; oxide-nd; 200 kg; Nd2O3 98 %",
    )
    answer = china(world, "B")
    assert answer["verdict"] == "present"
    assert answer["known_share"] + answer["unknown_share"] > 0.4


def test_mass_gained_on_the_road_is_unknown(world: Shell) -> None:
    record(world, "extract", "au", "au1", "--out", "O; ore; 100 kg; Nd2O3 9 %")
    mass, here, there = 100.0, "au1", "au2"
    for _ in range(4):
        mass *= 1.2
        record(world, "ship", "au", here, "--to", there, "--lot", "O")
        record(world, "receive", "au", there, "--lot", f"O; {mass:.3f} kg; u {mass / 20:.3f} kg")
        here, there = there, here
    assert china(world, "O")["unknown_share"] > 0.3
    assert "ORIG-EXCESS" in found(world)


def test_processing_in_china_by_another_name_is_processing(world: Shell) -> None:
    record(world, "extract", "au", "au1", "--out", "O; ore; 100 kg; Nd2O3 9 %")
    record(world, "ship", "au", "au1", "--to", "cn1", "--lot", "O", "--route", "AU>CN")
    record(world, "receive", "cn", "cn1", "--lot", "O")
    record(world, "transform", "cn", "cn1", "--stage", "repack", "--in", "O", "--out", "X; oxide-nd; 9 kg; Nd2O3 99 %")
    assert china(world, "X")["ways"]["processed"]["verdict"] == "present"
    assert china(world, "X")["known_share"] == 1.0


def test_a_site_that_nobody_can_place_is_not_cleared_by_a_word(world: Shell) -> None:
    record(world, "extract", "au", "zz1", "--country", "AU", "--out", "O; ore; 10 kg; Nd2O3 9 %")
    assert china(world, "O")["verdict"] == "cannot-exclude"


@pytest.mark.parametrize(("party", "country", "doubts"), [("cn", "CN", ["CUST-ROUND-TRIP"]), ("jp", "JP", [])])
def test_what_comes_back_unchanged_from_china_need_not_be_what_went(
    world: Shell, party: str, country: str, doubts: list[str]
) -> None:
    record(world, "extract", "au", "au1", "--out", "O; ore; 100 kg; Nd2O3 9 %")
    record(world, "ship", "au", "au1", "--to", party, "--lot", "O", "--route", f"AU>{country}")
    record(world, "receive", party, f"{party}1", "--lot", "O")
    record(
        world, "transform", party, f"{party}1", "--stage", "repack", "--in", "O", "--out", "P; ore; 99 kg; Nd2O3 9 %"
    )
    record(world, "ship", party, f"{party}1", "--to", "au", "--lot", "P", "--route", f"{country}>AU")
    record(world, "receive", "au", "au1", "--lot", "P")
    assert "CUST-ROUND-TRIP" in found(world)
    answer = china(world, "P")
    assert [code for code in answer.get("doubts", []) if code == "CUST-ROUND-TRIP"] == doubts
    assert answer["ways"]["processed"]["verdict"] == ("cannot-exclude" if doubts else "absent")
