"""The driver: pool an array block by block, in as many threads and as much memory as it may use."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from poolcli.engine.backend import backend
from poolcli.engine.backend.blocks import Load, Task, cut, run
from poolcli.engine.backend.window_views import COPIED, NETWORK
from poolcli.engine.operations.pixels import Rules, check_nodata, counted, layers_of
from poolcli.engine.operations.window_block import PoolingCall, WindowBlock
from poolcli.engine.reducers.reducer import Fold, Gather, Reducer, Reduction, Values
from poolcli.engine.windows.grid import Grid
from poolcli.engine.windows.place import PlacedGrid
from poolcli.maps.array import Array
from poolcli.resources import memory

TILED = 16  # times as large are blocks that the backend cuts into tiles of its own
# Blocks whose windows are put in order are so much smaller than others: a median of 3x3 bytes took
# 22 ms with 512 KB at a time, and 95 ms with 4 MB.
LINES = 8


def pool(
    planes: Array, placed: PlacedGrid, reducer: Reducer, rules: Rules, weights: Array | None = None
) -> Array:
    """Pool the planes (..., *map) under a grid to (..., *cells), the grid's axes last.

    `weights` (integers of the planes' shape) count a pixel several times.
    """
    return _run(_call(planes, placed, reducer, rules, weights))[0]


def pool_with_indices(
    planes: Array, placed: PlacedGrid, reducer: Reducer, rules: Rules, weights: Array | None = None
) -> tuple[Array, Array]:
    """The pooled planes, and the index (int64) of the pixel that each result is.

    `rules.indexing` tells how pixels are numbered; the index of an empty window is -1.
    """
    values, indices = _run(_call(planes, placed, reducer, rules, weights))
    assert indices is not None, "the rules have no indexing"
    return values, indices


def values_of(dtype: np.dtype[Any], grid: Grid, heaviest: int = 1) -> Values:
    """What a reducer may rely on, where no pixel counts more often than `heaviest` times."""
    return Values(dtype.newbyteorder("="), grid.largest * heaviest, grid.taps)


def bookkeeping(rules: Rules, *, weighed: bool) -> int:
    """Bytes for each pixel beside its states: whether it counts, how often, and its index."""
    return (40 if weighed or rules.picky else 0) + (24 if rules.indexing else 0)


def load_of(
    shape: tuple[int, ...], dtype: np.dtype[Any], grid: Grid, reduction: Reduction, beside: int
) -> Load:
    """The load of pooling (..., *map), at least a row of cells at a time.

    The figures are upper bounds, measured over all reducers and checked by
    tests/resources/test_memory.py.
    """
    space = shape[len(shape) - len(grid.axes) :]
    one = np.zeros(1, dtype.newbyteorder("="))
    state: float = dtype.itemsize
    pixel, cell, window = 4 * dtype.itemsize + 8, 32, 2 * COPIED
    if isinstance(reduction, Fold):
        states = [component.states(one).nbytes for component in reduction.components]
        state, pixel, window = max(state, *states), 7 * sum(states), 0
    elif not isinstance(reduction, Gather):
        state *= LINES
        cell += dtype.itemsize * min(grid.largest, NETWORK)
    if backend().tiles(reduction, dtype):
        state /= TILED
    pixel += beside + cell * prod(grid.shape) // prod(space)
    rows = min(grid.axes[0].window, space[0])
    least = rows * prod(space[1:]) * pixel + window * grid.largest
    return Load(state, pixel, least, prod(shape) * pixel)


def _run(call: PoolingCall) -> tuple[Array, Array | None]:
    """The values, and the indices if the rules ask for them."""
    x, rules, grid = call.layers.values, call.rules, call.grid
    shape = (*x.shape[: -len(grid.axes)], *grid.shape)
    out = memory.empty_like(x, shape, rules.dtype)
    indices = memory.empty_like(x, shape, np.int64) if rules.indexing else None
    beside = bookkeeping(rules, weighed=call.layers.weights is not None)
    load = load_of(x.shape, x.dtype, grid, call.reduction, beside)

    def work(task: Task) -> None:
        block = WindowBlock(call, task, counted(call.layers.part(task.source), rules))
        block.pool(out[task.target], None if indices is None else indices[task.target])

    run(cut(x, grid.axes, load), work, load.threads)
    return out, indices


def _call(
    planes: Array, placed: PlacedGrid, reducer: Reducer, rules: Rules, weights: Array | None
) -> PoolingCall:
    check_nodata(rules.nodata, planes.dtype)
    heaviest = 1 if weights is None else int(np.iinfo(weights.dtype).max)
    reduction = reducer(values_of(planes.dtype, placed.grid, heaviest))
    lead = planes.shape[: -len(placed.grid.axes)]
    numbers = np.asarray(np.arange(prod(lead)).reshape(lead)[placed.source])
    layers = layers_of(planes, rules, weights).part(placed.source)
    return PoolingCall(layers, placed.grid, reduction, rules, numbers, backend())
