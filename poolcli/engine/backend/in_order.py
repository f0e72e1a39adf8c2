"""Values of windows by their rank, and the most frequent ones, by the C++ extension."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from poolcli.engine.backend import _core, plain
from poolcli.engine.backend.by_network import Wanted, select_by_network
from poolcli.engine.backend.by_sums import counts_of
from poolcli.engine.backend.five_axes import TYPES, Layout
from poolcli.engine.backend.network import network_pays
from poolcli.engine.backend.plain.select_values import filled
from poolcli.engine.windows.counts import WindowCounts, per_count
from poolcli.engine.windows.grid import Grid
from poolcli.maps.array import Array

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

SORTED = 64  # values of a window that a network puts in order to count them

Ranks = Callable[[int], tuple[int, int]]


def select(
    x: Array, valid: Array | None, grid: Grid, ranks: Ranks, out: Array | None = None
) -> tuple[Array, Array]:
    """The values of two ranks in each window: see `Backend.select`."""
    by_network = network_pays(grid)
    if x.dtype.char not in TYPES or not (by_network or _histogram_pays(x.dtype, grid)):
        return plain.select(x, valid, grid, ranks, out)
    counts = WindowCounts(grid).pixels if valid is None else counts_of(valid, grid)
    dtype = np.dtype(np.uint8 if by_network else np.int64)
    of_windows = per_count(ranks, counts, dtype)
    layout = Layout.of(x, grid)
    low, *results = layout.result(x, grid, out)
    high = low
    if not _are_same(*of_windows):
        high, view = layout.result(x, grid)
        results.append(view)
    if by_network and valid is None:
        wanted = Wanted(lambda size: ranks(size)[: len(results)])
        select_by_network(layout, x, grid, results, wanted)
        return low, high
    of_cells = of_windows[: len(results)]
    if by_network:
        kinds = tuple(_of_cells(rank, layout, x, grid, dtype) for rank in of_cells)
        wanted = Wanted(lambda size: range(ranks(size)[1] + 1), kinds)
        select_by_network(layout, filled(x, valid), grid, results, wanted)
        return low, high
    each = tuple(
        rank if isinstance(rank, int) else _of_cells(rank, layout, x, grid, dtype)
        for rank in of_cells
    )
    _core.order(layout.input(x), tuple(results), grid.tables, each, layout.mask(valid))
    return low, high


def mode(x: Array, valid: Array | None, grid: Grid, out: Array | None = None) -> Array:
    """The most frequent value of each window: see `Backend.mode`."""
    by_network = valid is None and grid.largest <= SORTED
    counts = x.dtype.itemsize <= 2 and (valid is None or not network_pays(grid))
    if x.dtype.char not in TYPES or not (by_network or counts):
        return plain.mode(x, valid, grid, out)
    layout = Layout.of(x, grid)
    out, view = layout.result(x, grid, out)
    results, mask = (view,), layout.mask(valid)
    if by_network:
        select_by_network(layout, x, grid, results)
    else:
        _core.order(layout.input(x), results, grid.tables, None, mask)
    return out


def _histogram_pays(dtype: np.dtype[Any], grid: Grid) -> bool:
    """For bytes, and for windows that hold more pixels than there are groups of 256 levels.

    NumPy does the others, whose partition has instructions for vectors: a median of 15x15 float32
    takes a fifth of the time that it took with `std::nth_element`.
    """
    return dtype.itemsize == 1 or (dtype.itemsize == 2 and grid.largest > 256)


def _of_cells(rank: Array | int, layout: Layout, x: Array, grid: Grid, dtype: DTypeLike) -> Array:
    """A rank for each cell, as the extension takes it."""
    ranks = layout.empty(x, grid, np.dtype(dtype))
    ranks[...] = rank
    return layout.five(ranks)


def _are_same(low: Array | int, high: Array | int) -> bool:
    """Whether both ranks are the same in every window."""
    return bool(low == high) if isinstance(low, int) else np.array_equal(low, high)
