"""The driver: pool an array block by block, in as many threads and as much memory as it may use."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from poolcli.engine.backend import Backend, backend
from poolcli.engine.backend.blocks import Load, Task, run
from poolcli.engine.backend.window_views import COPIED, NETWORK
from poolcli.engine.operations.bordered import read, tasks
from poolcli.engine.operations.pixels import MaskedPixels, ValueRules, check_nodata, counted
from poolcli.engine.operations.window_block import PoolingCall, WindowBlock
from poolcli.engine.reducers.reducer import (
    BetweenRanks,
    Fold,
    Gather,
    Reducer,
    Reduction,
    Values,
)
from poolcli.engine.windows.grid import Grid
from poolcli.engine.windows.place import PlacedGrid
from poolcli.engine.windows.plane_part import PlanePart
from poolcli.maps.array import Array
from poolcli.resources import memory

# Blocks whose windows are put in order are so much smaller than others: a median of 3x3 bytes took
# 22 ms with 512 KB at a time, and 95 ms with 4 MB.
LINES = 8
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

    def load(self, shape: tuple[int, ...], grid: Grid, beside: int) -> Load:
        """The load of pooling (..., *map), at least a row of cells at a time.

        `beside` are bytes for each pixel that the rules take.
        """
        lead = prod(shape[: len(shape) - len(grid.axes)])
        space = shape[len(shape) - len(grid.axes) :]
        if grid.has_border:
            beside += BORDERED
            space = tuple(map(max, space, (axis.span.stop - axis.span.start for axis in grid.axes)))
        pixel = self.pixel + beside + self.cell * prod(grid.shape) // prod(space)
        rows = min(grid.axes[0].window, space[0])
        least = rows * prod(space[1:]) * pixel + self.window * grid.largest
        return Load(self.state, pixel, least, lead * prod(space) * pixel, self.tiled)


def pool(
    pixels: MaskedPixels,
    placed: PlacedGrid,
    reducer: Reducer,
    rules: ValueRules,
    out: Array | None = None,
) -> Array:
    """Pool planes (..., *map) under a grid to (..., *cells), the grid's axes last.

    The result is `out` where this is an array of its shape and of the rules' dtype that has no
    memory in common with the planes. Where the grid is placed for a part, the pixels are those of
    the part, and the result is its cells.
    """
    return _pooled(pixels, placed, reducer, rules, out)[0]


def pool_with_indices(
    pixels: MaskedPixels, placed: PlacedGrid, reducer: Reducer, rules: ValueRules
) -> tuple[Array, Array]:
    """The pooled planes, and the index (int64) of the pixel that each result is.

    `rules.indexing` tells how pixels are numbered; the index of an empty window is -1.
    """
    values, indices = _pooled(pixels, placed, reducer, rules)
    assert indices is not None, "the rules have no indexing"
    return values, indices


def execution_of(
    reducer: Reducer, dtype: np.dtype[Any], grid: Grid, heaviest: int = 1
) -> Execution:
    """How values of a dtype are reduced, where no pixel counts more often than `heaviest` times."""
    values = Values(dtype.newbyteorder("="), grid.largest * heaviest, grid.taps)
    verbs: Backend = backend()
    if grid.footprint is not None:
        from poolcli.engine.backend.with_footprint import WithFootprint  # few grids have one

        verbs = WithFootprint(verbs, grid.footprint)
    return _execution(reducer, values, min(grid.largest, NETWORK), verbs)


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
    pixel, cell, window = 4 * size + 8, 32, 2 * COPIED
    if isinstance(reduction, Fold):
        one = np.zeros(1, values.dtype)
        states = [component.states(one).nbytes for component in reduction.components]
        state, pixel, window = max(state, *states), 7 * sum(states), 0
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


def bookkeeping(rules: ValueRules, *, weighed: bool) -> int:
    """Bytes for each pixel beside its states: whether it counts, how often, and its index."""
    return (40 if weighed or rules.picky else 0) + (24 if rules.indexing else 0)


def _pooled(
    pixels: MaskedPixels,
    placed: PlacedGrid,
    reducer: Reducer,
    rules: ValueRules,
    out: Array | None = None,
) -> tuple[Array, Array | None]:
    """The values, and the indices if the rules ask for them."""
    planes, weights, grid, part = pixels.values, pixels.weights, placed.grid, placed.part
    check_nodata(rules.nodata, planes.dtype)
    heaviest = 1 if weights is None else int(np.iinfo(weights.dtype).max)
    execution = execution_of(reducer, planes.dtype, grid, heaviest)
    read_from = pixels if placed.source is ... else pixels.part(placed.source)
    call = PoolingCall(placed, rules, planes.shape, *execution[:3])
    x, made = read_from.values, grid if part is None else _cells_of(grid, part)
    shape = x.shape[: -len(grid.axes)] + made.shape
    out = memory.empty_like(x, shape, rules.dtype) if out is None else out
    indices = memory.empty_like(x, shape, np.int64) if rules.indexing else None
    load = execution.load(x.shape, made, bookkeeping(rules, weighed=weights is not None))

    def work(task: Task) -> None:
        windows = grid if task.axes == grid.axes else Grid(task.axes, grid.footprint)
        block_pixels = counted(read(read_from, task, grid, rules, part), rules)
        block = WindowBlock(call, task, windows, block_pixels)
        target = task.target if part is None else part.shifted(task.target)
        block.pool(out[target], None if indices is None else indices[target])

    blocks = tasks(x, grid.axes, load, part)
    run(blocks, work, load.threads if len(blocks) > 1 else 1)
    return out, indices


def _cells_of(grid: Grid, part: PlanePart) -> Grid:
    """The cells of a part, as a grid of their own."""
    pairs = zip(grid.axes, part.cells, strict=True)
    axes = tuple(axis.cells_between(cells.start, cells.stop) for axis, cells in pairs)
    return Grid(axes, grid.footprint)
