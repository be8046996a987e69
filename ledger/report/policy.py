"""Policy answers as plain data: the `policies` of the report's contract, and of `policy check --json`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ledger.origin.policy.model import Branch, PolicyAnswer, combine, worded
from ledger.origin.policy.regime import Rule


def built(answers: Iterable[PolicyAnswer]) -> list[dict[str, Any]]:
    """Each answer as JSON built-ins: `id`, `as_of`, `verdict`, `reasons` of `text` and `events`, `branches` and the rest; dates as text."""
    return [msgspec.to_builtins(item) for item in answers]


def verdict_words(answer: Mapping[str, Any]) -> str:
    """A verdict with what goes with it: `compliant under the clause of MAY 2024, as declared`."""
    return worded(str(answer["verdict"]), answer.get("qualified", ()))


def outlooks(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(when, verdict) for law that is not in force on the day asked about and begins on a day that is known: `if delivered from 2027-01-01`."""
    found: dict[str, list[Branch]] = {}
    for branch in answer["branches"]:
        when, _, rule = branch["name"].partition(": ")
        if branch["kind"] == "pending" and when.startswith("if delivered from") and rule.startswith(f"{answer['id']},"):
            found.setdefault(when, []).append(Branch(branch["name"], "reading", branch["verdict"], ()))
    return [(when, combine(branches)) for when, branches in found.items()]


def described(rule: Rule) -> dict[str, Any]:
    """A rule's data as JSON built-ins, empty members left out."""
    made: dict[str, Any] = msgspec.to_builtins(rule)
    return {name: value for name, value in made.items() if value not in (None, "", (), [], {}, 0)}
