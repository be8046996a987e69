"""docs/threat-model.md claims what is so: its codes exist, and what it says is shown or not shown was tried."""

from __future__ import annotations

import re

from msgspec.structs import replace

from ledger.rules.catalogue import CATALOGUE
from ledger.seal.keys import VerifierKey
from ledger.verify import Verdict, verify
from tests.docs import example
from tests.independent.ledgers import (
    LEDGER,
    LOG,
    MINE,
    REGISTRY,
    SITE,
    Dump,
    DumpStore,
    canonical,
    enrolment,
    key,
    opening,
    seal,
    stamp,
    submit,
    usual,
)

TEXT = (example.DOCUMENT.parent / "threat-model.md").read_text(encoding="utf-8")
ADVERSARIES = re.findall(
    r"^## (The operator|The registrar|A party|Parties that .+|A thief .+|The .+ .+)$", TEXT, re.MULTILINE
)
STORE_ONLY = {"SEAL-HEAD", "SEAL-INDEX"}
"""Found in every dump, which has no database."""

ADD_KEY = {"type": "key", "at": "2026-01-05T09:15:00Z", "party": "mine"}
REVOKE = {"type": "revoke", "actor": "mine", "at": "2026-01-05T09:30:00Z", "party": "mine", "reason": "lost"}


def errors(dump: Dump, remembered: Dump | None = None) -> set[str]:
    verdict = verdict_of(dump, remembered)
    return {item.code for item in verdict.findings if item.severity == "error"} - STORE_ONLY


def verdict_of(dump: Dump, remembered: Dump | None = None) -> Verdict:
    before = remembered.checkpoint if remembered else None
    return verify(DumpStore(dump), VerifierKey.parse(dump.log_vkey), remembered=before)  # type: ignore[arg-type]


def shortened(dump: Dump, size: int) -> Dump:
    return stamp(replace(dump, entries=dump.entries[:size]))


def test_every_code_exists() -> None:
    named = set(re.findall(r"`((?:SEAL|SIGN|CUST|TIME|MASS|COMP|ORIG|DATA)-[A-Z-]+)`", TEXT))
    assert named <= set(CATALOGUE)
    assert {code for code in CATALOGUE if code.startswith("SEAL-")} <= named


def test_every_adversary_has_what_it_can_do_what_shows_and_what_does_not() -> None:
    assert len(ADVERSARIES) == 10
    for name in ADVERSARIES:
        told = TEXT.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert re.findall(r"^- \*\*(Can|Shows:|Nothing shows)\*\*", told, re.MULTILINE) == [
            "Can",
            "Shows:",
            "Nothing shows",
        ]


def test_a_removed_end_shows_only_to_one_who_remembers() -> None:
    whole = usual(submit(MINE, SITE))
    shorter = shortened(whole, 2)
    assert errors(shorter) == set()
    assert any("removed earlier" in item.what for item in verdict_of(shorter).not_checked)
    assert errors(shorter, whole) == {"SEAL-ROLLBACK"}
    assert errors(whole, shorter) == set()


def test_a_revocation_that_the_operator_leaves_out_shows_only_to_one_who_remembers() -> None:
    revoked = usual(submit(MINE, canonical({**REVOKE, "vkey": str(MINE.vkey)})))
    rebuilt = usual(submit(MINE, SITE))
    assert errors(rebuilt) == set()
    assert errors(rebuilt, revoked) == {"SEAL-FORK"}


def test_entries_that_no_checkpoint_covers_can_be_taken_away_without_a_key() -> None:
    whole = stamp(usual(submit(MINE, SITE)), 2)
    assert {item.code for item in verdict_of(whole).findings} - STORE_ONLY == {"DATA-TAIL", "DATA-MAP"}
    assert errors(replace(whole, entries=whole.entries[:2])) == set()


def test_the_registrar_can_speak_for_a_party_with_a_key_that_it_added() -> None:
    theirs = key("mine", 7)
    added = canonical({**ADD_KEY, "actor": "registry", "vkey": str(theirs.vkey)})
    assert errors(usual(submit(REGISTRY, added), submit(theirs, SITE))) == set()


def test_a_thief_can_add_a_key_that_outlives_the_stolen_one() -> None:
    theirs = key("mine", 8)
    added = canonical({**ADD_KEY, "actor": "mine", "vkey": str(theirs.vkey)})
    revoked = canonical({**REVOKE, "actor": "registry", "vkey": str(MINE.vkey), "from": "2026-01-05T09:00:00Z"})
    dump = usual(submit(MINE, added), submit(REGISTRY, revoked), submit(theirs, SITE))
    assert errors(dump) == set()
    assert "SIGN-KEY-LOST" in {item.code for item in verdict_of(dump).findings}
    assert errors(usual(submit(REGISTRY, revoked), submit(MINE, SITE))) == {"SIGN-KEY-REVOKED"}


def test_a_thief_of_the_log_key_can_begin_another_ledger_and_memory_tells() -> None:
    thief = key("thief")
    anchor = {**opening()["operator"], "party": "thief", "vkey": str(thief.vkey)}
    forged = seal(submit(thief, canonical(opening(actor="thief", operator=anchor, registrar=anchor))))
    assert errors(forged) == set()
    assert errors(forged, shortened(usual(), 1)) == {"SEAL-FORK"}
    assert errors(forged, usual()) == {"SEAL-ROLLBACK"}


def test_a_forger_of_the_name_fails_under_the_true_key() -> None:
    forged_log = key(LEDGER, 9)
    forged = stamp(seal(submit(REGISTRY, canonical(opening(log=str(forged_log.vkey))))), signer=forged_log)
    assert errors(replace(forged, log_vkey=str(forged_log.vkey))) == set()
    assert errors(replace(forged, log_vkey=str(LOG.vkey))) == {"SEAL-CHECKPOINT", "SEAL-ANCHOR"}


def test_one_key_for_two_parties_is_found() -> None:
    shell = {**enrolment(key("shell"), "trader"), "vkey": str(VerifierKey.of("shell", MINE.vkey.public_key))}
    assert errors(usual(submit(REGISTRY, canonical(shell)))) == {"SIGN-KEY-SHARED"}
