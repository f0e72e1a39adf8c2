"""Grids of windows along the spatial axes of a map, in whole numbers only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from poolcli.engine.windows.border import ABSENT, Border
from poolcli.engine.windows.runs import NO_AXIS, Run, run_table
from poolcli.maps.array import Array
from poolcli.maps.cached import cached_property

if TYPE_CHECKING:
    from poolcli.engine.windows.footprint import Footprint


class Taps(NamedTuple):
    """The pixels that one cell reads along one axis.

    `pixels` are the indices inside the map; where the axis has a border, one may come twice, and
    one below 0 stands for what `Border.pixels` says. `window` are the indices that an unclipped
    window would read, some of which may lie outside the map; `extent` and `head` are those of the
    cell's `Run`. `shares` is the weight of each pixel in a weighted mean, or None if each counts
    once.
    """

    pixels: Sequence[int]
    window: range
    extent: int
    shares: Sequence[float] | None = None
    head: int = 0

    @property
    def clipped(self) -> int:
        """How many taps of an unclipped window are no pixels."""
        return len(self.window) - sum(pixel != ABSENT for pixel in self.pixels)


@dataclass(frozen=True)
class Axis:
    """The cells along one axis of a map.

    `cells` is their number, and `runs` are their windows, each cell in exactly one run. An
    unclipped window has `taps` taps and spans `window` pixels, gaps of dilation included. `stride`
    is the distance between cells, the mean one where it varies. `middle` is that of the first cell
    where cells are equal parts of the map, whatever pixels they read. With a `border` windows
    also read positions before and after the map, which begins at 0.
    """

    cells: int
    runs: tuple[Run, ...]
    taps: int
    window: int
    stride: Fraction
    middle: Fraction | None = None
    border: Border | None = None

    @cached_property
    def largest(self) -> int:
        """Pixels in the largest window."""
        return max(run.size for run in self.runs)

    @cached_property
    def sizes(self) -> Array:
        """The pixels inside the map of each cell's window."""
        return self._of_cells([run.size for run in self.runs])

    @cached_property
    def extents(self) -> Array:
        """The same, with the taps of each window in padding that counts."""
        return self._of_cells([run.extent for run in self.runs])

    def _of_cells(self, numbers: Sequence[int]) -> Array:
        """The number for each cell from that of its run."""
        out = np.empty(self.cells, np.int64)
        for run, number in zip(self.runs, numbers, strict=True):
            out[run.cell :: run.every][: run.number] = number
        out.flags.writeable = False
        return out

    @cached_property
    def is_even(self) -> bool:
        """Whether the middle of each cell is `stride` behind that of the one before."""
        if self.middle is not None:
            return True
        origin = {run.centre - run.cell * self.stride for run in self.runs}
        strides = {Fraction(run.stride, run.every) for run in self.runs if run.number > 1}
        return len(origin) <= 1 and strides <= {self.stride}

    @cached_property
    def span(self) -> slice:
        """The positions from the first to the last that any cell reads."""
        return slice(min(run.start for run in self.runs), max(run.end for run in self.runs))

    @cached_property
    def inner(self) -> tuple[int, int]:
        """The cells, from the first up to the second, that read nothing of the border."""
        if self.border is None:
            return 0, self.cells
        before = sum(min(run.number, -(min(run.start, 0) // run.stride)) for run in self.runs)
        stop = sum(
            max(0, min(run.number, (self.border.length - run.end) // run.stride + run.number))
            for run in self.runs
        )
        return before, max(before, stop)

    @cached_property
    def unclipped(self) -> tuple[int, int]:
        """Those of the `inner` cells whose windows have all taps, where they are one run."""
        first, stop = self.inner
        runs = [run for run in self.runs if run.size == self.taps]
        if len(runs) == 1 and runs[0].every == 1:
            first, stop = max(first, runs[0].cell), min(stop, runs[0].cell + runs[0].number)
        return first, stop

    def pixels(self, positions: Array | Sequence[int]) -> Array:
        """The pixels of the map at these positions, as `Border.pixels` returns them."""
        return np.asarray(positions) if self.border is None else self.border.pixels(positions)

    def pixels_of(self, first: int, stop: int) -> Array:
        """The numbers of the pixels that cells `first` to `stop` read, and those between.

        They ascend, and are at least one.
        """
        return self._pixels_within(self.cells_between(first, stop).span)

    def pixels_of_taps(self, cell: int, taps: slice) -> Array:
        """The numbers of the pixels that some taps of a cell read, and those between."""
        run = self.cells_between(cell, cell + 1).runs[0]
        first = run.start + run.step * taps.start
        return self._pixels_within(
            slice(first, first + run.step * (taps.stop - taps.start - 1) + 1)
        )

    def _pixels_within(self, span: slice) -> Array:
        """The pixels at the positions of a span, ascending, and at least one."""
        found = np.unique(self.pixels(np.arange(span.start, span.stop)))
        found = found[found >= 0]
        return found if found.size else np.zeros(1, np.int64)

    def taps_of(self, cell: int) -> Taps:
        """The pixels that this cell reads.

        >>> run = Run(cell=0, number=3, start=0, stride=2, size=3, extent=3)
        >>> Axis(3, (run,), 3, 3, Fraction(2)).taps_of(1).pixels
        range(2, 5)
        """
        (run,) = [part for run in self.runs for part in run.part(cell, cell + 1)]
        inside: Sequence[int] = _every(run.start, run.step, 0, run.size)
        unclipped = _every(run.start, run.step, -run.head, run.size + run.tail)
        if self.border is not None:
            inside = self.border.pixels(inside).tolist()
        return Taps(inside, unclipped, run.extent, head=run.head)

    def tap_count(self, cell: int) -> int:
        """How many taps a cell has, those in a border included."""
        return self.cells_between(cell, cell + 1).runs[0].size

    def tap_pixels(self, cell: int, taps: slice) -> Array:
        """The pixels that some taps of a cell read, as `Border.pixels` returns them."""
        run = self.cells_between(cell, cell + 1).runs[0]
        return self.pixels(run.start + run.step * np.arange(taps.start, taps.stop))

    def part(self, first: int, stop: int) -> tuple[slice, Axis]:
        """The positions that cells `first` to `stop` read, and these cells as an axis of them."""
        return self.cells_between(first, stop)._whole

    @cached_property
    def _whole(self) -> tuple[slice, Axis]:
        """The positions that any cell reads, and the cells as an axis of them."""
        return self.span, self._shifted(-self.span.start)

    def cells_between(self, first: int, stop: int) -> Axis:
        """These cells alone, renumbered from 0."""
        if stop - first == self.cells:
            return self
        runs = tuple(part for run in self.runs for part in run.part(first, stop))
        return replace(self, cells=stop - first, runs=runs)

    def _shifted(self, by: int) -> Axis:
        if not by and self.border is None:
            return self
        runs = tuple(run._replace(start=run.start + by) for run in self.runs)
        return replace(self, runs=runs, border=None)


def _every(start: int, step: int, first: int, stop: int) -> range:
    """The pixels of taps `first` to `stop`, at least one, of a window whose tap 0 is at `start`."""
    return range(start + step * first, start + step * (stop - 1) + 1, step)


@dataclass(frozen=True)
class Grid:
    """The cells of a map: one `Axis` for each of its trailing, spatial axes.

    With a `footprint` only some taps of a window count. Then every window has all taps of the
    kernel: the border of each axis says which of them are no pixels.
    """

    axes: tuple[Axis, ...]
    footprint: Footprint | None = None

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The number of cells along each axis."""
        return tuple(axis.cells for axis in self.axes)

    @cached_property
    def tables(self) -> tuple[Array, ...]:
        """The runs of depth, height and width as tables."""
        absent = (NO_AXIS,) * (3 - len(self.axes))
        return (*absent, *(run_table(axis.runs) for axis in self.axes))

    @cached_property
    def sizes(self) -> tuple[Array, ...]:
        """The pixels inside the map of each cell's window, along each axis."""
        return tuple(axis.sizes for axis in self.axes)

    @cached_property
    def has_border(self) -> bool:
        """Whether windows read a border along any axis."""
        return any(axis.border is not None for axis in self.axes)

    @cached_property
    def largest(self) -> int:
        """Pixels in the largest window."""
        if self.footprint is not None:
            return self.footprint.count
        return math.prod(axis.largest for axis in self.axes)

    @cached_property
    def taps(self) -> int:
        """Taps of an unclipped window."""
        if self.footprint is not None:
            return self.footprint.count
        return math.prod(axis.taps for axis in self.axes)

    @property
    def pixels(self) -> int:
        """Pixels in all windows together; one that is in two windows counts twice."""
        if self.footprint is not None:
            return self.footprint.count * math.prod(self.shape)
        return math.prod(sum(run.size * run.number for run in axis.runs) for axis in self.axes)
