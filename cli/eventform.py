"""The options of one event as a row of the import table, read back by the table's own reader.

So masses, compositions and countries have one reading, on the command line and in files.
"""

from __future__ import annotations

import csv
import hashlib
import io
import mimetypes
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.context import local_time
from ledger.errors import InputError, UsageError

if TYPE_CHECKING:
    from ledger.exchange.draft import Draft


class Form:
    """The options of one `record` command, as rows of the import table."""

    def __init__(
        self,
        kind: str,
        ref: str | None,
        at: str | None,
        note: str | None,
        evidence: Sequence[Path] | None,
        **columns: str | None,
    ) -> None:
        """`columns` are event-level cells; None is blank."""
        self.ref = ref
        self.files = {path.name: path for path in evidence or ()}
        event = {
            "event": ref or "event",
            "type": kind,
            "at": at or local_time(),
            "note": note,
            "evidence": ";".join(self.files),
        }
        self.event = {key: value for key, value in {**event, **columns}.items() if value}
        self.rows: list[dict[str, str]] = []

    def add(self, direction: str, items: Sequence[str], *, form: bool = False) -> Form:
        """One row per `LOT; [FORM;] MASS; ...` item."""
        for item in items:
            self.rows.append({"direction": direction, **_item(item, form=form)})
        return self

    def drafts(self) -> list[Draft]:
        """The event, read back from the table that the options make."""
        from ledger.exchange.csv import read_events  # noqa: PLC0415  (start-up time)
        from ledger.exchange.draft import Draft  # noqa: PLC0415

        rows = [{**self.event, **row} for row in self.rows or [{}]]
        columns = list(dict.fromkeys(["event", "type", "at", "actor", "lot", *(key for row in rows for key in row)]))
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, columns)
        writer.writeheader()
        writer.writerows(rows)
        try:
            read = read_events(text.getvalue().encode("utf-8", "surrogatepass"), "", evidence=resolver(self.files.get))
        except InputError as error:
            raise UsageError("; ".join(_plain(item) for item in getattr(error, "errors", (error,)))) from error
        return [
            Draft({key: value for key, value in draft.members.items() if key != "ref" or self.ref is not None})
            for draft in read
        ]


def _plain(error: InputError) -> str:
    return f"--{error.field}: {error.message}" if error.field else error.message


def _item(text: str, *, form: bool) -> dict[str, str]:
    parts = [part.strip() for part in text.split(";")]
    row = {"lot": parts.pop(0)}
    if form:
        if not parts:
            raise UsageError(f'{text!r}: a lot that is created has a form and a mass: "LOT; FORM; 4 kg"')
        row["form"] = parts.pop(0)
    for part in parts:
        words = part.split()
        match words:
            case []:
                continue
            case [mass, unit] if unit in ("mg", "g", "kg", "t") and "mass" not in row:
                row |= {"mass": mass, "unit": unit}
            case ["u", mass, unit] if unit in ("mg", "g", "kg", "t"):
                row["u_mass"] = mass
                row["u_unit"] = unit
            case ["u", analyte, value, unit]:
                row[f"u {analyte} {unit}"] = value
            case [analyte, value, unit]:
                row[f"{analyte} {unit}"] = value
            case _:
                raise UsageError(
                    f"{part!r} in {text!r} is neither a mass (4 kg), its uncertainty (u 10 g) nor a content (Nd2O3 74.1 %)"
                )
    unit = row.pop("u_unit", row.get("unit", ""))
    if "mass" in row and unit != row["unit"]:
        from ledger.exchange.amounts import mass as milligrams  # noqa: PLC0415  (start-up time)

        # The table has one unit a row; both figures are exact in milligrams.
        row["u_mass"] = str(milligrams(row["u_mass"], unit))
        row["mass"], row["unit"] = str(milligrams(row["mass"], row["unit"])), "mg"
    return row


def resolver(find: Callable[[str], Path | None]) -> Callable[[str], dict[str, Any]]:
    """Evidence members of a file name."""

    def resolve(name: str) -> dict[str, Any]:
        path = find(name)
        if path is None or not path.is_file():
            raise InputError(f"there is no file {name!r} to take evidence from", field="evidence")
        digest = hashlib.sha256()
        size = 0
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
                size += len(chunk)
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return {"name": path.name, "sha256": digest.hexdigest(), "media_type": kind, "size": size}

    return resolve
