"""The command line as a user meets it: one process per command, its own keys, state and ledger."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from fixtures.worlds.generate import World

MONAZITE = Path(sys.executable).with_name("monazite")
_COMMON = ("PATH", "HOME", "LANG", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")


class Ledger:
    """A new ledger in a folder, holding one world."""

    def __init__(self, folder: Path, world: World, *, batch: int = 1000) -> None:
        self.folder = folder
        self._environment = {name: os.environ[name] for name in _COMMON if name in os.environ} | {
            "MONAZITE_KEYS": str(folder / "keys"),
            "MONAZITE_STATE": str(folder / "state"),
            "MONAZITE_LEDGER": str(folder / "world.db"),
        }
        for name in ("parties", "sites", "events"):
            (folder / f"{name}.csv").write_text(getattr(world, f"{name}_csv"), encoding="utf-8")
        self.run("init", "--origin", "ledger.example/world", "--unsafe-no-passphrase")
        self.run("party", "add", "--from", "parties.csv", "--unsafe-no-passphrase")
        self.run("site", "add", "--from", "sites.csv")
        self.imported = self.import_again(batch=batch)

    def run(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """Standard output of one command."""
        done = subprocess.run(
            [str(MONAZITE), *arguments],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode in codes, (
            f"{arguments}: exit {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        )
        return done.stdout

    def import_again(self, *, batch: int = 1000) -> dict[str, Any]:
        """What the import of the events says."""
        return self._read("import", "events.csv", "--batch", str(batch), "--json")

    def verify(self) -> dict[str, Any]:
        """The whole verdict; findings of the material are no failure of this trial."""
        return self._read("verify", "--json")

    def report(self, lot: str) -> dict[str, Any]:
        """The report on a lot."""
        return self._read("report", lot, "--format", "json")

    def _read(self, *arguments: str) -> dict[str, Any]:
        said = self.run(*arguments, codes=(0, 1))
        assert said.startswith("{"), f"{arguments}: {said[:3000] or 'says nothing, and exits 1'}"
        answer: dict[str, Any] = json.loads(said)
        return answer
