"""The steps from strip-cast flake to sintered magnet, which four chains share: one event a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cli.chains.builder import Out
from cli.chains.tables import percents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cli.chains.builder import Sheet

IRON = percents(Fe="99.9")
FERROBORON = percents(Fe="80.2", B="18.6")


class Plant(NamedTuple):
    """A magnet plant's habits: `finished` is the share of a block that becomes magnet, the rest is swarf."""

    site: str
    finished: str
    swarf: str
    mill: str
    furnace: str
    cutter: str


def melt(sheet: Sheet, at: str, where: str, charge: Mapping[str, str], *, equipment: str, note: str = "") -> None:
    """Strip-cast a charge (mass drawn by lot; blank for all) into the lot FLAKE."""
    inputs = [(lot, amount) if amount else lot for lot, amount in charge.items()]
    outputs = [
        Out("FLAKE", "strip-cast", share="0.975", oxide=False),
        Out("SKULL", "residue-skull", share="0.016", oxide=False),
    ]
    cells = {"equipment": equipment, "note": note}
    sheet.transform(at, where, "alloy_melt", inputs, outputs, loss=("fume", "0.005"), **cells)


def form_blocks(sheet: Sheet, plant: Plant, powder_at: str, press_at: str, sinter_at: str) -> None:
    """Mill FLAKE to powder, press it and sinter it: the lot BLOCK."""
    outputs = [Out("POWDER", "powder-jet-milled", share="0.975"), Out("FINES", "residue-fines", share="0.018")]
    sheet.transform(
        powder_at,
        plant.site,
        "powder",
        ["FLAKE"],
        outputs,
        loss=("dust", "0.004"),
        equipment=plant.mill,
        note="Hydrogen decrepitation, then jet milling to 3-5 um",
    )
    outputs = [Out("COMPACT", "compact", share="0.997"), Out("SPILL", "scrap-powder", share="0.002")]
    sheet.transform(press_at, plant.site, "press", ["POWDER"], outputs)
    outputs = [Out("BLOCK", "block-sintered", share="0.98"), Out("CRACKED", "scrap-block", share="0.016")]
    sheet.transform(
        sinter_at, plant.site, "sinter", ["COMPACT"], outputs, loss=("handling", "0.002"), equipment=plant.furnace
    )


def machine(sheet: Sheet, plant: Plant, at: str) -> None:
    """Cut BLOCK into the lot BLANK; the swarf stays a lot."""
    outputs = [
        Out("BLANK", "block-machined", share=plant.finished),
        Out("SWARF", "swarf-ndfeb-sintered", share=plant.swarf),
    ]
    sheet.transform(
        at,
        plant.site,
        "machine",
        ["BLOCK"],
        outputs,
        loss=("sludge", "0.004"),
        equipment=plant.cutter,
        note="Swarf is stated dry",
    )


def finish(sheet: Sheet, plant: Plant, coat_at: str, magnetize_at: str, *, blank: str = "BLANK") -> None:
    """Coat and magnetize: the lot MAGNET."""
    coated = Out("COATED", "block-coated", share="0.999", scale="1.006", oxide=False)
    sheet.transform(coat_at, plant.site, "coat", [blank], [coated], note="Epoxy coating of 0.6-0.7 % by mass")
    magnet = Out("MAGNET", "magnet-ndfeb-sintered", share="1")
    sheet.transform(magnetize_at, plant.site, "magnetize", ["COATED"], [magnet])
