from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.seal import merkle, spans
from ledger.seal.merkle import ProofError

LEAVES = [sha256(bytes([number])).digest() for number in range(70)]


@given(st.integers(1, 70), st.data())
def test_proofs_from_a_stream_are_those_from_all_leaves(size: int, data: st.DataObject) -> None:
    leaves = LEAVES[:size]
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    assert spans.prove(spans.inclusion(index, size), iter(leaves)) == merkle.inclusion_proof(index, leaves)
    assert spans.prove(spans.consistency(old, size), iter(LEAVES)) == merkle.consistency_proof(old, leaves)


def test_long_spans_are_hashed_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "BLOCK", 7)
    for index in range(0, 70, 9):
        assert spans.prove(spans.inclusion(index, 70), LEAVES) == merkle.inclusion_proof(index, LEAVES)


def test_leaves_behind_the_proof_are_not_read() -> None:
    stream = iter(LEAVES)
    spans.prove([(2, 4)], stream)
    assert next(stream) == LEAVES[4]


def test_what_cannot_be_proven() -> None:
    for index, size in ((1, 1), (-1, 3), (0, 0), (True, 3)):
        with pytest.raises(ProofError):
            spans.inclusion(index, size)
    for old, size in ((0, 3), (4, 3), (True, 3)):
        with pytest.raises(ProofError):
            spans.consistency(old, size)
    with pytest.raises(ProofError, match="has 70 leaves"):
        spans.prove([(64, 71)], LEAVES)
    with pytest.raises(ProofError):
        spans.prove([(0, 1)], [b"short"])
