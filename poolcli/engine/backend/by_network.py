"""Values selected from windows by networks that the C++ extension runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from poolcli.engine.backend import _core
from poolcli.engine.backend.five_axes import Layout
from poolcli.engine.backend.network import program
from poolcli.engine.backend.network_calls import NINE, Call, Line, Program
from poolcli.engine.windows.grid import Grid
from poolcli.engine.windows.runs import NO_AXIS, Run, run_table
from poolcli.maps.array import Array

FEW = 32  # pixels of a window whose ranks are computed at every position, whatever the stride

# The median of 3 x 3 in one call. Of floats, which may be NaN, no compiler vectorises it: of 1.2
# million it took 50 ms in place of 1.5.
OF_NINE = Program((Call(NINE, (Line(0), Line(1), Line(2)), (3,)),), (3,))

Results = Sequence[Array | None]


def network_pays(grid: Grid) -> bool:
    """For small windows, and larger ones that have much in common with their neighbours."""
    fresh = prod(min(axis.runs[0].stride, axis.largest) for axis in grid.axes)
    return grid.largest + 3 * fresh <= 128


def select_by_network(
    layout: Layout,
    x: Array,
    grid: Grid,
    places: Callable[[int], tuple[int, ...]],
    results: Results,
) -> None:
    """Write the values at some places in order, for windows of so many pixels, a result each."""
    for runs in product(*(axis.runs for axis in grid.axes)):
        size = prod(run.size for run in runs)
        _run(layout, x, runs, _Wanted(places(size)), results)


def mode_by_network(layout: Layout, x: Array, grid: Grid, results: Results) -> None:
    """Write the most frequent value of each window."""
    for runs in product(*(axis.runs for axis in grid.axes)):
        size = prod(run.size for run in runs)
        _run(layout, x, runs, _Wanted(tuple(range(size)), mode=True), results)


class _Wanted(NamedTuple):
    """Places in order; of all of them, the most frequent value if `mode`."""

    places: tuple[int, ...]
    mode: bool = False


def _run(layout: Layout, x: Array, runs: Sequence[Run], wanted: _Wanted, results: Results) -> None:
    """Select from the windows of one run per axis."""
    *outer, inner = runs
    rows = prod(run.size for run in outer)
    # Few calls at every pixel take less time than a copy of every pixel does.
    pays = rows * inner.size > FEW or (wanted.mode and layout.channel is None)
    phases = inner.stride if inner.number > 1 and pays else 1
    windows = rows, inner.size, wanted.places, inner.step, phases
    is_nine = windows == (3, 3, (4,), 1, 1) and x.dtype.kind != "f"
    calls, found = _table(OF_NINE) if is_nine else _calls(*windows)
    tables = layout.per_axis([run_table((run,)) for run in runs], NO_AXIS)
    _core.network(layout.input(x), tuple(results), tables, phases, calls, found, wanted.mode)


@lru_cache(maxsize=256)
def _calls(
    rows: int, columns: int, places: tuple[int, ...], step: int, phases: int
) -> tuple[Array, Array]:
    """A program as a table."""
    return _table(program(rows, columns, places, step, phases))


def _table(steps: Program) -> tuple[Array, Array]:
    """A program as a table of calls, and the lines of its results."""
    return np.array(steps.rows, np.int64).reshape(-1, 10), np.array(steps.results, np.int64)
