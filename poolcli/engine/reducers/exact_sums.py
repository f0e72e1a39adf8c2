"""Totals that cannot overflow, and the quotients and variances made of them.

Integers add up exactly: in a dtype that is wide enough, or in limbs where none is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from poolcli.engine.reducers.long_numbers import LongNumbers, LongRatio, split
from poolcli.engine.reducers.merges import ADD
from poolcli.engine.reducers.reducer import Component, Values
from poolcli.engine.reducers.rounding import Exact, Ratio
from poolcli.maps.array import Array


def adding(values: Values) -> tuple[Component, Callable[[Array], Array | LongNumbers]]:
    """A component that sums without overflow, and what turns its state into the total.

    The dtype of integers also holds `values.largest` more, as rounding a quotient needs.
    """
    if values.dtype.kind == "f":
        return Component(unchanged, ADD, np.result_type(values.dtype, np.float32)), unchanged
    if values.dtype.itemsize == 8:
        return Component(lambda x: np.stack(split(x)), ADD), _long
    return Component(unchanged, ADD, _wide_enough(values)), unchanged


def quotient(total: Array | LongNumbers, count: Any) -> Exact:
    """The quotient of a total, not yet taken."""
    if isinstance(count, float):
        return (total.floats() if isinstance(total, LongNumbers) else total) / count
    if isinstance(total, LongNumbers):
        return LongRatio(total, (count,))
    return Ratio(total, count)


def variance(values: Values) -> tuple[Component, Callable[[Array, Any], Exact]]:
    """(n sum x^2 - (sum x)^2) / n^2 of integers: exact, so that nothing cancels."""
    bits = 8 * values.dtype.itemsize
    if bits <= 16 and values.largest**2 << (2 * bits) <= np.iinfo(np.int64).max:

        def of_squares(state: Array, count: Any) -> Exact:
            return Ratio(count * state[1] - np.square(state[0]), np.square(count))

        return Component(_with_square, ADD), of_squares

    def of_long_squares(state: Array, count: Any) -> Exact:
        total, squares = map(_long, (state[:2], state[2:]))
        return LongRatio(as_long(count) * squares - total * total, (count, count))

    return Component(_with_long_square, ADD), of_long_squares


def _with_square(x: Array) -> Array:
    long = x.astype(np.int64)
    return np.stack([long, long * long])


def _with_long_square(x: Array) -> Array:
    """The limbs of an integer, and sums of limbs of its square.

    Unsigned ones of 64 bits are moved down by 2^63, which does not change how they vary.
    """
    if x.dtype == np.uint64:
        x = (x ^ np.uint64(1 << 63)).view(np.int64)
    low, high = split(x)
    parts = [low.astype(np.uint64) * low.astype(np.uint64), low * high, high * high]
    (a, b), (c, d), (e, f) = map(split, parts)
    return np.stack([low, high, a, b + 2 * c, 2 * d + e, f])


def _wide_enough(values: Values) -> np.dtype[Any]:
    """The narrowest integer dtype that holds twice the largest sum, as rounding needs."""
    kind = "i" if values.dtype.kind == "i" else "u"
    high = 1 if values.dtype.kind == "b" else 2 ** (8 * values.dtype.itemsize)
    return next(
        wide
        for wide in map(np.dtype, (f"{kind}2", f"{kind}4", f"{kind}8"))
        if (2 * high + 1) * values.largest <= np.iinfo(wide).max
    )


def _long(state: Array) -> LongNumbers:
    return LongNumbers.of_sums(list(state))


def as_long(count: Any) -> LongNumbers:
    """Whole numbers, for arithmetic with long totals."""
    return LongNumbers.of_integers(np.asarray(count, np.int64))


def unchanged(x: Array) -> Array:
    """The pixels themselves as states."""
    return x
