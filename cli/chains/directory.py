"""Who and where: one table of parties and sites, so that chains that share one define it alike.

Ids, operators, countries, regions and positions of real sites come from facilities.csv. What that table lacks is below:
roles, a short name, stages it does not list, and places that are fictional or not in it.
"""

from __future__ import annotations

from typing import NamedTuple

from cli.chains.tables import facilities


class Party(NamedTuple):
    """One row of parties.csv; a blank country means the owner's country in facilities.csv."""

    name: str
    roles: str
    country: str = ""
    owners: str = ""


class Site(NamedTuple):
    """One row of sites.csv."""

    party: str
    name: str
    country: str
    region: str
    lat: str
    lon: str
    stages: str


PARTIES = {
    "china-northern-rare-earth": Party("China Northern Rare Earth", "processor"),
    "china-southern-rare-earth": Party("China Southern Rare Earth", "processor trader"),
    "iluka-resources": Party("Iluka Resources", "miner processor"),
    "lynas-rare-earths": Party("Lynas Rare Earths", "miner processor"),
    "mitsui-kinzoku": Party("Mitsui Kinzoku", "processor"),
    "mp-materials": Party("MP Materials", "miner processor"),
    "multiple-small-operators": Party("multiple small operators", "miner processor"),
    "proterial": Party("Proterial", "processor"),
    "santoku": Party("Santoku", "processor"),
    "saskatchewan-research-council": Party("Saskatchewan Research Council", "processor"),
    "shin-etsu-chemical": Party("Shin-Etsu Chemical", "processor"),
    "vinacomin": Party("Vinacomin", "miner processor"),
    # Public, but not in facilities.csv: press of August and October 2025 names Alcoa as operator and sole owner.
    "alcoa-of-australia": Party("Alcoa of Australia", "miner processor", "AU", "Alcoa Corporation:US:100"),
    "example-auditor": Party("Example auditor (fictional)", "auditor", "GB"),
    "example-jp-gallium-buyer": Party("Example crystal maker (fictional)", "processor trader", "JP"),
    "example-jp-recycler": Party("Example Japanese recycler (fictional)", "recycler processor", "JP"),
    "example-lab": Party("Example assay laboratory (fictional)", "laboratory", "CH"),
    "example-ohio-magnets": Party("Example Ohio magnet works (fictional)", "processor", "US"),
    "example-reserve": Party("Example regional reserve (fictional)", "processor trader", "MY"),
    "example-th-trader": Party(
        "Example Bangkok trading house (fictional)", "trader", "TH", "Example holding company (fictional):CN:30"
    ),
    "example-us-gallium-buyer": Party("Example chip materials maker (fictional)", "processor trader", "US"),
}

UNLISTED_SITES = {
    "au-wagerup-gallium": Site(
        "alcoa-of-australia",
        "Wagerup refinery and gallium project",
        "AU",
        "AU-WA",
        "-32.91",
        "115.92",
        "mine crack_leach separate metal_reduce split",
    ),
    "example-jp-gallium-works": Site(
        "example-jp-gallium-buyer",
        "Example crystal works (fictional)",
        "JP",
        "JP-13",
        "35.68",
        "139.69",
        "separate split",
    ),
    "example-jp-recycling-plant": Site(
        "example-jp-recycler",
        "Example magnet recycling plant (fictional)",
        "JP",
        "JP-14",
        "35.53",
        "139.70",
        "collect dismantle hpms hydromet_recycled split",
    ),
    "example-ohio-magnet-works": Site(
        "example-ohio-magnets",
        "Example Ohio magnet works (fictional)",
        "US",
        "US-OH",
        "39.96",
        "-82.99",
        "alloy_melt powder press sinter machine gbd coat magnetize",
    ),
    "example-reserve-store": Site(
        "example-reserve",
        "Example reserve store and cracking line (fictional)",
        "MY",
        "MY-06",
        "3.97",
        "103.43",
        "crack_leach blend split repack",
    ),
    "example-th-warehouse": Site(
        "example-th-trader", "Example bonded warehouse (fictional)", "TH", "TH-10", "13.70", "100.58", "repack"
    ),
    "example-us-gallium-works": Site(
        "example-us-gallium-buyer",
        "Example materials works (fictional)",
        "US",
        "US-AZ",
        "33.45",
        "-112.07",
        "separate split",
    ),
}

# Stages that a chain needs and facilities.csv does not list for the site; the chain says so among its assumptions.
ADDED_STAGES = {
    "ca-src-saskatoon": "crack_leach oxide_to_halide metal_reduce",
    "jp-shinetsu-takefu": "metal_reduce alloy_melt powder press sinter machine gbd coat magnetize",
    "mm-kachin-pangwa": "crack_leach",
    "us-mountain-pass-sep": "crack_leach",
}


def site(name: str) -> Site:
    """Return a site: from facilities.csv with its added stages, else from the unlisted ones.

    Raises:
        KeyError: no such site.
    """
    row = facilities().get(name)
    if row is None:
        return UNLISTED_SITES[name]
    stages = f"{row['stages']} {ADDED_STAGES.get(name, '')}".strip()
    return Site(row["party_id"], row["name"], row["country"], row["region"], row["lat"], row["lon"], stages)


def party(name: str) -> Party:
    """Return a party, its country from facilities.csv where the table above leaves it blank.

    Raises:
        KeyError: no such party.
    """
    found = PARTIES[name]
    if found.country:
        return found
    owner = next(row["owner_country"] for row in facilities().values() if row["party_id"] == name)
    return found._replace(country=owner)
