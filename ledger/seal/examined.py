"""What of an entry can be looked at without its ledger, and so in another process: hashes, spelling, signature.

Nothing here is a verdict. An entry in which everything is in order is `Examined`; of any other nothing is said, and whoever
asked looks at it himself. So findings do not depend on where an entry was looked at, and a worker that fails costs time alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ledger.errors import FormatError
from ledger.seal import canonical, entry, merkle, note, submission
from ledger.seal.keys import VerifierKey
from ledger.seal.merkle import Hash

_PARTY = re.compile(rb"/submissions/([^\n]+)\n")


class Examined(NamedTuple):
    """An entry's submission, found in order (docs/format.md, steps 5 to 7, as far as they need no ledger).

    Attributes:
        ledger, party: what its first line says.
        hashes: of its events, in order; they make the root that was signed.
        vkey: the one key that signed it, as text.
        among: the keys that were given for the party; with others the answer might be another.
    """

    ledger: str
    party: str
    hashes: tuple[Hash, ...]
    vkey: str
    among: tuple[str, ...]


def parties(entries: Sequence[bytes]) -> set[str]:
    """Who may have signed these entries, read in passing: whose keys `examine` should be given. Not looked at closely."""
    found = (_PARTY.search(data) for data in entries)
    return {match[1].decode(errors="replace") for match in found if match is not None}


def examine(
    entries: Sequence[tuple[bytes, Sequence[bytes]]], keys: Mapping[str, tuple[str, ...]]
) -> list[Examined | None]:
    """Look at entries with their events; None for one in which anything is not in order, or that holds no submission.

    Args:
        entries: an entry's bytes, and those of its events.
        keys: the verifier keys, as text, of each party.
    """
    return [_examined(data, events, keys) for data, events in entries]


def _examined(data: bytes, events: Sequence[bytes], keys: Mapping[str, tuple[str, ...]]) -> Examined | None:
    try:
        signed = note.parse(entry.parse_entry(data).note)
        stated = submission.parse(signed.text)
        hashes = tuple(merkle.leaf_hash(event) for event in events)
        if len(hashes) != stated.size or merkle.root(hashes) != stated.root:
            return None
        for event in events:
            canonical.decode_event(event)
        among = keys.get(stated.party, ())
        signers = note.verify(signed, [VerifierKey.parse(text) for text in among])
    except FormatError:
        return None
    if len(signed.signatures) != 1 or len(signers) != 1:
        return None
    return Examined(stated.ledger, stated.party, hashes, str(signers[0]), among)
