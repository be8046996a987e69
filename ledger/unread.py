"""The verdict on a folder of tiles of which not even the first entries can be read.

Which files to look for follows from the size in the checkpoint. Where that checkpoint does not verify, nobody vouches for the
size, and it is the checkpoint that is wrong; where it verifies, the file is.
"""

from __future__ import annotations

from datetime import datetime

from ledger.heads import Heads
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.seal.policy import Policy
from ledger.seen import compare
from ledger.store.tiles import TileStore
from ledger.verify import Checked, NotChecked, Verdict


def unread(store: TileStore, trusted: Policy, *, remembered: bytes | None, now: datetime | None) -> Verdict | None:
    """Steps 4 and 9 of the verification, where step 2 has nothing to begin with; None where the first entries can be read.

    Args:
        store: the folder.
        trusted: a policy of one log, from the caller.
        remembered: the last checkpoint that the caller verified or wrote, if any.
        now: the caller's clock; None where it has none.
    """
    fault = store.first_fault()
    if fault is None:
        return None
    findings: list[Finding] = []
    gaps = [NotChecked("entries and events", "not even the first ones can be read")]

    def add(code: str, subject: str, message: str, *events: str, **evidence: str) -> None:
        findings.append(finding(code, subject, message, *events, evidence=evidence))

    def gap(what: str, why: str) -> None:
        gaps.append(NotChecked(what, why))

    vkey, shown = trusted.logs[0].vkey, store.head().checkpoint or b""
    heads = Heads(trusted, shown, remembered, None, now, add=add, gap=gap)
    dispute = None
    if heads.signed is not None:
        add(fault.code, fault.subject, fault.message)
        before = () if heads.before is None or remembered is None else (remembered,)
        dispute = compare(shown, vkey, before, what="a folder without entries", add=add, gap=gap)
    return Verdict(
        ledger=vkey.name,
        size=0,
        root=b"",
        checked=Checked(0, 0, 0, 0, 0),
        not_checked=tuple(gaps),
        findings=tuple(findings),
        history=History(),
        checkpoint=None,
        witnessed=heads.witnessed,
        dispute=dispute,
    )
