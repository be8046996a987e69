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
    Code("TIME-WITNESS", WARNING, False, "A witness's time is yet to come",
         "A witness whose cosignature verifies states a time that is more than five minutes ahead of your clock. One of the two "
         "clocks is wrong. That the log only grew does not hang on it, so the cosignature counts towards the quorum.",
         "Check your clock, then ask the witness about its own; do not rely on the time that it states."),
    Code("TIME-TRANSIT", WARNING, False, "A journey that is too fast",
         "The lot was received so far from where it was shipped that it must have travelled at more than 1 000 km/h, a leeway of 50 km for the "
         "sites' positions given. How it travelled is not stated, so a slower journey by truck or ship that is impossible as well is not seen.",
         "Correct the times, their offsets or the sites' positions; else one of the two was not there."),
    Code("TIME-RULE-DATE", WARNING, False, "Dated before a rule, recorded after it",
         "By the actor's word it happened before a day on which a rule begins; the log heard of it more than 48 hours after that "
         "day's beginning. It may well be true: records come late honestly. But nothing in the ledger proves it.",
         "Ask for evidence of the time that the actor does not control: a customs stamp, a carrier's record."),
)  # fmt: skip
