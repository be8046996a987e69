"""What share of material comes out of a stage: the bands by which a loss is judged.

Below `low` much is missing, above `hard_max` material appeared from nowhere. Nearly all bands are unverified, so
leaving one is a warning; only a gain of an element beyond the measurement's uncertainty is an error, and that needs no
band.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ledger.reference.table import Table, read


@dataclass(frozen=True, slots=True)
class Recovery:
    """A process's band, as fractions of what went in.

    Attributes:
        stage: the process, finer than a stage code (`beneficiation_mt_weld`).
        basis: what the fraction is of; element recovery, TREO recovery, mass yield or mass change.
        low: lower end of what is typical.
        high: upper end of what is typical.
        hard_max: what cannot be exceeded; above 1 where the stage adds mass.
        source: where the band comes from; `[unverified]` marks what no published text supports.
        stage_code: the stage, as in `ledger.reference.stages`.
    """

    stage: str
    basis: str
    low: Decimal
    high: Decimal
    hard_max: Decimal
    source: str
    stage_code: str


def _load() -> Mapping[str, tuple[Recovery, ...]]:
    grouped: dict[str, tuple[Recovery, ...]] = {}
    for row in read("stage_yields.csv"):
        recovery = Recovery(
            stage=row["stage"],
            basis=row["basis"],
            low=Decimal(row["typical_low"]),
            high=Decimal(row["typical_high"]),
            hard_max=Decimal(row["hard_max"]),
            source=row["source"],
            stage_code=row["stage_code"],
        )
        grouped[recovery.stage_code] = (*grouped.get(recovery.stage_code, ()), recovery)
    return grouped


# By stage code, in the file's order; a stage that no row describes is absent.
RECOVERIES: Mapping[str, tuple[Recovery, ...]] = Table(_load)
