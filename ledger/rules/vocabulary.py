"""DATA: words that the reference tables do not know, so that something could not be checked."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.model.entry import Fact
from ledger.model.events import Assay, Extract
from ledger.model.materials import Draw, Output
from ledger.model.quantity import Composition
from ledger.reference import deposits, forms
from ledger.reference.elements import content
from ledger.rules.catalogue import finding
from ledger.rules.content import SUMS
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.lot import MILLION, MOST_U_PPM


def words_known(history: History, fact: Fact) -> Iterator[Finding]:  # noqa: ARG001  (one signature for every rule)
    """Forms, deposits and analytes that are in the tables."""
    event = fact.event
    if isinstance(event, Extract) and event.deposit is not None and deposits.find(event.deposit) is None:
        yield finding("DATA-DEPOSIT", f"event:{fact.hash}", f"deposit {event.deposit!r} is not in the table", fact.hash)
    for output in event.outputs_made:
        if forms.lookup(output.form) is None:
            yield finding("DATA-FORM", f"lot:{output.lot}", f"form {output.form!r} is not in the list", fact.hash)
        yield from _analytes(output.composition, output.lot, fact)
    if isinstance(event, Assay):
        yield from _analytes(event.composition, event.lot, fact)
    items: tuple[Draw | Output, ...] = (*event.draws, *event.outputs_made)
    for item in items:
        mass = item.mass
        if mass is not None and mass.u_mg and mass.u_mg > mass.mg * MOST_U_PPM // MILLION:
            yield finding(
                "DATA-UNCERTAINTY", f"lot:{item.lot}", f"lot {item.lot}: u = {mass.u_mg} mg on {mass.mg} mg", fact.hash
            )


def _analytes(composition: Composition | None, lot: str, fact: Fact) -> Iterator[Finding]:
    odd = [analyte for analyte in composition or {} if analyte not in SUMS and content(analyte) is None]
    if odd:
        yield finding("DATA-ANALYTE", f"lot:{lot}", f"lot {lot}: {', '.join(odd)} counted as no element", fact.hash)
