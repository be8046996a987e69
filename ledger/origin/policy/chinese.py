"""What of a lot is of Chinese origin in the sense of China's export rules, and which recorded shipments were exports.

A Chinese announcement begins and ends at midnight in China, so the day of an event is the one of its instant at UTC+8,
whatever offset it was written with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Literal

from msgspec import Struct

from ledger.model.events import Ship
from ledger.origin.policy.case import Case, kept, told
from ledger.origin.policy.model import Reason
from ledger.origin.policy.walk import CERTAIN, POSSIBLE, Step
from ledger.reference.countries import CHINESE
from ledger.rules.provenance import NOT_KNOWN, destination, place

State = Literal["present", "open", "absent"]
CHINA_TIME = timezone(timedelta(hours=8))
"""One time for all of China, Hong Kong and Macao, without summer time since 1992."""


def china_day(instant: datetime) -> date:
    """The day of an instant in China."""
    return instant.astimezone(CHINA_TIME).date()


class Content(Struct, frozen=True):
    """Whether listed elements of Chinese origin are in a lot, and why."""

    state: State
    reasons: tuple[Reason, ...]


class Export(Struct, frozen=True):
    """A shipment between countries, recorded or stated by the asker.

    Attributes:
        lot: what was shipped.
        day: when, in China.
        start, end: countries; `unknown` where not known.
        licence: the reference recorded or stated, None where none is.
        to: the addressee's id, or the consignee's name as stated.
        events: the shipment's hash; none where the asker states it.
        without: whether the asker states that there is no licence. Silence does not.
    """

    lot: str
    day: date
    start: str
    end: str
    licence: str | None
    to: str
    events: tuple[str, ...]
    without: bool = False

    @property
    def said(self) -> str:
        """In words."""
        word = "recorded; the day in China, UTC+8" if self.events else "stated"
        return f"lot {self.lot}: export from {self.start} to {self.end} on {self.day} ({word})"

    def licensed(self) -> Reason:
        """That a licence is named, that there is none, or that nobody says."""
        if self.licence is not None:
            told = f"licence {self.licence} is named; whether it is genuine and covers it, the ledger cannot show"
        elif self.without:
            told = "a licence is needed, and the context states that there is none"
        else:
            where = "no licence reference is in its `licence_ref`" if self.events else "`export.licence` is not stated"
            told = f"what is listed needs a licence; {where}, which does not say that there is none"
        return Reason(f"{self.said}: {told}", self.events, (self.lot,))


def content(case: Case, lot: str, elements: Collection[str]) -> Content:
    """Whether `lot` holds any of `elements` that passed a stage in China: certainly, possibly or not."""
    walk = case.walk
    above = walk.above((lot,))
    present, open_ends = [], []
    levels = {element: walk.levels(element, walk.everything) for element in elements}
    for step in walk.steps:
        if step.lot not in above:
            continue
        held = {element: found[step.lot] for element, found in levels.items() if step.lot in found}
        stated = [element for element, found in held.items() if found == CERTAIN]
        evidence = ((step.fact.hash,), (step.lot,))
        mixed = step.stage == "blend" and not step.disguised  # mixing alone makes no origin for certain
        if set(step.places) & CHINESE and stated and not mixed:
            present.append(Reason(f"{told(step)}; it carries {kept(stated)}", *evidence))
        elif (set(step.places) & CHINESE or NOT_KNOWN in step.places) and held:
            silent = [element for element, found in held.items() if found >= POSSIBLE] or list(held)
            word = "it carries" if stated else "it may carry"
            open_ends.append(Reason(f"{told(step)}; {word} {_few(stated or silent)}", *evidence))
    for name in walk.trace.lots:
        for parent in walk.trace.parents[name]:
            if name in above and parent.lot is None:
                hashes = (walk.history.lots[name].born.hash,)
                open_ends.append(Reason(f"lot {name}: what it was made from was retracted", hashes, (name,)))
    if present:
        return Content("present", (*present, *open_ends))
    return Content("open" if open_ends else "absent", tuple(open_ends))


def _few(elements: Collection[str]) -> str:
    most = 4
    return kept(elements) if len(elements) <= most else f"{kept(sorted(elements)[:most])} or others"


def exports(case: Case) -> Iterator[Export]:
    """Every shipment of the ancestry that crossed a border or may have, and the export that the asker states."""
    history = case.walk.history
    for name, fact in case.walk.shipments:
        event = fact.event
        assert isinstance(event, Ship)  # noqa: S101  (shipments are)
        start, end = place(history.country_of_site(event.site)), place(destination(history, event))
        if start != end or NOT_KNOWN in (start, end):
            yield Export(name, china_day(event.instant), start, end, event.licence_ref, event.to, (fact.hash,))
    stated = case.context.export
    if stated is not None:
        yield Export(
            case.walk.trace.lot.id,
            case.tested_on,
            place(stated.from_),
            place(stated.to),
            None if stated.licence is None or _none(stated.licence) else stated.licence,
            stated.consignee or "",
            (),
            without=stated.licence is not None and _none(stated.licence),
        )


def _none(licence: str) -> bool:
    return licence.strip().lower() == "none"


def brought_in(case: Case) -> Iterator[tuple[Step, date]]:
    """Stages in China, or at an unknown place, that are declared elsewhere, and when: the way from there is not recorded."""
    for step in case.walk.steps:
        event = step.fact.event
        here = place(case.walk.history.country_of_site(event.site))
        if step.word == "declared" and here not in CHINESE and (set(step.places) & CHINESE or NOT_KNOWN in step.places):
            yield step, china_day(event.instant)


def carries(case: Case, lot: str, elements: Collection[str]) -> bool:
    """Whether a lot can hold any of these elements."""
    return any(lot in case.walk.levels(element, case.walk.everything) for element in elements)


def as_it_came(case: Case, lot: str) -> State:
    """Whether a lot is still what was made in China: `present`, `absent` where it was worked on elsewhere since, or `open`.

    What was mined in China, or made by its last stage there, is. Splitting, blending, repacking and collecting leave a lot what it was.
    """
    walk, found = case.walk, dict[str, State]()
    above = walk.above((lot,))
    for name in walk.trace.lots:  # parents before children
        if name not in above:
            continue
        done = [step for step in walk.steps_of(name) if step.disguised or step.stage not in ("blend", "collect")]
        if done:
            last = done[-1].places  # the steps of a lot are in the order of the stages
            found[name] = "open" if NOT_KNOWN in last else "present" if set(last) & CHINESE else "absent"
        else:
            states = {found.get(parent.lot or "", "open") for parent in walk.trace.parents[name]}
            found[name] = states.pop() if len(states) == 1 else "open"
    return found[lot]


def leaves_china(export: Export) -> bool:
    """Whether it left mainland China, Hong Kong or Macao, or passed between them: each is a customs territory."""
    return export.start in CHINESE and export.start != export.end


def between_others(export: Export) -> bool:
    """Whether it may have gone from one third country to another; an unknown end may be any."""
    return export.start not in CHINESE and export.end not in CHINESE
