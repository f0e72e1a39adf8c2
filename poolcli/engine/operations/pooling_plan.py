"""What is known of pooling before there are values: which backend does it, in which blocks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from poolcli.engine.backend import Backend
from poolcli.engine.backend.blocks import AT_ONCE, Division, Load, Task
from poolcli.engine.operations.bordered import tasks
from poolcli.engine.operations.execution import Execution, execution_of
from poolcli.engine.operations.pixels import MaskedPixels, ValueRules
from poolcli.engine.reducers.reducer import Reducer
from poolcli.engine.windows.counts import WindowCounts
from poolcli.engine.windows.grid import Grid
from poolcli.engine.windows.place import PlacedGrid, Placement
from poolcli.maps.array import Array
from poolcli.maps.cached import cached_property

# A plan remembers few blocks, whose axes remember a number for each cell along them: if these are
# more, they are made anew. So are the numbers of the pixels of all windows.
FEW_BLOCKS = 64
FEW_CELLS = 1 << 16
# Results of as many cells have windows of one size apart, if ranks go by it: clipped medians of 3x3
# of 12 million bytes took 280 ms, and take 3. So have folds of windows of so many taps that share
# them, which the extension then folds together: clipped means of 63x63 take half of the time.
MANY_CELLS = 1 << 14
LARGE = 8


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
        """All of the work in one thread."""
        return self._divided(AT_ONCE)

    def _divided(self, division: Division) -> Work:
        axes, part = self.placed.grid.axes, self.placed.part
        share = self.execution.tiled and all(a.stride == 1 and a.taps >= LARGE for a in axes)
        alike = (self.execution.goes_by_size or share) and prod(self.result) >= MANY_CELLS
        parts = tasks(self._lead, axes, division, part, alike=alike)
        threads = division.threads if len(parts) > 1 else 1
        return Work([self._block(task) for task in parts], threads)

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


def bookkeeping(rules: ValueRules, *, weighed: bool) -> int:
    """Bytes for each pixel beside its states: whether it counts, how often, and its index."""
    return (40 if weighed or rules.picky else 0) + (24 if rules.indexing else 0)
