"""Windows that are cut off at the edges of a map, apart from the others.

Large windows that move by one pixel share their work if all have one size. Where some are cut off
at the edges, the grid is made of up to three parts along each axis.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise, product
from typing import Any, NamedTuple

from poolcli.engine.windows.grid import Axis, Grid

LARGE, MANY = 8, 16  # the size and number of windows from which `_large.h` folds them


class SubGrid(NamedTuple):
    """Some cells of a grid, as a grid of the pixels that they read."""

    source: tuple[Any, ...]
    target: tuple[Any, ...]
    grid: Grid


def parts_of(grid: Grid) -> tuple[SubGrid, ...]:
    """The parts of a grid of two axes; none where it has no edges, or no large windows."""
    return _parts(grid) if len(grid.axes) == 2 and grid.largest >= LARGE**2 else ()


@lru_cache(maxsize=16)
def _parts(grid: Grid) -> tuple[SubGrid, ...]:
    if not all(map(_is_large, grid.axes)):
        return ()
    parts = []
    for chosen in product(*(tuple(_cuts(axis)) for axis in grid.axes)):
        ends = list(zip(grid.axes, chosen, strict=True))
        spans, axes = zip(*(axis.part(*cells) for axis, cells in ends), strict=True)
        target = (..., *(slice(*cells) for cells in chosen))
        parts.append(SubGrid((..., *spans), target, Grid(axes)))
    return tuple(parts) if len(parts) > 1 else ()


def _is_large(axis: Axis) -> bool:
    run = max(axis.runs, key=lambda run: run.number)
    return run.size >= LARGE and run.number >= MANY and run.stride == run.step == run.every == 1


def _cuts(axis: Axis) -> Iterator[tuple[int, int]]:
    """The cells before the longest run, of it, and behind it."""
    run = max(axis.runs, key=lambda run: run.number)
    return pairwise(sorted({0, run.cell, run.cell + run.number, axis.cells}))
