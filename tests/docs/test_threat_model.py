"""docs/threat-model.md claims what is so: its codes exist, and what it says is shown or not shown was tried."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from msgspec.structs import replace

from ledger.rules.catalogue import CATALOGUE
from ledger.seal import cosignature, evidence, merkle, note
from ledger.seal.cosigner import Cosigner
from ledger.seal.keys import VerifierKey
from ledger.seal.policy import Group, Log, Policy, Witness
from ledger.seal.witness import Cosigned, Refused, Request, State, decide
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
    r"^## (The operator|The registrar|A party|A witness|A timestamp authority|Parties.* that .+|A thief .+|The .+ .+)$",
    TEXT,
    re.MULTILINE,
)
STORE_ONLY = {"SEAL-HEAD", "SEAL-INDEX"}
"""Found in every dump, which has no database."""

ADD_KEY = {"type": "key", "at": "2026-01-05T09:15:00Z", "party": "mine"}
REVOKE = {"type": "revoke", "actor": "mine", "at": "2026-01-05T09:30:00Z", "party": "mine", "reason": "lost"}


def errors(dump: Dump, remembered: Dump | None = None, policy: Policy | None = None) -> set[str]:
    verdict = verdict_of(dump, remembered, policy)
    return {item.code for item in verdict.findings if item.severity == "error"} - STORE_ONLY


def verdict_of(dump: Dump, remembered: Dump | None = None, policy: Policy | None = None) -> Verdict:
    before = remembered.checkpoint if remembered else None
    trusted = policy or VerifierKey.parse(dump.log_vkey)
    return verify(DumpStore(dump), trusted, remembered=before)  # type: ignore[arg-type]


W1, W2, W3 = (Cosigner.ed25519(key(f"w{number}")) for number in (1, 2, 3))
NOW = 1_767_600_000


def asking(quorum: int, *witnesses: Cosigner) -> Policy:
    """A policy that asks this many of these witnesses."""
    known = tuple(Witness(w.name.encode(), w.vkey) for w in witnesses)
    return Policy((Log(LOG.vkey),), known, (Group(b"q", quorum, tuple(w.name for w in known)),), b"q")


class Honest:
    """A witness that remembers what it cosigned."""

    def __init__(self, key: Cosigner) -> None:
        self.key, self.state = key, State()

    def shown(self, dump: Dump) -> Cosigned | Refused:
        """What it answers to this ledger's checkpoint."""
        leaves = [merkle.leaf_hash(entry) for entry, _events in dump.entries]
        old = self.state.size
        proof = tuple(merkle.consistency_proof(old, leaves)) if 0 < old <= len(leaves) else ()
        request = Request(old, proof, dump.checkpoint)
        answer = decide(self.state, request, logs=(LOG.vkey,), cosigners=(self.key,), timestamp=NOW)
        if isinstance(answer, Cosigned):
            self.state = answer.state
        return answer


def cosigned(dump: Dump, *witnesses: Cosigner, at: int = NOW) -> Dump:
    """The checkpoint as witnesses cosigned it that looked at nothing."""
    signed = note.parse(dump.checkpoint)
    for witness in witnesses:
        signed = note.with_signature(signed, cosignature.sign(signed.text, witness, at))
    return replace(dump, checkpoint=note.format(signed))


def shortened(dump: Dump, size: int) -> Dump:
    return stamp(replace(dump, entries=dump.entries[:size]))


def test_every_code_exists() -> None:
    named = set(re.findall(r"`((?:SEAL|SIGN|CUST|TIME|MASS|COMP|ORIG|DATA)-[A-Z-]+)`", TEXT))
    assert named <= set(CATALOGUE)
    assert {code for code in CATALOGUE if code.startswith("SEAL-")} <= named


def test_every_adversary_has_what_it_can_do_what_shows_and_what_does_not() -> None:
    assert len(ADVERSARIES) == 17
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


BASE = usual()
REVOKED = usual(submit(MINE, canonical({**REVOKE, "vkey": str(MINE.vkey)})))
REBUILT = usual(submit(MINE, SITE))
"""The same log without the revocation: what an operator shows to somebody who is not to know of it."""


def test_an_honest_witness_cosigns_one_history_and_keeps_the_proof_of_the_other() -> None:
    witness = Honest(W1)
    answer = witness.shown(REVOKED)
    assert isinstance(answer, Cosigned)
    assert errors(replace(REVOKED, checkpoint=answer.state.checkpoint), policy=asking(1, W1)) == set()
    refused = witness.shown(REBUILT)
    assert isinstance(refused, Refused)
    cosigned_note, asked = refused.evidence
    pair = evidence.Evidence(str(LOG.vkey), cosigned_note.decode(), asked.decode())
    assert evidence.judge(pair, LOG.vkey).claim == "two-roots"
    assert errors(REBUILT) == set()  # a reader without witnesses or memory sees nothing
    assert errors(REBUILT, policy=asking(1, W1)) == {"SEAL-QUORUM"}


def test_a_fork_that_no_witness_was_shown_yet_passes_for_whoever_asks_none() -> None:
    assert errors(REBUILT) == errors(REVOKED) == set()
    assert any("names no witness" in item.why for item in verdict_of(REBUILT).not_checked)


def test_a_shortened_ledger_with_an_old_cosignature_passes_and_its_time_is_shown() -> None:
    old = cosigned(shortened(REVOKED, 2), W1)
    verdict = verdict_of(old, policy=asking(1, W1))
    assert errors(old, policy=asking(1, W1)) == set()
    assert any(
        "no newer checkpoint exists: the newest cosignature is of 2026-01-05" in x.why for x in verdict.not_checked
    )
    assert errors(old, REVOKED, asking(1, W1)) == {"SEAL-ROLLBACK"}


def test_witnesses_that_collude_pass_until_two_readers_compare_and_then_their_lines_convict_them() -> None:
    one, other = cosigned(REVOKED, W1, W2), cosigned(REBUILT, W2, W3)
    policy = asking(2, W1, W2, W3)
    assert errors(one, policy=policy) == errors(other, policy=policy) == set()
    verdict = verdict_of(other, one, policy)
    assert verdict.dispute is not None
    assert evidence.judge(verdict.dispute, LOG.vkey).proven
    signers = [
        {made.key for made in cosignature.verify(note.parse(text.encode()), policy.keys())}
        for text in (verdict.dispute.before, verdict.dispute.shown)
    ]
    assert signers[0] & signers[1] == {W2.vkey}  # 2k - n = 1 signed both


def test_a_witness_signs_for_nobody_else() -> None:
    alone = note.format(
        note.Note(note.parse(BASE.checkpoint).text, note.parse(cosigned(BASE, W1).checkpoint).signatures[1:])
    )
    assert errors(replace(BASE, checkpoint=alone), policy=asking(1, W1)) == {"SEAL-CHECKPOINT"}


def test_a_witnesss_false_time_shows_only_where_it_is_yet_to_come() -> None:
    def found(at: int) -> set[str]:
        dump = cosigned(BASE, W1, at=at)
        now = datetime.fromtimestamp(NOW, UTC)
        verdict = verify(DumpStore(dump), asking(1, W1), now=now)  # type: ignore[arg-type]
        return {item.code for item in verdict.findings} - STORE_ONLY - {"DATA-MAP"}

    assert found(NOW + 86_400) == {"TIME-WITNESS"}
    assert found(NOW - 86_400) == set()


def test_the_disks_holder_can_take_cosignatures_away_and_that_shows() -> None:
    whole = cosigned(BASE, W1, W2)
    policy = asking(2, W1, W2)
    assert errors(whole, policy=policy) == set()
    first = b"".join(whole.checkpoint.splitlines(keepends=True)[:-1])
    assert errors(replace(whole, checkpoint=first), policy=policy) == {"SEAL-QUORUM"}
    changed = note.parse(whole.checkpoint)
    spoiled = note.Signature(W2.name, W2.vkey.key_id, changed.signatures[-1].body[:-1] + b"\x00")
    assert errors(replace(whole, checkpoint=note.format(note.with_signature(changed, spoiled))), policy=policy) == {
        "SEAL-CHECKPOINT"
    }


def test_an_old_copy_of_a_witnesss_state_cosigns_another_continuation() -> None:
    witness = Honest(W1)
    witness.shown(shortened(REVOKED, 2))
    backup = witness.state
    assert isinstance(witness.shown(REVOKED), Cosigned)
    assert isinstance(witness.shown(REBUILT), Refused)
    witness.state = backup
    assert isinstance(witness.shown(REBUILT), Cosigned)


def test_replayed_requests_and_answers_lead_nowhere() -> None:
    witness = Honest(W1)
    request = Request(0, (), shortened(REVOKED, 2).checkpoint)
    witness.shown(shortened(REVOKED, 2))
    answer = decide(witness.state, request, logs=(LOG.vkey,), cosigners=(W1,), timestamp=NOW)
    assert isinstance(answer, Refused) and (answer.status, answer.body) == (409, b"2\n")
    line = note.parse(witness.state.checkpoint).signatures[-1]
    replayed = note.format(note.with_signature(note.parse(REVOKED.checkpoint), line))
    assert errors(replace(REVOKED, checkpoint=replayed), policy=asking(1, W1)) == {"SEAL-CHECKPOINT"}


def test_the_thief_of_the_log_key_gets_no_witness_for_another_history() -> None:
    witness = Honest(W1)
    witness.shown(REVOKED)
    thief = key("thief")
    anchor = {**opening()["operator"], "party": "thief", "vkey": str(thief.vkey)}
    forged = seal(submit(thief, canonical(opening(actor="thief", operator=anchor, registrar=anchor))))
    assert isinstance(witness.shown(forged), Refused)
    assert errors(forged) == set()
    assert errors(forged, policy=asking(1, W1)) == {"SEAL-QUORUM"}
