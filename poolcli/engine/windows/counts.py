"""How many pixels, and how much padding, each window of a grid has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Literal

import numpy as np

from poolcli.engine.windows.grid import Axis, Grid
from poolcli.maps.array import Array


@dataclass(frozen=True, eq=False)
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


def of_cells(axis: Axis, fact: Literal["size", "extent"]) -> Array:
    """The number for each cell of the axis, from that of its run."""
    out = np.empty(axis.cells, np.int64)
    for run in axis.runs:
        out[run.cell :: run.every][: run.number] = getattr(run, fact)
    return out
