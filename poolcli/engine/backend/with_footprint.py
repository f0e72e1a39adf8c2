"""The verbs for windows of which some taps count, by the verbs of a backend for whole windows.

To fold, the taps are cut into boxes, and each box is folded as a window of its own; the results are
merged in the order of the boxes, one after another. Sums take `Footprint.parts`, which part the
taps: of neighbouring rows with the same taps each stretch is a box. Maxima and minima take
`Footprint.cover`, fewer boxes that overlap. That is the definition, so both backends give the same
bits. A disk of 15 x 15 has 149 taps in 11 boxes, or covered by 6.

To select, the taps of some windows are copied side by side, and become windows of one column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import prod
from typing import Any, NamedTuple

import numpy as np

from poolcli.engine.backend import Backend, BoxWeights, plain
from poolcli.engine.backend.window_views import NETWORK, taps_at_once
from poolcli.engine.reducers.merges import Function, Power
from poolcli.engine.reducers.reducer import Reduction
from poolcli.engine.reducers.rounding import Quotient
from poolcli.engine.windows.footprint import Box, Footprint
from poolcli.engine.windows.grid import Axis, Grid
from poolcli.engine.windows.runs import Run
from poolcli.maps.array import Array


class WithFootprint(NamedTuple):
    """A backend for grids with this footprint, whose windows all have the taps of the kernel."""

    verbs: Backend
    footprint: Footprint

    def fold(
        self,
        merge: Function,
        x: Array,
        grid: Grid,
        out: Array | None = None,
        dtype: np.dtype[Any] | None = None,
    ) -> Array:
        """The folded states of every window: see `Backend.fold`."""
        overlaps = merge in (np.maximum, np.minimum)
        first, *boxes = self.footprint.cover if overlaps else self.footprint.parts
        states = self.verbs.fold(merge, x, _of_box(grid, first), None, dtype)
        for box in boxes:
            part = self.verbs.fold(merge, x, _of_box(grid, box), None, dtype)
            states = merge(states, part, out=states)
        if out is None:
            return states
        out[...] = states
        return out

    def fold_index(self, *_: object) -> bool:
        """Leave it to the caller: see `Backend.fold_index`."""
        return False

    def mean(
        self, x: Array, grid: Grid, out: Array, dtype: np.dtype[Any] | None, quotient: Quotient
    ) -> bool:
        """The mean of every window: see `Backend.mean`."""
        return quotient.put(self.fold(np.add, quotient.states(x), grid, None, dtype), out)

    def powers(self, power: Power, x: Array, grid: Grid, out: Array | None = None) -> Array:
        """The sums of the powers of the pixels of every window: see `Backend.powers`."""
        return self.fold(np.add, power(x), grid, out)

    def spread(self, *_: object) -> None:
        """Leave it to the caller: see `Backend.spread`."""

    def select(
        self,
        x: Array,
        valid: Array | None,
        grid: Grid,
        ranks: Callable[[int], tuple[int, int]],
        out: Array | None = None,
    ) -> tuple[Array, Array]:
        """The values at two ranks of each window: see `Backend.select`."""
        low, high = _new(x, grid) if out is None else out, _new(x, grid)
        for cells, taps, mask, windows in self._bands(x, valid, grid):
            found = self._selecting.select(taps, mask, windows, ranks)
            low[cells], high[cells] = (part.reshape(low[cells].shape) for part in found)
        return low, high

    def mode(self, x: Array, valid: Array | None, grid: Grid, out: Array | None = None) -> Array:
        """The most frequent value of each window: see `Backend.mode`."""
        out = _new(x, grid) if out is None else out
        for cells, taps, mask, windows in self._bands(x, valid, grid):
            out[cells] = self._selecting.mode(taps, mask, windows).reshape(out[cells].shape)
        return out

    def weigh(self, x: Array, out: Array, rows: BoxWeights, columns: BoxWeights) -> None:
        """Boxes have no footprint: see `Backend.weigh`."""
        self.verbs.weigh(x, out, rows, columns)

    def tiles(self, reduction: Reduction, dtype: np.dtype[Any]) -> bool:  # noqa: ARG002
        """A block is worked on as a whole, once for each box: see `Backend.tiles`."""
        return False

    @property
    def _is_large(self) -> bool:
        """Whether windows are too large for a network."""
        return self.footprint.count > NETWORK - 3

    @property
    def _selecting(self) -> Backend:
        """Who puts windows in order: large ones NumPy, whose partition is quicker than networks."""
        return plain if self._is_large else self.verbs

    def _bands(
        self, x: Array, valid: Array | None, grid: Grid
    ) -> Iterator[tuple[Any, Array, Array | None, Grid]]:
        """For some rows of cells: their index, the taps that count, and the grid of these windows.

        A window is a column of (taps, windows), or a row of (windows, taps) where it is large.
        """
        if self._is_large and x.itemsize == 1:  # NumPy has fast ways for all but bytes
            x = x.astype(np.int16)
        row = prod(x.shape[: -len(grid.axes)]) * prod(grid.shape[1:]) * self.footprint.count
        rows = max(1, taps_at_once() // max(row, 1))
        for first in range(0, grid.shape[0], rows):
            stop = min(first + rows, grid.shape[0])
            band = Grid((grid.axes[0].cells_between(first, stop), *grid.axes[1:]))
            taps = self._stacked(x, band)
            mask = None if valid is None else self._stacked(valid, band)
            cells = (..., slice(first, stop), *(slice(None),) * (len(grid.axes) - 1))
            yield cells, taps, mask, self._windows(taps)

    def _stacked(self, x: Array, grid: Grid) -> Array:
        """The taps that count of all windows: (taps, windows) or (windows, taps)."""
        out = np.empty((self.footprint.count, *x.shape[: -len(grid.axes)], *grid.shape), x.dtype)
        for taps, index in zip(out, np.argwhere(self.footprint.taps).tolist(), strict=True):
            taps[...] = x[_tap(grid, index)]
        columns = out.reshape(self.footprint.count, -1)
        return np.ascontiguousarray(columns.T) if self._is_large else columns

    def _windows(self, taps: Array) -> Grid:
        """The grid of windows that are columns, or rows where they are large."""
        count = self.footprint.count
        windows = taps.size // count
        along = Axis(1, (Run(0, 1, 0, 1, count, count),), count, count, Fraction(1))
        across = Axis(windows, (Run(0, windows, 0, 1, 1, 1),), 1, 1, Fraction(1))
        return Grid((across, along) if self._is_large else (along, across))


def _new(x: Array, grid: Grid) -> Array:
    """An array for the cells of all planes."""
    return np.empty((*x.shape[: -len(grid.axes)], *grid.shape), x.dtype)


def _of_box(grid: Grid, box: Box) -> Grid:
    """The grid whose windows are one box of the taps."""
    return Grid(tuple(_part_of_taps(*each) for each in zip(grid.axes, box, strict=True)))


def _part_of_taps(axis: Axis, taps: slice) -> Axis:
    size = taps.stop - taps.start
    runs = tuple(
        run._replace(start=run.start + taps.start * run.step, size=size, extent=size)
        for run in axis.runs
    )
    step = axis.runs[0].step
    return Axis(axis.cells, runs, size, step * (size - 1) + 1, axis.stride)


def _tap(grid: Grid, index: Sequence[int]) -> Any:
    """The index of one tap of all windows, which are one run along each axis."""
    (runs,) = zip(*(axis.runs for axis in grid.axes), strict=True)
    starts = [run.start + at * run.step for run, at in zip(runs, index, strict=True)]
    return ..., *(
        slice(start, start + (run.number - 1) * run.stride + 1, run.stride)
        for run, start in zip(runs, starts, strict=True)
    )
