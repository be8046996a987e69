"""Reading tells how far it is, and never that it is further than all of it."""

from __future__ import annotations

import io
import json
import sys

import pytest

from cli import console
from ledger.exchange import sources
from tests.exchange.sheets import EXTRACT, written
from tests.exchange.test_jsonl import EXTRACT as EVENT


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(data: bytes, kind: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    read = sources.read(data, f"x.{kind}", kind, progress=lambda done, whole: found.append((done, whole)))
    assert not read.errors
    return found


def test_the_rows_of_a_table_are_told_and_then_its_events() -> None:
    rows = [{**EXTRACT, "event": f"E{number}", "lot": f"L{number}"} for number in range(2500)]
    found = told(written(rows), "csv")
    assert found == sorted(found)
    assert {whole for _done, whole in found} == {2 * 2501}
    assert max(done for done, _whole in found) > 2500


def test_the_lines_of_json_are_told() -> None:
    data = b"\n".join([json.dumps(EVENT).encode()] * 2500)
    assert told(data, "jsonl") == [(1024, 2499), (2048, 2499)]


@pytest.mark.parametrize("patience", [0.0, 60.0])
def test_a_bar_appears_only_to_who_has_waited(monkeypatch: pytest.MonkeyPatch, patience: float) -> None:
    monkeypatch.setattr(console, "PATIENCE", patience)
    monkeypatch.setattr(sys, "stderr", Terminal())
    with console.progress("Reading x.csv") as bar:
        assert bar is not None
        bar(5, 10)
        bar(6, 0)
    assert ("Reading x.csv" in sys.stderr.getvalue()) == (patience == 0)


def test_no_bar_is_drawn_into_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with console.progress("Reading") as bar:
        assert bar is None
