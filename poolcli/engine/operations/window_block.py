"""The windows of one block: reduced by the backend, finished, and rounded once into the output."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from poolcli.engine.backend import Backend, Numbering
from poolcli.engine.backend.blocks import Task
from poolcli.engine.backend.window_views import window_views
from poolcli.engine.operations.bordered import reaches_out
from poolcli.engine.operations.folded_windows import FoldedWindows
from poolcli.engine.operations.index import NOWHERE, IndexedWindows, PixelNumbers, flat_numbers
from poolcli.engine.operations.pixels import CountedPixels, ValueRules, blank, emitted
from poolcli.engine.operations.pooling_plan import PoolingPlan
from poolcli.engine.reducers.reducer import BetweenRanks, Fold, Gather, Mode, Weighted, WindowValues
from poolcli.engine.reducers.rounding import Exact, put, without
from poolcli.engine.windows.counts import WindowCounts
from poolcli.engine.windows.grid import Grid
from poolcli.maps.array import Array
from poolcli.maps.cached import cached_property

if TYPE_CHECKING:
    from poolcli.engine.windows.footprint_counts import FootprintCounts


@dataclass(eq=False)
class PoolingCall:
    """What all blocks share: the plan, the rules, and the shape of the array that is pooled."""

    plan: PoolingPlan
    rules: ValueRules
    shape: tuple[int, ...]

    @cached_property
    def planes(self) -> Array:
        """The number of each plane, among those of the whole array."""
        placed, axes = self.plan.placed, len(self.plan.placed.grid.axes)
        part = placed.part
        lead = part.frame.lead if part else self.shape[: len(self.shape) - axes]
        numbers = np.arange(prod(lead)).reshape(lead)
        return np.asarray(numbers[part.lead if part else placed.source])

    @property
    def space(self) -> tuple[int, ...]:
        """The size of a whole plane."""
        placed = self.plan.placed
        return placed.part.frame.space if placed.part else self.shape[-len(placed.grid.axes) :]


@dataclass(eq=False)
class WindowBlock:
    """The windows of one block, and their pixels."""

    call: PoolingCall
    task: Task
    grid: Grid
    pixels: CountedPixels

    @property
    def _verbs(self) -> Backend:
        return self.call.plan.execution.backend

    @property
    def counts(self) -> WindowCounts | FootprintCounts:
        """How many pixels count, each as often as it weighs."""
        return self._counts_of() if self.pixels.weights is None else self._counts_of(self._weights)

    @cached_property
    def _weights(self) -> Array:
        """The weights of the pixels of each window together."""
        assert self.pixels.weights is not None, "all pixels count once"
        return self._sum(self.pixels.weights)

    def _number(self, valid: Array | None) -> Array | int:
        """How many pixels of each window are valid (None: all)."""
        if valid is None:
            return self.counts.pixels
        return self._sum(valid).astype(np.int64)

    def _counts_of(self, weights: Array | None = None) -> WindowCounts | FootprintCounts:
        """How many pixels windows have; `weights` stand for their number."""
        if self.grid.footprint is None:
            known = self.call.plan.counts_of
            return known(self.grid) if weights is None else WindowCounts(self.grid, weights)
        from poolcli.engine.windows.footprint_counts import FootprintCounts  # few grids have one

        cells = self.task.target[-len(self.grid.axes) :]
        return FootprintCounts(self.call.plan.placed.grid, cells, weights)

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
        if result is not out:
            put(without(result, empty), out, rules.rounding)
        if empty.any():
            np.copyto(out, blank(rules, self.pixels.valid), where=empty)
            if indices is not None:
                np.copyto(indices, NOWHERE, where=empty)

    def _sum(self, x: Array) -> Array:
        """The sums of windows: how many are True, or of integers."""
        dtype = np.dtype(np.uint32) if x.dtype.kind == "b" else x.dtype
        return self._verbs.fold(np.add, x, self.grid, None, dtype)

    def _empty(self) -> Array:
        """The windows in which too few pixels count."""
        valid, rules = self.pixels.valid, self.call.rules
        mask = self.pixels.mask
        if mask is None:
            empty = np.asarray(self._weights == 0)
        else:  # of bytes, and without a count
            empty = ~self._verbs.fold(np.maximum, mask, self.grid)
        if rules.min_valid is not None and valid is not None:
            least = rules.min_valid * self._counts_of().pixels
            empty |= self._sum(valid) < least
        return empty

    def _counts_emitted(self) -> Array:
        """How many pixels of each window count, or what share of those inside the map."""
        rules, weights = self.call.rules, self.pixels.weights
        counts = np.ones_like(self.pixels.values, np.bool_) if weights is None else weights > 0
        return emitted(self._sum(counts), self._counts_of().pixels, rules)

    def _reduced(self, out: Array) -> Exact:
        """The exact results; they may be `out`, where these have been written to it."""
        execution, pixels = self.call.plan.execution, self.pixels
        reduction, values, weights = execution.reduction, pixels.values, pixels.weights
        if isinstance(reduction, Fold):
            counts, number = lambda: self.counts, lambda: self._weights
            windows = FoldedWindows(
                execution.backend, self.call.rules.rounding, pixels, self.grid, counts, number
            )
            return windows.reduced(reduction, execution.wide, out)
        if isinstance(reduction, Gather):
            return self._gathered(reduction)
        if isinstance(reduction, Weighted):
            from poolcli.engine.operations.weighted_windows import weighted_windows  # few need it

            return weighted_windows(self._verbs, reduction, pixels, self.grid)
        valid = None if weights is None else weights > 0
        if isinstance(reduction, BetweenRanks):
            from poolcli.engine.operations.between_ranks import MeanBetweenRanks  # few need it

            of_windows = self._number(valid)
            means = MeanBetweenRanks(self._verbs, reduction, pixels, self.grid, of_windows)
            return means()
        target = out if out.dtype == values.dtype else None
        if isinstance(reduction, Mode):
            return _positive_zero(self._verbs.mode(values, valid, self.grid, target))
        low, high = self._verbs.select(values, valid, self.grid, reduction.ranks, target)
        return _positive_zero(reduction.finish(low, high, self._number(valid)))

    def _gathered(self, gather: Gather) -> Array:
        values, weights = self.pixels.values, self.pixels.weights
        axes = len(self.grid.axes)
        cells = flat_numbers(self.call.plan.placed.grid.shape, self.task.target[-axes:])
        out = np.empty((*values.shape[:-axes], *self.grid.shape), gather.dtype)
        weighed = None if weights is None else window_views(weights, self.grid)
        for part in window_views(values, self.grid):
            some = None if weighed is None else next(weighed).taps_apart()
            numbers = cells[part.cells]
            window = WindowValues(part.taps_apart(), some, part.taps, self.planes, numbers)
            out[part.cells] = gather.choose(window)
        return out

    def _indices(self, result: Exact) -> Array:
        assert isinstance(result, np.ndarray)
        windows = IndexedWindows(self.grid, self._numbering())
        return windows.indices(result, self.pixels.values, self.pixels.weights)

    def _folded_with_indices(self, out: Array, indices: Array) -> bool:
        """Write values and indices in one pass, where the backend can; else return False."""
        fold, x = self.call.plan.execution.reduction, self.pixels.values
        if not isinstance(fold, Fold) or self.pixels.weights is not None:
            return False
        numbering = self._numbering()
        if not isinstance(numbering, Numbering):
            return False
        (component,) = fold.components
        values = out if out.dtype == x.dtype else np.empty(out.shape, x.dtype)
        merge, results = component.merge.function, (values, indices)
        if not self._verbs.fold_index(merge, x, self.grid, results, numbering):
            return False
        put(values, out, self.call.rules.rounding)
        return True

    def _numbering(self) -> Numbering | PixelNumbers:
        """How the indices number the pixels of this block."""
        indexing, axes = self.call.rules.indexing, len(self.grid.axes)
        assert indexing is not None, "the rules have no indexing"
        spans, grid = self.task.source[-axes:], self.call.plan.placed.grid
        if reaches_out(self.task, grid):
            return indexing.bordered(self.planes, self.call.space, spans, grid)
        begin = tuple(span.start for span in spans)
        return indexing.numbering(self.planes, self.call.space, begin)


def _positive_zero(x: Exact) -> Exact:
    """The values with every zero positive, in place."""
    if isinstance(x, np.ndarray) and x.dtype.kind == "f":
        x += np.zeros((), x.dtype)
    return x
