"""Builds one chain, event by event, and keeps each lot's mass, composition, site and holder exact.

A transform pools what it draws by element, in mg times ppb. Each output names the share of every element that it takes;
shares and losses may not pass the whole, and every rounding is downwards, so no output gains an element.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from cli.chains.directory import site
from cli.chains.quantity import GRADE_DIGITS, MASS_DIGITS, MG, cut, mass, part, percent, plain, unit_for
from cli.chains.table import Row, weighing
from cli.chains.tables import FACTOR_ONE, RARE_EARTHS, TREO, analytes, oxides, with_treo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LABORATORY = "example-lab"
AUDITOR = "example-auditor"
REST = "*"  # the share of every element that is not named
LEFT = "left"  # the share of an output that takes what the others and the losses leave, but for UNSEEN
UNSEEN = Decimal("0.005")  # what no balance finds again: dust, hold-up, weighing
LOSS_DIGITS = 3


class New(NamedTuple):
    """A lot that enters the ledger: its name without the chain's prefix, form, mass and composition."""

    lot: str
    form: str
    amount: str
    composition: Mapping[str, int]


@dataclass(frozen=True)
class Out:
    """One output of a transform.

    Attributes:
        lot: the lot's name, without the chain's prefix.
        form: the lot's form.
        share: what it takes: one decimal fraction of everything, or a fraction by elements (`"Nd Pr"`, `"*"` the rest);
            `left` for what the others leave; blank for a plain part of the input, whose mass is `mass`.
        grade: the sum of its measured analytes in percent, which sets its mass; what the weighing's rounding would put
            above it is taken off the main analyte.
        mass: its mass where that is given; `rest` is what the other outputs and the losses leave.
        scale: its mass as a fraction of the input where that differs from one `share` (coating, hydration).
        oxide: whether rare earths are stated as oxides.
        digits: significant digits of its composition.
    """

    lot: str
    form: str
    share: str | Mapping[str, str] = ""
    grade: str = ""
    mass: str = ""
    scale: str = ""
    oxide: bool = True
    digits: int = GRADE_DIGITS


@dataclass(frozen=True)
class Stock:
    """What is left of a lot, what it is and where."""

    mg: int
    composition: Mapping[str, int]
    site: str


class Sheet:
    """The rows of one chain; `prefix` begins every lot id and event reference."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.events: list[list[Row]] = []
        self.stocks: dict[str, Stock] = {}
        self.parties: set[str] = set()
        self.sites: set[str] = set()

    def extract(self, at: str, where: str, new: New, **cells: str) -> None:
        """Mine a lot; cells are deposit, mineral, country and the like."""
        self._create("extract", at, where, new, cells)

    def recover(self, at: str, where: str, new: New, **cells: str) -> None:
        """Collect a lot of scrap; cells are feedstock, waste, country and the like."""
        self._create("recover", at, where, new, cells)

    def declare(self, at: str, where: str, new: New, **cells: str) -> None:
        """Enter a lot that was bought off the ledger; the country cell holds its declared origin by stage."""
        self._create("declare", at, where, new, cells)

    def transform(
        self,
        at: str,
        where: str,
        stage: str,
        inputs: Sequence[str | tuple[str, str]],
        outputs: Sequence[Out],
        *,
        loss: tuple[str, str] | None = None,
        **cells: str,
    ) -> None:
        """Turn inputs (whole lots, or a lot and the mass drawn) into outputs; a loss is its kind and its fraction.

        Raises:
            ValueError: the outputs and the loss together take more of an element than the whole.
        """
        event = self._event("transform", at, site(where).party, where, stage=stage)
        drawn = [self._draw(entry, where) for entry in inputs]
        total = sum(amount for amount, _, _ in drawn)
        pool: dict[str, int] = {}
        for amount, stock, _ in drawn:
            for element, content in contained(amount, stock.composition).items():
                pool[element] = pool.get(element, 0) + content
        lost = cut(part(total, loss[1]), LOSS_DIGITS) if loss else 0
        outputs = settled(pool, outputs, Decimal(lost) / total)
        rows = [Row({"direction": "in", "lot": lot, **cell}) for _, _, (lot, cell) in drawn]
        left = total - lost
        for out in outputs:
            alone = (
                drawn[0][1].composition if len(drawn) == 1 and isinstance(out.share, str) and not out.scale else None
            )
            made = product(out, pool, total, left, alone)
            left -= made.mg
            rows.append(self._made(out, made, where))
        if loss:
            unit = unit_for(lost)
            cells["losses"] = f"{loss[0]}={plain(lost, MG[unit])} {unit}"
        self._put(event, cells, rows)

    def move(
        self,
        lot: str,
        to: str,
        route: str,
        sent: str,
        arrived: str,
        *,
        drift: str = "-0.0004",
        note: str = "",
        licence: str = "",
    ) -> None:
        """Ship a whole lot to another site and receive it; `drift` is how the receiver's scale differs.

        Raises:
            ValueError: the route does not join the two sites' countries.
        """
        name = self.lot(lot)
        stock = self.stocks[name]
        here, there = site(stock.site), site(to)
        countries = route.split(">")
        if (countries[0], countries[-1]) != (here.country, there.country):
            raise ValueError(f"route {route} does not join {stock.site} and {to}")
        subject = {"direction": "subject", "lot": name}
        shipped = self._event("ship", sent, here.party, stock.site, to=to, route=route)
        shared = {"note": note, **({"licence_ref": licence} if licence else {})}
        self._put(shipped, shared, [Row({**subject, **weighing(stock.mg)})])
        measured = cut(stock.mg + part(stock.mg, drift), MASS_DIGITS)
        received = self._event("receive", arrived, there.party, to)
        self._put(received, {}, [Row({**subject, **weighing(measured)})])
        self.stocks[name] = replace(stock, mg=measured, site=to)

    def assay(self, lot: str, at: str, *, factor: str = "1.0006", note: str = "") -> None:
        """Have the laboratory measure a lot; from then on its result is the composition in force."""
        name = self.lot(lot)
        stock = self.stocks[name]
        exact = {analyte: part(ppb, factor) for analyte, ppb in stock.composition.items()}
        measured = exact if factor == "1" else {analyte: cut(ppb, GRADE_DIGITS) for analyte, ppb in exact.items()}
        if TREO in measured:
            measured = with_treo(measured)
        event = self._event("assay", at, LABORATORY, "")
        self._put(event, {"note": note}, [Row({"direction": "subject", "lot": name}, measured, uncertain=True)])
        self.stocks[name] = replace(stock, composition=measured)

    def attest(self, lot: str, at: str, *, scheme: str, result: str, valid_from: str, valid_until: str) -> None:
        """Have the auditor state a claim about a lot."""
        claim = {"scheme": scheme, "result": result, "valid_from": valid_from, "valid_until": valid_until}
        event = self._event("attest", at, AUDITOR, "")
        self._put(event, claim, [Row({"direction": "subject", "lot": self.lot(lot)})])

    def dispose(self, lot: str, at: str, reason: str, note: str) -> None:
        """Take all that is left of a lot off the ledger."""
        stock = self.stocks.pop(self.lot(lot))
        event = self._event("dispose", at, site(stock.site).party, stock.site)
        self._put(event, {"reason": reason, "note": note}, [Row({"direction": "subject", "lot": self.lot(lot)})])

    def rows(self) -> list[Row]:
        """Return the rows in order of time, each event with its reference."""
        ordered = sorted(self.events, key=lambda event: datetime.fromisoformat(event[0].cells["at"]))
        return [
            replace(row, cells={"event": f"{self.prefix}-E{number:03}", **row.cells})
            for number, event in enumerate(ordered, start=1)
            for row in event
        ]

    def lot(self, name: str) -> str:
        """Return the lot id of a short name."""
        return f"{self.prefix}-{name}"

    def _create(self, kind: str, at: str, where: str, new: New, cells: Mapping[str, str]) -> None:
        stock = Stock(mass(new.amount), new.composition, where)
        event = self._event(kind, at, site(where).party, where)
        self._put(event, cells, [self._made(Out(new.lot, new.form), stock, where)])

    def _made(self, out: Out, stock: Stock, where: str) -> Row:
        name = self.lot(out.lot)
        if name in self.stocks:
            raise ValueError(f"lot {name} exists")
        self.stocks[name] = replace(stock, site=where)
        return Row({"direction": "out", "lot": name, "form": out.form, **weighing(stock.mg)}, stock.composition)

    def _draw(self, entry: str | tuple[str, str], where: str) -> tuple[int, Stock, tuple[str, dict[str, str]]]:
        name, amount = (entry, "") if isinstance(entry, str) else entry
        lot = self.lot(name)
        stock = self.stocks[lot]
        drawn = mass(amount) if amount else stock.mg
        if stock.site != where or drawn > stock.mg:
            raise ValueError(f"lot {lot}: {drawn} mg at {where} asked of {stock.mg} mg at {stock.site}")
        self.stocks[lot] = replace(stock, mg=stock.mg - drawn)
        return drawn, stock, (lot, weighing(drawn) if amount else {})

    def _event(self, kind: str, at: str, actor: str, where: str, **cells: str) -> dict[str, str]:
        self.parties.add(actor)
        if where:
            self.sites.add(where)
        return {"type": kind, "at": at, "actor": actor, "site": where, **cells}

    def _put(self, event: Mapping[str, str], first: Mapping[str, str], rows: Sequence[Row]) -> None:
        firsts = [first, *({} for _ in rows[1:])]
        self.events.append(
            [replace(row, cells={**event, **said, **row.cells}) for said, row in zip(firsts, rows, strict=True)]
        )


def contained(mg: int, composition: Mapping[str, int]) -> dict[str, int]:
    """Return the elements in a lot, in mg times ppb."""
    found: dict[str, int] = {}
    for name, ppb in composition.items():
        if name != TREO:
            analyte = analytes()[name]
            found[analyte.element] = found.get(analyte.element, 0) + mg * ppb * FACTOR_ONE // analyte.factor
    return found


def share_of(out: Out, element: str) -> str:
    """Return the fraction of an element's pool that an output takes."""
    if isinstance(out.share, str):
        return out.share or "0"
    for names, share in out.share.items():
        if element in names.split():
            return share
    return out.share.get(REST, "0")


def settled(pool: Mapping[str, int], outputs: Sequence[Out], lost: Decimal) -> list[Out]:
    """Give the output marked `left` its shares, and refuse outputs that together take more than there is.

    Raises:
        ValueError: more of an element would leave than came in.
    """
    others = [out for out in outputs if out.share != LEFT]
    taken = {element: sum((Decimal(share_of(out, element)) for out in others), lost) for element in pool}
    for element, share in taken.items():
        if share > 1:
            raise ValueError(f"{share} of all {element} would leave")
    left = {element: str(max(Decimal(0), 1 - share - UNSEEN)) for element, share in taken.items()}
    return [replace(out, share=left) if out.share == LEFT else out for out in outputs]


def product(out: Out, pool: Mapping[str, int], total: int, left: int, alone: Mapping[str, int] | None) -> Stock:
    """Work out one output's mass and composition; `alone` is the composition it keeps as a part of one input."""
    stated = {}
    for element, content in pool.items():
        taken = part(content, share_of(out, element))
        name = oxides()[element] if out.oxide and element in RARE_EARTHS else element
        stated[name] = taken * analytes()[name].factor // FACTOR_ONE
    mg = weight(out, stated, total, left)
    if mg <= 0 or (alone is not None and mg > left):
        raise ValueError(f"lot {out.lot} would weigh {mg} mg of {left} mg left")
    if alone is not None:
        return Stock(mg, alone, "")
    cells = {name: cut(amount // mg, out.digits) for name, amount in stated.items()}
    cells = {name: ppb for name, ppb in cells.items() if ppb}
    if out.grade:
        main = max(cells, key=cells.__getitem__)
        cells[main] -= max(0, sum(cells.values()) - percent(out.grade))
    return Stock(mg, with_treo(cells) if out.oxide else cells, "")


def weight(out: Out, stated: Mapping[str, int], total: int, left: int) -> int:
    """Return an output's mass in mg: given, what is left, from its grade, or a fraction of the input."""
    if out.mass:
        return left if out.mass == "rest" else mass(out.mass)
    if out.grade:
        return cut(sum(stated.values()) // percent(out.grade), MASS_DIGITS)
    scale = out.scale or (out.share if isinstance(out.share, str) else "1")
    whole = part(total, scale)
    return whole if scale == "1" else cut(whole, MASS_DIGITS)
