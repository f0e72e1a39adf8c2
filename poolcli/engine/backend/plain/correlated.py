"""Sums of the taps of windows times their weights."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from poolcli.engine.backend.window_views import cells_of, tap_of
from poolcli.engine.windows.grid import Grid
from poolcli.maps.array import Array


def correlate(x: Array, kernel: Array, grid: Grid) -> Array:
    """The weighted sum of every window: see `Backend.correlate`."""
    out = np.empty_like(x, np.float64, shape=(*x.shape[: -len(grid.axes)], *grid.shape))
    out[...] = 0
    for runs in product(*(axis.runs for axis in grid.axes)):
        target: Any = (..., *map(cells_of, runs))
        cells = out[target]
        weights = kernel[tuple(slice(run.head, run.head + run.size) for run in runs)]
        for taps in np.argwhere(weights):
            index: Any = (..., *map(tap_of, runs, taps.tolist()))
            cells += weights[tuple(taps)] * x[index]
    return out
