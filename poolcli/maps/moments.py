"""Range, mean and standard deviation of many floats, to the same bits whatever their order.

The sums of the values and of their squares are exact whole numbers, rounded once at the end: those
of parts add up to those of the whole.
"""

from __future__ import annotations

from math import inf, isqrt
from typing import NamedTuple

import numpy as np

from poolcli.maps.array import Array

_UNIT = 1074  # the smallest float64 is 2 to minus this power
_BITS = 18  # of a digit: sums of products of two digits of a block stay below 2^53
_BLOCK = 1 << 13  # values whose digits are summed at once
_PLAIN = 1000  # powers of two that are floats by themselves, as is one divided by them
_ROOT = 128  # bits of a square root beyond those of its whole part


class Statistics(NamedTuple):
    """The range, the mean and the standard deviation of an image."""

    low: float
    high: float
    mean: float
    deviation: float


class Moments(NamedTuple):
    """How many finite values there are, their range, and their exact sums.

    `total` is in units of 2^-1074, and `squares` in units of 2^-2148.

    >>> Moments.of(np.array([1.0, 2.0])).joined_to(Moments.of(np.array([6.0]))).statistics
    Statistics(low=1.0, high=6.0, mean=3.0, deviation=2.160246899469287)
    """

    low: float = inf
    high: float = -inf
    number: int = 0
    total: int = 0
    squares: int = 0

    @classmethod
    def of(cls, values: Array, *, sums: bool = True) -> Moments:
        """Those of finite float64 values; without `sums` only their range."""
        flat = values.ravel()
        if not flat.size:
            return cls()
        low, high = float(flat.min()), float(flat.max())
        if not sums:
            return cls(low, high, flat.size)
        blocks = [_sums(flat[at : at + _BLOCK]) for at in range(0, flat.size, _BLOCK)]
        return cls(low, high, flat.size, *map(sum, zip(*blocks, strict=True)))

    def joined_to(self, other: Moments) -> Moments:
        """Those of the values of both."""
        low, high = min(self.low, other.low), max(self.high, other.high)
        return Moments(low, high, *(a + b for a, b in zip(self[2:], other[2:], strict=True)))

    @property
    def statistics(self) -> Statistics:
        """The statistics, each rounded once; 0 for the mean and the deviation of no values."""
        count = self.number or 1
        spread = count * self.squares - self.total**2  # count^2 times the variance
        root = isqrt(spread << 2 * _ROOT)
        mean, deviation = self.total / (count << _UNIT), root / (count << (_UNIT + _ROOT))
        return Statistics(self.low, self.high, mean, deviation)


def _sums(values: Array) -> tuple[int, int]:
    """The exact sums of a block of values and of their squares, in their units."""
    digits, powers = _digits(values)
    totals = digits.sum(axis=1)
    total = sum(int(each) << (power + _UNIT) for each, power in zip(totals, powers, strict=True))
    products = digits @ digits.T
    squares = sum(
        int(each) << (one + other + 2 * _UNIT)
        for row, one in zip(products, powers, strict=True)
        for each, other in zip(row, powers, strict=True)
    )
    return total, squares


def _digits(values: Array) -> tuple[Array, list[int]]:
    """Values as sums of whole numbers of few bits, times powers of two: (digits, values)."""
    digits, powers, rest = [], [], values
    while True:
        power = max(int(np.frexp(np.abs(rest).max())[1]) - _BITS, -_UNIT)
        digit = np.trunc(_scaled(rest, -power))
        digits.append(digit)
        powers.append(power)
        rest = rest - _scaled(digit, power)
        if not rest.any():
            return np.stack(digits), powers


def _scaled(values: Array, power: int) -> Array:
    """Values times a power of two."""
    return values * 2.0**power if abs(power) < _PLAIN else np.ldexp(values, power)
