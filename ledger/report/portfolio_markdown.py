"""Many lots as Markdown: pure text from the portfolio's data, byte for byte reproducible."""

from __future__ import annotations

from typing import Any

from ledger.report.headline import counted, percent
from ledger.report.marks import plain, table
from ledger.report.portfolio import KINDS, counted_words, finding_words, policy_words, unknown_words, verdict_words

CLASSES = (
    "Chinese: known to be mined or processed in China. Otherwise touched: neither, but moved through, owned from or made with "
    "means from there. Clean: recorded or declared as none of it. What is not surely one of these is unknown."
)


def render(whole: dict[str, Any]) -> str:
    """The whole portfolio."""
    verification = whole["verification"]
    lines = [
        f"# Portfolio: {plain(whole['portfolio']['says'])}",
        "",
        f"**China: {verdict_words(whole['totals'])}**",
        "",
        f"- Ledger {plain(verification['ledger'])}: **{verification['verdict']}**",
        f"- Checkpoint of {verification['checkpoint']['size']} entries, root `{verification['checkpoint']['root']}`",
        f"- Policies as of {whole['as_of']}",
        f"- {counted_words(whole)}",
        "",
        plain(whole["caveat"]),
        "",
        "## Lots, the worst first",
        "",
    ]
    lines += table(
        (
            "Lot",
            "China",
            "Known",
            "Unknown",
            "Form",
            "kg",
            "Left kg",
            "Holder at site",
            "Status",
            "Policies",
            "Findings",
        ),
        [
            (
                item["lot"],
                item["verdict"],
                percent(item["known_share"]),
                unknown_words(item),
                item["form"],
                f"{item['mass_kg']:.6g}",
                f"{item['left_kg']:.6g}",
                f"{item['holder']} at {item['site']} ({item['country'] or '?'})",
                item["status"],
                policy_words(item),
                finding_words(item),
            )
            for item in whole["lots"]
        ],
    )
    return "\n".join([*lines, *_totals(whole["totals"]), *_changes(whole["changes"])]).rstrip() + "\n"


def _totals(totals: dict[str, Any]) -> list[str]:
    lines = ["## What they hold, kg", ""]
    lines += table(
        ("Element", "kg", "Chinese", "Unknown", "Otherwise touched", "Clean"),
        [
            (name, f"{found['mass_kg']:.6g}", *(f"{found[kind]:.6g}" for kind in KINDS))
            for name, found in totals["elements"].items()
        ],
    )
    lines += [
        CLASSES,
        "",
        "## Where their elements passed each stage, kg",
        "",
    ]
    lines += table(
        ("Stage", "Country", "kg", "Elements"),
        [
            (
                stage,
                "not done" if place == "none" else place,
                f"{sum(held.values()):.6g}",
                ", ".join(f"{name} {kg:.6g}" for name, kg in held.items()),
            )
            for stage, places in totals["stages"].items()
            for place, held in places.items()
        ],
    )
    if totals["policies"]:
        lines += ["## Policies", ""]
        lines += table(
            ("Policy", "Lots"),
            [
                (name, ", ".join(f"{number} {verdict}" for verdict, number in found.items()))
                for name, found in totals["policies"].items()
            ],
        )
    return lines


def _changes(changes: dict[str, Any] | None) -> list[str]:
    lines = ["## What changed", ""]
    if changes is None:
        return [*lines, "The log states no earlier checkpoint.", ""]
    found = changes["new_findings"]
    number = len(found) + changes["more_findings"]
    lines.append(
        f"Since the log had {changes['since']} entries: {counted(len(changes['new_lots']), 'new lot')}, "
        f"{counted(len(changes['changed_lots']), 'changed lot')}, {counted(number, 'new finding')} about them."
    )
    lines.append("")
    if changes["new_lots"]:
        lines += table(("New lot", "China"), [(item["lot"], item["now"]) for item in changes["new_lots"]])
    if changes["changed_lots"]:
        lines += table(
            ("Changed lot", "China then", "China now", "New events", "New findings"),
            [
                (item["lot"], item["was"] or "-", item["now"], len(item["events"]), item["findings"])
                for item in changes["changed_lots"]
            ],
        )
    if found:
        lines += table(
            ("New finding", "Severity", "Message"),
            [(item["code"], item["severity"], item["message"]) for item in found],
        )
        if changes["more_findings"]:
            lines += [f"And {changes['more_findings']} more.", ""]
    return lines
