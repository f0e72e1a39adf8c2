"""Cutting the work: blocks that stay in cache, and a run of blocks for each thread.

NumPy lets go of the interpreter lock inside a call, so threads help as long as calls are long: blocks are as large as
the cache allows, and each thread gets one stretch of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

from poolcli import share
from poolcli.array import Array
from poolcli.engine.grid import Grid

BLOCK = 1 << 22  # bytes of input worked on at a time
SMALL = 1 << 20  # bytes below which a thread costs more than it saves


@dataclass(frozen=True)
class Task:
    """A block: what to read, where its cells go, and the grid between."""

    source: tuple[Any, ...]
    target: tuple[Any, ...]
    grid: Grid


def cut(x: Array, grid: Grid) -> list[Task]:
    """The work on an array (..., *map) as tasks, neighbours in memory next to each other."""
    space = len(grid.axes)
    plane = prod(x.shape[x.ndim - space :]) * x.itemsize * _together(x, space)
    bands = list(_bands(grid, plane))
    return [Task((*lead, rows), (*lead, cells), part) for rows, cells, part in bands for lead in _lead(x, space, plane)]


def _together(x: Array, space: int) -> int:
    """How many planes lie in memory pixel by pixel, as the channels of an image do: they are worked on at once."""
    lead = x.ndim - space
    interleaved = lead > 0 and 0 < abs(x.strides[lead - 1]) < abs(x.strides[-1])
    return x.shape[lead - 1] if interleaved else 1


def _bands(grid: Grid, plane: int) -> Iterator[tuple[slice, slice, Grid]]:
    """Bands of rows, long enough that what neighbours share is small."""
    first = grid.axes[0]
    least = 4 * first.window / first.stride
    step = max(int(BLOCK * first.cells / max(plane, 1)), int(least), 1)
    for start in range(0, first.cells, step):
        stop = min(start + step, first.cells)
        rows, part = first.part(start, stop)
        yield rows, slice(start, stop), replace(grid, axes=(part, *grid.axes[1:]))


def _lead(x: Array, space: int, plane: int) -> Iterator[tuple[Any, ...]]:
    """Groups of planes."""
    lead = x.shape[: x.ndim - space]
    if not lead:
        yield ()
        return
    group = max(1, BLOCK // max(plane, 1)) * _together(x, space)
    for index in product(*map(range, lead[:-1])):
        for start in range(0, lead[-1], group):
            yield (*index, slice(start, start + group))


def run(tasks: Sequence[Task], work: Callable[[Task], None], nbytes: int) -> None:
    """Do all tasks, in as many threads as there are processors when there is enough to do."""
    count = min(share.threads, len(tasks)) if nbytes > SMALL else 1
    if count <= 1:
        _each(tasks, work)
        return
    size = -(-len(tasks) // count)
    stretches = [tasks[start : start + size] for start in range(0, len(tasks), size)]
    with ThreadPoolExecutor(count) as pool:
        for done in [pool.submit(_each, stretch, work) for stretch in stretches]:
            done.result()


def _each(tasks: Sequence[Task], work: Callable[[Task], None]) -> None:
    for task in tasks:
        work(task)
