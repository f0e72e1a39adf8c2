"""The driver: pool an array block by block, in as many threads and as much memory as it may use."""

from __future__ import annotations

import numpy as np

from poolcli.engine.backend import backend
from poolcli.engine.backend.blocks import run
from poolcli.engine.operations.bordered import read
from poolcli.engine.operations.pixels import MaskedPixels, ValueRules, check_nodata, counted
from poolcli.engine.operations.pooling_plan import Block, PlaneKind, plan_of, plan_of_whole
from poolcli.engine.operations.window_block import PoolingCall, WindowBlock
from poolcli.engine.reducers.reducer import Reducer
from poolcli.engine.windows.place import PlacedGrid, Placement
from poolcli.maps.array import Array
from poolcli.resources import memory

Pooled = tuple[Array, Array | None]  # the values, and the indices if the rules ask for them


def pool(pixels: MaskedPixels, placed: PlacedGrid, reducer: Reducer, rules: ValueRules) -> Pooled:
    """Pool planes (..., *map) under a grid to (..., *cells), the grid's axes last.

    Where the grid is placed for a part, the pixels are those of the part, and the result is its
    cells. `rules.indexing` tells how pixels are numbered; the index (int64) of an empty window is
    -1.
    """
    check_nodata(rules.nodata, pixels.values.dtype)
    planes = pixels if placed.source is ... else pixels.part(placed.source)
    plan = plan_of(placed, reducer, PlaneKind.of(planes, rules), backend())
    return _pooled(planes, PoolingCall(plan, rules, pixels.values.shape))


def pool_whole(
    pixels: MaskedPixels,
    placement: Placement,
    reducer: Reducer,
    rules: ValueRules,
    out: Array | None = None,
) -> Pooled:
    """The same under the one grid of a placement that is whole.

    The values are `out` where this is an array of their shape and of the rules' dtype that has no
    memory in common with the planes.
    """
    check_nodata(rules.nodata, pixels.values.dtype)
    plan = plan_of_whole(placement, reducer, PlaneKind.of(pixels, rules), backend())
    return _pooled(pixels, PoolingCall(plan, rules, plan.shape), out)


def _pooled(pixels: MaskedPixels, call: PoolingCall, out: Array | None = None) -> Pooled:
    """The result of planes that are read."""
    x, plan, rules = pixels.values, call.plan, call.rules
    grid, part = plan.placed.grid, plan.placed.part
    out = memory.empty_like(x, plan.result, rules.dtype) if out is None else out
    indices = memory.empty_like(x, plan.result, np.int64) if rules.indexing else None

    def pool_block(block: Block) -> None:
        block_pixels = counted(read(pixels, block.task, grid, rules, part), rules)
        windows = WindowBlock(call, block.task, block.grid, block_pixels)
        windows.pool(out[block.target], None if indices is None else indices[block.target])

    work = plan.work(x)
    run(work.blocks, pool_block, work.threads)
    return out, indices
