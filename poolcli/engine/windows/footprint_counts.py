"""How many pixels, and how much padding, each window of a grid with a footprint has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from poolcli.engine.windows.border import ABSENT
from poolcli.engine.windows.grid import Axis, Grid
from poolcli.maps.array import Array
from poolcli.maps.cached import cached_property


@dataclass(frozen=True, eq=False)
class FootprintCounts:
    """Pixels and padding of some cells, those at `cells` along each axis: as `WindowCounts` has."""

    grid: Grid
    cells: Sequence[slice]
    weights: Array | None = None

    @cached_property
    def pixels(self) -> Array | int:
        """Taps that are pixels of the map or its border, or the sum of their weights."""
        if self.weights is None:
            return self._inside
        return self.weights.astype(np.int64, copy=False)

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
