"""Quantities: exact integers with one standard uncertainty (DESIGN.md section 4).

Masses are milligrams, mass fractions are parts per billion; both carry an optional standard uncertainty
(k = 1, JCGM 100:2008 "GUM" 2.3.1) in the same unit. Absent means undeclared, never zero.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ledger.model.text import END

MAX_INTEGER = 2**53 - 1
"""Largest integer that every JSON reader keeps exact (RFC 8785 3.2.2.3, ECMA-262 Number.MAX_SAFE_INTEGER)."""

PPB = 10**9
"""Parts per billion in a whole."""

Milligrams = Annotated[int, Meta(ge=0, le=MAX_INTEGER, description="milligrams")]
PartsPerBillion = Annotated[int, Meta(ge=0, le=PPB, description="parts per billion by mass")]
Analyte = Annotated[
    str,
    Meta(
        pattern=rf"^[A-Z][A-Za-z0-9]{{0,23}}{END}",
        description="an element (Nd), its oxide (Nd2O3), TREO, H2O or another analyte",
    ),
]
Currency = Annotated[str, Meta(pattern=rf"^[A-Z]{{3}}{END}", description="ISO 4217 code")]


class Mass(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A measured mass.

    Attributes:
        mg: milligrams.
        u_mg: one standard uncertainty in milligrams; None when undeclared.
    """

    mg: Milligrams
    u_mg: Milligrams | None = None


class Share(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A measured mass fraction.

    Attributes:
        ppb: parts per billion by mass; 0 is a measured zero, which is not the same as an absent analyte.
        u_ppb: one standard uncertainty in the same unit; None when undeclared.
    """

    ppb: PartsPerBillion
    u_ppb: PartsPerBillion | None = None


class Money(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A value in hundredths of a currency's unit, whatever the currency's own minor unit.

    Attributes:
        amount: hundredths of the unit.
        currency: ISO 4217 code.
    """

    amount: Annotated[int, Meta(ge=0, le=MAX_INTEGER, description="hundredths of the currency's unit")]
    currency: Currency


Composition = dict[Analyte, Share]
"""What a lot is made of, by mass; keys are analytes."""
