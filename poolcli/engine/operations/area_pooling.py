"""Pooling of cells that have shares of pixels; `area_block.py` says how these count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import prod
from typing import Any, cast

import numpy as np

from poolcli.engine.backend.blocks import Load, Task, cut, run
from poolcli.engine.operations.area_block import AreaAxis, AreaBlock
from poolcli.engine.operations.operation import Trace
from poolcli.engine.operations.pixels import ValueRules, check_nodata, counted, masked_pixels
from poolcli.engine.operations.resample import EXACT, PIXEL, Resampling, load_of
from poolcli.engine.operations.weighted_axis import WeightedAxis
from poolcli.engine.reducers.reducer import Fold, Reducer, Values
from poolcli.engine.windows.area import Area
from poolcli.engine.windows.grid import Grid
from poolcli.engine.windows.place import Geometry, PlacedGrid, Placement
from poolcli.engine.windows.plane_part import Cells, PlanePart
from poolcli.maps.array import Array
from poolcli.maps.frame import Frame, Size
from poolcli.resources import memory


@dataclass(frozen=True)
class AreaPooling:
    """A reducer over cells of equal area: a fold whose states can be weighed, or the mode."""

    place: Area
    reducer: Reducer

    def axes(self, space: Size) -> tuple[AreaAxis, ...]:
        """The cells along each axis."""
        return _axes(self.place, space)

    def placement(self, frame: Frame) -> Placement:
        """The cells on planes of this frame."""
        grid = Grid(cast(Any, self.axes(frame.space)))
        return Placement(frame.pooled(grid.shape), (PlacedGrid(..., ..., grid, frame.planes),))

    @property
    def _resampling(self) -> Resampling:
        return Resampling(self.axes)

    def geometry(self, frame: Frame) -> Geometry:
        """The cells; each costs as many merges as it has pixels, less one."""
        return self._resampling.geometry(frame)

    def trace(self, frame: Frame, cell: Size, weights: Array | None = None) -> Trace:
        """The pixels of a cell."""
        return self._resampling.trace(frame, cell, weights)

    def load(
        self, frame: Frame, dtype: np.dtype[Any], rules: ValueRules, *, weighed: bool = False
    ) -> Load:
        """At least one row of cells at a time."""
        axes = self.axes(frame.space)
        return self._load(axes, frame.shape, dtype, rules, weighed=weighed)

    def _load(
        self,
        axes: Sequence[AreaAxis],
        shape: Size,
        dtype: np.dtype[Any],
        rules: ValueRules,
        *,
        weighed: bool,
    ) -> Load:
        load = load_of(axes, shape, dtype, picky=weighed or rules.picky)
        reduction = self._reduction(dtype, axes, 255 if weighed else 1)
        states = 8
        if isinstance(reduction, Fold):
            one = np.zeros(1, dtype.newbyteorder("="))
            states = sum(component.states(one).nbytes for component in reduction.components)
        times = max(1, -(-states * 10 // PIXEL))
        return load._replace(
            state=max(load.state, states),
            pixel=load.pixel * times,
            least=load.least * times,
            whole=load.whole * times,
        )

    def __call__(
        self, planes: Array, frame: Frame, rules: ValueRules, weights: Array | None = None
    ) -> Array:
        """The result of every cell."""
        return self._pooled(planes, self.axes(frame.space), rules, weights)

    def reads(self, frame: Frame, cells: Cells) -> tuple[Array, ...] | None:
        """The pixels of some cells."""
        return self._resampling.reads(frame, cells)

    def pool_part(
        self, planes: Array, part: PlanePart, rules: ValueRules, weights: Array | None = None
    ) -> Array:
        """The results of some cells."""
        facts = zip(self.axes(part.frame.space), part.cells, part.pixels, strict=True)
        axes = [axis.held(cells, pixels) for axis, cells, pixels in facts]
        return self._pooled(planes, cast(Any, axes), rules, weights)

    def _pooled(
        self, planes: Array, axes: Sequence[AreaAxis], rules: ValueRules, weights: Array | None
    ) -> Array:
        check_nodata(rules.nodata, planes.dtype)
        pixels = masked_pixels(planes, rules, weights)
        heaviest = 1 if weights is None else int(np.iinfo(weights.dtype).max)
        if prod(axis.whole for axis in axes) * heaviest > EXACT and planes.dtype.kind != "f":
            pixels = pixels._replace(values=planes.astype(np.float64))
        reduction = self._reduction(pixels.values.dtype, axes, heaviest)
        shape = (*planes.shape[: -len(axes)], *(axis.cells for axis in axes))
        out = memory.empty_like(planes, shape, rules.dtype)
        load = self._load(axes, planes.shape, planes.dtype, rules, weighed=weights is not None)

        def work(task: Task) -> None:
            block = AreaBlock(counted(pixels.part(task.source), rules).in_numbers, task.axes, rules)
            block.pool(reduction, out[task.target])

        blocks = cut(planes, list[WeightedAxis](axes), load)
        run(blocks, work, load.threads if len(blocks) > 1 else 1)
        return out

    def _reduction(self, dtype: np.dtype[Any], axes: Sequence[AreaAxis], heaviest: int) -> Any:
        largest = prod(axis.whole for axis in axes) * heaviest
        taps = prod(axis.taps for axis in axes)
        return self.reducer(Values(dtype.newbyteorder("="), largest, taps))


@lru_cache(maxsize=64)  # asked for by the plan, and again by the run
def _axes(place: Area, space: Size) -> tuple[AreaAxis, ...]:
    axes = []
    for length, shares in zip(space, place.shares(space), strict=True):
        stride = Fraction(length, shares.sources.shape[1])
        facts = shares.sources, shares.shares, shares.cell, stride, (stride - 1) / 2
        axes.append(AreaAxis(*facts, pixel=shares.pixel))
    return tuple(axes)
