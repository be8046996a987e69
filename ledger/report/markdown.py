"""The answer as Markdown: pure text from the answer's data, byte for byte reproducible."""

from __future__ import annotations

from typing import Any

from ledger.report.forms.markdown import render as form_lines
from ledger.report.headline import headline, known_words, percent, performed, stage_words, unknown_words
from ledger.report.marks import plain, table
from ledger.report.policy import outlooks, verdict_words

__all__ = ["plain", "render"]


def _country(title: str, found: dict[str, Any]) -> list[str]:
    """What is known of one country or region: the ways, the inputs, what is unknown, and who owns the parties."""
    lines = [f"## {title}", "", f"Answer: {found['verdict']}.", ""]
    of = {"rare earths": " of rare earths"}.get(found["basis"], "")
    lines += table(
        ("Question", "Answer", f"Known{of}", f"Unknown{of}"),
        [(way, answer["verdict"], known_words(answer), unknown_words(answer)) for way, answer in found["ways"].items()],
    )
    if found["inputs"]:
        lines += table(
            ("Input", "Why", "Where", "Share of element", "Event"),
            [
                (item["lot"], ", ".join(item["why"]), item["country"], _shares(item["elements"]), item["event"][:16])
                for item in found["inputs"]
            ],
        )
    if found["unknown_inputs"]:
        lines += table(
            ("Unknown input", "What", "Share of element", "Event"),
            [
                (item["lot"], ", ".join(item["why"]), _shares(item["elements"]), item["event"][:16])
                for item in found["unknown_inputs"]
            ],
        )
    if found["owners"]:
        lines += table(
            ("Party", "Owned, along paths", "Under control", "Unknown", "By"),
            [
                (
                    item["party"],
                    *(("not stated",) * 2 if _dark(item) else (percent(item["held"]), percent(item["attributed"]))),
                    "all: no owner is stated" if _dark(item) else percent(item["unknown"]),
                    ", ".join(item["by"]) or "-",
                )
                for item in found["owners"]
            ],
        )
    return lines


def render(answer: dict[str, Any]) -> str:
    """The whole report."""
    verification, china = answer["verification"], answer["china"]
    lines = [f"# Lot {plain(answer['lot'])}", "", f"**{headline(answer)}**", ""]
    lines += [
        f"- Form: {plain(answer['form'])}; {_kilograms(answer['mass_kg'])} made, {_kilograms(answer['left_kg'])} left; {plain(answer['status'])}",
        f"- Held by {plain(answer['holder'])} at {plain(answer['site'] or 'a site that is not stated')}",
        f"- Ledger {plain(verification['ledger'])}: **{verification['verdict']}**",
        f"- Checkpoint of {verification['checkpoint']['size']} entries, root `{verification['checkpoint']['root']}`",
        "",
        plain(answer["caveat"]),
        "",
        "## Origin by element and stage",
        "",
    ]
    stages = performed(answer)
    elements = answer["origin"]["elements"]
    lines += table(
        (
            "Stage",
            *(
                f"{element} ({entry['mass_kg']:.6g} kg)" if "mass_kg" in entry else element
                for element, entry in elements.items()
            ),
        ),
        [(stage, *(stage_words(entry["stages"][stage]) for entry in elements.values())) for stage in stages],
    )
    estimated = [element for element, entry in elements.items() if entry.get("estimated")]
    if estimated:
        lines += [
            f"Estimated, because compositions are missing upstream: {', '.join(estimated)}. The JSON report gives least and greatest shares.",
            "",
        ]
    declared = {element: entry["declared"] for element, entry in elements.items() if "declared" in entry}
    if declared:
        lines += ["Declared, not recorded (share of the element):", ""]
        lines += [
            f"- {element}: " + ", ".join(f"{stage} {percent(share)}" for stage, share in by_stage.items())
            for element, by_stage in declared.items()
        ]
        lines.append("")
    for title, found in (("China", china), *answer.get("countries", {}).items()):
        lines += _country(title, found)
    if answer["policies"]:
        lines += ["## Policies", ""]
        lines += table(
            ("Policy", "Verdict", "Tested on", "First reason"),
            [
                row
                for item in answer["policies"]
                for row in (
                    (
                        item["id"],
                        verdict_words(item),
                        item["tested_on"],
                        item["reasons"][0]["text"] if item["reasons"] else "-",
                    ),
                    *((item["id"], verdict, f"outlook, {when}", "-") for when, verdict in outlooks(item)),
                )
            ],
        )
        lines += [
            f"Asked as of {answer['policies'][0]['as_of']}: where no day was given, that of the newest entry.",
            "",
        ]
        lines += ["`monazite policy check` gives every branch, reason and event.", ""]
    if answer["retractions"]:
        lines += ["## Retracted on the way", ""]
        lines += table(
            ("What", "Who", "Where", "Why", "Event", "In its place"),
            [
                (
                    item["type"],
                    item["actor"],
                    item["country"] or "-",
                    item["reason"],
                    item["event"][:16],
                    (item["replacement"] or "nothing")[:16],
                )
                for item in answer["retractions"]
            ],
        )
    lines += ["## History", ""]
    lines += table(
        ("When", "What", "Who", "Where", "Event"),
        [
            (step["at"], f"{step['type']}: {step['says']}", step["actor"], step.get("country", "-"), step["event"][:16])
            for step in answer["history"]
        ],
    )
    lines += ["## Findings", ""]
    if verification["findings"]:
        lines += table(
            ("Code", "Severity", "What"),
            [(item["code"], item["severity"], item["message"]) for item in verification["findings"]],
        )
    else:
        lines += ["None.", ""]
    lines += ["## Not checked", ""]
    lines += [f"- {plain(gap['what'])}: {plain(gap['why'])}" for gap in verification["not_checked"]]
    lines.append("")
    if answer.get("forms"):
        lines += ["## Forms", ""]
        lines += [line for form in answer["forms"] for line in form_lines(form)]
    lines += [
        f"Monazite {plain(answer['versions']['monazite'])}, report format {answer['versions']['report']}.",
        "",
    ]
    return "\n".join(lines)


def _dark(owner: dict[str, Any]) -> bool:
    """Whether nothing is known of a party's owners: then no share is stated, and a `0%` would say more than that."""
    return bool(owner["held"] <= 0 and owner["attributed"] <= 0 and owner["unknown"] >= 1)


def _kilograms(mass: float) -> str:
    """A mass to the milligram, which is the least that the ledger holds, without zeros that say nothing."""
    return f"{f'{mass:.6f}'.rstrip('0').rstrip('.')} kg"


def _shares(elements: dict[str, float]) -> str:
    return ", ".join(f"{element} {percent(share)}" for element, share in elements.items()) or "-"
