"""Values selected from windows by networks that the C++ extension runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain, product
from math import prod
from typing import NamedTuple

import numpy as np

from poolcli.engine.backend import _core
from poolcli.engine.backend.five_axes import Layout
from poolcli.engine.backend.network import Program, program
from poolcli.engine.windows.grid import Grid
from poolcli.engine.windows.runs import NO_AXIS, run_table
from poolcli.maps.array import Array

FEW = 32  # pixels of a window whose ranks are computed at every position, whatever the stride
NINE = 3  # the kind of call that gives the median of three lines, here and at the next two pixels

# The median of 3 x 3 in one call (Smith 1996, "Implementing median filters in XC4000E FPGAs").
MEDIAN_OF_NINE = np.array([[NINE, 0, 0, 1, 0, 2, 0, 3, 3, 3]]), np.array([3])


class Wanted(NamedTuple):
    """The values at some places in order, for windows of so many pixels, a result each.

    Without places it is the most frequent value; with `of_cells`, arrays of bytes, that of these
    places at which each cell asks for it.
    """

    places: Callable[[int], Sequence[int]] | None = None
    of_cells: tuple[Array, ...] | None = None


FREQUENT = Wanted()


def select_by_network(
    layout: Layout,
    x: Array,
    grid: Grid,
    results: Sequence[Array | None],
    wanted: Wanted = FREQUENT,
) -> None:
    """Write what is wanted of the values of windows."""
    places = wanted.places
    for runs in product(*(axis.runs for axis in grid.axes)):
        *outer, inner = runs
        rows = prod(run.size for run in outer)
        taps, is_mode = rows * inner.size, places is None
        # Few calls at every pixel take less time than a copy of every pixel does.
        pays = taps > FEW or (is_mode and layout.channel is None)
        phases = inner.stride if inner.number > 1 and pays else 1
        some = tuple(range(taps) if places is None else places(taps))
        windows = rows, inner.size, some, inner.step, phases
        is_nine = windows == (3, 3, (4,), 1, 1)
        calls, found = MEDIAN_OF_NINE if is_nine else _tables(*windows)
        tables = layout.per_axis([run_table((run,)) for run in runs], NO_AXIS)
        how = is_mode, wanted.of_cells
        _core.network(layout.input(x), tuple(results), tables, phases, calls, found, *how)


@lru_cache(maxsize=256)
def _tables(
    rows: int, columns: int, places: tuple[int, ...], step: int, phases: int
) -> tuple[Array, Array]:
    """The program for these windows as tables."""
    return tables_of(program(rows, columns, places, step, phases))


def tables_of(steps: Program) -> tuple[Array, Array]:
    """Calls as rows (kind, a, ahead, b, ahead, a, ahead, out, out, out), and the results' lines.

    A call that writes one line repeats it.
    """
    rows = [
        (call.kind, *chain(*call.lines, call.lines[0]), *(call.outs + call.outs * 2)[:3])
        for call in steps.calls
    ]
    return np.array(rows, np.int64).reshape(-1, 10), np.array(steps.results, np.int64)
