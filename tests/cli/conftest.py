"""One command line per test, in process and with a home of its own."""

from __future__ import annotations

import io
import json
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from cli import main


class Shell:
    """Runs commands as a user would; keys, state and ledger live in a temporary folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self.out = self.err = ""

    def __call__(self, *words: str, code: int | None = 0) -> str:
        """Run one command and check its exit code (None: 0 or 1, whatever was found); returns what it printed."""
        self._monkeypatch.setattr("sys.argv", ["monazite", *words])
        self._capsys.readouterr()
        try:
            main.main()
            found: Any = 0
        except SystemExit as stop:
            found = stop.code or 0
        self.out, self.err = self._capsys.readouterr()
        assert "Traceback" not in self.err
        assert found in ((0, 1) if code is None else (code,)), f"exit {found}\n{self.out}\n{self.err}"
        return self.out

    def json(self, *words: str, code: int | None = 0) -> Any:
        """Run a reading command with --json."""
        return json.loads(self(*words, "--json", code=code))

    def write(self, name: str, text: str) -> str:
        """A file in the folder; returns its path."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)


def at_home(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Work in a folder, with keys and state there, and nothing that the environment says."""
    patch.chdir(folder)
    patch.setenv("MONAZITE_KEYS", str(folder / "keys"))
    patch.setenv("MONAZITE_STATE", str(folder / "state"))
    patch.setenv("COLUMNS", "80")
    patch.delenv("MONAZITE_PASSPHRASE", raising=False)
    patch.delenv("MONAZITE_LEDGER", raising=False)
    patch.delenv("MONAZITE_ACTOR", raising=False)


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    at_home(tmp_path, monkeypatch)
    return Shell(tmp_path, capsys, monkeypatch)


PARTIES = """id,name,country,roles,owners
aus-mine,Aus Mine,AU,miner processor,Aus Holding:AU:100
kuantan,Kuantan Separation,MY,separator,
baotou,Baotou Separation,CN,processor,
tokyo,Tokyo Magnet,JP,magnet-maker recycler trader,
labor,Labor,DE,laboratory,
audit,Audit,GB,auditor,
"""
SITES = """id,party,name,country,region,lat,lon,stages
weld,aus-mine,Weld,AU,AU-WA,-28.86,122.55,mine beneficiate
gebeng,kuantan,Gebeng,MY,MY-06,3.98,103.37,separate
bao,baotou,Bao,CN,CN-NM,40.6,109.8,separate
kuma,tokyo,Kuma,JP,,,,alloy_melt
"""
HEADER = (
    "event,type,at,actor,site,stage,direction,lot,form,mass,unit,u_mass,to,route,deposit,mineral,country,feedstock,"
    "equipment,technology,losses,target,reason,note,TREO %,Nd2O3 %,Dy2O3 %"
)
EVENTS = (
    HEADER
    + """
E1,extract,2026-11-01T08:00:00+08:00,aus-mine,weld,,out,ORE,ore,1000,t,5,,,mt-weld-cld,,AU,,,,,,,,8,1.6,0.01
E2,ship,2026-11-02T08:00:00+08:00,aus-mine,weld,,subject,ORE,,1000,t,5,gebeng,AU>MY,,,,,,,,,,,,,
E3,receive,2026-11-05T08:00:00+08:00,kuantan,gebeng,,subject,ORE,,999,t,5,,,,,,,,,,,,,,,
E4,transform,2026-11-08T08:00:00+08:00,kuantan,gebeng,separate,in,ORE,,600,t,3,,,,,,,,,,,,,,,
E4,,,,,,out,OX,oxide-nd,9,t,0.01,,,,,,,,,,,,,,99.5,0.5
E4,,,,,,out,RES,residue,580,t,3,,,,,,,,,,,,,,0.1,0.001
E5,assay,2026-11-09T08:00:00+01:00,labor,,,subject,OX,,,,,,,,,,,,,,,,,,99.4,0.6
"""
)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys, state and ledger of five custody events, made once by the commands and copied from then on."""
    folder = tmp_path_factory.mktemp("recorded")
    with pytest.MonkeyPatch.context() as patch:
        at_home(folder, patch)
        for name, text in (("parties", PARTIES), ("sites", SITES), ("events", EVENTS)):
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        for command in (
            "init --origin ledger.example/ree --operator reg --country AU --unsafe-no-passphrase",
            f"party add --from {folder / 'parties.csv'} --unsafe-no-passphrase",
            f"site add --from {folder / 'sites.csv'}",
            f"import {folder / 'events.csv'}",
        ):
            patch.setattr("sys.argv", ["monazite", *command.split()])
            said = io.StringIO()
            with redirect_stdout(said), redirect_stderr(said), pytest.raises(SystemExit) as stop:
                main.main()
            assert not stop.value.code, f"{command}\n{said.getvalue()}"
    return folder


@pytest.fixture
def ledger(shell: Shell, recorded: Path) -> Shell:
    """A ledger with five custody events."""
    shutil.copytree(recorded, shell.folder, dirs_exist_ok=True)
    return shell
