"""How commands read a bundle in place of a ledger: one file, a trusted key, and no database."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cli.context import given, keep_pinned, now, opened, pinned, state, verified
from cli.files import read as read_file
from cli.memory import before, keep, warn_if_older
from ledger.errors import FormatError, UnverifiableError, UsageError

if TYPE_CHECKING:
    from datetime import date

    from ledger.bundle.format import Bundle
    from ledger.bundle.verify import BundleVerdict
    from ledger.seal.policy import Policy
    from ledger.verify import Verdict

SUFFIX = ".monazite"
REPORTS = (".html", ".htm", ".pdf")
"""How the names of reports end that carry a bundle."""

_OTHERS = {
    b"SQLite format 3\0": "a database; a ledger is verified with `monazite verify --ledger`",
    b"c2sp.org/tlog-proof@": "a receipt; it is verified with `monazite verify --proof`",
}
"""What users take for a bundle, by how it begins."""


def is_bundle(text: str) -> bool:
    """Whether an argument that may be a lot or a bundle is a bundle: by the end of its name; of a report also by being there."""
    return text.endswith(SUFFIX) or (Path(text).suffix.lower() in REPORTS and Path(text).is_file())


def read(path: Path) -> Bundle:
    """A bundle's content; of a report in HTML or PDF the bundle that is inside.

    Raises:
        FormatError: it cannot be read, is too large, or is no bundle and carries none; says file and member.
    """
    from ledger.bundle.format import parse  # noqa: PLC0415  (start-up time)

    if path.is_dir():
        raise FormatError("a folder, no bundle; of tiles it is verified with `monazite verify --tiles`", file=str(path))
    held = data(path)
    try:
        return parse(held, str(path))
    except FormatError as error:
        other = _other(held)
        if other:
            raise FormatError(f"no bundle, but {other}", file=str(path)) from error
        raise


def data(path: Path) -> bytes:
    """The bytes of a bundle; of a report those that are inside.

    Raises:
        FormatError: it cannot be read, is too large, or carries none.
    """
    from ledger.bundle.format import MAX_BYTES  # noqa: PLC0415  (start-up time)

    kind = path.suffix.lower()
    if kind in {".html", ".htm"}:
        from ledger.report.page.embedded import MAX_HTML, extract  # noqa: PLC0415  (start-up time)

        return extract(read_file(path, MAX_HTML), str(path))
    if kind == ".pdf":
        from ledger.report.enclosed import MAX_PDF  # noqa: PLC0415  (start-up time)
        from ledger.report.enclosed import extract as detached  # noqa: PLC0415

        return detached(read_file(path, MAX_PDF), str(path))
    held = read_file(path, MAX_BYTES)
    for start, what in _OTHERS.items():
        if held.startswith(start):
            raise FormatError(f"no bundle, but {what}", file=str(path))
    if held.startswith(codecs.BOM_UTF8):
        raise FormatError(
            "a byte order mark stands before the first byte: another program wrote the file anew. A bundle is verified as it "
            "was made; ask for the file itself",
            file=str(path),
        )
    return held


def _other(held: bytes) -> str:
    """What users take for a bundle, by what it is; empty for nothing that is known here."""
    from ledger.seal import checkpoint, evidence, note, policy, witness  # noqa: PLC0415  (start-up time)

    kinds: tuple[tuple[Callable[[bytes], object], int, str], ...] = (
        (
            witness.parse_request,
            witness.MAX_BYTES,
            "a request to a witness, who answers it with `monazite witness cosign`",
        ),
        (
            checkpoint.unverified,
            note.MAX_BYTES,
            "a checkpoint, which is verified with the ledger that it is of: `monazite verify --ledger`",
        ),
        (evidence.parse, evidence.MAX_BYTES, "evidence of a fork; it is checked with `monazite evidence`"),
        (_answer, note.MAX_BYTES, "a witness's answer; the operator collects it with `monazite checkpoint --add`"),
        (policy.parse, policy.MAX_BYTES, "a policy; it says whom to trust, with --trust"),
    )
    for read_as, most, what in kinds:
        if len(held) <= most:
            try:
                read_as(held)
            except FormatError:
                continue
            return what
    return ""


def _answer(held: bytes) -> None:
    """Raise FormatError where these are no signature lines."""
    from ledger.seal import note  # noqa: PLC0415  (start-up time)

    try:
        lines = note.parse_lines(held.decode())
    except UnicodeDecodeError as error:
        raise FormatError("not UTF-8") from error
    if not lines:
        raise FormatError("nothing")


def bundle_verified(path: Path, trust: str | None, *, pin: bool = False) -> BundleVerdict:
    """Verify a bundle with the policy of `--trust`, or the pinned one of its ledger, and remember its checkpoint.

    A bundle proves no consistency with an older checkpoint, so its own is kept beside the ledger's and not in its place.

    Raises:
        UnverifiableError: no key is trusted; says which one the bundle claims and how to pin it.
        UsageError: another key is pinned for this ledger's name, and this one should be.
        FormatError: as `read`; or `--trust` is neither a verifier key nor a policy.
    """
    from cli.console import warn  # noqa: PLC0415  (start-up time)
    from ledger.bundle.verify import verify  # noqa: PLC0415

    bundle, memory = read(path), state()
    pins = pinned(memory)
    trusted = given(trust) if trust is not None else _pinned(bundle, path, pins)
    vkey = trusted.logs[0].vkey
    other = next((item.logs[0].vkey for item in pins if _another(item, trusted)), None)
    if other is not None:
        said = f"another key is pinned for the name {vkey.name}:\n  {other}\nTwo keys of one name are two ledgers"
        if pin:
            raise UsageError(f"{said}, one of them false. If the other one is, remove {memory.place(other)} first.")
        warn(f"WARNING: {said}. Ask the operator which is its own.")
    shown = bundle.checkpoint.encode()
    while True:
        remembered, seen = memory.remembered(vkey), before(memory, vkey, shown)
        found = verify(bundle, trusted, remembered=remembered, seen=seen, now=now())
        if found.verdict.checkpoint is None or keep(memory, vkey, shown, trusted):
            break
        # Somebody else remembered another tree of this size meanwhile.
    warn_if_older("bundle", found.verdict.size, seen if remembered is None else (remembered, *seen), vkey)
    if pin and found.verdict.checkpoint is not None:
        keep_pinned(memory, trusted)
    return found


def around(path: Path, found: BundleVerdict) -> Verdict:
    """The verdict on the bundle in a file; of a report, that its words and pictures are no part of it.

    Anybody can write another text around a good bundle, and whoever sees `clean` would take it for a word about that text.
    """
    from msgspec.structs import replace  # noqa: PLC0415  (start-up time)

    from ledger.verify import NotChecked  # noqa: PLC0415

    if path.suffix.lower() not in REPORTS:
        return found.verdict
    what = NotChecked(
        "what the report says",
        f"only the bundle inside was verified, and it is of lot {found.lot}; anybody can write other words and pictures around "
        f"it. `monazite report {path}` says what the bundle does",
    )
    return replace(found.verdict, not_checked=(what, *found.verdict.not_checked))


def looked_up(what: str, ledger: str, trust: str | None) -> tuple[Verdict, str, date | None]:
    """Verify what a lot or a bundle is in: the verdict, the lot, and of a bundle the day of the ledger's newest entry.

    Policies are asked as of that day unless the asker says otherwise, so that bundle and ledger answer alike.
    """
    if not is_bundle(what):
        with opened(ledger) as store:
            return verified(store, trust), what, None
    found = bundle_verified(Path(what), trust)
    return found.verdict, found.lot, found.newest.date() if found.newest is not None else None


def _another(pin: Policy, trusted: Policy) -> bool:
    one, other = pin.logs[0].vkey, trusted.logs[0].vkey
    return one.name == other.name and one != other


def _pinned(bundle: Bundle, path: Path, pins: list[Policy]) -> Policy:
    from ledger.bundle.verify import found_vkey  # noqa: PLC0415  (start-up time)

    claimed = found_vkey(bundle)
    chosen = [pin for pin in pins if str(pin.logs[0].vkey) == claimed]
    if chosen:
        return chosen[0]
    if claimed is None:
        raise UnverifiableError(
            "no trusted key, and the bundle's entry 0 does not say which log key is its own; name it with --trust"
        )
    named = [pin.logs[0].vkey for pin in pins if pin.logs[0].vkey.name == claimed.split("+", 1)[0]]
    warning = f"\nYou trust ANOTHER key for the name {named[0].name}: {named[0]}" if named else ""
    raise UnverifiableError(
        f"no trusted key for this bundle. It says that its log key is\n  {claimed}\n"
        "Ask the operator by another channel whether that is so; then trust it from now on with\n"
        f"  monazite verify {path} --trust '{claimed}' --pin{warning}"
    )
