"""The text in a label's QR code: which event of which lot in which ledger (docs/format.md, "Label"); and how it stands now.

    MONAZITE:1:<ledger>:<hash of the event>:<lot>

ASCII, no spaces, five fields, and no field can hold the colon, so it reads in one way only. It is a URI as well (RFC 3986,
with the scheme in capitals), so a phone shows it whole and does not open it as an address of the web.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from msgspec import Struct

from ledger.errors import FormatError
from ledger.model.entry import Fact
from ledger.model.text import LOT_PATTERN
from ledger.rules.history import History
from ledger.rules.lot import Lot

SCHEME: Final = "MONAZITE:"
MAX_LOT: Final = 128
"""Longest lot in its spelling here; a longer one is named by its hash."""
MAX_TEXT: Final = len(SCHEME) + 2 + 128 + 1 + 64 + 1 + MAX_LOT
"""Longest text of a label, in characters."""

_ORIGIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}(?:/[A-Za-z0-9._-]{1,63}){0,7}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_LOT: Final = re.compile(LOT_PATTERN)
_VERSION: Final = "1"
_BY_HASH: Final = "="


class Label(Struct, frozen=True):
    """What a label says. It is signed by nobody: anybody can print one.

    Attributes:
        ledger: the ledger's origin.
        event: hash of an event of the lot, the newest when the label was made; hex.
        lot: the lot; empty where it is named by its hash.
        key: SHA-256 of `lot:` and the lot, hex, as in the ledger's map.
    """

    ledger: str
    event: str
    lot: str
    key: str

    @classmethod
    def of(cls, ledger: str, event: str, lot: str) -> Label:
        """A label for a lot; raises FormatError where a part is none."""
        made = cls(ledger, event, lot if len(spelled(lot)) <= MAX_LOT else "", key_of(lot))
        return parse(format(made))


class Standing(Struct, frozen=True):
    """How a label stands against a verified ledger.

    Attributes:
        kind: `newest`, of those that stand; `superseded`, later ones are on the lot; `withdrawn`, the lot or the label's event is void;
            `other-lot`, the event is not on that lot; `unknown-event`; `unknown-lot`; `other-ledger`.
        says: the same as a sentence.
        lot: the lot as the ledger has it; None where it has none.
        fact: the label's event, where it is one of the lot.
        later: events on the lot after that, those that stand.
    """

    kind: str
    says: str
    lot: Lot | None = None
    fact: Fact | None = None
    later: tuple[Fact, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the label is of an event of this lot that stands. That more happened since is no fault of a label."""
        return self.kind in ("newest", "superseded")


def newest(lot: Lot, history: History) -> Fact | None:
    """The newest event on a lot that was not retracted; None where the lot's making was."""
    if lot.void is not None:
        return None
    return next(fact for fact in reversed(lot.facts) if fact.hash not in history.voided)


def key_of(lot: str) -> str:
    """The key of a lot, as in the ledger's map."""
    return sha256(f"lot:{lot}".encode()).hexdigest()


def spelled(lot: str) -> str:
    """A lot in a label: UTF-8, percent-encoded but for letters, digits and `-._~` (RFC 3986 section 2.3)."""
    return quote(lot, safe="")


def format(label: Label) -> str:  # noqa: A001 - Parse and Format are the pair's names
    """Write a label's text."""
    lot = spelled(label.lot) if label.lot else _BY_HASH + label.key
    return f"{SCHEME}{_VERSION}:{label.ledger}:{label.event}:{lot}"


def parse(text: str) -> Label:
    """Read a label's text, as a scanner gives it without a line's end.

    Raises:
        FormatError: no label of this version, or not in its one spelling; `field` is the part at fault.
    """
    if not text.startswith(SCHEME):
        raise FormatError(f"not a Monazite label, which begins with {SCHEME}")
    fields = text.split(":", 5)
    if fields[1] != _VERSION:
        raise FormatError(
            f"a label of version {fields[1][:20]!r}; this program reads version {_VERSION}", field="version"
        )
    if len(text) > MAX_TEXT or len(fields) != 5:  # noqa: PLR2004  (scheme, version, ledger, event, lot)
        raise FormatError("a label has a ledger, an event and a lot, and nothing more: was it scanned whole?")
    _scheme, _version, ledger, event, lot = fields
    if not _ORIGIN.fullmatch(ledger) or len(ledger) > 128:  # noqa: PLR2004  (of `ledger.model.text.Origin`)
        raise FormatError(f"{ledger[:60]!r} is no ledger", field="ledger")
    if not _HASH.fullmatch(event):
        raise FormatError(f"{event[:70]!r} is no hash of an event: 64 digits, lower-case hex", field="event")
    if lot.startswith(_BY_HASH):
        if not _HASH.fullmatch(lot[1:]):
            raise FormatError("a lot named by its hash has 64 digits, lower-case hex", field="lot")
        return Label(ledger, event, "", lot[1:])
    try:
        name = unquote_to_bytes(lot).decode()
    except UnicodeDecodeError:
        raise FormatError("the lot is not UTF-8", field="lot") from None
    if not _LOT.match(name) or spelled(name) != lot:
        raise FormatError(f"{lot[:60]!r} is no lot in its one spelling", field="lot")
    return Label(ledger, event, name, key_of(name))


def found(text: str) -> Label:
    """The one label in lines of text, as a scanner or `monazite label` writes them.

    Raises:
        FormatError: none, several that differ, or one that is malformed.
    """
    lines = {line.strip() for line in text.splitlines() if line.strip().startswith(SCHEME)}
    if len(lines) != 1:
        raise FormatError(f"{len(lines)} labels are there in place of one; a label begins with {SCHEME}")
    return parse(lines.pop())


def stand(label: Label, ledger: str, history: History) -> Standing:
    """How a label stands against a history that was verified; `ledger` is that history's origin."""
    if label.ledger != ledger:
        return Standing("other-ledger", f"the label is of the ledger {label.ledger}; this is {ledger}")
    lot = history.lots.get(label.lot or _named(label.key, history))
    if lot is None:
        shown = repr(label.lot) if label.lot else f"with the key {label.key[:16]}"
        return Standing("unknown-lot", f"there is no lot {shown} here")
    facts = lot.facts
    place = next((place for place, fact in enumerate(facts) if fact.hash == label.event), None)
    if place is None:
        if history.facts.get(label.event) is not None:
            return Standing("other-lot", f"the label's event is here, and it is not on the lot {lot.id!r}", lot)
        return Standing(
            "unknown-event", "no event with the label's hash is here: it was not made from this ledger", lot
        )
    fact = facts[place]
    later = tuple(fact for fact in facts[place + 1 :] if fact.hash not in history.voided)
    if lot.void is not None or label.event in history.voided:
        what = "the lot's making" if lot.void is not None else "the label's event"
        return Standing("withdrawn", f"{what} was retracted since", lot, fact, later)
    if later:
        count = f"{len(later)} later event{'s' * (len(later) != 1)}"
        return Standing(
            "superseded", f"the label's event is no longer the newest on the lot: {count} since", lot, fact, later
        )
    return Standing("newest", "the label's event is the newest on the lot", lot, fact)


def _named(key: str, history: History) -> str:
    """The lot with this key, among those that are too long to stand in a label; empty for none."""
    return next((name for name in history.lots if len(spelled(name)) > MAX_LOT and key_of(name) == key), "")
