"""TIME: what the times that parties and operator state allow. `at` is the actor's word, `recorded` the operator's."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.model.entry import Fact
from ledger.model.events import Enrol, Key, Open, Revoke, Site
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.rules.history import History

REGISTRY = (Open, Enrol, Site, Key, Revoke)
"""Types whose `at` carries no custody: they count from where they stand in the log."""

_DAY = 86_400
"""Seconds."""


def in_order(history: History, fact: Fact) -> Iterator[Finding]:
    """An event on a lot is not older than the event before it."""
    for name, _prev in fact.event.touches:
        lot = history.lots.get(name)
        if lot is not None and fact.event.instant < lot.head_at:
            yield finding(
                "TIME-ORDER",
                f"lot:{name}",
                f"{fact.event.type} at {fact.event.at} lies before {lot.facts[-1].event.type} at {lot.facts[-1].event.at} on lot {name}",
                fact.hash,
                lot.head,
            )


def recorded_in_time(history: History, fact: Fact) -> Iterator[Finding]:
    """Events are recorded after they happen, and not long after."""
    event = fact.event
    subject = f"event:{fact.hash}"
    late = (fact.recorded - event.instant).total_seconds()
    tolerances = history.tolerances
    if -late > tolerances.clock_s:
        yield finding(
            "TIME-FUTURE",
            subject,
            f"{event.type} at {event.at} was recorded before that, at {fact.recorded:%Y-%m-%dT%H:%M:%SZ}",
            fact.hash,
        )
    elif late > tolerances.late_days * _DAY and not isinstance(event, REGISTRY):
        days = (fact.recorded - event.instant).days
        yield finding("TIME-LATE", subject, f"{event.type} at {event.at} was recorded {days} days later", fact.hash)


def after_enrolment(history: History, fact: Fact) -> Iterator[Finding]:
    """An event older than its actor's enrolment is noted."""
    event = fact.event
    party = history.parties.get(event.actor)
    if party is None or event.instant >= party.enrolled.event.instant:
        return
    if not isinstance(event, REGISTRY):
        yield finding(
            "TIME-ENROLMENT",
            f"event:{fact.hash}",
            f"{event.type} at {event.at} is older than the enrolment of {event.actor}",
            fact.hash,
            party.enrolled.hash,
        )
