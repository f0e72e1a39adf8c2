"""The mean of angles."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import numpy as np

from poolcli.engine.reducers.merges import ADD
from poolcli.engine.reducers.reducer import Component, Counts, Fold, Values
from poolcli.engine.reducers.rounding import Wrapped
from poolcli.maps.array import Array

EPS = float(np.finfo(np.float64).eps)
# Of sin x - x over x^3, and cos x - 1 + x^2 / 2 over x^4, by x^2 up to (pi / 4)^2. Source: fdlibm,
# k_sin.c and k_cos.c (Sun Microsystems 1993).
SINE = (
    1.58969099521155010221e-10,
    -2.50507602534068634195e-08,
    2.75573137070700676789e-06,
    -1.98412698298579493134e-04,
    8.33333333332248946124e-03,
    -1.66666666666666324348e-01,
)
COSINE = (
    -1.13596475577881948265e-11,
    2.08757232129817482790e-09,
    -2.75573143513906633035e-07,
    2.48015872894767294178e-05,
    -1.38888888888741095749e-03,
    4.16666666666666019037e-02,
)
PIECE = 1 << 13  # angles at a time: arrays of 64 KB
STEPS = 1 << 11  # in a period: the next terms of the series are below 1e-16
WHOLE = 2.0**36  # whole periods up to it times `STEPS` are exact in float64
ROUNDING = 1.5 * 2.0**52  # added to a number below 2^51, leaves the nearest whole one in its bits


def circmean(values: Values, *, period: float) -> Fold:  # noqa: ARG001 - as every reducer is made
    """The direction of the sum of unit vectors, in [0, period); NaN where they cancel.

    They cancel where no more is left of them than the rounding of their sum.

    Source: Fisher 1993, equation 2.9; SciPy circmean.
    """

    def finish(state: Array, counts: Counts) -> Wrapped:
        across, up = state
        number = np.maximum(counts.pixels, 1)
        noise = EPS * number * (4 + np.log2(number) / 2)
        mean = np.arctan2(up, across) * (period / (2 * np.pi))
        np.add(mean, period, out=mean, where=mean < 0)
        np.copyto(mean, np.nan, where=across * across + up * up <= noise * noise)
        return Wrapped(mean, period)

    return Fold((Component(lambda x: _unit_vectors(x, period), ADD),), finish)


def _unit_vectors(x: Array, period: float) -> Array:
    """Cosine and sine: exact at whole quarters of the period, and the same on every machine.

    NumPy has no quick cosine of float64 on many machines: 90 ms for a million angles and their
    sines, and this takes a ninth, in pieces that stay in the cache.
    """
    if x.dtype.kind in "iu" and x.dtype.itemsize <= 2 and x.size > 1 << (8 * x.dtype.itemsize):
        return _table(x.dtype, period)[:, x.view(f"u{x.dtype.itemsize}")]
    flat = x.ravel()
    vectors = np.empty((2, flat.size))
    for start in range(0, flat.size, PIECE):
        part = slice(start, start + PIECE)
        _put_unit_vectors(flat[part], period, vectors[:, part])
    return vectors.reshape(2, *x.shape)


@lru_cache(maxsize=8)
def _table(dtype: np.dtype[Any], period: float) -> Array:
    """The unit vectors of all values of a small dtype, by their bits."""
    bits = np.arange(1 << (8 * dtype.itemsize), dtype=f"u{dtype.itemsize}")
    return _unit_vectors(bits.view(dtype), period)


def _put_unit_vectors(x: Array, period: float, out: Array) -> None:
    """Write them by the formulas for sums of whole steps and a rest, whose series are short."""
    step, rest = _steps_and_rest(x, period)
    turn = 2 * np.pi / period
    square = rest * rest
    rest_cosine = square * (turn**4 / 24)
    rest_cosine -= turn**2 / 2
    rest_cosine *= square
    rest_cosine += 1
    square *= -(turn**3) / 6
    square += turn
    rest *= square
    rest_sine = rest
    cosine, sine = (table.take(step) for table in _whole_steps())
    np.multiply(cosine, rest_cosine, out=out[0])
    np.multiply(sine, rest_cosine, out=out[1])
    out[0] -= np.multiply(sine, rest_sine, out=sine)
    out[1] += np.multiply(cosine, rest_sine, out=cosine)


def _polynomial(x: Array, coefficients: tuple[float, ...]) -> Array:
    """A polynomial by Horner's scheme, its highest coefficient first."""
    first, *others = coefficients
    total = x * first
    for number, coefficient in enumerate(others):
        if number:
            total *= x
        total += coefficient
    return total


def _steps_and_rest(x: Array, period: float) -> tuple[Array, Array]:
    """The whole steps of angles, of which a period has `STEPS`, and what is left: exact."""
    angle = _reduced(x, period)
    number = angle * (STEPS / period)
    number += ROUNDING
    steps = number.view(np.int64) & (STEPS - 1)
    number -= ROUNDING
    number *= period / STEPS
    angle -= number
    return steps, angle


def _reduced(x: Array, period: float) -> Array:
    """The angles in float64, less whole periods where whole steps would not be exact."""
    is_whole = float(period).is_integer()
    if x.dtype.kind in "iu" and is_whole and period <= np.iinfo(x.dtype).max:
        x = np.mod(x, np.array(int(period), x.dtype))
    longest = max(float(x.max(initial=0)), -float(x.min(initial=0)))
    angle = x.astype(np.float64)
    return angle if longest <= (WHOLE if is_whole else period) else np.fmod(angle, period)


@cache
def _whole_steps() -> Array:
    """The cosines and sines of all whole steps, exact at whole quarters."""
    numbers = np.arange(STEPS)
    nearest = (numbers + STEPS // 8) // (STEPS // 4)  # quarters
    rest = (numbers - nearest * (STEPS // 4)) * (2 * np.pi / STEPS)
    square = rest * rest
    sine = _polynomial(square, SINE) * square * rest + rest
    cosine = (_polynomial(square, COSINE) * square - 0.5) * square + 1
    sign, is_odd = np.array([1.0, 1, -1, -1])[nearest & 3], (nearest & 1) == 1
    table = np.empty((2, STEPS))
    np.multiply(sign, np.where(is_odd, -sine, cosine), out=table[0])
    np.multiply(sign, np.where(is_odd, cosine, sine), out=table[1])
    return table
