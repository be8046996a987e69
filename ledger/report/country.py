"""How much of a lot is from China, or from another country or region that is asked for: the answer's `china` and `countries` sections.

Presence is decided on the ancestry graph, event by event, and never by a rounded share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ledger.model.entry import Fact
from ledger.model.events import Receive, Ship, Transform
from ledger.origin.china import MATERIAL, WAYS, Reason, counting, reasons
from ledger.origin.doubts import Ancestry, concerning
from ledger.origin.lens import CHINA, Lens
from ledger.origin.reach import short, short_of_metals
from ledger.origin.shares import CLEAN
from ledger.origin.trace import Trace
from ledger.origin.withdrawn import withdrawn
from ledger.reference.elements import RARE_EARTHS
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.imbalance import CONSTITUENTS
from ledger.rules.lot import Lot
from ledger.rules.provenance import NOT_KNOWN, positioned_in
from ledger.rules.stakes import Stake, stake

DECIMALS = 12
POSITION = "ORIG-POSITION"
NAMING = frozenset({"CUST-WRITTEN-OFF", "ORIG-CN-CODE"})
"""Doubts that name what the material may be instead, and from where; the answer says so in words."""
SPECK = 1e-12
"""The least share that is printed."""


def rounded(value: float) -> float:
    """A share for print: 12 decimals, no negative zero, whole where it is whole; a share that is there never becomes 0."""
    share = round(min(max(value, 0.0), 1.0), DECIMALS) + 0.0
    return SPECK if value > 0 and not share else share


def basis(trace: Trace) -> dict[str, float]:
    """Weights of the elements that the total speaks of: rare earths by mass, or every element where there is none."""
    return rare_earths(trace) or {element: share for element, share in trace.fractions.items() if share > 0}


def rare_earths(trace: Trace) -> dict[str, float]:
    """Mass fraction of each rare earth that the lot holds."""
    return {element: share for element, share in trace.fractions.items() if element in RARE_EARTHS and share > 0}


def _basis_name(trace: Trace) -> str:
    """What the shares over the whole lot are shares of."""
    weights = basis(trace)
    return "worst element" if not weights else "rare earths" if weights.keys() <= RARE_EARTHS else "all elements"


class Question:
    """One question about one lot: what is asked for, of which trace."""

    def __init__(self, trace: Trace, history: History, findings: Sequence[Finding], asked: Lens) -> None:
        """`findings` are those of the verification; what they have against the ancestry is a doubt."""
        self.trace = trace
        self.history = history
        self.asked = asked
        self.inputs: list[dict[str, Any]] = []
        self.unknown: list[dict[str, Any]] = []
        self.dark: set[str] = set()
        self._events: dict[str, list[str]] = {}
        self._open: dict[str, list[str]] = {}
        self._stakes: dict[str, Stake] = {}
        self._look()
        self.unsourced = {
            element: trace.origins[element].ways.get("material", CLEAN)[1]
            for element in CONSTITUENTS
            if trace.fractions.get(element, 0.0) > 0 and trace.origins[element].ways.get("material", CLEAN)[1] > 0
        }
        if self.unsourced:
            self.dark.update(MATERIAL)
        doubts = list(concerning(history, trace, findings))
        self.doubts = list(dict.fromkeys(item.code for item in doubts))
        sites = Ancestry(history, trace).sites
        self.suspects = [
            *(item for item in doubts if item.code in NAMING),
            *(
                item
                for item in findings
                if item.code == POSITION
                for site in (item.subject.partition(":")[2],)
                if site in sites and asked.read(positioned_in(history, site) or "")
            ),
        ]
        self.withdrawn = list(withdrawn(history, trace, asked))
        self.short = [*short(history, trace), *short_of_metals(history, trace)]
        for item in self.short:
            self._unexplained(item.lot, history.lots[item.lot].born, "unexplained")
        if self.doubts or self.withdrawn:
            self.dark.update(MATERIAL)
        if any(isinstance(past.void.event, Ship | Receive) for past in self.withdrawn):
            self.dark.add("transit")

    def answer(self) -> dict[str, Any]:
        """The section; `china` in DESIGN.md section 9."""
        known_share, unknown_share = shares_of_way(self.trace, "material")
        cannot = unknown_share > 0 or bool(self.dark & set(MATERIAL))
        found: dict[str, Any] = {
            "verdict": "present" if self.inputs else "cannot-exclude" if cannot else "absent",
            "basis": _basis_name(self.trace),
            "known_share": rounded(known_share),
            "unknown_share": rounded(unknown_share),
            "clean_share": round(max(1.0 - known_share - unknown_share, 0.0), DECIMALS),
            **_range(self.trace, "material"),
            "elements": _elements(self.trace, "material"),
            "ways": {way: self._way(way) for way in WAYS},
            "not_excluded": {
                "verdict": "present" if cannot else "absent",
                "unknown_share": rounded(unknown_share),
                "events": list(dict.fromkeys(item["event"] for item in self.unknown)),
            },
            "inputs": self.inputs,
            "unknown_inputs": self.unknown,
            "owners": [_owner(party, found) for party, found in sorted(self._stakes.items())],
        }
        if self.unsourced:
            found["constituents"] = {element: rounded(share) for element, share in self.unsourced.items()}
        if self.doubts:
            found["doubts"] = self.doubts
        if self.suspects:
            found["may_be"] = [{"said": item.message, "events": list(item.events)} for item in self.suspects]
        if self.short:
            found["unexplained"] = [item.said for item in self.short]
        if self.withdrawn:
            found["withdrawn"] = [
                {
                    "event": item.void.hash,
                    "retraction": item.retraction.hash,
                    "country": "+".join(item.places),
                    "lots": list(item.lots),
                    "said": item.said,
                }
                for item in self.withdrawn
            ]
        return found

    def _way(self, way: str) -> dict[str, Any]:
        known_share, unknown_share = shares_of_way(self.trace, way)
        present, dark = way in self._events, way in self.dark
        return {
            "verdict": "present" if present else "cannot-exclude" if dark or unknown_share > 0 else "absent",
            "known_share": rounded(known_share),
            "unknown_share": rounded(unknown_share),
            "clean_share": round(max(1.0 - known_share - unknown_share, 0.0), DECIMALS),
            **_range(self.trace, way),
            "elements": _elements(self.trace, way),
            "events": self._events.get(way, []),
            "unknown_events": self._open.get(way, []),
        }

    def _look(self) -> None:
        """Every event on the ancestry, up to the draws that feed the asked lot."""
        for name in self.trace.lots:
            lot = self.history.lots[name]
            for fact in counting(self.history, lot, self.trace.until[name]):
                if fact.hash not in self.history.voided:
                    self._event(name, fact, reasons(self.history, fact, lot, self.asked))
            for parent in self.trace.parents[name]:
                if parent.lot is not None and parent.lot != parent.drawn.lot:
                    self._stood_for(parent.lot, self.history.lots[parent.drawn.lot], lot.born)
            if max(lot.passage.gap, lot.passage.excess, lot.excess) > 0:
                self._unexplained(name, lot.born, "unexplained")
        lost = any(parent.lot is None for name in self.trace.lots for parent in self.trace.parents[name])
        if self.trace.lot.void is not None or lost:
            self.dark.update(WAYS)

    def _stood_for(self, name: str, void: Lot, until: Fact) -> None:
        """What happened to a void lot before it was drawn happened to the material that another lot stands for now."""
        for fact in counting(self.history, void, until.place)[1:]:
            self._event(name, fact, reasons(self.history, fact, void, self.asked))

    def _event(self, name: str, fact: Fact, found: tuple[Reason, ...]) -> None:
        hits = tuple(reason for reason in found if reason.country != NOT_KNOWN)
        if hits:
            self.inputs.append(_input(self.trace, name, fact, hits))
        for reason in found:
            events = (self._open if reason.country == NOT_KNOWN else self._events).setdefault(reason.way, [])
            if fact.hash not in events[-1:]:
                events.append(fact.hash)
        open_ways = [reason.way for reason in found if reason.country == NOT_KNOWN]
        self.dark.update(open_ways)
        why = [way for way in open_ways if way in MATERIAL]
        if why:
            passing = _passing(self.trace, name)
            self.unknown.append({"lot": name, "event": fact.hash, "why": why, "elements": passing})
        if any(reason.way == "owned" for reason in found):
            self._owned(fact)

    def _owned(self, fact: Fact) -> None:
        if self.asked.region is not None:
            return  # nobody states in which region an owner is
        found = stake(self.history, fact.event.actor, self.asked.countries, (fact.place, fact.event.instant))
        before = self._stakes.get(fact.event.actor)
        if (found.attributed or found.unknown) and (before is None or found.attributed > before.attributed):
            self._stakes[fact.event.actor] = found

    def _unexplained(self, name: str, fact: Fact, why: str) -> None:
        self.dark.update(MATERIAL)
        passing = _passing(self.trace, name)
        self.unknown.append({"lot": name, "event": fact.hash, "why": [why], "elements": passing})


def country(trace: Trace, history: History, findings: Sequence[Finding], asked: Lens = CHINA) -> dict[str, Any]:
    """The section about one country or region; `trace` was made for the same question."""
    return Question(trace, history, findings, asked).answer()


def _owner(party: str, found: Stake) -> dict[str, Any]:
    return {
        "party": party,
        "held": rounded(found.held),
        "attributed": rounded(found.attributed),
        "unknown": rounded(found.unknown),
        "marks": list(found.marks),
        "by": list(found.by),
        "events": list(found.events),
    }


def _input(trace: Trace, name: str, fact: Fact, found: tuple[Reason, ...]) -> dict[str, Any]:
    """One input: the lot, the event, why, and the share of each element that came by way of that lot."""
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


def _elements(trace: Trace, way: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for element in trace.elements:
        known, unknown, low, high = trace.origins[element].ways.get(way, CLEAN)
        found[element] = {"known_share": rounded(known), "unknown_share": rounded(unknown)}
        if high - low > SPECK:
            found[element]["range"] = [rounded(low), rounded(high)]
    return found


def _range(trace: Trace, way: str) -> dict[str, list[float]]:
    """Least and greatest known share over the basis, where they differ."""
    weights = basis(trace) or dict.fromkeys(trace.elements, 1.0)
    whole = sum(weights.values())
    spans = {element: trace.origins[element].ways.get(way, CLEAN)[2:] for element in weights}
    low, high = (sum(spans[element][end] * weight for element, weight in weights.items()) / whole for end in (0, 1))
    return {"range": [rounded(low), rounded(high)]} if high - low > SPECK else {}


def shares_of_way(trace: Trace, way: str) -> tuple[float, float]:
    """Known and unknown share over the basis; without a composition the worst element stands for all."""
    weights: Mapping[str, float] = basis(trace)
    pairs = {element: trace.origins[element].ways.get(way, CLEAN) for element in trace.elements}
    whole = sum(weights.values())
    if whole:
        known = sum(pairs[element][0] * weight for element, weight in weights.items()) / whole
        return known, sum(pairs[element][1] * weight for element, weight in weights.items()) / whole
    known = max((pair[0] for pair in pairs.values()), default=0.0)
    return known, min(max((pair[1] for pair in pairs.values()), default=1.0), 1.0 - known)
