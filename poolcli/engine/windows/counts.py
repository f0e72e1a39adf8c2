"""How many pixels, and how much padding, each window of a grid has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Literal

import numpy as np

from poolcli.engine.windows.border import ABSENT
from poolcli.engine.windows.grid import Axis, Grid
from poolcli.maps.array import Array


@dataclass(frozen=True)
class WindowCounts:
    """Pixels and padding of each window: an array of the grid's shape, or one number if all windows
    are alike.

    `weights`, if there are any, are the sums of the weights of each window's pixels, and stand for
    their number.

    >>> from poolcli.engine.windows.sliding import Sliding
    >>> counts = WindowCounts(Sliding((3,), padding=((1, 1),)).grid((6,)))
    >>> counts.pixels.tolist(), counts.padding.tolist()
    ([2, 3], [1, 0])
    """

    grid: Grid
    weights: Array | None = None

    @cached_property
    def pixels(self) -> Array | int:
        """Pixels inside the map, or the sum of their weights."""
        return self._of_windows("size") if self.weights is None else self.weights

    @cached_property
    def padding(self) -> Array | int:
        """Taps in padding that counts."""
        return self._of_windows("extent") - self._of_windows("size")

    def _of_windows(self, fact: Literal["size", "extent"]) -> Array | int:
        axes = self.grid.axes
        if all(len(axis.runs) == 1 and axis.runs[0].extent == axis.runs[0].size for axis in axes):
            return self.grid.largest
        return reduce(np.multiply.outer, [of_cells(axis, fact) for axis in axes])


@dataclass(frozen=True)
class FootprintCounts:
    """The same for some cells of a grid with a footprint: those at `cells` along each axis."""

    grid: Grid
    cells: Sequence[slice]
    weights: Array | None = None

    @cached_property
    def pixels(self) -> Array | int:
        """Taps that are pixels of the map or its border, or the sum of their weights."""
        return self._inside if self.weights is None else self.weights

    @cached_property
    def padding(self) -> Array | int:
        """Taps in padding that counts."""
        return self._counted(self._in_padding) - self._inside

    @cached_property
    def _inside(self) -> Array:
        return self._counted(lambda axis, at: axis.pixels(at) != ABSENT)

    @staticmethod
    def _in_padding(axis: Axis, at: Array) -> Array:
        border = axis.border
        assert border is not None
        return (at >= -border.before) & (at < border.length + border.after)

    def _counted(self, test: Callable[[Axis, Array], Array]) -> Array:
        """For each cell how many taps of the footprint pass a test along every axis."""
        assert self.grid.footprint is not None
        counts: Array = self.grid.footprint.taps.astype(np.float64)
        for axis, cells in zip(self.grid.axes, self.cells, strict=True):
            (run,) = axis.runs
            starts = run.start + run.stride * np.arange(cells.start or 0, cells.stop)
            passed = test(axis, starts[:, None] + run.step * np.arange(run.size))
            counts = np.tensordot(counts, passed.astype(np.float64), (0, 1))
        return counts.astype(np.int64)


def of_cells(axis: Axis, fact: Literal["size", "extent"]) -> Array:
    """The number for each cell of the axis, from that of its run."""
    out = np.empty(axis.cells, np.int64)
    for run in axis.runs:
        out[run.cell :: run.every][: run.number] = getattr(run, fact)
    return out
