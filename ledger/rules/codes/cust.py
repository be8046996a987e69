"""CUST: who holds what, and how much of it."""

from __future__ import annotations

from ledger.rules.finding import ERROR, INFO, WARNING, Code

CODES = (
    Code("CUST-LOT-UNKNOWN", ERROR, True, "No such lot",
         "The event touches a lot that no earlier event creates.",
         "Record the event that creates it first, or correct the lot's id."),
    Code("CUST-LOT-REUSED", ERROR, True, "A lot is created twice",
         "Each lot is created by exactly one event. This id is already in use.",
         "Give the new lot an id of its own."),
    Code("CUST-LOT-VOID", ERROR, True, "The lot's creation was retracted",
         "The event that creates this lot is void, so nothing more can happen to it.",
         "Use the lot that the replacement creates."),
    Code("CUST-PREV", ERROR, True, "Another event on this lot came first",
         "Every event names the newest event on each lot it touches. This one names an older one: two histories of one lot.",
         "Look at the lot's history, then record the event again on top of it."),
    Code("CUST-HOLDER", ERROR, True, "Not the holder",
         "Only the party that holds a lot may use, ship or dispose of it.",
         "The holder ships the lot and the actor receives it first, or the holder records the event."),
    Code("CUST-SITE", ERROR, True, "The lot is elsewhere",
         "A lot is used only at the site where it is.",
         "Ship the lot to this site and receive it, or name the site where it is."),
    Code("CUST-IN-TRANSIT", ERROR, True, "The lot is in transit",
         "The lot was shipped and not yet received, so it is nobody's to use.",
         "The addressee records `receive` first."),
    Code("CUST-OVERDRAWN", ERROR, True, "More is drawn than there is",
         "The draw exceeds what is left of the lot by more than 3 standard uncertainties of lot and draws: the material is spent twice.",
         "Correct the mass, or find the lot that the rest really came from."),
    Code("CUST-EXHAUSTED", ERROR, True, "Nothing is left of the lot",
         "All of the lot was already used, shipped on or disposed of.",
         "Find the lot that the material really came from."),
    Code("CUST-RECEIVE", ERROR, True, "Nothing to receive",
         "There is no open shipment of this lot to this party and site.",
         "The holder records `ship` first, to this party or site."),
    Code("CUST-OPEN", WARNING, False, "A handover is open",
         "The lot was shipped and never received: one side's word only. Where it is now is not known from the ledger.",
         "The addressee records `receive`, accepted or disputed."),
    Code("CUST-DISPUTED", WARNING, False, "A handover is disputed",
         "The addressee did not accept the lot as shipped.",
         "Both settle it: the addressee records an accepting `receive`, or the shipper retracts the `ship`. The dispute stays in the record."),
    Code("CUST-RETRACT", ERROR, True, "A retraction that cannot stand",
         "A retraction names an earlier event on lots that is not yet void, by its own actor or by the registrar, and exactly that event's lots.",
         "Correct the target; keys are revoked and parties enrolled anew rather than retracted."),
    Code("CUST-RETRACTED", WARNING, False, "An event was retracted",
         "The event is void; it stays visible with the reason given.",
         "Read the reason. Lots that descend from it carry CUST-ORPHANED unless a replacement stands in its place."),
    Code("CUST-ORPHANED", WARNING, False, "A lot descends from a retracted event",
         "Material of this lot came from an event that is void and that nothing replaces. Its share is counted as unknown.",
         "The actor of the retracted event records a replacement and names it."),
    Code("CUST-REPLACEMENT", WARNING, False, "A replacement is missing",
         "A retraction names a replacement that is not in the ledger, or that does not create the same lots in kind.",
         "Record the replacement with the `ref` that the retraction names."),
    Code("CUST-REF", ERROR, True, "A ref says two things",
         "The actor already used this `ref` for an event with other content.",
         "Correct the ref, or retract the earlier event if it was wrong."),
    Code("CUST-DOCUMENT-REUSED", WARNING, False, "One paper for unrelated lots",
         "A bill of lading, weighing slip, certificate of analysis or the like (same file, or same kind and number by one shipper) goes with "
         "a lot that is no relative of the lots it was first used for, later than one consignment or one report explains. It may be a "
         "paper that covers both lots; it does not prove that either lot is false.",
         "Ask for the paper, and read which lots, seals and weights it names."),
    Code("CUST-DOCUMENT-SHARED", INFO, False, "One paper, several lots, one occasion",
         "A party uses a paper of one carriage or analysis for lots that are no relatives, within a day (carriage, to one addressee) or a week "
         "(analysis). A paper may cover several lots honestly; look at it.",
         "Check that the paper names every lot."),
    Code("CUST-ASSAY-COPIED", WARNING, False, "Two lots with the same analysis",
         "Assays of lots that were not made from each other or from the same lot agree to the last digit, in at least four analytes and "
         "more digits than two measurements agree in by chance. Figures that were changed or rounded are not seen.",
         "Ask the laboratory for both reports, with sample numbers and dates."),
    Code("CUST-ROUND-TRIP", WARNING, False, "Out and back without a change",
         "The material left a site, another party had it, and it came back in the same form; no receipt was disputed on the way. Such "
         "journeys give material new papers. A customer's return after it accepted the goods reads the same.",
         "Ask why it came back, and whether it is the same material: seals, weights, an assay."),
    Code("CUST-TWIN", WARNING, False, "A lot that was here before",
         "A lot is brought in from outside the ledger with the form, the mass to the milligram and the composition of an older lot. It may be "
         "the same material under a new name, or a paper that was used again; its recorded past is cut off either way.",
         "Ask the supplier for the material's way here; material that stays with the ledger's parties is handed over by ship and receive."),
    Code("CUST-WRITTEN-OFF", WARNING, False, "Like material came in where some left the books",
         "A party, one of its owners or sisters, or a site lost a good part of a lot (written off, used up beyond its stage's usual loss, "
         "short at a receipt, shipped and never received, or sold outside at the very mass) that came from China or another watched country, or "
         "from nobody knows where. Within half a year one of them brings in like material, of the same family of forms and main elements "
         "and not more than twice as much, whose statement leaves that out. It may be the same material under a new name; a true loss and a "
         "true purchase look the same.",
         "Ask what became of the lost material (the insurer's or the disposer's paper, the scrap's buyer) and for the purchase: invoice, "
         "packing list, the seller's own records."),
)  # fmt: skip
