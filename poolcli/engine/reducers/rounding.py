"""From the exact result to the dtype of the output: one rounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from poolcli.engine.reducers.long_numbers import LongNumbers, LongRatio
from poolcli.errors import ValueRuleError
from poolcli.maps.array import Array
from poolcli.maps.saturation import note_saturated

if TYPE_CHECKING:
    from numpy.typing import DTypeLike


@dataclass(frozen=True, eq=False)
class Ratio:
    """A quotient not yet taken: one of integers is rounded without leaving the integers.

    `total` is an array of the caller's own, which `rounded` may overwrite. Where it holds integers,
    its dtype also holds the largest total plus `count`.
    """

    total: Array
    count: int | Array

    def value(self) -> Array:
        """The quotient: in double precision for integers, else in the precision of the total."""
        if self.total.dtype.kind != "f":
            return self.total / self.count
        quotient: Array = self.total / np.asarray(self.count, self.total.dtype)
        return quotient

    def rounded(self, rounding: str) -> Array:
        """The quotient of integers as integers."""
        total = self.total
        count = np.asarray(self.count, total.dtype)
        if rounding != "floor":
            total += self._bias(count, rounding)
        total //= count
        return total

    def _bias(self, count: Array, rounding: str) -> Array:
        """What rounding adds to the totals before the division: half a count.

        One less rounds a half down: to an even quotient where that is even already, or away from
        zero where the total is negative.
        """
        is_even = count % 2 == 0
        if rounding == "half-up" or not is_even.any():
            return np.asarray(count // 2)
        if rounding == "half-away":
            return np.asarray(count // 2 - (is_even & (self.total < 0)))
        odd = self.total // count
        odd &= is_even.astype(odd.dtype)
        odd += count // 2 - is_even
        return odd


class Quotient(NamedTuple):
    """How a backend finishes means: each total is divided by a product of one count per axis.

    Where there are `cells`, unsigned 32-bit integers (..., *cells), it is divided by that of its
    cell, and a total over 0 may become anything. If `of_squares`, it is the mean of the squares of
    numbers, in float64, and its root the result.
    """

    counts: tuple[Array, ...]
    rounding: str
    of_squares: bool = False
    cells: Array | None = None

    def states(self, x: Array) -> Array:
        """What is added up."""
        return np.square(x.astype(np.float64)) if self.of_squares else x

    def put(self, total: Array, out: Array) -> bool:
        """Write the means to `out`, rounded once; whether all of them are finite."""
        means = self.of(total)
        put(np.sqrt(means.value()) if self.of_squares else means, out, self.rounding)
        return out.dtype.kind != "f" or bool(np.isfinite(out).all())

    def of(self, total: Array) -> Ratio:
        """The quotients of all cells, not yet taken; one count where all are the same."""
        if self.cells is not None:
            return Ratio(total, self.cells)
        if all((counts == counts[0]).all() for counts in self.counts):
            return Ratio(total, int(np.prod([counts[0] for counts in self.counts])))
        product = self.counts[0]
        for counts in self.counts[1:]:
            product = np.multiply.outer(product, counts)
        return Ratio(total, product)


class Spread(NamedTuple):
    """That a backend is to give variances, or their roots, and how these become integers."""

    root: bool
    rounding: str


class Wrapped(NamedTuple):
    """Numbers of which `period` is the same as 0; NaN where there is no result."""

    numbers: Array
    period: float

    def cast(self, dtype: np.dtype[Any], rounding: str) -> Array:
        """The numbers rounded to a dtype, below the period also where that rounds up to it."""
        if dtype.kind != "f" and np.isnan(self.numbers).any():
            raise ValueRuleError(
                f"angles of a window have no mean direction, which is NaN, and {dtype} has none: "
                "give a float `dtype`"
            )
        whole = dtype.kind in "iu"
        rounded = _rounded(self.numbers, rounding) if whole else self.numbers.astype(dtype)
        wrapped = np.where(rounded >= self.period, np.zeros((), rounded.dtype), rounded)
        return cast(wrapped, dtype, rounding)


Exact = Array | Ratio | LongNumbers | LongRatio | Wrapped  # results before they are rounded


def without(result: Exact, empty: Array) -> Exact:
    """The results with 0 for NaN in empty windows, which an integer dtype can hold."""
    if isinstance(result, Ratio) and result.total.dtype.kind == "f":
        result = result.value()
    if isinstance(result, Wrapped):
        return Wrapped(np.where(empty, 0.0, result.numbers), result.period)
    if isinstance(result, np.ndarray) and result.dtype.kind == "f":
        return np.where(empty, np.zeros((), result.dtype), result)
    return result


def put(result: Exact, out: Array, rounding: str) -> None:
    """Write the exact result to `out`, rounded once."""
    if isinstance(result, Ratio) and result.total.dtype == out.dtype and out.dtype.kind == "f":
        np.divide(result.total, np.asarray(result.count, out.dtype), out=out)
    elif result is not out:
        out[...] = cast(result, out.dtype, rounding)


def cast(result: Exact, dtype: DTypeLike, rounding: str) -> Array:
    """The exact result as an array of this dtype, rounded once.

    Values beyond an integer dtype become its least or its most.
    """
    dtype = np.dtype(dtype)
    if isinstance(result, Wrapped):
        return result.cast(dtype, rounding)
    if isinstance(result, (LongNumbers, LongRatio)):
        whole = dtype.kind in "iu"
        result = result.integers(rounding, signed=dtype.kind == "i") if whole else result.floats()
    if isinstance(result, Ratio):
        exact = dtype.kind in "iu" and result.total.dtype.kind != "f"
        result = result.rounded(rounding) if exact else result.value()
    if dtype.kind == "f" or result.dtype == dtype:
        return result.astype(dtype, copy=False)
    if result.dtype.kind == "f":
        if np.isnan(result).any():
            raise ValueRuleError(
                f"a result is NaN, which {dtype} cannot hold: give `nodata`, or a float `dtype`"
            )
        result = _rounded(result, rounding)
    if dtype.kind == "b":
        return np.not_equal(result, 0)
    return _saturated(result, dtype)


def _rounded(x: Array, rounding: str) -> Array:
    if rounding == "half-even":
        return np.rint(x)
    if rounding == "half-away":
        return np.copysign(_rounded(np.abs(x), "half-up"), x)
    down: Array = np.floor(x)
    return down if rounding == "floor" else down + (x - down >= 0.5)


def _saturated(x: Array, dtype: np.dtype[Any]) -> Array:
    """Integers, booleans or integral floats, clipped to the range of an integer dtype."""
    x = x.view(np.uint8) if x.dtype.kind == "b" else x
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    if x.dtype.kind == "f":
        highest = np.nextafter(float(high), 0) if dtype.itemsize == 8 else float(high)
        if x.size and low <= x.min() and x.max() <= highest:
            return x.astype(dtype)
        beyond = int(np.count_nonzero((x < float(low)) | (x > float(high))))
        note_saturated(dtype.name, beyond)
        inside = np.clip(x, float(low), highest)
        return np.where(x >= float(high), np.array(high, dtype), inside.astype(dtype))
    least, most = np.iinfo(x.dtype).min, np.iinfo(x.dtype).max
    too_low = low > least and x.min(initial=low) < low
    too_high = high < most and x.max(initial=high) > high
    if too_low or too_high:
        beyond = int(np.count_nonzero(x < low) + np.count_nonzero(x > high))
        note_saturated(dtype.name, beyond)
        x = np.clip(x, max(low, least), min(high, most))
    return x.astype(dtype)
