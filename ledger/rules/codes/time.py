"""TIME: what the stated times allow."""

from __future__ import annotations

from ledger.rules.finding import ERROR, INFO, WARNING, Code

CODES = (
    Code("TIME-ORDER", ERROR, True, "Older than the event before it",
         "The event happened, by its own time, before the previous event on the same lot. One of the two times is wrong.",
         "Correct the time and its offset from UTC."),
    Code("TIME-FUTURE", WARNING, False, "Recorded before it happened",
         "The event's time lies after the time at which the log admitted it, by more than the clock tolerance in `open`.",
         "Correct the clock or the offset; retract and record anew if the time is wrong."),
    Code("TIME-LATE", WARNING, False, "Recorded late",
         "The event was recorded longer after it happened than the tolerance in `open`. Late records can be back-dated.",
         "Look for evidence of the time that the actor does not control."),
    Code("TIME-ENROLMENT", INFO, False, "Happened before the party was enrolled",
         "The event's time lies before the party's enrolment was recorded. Key validity is judged by place in the log, not by this.",
         "Nothing, where stock older than the ledger is brought in."),
    Code("TIME-CLOCK", WARNING, False, "The operator's clock went back",
         "An entry was recorded, by the operator's clock, before the entry that precedes it.",
         "The operator sets its clock; order in the log is by sequence and is not affected."),
)  # fmt: skip
