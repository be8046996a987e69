"""Chain b: Eneabba monazite to Ohio magnets through Saskatoon."""

from __future__ import annotations

from cli.chains import magnets
from cli.chains.builder import LEFT, New, Out, Sheet
from cli.chains.chain import FICTION, Chain
from cli.chains.tables import pattern

ENEABBA, SRC, OHIO = "au-eneabba-stockpile", "ca-src-saskatoon", "example-ohio-magnet-works"
PLANT = magnets.Plant(OHIO, "0.66", "0.333", "jet mill@DE", "vacuum sintering furnace@DE", "multi-wire saw@CN")


def build() -> Sheet:
    """Record the chain."""
    sheet = Sheet("ENB-2025")
    mine_and_separate(sheet)
    reduce_metals(sheet)
    make_magnets(sheet)
    return sheet


def mine_and_separate(sheet: Sheet) -> None:
    """Reclaim the stockpile, upgrade it, crack and separate it in Saskatoon."""
    sheet.extract(
        "2025-02-03T08:00:00+08:00",
        ENEABBA,
        New("ORE", "ore", "120 t", pattern("eneabba", "12", {"Th": "0.97"})),
        deposit="eneabba",
        mineral="monazite",
        country="AU",
        note="Reclaimed from the stockpile; dry tonnes",
    )
    sheet.transform(
        "2025-02-14T17:00:00+08:00",
        ENEABBA,
        "beneficiate",
        ["ORE"],
        [
            Out("CONC", "concentrate-monazite", {"*": "0.72"}, grade="58"),
            Out("SAND", "residue-sand", LEFT, mass="rest"),
        ],
        note="Gravity, magnetic and electrostatic separation",
    )
    sheet.assay("CONC", "2025-02-20T10:00:00+08:00", factor="0.9985", note="Certificate EX-25-0031 (fictional)")
    sheet.move(
        "CONC",
        SRC,
        "AU>SG>CA",
        "2025-03-03T09:00:00+08:00",
        "2025-04-24T10:00:00-06:00",
        drift="-0.0013",
        note="Class 7 containers: Fremantle, Singapore, Vancouver, then rail",
    )
    sheet.transform(
        "2025-05-30T17:00:00-06:00",
        SRC,
        "crack_leach",
        ["CONC"],
        [
            Out("MREC", "mixed-carbonate", {"Th": "0.0004", "*": "0.935"}, grade="52"),
            Out("THORIUM", "residue-thorium", LEFT, grade="30"),
        ],
        equipment="digestion vessel@CA",
        note="Caustic cracking",
    )
    sheet.dispose("THORIUM", "2025-06-20T12:00:00-06:00", "waste", "Thorium residue to a licensed store")
    sheet.transform(
        "2025-08-15T17:00:00-06:00",
        SRC,
        "separate",
        ["MREC"],
        [
            Out("NDPR", "oxide-ndpr", {"Nd Pr": "0.965"}, grade="99.5"),
            Out("DY", "oxide-dy", {"Dy": "0.945"}, grade="99.5"),
            Out("LACE", "carbonate-lace", {"La Ce": "0.955"}, grade="60"),
            Out("SEGY", "carbonate-segy", {"Sm Eu Gd Tb Ho Er Yb Lu Y": "0.94"}, grade="57"),
            Out("RAFFINATE", "residue-raffinate", LEFT, grade="2"),
        ],
        equipment="mixer-settlers@CA",
        technology="automated solvent extraction@CA",
    )


def reduce_metals(sheet: Sheet) -> None:
    """Reduce both oxides in Saskatoon and send the metals to Ohio."""
    sheet.transform(
        "2025-09-12T17:00:00-06:00",
        SRC,
        "metal_reduce",
        ["NDPR"],
        [
            Out("NDPR-METAL", "metal-ndpr", {"*": "0.945"}, grade="99.4", oxide=False),
            Out("NDPR-SLAG", "residue-electrolysis-salt", LEFT, grade="40"),
        ],
        equipment="electrolysis cell@CA",
    )
    sheet.transform(
        "2025-09-05T17:00:00-06:00",
        SRC,
        "oxide_to_halide",
        ["DY"],
        [
            Out("DY-FLUORIDE", "fluoride-dy", {"*": "0.985"}, grade="73.5", oxide=False),
            Out("DY-FILTRATE", "residue-filtrate", LEFT, grade="8"),
        ],
    )
    sheet.transform(
        "2025-09-19T17:00:00-06:00",
        SRC,
        "metal_reduce",
        ["DY-FLUORIDE"],
        [
            Out("DY-METAL", "metal-dy", {"*": "0.92"}, grade="99.2", oxide=False),
            Out("DY-SLAG", "residue-calcium-slag", LEFT, grade="7"),
        ],
        equipment="induction furnace@US",
    )
    route = ("CA>US", "2025-10-06T08:00:00-06:00", "2025-10-10T13:00:00-04:00")
    sheet.move("NDPR-METAL", OHIO, *route, drift="0.0005")
    sheet.move("DY-METAL", OHIO, *route, drift="-0.0002")


def make_magnets(sheet: Sheet) -> None:
    """Melt, mill, sinter and cut in Ohio; a part of the dysprosium enters by grain-boundary diffusion."""
    sheet.declare(
        "2025-10-13T09:00:00-04:00",
        OHIO,
        New("IRON", "iron", "3600 kg", magnets.IRON),
        country="mine=US;beneficiate=US;metal_reduce=US",
    )
    sheet.declare(
        "2025-10-13T09:30:00-04:00",
        OHIO,
        New("FEB", "ferroboron", "300 kg", magnets.FERROBORON),
        country="mine=US;beneficiate=US;metal_reduce=US",
    )
    charge = {"NDPR-METAL": "1540 kg", "DY-METAL": "26 kg", "IRON": "3450 kg", "FEB": "285 kg"}
    magnets.melt(sheet, "2025-10-24T16:00:00-04:00", OHIO, charge, equipment="strip caster@JP")
    sheet.assay("FLAKE", "2025-10-29T10:00:00-04:00", factor="1.0008")
    magnets.form_blocks(
        sheet, PLANT, "2025-11-10T16:00:00-05:00", "2025-11-12T16:00:00-05:00", "2025-11-17T16:00:00-05:00"
    )
    magnets.machine(sheet, PLANT, "2025-12-05T16:00:00-05:00")
    sheet.transform(
        "2025-12-15T16:00:00-05:00",
        OHIO,
        "gbd",
        ["BLANK", ("DY-METAL", "10 kg")],
        [Out("DIFFUSED", "block-diffused", share="0.999", oxide=False)],
        equipment="vapour diffusion furnace@US",
        note="0.3 % dysprosium by mass",
    )
    magnets.finish(sheet, PLANT, "2026-01-12T16:00:00-05:00", "2026-01-16T16:00:00-05:00", blank="DIFFUSED")
    sheet.assay("MAGNET", "2026-01-21T10:00:00-05:00", factor="0.9992")


CHAIN = Chain(
    id="b",
    slug="australia-canada-ohio",
    title="Eneabba monazite to Ohio magnets through Saskatoon",
    summary=(
        "Australian monazite is cracked, separated and reduced in Canada and becomes magnets in Ohio. "
        "Neodymium and dysprosium both come from the same ore, and no material comes from or passes through China. "
        "One Chinese saw at the magnet maker shows that equipment is a question of its own."
    ),
    asked_lot="ENB-2025-MAGNET",
    public=(
        "Rare-earth pattern of the ore: deposits_reo.csv row eneabba (a proxy, confidence low as Eneabba).",
        "Sites, operators, regions and positions: facilities.csv rows au-eneabba-stockpile and ca-src-saskatoon.",
        "That Saskatoon cracks monazite, separates and makes metal: public pages of the Saskatchewan Research Council.",
    ),
    assumed=(
        *FICTION,
        "facilities.csv lists only separate for ca-src-saskatoon: crack_leach, oxide_to_halide and metal_reduce added.",
        "The Saskatoon plant was in commissioning; that it ran in 2025 is assumed, and so is a supply from Eneabba.",
        "example-ohio-magnets and example-ohio-magnet-works are fictional: facilities.csv has no site in Ohio.",
        "Thorium content of the ore is assumed; uranium is left out.",
        "Origins of iron and ferroboron (US) are assumed declarations; countries of equipment are assumed.",
        "example-lab is fictional.",
    ),
    build=build,
)
