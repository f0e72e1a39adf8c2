"""Values of windows by their rank, and the most frequent ones.

Small windows are put in order by a selection network: minima and maxima of lines, which hold a
value for each window. Larger ones are copied and sorted as far as needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np

from poolcli.engine.backend.network import program
from poolcli.engine.backend.network_calls import BOTH, CHAIN, LARGER, MEDIAN, SMALLER
from poolcli.engine.backend.plain.fold_axes import channels, fold
from poolcli.engine.backend.plain.levels import (
    has_much_in_common,
    most_by_level,
    select_by_thresholds,
)
from poolcli.engine.backend.window_views import NETWORK, cells_of, window_views
from poolcli.engine.reducers.merges import highest
from poolcli.engine.windows.counts import WindowCounts
from poolcli.engine.windows.grid import Grid
from poolcli.engine.windows.runs import Run
from poolcli.maps.array import Array

Span = Callable[[int], tuple[int, int]]
EXTREMES = {SMALLER: np.minimum, LARGER: np.maximum}

Ordered = tuple[Any, int, Sequence[Array] | Array]


def select(
    x: Array, valid: Array | None, grid: Grid, ranks: Span, out: Array | None = None
) -> tuple[Array, Array]:
    """The values of two ranks in each window: see `Backend.select`."""
    counts = None if valid is None else fold(np.add, valid.astype(np.int64), grid)
    if x.dtype.itemsize == 1 and has_much_in_common(grid):
        of_windows = places(ranks, WindowCounts(grid).pixels if counts is None else counts)
        return select_by_thresholds(x, valid, grid, of_windows)
    low = _new(x, grid) if out is None else out
    high = _new(x, grid)
    if counts is None:
        for cells, taps, values in _in_order(x, grid, ranks):
            low[cells], high[cells] = values[0], values[ranks(taps)[1] - ranks(taps)[0]]
        return low, high
    for cells, _, values in _in_order(_filled(x, valid), grid, lambda n: (0, ranks(n)[1])):
        first, last = places(ranks, counts[cells])
        low[cells], high[cells] = _at(values, first), _at(values, last)
    return low, high


def mode(x: Array, valid: Array | None, grid: Grid, out: Array | None = None) -> Array:
    """The most frequent value of each window: see `Backend.mode`."""
    if x.dtype.itemsize == 1 and has_much_in_common(grid):
        return most_by_level(x, valid, grid)
    out = _new(x, grid) if out is None else out
    counts = None if valid is None else fold(np.add, valid.astype(np.int64), grid)
    for cells, _, values in _in_order(_filled(x, valid), grid, lambda n: (0, n - 1)):
        some = None if counts is None else counts[cells]
        out[cells] = _most(values, some)
    return out


def _new(x: Array, grid: Grid) -> Array:
    return np.empty_like(x, shape=_shape(x, grid))


def _shape(x: Array, grid: Grid) -> tuple[int, ...]:
    return (*x.shape[: -len(grid.axes)], *grid.shape)


def _filled(x: Array, valid: Array | None) -> Array:
    """The pixels, with those that do not count behind all others in order."""
    return x if valid is None else np.where(valid, x, np.asarray(highest(x.dtype), x.dtype))


def places(ranks: Span, counts: Array | int) -> tuple[Array | int, Array | int]:
    """Both ranks, for each count."""
    if isinstance(counts, int):
        return ranks(counts)
    sizes, which = np.unique(counts, return_inverse=True)
    low, high = np.array([ranks(int(size)) for size in sizes], np.int64).T
    which = which.reshape(counts.shape)
    return low[which], high[which]


def _at(values: Sequence[Array] | Array, ranks: Array | int) -> Array:
    """The value at a place of its own for each window."""
    picked: Array = np.take_along_axis(np.asarray(values), np.asarray(ranks)[None], axis=0)[0]
    return picked


def _most(values: Sequence[Array] | Array, counts: Array | None) -> Array:
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
    """The same for sorted windows, whose values (n, ...) are views of rows in memory.

    One call for all runs of all windows: a call for each place took 1.4 s for a window of 250,000
    values, and this takes 5 ms.
    """
    windows = np.moveaxis(values, 0, -1)
    size = windows.shape[-1]
    rows = windows.reshape(-1, size)
    is_first = np.ones(rows.shape, np.bool_)
    np.not_equal(rows[:, 1:], rows[:, :-1], out=is_first[:, 1:])
    first = np.flatnonzero(is_first)
    ends = np.append(first[1:], rows.size)
    if counts is not None:
        row = first // size
        np.minimum(ends, row * size + counts.ravel()[row], out=ends)
    place = first % size
    merit = (ends - first) * size - place  # the longest run, and of several the first
    heads = np.flatnonzero(place == 0)
    best = -np.maximum.reduceat(merit, heads) % size if heads.size else heads
    picked: Array = np.take_along_axis(rows, best[:, None], axis=-1)
    return picked.reshape(windows.shape[:-1])


# Windows in order ---------------------------------------------------------------------------------


def _in_order(x: Array, grid: Grid, span: Span) -> Iterator[Ordered]:
    """For some windows of n pixels at a time: where their results go, n, and values by rank.

    `span(n)` are the first and the last rank that is needed, and there is an array (..., *cells)
    for each. If one pixel of a window is NaN, all its values are.
    """
    x = x.astype(np.float32) if x.dtype == np.float16 else x
    for runs in product(*(axis.runs for axis in grid.axes)):
        taps = prod(run.size for run in runs)
        first, last = span(taps)
        if _network_pays(runs):
            cells = tuple(map(cells_of, runs))
            for part in channels(x, _phases(runs[-1], x), x.ndim - len(runs)):
                yield (*part, ..., *cells), taps, _by_network(x[part], runs, range(first, last + 1))
        else:
            for windows in window_views(x, [(run,) for run in runs]):
                yield windows.cells, taps, _by_sort(windows.taps_last(), first, last)


def _network_pays(runs: Sequence[Run]) -> bool:
    """For small windows, and larger ones that have much in common with their neighbours."""
    fresh = prod(min(run.stride, run.size) for run in runs)
    return prod(run.size for run in runs) + 3 * fresh <= NETWORK


def _by_network(x: Array, runs: Sequence[Run], ranks: range) -> list[Array]:
    """Run the program for windows of this size.

    Its lines hold every n-th pixel of a row, where there are n phases: n lines for each row.
    """
    *outer, inner = runs
    phases = _phases(inner, x)
    rows = product(*(range(run.size) for run in outer))
    steps = program(prod(run.size for run in outer), inner.size, tuple(ranks), inner.step, phases)
    lines = {}
    for number, taps in enumerate(rows):
        index: Any = (..., *map(_taps_of, outer, taps), slice(inner.start, inner.end))
        row = x[index]
        for phase in range(phases):
            lines[number * phases + phase] = row[..., phase::phases]
    for line in {line.number for call in steps.calls for line in call.lines} & lines.keys():
        lines[line] = lines[line].copy("K")
    for call in steps.calls:
        read = [lines[line.number][..., line.ahead :] for line in call.lines]
        length = min(line.shape[-1] for line in read)
        made = _exchanged(call.kind, *(line[..., :length] for line in read))
        lines.update(zip(call.outs, made, strict=True))
    apart = inner.stride // phases
    stop = (inner.number - 1) * apart + 1
    return [_picked(lines[line][..., :stop], apart) for line in steps.results]


def _picked(line: Array, apart: int) -> Array:
    """Every so manyth value of a line."""
    values = line[..., ::apart]
    if apart == 1:
        return values
    out = np.empty_like(values)
    for part in channels(line, apart, line.ndim - 1):
        out[part] = values[part]
    return out


def _phases(run: Run, x: Array) -> int:
    """The stride, or 1 where all windows along a row are computed and those at it picked.

    That is quicker for small values: 48 ms against 69 for medians of 3x3 RGB bytes at stride 3.
    """
    if run.number == 1 or (run.stride - 1) * x.itemsize < 3:
        return 1
    return run.stride


def _exchanged(kind: int, a: Array, b: Array, *others: Array) -> tuple[Array, ...]:
    """One call of a network."""
    if kind == BOTH:
        return np.minimum(a, b), np.maximum(a, b)
    if not others:
        return (EXTREMES[kind](a, b),)
    (c,) = others
    if kind >= CHAIN:
        first, second = divmod(kind - CHAIN, 2)
        return (EXTREMES[second](EXTREMES[first](a, b), c),)
    low, high = np.minimum(a, b), np.maximum(a, b)
    middle = np.maximum(low, np.minimum(high, c))
    return (middle,) if kind == MEDIAN else (np.minimum(low, c), middle, np.maximum(high, c))


def _taps_of(run: Run, tap: int) -> slice:
    """One tap of all windows of a run."""
    start = run.start + tap * run.step
    return slice(start, start + (run.number - 1) * run.stride + 1, run.stride)


def _by_sort(windows: Array, first: int, last: int) -> Array:
    """Sort copies of windows as far as needed; NumPy has fast ways for all but bytes."""
    windows = windows.astype(np.int16) if windows.itemsize == 1 else windows
    if last - first < 2:
        windows.partition(first, axis=-1)
        picked = [windows[..., first]]
        picked += [windows[..., last:].min(axis=-1)] if last > first else []
        values = np.stack(picked)
    else:
        windows.sort(axis=-1)
        values = np.moveaxis(windows[..., first : last + 1], -1, 0)
    if windows.dtype.kind == "f":
        nan = np.isnan(windows).any(axis=-1)
        values = np.where(nan, np.array(np.nan, windows.dtype), values) if nan.any() else values
    return values
