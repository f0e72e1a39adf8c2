"""How: reducers that need whole windows. Each function here makes the gather of one operation for one kind of values.

Order statistics sort a window once and pick by the number of its pixels that count; a draw picks by their shares.
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np

from poolcli.array import Array
from poolcli.engine.kernels import in_order
from poolcli.engine.merges import MIN
from poolcli.engine.reduce import Gather, Values, Window
from poolcli.errors import ValueRuleError

KEEPING = ("lower", "higher", "nearest")


def median(values: Values, *, interpolation: str) -> Gather:
    return quantile(values, q=0.5, interpolation=interpolation)


def quantile(values: Values, *, q: float, interpolation: str) -> Gather:
    between = partial(_quantile, q=Fraction(str(q)).limit_denominator(10**9), interpolation=interpolation)
    keeps = interpolation in KEEPING
    return Gather(between, values.dtype if keeps else np.dtype(np.float64))


def mode(values: Values) -> Gather:
    return Gather(_mode, values.dtype)


def stochastic(values: Values, *, seed: int) -> Gather:
    return Gather(partial(_drawn, seed=seed), values.dtype)


# Order statistics ---------------------------------------------------------------------------------------------


def _sorted(window: Window) -> tuple[Array, Array]:
    """The pixels in order, those that do not count at the end, and how many count, as (..., *cells, 1)."""
    values = window.values
    if window.weights is None:
        return in_order(values), np.full((1,) * values.ndim, values.shape[-1])
    counts = window.weights > 0
    last = np.asarray(MIN.empty(values.dtype), values.dtype)
    return in_order(np.where(counts, values, last)), counts.sum(axis=-1, keepdims=True)


def _nan(ordered: Array, result: Array) -> Array:
    """A result is NaN where a pixel is: NaN are sorted behind all others."""
    return result if ordered.dtype.kind != "f" else np.where(np.isnan(ordered[..., -1]), ordered[..., -1], result)


def _at(ordered: Array, position: Array) -> Array:
    """The values at a position of each window, or at one for all."""
    if position.size == 1:
        return ordered[..., position.item()]
    return np.take_along_axis(ordered, np.broadcast_to(position, (*ordered.shape[:-1], 1)), axis=-1)[..., 0]


def _quantile(window: Window, q: Fraction, interpolation: str) -> Array:
    ordered, counts = _sorted(window)
    sizes, which = np.unique(counts, return_inverse=True)
    picks = [_pick(int(size), q, interpolation) for size in sizes]
    low, high, share = (np.array(each, np.int64)[which].reshape(counts.shape) for each in zip(*picks, strict=True))
    if interpolation in KEEPING or not share.any():
        return _nan(ordered, _at(ordered, low))
    parts = 2 if interpolation == "midpoint" else q.denominator
    between = _between_floats if ordered.dtype.kind == "f" else _between_integers
    return _nan(ordered, between(_at(ordered, low), _at(ordered, high), share[..., 0], parts))


def _pick(count: int, q: Fraction, interpolation: str) -> tuple[int, int, int]:
    """Two positions among so many values, and how many parts of their distance the quantile is above the first."""
    place = q * max(count - 1, 0)
    low, high = place.__floor__(), place.__ceil__()
    if interpolation == "midpoint":
        return low, high, 1
    if interpolation == "linear":
        return low, high, int((place - low) * q.denominator)
    return ({"lower": low, "higher": high, "nearest": round(place)}[interpolation], high, 0)


def _between_floats(low: Array, high: Array, share: Array, parts: int) -> Array:
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
    return (whole.view(np.int64) if low.dtype.kind == "i" else whole).astype(np.float64) + rest / parts


def _mode(window: Window) -> Array:
    """The first of the longest runs of equal values in order."""
    ordered, counts = _sorted(window)
    places = np.arange(ordered.shape[-1])
    begins = np.ones(ordered.shape, np.bool_)
    np.not_equal(ordered[..., 1:], ordered[..., :-1], out=begins[..., 1:])
    lengths = places + 1 - np.maximum.accumulate(np.where(begins, places, 0), axis=-1)
    longest = np.where(places < counts, lengths, 0).argmax(axis=-1, keepdims=True)
    return _nan(ordered, _at(ordered, longest))


# A draw -------------------------------------------------------------------------------------------------------


def uniform(seed: int, planes: Array, cells: Array) -> Array:
    """A number in [0, 1) for each cell of each plane, which depends on nothing but their numbers and the seed."""
    bits = _mixed(np.zeros(1, np.uint64), np.array(seed & 0xFFFFFFFFFFFFFFFF, np.uint64))
    for number in (planes.reshape(*planes.shape, *(1,) * cells.ndim), cells):
        bits = _mixed(bits, number.astype(np.uint64))
    return (bits >> np.uint64(12)).astype(np.float64) * 2.0**-52  # 52 bits: below 1 whatever it is multiplied by


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
        raise ValueRuleError(f"stochastic draws by x / sum x, and a value is {values[negative].min()}: "
                             "leave it out with --nodata, or make all values 0 or more")  # fmt: skip
    sums = np.cumsum(_shares(np.where(counting, values, np.zeros((), values.dtype))), axis=-1)
    mark = uniform(seed, window.planes, window.cells)[..., None] * sums[..., -1:]
    value = _at(values, (sums > mark).argmax(axis=-1, keepdims=True))
    total = sums[..., -1]
    result = np.where(total > 0, value, np.zeros((), values.dtype))
    return result if values.dtype.kind != "f" else np.where(np.isnan(total), np.array(np.nan, values.dtype), result)


def _shares(values: Array) -> Array:
    """The values in units of the largest, so that no sum overflows; of an infinite one all else is nothing."""
    wide = values.astype(np.float64)
    largest = wide.max(axis=-1, keepdims=True)
    shares: Array = np.where(np.isinf(largest), np.isinf(wide), wide / np.where(largest > 0, largest, 1))
    return np.where(np.isnan(largest), np.nan, shares)
