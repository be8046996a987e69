"""Whom a verifier trusts to keep one ledger: a C2SP tlog-policy of one log, or the log's vkey alone.

log <vkey>
quorum none
"""

from __future__ import annotations

from ledger.errors import FormatError, UnverifiableError
from ledger.seal import policy
from ledger.seal.keys import VerifierKey
from ledger.seal.policy import Log, Policy

MAX_BYTES = policy.MAX_BYTES


def format_policy(log: VerifierKey) -> bytes:
    """A policy that trusts one log and asks for no witness."""
    return policy.format(Policy(logs=(Log(log),)))


def parse_trust(data: bytes, file: str | None = None) -> Policy:
    """A policy of one log; a bare vkey on one line stands for one that asks for no witness.

    Raises:
        FormatError: not a policy; no log or more than one.
    """
    words = data.split() if len(data) <= MAX_BYTES and b"\n" not in data.removesuffix(b"\n") else []
    if len(words) == 1 and not words[0].startswith(b"#"):
        data = b"log " + data.removesuffix(b"\n") + b"\nquorum none\n"
    parsed = policy.parse(data, file)
    if len(parsed.logs) != 1:
        raise FormatError(f"a policy for a ledger names one log; this one names {len(parsed.logs)}", file=file)
    return parsed


def parse_policy(data: bytes, file: str | None = None) -> VerifierKey:
    """The log's verifier key, for a caller that does not look at cosignatures.

    Raises:
        FormatError: as `parse_trust`.
        UnverifiableError: it asks for a quorum of witnesses: an unchecked quorum must not pass for a checked one.
    """
    parsed = parse_trust(data, file)
    if parsed.quorum is not None:
        raise UnverifiableError(
            f"{file or 'the policy'} asks for the quorum {policy.show(parsed.quorum)!r}, and cosignatures are not checked "
            "here; a policy with `quorum none` says plainly that no witness is asked"
        )
    return parsed.logs[0].vkey
