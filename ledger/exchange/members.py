"""One event's rows to its JSON members: the mapping of DESIGN.md section 9, type by type."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import msgspec

from ledger.errors import InputError
from ledger.exchange import amounts, cells
from ledger.exchange.amounts import quoted
from ledger.exchange.columns import Record, ShareColumn, nearest
from ledger.exchange.contract import (
    COMPOSITION,
    DIRECTIONS,
    EVENT_COLUMNS,
    REGISTRY,
    REQUIRED,
    ROW_COLUMNS,
    STAGE_OF,
    row_uses,
)
from ledger.exchange.faults import Faults
from ledger.exchange.groups import Group
from ledger.model.events import EVENT_TYPES
from ledger.model.materials import Output, check_composition
from ledger.model.quantity import Currency
from ledger.model.text import Ref

Members = dict[str, Any]
Resolve = Callable[[str], Members]
"""A file name to the members of `Evidence`."""

SIDES = {"in": "inputs", "out": "outputs", "subject": "lots"}
"""Where a row's lot goes, by its direction."""


def assemble(group: Group, faults: Faults, resolve: Resolve | None) -> tuple[Members, dict[str, list[int]]] | None:
    """An event's members, and for each list of lots the line of every item.

    None where anything was wrong; all of it is then gathered in `faults`.
    """
    before = faults.count
    kind = _kind(group, faults)
    if kind is None:
        return None
    members: Members = {"type": kind}
    members["ref"] = faults.attempt(group.line, cells.text, group.ref, Ref, "event")
    for name, (cell, line) in group.cells.items():
        if name == "type":
            continue
        if kind not in EVENT_COLUMNS[name].types:
            types = ", ".join(EVENT_COLUMNS[name].types)
            faults.say(
                f"{quoted(cell)}: an event of type {kind} has no use for it (types that do: {types})", line, name
            )
        else:
            members.update(faults.attempt(line, _said, kind, name, cell, resolve) or {})
    if not group.broken:
        for name in ("at", "actor", *(["site"] if EVENT_TYPES[kind].SITE_REQUIRED else []), *REQUIRED.get(kind, ())):
            if name not in group.cells:
                faults.say(f"blank; an event of type {kind} needs it", group.line, name)
    if kind == "receive":
        members.setdefault("result", "accepted")
    lines = _add_lots(kind, members, group, faults)
    return (members, lines) if faults.count == before and not group.broken else None


def _kind(group: Group, faults: Faults) -> str | None:
    if "type" not in group.cells:
        if not group.broken:
            faults.say(f"blank; types are {' '.join(DIRECTIONS)}", group.line, "type")
        return None
    kind, line = group.cells["type"]
    if kind in DIRECTIONS:
        return kind
    advice = f"; `monazite {REGISTRY[kind]}` records it" if kind in REGISTRY else nearest(kind, DIRECTIONS)
    faults.say(f"{quoted(kind)} is none of {' '.join(DIRECTIONS)}{advice}", line, "type")
    return None


def _said(kind: str, name: str, cell: str, resolve: Resolve | None) -> Members:
    """What one event-level cell adds to the members."""
    if EVENT_COLUMNS[name].plain:
        return {name: _text(kind, name, cell)}
    match name:
        case "at":
            return {"at": cells.at(cell)}
        case "stage":
            return _stage(kind, cell)
        case "route":
            return {"route": cells.route(cell)}
        case "country":
            return {"country": cells.country(cell, "country")} if kind == "extract" else {"origin": cells.origin(cell)}
        case "equipment" | "technology":
            return {name: cells.provenance(cell, name)}
        case "losses":
            return {"losses": cells.losses(cell)}
        case "target":
            # A hash has the shape of a ref too; which of the two it is, the recorder finds out.
            return {"target": cells.text(cell, Ref, "target")}
        case "valid_from" | "valid_until":
            return {name: cells.day(cell, name)}
        case "evidence":
            return {"evidence": _evidence(cell, resolve)}
        case _:
            return _reason(kind, cell)


def _stage(kind: str, cell: str) -> Members:
    if kind == "transform":
        return {"stage": _text(kind, "stage", cell)}
    if cell != STAGE_OF[kind]:
        raise InputError(f"an event of type {kind} is stage `{STAGE_OF[kind]}`; leave the cell blank", field="stage")
    return {}


def _reason(kind: str, cell: str) -> Members:
    if kind == "dispose":
        return dict(cells.disposal(cell))
    reason = {"reason": _text(kind, "reason", cell)}
    return {**reason, "result": "disputed"} if kind == "receive" else reason


def _evidence(cell: str, resolve: Resolve | None) -> list[Members]:
    names = cells.file_names(cell)
    if resolve is None and names:
        raise InputError("names files, and there is no folder here to find them in", field="evidence")
    found: list[Members] = []
    for name in names:
        assert resolve is not None  # noqa: S101  (names are refused above without one)
        try:
            found.append(resolve(name))
        except InputError as error:
            error.field = error.field or "evidence"
            raise
    return found


def _add_lots(kind: str, members: Members, group: Group, faults: Faults) -> dict[str, list[int]]:
    """Add each row's lot to the members; gives the line of every item of each list."""
    lines: dict[str, list[int]] = {}
    seen: dict[str, int] = {}
    directions: set[str | None] = set()
    for record in group.records:
        direction = _direction(kind, record, faults)
        directions.add(direction)
        if direction is None:
            continue
        _refuse_unused(kind, direction, record, faults)
        if kind == "retract":
            continue
        item = _item(kind, direction, record, faults)
        if item is None:
            continue
        other = seen.setdefault(item["lot"], record.line)
        if other != record.line:
            faults.say(
                f"{quoted(item['lot'])} stands on line {other} too; an event names a lot once", record.line, "lot"
            )
        if kind == "assay":
            if len(seen) > 1:
                faults.say("a second lot; an assay is of one lot, so each has its own `event`", record.line, "lot")
            members.update(item)
            continue
        members.setdefault(SIDES[direction], []).append(item)
        lines.setdefault(SIDES[direction], []).append(record.line)
    if kind == "attest" and "lots" not in members and not group.broken:
        if "site" in members:
            members["sites"] = [members.pop("site")]
        elif "site" not in group.cells:
            faults.say("blank, and `site` too; an attestation is about lots or a site", group.line, "lot")
    if kind == "transform" and not group.broken and None not in directions:
        for side in DIRECTIONS[kind]:
            if side not in directions:
                faults.say(f"no row says `{side}`; a transform draws lots and creates lots", group.line, "direction")
    return lines


def _direction(kind: str, record: Record, faults: Faults) -> str | None:
    allowed = DIRECTIONS[kind]
    cell = record.cells.get("direction", "").casefold()
    if cell in allowed:
        return cell
    if not cell and len(allowed) == 1:
        return allowed[0]
    words = " or ".join(f"`{word}`" for word in allowed)
    faults.say(f"{quoted(cell) if cell else 'blank'}; a row of type {kind} is {words}", record.line, "direction")
    return None


def _refuse_unused(kind: str, direction: str, record: Record, faults: Faults) -> None:
    uses = row_uses(kind, direction)
    row = f"a row `{direction}` of type {kind}"
    for name in ROW_COLUMNS[2:]:
        if name in record.cells and name not in uses:
            faults.say(f"{row} has no use for it; leave it blank", record.line, name)
    if record.shares and COMPOSITION not in uses:
        column = record.shares[0][0].heading
        faults.say(f"a composition on {row} would be lost; record it as an assay", record.line, column)


def _item(kind: str, direction: str, record: Record, faults: Faults) -> Members | None:
    """What a row says of its lot; None where it names none, or wrongly."""
    row, line = record.cells, record.line
    if "lot" not in row:
        if kind != "attest":
            faults.lack(f"blank; a row of type {kind} names a lot", line, "lot")
        return None
    uses = row_uses(kind, direction)
    item: Members = {"lot": faults.attempt(line, cells.lot, row["lot"])}
    if "form" in uses:
        item |= _made(row, line, faults)
    if "mass" in uses:
        item |= _mass(row, line, faults, needed=direction == "out")
    if COMPOSITION in uses:
        item |= _composition(record, faults, needed=kind == "assay")
    return item if item["lot"] is not None else None


def _made(row: dict[str, str], line: int, faults: Faults) -> Members:
    item: Members = {}
    if "form" in row:
        item["form"] = faults.attempt(line, _form, row["form"])
    else:
        faults.lack("blank; a lot that is created has a form", line, "form")
    money = [name for name in ("value", "cn_value") if name in row]
    if not money:
        if "currency" in row:
            faults.say("a currency without a value", line, "currency")
        return item
    if "currency" not in row:
        faults.say("blank; a value has a currency, as EUR", line, "currency")
        return item
    currency = faults.attempt(line, cells.text, row["currency"], Currency, "currency")
    for name in money:
        item[name] = {"amount": faults.attempt(line, amounts.money, row[name], name), "currency": currency}
    return item


def _mass(row: dict[str, str], line: int, faults: Faults, *, needed: bool) -> Members:
    if "mass" not in row:
        if needed:
            faults.lack("blank; a lot that is created has a mass", line, "mass")
        # A unit alone says nothing (many sheets fill the column); an uncertainty alone is a number forgotten.
        if "u_mass" in row and not needed:
            faults.lack("stands without a mass", line, "u_mass")
        return {}
    unit = row.get("unit")
    if unit is None:
        faults.lack(f"blank; units of mass are {' '.join(amounts.MASS_UNITS)}", line, "unit")
        return {}
    found = {"mg": faults.attempt(line, amounts.mass, row["mass"], unit)}
    if "u_mass" in row and unit in amounts.MASS_UNITS:
        found["u_mg"] = faults.attempt(line, amounts.mass, row["u_mass"], unit, "u_mass")
    return {"mass": found}


def _composition(record: Record, faults: Faults, *, needed: bool) -> Members:
    found: dict[str, dict[str, int | None]] = {}
    headings: dict[tuple[str, str], str] = {}
    line = record.line
    for column, cell in sorted(record.shares, key=lambda share: share[0].u):
        member = "u_ppb" if column.u else "ppb"
        other = headings.setdefault((column.analyte, member), column.heading)
        if other != column.heading:
            faults.say(f"stands in column `{other}` too; fill in one of them", line, column.heading)
        elif column.u and column.analyte not in found:
            faults.say(f"an uncertainty without a value of {column.analyte}", line, column.heading)
        else:
            value = faults.attempt(line, amounts.share, cell, column.unit, column.heading)
            found.setdefault(column.analyte, {})[member] = value
    if needed and not record.shares:
        faults.lack("an assay measures something: fill in a composition column, as `Nd2O3 %`", line, COMPOSITION)
    if found:
        faults.attempt(line, _once_each, record.shares, found)
    return {"composition": found} if found else {}


def _once_each(shares: list[tuple[ShareColumn, str]], found: Members) -> None:
    try:
        check_composition(found)
    except ValueError as error:
        last = next(column.heading for column, _ in reversed(shares) if column.analyte in str(error).split())
        raise InputError(str(error), field=last) from error


@lru_cache(1 << 13)
def _text(kind: str, name: str, cell: str) -> str:
    """A cell of a plain column. Thousands of rows name the same few sites and parties, and each check of a text takes its time."""
    return cells.text(cell, _types(EVENT_TYPES[kind])[name], name)


@lru_cache(1 << 10)
def _form(cell: str) -> str:
    return cells.text(cell, _types(Output)["form"], "form")


@cache
def _types(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """The annotation of each member of a struct, by its JSON name."""
    return {field.encode_name: field.type for field in msgspec.structs.fields(struct)}
