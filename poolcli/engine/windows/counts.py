"""How many pixels the windows of a grid have."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np

from poolcli.engine.windows.grid import Axis, Grid
from poolcli.maps.array import Array


@dataclass(frozen=True)
class Counted:
    """Pixels (or their `weights` together) and padding of each window: one number where all are alike."""

    grid: Grid
    weights: Array | None = None

    @cached_property
    def pixels(self) -> Array | int:
        return self._spread("size") if self.weights is None else self.weights

    @cached_property
    def padding(self) -> Array | int:
        return self._spread("extent") - self._spread("size")

    def _spread(self, fact: str) -> Array | int:
        axes = self.grid.axes
        if all(len(axis.runs) == 1 and axis.runs[0].extent == axis.runs[0].size for axis in axes):
            return self.grid.largest
        return reduce(np.multiply.outer, [_spread(axis, fact) for axis in axes])


def _spread(line: Axis, fact: str) -> Array:
    """A fact of the runs ("size", "extent") as a number for each cell of the axis."""
    out = np.empty(line.cells, np.int64)
    for cells in line.runs:
        out[cells.cell :: cells.every][: cells.number] = getattr(cells, fact)
    return out
