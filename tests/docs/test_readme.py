"""The README shows what the commands print, and names commands and files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fixtures.make import chains
from tests.cli.conftest import Shell
from tests.cli.conftest import shell as shell  # noqa: PLC0414  (a fixture is used by its name)
from tests.store import servers
from tests.trials import some

pytestmark = pytest.mark.uncounted  # what it starts is counted elsewhere

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GROUPS = {"key", "party", "site", "record", "lot", "policy", "export", "witness"}


def test_the_output_shown_is_what_the_demo_prints_every_time(shell: Shell) -> None:
    said = shell("demo")
    printed = [line.rstrip() for line in said.splitlines()]
    (shown,) = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    for part in shown.split("...\n"):
        lines = part.rstrip("\n").split("\n")
        start = printed.index(lines[0])
        assert [line.rstrip() for line in lines] == printed[start : start + len(lines)]
    assert shell("demo") == said


def test_every_demo_chain_can_be_walked(shell: Shell) -> None:
    for chain in some("bcdefg"):
        assert f"Chain {chain}:" in shell("demo", "--chain", chain)


def commands() -> list[str]:
    return re.findall(r"^\$ monazite (.+)$", README, re.MULTILINE)


@pytest.mark.parametrize("command", commands())
def test_commands_in_the_readme_exist(shell: Shell, command: str) -> None:
    words = [word for word in command.split() if not word.startswith("'")]
    names = words[:2] if words[0] in GROUPS else words[:1]
    help_text = shell(*names, "--help")
    for option in re.findall(r"(?<= )--?[a-z][a-z-]*", command):
        assert option in help_text


WITNESS = "witness.example/w1"
SHIFT = """event,type,at,actor,site,direction,lot,form,mass,unit,TREO %
SHIFT-1,extract,2026-06-01T07:00:00-07:00,mp-materials,us-mountain-pass-mine,out,SHIFT-ORE,ore,1,t,7.4
"""
"""The next shift of the mine whose tables the README's reader copied."""


def known(shell: Shell) -> dict[str, str]:
    """The keys that the README leaves to be filled in, as far as they are made."""
    found = {row["name"]: row["vkey"] for row in shell.json("key", "list")}
    if list(Path("keys").glob("*.witness")):
        found[WITNESS] = shell.json("witness", "show", WITNESS)["vkeys"][0]
    return found


def asked(shell: Shell) -> list[str]:
    """The policy lines that the witness prints."""
    return [*shell.json("witness", "show", WITNESS)["policy"], ""]


def test_the_readmes_commands_run_in_order(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONAZITE_PASSPHRASE", "a passphrase")
    made = chains()
    folder = next(name.split("/")[0] for name in made if name.startswith("c-"))
    for table in ("parties.csv", "sites.csv", "events.csv"):
        shell.write(table, made[f"{folder}/{table}"])
    shell.write("shift.csv", SHIFT)
    lot = re.search(r"Ask for lot `(.+?)`", made[f"{folder}/README.md"])
    assert lot is not None
    address = servers.bare()
    for command in commands():
        if "theirs.db" not in command:
            # The reader's roles and database, on the server that the tests have.
            command = re.sub(r"postgresql\S+@db\.example/ree", servers.url(servers.name_of(address)), command)  # noqa: PLW2901
            for name, vkey in known(shell).items():
                command = command.replace(f"'{name}+...'", vkey)  # noqa: PLW2901  (as its reader would fill it in)
            words = command.replace("NDPR-7", lot[1]).split()
            makes_keys = words[0] == "init" or words[:2] in (["party", "add"], ["witness", "init"])
            if words[-1] == "policy.txt":
                shell.write("policy.txt", f"log {known(shell)['ledger.example/ree']}\n" + "\n".join(asked(shell)))
            shell(*words, *(["--rounds", "1"] if makes_keys else []))
    servers.give_back(address)
    assert Path("ndpr-7.md").read_text(encoding="utf-8").startswith("# Lot")


def test_files_that_the_documents_link_to_exist() -> None:
    for document in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\(([\w./-]+)\)", document.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (document.parent / target).exists(), (document.name, target)


def test_the_chains_are_what_the_program_makes() -> None:
    folder = ROOT / "fixtures" / "chains"
    found = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()
    }
    assert found == chains()


def test_every_command_has_help_with_an_example(shell: Shell) -> None:
    text = shell("--help")
    top = re.findall(r"^  ([a-z]+)  ", text.split("Commands:")[1], re.MULTILINE)
    assert set(top) >= GROUPS
    for name in top:
        if name in GROUPS:
            for command in re.findall(r"^  ([a-z]+)  ", shell(name, "--help").split("Commands:")[1], re.MULTILINE):
                assert "Example: monazite" in shell(name, command, "--help"), (name, command)
        else:
            assert "Example: monazite" in shell(name, "--help"), name
