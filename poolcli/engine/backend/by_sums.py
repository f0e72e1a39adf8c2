"""Variances and deviations of windows that the C++ extension computes."""

from __future__ import annotations

import numpy as np

from poolcli.engine.backend import _core
from poolcli.engine.backend.five_axes import Layout
from poolcli.engine.reducers.rounding import Spread
from poolcli.engine.windows.grid import Grid
from poolcli.maps.array import Array

ROUNDINGS = {
    "half-even": _core.HALF_EVEN,
    "half-up": _core.HALF_UP,
    "half-away": _core.HALF_UP,  # the same, where nothing that is below zero is rounded
    "floor": _core.FLOOR,
}


def spread_by_moments(
    x: Array, valid: Array | None, grid: Grid, out: Array, how: Spread
) -> bool | None:
    """The same of floats, by means and sums of squared deviations: see `Backend.spread`."""
    layout = Layout.of(x, grid)
    five = layout.output(out)
    if five is None or out.dtype.char not in "fd":
        return None
    return _core.spread(layout.input(x), five, grid.tables, how.root, layout.mask(valid))


def spread_by_sums(
    x: Array, valid: Array | None, grid: Grid, out: Array, how: Spread
) -> bool | None:
    """The same of integers, by sums and sums of squares: see `Backend.spread`."""
    layout = Layout.of(x, grid)
    five = layout.output(out)
    if five is None or not _is_exact(x, grid) or not _holds(out, x, how):
        return None
    if valid is not None and out.dtype.kind != "f":
        return None
    x = x if valid is None else np.multiply(x, valid)
    totals = layout.empty(x, grid, _dtype_of_sums(x, grid))
    squares = layout.empty(x, grid, np.dtype(np.float64))
    pixels, sums, others = layout.input(x), layout.five(totals), layout.five(squares)
    _core.fold(pixels, sums, grid.tables, _core.ADD, totals.dtype.char)
    _core.fold(pixels, others, grid.tables, _core.SQUARES, "d")
    if valid is not None:
        return _of_some(totals, squares, counts_of(valid, grid), out, how)
    counts = layout.per_axis([axis.sizes for axis in grid.axes], np.ones(1, np.int64))
    return _core.deviate(sums, others, five, counts, how.root, ROUNDINGS[how.rounding])


def counts_of(valid: Array, grid: Grid) -> Array:
    """How many pixels of each window are valid."""
    layout = Layout.of(valid, grid)
    counts = layout.empty(valid, grid, np.dtype(np.uint32))
    _core.fold(layout.input(valid), layout.five(counts), grid.tables, _core.ADD, "I")
    return counts


def _of_some(totals: Array, squares: Array, numbers: Array, out: Array, how: Spread) -> bool:
    """The variances of windows that have a count of their own; NaN where that is 0."""
    counts = numbers.astype(np.float64)
    squares *= counts
    squares -= np.square(totals.astype(np.float64))
    counts *= counts
    squares /= counts
    out[...] = np.sqrt(squares, out=squares) if how.root else squares
    return bool(np.isfinite(out).all())


def _is_exact(x: Array, grid: Grid) -> bool:
    """Whether float64 has all that comes before a variance is divided."""
    bits = 8 * x.dtype.itemsize
    return x.dtype.kind != "f" and bits <= 16 and grid.largest**2 << (2 * bits) <= 1 << 53


def _holds(out: Array, x: Array, how: Spread) -> bool:
    """Whether results are floats, or no larger than their dtype holds."""
    return out.dtype.char in "fd" or (how.root and out.dtype == x.dtype and x.dtype.kind == "u")


def _dtype_of_sums(x: Array, grid: Grid) -> np.dtype[np.generic]:
    """The narrowest dtype of the core that holds all sums."""
    kind = "i" if x.dtype.kind == "i" else "u"
    bits = 8 * x.dtype.itemsize
    is_short = bits == 8 and grid.largest << bits <= 1 << 16
    return np.dtype(f"{kind}{2 if is_short else 4}")
