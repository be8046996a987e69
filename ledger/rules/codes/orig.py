"""ORIG: where material comes from. Facts about material, never faults of the ledger."""

from __future__ import annotations

from ledger.rules.finding import INFO, WARNING, Code

CODES = (
    Code("ORIG-CN-MINED", WARNING, False, "Mined in China",
         "Material of this lot is recorded or declared as mined in China.",
         "Ask `monazite policy check` what the rules that bind you say of it."),
    Code("ORIG-CN-PROCESSED", WARNING, False, "Processed in China",
         "A stage was performed, or is declared as performed, in China.",
         "Ask `monazite policy check` what the rules that bind you say of it."),
    Code("ORIG-CN-TRANSIT", WARNING, False, "Was in China",
         "The material was shipped through or held in China, or its form or lots were changed there without a stage.",
         "Ask for evidence that what left China is what entered it."),
    Code("ORIG-CN-OWNED", WARNING, False, "Chinese-owned party",
         "The party is established in China, or owned from there to 25 % or more, the lowest mark of any rule in the data: shares multiplied along "
         "paths and summed, owners that are held to 50 % counted whole.",
         "Look at the ownership; some rules read the owner and not the place."),
    Code("ORIG-CN-TECHNOLOGY", WARNING, False, "Chinese equipment or technology",
         "The event names equipment or technology from China.",
         "Some rules read it (MOFCOM 61/2025, 62/2025); most do not."),
    Code("ORIG-UNKNOWN", WARNING, False, "Upstream is unknown",
         "The lot was brought in from outside the ledger and stages that its form implies are not stated. Unknown is never clean.",
         "Ask the supplier for the countries of the stages named, with evidence."),
    Code("ORIG-DECLARED", INFO, False, "Origin is declared, not recorded",
         "The countries of this lot's earlier stages are its holder's declaration. No custody event in this ledger supports them.",
         "Ask for the evidence, or have the upstream parties record their own events."),
    Code("ORIG-COUNTRY", WARNING, False, "Mining country, site and deposit disagree",
         "The event, its site and the deposit that it names lie in different countries. All are counted.",
         "Correct the event, the deposit or the site."),
    Code("ORIG-GAP", WARNING, False, "A form without the stages that make it",
         "The lot's form needs stages that no event behind it records: ore does not become oxide or a magnet by being repacked or "
         "extracted. What is not recorded is of unknown origin.",
         "Record the stages in between, or declare the lot as bought from outside."),
    Code("ORIG-EXCESS", WARNING, False, "More than went in",
         "More of an element or of mass comes out of an event, or arrives at a receipt, than can have gone in, beyond a generous "
         "leeway. The excess is of unknown origin.",
         "Find the input that is not recorded, or correct the mass or the composition."),
    Code("ORIG-CN-TOLL", WARNING, False, "Worked in China for a fee",
         "Material was shipped to China with its title retained, worked there, and shipped out again. Invoices do not show it, "
         "since nothing was sold.",
         "Count the stages performed there as Chinese; ownership does not change where they were performed."),
    Code("ORIG-CN-CODE", WARNING, False, "By way of China as other goods",
         "Material was shipped from, through or to China under an HS code that its form cannot have, such as alloy under the code of magnets. "
         "It may have been worked there, on a retained title for a fee, and nobody recorded it; a clerk's mistake looks the same.",
         "Ask for the customs declarations of both borders, and for weights, seals and an analysis before and after."),
    Code("ORIG-SITE", WARNING, False, "A stage the site does not do",
         "The registrar states what is done at the site, and this stage is not among it. Material may have been worked elsewhere.",
         "Ask where it was worked; or the registrar states the site anew, with the time since when it does this."),
    Code("ORIG-REGISTER", INFO, False, "A stage where no plant is known",
         "The reference table of public facilities has no plant for this stage of rare earths in this country. The table is incomplete and "
         "partly unverified: new and small plants are missing.",
         "Ask for the plant's name and permit; many origins are laundered by naming a country that cannot do the stage."),
    Code("ORIG-POSITION", WARNING, False, "Coordinates in another country",
         "The site's coordinates lie in another country than the one stated of it, 30 km or more from that. The map is coarse and leaves disputed "
         "areas out. A slip of the pen looks the same; until it is settled, what was done at the site may have been done in either country.",
         "Ask for the address and a permit; the registrar states the site anew, with the right coordinates or the right country."),
    Code("ORIG-WASTE", WARNING, False, "Manufacturing waste called post-consumer",
         "The recovered material is swarf, offcuts or rejects by its form or feedstock, and is stated as post-consumer waste. Waste of "
         "manufacturing is not, in Reg. (EU) 2024/1252 Art. 29, and it carries the origin of what it was cut from.",
         "State it as `pre_consumer`, or name the end-of-life goods that it comes from."),
    Code("ORIG-OWNERS-SPLIT", WARNING, False, "Owners who stay just below the mark",
         "Two or more direct owners are Chinese, or of a country that is not known, and each stays below 25 %: either all of them by "
         "no more than two points, or the Chinese ones hold 25 % together. Owners may act as one.",
         "Ask who stands behind the owners: addresses, officers, agreements."),
    Code("ORIG-OWNERS-CHANGED", WARNING, False, "Ownership fell below a mark near a rule's day",
         "Chinese ownership is stated lower than before, across 25 % or 50 %, less than 90 days before or after a day on which a rule begins. "
         "A sale may be real.",
         "Ask for the contract, the price, and what rights the seller keeps."),
)  # fmt: skip
