"""What one cell can say besides a number: times, texts, and the small lists of DESIGN.md section 9."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from string import ascii_letters
from typing import Any, Literal, get_args, get_origin

import msgspec

from ledger.errors import InputError
from ledger.exchange.amounts import MASS_UNITS, mass, quoted
from ledger.exchange.columns import nearest
from ledger.exchange.draft import explain
from ledger.model.events import StageCode
from ledger.model.identity import ROLE_ALIASES, Role
from ledger.model.text import Day, Instant, LotId, check_nfc, instant
from ledger.reference.countries import UNKNOWN, is_country

ROLES: tuple[str, ...] = get_args(Role)
STAGES: tuple[str, ...] = get_args(StageCode)
NOT_STATED = ("unknown", "withheld")
"""Values in place of a country where none is known, or none is told."""
DISPOSALS = ("waste", "sale", "loss")

_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2})(?::([0-9]{2}(?:\.[0-9]{1,6})?))?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_TIME_ADVICE = "write local time with its offset from UTC, as 2026-03-01T08:30+08:00"
_DISPOSAL = re.compile(r"([A-Za-z]+)(?:[\s:;,.]+([\s\S]*))?")


def text(cell: str, type_: Any, field: str) -> str:  # noqa: ANN401  (an annotation has no type of its own)
    """A cell that is a text of the model, checked against the member's type.

    Raises:
        InputError: it does not fit.
    """
    try:
        return str(msgspec.convert(cell, type=type_))
    except msgspec.ValidationError as error:
        options = _options(type_)
        if options:
            reason = f"is none of {' '.join(options)}{nearest(cell, options)}"
            raise InputError(f"{quoted(cell)} {reason}", field=field) from error
        raise InputError(f"{quoted(cell)}: {explain(str(error))}", field=field) from error


def lot(cell: str) -> str:
    """A lot's id, verbatim.

    Raises:
        InputError: hidden characters, spaces at the ends, too long, or not NFC.
    """
    found = text(cell, LotId, "lot")
    try:
        check_nfc(found)
    except ValueError as error:
        raise InputError(str(error), field="lot") from error
    return found


@lru_cache(1 << 12)
def at(cell: str) -> str:
    """A time with its offset, in the model's spelling.

    Raises:
        InputError: another spelling, no offset, or no such time.
    """
    found = _TIME.fullmatch(cell)
    if found is None:
        raise InputError(f"{quoted(cell)} is not a time; {_TIME_ADVICE}", field="at")
    day, minute, second, offset = found.groups()
    if offset is None:
        raise InputError(f"{cell!r} has no offset; {_TIME_ADVICE}", field="at")
    spelt = f"{day}T{minute}:{second or '00'}{offset.upper()}"
    try:
        instant(spelt)
    except ValueError as error:
        raise InputError(f"{cell!r} is no time: {error}", field="at") from error
    return text(spelt, Instant, "at")


def day(cell: str, field: str) -> str:
    """A calendar day, as 2026-03-01.

    Raises:
        InputError: another spelling, or no such day.
    """
    found = text(cell, Day, field)
    try:
        date.fromisoformat(found)
    except ValueError as error:
        raise InputError(f"{found} is no day: {error}", field=field) from error
    return found


def country(cell: str, field: str) -> str:
    """An ISO 3166-1 code, or `ZZ` where it is not known.

    Raises:
        InputError: no such country.
    """
    if cell == UNKNOWN or is_country(cell):
        return cell
    advice = f"; did you mean `{cell.upper()}`?" if is_country(cell.upper()) else ""
    raise InputError(f"{quoted(cell)} is not an ISO 3166-1 alpha-2 country code{advice}", field=field)


def place(cell: str, field: str) -> str:
    """A country, or `unknown`, or `withheld`.

    Raises:
        InputError: neither.
    """
    return cell if cell in NOT_STATED else country(cell, field)


def route(cell: str) -> list[str]:
    """`AU>SG>MY`: the countries from where it left to where it arrives, both included.

    Raises:
        InputError: another spelling, an unknown country, or one end only.
    """
    parts = [part.strip() for part in cell.split(">")]
    # One code alone could mean a country of transit; read as an end it would hide that.
    if len(parts) == 1:
        raise InputError(
            f"{quoted(cell)} is not a route; write countries with both ends, as AU>SG>MY, or AU>AU within one",
            field="route",
        )
    return [country(part, "route") for part in parts]


def origin(cell: str) -> dict[str, str]:
    """`mine=AU;separate=CN;gbd=none`: declared country by stage, `none` where it was not performed; a country alone is that of mining.

    Raises:
        InputError: another spelling, an unknown stage or country, or a stage said twice.
    """
    if "=" not in cell:
        return {"mine": place(cell, "country")}
    found: dict[str, str] = {}
    for part in _parts(cell):
        stage, _, where = (piece.strip() for piece in part.partition("="))
        if stage not in STAGES:
            raise InputError(f"{quoted(stage)} is not a stage{nearest(stage, STAGES)}", field="country")
        if stage in found:
            raise InputError(
                f"stage {stage} stands twice; declare lots of different origin one by one", field="country"
            )
        found[stage] = where if where == "none" else place(where, "country")
    return found


def provenance(cell: str, field: str) -> list[dict[str, Any]]:
    """`wire saw@JP;furnace@unknown`: things and the countries they come from.

    Raises:
        InputError: a thing without a country, or a country without a thing.
    """
    found: list[dict[str, Any]] = []
    for part in _parts(cell):
        what, _, where = (piece.strip() for piece in part.rpartition("@"))
        if not what:
            raise InputError(f"{quoted(part)}: write what@country, as `wire saw@JP`, or what@unknown", field=field)
        found.append({"what": what, "country": place(where, field)})
    return found


def losses(cell: str) -> list[dict[str, Any]]:
    """`dust=1.2 kg;slag=30 kg`: material that left without becoming a lot.

    Raises:
        InputError: another spelling, or no mass.
    """
    found: list[dict[str, Any]] = []
    for part in _parts(cell):
        kind, _, amount = (piece.strip() for piece in part.rpartition("="))
        digits = amount.rstrip(ascii_letters)
        unit = amount[len(digits) :]
        if not kind or unit not in MASS_UNITS:
            units = " ".join(MASS_UNITS)
            raise InputError(
                f"{quoted(part)}: write kind=mass unit, as `dust=1.2 kg`; units are {units}", field="losses"
            )
        found.append({"kind": kind, "mass": {"mg": mass(digits.strip(), unit, "losses")}})
    return found


def capacity(cell: str) -> list[dict[str, Any]]:
    """Members of `Capacity` from `separate=9000 t; metal_reduce=1200 t`, product mass in a year; blank is none.

    Raises:
        InputError: no stage, no mass, or a stage twice.
    """
    found: dict[str, int] = {}
    for part in _parts(cell):
        stage, _, text = part.partition("=")
        digits = text.strip().rstrip(ascii_letters)
        unit = text.strip()[len(digits) :]
        named = stages(stage)
        if len(named) != 1 or unit not in MASS_UNITS or named[0] in found:
            raise InputError(f"{quoted(part)} is no capacity; write stage=1200 t, each stage once", field="capacity")
        found[named[0]] = mass(digits.strip(), unit, "capacity")
    return [{"stage": stage, "mg_per_year": mg} for stage, mg in sorted(found.items())]


def disposal(cell: str) -> dict[str, str]:
    """`waste`, `sale: to a collector`: how material left the ledger, and why; other words are the reason alone."""
    found = _DISPOSAL.fullmatch(cell)
    how = found[1].lower() if found else ""
    if found is None or how not in DISPOSALS:
        return {"reason": cell}
    return {"how": how, "reason": found[2]} if found[2] else {"how": how}


def roles(cell: str) -> list[str]:
    """Roles separated by spaces, aliases resolved, sorted, each once.

    Raises:
        InputError: no such role.
    """
    return sorted({ROLE_ALIASES.get(word, word) for word in _words(cell, {*ROLES, *ROLE_ALIASES}, "roles")})


def stages(cell: str) -> list[str]:
    """Stage codes separated by spaces, sorted, each once.

    Raises:
        InputError: no such stage.
    """
    return sorted(set(_words(cell, STAGES, "stages")))


def file_names(cell: str) -> list[str]:
    """Names of files beside the table, separated by `;`.

    Raises:
        InputError: a path instead of a name: a table may not reach into other folders.
    """
    names = _parts(cell)
    for name in names:
        if "/" in name or "\\" in name or name in (".", ".."):
            raise InputError(f"{quoted(name)} is a path; name files that lie beside the table", field="evidence")
    return names


def _parts(cell: str) -> list[str]:
    return [part for piece in cell.split(";") if (part := piece.strip())]


def _words(cell: str, known: Any, field: str) -> list[str]:  # noqa: ANN401  (any collection of words)
    words = cell.split()
    for word in words:
        if word not in known:
            raise InputError(f"{quoted(word)} is not known here{nearest(word, known)}", field=field)
    return words


def _options(type_: Any) -> tuple[str, ...]:  # noqa: ANN401  (as in `text`)
    """The words of a Literal, also of an optional one."""
    if get_origin(type_) is Literal:
        return get_args(type_)
    return tuple(word for part in get_args(type_) for word in _options(part))
