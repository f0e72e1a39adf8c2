"""What is known of pooling before there are values: which backend does it, in how much memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from poolcli.engine.backend import Backend, plain
from poolcli.engine.backend.blocks import Division, Load, Task, whole
from poolcli.engine.backend.network import MOST_TAPS
from poolcli.engine.backend.window_views import COPIED
from poolcli.engine.operations.bordered import tasks
from poolcli.engine.operations.pixels import MaskedPixels, ValueRules
from poolcli.engine.reducers.reducer import (
    BetweenRanks,
    Fold,
    Gather,
    Reducer,
    Reduction,
    Values,
    itself,
)
from poolcli.engine.windows.counts import WindowCounts
from poolcli.engine.windows.grid import Grid
from poolcli.engine.windows.place import PlacedGrid, Placement
from poolcli.maps.array import Array
from poolcli.maps.cached import cached_property

# Blocks whose windows are put in order are so much smaller than others: a median of 3x3 bytes took
# 22 ms with 512 KB at a time, and 95 ms with 4 MB.
LINES = 8
CELL = 32  # bytes for each cell: its count, its result in float64, and what is made of them
BORDERED = 24  # bytes for each pixel of a block that reaches into the border: it is a copy
# A plan remembers few blocks, whose axes remember a number for each cell along them: if these are
# more, they are made anew. So are the numbers of the pixels of all windows.
FEW_BLOCKS = 64
FEW_CELLS = 1 << 16


class PlaneKind(NamedTuple):
    """Planes (..., *map) without their values.

    No pixel counts more often than `heaviest` times, and the rules take `beside` bytes of scratch
    for each.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    heaviest: int
    beside: int

    @classmethod
    def of(cls, pixels: MaskedPixels, rules: ValueRules) -> PlaneKind:
        """The kind of planes that are there."""
        planes, weights = pixels.values, pixels.weights
        heaviest = 1 if weights is None else int(np.iinfo(weights.dtype).max)
        beside = bookkeeping(rules, weighed=weights is not None)
        return cls(planes.shape, planes.dtype, heaviest, beside)


class Execution(NamedTuple):
    """A reduction, the backend that does it, and the bytes of scratch that it takes.

    `wide` is the reduction of float64 where sums of floats could overflow, else None. `state` is
    the size of a pixel's state; `pixel`, `cell` and `window` are bytes for each pixel, cell, and
    pixel of the largest window.
    """

    backend: Backend
    reduction: Reduction
    wide: Fold | None
    state: float
    pixel: int
    cell: int
    window: int
    tiled: bool

    def load(self, shape: tuple[int, ...], grid: Grid, beside: int) -> Load:
        """The load of pooling (..., *map), at least a row of cells at a time.

        `beside` are bytes for each pixel that the rules take.
        """
        lead = prod(shape[: len(shape) - len(grid.axes)])
        space = shape[len(shape) - len(grid.axes) :]
        if grid.has_border:
            beside += BORDERED
            space = tuple(map(max, space, (axis.span.stop - axis.span.start for axis in grid.axes)))
        cell = max(self.cell, CELL if beside else 0)
        pixel = self.pixel + beside + cell * prod(grid.shape) // prod(space)
        rows = min(grid.axes[0].window, space[0])
        least = rows * prod(space[1:]) * pixel + self.window * grid.largest
        return Load(self.state, pixel, least, lead * prod(space) * pixel, self.tiled)


class Block(NamedTuple):
    """Cells that are made at a time: `grid` are their windows on the pixels that the task reads.

    The task numbers cells as the whole grid does; `target` is where they are in the result.
    """

    task: Task
    grid: Grid
    target: tuple[slice, ...]


class Work(NamedTuple):
    """Blocks, and how many threads work on them."""

    blocks: list[Block]
    threads: int


@dataclass(eq=False)
class PoolingPlan:
    """How planes of a kind are pooled under a grid; `shape` is theirs."""

    placed: PlacedGrid
    shape: tuple[int, ...]
    execution: Execution
    load: Load
    cells: Grid
    _last: tuple[Division, Work] | None = None

    @cached_property
    def result(self) -> tuple[int, ...]:
        """The shape of the result."""
        return self._lead + self.cells.shape

    def counts_of(self, grid: Grid) -> WindowCounts:
        """How many pixels the windows of a block have."""
        is_known = grid is self.placed.grid and prod(grid.shape) <= FEW_CELLS
        return self._counts if is_known else WindowCounts(grid)

    @cached_property
    def _counts(self) -> WindowCounts:
        return WindowCounts(self.placed.grid)

    def work(self, x: Array) -> Work:
        """The work on planes of this kind, in the limits in force."""
        if self.load.is_small and self.placed.part is None:
            return self._at_once
        division = Division.of(x, len(self.cells.axes), self.load)
        last = self._last  # read once: another thread may replace it
        if last is not None and last[0] == division:
            return last[1]
        work = self._divided(division)
        if len(work.blocks) <= FEW_BLOCKS and max(self.cells.shape) <= FEW_CELLS:
            self._last = division, work
        return work

    @cached_property
    def _at_once(self) -> Work:
        """All of the grid as one block."""
        return Work([self._block(whole(self._lead, self.placed.grid.axes))], 1)

    def _divided(self, division: Division) -> Work:
        grid, part = self.placed.grid, self.placed.part
        blocks = [self._block(task) for task in tasks(self._lead, grid.axes, division, part)]
        return Work(blocks, division.threads if len(blocks) > 1 else 1)

    def _block(self, task: Task) -> Block:
        grid, part = self.placed.grid, self.placed.part
        windows = grid if task.axes == grid.axes else Grid(task.axes, grid.footprint)
        return Block(task, windows, task.target if part is None else part.shifted(task.target))

    @property
    def _lead(self) -> tuple[int, ...]:
        return self.shape[: len(self.shape) - len(self.cells.axes)]


@lru_cache(maxsize=64)  # it takes as long as pooling a small map
def plan_of_whole(
    placement: Placement, reducer: Reducer, kind: PlaneKind, verbs: Backend
) -> PoolingPlan:
    """The plan for the one grid of a placement that is whole."""
    return plan_of(placement.grids[0], reducer, kind, verbs)


def plan_of(placed: PlacedGrid, reducer: Reducer, kind: PlaneKind, verbs: Backend) -> PoolingPlan:
    """The plan for planes of a kind, which are those of the part where the grid has one."""
    execution = execution_of(reducer, kind.dtype, placed.grid, verbs, kind.heaviest)
    cells = _cells_of(placed)
    load = execution.load(kind.shape, cells, kind.beside)
    return PoolingPlan(placed, kind.shape, execution, load, cells)


def _cells_of(placed: PlacedGrid) -> Grid:
    """The cells that are made: those of a part are a grid of their own."""
    grid, part = placed.grid, placed.part
    if part is None:
        return grid
    pairs = zip(grid.axes, part.cells, strict=True)
    axes = tuple(axis.cells_between(cells.start, cells.stop) for axis, cells in pairs)
    return Grid(axes, grid.footprint)


def execution_of(
    reducer: Reducer, dtype: np.dtype[Any], grid: Grid, verbs: Backend, heaviest: int = 1
) -> Execution:
    """How values of a dtype are reduced, where no pixel counts more often than `heaviest` times."""
    values = Values(dtype.newbyteorder("="), grid.largest * heaviest, grid.taps)
    if grid.footprint is not None:
        verbs = plain
    return _execution(reducer, values, min(grid.largest, MOST_TAPS), verbs)


@lru_cache(maxsize=64)  # it takes as long as pooling a small map
def _execution(
    reducer: Reducer,
    values: Values,
    ordered: int,
    verbs: Backend,
) -> Execution:
    """The figures are upper bounds, measured over all reducers and checked by
    tests/resources/test_memory.py; `ordered` pixels of a window are in order at once.
    """
    reduction, size = reducer(values), values.dtype.itemsize
    is_gather = isinstance(reduction, Gather | BetweenRanks)
    tiled = not is_gather and verbs.tiles(reduction, values.dtype)
    state: float = size
    pixel, cell, window = 4 * size + 8, CELL, 2 * COPIED
    if isinstance(reduction, Fold):
        one = np.zeros(1, values.dtype)
        states = [component.states(one).nbytes for component in reduction.components]
        state, pixel, window = max(state, *states), 7 * sum(states), 0
        cell = 2 * size if reduction.finish is itself else CELL
    elif not isinstance(reduction, Gather):
        state *= 1 if tiled or is_gather else LINES
        cell += size * ordered
    # A call that selects takes long: a larger block would put off an interruption for seconds.
    is_large = tiled and isinstance(reduction, Fold)
    wide = _wide(reducer, values) if isinstance(reduction, Fold) else None
    return Execution(verbs, reduction, wide, state, pixel, cell, window, is_large)


def _wide(reducer: Reducer, values: Values) -> Fold | None:
    """The fold of the same values in float64, scaled down, where sums of them may overflow."""
    wide = reducer(values._replace(dtype=np.dtype(np.float64)))
    overflows = values.dtype.kind == "f" and values.dtype.itemsize > 2
    return wide if overflows and isinstance(wide, Fold) and wide.degree else None


def bookkeeping(rules: ValueRules, *, weighed: bool) -> int:
    """Bytes for each pixel beside its states: whether it counts, how often, and its index."""
    return (40 if weighed or rules.picky else 0) + (24 if rules.indexing else 0)
