"""The driver: pool an array block by block.

A block's pixels are counted by the rules, folded, selected from or gathered by the backend,
finished, and rounded once into the output.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, Literal

import numpy as np

from poolcli.engine.backend import Backend, backend
from poolcli.engine.backend.blocks import Load, Task, cut, run
from poolcli.engine.backend.window_views import COPIED, NETWORK, window_views
from poolcli.engine.operations.index import NOWHERE, IndexedWindows, flat_numbers
from poolcli.engine.operations.pixels import (
    CountedPixels,
    Layers,
    Rules,
    blank,
    check_nodata,
    counted,
    layers_of,
)
from poolcli.engine.reducers.reducer import (
    Component,
    Divisor,
    Fold,
    Gather,
    Mode,
    Reducer,
    Reduction,
    Values,
    WindowValues,
)
from poolcli.engine.reducers.rounding import Quotient, Ratio, put
from poolcli.engine.windows.counts import WindowCounts, of_cells
from poolcli.engine.windows.grid import Grid
from poolcli.engine.windows.place import PlacedGrid
from poolcli.errors import ValueRuleError
from poolcli.maps.array import Array
from poolcli.resources import memory

# Blocks whose windows are put in order are so much smaller than others: a median of 3x3 bytes took
# 22 ms with 512 KB at a time, and 95 ms with 4 MB.
LINES = 8


def pool(
    planes: Array, placed: PlacedGrid, reducer: Reducer, rules: Rules, weights: Array | None = None
) -> Array:
    """Pool the planes (..., *map) under a grid to (..., *cells), the grid's axes last.

    `weights` (integers of the planes' shape) count a pixel several times.
    """
    return _call(planes, placed, reducer, rules, weights).run()[0]


def pool_with_indices(
    planes: Array, placed: PlacedGrid, reducer: Reducer, rules: Rules, weights: Array | None = None
) -> tuple[Array, Array]:
    """The pooled planes, and the index (int64) of the pixel that each result is.

    `rules.indexing` tells how pixels are numbered; the index of an empty window is -1.
    """
    values, indices = _call(planes, placed, reducer, rules, weights).run()
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
    state, pixel, cell, window = dtype.itemsize, 4 * dtype.itemsize + 8, 32, 2 * COPIED
    if isinstance(reduction, Fold):
        states = [component.states(one).nbytes for component in reduction.components]
        state, pixel, window = max(state, *states), 7 * sum(states), 0
    elif not isinstance(reduction, Gather):
        state *= LINES
        cell += dtype.itemsize * min(grid.largest, NETWORK)
    pixel += beside + cell * prod(grid.shape) // prod(space)
    rows = min(grid.axes[0].window, space[0])
    least = rows * prod(space[1:]) * pixel + window * grid.largest
    return Load(state, pixel, least, prod(shape) * pixel)


@dataclass(frozen=True)
class _Call:
    """One call: what is read, under which grid, by which reduction; `planes` numbers the planes."""

    layers: Layers
    grid: Grid
    reduction: Reduction
    rules: Rules
    planes: Array
    backend: Backend

    def run(self) -> tuple[Array, Array | None]:
        """The values, and the indices if the rules ask for them."""
        x, rules = self.layers.values, self.rules
        shape = (*x.shape[: -len(self.grid.axes)], *self.grid.shape)
        out = memory.empty_like(x, shape, rules.dtype)
        indices = memory.empty_like(x, shape, np.int64) if rules.indexing else None
        beside = bookkeeping(rules, weighed=self.layers.weights is not None)
        load = load_of(x.shape, x.dtype, self.grid, self.reduction, beside)

        def work(task: Task) -> None:
            windows = _Windows(self, task, counted(self.layers.part(task.source), rules))
            windows.pool(out[task.target], None if indices is None else indices[task.target])

        run(cut(x, self.grid.axes, load), work, load.threads)
        return out, indices


def _call(
    planes: Array, placed: PlacedGrid, reducer: Reducer, rules: Rules, weights: Array | None
) -> _Call:
    check_nodata(rules.nodata, planes.dtype)
    heaviest = 1 if weights is None else int(np.iinfo(weights.dtype).max)
    reduction = reducer(values_of(planes.dtype, placed.grid, heaviest))
    lead = planes.shape[: -len(placed.grid.axes)]
    numbers = np.asarray(np.arange(prod(lead)).reshape(lead)[placed.source])
    layers = layers_of(planes, rules, weights).part(placed.source)
    return _Call(layers, placed.grid, reduction, rules, numbers, backend())


@dataclass(frozen=True)
class _Windows:
    """The windows of one block, and their pixels."""

    call: _Call
    task: Task
    pixels: CountedPixels

    @cached_property
    def grid(self) -> Grid:
        return Grid(self.task.axes)

    @cached_property
    def counts(self) -> WindowCounts:
        """How many pixels count, each as often as it weighs."""
        if self.pixels.weights is None:
            return WindowCounts(self.grid)
        return WindowCounts(self.grid, self._sum(self.pixels.weights))

    @property
    def planes(self) -> Array:
        """The number of each plane."""
        numbers = self.call.planes
        return np.asarray(numbers[self.task.source[: numbers.ndim]])

    def pool(self, out: Array, indices: Array | None) -> None:
        """Write the results, and their indices if these are asked for."""
        rules = self.call.rules
        result = self._counts_emitted() if rules.emit else self._reduced(out)
        if indices is not None:
            indices[...] = self._indices(result)
        if self.pixels.weights is not None and not rules.emit:
            result = result.value() if isinstance(result, Ratio) else result
            empty = self._empty()
            result = np.where(empty, blank(rules, self.pixels.valid, result.dtype), result)
            if indices is not None:
                np.copyto(indices, NOWHERE, where=empty)
        put(result, out, rules.rounding)

    def _sum(self, x: Array) -> Array:
        return self.call.backend.fold(np.add, x, self.grid)

    def _empty(self) -> Array:
        """The windows in which too few pixels count."""
        valid, rules = self.pixels.valid, self.call.rules
        empty = np.asarray(self.counts.pixels == 0)
        if rules.min_valid is not None and valid is not None:
            least = rules.min_valid * WindowCounts(self.grid).pixels
            empty |= self._sum(valid.astype(np.int64)) < least
        return empty

    def _counts_emitted(self) -> Array:
        """How many pixels of each window count, or what share of those inside the map."""
        rules, weights = self.call.rules, self.pixels.weights
        counts = np.ones_like(self.pixels.values, np.bool_) if weights is None else weights > 0
        number = self._sum(counts.astype(np.int64))
        if rules.emit == "fraction":
            return number / WindowCounts(self.grid).pixels
        dtype = np.dtype(rules.dtype)
        if dtype.kind in "iu" and number.max() > np.iinfo(dtype).max:
            raise ValueRuleError(
                f"a window has {number.max()} valid pixels, more than {dtype} can count: "
                "give `dtype` uint16 or wider, or `emit` fraction"
            )
        return number

    def _reduced(self, out: Array) -> Array | Ratio:
        """The exact results; they may be `out`, where these have been written to it."""
        reduction, values, weights = self.call.reduction, self.pixels.values, self.pixels.weights
        if isinstance(reduction, Gather):
            return self._gathered(reduction)
        if isinstance(reduction, Fold):
            return self._folded(reduction, out)
        valid = None if weights is None else weights > 0
        if isinstance(reduction, Mode):
            return _positive_zero(self.call.backend.mode(values, valid, self.grid))
        low, high = self.call.backend.select(values, valid, self.grid, reduction.ranks)
        number = self.counts.pixels if valid is None else self._sum(valid.astype(np.int64))
        return _positive_zero(reduction.finish(low, high, number))

    def _folded(self, fold: Fold, out: Array) -> Array | Ratio:
        weighed = self.pixels.weights is not None
        if fold.divisor and not weighed:
            (component,) = fold.components
            states = component.lift(self.pixels.values)
            quotient = Quotient(self._divisors(fold.divisor), self.call.rules.rounding)
            self.call.backend.mean(states, self.grid, out, component.dtype, quotient)
            return out
        alone = out if len(fold.components) == 1 and not weighed else None
        folded = [self._states(component, alone) for component in fold.components]
        return fold.finish(*folded, self.counts)

    def _states(self, component: Component, out: Array | None) -> Array:
        """The folded states of all windows, in `out` if they are of its kind."""
        merge, dtype = component.merge, component.dtype
        states = component.lift(self.pixels.values)
        if self.pixels.weights is not None:
            states, dtype = _weighed(component, states, self.pixels.weights), None
        if out is not None and (states.ndim, dtype or states.dtype) != (out.ndim, out.dtype):
            out = None
        return self.call.backend.fold(merge.function, states, self.grid, out, dtype)

    def _divisors(self, divisor: Divisor) -> tuple[Array, ...]:
        """The number that the cells along each axis contribute to the divisor, as a product."""
        if divisor in ("pixels", "padded"):
            fact: Literal["size", "extent"] = "size" if divisor == "pixels" else "extent"
            return tuple(of_cells(axis, fact) for axis in self.grid.axes)
        first, *others = (np.ones(axis.cells, np.int64) for axis in self.grid.axes)
        return (first * int(divisor), *others)

    def _gathered(self, gather: Gather) -> Array:
        values, weights = self.pixels.values, self.pixels.weights
        runs = [axis.runs for axis in self.grid.axes]
        cells = flat_numbers(self.call.grid.shape, self.task.target[-len(runs) :])
        out = np.empty((*values.shape[: -len(runs)], *self.grid.shape), gather.dtype)
        weighed = None if weights is None else window_views(weights, runs)
        for part in window_views(values, runs):
            some = None if weighed is None else next(weighed).taps_apart()
            numbers = cells[part.cells]
            window = WindowValues(part.taps_apart(), some, part.taps, self.planes, numbers)
            out[part.cells] = gather.choose(window)
        return out

    def _indices(self, result: Array | Ratio) -> Array:
        indexing, axes = self.call.rules.indexing, len(self.grid.axes)
        assert indexing is not None
        assert not isinstance(result, Ratio)
        space = self.call.layers.values.shape[-axes:]
        numbers = indexing.numbers(self.planes, space, self.task.source[-axes:])
        windows = IndexedWindows(self.grid, numbers, indexing.nan)
        return windows.indices(result, self.pixels.values, self.pixels.weights)


def _weighed(component: Component, states: Array, weights: Array) -> Array:
    """States of pixels that count as often as they weigh, or not at all."""
    states = states.astype(component.dtype or states.dtype, copy=False)
    empty = np.asarray(component.merge.empty(states.dtype), states.dtype)
    if empty.ndim:
        empty = empty.reshape(-1, *(1,) * weights.ndim)
    weighed = component.merge.weigh(states, weights.astype(states.dtype))
    return np.where(weights > 0, weighed, empty)


def _positive_zero(x: Array) -> Array:
    """The values with every zero positive."""
    return x + np.zeros((), x.dtype) if x.dtype.kind == "f" else x
