"""Whom a verifier trusts: a C2SP tlog-policy, in the part that this version honours.

    log <vkey>
    quorum none

Lines for witnesses and groups are read; a quorum other than `none` is refused as unverifiable, because cosignatures are
not checked by this version, and an unchecked quorum must not pass for a checked one.
"""

from __future__ import annotations

from ledger.errors import FormatError, UnverifiableError
from ledger.seal.keys import VerifierKey

MAX_BYTES = 65_536


def format_policy(log: VerifierKey) -> bytes:
    """A policy that trusts one log and asks for no witness."""
    return f"log {log}\nquorum none\n".encode()


def parse_policy(data: bytes, file: str | None = None) -> VerifierKey:
    """The log's verifier key of a policy, or of a bare vkey on one line.

    Raises:
        FormatError: not a policy; no log or more than one.
        UnverifiableError: it asks for a quorum of witnesses.
    """
    if len(data) > MAX_BYTES:
        raise FormatError(f"a policy of {len(data)} bytes; {MAX_BYTES} is the most", file=file)
    try:
        lines = data.decode().removesuffix("\n").split("\n")  # line feeds alone: nothing else may end a comment
    except UnicodeDecodeError as error:
        raise FormatError("a policy is UTF-8 text", file=file) from error
    logs: list[VerifierKey] = []
    quorums = 0
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        match words:
            case ["log", vkey, *_url]:
                logs.append(_vkey(vkey, file, number))
            case ["quorum", "none"]:
                quorums += 1
            case ["quorum", name]:
                raise UnverifiableError(
                    f"{file or 'the policy'} asks for the quorum {name!r}, and this version does not check cosignatures; "
                    "a policy with `quorum none` says plainly that no witness is asked"
                )
            case ["witness" | "group", _name, _first, *_more]:
                pass
            case [vkey] if len(lines) == 1:
                logs.append(_vkey(vkey, file, number))
                quorums = 1
            case _:
                raise FormatError(f"not a line of a tlog-policy: {line[:80]!r}", file=file, line=number)
    if len(logs) != 1:
        raise FormatError(f"a policy for a ledger names one log; this one names {len(logs)}", file=file)
    if quorums != 1:
        raise FormatError(
            "a policy says once which quorum it asks; `quorum none` where it asks for no witness", file=file
        )
    return logs[0]


def _vkey(text: str, file: str | None, line: int) -> VerifierKey:
    try:
        return VerifierKey.parse(text)
    except FormatError as error:
        raise FormatError(error.message, file=file, line=line) from error
