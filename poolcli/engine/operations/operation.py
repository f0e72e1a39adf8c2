"""Operations: what a step does to planes. A reducer with a place is one of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from poolcli.engine.backend import backend
from poolcli.engine.backend.blocks import Load
from poolcli.engine.operations.index import NOWHERE
from poolcli.engine.operations.pixels import ValueRules, masked_pixels
from poolcli.engine.operations.pool import Pooled, pool, pool_whole
from poolcli.engine.operations.pooling_plan import PlaneKind, bookkeeping, plan_of
from poolcli.engine.reducers.reducer import Reducer
from poolcli.engine.windows.grid import Taps
from poolcli.engine.windows.place import Geometry, Place, Placement
from poolcli.engine.windows.plane_part import Cells, PlanePart
from poolcli.maps.array import Array
from poolcli.maps.frame import Frame, Size
from poolcli.resources import memory

if TYPE_CHECKING:
    from poolcli.engine.windows.footprint import Footprint

Arguments = tuple[Array, Frame, ValueRules, Array | None]  # planes, their frame, rules, weights


class TracedAxis(Protocol):
    """The cells along one axis."""

    @property
    def cells(self) -> int: ...

    def taps_of(self, cell: int) -> Taps:
        """The pixels that a cell is made of, and the share of each."""
        ...


class Trace(NamedTuple):
    """What one cell of the result is made of: a plane of the input, and pixels along its axes.

    The pixels along an axis are those of cell `cell[axis]` of `axes[axis]`; with a `footprint` not
    all of the window's taps count. `filled` are the numbers of the cells that `axes` have, where
    some of the result's are without a pixel.
    """

    plane: Size
    axes: tuple[TracedAxis, ...]
    cell: Size
    footprint: Footprint | None = None
    filled: tuple[Any, ...] | None = None

    def own_cells(self, axis: int, cells: Array) -> list[int]:
        """The numbers along one of `axes` of cells of the result; without those it leaves out."""
        if self.filled is None:
            return list(map(int, cells))
        filled = self.filled[axis]
        return list(map(int, np.searchsorted(filled, cells[np.isin(cells, filled)])))


class Operation(Protocol):
    """What a step does to planes; a `Pooling`, or another class with these methods."""

    def geometry(self, frame: Frame) -> Geometry:
        """Shape, windows and work of the result, without values; ShapeError if it does not fit."""
        ...

    def trace(self, frame: Frame, cell: Size, weights: Array | None = None) -> Trace | None:
        """The pixels that the cell at this index is made of; None if there are none."""
        ...

    def load(
        self, frame: Frame, dtype: np.dtype[Any], rules: ValueRules, *, weighed: bool = False
    ) -> Load:
        """The scratch that planes of this dtype take; `weighed` tells whether there are weights."""
        ...

    def __call__(
        self, planes: Array, frame: Frame, rules: ValueRules, weights: Array | None = None
    ) -> Array:
        """The result, in the rules' dtype."""
        ...


class Pooling(NamedTuple):
    """A reducer over the cells of a place."""

    place: Place
    reducer: Reducer

    def placement(self, frame: Frame) -> Placement:
        """The windows on planes of this frame."""
        return self.place.on(frame)

    def geometry(self, frame: Frame) -> Geometry:
        return self.place.on(frame).geometry

    def trace(
        self,
        frame: Frame,
        cell: Size,
        weights: Array | None = None,  # noqa: ARG002 - all windows are where they are
    ) -> Trace | None:
        placement = self.place.on(frame)
        numbers = np.arange(prod(placement.frame.shape)).reshape(placement.frame.shape)
        planes = np.arange(frame.planes).reshape(frame.lead)
        for placed in placement.grids:
            found = np.flatnonzero(numbers[placed.target] == numbers[cell])
            if found.size:
                read = planes[placed.source]
                index = np.unravel_index(found[0], read.shape + placed.grid.shape)
                plane = np.unravel_index(read[index[: read.ndim]], frame.lead) if frame.lead else ()
                at = _integers(index[read.ndim :])
                return Trace(
                    _integers(plane), placed.grid.axes, at, placed.grid.footprint, placed.filled
                )
        return None

    def load(
        self, frame: Frame, dtype: np.dtype[Any], rules: ValueRules, *, weighed: bool = False
    ) -> Load:
        facts = dtype, 255 if weighed else 1, bookkeeping(rules, weighed=weighed)
        kinds = (
            (placed, PlaneKind((placed.planes, *frame.space), *facts))
            for placed in self.place.on(frame).grids
        )
        plans = (plan_of(placed, self.reducer, kind, backend()) for placed, kind in kinds)
        return Load.of([plan.load for plan in plans])

    def __call__(
        self,
        planes: Array,
        frame: Frame,
        rules: ValueRules,
        weights: Array | None = None,
        out: Array | None = None,
    ) -> Array:
        """The result; it is `out` where that can be written to, as `pool` says."""
        if rules.indexing:
            return self.with_indices(planes, frame, rules._replace(dtype=planes.dtype), weights)[1]
        pixels, placement = masked_pixels(planes, rules, weights), self.place.on(frame)
        if placement.is_whole:
            return pool_whole(pixels, placement, self.reducer, rules, out)[0]
        parts = (pool(pixels, placed, self.reducer, rules)[0] for placed in placement.grids)
        out = memory.empty(placement.frame.shape, rules.dtype) if out is None else out
        return assembled(placement, parts, outside_of(rules), out)

    def reads(self, frame: Frame, cells: Cells) -> tuple[Array, ...] | None:
        placement = self.place.on(frame)
        if not placement.is_whole:
            return None
        axes = placement.grids[0].grid.axes
        pairs = zip(axes, cells, strict=True)
        return tuple(axis.pixels_of(some.start, some.stop) for axis, some in pairs)

    def pool_part(
        self, planes: Array, part: PlanePart, rules: ValueRules, weights: Array | None = None
    ) -> Array:
        pixels, placement = masked_pixels(planes, rules, weights), self.place.on(part.frame)
        return pool(pixels, placement.grids[0]._replace(part=part), self.reducer, rules)[0]

    def with_indices(
        self, planes: Array, frame: Frame, rules: ValueRules, weights: Array | None = None
    ) -> tuple[Array, Array]:
        """The result, and the index of the pixel that each of its values is.

        `rules.indexing` tells how pixels are numbered.
        """
        pixels, placement = masked_pixels(planes, rules, weights), self.place.on(frame)
        if placement.is_whole:
            return _both(pool_whole(pixels, placement, self.reducer, rules))
        pairs = [_both(pool(pixels, placed, self.reducer, rules)) for placed in placement.grids]
        shape = placement.frame.shape
        values, indices = memory.empty(shape, rules.dtype), memory.empty(shape, np.int64)
        assembled(placement, (pair[0] for pair in pairs), outside_of(rules), values)
        assembled(placement, (pair[1] for pair in pairs), NOWHERE, indices)
        return values, indices


def _both(pooled: Pooled) -> tuple[Array, Array]:
    values, indices = pooled
    assert indices is not None, "the rules have no indexing"
    return values, indices


def assembled(placement: Placement, parts: Iterable[Array], outside: Any, out: Array) -> Array:
    """Put the pooled grids into `out`; `outside` is the value of cells that no grid fills."""
    out[...] = outside
    for placed, part in zip(placement.grids, parts, strict=True):
        out[placed.target] = part.reshape(out[placed.target].shape)
    return out


def _integers(numbers: Sequence[Any]) -> Size:
    return tuple(map(int, numbers))


def outside_of(rules: ValueRules) -> Any:
    """The value of a cell outside the map."""
    if rules.emit:
        return 0
    return rules.cast(np.asarray(rules.nodata[0] if rules.nodata else rules.outside))
