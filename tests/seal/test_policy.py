from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import FormatError
from ledger.seal import checkpoint, cosignature, merkle, note, policy, witnessed
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.cosigner import Cosigner, CosignerKey
from ledger.seal.keys import SigningKey
from ledger.seal.note import SignatureError, UnsignedError
from ledger.seal.policy import Group, Log, Policy, Witness
from ledger.seal.witnessed import QuorumError
from tests import strategies as say
from tests.trials import trials

SIGSUM: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "vectors" / "tlog-policy" / "sigsum.json").read_text()
)
HEX = re.compile(r"\b[0-9a-f]{64}\b")
NOW = 1_764_000_000


def signer(name: str, seed: str = "") -> SigningKey:
    return SigningKey.from_seed(name, sha256((seed or name).encode()).digest())


LOG = signer("ledger.example/ree")
W = [Cosigner.ed25519(signer(f"w{number}")) for number in range(5)]
MLDSA = Cosigner.mldsa44("w5", bytes(32))
ALL = [*W, MLDSA]
WITNESSES = "".join(f"witness w{number} {key.vkey}\n" for number, key in enumerate(ALL))
TEXT = checkpoint.format_text(Checkpoint(LOG.name, 3, merkle.leaf_hash(b"")))
NESTED = f"log {LOG.vkey}\n{WITNESSES}group a 2 w0 w1 w2\ngroup b any w3 w4 w5\ngroup c all a b\nquorum c\n"


def parsed(text: str) -> Policy:
    return policy.parse(text.encode())


def met(of: Policy, *numbers: int) -> bool:
    return policy.evaluate(of, [ALL[number].vkey for number in numbers]).met


def vkeyed(text: str) -> str:
    """A Sigsum policy with vkeys, of the same underlying key where the hex is the same."""
    lines = []
    for line in text.split("\n"):
        key = HEX.search(line)
        if key and line.split()[0] == "log":
            line = line.replace(key[0], str(signer("log", key[0]).vkey))  # noqa: PLW2901
        elif key:
            line = line.replace(key[0], str(Cosigner.ed25519(signer("w", key[0])).vkey))  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines)


@pytest.mark.parametrize("case", SIGSUM["valid"], ids=lambda case: case["name"])
def test_sigsums_policies_say_the_same(case: dict[str, Any]) -> None:
    read = policy.parse(vkeyed(case["policy"]).encode())
    keys = {witness.name.decode(): witness.vkey for witness in read.witnesses}
    assert case["quorums"]
    for names, enough in case["quorums"]:
        assert policy.evaluate(read, [keys[name] for name in names]).met == enough, names
    assert policy.parse(policy.format(read)) == read


@pytest.mark.parametrize("case", SIGSUM["invalid"], ids=lambda case: case["name"])
def test_sigsums_invalid_policies_are_refused(case: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        policy.parse(vkeyed(case["policy"]).encode())
    if "quorum" not in case["error"]:
        # refused for the fault that the case is about, not for the missing quorum
        with pytest.raises(FormatError) as caught:
            policy.parse(vkeyed(case["policy"]).encode() + b"quorum none\n")
        assert caught.value.line is not None


def test_the_specifications_example_with_two_levels() -> None:
    read = parsed(NESTED)
    assert read.logs == (Log(LOG.vkey),)
    assert read.groups == (
        Group(b"a", 2, (b"w0", b"w1", b"w2")),
        Group(b"b", 1, (b"w3", b"w4", b"w5")),
        Group(b"c", 2, (b"a", b"b")),
    )
    assert read.quorum == b"c"
    for numbers, enough in (
        ((), False),
        ((0, 1), False),
        ((0, 3), False),
        ((3, 4, 5), False),
        ((0, 1, 3), True),
        ((1, 2, 5), True),
        ((0, 1, 2, 3, 4, 5), True),
    ):
        assert met(read, *numbers) == enough


def test_the_sentence_says_what_is_missing() -> None:
    read = parsed(NESTED)
    assert policy.evaluate(read, [W[0].vkey]).sentence == (
        "the quorum c is not met: c has 0 of the 2 it needs; a has 1 of the 2 it needs; w1 and w2 did not cosign; "
        "b has 0 of the 1 it needs; w3, w4 and w5 did not cosign"
    )
    assert policy.evaluate(read, [W[0].vkey, W[1].vkey, MLDSA.vkey]).sentence == (
        "the quorum c is met: w0, w1 and w5 cosigned"
    )
    both = parsed(
        f"witness e {W[0].vkey}\nwitness m {Cosigner.mldsa44('w0', bytes(32)).vkey}\ngroup g all e m\nquorum g\n"
    )
    assert policy.evaluate(both, both.keys()).sentence == (
        "the quorum g is met: e and m cosigned; e and m are keys of one name, w0: one witness"
    )
    one = parsed(f"{WITNESSES}quorum w2\n")
    assert policy.evaluate(one, []).sentence == "the quorum w2 is not met: w2 did not cosign"
    assert policy.evaluate(parsed("quorum none"), []).sentence == "the policy asks for no witness"
    many = parsed(
        "".join(f"witness v{n} {Cosigner.ed25519(signer(f'v{n}')).vkey}\n" for n in range(10))
        + f"group g all {' '.join(f'v{n}' for n in range(10))}\nquorum g"
    )
    assert policy.evaluate(many, []).sentence.endswith("v6, v7 and 2 more did not cosign")


def test_a_stranger_does_not_count() -> None:
    stranger = CosignerKey.of("w0", 4, signer("x").vkey.public_key)
    assert not policy.evaluate(parsed(f"{WITNESSES}quorum w0\n"), [stranger]).met


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (f"{WITNESSES}quorum w9\n", 7, "defined before"),
        (f"quorum w0\n{WITNESSES}", 1, "defined before"),
        (f"group g any w0\n{WITNESSES}quorum none\n", 1, "defined before"),
        (f"{WITNESSES}group g any g\nquorum none\n", 7, "defined before"),
        (f"{WITNESSES}group g any none\nquorum none\n", 7, "no member"),
        (f"{WITNESSES}group none any w0\nquorum none\n", 7, "taken"),
        (f"{WITNESSES}group w0 any w1\nquorum none\n", 7, "taken"),
        (f"{WITNESSES}witness w9 {W[0].vkey}\nquorum none\n", 7, "the same key"),
        (f"{WITNESSES}witness w0 {signer('x').vkey}\nquorum none\n", 7, "taken"),
        (f"{WITNESSES}group g any w0 w0\nquorum none\n", 7, "member already"),
        (f"{WITNESSES}group g any w0\ngroup h any w0\nquorum none\n", 8, "member already"),
        (f"{WITNESSES}group g 0 w0\nquorum none\n", 7, "threshold"),
        (f"{WITNESSES}group g 2 w0\nquorum none\n", 7, "threshold"),
        (f"{WITNESSES}group g 01 w0\nquorum none\n", 7, "threshold"),
        (f"{WITNESSES}group g -1 w0\nquorum none\n", 7, "threshold"),
        (f"{WITNESSES}group g 1000000000000 w0\nquorum none\n", 7, "threshold"),
        (f"{WITNESSES}group g ALL w0\nquorum none\n", 7, "threshold"),
        (f"{WITNESSES}group g any\nquorum none\n", 7, "not a line"),
        (f"log {LOG.vkey}\nlog {LOG.vkey} https://ledger.example\nquorum none\n", 2, "earlier line"),
        (f"log {LOG.vkey}\nlog {signer('other', LOG.name).vkey}\nquorum none\n", 2, "earlier line"),
        (f"log {LOG.vkey} https://ledger.example # ours\nquorum none\n", 1, "not a line"),
        (f"log {W[0].vkey}\nquorum none\n", 1, "other than Ed25519"),
        (f"log {MLDSA.vkey}\nquorum none\n", 1, "other than Ed25519"),
        (f"witness {W[0].vkey}\nquorum none\n", 1, "not a line"),
        (f"witness {'n' * 256} {W[0].vkey}\nquorum none\n", 1, "255"),
        (f"log {LOG.vkey} {'u' * 2049}\nquorum none\n", 1, "2048"),
        ("quorum none\nquorum none\n", 2, "one quorum"),
        ("quorum none\r\n", 1, "control"),
        ("# \x7f\nquorum none\n", 1, "control"),
        ("quorum\u00a0none\n", 1, "not a line"),
        ("Quorum none\n", 1, "not a line"),
        ("", None, "which quorum"),
        ("# quorum none\n", None, "which quorum"),
    ],
)
def test_other_policies_are_refused_with_their_line(text: str, line: int | None, message: str) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        policy.parse(text.encode(), "trust.txt")
    assert (caught.value.file, caught.value.line) == ("trust.txt", line)


def test_lines_may_stand_in_other_orders_and_spaces() -> None:
    text = f"\t# a comment\n\n \t\nquorum\tnone\n  witness  w0\t{W[0].vkey}  https://w0.example \n\nlog {LOG.vkey}"
    read = parsed(text)
    assert read == Policy((Log(LOG.vkey),), (Witness(b"w0", W[0].vkey, b"https://w0.example"),))
    assert read.keys() == (W[0].vkey,)


def test_names_are_octets() -> None:
    kelvin = "\u212a".encode()
    data = b"".join(
        b"witness " + name + b" " + str(key.vkey).encode() + b"\n"
        for name, key in zip((b"K", kelvin, b"\xff", b"\\xff", b"all"), W, strict=True)
    )
    read = policy.parse(data + b"group any all K " + kelvin + b" \xff\nquorum any\n")
    assert read.groups[0].members == (b"K", kelvin, b"\xff")
    assert policy.evaluate(read, [W[0].vkey, W[1].vkey]).sentence.endswith("\\xff did not cosign")
    assert policy.parse(policy.format(read)) == read


def test_a_policy_is_bounded() -> None:
    most = "".join(f"witness {n} {Cosigner.ed25519(signer(f'v{n}')).vkey}\n" for n in range(101)).splitlines()
    assert len(parsed("\n".join([*most[:100], "quorum none"])).witnesses) == 100
    with pytest.raises(FormatError, match="at most 100 witnesses"):
        parsed("\n".join([*most, "quorum none"]))
    padded = b"quorum none\n#".ljust(policy.MAX_BYTES, b"x")
    assert policy.parse(padded) == Policy()
    with pytest.raises(FormatError, match="is the most"):
        policy.parse(padded + b"x")


def test_room_for_what_the_specification_asks_for() -> None:
    # tlog-policy, Implementation limits: at least 32 logs, 32 witnesses and 32 groups
    made = Policy(
        tuple(Log(signer(f"log{n}").vkey, b"https://log.example/" + b"x" * 200) for n in range(32)),
        tuple(Witness(b"w%d" % n, Cosigner.mldsa44("w", sha256(b"%d" % n).digest()).vkey) for n in range(32)),
        tuple(Group(b"g%d" % n, 1, (b"w%d" % n, *((b"g%d" % (n - 1),) if n else ()))) for n in range(32)),
        b"g31",
    )
    assert policy.parse(policy.format(made)) == made
    assert policy.evaluate(made, [made.witnesses[0].vkey]).met
    assert "g0 has 0 of the 1 it needs; w0 did not cosign" in policy.evaluate(made, []).sentence


@pytest.mark.parametrize(
    "made",
    [
        Policy(quorum=b"none"),
        Policy(quorum=b"w0"),
        Policy(witnesses=(Witness(b"two words", W[0].vkey),)),
        Policy(witnesses=(Witness(b"w", W[0].vkey, b""),)),
        Policy(witnesses=(Witness(b"w", W[0].vkey), Witness(b"w", W[1].vkey))),
        Policy(groups=(Group(b"g", 1, ()),)),
        Policy(witnesses=(Witness(b"w", W[0].vkey),), groups=(Group(b"g", 0, (b"w",)),)),
        Policy(logs=(Log(LOG.vkey, b"a\nquorum none"),)),
    ],
)
def test_format_writes_no_other_policy_than_it_was_given(made: Policy) -> None:
    with pytest.raises(FormatError):
        policy.format(made)


def cosigned(*numbers: int, at: int = NOW) -> bytes:
    signed = note.sign(TEXT, LOG)
    for number in numbers:
        signed = note.with_signature(signed, cosignature.sign(TEXT, ALL[number], at))
    return note.format(signed)


def test_a_checkpoint_opens_where_the_quorum_is_met() -> None:
    read = parsed(NESTED)
    found = witnessed.open(cosigned(0, 1, 5), read)
    assert found.checkpoint == checkpoint.parse_text(TEXT)
    assert found.log == LOG.vkey
    assert [(one.key, one.timestamp) for one in found.cosignatures] == [(ALL[n].vkey, NOW) for n in (0, 1, 5)]
    with pytest.raises(QuorumError, match="b has 0 of the 1 it needs") as caught:
        witnessed.open(cosigned(0, 1, 2), read)
    assert caught.value.witnessed == witnessed.examine(cosigned(0, 1, 2), read)
    assert caught.value.witnessed.quorum.cosigned == (b"w0", b"w1", b"w2")


def test_lines_of_keys_that_the_policy_does_not_have_are_left_out() -> None:
    read = parsed(f"log {LOG.vkey}\nwitness w0 {W[0].vkey}\nquorum none\n")
    assert witnessed.own_lines(cosigned(0, 1, 5), read) == cosigned(0)
    assert witnessed.own_lines(cosigned(), read) == cosigned()
    with pytest.raises(FormatError):
        witnessed.own_lines(cosigned(1), parsed(f"witness w0 {W[0].vkey}\nquorum none\n"))


def test_cosignatures_do_not_stand_for_the_log() -> None:
    read = parsed(NESTED)
    alone = note.format(note.Note(TEXT, note.parse(cosigned(0, 1, 5)).signatures[1:]))
    with pytest.raises(UnsignedError):
        witnessed.examine(alone, read)
    with pytest.raises(UnsignedError, match="no log named"):
        witnessed.examine(cosigned(0, 1, 5), parsed(f"{WITNESSES}quorum none\n"))
    other = parsed(NESTED.replace(str(LOG.vkey), str(signer("other", LOG.name).vkey)))
    with pytest.raises(UnsignedError, match="no log named"):
        witnessed.examine(cosigned(0, 1, 5), other)


def test_another_logs_checkpoint_is_not_opened_by_this_logs_key() -> None:
    text = checkpoint.format_text(Checkpoint("ledger.example/other", 3, merkle.leaf_hash(b"")))
    data = note.format(note.sign(text, LOG))
    with pytest.raises(UnsignedError):
        witnessed.examine(data, parsed(f"log {LOG.vkey}\nlog {signer('ledger.example/other').vkey}\nquorum none\n"))


def test_a_spoiled_or_future_cosignature_is_an_error() -> None:
    read = parsed(NESTED)
    signed = note.parse(cosigned(0, 1, 5))
    last = signed.signatures[1]
    spoiled = note.Signature(last.name, last.key_id, last.body[:-1] + bytes([last.body[-1] ^ 1]))
    with pytest.raises(SignatureError):
        witnessed.open(note.format(note.with_signature(signed, spoiled)), read)
    with pytest.raises(SignatureError, match="future"):
        witnessed.open(cosigned(0, 1, 5), read, latest=NOW - 1)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Policies of up to six witnesses in groups of groups."""
    names: list[bytes] = []
    witnesses = []
    for number in range(draw(st.integers(0, 6))):
        names.append(b"w%d" % number)
        witnesses.append(Witness(names[-1], ALL[number].vkey, draw(st.none() | st.just(b"https://w.example"))))
    free, groups = list(names), []
    while free and draw(st.booleans()):
        members = draw(st.lists(st.sampled_from(free), min_size=1, unique=True))
        free = [name for name in free if name not in members]
        groups.append(Group(b"g%d" % len(groups), draw(st.integers(1, len(members))), tuple(members)))
        free.append(groups[-1].name)
        names.append(groups[-1].name)
    quorum = draw(st.sampled_from([None, *names]))
    logs = (Log(LOG.vkey),) if draw(st.booleans()) else ()
    return Policy(logs, tuple(witnesses), tuple(groups), quorum)


@given(policies())
def test_every_policy_comes_back_from_its_text(made: Policy) -> None:
    assert policy.parse(policy.format(made)) == made


@given(policies(), st.sets(st.integers(0, 5)), st.sets(st.integers(0, 5)))
def test_more_cosignatures_never_break_a_quorum(made: Policy, some: set[int], more: set[int]) -> None:
    groups = {group.name: group for group in made.groups}

    def holds(name: bytes, numbers: set[int]) -> bool:
        group = groups.get(name)
        if group is None:
            return int(name[1:]) in numbers
        return sum(holds(member, numbers) for member in group.members) >= group.threshold

    assert met(made, *some) == (made.quorum is None or holds(made.quorum, some))
    assert met(made, *some) <= met(made, *some, *more)


@given(say.spoiled(NESTED.encode()) | st.binary(max_size=80))
@settings(max_examples=trials(300))
def test_garbage_is_refused_or_a_policy(data: bytes) -> None:
    try:
        read = policy.parse(data)
    except FormatError:
        return
    assert policy.parse(policy.format(read)) == read


@given(say.spoiled(cosigned(0, 1, 3)))
@settings(max_examples=trials(200))
def test_a_spoiled_checkpoint_is_refused_or_of_the_same_text(data: bytes) -> None:
    try:
        found = witnessed.open(data, parsed(NESTED))
    except FormatError:
        return
    assert found.checkpoint == checkpoint.parse_text(TEXT)
