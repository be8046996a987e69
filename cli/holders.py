"""Keys that are held elsewhere: the options that say where, the PIN, and which key of several is meant."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from ledger.errors import KeyStoreError, UsageError

if TYPE_CHECKING:
    from ledger.seal.held import Found
    from ledger.seal.link import Link, OnToken
    from ledger.store.keystore import Holders

Agent = Annotated[bool, typer.Option("--agent", help="The key is in ssh-agent.")]
Module = Annotated[
    str | None,
    typer.Option("--pkcs11", help="The key is on a PKCS#11 token: the library that speaks to it.", metavar="MODULE"),
]
Token = Annotated[str | None, typer.Option("--token", help="The token's label.", metavar="LABEL")]
PinEnv = Annotated[
    str | None,
    typer.Option(
        "--pin-env",
        help="The environment variable that has the token's PIN. Default: MONAZITE_PIN, else it is asked for.",
        metavar="VAR",
    ),
]
Which = Annotated[
    str | None,
    typer.Option("--which", help="Which key, where there are several: its label or fingerprint.", metavar="KEY"),
]


class Elsewhere(NamedTuple):
    """Where a key is held, as the options say it; `module` None is ssh-agent."""

    module: str | None
    token: str
    pin_env: str | None
    which: str | None

    def found(self) -> Found:
        """The one key that is meant.

        Raises:
            KeyStoreError: the holder is not there, or has none or several.
        """
        from ledger.seal import held  # noqa: PLC0415  (start-up time)
        from ledger.store import agent, token  # noqa: PLC0415

        if self.module is None:
            return held.chosen(agent.keys(holders().agent), self.which, agent.WHERE)
        variable = self.pin_env or DEFAULT_PIN
        keys = token.keys(self.module, self.token, lambda: _pin(variable, self.token))
        return held.chosen(keys, self.which, token.where(self.token))

    def link(self, name: str, public_key: bytes) -> Link:
        """The link to a key of it, under this name."""
        from ledger.seal.keys import VerifierKey  # noqa: PLC0415  (start-up time)
        from ledger.seal.link import InAgent, OnToken  # noqa: PLC0415

        vkey = str(VerifierKey.of(name, public_key))
        if self.module is None:
            return InAgent(vkey=vkey)
        return OnToken(vkey=vkey, module=self.module, token=self.token, pin_env=self.pin_env)


DEFAULT_PIN = "MONAZITE_PIN"


def elsewhere(
    *, agent: bool, module: str | None, token: str | None, pin_env: str | None, which: str | None
) -> Elsewhere | None:
    """What the options say; None where they name neither an agent nor a token.

    Raises:
        UsageError: they do not fit together.
    """
    if module is None and (token is not None or pin_env is not None):
        raise UsageError("--token and --pin-env go with --pkcs11 MODULE, the library that speaks to the token")
    if module is not None and (agent or not token):
        raise UsageError("--pkcs11 MODULE needs --token LABEL, and --agent is another place")
    if module is None and not agent:
        if which is not None:
            raise UsageError("--which goes with --agent or --pkcs11")
        return None
    return Elsewhere(module, token or "", pin_env, which)


def holders() -> Holders:
    """ssh-agent's socket (SSH_AUTH_SOCK), and each token's PIN, asked for once."""
    from ledger.store.keystore import Holders  # noqa: PLC0415  (start-up time)

    known: dict[tuple[str, str], str] = {}

    def pin(link: OnToken) -> str:
        place = (link.module, link.token)
        if place not in known:
            known[place] = _pin(link.pin_env or DEFAULT_PIN, link.token)
        return known[place]

    return Holders(os.environ.get("SSH_AUTH_SOCK"), pin)


def ready(link: Link, reached: Holders) -> None:
    """Ask now for whatever the holder will want from its user."""
    from ledger.seal.link import OnToken  # noqa: PLC0415  (start-up time)

    if isinstance(link, OnToken):
        reached.pin(link)


def told(link: Link) -> str:
    """Where a key is held, in words."""
    from ledger.seal.link import OnToken  # noqa: PLC0415  (start-up time)

    return f"on the token {link.token}" if isinstance(link, OnToken) else "in ssh-agent"


def _pin(variable: str, token: str) -> str:
    """A token's PIN, from the environment or the terminal.

    Raises:
        KeyStoreError: it is in neither.
    """
    given = os.environ.get(variable)
    if given:
        return given
    if not sys.stdin.isatty():
        raise KeyStoreError(f"the token {token!r} wants its PIN: set {variable}, or run this on a terminal")
    answer: str = typer.prompt(f"PIN of the token {token}", hide_input=True, err=True)
    return answer
