"""Keys on a PKCS#11 token (smart card, HSM, SoftHSM2), through python-pkcs11: which there are, and their signatures.

PKCS#11 3.0: key type CKK_EC_EDWARDS with the parameters of Ed25519 (an OID or a printable string, RFC 8410 section 3 and
PKCS#11 section 2.3.1), mechanism CKM_EDDSA without parameters, which is plain Ed25519. A session lasts for one question, so
that a token which is pulled out or logged out elsewhere is noticed at the next signature and not before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ledger.errors import KeyStoreError, UsageError
from ledger.seal.ed25519 import KEY_SIZE
from ledger.seal.held import Found, matching

if TYPE_CHECKING:
    from pkcs11 import Session

ED25519_PARAMETERS = (bytes.fromhex("06032b6570"), b"\x13\x0cedwards25519")
"""DER of the OID 1.3.101.112 and of the name that PKCS#11 writes instead."""
WRAPPED = (b"\x04\x20", b"\x03\x21\x00", b"")
"""What tokens put before the 32 bytes of a point: an OCTET STRING, as most read the standard, a BIT STRING, or nothing."""
Pin = Callable[[], str]


def keys(module: str, token: str, pin: Pin) -> list[Found]:
    """The token's Ed25519 keys. The PIN is asked for only where no public key shows without it.

    Raises:
        KeyStoreError: no such library or token, a wrong PIN, or the token fails.
        UsageError: the extra `hsm` is not installed.
    """
    with _session(module, token, None) as session:
        found = [item for item, _id in _public(session)]
    if not found:
        with _session(module, token, pin()) as session:
            found = [item for item, _id in _public(session)]
    return found


def sign(module: str, token: str, pin: Pin, public_key: bytes, message: bytes) -> bytes:
    """Have the token sign with one of its keys; 64 bytes.

    Raises:
        KeyStoreError: as `keys`; the key or its private half is not there.
        UsageError: as `keys`.
    """
    with _session(module, token, pin()) as session:
        from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass  # noqa: PLC0415  (an extra)

        public = _public(session)
        meant = matching([item for item, _id in public], public_key, where(token))
        (number,) = [number for item, number in public if item == meant][:1]
        wanted = {
            Attribute.CLASS: ObjectClass.PRIVATE_KEY,
            Attribute.KEY_TYPE: KeyType.EC_EDWARDS,
            Attribute.ID: number,
        }
        held = list(session.get_objects(wanted))  # a search that is not read to its end keeps the session from signing
        for key in held:
            return bytes(key.sign(message, mechanism=Mechanism.EDDSA))  # type: ignore[attr-defined]  # a PrivateKey
    raise KeyStoreError(f"{where(token)} has the public half of {meant.label or meant.fingerprint} only")


def where(token: str) -> str:
    """The holder, for messages."""
    return f"the token {token!r}"


def _public(session: Session) -> list[tuple[Found, bytes]]:
    """Public keys with the id that each shares with its private half."""
    from pkcs11 import Attribute, KeyType, ObjectClass  # noqa: PLC0415  (an extra)

    found: list[tuple[Found, bytes]] = []
    for key in session.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.KEY_TYPE: KeyType.EC_EDWARDS}):
        point = bytes(key[Attribute.EC_POINT])
        if bytes(key[Attribute.EC_PARAMS]) in ED25519_PARAMETERS and point[:-KEY_SIZE] in WRAPPED:
            found.append((Found(point[-KEY_SIZE:], _text(key, Attribute.LABEL)), bytes(key[Attribute.ID])))
    return found


def _text(key: Any, attribute: Any) -> str:  # noqa: ANN401  (the library's own kinds)
    return str(key[attribute])


@contextmanager
def _session(module: str, token: str, pin: str | None) -> Iterator[Session]:
    try:
        import pkcs11  # noqa: PLC0415  (an extra)
        from pkcs11 import exceptions  # noqa: PLC0415
    except ImportError as error:
        raise UsageError("keys on a PKCS#11 token need python-pkcs11: pip install 'monazite[hsm]'") from error
    try:
        library = pkcs11.lib(module)
        with library.get_token(token_label=token).open(user_pin=pin) as session:
            yield session
    except exceptions.NoSuchToken as error:
        labels = sorted(slot.get_token().label for slot in library.get_slots(token_present=True))
        listed = ", ".join(label.strip() for label in labels if label.strip()) or "none"
        raise KeyStoreError(f"{module} has no token labelled {token!r}; it has {listed}") from error
    except exceptions.PinIncorrect as error:
        raise KeyStoreError(
            f"wrong PIN for {where(token)}; nothing was signed. Most tokens lock after a few wrong ones."
        ) from error
    except exceptions.PinLocked as error:
        raise KeyStoreError(f"{where(token)} is locked: its PIN was wrong too often") from error
    except (pkcs11.PKCS11Error, RuntimeError) as error:
        said = str(error) or type(error).__name__
        raise KeyStoreError(f"{where(token)} through {module} fails: {said}") from error
