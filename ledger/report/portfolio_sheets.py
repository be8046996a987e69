"""Many lots as tables for a spreadsheet, as `ledger.report.sheets` makes them of one: a row for each lot, the worst first, and the totals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ledger.report.portfolio import KINDS, SEVERITIES
from ledger.report.sheets import Raw, Table, made

LOTS = (
    "lot", "verdict", "known_share", "unknown_share", "unknown_without_share", "form", "mass_kg", "left_kg", "counted_kg", "holder",
    "site", "country", "status",
)  # fmt: skip
NAMES = ("lots", "contents", "elements", "stages", "policies", "changes", "findings")
"""Of the tables, in their order; known before the lots are answered for."""
SPLIT = ("mass_kg", *KINDS)


def tables(whole: Mapping[str, Any]) -> list[Table]:
    """Every table of a portfolio, in a fixed order; a table without rows stands with its columns."""
    return made((*_lots(whole["lots"]), *_totals(whole["totals"]), *_changes(whole["changes"] or {})))


def _lots(lots: Sequence[Mapping[str, Any]]) -> Iterator[Raw]:
    columns = (*LOTS, "policies", "non_compliant", *SEVERITIES, "says")
    yield "lots", columns, (_lot(item) for item in lots)
    yield "contents", ("lot", "element", *SPLIT), (
        (item["lot"], element, *(found[name] for name in SPLIT))
        for item in lots
        for element, found in item["elements"].items()
    )  # fmt: skip


def _lot(item: Mapping[str, Any]) -> Sequence[object]:
    policies = item["policies"]
    return (
        *(item[name] for name in LOTS),
        policies["worst"],
        " ".join(policies["non_compliant"]),
        *(item["findings"][name] for name in SEVERITIES),
        item["says"],
    )


def _totals(totals: Mapping[str, Any]) -> Iterator[Raw]:
    yield "elements", ("element", *SPLIT), (
        (element, *(found[name] for name in SPLIT)) for element, found in totals["elements"].items()
    )  # fmt: skip
    yield "stages", ("stage", "place", "element", "mass_kg"), (
        (stage, place, element, kg)
        for stage, places in totals["stages"].items()
        for place, held in places.items()
        for element, kg in held.items()
    )  # fmt: skip
    yield "policies", ("id", "verdict", "lots"), (
        (name, verdict, number) for name, found in totals["policies"].items() for verdict, number in found.items()
    )  # fmt: skip


def _changes(changes: Mapping[str, Any]) -> Iterator[Raw]:
    """What changed since an earlier checkpoint; nothing where the log states none."""
    since = changes.get("since")
    yield "changes", ("since", "lot", "was", "now", "events", "new_findings"), (
        (since, item["lot"], item.get("was"), item["now"], " ".join(item.get("events", ())), item.get("findings"))
        for item in (*changes.get("new_lots", ()), *changes.get("changed_lots", ()))
    )  # fmt: skip
    yield "findings", ("code", "severity", "subject", "message", "events"), (
        (item["code"], item["severity"], item["subject"], item["message"], " ".join(item["events"]))
        for item in changes.get("new_findings", ())
    )  # fmt: skip
