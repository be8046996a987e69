"""What the page shows, from the answer: the figures with the events behind them, and everything bounded.

Pure. Members that an answer need not have are filled in here, so that the templates need not ask.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from ledger.reference.elements import RARE_EARTHS
from ledger.report.headline import performed
from ledger.report.page.tone import MATERIAL, anchor
from ledger.report.policy import outlooks
from ledger.rules.catalogue import CATALOGUE

MOST_ROWS: Final = 2000
"""Rows of one table on screen; more is counted, and said where it is."""
MOST_PRINTED: Final = 120
"""The same on paper."""
MOST_LISTED: Final = 60
"""Rows of a table whose every row is a detail: of a form, of balances that hold; findings of one code."""
MOST_REASONS: Final = 25
"""Reasons of one branch of a policy, and gaps of a form before its tables, which repeat them."""
MOST_ELSEWHERE: Final = 10
"""Findings of one code that are about other lots."""
MOST_EVENTS: Final = 4
"""Events beside one figure; the rest of them fold away."""
MOST_FOLDED: Final = 12
"""Events that fold away; the rest of them are counted."""
VERDICTS: Final = ("non-compliant", "cannot-determine", "compliant", "not-applicable")
SEVERITIES: Final = ("error", "warning", "info")


class Part(Struct, frozen=True):
    """The rows of a table that are shown, and how many are not."""

    rows: Sequence[Any]
    left: int = 0


class Anchors:
    """Events that the page can lead to: those of the history, and others as they are named, to a bound."""

    def __init__(self, history: Iterable[Mapping[str, Any]], most: int) -> None:
        """`history` is what the table of events shows; `most` bounds the events beside it."""
        self._known = {found: None for step in history if (found := anchor(step.get("event"))) is not None}
        self._others: dict[str, str] = {}
        self._most = most

    def to(self, event: object) -> str | None:
        """The anchor of an event, None where the page has no place for it."""
        found = anchor(event)
        if found is None or found in self._known or found in self._others:
            return found
        if len(self._others) >= self._most:
            return None
        self._others[found] = str(event)
        return found

    def others(self) -> list[tuple[str, str]]:
        """(anchor, hash) of events named so far that are not in the history."""
        return list(self._others.items())


def part(rows: Sequence[Any] | None, most: int) -> Part:
    """As many rows as fit, and how many are left."""
    whole = rows or []
    return Part(whole[:most], max(len(whole) - most, 0))


def elements(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row per element, rare earths by mass first: what is Chinese in it, what is unknown, and by which events."""
    found, china = answer["origin"]["elements"], answer["china"]
    order = sorted(found, key=lambda name: (name not in RARE_EARTHS, -(found[name].get("mass_kg") or 0.0), name))
    return [_element(name, found[name], china) for name in order]


def _element(name: str, entry: Mapping[str, Any], china: Mapping[str, Any]) -> dict[str, Any]:
    share = china["elements"].get(name, {"known_share": 0.0, "unknown_share": 1.0})
    inputs = [item for item in china["inputs"] if set(item["why"]) & set(MATERIAL) and item["elements"].get(name)]
    dark = [item for item in china["unknown_inputs"] if item["elements"].get(name)]
    possible = (share.get("range") or [0.0, share["known_share"]])[1]
    unsound = china.get("doubts") or china.get("withdrawn") or china.get("unexplained")
    if share["known_share"] > 0 or inputs:
        verdict = "present"
    elif share["unknown_share"] > 0 or dark or possible > 0 or unsound or name in china.get("constituents", {}):
        verdict = "cannot-exclude"
    else:
        verdict = "none"
    also = [
        (way, found["elements"][name])
        for way, found in china["ways"].items()
        if way not in MATERIAL and found["elements"].get(name, {}).get("known_share", 0) > 0
    ]
    return {
        "name": name,
        "mass_kg": entry.get("mass_kg"),
        "verdict": verdict,
        "known": share["known_share"],
        "unknown": share["unknown_share"],
        "range": share.get("range"),
        "events": _once(item["event"] for item in inputs),
        "dark": _once(item["event"] for item in dark),
        "also": also,
        "stages": entry["stages"],
        "estimated": entry.get("estimated", False),
        "declared": entry.get("declared", {}),
    }


def stages(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row per stage that some element passed, with the events of the lots that record it."""
    events: dict[str, list[str]] = {}
    for lot in answer.get("lots") or []:
        stage = lot.get("stage") or {"extract": "mine", "recover": "collect"}.get(lot.get("type"))
        if stage:
            events.setdefault(stage, []).append(lot.get("event"))
    return [{"stage": stage, "events": _once(events.get(stage, []))} for stage in performed(dict(answer))]


def policies(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The policies, the worst verdict first, numbered; with what law to come says, and whether neither it nor today's law applies."""
    made = []
    for number, item in enumerate(answer["policies"]):
        coming = outlooks(item)
        idle = item["verdict"] == "not-applicable" and not coming
        made.append({**item, "number": number, "outlooks": coming, "idle": idle})
    return sorted(made, key=lambda item: (_worst(item["verdict"]), item["number"]))


def shared(answer: Mapping[str, Any]) -> list[str]:
    """What every policy that applies says of its own answer: the page says it once."""
    said = [item["caveats"] for item in policies(answer) if not item["idle"]]
    return [text for text in said[0] if all(text in others for others in said)] if len(said) > 1 else []


def _worst(verdict: str) -> int:
    return VERDICTS.index(verdict) if verdict in VERDICTS else -1


def tally(items: Iterable[Mapping[str, Any]], order: Sequence[str]) -> list[tuple[str, int]]:
    """(verdict, how many), those of `order` first."""
    counted: dict[str, int] = {}
    for item in items:
        counted[item["verdict"]] = counted.get(item["verdict"], 0) + 1
    return [
        (name, counted[name])
        for name in (*order, *(each for each in counted if each not in order))
        if counted.get(name)
    ]


def findings(answer: Mapping[str, Any], most: int) -> dict[str, list[dict[str, Any]]]:
    """Findings by code, errors first: `own`, which speak of this lot, its ancestry or the parties to it, and those `elsewhere`.

    Every error is own: a ledger that contradicts itself anywhere is no ground to stand on.
    """
    found, history = answer["verification"]["findings"], answer.get("history") or []
    subjects = {f"lot:{name}" for name in (answer["lot"], *(step.get("lot") for step in history))}
    subjects |= {
        f"{kind}:{step.get(member)}" for step in history for kind, member in (("party", "actor"), ("site", "site"))
    }
    subjects |= {f"lot:{lot['lot']}" for lot in answer.get("lots") or []}
    events = {step["event"] for step in history}
    own: list[Mapping[str, Any]] = []
    elsewhere: list[Mapping[str, Any]] = []
    for item in found:
        kind, _, name = item["subject"].partition(":")
        about = (
            item["subject"] in subjects or (kind == "event" and name in events) or not events.isdisjoint(item["events"])
        )
        others = kind in {"lot", "event", "party", "site"} and not about
        (elsewhere if others and item["severity"] != "error" else own).append(item)
    return {"own": _groups(own, most), "elsewhere": _groups(elsewhere, min(most, MOST_ELSEWHERE))}


def _groups(found: Iterable[Mapping[str, Any]], most: int) -> list[dict[str, Any]]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for item in found:
        groups.setdefault(item["code"], []).append(item)
    made = []
    for number, (code, items) in enumerate(groups.items()):
        known = CATALOGUE.get(code)
        made.append(
            {
                "code": code,
                "id": code if known else f"other-{number}",
                "severity": min((item["severity"] for item in items), key=_rank),
                "title": known.title if known else "",
                "meaning": known.meaning if known else "This version does not know the code.",
                "remedy": known.remedy if known else "Ask whoever made the report, or use a newer version.",
                "part": part(items, most),
                "count": len(items),
            }
        )
    return sorted(made, key=lambda group: (_rank(group["severity"]), group["code"]))


def balances(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Balances with a finding, those within their limit, those not computed; and how many rest on default uncertainties."""
    rows = answer.get("balance") or []
    accused = [row for row in rows if row["finding"]]
    open_rows = [row for row in rows if not row["finding"] and row["why"]]
    agreeing = [row for row in rows if not row["finding"] and not row["why"]]
    return {
        "accused": accused,
        "agreeing": agreeing,
        "open": open_rows,
        "assumed": sum(1 for row in agreeing if row["assumed"]),
    }


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else -1


def _once(events: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(event for event in events if event))


def newest(answer: Mapping[str, Any]) -> str | None:
    """The day on which the newest event of the history was recorded."""
    return max(
        (str(step["recorded"])[:10] for step in answer.get("history") or () if step.get("recorded")), default=None
    )


def severities(answer: Mapping[str, Any]) -> str:
    """`2 errors, 30 warnings, 4 notes`: how many findings there are of each kind."""
    counted = Counter(item["severity"] for item in answer["verification"]["findings"])
    said = [
        f"{counted[name]} {one if counted[name] == 1 else many}"
        for name, one, many in (
            ("error", "error", "errors"),
            ("warning", "warning", "warnings"),
            ("info", "note", "notes"),
        )
        if counted[name]
    ]
    return ", ".join(said) or "no findings"


def created(answer: Mapping[str, Any]) -> str:
    """The newest event's time of recording as W3C's profile of ISO 8601 has it; empty where there is none."""
    return max((str(step["recorded"]) for step in answer.get("history") or () if step.get("recorded")), default="")
