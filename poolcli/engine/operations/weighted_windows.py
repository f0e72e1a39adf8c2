"""Windows whose taps have weights: their sums, and means."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from poolcli.engine.backend import Backend
from poolcli.engine.operations.pixels import CountedPixels
from poolcli.engine.reducers.reducer import Weighted
from poolcli.engine.windows.grid import Axis, Grid
from poolcli.engine.windows.runs import Run
from poolcli.maps.array import Array


def weighted_windows(
    verbs: Backend, reduction: Weighted, pixels: CountedPixels, grid: Grid
) -> Array:
    """The results of all windows."""
    kernels = reduction.kernels(len(grid.axes))
    values, weights = pixels.values, pixels.weights
    if weights is None:
        total = _sums(verbs, values, kernels, grid)
        return total / _share(verbs, kernels, grid) if reduction.normalizes else total
    times = (weights if reduction.normalizes else weights > 0).astype(np.float64)
    total = _sums(verbs, times * values, kernels, grid)
    return total / _sums(verbs, times, kernels, grid) if reduction.normalizes else total


def _sums(verbs: Backend, x: Array, kernels: Sequence[Array], grid: Grid) -> Array:
    """Sums under one kernel after another."""
    for number, kernel in enumerate(kernels):
        part = grid if len(kernels) == 1 else _along(grid, number, x.shape)
        x = verbs.correlate(x, kernel, part)
    return x


def _share(verbs: Backend, kernels: Sequence[Array], grid: Grid) -> Array:
    """The weights of the pixels that each window has, or of all where windows are alike."""
    space = tuple(axis.span.stop for axis in grid.axes)
    if all(len(axis.runs) == 1 for axis in grid.axes):
        (runs,) = zip(*(axis.runs for axis in grid.axes), strict=True)
        grid = Grid(tuple(_axis(run._replace(cell=0, number=1, start=0)) for run in runs))
        space = tuple(axis.window for axis in grid.axes)
    return _sums(verbs, np.ones(space), kernels, grid)


def _along(grid: Grid, number: int, shape: tuple[int, ...]) -> Grid:
    """The windows along one axis; along the others each pixel is one."""
    space = shape[len(shape) - len(grid.axes) :]
    axes = [_axis(Run(0, size, 0, 1, 1, 1)) for size in space]
    axes[number] = grid.axes[number]
    return Grid(tuple(axes))


def _axis(run: Run) -> Axis:
    """The axis that has one run of windows."""
    return Axis(run.number, (run,), run.size, run.end - run.start, Fraction(run.stride))
