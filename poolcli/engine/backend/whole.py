"""Whole windows, a piece of the map at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from poolcli.engine.backend.tasks import copied_at_once
from poolcli.engine.windows.grid import Grid, Run
from poolcli.maps.array import Array


def windows(
    states: Array, grid: Grid, planes: int | None = None
) -> Iterator[tuple[Any, tuple[slice, ...], Array]]:
    """Whole windows, in pieces: where their cells are, which taps of the kernel they hold, and (..., *cells, taps).

    Pieces are the same for what is true of `planes`, though given once for all of them.
    """
    axes = len(grid.axes)
    taps_of_planes = grid.largest * (prod(states.shape[:-axes]) if planes is None else planes)
    most = max(1, int((copied_at_once() / max(taps_of_planes, 1)) ** (1 / axes)))
    for runs in product(*(list(_pieces(axis.runs, most)) for axis in grid.axes)):
        taps = tuple(slice(run.head, run.head + run.size) for run in runs)
        view = viewed(states, runs)
        tap_axes = range(-len(runs), 0)
        lines = np.moveaxis(view, tap_axes, range(len(runs))).reshape(-1, *view.shape[: -len(runs)])
        yield (
            (..., *map(cells_of, runs)),
            taps,
            np.moveaxis(lines, 0, -1),
        )  # a tap's pixels lie together


def cells_of(run: Run) -> slice:
    """The cells of a run."""
    return slice(run.cell, run.cell + (run.number - 1) * run.every + 1, run.every)


def _pieces(runs: tuple[Run, ...], most: int) -> Iterator[Run]:
    """Runs of at most so many cells, so that the copy a window is read from stays small."""
    for run in runs:
        yield from (some(run, first, most) for first in range(0, run.number, most))


def some(run: Run, first: int, most: int) -> Run:
    """At most so many windows of a run, from one on."""
    cell, start = run.cell + first * run.every, run.start + first * run.stride
    return run._replace(cell=cell, start=start, number=min(most, run.number - first))


def viewed(states: Array, runs: Sequence[Run]) -> Array:
    """The windows of a run on each axis: (..., *cells, *taps), without a copy. The grid keeps them inside the map."""
    lead = states.ndim - len(runs)
    steps = states.strides[lead:]
    corner: Any = (..., *(slice(run.start, None) for run in runs))
    first = states[corner]
    shape = (*states.shape[:lead], *(run.number for run in runs), *(run.size for run in runs))
    between = [run.stride * step for run, step in zip(runs, steps, strict=True)]
    within = [run.step * step for run, step in zip(runs, steps, strict=True)]
    return as_strided(first, shape, (*states.strides[:lead], *between, *within), writeable=False)
