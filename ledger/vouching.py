"""What a checkpoint's witnesses vouch for, what they do not, and where their clocks are ahead: sentences for a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final, Protocol

from ledger.seal.policy import Policy
from ledger.seal.witnessed import Witnessed

CLOCK_SKEW: Final = 300
"""Seconds by which a witness's clock may be ahead of the reader's before it is said."""


class Add(Protocol):
    """Notes a finding."""

    def __call__(self, code: str, subject: str, message: str, *events: str, **evidence: str) -> None:
        """As `ledger.rules.catalogue.finding`."""


def instant(timestamp: int) -> str:
    """A cosignature's time for people, RFC 3339 in UTC; beyond the year 9999, the number of seconds."""
    try:
        return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return f"{timestamp} s after 1970"


def ahead(found: Witnessed, now: datetime) -> Iterator[str]:
    """One sentence for each cosignature from after `now`.

    It counts all the same: that the log only grew does not hang on the witness's clock.
    """
    latest = now.timestamp() + CLOCK_SKEW
    for name, made in zip(found.names, found.cosignatures, strict=True):
        if made.timestamp > latest:
            yield (
                f"the witness {name} states {instant(made.timestamp)} as the time of its cosignature; "
                f"it is {now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            )


def judge(policy: Policy, found: Witnessed, now: datetime | None, add: Add, gap: Callable[[str, str], None]) -> None:
    """What witnesses say of a checkpoint, and what none of them can vouch for.

    Args:
        policy: the reader's.
        found: the checkpoint with its cosignatures.
        now: the reader's clock; None where it has none.
        add: is told what is found.
        gap: is told what is not checked, and why.
    """
    if not found.quorum.met:
        add("SEAL-QUORUM", "ledger", f"{found.quorum.sentence}; the log's own signature on it holds")
    if now is not None:
        for said in ahead(found, now):
            add("TIME-WITNESS", "ledger", said)
    gap(*unwitnessed(policy, found))


def unwitnessed(policy: Policy, found: Witnessed) -> tuple[str, str]:
    """What no witness vouches for, and why."""
    if not found.cosignatures:
        why = (
            "no witness that you trust cosigned this checkpoint" if policy.witnesses else "the policy names no witness"
        )
        return (
            "whether others are shown another ledger",
            f"{why}; only your remembered checkpoint shows a rewritten past",
        )
    when = max(made.timestamp for made in found.cosignatures)
    newest = f"the newest cosignature is of {instant(when)}" if when else "no cosignature states a time"
    few = "" if found.quorum.met else ", and too few of them did"
    why = (
        "witnesses say that the log only grew since each of them first saw it, not that an entry is true or was there in "
        f"time{few}; nor can they say that no newer checkpoint exists: {newest}"
    )
    return "what no witness vouches for", why
