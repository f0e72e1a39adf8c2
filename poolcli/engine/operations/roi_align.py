"""RoiAlign: boxes cut into cells, each the mean (or maximum) of values interpolated at points of a grid.

Along an axis a point lies between two pixels, so the mean over a box is two small matrices: rows x pixels x columns.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np

from poolcli.engine.backend.tasks import Load
from poolcli.engine.operations.crowd import COPIED, MAP, Lines, is_crowded, means
from poolcli.engine.operations.operation import Sight
from poolcli.engine.operations.pixels import Rules
from poolcli.engine.windows.grid import Taps
from poolcli.engine.windows.place import Geometry, per_axis
from poolcli.engine.windows.regions import Box, boxes_on
from poolcli.maps.array import Array
from poolcli.maps.frame import Frame, Size
from poolcli.resources import memory

PIXEL = 80  # bytes that a pixel of a box takes


@dataclass(frozen=True)
class Points:
    """Points along one axis of a map, `grid` for each of `cells`: the pixels on both sides, and the share of each."""

    cells: int
    grid: int
    below: Array
    above: Array
    shares: tuple[Array, Array]

    @property
    def span(self) -> slice:
        """The pixels that any point needs."""
        return slice(int(self.below.min(initial=0)), int(self.above.max(initial=0)) + 1)

    def taps_of(self, cell: int) -> Taps:
        """What the mean over the points of this cell is made of."""
        row = self.matrix()[cell]
        used = np.flatnonzero(row)
        pixels = (used + self.span.start).tolist() or [self.span.start]
        return Taps(
            pixels, range(pixels[0], pixels[-1] + 1), len(pixels), row[used].tolist() or [0.0]
        )

    def matrix(self) -> Array:
        """(cells, pixels of the span): what each pixel adds to the mean of each cell."""
        cell = np.repeat(np.arange(self.cells), self.grid)
        span = self.span
        weights = np.zeros((self.cells, span.stop - span.start))
        for pixels, share in zip((self.below, self.above), self.shares, strict=True):
            np.add.at(weights, (cell, pixels - span.start), share / max(self.grid, 1))
        return weights


def points(length: int, begin: float, size: float, cells: int, ratio: int) -> Points:
    """The points of a box along one axis; one further than a pixel outside the map counts as 0.

    Source: torchvision roi_align_common.h, pre_calc_for_bilinear_interpolate.
    """
    grid = ratio or math.ceil(size / cells)
    at = begin + (np.arange(cells * grid) + 0.5) * (size / cells / max(grid, 1))
    inside = (at >= -1) & (at <= length)
    at = np.clip(at, 0, length - 1)
    below = at.astype(np.int64)
    share = at - below
    return Points(
        cells,
        grid,
        below,
        np.minimum(below + 1, length - 1),
        (inside * (1 - share), inside * share),
    )


Look = Callable[[Array, Points, Points], Array]


@dataclass(frozen=True)
class RoiAlign:
    """Boxes of a map, each as `size` cells that `look` makes of its pixels and points.

    Source: He, Gkioxari, Dollar, Girshick 2017; torchvision roi_align; ONNX RoiAlign.
    """

    boxes: Array
    size: Size
    ratio: int
    scale: float
    aligned: bool
    look: Look

    def geometry(self, frame: Frame) -> Geometry:
        """Cells of every box; a point costs four products."""
        boxes = self._boxes(frame)
        size = per_axis("output_size", self.size, 2)
        sides = [
            [self._side(box, axis) / cells for axis, cells in enumerate(size)] for box in boxes
        ]
        largest = [max(side) for side in zip(*sides, strict=True)]
        each = [math.prod((self.ratio or math.ceil(side)) for side in pair) for pair in sides]
        window = tuple(math.ceil(side) + 1 for side in largest)
        stride = tuple(Fraction(side).limit_denominator(1000) for side in largest)
        work = 4 * (frame.channels or 1) * math.prod(size) * sum(each)
        middle = [self._begin(boxes[0], axis) + sides[0][axis] / 2 for axis in (0, 1)]
        centre = tuple(Fraction(at).limit_denominator(1000) for at in middle)
        return Geometry(Frame(len(boxes), frame.channels, size), window, stride, work, centre)

    def sight(self, frame: Frame, cell: Size, weights: Array | None = None) -> Sight:
        box = self._boxes(frame)[cell[0]]
        image = () if frame.batch is None else (box.image,)
        lines = tuple(
            self._points(box, axis, frame, per_axis("output_size", self.size, 2)) for axis in (0, 1)
        )
        return Sight((*image, *cell[1:-2]), lines, cell[-2:])

    def at_points(self, plane: Array, lines: tuple[Points, Points], cell: Size) -> Array:
        """The values that a cell takes the largest of."""
        rows, columns = lines
        merge = np.maximum if self.look is largest_corner else np.add
        values = reduce(merge, _corners(_double(plane[rows.span, columns.span]), rows, columns))
        cells = values.reshape(rows.cells, rows.grid, columns.cells, columns.grid)
        return np.asarray(cells[cell[0], :, cell[1]])

    def load(
        self, frame: Frame, dtype: np.dtype[Any], rules: Rules, *, weighed: bool = False
    ) -> Load:
        """A box at a time."""
        boxes = self._boxes(frame)
        sides = [
            [min(self._side(box, axis) + 2, frame.space[axis]) for axis in (0, 1)] for box in boxes
        ]
        each = [int(PIXEL * (frame.channels or 1) * math.prod(pair)) for pair in sides]
        crowd = 2 * 8 * max(COPIED, math.prod(frame.space)) if math.prod(frame.space) <= MAP else 0
        return Load(dtype.itemsize, PIXEL, max(each), sum(each) + crowd)

    def __call__(
        self, planes: Array, frame: Frame, rules: Rules, weights: Array | None = None
    ) -> Array:
        """The cells of every box, (boxes, channels, height, width)."""
        size = per_axis("output_size", self.size, 2)
        boxes = self._boxes(frame)
        out = memory.empty(Frame(len(boxes), frame.channels, size).shape, rules.dtype)
        with np.errstate(all="ignore"):
            done = (
                self._crowds(planes, frame, rules, out)
                if self.look is mean and weights is None
                else set()
            )
            for number, box in enumerate(boxes):
                if box.image in done:
                    continue
                rows, columns = (self._points(box, axis, frame, size) for axis in (0, 1))
                where = (
                    *(() if frame.batch is None else (box.image,)),
                    ...,
                    rows.span,
                    columns.span,
                )
                heavy = None if weights is None else _double(weights[where])
                out[number] = rules.kept(self._cells(_double(planes[where]), heavy, rows, columns))
        return out

    def _crowds(self, planes: Array, frame: Frame, rules: Rules, out: Array) -> set[int]:
        """The images that their boxes cover, and whose boxes are done together."""
        boxes, done, load = self._boxes(frame), set(), self.load(frame, planes.dtype, rules)
        for image in {box.image for box in boxes}:
            numbers = [number for number, box in enumerate(boxes) if box.image == image]

            def keep(at: int, channels: slice, cells: Array, numbers: list[int] = numbers) -> None:
                target = out[numbers[at]]
                target.reshape(-1, *target.shape[-2:])[channels] = rules.kept(cells)

            lines = [
                self._lines([boxes[number] for number in numbers], axis, frame) for axis in (0, 1)
            ]
            plane = planes if frame.batch is None else planes[image]
            if is_crowded(lines) and means(plane.reshape(-1, *frame.space), lines, keep, load):
                done.add(image)
        return done

    def _lines(self, boxes: list[Box], axis: int, frame: Frame) -> Lines:
        begins, sides = np.array(
            [(self._begin(box, axis), self._side(box, axis)) for box in boxes]
        ).T
        return Lines(
            frame.space[axis],
            begins,
            sides,
            per_axis("output_size", self.size, 2)[axis],
            self.ratio,
        )

    def _cells(self, pixels: Array, weights: Array | None, rows: Points, columns: Points) -> Array:
        if weights is None:
            return self.look(pixels, rows, columns)
        heavy = self.look(weights, rows, columns)
        whole = self.look(
            np.ones_like(weights), rows, columns
        )  # less than 1 where points are outside
        return np.where(heavy > 0, self.look(pixels * weights, rows, columns) / heavy * whole, 0)

    def _boxes(self, frame: Frame) -> list[Box]:
        return boxes_on(
            frame, self.boxes, self.scale, lambda length, begin, end: begin <= length and end >= 0
        )

    def _side(self, box: Box, axis: int) -> float:
        """A box's length along an axis; at least 1 by the old rule."""
        side = box.end[axis] - box.begin[axis]
        return side if self.aligned else max(side, 1.0)

    def _begin(self, box: Box, axis: int) -> float:
        """Where a box begins, a pixel's centre being a whole number."""
        return box.begin[axis] - (0.5 if self.aligned else 0)

    def _points(self, box: Box, axis: int, frame: Frame, size: Size) -> Points:
        return points(
            frame.space[axis], self._begin(box, axis), self._side(box, axis), size[axis], self.ratio
        )


def roi_align(  # noqa: PLR0913 - the row's parameters
    *,
    boxes: Array,
    output_size: Size,
    sampling_ratio: int,
    spatial_scale: float,
    aligned: bool,
    mode: str,
) -> RoiAlign:
    """The mean, or the largest, of the values at the points of each cell."""
    look = mean if mode == "avg" else largest
    return RoiAlign(boxes, output_size, sampling_ratio, spatial_scale, aligned, look)


def roi_align_of_corners(*, mode: str, **own: Any) -> RoiAlign:
    """As ONNX has it: the largest of the four weighed corners of every point, which are not added up."""
    operation = roi_align(mode=mode, **own)
    return operation if mode == "avg" else replace(operation, look=largest_corner)


def mean(pixels: Array, rows: Points, columns: Points) -> Array:
    """The mean over the points of each cell: no point is looked at, unless a pixel is not finite."""
    if np.isfinite(pixels).all():
        cells: Array = rows.matrix() @ pixels @ columns.matrix().T
        return cells
    return _over_points(np.mean, reduce(np.add, _corners(pixels, rows, columns)), rows, columns)


def largest(pixels: Array, rows: Points, columns: Points) -> Array:
    """The largest value at the points of each cell."""
    return _over_points(np.max, reduce(np.add, _corners(pixels, rows, columns)), rows, columns)


def largest_corner(pixels: Array, rows: Points, columns: Points) -> Array:
    """The largest of the weighed corners of the points of each cell."""
    return _over_points(np.max, reduce(np.maximum, _corners(pixels, rows, columns)), rows, columns)


def _corners(pixels: Array, rows: Points, columns: Points) -> list[Array]:
    """The four pixels around each point, times their shares: (..., points, points)."""
    return [
        pixels[..., line[:, None] - rows.span.start, at - columns.span.start]
        * (high[:, None] * wide)
        for line, high in zip((rows.below, rows.above), rows.shares, strict=True)
        for at, wide in zip((columns.below, columns.above), columns.shares, strict=True)
    ]


def _over_points(
    reducer: Callable[..., Array], values: Array, rows: Points, columns: Points
) -> Array:
    """One value for each cell from those at its points; 0 for a box without any."""
    if not values.size:
        return np.zeros((*values.shape[:-2], rows.cells, columns.cells))
    cells = values.reshape(*values.shape[:-2], rows.cells, rows.grid, columns.cells, columns.grid)
    return reducer(cells, axis=(-3, -1))


def _double(x: Array) -> Array:
    """A copy in one order of memory, so that sums do not depend on it."""
    return np.array(x, np.float64, order="C")
