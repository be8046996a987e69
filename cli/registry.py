"""Commands on parties and sites: add, list, show. The registrar signs; a party may state its own sites."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import say, say_json, table
from cli.context import (
    DEFAULT_LEDGER,
    DEFAULT_ROUNDS,
    AsJson,
    Ledger,
    OwnLedger,
    Rounds,
    Unsafe,
    keystore,
    local_time,
    passphrase,
)
from cli.files import read
from cli.reading import registry
from cli.writing import write
from ledger.errors import UsageError

if TYPE_CHECKING:
    from ledger.rules.history import History, Party

parties = typer.Typer(no_args_is_help=True, help="Parties: companies with keys.")
sites = typer.Typer(no_args_is_help=True, help="Sites: places where parties work.")
MAX_FILE = 256 * 1024 * 1024
KEYLESS = {"owner"}
From = Annotated[
    Path | None,
    typer.Option("--from", help="Add every row of this CSV file.", exists=True, dir_okay=False, readable=True),
]


@parties.command("add")
def add_party(
    party: Annotated[
        str | None, typer.Argument(help="The party's id: a-z, 0-9, `.`, `_`, `-`.", metavar="[ID]")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="The company's name.")] = None,
    country: Annotated[
        str | None, typer.Option("--country", help="Where it is established, ISO 3166-1 alpha-2.")
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="miner, processor, recycler, trader, carrier, laboratory, auditor, owner."),
    ] = None,
    owner: Annotated[list[str] | None, typer.Option("--owner", help='A direct owner: "NAME:CC:PERCENT".')] = None,
    vkey: Annotated[
        str | None, typer.Option("--vkey", help="Its verifier key. Default: its key on this machine, made if need be.")
    ] = None,
    source: From = None,
    ledger: OwnLedger = DEFAULT_LEDGER,
    unsafe: Unsafe = False,
    rounds: Rounds = DEFAULT_ROUNDS,
) -> None:
    """Enrol a party, or state anew what it is.

    Example: monazite party add lynas --name "Lynas Rare Earths" --country AU --role miner --role processor
    """
    from ledger.exchange.parties import read_owners  # noqa: PLC0415  (start-up time)
    from ledger.model.identity import ROLE_ALIASES  # noqa: PLC0415

    at = local_time()
    if source is not None:
        if party is not None or name is not None or role or owner or vkey:
            raise UsageError("--from takes every party from its file; give it alone")
        from ledger.exchange.parties import read_parties  # noqa: PLC0415

        rows = [{**row.members} for row in read_parties(read(source, MAX_FILE), str(source))]
    else:
        if party is None or country is None or not role:
            raise UsageError("party add needs ID, --country and --role; or --from parties.csv")
        members: dict[str, Any] = {"type": "enrol", "party": party, "name": name or party, "country": country}
        members["roles"] = sorted({ROLE_ALIASES.get(item, item) for item in role})
        if owner:
            known = frozenset(registry(ledger).history.parties)
            members["owners"] = read_owners(";".join(owner), known)
        rows = [members]
    enrolled = registry(ledger).history.parties
    _check_rows(rows, ledger, at)
    made = _keys(rows, enrolled, vkey, unsafe=unsafe, rounds=rounds)
    write(ledger, lambda registrar: [{**row, "actor": registrar, "at": at} for row in rows])
    for row in rows:
        say(
            f"{row['party']}: {row['name']} ({row['country']}), {' '.join(row['roles'])}"
            + (f"\n  {row['vkey']}" if "vkey" in row else "")
        )
    if made:
        say(f"{made} private keys made in {keystore().folder}")


def _check_rows(rows: list[dict[str, Any]], ledger: str, at: str) -> None:
    """Find what is wrong with the rows before a key is made for any of them."""
    from ledger.exchange.draft import Draft, check  # noqa: PLC0415  (start-up time)

    for row in rows:
        check(Draft({**row, "actor": "x", "at": at}))
    registry(ledger)


def _keys(
    rows: list[dict[str, Any]], enrolled: dict[str, Party], vkey: str | None, *, unsafe: bool, rounds: int
) -> int:
    """Fill in each new party's verifier key; returns how many key pairs were made."""
    from ledger.seal.keys import SigningKey  # noqa: PLC0415  (start-up time)

    keys, made = keystore(), 0
    secret: bytes | None = None
    for row in rows:
        party = row["party"]
        if vkey is not None:
            row["vkey"] = vkey
        elif (party in enrolled and enrolled[party].keys) or set(row["roles"]) <= KEYLESS:
            continue
        elif keys.has(party):
            row["vkey"] = str(keys.vkey(party))
        else:
            if secret is None:
                secret = passphrase(new=True, unsafe=unsafe)
            keys.save(SigningKey.from_seed(party, secrets.token_bytes(32)), secret, rounds)
            row["vkey"] = str(keys.vkey(party))
            made += 1
    return made


def _party(party: Party) -> dict[str, Any]:
    return {
        "id": party.id,
        "name": party.name,
        "country": party.country,
        "roles": sorted(party.roles),
        "owners": [
            {
                "name": owner.name or owner.party,
                "country": owner.country,
                **({"percent": owner.ppb / 1e7} if owner.ppb is not None else {}),
            }
            for owner in party.owners
        ],
        "keys": len(party.keys),
    }


def _site(history: History, site: str) -> dict[str, Any]:
    event = history.site_events[site]
    position = event.position
    return {
        "id": site,
        "party": event.party,
        "name": event.name,
        "country": event.country,
        "region": event.region,
        "lat": position.lat / 1e6 if position else None,
        "lon": position.lon / 1e6 if position else None,
        "stages": list(event.stages),
    }


@parties.command("list")
def list_parties(ledger: Ledger = DEFAULT_LEDGER, as_json: AsJson = False) -> None:
    """List the parties of a ledger.

    Example: monazite party list --json
    """
    rows = [_party(party) for party in registry(ledger).history.parties.values()]
    if as_json:
        say_json(rows)
    else:
        table(("id", "name", "cc", "roles"), [(r["id"], r["name"], r["country"], " ".join(r["roles"])) for r in rows])


@parties.command("show")
def show_party(
    party: Annotated[str, typer.Argument(metavar="ID")], ledger: Ledger = DEFAULT_LEDGER, as_json: AsJson = False
) -> None:
    """Show one party: its owners, keys and sites.

    Example: monazite party show lynas
    """
    found = registry(ledger)
    row = _party(found.party(party))
    row["keys"] = [{"vkey": key.vkey, "revoked": key.revoked is not None} for key in found.party(party).keys.values()]
    row["sites"] = [site for site, event in found.history.site_events.items() if event.party == party]
    if as_json:
        say_json(row)
        return
    say(f"{row['id']}: {row['name']} ({row['country']}), {' '.join(row['roles'])}")
    for owner in row["owners"]:
        say(f"  owner  {owner['name']} ({owner['country']}) {owner.get('percent', '?')} %")
    for key in row["keys"]:
        say(f"  key    {key['vkey']}" + (" REVOKED" if key["revoked"] else ""))
    for site in row["sites"]:
        say(f"  site   {site}")


@sites.command("add")
def add_site(
    site: Annotated[str | None, typer.Argument(help="The site's id.", metavar="[ID]")] = None,
    party: Annotated[str | None, typer.Option("--party", help="Who works there.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Its name. Default: its id.")] = None,
    country: Annotated[str | None, typer.Option("--country", help="Where it stands, ISO 3166-1 alpha-2.")] = None,
    stage: Annotated[list[str] | None, typer.Option("--stage", help="A stage it performs; may be repeated.")] = None,
    region: Annotated[str | None, typer.Option("--region", help="ISO 3166-2, as AU-WA.")] = None,
    lat: Annotated[str, typer.Option("--lat", help="Degrees north.")] = "",
    lon: Annotated[str, typer.Option("--lon", help="Degrees east.")] = "",
    capacity: Annotated[
        str, typer.Option("--capacity", help="Product mass in a year by stage: separate=9000 t; metal_reduce=1200 t.")
    ] = "",
    by: Annotated[
        str | None, typer.Option("--by", help="Who says so: the party or the registrar. Default: the registrar.")
    ] = None,
    source: From = None,
    ledger: OwnLedger = DEFAULT_LEDGER,
) -> None:
    """State a site, or state it anew.

    Example: monazite site add mt-weld --party lynas --country AU --region AU-WA --stage mine --stage beneficiate
    """
    at = local_time()
    if source is not None:
        if site is not None or party is not None or country is not None:
            raise UsageError("--from takes every site from its file; give it alone")
        from ledger.exchange.parties import read_sites  # noqa: PLC0415  (start-up time)

        rows = [row.members for row in read_sites(read(source, MAX_FILE), str(source))]
    else:
        if site is None or party is None or country is None:
            raise UsageError("site add needs ID, --party and --country; or --from sites.csv")
        from ledger.exchange import cells  # noqa: PLC0415  (start-up time)
        from ledger.exchange.parties import read_position  # noqa: PLC0415

        position = read_position(lat, lon) if lat or lon else None
        stated = {"type": "site", "site": site, "party": party, "name": name or site, "country": country}
        optional = {
            "region": region,
            "stages": sorted(set(stage or ())),
            "position": position,
            "capacity": cells.capacity(capacity),
        }
        rows = [{**stated, **{key: value for key, value in optional.items() if value}}]
    write(ledger, lambda registrar: [{**row, "actor": by or registrar, "at": at} for row in rows])
    for row in rows:
        say(f"{row['site']}: {row['name']} ({row['country']}), worked by {row['party']}")


@sites.command("list")
def list_sites(ledger: Ledger = DEFAULT_LEDGER, as_json: AsJson = False) -> None:
    """List the sites of a ledger.

    Example: monazite site list
    """
    found = registry(ledger).history
    rows = [_site(found, site) for site in found.site_events]
    if as_json:
        say_json(rows)
    else:
        table(
            ("id", "party", "cc", "stages"), [(r["id"], r["party"], r["country"], " ".join(r["stages"])) for r in rows]
        )


@sites.command("show")
def show_site(
    site: Annotated[str, typer.Argument(metavar="ID")], ledger: Ledger = DEFAULT_LEDGER, as_json: AsJson = False
) -> None:
    """Show one site.

    Example: monazite site show mt-weld
    """
    found = registry(ledger).history
    if site not in found.site_events:
        raise UsageError(f"there is no site {site!r}; `monazite site list` shows them")
    row = _site(found, site)
    if as_json:
        say_json(row)
        return
    for key, value in row.items():
        say(f"{key:8} {' '.join(value) if isinstance(value, list) else '-' if value is None else value}")
