"""MASS: what the masses and compositions allow. Physics is never refused at admission; it is recorded and found."""

from __future__ import annotations

from ledger.rules.finding import INFO, WARNING, Code

CODES = (
    Code("MASS-HANDOVER", WARNING, False, "Shipper and receiver weigh differently",
         "The two measurements of one handover differ by more than 3 standard uncertainties of both.",
         "Weigh again, look for loss or addition on the way, or dispute the receipt."),
    Code("MASS-REMAINDER", INFO, False, "Slightly more drawn than was left",
         "The draws exceed the lot's mass, but within 3 standard uncertainties. The lot is exhausted and the difference recorded.",
         "Nothing, unless it repeats on every lot of one site."),
    Code("MASS-CAPACITY", WARNING, False, "More than the site can make",
         "Within 365 days the products of a stage at a site weigh more than 1.1 times the yearly capacity that the registrar states. "
         "By-products and what passes the stage again are left out. Capacity is product mass, not its oxide content.",
         "Ask where the rest was made; or the registrar states the capacity anew, as the mass that is put out in a year."),
)  # fmt: skip
