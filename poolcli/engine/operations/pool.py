"""Pool an array: which pixels count, their states folded (or their windows gathered), the result rounded once."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from poolcli.engine.backend.kernels import fold_grid
from poolcli.engine.backend.lines import empty_like
from poolcli.engine.backend.tasks import COPIED, Load, Task, cut, run
from poolcli.engine.backend.whole import windows
from poolcli.engine.operations.index import chosen, numbered
from poolcli.engine.operations.pixels import (
    Pixels,
    Rules,
    Spot,
    blank,
    check_nodata,
    layers_of,
    pixels_of,
)
from poolcli.engine.reducers.folds import Fold, Gather, Order, Part, Values, Window
from poolcli.engine.reducers.rounding import Ratio, put
from poolcli.engine.windows.counts import WindowCounts
from poolcli.engine.windows.grid import Axis, Grid
from poolcli.engine.windows.place import PlacedGrid
from poolcli.errors import ValueRuleError
from poolcli.maps.array import Array
from poolcli.resources import memory

Reducer = Callable[[Values], Fold | Gather | Order]


def pool(
    planes: Array, patch: PlacedGrid, reducer: Reducer, rules: Rules, weights: Array | None = None
) -> Array:
    """Pool what a patch reads, (..., *map), to (..., *cells), the grid's axes last.

    `weights` (whole numbers, of the planes' shape) count a pixel so many times.
    """
    layers, grid = layers_of(planes, rules, weights).part(patch.source), patch.grid
    x, axes = layers.values, len(grid.axes)
    heaviest = 1 if weights is None else np.iinfo(weights.dtype).max
    how = reducer(values_of(x.dtype, grid, heaviest))
    check_nodata(rules.nodata, x.dtype)
    out = empty_like(x, x.shape[:-axes] + grid.shape, rules.dtype, memory.empty)
    load = load_of(x.shape, x.dtype, grid, how, aside(rules, weighed=weights is not None))

    def work(task: Task) -> None:
        block, room = layers.part(task.source), out[task.target]
        pixels = pixels_of(
            block,
            rules,
            Spot(task, patch.source, planes.shape[:-axes], x.shape[-axes:], grid.shape),
        )
        put(_pool(pixels, how, rules, room), room, rules.rounding)

    run(cut(x, grid.axes, load), work, load)
    return out


def values_of(dtype: np.dtype[Any], grid: Grid, heaviest: int = 1) -> Values:
    """What a reducer may rely on where no pixel counts more often than this."""
    return Values(dtype.newbyteorder("="), grid.largest * heaviest, grid.taps)


def aside(rules: Rules, *, weighed: bool) -> int:
    """Bytes for each pixel beside its value: what says whether it counts, how often, and where it is."""
    return (40 if weighed or rules.picky else 0) + (24 if rules.indexing else 0)


def load_of(
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    grid: Grid,
    how: Fold | Gather | Order,
    beside: int,
) -> Load:
    """What pooling an array (..., *map) takes, measured over all reducers: at least one row of cells.

    Where windows are copied, it takes one of them, too. What is put in order is cut again: a block may be larger.
    """
    space = shape[len(shape) - len(grid.axes) :]
    one = np.zeros(1, dtype.newbyteorder("="))
    states = [part.states(one).nbytes for part in how.parts] if isinstance(how, Fold) else []
    pixel = (
        beside
        + (7 * sum(states) if states else 4 * dtype.itemsize + 8)
        + 32 * prod(grid.shape) // prod(space)
    )
    rows = min(grid.axes[0].window, space[0])
    window = 0 if states else 2 * COPIED * grid.largest
    weight: float = max([dtype.itemsize, *states])
    if isinstance(how, Order):  # blocks are cut again
        weight, effort = (
            dtype.itemsize * min(max(grid.largest, 9), 36) / 36,
            dtype.itemsize * max(1, grid.largest / 4),
        )
    elif isinstance(how, Fold):  # several numbers that make one are merged by many calls
        simple = (isinstance(part.rule.merge, np.ufunc) for part in how.parts)
        effort = sum(
            size * (1 if is_one else 16) for size, is_one in zip(states, simple, strict=True)
        )
    else:
        effort = COPIED * grid.pixels / max(prod(space), 1)
    weight /= _reach(grid.axes[0])
    effort *= prod(shape) * (4 if beside else 1)
    return Load(weight, pixel, rows * prod(space[1:]) * pixel + window, prod(shape) * pixel, effort)


def _reach(axis: Axis) -> float:
    """How much larger than others blocks should be: where little is left of them, or they have much in common."""
    return min(max(1, float(axis.stride) / 8, axis.window / 32), 4)


def _pool(pixels: Pixels, how: Fold | Gather | Order, rules: Rules, room: Array) -> Array | Ratio:
    """The result of a block, in the room for it where that suits."""
    grid = Grid(pixels.spot.task.axes)
    if rules.emit:
        return _emitted(pixels, grid, rules)
    if pixels.weights is None:
        return _told(_reduced(pixels, WindowCounts(grid), how, room), pixels, grid, rules)
    counted = WindowCounts(grid, fold_grid(np.add, pixels.weights, grid))
    result = _plain(_told(_reduced(pixels, counted, how, room), pixels, grid, rules))
    few = counted.pixels == 0
    if rules.min_valid is not None and pixels.valid is not None:
        few |= (
            fold_grid(np.add, pixels.valid.astype(np.int64), grid)
            < rules.min_valid * WindowCounts(grid).pixels
        )
    return np.where(few, blank(rules, pixels.valid, result.dtype), result)


def _told(result: Array | Ratio, pixels: Pixels, grid: Grid, rules: Rules) -> Array | Ratio:
    """The result, or which pixel it is."""
    if rules.indexing is None or isinstance(result, Ratio):
        return result
    spot = pixels.spot
    numbers = rules.indexing.numbers(spot.planes, spot.space, spot.task.source[-len(grid.axes) :])
    return chosen(result, pixels.values, pixels.weights, (numbers, grid, rules.indexing))


def _reduced(
    pixels: Pixels, count: WindowCounts, how: Fold | Gather | Order, room: Array
) -> Array | Ratio:
    if isinstance(how, Gather):
        return _gathered(pixels, count.grid, how)
    if isinstance(how, Order):
        from poolcli.engine.backend.ordered import in_order  # here, because it would slow the start

        return in_order(pixels.values, pixels.weights, count.grid, how, room)
    alone = room if len(how.parts) == 1 else None
    return how.finish(*(_folded(part, pixels, count.grid, alone) for part in how.parts), count)


def _folded(part: Part, pixels: Pixels, grid: Grid, room: Array | None) -> Array:
    """The states of all windows; a pixel counts as often as it weighs, one without weight as if it were not there."""
    if pixels.weights is None:
        return fold_grid(part.rule.merge, part.lift(pixels.values), grid, room, part.wide)
    state = part.states(pixels.values)
    empty = np.asarray(part.rule.empty(state.dtype), state.dtype)
    if empty.ndim:
        empty = empty.reshape(-1, *(1,) * pixels.values.ndim)
    state = np.where(
        pixels.weights > 0, part.rule.weigh(state, pixels.weights.astype(state.dtype)), empty
    )
    return fold_grid(part.rule.merge, state, grid, room)


def _gathered(pixels: Pixels, grid: Grid, gather: Gather) -> Array:
    out = np.empty(pixels.values.shape[: -len(grid.axes)] + grid.shape, gather.dtype)
    heavy = None if pixels.weights is None else windows(pixels.weights, grid)
    planes, cells = pixels.spot.planes, numbered(pixels.spot.cells, pixels.spot.task.target[-1:])
    for target, taps, values in windows(pixels.values, grid):
        weights = None if heavy is None else next(heavy)[2]
        out[target] = gather.choose(Window(values, weights, taps, planes, cells[target]))
    return out


def _emitted(pixels: Pixels, grid: Grid, rules: Rules) -> Array:
    """How many pixels of each window count, or which fraction of those inside the map."""
    valid = (
        np.ones(pixels.values.shape, np.int64)
        if pixels.weights is None
        else (pixels.weights > 0).astype(np.int64)
    )
    seen = fold_grid(np.add, valid, grid)
    if rules.emit == "fraction":
        return seen / WindowCounts(grid).pixels
    dtype = np.dtype(rules.dtype)
    if dtype.kind in "iu" and seen.max() > np.iinfo(dtype).max:
        raise ValueRuleError(
            f"a window has {seen.max()} valid pixels, more than {dtype} can count: "
            "give --dtype uint16 or wider, or --emit fraction"
        )
    return seen


def _plain(result: Array | Ratio) -> Array:
    return result.value() if isinstance(result, Ratio) else result
