"""Chain a: Mt Weld to Japanese magnets through Malaysia, with dysprosium separated in China."""

from __future__ import annotations

from cli.chains import magnets
from cli.chains.builder import LEFT, New, Out, Sheet
from cli.chains.chain import FICTION, Chain
from cli.chains.tables import pattern

LYNAS, KALGOORLIE, LAMP = "au-mt-weld", "au-kalgoorlie", "my-lamp-sep"
GANZHOU, SANTOKU, KUMAGAYA = "cn-ganzhou-sep", "jp-santoku", "jp-proterial-kumagaya"
PLANT = magnets.Plant(
    KUMAGAYA, "0.70", "0.293", "jet mill@DE", "vacuum sintering furnace@JP", "wire saw@JP;surface grinder@JP"
)


def build() -> Sheet:
    """Record the chain."""
    sheet = Sheet("MTW-2025")
    neodymium(sheet)
    dysprosium(sheet)
    alloy(sheet)
    magnets.form_blocks(
        sheet, PLANT, "2025-09-01T08:00:00+09:00", "2025-09-03T08:30:00+09:00", "2025-09-08T17:00:00+09:00"
    )
    magnets.machine(sheet, PLANT, "2025-09-22T17:00:00+09:00")
    magnets.finish(sheet, PLANT, "2025-10-01T15:00:00+09:00", "2025-10-06T15:00:00+09:00")
    sheet.assay("MAGNET", "2025-10-09T10:00:00+09:00", factor="0.9994")
    sheet.attest(
        "MAGNET",
        "2025-10-20T12:00:00+09:00",
        scheme="chain of custody audit (example)",
        result="conforms",
        valid_from="2025-10-20",
        valid_until="2026-10-19",
    )
    return sheet


def neodymium(sheet: Sheet) -> None:
    """Mine at Mt Weld, crack at Kalgoorlie, separate in Malaysia, reduce in Japan."""
    sheet.extract(
        "2025-01-20T08:00:00+08:00",
        LYNAS,
        New("ORE", "ore", "500 t", pattern("mt-weld-cld", "9.2")),
        deposit="mt-weld-cld",
        mineral="monazite",
        country="AU",
        note="Dry tonnes",
    )
    sheet.transform(
        "2025-01-29T18:00:00+08:00",
        LYNAS,
        "beneficiate",
        ["ORE"],
        [
            Out("CONC", "concentrate-monazite", {"*": "0.70"}, grade="40"),
            Out("TAILINGS", "residue-tailings", LEFT, mass="rest"),
        ],
        note="Flotation; dry tonnes",
    )
    sheet.dispose("TAILINGS", "2025-01-31T18:00:00+08:00", "waste", "To the tailings storage facility at Mt Weld")
    sheet.move("CONC", KALGOORLIE, "AU>AU", "2025-02-05T06:00:00+08:00", "2025-02-06T14:00:00+08:00", drift="0.0011")
    sheet.transform(
        "2025-02-26T18:00:00+08:00",
        KALGOORLIE,
        "crack_leach",
        ["CONC"],
        [
            Out("MREC", "mixed-carbonate", {"*": "0.91"}, grade="54"),
            Out("LEACHED", "residue-iron-phosphate", LEFT, grade="4.5"),
        ],
        equipment="rotary kiln@AU",
        note="Sulfation bake, water leach, carbonate precipitation",
    )
    sheet.move("MREC", LAMP, "AU>MY", "2025-03-10T09:00:00+08:00", "2025-04-02T11:00:00+08:00", drift="-0.0016")
    sheet.transform(
        "2025-05-21T18:00:00+08:00",
        LAMP,
        "separate",
        ["MREC"],
        [
            Out("NDPR", "oxide-ndpr", {"Nd Pr": "0.965"}, grade="99.5"),
            Out("LACE", "carbonate-lace", {"La Ce": "0.96"}, grade="60"),
            Out("SEG", "carbonate-seg", {"Sm Eu Gd Tb Dy Y": "0.95"}, grade="58"),
            Out("RAFFINATE", "residue-raffinate", LEFT, grade="2"),
        ],
        equipment="mixer-settlers@MY",
    )
    sheet.assay("NDPR", "2025-05-26T10:00:00+08:00", note="Certificate EX-25-0117 (fictional)")
    sheet.move("NDPR", SANTOKU, "MY>JP", "2025-06-05T09:00:00+08:00", "2025-06-20T10:00:00+09:00")
    sheet.transform(
        "2025-07-11T17:00:00+09:00",
        SANTOKU,
        "metal_reduce",
        ["NDPR"],
        [
            Out("NDPR-METAL", "metal-ndpr", {"*": "0.95"}, grade="99.5", oxide=False),
            Out("NDPR-SLAG", "residue-electrolysis-salt", LEFT, grade="42"),
        ],
        equipment="electrolysis cell@JP",
        note="Molten-salt electrolysis of the oxide",
    )


def dysprosium(sheet: Sheet) -> None:
    """Separate declared ion-clay carbonates at Ganzhou, ship the oxide to Japan, reduce it there."""
    sheet.declare(
        "2025-03-03T09:00:00+08:00",
        GANZHOU,
        New("KACHIN-MREC", "mixed-carbonate", "14 t", pattern("kachin", "55")),
        country="mine=MM;crack_leach=MM",
        note="Bought at the border; the supplier names Kachin clays (deposit row kachin)",
    )
    sheet.declare(
        "2025-03-04T09:00:00+08:00",
        GANZHOU,
        New("LONGNAN-MREC", "mixed-carbonate", "4000 kg", pattern("longnan", "55")),
        country="mine=CN;crack_leach=CN",
        note="Quota material of the Longnan clays (deposit row longnan)",
    )
    sheet.transform(
        "2025-04-16T18:00:00+08:00",
        GANZHOU,
        "separate",
        ["KACHIN-MREC", "LONGNAN-MREC"],
        [
            Out("DY", "oxide-dy", {"Dy": "0.955"}, grade="99.6"),
            Out("LIGHT", "oxide-light", {"La Ce Pr Nd Sm Eu Gd": "0.95"}, grade="99"),
            Out("HEAVY", "oxide-heavy", {"Tb Ho Er Tm Yb Lu Y": "0.94"}, grade="99"),
            Out("GANZHOU-RESIDUE", "residue-raffinate", LEFT, grade="3"),
        ],
        technology="solvent extraction@CN",
    )
    sheet.move(
        "DY",
        SANTOKU,
        "CN>JP",
        "2025-05-12T09:00:00+08:00",
        "2025-05-21T10:00:00+09:00",
        drift="0.0003",
        licence="EX-0418-77",
        note="The licence is fictional",
    )
    sheet.transform(
        "2025-06-09T17:00:00+09:00",
        SANTOKU,
        "oxide_to_halide",
        ["DY"],
        [
            Out("DY-FLUORIDE", "fluoride-dy", {"*": "0.985"}, grade="73.6", oxide=False),
            Out("DY-FILTRATE", "residue-filtrate", LEFT, grade="8"),
        ],
    )
    sheet.transform(
        "2025-06-25T17:00:00+09:00",
        SANTOKU,
        "metal_reduce",
        ["DY-FLUORIDE"],
        [
            Out("DY-METAL", "metal-dy", {"*": "0.93"}, grade="99.3", oxide=False),
            Out("DY-SLAG", "residue-calcium-slag", LEFT, grade="7"),
        ],
        equipment="induction furnace@JP",
        note="Calcium reduction of the fluoride",
    )


def alloy(sheet: Sheet) -> None:
    """Melt both with iron and ferroboron bought off the ledger, and send the flake to the magnet maker."""
    sheet.declare(
        "2025-07-14T09:00:00+09:00",
        SANTOKU,
        New("IRON", "iron", "11 t", magnets.IRON),
        country="mine=AU;beneficiate=AU;metal_reduce=JP",
        note="Electrolytic-grade iron",
    )
    sheet.declare(
        "2025-07-14T09:30:00+09:00",
        SANTOKU,
        New("FEB", "ferroboron", "900 kg", magnets.FERROBORON),
        country="mine=TR;beneficiate=TR;metal_reduce=JP",
    )
    charge = {"NDPR-METAL": "4700 kg", "DY-METAL": "310 kg", "IRON": "10200 kg", "FEB": "870 kg"}
    magnets.melt(
        sheet,
        "2025-07-25T17:00:00+09:00",
        SANTOKU,
        charge,
        equipment="strip caster@JP",
        note="29 % NdPr and 1.9 % Dy, for grade SH",
    )
    sheet.assay("FLAKE", "2025-07-30T10:00:00+09:00")
    sheet.move("FLAKE", KUMAGAYA, "JP>JP", "2025-08-18T08:00:00+09:00", "2025-08-19T13:00:00+09:00")


CHAIN = Chain(
    id="a",
    slug="australia-japan",
    title="Mt Weld to Japanese magnets, with dysprosium separated in China",
    summary=(
        "Neodymium and praseodymium are mined in Australia, separated in Malaysia and made into metal in Japan. "
        "The dysprosium was mined in Myanmar and China and separated in China. "
        "One magnet lot therefore has two answers, one per element, and no single country of origin."
    ),
    asked_lot="MTW-2025-MAGNET",
    public=(
        "Rare-earth pattern of the ore: deposits_reo.csv row mt-weld-cld (confidence medium).",
        "Patterns of the Chinese feeds: deposits_reo.csv rows kachin (a proxy, confidence low) and longnan (medium).",
        (
            "Sites, operators, regions and positions: facilities.csv rows au-mt-weld, au-kalgoorlie, my-lamp-sep, "
            "cn-ganzhou-sep, jp-santoku, jp-proterial-kumagaya."
        ),
        "Concentrate of about 40 % TREO and the grade SH alloy: DOMAIN.md 2.1 and 2.3.",
    ),
    assumed=(
        *FICTION,
        "That Ganzhou feeds Santoku, and that two thirds of its dysprosium come from Kachin, is invented.",
        "Origins of iron (AU ore, JP metal) and ferroboron (TR ore, JP alloy) are assumed declarations.",
        "Countries of equipment and technology are assumed.",
        "example-lab and example-auditor are fictional.",
    ),
    build=build,
)
