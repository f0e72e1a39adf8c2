"""The windows of a map in order, each kind in the way that is quickest: exchanges, counts, or sorted copies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np

from poolcli.array import Array
from poolcli.engine.grid import Grid, Run
from poolcli.engine.levels import Levels, put, tiles
from poolcli.engine.lines import as_they_lie, turned_back
from poolcli.engine.merges import MIN
from poolcli.engine.order import Wanted, dealing
from poolcli.engine.tape import tapes
from poolcli.engine.tasks import COPIED as BYTES
from poolcli.engine.tasks import copied_at_once
from poolcli.engine.whole import cells_of, some, viewed

LINE = 3 << 18  # bytes of a line: calls are long, and lines stay in cache
LINES = 12 << 20  # bytes of as many lines as a window has taps, for the same reason
SORTED = 1 << 21  # values of windows that are copied and sorted at a time

Places = Callable[[int], tuple[int, int]]


@dataclass(frozen=True)
class Lines:
    """The values of windows in order, place by place from `first` on, and how many of each window count."""

    lines: Sequence[Array]
    first: int
    count: Array | int

    def at(self, place: Array | int) -> Array:
        """The value at this place of each window, or at one of its own."""
        if isinstance(place, int):
            return self.lines[place - self.first]
        picked: Array = np.take_along_axis(np.asarray(self.lines), place[None] - self.first, axis=0)[0]
        return picked

    def most(self) -> Array:
        """The value that occurs most, the first of several: the longest run of equal ones."""
        value = self.lines[0].copy()
        run = np.ones(value.shape, np.min_scalar_type(len(self.lines)))
        longest, one = run.copy(), run.dtype.type(1)
        for place in range(1, len(self.lines)):
            run *= (self.lines[place] == self.lines[place - 1]).view(np.uint8)
            run += one
            if not isinstance(self.count, int):
                run *= (place < self.count).view(np.uint8)
            put(value, self.lines[place], run > longest)
            np.maximum(longest, run, out=longest)
        return value


def ordered(
    values: Array, weights: Array | None, grid: Grid, count: Array | int, places: Places
) -> Iterator[tuple[tuple[Any, ...], Lines | Levels]]:
    """Windows piece by piece: where their cells are, and their values in order.

    Of `count` values those from the first to the last place are looked at; both move on with the count.
    """
    counting = None if weights is None else weights > 0
    if values.dtype.itemsize == 1 and _counts_pay(grid):
        yield from _by_levels(values, counting, grid, count)
        return
    if counting is not None:
        values = np.where(counting, values, np.asarray(MIN.empty(values.dtype), values.dtype))
    if values.dtype == np.float16:
        values = values.astype(np.float32)  # which the processor compares itself
    for planes, runs in _pieces(values, grid):
        taps = prod(run.size for run in runs)
        wanted = Wanted(taps, places(taps if counting is None else 1)[0], places(taps)[1])
        spans, runs_there = zip(*map(_span, runs, values.shape[-len(runs) :]), strict=True)
        way = _by_exchanges if _exchanges_pay(runs) else _by_sort
        lines = way(values[(*planes, *spans)], runs_there, wanted)
        target = (*planes, *map(cells_of, runs))
        yield target, Lines(lines, wanted.first, taps if counting is None else np.asarray(count)[target])


def _span(run: Run, length: int) -> tuple[slice, Run]:
    """The pixels to work on, and the run among them: all of an axis where most is needed, as that lies together."""
    whole = 2 * (run.end - run.start) > length
    span, start = (slice(0, length), run.start) if whole else (slice(run.start, run.end), 0)
    return span, run._replace(start=start, cell=0)


def _counts_pay(grid: Grid) -> bool:
    """Where windows have nearly all in common with their neighbours, or there are so few that few levels matter."""
    fresh = prod(min(float(axis.stride), axis.largest) for axis in grid.axes)
    return grid.largest > 160 * fresh or grid.largest > 1 << 17


def _exchanges_pay(runs: Sequence[Run]) -> bool:
    """For small windows, and larger ones that have much in common with their neighbours."""
    fresh = prod(min(run.stride, run.size) for run in runs)
    return prod(run.size for run in runs) + 3 * fresh <= 128


def _by_levels(
    values: Array, counting: Array | None, grid: Grid, count: Array | int
) -> Iterator[tuple[tuple[Any, ...], Levels]]:
    counts = np.broadcast_to(count, (*values.shape[: -len(grid.axes)], *grid.shape))
    for pixels, cells, part in tiles(values.shape, grid):
        flags = None if counting is None else counting[pixels]
        yield cells, Levels(values[pixels], flags, part, count if isinstance(count, int) else counts[cells])


def _by_exchanges(values: Array, runs: Sequence[Run], wanted: Wanted) -> list[Array]:
    """In the order of memory, so that lines are long."""
    order = as_they_lie(values)
    axes = [order.index(axis) for axis in range(values.ndim - len(runs), values.ndim)]
    piece, there = np.ascontiguousarray(values.transpose(order)), dict(zip(axes, runs, strict=True))
    given = piece.shape, piece.dtype
    lines = tapes.of((given, tuple(there.items()), wanted), lambda: dealing(given, there, wanted)).run(piece)
    return [line.transpose(turned_back(order)) for line in lines]


def _by_sort(values: Array, runs: Sequence[Run], wanted: Wanted) -> list[Array]:
    """Of copies of all windows; a NaN, which is sorted behind all else, makes every place NaN.

    NumPy has quick ways to sort all but bytes, and to find one place; the next one is the smallest of what is above.
    """
    view = viewed(values if values.itemsize > 1 else values.astype(np.int16), runs)
    copies = view.copy("C").reshape(*view.shape[: -len(runs)], -1)
    nan = np.isnan(copies).any(axis=-1) if copies.dtype.kind == "f" else np.False_
    if wanted.last - wanted.first < 2:
        copies.partition(wanted.first, axis=-1)
        lines = [copies[..., wanted.first]]
        lines += [copies[..., wanted.last :].min(axis=-1)] if wanted.last > wanted.first else []
    else:
        copies.sort(axis=-1)
        lines = list(np.moveaxis(copies[..., wanted.first : wanted.last + 1], -1, 0).copy("C"))
    if nan.any():
        lines = [np.where(nan, np.nan, line) for line in lines]
    return lines


def _pieces(values: Array, grid: Grid) -> Iterator[tuple[tuple[slice, ...], tuple[Run, ...]]]:
    """Planes and runs whose lines are as long as they should be, cut where neighbours in memory stay together."""
    lead = values.ndim - len(grid.axes)
    order = sorted(range(values.ndim), key=lambda axis: abs(values.strides[axis]))
    for runs in product(*(axis.runs for axis in grid.axes)):
        taps = prod(run.size for run in runs)
        room = _room(taps, values.itemsize, exchanges=_exchanges_pay(runs))
        sizes, steps = [*values.shape[:lead], *(run.number for run in runs)], [1] * values.ndim
        for axis in order:
            apart = runs[axis - lead].stride if axis > lead else 1
            steps[axis] = max(1, min(sizes[axis], room // apart))
            room //= steps[axis] * apart
        for starts in product(*(range(0, size, step) for size, step in zip(sizes, steps, strict=True))):
            planes = tuple(slice(at, at + step) for at, step in zip(starts[:lead], steps, strict=False))
            yield planes, tuple(some(*part) for part in zip(runs, starts[lead:], steps[lead:], strict=True))


def _room(taps: int, itemsize: int, *, exchanges: bool) -> int:
    """How many cells are worked on at once: of exchanges, no more than the copies of the windows may take."""
    copied = copied_at_once()
    if not exchanges:
        return min(SORTED, copied) // taps
    return min(LINE, LINES // taps, copied * BYTES // (4 * taps)) // itemsize
