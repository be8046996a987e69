"""What a prepared file asks its signers to sign, in words: made from the events themselves, never from what stands beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from ledger.model.event import Event
from ledger.model.events import Assay, Attest, Enrol, Key, Retract, Revoke, Site, Transform
from ledger.model.quantity import Mass
from ledger.seal.prepared import Checked

MG_PER_KG = 1_000_000
WEIGHTY = (Enrol, Site, Key, Revoke, Retract, Attest)
"""Types that say who may speak, what is void, and what somebody vouches for: never left out of a list that is cut short."""

COMMON = ("v", "ledger", "type", "actor", "at", "site", "evidence")
ELSEWHERE = (*COMMON, "inputs", "outputs", "lots", "lot", "prev", "composition")
"""Members that `described` does not spell out: those beside it in a table, and those that it puts in words."""


def summary(item: Checked) -> dict[str, Any]:
    """One submission, as JSON built-ins.

    Returns:
        party; root (hex); events, and how many of each type; from and until (`at` of the first and the last); made, drawn
        and handed (shipped, received or given up), each with lots (how many), mg (the sum of the masses that are stated) and
        unstated (lots without one).
    """
    times = sorted((event.instant, event.at) for event in item.events)
    made = [(output.lot, output.mass) for event in item.events for output in event.outputs_made]
    drawn = [(draw.lot, draw.mass) for event in item.events if isinstance(event, Transform) for draw in event.draws]
    handed = [
        (draw.lot, draw.mass) for event in item.events if not isinstance(event, Transform) for draw in event.draws
    ]
    return {
        "party": item.stated.party,
        "root": item.stated.root.hex(),
        "events": len(item.events),
        "types": dict(sorted(Counter(event.type for event in item.events).items())),
        "from": times[0][1],
        "until": times[-1][1],
        "made": _sum(made),
        "drawn": _sum(drawn),
        "handed": _sum(handed),
    }


def described(event: Event) -> str:
    """One event in a line: its lots with their masses, and every other member but what stands beside it; no compositions of outputs."""
    verb = {"transform": "draws", "dispose": "gives up"}.get(event.type, "")
    parts = [f"{verb} {draw.lot}, {kilograms(draw.mass)}".lstrip() for draw in event.draws]
    parts += [f"makes {output.lot} ({output.form}), {kilograms(output.mass)}" for output in event.outputs_made]
    if not event.draws:
        parts += [lot for lot, _prev in event.touches]
    if isinstance(event, Assay):
        parts += [f"{name} {share.ppb / 1e7:.10g} %" for name, share in event.composition.items()]
    members = msgspec.to_builtins(event)
    parts += [f"{name} {_text(value)}" for name, value in members.items() if name not in ELSEWHERE]
    return "; ".join(parts)


def kilograms(mass: Mass | None) -> str:
    """A mass for people; a draw without one takes all that is left."""
    return "no mass stated: all of it" if mass is None else f"{mass.mg / MG_PER_KG:.15g} kg"


def _sum(lots: Sequence[tuple[str, Mass | None]]) -> dict[str, int]:
    stated = [mass.mg for _lot, mass in lots if mass is not None]
    return {"lots": len({lot for lot, _mass in lots}), "mg": sum(stated), "unstated": len(lots) - len(stated)}


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
