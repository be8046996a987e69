"""The exceptions of DFARS 225.7018-3, in the order in which they are asked.

An exception takes a failure away only with its evidence attached, a document's reference, an attestation or a file of this
ledger; a claim alone does not (DOMAIN.md L25). Every fact that is not stated counts against it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from msgspec import Struct

from ledger.origin.policy.case import MAGNETS, Case
from ledger.origin.policy.context import EndItem
from ledger.origin.policy.evidence import askers_word, empty, end_item, percent, weigh
from ledger.origin.policy.items import turns
from ledger.origin.policy.model import Reason
from ledger.origin.policy.recycled import recycled
from ledger.origin.policy.regime import Rule

ASKER = "it rests on the asker's statement and on a reference that this ledger cannot check"
LOOSE = (
    "no end item is named that a magnet is built into, and a magnet by itself is all covered material and no such item "
    "(225.7018-3(c))"
)


DEVICE = (
    '"an item that operates by controlling the flow of electrons or other electrically charged particles in circuits, using '
    'interconnections such as resistors, inductors, capacitors, diodes, switches, transistors, or integrated circuits" '
    "(252.225-7052(a))"
)
COTS = (
    "that means a commercial product, sold in substantial quantities in the commercial marketplace, and offered to the Government "
    "without modification, in the same form in which it is sold there (252.225-7052(a))"
)


class Answer(Struct, frozen=True):
    """What one exception says.

    Attributes:
        state: `applies`, `open` (it may, and the text or the facts do not settle it) or `no`.
        reasons: why.
        material_only: whether it speaks of the magnet's material and leaves the end item's manufacture as it is.
    """

    state: str
    reasons: tuple[Reason, ...]
    material_only: bool = False


Ask = Callable[[Case, Rule, Collection[str]], Answer]


def ask(case: Case, rule: Rule, items: Collection[str]) -> Answer:
    """One exception."""
    return _ASK[rule.id](case, rule, items)


def _no(rule: Rule, why: str) -> Answer:
    return Answer("no", (Reason(f"{rule.id} does not apply: {why}"),))


def _backed(case: Case, rule: Rule, name: str, why: str, state: str = "applies") -> Answer:
    """An exception whose facts are stated: it applies if evidence is named that can be evidence."""
    evidence = case.context.exceptions.get(name)  # type: ignore[call-overload]  # a name of context.EXCEPTIONS
    if evidence is None:
        return _no(rule, f"it is claimed ({why}) without evidence; name it as `exceptions.{name}`")
    found = weigh(case, evidence)
    if found.flaw:
        return _no(rule, f"it is claimed ({why}) and {found.flaw}")
    word = "applies" if state == "applies" else "may apply"
    said = f"{rule.id} {word} ({rule.citation}): {why}; {case.claim}; evidence stated: {found.said}; {ASKER}"
    return Answer(state, (Reason(said, found.events),))


def _sat(case: Case, rule: Rule, _items: Collection[str]) -> Answer:
    value = case.context.contract_value_usd
    if value is None:
        return _no(rule, "no contract value is stated, which counts as above the threshold")
    sure, unread = rule.thresholds["usd"], rule.thresholds["unverified_usd"]
    if value <= sure:
        return _backed(case, rule, "sat", f"contract value USD {value:,.2f}, at or below {sure:,.0f}")
    if value <= unread and case.tested_on >= rule.dates["unverified_from"]:
        why = f"contract value USD {value:,.2f}, between {sure:,.0f} and {unread:,.0f}, a threshold not read in primary text"
        return _backed(case, rule, "sat", why, "open")
    return _no(rule, f"contract value USD {value:,.2f} is above the threshold")


def _outside(case: Case, rule: Rule, _items: Collection[str]) -> Answer:
    if case.context.acquired_outside_us is True and case.context.used_outside_us is True:
        return _backed(case, rule, "outside-us", "acquired and used outside the United States")
    return _no(rule, "acquisition and use outside the United States are not both stated")


def _cots(case: Case, rule: Rule, _items: Collection[str]) -> Answer:
    item = case.context.end_item or EndItem()
    if item.cots is not True:
        return _no(rule, "the end item is not stated to be commercially available off the shelf")
    if item.mill_product is not False:
        return _no(
            rule,
            "a mill product that is not incorporated is carved out (225.7018-3(c)(1)(iii)); it is not stated to be none",
        )
    limit = rule.thresholds["weight_share"]
    named = end_item(case)
    if case.tested_on >= rule.dates["weight_from"]:
        if named is None:
            return _no(rule, LOOSE)
        if item.covered_material_weight_share is None:
            return _no(
                rule, f"from {rule.dates['weight_from']} the covered material's share of its weight must be stated"
            )
        said = f"{percent(item.covered_material_weight_share)} of its weight is covered material"
        if item.covered_material_weight_share >= limit:
            return _no(rule, f"{said}: {percent(limit)} or more")
        share = f"; {said}, below {percent(limit)}"
    else:
        share = ""
    if named is None:
        why = (
            "a magnet is stated to be COTS, and no end item that it is built into; whether a magnet by itself is such an end item, to the "
            f"end of 2026, is not settled; {COTS}{_specialty(case, '(c)(1)(i)')}"
        )
        return _backed(case, rule, "cots", why, "open")
    why = f"{named} is stated to be COTS and no mill product{share}{askers_word(case, named)}; {COTS}{_specialty(case, '(c)(1)(i)')}"
    return _backed(case, rule, "cots", why)


def _specialty(case: Case, where: str) -> str:
    """The sentence on samarium-cobalt among the material, which another law asks as well, or nothing."""
    if not case.walk.items(("magnet-smco",)):
        return ""
    return f"; SmCo in it stays subject to 10 U.S.C. 4863 (PGI 225.7018-3{where})"


def _electronic(case: Case, rule: Rule, _items: Collection[str]) -> Answer:
    item = case.context.end_item or EndItem()
    if item.electronic_device is not True:
        return _no(rule, "the end item is not stated to be an electronic device")
    if item.contract_says_otherwise is not False:
        return _no(rule, "it is not stated that the contract does not say otherwise")
    named = end_item(case)
    if named is None:
        return _no(rule, LOOSE)
    why = f"{named} is stated to be an electronic device{_specialty(case, '(c)(2)')}{askers_word(case, named)}"
    if turns(named):
        why = f"{why}; its name is of what turns or moves, and whether it is {DEVICE} is not settled"
        return _backed(case, rule, "electronic", why, "open")
    return _backed(case, rule, "electronic", f"{why}; that means {DEVICE}")


def _recycled(case: Case, rule: Rule, items: Collection[str]) -> Answer:
    if any(case.walk.form(name) == "magnet-smco" for name in items):
        return _no(rule, "it is for NdFeB only, and a SmCo magnet is among the material")
    state, why = recycled(case, items)
    if state == "no" and why:
        first = why[0]
        return Answer(
            state,
            (Reason(f"{rule.id} does not apply: {first.text}", first.events, first.lots), *why[1:]),
            material_only=True,
        )
    words = {
        "applies": f"{rule.id} applies ({rule.citation}), from recorded events",
        "open": f"{rule.id} may apply ({rule.citation}), and it is not settled",
        "no": f"{rule.id} does not apply",
    }
    if state == "applies" and case.form not in MAGNETS:
        inside = (
            f"{rule.id} may apply ({rule.citation}): its words are of an end item that is a NdFeB magnet, and the lot is "
            f"{case.walk.trace.lot.output.form}; whether they reach a magnet inside another end item is not settled"
        )
        return Answer("open", (Reason(inside), *why), material_only=True)
    return Answer(state, (Reason(words[state]), *why), material_only=True)


def _nonavailability(case: Case, rule: Rule, _items: Collection[str]) -> Answer:
    stated = case.context.nonavailability
    if stated is None:
        return _no(rule, "no determination is named")
    if stated.until is None or stated.until < case.tested_on:
        return _no(rule, f"determination {stated.reference} is not stated to last to {case.tested_on}")
    item = case.context.end_item
    if stated.end_item is not None and (item is None or item.name != stated.end_item):
        return _no(
            rule, f"determination {stated.reference} is for {stated.end_item}, and that is not the end item stated"
        )
    flaw = empty(stated.reference)
    if flaw:
        return _no(rule, f"a determination is claimed and {flaw}")
    who = {
        "head-of-contracting-activity": "determination {} by the head of the contracting activity",
        "usd-as": "determination {} by USD(A&S)",
        "secretary": "waiver {} by the Secretary",
    }[stated.by].format(stated.reference)
    why = (
        f"{who}, to {stated.until}; the amended 10 U.S.C. 4872(c)(1) has waivers of at most 36 months in the place "
        f"of determinations, and its text was not read; {case.claim}; {ASKER}"
    )
    return Answer("open", (Reason(f"{rule.id} may apply ({rule.citation}): {why}"),))


_ASK: Mapping[str, Ask] = {
    "US-DFARS-EXC-SAT": _sat,
    "US-DFARS-EXC-OUTSIDE-US": _outside,
    "US-DFARS-EXC-COTS": _cots,
    "US-DFARS-EXC-ELECTRONIC": _electronic,
    "US-DFARS-EXC-RECYCLED-NDFEB": _recycled,
    "US-DFARS-EXC-NONAVAIL": _nonavailability,
}
