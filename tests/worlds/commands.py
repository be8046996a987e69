"""The command line as a user meets it, with its own keys, state and ledger; in this process, which need not begin anew."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from cli import main
from fixtures.worlds.generate import World


class Ledger:
    """A new ledger in a folder, holding one world."""

    def __init__(self, folder: Path, world: World, *, batch: int = 1000) -> None:
        self.folder = folder
        self._environment = {
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
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            for name, value in self._environment.items():
                patch.setenv(name, value)
            for name in ("MONAZITE_PASSPHRASE", "MONAZITE_ACTOR"):
                patch.delenv(name, raising=False)
            patch.setattr("sys.argv", ["monazite", *arguments])
            with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as stop:
                main.main()
        code = stop.value.code or 0
        assert code in codes, f"{arguments}: exit {code}\n{out.getvalue()[-3000:]}{err.getvalue()[-3000:]}"
        return out.getvalue()

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
