"""Two verifiers, one dump: what `ledger.verify` finds, and what the script that follows docs/format.md prints."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stdout

import pytest

from ledger.errors import UnverifiableError
from ledger.seal.keys import VerifierKey
from ledger.verify import verify
from tests.independent import verify_dump
from tests.independent.ledgers import Dump, DumpStore

JUDGED = {
    *("SEAL-ANCHOR", "SEAL-CHECKPOINT", "SEAL-ENTRY", "SEAL-SEQUENCE", "SEAL-CHAIN", "SEAL-EVENT", "SEAL-CANONICAL"),
    *("SEAL-TRUNCATED", "SEAL-ROOT", "SEAL-DUPLICATE", "SIGN-BINDING", "SIGN-KEY-WEAK", "SIGN-KEY-UNKNOWN"),
    *("SIGN-SIGNATURE", "SIGN-KEY-REVOKED", "SIGN-ROLE", "SEAL-MAP", "SEAL-MAP-LAST"),
}
"""Codes that the script can find; what else the ledger finds lies beyond its steps."""


def script(dump: Dump, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.setattr(sys, "stdin", io.StringIO(dump.text()))
    with redirect_stdout(io.StringIO()) as printed:
        status = verify_dump.main([])
    return status, printed.getvalue()


def found(dump: Dump) -> set[str]:
    """Codes of severity error that `ledger.verify` finds in a dump and that the script knows."""
    try:
        verdict = verify(DumpStore(dump), VerifierKey.parse(dump.log_vkey))  # type: ignore[arg-type]
    except UnverifiableError:
        return {"SEAL-ANCHOR"}
    return {item.code for item in verdict.findings if item.severity == "error"} & JUDGED


def agree(dump: Dump, monkeypatch: pytest.MonkeyPatch) -> str:
    """The code that the script prints, which `ledger.verify` finds too; `ok` where both find nothing."""
    codes = found(dump)
    status, printed = script(dump, monkeypatch)
    if not codes:
        events = sum(len(held) for _entry, held in dump.entries)
        assert (status, printed) == (0, f"ok {len(dump.entries)} entries {events} events\n")
        return "ok"
    code = printed.split(":")[0]
    assert status == 1
    assert code in codes, printed
    return code
