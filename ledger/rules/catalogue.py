"""The finding codes, each with its meaning: the text of `monazite explain CODE` and of docs/findings.md."""

from __future__ import annotations

from ledger.rules.codes import comp, cust, data, mass, orig, seal, sign, time
from ledger.rules.finding import Code, Finding

CATALOGUE: dict[str, Code] = {
    code.code: code for family in (seal, sign, cust, time, mass, comp, orig, data) for code in family.CODES
}


def finding(code: str, subject: str, message: str, *events: str, evidence: dict[str, str] | None = None) -> Finding:
    """Make a finding of a catalogued code; a code that is not there is a programming error (KeyError)."""
    entry = CATALOGUE[code]
    return Finding(
        code=code, severity=entry.severity, subject=subject, message=message, events=events, evidence=evidence or {}
    )
