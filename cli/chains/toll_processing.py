"""Chain d: Australian ore processed in China for a fee and taken back."""

from __future__ import annotations

from cli.chains import magnets
from cli.chains.builder import LEFT, New, Out, Sheet
from cli.chains.chain import FICTION, Chain
from cli.chains.tables import pattern

LYNAS, TAKEFU = "au-mt-weld", "jp-shinetsu-takefu"
CRACK, SEPARATION, METAL = "cn-baotou-crack", "cn-huamei", "cn-baotou-ruixin"
PLANT = magnets.Plant(
    TAKEFU, "0.68", "0.313", "jet mill@JP", "vacuum sintering furnace@JP", "wire saw@JP;surface grinder@JP"
)
TOLLING = "Toll processing for a fee: title stays with lynas-rare-earths"


def build() -> Sheet:
    """Record the chain."""
    sheet = Sheet("TOL-2025")
    sheet.extract(
        "2025-03-03T08:00:00+08:00",
        LYNAS,
        New("ORE", "ore", "400 t", pattern("mt-weld-cld", "8.8")),
        deposit="mt-weld-cld",
        mineral="monazite",
        country="AU",
        note="Dry tonnes",
    )
    sheet.transform(
        "2025-03-12T18:00:00+08:00",
        LYNAS,
        "beneficiate",
        ["ORE"],
        [
            Out("CONC", "concentrate-monazite", {"*": "0.69"}, grade="39.5"),
            Out("TAILINGS", "residue-tailings", LEFT, mass="rest"),
        ],
        note="Flotation; dry tonnes",
    )
    sheet.move(
        "CONC",
        CRACK,
        "AU>CN",
        "2025-03-20T06:00:00+08:00",
        "2025-04-18T15:00:00+08:00",
        drift="-0.0021",
        note=f"{TOLLING}; Fremantle to Tianjin, then rail",
    )
    process_in_china(sheet)
    sheet.move(
        "NDPR-METAL",
        TAKEFU,
        "CN>JP",
        "2025-08-11T09:00:00+08:00",
        "2025-08-22T10:00:00+09:00",
        drift="0.0003",
        note="Bought back: the owner of the ore sells its own metal to the magnet maker; it never sold the ore",
    )
    make_magnets(sheet)
    return sheet


def process_in_china(sheet: Sheet) -> None:
    """Crack, separate and reduce at three sites in Baotou."""
    sheet.transform(
        "2025-05-14T18:00:00+08:00",
        CRACK,
        "crack_leach",
        ["CONC"],
        [
            Out("MREC", "mixed-carbonate", {"*": "0.92"}, grade="54.5"),
            Out("LEACHED", "residue-leach", LEFT, grade="4"),
        ],
        equipment="rotary kiln@CN",
        technology="sulfation roasting@CN",
        note=TOLLING,
    )
    sheet.move(
        "MREC",
        SEPARATION,
        "CN>CN",
        "2025-05-16T08:00:00+08:00",
        "2025-05-16T12:00:00+08:00",
        drift="0.0009",
        note=TOLLING,
    )
    sheet.transform(
        "2025-07-02T18:00:00+08:00",
        SEPARATION,
        "separate",
        ["MREC"],
        [
            Out("NDPR", "oxide-ndpr", {"Nd Pr": "0.97"}, grade="99.4"),
            Out("LACE", "carbonate-lace", {"La Ce": "0.96"}, grade="60"),
            Out("SEG", "carbonate-seg", {"Sm Eu Gd Tb Dy Y": "0.95"}, grade="58"),
            Out("RAFFINATE", "residue-raffinate", LEFT, grade="2"),
        ],
        equipment="mixer-settlers@CN",
        technology="solvent extraction@CN",
        note=TOLLING,
    )
    sheet.move(
        "NDPR", METAL, "CN>CN", "2025-07-07T08:00:00+08:00", "2025-07-07T11:00:00+08:00", drift="-0.0002", note=TOLLING
    )
    sheet.transform(
        "2025-07-25T18:00:00+08:00",
        METAL,
        "metal_reduce",
        ["NDPR"],
        [
            Out("NDPR-METAL", "metal-ndpr", {"*": "0.96"}, grade="99.5", oxide=False),
            Out("NDPR-SLAG", "residue-electrolysis-salt", LEFT, grade="40"),
        ],
        equipment="electrolysis cell@CN",
        technology="fluoride electrolysis@CN",
        note=TOLLING,
    )
    sheet.assay("NDPR-METAL", "2025-07-30T10:00:00+08:00", factor="0.9995", note="Certificate EX-25-0203 (fictional)")


def make_magnets(sheet: Sheet) -> None:
    """Alloy and sinter in Japan; the ferroboron's origin is not known."""
    sheet.declare(
        "2025-08-25T09:00:00+09:00",
        TAKEFU,
        New("IRON", "iron", "9500 kg", magnets.IRON),
        country="mine=AU;beneficiate=AU;metal_reduce=JP",
    )
    sheet.declare(
        "2025-08-25T09:30:00+09:00",
        TAKEFU,
        New("FEB", "ferroboron", "750 kg", magnets.FERROBORON),
        note="Bought from stock; the supplier does not say where it was made",
    )
    charge = {"NDPR-METAL": "4050 kg", "IRON": "8600 kg", "FEB": "715 kg"}
    magnets.melt(sheet, "2025-09-05T17:00:00+09:00", TAKEFU, charge, equipment="strip caster@JP")
    magnets.form_blocks(
        sheet, PLANT, "2025-09-16T17:00:00+09:00", "2025-09-18T17:00:00+09:00", "2025-09-24T17:00:00+09:00"
    )
    magnets.machine(sheet, PLANT, "2025-10-06T17:00:00+09:00")
    magnets.finish(sheet, PLANT, "2025-10-16T17:00:00+09:00", "2025-10-20T17:00:00+09:00")
    sheet.assay("MAGNET", "2025-10-24T10:00:00+09:00", factor="1.0005")


CHAIN = Chain(
    id="d",
    slug="toll-processing",
    title="Australian ore, processed in China for a fee and bought back",
    summary=(
        "Mt Weld concentrate is cracked, separated and reduced in Baotou, and the metal becomes magnets in Japan. "
        "Title never passes, so invoices show only Australia and Japan. "
        "By mine the neodymium is Australian, by separation and metal Chinese; customs would call the magnet Japanese."
    ),
    asked_lot="TOL-2025-MAGNET",
    public=(
        "Rare-earth pattern of the ore: deposits_reo.csv row mt-weld-cld (confidence medium).",
        (
            "Sites, operators, regions and positions: facilities.csv rows au-mt-weld, cn-baotou-crack, cn-huamei, "
            "cn-baotou-ruixin, jp-shinetsu-takefu."
        ),
        "The case itself: scenarios.csv rows T01 and T02, and pattern L04 of DOMAIN.md.",
    ),
    assumed=(
        *FICTION,
        "The toll contract is invented; nothing says that Mt Weld concentrate went to Baotou in 2025.",
        (
            "facilities.csv names separation, metal and magnets at jp-shinetsu-takefu but lists only separate; "
            "metal_reduce, alloy_melt, powder, press, sinter, machine, gbd, coat and magnetize are added."
        ),
        "Origin of iron (AU ore, JP metal) is an assumed declaration; the ferroboron is of unknown origin on purpose.",
        "Countries of equipment and technology are assumed.",
        "example-lab is fictional.",
    ),
    build=build,
)
