"""Made-up answers of the shapes that pictures are drawn from: a small story, a long ancestry, and one that means harm."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

RED = "#d1232a"


def name_of(thing: object) -> str:
    """A hash that stands for an event."""
    return sha256(str(thing).encode()).hexdigest()


def lot(
    name: str,
    country: str | None,
    kg: float | None,
    parents: list[Any] | None = None,
    *,
    stage: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A lot of so many kilograms of neodymium and as much again of the rest; parents are (name, kg drawn)."""
    elements = {} if kg is None else {"Nd": {"mass_kg": kg, "sigma_kg": kg / 100}}
    return {
        "lot": name, "form": "oxide", "mass_kg": None if kg is None else kg * 2, "sigma_kg": 1.0,
        "event": name_of(name), "at": "2025-02-01T00:00:00Z", "type": "transform" if stage else "extract", "stage": stage,
        "actor": "party", "site": f"site-{country}", "country": country, "elements": elements,
        "from": [
            {"lot": parent, "mass_kg": None if drawn is None else drawn * 2, "elements": {} if drawn is None else {"Nd": drawn}}
            for parent, drawn in parents or []
        ],
        **more,
    }  # fmt: skip


def site(country: str | None, lat: float | None = None, lon: float | None = None, **more: Any) -> dict[str, Any]:
    return {
        "site": f"site-{country}", "name": f"Works in {country}", "country": country, "region": None,
        "lat": lat, "lon": lon, "lots": [], "events": [name_of(("site", country))], **more,
    }  # fmt: skip


def leg(name: str, a: str | None, b: str | None, *, arrived: str | None = "2025-03-20", **more: Any) -> dict[str, Any]:
    return {
        "lot": name, "from": f"site-{a}", "to": f"site-{b}", "from_country": a, "to_country": b,
        "departed": "2025-03-01T09:00:00+08:00", "arrived": arrived, "route": [a, b], "actor": "party", "addressee": "other",
        "result": "accepted" if arrived else None, "event": name_of(("ship", name, a, b)), "receive": None, **more,
    }  # fmt: skip


def weighed(name: str, element: str, into: float | None, out: float | None, **more: Any) -> dict[str, Any]:
    reckoned = into is not None and out is not None
    return {
        "event": name_of(name), "stage": "separate", "site": "site-MY", "at": "2025-02-01T00:00:00Z", "element": element,
        "in_kg": into, "in_sigma_kg": 1.0, "out_kg": out, "out_sigma_kg": 1.0,
        "difference_kg": out - into if reckoned else None, "sigma_kg": 2.0 if reckoned else None,
        "limit_kg": 6.0 if reckoned else None, "assumed": False, "finding": None,
        "why": None if reckoned else f"no output's analysis states {element}", **more,
    }  # fmt: skip


def step(name: object, country: str | None, at: str, **more: Any) -> dict[str, Any]:
    return {
        "event": name_of(name), "entry": 1, "type": "transform", "at": at, "recorded": "2025-06-01T00:00:00Z", "actor": "party",
        "site": f"site-{country}", "country": country, "lot": str(name), "says": f"separate: {name}", **more,
    }  # fmt: skip


def story() -> dict[str, Any]:
    """Ore from Australia, separated in Malaysia, made into a magnet in Japan with some from China and some from nowhere."""
    late = name_of("oxide")
    return {
        "lot": "magnet",
        "verification": {"findings": [{"code": "TIME-LATE", "severity": "warning", "events": [late]}]},
        "lots": [
            lot("ore", "AU", 200.0),
            lot("oxide", "MY", 90.0, [("ore", 100.0)], stage="separate"),
            lot("red", "CN", 50.0, type="declare"),
            lot("lost", None, None, missing=True),
            lot("magnet", "JP", 100.0, [("oxide", 60.0), ("red", 40.0), ("lost", None)], stage="sinter"),
        ],
        "sites": [site("AU", -28.9, 122.5), site("MY", 4.0, 103.4), site("JP"), site("CN", 25.8, 114.9), site(None)],
        "legs": [
            leg("ore", "AU", "MY"),
            leg("oxide", "MY", "JP", route=["MY", "SG", "JP"]),
            leg("red", "CN", "JP", arrived=None),
        ],
        "balance": [
            weighed("oxide", "Nd", 100.0, 90.0, assumed=True),
            weighed("oxide", "Dy", 10.0, 14.0, finding="MASS-GAIN", limit_kg=2.0),
            weighed("oxide", "B", None, None),
        ],
        "origin": {
            "elements": {
                "Nd": {"mass_kg": 100.0, "stages": {
                    "mine": {"AU": 0.5, "CN": 0.4, "unknown": 0.1}, "separate": {"MY": 0.6, "CN+MY": 0.4}, "bond": {"none": 1.0},
                }, "estimated": True, "range": {"mine": {"CN": [0.3, 0.5], "AU": [0.4, 0.6]}}},
                "Fe": {"mass_kg": 900.0, "stages": {"mine": {"unknown": 1.0}, "separate": {"none": 1.0}, "bond": {"none": 1.0}}},
            },
            "total": {"mass_kg": 100.0, "stages": {"mine": {"AU": 1.0}}},
        },
        "history": [
            step("ore", "AU", "2025-01-20T08:00:00+08:00"),
            step("oxide", "MY", "2025-02-01T00:00:00Z"),
            step("red", "CN", "2025-02-10T00:00:00Z"),
            step("magnet", "JP", "2025-05-01T00:00:00Z"),
            step("assay", None, "2025-05-02T00:00:00Z", site=None),
        ],
    }  # fmt: skip


def ancestry(size: int) -> dict[str, Any]:
    """So many lots: each made of up to three of those not long before, at thirty sites in nine countries, all of it shipped."""
    countries = ("AU", "MY", "CN", "JP", "US", "VN", "MM", "EE", None)
    stages = ("beneficiate", "crack_leach", "separate", "blend", "metal_reduce", "alloy_melt", "split", "sinter")
    lots, legs, books, history = [], [], [], []
    for at in range(size):
        country = countries[at * 7 % 9]
        parents = [(f"lot-{at - back}", 30.0) for back in (1, 3, 11) if at - back >= 0 and at > 20]
        when = f"2025-{1 + at * 11 // size:02d}-{1 + at % 28:02d}T00:00:00Z"
        made = lot(f"lot-{at}", country, 100.0, parents, stage=stages[at % 8] if parents else None, at=when)
        made["site"] = f"site-{country}-{at % 30}"
        for symbol, part in (("Pr", 0.3), ("Dy", 0.05), ("Tb", 0.01)):
            made["elements"][symbol] = {"mass_kg": 100 * part, "sigma_kg": 1.0}
            for drawn in made["from"]:
                drawn["elements"][symbol] = 30 * part
        lots.append(made)
        if parents:
            before = countries[(at - 1) * 7 % 9]
            legs.append(leg(f"lot-{at - 1}", before, country, departed=when, arrived=when, **{
                "from": f"site-{before}-{(at - 1) % 30}", "to": made["site"],
            }))  # fmt: skip
            books += [weighed(f"lot-{at}", element, 100.0, 99.0) for element in ("Nd", "Pr", "Dy", "Tb", "rare earths")]
        history.append(step(f"lot-{at}", country, when, site=made["site"]))
    sites = [
        site(country, -40.0 + at * 3, (at * 47 + len(str(country)) * 90) % 360 - 180.0, site=f"site-{country}-{at}")
        for country in countries
        for at in range(30)
    ]
    stage_shares = {stage: {"CN": 0.2, "AU": 0.5, "unknown": 0.3} for stage in ("mine", *stages)}
    elements = {
        symbol: {"mass_kg": 100.0 * part, "stages": stage_shares}
        for symbol, part in (("Nd", 1), ("Pr", 0.3), ("Dy", 0.05))
    }
    return {
        "lot": f"lot-{size - 1}", "lots": lots, "legs": legs, "sites": sites, "balance": books, "history": history,
        "origin": {"elements": elements, "total": {"mass_kg": 135.0, "stages": stage_shares}}, "verification": {"findings": []},
    }  # fmt: skip


def hostile(text: str) -> dict[str, Any]:
    """The story with one text in every place that a stranger fills."""
    told = story()
    kept = {"event", "receive", "at", "recorded", "departed", "arrived", "type", "stage", "code", "severity", "country"}

    def spoilt(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: spoilt(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [spoilt(item, key) for item in value]
        if isinstance(value, str) and key not in kept and key != "events" and len(value) != 2:
            return f"{value}{text}"
        return value

    found = spoilt(told)
    assert isinstance(found, dict)
    return found
