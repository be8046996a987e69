from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.origin.shares import NONE, WHOLE, Origin, Range, _extreme, join, mix, performed, weights
from ledger.rules.content import Amount
from tests.trials import trials

close = pytest.approx


def exact(milligrams: float) -> Range:
    return (milligrams, milligrams, milligrams)


def mined(**shares: float) -> Origin:
    return Origin({"mine": {place: exact(share) for place, share in shares.items()}}, {}, {})


# --- Joining places


@pytest.mark.parametrize(
    ("key", "place", "expected"),
    [
        (NONE, "CN", "CN"),
        ("CN", "CN", "CN"),
        ("MY", "CN", "CN+MY"),
        ("CN", "MY", "CN+MY"),
        ("CN+MY", "AU", "AU+CN+MY"),
        ("CN+MY", "MY", "CN+MY"),
        ("unknown", "CN", "CN+unknown"),
        (NONE, "unknown", "unknown"),
    ],
)
def test_places_join_sorted_and_once(key: str, place: str, expected: str) -> None:
    assert join(key, place) == expected


def test_a_stage_is_performed_on_everything() -> None:
    before = {"mine": {"AU": WHOLE}}
    once = performed(before, "separate", "MY")
    assert once == {"mine": {"AU": WHOLE}, "separate": {"MY": WHOLE}}
    assert before == {"mine": {"AU": WHOLE}}
    twice = performed(once, "separate", "CN")
    assert twice["separate"] == {"CN+MY": WHOLE}


def test_shares_that_come_to_one_key_add_up() -> None:
    stages = {"separate": {"CN": (0.1, 0.2, 0.4), "CN+MY": (0.2, 0.3, 0.7), NONE: (0.4, 0.5, 0.6)}}
    assert performed(stages, "separate", "MY")["separate"] == {
        "CN+MY": close((0.3, 0.5, 1.0)),
        "MY": close((0.4, 0.5, 0.6)),
    }


# --- Weights


@pytest.mark.parametrize(
    ("amounts", "masses", "expected", "estimated"),
    [
        ([(5, 5, 5), (3, 3, 3)], [10, 10], [(5, 5, 5), (3, 3, 3)], False),
        ([(5, 5, 5), (0, 0, 0)], [10, 10], [(5, 5, 5), (0, 0, 0)], False),
        # Blank in one: its best figure is nothing, its range is open.
        ([(5, 5, 5), (0, 0, 4)], [10, 10], [(5, 5, 5), (0, 0, 4)], True),
        # Missing in one: it holds the element as the measured ones do on the average, so its share is that of its mass.
        ([(5, 5, 5), (0, None, 30)], [10, 30], [(5, 5, 5), (0, 15, 30)], True),
        ([(5, 5, 5), (0, None, 9)], [10, 30], [(5, 5, 5), (0, 9, 9)], True),
        # But not for what cannot hold any.
        ([(0, 0, 0), (0, None, 30)], [10, 30], [(0, 0, 0), (0, 30, 30)], True),
        # Nothing known of any: gross masses again.
        ([(0, 0, 4), (0, 0, 4)], [10, 30], [(0, 10, 4), (0, 30, 4)], True),
        # None anywhere.
        ([(0, 0, 0), (0, 0, 0)], [10, 30], [(0, 0, 0), (0, 0, 0)], True),
    ],
)
def test_what_each_input_brings(
    amounts: list[tuple[float, float | None, float]],
    masses: list[int],
    expected: list[Range],
    estimated: bool,
) -> None:
    assert weights([Amount(*item) for item in amounts], masses) == (expected, estimated)


# --- Mixing


def test_shares_mix_by_the_elements_mass() -> None:
    mixed = mix([mined(AU=1), mined(CN=0.5, US=0.5)], [exact(60), exact(40)], estimated=False)
    assert mixed.stages["mine"] == {"AU": close(exact(0.6)), "CN": close(exact(0.2)), "US": close(exact(0.2))}
    assert not mixed.estimated


def test_what_passed_no_such_stage_is_none() -> None:
    parts = [Origin({"separate": {"MY": WHOLE}}, {}, {}), Origin({}, {}, {})]
    assert mix(parts, [exact(1), exact(3)], estimated=False).stages == {
        "separate": {"MY": close(exact(0.25)), NONE: close(exact(0.75))}
    }


def test_declared_shares_and_ways_mix_too() -> None:
    parts = [
        Origin({}, {"mine": 1.0}, {"mined": (1.0, 0.0, 1.0, 1.0)}),
        Origin({}, {}, {"mined": (0.0, 1.0, 0.0, 0.0), "owned": (0.5, 0.0, 0.25, 0.75)}),
    ]
    mixed = mix(parts, [exact(1), exact(3)], estimated=False)
    assert mixed.declared == close({"mine": 0.25})
    assert mixed.ways == {
        "mined": close((0.25, 0.75, 0.25, 0.25)),
        "owned": close((0.375, 0.0, 0.1875, 0.5625)),
    }


def test_one_estimate_makes_the_whole_one() -> None:
    part = Origin({}, {}, {}, estimated=True)
    assert mix([part, mined(AU=1)], [exact(1), exact(1)], estimated=False).estimated
    assert mix([mined(AU=1)], [exact(1)], estimated=True).estimated


def test_a_range_spans_what_the_weights_allow() -> None:
    mixed = mix([mined(AU=1), mined(CN=1)], [exact(60), (0, 40, 40)], estimated=True)
    assert mixed.stages["mine"] == {"AU": close((0.6, 0.6, 1.0)), "CN": close((0.0, 0.4, 0.4))}


def test_ranges_of_the_parts_carry_through() -> None:
    part = Origin({"mine": {"AU": (0.5, 0.6, 0.9), "CN": (0.1, 0.4, 0.5)}}, {}, {})
    mixed = mix([part, mined(AU=1)], [exact(1), exact(1)], estimated=False)
    assert mixed.stages["mine"] == {"AU": close((0.75, 0.8, 0.95)), "CN": close((0.05, 0.2, 0.25))}


# --- The extremes of a weighted mean with uncertain weights, against trying every corner

unit = st.integers(0, 8).map(lambda n: n / 8)
spans = st.tuples(st.integers(0, 6), st.integers(0, 6)).map(lambda pair: (float(min(pair)), 0.0, float(max(pair))))
problems = st.integers(1, 5).flatmap(
    lambda n: st.tuples(st.lists(unit, min_size=n, max_size=n), st.lists(spans, min_size=n, max_size=n))
)


def corners(values: list[float], amounts: list[Range]) -> list[float]:
    """The mean at every corner of the box of weights that has any weight."""
    means = []
    for chosen in product(*((low, high) for low, _mid, high in amounts)):
        if sum(chosen) > 0:
            means.append(sum(w * v for w, v in zip(chosen, values, strict=True)) / sum(chosen))
    return means


@given(problems)
@settings(max_examples=trials(300))
def test_the_extremes_are_those_of_the_corners(problem: tuple[list[float], list[Range]]) -> None:
    values, amounts = problem
    means = corners(values, amounts)
    if not means:
        assert _extreme(values, amounts, greatest=True) == _extreme(values, amounts, greatest=False) == 0.0
        return
    assert _extreme(values, amounts, greatest=True) == close(max(means))
    assert _extreme(values, amounts, greatest=False) == close(min(means))


@given(problems, st.data())
def test_no_weights_within_the_ranges_do_better(problem: tuple[list[float], list[Range]], data: st.DataObject) -> None:
    values, amounts = problem
    chosen = [data.draw(st.floats(low, high)) for low, _mid, high in amounts]
    if sum(chosen) > 1e-6:
        mean = sum(w * v for w, v in zip(chosen, values, strict=True)) / sum(chosen)
        assert mean <= _extreme(values, amounts, greatest=True) + 1e-9
        assert mean >= _extreme(values, amounts, greatest=False) - 1e-9


parts = st.lists(st.tuples(unit, st.integers(1, 9), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=4)


@given(parts, st.booleans())
def test_mixed_shares_sum_to_one_and_lie_in_their_ranges(
    drawn: list[tuple[float, int, int, int]], estimated: bool
) -> None:
    origins = [mined(AU=share, CN=1 - share) for share, _mid, _down, _up in drawn]
    ranges = [(max(mid - down, 0.0), float(mid), float(mid + up)) for _share, mid, down, up in drawn]
    shares = mix(origins, ranges, estimated=estimated).stages["mine"]
    assert sum(mid for _low, mid, _high in shares.values()) == close(1.0)
    for low, mid, high in shares.values():
        assert -1e-9 <= low <= mid + 1e-9
        assert mid <= high + 1e-9 <= 1 + 2e-9
