"""MASS: what the masses and compositions allow. Physics is never refused at admission; it is recorded and found."""

from __future__ import annotations

from ledger.rules.finding import ERROR, INFO, WARNING, Code

CODES = (
    Code("MASS-HANDOVER", WARNING, False, "Shipper and receiver weigh differently",
         "The two measurements of one handover differ by more than 3 standard uncertainties of both.",
         "Weigh again, look for loss or addition on the way, or dispute the receipt."),
    Code("MASS-REMAINDER", INFO, False, "Slightly more drawn than was left",
         "The draws exceed the lot's mass, but within 3 standard uncertainties. The lot is exhausted and the difference recorded.",
         "Nothing, unless it repeats on every lot of one site."),
    Code("MASS-GAIN", ERROR, False, "More of an element came out than went in",
         "At one event, outputs and declared losses hold more of an element than the inputs can, beyond 3 standard uncertainties of all "
         "masses and analyses (more where more than four elements are tested). Matter is conserved: either material came in that nobody "
         "recorded, or a mass or an analysis is wrong.",
         "Find the input that is missing (stock in a circuit counts as one), or retract and record anew with the right mass or analysis."),
    Code("MASS-SOURCE", ERROR, False, "An element from no input",
         "An output holds an element of which no input is stated to hold any, and more of it than the inputs' analyses leave room for.",
         "Find the lot that brought it. Dysprosium in a magnet comes from a lot of its own."),
    Code("MASS-LOSS", WARNING, False, "More is lost than the stage loses",
         "Of an element that went in, less is in outputs and declared losses than the lower end of the stage's recovery, beyond 3 standard "
         "uncertainties. The recoveries are mostly unverified, so this never accuses: losses, stocks in the circuit and diversion look alike.",
         "Declare the losses and residues with their analyses, or find where the rest went."),
    Code("MASS-CONSTITUENT", WARNING, False, "Iron, boron or cobalt from no input",
         "The product holds more of a constituent than any recorded input can: the iron, ferroboron or cobalt that went in was not recorded, so "
         "where it comes from is unknown. From 2027 the law asks for it (48 CFR 252.225-7052(b)(2), (b)(3)).",
         "Declare the iron, ferroboron and cobalt as lots and draw them."),
    Code("MASS-DRIFT", WARNING, False, "A site gains a little, time after time",
         "No single balance is beyond its noise, yet the gains of one site and element in a row are too steady for noise (Page's cumulative sum "
         "of standardised residuals). A bias of the site's scales or laboratory looks the same.",
         "Check scales and analyses against an independent one; then look for unrecorded input."),
    Code("MASS-INJECTION", ERROR, False, "The gains of a site add up beyond doubt",
         "The cumulative gain of a run of balances is beyond 4 standard uncertainties, with half of every declared uncertainty counted as common "
         "to all of them. Material came in that nobody recorded, or scales or analyses are off by more than was declared.",
         "As for MASS-GAIN, for the run of events that are the evidence."),
    Code("MASS-CAPACITY", WARNING, False, "More than the site can make",
         "Within 365 days the products of a stage at a site weigh more than 1.1 times the yearly capacity that the registrar states. "
         "By-products and what passes the stage again are left out. Capacity is product mass, not its oxide content.",
         "Ask where the rest was made; or the registrar states the capacity anew, as the mass that is put out in a year."),
)  # fmt: skip
