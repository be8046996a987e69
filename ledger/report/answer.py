"""The answer about one lot as plain data: the `report --format json` contract of DESIGN.md section 9.

Pure and reproducible: the same history and versions give the same values. Shares are rounded to 12 decimals for print
alone; presence comes from the ancestry graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ledger.model.entry import Fact
from ledger.model.events import Event, Receive, Ship, Transform
from ledger.origin.china import MATERIAL, WAYS, Reason, counting, reasons
from ledger.origin.shares import NONE, WHOLE, Origin
from ledger.origin.trace import Trace
from ledger.reference.elements import RARE_EARTHS
from ledger.reference.stages import ORIGIN_STAGES
from ledger.rules.history import History
from ledger.rules.lot import Lot
from ledger.rules.provenance import NOT_KNOWN
from ledger.verify import Verdict

MG_PER_KG = 1_000_000
DECIMALS = 12
SPECK = 1e-12
"""The least share that is printed."""
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
        "checked": msgspec.to_builtins(verdict.checked),
        "not_checked": [{"what": item.what, "why": item.why} for item in verdict.not_checked],
        "findings": [finding(item) for item in verdict.findings],
    }


def finding(item: Any) -> dict[str, Any]:  # noqa: ANN401  (a Finding; builtins out)
    """One finding as JSON built-ins; `evidence` only where there is some."""
    built: dict[str, Any] = msgspec.to_builtins(item)
    if not built["evidence"]:
        del built["evidence"]
    return built


def answer(trace: Trace, verdict: Verdict, version: str, policies: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Everything that a report says of a lot; `policies` are answers as `report.policy.built` gives them."""
    history, lot = verdict.history, trace.lot
    return {
        "lot": lot.id,
        "form": lot.output.form,
        "mass_kg": lot.mass_mg / MG_PER_KG,
        "left_kg": lot.left_mg / MG_PER_KG,
        "holder": lot.holder,
        "site": lot.site,
        "status": status(lot),
        "verification": verification(verdict),
        "origin": {
            "elements": {element: _element(trace, element) for element in trace.elements},
            "total": _total(trace),
        },
        "china": _china(trace, history),
        "policies": list(policies),
        "history": [_step(name, fact, history) for name, fact in trace.events(history)],
        "caveat": CANNOT,
        "versions": {"monazite": version, "report": "1", "rules": "1"},
    }


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


def rounded(value: float) -> float:
    """A share for print: 12 decimals, no negative zero, whole where it is whole; a share that is there never becomes 0."""
    share = round(min(max(value, 0.0), 1.0), DECIMALS) + 0.0
    return SPECK if value > 0 and not share else share


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


def basis(trace: Trace) -> dict[str, float]:
    """Weights of the elements that the total speaks of: rare earths by mass, or every element where there is none."""
    return _rare_earths(trace) or {element: share for element, share in trace.fractions.items() if share > 0}


def _rare_earths(trace: Trace) -> dict[str, float]:
    return {element: share for element, share in trace.fractions.items() if element in RARE_EARTHS and share > 0}


def _basis_name(trace: Trace) -> str:
    """What the shares over the whole lot are shares of."""
    weights = basis(trace)
    return "worst element" if not weights else "rare earths" if weights.keys() <= RARE_EARTHS else "all elements"


def _total(trace: Trace) -> dict[str, Any]:
    rare = _rare_earths(trace)
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


def _aspects(trace: Trace, history: History) -> Iterator[tuple[str, Fact, tuple[Reason, ...]]]:
    """(lot, event, reasons) for every event on the ancestry, up to the draws that feed the asked lot."""
    for name in trace.lots:
        lot = history.lots[name]
        for fact in counting(history, lot, trace.until[name]):
            found = reasons(history, fact, lot) if fact.hash not in history.voided else ()
            if found:
                yield name, fact, found


def _input(trace: Trace, name: str, fact: Fact, found: tuple[Reason, ...]) -> dict[str, Any]:
    """One Chinese input: the lot, the event, why, and the share of each element that came by way of that lot."""
    event = fact.event
    entry = {
        "lot": name,
        "event": fact.hash,
        "type": event.type,
        "stage": event.stage if isinstance(event, Transform) else None,
        "actor": event.actor,
        "site": event.site,
        "why": [reason.way for reason in found],
        "country": "+".join(sorted({code for reason in found for code in reason.country.split("+")})),
        "elements": _passing(trace, name),
    }
    return {key: value for key, value in entry.items() if value is not None}


def _passing(trace: Trace, name: str) -> dict[str, float]:
    """Shares that came by way of a lot, of the elements that the asked lot is not measured to be without."""
    held = (element for element in trace.elements if trace.fractions.get(element, 1.0) > 0)
    return {element: rounded(trace.passing[name][element]) for element in held if trace.passing[name][element] > 0}


def _china(trace: Trace, history: History) -> dict[str, Any]:
    inputs: list[dict[str, Any]] = []
    unknown: list[dict[str, Any]] = []
    dark: set[str] = set()
    for name, fact, found in _aspects(trace, history):
        chinese = tuple(reason for reason in found if reason.country != NOT_KNOWN)
        if chinese:
            inputs.append(_input(trace, name, fact, chinese))
        open_ways = [reason.way for reason in found if reason.country == NOT_KNOWN]
        dark.update(open_ways)
        if set(open_ways) & set(MATERIAL):
            why = [way for way in open_ways if way in MATERIAL]
            unknown.append({"lot": name, "event": fact.hash, "why": why, "elements": _passing(trace, name)})
    for name in trace.lots:
        lot = history.lots[name]
        if max(lot.passage.gap, lot.passage.excess, lot.excess) > 0:
            dark.update(MATERIAL)
            unknown.append(
                {"lot": name, "event": lot.born.hash, "why": ["unexplained"], "elements": _passing(trace, name)}
            )
    if trace.lot.void is not None or any(parent.lot is None for name in trace.lots for parent in trace.parents[name]):
        dark.update(WAYS)
    known_share, unknown_share = shares_of_way(trace, "material")
    cannot = unknown_share > 0 or bool(dark & set(MATERIAL))
    return {
        "verdict": "present" if inputs else "cannot-exclude" if cannot else "absent",
        "basis": _basis_name(trace),
        "known_share": rounded(known_share),
        "unknown_share": rounded(unknown_share),
        "clean_share": round(max(1.0 - known_share - unknown_share, 0.0), DECIMALS),
        "elements": {
            element: dict(
                zip(
                    ("known_share", "unknown_share"),
                    map(rounded, trace.origins[element].ways.get("material", (0.0, 0.0))),
                    strict=True,
                )
            )
            for element in trace.elements
        },
        "ways": {
            way: _way(trace, way, present=any(way in item["why"] for item in inputs), dark=way in dark) for way in WAYS
        },
        "inputs": inputs,
        "unknown_inputs": unknown,
    }


def _way(trace: Trace, way: str, *, present: bool, dark: bool) -> dict[str, Any]:
    known_share, unknown_share = shares_of_way(trace, way)
    return {
        "verdict": "present" if present else "cannot-exclude" if dark or unknown_share > 0 else "absent",
        "known_share": rounded(known_share),
        "unknown_share": rounded(unknown_share),
    }


def shares_of_way(trace: Trace, way: str) -> tuple[float, float]:
    """Known and unknown share over the basis; without a composition the worst element stands for all."""
    weights: Mapping[str, float] = basis(trace)
    pairs = {element: trace.origins[element].ways.get(way, (0.0, 0.0)) for element in trace.elements}
    whole = sum(weights.values())
    if whole:
        known = sum(pairs[element][0] * weight for element, weight in weights.items()) / whole
        return known, sum(pairs[element][1] * weight for element, weight in weights.items()) / whole
    known = max((pair[0] for pair in pairs.values()), default=0.0)
    return known, min(max((pair[1] for pair in pairs.values()), default=1.0), 1.0 - known)


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
