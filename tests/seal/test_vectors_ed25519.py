"""The acceptance rule against published vectors and against a small Ed25519 written here for the purpose.

The reference follows RFC 8032 section 5.1 with plain integers and shares nothing with the library: it decodes
leniently, takes orders by multiplying, and evaluates [S]B = R + [k]A without the cofactor.
"""

from __future__ import annotations

import json
from hashlib import sha512
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.seal import ed25519, keys
from ledger.seal.ed25519 import WeakKeyError, WeakSignatureError

VECTORS = Path(__file__).parents[2] / "fixtures" / "vectors"
EDGE: list[dict[str, Any]] = json.loads((VECTORS / "ed25519-edge.json").read_bytes())
WYCHEPROOF: dict[str, Any] = json.loads((VECTORS / "wycheproof" / "ed25519_test.json").read_bytes())

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point: TypeAlias = tuple[int, int, int, int]  # extended homogeneous coordinates, RFC 8032 section 5.1.4
IDENTITY: Point = (0, 1, 1, 0)


def add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(*terms: tuple[int, Point]) -> Point:
    """Sum of scalar times point, all scalars bit by bit together."""
    total = IDENTITY
    for bit in reversed(range(max(scalar.bit_length() for scalar, _ in terms) or 1)):
        total = add(total, total)
        for scalar, point in terms:
            if scalar >> bit & 1:
                total = add(total, point)
    return total


def negate(p: Point) -> Point:
    return (-p[0] % P, p[1], p[2], -p[3] % P)


def same(p: Point, q: Point) -> bool:
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 == (p[1] * q[2] - q[1] * p[2]) % P


def encode(p: Point) -> bytes:
    z = pow(p[2], -1, P)
    return (p[1] * z % P | (p[0] * z % P & 1) << 255).to_bytes(32, "little")


def decode(data: bytes) -> Point | None:
    """Decode a point leniently: y is reduced, and x = 0 takes either sign. None: not on the curve."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, (number & 2**255 - 1) % P
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x2) % P:
        return None
    if x & 1 != sign:
        x = -x % P
    return (x, y, 1, x * y % P)


BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
assert BASE is not None


def low_order(data: bytes) -> bool:
    point = decode(data)
    return point is not None and same(multiply((8, point)), IDENTITY)


def canonical(data: bytes) -> bool:
    point = decode(data)
    return point is not None and encode(point) == data


def cofactorless(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """[S]B - [k]A == R, the hash over the bytes as they came; S < L."""
    assert BASE is not None
    a, r = decode(public_key), decode(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or len(signature) != 64 or s >= L:
        return False
    k = int.from_bytes(sha512(signature[:32] + public_key + message).digest(), "little") % L
    return same(multiply((s, BASE), (k, negate(a))), r)


def rule(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """The acceptance rule, by the reference alone."""
    points = (public_key, signature[:32])
    sound = len(signature) == 64 and all(canonical(point) and not low_order(point) for point in points)
    return sound and cofactorless(public_key, message, signature)


def parts(case: dict[str, Any]) -> tuple[bytes, bytes, bytes]:
    return bytes.fromhex(case["key"]), case["msg"].encode(), bytes.fromhex(case["sig"])


def test_the_vectors_are_all_there() -> None:
    assert len({case["number"] for case in EDGE}) == len(EDGE) == 457
    assert sum(len(group["tests"]) for group in WYCHEPROOF["testGroups"]) == WYCHEPROOF["numberOfTests"] == 151


def test_every_edge_case_is_decided_as_the_rule_says() -> None:
    refusing = {"low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R", "low_order_residue"}
    accepted = 0
    for case in EDGE:
        key, message, signature = parts(case)
        by_flags = not refusing & set(case["flags"] or ())
        by_reference = rule(key, message, signature)
        decided = ed25519.verify(key, message, signature)
        assert (decided, by_reference) == (by_flags, by_flags), case["number"]
        accepted += decided
    assert accepted == 7  # points of mixed order that leave no residue


def test_the_reference_and_the_flags_agree_on_the_equation() -> None:
    for case in EDGE:
        flags = set(case["flags"] or ())
        if "reencoded_k" not in flags:  # those hash other bytes than the ones they came as
            assert cofactorless(*parts(case)) == ("low_order_residue" not in flags), case["number"]


def test_the_gate_names_the_flaw_that_the_flags_name() -> None:
    for case in EDGE:
        key, _, signature = parts(case)
        flags = set(case["flags"] or ())
        assert (low_order(key), low_order(signature[:32])) == ("low_order_A" in flags, "low_order_R" in flags)
        if named := flaws(flags, "A"):
            with pytest.raises(WeakKeyError, match=named):
                ed25519.check_public_key(key)
        else:
            ed25519.check_public_key(key)
        if named := flaws(flags, "R"):
            with pytest.raises(WeakSignatureError, match=named):
                ed25519.check_signature_point(signature)
        else:
            ed25519.check_signature_point(signature)


def flaws(flags: set[str], point: str) -> str:
    """Match any of the flaws that the flags give a point; the gate names the first it meets."""
    names = {f"non_canonical_{point}": "not canonical", f"low_order_{point}": "of low order"}
    return "|".join(name for flag, name in names.items() if flag in flags)


def test_the_library_alone_accepts_what_the_rule_refuses() -> None:
    accepted = []
    for case in EDGE:
        key, message, signature = parts(case)
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        except InvalidSignature:
            continue
        accepted.append(ed25519.verify(key, message, signature))
    assert accepted.count(False) > 20
    assert accepted.count(True) == 7


@pytest.mark.parametrize(
    ("case", "public_key"),
    [
        pytest.param(case, bytes.fromhex(group["publicKey"]["pk"]), id=str(case["tcId"]))
        for group in WYCHEPROOF["testGroups"]
        for case in group["tests"]
    ],
)
def test_wycheproof(case: dict[str, Any], public_key: bytes) -> None:
    """No case of this file is valid there and refused by the gate, so every result must agree."""
    message, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
    assert ed25519.verify(public_key, message, signature) == (case["result"] == "valid")
    assert rule(public_key, message, signature) == (case["result"] == "valid")


def torsion_encodings() -> set[bytes]:
    """Every encoding, canonical or not, of a point whose order divides 8."""
    found = set()
    for y in (*range(-40, 0), *range(40)):
        found |= {y % P, y % P + P}
    octic = decode(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"))
    assert octic is not None
    found |= {int.from_bytes(encode(multiply((n, octic))), "little") & 2**255 - 1 for n in range(8)}
    encodings = {(y | sign << 255).to_bytes(32, "little") for y in found if y < 2**255 for sign in (0, 1)}
    return {data for data in encodings if low_order(data)}


def test_every_encoding_of_a_torsion_point_is_refused_as_key_and_as_r() -> None:
    encodings = torsion_encodings()
    assert len(encodings) == 14
    assert len({encode(point) for data in encodings if (point := decode(data))}) == 8
    for data in encodings:
        with pytest.raises(WeakKeyError):
            ed25519.check_public_key(data)
        with pytest.raises(WeakSignatureError):
            ed25519.check_signature_point(data + bytes(32))


def test_the_curve_test_agrees_with_the_reference() -> None:
    on = 0
    for n in range(2, 300):
        data = sha512(bytes([n % 256, n // 256])).digest()[:32]
        try:
            ed25519.check_public_key(data)
        except WeakKeyError:
            assert decode(data) is None
        else:
            assert decode(data) is not None
            on += 1
    assert 100 < on < 200  # about half of all y


def test_a_signature_with_s_plus_l_is_refused() -> None:
    seed_key = keys.SigningKey.from_seed("example.com/key", bytes(range(32)))
    signature = seed_key.sign(b"message")
    s = int.from_bytes(signature[32:], "little")
    assert ed25519.verify(seed_key.vkey.public_key, b"message", signature)
    malleated = signature[:32] + (s + L).to_bytes(32, "little")
    assert not ed25519.verify(seed_key.vkey.public_key, b"message", malleated)
    with pytest.raises(WeakSignatureError, match="not below the group order"):
        ed25519.check_signature_point(malleated)
