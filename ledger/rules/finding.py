"""Findings: what a verifier found, with a stable code. Values, never exceptions; all of them are reported."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Severity = Literal["error", "warning", "info"]
ERROR: Severity = "error"
WARNING: Severity = "warning"
INFO: Severity = "info"


class Code(Struct, frozen=True):
    """A kind of finding.

    Attributes:
        code: stable name, FAMILY-WORDS.
        severity: of every finding of this code.
        refuses: whether it refuses a submission at admission.
        title: one line.
        meaning: what it says and what it does not.
        remedy: what to do next.
    """

    code: str
    severity: Severity
    refuses: bool
    title: str
    meaning: str
    remedy: str


class Finding(Struct, frozen=True, kw_only=True, gc=False):
    """One thing found.

    Attributes:
        code: a code of the catalogue.
        severity: the code's.
        subject: what it is about: `lot:X`, `party:X`, `site:X`, `event:HASH`, `entry:N`, `ledger`.
        message: one sentence with the figures.
        events: hashes of the events that are its evidence.
        evidence: signed notes and proofs that are its evidence, by name, verbatim.
    """

    code: str
    severity: Severity
    subject: str
    message: str
    events: tuple[str, ...] = ()
    evidence: dict[str, str] = {}
