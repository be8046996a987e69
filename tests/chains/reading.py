"""Reads a chain's CSV text without the builder: exact amounts, lots in force, contained elements."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from importlib.resources import files

DATA = files("ledger.reference") / "data"
MG = {"mg": 1, "g": 10**3, "kg": 10**6, "t": 10**9}
PPB = {"%": 10**7, "ppm": 10**3, "ppb": 1}
RARE_EARTHS = {"Sc", "Y", "La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu"}
EVENT_CELLS = ("type", "at", "actor", "site", "stage")


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def reference(name: str) -> list[dict[str, str]]:
    return table((DATA / name).read_text(encoding="utf-8"))


def analytes() -> dict[str, tuple[str, Decimal]]:
    known = {}
    for row in reference("elements.csv"):
        known[row["symbol"]] = (row["symbol"], Decimal(1))
        known[row["oxide"]] = (row["symbol"], Decimal(row["oxide_factor"]))
    return known


ANALYTES = analytes()


def exact(text: str, scale: int) -> int:
    value = Decimal(text) * scale
    assert value == value.to_integral_value(), f"{text} is finer than the ledger's grain"
    return int(value)


def weight(row: dict[str, str]) -> int | None:
    return exact(row["mass"], MG[row["unit"]]) if row["mass"] else None


def composition(row: dict[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for column, cell in row.items():
        name, _, unit = column.rpartition(" ")
        if unit in PPB and cell and not column.startswith("u "):
            assert name not in found, f"{row['lot']} states {name} twice"
            found[name] = exact(cell, PPB[unit])
    return found


def elements(mg: int, fractions: dict[str, int]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for name, ppb in fractions.items():
        if name != "TREO":
            element, factor = ANALYTES[name]
            found[element] += Decimal(mg) * ppb / factor / 10**9
    return dict(found)


@dataclass
class Lot:
    mg: int
    fractions: dict[str, int]
    form: str
    site: str
    holder: str
    at: datetime
    shipped_to: str = ""
    gone: bool = False


@dataclass
class Event:
    ref: str
    rows: list[dict[str, str]]
    inputs: list[tuple[str, str, int, dict[str, int]]] = field(default_factory=list)
    outputs: list[tuple[str, str, int, dict[str, int]]] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return next((row[name] for row in self.rows if row[name]), "")

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self["at"])

    @property
    def lost(self) -> int:
        found = 0
        for loss in filter(None, self["losses"].split(";")):
            match = re.fullmatch(r"[a-z ]+=([0-9.]+) (mg|g|kg|t)", loss)
            assert match, loss
            found += exact(match[1], MG[match[2]])
        return found

    def total(self, side: str) -> dict[str, Decimal]:
        found: dict[str, Decimal] = defaultdict(Decimal)
        for _, _, mg, fractions in getattr(self, side):
            for element, amount in elements(mg, fractions).items():
                found[element] += amount
        return dict(found)


def events(text: str) -> list[Event]:
    found: list[Event] = []
    for row in table(text):
        if not found or found[-1].ref != row["event"]:
            assert row["event"] not in {event.ref for event in found}, "rows of one event stand apart"
            found.append(Event(row["event"], []))
        found[-1].rows.append(row)
    for event in found:
        for name in EVENT_CELLS:
            assert {row[name] for row in event.rows} == {event[name]}
    return found


def replay(text: str) -> tuple[list[Event], dict[str, Lot]]:
    """Play the events in file order; custody, order and over-draw are asserted on the way."""
    played = events(text)
    lots: dict[str, Lot] = {}
    for event in played:
        for row in event.rows:
            if row["direction"] == "out":
                continue
            lot = lots[row["lot"]]
            assert not lot.gone, f"{row['lot']} is used up"
            assert event.at >= lot.at, f"{event.ref} is earlier than the lot's last event"
            lot.at = event.at
            touch(event, row, lot)
        for row in event.rows:
            if row["direction"] == "out":
                create(event, row, lots)
    return played, lots


def touch(event: Event, row: dict[str, str], lot: Lot) -> None:
    kind, mg = event["type"], weight(row)
    assert row["form"] == ""
    if kind in {"assay", "attest"}:
        assert event["site"] == ""
        lot.fractions = composition(row) or lot.fractions
        return
    if kind == "receive":
        assert mg is not None
        assert (lot.shipped_to, row["reason"]) == (event["site"], "")
        lot.mg, lot.site, lot.holder, lot.shipped_to = mg, event["site"], event["actor"], ""
        return
    assert lot.shipped_to == "", f"{row['lot']} is on its way"
    assert (lot.site, lot.holder) == (event["site"], event["actor"]), f"{event.ref}: {row['lot']} is not there"
    if kind == "ship":
        assert mg == lot.mg, "whole lots are shipped"
        lot.shipped_to = event["to"]
    elif kind == "dispose":
        lot.gone = True
    else:
        assert kind == "transform"
        drawn = lot.mg if mg is None else mg
        assert 0 < drawn <= lot.mg
        event.inputs.append((row["lot"], lot.form, drawn, lot.fractions))
        lot.mg -= drawn
        lot.gone = lot.mg == 0


def create(event: Event, row: dict[str, str], lots: dict[str, Lot]) -> None:
    assert row["lot"] not in lots
    mg, fractions = weight(row), composition(row)
    assert mg
    assert row["form"]
    lots[row["lot"]] = Lot(mg, fractions, row["form"], event["site"], event["actor"], event.at)
    event.outputs.append((row["lot"], row["form"], mg, fractions))
