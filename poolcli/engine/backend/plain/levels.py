"""Ranks and modes of very large windows of 8-bit values, level by level.

The pixels up to a threshold are counted, for one threshold after another.
"""

from __future__ import annotations

from math import prod

import numpy as np

from poolcli.engine.backend.plain.fold_axes import fold
from poolcli.engine.windows.grid import Grid
from poolcli.maps.array import Array


def has_much_in_common(grid: Grid) -> bool:
    """Whether windows have nearly all in common with their neighbours."""
    if prod(grid.shape) == 1 or grid.footprint is not None:
        return False
    fresh = prod(min(float(axis.stride), axis.largest) for axis in grid.axes)
    return grid.largest > 160 * fresh


def select_by_thresholds(
    x: Array, valid: Array | None, grid: Grid, ranks: tuple[Array | int, Array | int]
) -> tuple[Array, Array]:
    """Values above as many levels as have fewer pixels up to them than the rank (Fitch 1984)."""
    levels = np.unique(x)
    shape = (*x.shape[: -len(grid.axes)], *grid.shape)
    low, high = (np.zeros(shape, np.uint8) for _ in range(2))
    first, last = ranks
    for level in levels[:-1]:
        below = _counted(x <= level, valid, grid)
        low += below <= first
        high += below <= last
    return levels[low], levels[high]


def most_by_level(x: Array, valid: Array | None, grid: Grid) -> Array:
    """The level that most pixels of a window have, the smallest of several."""
    levels = np.unique(x)
    most = _counted(x == levels[0], valid, grid)
    best = np.full(most.shape, levels[0])
    for level in levels[1:]:
        count = _counted(x == level, valid, grid)
        np.copyto(best, level, where=count > most)
        np.maximum(most, count, out=most)
    return best


def _counted(flags: Array, valid: Array | None, grid: Grid) -> Array:
    """How many flags of each window are set."""
    flags = flags if valid is None else flags & valid
    return fold(np.add, flags, grid, dtype=np.min_scalar_type(grid.largest))
