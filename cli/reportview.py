"""The report on a terminal: the answer first, then why, then the evidence; readable at 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.console import line, put, table, wrapped
from cli.lots import tree
from ledger.report.headline import declared_whole, headline, known_words, percent, performed, stage_words, unknown_words
from ledger.report.policy import outlooks, verdict_words

if TYPE_CHECKING:
    from ledger.origin.trace import Trace
    from ledger.rules.history import History

MOST_ELEMENTS = 4
"""Columns of elements that fit 80 columns; the others are in the other formats."""
MOST_ROWS = 25
SHOWN_WIDTH = 0.001
"""Ranges narrower than the last digit shown are left to the JSON report."""


def show(answer: dict[str, Any], trace: Trace, past: History) -> None:
    """Print the report."""
    from rich.padding import Padding  # noqa: PLC0415  (start-up time)

    china, verification = answer["china"], answer["verification"]
    colour = {"present": "bold red", "cannot-exclude": "bold yellow", "absent": "bold green"}[china["verdict"]]
    wrapped(f"Lot {answer['lot']}   {answer['form']}   {answer['mass_kg']:g} kg, {answer['left_kg']:g} kg left")
    wrapped(f"Held by {answer['holder']} at {answer['site'] or 'a site that is not stated'} ({answer['status']})")
    wrapped(headline(answer), after="", style=colour)
    wrapped(
        f"Ledger {verification['ledger']}: {verification['verdict']}, checkpoint of {verification['checkpoint']['size']} entries"
    )
    elements = answer["origin"]["elements"]
    chosen = chief(elements)
    table(
        ("stage", *chosen),
        [
            (stage, *(stage_words(elements[element]["stages"][stage]) for element in chosen))
            for stage in performed(answer)
        ],
        title="Where each element passed each stage",
    )
    others = [element for element in elements if element not in chosen]
    notes = []
    if others:
        notes.append(f"Also {', '.join(others)}: --format markdown shows all.")
    wide = {element: width for element, entry in elements.items() if (width := widest(entry)) >= SHOWN_WIDTH}
    if wide:
        each = ", ".join(f"{element} by up to {width * 100:.1f} points" for element, width in wide.items())
        notes.append(f"Not every input lists every element, so shares may differ: {each}.")
    for which, whole in (("Declared at every stage", True), ("Partly declared", False)):
        declared = [name for name, entry in elements.items() if "declared" in entry and declared_whole(entry) == whole]
        if declared:
            notes.append(f"{which}, not recorded: {', '.join(declared)}.")
    for note in notes:
        wrapped(note, "  ")
    for title, found in (("China", china), *answer.get("countries", {}).items()):
        _country(title, found, chosen)
    _policies(answer["policies"])
    for item in answer["retractions"]:
        instead = (
            f"replaced by {item['replacement'][:12]}" if item["replacement"] else "and nothing stands in its place"
        )
        where = f" in {item['country']}" if item["country"] else ""
        wrapped(
            f"Retracted: {item['type']} by {item['actor']}{where} [{item['event'][:12]}], {instead}: {line(item['reason'])}"
        )
    wrapped("Made from")
    put(Padding(tree(trace, past), (0, 0, 0, 2)))
    _findings(verification["findings"], answer, trace)
    wrapped(answer["caveat"], after="", style="dim")
    for gap in verification["not_checked"][1:]:
        wrapped(f"Not checked: {gap['what']}: {gap['why']}", style="dim")


def _country(title: str, found: dict[str, Any], chosen: list[str]) -> None:
    of = {"rare earths": " of rare earths"}.get(found["basis"], "")
    table(
        (title, "answer", f"known{of}", f"unknown{of}"),
        [(way, answer["verdict"], known_words(answer), unknown_words(answer)) for way, answer in found["ways"].items()],
        right=(2, 3),
    )
    _inputs("Chinese inputs" if title == "China" else f"Inputs from {title}", found["inputs"], chosen)
    _inputs("Unknown upstream", found["unknown_inputs"], chosen)
    owners = [item for item in found["owners"] if item["attributed"]]
    if owners:
        table(
            ("party", "owned along paths", "control counted whole", "marks"),
            [
                (
                    item["party"],
                    percent(item["held"]),
                    percent(item["attributed"]),
                    ", ".join(f"{mark:.0%}" for mark in item["marks"]) or "-",
                )
                for item in owners
            ],
            title=f"Owned from {title}",
            right=(1, 2),
        )


def _policies(policies: list[dict[str, Any]]) -> None:
    """The verdicts of the policies that speak of this lot."""
    rows = [
        (item["id"], verdict_words(item), item["tested_on"]) for item in policies if item["verdict"] != "not-applicable"
    ]
    applying = len(rows)
    rows += [(item["id"], verdict, when) for item in policies for when, verdict in outlooks(item)]
    if rows:
        table(("policy", "verdict", "tested on"), rows, title="Policies (`monazite policy check` says why)")
        wrapped(
            f"{len(policies) - applying} do not apply. "
            f"Asked as of {policies[0]['as_of']}: where no day was given, that of the newest entry.",
            "  ",
        )


def widest(entry: dict[str, Any]) -> float:
    """The widest distance between least and greatest share of an element, at any stage."""
    ranges = [span for keys in entry.get("range", {}).values() for span in keys.values()]
    return max((high - low for low, high in ranges), default=0.0)


def chief(elements: dict[str, Any]) -> list[str]:
    """The elements to show: the rare earths with the most mass, others where none is there."""
    from ledger.reference.elements import RARE_EARTHS  # noqa: PLC0415  (start-up time)

    order = sorted(elements, key=lambda element: (element not in RARE_EARTHS, -elements[element].get("mass_kg", 0.0)))
    return order[:MOST_ELEMENTS]


def _findings(findings: list[dict[str, Any]], answer: dict[str, Any], trace: Trace) -> None:
    """Every error, and the warnings on this lot and its ancestry that the tables above do not tell already."""
    lots = {f"lot:{name}" for name in trace.lots}
    events = {step["event"] for step in answer["history"]}
    own = [
        item
        for item in findings
        if item["severity"] == "error"
        or (
            item["severity"] == "warning"
            and not item["code"].startswith(("ORIG-CN", "ORIG-UNKNOWN"))
            and (
                item["subject"] in lots
                or item["subject"].removeprefix("event:") in events
                or events & set(item["events"])
            )
        )
    ]
    for item in own[:MOST_ROWS]:
        wrapped(f"{item['severity'].upper()} {item['code']}: {line(item['message'])}")
    if len(own) > MOST_ROWS:
        wrapped(f"... and {len(own) - MOST_ROWS} more; --format markdown lists all")


def _inputs(title: str, items: list[dict[str, Any]], chosen: list[str]) -> None:
    if not items:
        return
    rows = []
    for item in items[:MOST_ROWS]:
        shares = ", ".join(
            f"{element} {percent(share)}" for element, share in item["elements"].items() if element in chosen
        )
        rows.append((item["lot"], ", ".join(item["why"]), item.get("country", "?"), shares or "-", item["event"][:12]))
    table(("lot", "why", "where", "share that came this way", "event"), rows, title=title)
    if len(items) > MOST_ROWS:
        wrapped(f"... and {len(items) - MOST_ROWS} more; --format json lists all", "  ")
