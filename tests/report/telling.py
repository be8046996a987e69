"""Answers about lots of a told history: what the verifier would hand to a report, without a store."""

from __future__ import annotations

from typing import Any

from ledger.origin.trace import trace
from ledger.report.answer import answer
from ledger.rules.rulebook import conclude
from ledger.verify import ALWAYS_UNCHECKED, Checked, Verdict
from tests.ledger.world import LEDGER
from tests.rules.tale import DIG, MINE, PLANT, Tale, made, peopled

ROOT = bytes(range(32))
GERMAN = [{"what": "cells", "country": "DE"}]


def verdict(tale: Tale) -> Verdict:
    """A verdict that holds the tale's findings and history."""
    facts = tale.history.facts
    return Verdict(
        ledger=LEDGER,
        size=len(facts),
        root=ROOT,
        checked=Checked(len(facts), len(facts), len(facts), len(facts), len(tale.history.lots)),
        not_checked=ALWAYS_UNCHECKED,
        findings=(*tale.found, *conclude(tale.history)),
        history=tale.history,
        checkpoint=None,
    )


def told(tale: Tale, lot: str) -> dict[str, Any]:
    """The answer about one lot."""
    return answer(trace(tale.history, lot), verdict(tale), "0.0.0")


def clean() -> Tale:
    """A from the pit, B made of it in Malaysia by known means: nothing Chinese, nothing unknown."""
    tale = peopled()
    tale.extract(*MINE, made("A", 10, Nd2O3=11.664, Fe=30))
    tale.move("A", MINE, PLANT, "AU", "SG", "MY")
    tale.turn("separate", *PLANT, ["A"], made("B", 1, "oxide", Nd2O3=90), technology=GERMAN, equipment=GERMAN)
    return tale


def blended(chinese_kg: float = 4) -> Tale:
    """B is a blend of 6 kg from Australia and 4 kg from China."""
    tale = peopled()
    tale.extract(*MINE, made("A", 10, Nd=10, Dy=1))
    tale.extract(*DIG, made("C", 10, Nd=10, Dy=0))
    tale.move("A", MINE, PLANT, "AU", "MY")
    tale.move("C", DIG, PLANT, "CN", "MY")
    tale.turn("blend", *PLANT, [("A", 6), ("C", chinese_kg)], made("B", 10))
    return tale
