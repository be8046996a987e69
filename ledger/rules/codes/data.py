"""DATA: what could not be checked, and why."""

from __future__ import annotations

from ledger.rules.finding import ERROR, INFO, WARNING, Code

CODES = (
    Code("DATA-TAIL", WARNING, False, "The newest entries are under no checkpoint",
         "Entries after the last signed tree head are chained and signed by their parties, but the operator has not signed for them.",
         "`monazite checkpoint` signs them, where the log's key is."),
    Code("DATA-MAP", WARNING, False, "Completeness is not committed",
         "No map entry is under the checkpoint, so it does not show that nothing was left out of a bundle: an earlier version wrote this ledger.",
         "`monazite checkpoint` writes a map entry, where the log's key is."),
    Code("DATA-WITHHELD", ERROR, False, "A bundle may withhold events",
         "The log's map commits to every event of each lot, party and site. Of this one the bundle shows some and not others, or has no "
         "proof that it shows all: a retraction, a revoked key or a bad audit may be among what is missing.",
         "Ask for the events with the hashes that are named, or for a new bundle from whoever holds the ledger."),
    Code("DATA-FORM", INFO, False, "A form outside the list",
         "The lot's form is not one that Monazite knows, so what the form implies cannot be checked.",
         "Use a listed form, followed by `-` and your own word: `oxide-ndpr`."),
    Code("DATA-DEPOSIT", INFO, False, "A deposit outside the list",
         "The deposit is not in the reference table, so the material's pattern cannot be compared with it.",
         "Nothing, if the name is right."),
    Code("DATA-UNCERTAINTY", WARNING, False, "An uncertainty beyond belief",
         "The declared standard uncertainty of a mass is more than 5 % of it. No scale is that bad; the rules count 5 %.",
         "State the scale's standard uncertainty (k = 1) in the mass's own unit."),
    Code("DATA-ANALYTE", INFO, False, "An analyte that no element follows from",
         "The composition names something that is neither an element, an oxide in the table, nor a known sum. It is kept and not counted.",
         "State the element or its usual oxide beside it."),
    Code("DATA-BALANCE", INFO, False, "An event could not be balanced in full",
         "For some element a part of the event states no analysis, so gain and loss of it cannot be told. The message names the lots and elements.",
         "Have the lots analysed (`monazite record assay`) and state the analyses of residues and losses."),
    Code("DATA-DEFAULT", INFO, False, "Balances rest on default uncertainties",
         "Masses or analyses declare no standard uncertainty, so the rules assume one by form and content. The real one may be better or worse, and "
         "what the balances can find with it.",
         "State `u_mass` and the uncertainty of each analyte (k = 1)."),
    Code("DATA-HS", WARNING, False, "A customs code for other goods",
         "The shipment's HS code is of goods that none of the lots can be by its form. The list of admissible headings is wide and "
         "unverified; a rare code may be right.",
         "Correct the code; if customs saw it, ask for the declaration."),
    Code("DATA-NAME", WARNING, False, "A carrier or supplier that is nearly a party",
         "The text differs from a party's id or name, or from an older name of it, in capitals, accents, spaces, punctuation or letters that look alike. Names "
         "are compared letter by letter, so it was not taken for that party, and a Chinese owner of it was not counted.",
         "Ask who it was. If it was that party, have the event retracted and recorded with the party's id."),
)  # fmt: skip
