"""`verify --proof`: a receipt, checked offline against a policy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import say, say_json
from cli.context import given, now, pinned, state
from cli.files import read
from ledger.errors import FormatError, UnverifiableError

if TYPE_CHECKING:
    from ledger.receipt import Judged
    from ledger.seal.policy import Policy
    from ledger.seal.proof import Proof


def verify_receipt(
    file: Path, entry: Path | None, trust: str | None, *, asked: Path | None = None, as_json: bool
) -> bool:
    """Check a receipt, remember its checkpoint, and print the answer; whether it holds.

    Args:
        file: the receipt.
        entry: a file with the entry; None for the one that the receipt carries.
        trust: of --trust.
        asked: where evidence of a fork should be written, too.
        as_json: print JSON.

    Raises:
        FormatError: the receipt, the entry or the policy cannot be read.
        UnverifiableError: no log of the receipt's origin is trusted.
    """
    from cli.evidence import disputed  # noqa: PLC0415  (start-up time)
    from ledger.seal import checkpoint, proof  # noqa: PLC0415
    from ledger.seal.entry import MAX_ENTRY_BYTES  # noqa: PLC0415

    try:
        given = proof.parse(read(file, proof.MAX_BYTES))
    except FormatError as error:
        raise FormatError(error.message, file=str(file), line=error.line) from error
    data = None if entry is None else read(entry, MAX_ENTRY_BYTES)
    origin = checkpoint.unverified(given.checkpoint).origin
    judged = _judged(given, data, _policy(origin, trust))
    kept = disputed(judged.dispute, asked)
    answer = _answer(origin, judged)
    if as_json:
        say_json(answer if kept is None else {**answer, "evidence": str(kept)})
    else:
        _print(answer)
        if kept is not None:
            say(f"\nEVIDENCE of this, both signed notes: {kept}\n`monazite evidence` checks what it proves.")
    return judged.sound


def _judged(given: Proof, data: bytes | None, trusted: Policy) -> Judged:
    """The receipt beside what is remembered of its log, which then holds its checkpoint as well."""
    from cli.memory import before, keep, warn_if_older  # noqa: PLC0415  (start-up time)
    from ledger.receipt import judge  # noqa: PLC0415

    memory = state()
    while True:
        known = {
            log.vkey: (
                *(() if (held := memory.remembered(log.vkey)) is None else (held,)),
                *before(memory, log.vkey, given.checkpoint),
            )
            for log in trusted.logs
        }
        judged = judge(given, data, trusted, before=known, now=now())
        if judged.witnessed is None:
            return judged
        vkey = judged.witnessed.log
        if not judged.sound or keep(memory, vkey, given.checkpoint, trusted):
            warn_if_older("receipt", judged.witnessed.checkpoint.size, known[vkey], vkey)
            return judged
        # Somebody else remembered another tree of this size meanwhile.


def _answer(origin: str, judged: Judged) -> dict[str, Any]:
    """The `verify --json` contract, with the entry and who cosigned beside it."""
    from ledger.report.answer import finding as built  # noqa: PLC0415  (start-up time)
    from ledger.report.answer import witnesses  # noqa: PLC0415
    from ledger.vouching import instant  # noqa: PLC0415

    answer: dict[str, Any] = {
        "verdict": "clean" if judged.sound else "findings",
        "ledger": origin,
        "checkpoint": {"size": 0, "root": ""},
        "checked": {"entries": 0, "submissions": 0, "events": 0, "signatures": 0, "lots": 0},
        "not_checked": [{"what": what, "why": why} for what, why in judged.not_checked],
        "findings": [built(item) for item in judged.findings],
    }
    if judged.witnessed is not None:
        head, cosigned = judged.witnessed.checkpoint, judged.witnessed.cosignatures
        answer["checkpoint"] = {"size": head.size, "root": head.root.hex()}
        answer["checked"]["signatures"] = 1 + len(cosigned)
        answer["cosigned"] = [
            {"witness": one.key.name, "at": instant(one.timestamp) if one.timestamp else None} for one in cosigned
        ]
        if cosigned or not judged.witnessed.quorum.met:
            answer["witnesses"] = witnesses(judged.witnessed)
    shown = judged.shown
    if shown is None:
        return answer
    answer["checked"]["entries"] = 1
    answer["entry"] = {"index": shown.index, "hash": shown.leaf.hex()}
    if shown.entry is not None and shown.submission is not None:
        answer["entry"] |= {
            "recorded": shown.entry.recorded.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "party": shown.submission.party,
            "events": shown.submission.size,
        }
    return answer


def _print(answer: dict[str, Any]) -> None:
    clean = answer["verdict"] == "clean"
    say(f"{'CLEAN: the entry is in the log' if clean else 'FINDINGS: this receipt does not hold'}   {answer['ledger']}")
    if "entry" in answer:
        entry = answer["entry"]
        say(f"entry {entry['index']} under a checkpoint of {answer['checkpoint']['size']} entries")
        if "party" in entry:
            say(f"recorded {entry['recorded']}, {entry['events']} event(s) of {entry['party']}")
        say(f"hash {entry['hash']}")
    for one in answer.get("cosigned", ()):
        say(f"cosigned by {one['witness']}{' at ' + one['at'] if one['at'] else ''}")
    if answer.get("cosigned"):
        say(answer["witnesses"]["quorum"]["says"])
    for item in answer["findings"]:
        say(f"  {item['code']}  {item['message']}")
    say()
    say("NOT CHECKED")
    for gap in answer["not_checked"]:
        say(f"  {gap['what']}: {gap['why']}")


def _policy(origin: str, trust: str | None) -> Policy:
    """The policy of --trust, else the pinned one for this origin."""
    if trust is not None:
        return given(trust)
    known = [policy for policy in pinned(state()) if policy.logs[0].vkey.name == origin]
    if len(known) == 1:
        return known[0]
    many = "more than one key is" if known else "no key is"
    raise UnverifiableError(
        f"{many} pinned for {origin}, the log that the receipt is of; name its key or policy with --trust"
    )
