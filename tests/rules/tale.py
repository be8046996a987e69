"""A history told in few words, without signatures or a store: facts in, findings and state out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from ledger.model.entry import Fact, Place
from ledger.model.events import AnyEvent, Event
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.lot import Lot
from ledger.rules.rulebook import conclude, judge
from ledger.seal.canonical import encode_event, event_hash
from tests.ledger.world import LEDGER, LOG, REGISTRY, key, stamp

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
NO_PREV = "0" * 64
MG = 1_000_000


def mass(kg: float, u_mg: int | None = None) -> dict[str, int]:
    """A mass in kg; the uncertainty in mg."""
    made = {"mg": round(kg * MG)}
    return made if u_mg is None else {**made, "u_mg": u_mg}


def made(lot: str, kg: float, form: str = "ore", u_mg: int | None = None, **percent: float) -> dict[str, Any]:
    """An output; the composition in percent by mass."""
    output: dict[str, Any] = {"lot": lot, "form": form, "mass": mass(kg, u_mg)}
    if percent:
        output["composition"] = shares(**percent)
    return output


def shares(**percent: float) -> dict[str, Any]:
    """A composition in percent by mass."""
    return {analyte: {"ppb": round(value * 10**7)} for analyte, value in percent.items()}


class Tale:
    """Tells events in order, an hour apart, and keeps what the rules found about each."""

    def __init__(self, *, operator_country: str = "GB", **tolerances: int) -> None:
        self.history = History()
        self.now = START
        self.found: list[Finding] = []
        self.newest: list[Finding] = []
        anchor = {"party": "registry", "name": "Registry", "country": operator_country, "vkey": str(REGISTRY.vkey)}
        limits = {"late_days": 30, "clock_s": 300, "u_mass_ppm": 5_000, **tolerances}
        self.say("open", "registry", operator=anchor, registrar=anchor, log=str(LOG.vkey), rules="1", tolerances=limits)

    def say(
        self, kind: str, actor: str, *, recorded: datetime | None = None, signed_by: str | None = None, **members: Any
    ) -> str:
        """One event, an hour after the one before unless `at` says otherwise; returns its hash."""
        self.now += timedelta(hours=1)
        members.setdefault("at", stamp(self.now))
        for name in ("inputs", "lots"):
            if name in members:
                members[name] = [self._chained(item) for item in members[name]]
        if kind == "assay":
            members = self._chained(members)
        event: Event = msgspec.convert(
            {"v": 1, "ledger": LEDGER, "type": kind, "actor": actor, **members}, type=AnyEvent
        )
        digest = event_hash(encode_event(event))
        fact = Fact(
            event=event,
            hash=digest,
            place=Place(len(self.history.facts), 0),
            recorded=recorded or self.now,
            vkey=signed_by or str(key(actor).vkey),
        )
        self.newest = judge(self.history, fact)
        self.found += self.newest
        return digest

    def _chained(self, item: dict[str, Any]) -> dict[str, Any]:
        lot = self.history.lots.get(item["lot"])
        return {"prev": lot.head if lot else NO_PREV, **item}

    # --- Parties and sites

    def party(self, name: str, country: str, *roles: str, owners: Sequence[dict[str, Any]] = ()) -> str:
        more = {"owners": list(owners)} if owners else {}
        return self.say(
            "enrol", "registry", party=name, name=name.title(), country=country, roles=sorted(roles),
            vkey=str(key(name).vkey), **more,
        )  # fmt: skip

    def site(self, name: str, party: str, country: str, **members: Any) -> str:
        return self.say("site", "registry", site=name, party=party, name=name.title(), country=country, **members)

    # --- Material

    def extract(self, actor: str, site: str, *outputs: dict[str, Any], **members: Any) -> str:
        return self.say("extract", actor, site=site, outputs=list(outputs), **members)

    def declare(self, actor: str, site: str, *outputs: dict[str, Any], **members: Any) -> str:
        return self.say("declare", actor, site=site, outputs=list(outputs), **members)

    def turn(
        self,
        stage: str,
        actor: str,
        site: str,
        inputs: Sequence[str | tuple[str, float]],
        *outputs: dict[str, Any],
        **members: Any,
    ) -> str:
        """A transform; an input is a lot, or a lot and a mass in kg."""
        drawn = [{"lot": item} if isinstance(item, str) else {"lot": item[0], "mass": mass(item[1])} for item in inputs]
        return self.say("transform", actor, site=site, stage=stage, inputs=drawn, outputs=list(outputs), **members)

    def ship(
        self, actor: str, site: str, lot: str, to: str, *route: str, kg: float | None = None, **members: Any
    ) -> str:
        item = {"lot": lot} if kg is None else {"lot": lot, "mass": mass(kg)}
        more = {"route": list(route)} if route else {}
        return self.say("ship", actor, site=site, lots=[item], to=to, **more, **members)

    def receive(self, actor: str, site: str, lot: str, kg: float | None = None, **members: Any) -> str:
        item = {"lot": lot} if kg is None else {"lot": lot, "mass": mass(kg)}
        return self.say("receive", actor, site=site, lots=[item], **{"result": "accepted", **members})

    def move(
        self, lot: str, start: tuple[str, str], end: tuple[str, str], *route: str, kg: float | None = None
    ) -> None:
        """A handover that both sides sign."""
        self.ship(*start, lot, end[1], *route)
        self.receive(*end, lot, kg)

    def assay(self, lot: str, **percent: float) -> str:
        return self.say("assay", "lab", lot=lot, composition=shares(**percent))

    def retract(self, actor: str, target: str, replacement: str | None = None) -> str:
        event = self.history.facts[target].event
        names = sorted({lot for lot, _prev in event.touches} | {item.lot for item in event.outputs_made})
        more = {"replacement": replacement} if replacement else {}
        lots = {"lots": [{"lot": name} for name in names]} if names else {}
        return self.say("retract", actor, target=target, reason="wrong", **more, **lots)

    # --- What came of it

    def lot(self, name: str) -> Lot:
        return self.history.lots[name]

    def codes(self, family: str = "") -> list[str]:
        """Codes found about the newest event."""
        return [item.code for item in self.newest if item.code.startswith(family)]

    def concluded(self) -> list[Finding]:
        """What only the end shows."""
        return conclude(self.history)

    def ending(self, family: str = "") -> list[tuple[str, str]]:
        """(code, subject) of what only the end shows."""
        return [(item.code, item.subject) for item in conclude(self.history) if item.code.startswith(family)]


def peopled(**tolerances: int) -> Tale:
    """Everybody that the tests need, at their sites; owners stated, so that nothing of theirs is unknown."""
    tale = Tale(**tolerances)
    own = [{"name": "Founders", "country": "GB", "ppb": 10**9}]
    for name, country, roles, site in (
        ("mine", "AU", ("miner",), "pit"),
        ("dig", "CN", ("miner",), "baotou"),
        ("plant", "MY", ("processor",), "kuantan"),
        ("works", "CN", ("processor",), "ganzhou"),
        ("shop", "JP", ("processor", "recycler", "trader"), "tokyo"),
    ):
        tale.party(name, country, *roles, owners=own)
        tale.site(site, name, country)
    tale.party("lab", "GB", "laboratory")
    tale.party("judge", "GB", "auditor")
    tale.found.clear()
    return tale


MINE = ("mine", "pit")
DIG = ("dig", "baotou")
PLANT = ("plant", "kuantan")
WORKS = ("works", "ganzhou")
SHOP = ("shop", "tokyo")
