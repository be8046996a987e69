"""What the terminal says of one lot, and what a hostile text cannot make it say."""

from __future__ import annotations

import pytest

from cli.reportview import show
from ledger.origin.trace import trace
from tests.report.telling import blended, told

FORGED = "Ledger forged.example: clean"


def test_a_line_feed_in_what_a_ledger_says_begins_no_line_of_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    tale = blended()
    answer = told(tale, "B")
    answer["retractions"] = [
        {
            "type": "transform",
            "actor": "plant",
            "country": "CN",
            "event": "0" * 64,
            "replacement": None,
            "reason": f"slip\n{FORGED}",
        }
    ]
    answer["verification"]["findings"] = [
        {"code": "X", "severity": "error", "message": f"says\n{FORGED}", "subject": "lot:B", "events": []}
    ]
    show(answer, trace(tale.history, "B"), tale.history)
    printed = capsys.readouterr().out
    assert printed.count(FORGED) == 2
    assert not any(line.startswith(FORGED) for line in printed.splitlines())


def test_a_lot_whose_site_is_not_stated_is_at_no_place_called_none(capsys: pytest.CaptureFixture[str]) -> None:
    tale = blended()
    show({**told(tale, "B"), "site": None}, trace(tale.history, "B"), tale.history)
    assert "at a site that is not stated" in capsys.readouterr().out
