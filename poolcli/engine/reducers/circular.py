"""The mean of angles."""

from __future__ import annotations

from functools import lru_cache
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
WHOLE = 2.0**52  # whole numbers up to it, and halves of them, are exact in float64


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

    NumPy has no quick cosine of float64 on many machines: 100 ms for a million angles and their
    sines, and this takes a third, in pieces that stay in the cache.
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
    rest = _within(x, period)
    rest *= 4
    rest /= period
    nearest = np.rint(rest)
    rest -= nearest
    rest *= np.pi / 2
    square = rest * rest
    sine = _polynomial(square, SINE)
    sine *= square
    sine *= rest
    sine += rest
    cosine = _polynomial(square, COSINE)
    cosine *= square
    cosine -= 0.5
    cosine *= square
    cosine += 1
    quarter = nearest.astype(np.int8)
    is_odd, sign = (quarter & 1) == 1, np.array([1.0, 0, -1])[quarter & 2]
    np.multiply(sign, np.where(is_odd, -sine, cosine), out=out[0])
    np.multiply(sign, np.where(is_odd, cosine, sine), out=out[1])


def _polynomial(x: Array, coefficients: tuple[float, ...]) -> Array:
    """A polynomial by Horner's scheme, its highest coefficient first."""
    first, *others = coefficients
    total = x * first
    for number, coefficient in enumerate(others):
        if number:
            total *= x
        total += coefficient
    return total


def _within(x: Array, period: float) -> Array:
    """The angles less whole periods, between minus half a period and half of one: exact.

    Of angles that are few periods long, or that a whole number of degrees parts from it, the
    nearest whole periods are subtracted; remainders take four times as long.
    """
    is_whole = float(period).is_integer()
    if x.dtype.kind in "iu" and is_whole and period <= np.iinfo(x.dtype).max:
        x = np.mod(x, np.array(int(period), x.dtype))
    angle = x.astype(np.float64)
    longest = max(angle.max(initial=0), -angle.min(initial=0))
    if not longest <= (WHOLE if is_whole else period):
        angle = np.fmod(angle, period)
    turns = angle * (1 / period)
    np.rint(turns, out=turns)
    turns *= period
    angle -= turns
    return angle
