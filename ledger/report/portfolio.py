"""Many lots at a glance, as plain data: a row for each, worst first, and what they hold together.

A row and the totals are made of answers (`ledger.report.answer`), one at a time, so that no answer need be kept. Masses in kg.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ledger.reference.elements import RARE_EARTHS
from ledger.reference.stages import ORIGIN_STAGES
from ledger.report.headline import MATERIAL, headline, percent, unshared
from ledger.rules.history import History

VERDICTS = ("present", "cannot-exclude", "absent")
"""Verdicts on China, the worst first; so are the next two."""
POLICY_VERDICTS = ("non-compliant", "cannot-determine", "compliant", "not-applicable")
SEVERITIES = ("error", "warning", "info")
KINDS = ("chinese_kg", "unknown_kg", "otherwise_kg", "clean_kg")
"""What becomes of each kilogram of an element: mined or processed in China; not known; neither, but moved through, owned from or made
with means from there; recorded or declared as none of it."""


def row(answer: Mapping[str, Any]) -> dict[str, Any]:
    """One lot's row, from its answer whose findings are those about the lot (`ledger.origin.nearby`)."""
    china = answer["china"]
    verdicts = Counter(item["verdict"] for item in answer["policies"])
    severities = Counter(item["severity"] for item in answer["verification"]["findings"])
    site = next((item for item in answer["sites"] if item["site"] == answer["site"]), None)
    return {
        "lot": answer["lot"],
        "verdict": china["verdict"],
        "known_share": china["known_share"],
        "unknown_share": china["unknown_share"],
        "unknown_without_share": unshared(china),
        "says": headline(dict(answer)),
        "form": answer["form"],
        "mass_kg": answer["mass_kg"],
        "left_kg": answer["left_kg"],
        "holder": answer["holder"],
        "site": answer["site"],
        "country": site["country"] if site is not None else None,
        "status": answer["status"],
        "policies": {
            "worst": next((name for name in POLICY_VERDICTS if verdicts[name]), None),
            "verdicts": {name: verdicts[name] for name in POLICY_VERDICTS if verdicts[name]},
            "non_compliant": [item["id"] for item in answer["policies"] if item["verdict"] == "non-compliant"],
        },
        "findings": {name: severities[name] for name in SEVERITIES},
        "elements": {name: dict(split) for name, split in _split(answer).items()},
    }


def _split(answer: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Kilograms of each measured element of the whole lot, by `KINDS`; their sum beside them."""
    found: dict[str, dict[str, float]] = {}
    for name, entry in answer["origin"]["elements"].items():
        mass = entry.get("mass_kg")
        if mass:
            shares = _shares(answer["china"], name)
            found[name] = {"mass_kg": mass, **{kind: mass * shares[kind] for kind in KINDS}}
    return found


def _shares(china: Mapping[str, Any], element: str) -> dict[str, float]:
    """Shares of an element by `KINDS`: what is not surely something else is unknown, and what the record's flaws touch is never clean."""
    stated = china["elements"].get(element, {"known_share": 0.0, "unknown_share": 1.0})
    known = min(stated["known_share"], 1.0)
    most = max(known, (stated.get("range") or [0.0, known])[1])
    clean = max(1.0 - most - stated["unknown_share"], 0.0) if _sound(china, element, stated["unknown_share"]) else 0.0
    ways = (found["elements"].get(element, {}) for way, found in china["ways"].items() if way not in MATERIAL)
    touched = max((way.get("known_share", 0.0) for way in ways), default=0.0)
    otherwise = min(max(touched - known, 0.0), clean)
    return {
        "chinese_kg": known,
        "unknown_kg": max(1.0 - known - clean, 0.0),
        "otherwise_kg": otherwise,
        "clean_kg": clean - otherwise,
    }


def _sound(china: Mapping[str, Any], element: str, unknown: float) -> bool:
    """Whether what is neither Chinese nor unknown of an element may count as clean: no doubt that no share expresses."""
    if any(china.get(flaw) for flaw in ("doubts", "withdrawn", "unexplained")):
        return False
    open_somewhere = china["not_excluded"]["verdict"] == "present"
    if open_somewhere and not china["unknown_share"]:
        return False
    return unknown > 0 or not any(item["elements"].get(element) for item in china["unknown_inputs"])


def unknown_words(item: Mapping[str, Any]) -> str:
    """A lot's unknown share; `some` where no share can be given of what is not known: never `0%` beside it."""
    return "some" if item["unknown_without_share"] else percent(item["unknown_share"])


def worst_first(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows by verdict on China, policies, findings, known share and mass, the worst first; the lot's name decides the rest."""
    return sorted(
        rows,
        key=lambda item: (
            _rank(item["verdict"], VERDICTS),
            _rank(item["policies"]["worst"], POLICY_VERDICTS),
            -item["findings"]["error"],
            -item["known_share"],
            -item["unknown_share"],
            -item["mass_kg"],
            item["lot"],
        ),
    )


def _rank(verdict: str | None, order: Sequence[str]) -> int:
    """What is not known here counts as the worst."""
    return len(order) if verdict is None else order.index(verdict) if verdict in order else -1


class Totals:
    """What many lots hold together.

    Each kilogram once: a lot that another of the lots was made of counts with what is left of it.
    """

    def __init__(self) -> None:
        """Nothing yet."""
        self.lots: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.mass = self.unanalysed = 0.0
        self.without: int = 0
        self.elements: dict[str, dict[str, float]] = {}
        self.stages: dict[str, dict[str, dict[str, float]]] = {stage: {} for stage in ORIGIN_STAGES}
        self.policies: dict[str, Counter[str]] = {}

    def add(self, answer: Mapping[str, Any], *, left: bool) -> float:
        """Take in one lot, whole or what is left of it; the mass that counts. A void lot has a place among the lots and no mass."""
        self.lots[answer["china"]["verdict"]] += 1
        self.statuses[answer["status"]] += 1
        for item in answer["policies"]:
            self.policies.setdefault(item["id"], Counter())[item["verdict"]] += 1
        whole = answer["mass_kg"]
        counted: float = 0.0 if answer["status"] == "void" else answer["left_kg"] if left else whole
        if not counted or not whole:
            return 0.0
        self.mass += counted
        part = counted / whole
        split = _split(answer)
        if not split:
            self.without += 1
            self.unanalysed += counted
        for name, kilograms in split.items():
            total = self.elements.setdefault(name, dict.fromkeys(("mass_kg", *KINDS), 0.0))
            for kind, kg in kilograms.items():
                total[kind] += kg * part
            for stage, shares in answer["origin"]["elements"][name]["stages"].items():
                for place, share in shares.items():
                    at = self.stages[stage].setdefault(place, {})
                    at[name] = at.get(name, 0.0) + share * kilograms["mass_kg"] * part
        return counted

    def built(self) -> dict[str, Any]:
        """The `totals` of a portfolio: {lots, statuses, mass_kg, unanalysed, elements, stages, policies}.

        `elements` by mass, rare earths first: {symbol: {mass_kg, chinese_kg, unknown_kg, otherwise_kg, clean_kg}}; `stages`:
        {stage: {country: {symbol: kg}}}, stages that nothing passed left out; `unanalysed` is of lots of which no element is stated.
        """
        order = sorted(self.elements, key=lambda name: (name not in RARE_EARTHS, -self.elements[name]["mass_kg"], name))
        return {
            "lots": {name: self.lots[name] for name in VERDICTS},
            "statuses": dict(sorted(self.statuses.items())),
            "mass_kg": self.mass,
            "unanalysed": {"lots": self.without, "mass_kg": self.unanalysed},
            "elements": {name: self.elements[name] for name in order},
            "stages": {
                stage: {
                    place: {name: held[name] for name in order if held.get(name)}
                    for place, held in sorted(places.items(), key=lambda item: (-sum(item[1].values()), item[0]))
                }
                for stage, places in self.stages.items()
                if set(places) - {"none"}
            },
            "policies": {
                name: {verdict: found[verdict] for verdict in POLICY_VERDICTS if found[verdict]}
                for name, found in sorted(self.policies.items())
            },
        }


def upstream(history: History, names: Iterable[str]) -> set[str]:
    """Every lot that some of these was made of, at whatever remove; costs what their common ancestry costs."""
    found: set[str] = set()
    todo = list(dict.fromkeys(names))
    seen = set(todo)
    while todo:
        lot = history.lots.get(todo.pop())
        for draw in lot.born.event.draws if lot is not None else ():
            found.add(draw.lot)
            if draw.lot not in seen:
                seen.add(draw.lot)
                todo.append(draw.lot)
    return found


def portfolio(
    rows: Iterable[dict[str, Any]],
    totals: Totals,
    *,
    asked: Mapping[str, Any],
    verification: Mapping[str, Any],
    changes: Mapping[str, Any] | None,
    caveat: str,
    version: str,
    as_of: str,
) -> dict[str, Any]:
    """The whole, `report --all --format json`.

    `asked` says which lots these are: {what: all, lots or shipment; says; events}.
    """
    return {
        "portfolio": dict(asked),
        "as_of": as_of,
        "verification": dict(verification),
        "lots": worst_first(rows),
        "totals": totals.built(),
        "changes": None if changes is None else dict(changes),
        "caveat": caveat,
        "versions": {"monazite": version, "portfolio": "1", "rules": "1"},
    }


def verdict_words(totals: Mapping[str, Any]) -> str:
    """`2 present, 1 cannot-exclude, 5 absent`."""
    return ", ".join(f"{number} {verdict}" for verdict, number in totals["lots"].items())


def counted_words(whole: Mapping[str, Any]) -> str:
    """What the totals count, in a sentence."""
    totals = whole["totals"]
    without = totals["unanalysed"]
    more = (
        f"; of {without['lots']} lots ({kilograms(without['mass_kg'])}) no element is stated" if without["lots"] else ""
    )
    how = (
        "what is left of each lot"
        if whole["portfolio"]["what"] == "all"
        else "each lot whole, or what is left of it where another of these was made of it"
    )
    return f"Counted: {kilograms(totals['mass_kg'])}, {how}{more}."


def kilograms(mass: float) -> str:
    """`4,119,211 kg`; six figures of what is less than a tonne."""
    return f"{mass:,.0f} kg" if mass >= 1000 else f"{mass:.6g} kg"  # noqa: PLR2004  (a tonne)


def policy_words(item: Mapping[str, Any]) -> str:
    """`2 non-compliant`: the worst verdict that policies give a lot, and how many give it."""
    worst = item["policies"]["worst"]
    return "-" if worst is None else f"{item['policies']['verdicts'][worst]} {worst}"


def finding_words(item: Mapping[str, Any]) -> str:
    """`1 error, 3 warnings`; `-` for neither."""
    said = [
        f"{number} {name}{'' if number == 1 else 's'}"
        for name, number in item["findings"].items()
        if number and name != "info"
    ]
    return ", ".join(said) or "-"
