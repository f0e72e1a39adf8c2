"""Reducers that need whole windows: order statistics, and draws by the shares of values."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache, partial
from math import ceil, floor

import numpy as np

from poolcli.engine.reducers.long_numbers import LongNumbers
from poolcli.engine.reducers.reducer import (
    BetweenRanks,
    Gather,
    Mode,
    Ranks,
    Values,
    WindowValues,
)
from poolcli.engine.reducers.rounding import Exact
from poolcli.engine.windows.counts import per_count
from poolcli.errors import ValueRuleError
from poolcli.maps.array import Array

MANY = 1 << 20  # with 32-bit values, the product of this many parts is still exact in float64


def median(values: Values, *, interpolation: str) -> Ranks:
    return quantile(values, q=0.5, interpolation=interpolation)


def quantile(values: Values, *, q: float, interpolation: str) -> Ranks:  # noqa: ARG001
    share = Fraction(str(q)).limit_denominator(10**9)
    parts = 2 if interpolation == "midpoint" else share.denominator

    def ranks(count: int) -> tuple[int, int]:
        return _ranks(count, share, interpolation)[:2]

    def finish(low: Array, high: Array, counts: Array | int) -> Exact:
        (between,) = per_count(lambda count: _ranks(count, share, interpolation)[2:], counts)
        return _interpolated(low, high, between, parts) if np.any(between) else low

    return Ranks(ranks, finish)


def trimmed(values: Values, *, trim: float) -> BetweenRanks:  # noqa: ARG001
    """The mean without the floor(trim n) smallest and as many largest values.

    Source: SciPy trim_mean.
    """
    share = Fraction(str(trim)).limit_denominator(10**9)

    def ranks(count: int) -> tuple[int, int]:
        cut = floor(share * count)
        return cut, max(count - 1 - cut, 0)

    return BetweenRanks(ranks)


def quantile_at_rank(values: Values, *, q: float, interpolation: str) -> Ranks:  # noqa: ARG001
    """SciPy's percentile_filter: the value at the rank int(q n), the last for q = 1."""
    share = Fraction(str(q)).limit_denominator(10**9)

    def ranks(count: int) -> tuple[int, int]:
        rank = min(floor(share * count), max(count - 1, 0))
        return rank, rank

    def finish(low: Array, high: Array, counts: Array | int) -> Array:  # noqa: ARG001
        return low

    return Ranks(ranks, finish)


def mode(values: Values) -> Mode:  # noqa: ARG001
    return Mode()


def stochastic(values: Values, *, seed: int) -> Gather:
    return Gather(partial(_drawn, seed=seed), values.dtype)


# Order statistics ---------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def _ranks(count: int, q: Fraction, interpolation: str) -> tuple[int, int, int]:
    """The ranks of both neighbours of a quantile, and the numerator of its share between them."""
    place = q * max(count - 1, 0)
    low, high = floor(place), ceil(place)
    if interpolation == "midpoint":
        return low, high, high - low
    if interpolation == "linear":
        return low, high, int((place - low) * q.denominator)
    nearest = {"lower": low, "higher": high, "nearest": round(place)}[interpolation]
    return nearest, nearest, 0


def _interpolated(low: Array, high: Array, share: Array | int, parts: int) -> Exact:
    """The value `share` / `parts` of the way from low to high."""
    if low.dtype.kind == "f":
        return _between_floats(low, high, share, parts)
    if low.dtype.itemsize <= 4 and parts < MANY:
        first, last = low.astype(np.float64), high.astype(np.float64)
        first *= parts - share
        last *= share
        first += last
        first /= parts
        return first
    return _between_integers(low, high, np.asarray(share), parts)


def _between_floats(low: Array, high: Array, share: Array | int, parts: int) -> Array:
    """A weighted sum, which cannot overflow as the difference can."""
    low, high = low.astype(np.float64), high.astype(np.float64)
    weight = share / parts
    return np.where((low == high) | (share == 0), low, (1 - weight) * low + weight * high)


def _between_integers(low: Array, high: Array, share: Array, parts: int) -> LongNumbers:
    """Exact: integers modulo 2^64, and one division for the remainder."""
    bottom = low.astype(np.uint64)
    steps, rest = np.divmod(high.astype(np.uint64) - bottom, np.uint64(parts))
    further, rest = np.divmod(share.astype(np.uint64) * rest, np.uint64(parts))
    whole = bottom + share.astype(np.uint64) * steps + further
    signed = whole.view(np.int64) if low.dtype.kind == "i" else whole
    return LongNumbers(LongNumbers.of_integers(signed).limbs, rest / parts)


# Draws --------------------------------------------------------------------------------------------


def uniform(seed: int, planes: Array, cells: Array) -> Array:
    """A number in [0, 1) for each cell of each plane, from their numbers and the seed alone."""
    bits = _mixed(np.zeros(1, np.uint64), np.array(seed & 0xFFFFFFFFFFFFFFFF, np.uint64))
    for number in (planes.reshape(*planes.shape, *(1,) * cells.ndim), cells):
        bits = _mixed(bits, number.astype(np.uint64))
    # 52 bits, so that the product with any number stays below that number.
    return (bits >> np.uint64(12)).astype(np.float64) * 2.0**-52


def _mixed(state: Array, number: Array) -> Array:
    """A step of SplitMix64 (Steele, Lea, Flood 2014), which mixes a number into the state."""
    bits = (state ^ number) + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Array = bits ^ (bits >> np.uint64(31))
    return mixed


def _drawn(window: WindowValues, seed: int) -> Array:
    """A value of each window, drawn with a probability of x / sum x; 0 if all are 0."""
    values, zero = window.values, np.zeros((), window.values.dtype)
    counts = np.ones(1, np.bool_) if window.weights is None else window.weights > 0
    _check_draw(values, counts)
    sums = np.cumsum(_shares(np.where(counts, values, zero)), axis=-1)
    total = sums[..., -1]
    mark = uniform(seed, window.planes, window.cells) * total
    drawn = (sums > mark[..., None]).argmax(axis=-1, keepdims=True)
    value = np.take_along_axis(values, drawn, axis=-1)[..., 0]
    result = np.where(total > 0, value, zero)
    if values.dtype.kind != "f":
        return result
    return np.where(np.isnan(total), np.array(np.nan, values.dtype), result)


def _check_draw(values: Array, counts: Array) -> None:
    negative = counts & (values < 0)
    if negative.any():
        raise ValueRuleError(
            f"stochastic draws by x / sum x, and a value is {values[negative].min()}: "
            "leave it out with `nodata`, or make all values 0 or more"
        )


def _shares(values: Array) -> Array:
    """The values over the largest, so that no sum overflows; all 0 but infinities beside one."""
    wide = values.astype(np.float64)
    largest = wide.max(axis=-1, keepdims=True)
    ratio = wide / np.where(largest > 0, largest, 1)
    shares: Array = np.where(np.isinf(largest), np.isinf(wide), ratio)
    return np.where(np.isnan(largest), np.nan, shares)
