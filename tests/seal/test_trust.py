from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import FormatError, UnverifiableError
from ledger.seal.cosigner import Cosigner
from ledger.seal.keys import SigningKey, VerifierKey
from ledger.seal.policy import Log, Policy
from ledger.seal.trust import MAX_BYTES, format_policy, parse_policy, parse_trust
from tests import strategies as say
from tests.trials import trials

LOG = SigningKey.from_seed("ledger.example/ree", bytes(31) + b"\x01").vkey
OTHER = SigningKey.from_seed("ledger.example/ree", bytes(31) + b"\x02").vkey
W1, W2 = (Cosigner.ed25519(SigningKey.from_seed(name, sha256(name.encode()).digest())).vkey for name in ("w1", "w2"))
WITNESS = f"witness w1 {W1}"
# the neutral point of the curve, with which any message verifies
WEAK = "ledger.example/ree+aa6d9d8c+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def test_a_policy_comes_back_from_its_text() -> None:
    assert format_policy(LOG) == f"log {LOG}\nquorum none\n".encode()
    assert parse_policy(format_policy(LOG)) == LOG


@pytest.mark.parametrize(
    "text",
    [
        f"{LOG}",
        f"{LOG}\n",
        f"  {LOG}\t\n",
        f"log {LOG}\nquorum none",
        f"quorum none\nlog {LOG}\n",
        f"# a comment\n\n  # another\nlog {LOG} https://ledger.example/ree\nquorum none\n",
        f"log\t{LOG}\n{WITNESS}\nwitness w2 {W2} https://w2.example\ngroup g any w1 w2\nquorum none\n",
    ],
)
def test_policies_of_one_log(text: str) -> None:
    assert parse_policy(text.encode()) == LOG


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "# nothing\n",
        "quorum none\n",
        f"{WITNESS}\nquorum none\n",
        f"log {LOG}\nlog {OTHER}\nquorum none\n",
        f"log {LOG}\nlog {LOG}\nquorum none\n",
        f"{LOG}\n{OTHER}\n",
        f"{LOG}\nquorum none\n",
        f"log\n{LOG}\nquorum none\n",
        f"log {LOG}\nquorum\n",
        f"log {LOG}\nquorum none none\n",
        f"log {LOG}\nwitness w1\nquorum none\n",
        f"log {LOG}\nunknown line\nquorum none\n",
        f"LOG {LOG}\nquorum none\n",
        f"log {str(LOG)[:-1]}\nquorum none\n",
        f"log {WEAK}\nquorum none\n",
        f"{WEAK}\n",
        "not-a-key\n",
    ],
)
def test_other_policies_are_refused(text: str) -> None:
    with pytest.raises(FormatError):
        parse_policy(text.encode())


@pytest.mark.parametrize("quorum", ["w1", "any", "None"])
def test_a_quorum_is_not_passed_over(quorum: str) -> None:
    text = f"log {LOG}\n{WITNESS}\ngroup any any w1\nwitness None {W2}\nquorum {quorum}\n".encode()
    with pytest.raises(UnverifiableError, match="quorum"):
        parse_policy(text)
    assert parse_trust(text).quorum == quorum.encode()


@pytest.mark.parametrize("text", [f"{LOG}\n", f"log {LOG}\nquorum none\n"])
def test_a_policy_of_one_log_is_a_policy(text: str) -> None:
    assert parse_trust(text.encode()) == Policy(logs=(Log(LOG),))


def test_a_key_of_a_log_is_no_witness() -> None:
    with pytest.raises(FormatError, match="signature type 1"):
        parse_policy(f"log {LOG}\nwitness w1 {OTHER}\nquorum none\n".encode())


@pytest.mark.parametrize("rest", ["", f"{WITNESS}\n", f"{WITNESS}\ngroup g all w1\n"])
def test_a_policy_without_a_quorum_line_is_refused(rest: str) -> None:
    # C2SP tlog-policy, Defining the quorum: exactly one quorum line
    with pytest.raises(FormatError):
        parse_policy(f"log {LOG}\n{rest}# quorum w1\n".encode())


def test_a_policy_with_two_quorum_lines_is_refused() -> None:
    with pytest.raises(FormatError):
        parse_policy(f"log {LOG}\nquorum none\nquorum none\n".encode())


@pytest.mark.parametrize("separator", ["\u2028", "\u0085", "\x0b", "\x0c", "\x1c", "\r"])
def test_a_comment_ends_at_a_line_feed_and_nowhere_else(separator: str) -> None:
    # C2SP tlog-policy, Structure and Character set: a key inside a comment must not become the trusted one
    with pytest.raises(FormatError):
        parse_policy(f"# our log is{separator}log {LOG}\nquorum none\n".encode())


def test_the_error_says_file_and_line() -> None:
    with pytest.raises(FormatError) as caught:
        parse_policy(f"# trust\nlog {WEAK}\n".encode(), "trust.txt")
    assert str(caught.value).startswith("trust.txt, line 2: ")


def test_a_policy_is_bounded_text() -> None:
    with pytest.raises(FormatError, match="UTF-8"):
        parse_policy(b"log \xff\n")
    assert parse_policy(b"# \xff\n" + format_policy(LOG)) == LOG  # C2SP tlog-policy, Character set
    padded = format_policy(LOG) + b"#" * (MAX_BYTES - len(format_policy(LOG)))
    assert parse_policy(padded) == LOG
    with pytest.raises(FormatError, match="is the most"):
        parse_policy(padded + b"#")


@given(say.spoiled(format_policy(LOG)) | st.binary(max_size=60) | say.spoiled(str(LOG).encode()))
@settings(max_examples=trials(300))
def test_spoiled_policies_are_refused_or_trust_the_same_key(data: bytes) -> None:
    try:
        trusted = parse_policy(data)
    except (FormatError, UnverifiableError):
        return
    assert isinstance(trusted, VerifierKey)
    assert trusted == LOG
