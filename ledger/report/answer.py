"""The answer about one lot as plain data: the `report --format json` contract of DESIGN.md section 9.

Pure and reproducible: the same history and versions give the same values. Shares are rounded to 12 decimals for print
alone; presence comes from the ancestry graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from ledger.model.entry import Fact
from ledger.model.events import Event, Receive, Retract, Ship, Transform
from ledger.origin.lens import Lens
from ledger.origin.policy.context import NOTHING, Context
from ledger.origin.policy.walk import Walk
from ledger.origin.reach import Short, short
from ledger.origin.shares import NONE, WHOLE, Origin
from ledger.origin.trace import Trace
from ledger.origin.trace import trace as retrace
from ledger.origin.withdrawn import COVERED, withdrawn
from ledger.partial import scope
from ledger.reference.stages import ORIGIN_STAGES
from ledger.report.books import balance
from ledger.report.country import country, rare_earths, rounded
from ledger.report.forms.every import forms
from ledger.report.forms.form import built
from ledger.report.material import lots
from ledger.report.places import legs, sites
from ledger.rules.custody import lots_of
from ledger.rules.history import History
from ledger.rules.lot import Lot
from ledger.rules.replacement import replacement
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.witnessed import Witnessed
from ledger.verify import Verdict
from ledger.vouching import instant

MG_PER_KG = 1_000_000
CANNOT = (
    "The ledger shows who said what, when and in which order, and that it fits together. It cannot show that a statement "
    "is true: no physical test proves the origin of separated rare earths."
)


def verification(verdict: Verdict) -> dict[str, Any]:
    """The `verify --json` contract."""
    return {
        "verdict": verdict.verdict,
        "ledger": verdict.ledger,
        "checkpoint": {"size": verdict.size, "root": verdict.root.hex()},
        **({"since": verdict.since, "whole": verdict.whole} if verdict.since is not None else {}),
        **_witnessed(verdict.witnessed),
        **({"timestamps": [timestamp(*item) for item in verdict.stamps]} if verdict.stamps else {}),
        "checked": msgspec.to_builtins(verdict.checked),
        "not_checked": [{"what": item.what, "why": item.why} for item in verdict.not_checked],
        "findings": [finding(item) for item in verdict.findings],
    }


def _scope(verdict: Verdict) -> dict[str, str]:
    """Only where less than a whole ledger was there to be judged."""
    said = scope(item.what for item in verdict.not_checked)
    return {} if said is None else {"scope": said}


def _witnessed(found: Witnessed | None) -> dict[str, Any]:
    """Only where somebody cosigned, or should have."""
    asked = found is not None and (found.cosignatures or not found.quorum.met)
    return {"witnesses": witnesses(found)} if found is not None and asked else {}


def timestamp(point: Checkpoint, time: datetime) -> dict[str, Any]:
    """One timestamped checkpoint."""
    return {"size": point.size, "root": point.root.hex(), "time": f"{time:%Y-%m-%dT%H:%M:%SZ}"}


def witnesses(found: Witnessed) -> dict[str, Any]:
    """Who cosigned when, and whether that is the quorum."""
    return {
        "quorum": {"met": found.quorum.met, "says": found.quorum.sentence},
        "cosignatures": [
            {"witness": name, "key": str(made.key), "time": instant(made.timestamp) if made.timestamp else ""}
            for name, made in zip(found.names, found.cosignatures, strict=True)
        ],
    }


def finding(item: Any) -> dict[str, Any]:  # noqa: ANN401  (a Finding; builtins out)
    """One finding as JSON built-ins; `evidence` only where there is some."""
    built: dict[str, Any] = msgspec.to_builtins(item)
    if not built["evidence"]:
        del built["evidence"]
    return built


def answer(
    trace: Trace,
    verdict: Verdict,
    version: str,
    policies: Sequence[Mapping[str, Any]] = (),
    *,
    countries: Iterable[Lens] = (),
    context: Context = NOTHING,
    brief: bool = False,
    walk: Walk | None = None,
) -> dict[str, Any]:
    """Everything that a report says of a lot.

    `policies` are answers as `report.policy.built` gives them, asked with `context`; `countries` are asked for beside China;
    `walk` is the ancestry as the policies read it, where it was walked before.
    `brief` leaves out the forms, the lots it is made of, their ways and their books, which a row among many lots does not show.
    """
    history, lot = verdict.history, trace.lot
    lacking = walk.short if walk is not None else tuple(short(history, trace))
    return {
        "lot": lot.id,
        "form": lot.output.form,
        "mass_kg": lot.mass_mg / MG_PER_KG,
        "left_kg": lot.left_mg / MG_PER_KG,
        "holder": lot.holder,
        "site": lot.site,
        "status": status(lot),
        "verification": verification(verdict),
        **_scope(verdict),
        "origin": {
            "elements": {element: _element(trace, element) for element in trace.elements},
            "total": _total(trace),
        },
        "china": country(trace, history, verdict.findings, lacking=lacking),
        **_countries(trace, verdict, countries, lacking),
        "policies": list(policies),
        **({} if brief else {"forms": _forms(trace, verdict, policies, context, walk)}),
        "retractions": _retractions(trace, history),
        "sites": sites(trace, history),
        **({} if brief else _material(trace, history)),
        "history": [_step(name, fact, history) for name, fact in trace.events(history)],
        "caveat": CANNOT,
        "versions": {"monazite": version, "report": "1", "rules": "1"},
    }


def _forms(
    trace: Trace, verdict: Verdict, policies: Sequence[Mapping[str, Any]], context: Context, walk: Walk | None
) -> list[dict[str, Any]]:
    found = forms(
        trace,
        verdict.history,
        verdict.findings,
        policies,
        context,
        source=f"ledger {verdict.ledger}, checkpoint of {verdict.size} entries, root {verdict.root.hex()}: {verdict.verdict}",
        verification=verdict.verdict,
        walk=walk,
    )
    return built(found)


def _material(trace: Trace, history: History) -> dict[str, Any]:
    return {"lots": lots(trace, history), "legs": legs(trace, history), "balance": balance(trace, history)}


def _retractions(trace: Trace, history: History) -> list[dict[str, Any]]:
    """Void events on the ancestry, with why and what stands in their place: they stay visible."""
    lots = {*trace.lots, *(parent.drawn.lot for name in trace.lots for parent in trace.parents[name])}
    past = {item.void.hash for item in withdrawn(history, trace, COVERED)}
    found: list[dict[str, Any]] = []
    for target, retraction in history.voided.items():
        void, event = history.facts.get(target), retraction.event
        if (
            void is None
            or not isinstance(event, Retract)
            or (lots.isdisjoint(lots_of(void.event)) and target not in past)
        ):
            continue
        stands = replacement(history, target)
        found.append(
            {
                "event": target,
                "type": void.event.type,
                "actor": void.event.actor,
                "country": history.country_of_site(void.event.site),
                "retraction": retraction.hash,
                "reason": event.reason,
                "replacement": stands.hash if stands is not None else None,
            }
        )
    return found


def _countries(trace: Trace, verdict: Verdict, asked: Iterable[Lens], lacking: Sequence[Short]) -> dict[str, Any]:
    found = {
        item.name: country(
            retrace(verdict.history, trace.lot.id, asked=item), verdict.history, verdict.findings, item, lacking
        )
        for item in asked
    }
    return {"countries": found} if found else {}


def status(lot: Lot) -> str:
    """Where the lot stands in its life."""
    if lot.void is not None:
        return "void"
    if lot.shipment is not None:
        return "disputed" if lot.disputed is not None else "in transit"
    return "used up" if lot.left_mg == 0 else "held"


def place_of(lot: Lot, history: History) -> str:
    """Holder and site in words, with the addressee while it travels."""
    shipment = lot.shipment.event if lot.shipment else None
    if isinstance(shipment, Ship):
        return f"{lot.holder}, in transit to {shipment.to}"
    country = history.country_of_site(lot.site)
    return f"{lot.holder} at {lot.site}" + (f" ({country})" if country else "")


def stage_shares(origin: Origin) -> dict[str, dict[str, float]]:
    """Shares by stage and key; a stage never performed is `none`."""
    return {
        stage: {
            key: rounded(share[1])
            for key, share in sorted(origin.stages.get(stage, {NONE: WHOLE}).items())
            if share[1] > 0
        }
        for stage in ORIGIN_STAGES
    }


def _element(trace: Trace, element: str) -> dict[str, Any]:
    origin = trace.origins[element]
    entry: dict[str, Any] = {"stages": stage_shares(origin)}
    if element in trace.fractions:
        entry = {"mass_kg": trace.fractions[element] * trace.lot.mass_mg / MG_PER_KG, **entry}
    declared = {stage: rounded(share) for stage, share in origin.declared.items() if share > 0}
    if declared:
        entry["declared"] = declared
    if origin.estimated:
        entry["estimated"] = True
        entry["range"] = {
            stage: {key: [rounded(low), rounded(high)] for key, (low, _mid, high) in sorted(shares.items())}
            for stage, shares in sorted(origin.stages.items())
            if any(high - low > 1e-12 for low, _mid, high in shares.values())  # noqa: PLR2004  (below what is printed)
        }
    return entry


def _total(trace: Trace) -> dict[str, Any]:
    rare = rare_earths(trace)
    whole = sum(rare.values())
    if not whole:
        return {"stages": {}}
    stages: dict[str, dict[str, float]] = {}
    for stage in ORIGIN_STAGES:
        shares: dict[str, float] = {}
        for element, weight in rare.items():
            for key, share in trace.origins[element].stages.get(stage, {NONE: WHOLE}).items():
                shares[key] = shares.get(key, 0.0) + share[1] * weight / whole
        stages[stage] = {key: rounded(share) for key, share in sorted(shares.items()) if share > 0}
    return {"mass_kg": whole * trace.lot.mass_mg / MG_PER_KG, "stages": stages}


def _step(name: str, fact: Fact, history: History) -> dict[str, Any]:
    event = fact.event
    step: dict[str, Any] = {
        "event": fact.hash,
        "entry": fact.place.entry,
        "type": event.type,
        "at": event.at,
        "recorded": f"{fact.recorded:%Y-%m-%dT%H:%M:%SZ}",
        "actor": event.actor,
        "site": event.site,
        "country": history.country_of_site(event.site),
        "lot": name,
        "says": says(event),
    }
    return {key: value for key, value in step.items() if value is not None}


def says(event: Event) -> str:
    """What an event says, in a few words."""
    lots = ", ".join(draw.lot for draw in event.draws)
    made = ", ".join(output.lot for output in event.outputs_made)
    match event:
        case Transform():
            return f"{event.stage}: {lots} -> {made}"
        case Ship():
            route = " by way of " + ">".join(event.route) if event.route else ""
            return f"{lots} to {event.to}{route}"
        case Receive():
            return f"{lots} {event.result}" + (f": {event.reason}" if event.reason else "")
        case _:
            touched = ", ".join(name for name, _prev in event.touches)
            return f"creates {made}" if made else touched
