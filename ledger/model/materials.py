"""Lots as events name them: drawn, created, touched."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ledger.model.quantity import Composition, Mass, Money
from ledger.model.text import END, HexHash, Line, LotId, check_nfc
from ledger.reference.elements import content

FormCode = Annotated[
    str,
    Meta(pattern=rf"^[a-z0-9_-]{{1,40}}{END}", description="ore, concentrate, oxide-ndpr, magnet-ndfeb-sintered, ..."),
]


class Draw(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False):
    """An amount taken from a lot, or a lot handed over.

    Attributes:
        lot: the lot.
        prev: hash of the previous event on that lot.
        mass: how much; None is all that is left.
    """

    lot: LotId
    prev: HexHash
    mass: Mass | None = None

    def __post_init__(self) -> None:
        check_nfc(self.lot)


class Touch(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False):
    """A lot that an event speaks of without moving material."""

    lot: LotId
    prev: HexHash

    def __post_init__(self) -> None:
        check_nfc(self.lot)


class Output(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False):
    """A lot that an event creates.

    Attributes:
        lot: its id, never used before.
        form: what it is, a form of DESIGN.md section 10 or another.
        mass: measured mass.
        composition: by mass; an absent analyte was not measured.
        value: customs or invoice value.
        cn_value: the part of `value` that is of Chinese origin (MOFCOM 61/2025 item 1).
    """

    lot: LotId
    form: FormCode
    mass: Mass
    composition: Composition | None = None
    value: Money | None = None
    cn_value: Money | None = None

    def __post_init__(self) -> None:
        check_nfc(self.lot)
        if self.composition is not None:
            check_composition(self.composition)


class Loss(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False):
    """Material that left an event without becoming a lot: dust, effluent, slag."""

    kind: Line
    mass: Mass
    composition: Composition | None = None

    def __post_init__(self) -> None:
        if self.composition is not None:
            check_composition(self.composition)


def check_composition(composition: Composition) -> None:
    """Refuse a composition that says one element twice, since neither saying could be preferred.

    Raises:
        ValueError: empty, or both an element and its oxide (or two of its oxides) are stated.
    """
    if not composition:
        raise ValueError("an empty composition; leave it out when nothing was measured")
    seen: dict[str, str] = {}
    for analyte in composition:
        found = content(analyte)
        if found is None:
            continue
        other = seen.setdefault(found[0], analyte)
        if other != analyte:
            raise ValueError(f"{other} and {analyte} state the same element twice; give one of them")
