"""Places: what turns the shape of a map into windows. They look at no value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from poolcli.engine.windows.grid import Axis, Grid
from poolcli.engine.windows.plane_part import PlanePart
from poolcli.errors import ShapeError
from poolcli.maps.cached import cached_property
from poolcli.maps.frame import Frame, Size

AXIS_NAMES = {1: "L", 2: "HW", 3: "DHW"}  # the letters of so many spatial axes


class PlacedGrid(NamedTuple):
    """A grid together with the planes it is laid over.

    `source` indexes the planes in the array that is read, `target` the cells in the array that is
    written, and `planes` is how many planes there are. `filled` are the numbers of the cells along
    each axis where the grid leaves some out. With a `part` only its pixels are in memory, and only
    its cells are made.
    """

    source: Any
    target: Any
    grid: Grid
    planes: int
    filled: tuple[Any, ...] | None = None
    part: PlanePart | None = None

    @property
    def merges(self) -> int:
        """Of each window of n pixels n - 1."""
        return self.planes * (self.grid.pixels - math.prod(self.grid.shape))


class Geometry(NamedTuple):
    """What an operation makes of a frame, without values: shape, windows and work.

    `frame` is the result's. `window` is the size of the largest window and `stride` the distance
    between windows, both in pixels and for each spatial axis. `centre` is the middle of the first
    cell's window, padding included, along each axis, where the first pixel's is 0. `operations`
    counts comparisons or additions by the definition: n - 1 for a window of n pixels. `even` says
    for each axis whether every window is `stride` behind the one before it; empty, all are.
    """

    frame: Frame
    window: Size
    stride: tuple[Fraction, ...]
    operations: int
    centre: tuple[Fraction, ...]
    even: tuple[bool, ...] = ()


@dataclass(frozen=True, eq=False)
class Placement:
    """The windows of a place on a frame: the result's frame, and the grids that fill it.

    `known` is the geometry where the grids do not tell it, as they leave cells out.
    """

    frame: Frame
    grids: tuple[PlacedGrid, ...]
    known: Geometry | None = None

    @property
    def is_whole(self) -> bool:
        """Whether one grid lies over all planes and fills the result."""
        return len(self.grids) == 1 and self.grids[0].target is ...

    @cached_property
    def geometry(self) -> Geometry:
        """Shape, windows and work of pooling with these windows; `centre` is that of the first
        grid.
        """
        if self.known:
            return self.known
        axes = tuple(zip(*(placed.grid.axes for placed in self.grids), strict=True))
        if not axes:  # there are no planes
            ones = (1,) * len(self.frame.space)
            return Geometry(self.frame, ones, _fractions(ones), 0, _fractions((0,) * len(ones)))
        return Geometry(
            self.frame,
            tuple(max(axis.window for axis in same) for same in axes),
            tuple(max(axis.stride for axis in same) for same in axes),
            sum(placed.merges for placed in self.grids),
            tuple(_centre(same[0]) for same in axes),
            tuple(self.is_whole and same[0].is_even for same in axes),
        )


def _fractions(numbers: Size) -> tuple[Fraction, ...]:
    return tuple(map(Fraction, numbers))


def _centre(axis: Axis) -> Fraction:
    if axis.middle is not None:
        return axis.middle
    window = axis.taps_of(0).window
    return Fraction(window[0] + window[-1], 2)


class Place(Protocol):
    """Where windows are: any class with this method is a place, e.g. `Sliding` or `Regions`."""

    def on(self, frame: Frame) -> Placement:
        """The windows on planes of this frame; ShapeError if they do not fit."""
        ...


class GridPlace:
    """A place with one grid for all planes. Subclasses define `grid` and are hashable."""

    def grid(self, space: Size) -> Grid:
        """The windows of a map with these spatial sizes; ShapeError if they do not fit."""
        raise NotImplementedError

    def on(self, frame: Frame) -> Placement:
        """The same windows on every plane."""
        return _on_all_planes(self, frame)


@lru_cache(maxsize=64)  # a step asks once when it plans and again when it pools
def _on_all_planes(place: GridPlace, frame: Frame) -> Placement:
    grid = place.grid(frame.space)
    return Placement(frame.pooled(grid.shape), (PlacedGrid(..., ..., grid, frame.planes),))


def per_axis(option: str, numbers: tuple, axes: int) -> tuple:  # type: ignore[type-arg]
    """One number for each of `axes` spatial axes, from one for all or from as many as there are.

    ShapeError, which names the option, for any other number of them.

    >>> per_axis("kernel", (3,), 2)
    (3, 3)
    """
    if len(numbers) not in (1, axes):
        names = "x".join(AXIS_NAMES[axes])
        raise ShapeError(
            f"`{option}` has {len(numbers)} numbers and the map {axes} spatial axes ({names}): "
            f"give one, or {axes}"
        )
    return tuple(numbers) * (axes // len(numbers))
