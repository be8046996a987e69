"""COMP: what a composition can be: of anything at all, of its form, of its deposit, of what it was made from."""

from __future__ import annotations

from ledger.rules.finding import ERROR, WARNING, Code

CODES = (
    Code("COMP-SUM", ERROR, False, "The parts make more than the whole",
         "The stated analytes add up to more than 100 % beyond 3 standard uncertainties. Often a composition of dry matter is stated beside the "
         "water of the wet lot: then the lot holds less than it claims.",
         "State everything of the same mass, wet or dry, as it was weighed."),
    Code("COMP-TREO", WARNING, False, "The oxides exceed the TREO",
         "The rare-earth oxides add up to more than the total stated beside them. Trade specifications give shares of TREO; a ledger needs shares "
         "of the mass.",
         "Multiply the shares of TREO by the TREO, or correct the total."),
    Code("COMP-MAXIMUM", ERROR, False, "More than the pure compound can hold",
         "The form names a compound, and the lot claims more rare earth than that compound, pure and dry, holds: 85.7 % Nd in Nd2O3, 71.8 % TREO in "
         "anhydrous Nd carbonate. An oxide stated as its element is the usual cause, and makes 14 to 23 % of material from nothing.",
         "State the oxide (`Nd2O3`) rather than the element, or correct the form."),
    Code("COMP-FORM", WARNING, False, "The composition is unusual for the form",
         "The composition lies outside what material of this form holds. The bounds come from reference tables that were not all verified.",
         "Check form and composition; an unusual product is possible."),
    Code("COMP-ASSAY", WARNING, False, "Two analyses of one lot differ",
         "An analysis differs from the one before it beyond 3 standard uncertainties of both. What was drawn before rests on the former, and shares "
         "of its descendants with it.",
         "Have a third laboratory decide, and retract the wrong analysis. If both are right, it is not the same material."),
)  # fmt: skip
