"""Exact moments: against fractions, in any order and from any parts."""

from fractions import Fraction

import numpy as np
import pytest

from poolcli.maps.moments import Moments, Statistics

KINDS = ("normal", "wide", "ends", "integers", "zeros", "single")


def values_of(name):
    rng = np.random.default_rng(0)
    cases = {
        "normal": rng.standard_normal(300),
        "wide": rng.standard_normal(200) * 10.0 ** rng.integers(-300, 300, 200),
        "ends": np.array([5e-324, 1.7e308, -1.7e308, 1e-310, -0.0]),
        "integers": rng.integers(0, 65536, 9000).astype(float),
        "zeros": np.zeros(4),
        "single": np.array([-3e38]),
    }
    return cases[name]


@pytest.mark.parametrize("name", KINDS)
def test_sums_are_exact(name):
    values = values_of(name)
    exact = [Fraction(each) for each in values.tolist()]
    found = Moments.of(values)
    assert (found.low, found.high, found.number) == (values.min(), values.max(), values.size)
    assert Fraction(found.total, 2**1074) == sum(exact)
    assert Fraction(found.squares, 2**2148) == sum(each * each for each in exact)


@pytest.mark.parametrize("name", KINDS)
def test_parts_in_any_order_are_the_whole(name):
    rng, values = np.random.default_rng(1), values_of(name)
    for _ in range(3):
        found = Moments()
        for part in np.array_split(rng.permutation(values), 5):
            found = found.joined_to(Moments.of(part))
        assert found == Moments.of(values)


@pytest.mark.parametrize("name", ["normal", "integers", "zeros", "single"])
def test_statistics_are_those_of_numpy(name):
    values = values_of(name)
    found = Moments.of(values).statistics
    assert found.mean == pytest.approx(values.mean(), rel=1e-12, abs=1e-300)
    assert found.deviation == pytest.approx(values.std(), rel=1e-12, abs=1e-300)


def test_nothing_overflows():
    found = Moments.of(np.array([1.7e308, -1.7e308])).statistics
    assert found == Statistics(-1.7e308, 1.7e308, 0.0, 1.7e308)


def test_no_values_have_no_range():
    assert Moments.of(np.zeros(0)).statistics == Statistics(np.inf, -np.inf, 0.0, 0.0)


def test_a_range_needs_no_sums():
    assert Moments.of(np.array([2.0, 5.0]), sums=False) == Moments(2.0, 5.0, 2)
