"""The windows of one block: reduced by the backend, finished, and rounded once into the output."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Literal

import numpy as np

from poolcli.engine.backend import Backend, Numbering
from poolcli.engine.backend.blocks import Task
from poolcli.engine.backend.window_views import window_views
from poolcli.engine.operations.between_ranks import MeanBetweenRanks
from poolcli.engine.operations.bordered import reaches_out
from poolcli.engine.operations.index import NOWHERE, IndexedWindows, PixelNumbers, flat_numbers
from poolcli.engine.operations.pixels import CountedPixels, MaskedPixels, ValueRules, blank
from poolcli.engine.reducers.reducer import (
    BetweenRanks,
    Component,
    Divisor,
    Fold,
    Gather,
    Mode,
    Reduction,
    WindowValues,
)
from poolcli.engine.reducers.rounding import Exact, Quotient, Ratio, cast, put, without
from poolcli.engine.windows.counts import FootprintCounts, WindowCounts, of_cells
from poolcli.engine.windows.grid import Grid
from poolcli.engine.windows.place import PlacedGrid
from poolcli.errors import ValueRuleError
from poolcli.maps.array import Array

SCALE = 64  # 2 to this power is more than the weights of a window add up to


@dataclass(eq=False)
class PoolingCall:
    """What all blocks share: pixels, grid, rules, backend and reduction.

    The planes are those at `placed.source` of an array whose axes before the map's are `lead`.
    `wide` is the reduction of the values in float64 where a sum of them may overflow.
    """

    masked: MaskedPixels
    placed: PlacedGrid
    rules: ValueRules
    lead: tuple[int, ...]
    backend: Backend
    reduction: Reduction
    wide: Fold | None

    @cached_property
    def planes(self) -> Array:
        """The number of each plane."""
        return np.asarray(np.arange(prod(self.lead)).reshape(self.lead)[self.placed.source])


@dataclass(eq=False)
class WindowBlock:
    """The windows of one block, and their pixels."""

    call: PoolingCall
    task: Task
    grid: Grid
    pixels: CountedPixels
    is_finite: bool = False  # whether the backend says so of its means

    @cached_property
    def counts(self) -> WindowCounts | FootprintCounts:
        """How many pixels count, each as often as it weighs."""
        weights = self.pixels.weights
        return self._counts_of(None if weights is None else self._sum(weights))

    def _counts_of(self, weights: Array | None = None) -> WindowCounts | FootprintCounts:
        """How many pixels windows have; `weights` stand for their number."""
        if self.grid.footprint is None:
            return WindowCounts(self.grid, weights)
        cells = self.task.target[-len(self.grid.axes) :]
        return FootprintCounts(self.call.placed.grid, cells, weights)

    @property
    def planes(self) -> Array:
        """The number of each plane."""
        numbers = self.call.planes
        return np.asarray(numbers[self.task.source[: numbers.ndim]])

    def pool(self, out: Array, indices: Array | None) -> None:
        """Write the results, and their indices if these are asked for."""
        rules = self.call.rules
        if indices is not None and self._folded_with_indices(out, indices):
            return
        result = self._counts_emitted() if rules.emit else self._reduced(out)
        if indices is not None:
            indices[...] = self._indices(result)
        if self.pixels.weights is None or rules.emit:
            put(result, out, rules.rounding)
            return
        empty = self._empty()
        put(without(result, empty), out, rules.rounding)
        if empty.any():
            np.copyto(out, blank(rules, self.pixels.valid), where=empty)
            if indices is not None:
                np.copyto(indices, NOWHERE, where=empty)

    def _sum(self, x: Array) -> Array:
        return self.call.backend.fold(np.add, x, self.grid)

    def _empty(self) -> Array:
        """The windows in which too few pixels count."""
        valid, rules = self.pixels.valid, self.call.rules
        empty = np.asarray(self.counts.pixels == 0)
        if rules.min_valid is not None and valid is not None:
            least = rules.min_valid * self._counts_of().pixels
            empty |= self._sum(valid.astype(np.int64)) < least
        return empty

    def _counts_emitted(self) -> Array:
        """How many pixels of each window count, or what share of those inside the map."""
        rules, weights = self.call.rules, self.pixels.weights
        counts = np.ones_like(self.pixels.values, np.bool_) if weights is None else weights > 0
        number = self._sum(counts.astype(np.int64))
        if rules.emit == "fraction":
            return number / self._counts_of().pixels
        dtype = np.dtype(rules.dtype)
        if dtype.kind in "iu" and number.max() > np.iinfo(dtype).max:
            raise ValueRuleError(
                f"a window has {number.max()} valid pixels, more than {dtype} can count: "
                "give `dtype` uint16 or wider, or `emit` fraction"
            )
        return number

    def _reduced(self, out: Array) -> Exact:
        """The exact results; they may be `out`, where these have been written to it."""
        reduction, values, weights = self.call.reduction, self.pixels.values, self.pixels.weights
        if isinstance(reduction, Gather):
            return self._gathered(reduction)
        if isinstance(reduction, Fold):
            return self._finite(self._folded(reduction, out))
        valid = None if weights is None else weights > 0
        if isinstance(reduction, BetweenRanks):
            number = self.counts.pixels if valid is None else self._sum(valid.astype(np.int64))
            means = MeanBetweenRanks(self.call.backend, reduction, self.pixels, self.grid, number)
            return means()
        if isinstance(reduction, Mode):
            return _positive_zero(self.call.backend.mode(values, valid, self.grid))
        low, high = self.call.backend.select(values, valid, self.grid, reduction.ranks)
        number = self.counts.pixels if valid is None else self._sum(valid.astype(np.int64))
        return _positive_zero(reduction.finish(low, high, number))

    def _finite(self, result: Exact) -> Exact:
        """The results; where a sum has overflowed, those of smaller values, enlarged again."""
        wide, values = self.call.wide, self.pixels.values
        if wide is None or self.is_finite or not isinstance(result, np.ndarray | Ratio):
            return result
        overflown = ~np.isfinite(result.total if isinstance(result, Ratio) else result)
        if not overflown.any() or not _has_large(values):
            return result
        pixels = self.pixels._replace(values=np.ldexp(values.astype(np.float64), -SCALE))
        again = replace(self, call=replace(self.call, wide=None), pixels=pixels)
        small = cast(again._folded(wide, np.empty(overflown.shape)), np.float64, "")
        first = result.value() if isinstance(result, Ratio) else result
        return np.where(overflown, np.ldexp(small, SCALE), first)

    def _folded(self, fold: Fold, out: Array) -> Exact:
        weighed = self.pixels.weights is not None
        is_lossless = self.pixels.values.dtype.kind != "f" or out.dtype.kind == "f"
        if fold.divisor and not weighed and is_lossless:
            (component,) = fold.components
            rounding, x = self.call.rules.rounding, self.pixels.values
            quotient = Quotient(self._divisors(fold.divisor), rounding, fold.of_squares)
            states = x if fold.of_squares else component.lift(x)
            mean = self.call.backend.mean
            self.is_finite = mean(states, self.grid, out, component.dtype, quotient)
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
        if divisor in ("pixels", "padded") and self.grid.footprint is None:
            fact: Literal["size", "extent"] = "size" if divisor == "pixels" else "extent"
            return tuple(of_cells(axis, fact) for axis in self.grid.axes)
        number = int(divisor) if isinstance(divisor, int) else self.grid.largest
        first, *others = (np.ones(axis.cells, np.int64) for axis in self.grid.axes)
        return (first * number, *others)

    def _gathered(self, gather: Gather) -> Array:
        values, weights = self.pixels.values, self.pixels.weights
        runs = [axis.runs for axis in self.grid.axes]
        cells = flat_numbers(self.call.placed.grid.shape, self.task.target[-len(runs) :])
        out = np.empty((*values.shape[: -len(runs)], *self.grid.shape), gather.dtype)
        weighed = None if weights is None else window_views(weights, runs)
        taps = self.grid.tap_numbers
        for part in window_views(values, runs):
            some = None if weighed is None else next(weighed).taps_apart()[..., taps]
            numbers = cells[part.cells]
            window = WindowValues(
                part.taps_apart()[..., taps], some, part.taps, self.planes, numbers
            )
            out[part.cells] = gather.choose(window)
        return out

    def _indices(self, result: Exact) -> Array:
        assert isinstance(result, np.ndarray)
        windows = IndexedWindows(self.grid, self._numbering())
        return windows.indices(result, self.pixels.values, self.pixels.weights)

    def _folded_with_indices(self, out: Array, indices: Array) -> bool:
        """Write values and indices in one pass, where the backend can; else return False."""
        fold, x = self.call.reduction, self.pixels.values
        if not isinstance(fold, Fold) or self.pixels.weights is not None:
            return False
        numbering = self._numbering()
        if not isinstance(numbering, Numbering):
            return False
        (component,) = fold.components
        values = out if out.dtype == x.dtype else np.empty(out.shape, x.dtype)
        merge, results = component.merge.function, (values, indices)
        if not self.call.backend.fold_index(merge, x, self.grid, results, numbering):
            return False
        put(values, out, self.call.rules.rounding)
        return True

    def _numbering(self) -> Numbering | PixelNumbers:
        """How the indices number the pixels of this block."""
        indexing, axes = self.call.rules.indexing, len(self.grid.axes)
        assert indexing is not None, "the rules have no indexing"
        space = self.call.masked.values.shape[-axes:]
        spans, grid = self.task.source[-axes:], self.call.placed.grid
        if reaches_out(self.task, grid):
            return indexing.bordered(self.planes, space, spans, grid)
        begin = tuple(span.start for span in spans)
        return indexing.numbering(self.planes, space, begin)


def _has_large(values: Array) -> bool:
    """Whether some finite value is so large that a sum of them may overflow."""
    sizes = np.abs(values)
    limit = np.ldexp(np.finfo(values.dtype).max, -SCALE)
    return bool(((sizes > limit) & np.isfinite(sizes)).any())


def _weighed(component: Component, states: Array, weights: Array) -> Array:
    """States of pixels that count as often as they weigh, or not at all."""
    states = states.astype(component.dtype or states.dtype, copy=False)
    empty = np.asarray(component.merge.empty(states.dtype), states.dtype)
    if empty.ndim:
        empty = empty.reshape(-1, *(1,) * weights.ndim)
    weighed = component.merge.weigh(states, weights.astype(states.dtype))
    return np.where(weights > 0, weighed, empty)


def _positive_zero(x: Exact) -> Exact:
    """The values with every zero positive."""
    if not isinstance(x, np.ndarray):
        return x
    return x + np.zeros((), x.dtype) if x.dtype.kind == "f" else x
