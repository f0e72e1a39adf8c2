"""Reducers that fold: each function makes the fold of one operation for one kind of values."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from poolcli.engine.reducers import merges
from poolcli.engine.reducers.merges import ADD, MAX, MIN
from poolcli.engine.reducers.reducer import Component, Counts, Divisor, Fold, Values
from poolcli.engine.reducers.rounding import Ratio
from poolcli.maps.array import Array


def max(values: Values) -> Fold:  # noqa: A001 - the operation's name
    return Fold((Component(_same, MAX),), lambda state, _: state)


def min(values: Values) -> Fold:  # noqa: A001 - the operation's name
    return Fold((Component(_same, MIN),), lambda state, _: state)


def sample(values: Values) -> Fold:
    return max(values)


def sum(values: Values) -> Fold:  # noqa: A001 - the operation's name
    component, total = adding(values)
    return Fold((component,), lambda state, _: total(state))


def avg(values: Values, *, count_include_pad: bool, divisor: int | str | None) -> Fold:
    divisor = values.taps if isinstance(divisor, str) else divisor
    component, total = adding(values._replace(largest=builtins.max(values.largest, divisor or 0)))

    def finish(state: Array, counts: Counts) -> Ratio:
        if divisor:
            return Ratio(total(state), divisor)
        if count_include_pad:
            return Ratio(total(state), counts.pixels + counts.padding)
        return Ratio(total(state), counts.pixels)

    fused: Divisor = divisor or ("padded" if count_include_pad else "pixels")
    return Fold((component,), finish, fused if component.lift is _same else None)


def range(values: Values) -> Fold:  # noqa: A001 - the operation's name
    def finish(high: Array, low: Array, _: Counts) -> Array:
        if values.dtype.kind == "f":
            return _wide(high) - _wide(low)
        if values.fits_double:
            return high.astype(np.int64) - low
        difference = high.astype(np.uint64) - low.astype(np.uint64)  # exact modulo 2^64
        return difference.astype(np.float64)

    return Fold((Component(_same, MAX), Component(_same, MIN)), finish)


def std(values: Values) -> Fold:
    if values.dtype.kind in "biu" and values.dtype.itemsize <= 2:
        return _std_of_integers()
    return Fold(
        (Component(merges.lift_moments, merges.MOMENTS),),
        lambda state, count: state[2] / np.sqrt(count.pixels),
    )


def _std_of_integers() -> Fold:
    """From exact sums about the integer next to the mean, so that nothing cancels."""

    def lift(x: Array) -> Array:
        long = x.astype(np.int64)
        return np.stack([long, long * long])

    def finish(state: Array, count: Counts) -> Array:
        total, squares = state
        n = count.pixels
        centre = total // np.maximum(n, 1)
        rest = (total - n * centre).astype(np.float64)
        spread = (squares - 2 * centre * total + n * centre * centre).astype(np.float64)
        root: Array = np.sqrt(n * spread - rest * rest)
        return root / n

    return Fold((Component(lift, ADD),), finish)


def l2(values: Values) -> Fold:
    component, root = _powers(values, 2, np.abs)
    return Fold((component,), lambda state, count: root(state, count.pixels))


def lp(values: Values, *, norm: float) -> Fold:
    component, root = _powers(values, norm, np.abs)
    return Fold((component,), lambda state, _: root(state, 1))


def lp_of_mean(values: Values, *, norm: float) -> Fold:
    """PyTorch's rule: powers keep their sign, and a partial window counts as if it were whole."""

    def finish(state: Array, count: Counts) -> Array:
        mean: Array = state / count.pixels
        return np.where(mean == 0, 0, (mean * values.taps) ** (1 / norm))

    return Fold((Component(lambda x: _double(x) ** norm, ADD),), finish)


def gem(values: Values, *, norm: float) -> Fold:
    component, root = _powers(values, norm, partial(np.maximum, 1e-6))
    return Fold((component,), lambda state, count: root(state, count.pixels))


def lse(values: Values, *, sharpness: float) -> Fold:
    component = Component(lambda x: merges.lift_leading(_double(x)), merges.exponentials(sharpness))
    return Fold(
        (component,), lambda state, count: state[0] + np.log(state[1] / count.pixels) / sharpness
    )


def soft(values: Values) -> Fold:
    return Fold((Component(merges.lift_soft, merges.SOFT),), lambda state, _: state[2])


def mixed(values: Values, *, alpha: float) -> Fold:
    component, total = adding(values)

    def finish(high: Array, state: Array, count: Counts) -> Array:
        top, whole = alpha * _double(high), (1 - alpha) * _double(total(state))
        if values.dtype.kind == "f":
            return top + whole / count.pixels
        return (top * count.pixels + whole) / count.pixels  # one division: a tie stays a tie

    return Fold((Component(_same, MAX), component), finish)


def _same(x: Array) -> Array:
    return x


def _double(x: Array) -> Array:
    return x.astype(np.float64, copy=False)


def _wide(x: Array) -> Array:
    """Float16 as float32, integers as float64."""
    return x.astype(np.result_type(x, np.float32), copy=False)


def adding(values: Values) -> tuple[Component, Callable[[Array], Array]]:
    """A component that sums without overflow, and what turns its state into the total.

    Integers have room for `values.largest` more, as rounding a quotient needs.
    """
    if values.dtype.kind == "f":
        return Component(_same, ADD, np.result_type(values.dtype, np.float32)), _same
    if values.dtype.itemsize == 8:
        return Component(_split, ADD), _join
    return Component(_same, ADD, _wide_enough(values)), _same


def _wide_enough(values: Values) -> np.dtype[Any]:
    """The narrowest integer dtype that holds twice the largest sum, as rounding needs."""
    kind = "i" if values.dtype.kind == "i" else "u"
    high = 1 if values.dtype.kind == "b" else 2 ** (8 * values.dtype.itemsize)
    return next(
        wide
        for wide in map(np.dtype, (f"{kind}2", f"{kind}4", f"{kind}8"))
        if (2 * high + 1) * values.largest <= np.iinfo(wide).max
    )


def _split(x: Array) -> Array:
    """64-bit integers as their two halves, whose sums do not overflow."""
    return np.stack(
        [
            (x >> np.array(32, x.dtype)).astype(np.int64),
            (x & np.array(0xFFFFFFFF, x.dtype)).astype(np.int64),
        ]
    )


def _join(state: Array) -> Array:
    high, low = state
    total: Array = np.ldexp((high + (low >> 32)).astype(np.float64), 32) + (low & 0xFFFFFFFF)
    return total


def _powers(
    values: Values, norm: float, magnitude: Callable[[Array], Array]
) -> tuple[Component, Callable[..., Array]]:
    """Sums of powers, and their root; of ratios to the largest where a power could overflow."""
    if values.fits_double and norm <= 8:
        return Component(
            lambda x: _power(magnitude(_double(x)), norm), ADD
        ), lambda state, n: _root(state / n, norm)
    component = Component(lambda x: merges.lift_leading(magnitude(_double(x))), merges.powers(norm))
    return component, lambda state, n: state[0] * _root(state[1] / n, norm)


def _power(x: Array, norm: float) -> Array:
    if norm == 1:
        return x
    return np.square(x) if norm == 2 else x**norm


def _root(x: Array, norm: float) -> Array:
    if norm == 1:
        return x
    if norm == 2:
        return np.sqrt(x)
    return np.cbrt(x) if norm == 3 else x ** (1 / norm)
