"""Chain e: a reserve blended from four countries and one unknown, then split."""

from __future__ import annotations

from cli.chains.builder import LEFT, New, Out, Sheet
from cli.chains.chain import FICTION, Chain
from cli.chains.tables import pattern

DONG_PAO, KACHIN = "vn-dong-pao", "mm-kachin-pangwa"
BANGKOK, RESERVE, TAKEFU = "example-th-warehouse", "example-reserve-store", "jp-shinetsu-takefu"


def build() -> Sheet:
    """Record the chain."""
    sheet = Sheet("RES-2026")
    vietnam(sheet)
    peninsula(sheet)
    myanmar(sheet)
    blend_and_split(sheet)
    return sheet


def vietnam(sheet: Sheet) -> None:
    """Mine and concentrate at Dong Pao, ship to the reserve and crack there."""
    sheet.extract(
        "2026-01-15T08:00:00+07:00",
        DONG_PAO,
        New("VN-ORE", "ore", "150 t", pattern("maoniuping", "5")),
        deposit="dong-pao",
        mineral="bastnaesite",
        country="VN",
        note="Dry tonnes",
    )
    sheet.transform(
        "2026-01-27T17:00:00+07:00",
        DONG_PAO,
        "beneficiate",
        ["VN-ORE"],
        [
            Out("VN-CONC", "concentrate-bastnaesite", {"*": "0.66"}, grade="50"),
            Out("VN-TAILINGS", "residue-tailings", LEFT, mass="rest"),
        ],
    )
    sheet.move("VN-CONC", RESERVE, "VN>MY", "2026-02-02T08:00:00+07:00", "2026-02-16T11:00:00+08:00", drift="0.0006")
    sheet.transform(
        "2026-03-03T17:00:00+08:00",
        RESERVE,
        "crack_leach",
        ["VN-CONC"],
        [
            Out("VN-MREC", "mixed-carbonate", {"*": "0.90"}, grade="52"),
            Out("VN-LEACHED", "residue-leach", LEFT, grade="9"),
        ],
        equipment="rotary kiln@CN",
    )


def peninsula(sheet: Sheet) -> None:
    """Buy xenotime from Malaysia and monazite from Thailand, both by-products of tin, and crack them together."""
    sheet.declare(
        "2026-02-09T09:00:00+08:00",
        RESERVE,
        New("MY-XENOTIME", "concentrate-xenotime", "3000 kg", pattern("lahat", "48")),
        country="mine=MY;beneficiate=MY",
        note="Tin by-product of Perak; deposit row lahat",
    )
    sheet.declare(
        "2026-02-11T09:00:00+08:00",
        RESERVE,
        New("TH-MONAZITE", "concentrate-monazite", "5000 kg", pattern("manavalakurichi", "54")),
        country="mine=TH",
        note="Tin by-product; the seller states the mine's country and not the dressing plant's",
    )
    sheet.transform(
        "2026-03-12T17:00:00+08:00",
        RESERVE,
        "crack_leach",
        ["MY-XENOTIME", "TH-MONAZITE"],
        [
            Out("TIN-MREC", "mixed-carbonate", {"*": "0.94"}, grade="53"),
            Out("TIN-LEACHED", "residue-leach", LEFT, grade="6"),
        ],
        note="Caustic cracking",
    )
    sheet.dispose("TIN-LEACHED", "2026-03-20T12:00:00+08:00", "waste", "Radioactive leach residue to a licensed store")


def myanmar(sheet: Sheet) -> None:
    """Leach ion clay in Kachin and carry it through Yunnan; buy a further lot whose origin nobody states."""
    sheet.extract(
        "2026-01-10T08:00:00+06:30",
        KACHIN,
        New("MM-CLAY", "ore-ion-clay", "6000 t", pattern("kachin", "0.08")),
        deposit="kachin",
        mineral="ion-adsorption clay",
        country="MM",
    )
    sheet.transform(
        "2026-02-04T17:00:00+06:30",
        KACHIN,
        "crack_leach",
        ["MM-CLAY"],
        [
            Out("MM-MREC", "mixed-carbonate", {"*": "0.78"}, grade="56"),
            Out("MM-SPENT", "residue-spent-clay", LEFT, mass="5990 t"),
        ],
        note="In-situ leach with ammonium sulfate",
    )
    sheet.move(
        "MM-MREC",
        RESERVE,
        "MM>CN>VN>MY",
        "2026-02-10T08:00:00+06:30",
        "2026-03-18T10:00:00+08:00",
        drift="-0.0008",
        note="By road through Yunnan in transit, then from Haiphong by sea",
    )
    sheet.declare(
        "2026-02-20T09:00:00+07:00",
        BANGKOK,
        New("UNKNOWN-MREC", "mixed-carbonate", "4200 kg", pattern("xinfeng", "50")),
        note="Bought at auction; the seller names no mine, no leaching plant and no country",
    )
    sheet.move(
        "UNKNOWN-MREC", RESERVE, "TH>MY", "2026-03-02T08:00:00+07:00", "2026-03-09T10:00:00+08:00", drift="0.0004"
    )


def blend_and_split(sheet: Sheet) -> None:
    """Blend in two steps, split, ship one part to Japan."""
    sheet.transform(
        "2026-03-25T12:00:00+08:00",
        RESERVE,
        "blend",
        ["VN-MREC", "TIN-MREC"],
        [Out("BLEND-1", "mixed-carbonate", share="1")],
    )
    sheet.assay("BLEND-1", "2026-03-30T10:00:00+08:00", factor="1.0005")
    sheet.transform(
        "2026-04-08T12:00:00+08:00",
        RESERVE,
        "blend",
        [("BLEND-1", "9000 kg"), "MM-MREC", "UNKNOWN-MREC"],
        [Out("BLEND-2", "mixed-carbonate", share="1")],
    )
    sheet.assay("BLEND-2", "2026-04-14T10:00:00+08:00", factor="0.9994", note="Certificate EX-26-0091 (fictional)")
    sheet.transform(
        "2026-05-04T12:00:00+08:00",
        RESERVE,
        "split",
        ["BLEND-2"],
        [
            Out("PART-A", "mixed-carbonate", mass="8000 kg"),
            Out("PART-B", "mixed-carbonate", mass="5000 kg"),
            Out("PART-C", "mixed-carbonate", mass="rest"),
        ],
        note="Part A is released; parts B and C stay in the reserve",
    )
    sheet.move("PART-A", TAKEFU, "MY>JP", "2026-05-18T09:00:00+08:00", "2026-06-04T10:00:00+09:00", drift="-0.0003")


CHAIN = Chain(
    id="e",
    slug="asian-reserve",
    title="A South-East Asian reserve with a part of unknown origin",
    summary=(
        "Carbonates from Vietnam, Malaysia, Thailand and Myanmar are blended with a lot that nobody traces. "
        "Every part of the blend carries all origins in proportion, whatever its label says. "
        "China cannot be excluded for the unknown part, and the Kachin part crossed Yunnan in transit."
    ),
    asked_lot="RES-2026-PART-A",
    public=(
        (
            "Patterns: deposits_reo.csv rows kachin (a proxy, confidence low), lahat, xinfeng, manavalakurichi and "
            "maoniuping (medium)."
        ),
        (
            "Sites, operators, regions and positions: facilities.csv rows vn-dong-pao (planned, confidence low), "
            "mm-kachin-pangwa, jp-shinetsu-takefu."
        ),
        "Kachin's weight in the trade: DOMAIN.md 2.6.",
    ),
    assumed=(
        *FICTION,
        (
            "deposits_reo.csv has no row for dong-pao: the maoniuping pattern stands in for it; manavalakurichi "
            "stands in for Thai monazite and xinfeng for the unknown clay."
        ),
        "The Dong Pao mine is planned; that it worked in 2026 is assumed.",
        (
            "example-reserve with example-reserve-store and example-th-trader with example-th-warehouse are fictional, "
            "and so is the 30 % Chinese holding in the trader."
        ),
        "facilities.csv lists no leaching for mm-kachin-pangwa: crack_leach is added, as ion clay is leached in place.",
        (
            "facilities.csv lists only separate for jp-shinetsu-takefu: metal_reduce, alloy_melt, powder, press, "
            "sinter, machine, gbd, coat and magnetize are added for the other chains."
        ),
        "The road through Yunnan and the kiln's country are assumed.",
        "example-lab is fictional.",
    ),
    build=build,
)
