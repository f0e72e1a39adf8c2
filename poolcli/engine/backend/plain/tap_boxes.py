"""Folding windows of which some taps count: their boxes of taps are whole windows.

The results of the boxes are merged in their order, one after another. Sums take `Footprint.parts`,
which part the taps: of neighbouring rows with the same taps each stretch is a box. Maxima and
minima take `Footprint.cover`, fewer boxes that overlap. That is the definition, so the backend in
use may fold the boxes. A disk of 15 x 15 has 149 taps in 11 boxes, or covered by 6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from poolcli.engine.backend import backend
from poolcli.engine.reducers.merges import Function
from poolcli.engine.windows.grid import Axis, Grid
from poolcli.maps.array import Array

if TYPE_CHECKING:
    from poolcli.engine.windows.footprint import Box


def fold_boxes(merge: Function, x: Array, grid: Grid, dtype: np.dtype[Any] | None) -> Array:
    """The folded states of every window of a grid with a footprint."""
    assert grid.footprint is not None
    overlaps = merge in (np.maximum, np.minimum)
    first, *boxes = grid.footprint.cover if overlaps else grid.footprint.parts
    fold = backend().fold
    states = fold(merge, x, _of_box(grid, first), None, dtype)
    for box in boxes:
        states = merge(states, fold(merge, x, _of_box(grid, box), None, dtype), out=states)
    return states


def _of_box(grid: Grid, box: Box) -> Grid:
    """The grid whose windows are one box of the taps."""
    return Grid(tuple(_part_of_taps(*each) for each in zip(grid.axes, box, strict=True)))


def _part_of_taps(axis: Axis, taps: slice) -> Axis:
    (run,) = axis.runs
    size = taps.stop - taps.start
    part = run._replace(start=run.start + taps.start * run.step, size=size, extent=size)
    return Axis(axis.cells, (part,), size, run.step * (size - 1) + 1, axis.stride)
