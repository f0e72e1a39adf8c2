"""Which backend does a reduction, and how much scratch that takes."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from poolcli.engine.backend import Backend, plain
from poolcli.engine.backend.blocks import Load
from poolcli.engine.backend.network import MOST_TAPS
from poolcli.engine.backend.window_views import COPIED
from poolcli.engine.reducers.reducer import (
    BetweenRanks,
    Fold,
    Gather,
    Mode,
    Ranks,
    Reducer,
    Reduction,
    Values,
    Weighted,
    itself,
)
from poolcli.engine.windows.grid import Grid

# Blocks whose windows are put in order are so much smaller than others: a median of 3x3 bytes took
# 22 ms with 512 KB at a time, and 95 ms with 4 MB.
LINES = 8
DOUBLE = 8  # bytes of a sum
CELL = 32  # bytes for each cell: its count, its result in float64, and what is made of them
BORDERED = 24  # bytes for each pixel of a block that reaches into the border: it is a copy


class Execution(NamedTuple):
    """A reduction, the backend that does it, and the bytes of scratch that it takes.

    `wide` is the reduction of float64 where sums of floats could overflow, else None. `state` is
    the size of a pixel's state; `pixel`, `cell` and `window` are bytes for each pixel, cell, and
    pixel of the largest window.
    """

    backend: Backend
    reduction: Reduction
    wide: Fold | None
    state: float
    pixel: int
    cell: int
    window: int
    tiled: bool

    @property
    def goes_by_size(self) -> bool:
        """Whether windows of different sizes are reduced by different ranks."""
        return isinstance(self.reduction, Ranks | BetweenRanks)

    def load(self, shape: tuple[int, ...], grid: Grid, beside: int) -> Load:
        """The load of pooling (..., *map), at least a row of cells at a time.

        `beside` are bytes for each pixel that the rules take.
        """
        lead = prod(shape[: len(shape) - len(grid.axes)])
        space = shape[len(shape) - len(grid.axes) :]
        if grid.has_border:
            beside += BORDERED
            space = tuple(map(max, space, (axis.span.stop - axis.span.start for axis in grid.axes)))
        cell = max(self.cell, CELL if beside else 0)
        pixel = self.pixel + beside + cell * prod(grid.shape) // prod(space)
        rows = min(grid.axes[0].window, space[0])
        least = rows * prod(space[1:]) * pixel + self.window * grid.largest
        state = self.state
        if beside and isinstance(self.reduction, Ranks | Mode):
            state = max(state, LINES)  # as large as the counts and the ranks of cells together
        return Load(state, pixel, least, lead * prod(space) * pixel, self.tiled)


def execution_of(
    reducer: Reducer, dtype: np.dtype[Any], grid: Grid, verbs: Backend, heaviest: int = 1
) -> Execution:
    """How values of a dtype are reduced, where no pixel counts more often than `heaviest` times."""
    values = Values(dtype.newbyteorder("="), grid.largest * heaviest, grid.taps)
    if grid.footprint is not None:
        verbs = plain
    return _execution(reducer, values, min(grid.largest, MOST_TAPS), verbs)


@lru_cache(maxsize=64)  # it takes as long as pooling a small map
def _execution(
    reducer: Reducer,
    values: Values,
    ordered: int,
    verbs: Backend,
) -> Execution:
    """The figures are upper bounds, measured over all reducers and checked by
    tests/resources/test_memory.py; `ordered` pixels of a window are in order at once.
    """
    reduction, size = reducer(values), values.dtype.itemsize
    is_gather = isinstance(reduction, Gather | BetweenRanks)
    tiled = not is_gather and verbs.tiles(reduction, values.dtype)
    state: float = size
    pixel, cell, window = 4 * size + 8, CELL, 2 * COPIED
    if isinstance(reduction, Fold):
        one = np.zeros(1, values.dtype)
        states = [component.states(one).nbytes for component in reduction.components]
        state, pixel, window = max(state, *states), 7 * sum(states), 0
        cell = 2 * size if reduction.finish is itself else CELL
    elif isinstance(reduction, Weighted):
        state, pixel, window = 2 * DOUBLE, 7 * DOUBLE, 0
    elif not isinstance(reduction, Gather):
        state *= 1 if tiled or is_gather else LINES
        cell += size * ordered
    # A call that selects takes long: a larger block would put off an interruption for seconds.
    is_large = tiled and isinstance(reduction, Fold)
    wide = _wide(reducer, values) if isinstance(reduction, Fold) else None
    return Execution(verbs, reduction, wide, state, pixel, cell, window, is_large)


def _wide(reducer: Reducer, values: Values) -> Fold | None:
    """The fold of the same values in float64, scaled down, where sums of them may overflow."""
    wide = reducer(values._replace(dtype=np.dtype(np.float64)))
    overflows = values.dtype.kind == "f" and values.dtype.itemsize > 2
    return wide if overflows and isinstance(wide, Fold) and wide.degree else None
