"""Policy answers as plain data: the `policies` of the report's contract, and of `policy check --json`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ledger.origin.policy.model import PolicyAnswer
from ledger.origin.policy.regime import Rule


def built(answers: Iterable[PolicyAnswer]) -> list[dict[str, Any]]:
    """Each answer as JSON built-ins: `id`, `as_of`, `verdict`, `reasons` of `text` and `events`, `branches` and the rest; dates as text."""
    return [msgspec.to_builtins(item) for item in answers]


def described(rule: Rule) -> dict[str, Any]:
    """A rule's data as JSON built-ins, empty members left out."""
    made: dict[str, Any] = msgspec.to_builtins(rule)
    return {name: value for name, value in made.items() if value not in (None, "", (), [], {}, 0)}
