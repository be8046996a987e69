"""The event table of DESIGN.md section 9: its columns, and which events and rows each belongs to.

A cell that its event or row has no use for is refused: dropping it would lose what somebody meant to say.
"""

from __future__ import annotations

from typing import NamedTuple

DIRECTIONS: dict[str, tuple[str, ...]] = {
    "extract": ("out",),
    "recover": ("out",),
    "declare": ("out",),
    "transform": ("in", "out"),
    "ship": ("subject",),
    "receive": ("subject",),
    "assay": ("subject",),
    "attest": ("subject",),
    "retract": ("subject",),
    "dispose": ("subject",),
}
"""Event types of the table, and what a row's lot can be to each; a blank direction means the only one."""

REGISTRY = {"open": "init", "enrol": "party add", "site": "site add", "key": "key new", "revoke": "key revoke"}
"""Types that no table holds, and the command that records each."""


class Column(NamedTuple):
    """A column whose cells speak of the whole event.

    Attributes:
        types: event types that have a use for it.
        plain: the cell is the text of the member that has the column's name.
    """

    types: tuple[str, ...]
    plain: bool = False


_EVERY = tuple(DIRECTIONS)

EVENT_COLUMNS: dict[str, Column] = {
    "type": Column(_EVERY),
    "at": Column(_EVERY),
    "actor": Column(_EVERY, plain=True),
    "site": Column(_EVERY, plain=True),
    "stage": Column(("transform", "extract", "recover")),
    "to": Column(("ship",), plain=True),
    "route": Column(("ship",)),
    "deposit": Column(("extract",), plain=True),
    "mineral": Column(("extract",), plain=True),
    "country": Column(("extract", "recover", "declare")),
    "feedstock": Column(("recover",), plain=True),
    "equipment": Column(("transform",)),
    "technology": Column(("transform",)),
    "losses": Column(("transform",)),
    "target": Column(("retract",)),
    "reason": Column(("receive", "retract", "dispose")),
    "note": Column(_EVERY, plain=True),
    # Optional, beyond the header that section 9 prints.
    "evidence": Column(_EVERY),
    "scheme": Column(("attest",), plain=True),
    "result": Column(("attest",), plain=True),
    "valid_from": Column(("attest",)),
    "valid_until": Column(("attest",)),
    "replacement": Column(("retract",), plain=True),
    "waste": Column(("recover",), plain=True),
    "supplier": Column(("declare",), plain=True),
    "custody_model": Column(("transform",), plain=True),
    "carrier": Column(("ship",), plain=True),
    "title": Column(("ship",), plain=True),
    "licence_ref": Column(("ship",), plain=True),
    "hs": Column(("ship",), plain=True),
    "method": Column(("assay",), plain=True),
}

ROW_COLUMNS = ("direction", "lot", "form", "mass", "unit", "u_mass", "value", "currency", "cn_value")
"""Columns whose cells speak of the row's lot alone."""

COLUMNS = ("event", *EVENT_COLUMNS, *ROW_COLUMNS)
MANDATORY = ("event", "type", "at", "actor", "lot")
"""Columns that a table must have; any other that is absent counts as blank."""

COMPOSITION = "composition"
"""Stands for the columns headed `<analyte> <unit>`."""

_WEIGHED = frozenset({"mass", "unit", "u_mass"})
_CREATED = _WEIGHED | {"form", "value", "currency", "cn_value", COMPOSITION}


def row_uses(kind: str, direction: str) -> frozenset[str]:
    """Row columns, `direction` and `lot` apart, that say something of a lot in this direction."""
    if direction == "out":
        return _CREATED
    if kind == "assay":
        return frozenset({COMPOSITION})
    return frozenset() if kind in ("attest", "retract") else _WEIGHED


REQUIRED: dict[str, tuple[str, ...]] = {
    "transform": ("stage",),
    "ship": ("to",),
    "retract": ("target", "reason"),
    "attest": ("scheme", "result"),
}
"""Event columns that a type cannot do without, beside `at`, `actor` and mostly `site`."""

STAGE_OF = {"extract": "mine", "recover": "collect"}
"""What a stage cell may repeat where the type says it already."""
