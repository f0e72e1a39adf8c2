"""The mean of the values of each window from one rank to another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from poolcli.engine.backend import Backend
from poolcli.engine.backend.window_views import window_views
from poolcli.engine.operations.pixels import CountedPixels
from poolcli.engine.reducers.long_numbers import LongNumbers, LongRatio, split
from poolcli.engine.reducers.reducer import BetweenRanks
from poolcli.engine.reducers.rounding import Exact, Ratio
from poolcli.engine.windows.counts import per_count
from poolcli.engine.windows.grid import Grid
from poolcli.maps.array import Array

AT_ONCE = 1 << 14  # values at a time: one window of a million took 17 s tap by tap
SCALE = 64  # 2 to this power is more than the pixels of a window


class MeanBetweenRanks(NamedTuple):
    """Means of the values of windows between two ranks.

    With L and H the values at both ranks, the sum of these values is that of all values clipped to
    [L, H], less an L for each value below the first rank and an H for each above the last: one pass
    over the windows, which are not put in order.
    """

    backend: Backend
    reduction: BetweenRanks
    pixels: CountedPixels
    grid: Grid
    counts: Array | int

    def __call__(self) -> Exact:
        """The means."""
        values, weights = self.pixels.values, self.pixels.weights
        valid = None if weights is None else weights > 0
        low, high = self.backend.select(values, valid, self.grid, self.reduction.ranks)
        first, last = per_count(self.reduction.ranks, self.counts)
        number, above = last - first + 1, self.counts - 1 - last
        if values.dtype.kind == "f":
            zero = np.zeros((), values.dtype)  # 0, also where -0 was selected
            return self._of_floats((low + zero, high + zero), (first, number, above))
        if values.dtype.itemsize < 8:
            below = first * low.astype(np.int64) + above * high.astype(np.int64)
            return Ratio(self._clipped(low, high)[0] - below, number)
        ends = (_number(first) * LongNumbers.of_integers(low)) + (
            _number(above) * LongNumbers.of_integers(high)
        )
        return LongRatio(LongNumbers.of_sums(list(self._clipped(low, high))) - ends, (number,))

    def _of_floats(self, ends: tuple[Array, Array], numbers: tuple[Any, Any, Any]) -> Array:
        """The means of floats, whose sum may be too large, and of infinities."""
        low, high = (end.astype(np.float64) for end in ends)
        first, number, above = numbers
        mean = (self._clipped(*ends)[0] - first * low - above * high) / number
        finite = np.isfinite(low) & np.isfinite(high)
        overflown = finite & ~np.isfinite(mean)
        if overflown.any():
            small, large = np.ldexp(low, -SCALE), np.ldexp(high, -SCALE)
            total = self._clipped(small, large, SCALE)[0] - first * small - above * large
            mean = np.where(overflown, np.ldexp(total / number, SCALE), mean)
        mean = np.where(finite, mean, low + high)
        return np.where(low == high, low, mean)

    def _clipped(self, low: Array, high: Array, scale: int = 0) -> Array:
        """The sums of the values of windows, none below `low` or above `high`: two limbs of each
        for integers of 64 bits, else one.
        """
        x = self.pixels.values
        if x.dtype.kind == "f":
            x = np.ldexp(x.astype(np.float64), -scale) if scale else x
        limbs = 2 if x.dtype.kind != "f" and x.dtype.itemsize == 8 else 1
        out = np.zeros((limbs, *low.shape), np.float64 if x.dtype.kind == "f" else np.int64)
        weights = self.pixels.weights
        weighed = None if weights is None else window_views(weights, self.grid)
        for part in window_views(x, self.grid):
            taps, total = part.taps_apart(), out[:, *part.cells]
            counted = None if weighed is None else next(weighed).taps_apart() > 0
            for which in _groups(taps.shape[-1], low[part.cells].size):
                value = np.maximum(taps[..., which], low[part.cells][..., None])
                np.minimum(value, high[part.cells][..., None], out=value)
                for limb, sums in zip(_limbs(value, limbs), total, strict=True):
                    _add(sums, limb if counted is None else np.where(counted[..., which], limb, 0))
        return out


def _groups(taps: int, cells: int) -> Iterator[slice]:
    """The taps one by one, or many at a time where there are few cells."""
    many = max(1, AT_ONCE // max(1, cells))
    for start in range(0, taps, many):
        yield slice(start, start + many)


def _add(sums: Array, taps: Array) -> None:
    """Add the taps on the last axis, one after the other however many there are at a time."""
    if sums.dtype.kind != "f":
        sums += taps.sum(-1, dtype=sums.dtype)
    elif taps.shape[-1] == 1:
        sums += taps[..., 0]
    else:
        running = np.concatenate([sums[..., None], taps], -1, dtype=sums.dtype)
        sums[...] = np.add.accumulate(running, -1, out=running)[..., -1]


def _limbs(value: Array, limbs: int) -> Iterator[Array]:
    if limbs == 1:
        yield value
        return
    yield from split(value)


def _number(count: Any) -> LongNumbers:
    return LongNumbers.of_integers(np.asarray(count, np.int64))
