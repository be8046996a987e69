"""The benchmark of reading measures reading: every row of every format becomes an event."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.intake_files import FORMATS, measure


@pytest.mark.parametrize("kind", FORMATS)
def test_every_row_becomes_an_event(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{kind}"
    FORMATS[kind](50, path)
    assert measure(kind, path)["events"] == 50
