"""A stranger's verifier and ours agree on every bundle fixture."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from fixtures.bundles.make import FOLDER
from tests.independent import verify_bundle

SOURCE = Path(verify_bundle.__file__).read_text(encoding="utf-8")
INDEX: dict[str, dict[str, Any]] = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
LEFT_OUT = {"bad/overdrawn.monazite": "masses are left to others", "bad/quorum-unmet.monazite": "so are witnesses"}


@pytest.mark.parametrize("name", INDEX)
def test_they_agree(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = verify_bundle.main([str(FOLDER / name), INDEX[name]["trust"].split()[1]])
    said = capsys.readouterr().out
    if name in LEFT_OUT or not INDEX[name]["errors"]:
        assert code == 0, said
        return
    assert code == 1, said
    first = said.partition(":")[0]
    assert first in INDEX[name]["errors"] or (first, *INDEX[name]["errors"]) == ("no bundle", "not a bundle"), said


def test_it_needs_nothing_but_the_library_and_the_other_verifier() -> None:
    roots = set()
    for node in ast.walk(ast.parse(SOURCE)):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            roots.add(str(node.module).split(".")[0])
    assert roots - set(sys.stdlib_module_names) == {"cryptography", "verify_from_format", "tests"}
    assert len(SOURCE.splitlines()) <= 250
