"""A small forward tracer over the CSV text: whose countries an element's share passed at one stage."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from tests.chains import reading

# Stages that a form implies, so far as these chains declare or recover such forms.
TO_MAGNET = "mine beneficiate crack_leach separate oxide_to_halide metal_reduce alloy_melt powder press sinter machine"
IMPLIED = {
    "concentrate": "mine beneficiate",
    "mixed-carbonate": "mine beneficiate crack_leach",
    "iron": "mine beneficiate metal_reduce",
    "ferroboron": "mine beneficiate metal_reduce",
    "swarf": TO_MAGNET,
    "eol-magnet": TO_MAGNET,
}
Shares = dict[str, Decimal]


def stated(event: reading.Event, form: str, stage: str) -> str:
    if event["type"] == "extract":
        return event["country"] if stage == "mine" else "none"
    said = dict(part.split("=") for part in event["country"].split(";") if part)
    implied = next(stages for name, stages in IMPLIED.items() if form == name or form.startswith(name + "-"))
    return said.get(stage, "unknown" if stage in implied.split() else "none")


def joined(before: str, country: str) -> str:
    return country if before == "none" else "+".join(sorted({*before.split("+"), country}))


def shares(events_csv: str, sites_csv: str, element: str, stage: str) -> dict[str, Shares]:
    """Shares of the element by country at the stage, for every lot that holds it; inputs share by element mass."""
    countries = {row["id"]: row["country"] for row in reading.table(sites_csv)}
    played, _ = reading.replay(events_csv)
    found: dict[str, Shares] = {}
    for event in played:
        mixed: Shares = defaultdict(Decimal)
        if event.inputs:
            masses = {lot: reading.elements(mg, parts).get(element, Decimal(0)) for lot, _, mg, parts in event.inputs}
            whole = sum(masses.values())
            for lot, mass in masses.items():
                for key, share in found.get(lot, {}).items() if mass else ():
                    passed = joined(key, countries[event["site"]]) if event["stage"] == stage else key
                    mixed[passed] += share * mass / whole
        for lot, form, mg, parts in event.outputs:
            if reading.elements(mg, parts).get(element):
                found[lot] = dict(mixed) if event.inputs else {stated(event, form, stage): Decimal(1)}
    return found
