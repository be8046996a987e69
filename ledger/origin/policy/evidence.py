"""What the asker names for an exception: is it a reference that a reader could look up, and is the end item one?

No reader of this ledger can check a document. What can be seen is that a text names none, and that an event says
something else than what it is named for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from msgspec import Struct

from ledger.model.entry import Fact
from ledger.model.events import Attest, Event, Ship
from ledger.model.identity import IMPORT_RECORD
from ledger.origin.policy.attestations import GOOD
from ledger.origin.policy.case import MAGNETS, Case
from ledger.origin.policy.items import is_magnet, nameless
from ledger.reference.words import words

_HASH = re.compile(r"(?:sha-?256[:=\s]*|0x)?([0-9a-f]{64})", re.IGNORECASE)
_CUT_HASH = re.compile(r"(?:sha-?256[:=\s]*|0x)?(?=[0-9]*[a-f])[0-9a-f]{16,}\W*", re.IGNORECASE)
_ABSENT = frozenset({
    "none", "na", "nil", "null", "not", "nothing", "without", "unknown", "pending", "missing", "absent", "unavailable", "tbd",
    "tba", "tbc", "tbs", "todo", "later", "yet", "forthcoming", "expected", "undefined", "blank", "empty", "lost", "dummy",
    "placeholder",
})  # fmt: skip
"""Words of a text that says that there is nothing."""
_NOT_YET = frozenset({
    "missed", "draft", "drafts", "drafted", "due", "overdue", "outstanding", "above", "below", "ditto", "idem", "scheduled",
    "planned", "follow", "follows", "following", "coming", "soon", "awaiting", "awaited", "requested", "promised", "incomplete",
    "unsigned", "unfinished", "unissued", "undated", "unnumbered", "partial", "preliminary", "provisional", "proposed",
    "preparation", "progress", "expired", "void", "cancelled", "canceled", "withdrawn", "revoked", "rejected", "failed",
    "denied", "refused", "verbal", "oral", "will", "would", "should", "might", "maybe", "possibly", "probably", "never",
    "cannot", "waiting", "wanting", "omitted", "skipped", "xxx", "fake", "template", "example",
})  # fmt: skip
"""Words of a text whose document is not there, not finished or not good."""
_COUNT = re.compile(r"\d{1,2}\s+[a-z]+", re.IGNORECASE)
"""`1 memo` counts and numbers nothing."""
_NO_NUMBER = re.compile(r"\bno\b[.:\s]*+(?![a-z]*[-/]?\d)", re.IGNORECASE)
"""`no` that does not stand for `number`."""
_N_A = re.compile(
    r"\b(?:n[/.]\s?a|to be (?:done|determined|defined|sent|supplied|confirmed|announced))\b", re.IGNORECASE
)
_DOCUMENTS = frozenset({
    "memo", "memorandum", "contract", "order", "sheet", "datasheet", "certificate", "certification", "determination", "letter",
    "report", "invoice", "statement", "declaration", "quotation", "drawing", "specification", "catalogue", "catalog", "award",
    "solicitation", "agreement", "record", "licence", "license", "waiver", "minutes", "manual", "clause", "file",
})  # fmt: skip
SHORTEST = 6
"""Characters; what is shorter names no document that could be found."""


class Evidence(Struct, frozen=True):
    """What was named.

    Attributes:
        flaw: why it is no evidence, else empty.
        said: it in words.
        events: the event of this ledger that it is or stands in.
    """

    flaw: str
    said: str = ""
    events: tuple[str, ...] = ()


def weigh(case: Case, text: str) -> Evidence:
    """A reference or a hash: what is wrong with it, or what it is."""
    digest = _HASH.fullmatch(text.strip())
    if digest is not None:
        return _hashed(case, digest[1].lower())
    flaw = empty(text)
    if flaw:
        return Evidence(flaw)
    return Evidence("", text)


def empty(text: str) -> str:
    """Why a text names no document that could be looked up, or nothing where it may name one."""
    plain = " ".join(text.split())
    found = words(plain)
    if _CUT_HASH.fullmatch(plain):
        return f"its evidence {plain!r} is a part of a hash and names no event"
    if set(found) & (_ABSENT | _NOT_YET) or "?" in plain or _N_A.search(plain) or _NO_NUMBER.search(plain):
        return f"its evidence {plain!r} says that there is none, or none that is complete"
    if len(plain) < SHORTEST or _monotone(plain) or _COUNT.fullmatch(plain):
        return f"its evidence {plain!r} is too short to name a document"
    if not any(any(letter.isdigit() for letter in word) or word in _DOCUMENTS for word in found):
        return f"its evidence {plain!r} names no document: it has neither a number nor a document's name"
    return ""


def _monotone(text: str) -> bool:
    """Whether all letters are one letter, or, without letters, all digits one digit."""
    letters = {item for item in text.casefold() if item.isalpha()}
    return len(letters) == 1 or (not letters and len({item for item in text if item.isdigit()}) <= 1)


def _hashed(case: Case, digest: str) -> Evidence:
    fact = case.walk.history.facts.get(digest)
    if fact is None:
        for holder in case.walk.history.facts.values():
            name = _file(holder.event, digest)
            if name is None or holder.hash in case.walk.history.voided:
                continue
            if not isinstance(holder.event, Attest) or next(_flaws(case, holder), None) is None:
                return Evidence("", f"{name}, sha256 {digest}, kept with {holder.event.type} by {holder.event.actor}", (holder.hash,))  # fmt: skip
        return Evidence(
            f"its evidence is a hash of no event and no file that this ledger holds and that can be evidence: {digest}"
        )
    if digest in case.walk.history.voided:
        return Evidence(f"its evidence is an event that was retracted: {digest}")
    flaw = next(_flaws(case, fact), None)
    if flaw is not None:
        return Evidence(f"its evidence is event {digest}, {flaw}")
    event = fact.event
    assert isinstance(event, Attest)  # noqa: S101  (else it has a flaw)
    return Evidence("", f"attest by {event.actor}, {event.scheme}: {event.result}, event {digest}", (digest,))


def _file(event: Event, digest: str) -> str | None:
    """The file or document of an event that has this hash; the record of an import tells where events came from, and proves nothing."""
    names = [item.name for item in event.evidence if item.sha256 == digest and item.media_type != IMPORT_RECORD]
    if isinstance(event, Ship):
        names += [f"{item.kind} {item.number}" for item in event.documents if item.sha256 == digest]
    return names[0] if names else None


def _flaws(case: Case, fact: Fact) -> Iterator[str]:
    """Why an event is no evidence for an exception: only what somebody attests of this lot, and of this day, is."""
    event = fact.event
    if not isinstance(event, Attest):
        yield f"which is `{event.type}` and attests nothing"
        return
    about = {touch.lot for touch in event.lots}
    if not about & {case.walk.trace.lot.id, *built_into(case)}:
        yield f"which attests something of {'other lots' if about else 'no lot'}"
    if event.result.strip().casefold() not in GOOD:
        yield f"whose result is {event.result!r}, which does not plainly say that all is well"
    first, last = event.valid_from, event.valid_until
    if (first and case.tested_on < date.fromisoformat(first)) or (last and case.tested_on > date.fromisoformat(last)):
        yield f"which is not valid on {case.tested_on}"


def end_item(case: Case) -> str | None:
    """The end item in words: as the asker names it, else a lot that is one; None where none is named or it is itself a magnet."""
    stated, lot = case.context.end_item, case.walk.trace.lot
    if stated is not None and stated.name is not None:
        none = (
            is_magnet(stated.name)
            or nameless(stated.name)
            or set(words(stated.name)) & _ABSENT
            or _N_A.search(stated.name)
        )
        return None if none else stated.name
    if case.form == "end-item" and not is_magnet(lot.output.form):
        return f"lot {lot.id} ({lot.output.form})"
    return None


def built_into(case: Case) -> tuple[str, ...]:
    """The end items that this ledger records as made of the asked lot."""
    history, asked = case.walk.history, case.walk.trace.lot.id
    todo, found = [asked], {asked}
    while todo:
        for digest in history.lots[todo.pop()].draws:
            for output in history.facts[digest].event.outputs_made:
                made = history.lots.get(output.lot)
                if made is not None and made.born.hash == digest and output.lot not in found:
                    found.add(output.lot)
                    todo.append(output.lot)
    return tuple(sorted(name for name in found - {asked} if case.walk.form(name) == "end-item"))


def askers_word(case: Case, named: str) -> str:
    """The sentence on a magnet whose place in an end item nobody recorded, or nothing."""
    if case.form not in MAGNETS or built_into(case):
        return ""
    return f"; that the magnet is built into {named} is the asker's word: this ledger does not record it as built into an end item"


def percent(share: float) -> str:
    """A stated share as a percentage with every digit that was stated: 0.49999 is 49.999 % and not 50 %."""
    shown = format((Decimal(repr(share)) * 100).normalize(), "f")
    return f"{shown} %"
