"""`monazite policy` and the policies of a report, as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.origin.policy.load import rules
from tests.cli.conftest import Shell
from tests.cli.conftest import ledger as ledger  # noqa: PLC0414  (a fixture is used by its name)
from tests.cli.conftest import shell as shell  # noqa: PLC0414  (as above)


@pytest.fixture
def world(shell: Shell) -> Shell:
    """A magnet M declared as made in the United States throughout, and one of the same with Chinese oxide."""
    shell("init", "--origin", "l.example", "--operator", "reg", "--unsafe-no-passphrase")
    shell("party", "add", "us", "--country", "US", "--role", "miner", "--role", "processor", "--role", "trader", "--unsafe-no-passphrase")  # fmt: skip
    shell("site", "add", "us1", "--party", "us", "--country", "US")
    shell("site", "add", "us2", "--party", "us", "--country", "US")
    stages = [
        "mine",
        "beneficiate",
        "crack_leach",
        "separate",
        "oxide_to_halide",
        "metal_reduce",
        "alloy_melt",
        "powder",
        "press",
        "sinter",
        "machine",
        "coat",
        "magnetize",
    ]
    for lot, separate in (("M", "US"), ("C", "CN")):
        origin = ";".join(f"{stage}={separate if stage == 'separate' else 'US'}" for stage in stages)
        origin += ";gbd=none"
        shell(
            "record", "declare", "--actor", "us", "--site", "us1", "--country", origin,
            "--out", f"{lot}; magnet-ndfeb-sintered; 10 kg; Nd 30 %; Fe 69 %; B 1 %",
        )  # fmt: skip
    return shell


def test_the_list(shell: Shell) -> None:
    text = shell("policy", "list")
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "US-DFARS-7052-A" in text
    found = shell.json("policy", "list")
    assert [item["id"] for item in found] == list(rules())
    assert {item["kind"] for item in found} == {"rule", "exception", "status"}


@pytest.mark.parametrize("name", sorted(rules()))
def test_every_entry_is_shown(shell: Shell, name: str) -> None:
    text = shell("policy", "show", name)
    assert max(len(line) for line in text.splitlines()) <= 80
    for word in ("Citation:", "Asks:", "The ledger answers:", "Unknown:", "Status:"):
        assert word in text
    found = shell.json("policy", "show", name.lower())
    assert found["id"] == name


def test_an_unknown_policy_is_named(shell: Shell) -> None:
    shell("policy", "show", "US-DFARS-7052-X", code=2)
    assert "did you mean" in shell.err
    assert "US-DFARS-7052-A" in shell.err


def test_a_check_of_one_policy_and_its_exit_codes(world: Shell) -> None:
    one = ("--policy", "US-DFARS-7052-B-NDFEB", "--as-of", "2027-03-01")
    text = world("policy", "check", "M", *one, code=1)
    assert "US-DFARS-7052-B-NDFEB: CANNOT-DETERMINE" in text
    assert "assumed: delivery_date is not stated: tested on 2027-03-01" in text
    assert "whether its B, Fe came from there too is not said" in " ".join(text.split())
    assert "not read: sec. 848 of Pub. L. 119-60" in text
    assert "The ledger cannot show that a statement is true" in " ".join(text.split())
    assert max(len(line) for line in text.splitlines()) <= 80
    text = world("policy", "check", "C", *one, code=1)
    assert "US-DFARS-7052-B-NDFEB: NON-COMPLIANT" in text
    assert "separate in CN (China), declared by us" in text
    world("policy", "check", "M", "--policy", "US-DFARS-7052-TA")


def test_compliant_by_declaration_alone_is_called_so_and_is_no_exit_0(world: Shell) -> None:
    one = ("--policy", "US-DFARS-7052-A", "--as-of", "2026-12-15")
    text = world("policy", "check", "M", *one, code=1)
    assert "US-DFARS-7052-A: COMPLIANT under the clause of MAY 2024, as declared" in text
    assert "alloy_melt: declared in US (Nd)" in text
    assert "7 of 7 stages are declared by us, none is recorded" in " ".join(text.split())
    text = world("policy", "check", "M", "--as-of", "2026-12-15", code=1)
    assert "compliant under the clause" in text


def test_the_contract_of_the_json(world: Shell) -> None:
    found = world.json("policy", "check", "C", "--as-of", "2027-03-01", code=1)
    assert set(found) == {"lot", "ledger", "verification", "policies"}
    for item in found["policies"]:
        assert set(item) == {
            "id", "title", "citation", "evidence", "as_of", "tested_on", "tested_from", "verdict", "reasons", "branches",
            "assumptions", "stated", "caveats", "declared", "qualified", "unread",
        }  # fmt: skip
        assert item["as_of"] == "2027-03-01"
        assert all(set(reason) == {"text", "events", "lots"} for reason in item["reasons"])
        assert all(set(branch) == {"name", "kind", "verdict", "reasons"} for branch in item["branches"])
    dfars = next(item for item in found["policies"] if item["id"] == "US-DFARS-7052-B-NDFEB")
    events = {event for reason in dfars["reasons"] for event in reason["events"]}
    assert events == {world.json("lot", "show", "C")["created_by"]}


def test_the_first_day_of_the_calendar_is_a_day_as_any_other(world: Shell) -> None:
    assert "US-IRC-7701-SFE" in world("policy", "check", "C", "--as-of", "0001-01-01", code=1)
    assert "US-IRC-7701-SFE" in world("policy", "check", "C", "--as-of", "0001-06-01", code=1)
    assert world.json("report", "C", "--as-of", "0001-01-01")


def test_the_same_question_has_the_same_answer(world: Shell) -> None:
    assert world("policy", "check", "C", "--json", code=1) == world("policy", "check", "C", "--json", code=1)


def test_a_context_file_is_printed_and_used(world: Shell) -> None:
    file = world.write(
        "c.toml",
        'delivery_date = 2027-03-01\n[end_item]\nname = "laptop"\ncountry = "CN"\ncots = true\nmill_product = false\n'
        'covered_material_weight_share = 0.01\n[exceptions]\ncots = "memo 17"\n',
    )
    text = world("policy", "check", "C", "--policy", "US-DFARS-7052-B-NDFEB", "--context", file)
    assert "stated, not checked: exceptions.cots = memo 17" in text
    assert "tested on 2027-03-01 (delivery_date of the context)" in text
    assert "US-DFARS-EXC-COTS applies" in text
    as_json = world.write("c.json", json.dumps({"delivery_date": "2027-03-01", "end_use": "us-civil"}))
    assert "NOT-APPLICABLE" in world("policy", "check", "C", "--policy", "US-DFARS-7052-B-NDFEB", "--context", as_json)


def test_an_exception_is_shown_as_the_askers_word(world: Shell) -> None:
    world.write("sat.toml", 'contract_value_usd = 1000\n[exceptions]\nsat = "contract W911-1"\n')
    words = ("policy", "check", "C", "--as-of", "2027-03-01", "--context", "sat.toml")
    text = " ".join(world(*words, "--policy", "US-DFARS-7052-B-NDFEB", code=0).split())
    assert (
        "US-DFARS-7052-B-NDFEB: COMPLIANT under the clause of MAY 2024 (sec. 848 Pub. L. 119-60 not read), as stated by who asks"
        in text
    )
    assert "as stated in sat.toml, not evidenced in the ledger" in text
    assert "Pub. L. 119-60 not read), as stated" in " ".join(world(*words, code=1).split())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--context", "missing.toml"), "missing.toml: No such file"),
        (("--context", "."), "Is a directory"),
        (("--context", "bad.toml"), "bad.toml, end_item.cots: Expected `bool"),
        (("--context", "large.toml"), "larger than 65536 bytes"),
        (("--as-of", "tomorrow"), "--as-of: 'tomorrow' is no date"),
        (("--policy", "NONE"), "there is no policy 'NONE'"),
        (("--policy", "CN-SUSPENSION"), "is no rule by itself"),
    ],
)
def test_bad_input(world: Shell, words: tuple[str, str], message: str) -> None:
    world.write("bad.toml", '[end_item]\ncots = "yes"\n')
    world.write("large.toml", "#" * 70_000)
    world("policy", "check", "M", *words, code=2)
    assert message in world.err


def test_no_such_lot_and_no_trust(world: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    world("policy", "check", "N", code=2)
    assert "there is no lot 'N'" in world.err
    monkeypatch.setenv("MONAZITE_STATE", str(world.folder / "elsewhere"))
    world("policy", "check", "M", code=3)
    assert "no trusted key" in world.err


def test_a_broken_ledger_is_never_compliant_and_never_exit_0(world: Shell) -> None:
    import sqlite3

    world.write("sat.toml", 'contract_value_usd = 1000\n[exceptions]\nsat = "contract W911-1"\n')
    one = ("--policy", "US-DFARS-7052-B-NDFEB", "--as-of", "2027-03-01", "--context", "sat.toml")
    world("policy", "check", "M", *one)
    base = sqlite3.connect(Path("monazite.db"))
    base.execute("DROP TRIGGER IF EXISTS entries_no_update")
    names = [row[0] for row in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
    for name in names:
        base.execute(f'DROP TRIGGER "{name}"')
    base.commit()
    base.close()
    text = world("policy", "check", "M", *one, code=1)
    assert "CANNOT-DETERMINE" in text
    assert "the ledger has an error here: SEAL-SCHEMA" in " ".join(text.split())
    assert "findings of severity error" in world.err
    world("policy", "check", "M", "--policy", "US-DFARS-7052-TA", code=1)


def test_a_report_holds_the_policies(world: Shell) -> None:
    made = world.json("report", "C", "--as-of", "2027-03-01")
    found = {item["id"]: item for item in made["policies"]}
    assert set(found) == {name for name, rule in rules().items() if rule.kind == "rule"}
    assert found["US-DFARS-7052-B-NDFEB"]["verdict"] == "non-compliant"
    assert world("report", "C") == world("report", "C")
    assert "US-DFARS-7052-A" in world("report", "C")
    file = world.write("c.toml", 'end_use = "us-civil"')
    made = world.json("report", "C", "--as-of", "2027-03-01", "--context", file)
    assert next(item for item in made["policies"] if item["id"].endswith("NDFEB"))["verdict"] == "not-applicable"
    markdown = world("report", "C", "--format", "markdown")
    assert "## Policies" in markdown
    assert "| US\\-DFARS\\-7052\\-A | compliant under the clause of MAY 2024, as declared |" in markdown


def test_oxide_on_the_way(ledger: Shell) -> None:
    text = ledger("policy", "check", "OX", code=1)
    assert "more reasons (--policy shows them)" in text or "US-UFLPA" in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_a_rule_is_explained_like_a_code(shell: Shell) -> None:
    assert shell("explain", "us-dfars-7052-a") == shell("policy", "show", "US-DFARS-7052-A")
