"""CUST-DOCUMENT-REUSED, CUST-DOCUMENT-SHARED: one paper for material that has nothing to do with each other (DOMAIN.md L08, L23).

Only papers that speak of one consignment or one batch are asked about, by their kind or name: a certificate of a management
system, an accreditation, a contract or a supplier's yearly declaration goes with many lots honestly. A paper may cover
several lots, too: what one party uses it for within some days is told as shared and not as reused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, MutableMapping
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from ledger.model.entry import Fact
from ledger.model.events import Assay, Declare, Extract, Recover, Ship
from ledger.model.identity import IMPORT_RECORD, Evidence
from ledger.reference.stages import NEUTRAL
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.kinship import families
from ledger.rules.standing import counted

_CARRIAGE = re.compile(
    r"\b(?:bills? of lading|b/l|[mh]?bl|bol|(?:air|sea|rail|road)? ?way ?bill|h?awb|cmr|(?:delivery|dispatch|consignment) note"
    r"|packing (?:list|slip)|weigh(?:ing|bridge)?[ -]?(?:slip|note|ticket|list|certificate)?|weight[ -](?:slip|note|list|certificate)|slip)\b"
)
_ANALYSIS = re.compile(
    r"\b(?:(?:certificate|report) of (?:analysis|assay|inspection)|coa|(?:assay|analysis|mill|test|inspection|lab|sgs) (?:cert(?:ificate)?|report)"
    r"|assay|analysis|certificate)\b"
)
_ASKED = (Assay, Declare, Extract, Recover, Ship)


class Kind(Struct, frozen=True):
    """A kind of paper.

    Attributes:
        days: within how many days of its first use the same party may use it for further lots.
        one_way: whether it goes to one addressee alone.
        stages: stages by which it goes on to relatives; None where by any.
    """

    days: int
    one_way: bool
    stages: Collection[str] | None


CARRIAGE = Kind(1, True, NEUTRAL)
"""Papers of one carriage, or of one weighing: a day's loading for one addressee, and the goods may be split on the way."""
ANALYSIS = Kind(7, False, None)
"""Papers on what a batch is made of: a laboratory reports a week's samples on one, and it goes with all that is made of them."""
_GENERAL = re.compile(
    r"\b(?:iso|certificate of (?:origin|conformity|insurance|registration)|management|accreditation"
    r"|scope|method|procedure|calibration|contract|invoice|policy|declaration)\b"
)
"""What a laboratory attaches to many analyses honestly."""


class Use(Struct, frozen=True):
    """One use of a paper."""

    fact: Fact
    lots: tuple[str, ...]
    said: str


class Paper(Struct):
    """A paper as it was used: the lots it covers, and the uses for others."""

    kind: Kind
    first: Use
    covered: set[str]
    others: list[Use]
    shared: list[Use]


def kind_of(text: str) -> Kind | None:
    """The kind of paper that a document's kind or a file's name says, None for papers that may go with anything."""
    words = _words(text)
    if _GENERAL.search(words):
        return None
    return CARRIAGE if _CARRIAGE.search(words) else ANALYSIS if _ANALYSIS.search(words) else None


def _words(text: str) -> str:
    return re.sub(r"[\s_.,;()\[\]#:-]+", " ", text.casefold())


def reused(history: History) -> Iterator[Finding]:
    """The same file, or the same kind and number by one shipper, for lots that are no relatives of those it was first for."""
    papers: MutableMapping[tuple[str, ...], Paper] = history.tables.table()
    for fact in counted(history, *_ASKED):
        lots = _lots(fact)
        if not lots:
            continue
        for key, (kind, said) in _papers(fact).items():
            use = Use(fact, lots, said)
            paper = papers.get(key)
            if paper is None:
                papers[key] = Paper(kind, use, set(lots), [], [])
            elif paper.covered.isdisjoint(lots):
                (paper.shared if _together(kind, paper.first.fact, fact) else paper.others).append(use)
                papers[key] = paper
    seen: set[tuple[str, str]] = set()
    for paper in papers.values():
        shared = list(_unrelated(history, paper, paper.shared))
        # What shares a paper honestly is covered by it, so a later use for the same lots is none of another.
        paper = replace(paper, covered=paper.covered | {lot for use in paper.shared for lot in use.lots})  # noqa: PLW2901  (a copy, since a table's value is not ours to change)
        for code, uses in (
            ("CUST-DOCUMENT-SHARED", shared),
            ("CUST-DOCUMENT-REUSED", _unrelated(history, paper, paper.others)),
        ):
            for use in uses:
                pair = (use.fact.hash, paper.first.fact.hash)
                if pair in seen:
                    continue
                seen.add(pair)
                message = (
                    f"{use.said} goes with lot {use.lots[0]} on {use.fact.event.at[:10]}; "
                    f"it went with lot {paper.first.lots[0]} on {paper.first.fact.event.at[:10]}, which is no relative"
                )
                yield finding(code, f"lot:{use.lots[0]}", message, *pair)


def _unrelated(history: History, paper: Paper, uses: Iterable[Use]) -> Iterator[Use]:
    others = [use for use in uses if paper.covered.isdisjoint(use.lots)]
    if not others:
        return
    family = families(
        history, (*sorted(paper.covered), *(lot for use in others for lot in use.lots)), paper.kind.stages
    )
    known = {family[lot] for lot in paper.covered}
    for use in others:
        if (
            None not in known
            and known.isdisjoint(family[lot] for lot in use.lots)
            and all(family[lot] is not None for lot in use.lots)
        ):
            yield use


def _lots(fact: Fact) -> tuple[str, ...]:
    event = fact.event
    if not isinstance(event, _ASKED):
        return ()
    return tuple(name for name, _prev in event.touches) + tuple(output.lot for output in event.outputs_made)


def _papers(fact: Fact) -> dict[tuple[str, ...], tuple[Kind, str]]:
    """What identifies each paper of an event, its kind and its name; an empty file identifies nothing."""
    event = fact.event
    found: dict[tuple[str, ...], tuple[Kind, str]] = {}
    for item in event.evidence:
        kind = kind_of(item.name)
        if kind is None and isinstance(event, Assay) and _may_be_report(item):
            kind = ANALYSIS
        if kind is not None and item.size:
            found["file", item.sha256] = (kind, item.name)
    for paper in event.documents if isinstance(event, Ship) else ():
        kind = kind_of(paper.kind)
        if kind is not None:
            name = " ".join(paper.kind.casefold().split())
            found["number", event.actor, name, paper.number.casefold()] = (kind, f"{paper.kind} {paper.number}")
            if paper.sha256 is not None:
                found["file", paper.sha256] = (kind, f"{paper.kind} {paper.number}")
    return found


def _may_be_report(item: Evidence) -> bool:
    """Whether a file of an analysis, whose name says nothing, may be the laboratory's paper.

    The record of an import goes with every event of one file. A certificate that is passed off as one is no evidence of
    anything (`ledger.origin.policy.evidence`), so that it hides no more than if it had been left out.
    """
    return item.media_type != IMPORT_RECORD and not _GENERAL.search(_words(item.name))


def _together(kind: Kind, first: Fact, later: Fact) -> bool:
    """Whether a later use belongs to the first: by the same party, within the days, and to the same addressee."""
    one, other = first.event, later.event
    if one.actor != other.actor or abs(other.instant - one.instant) > timedelta(days=kind.days):
        return False
    return not (kind.one_way and isinstance(one, Ship) and isinstance(other, Ship)) or one.to == other.to
