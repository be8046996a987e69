"""`verify --proof`: a receipt, checked offline against a policy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import say, say_json
from cli.context import given, now, pinned, state
from cli.files import read
from ledger.errors import FormatError, UnverifiableError

if TYPE_CHECKING:
    from ledger.receipt import Shown
    from ledger.rules.finding import Finding
    from ledger.seal.policy import Policy

NOT_CHECKED = (
    ("events of the entry", "a receipt shows that the entry is in the log; what its events say is not in it"),
    (
        "the party's signature",
        "which keys a party has stands in the ledger's registry; `verify` on the ledger checks it",
    ),
    ("the rest of the log", "whether an entry later retracts or supersedes this one is not shown by a receipt"),
)


def verify_receipt(file: Path, entry: Path | None, trust: str | None, *, as_json: bool) -> bool:
    """Check a receipt and print the answer; whether it holds.

    Raises:
        FormatError: the receipt, the entry or the policy cannot be read.
        UnverifiableError: no log of the receipt's origin is trusted.
    """
    from ledger import receipt  # noqa: PLC0415  (start-up time)
    from ledger.rules.catalogue import finding  # noqa: PLC0415
    from ledger.seal import checkpoint, note, proof  # noqa: PLC0415
    from ledger.seal.entry import MAX_ENTRY_BYTES  # noqa: PLC0415
    from ledger.seal.merkle import ProofError  # noqa: PLC0415
    from ledger.seal.witnessed import QuorumError  # noqa: PLC0415

    try:
        shown_receipt = proof.parse(read(file, proof.MAX_BYTES))
    except FormatError as error:
        raise FormatError(error.message, file=str(file), line=error.line) from error
    data = None if entry is None else read(entry, MAX_ENTRY_BYTES)
    head = checkpoint.unverified(shown_receipt.checkpoint)
    trusted = _policy(head.origin, trust)
    shown: Shown | None = None
    findings: list[Finding] = []
    try:
        shown = receipt.check(shown_receipt, data, trusted, latest=int(now().timestamp()))
    except ProofError as error:
        findings.append(finding("SEAL-ROOT", f"entry:{shown_receipt.index}", str(error)))
    except (note.SignatureError, note.UnsignedError, QuorumError) as error:
        findings.append(
            finding("SEAL-CHECKPOINT", "ledger", f"the receipt's checkpoint is not to be relied on: {error}")
        )
    answer = _answer(head.origin, shown, findings)
    if as_json:
        say_json(answer)
    else:
        _print(answer)
    return not findings


def _answer(origin: str, shown: Shown | None, findings: list[Finding]) -> dict[str, Any]:
    """The `verify --json` contract, with the entry and who cosigned beside it."""
    from ledger.report.answer import finding as built  # noqa: PLC0415  (start-up time)
    from ledger.vouching import instant  # noqa: PLC0415

    answer: dict[str, Any] = {
        "verdict": "findings" if findings else "clean",
        "ledger": origin,
        "checkpoint": {"size": 0, "root": ""},
        "checked": {"entries": 0, "submissions": 0, "events": 0, "signatures": 0, "lots": 0},
        "not_checked": [{"what": what, "why": why} for what, why in NOT_CHECKED],
        "findings": [built(item) for item in findings],
    }
    if shown is None:
        return answer
    head, cosigned = shown.witnessed.checkpoint, shown.witnessed.cosignatures
    answer["checkpoint"] = {"size": head.size, "root": head.root.hex()}
    answer["checked"]["entries"] = 1
    answer["checked"]["signatures"] = 1 + len(cosigned)
    answer["entry"] = {"index": shown.index, "hash": shown.leaf.hex()}
    if shown.entry is not None and shown.submission is not None:
        answer["entry"] |= {
            "recorded": shown.entry.recorded.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "party": shown.submission.party,
            "events": shown.submission.size,
        }
    answer["cosigned"] = [
        {"witness": one.key.name, "at": instant(one.timestamp) if one.timestamp else None} for one in cosigned
    ]
    return answer


def _print(answer: dict[str, Any]) -> None:
    clean = answer["verdict"] == "clean"
    say(f"{'CLEAN: the entry is in the log' if clean else 'FINDINGS: this receipt does not hold'}   {answer['ledger']}")
    if clean:
        entry = answer["entry"]
        say(f"entry {entry['index']} under a checkpoint of {answer['checkpoint']['size']} entries")
        if "party" in entry:
            say(f"recorded {entry['recorded']}, {entry['events']} event(s) of {entry['party']}")
        say(f"hash {entry['hash']}")
        for one in answer["cosigned"]:
            say(f"cosigned by {one['witness']}{' at ' + one['at'] if one['at'] else ''}")
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
