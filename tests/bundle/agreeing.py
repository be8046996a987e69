"""A bundle's answers against those of the ledger that it is from: every disagreement in words, none hidden behind the first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from ledger.bundle import format as bundles
from ledger.bundle import shown
from ledger.bundle.export import export
from ledger.bundle.verify import BundleVerdict, verify
from ledger.origin.doubts import ABROAD, WARNINGS
from ledger.origin.policy.check import check
from ledger.origin.trace import trace
from ledger.report.answer import answer
from ledger.report.policy import built
from ledger.rules.finding import Finding
from ledger.seal.keys import VerifierKey
from ledger.seal.policy import Log, Policy
from ledger.store.contract import Store
from ledger.verify import Verdict

COUNTED = {"ORIG-SITE", "ORIG-REGISTER", "TIME-CLOCK"}
"""Findings that count events, or name the first of some: in a bundle those of the bundle."""
STORED = {"SEAL-LEAF", "SEAL-SCHEMA", "SEAL-INDEX", "SEAL-HEAD", "SEAL-DATABASE"}
"""Faults of a store, which a bundle has not."""
LISTED = shown.SITE_WIDE | shown.COMPARED | {"CUST-REF"}
"""Codes on the ancestry that a bundle may lack, as `not_checked` says."""


def read(data: bytes, log: VerifierKey) -> BundleVerdict:
    return verify(bundles.parse(data), Policy(logs=(Log(log),)))


def bundled(store: Store, log: VerifierKey, lot: str) -> BundleVerdict:
    return read(export(store, lot).data, log)


def disagreements(store: Store, log: VerifierKey, lot: str, full: Verdict) -> list[str]:
    """Where the bundle of a lot does not say what the verified ledger says of it."""
    made = bundled(store, log, lot)
    return [f"{lot}: {text}" for text in (*_findings(full, made), *_answers(full, made), *_lost(full, made))]


def _findings(full: Verdict, made: BundleVerdict) -> Iterator[str]:
    filtered = shown.Shown(made.verdict.history.facts.values(), made.lots)
    wanted = _keys(item for item in full.findings if _in(item) and filtered.bears_out(item))
    found, every = _keys(made.verdict.findings), _keys(full.findings)
    yield from (f"not in the bundle's findings: {key}" for key in (wanted - found) if not _by_name(key[0]))
    yield from (f"in the bundle's findings alone: {key}" for key in (found - every))


def _in(item: Finding) -> bool:
    """Whether what is found is of events; a bad entry has none that count, and may not be in the bundle."""
    return item.code not in STORED and bool(item.events)


def _by_name(code: str) -> bool:
    """Whether findings of a code are compared by code and subject: what is counted, compared, or of the seal itself."""
    return code in COUNTED | shown.COMPARED or code.startswith("SEAL-")


def _keys(items: Any) -> Counter[tuple[str, ...]]:
    return Counter(
        (item.code,)
        if item.code == "TIME-CLOCK"
        else (item.code, item.subject)
        if _by_name(item.code)
        else (item.code, item.subject, item.message, *item.events)
        for item in items
    )


def _lost(full: Verdict, made: BundleVerdict) -> Iterator[str]:
    """Findings on the ancestry itself that the bundle lacks, beyond those that it says it lacks; later draws are none of it."""
    traced = trace(full.history, made.lot)
    lots = {f"lot:{name}" for name in traced.lots}
    events = {fact.hash for _name, fact in traced.events(full.history) if shown.is_whole(fact, made.lots)}
    found = _keys(made.verdict.findings)
    for item in full.findings:
        near = item.subject in lots or item.subject.removeprefix("event:") in events
        if near and item.code not in LISTED and not found[next(iter(_keys([item])))]:
            yield f"lost: {item.code} {item.subject} {item.message}"


def _answers(full: Verdict, made: BundleVerdict) -> Iterator[str]:
    """Report and policies, asked with the same findings; and with each one's own, where nothing listed stands between."""
    findings = made.verdict.findings
    yield from _differing("report", report(replace(full, findings=findings), made.lot), report(made.verdict, made.lot))
    near = _troubles(full, made)
    if not near:
        yield from _differing("whole report", report(full, made.lot), report(made.verdict, made.lot))
    day = max(fact.recorded for fact in full.history.facts.values()).date()
    assert made.newest is not None
    if made.newest.date() != day:
        yield f"newest entry {made.newest} is not of {day}"
    asked = full.findings if not near else findings
    yield from _differing(
        "policies",
        built(check(full.history, made.lot, asked, as_of=day)),
        built(check(made.verdict.history, made.lot, findings, as_of=day)),
    )


def _troubles(full: Verdict, made: BundleVerdict) -> set[str]:
    """Codes that change an answer and that a bundle does not show in these words: listed ones, and errors of what is not in it."""
    found = {(item.code, item.message) for item in made.verdict.findings}
    return {
        item.code
        for item in full.findings
        if (item.severity == "error" or item.code in LISTED | WARNINGS | ABROAD)
        and (item.code, item.message) not in found
    }


def report(verdict: Verdict, lot: str) -> dict[str, Any]:
    made = answer(trace(verdict.history, lot), verdict, "0")
    verification = made.pop("verification")
    made.pop("scope", None)  # how far it reaches, which a bundle says and the ledger does not
    return {**made, "checkpoint": verification["checkpoint"], "ledger": verification["ledger"]}


def _differing(what: str, wanted: Any, found: Any, path: str = "") -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in wanted.keys() | found.keys():
            yield from _differing(what, wanted.get(key), found.get(key), f"{path}.{key}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for number, pair in enumerate(zip(wanted, found, strict=True)):
            yield from _differing(what, *pair, f"{path}[{number}]")
    elif wanted != found:
        yield f"{what}{path}: {str(wanted)[:300]} on the ledger, {str(found)[:300]} in the bundle"
