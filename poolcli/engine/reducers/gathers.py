"""How: reducers that need whole windows. Each function here makes the gather of one operation for one kind of values.

Order statistics sort a window once and pick by the number of its pixels that count; a draw picks by their shares.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache, partial
from math import ceil, floor
from typing import Any

import numpy as np

from poolcli.engine.backend.levels import Levels
from poolcli.engine.backend.ranks import Lines
from poolcli.engine.reducers.folds import Gather, Order, Values, Window
from poolcli.errors import ValueRuleError
from poolcli.maps.array import Array

KEEPING = ("lower", "higher", "nearest")
MANY = 1 << 20  # parts of 32 bits that float64 no longer tells apart


def median(values: Values, *, interpolation: str) -> Order:
    return quantile(values, q=0.5, interpolation=interpolation)


def quantile(values: Values, *, q: float, interpolation: str) -> Order:
    share = Fraction(str(q)).limit_denominator(10**9)

    def places(count: int) -> tuple[int, int]:
        return _pick(count, share, interpolation)[:2]

    def dtype(counts: Iterable[int] | None) -> np.dtype[Any]:
        between = interpolation not in KEEPING and (
            counts is None or any(_pick(count, share, interpolation)[2] for count in counts)
        )
        return np.dtype(np.float64) if between else values.dtype

    return Order(places, partial(_quantile, q=share, interpolation=interpolation), dtype)


def mode(values: Values) -> Order:
    return Order(lambda count: (0, count - 1), lambda window: window.most(), lambda _: values.dtype)


def stochastic(values: Values, *, seed: int) -> Gather:
    return Gather(partial(_drawn, seed=seed), values.dtype)


# Order statistics ---------------------------------------------------------------------------------------------


def _quantile(window: Lines | Levels, q: Fraction, interpolation: str) -> Array:
    low: Any
    high: Any
    share: Any
    if isinstance(window.count, int):
        low, high, share = _pick(window.count, q, interpolation)
    else:
        sizes, which = np.unique(window.count, return_inverse=True)
        picks = [_pick(int(size), q, interpolation) for size in sizes]
        low, high, share = (
            np.array(each, np.int64)[which].reshape(window.count.shape)
            for each in zip(*picks, strict=True)
        )
    if not np.any(share):
        return window.at(low)
    parts = 2 if interpolation == "midpoint" else q.denominator
    return _between(window.at(low), window.at(high), share, parts)


@lru_cache(maxsize=1024)
def _pick(count: int, q: Fraction, interpolation: str) -> tuple[int, int, int]:
    """Two positions among so many values, and how many parts of their distance the quantile is above the first."""
    place = q * max(count - 1, 0)
    low, high = floor(place), ceil(place)
    if interpolation == "midpoint":
        return low, high, high - low
    if interpolation == "linear":
        return low, high, int((place - low) * q.denominator)
    kept = {"lower": low, "higher": high, "nearest": round(place)}[interpolation]
    return kept, kept, 0


def _between(low: Array, high: Array, share: Array | int, parts: int) -> Array:
    if low.dtype.kind == "f":
        return _between_floats(low, high, share, parts)
    if low.dtype.itemsize <= 4 and parts < MANY:
        return ((parts - share) * low.astype(np.float64) + share * high.astype(np.float64)) / parts
    return _between_integers(low, high, np.asarray(share), parts)


def _between_floats(low: Array, high: Array, share: Array | int, parts: int) -> Array:
    """By weights, whose sum cannot overflow as the difference can."""
    low, high = low.astype(np.float64), high.astype(np.float64)
    there = share / parts
    return np.where((low == high) | (share == 0), low, (1 - there) * low + there * high)


def _between_integers(low: Array, high: Array, share: Array, parts: int) -> Array:
    """Exact: whole numbers modulo 2^64, and one division for what remains of them."""
    bottom = low.astype(np.uint64)
    steps, rest = np.divmod(high.astype(np.uint64) - bottom, np.uint64(parts))
    further, rest = np.divmod(share.astype(np.uint64) * rest, np.uint64(parts))
    whole = bottom + share.astype(np.uint64) * steps + further
    return (whole.view(np.int64) if low.dtype.kind == "i" else whole).astype(
        np.float64
    ) + rest / parts


# A draw -------------------------------------------------------------------------------------------------------


def uniform(seed: int, planes: Array, cells: Array) -> Array:
    """A number in [0, 1) for each cell of each plane, which depends on nothing but their numbers and the seed."""
    bits = _mixed(np.zeros(1, np.uint64), np.array(seed & 0xFFFFFFFFFFFFFFFF, np.uint64))
    for number in (planes.reshape(*planes.shape, *(1,) * cells.ndim), cells):
        bits = _mixed(bits, number.astype(np.uint64))
    return (bits >> np.uint64(12)).astype(
        np.float64
    ) * 2.0**-52  # 52 bits: below 1 whatever it is multiplied by


def _mixed(state: Array, number: Array) -> Array:
    """A step of SplitMix64 (Steele, Lea, Flood 2014): bits without a pattern, from those before and one number more."""
    bits = (state ^ number) + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Array = bits ^ (bits >> np.uint64(31))
    return mixed


def _drawn(window: Window, seed: int) -> Array:
    values = window.values
    counting = np.ones(1, np.bool_) if window.weights is None else window.weights > 0
    if (negative := counting & (values < 0)).any():
        raise ValueRuleError(
            f"stochastic draws by x / sum x, and a value is {values[negative].min()}: "
            "leave it out with --nodata, or make all values 0 or more"
        )
    sums = np.cumsum(_shares(np.where(counting, values, np.zeros((), values.dtype))), axis=-1)
    mark = uniform(seed, window.planes, window.cells)[..., None] * sums[..., -1:]
    drawn = np.broadcast_to((sums > mark).argmax(axis=-1, keepdims=True), (*sums.shape[:-1], 1))
    value = np.take_along_axis(values, drawn, axis=-1)[..., 0]
    total = sums[..., -1]
    result = np.where(total > 0, value, np.zeros((), values.dtype))
    return (
        result
        if values.dtype.kind != "f"
        else np.where(np.isnan(total), np.array(np.nan, values.dtype), result)
    )


def _shares(values: Array) -> Array:
    """The values in units of the largest, so that no sum overflows; of an infinite one all else is nothing."""
    wide = values.astype(np.float64)
    largest = wide.max(axis=-1, keepdims=True)
    shares: Array = np.where(
        np.isinf(largest), np.isinf(wide), wide / np.where(largest > 0, largest, 1)
    )
    return np.where(np.isnan(largest), np.nan, shares)
