"""Reducers that fold: each function makes the fold of one operation for one kind of values."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np

from poolcli.engine.reducers import merges
from poolcli.engine.reducers.exact_sums import adding, as_long, quotient, unchanged, variance
from poolcli.engine.reducers.long_numbers import LongNumbers, LongRatio
from poolcli.engine.reducers.merges import ADD, MAX, MIN, Power
from poolcli.engine.reducers.reducer import Component, Counts, Divisor, Fold, Values, itself
from poolcli.engine.reducers.rounding import Exact, cast
from poolcli.engine.reducers.values_of import check_value, one_of
from poolcli.maps.array import Array

LARGE = 1 << 31  # from here on a divisor is a float


def max(values: Values) -> Fold:  # noqa: A001 - the operation's name
    return Fold((Component(unchanged, MAX),), itself)


def min(values: Values) -> Fold:  # noqa: A001 - the operation's name
    return Fold((Component(unchanged, MIN),), itself)


def sample(values: Values) -> Fold:
    return max(values)


def sum(values: Values) -> Fold:  # noqa: A001 - the operation's name
    component, total = adding(values)
    return Fold((component,), lambda state, _: total(state), degree=1)


def mass(values: Values) -> Fold:
    """The sum of cells that have shares of pixels, in whole pixels."""
    component, total = adding(values)
    return Fold((component,), lambda state, counts: quotient(total(state), counts.whole_pixel))


def avg(values: Values, *, count_include_pad: bool, divisor: float | str | None) -> Fold:
    if isinstance(divisor, str):
        divisor = values.taps if divisor == "kernel" else None
    whole = divisor if divisor and float(divisor).is_integer() and divisor < LARGE else 0
    component, total = adding(values._replace(largest=builtins.max(values.largest, int(whole))))

    def finish(state: Array, counts: Counts) -> Exact:
        if divisor:
            return quotient(total(state), int(whole) or float(divisor))
        if count_include_pad:
            return quotient(total(state), counts.pixels + counts.padding)
        return quotient(total(state), counts.pixels)

    fused: Divisor = int(whole) or ("padded" if count_include_pad else "pixels")
    is_fused = component.lift is unchanged and bool(whole) == bool(divisor)
    return Fold((component,), finish, fused if is_fused else None, degree=1)


def range(values: Values) -> Fold:  # noqa: A001 - the operation's name
    def finish(high: Array, low: Array, _: Counts) -> Array:
        if values.dtype.kind == "f":
            return _wide(high) - _wide(low)
        if values.fits_double:
            return high.astype(np.int64) - low
        return high.astype(np.uint64) - low.astype(np.uint64)  # exact modulo 2^64

    return Fold((Component(unchanged, MAX), Component(unchanged, MIN)), finish)


def var(values: Values) -> Fold:
    if values.dtype.kind != "f":
        component, quotient_of = variance(values)
        return Fold(
            (component,), lambda state, counts: quotient_of(state, counts.pixels), spread="var"
        )
    return Fold(
        (Component(merges.lift_moments, merges.SQUARES),),
        lambda state, counts: state[2] / counts.pixels,
        degree=2,
        spread="var",
    )


def std(values: Values) -> Fold:
    if values.dtype.kind == "f" and not values.fits_double:
        return Fold(
            (Component(merges.lift_moments, merges.MOMENTS),),
            lambda state, counts: state[2] / np.sqrt(counts.pixels),
            degree=1,
        )
    variances = var(values)

    def finish(state: Array, counts: Counts) -> Array:
        return np.sqrt(cast(variances.finish(state, counts), np.float64, ""))

    return Fold(variances.components, finish, degree=1, spread="std")


def l2(values: Values) -> Fold:
    component, root = _powers(values, Power(2))
    fold = Fold((component,), lambda state, count: root(state, count.pixels))
    return fold._replace(divisor="pixels", of_squares=True) if values.fits_double else fold


def root_of_squares(values: Values) -> Fold:
    """WebNN's l2Pool2d, a norm and no mean."""
    return lp(values, norm=2)


def lp(values: Values, *, norm: float) -> Fold:
    component, root = _powers(values, Power(norm))
    fold = Fold((component,), lambda state, _: root(state, 1))
    is_root_of_squares = norm == 2 and values.fits_double
    return fold._replace(divisor=1, of_squares=True) if is_root_of_squares else fold


def fraction(values: Values, *, of: tuple[float, ...]) -> Fold:
    """The share of values that are one of some; a NaN spoils its window unless it is one of them.

    Source: GDAL gdal_calc class fractions; xarray isin and coarsen.
    """
    for number in of:
        check_value("of", number, values.dtype)
    counts_nan = any(math.isnan(number) for number in of)
    is_float = values.dtype.kind == "f"
    component, total = adding(values._replace(dtype=np.dtype("f8" if is_float else "?")))

    def lift(x: Array) -> Array:
        found = one_of(x, of)
        if not is_float:
            return found
        return np.where(np.isnan(x), 1.0 if counts_nan else np.nan, found)

    return Fold(
        (component._replace(lift=lift),),
        lambda state, counts: quotient(total(state), counts.pixels),
        "pixels",
    )


def lp_of_mean(values: Values, *, norm: float) -> Fold:
    """PyTorch's rule: powers keep their sign, and a partial window counts as if it were whole."""

    def finish(state: Array, count: Counts) -> Array:
        mean: Array = state / count.pixels
        return np.where(mean == 0, 0, (mean * values.taps) ** (1 / norm))

    return Fold((Component(lambda x: _double(x) ** norm, ADD),), finish)


def lp_of_sum(_: Values, *, norm: float) -> Fold:
    """Paddle's rule: powers keep their sign; the root of a negative sum is NaN."""
    return Fold(
        (Component(lambda x: _double(x) ** norm, ADD),), lambda state, _: state ** (1 / norm)
    )


def gem(values: Values, *, norm: float) -> Fold:
    component, root = _powers(values, Power(norm, 1e-6))
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
    share = Fraction(str(alpha)).limit_denominator(10**9)

    def finish(high: Array, state: Array, count: Counts) -> Exact:
        whole, n = total(state), count.pixels
        if isinstance(whole, LongNumbers):
            of_high = as_long(share.numerator * n) * LongNumbers.of_integers(high)
            of_mean = as_long(share.denominator - share.numerator) * whole
            return LongRatio(of_high + of_mean, (n, share.denominator))
        top, rest = alpha * _double(high), (1 - alpha) * _double(whole)
        if values.dtype.kind == "f":
            rest /= n
            top += rest
            return top
        top *= n  # one division: a tie stays a tie
        top += rest
        top /= n
        return top

    return Fold((Component(unchanged, MAX), component), finish, degree=1)


def _double(x: Array) -> Array:
    return x.astype(np.float64, copy=False)


def _wide(x: Array) -> Array:
    """Float16 as float32, integers as float64."""
    return x.astype(np.result_type(x, np.float32), copy=False)


def _powers(values: Values, power: Power) -> tuple[Component, Callable[..., Array]]:
    """Sums of powers, and their root; of ratios to the largest where a power could overflow."""
    norm = power.norm
    if values.fits_double and norm <= 8:
        return Component(power, ADD), lambda state, n: _root(state / n, norm)
    component = Component(lambda x: merges.lift_leading(power.magnitude(x)), merges.powers(norm))
    return component, lambda state, n: state[0] * _root(state[1] / n, norm)


def _root(x: Array, norm: float) -> Array:
    if norm == 1:
        return x
    if norm == 2:
        return np.sqrt(x)
    return np.cbrt(x) if norm == 3 else x ** (1 / norm)
