"""Numbers of more than 64 bits, against Python's integers and fractions."""

from fractions import Fraction

import numpy as np
import pytest
import twin
from hypothesis import given, settings
from hypothesis import strategies as st

from poolcli.engine.reducers.long_numbers import LongNumbers, LongRatio

LONG = st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3)
LONGS = st.lists(LONG, min_size=1, max_size=5)
COUNTS = st.integers(1, 9) | st.integers(1, 2**46)


def long_numbers(values):
    return LongNumbers.of_integers(np.array(values, np.int64))


def integers(numbers):
    """The whole parts as Python's integers."""
    limbs = np.broadcast_arrays(*numbers.limbs)
    return [
        sum(int(limb) << (32 * place) for place, limb in enumerate(cell))
        for cell in zip(*(limb.ravel() for limb in limbs), strict=True)
    ]


@settings(deadline=None)
@given(LONGS, LONG)
def test_arithmetic(values, other):
    numbers, one = long_numbers(values), long_numbers([other])
    assert integers(numbers) == values
    assert integers(numbers + one) == [value + other for value in values]
    assert integers(numbers - one) == [value - other for value in values]
    assert integers(numbers * one) == [value * other for value in values]


@settings(deadline=None)
@given(LONGS, LONG, COUNTS)
@pytest.mark.parametrize("rounding", ["half-even", "half-up", "half-away", "floor"])
@pytest.mark.parametrize("signed", [True, False])
def test_quotients_are_rounded_once_and_saturate(rounding, signed, values, other, count):
    quotients = LongRatio(long_numbers(values) * long_numbers([other]), (count,))
    least, most = (-(2**63), 2**63 - 1) if signed else (0, 2**64 - 1)
    expected = [
        min(max(twin.round_exact(Fraction(value * other, count), rounding), least), most)
        for value in values
    ]
    assert quotients.integers(rounding, signed=signed).tolist() == expected


@settings(deadline=None)
@given(LONGS, LONG, COUNTS, COUNTS)
def test_floats_are_exact_where_they_can_be_and_else_near(values, other, count, more):
    quotients = LongRatio(long_numbers(values) * long_numbers([other]), (count, more))
    for result, value in zip(quotients.floats().tolist(), values, strict=True):
        exact = Fraction(value * other, count * more)
        nearest = float(exact)
        slack = 0 if nearest == exact else 2.0**-52 * abs(nearest)
        assert abs(result - nearest) <= slack
