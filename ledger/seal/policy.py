"""C2SP tlog-policy: which logs are trusted, and which witnesses must have cosigned a checkpoint.

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <name>...
    quorum <name>|none

Names, addresses and comments are octets; two names are the same where their octets are (tlog-policy, Character set).
Log keys are Ed25519 (signature type 0x01): logs that sign with ML-DSA-44 are not read by this version.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec

from ledger.errors import FormatError
from ledger.seal.cosigner import CosignerKey
from ledger.seal.keys import VerifierKey

MAX_BYTES: Final = 262_144
"""Largest policy file: room for the 32 logs, witnesses and groups that the specification asks for, ML-DSA-44 keys
included (tlog-policy, Implementation limits)."""
MAX_DEFINITIONS: Final = 100
"""Most logs, most witnesses and most groups; a checkpoint has at most 100 signature lines."""
MAX_NAME: Final = 255
MAX_URL: Final = 2048

_FORBIDDEN: Final = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")  # Character set: tab and newline are the only controls
_NUMBER: Final = re.compile(rb"[1-9][0-9]{0,2}")
_NONE: Final = b"none"
_SHOWN: Final = 8  # names listed in one breath


class Log(msgspec.Struct, frozen=True):
    """A log that is trusted; its key's name is its origin."""

    vkey: VerifierKey
    url: bytes | None = None


class Witness(msgspec.Struct, frozen=True):
    """A witness, under its name in the policy, which need not be its key's."""

    name: bytes
    vkey: CosignerKey
    url: bytes | None = None


class Group(msgspec.Struct, frozen=True):
    """Witnesses or groups, of which `threshold` must have cosigned."""

    name: bytes
    threshold: int
    members: tuple[bytes, ...]


class Policy(msgspec.Struct, frozen=True):
    """What a policy file says; `parse` makes it, and `format` checks one that was made by hand.

    Attributes:
        logs: in the order of their lines; may be none where the log is known otherwise.
        witnesses: in the order of their lines.
        groups: each after its members.
        quorum: name of a witness or group, or None where no cosignature is asked for.
    """

    logs: tuple[Log, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: bytes | None = None

    def keys(self) -> tuple[CosignerKey, ...]:
        """The witnesses' keys."""
        return tuple(witness.vkey for witness in self.witnesses)


class Quorum(msgspec.Struct, frozen=True):
    """Whether a set of cosignatures is enough.

    Attributes:
        met: whether it is.
        cosigned: names of the policy's witnesses in the set, in the policy's order.
        sentence: what is met or missing, for people.
    """

    met: bool
    cosigned: tuple[bytes, ...]
    sentence: str


def parse(data: bytes, file: str | None = None) -> Policy:
    """Read a policy file; a last line without its newline is read as well.

    Raises:
        FormatError: over `MAX_BYTES` or another bound, or not exactly a policy; says file and line.
    """
    if len(data) > MAX_BYTES:
        raise FormatError(f"a policy of {len(data)} bytes; {MAX_BYTES} is the most", file=file)
    reader = _Reader()
    for number, line in enumerate(data.removesuffix(b"\n").split(b"\n"), 1):
        try:
            reader.read(line)
        except FormatError as error:
            raise type(error)(error.message, file=file, line=number) from error
    if not reader.ended:
        raise FormatError(
            "a policy says once which quorum it asks; `quorum none` where it asks for no witness", file=file
        )
    return Policy(tuple(reader.logs), tuple(reader.witnesses), tuple(reader.groups), reader.quorum)


def format(policy: Policy) -> bytes:  # noqa: A001 - Parse and Format are the pair's names
    """Write a policy file; `parse` gives it back.

    Raises:
        FormatError: the policy is not one that `parse` could give.
    """
    rows: list[Sequence[bytes | None]] = [
        *((b"log", str(log.vkey).encode(), log.url) for log in policy.logs),
        *((b"witness", w.name, str(w.vkey).encode(), w.url) for w in policy.witnesses),
        *((b"group", g.name, _threshold(g), *g.members) for g in policy.groups),
        (b"quorum", _NONE if policy.quorum is None else policy.quorum),
    ]
    data = b"".join(b" ".join(word for word in row if word is not None) + b"\n" for row in rows)
    if parse(data) != policy:
        raise FormatError("a policy's names and addresses are words, and its quorum is not named none")
    return data


def evaluate(policy: Policy, cosigners: Iterable[CosignerKey]) -> Quorum:
    """Say whether these witnesses, whose cosignatures verified, meet the quorum (tlog-policy, Defining the quorum)."""
    cosigned = set(cosigners)
    names = tuple(witness.name for witness in policy.witnesses if witness.vkey in cosigned)
    if policy.quorum is None:
        return Quorum(True, names, "the policy asks for no witness")
    met = dict.fromkeys((witness.name for witness in policy.witnesses), False) | dict.fromkeys(names, True)
    groups = {group.name: group for group in policy.groups}
    for group in policy.groups:  # a group stands after its members, so one pass decides all, however deep they nest
        met[group.name] = sum(met[member] for member in group.members) >= group.threshold
    if met[policy.quorum]:
        said = f"the quorum {show(policy.quorum)} is met: {_list(names)} cosigned{_of_one_name(policy, cosigned)}"
        return Quorum(True, names, said)
    return Quorum(False, names, f"the quorum {show(policy.quorum)} is not met: {_missing(policy.quorum, groups, met)}")


def show(name: bytes) -> str:
    """A name for people; octets that are not UTF-8 are escaped."""
    return name.decode("utf-8", "backslashreplace")


class _Reader:
    """The lines read so far."""

    def __init__(self) -> None:
        self.logs: list[Log] = []
        self.witnesses: list[Witness] = []
        self.groups: list[Group] = []
        self.quorum: bytes | None = None
        self.ended = False
        self.names: dict[bytes, bool] = {}  # every witness and group, and whether a group has it as a member

    def read(self, line: bytes) -> None:
        if _FORBIDDEN.search(line):
            raise FormatError("a policy has no control character but tab and newline")
        words = line.split()
        if not words or words[0].startswith(b"#"):
            return
        match words:
            case [b"log", vkey, *url] if len(url) <= 1:
                self.log(Log(VerifierKey.parse(_text(vkey)), _url(url)))
            case [b"witness", name, vkey, *url] if len(url) <= 1:
                self.name(name)
                self.witness(Witness(name, CosignerKey.parse(_text(vkey)), _url(url)))
            case [b"group", name, threshold, *members] if members:
                self.group(name, threshold, members)
            case [b"quorum", name]:
                self.end(name)
            case _:
                raise FormatError(f"not a line of a tlog-policy: {show(line[:80])!r}")

    def log(self, log: Log) -> None:
        if any(known.vkey.public_key == log.vkey.public_key for known in self.logs):
            raise FormatError("the log's key stands in an earlier line")
        _room(self.logs, "logs")
        self.logs.append(log)

    def witness(self, witness: Witness) -> None:
        key = witness.vkey
        for known in self.witnesses:
            if known.vkey.public_key == key.public_key:
                raise FormatError(f"the witness {show(known.name)} has the same key")
            if (known.vkey.name, known.vkey.key_id) == (key.name, key.key_id):
                raise FormatError(f"the key of the witness {show(known.name)} has the same name and key id")
        _room(self.witnesses, "witnesses")
        self.witnesses.append(witness)

    def group(self, name: bytes, threshold: bytes, members: Sequence[bytes]) -> None:
        for member in members:
            if member == _NONE:
                raise FormatError("none is no member of a group")
            if member not in self.names:
                raise FormatError(f"no witness or group {_quoted(member)} is defined before this line")
            if self.names[member]:
                raise FormatError(f"{_quoted(member)} is a member already; it may be one once")
            self.names[member] = True
        self.name(name)
        _room(self.groups, "groups")
        self.groups.append(Group(name, _count(threshold, len(members)), tuple(members)))

    def end(self, name: bytes) -> None:
        if self.ended:
            raise FormatError("a policy has one quorum line; this is another")
        if name != _NONE:
            if name not in self.names:
                raise FormatError(f"no witness or group {_quoted(name)} is defined before this line")
            self.quorum = name
        self.ended = True

    def name(self, name: bytes) -> None:
        if len(name) > MAX_NAME:
            raise FormatError(f"a name has at most {MAX_NAME} octets")
        if name == _NONE or name in self.names:
            raise FormatError(f"the name {_quoted(name)} is taken")
        self.names[name] = False


def _count(threshold: bytes, members: int) -> int:
    if threshold in (b"all", b"any"):
        return members if threshold == b"all" else 1
    if not _NUMBER.fullmatch(threshold) or int(threshold) > members:
        raise FormatError(f"a group's threshold is all, any, or a number from 1 to its {members} members")
    return int(threshold)


def _threshold(group: Group) -> bytes:
    return b"all" if group.threshold == len(group.members) else str(group.threshold).encode()


def _room(known: Sequence[object], what: str) -> None:
    if len(known) >= MAX_DEFINITIONS:
        raise FormatError(f"a policy has at most {MAX_DEFINITIONS} {what}")


def _url(words: Sequence[bytes]) -> bytes | None:
    if not words:
        return None
    if len(words[0]) > MAX_URL:
        raise FormatError(f"an address has at most {MAX_URL} octets")
    return words[0]


def _text(vkey: bytes) -> str:
    try:
        return vkey.decode()
    except UnicodeDecodeError:
        raise FormatError("a verifier key is UTF-8") from None


def _quoted(name: bytes) -> str:
    return repr(show(name[:80]))


def _missing(name: bytes, groups: dict[bytes, Group], met: dict[bytes, bool]) -> str:
    """What an unmet witness or group lacks, down to the witnesses that did not cosign.

    A group can be nested as deep as there are groups, far below Python's own limit.
    """
    group = groups.get(name)
    if group is None:
        return f"{show(name)} did not cosign"
    have = sum(met[member] for member in group.members)
    unmet = [member for member in group.members if not met[member]]
    plain = [member for member in unmet if member not in groups]
    parts = [f"{show(name)} has {have} of the {group.threshold} it needs"]
    if plain:
        parts.append(f"{_list(plain)} did not cosign")
    parts += [_missing(member, groups, met) for member in unmet if member in groups]
    return "; ".join(parts)


def _of_one_name(policy: Policy, cosigned: Collection[CosignerKey]) -> str:
    """Which of those that cosigned are keys of one name, so of one witness by its own word, and not as many as they look."""
    by_key: dict[str, list[bytes]] = {}
    for witness in policy.witnesses:
        if witness.vkey in cosigned:
            by_key.setdefault(witness.vkey.name, []).append(witness.name)
    return "".join(
        f"; {_list(names)} are keys of one name, {key}: one witness" for key, names in by_key.items() if len(names) > 1
    )


def _list(names: Sequence[bytes]) -> str:
    shown = [show(name) for name in names[:_SHOWN]]
    if len(names) > _SHOWN:
        shown.append(f"{len(names) - _SHOWN} more")
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
