"""Ed25519: the one rule of acceptance, for log, parties and witnesses alike.

Libraries disagree about which Ed25519 signatures are valid. OpenSSL, Node and browsers accept public keys of low order
(with the identity as the key, any message verifies), keys not canonically encoded, and R of low order; libsodium does
not. A signature that one verifier accepts and another refuses forks the ledger, so a gate in this module decides before
any library is asked (RFC 8032 sections 5.1.3 and 5.1.7, with the choices that they leave open):

1. The public key A and the signature's R are canonical encodings (y < p) and not one of the 8 points of low order.
2. A is a point of the curve, and S < L.
3. [S]B = R + [k]A without the cofactor, which is what the libraries compute. Keys of mixed order are left as they are.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.errors import FormatError

KEY_SIZE: Final = 32
SIGNATURE_SIZE: Final = 64

_P: Final = 2**255 - 19  # the field (RFC 8032 section 5.1)
_L: Final = 2**252 + 27742317777372353535851937790883648493  # order of the base point
_D: Final = -121665 * pow(121666, -1, _P) % _P  # -x^2 + y^2 = 1 + d x^2 y^2
_Y8: Final = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
# y of the 8 torsion points: the identity, order 2, both of order 4, all four of order 8. The sign of x does not matter.
_LOW_ORDER_Y: Final = frozenset({1, _P - 1, 0, _Y8, _P - _Y8})


class WeakKeyError(FormatError):
    """A public key that the acceptance rule refuses."""


class WeakSignatureError(FormatError):
    """A signature whose R or S the acceptance rule refuses, whatever it signs."""


def check_public_key(key: bytes) -> None:
    """Check 32 bytes as an Ed25519 public key (rule 1 and 2 above; RFC 8032 section 5.1.3).

    Raises:
        WeakKeyError: not 32 bytes, not canonical, of low order, or not on the curve.
    """
    if len(key) != KEY_SIZE:
        raise WeakKeyError(f"an Ed25519 public key has {KEY_SIZE} bytes, not {len(key)}")
    flaw = _point_flaw(key)
    if flaw:
        raise WeakKeyError(f"the public key {flaw}")
    # x^2 = u/v has a root exactly when uv is a square (Euler's criterion). Neither is 0: y = 1 and y = -1 are gone,
    # and with them x = 0 with a sign bit, the last encodings that are not canonical; -1/d is not a square.
    y2 = pow(_y(key), 2, _P)
    if pow((y2 - 1) * (_D * y2 + 1), (_P - 1) // 2, _P) != 1:
        raise WeakKeyError("the public key is not a point of the curve")


def check_signature_point(sig: bytes) -> None:
    """Check a 64-byte signature R || S as far as it stands alone (rules 1 and 2 above; RFC 8032 section 5.1.7).

    That R is on the curve needs no look: rule 3 compares it with the encoding of a point.

    Raises:
        WeakSignatureError: not 64 bytes, R not canonical or of low order, or S not below L.
    """
    if len(sig) != SIGNATURE_SIZE:
        raise WeakSignatureError(f"an Ed25519 signature has {SIGNATURE_SIZE} bytes, not {len(sig)}")
    flaw = _point_flaw(sig[:32])
    if flaw:
        raise WeakSignatureError(f"R of the signature {flaw}")
    if int.from_bytes(sig[32:], "little") >= _L:
        raise WeakSignatureError("S of the signature is not below the group order")


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Decide whether `signature` (64 bytes) is `public_key`'s (32 bytes) over `message`: the whole acceptance rule.

    Malformed or weak input is not a signature: False, never an exception.
    """
    try:
        check_signature_point(signature)
        loaded(public_key).verify(signature, message)
    except (WeakKeyError, WeakSignatureError, InvalidSignature):
        return False
    return True


@lru_cache(maxsize=4096)
def loaded(public_key: bytes) -> Ed25519PublicKey:
    """Gate and parse once per key: a ledger verifies many signatures by few keys."""
    check_public_key(public_key)
    return Ed25519PublicKey.from_public_bytes(public_key)


def _y(point: bytes) -> int:
    return int.from_bytes(point, "little") & (2**255 - 1)


def _point_flaw(point: bytes) -> str:
    """What rule 1 holds against an encoded point of 32 bytes; empty for nothing."""
    y = _y(point)
    if y >= _P:
        return "is not canonical"
    return "is of low order" if y in _LOW_ORDER_Y else ""
