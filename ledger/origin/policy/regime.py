"""Legal rules as data: the members of a TOML file under `ledger/origin/policies`.

Strict: a member that is not listed here is refused, since a misspelt exception would silently not exist.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

Evidence = Literal["primary", "published", "partly-verified", "unverified"]
"""How well the text was read: `primary` in full from an official source, `published` operative content in published text,
`partly-verified` in part, `unverified` not at all. Only `primary` may carry a bare `compliant`."""
Kind = Literal["rule", "exception", "status"]
DateName = Literal[
    "delivery_date", "sale_date", "export_date", "entry_date", "taxable_year_end", "placed_on_market"
]  # fmt: skip
Text = Annotated[str, Meta(min_length=1, max_length=1000)]
Name = Annotated[str, Meta(min_length=1, max_length=80)]


class Reading(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One way to read the text.

    Attributes:
        name: `literal`, `conservative` or another.
        says: the words that it rests on.
        elements: element symbols that count; `REE` stands for the 17 rare earths.
        required: elements that must have a recorded source.
        doubtful: further elements of which it is open whether they count.
        stages: stages that count besides the rule's own.
    """

    name: Name
    says: Text
    elements: tuple[Name, ...]
    required: tuple[Name, ...] = ()
    doubtful: tuple[Name, ...] = ()
    stages: tuple[Name, ...] = ()


class Pending(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A change that is not law.

    Attributes:
        name, text: what and what it would do.
        test_as: the rule that would apply instead until `until`; without one its text was not read far enough.
    """

    name: Name
    text: Text
    test_as: Name | None = None
    until: date | None = None


class StatusBranch(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One state in which the law may be."""

    name: Name
    in_force: bool
    text: Text


class Phase(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A span of days and the states in which the law may be in it; open at the end where `to` is absent."""

    since: date
    to: date | None = None
    branches: Annotated[tuple[StatusBranch, ...], Meta(min_length=1)]


class Minimum(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A product and its least purity.

    Attributes:
        product: as the law names it.
        forms: listed forms of that product.
        elements: whose oxides (form oxide) or metals are summed.
        ppb: least mass fraction.
    """

    product: Name
    forms: tuple[Name, ...]
    elements: tuple[Name, ...]
    ppb: Annotated[int, Meta(gt=0, le=1_000_000_000)]


class Disclosure(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A list of countries that is to be disclosed, and the stages that it is made of."""

    name: Name
    says: Text
    stages: tuple[Name, ...]


class Rule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One entry of a regime.

    Attributes:
        id, title, kind, citation, evidence, status: what it is.
        asks, answers, unknown: what it asks, what of it the ledger answers, and what unknown means.
        who, binding: whom it binds; `binding` where it binds no company.
        test: the test that evaluates it, a name of `check.TESTS`; empty for exceptions and status objects.
        test_date: the context's date that decides.
        effective_from, effective_to: in force on these days and between.
        items: listed forms that it speaks of.
        stages, countries, elements, readings: what of a lot's history counts.
        exceptions: ids, in the order in which they are asked.
        suspended_by: the status object that says when it is in force.
        outlook: rules to show as well when the date is within `outlook_days` of the border between them.
        text_read: which text was read, in words that go with every `compliant`; where it may have changed since.
        unread: what of the law that changes it was not read, in words.
        missed: what a `non-compliant` means where no duty is broken, in words that go with it.
        pending, thresholds, minima, disclosures, phases, names, regions, dates, reason, notes: as the test reads them.
    """

    id: Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9-]{2,40}$")]
    title: Text
    kind: Kind
    citation: Text
    evidence: Evidence
    status: Text
    asks: Text
    answers: Text
    unknown: Text
    who: str = ""
    binding: str = ""
    test: str = ""
    test_date: DateName | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    items: tuple[Name, ...] = ()
    stages: tuple[Name, ...] = ()
    countries: tuple[Name, ...] = ()
    elements: tuple[Name, ...] = ()
    readings: tuple[Reading, ...] = ()
    exceptions: tuple[Name, ...] = ()
    suspended_by: str = ""
    outlook: tuple[Name, ...] = ()
    outlook_days: Annotated[int, Meta(ge=0, le=366)] = 0
    text_read: str = ""
    unread: str = ""
    missed: str = ""
    pending: tuple[Pending, ...] = ()
    thresholds: dict[str, float] = {}
    minima: tuple[Minimum, ...] = ()
    disclosures: tuple[Disclosure, ...] = ()
    phases: tuple[Phase, ...] = ()
    names: tuple[Name, ...] = ()
    regions: tuple[Name, ...] = ()
    dates: dict[str, date] = {}
    reason: str = ""
    notes: tuple[Text, ...] = ()


class Regime(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One file: a regime and its rules."""

    regime: Text
    policy: Annotated[tuple[Rule, ...], Meta(min_length=1)]
