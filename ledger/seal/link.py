"""What lies in the key store in place of a private key that is held elsewhere: where it is held, and its public half.

    monazite/key-link@v1 {"held":"pkcs11","module":"/usr/lib/softhsm/libsofthsm2.so","token":"plant","vkey":"lynas+..."}

One line, JSON in its one canonical spelling after the first word. It holds no secret: a PIN is asked for, or read from the
environment variable that it names.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from ledger.errors import FormatError
from ledger.seal.canonical import split_path
from ledger.seal.keys import VerifierKey

MARK: Final = b"monazite/key-link@v1 "
MAX_LINK: Final = 16_384
_Text = Annotated[str, Meta(min_length=1, max_length=4096, pattern=r"^[^\x00-\x1f\x7f]+(?![\s\S])")]
_Variable = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}(?![\s\S])")]


class InAgent(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, tag="agent", tag_field="held"
):
    """In ssh-agent, under its public half.

    Attributes:
        vkey: the verifier key, with its name.
    """

    vkey: _Text


class OnToken(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, tag="pkcs11", tag_field="held"
):
    """On a PKCS#11 token, under its public half.

    Attributes:
        vkey: the verifier key, with its name.
        module: path of the library that speaks to the token.
        token: the token's label.
        pin_env: environment variable that has the PIN; None where it is `DEFAULT_PIN`.
    """

    vkey: _Text
    module: _Text
    token: _Text
    pin_env: _Variable | None = None


Link = InAgent | OnToken
_decoder: msgspec.json.Decoder[Link] = msgspec.json.Decoder(Link)
_encoder = msgspec.json.Encoder(order="sorted")


def is_link(data: bytes) -> bool:
    """Whether a file of the key store claims to be a link."""
    return data.startswith(MARK)


def format(link: Link) -> bytes:  # noqa: A001  (parse and format are the pair's names wherever notes are read)
    """Write a link; `parse` gives it back.

    Raises:
        FormatError: a member that could not be read again.
    """
    data = MARK + _encoder.encode(link) + b"\n"
    parse(data, VerifierKey.parse(link.vkey).name)
    return data


def parse(data: bytes, name: str) -> Link:
    """Read the link of the key of this name.

    Raises:
        FormatError: too large, not one line of this form, or the link of another key.
        WeakKeyError: the gate refuses its public key.
    """
    if len(data) > MAX_LINK:
        raise FormatError(f"a link has at most {MAX_LINK} bytes")
    if not (is_link(data) and data.endswith(b"\n")):
        raise FormatError("a link is one line that begins with monazite/key-link@v1")
    body = data[len(MARK) : -1]
    try:
        link = _decoder.decode(body)
    except msgspec.ValidationError as error:
        message, field = split_path(str(error))
        raise FormatError(message, field=field) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FormatError(f"not JSON: {error}") from error
    if _encoder.encode(link) != body:
        raise FormatError("not the canonical spelling")
    if VerifierKey.parse(link.vkey).name != name:
        raise FormatError(f"this is a link to {link.vkey}, not to a key named {name}")
    return link
