"""Whole windows as arrays, some of the map at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from poolcli.engine.windows.grid import Grid
from poolcli.engine.windows.runs import Run
from poolcli.maps.array import Array
from poolcli.resources.limits import current

if TYPE_CHECKING:
    from poolcli.engine.windows.footprint import Footprint

COPIED = 50  # bytes of scratch for each tap that is copied, measured over all gathers and sorts
MOST = 1 << 21  # taps copied at a time: 16 MB of float64


class WindowView(NamedTuple):
    """Windows of equal size: `view` has the shape (..., *cells, *taps) and copies nothing.

    `cells` is the index of their results, `taps` the taps of the kernel that borders leave; with a
    `footprint` not all of these count.
    """

    cells: tuple[Any, ...]
    taps: tuple[slice, ...]
    view: Array
    footprint: Footprint | None

    def taps_last(self) -> Array:
        """A copy (..., *cells, n) in which the taps of a window that count are neighbours."""
        if self.footprint is not None:
            return np.ascontiguousarray(self.taps_apart())
        return self.view.copy("C").reshape(*self.view.shape[: -len(self.taps)], -1)

    def taps_apart(self) -> Array:
        """The same, to be read only: the same taps of all windows are neighbours."""
        if self.footprint is not None:
            return np.asarray(self.view[..., self.footprint.taps])
        axes = len(self.taps)
        first = np.moveaxis(self.view, range(-axes, 0), range(axes))
        return np.moveaxis(first.reshape(-1, *self.view.shape[:-axes]), 0, -1)


def window_views(x: Array, grid: Grid, planes: int | None = None) -> Iterator[WindowView]:
    """The windows of (..., *map), few enough at a time to be copied.

    `planes` is the number of planes they are copied for, where `x` stands for more than its own.
    """
    axes = len(grid.axes)
    if planes is None:
        planes = prod(x.shape[:-axes])
    largest = prod(axis.largest for axis in grid.axes)
    most = max(1, int((taps_at_once() / max(largest * planes, 1)) ** (1 / axes)))
    for runs in product(*(list(_cut(axis.runs, most)) for axis in grid.axes)):
        taps = tuple(slice(run.head, run.head + run.size) for run in runs)
        yield WindowView((..., *map(cells_of, runs)), taps, windows_of(x, runs), grid.footprint)


def taps_at_once() -> int:
    """How many taps of windows a thread may copy."""
    limits = current()
    return int(min(MOST, limits.memory.scratch / limits.threads / 2 / COPIED))


def cells_of(run: Run) -> slice:
    """The cells of a run."""
    return slice(run.cell, run.cell + (run.number - 1) * run.every + 1, run.every)


def tap_of(run: Run, tap: int) -> slice:
    """One tap of all windows of a run."""
    start = run.start + tap * run.step
    return slice(start, start + (run.number - 1) * run.stride + 1, run.stride)


def windows_of(x: Array, runs: Sequence[Run]) -> Array:
    """The windows of one run per axis, as a view (..., *cells, *taps)."""
    lead, steps = x.ndim - len(runs), x.strides[x.ndim - len(runs) :]
    first: Any = (..., *(slice(run.start, None) for run in runs))
    shape = (*x.shape[:lead], *(run.number for run in runs), *(run.size for run in runs))
    between = [run.stride * step for run, step in zip(runs, steps, strict=True)]
    within = [run.step * step for run, step in zip(runs, steps, strict=True)]
    return as_strided(x[first], shape, (*x.strides[:lead], *between, *within), writeable=False)


def _cut(runs: Sequence[Run], most: int) -> Iterator[Run]:
    """The same windows as runs of at most `most` cells."""
    for run in runs:
        for first in range(0, run.number, most):
            yield run._replace(
                cell=run.cell + first * run.every,
                start=run.start + first * run.stride,
                number=min(most, run.number - first),
            )
