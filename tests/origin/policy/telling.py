"""Chains told in few words for the policies: a country for each stage, sources of iron and boron beside the rare earths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from ledger.origin.policy.check import check
from ledger.origin.policy.context import NOTHING, Context, parse
from ledger.origin.policy.model import Branch, PolicyAnswer
from ledger.origin.trace import trace
from ledger.report.country import country
from ledger.rules.rulebook import conclude
from tests.rules.tale import Tale, made

A = "US-DFARS-7052-A"
B = "US-DFARS-7052-B-NDFEB"
SMCO = "US-DFARS-7052-B-SMCO"
BEFORE = date(2026, 12, 15)
AFTER = date(2027, 3, 1)
OXIDE: dict[str, float] = {"Nd2O3": 75, "Pr6O11": 25}
METAL: dict[str, float] = {"Nd": 75, "Pr": 25}
MAGNET: dict[str, float] = {"Nd": 23.25, "Pr": 7.75, "Fe": 68, "B": 1}
COUNTRIES = ("AU", "CN", "DE", "GB", "HK", "IR", "JP", "KP", "MM", "MO", "MY", "RU", "TR", "US", "VN", "ZZ")
CLEAN = ("AU", "DE", "GB", "JP", "MM", "MY", "TR", "US", "VN")


class World:
    """A tale with one party and one site in every country; lots move where the next stage is."""

    def __init__(self, countries: Iterable[str] = COUNTRIES, start: date | None = None, **regions: str) -> None:
        self.tale = Tale()
        if start is not None:
            self.tale.now = datetime(start.year, start.month, start.day, tzinfo=UTC)
        self.at: dict[str, str] = {}
        for code in countries:
            name = code.lower()
            self.tale.party(name, code, "miner", "processor", "recycler", "trader")
            more = {"region": regions[code]} if code in regions else {}
            self.tale.say("site", "registry", site=f"{name}-site", party=name, name=code, country=code, **more)
        self.tale.party("lab", "GB", "laboratory")

    @staticmethod
    def where(code: str) -> tuple[str, str]:
        return code.lower(), f"{code.lower()}-site"

    def bring(self, lot: str, code: str, **members: Any) -> None:
        """Ship and receive a lot unless it is there."""
        if self.at[lot] != code:
            there = self.where(code)
            self.tale.ship(*self.where(self.at[lot]), lot, there[1], **members)
            self.tale.receive(*there, lot)
            self.at[lot] = code

    def mine(
        self, lot: str, code: str, form: str = "ore", kg: float = 100, mineral: str | None = None, **percent: float
    ) -> str:
        self.at[lot] = code
        more = {} if mineral is None else {"mineral": mineral}
        return self.tale.extract(*self.where(code), made(lot, kg, form, **percent), **more)

    def declare(
        self,
        lot: str,
        code: str,
        form: str,
        kg: float = 100,
        origin: Mapping[str, str] | None = None,
        percent: Mapping[str, float] | None = None,
    ) -> str:
        self.at[lot] = code
        more = {"origin": dict(origin)} if origin else {}
        return self.tale.declare(*self.where(code), made(lot, kg, form, **(percent or {})), **more)

    def recover(
        self,
        lot: str,
        code: str,
        form: str = "eol-magnet",
        kg: float = 100,
        percent: Mapping[str, float] | None = None,
        **members: Any,
    ) -> str:
        self.at[lot] = code
        actor, site = self.where(code)
        return self.tale.say("recover", actor, site=site, outputs=[made(lot, kg, form, **(percent or {}))], **members)

    def turn(
        self,
        stage: str,
        code: str,
        inputs: str | Iterable[str],
        lot: str,
        form: str,
        kg: float = 100,
        percent: Mapping[str, float] | None = None,
        **members: Any,
    ) -> str:
        """A stage; everything is used."""
        names = [inputs] if isinstance(inputs, str) else list(inputs)
        for name in names:
            self.bring(name, code)
        self.at[lot] = code
        return self.tale.turn(stage, *self.where(code), names, made(lot, kg, form, **(percent or {})), **members)

    # --- Whole chains

    def iron_and_boron(self, iron: str = "US", boron: str = "US") -> None:
        """Iron and ferroboron, each mined, reduced and declared in one country."""
        for lot, form, code, percent in (
            ("FE", "iron", iron, {"Fe": 100}),
            ("FEB", "ferroboron", boron, {"Fe": 80, "B": 20}),
        ):
            stages = dict.fromkeys(("mine", "beneficiate", "metal_reduce"), code)
            self.declare(lot, code if code != "ZZ" else "US", form, origin=stages, percent=percent)

    def metal(self, mine: str, separate: str, metal: str, crack: str | None = None, name: str = "ND") -> str:
        """NdPr metal; returns its lot."""
        self.mine(f"{name}-ORE", mine, kg=1000, Nd2O3=7.5, Pr6O11=2.5)
        self.turn("crack_leach", crack or mine, f"{name}-ORE", f"{name}-MREC", "mixed-carbonate", 150, {"Nd2O3": 45, "Pr6O11": 15})  # fmt: skip
        self.turn("separate", separate, f"{name}-MREC", f"{name}-OX", "oxide-ndpr", 80, OXIDE)
        self.turn("metal_reduce", metal, f"{name}-OX", f"{name}-MET", "metal-ndpr", 65, METAL)
        return f"{name}-MET"

    def magnet(
        self,
        metals: Iterable[str],
        alloy: str,
        sinter: str,
        magnetize: str | None = None,
        percent: Mapping[str, float] | None = None,
    ) -> str:
        """From metals, iron and ferroboron to a magnet M; returns its lot."""
        stated = dict(percent or MAGNET)
        self.turn("alloy_melt", alloy, [*metals, "FE", "FEB"], "CAST", "strip-cast", 200, stated)
        self.turn("powder", sinter, "CAST", "POW", "powder", 195, stated)
        self.turn("press", sinter, "POW", "COMP", "compact", 190, stated)
        self.turn("sinter", sinter, "COMP", "BLK", "block", 185, stated)
        self.turn("machine", sinter, "BLK", "CUT", "block", 150, stated)
        self.turn("coat", sinter, "CUT", "COATED", "block", 150, stated)
        self.turn("magnetize", magnetize or sinter, "COATED", "M", "magnet-ndfeb-sintered", 150, stated)
        return "M"

    def ndfeb(
        self,
        mine: str = "US",
        separate: str = "US",
        metal: str = "US",
        alloy: str = "US",
        sinter: str = "US",
        magnetize: str | None = None,
        iron: str = "US",
        boron: str = "US",
    ) -> str:
        self.iron_and_boron(iron, boron)
        return self.magnet([self.metal(mine, separate, metal)], alloy, sinter, magnetize)

    # --- Questions

    def ask(
        self, policy: str, day: date | None = None, context: Context | str = NOTHING, lot: str = "M", **dates: Any
    ) -> PolicyAnswer:
        """One policy's answer; findings are those of the tale, and a context is said to be in `facts.toml`."""
        asked = parse(context.encode(), "context") if isinstance(context, str) else context
        found = (*self.tale.found, *conclude(self.tale.history))
        (answer,) = check(self.tale.history, lot, found, asked, dates.get("as_of") or day, policy, "facts.toml")
        return answer

    def china(self, lot: str = "M") -> dict[str, Any]:
        """The answer about China, as in the report."""
        found = (*self.tale.found, *conclude(self.tale.history))
        return country(trace(self.tale.history, lot), self.tale.history, found)

    def every(self, day: date, context: Context | str = NOTHING, lot: str = "M") -> dict[str, PolicyAnswer]:
        asked = parse(context.encode(), "context") if isinstance(context, str) else context
        found = (*self.tale.found, *conclude(self.tale.history))
        return {item.id: item for item in check(self.tale.history, lot, found, asked, day)}


def branches(answer: PolicyAnswer, kind: str | None = None) -> dict[str, str]:
    """Verdict by branch."""
    return {item.name: item.verdict for item in answer.branches if kind is None or item.kind == kind}


def branch(answer: PolicyAnswer, name: str) -> Branch:
    return next(item for item in answer.branches if item.name == name)


def said(answer: PolicyAnswer | Branch) -> str:
    """Every reason in one text."""
    return "\n".join(item.text for item in answer.reasons)
