"""Arrays of numbers with more than 64 bits: sums and means of 64-bit integers, sums of squares.

A number is its limbs of 32 bits and a fraction, so that products and quotients of limbs fit 64
bits, and nothing is rounded before the result is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from poolcli.maps.array import Array

BITS = 32
LIMB = (1 << BITS) - 1
DIGIT = 16  # bits of a digit in a division: a remainder and a digit fit 64 bits
WHOLE = float(1 << 53)  # from here on float64 has no fractions


@dataclass(frozen=True, eq=False)
class LongNumbers:
    """The numbers sum limbs[i] 2^(32 i) + fraction.

    Limbs are int64, from the lowest up. All but the last are in [0, 2^32); the last has the sign.
    A fraction is in [0, 1).
    """

    limbs: tuple[Array, ...]
    fraction: Array | float = 0.0

    @classmethod
    def of_sums(cls, sums: Sequence[Array]) -> LongNumbers:
        """The numbers sum sums[i] 2^(32 i), of any int64."""
        limbs = [np.asarray(sums[0], np.int64)]
        for each in [*sums[1:], np.zeros((), np.int64)]:
            limbs.append(each + (limbs[-1] >> BITS))
            limbs[-2] = limbs[-2] & LIMB
        return cls(tuple(limbs))

    @classmethod
    def of_integers(cls, x: Array) -> LongNumbers:
        """Integers of up to 64 bits."""
        return cls.of_sums(split(x))

    def __add__(self, other: LongNumbers) -> LongNumbers:
        """The sum with whole numbers."""
        sums = _sums(self.limbs, other.limbs, np.add)
        return LongNumbers(LongNumbers.of_sums(sums).limbs, self.fraction)

    def __sub__(self, other: LongNumbers) -> LongNumbers:
        """The difference from whole numbers."""
        sums = _sums(self.limbs, other.limbs, np.subtract)
        return LongNumbers(LongNumbers.of_sums(sums).limbs, self.fraction)

    def __mul__(self, other: LongNumbers) -> LongNumbers:
        """The product of whole numbers, whose highest limbs have less than 32 bits."""
        sums: list[Any] = [0] * (len(self.limbs) + len(other.limbs))
        for i, a in enumerate(self.limbs):
            for j, b in enumerate(other.limbs):
                low, high = _product(a, b, signed=other._is_top(j) or self._is_top(i))
                sums[i + j] = sums[i + j] + low
                sums[i + j + 1] = sums[i + j + 1] + high
        return LongNumbers.of_sums(sums)

    def over(self, count: Array | int) -> LongNumbers:
        """The quotients by positive integers below 2^47; by 0 it is arbitrary."""
        count = np.asarray(count, np.int64)
        *lower, top = self.limbs
        limbs, rest = [top // count], top % count
        for limb in reversed(lower):
            whole = np.zeros((), np.int64)
            for digit in (limb >> DIGIT, limb & ((1 << DIGIT) - 1)):
                further, rest = np.divmod((rest << DIGIT) + digit, count)
                whole = (whole << DIGIT) + further
            limbs.append(whole)
        fraction = np.minimum((rest + self.fraction) / count, np.nextafter(1.0, 0.0))
        return LongNumbers(LongNumbers.of_sums(limbs[::-1]).limbs, fraction)

    def plus(self, x: Array) -> LongNumbers:
        """The sum with float64 numbers from 0 up to but not 2^95."""
        both = self.fraction + x
        whole = np.floor(both)
        high = np.floor(whole / (LIMB + 1))
        parts = [(whole - high * (LIMB + 1)).astype(np.int64), high.astype(np.int64)]
        summed = LongNumbers(self.limbs) + LongNumbers.of_sums(parts)
        return LongNumbers(summed.limbs, both - whole)

    def floats(self) -> Array:
        """The nearest float64."""
        *lower, top = self.limbs
        high = top.astype(np.float64)
        for limb in lower[:0:-1]:
            high = high * (LIMB + 1) + limb
        high, low = high * (LIMB + 1), lower[0]
        whole = high + low
        # Above 2^53 a fraction decides only whether a number is above the middle of two others.
        beyond: Array = high + (low + 0.5 * (np.asarray(self.fraction) > 0))
        return np.where(np.abs(whole) < WHOLE, whole + self.fraction, beyond)

    def integers(self, rounding: str, *, signed: bool) -> Array:
        """The numbers rounded to int64 or uint64; those beyond are its least or its most."""
        rounded = self + LongNumbers.of_integers(self._rounds_up(rounding).astype(np.int64))
        low, middle, *rest = rounded.limbs
        bits = (middle.astype(np.uint64) << np.uint64(BITS)) | low.astype(np.uint64)
        above = np.zeros((), np.float64)
        for limb in reversed(rest):
            above = np.asarray(above * (LIMB + 1) + limb)
        numbers: Array = bits.view(np.int64) if signed else bits
        fits = np.where(numbers < 0, -1.0, 0.0)  # what the limbs above have in a number that fits
        extremes = np.iinfo(numbers.dtype)
        np.copyto(numbers, extremes.min, where=above < fits)
        np.copyto(numbers, extremes.max, where=above > fits)
        return numbers

    def _rounds_up(self, rounding: str) -> Array:
        fraction = np.asarray(self.fraction)
        if rounding == "floor":
            return np.zeros(fraction.shape, np.bool_)
        if rounding == "half-up":
            return np.asarray(fraction >= 0.5)
        is_odd = (self.limbs[0] & 1) == 1
        ties_up = is_odd if rounding == "half-even" else self.limbs[-1] >= 0
        return np.asarray((fraction > 0.5) | ((fraction == 0.5) & ties_up))

    def _is_top(self, limb: int) -> bool:
        return limb == len(self.limbs) - 1


class LongRatio(NamedTuple):
    """Quotients not yet taken, of long numbers by the product of some counts."""

    total: LongNumbers
    counts: tuple[Array | int, ...]

    def floats(self) -> Array:
        """The quotients in float64: one division where that is exact for both numbers."""
        total, divisor = self.total.floats(), np.ones(())
        for count in self.counts:
            divisor = divisor * count
        one_division = (np.abs(total) < WHOLE) & (divisor < WHOLE)
        return np.where(one_division, total / divisor, self._quotient().floats())

    def integers(self, rounding: str, *, signed: bool) -> Array:
        """The quotients rounded to int64 or uint64."""
        return self._quotient().integers(rounding, signed=signed)

    def _quotient(self) -> LongNumbers:
        quotient = self.total
        for count in self.counts:
            quotient = quotient.over(count)
        return quotient


def split(x: Array) -> tuple[Array, Array]:
    """Integers of up to 64 bits as limbs."""
    wide = x.astype(np.uint64 if x.dtype.kind in "bu" else np.int64)
    high = (wide >> np.array(BITS, wide.dtype)).astype(np.int64)
    return (wide & np.array(LIMB, wide.dtype)).astype(np.int64), high


def _sums(a: Sequence[Array], b: Sequence[Array], function: Any) -> list[Array]:
    nothing = np.zeros((), np.int64)
    length = max(len(a), len(b))
    pairs = zip(
        (*a, *(nothing,) * (length - len(a))), (*b, *(nothing,) * (length - len(b))), strict=True
    )
    return [function(x, y) for x, y in pairs]


def _product(a: Array, b: Array, *, signed: bool) -> tuple[Array, Array]:
    """The low 32 bits and the others of a product of limbs."""
    if signed:
        product = a * b
        return product & LIMB, product >> BITS
    bits = a.astype(np.uint64) * b.astype(np.uint64)
    return (bits & np.uint64(LIMB)).astype(np.int64), (bits >> np.uint64(BITS)).astype(np.int64)
