"""Chain c: Mountain Pass to Texas magnets, with every origin known."""

from __future__ import annotations

from cli.chains import magnets
from cli.chains.builder import LEFT, New, Out, Sheet
from cli.chains.chain import FICTION, Chain
from cli.chains.tables import pattern

MINE, SEPARATION = "us-mountain-pass-mine", "us-mountain-pass-sep"
METAL, MAGNET = "us-fort-worth-metal", "us-fort-worth-magnet"
PLANT = magnets.Plant(MAGNET, "0.72", "0.273", "jet mill@DE", "vacuum sintering furnace@US", "wire saw@JP")


def build() -> Sheet:
    """Record the chain."""
    sheet = Sheet("MPT-2026")
    mine_and_separate(sheet)
    sheet.move("NDPR", METAL, "US>US", "2026-03-16T08:00:00-07:00", "2026-03-19T15:00:00-05:00", drift="0.0002")
    sheet.transform(
        "2026-04-03T16:00:00-05:00",
        METAL,
        "metal_reduce",
        ["NDPR"],
        [
            Out("NDPR-METAL", "metal-ndpr", {"*": "0.955"}, grade="99.5", oxide=False),
            Out("NDPR-SLAG", "residue-electrolysis-salt", LEFT, grade="41"),
        ],
        equipment="electrolysis cell@US",
    )
    known = "mine=US;beneficiate=US;metal_reduce=US"
    sheet.declare(
        "2026-04-06T09:00:00-05:00",
        METAL,
        New("IRON", "iron", "3800 kg", magnets.IRON),
        country=known,
        note="Minnesota ore; mill certificate EX-FE-88 (fictional)",
    )
    sheet.declare(
        "2026-04-06T09:30:00-05:00",
        METAL,
        New("FEB", "ferroboron", "310 kg", magnets.FERROBORON),
        country=known,
        note="California borates; mill certificate EX-FEB-12 (fictional)",
    )
    charge = {"NDPR-METAL": "1640 kg", "IRON": "3500 kg", "FEB": "290 kg"}
    magnets.melt(sheet, "2026-04-17T16:00:00-05:00", METAL, charge, equipment="strip caster@JP")
    sheet.assay("FLAKE", "2026-04-22T10:00:00-05:00", factor="0.9993")
    sheet.move("FLAKE", MAGNET, "US>US", "2026-04-27T08:00:00-05:00", "2026-04-27T10:00:00-05:00", drift="-0.0001")
    magnets.form_blocks(
        sheet, PLANT, "2026-05-08T16:00:00-05:00", "2026-05-11T16:00:00-05:00", "2026-05-15T16:00:00-05:00"
    )
    magnets.machine(sheet, PLANT, "2026-05-29T16:00:00-05:00")
    magnets.finish(sheet, PLANT, "2026-06-09T16:00:00-05:00", "2026-06-12T16:00:00-05:00")
    sheet.assay("MAGNET", "2026-06-17T10:00:00-05:00", factor="1.0003")
    sheet.attest(
        "MAGNET",
        "2026-07-01T12:00:00-05:00",
        scheme="chain of custody audit (example)",
        result="conforms",
        valid_from="2026-07-01",
        valid_until="2027-06-30",
    )
    return sheet


def mine_and_separate(sheet: Sheet) -> None:
    """Mine, concentrate, leach and separate at Mountain Pass."""
    sheet.extract(
        "2026-01-12T07:00:00-08:00",
        MINE,
        New("ORE", "ore", "300 t", pattern("mountain-pass", "7.5")),
        deposit="mountain-pass",
        mineral="bastnaesite",
        country="US",
        note="Dry tonnes",
    )
    sheet.transform(
        "2026-01-16T17:00:00-08:00",
        MINE,
        "beneficiate",
        ["ORE"],
        [
            Out("CONC", "concentrate-bastnaesite", {"*": "0.68"}, grade="60"),
            Out("TAILINGS", "residue-tailings", LEFT, mass="rest"),
        ],
        note="Flotation; dry tonnes",
    )
    sheet.dispose("TAILINGS", "2026-01-19T17:00:00-08:00", "waste", "Filtered tailings to the lined facility")
    sheet.move("CONC", SEPARATION, "US>US", "2026-01-20T08:00:00-08:00", "2026-01-20T09:00:00-08:00", drift="0.0007")
    sheet.transform(
        "2026-02-06T17:00:00-08:00",
        SEPARATION,
        "crack_leach",
        ["CONC"],
        [
            Out("CHLORIDE", "mixed-chloride", {"*": "0.905"}, grade="42"),
            Out("LEACHED", "residue-leach", LEFT, grade="12"),
        ],
        equipment="rotary kiln@US",
        note="Roast, then leach with hydrochloric acid",
    )
    sheet.transform(
        "2026-03-06T17:00:00-08:00",
        SEPARATION,
        "separate",
        ["CHLORIDE"],
        [
            Out("NDPR", "oxide-ndpr", {"Nd Pr": "0.965"}, grade="99.5"),
            Out("LACE", "carbonate-lace", {"La Ce": "0.955"}, grade="60"),
            Out("SEG", "carbonate-seg", {"Sm": "0.95"}, grade="57"),
            Out("RAFFINATE", "residue-raffinate", LEFT, grade="2"),
        ],
        equipment="mixer-settlers@US",
    )
    sheet.assay("NDPR", "2026-03-11T10:00:00-07:00", note="Certificate EX-26-0052 (fictional)")


CHAIN = Chain(
    id="c",
    slug="mountain-pass-texas",
    title="Mountain Pass to Texas magnets, every origin known",
    summary=(
        "Mined, separated, reduced, alloyed and sintered in the United States, without dysprosium. "
        "Iron and ferroboron are declared with a country for every stage that their forms imply. "
        "No country is unknown, so China must come out as absent and not merely as not found."
    ),
    asked_lot="MPT-2026-MAGNET",
    public=(
        "Rare-earth pattern of the ore: deposits_reo.csv row mountain-pass (SEC 10-K FY2021, confidence high).",
        (
            "Sites, operator, regions and positions: facilities.csv rows us-mountain-pass-mine, us-mountain-pass-sep, "
            "us-fort-worth-metal, us-fort-worth-magnet."
        ),
        "Concentrate of about 60 % TREO: DOMAIN.md 2.1.",
    ),
    assumed=(
        *FICTION,
        "facilities.csv lists only separate for us-mountain-pass-sep: crack_leach is added, as ore is leached there.",
        "Origins of iron and ferroboron (US for mine, beneficiate and metal_reduce) are assumed declarations.",
        "Countries of equipment are assumed.",
        "example-lab and example-auditor are fictional.",
    ),
    build=build,
)
