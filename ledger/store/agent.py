"""Keys in ssh-agent, through paramiko: which there are, and their signatures.

A key file that this program makes is one that `ssh-add` reads, so the same key can be used from either place. Keys on FIDO
tokens (`sk-ssh-ed25519`) sign more than the message and are left out. The agent's socket is an argument.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from ledger.errors import FormatError, KeyStoreError, UsageError
from ledger.seal.held import Found, matching, plain, unblob

if TYPE_CHECKING:
    from paramiko.agent import AgentSSH

WHERE = "ssh-agent"


def keys(path: str | None) -> list[Found]:
    """The Ed25519 keys of the agent at a socket, in its order.

    Raises:
        KeyStoreError: there is no agent, or it does not answer.
        UsageError: the extra `ssh` is not installed.
    """
    with _agent(path) as agent:
        return _found(agent)


def sign(path: str | None, public_key: bytes, message: bytes) -> bytes:
    """Have the agent sign with one of its keys; 64 bytes. An agent that asks its user waits as long as that takes.

    Raises:
        KeyStoreError: as `keys`; the key is not there, or the agent refuses.
        UsageError: as `keys`.
    """
    with _agent(path) as agent:
        matching(_found(agent), public_key, WHERE)
        (key,) = [key for key in agent.get_keys() if unblob(key.blob) == public_key][:1]
        try:
            return plain(key.sign_ssh_data(message), WHERE)
        except FormatError as error:
            raise KeyStoreError(error.message) from error


def _found(agent: AgentSSH) -> list[Found]:
    pairs = [(unblob(key.blob), str(key.comment or "")) for key in agent.get_keys()]
    return [Found(public_key, label) for public_key, label in pairs if public_key is not None]


@contextmanager
def _agent(path: str | None) -> Iterator[AgentSSH]:
    try:
        from paramiko.agent import AgentSSH  # noqa: PLC0415  (an extra, and slow to import)
        from paramiko.ssh_exception import SSHException  # noqa: PLC0415
    except ImportError as error:
        raise UsageError("keys in ssh-agent need paramiko: pip install 'monazite[ssh]'") from error
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as connection:
        try:
            connection.connect(path or "")
        except (OSError, ValueError) as error:
            raise KeyStoreError(
                f"there is no {WHERE} to ask: start one, add the key with `ssh-add FILE`, and see that SSH_AUTH_SOCK names it"
            ) from error
        try:
            # The library's own `Agent` reads the environment, and leaves the socket open where connecting fails.
            agent = AgentSSH()
            agent._connect(connection)  # noqa: SLF001  (see above)
            yield agent
        except (SSHException, OSError, ValueError, IndexError, TypeError) as error:
            # What an agent can answer wrongly ends in one of these; the library does not tell them apart.
            raise KeyStoreError(f"{WHERE} did not answer with a signature: {error}") from error
