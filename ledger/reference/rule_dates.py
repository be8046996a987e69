"""Days on which a rule begins that reads when something happened, so that a day earlier is worth a false date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class RuleDate:
    """A day and what begins on it; `rules` are ids of data/rules.json."""

    day: date
    what: str
    citation: str
    rules: tuple[str, ...]


RULE_DATES: tuple[RuleDate, ...] = (
    RuleDate(
        date(2027, 1, 1),
        "the ban on magnets whose material was mined, refined or separated in a covered country",
        "10 U.S.C. 4872; DFARS 252.225-7052(b)(1)(ii) (MAY 2024)",
        ("US-DFARS-7052-B-NDFEB", "US-DFARS-7052-B-SMCO"),
    ),
)
"""Read in the DFARS text of 2025-11-20. Two bills would move the day (see `pending` in data/rules.json); neither was seen enacted."""
