"""Where, continued: windows whose places follow a sequence, a pyramid of grids, or boxes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

from poolcli.engine.windows.adaptive import Adaptive
from poolcli.engine.windows.boxes import Box, boxes_on
from poolcli.engine.windows.grid import AXIS_NAMES, Axis, Cells, Grid, Patch, Run, spread
from poolcli.errors import ShapeError
from poolcli.maps.frame import Frame, Size

if TYPE_CHECKING:
    from poolcli.maps.array import Array


@dataclass(frozen=True)
class Fractional:
    """This many cells of one kernel each, at distances that vary by a pixel (Graham 2014).

    Cell i starts at floor((i + u) a) - floor(u a) with a = (L - k) / (n - 1), the last one at L - k. Numbers u come
    from `samples`, one for each axis (depth, height, width), or an array (N, C, axes) in PyTorch's order; without
    them every plane has its own, which depend on `seed` and the plane's number alone.

    Source: PyTorch aten/src/ATen/native/FractionalMaxPool2d.cpp, FractionalMaxPool3d.cpp.

    >>> Fractional((3,), (2,), samples=(0.8,)).cells(Frame(None, None, (7,))).patches[0].grid.axes[0].runs[0].start
    0
    """

    size: Size
    kernel: Size
    seed: int = 0
    samples: tuple[float, ...] | Array | None = None

    def cells(self, frame: Frame) -> Cells:
        """The cells of each plane, or of all where they have their samples in common."""
        result = frame.pooled(spread("fractional", self.size, len(frame.space)))
        if isinstance(self.samples, tuple):
            numbers = spread("samples", self.samples, len(frame.space))
            return Cells(result, (Patch(..., ..., self._grid(frame.space, numbers), frame.planes),))
        self._grid(
            frame.space, (0.0,) * len(frame.space)
        )  # refuses what does not fit, even where no plane is
        planes = product(*map(range, frame.lead))
        patches = [
            Patch(plane, plane, self._grid(frame.space, numbers), 1)
            for plane, numbers in zip(planes, self._numbers(frame), strict=True)
        ]
        return Cells(result, tuple(patches))

    def _grid(self, space: Size, numbers: Sequence[float]) -> Grid:
        kernel, size = (
            spread("kernel", self.kernel, len(space)),
            spread("fractional", self.size, len(space)),
        )
        facts = zip(AXIS_NAMES[len(space)], space, kernel, size, numbers, strict=True)
        return Grid(tuple(_fractional(*fact) for fact in facts))

    def _numbers(self, frame: Frame) -> Iterator[Sequence[float]]:
        """The numbers u of each plane, in the order of its axes."""
        axes = len(frame.space)
        if self.samples is None:
            yield from _drawn(self.seed, frame.planes, axes)
            return
        given: Array = self.samples  # type: ignore[assignment]
        wanted = (1 if frame.batch is None else frame.batch, frame.channels or 1, axes)
        if given.shape != wanted:
            raise ShapeError(
                f"--samples has the shape {given.shape}: this map needs {wanted} (N, C, axes)"
            )
        turn = (
            -1 if axes == 2 else 1
        )  # PyTorch draws width before height, yet depth before height before width
        yield from (tuple(row[::turn]) for row in given.reshape(-1, axes))


def _drawn(seed: int, planes: int, axes: int) -> list[list[float]]:
    """A number for each axis of each plane, whatever is pooled beside it."""
    import numpy as np

    from poolcli.engine.reducers.gathers import uniform

    drawn: list[list[float]] = uniform(seed, np.arange(planes), np.arange(axes)).tolist()
    return drawn


def _fractional(name: str, length: int, kernel: int, cells: int, u: float) -> Axis:
    """One axis, computed in the precision of u."""
    if cells + kernel - 1 > length:
        most = length - kernel + 1
        cure = f"at most {most} cells" if most > 0 else f"a kernel of at most {length}"
        raise ShapeError(
            f"{cells} fractional cells of kernel {kernel} need {cells + kernel - 1} pixels, "
            f"and axis {name} has {length}: use {cure}"
        )
    starts = [length - kernel]
    if cells > 1:
        real = type(u)
        step = real(length - kernel) / real(cells - 1)
        starts[:0] = [int((cell + u) * step) - int(u * step) for cell in range(cells - 1)]
    stride = Fraction(length - kernel, cells - 1) if cells > 1 else Fraction(length)
    return Axis(
        cells, tuple(runs_of([(start, kernel) for start in starts])), kernel, kernel, stride
    )


@dataclass(frozen=True)
class Pyramid:
    """Adaptive grids of n cells on every axis, for each level n: laid out flat, by level, channel, cell.

    Source: He, Zhang, Ren, Sun 2014, section 2, with adaptive cells, of which there are always n on every axis.

    >>> Pyramid((1, 2, 4)).cells(Frame(2, 64, (11, 13))).frame.shape
    (2, 1344)
    """

    levels: Size

    def cells(self, frame: Frame) -> Cells:
        """The cells of every level; the result has no spatial axes."""
        channels, axes = frame.channels or 1, len(frame.space)
        ends = [0]
        patches = []
        for level in self.levels:
            grid = Adaptive((level,)).grid(frame.space)
            ends.append(ends[-1] + channels * level**axes)
            patches.append(Patch((...,), (..., slice(*ends[-2:])), grid, frame.planes))
        return Cells(Frame(frame.batch, ends[-1], ()), tuple(patches))


@dataclass(frozen=True)
class Regions:
    """Boxes, each cut into `size` cells: cell i of n of a box w wide covers floor(i w / n) to ceil((i + 1) w / n).

    Corners are rounded half away from zero, and a box includes its last pixel; what lies outside the map is clipped.

    Source: torchvision roi_pool_kernel.cpp.
    """

    boxes: Array
    size: Size
    scale: float = 1

    def cells(self, frame: Frame) -> Cells:
        """The cells of every box, on all channels of its image."""
        boxes = boxes_on(frame, self.boxes, self.scale, _has_pixel)
        size = spread("output-size", self.size, 2)
        patches = tuple(self._patch(number, box, frame, size) for number, box in enumerate(boxes))
        return Cells(Frame(len(boxes), frame.channels, size), patches)

    def _patch(self, number: int, box: Box, frame: Frame, size: Size) -> Patch:
        source = () if frame.batch is None else (box.image,)
        spans = zip(frame.space, box.begin, box.end, size, strict=True)
        lines = [
            _bins(length, whole(begin), whole(end), cells) for length, begin, end, cells in spans
        ]
        grid = Grid(tuple(axis for _, axis in lines))
        return Patch(
            source, (number, ..., *(filled for filled, _ in lines)), grid, frame.channels or 1
        )


def _has_pixel(length: int, begin: float, end: float) -> bool:
    return whole(begin) < length and whole(end) >= 0


def _bins(length: int, first: int, last: int, cells: int) -> tuple[slice, Axis]:
    """The cells of a box along one axis that hold a pixel of the map: which they are, and their windows."""
    wide = max(last - first + 1, 1)
    bounds = [
        (first + cell * wide // cells, first - (-(cell + 1) * wide // cells))
        for cell in range(cells)
    ]
    clipped = [(max(start, 0), min(stop, length)) for start, stop in bounds]
    held = [cell for cell, (start, stop) in enumerate(clipped) if start < stop]
    cuts = [
        (start - low, high - stop)
        for (low, high), (start, stop) in zip(bounds, clipped, strict=True)
    ]
    runs = tuple(
        runs_of(
            [(clipped[cell][0], clipped[cell][1] - clipped[cell][0], *cuts[cell]) for cell in held]
        )
    )
    largest = max(stop - start for start, stop in bounds)
    return slice(held[0], held[-1] + 1), Axis(
        len(held), runs, largest, largest, Fraction(wide, cells)
    )


def whole(number: float) -> int:
    """The nearest whole number, half away from zero."""
    towards = math.trunc(number)
    return towards + (int(math.copysign(1, number)) if abs(number - towards) >= 0.5 else 0)


def runs_of(windows: Sequence[tuple[int, ...]]) -> Iterator[Run]:
    """Windows, as (start, size) or with (head, tail), too, in few stretches of equal ones at equal distances."""
    first = 0
    while first < len(windows):
        start, size, *cuts = windows[first]
        stride, stop = size, first + 1
        if stop < len(windows) and windows[stop][0] > start:
            stride = windows[stop][0] - start
            while stop < len(windows) and windows[stop] == (
                start + (stop - first) * stride,
                size,
                *cuts,
            ):
                stop += 1
        yield Run(
            first,
            stop - first,
            start,
            stride if stop > first + 1 else size,
            size,
            size,
            1,
            1,
            *cuts,
        )
        first = stop
