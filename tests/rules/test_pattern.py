from __future__ import annotations

from math import erfc, exp, isclose, log, sqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.rules.pattern import Fit, Part, chi_square, compare, mixed, sigmas

NAMES = ("La", "Ce", "Pr", "Nd", "Sm", "Gd", "Dy", "Y")
values = st.floats(1e-9, 1e3)
uncertainties = st.floats(0.005, 0.6)
factors = st.floats(1e-6, 1e6)
patterns = st.dictionaries(st.sampled_from(NAMES), st.builds(Part, values, uncertainties), min_size=2)
odd_patterns = st.dictionaries(
    st.sampled_from(NAMES), st.builds(Part, st.floats(0, 1e12), st.floats(0, 10)), max_size=len(NAMES)
)


def close(one: float, other: float) -> bool:
    return isclose(one, other, rel_tol=1e-6, abs_tol=1e-6)


def scaled(pattern: dict[str, Part], by: dict[str, float]) -> dict[str, Part]:
    return {name: Part(part.value * by[name], part.u) for name, part in pattern.items()}


@given(patterns, patterns, factors, factors)
def test_units_and_totals_do_not_count(one: dict[str, Part], other: dict[str, Part], left: float, right: float) -> None:
    there = compare(scaled(one, dict.fromkeys(one, left)), scaled(other, dict.fromkeys(other, right)))
    assert close(there.distance, compare(one, other).distance)


@given(patterns, patterns, st.fixed_dictionaries({name: st.floats(1e-3, 1e3) for name in NAMES}))
def test_what_changes_both_alike_changes_no_distance(
    one: dict[str, Part], other: dict[str, Part], by: dict[str, float]
) -> None:
    assert close(compare(scaled(one, by), scaled(other, by)).distance, compare(one, other).distance)


@given(patterns, patterns)
def test_the_distance_is_the_same_from_both_ends(one: dict[str, Part], other: dict[str, Part]) -> None:
    there, back = compare(one, other), compare(other, one)
    assert close(there.distance, back.distance)
    assert there.apart.keys() == back.apart.keys()
    assert all(close(there.apart[name], -back.apart[name]) for name in there.apart)


@given(patterns)
def test_a_pattern_is_at_no_distance_from_itself(pattern: dict[str, Part]) -> None:
    fit = compare(pattern, pattern)
    assert close(fit.distance, 0)
    assert fit.freedom == len(pattern) - 1


@given(patterns, st.sampled_from(NAMES), st.floats(1, 1e3), st.floats(1, 1e3))
def test_the_further_one_part_goes_the_greater_the_distance(
    pattern: dict[str, Part], name: str, first: float, further: float
) -> None:
    assume(name in pattern)
    near = {**pattern, name: Part(pattern[name].value * first, pattern[name].u)}
    far = {**pattern, name: Part(pattern[name].value * first * further, pattern[name].u)}
    assert compare(far, pattern).distance >= compare(near, pattern).distance * (1 - 1e-9) - 1e-9


@given(odd_patterns, odd_patterns)
def test_any_pattern_can_be_compared(one: dict[str, Part], other: dict[str, Part]) -> None:
    fit = compare(one, other)
    assert fit.distance >= 0
    assert all(one[name].value > 0 < other[name].value for name in fit.apart)


@given(patterns, patterns)
def test_it_is_the_mahalanobis_distance_in_log_ratio_coordinates(one: dict[str, Part], other: dict[str, Part]) -> None:
    """Against log-ratios to the last part with their full covariance, which is the same distance in another basis."""
    common = [name for name in one if name in other]
    assume(len(common) > 1)
    *others, last = common

    def difference(name: str) -> float:
        return log(one[name].value / other[name].value)

    def variance(name: str) -> float:
        return one[name].u ** 2 + other[name].u ** 2

    y = [difference(name) - difference(last) for name in others]
    covariance = [[variance(last) + (variance(a) if a == b else 0.0) for b in others] for a in others]
    expected = sum(a * b for a, b in zip(y, solved(covariance, y), strict=True))
    assert isclose(compare(one, other).distance, expected, rel_tol=1e-5, abs_tol=1e-5)


def solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gaussian elimination with pivoting."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for at in range(size):
        pivot = max(range(at, size), key=lambda row: abs(rows[row][at]))
        rows[at], rows[pivot] = rows[pivot], rows[at]
        for row in range(size):
            if row != at:
                times = rows[row][at] / rows[at][at]
                rows[row] = [a - times * b for a, b in zip(rows[row], rows[at], strict=True)]
    return [rows[at][-1] / rows[at][at] for at in range(size)]


def test_by_hand() -> None:
    fit = compare({"La": Part(2, 0.1), "Ce": Part(1, 0.1)}, {"La": Part(1, 0.1), "Ce": Part(1, 0.1), "Y": Part(1, 0.1)})
    assert fit.freedom == 1
    assert isclose(fit.distance, log(2) ** 2 / 0.04)
    assert isclose(fit.apart["La"], log(2) / 2 / sqrt(0.02))
    assert isclose(fit.apart["Ce"], -log(2) / 2 / sqrt(0.02))


def test_one_part_or_none_cannot_be_compared() -> None:
    assert compare({}, {"La": Part(1, 0.1)}) == Fit(0.0, {})
    assert compare({"La": Part(1, 0.1)}, {"La": Part(9, 0.1)}).freedom == 0
    assert compare({"La": Part(1, 0.1), "Ce": Part(0, 0.1)}, {"La": Part(9, 0.1), "Ce": Part(1, 0.1)}).distance == 0.0


# Abramowitz and Stegun, Handbook of Mathematical Functions, table 26.8: upper 0.5 % and 0.1 % points.
@pytest.mark.parametrize(
    ("freedom", "z", "expected"),
    [(3, 2.576, 12.838), (9, 2.576, 23.589), (14, 2.576, 31.319), (3, 3.090, 16.266), (9, 3.090, 27.877)],
)
def test_thresholds_are_those_of_the_tables(freedom: int, z: float, expected: float) -> None:
    assert isclose(chi_square(freedom, z), expected, rel_tol=0.02)


def test_more_tests_ask_for_more() -> None:
    assert isclose(sigmas(1), 3.0, rel_tol=1e-9)
    for tests in (2, 10, 105):
        assert isclose(erfc(sigmas(tests) / sqrt(2)) * tests, erfc(3 / sqrt(2)), rel_tol=1e-6)


@given(patterns, st.floats(0.01, 0.99))
def test_a_mixture_of_the_same_is_the_same_and_surer(pattern: dict[str, Part], share: float) -> None:
    both = mixed([(share, pattern), (1 - share, pattern)])
    assert both.keys() == pattern.keys()
    assert all(close(both[name].value, part.value) and both[name].u <= part.u for name, part in pattern.items())


def test_a_mixture_has_what_all_have() -> None:
    first = {"La": Part(0.2, 0.1), "Ce": Part(0.5, 0.1)}
    second = {"La": Part(0.4, 0.2), "Nd": Part(0.1, 0.1)}
    both = mixed([(0.25, first), (0.75, second), (0.0, {})])
    assert list(both) == ["La"]
    assert isclose(both["La"].value, 0.35)
    assert isclose(both["La"].u, sqrt(0.005**2 + 0.06**2) / 0.35)
    assert mixed([]) == mixed([(0.0, first)]) == {}


def test_the_middle_of_the_threshold_is_where_honest_noise_lies() -> None:
    """A pattern that departs by one standard uncertainty everywhere, in alternating directions, is well inside."""
    one = {name: Part(1.0, 0.1) for name in NAMES}
    other = {name: Part(exp(0.1 * (-1) ** at), 0.0) for at, name in enumerate(NAMES)}
    fit = compare(one, other)
    assert isclose(fit.distance, len(NAMES), rel_tol=1e-6)
    assert fit.distance < chi_square(fit.freedom, 2.576)
