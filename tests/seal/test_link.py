from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import FormatError
from ledger.seal import link
from ledger.seal.keys import SigningKey
from ledger.seal.link import InAgent, OnToken

VKEY = str(SigningKey.from_seed("lynas", bytes(32)).vkey)
WEAK = "lynas+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
LINKS = [
    InAgent(vkey=VKEY),
    OnToken(vkey=VKEY, module="/usr/lib/softhsm/libsofthsm2.so", token="Plant 1"),  # noqa: S106  (a label)
    OnToken(vkey=VKEY, module="m", token="t", pin_env="PIN"),  # noqa: S106  (a label)
]


@pytest.mark.parametrize("made", LINKS)
def test_a_link_is_read_back(made: InAgent | OnToken) -> None:
    data = link.format(made)
    assert link.is_link(data)
    assert link.parse(data, "lynas") == made


def test_the_example_of_the_module() -> None:
    assert link.format(LINKS[1]).decode() == (
        'monazite/key-link@v1 {"held":"pkcs11","module":"/usr/lib/softhsm/libsofthsm2.so","token":"Plant 1",'
        f'"vkey":"{VKEY}"}}\n'
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "one line"),
        (b'monazite/key-link@v1 {"held":"agent"}\n', "vkey"),
        (b'monazite/key-link@v1 {"held":"cloud","vkey":"x"}\n', "cloud"),
        (b"monazite/key-link@v1 {\n", "not JSON"),
        (b"monazite/key-link@v1 " + b"[" * 10_000 + b"\n", "."),
        (b"monazite/key-link@v1 " + b"x" * 20_000 + b"\n", "at most"),
        (f'monazite/key-link@v1 {{"held":"agent","vkey":"{VKEY}" }}\n'.encode(), "canonical"),
        (f'monazite/key-link@v1 {{"held":"agent","more":1,"vkey":"{VKEY}"}}\n'.encode(), "more"),
        (f'monazite/key-link@v1 {{"held":"agent","vkey":"{VKEY}"}}'.encode(), "one line"),
        (f'monazite/key-link@v1 {{"held":"agent","vkey":"{WEAK}"}}\n'.encode(), "low order"),
        (f'monazite/key-link@v1 {{"held":"pkcs11","module":"a\\nb","token":"t","vkey":"{VKEY}"}}\n'.encode(), "module"),
    ],
)
def test_nothing_else_is(data: bytes, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        link.parse(data, "lynas")


def test_a_link_belongs_to_its_name() -> None:
    with pytest.raises(FormatError, match="not to a key named other"):
        link.parse(link.format(LINKS[0]), "other")
    with pytest.raises(FormatError, match="pin_env"):
        link.format(OnToken(vkey=VKEY, module="m", token="t", pin_env="a b"))  # noqa: S106  (a label)


@given(st.binary(max_size=200), st.integers(0, 2), st.integers(0, 200))
def test_whatever_the_bytes_it_is_a_link_or_an_error(noise: bytes, which: int, at: int) -> None:
    data = link.format(LINKS[which])
    for changed in (noise, link.MARK + noise + b"\n", data[:at] + noise[:3] + data[at + 2 :]):
        try:
            read = link.parse(changed, "lynas")
        except FormatError:
            continue
        assert link.format(read) == changed
