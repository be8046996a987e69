"""Chain g: gallium from Western Australian bauxite, refined to 7N, sold to Japan and the United States."""

from __future__ import annotations

from cli.chains.builder import LEFT, New, Out, Sheet
from cli.chains.chain import FICTION, Chain
from cli.chains.tables import percents

WAGERUP, JAPAN, ARIZONA = "au-wagerup-gallium", "example-jp-gallium-works", "example-us-gallium-works"
FULL = 9  # digits: every ppb counts in a 7N metal


def build() -> Sheet:
    """Record the chain."""
    sheet = Sheet("GAL-2026")
    recover_gallium(sheet)
    refine(sheet)
    return sheet


def recover_gallium(sheet: Sheet) -> None:
    """Digest bauxite, take gallium out of the liquor and electrowin it to 4N."""
    sheet.extract(
        "2026-02-02T07:00:00+08:00",
        WAGERUP,
        New("BAUXITE", "ore-bauxite", "20000 t", percents(Al="16.4", Fe="12.5", Cu="0.002", Ga="0.0052")),
        deposit="darling-range",
        mineral="bauxite",
        country="AU",
        note="Dry tonnes",
    )
    sheet.transform(
        "2026-02-16T18:00:00+08:00",
        WAGERUP,
        "crack_leach",
        ["BAUXITE"],
        [
            Out(
                "LIQUOR",
                "leach-liquor-bayer",
                {"Ga": "0.71", "Al": "0.92", "Fe": "0.0003", "Cu": "0.02"},
                mass="62000 t",
            ),
            Out(
                "RED-MUD",
                "residue-red-mud",
                LEFT,
                mass="13500 t",
            ),
        ],
        note="Bayer digestion; the liquor's mass includes circulating caustic soda",
    )
    sheet.dispose("RED-MUD", "2026-02-20T12:00:00+08:00", "waste", "To the residue storage area")
    sheet.transform(
        "2026-03-13T18:00:00+08:00",
        WAGERUP,
        "separate",
        ["LIQUOR"],
        [
            Out(
                "ELUATE",
                "leach-liquor-gallium",
                {"Ga": "0.93", "Al": "0.00002", "Fe": "0.0005", "Cu": "0.01"},
                mass="9000 kg",
            ),
            Out(
                "HYDRATE",
                "oxide-alumina-hydrate",
                {"Ga": "0.015", "Al": "0.958", "Fe": "0.2", "Cu": "0.2"},
                mass="8700 t",
            ),
            Out(
                "SPENT",
                "residue-spent-liquor",
                LEFT,
                mass="53000 t",
            ),
        ],
        equipment="ion-exchange columns@JP",
        technology="chelating resin@JP",
        note="Loop closed over one month",
    )
    sheet.transform(
        "2026-03-27T18:00:00+08:00",
        WAGERUP,
        "metal_reduce",
        ["ELUATE"],
        [
            Out(
                "GA-4N",
                "metal-gallium-4n",
                {"Ga": "0.955", "Al": "0.0003", "Fe": "0.018", "Cu": "0.055"},
                grade="100",
                oxide=False,
                digits=FULL,
            ),
            Out("SPENT-ELUATE", "residue-spent-electrolyte", LEFT, mass="8000 kg"),
        ],
        equipment="electrowinning cell@AU",
    )
    sheet.assay("GA-4N", "2026-04-02T10:00:00+08:00", factor="1", note="4N: certificate EX-26-0077 (fictional)")


def refine(sheet: Sheet) -> None:
    """Refine to 6N, a part of it to 7N, and ship both."""
    sheet.transform(
        "2026-04-24T18:00:00+08:00",
        WAGERUP,
        "separate",
        ["GA-4N"],
        [
            Out(
                "GA-6N",
                "metal-gallium-6n",
                {"Ga": "0.95", "Al": "0.007", "Fe": "0.006", "Cu": "0.009"},
                grade="100",
                oxide=False,
                digits=FULL,
            ),
            Out("MELT-1", "residue-impure-gallium", LEFT, grade="100", oxide=False),
        ],
        equipment="fractional crystalliser@JP",
        note="Fractional crystallisation",
    )
    sheet.transform(
        "2026-04-27T10:00:00+08:00",
        WAGERUP,
        "split",
        ["GA-6N"],
        [Out("GA-6N-US", "metal-gallium-6n", mass="240 kg"), Out("GA-6N-FEED", "metal-gallium-6n", mass="rest")],
    )
    sheet.transform(
        "2026-05-15T18:00:00+08:00",
        WAGERUP,
        "separate",
        ["GA-6N-FEED"],
        [
            Out(
                "GA-7N",
                "metal-gallium-7n",
                {"Ga": "0.94", "Al": "0.12", "Fe": "0.10", "Cu": "0.09"},
                grade="100",
                oxide=False,
                digits=FULL,
            ),
            Out(
                "MELT-2",
                "residue-impure-gallium",
                LEFT,
                grade="100",
                oxide=False,
                digits=FULL,
            ),
        ],
        equipment="crystal puller@DE",
        note="Single-crystal pulling, repeated",
    )
    sheet.assay("GA-7N", "2026-05-22T10:00:00+08:00", factor="1", note="Glow-discharge mass spectrometry (fictional)")
    sheet.move(
        "GA-6N-US", ARIZONA, "AU>SG>US", "2026-05-06T09:00:00+08:00", "2026-05-13T14:00:00-07:00", drift="0.0001"
    )
    sheet.move("GA-7N", JAPAN, "AU>JP", "2026-06-01T09:00:00+08:00", "2026-06-04T15:00:00+09:00", drift="-0.0001")


CHAIN = Chain(
    id="g",
    slug="gallium-western-australia",
    title="Gallium from Western Australian bauxite, 4N to 7N",
    summary=(
        "Gallium is taken from Bayer liquor at Wagerup, electrowon to 4N and refined there to 6N and 7N. "
        "It goes to Japan and the United States by air. "
        "The ledger is not limited to rare earths: the same balance and the same trace answer for gallium, to the ppb."
    ),
    asked_lot="GAL-2026-GA-7N",
    public=(
        (
            "The project: Alcoa's statements of August and October 2025 (a plant beside the Wagerup refinery, about "
            "100 t a year, operated by Alcoa, with Sojitz, JOGMEC and the Australian and United States governments)."
        ),
        "Alcoa of Australia is wholly owned by Alcoa Corporation: Alcoa's statement of August 2025.",
        "Bauxite holds 20-80 ppm gallium; about 70 % of it dissolves with the alumina: text of a resin maker.",
    ),
    assumed=(
        *FICTION,
        "au-wagerup-gallium and alcoa-of-australia are real, not in facilities.csv; position and stages are assumed.",
        "deposits_reo.csv has no bauxite: darling-range and its composition are assumed.",
        "That the plant ran in 2026 and refines past 4N is assumed; the joint venture's shares are not public.",
        (
            "example-jp-gallium-buyer with example-jp-gallium-works, and example-us-gallium-buyer with "
            "example-us-gallium-works, are fictional."
        ),
        (
            "Refining is recorded as stage separate, electrowinning as metal_reduce; "
            "the bands of stage_yields.csv are for rare earths."
        ),
        "Countries of equipment and technology are assumed.",
        "example-lab is fictional.",
    ),
    build=build,
)
