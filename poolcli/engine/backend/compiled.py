"""The verbs in C++, for the dtypes and merges that people use most; `plain` does the rest."""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np

from poolcli.engine.backend import BoxWeights, Numbering, _core, plain
from poolcli.engine.backend.by_sums import ROUNDINGS, spread_by_moments, spread_by_sums
from poolcli.engine.backend.five_axes import TYPES, Layout
from poolcli.engine.backend.in_order import mode, select
from poolcli.engine.reducers.merges import Function, Power
from poolcli.engine.reducers.reducer import Fold, Gather, Reduction, Weighted
from poolcli.engine.reducers.rounding import Quotient, Spread
from poolcli.engine.windows.grid import Grid
from poolcli.engine.windows.runs import NO_AXIS, run_table
from poolcli.maps.array import Array

MERGES: dict[Any, int] = {np.add: _core.ADD, np.maximum: _core.MAX, np.minimum: _core.MIN}
POWERS: dict[Any, int] = {
    Power(2): _core.SQUARES,
    Power(3): _core.CUBES,
    Power(3, 1e-6): _core.CUBES_ABOVE,
}
ONE = np.ones(1, np.int64)  # the number of pixels along an axis that a map does not have

__all__ = [
    "correlate",
    "fold",
    "fold_index",
    "mean",
    "mode",
    "powers",
    "select",
    "spread",
    "tiles",
    "weigh",
]


def fold(
    merge: Function,
    x: Array,
    grid: Grid,
    out: Array | None = None,
    dtype: np.dtype[Any] | None = None,
) -> Array:
    """The folded states of every window: see `Backend.fold`."""
    state = dtype or x.dtype
    if not _folds(merge, x.dtype, state):
        return plain.fold(merge, x, grid, out, dtype)
    direct = out is not None and out.dtype == state
    folded = out if out is not None and direct else Layout.of(x, grid).empty(x, grid, state)
    _fold(x, grid, folded, _How(MERGES[merge], state))
    if out is None or direct:
        return folded
    out[...] = folded
    return out


def fold_index(
    merge: Function, x: Array, grid: Grid, out: tuple[Array, Array], numbering: Numbering
) -> bool:
    """The folded values, and the numbers of their pixels: see `Backend.fold_index`."""
    if merge is np.add or not _folds(merge, x.dtype, x.dtype):
        return False
    layout = Layout.of(x, grid)
    if numbering.first.ndim:  # channels of a pixel would need numbers of their own
        layout = layout._replace(channel=None)
    values, indices = map(layout.output, out)
    if values is None or indices is None:
        copies = np.empty(out[0].shape, x.dtype), np.empty(out[0].shape, np.int64)
        fold_index(merge, x.copy(), grid, copies, numbering)
        out[0][...], out[1][...] = copies
        return True
    five = layout.input(x)
    first = np.broadcast_to(numbering.first, x.shape[: -layout.axes]).ravel()
    base = first[: len(five)]  # one for all channels of interleaved pixels
    pitch = np.array([0] * (3 - layout.axes) + list(numbering.steps))
    last = numbering.nan == "last"
    results, tables = (values, indices), grid.tables
    _core.fold_index(five, results, tables, MERGES[merge], base, pitch, last)
    return True


def mean(x: Array, grid: Grid, out: Array, dtype: np.dtype[Any] | None, quotient: Quotient) -> bool:
    """The mean of every window: see `Backend.mean`."""
    how = _How(_core.ADD, dtype or x.dtype, quotient)
    if quotient.of_squares:
        how = _How(_core.SQUARES, np.dtype(np.float64), quotient)
    can_divide = how.divides(x, grid, out)
    if can_divide and quotient.cells is None:
        return _fold(x, grid, out, how)
    if quotient.of_squares:
        totals = powers(Power(2), x, grid)
    else:
        totals = fold(np.add, x, grid, None, dtype)
    layout = Layout.of(x, grid)
    five = layout.output(out)
    if not can_divide or five is None or quotient.cells is None:
        return quotient.put(totals, out)
    return _core.divide(layout.input(totals), layout.input(quotient.cells), five, how.rounding)


def powers(power: Power, x: Array, grid: Grid, out: Array | None = None) -> Array:
    """The sums of the powers of the pixels of every window: see `Backend.powers`."""
    if power not in POWERS or not _core.can_fold(POWERS[power], x.dtype.char, "d"):
        return fold(np.add, power(x), grid, out)
    state = np.dtype(np.float64)
    out = Layout.of(x, grid).empty(x, grid, state) if out is None else out
    _fold(x, grid, out, _How(POWERS[power], state))
    return out


def spread(x: Array, valid: Array | None, grid: Grid, out: Array, how: Spread) -> bool | None:
    """The variance of every window, or its root: see `Backend.spread`."""
    by = spread_by_moments if x.dtype.char in "fd" else spread_by_sums
    return by(x, valid, grid, out, how)


def correlate(x: Array, kernel: Array, grid: Grid) -> Array:
    """The weighted sum of every window: see `Backend.correlate`."""
    if x.dtype.char not in TYPES:
        return plain.correlate(x, kernel, grid)
    layout = Layout.of(x, grid)
    out = layout.empty(x, grid, np.dtype(np.float64))
    pixels, cells = layout.input(x), layout.five(out)
    for runs in product(*(axis.runs for axis in grid.axes)):
        weights = kernel[tuple(slice(run.head, run.head + run.size) for run in runs)]
        tables = layout.per_axis([run_table((run,)) for run in runs], NO_AXIS)
        _core.correlate(pixels, cells, tables, np.ascontiguousarray(weights))
    return out


def weigh(x: Array, out: Array, rows: BoxWeights, columns: BoxWeights) -> None:
    """Weighted sums of the pixels of boxes: see `Backend.weigh`."""
    axes = ((side.weights[:, None, :, :, None], side.firsts) for side in (rows, columns))
    _core.weigh(x[None, None], out[..., None], *axes)


def tiles(reduction: Reduction, dtype: np.dtype[Any]) -> bool:
    """Whether the extension does all of it: see `Backend.tiles`."""
    if isinstance(reduction, Gather | Weighted) or dtype.char not in TYPES:
        return False
    if not isinstance(reduction, Fold):
        return True
    if len(reduction.components) > 1:
        return False  # NumPy makes the result of several states
    one = np.zeros(1, dtype)
    if reduction.of_squares:
        return _core.can_fold(_core.SQUARES, dtype.char, "d")
    return all(
        each.lift(one) is one and _folds(each.merge.function, dtype, each.dtype or dtype)
        for each in reduction.components
    )


def _folds(merge: Function, dtype: np.dtype[Any], state: np.dtype[Any]) -> bool:
    """Whether the extension folds pixels of a dtype to such states."""
    return merge in MERGES and _core.can_fold(MERGES[merge], dtype.char, state.char)


class _How(NamedTuple):
    """What windows are folded with, to which states, and how these are divided, if they are.

    `code` is the merge as the extension numbers it.
    """

    code: int
    state: np.dtype[Any]
    quotient: Quotient | None = None

    @property
    def rounding(self) -> int:
        """How the extension rounds, or that it takes roots."""
        assert self.quotient is not None, "states are not rounded"
        return _core.ROOT if self.quotient.of_squares else ROUNDINGS[self.quotient.rounding]

    def divides(self, x: Array, grid: Grid, out: Array) -> bool:
        """Whether the extension gives these means."""
        if not _core.can_fold(self.code, x.dtype.char, self.state.char, out.dtype.char):
            return False
        if out.dtype.kind == "f" or self.quotient is None:
            return True
        if self.quotient.of_squares or not np.can_cast(x.dtype, out.dtype):
            return False  # what is beyond the range of `out` is counted in NumPy
        # Integers are divided in float64: their totals are below 2^51, and halves go up.
        is_exact = x.dtype.itemsize * 8 + grid.largest.bit_length() <= 51
        halves_differ = self.quotient.rounding == "half-away" and out.dtype.kind == "i"
        return is_exact and not halves_differ


def _fold(x: Array, grid: Grid, out: Array, how: _How) -> bool:
    """Fold or average into `out`, by way of another array where its memory does not suit.

    Whether all means are finite.
    """
    layout = Layout.of(x, grid)
    five = layout.output(out)
    if five is None:
        other = np.empty(out.shape, out.dtype)
        is_finite = _fold(x.copy(), grid, other, how)
        out[...] = other
        return is_finite
    words = layout.input(x), five, grid.tables, how.code, how.state.char
    if how.quotient is None:
        return _core.fold(*words)
    counts = layout.per_axis(how.quotient.counts, ONE)
    return _core.fold(*words, counts, how.rounding)
