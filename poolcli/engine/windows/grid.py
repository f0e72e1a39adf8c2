"""Where: places turn the shape of a map into cells, in whole numbers only. No value is looked at here.

Along an axis the cells are `Run`s: stretches of equal windows at equal distances, clipped to the map. A sliding
window is one long run with a few clipped windows at each border; adaptive cells repeat with a period and are as
many runs as the period is long. Whoever folds a run (`kernels.py`) folds every place.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, Protocol

from poolcli.errors import ShapeError
from poolcli.maps.frame import Frame, Size

AXIS_NAMES = {1: "L", 2: "HW", 3: "DHW"}


class Run(NamedTuple):
    """`number` windows of `size` taps, `step` apart, the first at `start`, each next `stride` further.

    They are the cells `cell`, `cell + every`, ... of the axis. `extent` counts a window's taps together with those
    in the padding, which only an average that counts padding asks for; `head` and `tail` those that the borders clip.
    """

    cell: int
    number: int
    start: int
    stride: int
    size: int
    extent: int
    step: int = 1
    every: int = 1
    head: int = 0
    tail: int = 0

    @property
    def end(self) -> int:
        """Where the last window ends."""
        return self.start + (self.number - 1) * self.stride + (self.size - 1) * self.step + 1

    def part(self, first: int, stop: int) -> Iterator[Run]:
        """The windows of this run that are cells first to stop, which count from first on; none or one run."""
        low = max(0, -(-(first - self.cell) // self.every))
        high = min(self.number, -(-(stop - self.cell) // self.every))
        if low < high:
            cell, start = self.cell + low * self.every - first, self.start + low * self.stride
            yield self._replace(cell=cell, start=start, number=high - low)


class Side(NamedTuple):
    """What one cell is made of along an axis: the pixel of each tap, and what is taken of each (None: all of it).

    `window` are the pixels, inside the map or not, that it would see if nothing clipped it; `extent` is that of `Run`.
    """

    pixels: Sequence[int]
    window: range
    extent: int
    shares: Sequence[float] | None = None


@dataclass(frozen=True)
class Axis:
    """The cells along one axis: windows of `taps` taps that nothing clips, which span `window` pixels."""

    cells: int
    runs: tuple[Run, ...]
    taps: int
    window: int
    stride: Fraction

    @cached_property
    def largest(self) -> int:
        """Pixels in the largest window."""
        return max(run.size for run in self.runs)

    @cached_property
    def seen(self) -> slice:
        """The pixels from the first to the last that a cell sees."""
        return slice(min(run.start for run in self.runs), max(run.end for run in self.runs))

    def side(self, cell: int) -> Side:
        """What this cell sees."""
        (run,) = [part for run in self.runs for part in run.part(cell, cell + 1)]
        taps = range(-run.head, run.size + run.tail)
        inside, whole = (
            range(run.start + run.step * line[0], run.start + run.step * line[-1] + 1, run.step)
            for line in (range(run.size), taps)
        )
        return Side(inside, whole, run.extent)

    def part(self, first: int, stop: int) -> tuple[slice, Axis]:
        """Some of the cells: the pixels they see, and the cells as an axis of those pixels alone."""
        axis = self if stop - first == self.cells else self._some(first, stop)
        return axis.seen, axis._from(axis.seen.start)

    def _some(self, first: int, stop: int) -> Axis:
        runs = tuple(part for run in self.runs for part in run.part(first, stop))
        return replace(self, cells=stop - first, runs=runs)

    def _from(self, begin: int) -> Axis:
        """The axis that begins at this pixel."""
        if not begin:
            return self
        return replace(self, runs=tuple(run._replace(start=run.start - begin) for run in self.runs))


@dataclass(frozen=True)
class Grid:
    """The cells of a map: one `Axis` for each of its trailing, spatial axes."""

    axes: tuple[Axis, ...]

    @cached_property
    def shape(self) -> tuple[int, ...]:
        return tuple(axis.cells for axis in self.axes)

    @cached_property
    def largest(self) -> int:
        """Pixels in the largest window."""
        return math.prod(axis.largest for axis in self.axes)

    @cached_property
    def taps(self) -> int:
        """Pixels of a window that nothing clips."""
        return math.prod(axis.taps for axis in self.axes)

    @property
    def pixels(self) -> int:
        """Pixels in all windows together."""
        return math.prod(sum(run.size * run.number for run in axis.runs) for axis in self.axes)


class Patch(NamedTuple):
    """A grid over so many of the planes: `source` and `target` index the array read and the array written."""

    source: Any
    target: Any
    grid: Grid
    planes: int


class Outline(NamedTuple):
    """What an operation makes of a frame: the result's, window and stride in pixels for each axis, operations.

    `centre` is that of the first cell's window, padding included, along each axis; that of the first pixel is 0.
    """

    frame: Frame
    window: Size
    stride: tuple[Fraction, ...]
    operations: int
    centre: tuple[Fraction, ...]


@dataclass(frozen=True)
class Cells:
    """What a place makes of a frame: the frame of the result, and the patches it is put together from."""

    frame: Frame
    patches: tuple[Patch, ...]

    @cached_property
    def outline(self) -> Outline:
        """What pooling these cells makes of the frame."""
        grids = [patch.grid for patch in self.patches]
        merges = sum(
            patch.planes * (patch.grid.pixels - math.prod(patch.grid.shape))
            for patch in self.patches
        )
        axes = list(zip(*(grid.axes for grid in grids), strict=True)) or [()] * len(
            self.frame.space
        )
        window = tuple(max((each.window for each in axis), default=1) for axis in axes)
        stride = tuple(max((each.stride for each in axis), default=Fraction(1)) for axis in axes)
        first = (
            [axis.side(0).window for axis in grids[0].axes]
            if grids
            else [range(1)] * len(self.frame.space)
        )
        centre = tuple(Fraction(line.start + line[-1], 2) for line in first)
        return Outline(self.frame, window, stride, merges, centre)


class Place(Protocol):
    """Windows of any kind."""

    def cells(self, frame: Frame) -> Cells:
        """The cells of planes of this frame; ShapeError where windows do not fit."""
        ...


class Uniform:
    """A place that has one grid for all planes."""

    def grid(self, space: Size) -> Grid:
        """The cells of a map whose spatial axes have these sizes."""
        raise NotImplementedError

    def cells(self, frame: Frame) -> Cells:
        """The same cells on every plane."""
        return _alike(self, frame)


@lru_cache(maxsize=64)
def _alike(place: Uniform, frame: Frame) -> Cells:
    """Kept, as a step asks for them when it plans and when it pools."""
    grid = place.grid(frame.space)
    return Cells(frame.pooled(grid.shape), (Patch(..., ..., grid, frame.planes),))


def spread(name: str, numbers: tuple, count: int) -> tuple:  # type: ignore[type-arg]
    """One number for each axis, from one for all or from as many as there are axes."""
    if not count:
        raise ShapeError(
            "the map has no spatial axis left to pool: let this step come before the one that flattens"
        )
    if len(numbers) not in (1, count):
        axes = "x".join(AXIS_NAMES[count])
        raise ShapeError(
            f"--{name} has {len(numbers)} numbers and the map {count} spatial axes ({axes}): give one, or {count}"
        )
    return tuple(numbers) * (count // len(numbers))
