"""Values of windows by their rank, and the most frequent ones.

Small windows are put in order by a selection network: minima and maxima of lines, which hold a
value for each window. Larger ones are copied and sorted, or their levels are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from poolcli.engine.backend.network import Program, network_pays, program
from poolcli.engine.backend.plain.fold_axes import fold
from poolcli.engine.backend.plain.levels import (
    has_much_in_common,
    most_by_level,
    select_by_thresholds,
)
from poolcli.engine.backend.window_views import cells_of, tap_of, window_views
from poolcli.engine.reducers.merges import highest
from poolcli.engine.reducers.values_of import where_valid
from poolcli.engine.windows.counts import WindowCounts, per_count
from poolcli.engine.windows.grid import Grid
from poolcli.engine.windows.runs import Run
from poolcli.maps.array import Array

if TYPE_CHECKING:
    from poolcli.engine.windows.footprint import Footprint

# What each kind of call of a network makes of two lines: SMALLER, LARGER and BOTH.
EXTREMES = ((np.minimum,), (np.maximum,), (np.minimum, np.maximum))

Ranks = Callable[[int], tuple[int, int]]
InOrder = Sequence[Array] | Array  # an array (..., *cells) for each place


def select(
    x: Array, valid: Array | None, grid: Grid, ranks: Ranks, out: Array | None = None
) -> tuple[Array, Array]:
    """The values of two ranks in each window: see `Backend.select`."""
    counts = None if valid is None else fold(np.add, valid.astype(np.int64), grid)
    if x.dtype.itemsize == 1 and has_much_in_common(grid):
        of_windows = per_count(ranks, WindowCounts(grid).pixels if counts is None else counts)
        return select_by_thresholds(x, valid, grid, of_windows)
    low = _new(x, grid) if out is None else out
    high = _new(x, grid)
    if counts is None:
        for cells, (one, two) in _in_order(x, grid, ranks):
            low[cells], high[cells] = one, two
        return low, high
    for cells, values in _in_order(filled(x, valid), grid, lambda n: range(ranks(n)[1] + 1)):
        first, last = per_count(ranks, counts[cells])
        low[cells], high[cells] = _at(values, first), _at(values, last)
    return low, high


def mode(x: Array, valid: Array | None, grid: Grid, out: Array | None = None) -> Array:
    """The most frequent value of each window: see `Backend.mode`."""
    if x.dtype.itemsize == 1 and has_much_in_common(grid):
        return most_by_level(x, valid, grid)
    out = _new(x, grid) if out is None else out
    counts = None if valid is None else fold(np.add, valid.astype(np.int64), grid)
    for cells, values in _in_order(filled(x, valid), grid, range):
        out[cells] = _most(values, None if counts is None else counts[cells])
    return out


def _new(x: Array, grid: Grid) -> Array:
    return np.empty_like(x, shape=(*x.shape[: -len(grid.axes)], *grid.shape))


def filled(x: Array, valid: Array | None) -> Array:
    """The pixels, with those that do not count behind all others in order."""
    return x if valid is None else where_valid(valid, x, highest(x.dtype))


def _at(values: InOrder, ranks: Array | int) -> Array:
    """The value at one place, or at a place of its own for each window."""
    if isinstance(ranks, int):
        return values[ranks]
    picked: Array = np.take_along_axis(np.asarray(values), ranks[None], axis=0)[0]
    return picked


def _most(values: InOrder, counts: Array | None) -> Array:
    """The value of the longest run of equal ones, the first of several."""
    if isinstance(values, np.ndarray):
        return _most_in_rows(values, counts)
    best = values[0].copy()
    run = np.ones(best.shape, np.min_scalar_type(len(values)))
    longest = run.copy()
    for place in range(1, len(values)):
        run *= values[place] == values[place - 1]
        run += 1
        if counts is not None:
            run *= place < counts
        np.copyto(best, values[place], where=run > longest)
        np.maximum(longest, run, out=longest)
    return best


def _most_in_rows(values: Array, counts: Array | None) -> Array:
    """The same for sorted windows, whose values (n, ...) are views of rows in memory."""
    rows = np.moveaxis(values, 0, -1)
    place = np.arange(rows.shape[-1], dtype=np.int32)
    begin = np.zeros(rows.shape, np.int32)
    np.multiply(rows[..., 1:] != rows[..., :-1], place[1:], out=begin[..., 1:])
    run = place - np.maximum.accumulate(begin, axis=-1, out=begin)
    if counts is not None:
        run[place >= counts[..., None]] = -1
    return _at(values, run.argmax(axis=-1))


# Windows in order ---------------------------------------------------------------------------------


def _in_order(
    x: Array, grid: Grid, places: Callable[[int], Sequence[int]]
) -> Iterator[tuple[Any, InOrder]]:
    """For some windows at a time: where their results go, and the values that are wanted.

    These have the `places(n)` in order, of n pixels. If one pixel of a window is NaN, all are.
    """
    x = x.astype(np.float32) if x.dtype == np.float16 else x
    if not network_pays(grid):
        for windows in window_views(x, grid):
            taps = windows.taps_last()
            yield windows.cells, _by_sort(taps, tuple(places(taps.shape[-1])))
        return
    for runs in product(*(axis.runs for axis in grid.axes)):
        taps_of_window = grid.largest if grid.footprint else prod(run.size for run in runs)
        wanted = tuple(places(taps_of_window))
        yield (..., *map(cells_of, runs)), _by_network(x, runs, grid.footprint, wanted)


def _by_network(
    x: Array, runs: Sequence[Run], footprint: Footprint | None, wanted: tuple[int, ...]
) -> list[Array]:
    """The values by exchanges of lines; under a footprint each tap is a line of its own."""
    if footprint is None:
        steps, lines = _of_rows(x, runs, wanted)
    else:
        taps = np.argwhere(footprint.taps).tolist()
        steps = program(len(taps), 1, wanted)
        lines = dict(enumerate(x[_index(*map(tap_of, runs, tap))] for tap in taps))
    for kind, read, outs in steps.calls:
        one, two = (lines[line.number][..., line.ahead :] for line in read)
        length = min(one.shape[-1], two.shape[-1])
        pair = one[..., :length], two[..., :length]
        made = [merge(*pair) for merge in EXTREMES[kind]]
        lines.update(zip(outs, made, strict=True))
    return [lines[line][..., : runs[-1].number] for line in steps.results]


def _of_rows(
    x: Array, runs: Sequence[Run], wanted: tuple[int, ...]
) -> tuple[Program, dict[int, Array]]:
    """A network for whole windows, and its inputs.

    With a stride of n, each row is n lines of every n-th pixel.
    """
    *outer, inner = runs
    phases = inner.stride if inner.number > 1 else 1
    rows = list(product(*(range(run.size) for run in outer)))
    lines = {}
    for row, taps in enumerate(rows):
        pixels = x[_index(*map(tap_of, outer, taps), slice(inner.start, inner.end))]
        for phase in {tap * inner.step % phases for tap in range(inner.size)}:
            line = pixels[..., phase::phases]
            lines[row * phases + phase] = line if phases == 1 else line.copy()
    return program(len(rows), inner.size, wanted, inner.step, phases), lines


def _index(*spans: slice) -> Any:
    return ..., *spans


def _by_sort(windows: Array, wanted: Sequence[int]) -> Array:
    """Sort windows (..., n) as far as needed; NumPy has fast ways for all but bytes.

    It has them for one place at a time, too: for two, a partition takes four times as long.
    """
    windows = windows.astype(np.int16) if windows.itemsize == 1 else windows
    if len(wanted) == 2:
        first, last = wanted
        windows.partition(first, axis=-1)
        if last > first:
            windows[..., first + 1 :].partition(last - first - 1, axis=-1)
        values = np.stack([windows[..., place] for place in wanted])
    else:  # all, up to a place
        windows.sort(axis=-1)
        values = np.moveaxis(windows[..., : len(wanted)], -1, 0)
    if windows.dtype.kind == "f":
        nan = np.isnan(windows).any(axis=-1)
        values = np.where(nan, np.array(np.nan, windows.dtype), values) if nan.any() else values
    return values
