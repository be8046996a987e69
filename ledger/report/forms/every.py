"""All forms of a lot, in a fixed order: the one entry to this package."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import Struct

from ledger.errors import UsageError
from ledger.origin.policy.check import newest_day
from ledger.origin.policy.context import NOTHING, Context
from ledger.origin.policy.load import find
from ledger.origin.trace import Trace
from ledger.report.forms import crma28, crma29, dfars, mofcom, section857
from ledger.report.forms.form import Form, Section, Status, gaps_of
from ledger.report.forms.statement import applies_not, basis, closing, notes, verdicts
from ledger.report.forms.subject import Subject, doubts
from ledger.rules.finding import Finding
from ledger.rules.history import History


class Kind(Struct, frozen=True):
    """A form that can be filled in.

    Attributes:
        id, title: its name on the command line and in words.
        policies: the policies whose verdicts it quotes; the first gives citation and duty.
        fill: its sections for a lot.
        magnets: whether it speaks of magnets, and of nothing else.
    """

    id: str
    title: str
    policies: tuple[str, ...]
    fill: Callable[[Subject], Iterator[Section]]
    magnets: bool = True


KINDS: tuple[Kind, ...] = (
    Kind("section-857", "Section 857: where the magnets' materials come from", section857.POLICIES, section857.sections),
    Kind("dfars-7052", "DFARS 252.225-7052: statement on restricted magnets", dfars.POLICIES, dfars.sections),
    Kind("eu-crma-28", "EU 2024/1252 Art. 28: label and data carrier for magnets", crma28.POLICIES, crma28.sections),
    Kind("eu-crma-29", "EU 2024/1252 Art. 29: recycled content of magnets", crma29.POLICIES, crma29.sections),
    Kind("mofcom-61-62", "MOFCOM Nos. 61 and 62 of 2025: worksheet of Chinese content and technology", mofcom.POLICIES, mofcom.sections, magnets=False),
)  # fmt: skip


def kind(name: str) -> Kind:
    """A form by id.

    Raises:
        UsageError: there is none; names those that are.
    """
    found = next((item for item in KINDS if item.id == name), None)
    if found is None:
        raise UsageError(f"there is no form {name!r}; forms are {', '.join(item.id for item in KINDS)}", field="--form")
    return found


def forms(
    trace: Trace,
    history: History,
    findings: Sequence[Finding],
    policies: Sequence[Mapping[str, Any]],
    context: Context = NOTHING,
    *,
    source: str,
    verification: str,
) -> tuple[Form, ...]:
    """Every form, filled in for one lot.

    Args:
        trace: the lot.
        history: what the verification read.
        findings: what it found.
        policies: answers as `report.policy.built` gives them; a form quotes those that were asked.
        context: what the asker states, the same as the policies were asked with.
        source: the ledger and its checkpoint, in words.
        verification: the verification's verdict.
    """
    # Without policies, the day of the newest event on the lot's way: a bundle holds no other.
    day = (
        policies[0]["as_of"]
        if policies
        else max((fact.event.at[:10] for _name, fact in trace.events(history)), default="")
    )
    as_of = date.fromisoformat(day) if day else newest_day(history)
    subject = Subject(trace, history, findings, policies, context, as_of)
    return tuple(_filled(item, subject, source, verification) for item in KINDS)


def _filled(item: Kind, subject: Subject, source: str, verification: str) -> Form:
    not_asked = applies_not(subject, item.policies)
    speaks = not item.magnets or subject.holds_magnets
    filled: tuple[Section, ...] = ()
    if speaks or not_asked is None:
        filled = (*item.fill(subject), *doubts(subject))
    said = [*verdicts(subject, item.policies), *closing(subject, verification)]
    if item.id == "section-857":
        said = [*section857.summary(filled), *said]
    gaps = gaps_of(filled)
    status: Status = "not-applicable" if not_asked is not None else "gaps" if gaps else "complete"
    return Form(
        id=item.id,
        title=item.title,
        citation="; ".join(dict.fromkeys(find(name).citation for name in item.policies)),
        asks=" ".join(dict.fromkeys(find(name).asks for name in item.policies)),
        as_of=subject.as_of.isoformat(),
        status=status,
        sections=filled,
        statement=tuple(said),
        basis=tuple(basis(subject, item.policies, source)),
        gaps=gaps,
        note=" ".join(part for part in (not_asked, notes(item.policies)) if part),
    )
