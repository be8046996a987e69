"""`import --unsigned`, `sign`, `submit`, and keys that are held elsewhere, as their users meet them."""

from __future__ import annotations

import base64
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.seal.held import fingerprint
from ledger.seal.keys import SigningKey, VerifierKey
from ledger.store.keystore import KeyStore
from tests.cli.conftest import HEADER, Shell
from tests.holders import fake
from tests.trials import some

ROOT = Path(__file__).resolve().parents[2]
SHIP = "E9,ship,2026-11-10T08:00:00+08:00,kuantan,gebeng,,subject,OX,,,,,tokyo,MY>JP,,,,,,,,,,,,,"
RECEIVE = "E10,receive,2026-11-12T08:00:00+09:00,tokyo,kuma,,subject,OX,,8.99,t,0.01,,,,,,,,,,,,,,,"
FILE = "shift.unsigned"


@pytest.fixture
def prepared(ledger: Shell) -> Shell:
    """A ledger, and a file of one submission of each of two parties."""
    said = ledger("import", ledger.write("more.csv", f"{HEADER}\n{SHIP}\n{RECEIVE}\n"), "--unsigned", FILE)
    assert "2 events prepared in shift.unsigned. Submissions to be signed: kuantan (1), tokyo (1)." in said
    return ledger


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SigningKey]:
    """ssh-agent with one key."""
    key = SigningKey.from_seed("held", b"\7" * 32)
    with fake.agent(tmp_path / "agent", fake.Held(key)) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        yield key


def state(shell: Shell) -> list[bool]:
    return [item["signed"] for item in shell.json("sign", FILE, "--show")["submissions"]]


def test_prepared_here_signed_there_submitted_here(prepared: Shell, tmp_path: Path) -> None:
    here, there = prepared.folder, tmp_path / "there"
    head = prepared("checkpoint", "--note")
    shutil.rmtree(here / "monazite.evidence")  # as if the file came from elsewhere
    there.mkdir()
    shutil.copy(here / FILE, there)
    (here / "monazite.db").rename(here / "aside.db")  # the signer has no ledger
    said = prepared("sign", str(there / FILE), "--actor", "kuantan")
    assert "kuantan, 1 event: 1 ship" in said
    assert "Still to be signed: tokyo (1)" in said
    said = prepared("sign", str(there / FILE), "-o", FILE)
    assert "tokyo, 1 event: 1 receive" in said
    assert "8990 kg" in said
    assert "kuantan, 1 event" not in said
    assert "record it with `monazite submit shift.unsigned`" in said
    (here / "aside.db").rename(here / "monazite.db")
    assert "2 events recorded in 2 signed submissions" in prepared("submit", FILE)
    assert prepared("checkpoint", "--note") != head
    assert prepared.json("verify")["verdict"] == "clean"
    kept = [path.read_bytes() for path in (here / "monazite.evidence").iterdir()]
    assert (here / "more.csv").read_bytes() in kept
    assert len(kept) == 2
    assert "Nothing to add." in prepared("submit", FILE)
    assert "Nothing is left to sign here." in prepared("sign", FILE)
    again = prepared.json("submit", FILE)
    assert (again["events"], len(again["skipped"])) == ([], 2)


def test_what_is_shown_comes_from_the_events(prepared: Shell) -> None:
    told = prepared.json("sign", FILE, "--show")
    assert [item["party"] for item in told["submissions"]] == ["kuantan", "tokyo"]
    assert told["submissions"][1]["handed"] == {"lots": 1, "mg": 8_990_000_000, "unstated": 0}
    assert state(prepared) == [False, False]
    assert '"u_mg":10000000' in prepared("sign", FILE, "--show", "--all")
    assert state(prepared) == [False, False]


def test_a_long_submission_is_cut_short_but_for_what_must_be_seen(ledger: Shell) -> None:
    lines = [
        {"type": "attest", "actor": "audit", "at": "2026-11-20T00:00:00Z", "scheme": "S", "result": f"result {n}"}
        | {"parties": ["kuantan"]}
        for n in range(25)
    ] + [
        {"type": "extract", "actor": "aus-mine", "site": "weld", "at": "2026-11-20T00:00:00Z"}
        | {"outputs": [{"lot": f"L{n}", "form": "ore", "mass": {"mg": 1_000_000}}]}
        for n in range(25)
    ]
    ledger("import", ledger.write("many.jsonl", "\n".join(map(json.dumps, lines))), "--unsigned", FILE)
    said = ledger("sign", FILE, "--show")
    assert "result 24" in said
    assert "L19" in said
    assert "L20" not in said
    assert "and 5 more" in said
    assert "lots made: 25, 25 kg" in said
    assert '"L24"' in ledger("sign", FILE, "--show", "--all")


def test_nothing_is_recorded_until_everybody_has_signed(prepared: Shell) -> None:
    before = prepared("checkpoint", "--note")
    prepared("submit", FILE, code=2)
    assert "kuantan (1), tokyo (1)" in prepared.err
    prepared("sign", FILE, "--actor", "tokyo")
    prepared("submit", FILE, code=2)
    assert "kuantan (1)" in prepared.err
    assert prepared("checkpoint", "--note") == before
    prepared("sign", FILE, "--actor", "labor", code=2)
    assert "has no submission of labor" in prepared.err


def test_a_changed_file_is_not_signed(prepared: Shell) -> None:
    path = prepared.folder / FILE
    path.write_text(path.read_text(encoding="utf-8").replace("8990000000", "9990000000"), encoding="utf-8")
    prepared("sign", FILE, code=2)
    assert (
        "shift.unsigned, submissions[1].text: what is to be signed is not what the events beside it are" in prepared.err
    )


def test_a_signed_file_that_was_changed_since_is_signed_anew(prepared: Shell) -> None:
    prepared("sign", FILE)
    path = prepared.folder / FILE
    members = json.loads(path.read_bytes())
    lines = [item["signature"] for item in members["submissions"]]
    other = SigningKey.from_seed("tokyo", bytes(32))
    body = other.vkey.key_id + other.sign(b"x")
    members["submissions"][1]["signature"] = f"\u2014 tokyo {base64.b64encode(body).decode()}\n"
    path.write_text(json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False), encoding="utf-8")
    prepared("submit", FILE, code=1)
    assert "SIGN-KEY-UNKNOWN" in prepared.err
    assert state(prepared) == [True, False]
    assert "must be signed anew" in prepared.err
    prepared("sign", FILE)
    assert [item["signature"] for item in json.loads(path.read_bytes())["submissions"]] == lines


def test_a_key_in_a_file_signs_for_whose_it_is(prepared: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONAZITE_KEYS", str(prepared.folder / "none"))
    prepared("sign", FILE, code=2)
    assert "Say where the key is: --key FILE" in prepared.err
    prepared("sign", FILE, "--key", "keys/tokyo.key")
    assert state(prepared) == [False, True]
    prepared("sign", FILE, "--key", "keys/labor.key", code=2)
    assert "is none of those with which the ledger lets anybody sign here:\n  kuantan+" in prepared.err
    prepared("sign", FILE, "--key", "keys/labor.key", "--actor", "kuantan", code=2)
    assert "is no key with which the ledger lets kuantan sign" in prepared.err
    prepared("sign", FILE, "--key", "more.csv", code=2)
    assert "more.csv: not an OpenSSH private key file" in prepared.err
    data = KeyStore(Path("keys")).load("kuantan", None)
    assert isinstance(data, SigningKey)
    Path("locked").write_bytes(data.to_openssh(b"secret", 1))
    prepared("sign", FILE, "--key", "locked", code=2)
    assert "a passphrase is needed" in prepared.err
    monkeypatch.setenv("MONAZITE_PASSPHRASE", "wrong")
    prepared("sign", FILE, "--key", "locked", code=2)
    assert "wrong passphrase" in prepared.err
    monkeypatch.setenv("MONAZITE_PASSPHRASE", "secret")
    prepared("sign", FILE, "--key", "locked")
    assert state(prepared) == [True, True]


def test_a_key_that_a_file_gives_to_two_parties_is_told_for_whom(prepared: Shell, agent: SigningKey) -> None:
    """No ledger gives two parties one key; a file may say so all the same, and it is no help to whoever made it."""
    members = json.loads(Path(FILE).read_bytes())
    for item, party in zip(members["submissions"], ("kuantan", "tokyo"), strict=True):
        item["keys"] = [str(VerifierKey.of(party, agent.vkey.public_key))]
    Path(FILE).write_text(json.dumps(members, sort_keys=True, separators=(",", ":")), encoding="utf-8")
    prepared("sign", FILE, "--agent", code=2)
    assert "is one of kuantan, tokyo; say for whom with --actor" in prepared.err
    prepared("sign", FILE, "--agent", "--actor", "tokyo")
    assert state(prepared) == [False, True]
    prepared("sign", FILE, "--agent")
    prepared("submit", FILE, code=1)
    assert "SIGN-KEY-UNKNOWN" in prepared.err


def test_the_agent_signs_a_prepared_file(ledger: Shell, agent: SigningKey) -> None:
    ledger("key", "add", "kuantan", "--vkey", ledger("key", "show", "kuantan", "--agent").strip())
    ledger("import", ledger.write("more.csv", f"{HEADER}\n{SHIP}\n"), "--unsigned", FILE)
    ledger("sign", FILE, "--agent", "--which", "another", code=2)
    assert "ssh-agent has no Ed25519 key 'another'; it has" in ledger.err
    said = ledger("sign", FILE, "--agent", "--which", fingerprint(agent.vkey.public_key))
    assert f"Signed 1 submission with {VerifierKey.of('kuantan', agent.vkey.public_key)}" in said
    ledger("submit", FILE)
    assert ledger.json("verify")["verdict"] == "clean"


def test_a_linked_key_is_enrolled_and_used_by_every_command(ledger: Shell, agent: SigningKey) -> None:
    said = ledger("key", "link", "newmine", "--agent")
    vkey = str(VerifierKey.of("newmine", agent.vkey.public_key))
    assert said.startswith(f"{vkey}\nHeld in ssh-agent")
    assert oct((ledger.folder / "keys" / "newmine.key").stat().st_mode)[-3:] == "600"
    ledger("party", "add", "newmine", "--country", "AU", "--role", "miner")
    ledger("site", "add", "pit", "--party", "newmine", "--country", "AU", "--name", "Pit")
    ledger("record", "extract", "--actor", "newmine", "--site", "pit", "--out", "P1; ore; 1 t; TREO 8 %")
    assert ledger.json("verify")["verdict"] == "clean"
    assert f"{vkey}   (in ssh-agent)" in ledger("key", "list")
    (row,) = [row for row in ledger.json("key", "list") if row["name"] == "newmine"]
    assert row == {"name": "newmine", "vkey": vkey, "held": "in ssh-agent"}
    assert ledger.json("key", "show", "newmine")["held"] == "in ssh-agent"
    assert ledger("key", "show", "newmine").strip() == vkey
    shown = ledger.json("key", "show", "newmine", "--agent")
    assert (shown["vkey"], shown["fingerprint"], shown["label"]) == (
        vkey,
        fingerprint(agent.vkey.public_key),
        "held",
    )
    ledger("key", "link", "newmine", "--agent", code=2)
    assert "never overwritten" in ledger.err
    assert "former key now lies at" in ledger("key", "link", "newmine", "--agent", "--replace")


def test_the_logs_key_may_be_elsewhere_and_without_it_nothing_is_written(
    shell: Shell, agent: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = shell("key", "link", "ledger.example/ree", "--agent")
    assert said.startswith(str(VerifierKey.of("ledger.example/ree", agent.vkey.public_key)))
    shell("init", "--origin", "ledger.example/ree", "--operator", "reg", "--unsafe-no-passphrase")
    shell("party", "add", "a", "--country", "AU", "--role", "miner", "--unsafe-no-passphrase")
    assert shell.json("verify")["verdict"] == "clean"
    before = shell("checkpoint", "--note")
    monkeypatch.delenv("SSH_AUTH_SOCK")
    shell("site", "add", "pit", "--party", "a", "--country", "AU", "--name", "Pit", code=2)
    assert "there is no ssh-agent to ask" in shell.err
    assert shell("checkpoint", "--note") == before


def test_options_that_do_not_fit_together(prepared: Shell) -> None:
    for words, said in (
        (("key", "link", "x"), "say where the key is"),
        (("key", "link", "x", "--agent", "--pkcs11", "m", "--token", "t"), "--agent is another place"),
        (("key", "link", "x", "--pkcs11", "m"), "needs --token LABEL"),
        (("key", "link", "x", "--token", "t"), "go with --pkcs11"),
        (("key", "show", "x", "--pin-env", "P"), "go with --pkcs11"),
        (("key", "show", "x", "--which", "w"), "--which goes with"),
        (("sign", FILE, "--key", "keys/tokyo.key", "--agent"), "in one place"),
        (("sign", FILE, "--json"), "goes with --show"),
        (("import", "more.csv", "--unsigned", "x", "--dry-run"), "say one of them"),
        (("import", "more.csv", "--unsigned", "./more.csv"), "would write over more.csv"),
        (("key", "show", "x", "--pkcs11", "/nowhere.so", "--token", "t"), "/nowhere.so fails"),
        (("submit", "more.csv"), "more.csv: not JSON"),
    ):
        prepared(*words, code=2)
        assert said in prepared.err, words


def test_a_damaged_link_says_which_file(ledger: Shell) -> None:
    (ledger.folder / "keys" / "kuantan.key").write_bytes(b"monazite/key-link@v1 {}\n")
    ledger("record", "dispose", "--actor", "kuantan", "--site", "gebeng", "--lot", "OX", "--reason", "waste", code=2)
    assert "kuantan.key: " in ledger.err
    assert "kuantan.key: " in ledger("key", "list")


def test_a_token_wants_its_pin(ledger: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    vkey = KeyStore(Path("keys")).vkey("kuantan")
    link = {"held": "pkcs11", "module": "/nowhere.so", "token": "plant", "vkey": str(vkey)}
    (ledger.folder / "keys" / "kuantan.key").write_text(
        f"monazite/key-link@v1 {json.dumps(link, separators=(',', ':'))}\n"
    )
    words = ("record", "dispose", "--actor", "kuantan", "--site", "gebeng", "--lot", "OX", "--reason", "waste")
    assert "(on the token plant)" in ledger("key", "list")
    monkeypatch.delenv("MONAZITE_PIN", raising=False)
    ledger(*words, code=2)
    assert "wants its PIN: set MONAZITE_PIN" in ledger.err
    monkeypatch.setenv("MONAZITE_PIN", "1234")
    ledger(*words, code=2)
    assert "/nowhere.so fails" in ledger.err
    monkeypatch.delenv("MONAZITE_PIN")
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    asked: list[str] = []
    monkeypatch.setattr("cli.holders.typer.prompt", lambda text, **_how: asked.append(text) or "1234")
    ledger(*words, code=2)
    assert "/nowhere.so fails" in ledger.err
    assert asked == ["PIN of the token plant"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_it_asks_first(prepared: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    prepared("sign", FILE, code=1)
    assert "Sign 2 of these?" in prepared.err
    assert state(prepared) == [False, False]
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    prepared("sign", FILE, "--actor", "tokyo")
    assert state(prepared) == [False, True]
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    prepared("sign", FILE, "--yes")
    assert state(prepared) == [True, True]


def test_a_ledger_that_moved_on_says_prepare_again(prepared: Shell) -> None:
    prepared("sign", FILE)
    prepared("record", "assay", "--actor", "labor", "--lot", "OX; Nd2O3 99.4 %", "--at", "2026-11-10T00:00:00+08:00")
    before = prepared("checkpoint", "--note")
    prepared("submit", FILE, code=1)
    assert "Prepare it again with `monazite import --unsigned`" in prepared.err
    assert prepared("checkpoint", "--note") == before
    assert "2 events prepared" in prepared("import", "more.csv", "--unsigned", FILE)
    prepared("sign", FILE)
    assert "2 events recorded" in prepared("submit", FILE)


def test_nothing_new_writes_no_file(ledger: Shell) -> None:
    ledger.write("more.csv", f"{HEADER}\n{SHIP}\n")
    ledger("import", "more.csv")
    assert "no file was written" in ledger("import", "more.csv", "--unsigned", FILE)
    assert not Path(FILE).exists()
    assert ledger.json("import", "more.csv", "--unsigned", FILE) == {"events": 0, "submissions": {}, "skipped": 1}


def test_a_folder_of_tiles_is_enough_to_prepare_on(ledger: Shell) -> None:
    ledger("export", "tiles", "public")
    ledger.write("more.csv", f"{HEADER}\n{SHIP}\n")
    ledger("import", "more.csv", "--unsigned", FILE, "--ledger", "public")
    ledger("sign", FILE)
    ledger("submit", FILE, "--ledger", "public", code=2)
    ledger("submit", FILE)
    assert ledger.json("verify")["verdict"] == "clean"


def run(folder: Path, *words: str, seconds: float | None = None) -> int:
    """A command as a process of its own, killed after some time."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "cli.main", *words]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        if seconds is not None:
            time.sleep(seconds)
            process.send_signal(signal.SIGKILL)
        return process.wait()


@pytest.mark.uncounted
def test_killed_at_any_moment_there_is_all_of_it_or_nothing(prepared: Shell) -> None:
    """Killed while it signs: a whole file, signed or not. Killed while it submits: all events or none; then again, to the end."""
    chance = random.Random(11)  # noqa: S311  (moments, not secrets)
    shutil.copy(FILE, "spare")
    begun = time.monotonic()
    assert run(prepared.folder, "sign", "spare") == 0
    took = time.monotonic() - begun
    before: dict[str, Any] = prepared.json("verify")["checked"]
    for _ in some(range(12)):
        shutil.copy(FILE, "tried")
        run(prepared.folder, "sign", "tried", seconds=chance.uniform(0.3, 1.0) * took)
        assert Path("tried").read_bytes() in (Path(FILE).read_bytes(), Path("spare").read_bytes())
    for _ in some(range(12)):
        run(prepared.folder, "submit", "spare", seconds=chance.uniform(0.5, 1.5) * took)
        checked = prepared.json("verify")["checked"]
        assert checked["events"] - before["events"] in (0, 2)
        assert prepared.json("verify")["verdict"] == "clean"
    assert run(prepared.folder, "submit", "spare") == 0
    assert prepared.json("verify")["checked"]["events"] == before["events"] + 2
