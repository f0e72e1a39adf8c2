"""The mean of angles."""

from __future__ import annotations

import numpy as np

from poolcli.engine.reducers.merges import ADD
from poolcli.engine.reducers.reducer import Component, Counts, Fold, Values
from poolcli.engine.reducers.rounding import Wrapped
from poolcli.maps.array import Array

EPS = float(np.finfo(np.float64).eps)


def circmean(values: Values, *, period: float) -> Fold:  # noqa: ARG001 - as every reducer is made
    """The direction of the sum of unit vectors, in [0, period); NaN where they cancel.

    They cancel where no more is left of them than the rounding of their sum.

    Source: Fisher 1993, equation 2.9; SciPy circmean.
    """

    def finish(state: Array, counts: Counts) -> Wrapped:
        across, up = state
        number = np.maximum(counts.pixels, 1)
        noise = EPS * number * (4 + np.log2(number) / 2)
        turns = np.arctan2(up, across) / (2 * np.pi)
        mean = np.where(turns < 0, turns + 1, turns) * period
        return Wrapped(np.where(np.hypot(across, up) <= noise, np.nan, mean), period)

    return Fold((Component(lambda x: _unit_vectors(x, period), ADD),), finish)


def _unit_vectors(x: Array, period: float) -> Array:
    """Cosine and sine, exact at whole quarters of the period."""
    angle = _within(x, period)
    quarters = 4 * angle / period
    nearest = np.rint(quarters)
    rest = (quarters - nearest) * (np.pi / 2)
    cosine, sine = np.cos(rest), np.sin(rest)
    turn = np.mod(nearest, 4)
    is_odd = np.mod(turn, 2) == 1
    sign = np.where(turn >= 2, -1.0, 1.0)
    return np.stack([sign * np.where(is_odd, -sine, cosine), sign * np.where(is_odd, cosine, sine)])


def _within(x: Array, period: float) -> Array:
    """The angles less whole periods, between minus half a period and half of one: exact."""
    if x.dtype.kind in "iu" and float(period).is_integer() and period <= np.iinfo(x.dtype).max:
        x = np.mod(x, np.array(int(period), x.dtype))
    angle = np.fmod(x.astype(np.float64), period)
    return np.asarray(angle - period * np.rint(angle / period))
