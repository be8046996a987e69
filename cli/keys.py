"""Commands on keys: new, link, list, show, add, revoke."""

from __future__ import annotations

import secrets
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
from cli.holders import Agent, Module, PinEnv, Token, Which, elsewhere, told
from cli.writing import write
from ledger.errors import FormatError, KeyStoreError, UsageError

if TYPE_CHECKING:
    from ledger.store.keystore import KeyStore

app = typer.Typer(
    no_args_is_help=True, help="Private keys on this machine, and the keys that the ledger gives a party."
)


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="The party's id.")],
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Set the present key of that name aside, keeping its file, and make another."),
    ] = False,
    unsafe: Unsafe = False,
    rounds: Rounds = DEFAULT_ROUNDS,
) -> None:
    """Make a key pair and print its verifier key.

    Example: monazite key new lynas
    """
    from ledger.seal.keys import SigningKey, check_name  # noqa: PLC0415  (start-up time)

    check_name(name)
    keys = keystore()
    if keys.has(name) and not replace:
        raise KeyStoreError(
            f"{keys.path(name)} exists; a key is never overwritten. --replace sets it aside and makes another."
        )
    secret = passphrase(new=True, unsafe=unsafe)
    if keys.has(name):
        say(f"The former key now lies at {keys.set_aside(name)}")
    key = SigningKey.from_seed(name, secrets.token_bytes(32))
    path = keys.save(key, secret, rounds)
    say(str(key.vkey))
    say(f"Private key: {path}")


@app.command("link")
def link(
    name: Annotated[str, typer.Argument(help="The party's id, or a ledger's name.")],
    agent: Agent = False,
    module: Module = None,
    token: Token = None,
    pin_env: PinEnv = None,
    which: Which = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Set the present key of that name aside, keeping its file."),
    ] = False,
) -> None:
    """Use a key in ssh-agent or on a PKCS#11 token as a party's: every command that signs then has it sign there.

    The key store keeps where the key is and its public half, no secret. `party add` enrols it as it does any other.

    Example: monazite key link lynas --agent --which SHA256:tAXFyTXI8xtDaujAEcwJslAYc9/6FKcUkd2Lw0xDhPo

    Example: monazite key link lynas --pkcs11 /usr/lib/softhsm/libsofthsm2.so --token plant
    """
    from ledger.seal.keys import check_name  # noqa: PLC0415  (start-up time)

    check_name(name)
    place = elsewhere(agent=agent, module=module, token=token, pin_env=pin_env, which=which)
    if place is None:
        raise UsageError("say where the key is: --agent, or --pkcs11 MODULE --token LABEL")
    keys = keystore()
    if keys.has(name) and not replace:
        raise KeyStoreError(f"{keys.path(name)} exists; a key is never overwritten. --replace sets it aside.")
    made = place.link(name, place.found().public_key)
    if keys.has(name):
        say(f"The former key now lies at {keys.set_aside(name)}")
    path = keys.save_link(made)
    say(made.vkey)
    say(f"Held {told(made)}; linked from {path}")


@app.command("list")
def listed(as_json: AsJson = False) -> None:
    """List the keys on this machine with their verifier keys.

    Example: monazite key list
    """
    keys = keystore()
    rows = []
    for name in keys.names():
        try:
            rows.append({"name": name, "vkey": str(keys.vkey(name)), **_state(keys, name)})
        except (KeyStoreError, FormatError) as error:
            rows.append({"name": name, "error": str(error)})
    if as_json:
        say_json(rows)
    elif not rows:
        say(f"No keys in {keys.folder}. Make one with `monazite key new NAME`.")
    else:
        for row in rows:
            marks = (
                f"   ({row['held']})" if "held" in row else "" if row.get("encrypted", True) else "   (NOT encrypted)"
            )
            say(str(row.get("vkey") or f"{row['name']}: {row['error']}") + marks)


def _state(keys: KeyStore, name: str) -> dict[str, Any]:
    """How a key is kept: encrypted or not, or held elsewhere."""
    place = keys.link(name)
    return {"encrypted": keys.is_locked(name)} if place is None else {"held": told(place)}


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="The key's name: a party's id or a ledger's name.")],
    agent: Agent = False,
    module: Module = None,
    token: Token = None,
    pin_env: PinEnv = None,
    which: Which = None,
    as_json: AsJson = False,
) -> None:
    """Print one verifier key, which is public; of a key that is held elsewhere, so that it can be enrolled.

    Example: monazite key show ledger.example/ree

    Example: monazite key show lynas --pkcs11 /usr/lib/softhsm/libsofthsm2.so --token plant
    """
    place = elsewhere(agent=agent, module=module, token=token, pin_env=pin_env, which=which)
    if place is not None:
        found = place.found()
        there = place.link(name, found.public_key)
        row = {"name": name, "vkey": there.vkey, "held": told(there), "fingerprint": found.fingerprint}
        say_json({**row, "label": found.label}) if as_json else say(there.vkey)
        return
    keys = keystore()
    vkey = keys.vkey(name)
    if as_json:
        say_json({"name": name, "vkey": str(vkey), **_state(keys, name), "path": str(keys.path(name))})
    else:
        say(str(vkey))


@app.command("add")
def add(
    party: Annotated[str, typer.Argument(help="The party.")],
    vkey: Annotated[
        str | None, typer.Option("--vkey", help="The further key. Default: the party's key on this machine.")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="Who says so: the party or the registrar. Default: the registrar.")
    ] = None,
    ledger: OwnLedger = DEFAULT_LEDGER,
) -> None:
    """Give a party a further key in the ledger.

    Example: monazite key add lynas --vkey 'lynas+1f2e3d4c+AQ...'
    """
    key = str(keystore().vkey(party)) if vkey is None else vkey  # an empty one, as of a shell's unset variable, is none
    write(
        ledger,
        lambda registrar: [{"type": "key", "actor": by or registrar, "at": local_time(), "party": party, "vkey": key}],
    )
    say(f"{party} may now sign with {key}")


@app.command("revoke")
def revoke(
    party: Annotated[str, typer.Argument(help="The party whose key is no longer valid.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    vkey: Annotated[str | None, typer.Option("--vkey", help="Which key. Default: the only valid one.")] = None,
    since: Annotated[
        str | None,
        typer.Option("--from", help="Since when it may have been in other hands: 2026-10-01T00:00:00+08:00."),
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="Who says so: the party or the registrar. Default: the registrar.")
    ] = None,
    ledger: OwnLedger = DEFAULT_LEDGER,
) -> None:
    """Revoke a party's key in the ledger.

    Example: monazite key revoke lynas --reason "laptop lost" --from 2026-10-01T00:00:00+08:00
    """
    from cli.reading import registry  # noqa: PLC0415  (start-up time)

    valid = [held.vkey for held in registry(ledger).party(party).keys.values() if held.revoked is None]
    if vkey is None and len(valid) != 1:
        listed = "\n  ".join(valid) or "none"
        raise UsageError(f"{party} has {len(valid)} valid keys; say which with --vkey:\n  {listed}")
    if vkey is not None and vkey not in valid:
        raise UsageError(f"that is no valid key of {party}; `monazite key party {party}` lists them")
    members = {"type": "revoke", "at": local_time(), "party": party, "vkey": vkey or valid[0], "reason": reason}
    if since is not None:
        members["from"] = since
    write(ledger, lambda registrar: [{**members, "actor": by or registrar}])
    say(f"Revoked {members['vkey']}")


@app.command("party")
def of_party(
    party: Annotated[str, typer.Argument(help="The party.")], ledger: Ledger = DEFAULT_LEDGER, as_json: AsJson = False
) -> None:
    """List every key that the ledger gives a party, revoked ones too.

    Example: monazite key party lynas
    """
    from cli.reading import registry  # noqa: PLC0415  (start-up time)

    found = registry(ledger).party(party)
    rows = [
        {
            "vkey": state.vkey,
            "added_by_entry": state.added.place.entry,
            "revoked_by_entry": state.revoked.place.entry if state.revoked else None,
        }
        for state in found.keys.values()
    ]
    if as_json:
        say_json(rows)
    else:
        table(
            ("key", "since entry", "revoked"),
            [(r["vkey"], r["added_by_entry"], r["revoked_by_entry"] or "-") for r in rows],
            right=(1,),
        )
