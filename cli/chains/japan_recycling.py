"""Chain f: swarf and end-of-life magnets in Japan, back to a 6N oxide."""

from __future__ import annotations

from cli.chains.builder import LEFT, New, Out, Sheet
from cli.chains.chain import FICTION, Chain
from cli.chains.tables import percents

RECYCLER, TAKEFU, OMUTA = "example-jp-recycling-plant", "jp-shinetsu-takefu", "jp-mitsui-yttrium"
KNOWN = (
    "mine=AU;beneficiate=AU;crack_leach=AU;separate=MY;oxide_to_halide=JP;metal_reduce=JP;"
    "alloy_melt=JP;powder=JP;press=JP;sinter=JP;machine=JP"
)
FULL = 9  # digits: every ppb counts in a 6N oxide


def build() -> Sheet:
    """Record the chain."""
    sheet = Sheet("RCY-2026")
    collect(sheet)
    recover_oxide(sheet)
    refine(sheet)
    return sheet


def collect(sheet: Sheet) -> None:
    """Collect swarf of known origin and rotors of unknown origin; free the rotors' magnets."""
    sheet.recover(
        "2026-01-19T09:00:00+09:00",
        RECYCLER,
        New(
            "SWARF",
            "swarf-ndfeb-sintered",
            "2400 kg",
            percents(Pr="5.55", Nd="21.8", Tb="0", Dy="0", Fe="56.4", B="0.83", Al="0.24", Cu="0.11"),
        ),
        feedstock="swarf",
        waste="pre_consumer",
        country=KNOWN,
        note="Grinding swarf of a grade without dysprosium, dried; the magnet maker states its origins",
    )
    sheet.recover(
        "2026-02-02T09:00:00+09:00",
        RECYCLER,
        New(
            "ROTORS",
            "eol-magnet-rotor",
            "8000 kg",
            percents(Pr="0.6", Nd="2.3", Tb="0.02", Dy="0.3", Fe="92.6", B="0.1", Al="0.6", Cu="0.4"),
        ),
        feedstock="eol-magnet",
        waste="post_consumer",
        note="Compressor rotors of scrapped air conditioners",
    )
    sheet.transform(
        "2026-02-20T17:00:00+09:00",
        RECYCLER,
        "dismantle",
        ["ROTORS"],
        [
            Out(
                "PULLED",
                "eol-magnet-pulled",
                {"Nd Pr Dy Tb B": "0.97", "Fe": "0.07", "Al": "0.05", "Cu": "0.02"},
                grade="98.2",
                oxide=False,
            ),
            Out("STEEL", "scrap-steel", LEFT, mass="rest", oxide=False),
        ],
        equipment="rotor press@JP",
    )
    sheet.dispose("STEEL", "2026-03-02T12:00:00+09:00", "sale", "Steel and copper scrap sold to a steel works")
    sheet.transform(
        "2026-03-09T17:00:00+09:00",
        RECYCLER,
        "hpms",
        ["PULLED"],
        [Out("POWDER", "powder-hpms", share="0.955"), Out("COATINGS", "residue-coatings", share="0.035")],
        loss=("dust", "0.005"),
        equipment="hydrogen vessel@GB",
        technology="HPMS@GB",
    )


def recover_oxide(sheet: Sheet) -> None:
    """Dissolve swarf and powder, and separate the mixed oxide."""
    sheet.transform(
        "2026-03-30T17:00:00+09:00",
        RECYCLER,
        "hydromet_recycled",
        ["SWARF", "POWDER"],
        [
            Out(
                "MIXED",
                "oxide-mixed",
                {"Nd Pr Tb Dy": "0.955", "Fe": "0.0012", "B": "0.004", "*": "0.02"},
                grade="98.5",
            ),
            Out("IRON-CAKE", "residue-iron-oxide", LEFT, mass="3300 kg"),
        ],
        note="Acid leach, oxalate precipitation, calcination",
    )
    sheet.assay("MIXED", "2026-04-06T10:00:00+09:00", factor="0.9996")
    sheet.move("MIXED", TAKEFU, "JP>JP", "2026-04-09T08:00:00+09:00", "2026-04-10T13:00:00+09:00", drift="-0.0003")
    sheet.transform(
        "2026-05-15T17:00:00+09:00",
        TAKEFU,
        "separate",
        ["MIXED"],
        [
            Out(
                "ND-3N",
                "oxide-nd",
                {"Nd": "0.962", "Pr": "0.0008", "Dy Tb": "0.0004", "Fe": "0.006", "*": "0.004"},
                grade="99.6",
            ),
            Out("PR", "oxide-pr", {"Pr": "0.955", "Nd": "0.004", "*": "0.001"}, grade="99.4"),
            Out("DYTB", "oxide-dytb", {"Dy Tb": "0.958", "Nd Pr": "0.0002", "*": "0.001"}, grade="99.3"),
            Out(
                "RAFFINATE",
                "residue-raffinate",
                LEFT,
                grade="3",
            ),
        ],
        equipment="mixer-settlers@JP",
    )
    sheet.assay("ND-3N", "2026-05-21T10:00:00+09:00", factor="1", note="3N: certificate EX-26-0140 (fictional)")


def refine(sheet: Sheet) -> None:
    """Refine the neodymium oxide to 6N and have it measured to the ppb."""
    sheet.move("ND-3N", OMUTA, "JP>JP", "2026-06-01T08:00:00+09:00", "2026-06-03T13:00:00+09:00", drift="0.0002")
    sheet.transform(
        "2026-07-10T17:00:00+09:00",
        OMUTA,
        "separate",
        ["ND-3N"],
        [
            Out(
                "ND-6N",
                "oxide-nd-6n",
                {"Nd": "0.935", "Pr": "0.0013", "Dy": "0.0016", "Tb": "0.004", "Fe": "0.0011", "*": "0.01"},
                grade="99.5",
                digits=FULL,
            ),
            Out("ND-OFFCUT", "oxide-nd", {"Nd": "0.05", "*": "0.97"}, grade="99"),
            Out("ELUENT", "residue-eluent", LEFT, grade="0.5"),
        ],
        equipment="ion-exchange columns@JP",
        note="Ion-exchange chromatography, three passes",
    )
    sheet.assay("ND-6N", "2026-07-17T10:00:00+09:00", factor="1", note="Glow-discharge mass spectrometry (fictional)")


CHAIN = Chain(
    id="f",
    slug="japan-recycling",
    title="Japanese swarf and end-of-life magnets, refined to a 6N oxide",
    summary=(
        "Swarf with stated origins and old rotors without any become one neodymium oxide of 99.9999 % REO purity. "
        "Recycling does not clean an origin: the rotors' part stays unknown at every earlier stage. "
        "Traces are recorded to the ppb, and the post-consumer part is kept apart from the swarf."
    ),
    asked_lot="RCY-2026-ND-6N",
    public=(
        "Recovery from swarf of about 97 %: stage_yields.csv row swarf_hydromet (published text).",
        "Sites, operators, regions and positions: facilities.csv rows jp-shinetsu-takefu and jp-mitsui-yttrium.",
        "Composition of NdFeB magnets: DOMAIN.md 2.3.",
    ),
    assumed=(
        *FICTION,
        "example-jp-recycler and example-jp-recycling-plant are fictional: facilities.csv has no recycler in Japan.",
        "Compositions of swarf and rotors are assumed, and so are the origins that the swarf's owner states.",
        "That the plant at jp-mitsui-yttrium refines neodymium to 6N is assumed.",
        (
            "facilities.csv lists only separate for jp-shinetsu-takefu: metal_reduce, alloy_melt, powder, press, "
            "sinter, machine, gbd, coat and magnetize are added for the other chains."
        ),
        "Countries of equipment and technology are assumed.",
        "example-lab is fictional.",
    ),
    build=build,
)
