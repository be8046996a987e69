"""SIGN: who may say it."""

from __future__ import annotations

from ledger.rules.finding import ERROR, WARNING, Code

CODES = (
    Code("SIGN-BINDING", ERROR, True, "A submission speaks for another ledger or party",
         "A submission's first line, its key's name and its events' `ledger` and `actor` are one ledger and one party. Here they are not.",
         "Sign the events for this ledger, in a submission of their own actor."),
    Code("SIGN-SIGNATURE", ERROR, True, "A signature is not valid",
         "The party's key did not sign these bytes.",
         "Restore the bytes from another copy, or have the party sign again."),
    Code("SIGN-KEY-UNKNOWN", ERROR, True, "Signed by a key that the ledger does not give this party",
         "No event before this one adds the signing key to the party.",
         "The registrar enrols the party with its key: `monazite party add`, or `monazite key` for a further key."),
    Code("SIGN-KEY-REVOKED", ERROR, True, "Signed by a revoked key",
         "The key was revoked in an earlier entry.",
         "Sign with a key that is valid."),
    Code("SIGN-KEY-LOST", WARNING, False, "Signed after the key was lost",
         "A later revocation says that the key was in other hands when this was signed or recorded.",
         "The party confirms the event with its new key, or retracts it."),
    Code("SIGN-KEY-WEAK", ERROR, True, "A key that proves nothing",
         "The public key is malformed, of low order or not canonical: signatures could be made without the private key.",
         "Make a new key."),
    Code("SIGN-KEY-SHARED", ERROR, True, "One key for two parties",
         "The key already speaks for another party, so a signature would not tell which of the two signed.",
         "Each party makes its own key."),
    Code("SIGN-ROLE", ERROR, True, "Not this party's to say",
         "The actor has no role that may record this type of event or this stage.",
         "The registrar enrols the party with the role it really has, or the right party records the event."),
    Code("SIGN-SITE", ERROR, True, "Not this party's site",
         "The event names a site that does not exist or that another party works.",
         "Add the site with `monazite site add`, or name the right one."),
    Code("SIGN-ID", ERROR, True, "An id is taken",
         "Ids are unique over parties and sites, and a site stays with its party and in its country.",
         "Choose another id. A site that was stated wrongly is stated anew under another id."),
    Code("SIGN-NAMED", ERROR, True, "An unknown party or site is named",
         "The event names a party or site that no earlier event enrols.",
         "Enrol it first, or correct the id."),
    Code("SIGN-SELF-ATTEST", WARNING, False, "The auditor is not independent",
         "The auditor is the party it attests, owns 25 % or more of it, is owned by it to 25 % or more, or has an owner of 25 % or more in "
         "common with it. The attestation is that party's own word. Only direct owners are seen.",
         "Ask for an attestation by somebody who owes the party nothing."),
)  # fmt: skip
