"""The nodes above 16 subtrees that stand side by side in a page of the map (`ledger.seal.pages`), as `ledger.seal.prefix` hashes them.

How many keys a subtree has decides what stands above it: a node of two keys or more is hashed, one of a single leaf is that
leaf, however high it stands, and one of none is `EMPTY`.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from ledger.seal.merkle import Hash
from ledger.seal.prefix import node_hash


def top(counts: Sequence[int], hashes: Sequence[Hash]) -> Hash:
    """The hash of the node above 16 subtrees.

    Args:
        counts: how many keys each has; of two or more, any number above 1 does.
        hashes: of each, `EMPTY` where it has no keys.
    """
    # Written out, because a loop over lists took a quarter more time, and this is most of what bulk intake pays for the map.
    a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p = hashes  # noqa: E741  (the twelfth of 16)
    na, nb, nc, nd, ne, nf, ng, nh, ni, nj, nk, nl, nm, nn, no, np = counts
    a = sha256(b"\x03" + a + b).digest() if na + nb > 1 else a if na else b
    c = sha256(b"\x03" + c + d).digest() if nc + nd > 1 else c if nc else d
    e = sha256(b"\x03" + e + f).digest() if ne + nf > 1 else e if ne else f
    g = sha256(b"\x03" + g + h).digest() if ng + nh > 1 else g if ng else h
    i = sha256(b"\x03" + i + j).digest() if ni + nj > 1 else i if ni else j
    k = sha256(b"\x03" + k + l).digest() if nk + nl > 1 else k if nk else l
    m = sha256(b"\x03" + m + n).digest() if nm + nn > 1 else m if nm else n
    o = sha256(b"\x03" + o + p).digest() if no + np > 1 else o if no else p
    na, nc, ne, ng, ni, nk, nm, no = na + nb, nc + nd, ne + nf, ng + nh, ni + nj, nk + nl, nm + nn, no + np
    a = sha256(b"\x03" + a + c).digest() if na + nc > 1 else a if na else c
    e = sha256(b"\x03" + e + g).digest() if ne + ng > 1 else e if ne else g
    i = sha256(b"\x03" + i + k).digest() if ni + nk > 1 else i if ni else k
    m = sha256(b"\x03" + m + o).digest() if nm + no > 1 else m if nm else o
    na, ne, ni, nm = na + nc, ne + ng, ni + nk, nm + no
    a = sha256(b"\x03" + a + e).digest() if na + ne > 1 else a if na else e
    i = sha256(b"\x03" + i + m).digest() if ni + nm > 1 else i if ni else m
    na, ni = na + ne, ni + nm
    return sha256(b"\x03" + a + i).digest() if na + ni > 1 else a if na else i


def above(counts: Sequence[int], hashes: Sequence[Hash]) -> Hash:
    """The same of 1, 2, 4, 8 or 16 subtrees side by side."""
    while len(hashes) > 1:
        left, right = hashes[::2], hashes[1::2]
        first = counts[::2]
        counts = [one + other for one, other in zip(first, counts[1::2], strict=True)]
        hashes = [
            node_hash(a, b) if count > 1 else a if one else b
            for a, b, one, count in zip(left, right, first, counts, strict=True)
        ]
    return hashes[0]
