"""What commands share: where the ledger, keys and state are, which key is trusted, and the clock."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.files import read
from cli.holders import holders, ready
from cli.stores import beside, existing
from ledger.errors import FormatError, KeyStoreError, StoreError, UnverifiableError, UsageError

if TYPE_CHECKING:
    from cli.stores import Opened
    from ledger.admission import Recorded
    from ledger.seal.keys import Signer, VerifierKey
    from ledger.seal.policy import Policy
    from ledger.seal.timestamp import Stamp
    from ledger.store.keystore import KeyStore
    from ledger.store.state import State, Verified
    from ledger.verify import Verdict

Ledger = Annotated[
    str,
    typer.Option(
        "--ledger",
        envvar="MONAZITE_LEDGER",
        help="The ledger: a file, a folder of tiles to read, or postgresql+psycopg://USER@HOST/DATABASE.",
        show_default=True,
    ),
]
OwnLedger = Annotated[
    str,
    typer.Option(
        "--ledger",
        envvar="MONAZITE_LEDGER",
        help="The ledger itself, no folder of tiles: a file, or postgresql+psycopg://USER@HOST/DATABASE.",
        show_default=True,
    ),
]
"""As `Ledger`, for what writes to it or needs its map."""
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Trust = Annotated[
    str | None,
    typer.Option(
        "--trust",
        help="The log's verifier key, or a tlog-policy file: the log, its witnesses, the quorum. Default: what `init` or "
        "--pin kept.",
    ),
]
Unsafe = Annotated[bool, typer.Option("--unsafe-no-passphrase", help="Leave new private keys unencrypted on disk.")]
Rounds = Annotated[
    int,
    typer.Option(
        "--rounds", min=1, max=10_000, help="bcrypt rounds for new keys; 32 take about a quarter of a second."
    ),
]
DEFAULT_LEDGER = "monazite.db"
DEFAULT_ROUNDS = 32


def now() -> datetime:
    """The operator's clock, whole seconds, UTC."""
    return datetime.now(UTC).replace(microsecond=0)


def local_time(moment: datetime | None = None) -> str:
    """A moment with this machine's offset, as events state it."""
    return (moment or now()).astimezone().isoformat(timespec="seconds")


def keystore() -> KeyStore:
    """The folder of private keys: MONAZITE_KEYS, else the user's data directory."""
    from ledger.store.keystore import KeyStore  # noqa: PLC0415  (start-up time)

    return KeyStore(_folder("MONAZITE_KEYS", "user_data_path", "keys"))


def state() -> State:
    """What this user's verifications remember: MONAZITE_STATE, else the user's state directory."""
    from ledger.store.state import State  # noqa: PLC0415  (start-up time)

    return State(_folder("MONAZITE_STATE", "user_state_path", "ledgers"))


def _folder(variable: str, kind: str, name: str) -> Path:
    given = os.environ.get(variable)
    if given:
        return Path(given)
    import platformdirs  # noqa: PLC0415  (start-up time)

    folder: Path = getattr(platformdirs, kind)("monazite", appauthor=False)
    return folder / name


@contextmanager
def opened(where: str, *, tiles: bool = False) -> Iterator[Opened]:
    """An existing ledger, be it a database or a folder of tiles; `tiles` where only the latter will do.

    Raises:
        StoreError: there is none.
        UsageError: it is named by an address that is wrong, or whose driver is not installed.
    """
    store = existing(where, tiles=tiles)
    try:
        yield store
    finally:
        store.close()


def passphrase(*, new: bool, unsafe: bool) -> bytes | None:
    """A passphrase: MONAZITE_PASSPHRASE, else asked for on the terminal; None where a new key is left unprotected.

    Raises:
        KeyStoreError: neither is there.
    """
    if new and unsafe:
        return None
    given = os.environ.get("MONAZITE_PASSPHRASE")
    if given:
        return given.encode()
    if not sys.stdin.isatty():
        extra = ", or --unsafe-no-passphrase leaves the key unprotected" if new else ""
        raise KeyStoreError(f"a passphrase is needed: set MONAZITE_PASSPHRASE{extra}")
    answer: str = typer.prompt(
        "Passphrase for the new key" if new else "Passphrase", hide_input=True, confirmation_prompt=new, err=True
    )
    return answer.encode()


class Signers:
    """Private keys by name, each opened once, the passphrase and a token's PIN asked for once."""

    def __init__(self, keys: KeyStore, secret: bytes | None = None) -> None:
        """`keys` is the folder, `secret` the passphrase where it is known already."""
        self.store = keys
        self._open: dict[str, Signer] = {}
        self._passphrase = secret
        self._holders = holders()

    def __call__(self, name: str) -> Signer:
        """The key of this name; raises KeyStoreError as the key store."""
        if name not in self._open:
            if self.store.has(name) and self.store.is_locked(name) and self._passphrase is None:
                self._passphrase = passphrase(new=False, unsafe=False)
            link = self.store.link(name)
            if link is not None:
                ready(link, self._holders)  # a PIN is asked for before a progress bar owns the terminal
            self._open[name] = self.store.load(name, self._passphrase, self._holders)
        return self._open[name]

    def log(self, origin: str) -> Signer | None:
        """The log's key where it is here; without it entries stay without a checkpoint."""
        return self(origin) if self.store.has(origin) else None


def trusted(store: Opened, trust: str | None) -> VerifierKey:
    """Step 1 of verification: the log key that the caller trusts; raises as `trusted_policy`."""
    return trusted_policy(store, trust).logs[0].vkey


def trusted_policy(store: Opened, trust: str | None) -> Policy:
    """Step 1 of verification: the log that the caller trusts, and the witnesses that it asks for.

    Raises:
        UnverifiableError: none is given and none is pinned; says which key the ledger claims and how to pin it.
        FormatError: `--trust` is neither a verifier key nor a policy.
    """
    return given(trust) if trust is not None else _pinned(store)


def given(trust: str) -> Policy:
    """The policy of `--trust`, a verifier key or a policy file.

    Raises:
        FormatError: it is neither.
    """
    from ledger.seal.trust import MAX_BYTES, parse_trust  # noqa: PLC0415  (start-up time)

    if trust:
        path = Path(trust)
        if "\n" not in trust and len(trust) < 4096 and path.is_file():  # noqa: PLR2004  (a longer text is no path)
            return parse_trust(read(path, MAX_BYTES), str(path))
    try:
        return parse_trust(trust.encode("utf-8", "replace"))
    except FormatError as error:
        if "+" not in trust:
            raise FormatError(f"--trust takes a verifier key or a policy file: there is no file {trust!r}") from error
        raise FormatError(f"--trust takes a verifier key or a policy file: {error}") from error


def conflicting(memory: State, vkey: VerifierKey) -> VerifierKey | None:
    """Another pinned key of the same ledger's name, if there is one."""
    keys = (pin.logs[0].vkey for pin in pinned(memory))
    return next((pin for pin in keys if pin.name == vkey.name and pin != vkey), None)


def pinned(memory: State) -> list[Policy]:
    """Every policy that is trusted from earlier."""
    from ledger.seal.trust import parse_trust  # noqa: PLC0415  (start-up time)

    return [parse_trust(policy) for policy in memory.policies()]


def _pinned(store: Opened) -> Policy:
    from ledger.seal.keys import VerifierKey  # noqa: PLC0415  (start-up time)
    from ledger.verify import found_vkey  # noqa: PLC0415  (start-up time)

    memory = state()
    pins = pinned(memory)
    try:
        claimed = found_vkey(store)
    except (FormatError, StoreError):
        claimed = None
    if claimed is not None:
        vkey = VerifierKey.parse(claimed)
        for pin in pins:
            if pin.logs[0].vkey == vkey:
                return pin
        other = conflicting(memory, vkey)
        warning = f"\nYou trust ANOTHER key for the name {vkey.name}: {other}" if other is not None else ""
        raise UnverifiableError(
            f"no trusted key for this ledger. It says that its log key is\n  {vkey}\n"
            "Ask the operator by another channel whether that is so; then trust it from now on with\n"
            f"  monazite verify --ledger {store.path} --trust '{vkey}' --pin{warning}"
        )
    # Entry 0 cannot be read, so the ledger does not even say which it is: only a pin by this ledger's name is left.
    signed = store.head().checkpoint or b""
    named = [pin for pin in pins if signed.startswith(f"{pin.logs[0].vkey.name}\n".encode())] or pins
    if len(named) == 1:
        return named[0]
    raise UnverifiableError(
        "entry 0 cannot be read, so the ledger does not say which log key is its own; name it with --trust"
    )


def verified(
    store: Opened,
    trust: str | None,
    *,
    pin: bool = False,
    tsa: Path | None = None,
    address: str | None = None,
    new: bool = False,
) -> Verdict:
    """Verify a ledger, with a progress bar, and remember its checkpoint if nothing is wrong with it.

    `address` is of a cluster; `new` asks for what was added since the last verification alone, where there was one.
    """
    from cli.memory import base_of, compared, keep_base, unseen  # noqa: PLC0415  (start-up time)
    from ledger.store.tiles import TileStore  # noqa: PLC0415
    from ledger.unread import unread  # noqa: PLC0415

    policy = trusted_policy(store, trust)
    vkey = policy.logs[0].vkey
    memory = state()
    other = conflicting(memory, vkey)
    if other is not None:
        from cli.console import warn  # noqa: PLC0415  (start-up time)

        said = f"another key is pinned for the name {vkey.name}:\n  {other}"
        if pin:
            raise UsageError(
                f"{said}\nTwo keys of one name are two ledgers, one of them false. If the other one is, remove {memory.place(other)} first."
            )
        warn(f"WARNING: {said}\nTwo keys of one name are two ledgers. Ask the operator which is its own.")
    stamps = _stamps(store, tsa) if tsa is not None else None
    base = base_of(store, memory, vkey) if new else None
    while True:
        remembered = memory.remembered(vkey)
        if base is not None:
            verdict = unseen(_added(store, policy, base, remembered), memory, vkey)
        elif (
            isinstance(store, TileStore)
            and (none := unread(store, policy, remembered=remembered, now=now())) is not None
        ):
            return none
        else:
            verdict = compared(store, _whole(store, policy, remembered, stamps, address), memory, policy)
        if verdict.checkpoint is None:
            keep_base(memory, vkey, verdict)
            return verdict
        if pin:
            keep_pinned(memory, policy)
        if keep_checkpoint(memory, vkey, verdict.checkpoint, remembered or b""):
            keep_base(memory, vkey, verdict)
            return verdict
        # Somebody else remembered another checkpoint meanwhile, which this ledger has yet to be compared with.


def _whole(
    store: Opened, policy: Policy, remembered: bytes | None, stamps: tuple[Stamp, ...] | None, address: str | None
) -> Verdict:
    from cli.console import progress  # noqa: PLC0415  (start-up time)
    from cli.workers import cluster, workers  # noqa: PLC0415
    from ledger.store.shelf import Shelf  # noqa: PLC0415
    from ledger.verify import verify  # noqa: PLC0415

    helpers = cluster(address) if address is not None else workers(store.head().size)
    with helpers as pool, progress("Verifying entries") as bar:
        # A big ledger is verified in bounded memory; what a small one holds never leaves it.
        verdict = verify(
            store,
            policy,
            remembered=remembered,
            stamps=stamps,
            now=now(),
            progress=bar,
            tables=Shelf(),
            executor=pool,
        )
    _withheld(store, verdict)
    return verdict


def _added(store: Opened, policy: Policy, base: Verified, remembered: bytes | None) -> Verdict:
    from cli.console import progress  # noqa: PLC0415  (start-up time)
    from ledger.added.verify import verify_added  # noqa: PLC0415

    with progress("Verifying new entries") as bar:
        return verify_added(
            store, policy, base=base.checkpoint, whole=base.whole, remembered=remembered, now=now(), progress=bar
        )


def _withheld(store: Opened, verdict: Verdict) -> None:
    """Without any events nothing accuses the ledger of their absence, and nothing clears it either.

    Raises:
        UnverifiableError: a folder of tiles whose events are kept back, in which nothing else is wrong.
    """
    from ledger.store.tiles import TileStore  # noqa: PLC0415  (start-up time)

    if not isinstance(store, TileStore) or not store.withheld:
        return
    if not {item.code for item in verdict.findings if item.severity == "error"} - {"SEAL-EVENT", "SEAL-ANCHOR"}:
        raise UnverifiableError(
            f"{store.path} keeps the events back. Its {verdict.checked.entries} entries, their chain, tiles and tree hold under the "
            f"log's checkpoint of {verdict.size} entries; who may sign, and what was said, cannot be verified without the events"
        )


def _stamps(store: Opened, tsa: Path) -> tuple[Stamp, ...]:
    """The timestamps beside a ledger, judged against the authority that is pinned by `tsa`."""
    from ledger.seal import timestamp  # noqa: PLC0415  (start-up time)
    from ledger.store.timestamps import Timestamps  # noqa: PLC0415

    data = read(tsa, timestamp.MAX_CERTIFICATES)
    try:
        pinned = timestamp.read_certificates(data)
    except FormatError as error:
        raise FormatError(error.message, file=str(tsa)) from error
    return tuple(timestamp.judge(token, stamped, pinned) for stamped, token in Timestamps(beside(store.path)).all())


def keep_pinned(memory: State, policy: Policy) -> None:
    """Trust a policy from now on; one that asks for fewer witnesses does not silently take the place of a stricter one."""
    from ledger.seal import policy as policies  # noqa: PLC0415  (start-up time)

    vkey = policy.logs[0].vkey
    held = next((pin for pin in pinned(memory) if pin.logs[0].vkey == vkey), None)
    if held is not None and held.quorum is not None and policy.quorum is None:
        raise UsageError(
            f"the policy that is pinned for {vkey.name} asks for the quorum {policies.show(held.quorum)!r}, this one for no "
            f"witness. If that is meant, remove {memory.place(vkey) / 'policy'} first."
        )
    memory.pin(vkey, policies.format(policy))


def keep_checkpoint(memory: State, vkey: VerifierKey, checkpoint: bytes, compared: bytes | None = None) -> bool:
    """Remember a checkpoint; where that fails, say so, since what was verified or written stands all the same.

    False where what is remembered is not what the checkpoint was `compared` with, and so may contradict it.
    """
    from cli.console import warn  # noqa: PLC0415  (start-up time)

    try:
        return memory.remember(vkey, checkpoint, compared)
    except OSError as error:
        warn(
            f"warning: the checkpoint could not be remembered in {memory.place(vkey)} ({error.strerror}): "
            "a ledger that is cut back later will not be noticed here"
        )
    return True


def known(log: Signer | None) -> bytes | None:
    """The checkpoint that this machine remembers of a log whose key is here."""
    return state().remembered(log.vkey) if log is not None else None


def remember(recorded: Recorded, log: Signer | None) -> None:
    """Keep the checkpoint that was just written, so that a ledger cut back later is noticed by its own writer."""
    if log is not None and recorded.submissions and recorded.head.checkpoint is not None:
        keep_checkpoint(state(), log.vkey, recorded.head.checkpoint)
