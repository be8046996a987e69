"""How findings write masses, and from where on a difference is no noise."""

from __future__ import annotations

SIGMAS = 3
"""Standard uncertainties beyond which a difference is not noise (DESIGN.md sections 6 and 10)."""


def kg(mg: int) -> str:
    """Milligrams as kilograms in plain decimal."""
    whole, rest = divmod(abs(mg), 1_000_000)
    text = f"{whole:,}".replace(",", " ") + (f".{rest:06d}".rstrip("0") if rest else "")
    return ("-" if mg < 0 else "") + text + " kg"


def amount_of(mg: float) -> str:
    """Milligrams as kilograms, to five significant digits and no finer than 1 mg."""
    step = 10 ** max(len(str(int(abs(mg)))) - 5, 0)
    return kg(round(mg / step) * step)
