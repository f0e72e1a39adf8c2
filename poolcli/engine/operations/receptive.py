"""The receptive field of cells: which pixels of the input they read."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from poolcli.engine.operations.operation import TracedAxis
from poolcli.engine.windows.grid import Axis
from poolcli.maps.array import Array


def receptive_pixels(axis: TracedAxis, cells: Iterable[int]) -> Array:
    """The pixels along an axis that any of these cells reads, sorted; a border repeats some.

    >>> from poolcli.engine.windows.sliding import Sliding
    >>> receptive_pixels(Sliding((2,), (3,)).grid((8,)).axes[0], [0, 1]).tolist()
    [0, 1, 3, 4]
    """
    if not isinstance(axis, Axis):
        return np.array(
            sorted({pixel for cell in cells for pixel in axis.taps_of(cell).pixels}), np.int64
        )
    wanted = np.zeros(axis.cells, np.bool_)
    wanted[list(cells)] = True
    origin = axis.span.start
    seen = np.zeros(axis.span.stop - origin, np.bool_)
    for run in axis.runs:
        starts = (
            run.start
            - origin
            + run.stride * np.flatnonzero(wanted[run.cell :: run.every][: run.number])
        )
        taps = run.step * np.arange(run.size)
        for first in starts if len(starts) < len(taps) else taps:
            seen[first + (taps if len(starts) < len(taps) else starts)] = True
    found = np.unique(axis.pixels(np.flatnonzero(seen) + origin))
    return found[found >= 0]
