"""COMP: what a composition can be: of anything at all, of its form, of its deposit, of what it was made from."""

from __future__ import annotations

from ledger.rules.finding import ERROR, INFO, WARNING, Code

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
         "anhydrous Nd carbonate. An oxide stated as its element is the usual cause, and makes 14 to 27 % of material from nothing (scandium 53 %).",
         "State the oxide (`Nd2O3`) rather than the element, or correct the form."),
    Code("COMP-FORM", WARNING, False, "The composition is unusual for the form",
         "The composition lies outside what material of this form holds. The bounds come from reference tables that were not all verified.",
         "Check form and composition; an unusual product is possible."),
    Code("COMP-ASSAY", WARNING, False, "Two analyses of one lot differ",
         "An analysis differs from the one before it beyond 3 standard uncertainties of both. What was drawn before rests on the former, and shares "
         "of its descendants with it.",
         "Have a third laboratory decide, and retract the wrong analysis. If both are right, it is not the same material."),
    Code("COMP-DEPOSIT", WARNING, False, "Does not look like its deposit",
         "The rare-earth pattern of an unseparated lot is further from the declared deposit's, or from the mixture of several, than "
         "analysis, the table's rounding and generous natural variability explain. A pattern is evidence, never a proof of origin.",
         "Ask for the assay certificate and a second analysis; ask which ore was blended in, and whether the deposit is the right one."),
    Code("COMP-DEPOSIT-INFO", INFO, False, "Does not look like its deposit, as far as that is known",
         "The same, but the table's row of a declared deposit is of low confidence, or another deposit's analysis that stands in for it. "
         "Such a row is reconstructed from headlines, so it can raise a question and no more.",
         "Find a published analysis of the deposit."),
    Code("COMP-GATE", WARNING, False, "A ratio that its deposit does not have",
         "In an unseparated lot, a ratio of two rare earths is on the wrong side of a limit that every declared deposit keeps well away "
         "from. Ce/La below 0.5 is the mark of ion-adsorption clay, or of cerium that was removed on purpose; Dy/Nd above 0.02, or yttrium "
         "high together with dysprosium, is not in bastnaesite and the monazites that are poor in heavy rare earths.",
         "Ask whether cerium was removed, and where; else ask for what was blended in."),
    Code("COMP-GATE-INFO", INFO, False, "A ratio that its deposit does not have, as far as that is known",
         "The same, but the table's row of a declared deposit is of low confidence or stands in for another; or only the ratio of cerium is odd, "
         "in a lot that was leached, where cerium is often removed on purpose.",
         "Find a published analysis of the deposit."),
    Code("COMP-PATTERN", WARNING, False, "Rare earths change where nothing separates",
         "The ratio of two rare earths is not what the inputs of the event give, beyond what the stage may do to it and 3 standard "
         "uncertainties, with allowance for the number of ratios looked at. Something was added or taken that the event does not name, or "
         "a composition is wrong.",
         "Look for an input that was not recorded, a mixed-up lot or assay, or an element that was added as an alloy."),
    Code("COMP-PRND", WARNING, False, "Pr/Nd changes where the two stay together",
         "A separation whose products keep praseodymium with neodymium gives them in another ratio than its feed had, beyond 5 % and 3 "
         "standard uncertainties.",
         "Look for a feed that was not recorded; separated Pr or Nd may have been added."),
)  # fmt: skip
