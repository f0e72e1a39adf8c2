"""RoiAlign: boxes cut into cells, each the mean (or maximum) of values interpolated at points.

`roi_cells.py` defines the mean, `roi_weights.py` its weights; `box_groups.py` decides which boxes
share a copy of the map, and pools from that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, prod
from typing import Any

import numpy as np

from poolcli.engine.backend.blocks import Load, Task, run
from poolcli.engine.operations.box_groups import MapCopy, copied_bytes, groups_of
from poolcli.engine.operations.operation import Trace
from poolcli.engine.operations.pixels import ValueRules
from poolcli.engine.operations.roi_cells import (
    CellsOf,
    at_points,
    largest,
    largest_corner,
    largest_or_zero,
    mean,
    weighted_sums,
)
from poolcli.engine.operations.roi_weights import BoxSides, SamplePoints
from poolcli.engine.windows.place import Geometry, per_axis
from poolcli.engine.windows.regions import Box, anywhere, boxes_on
from poolcli.maps.array import Array
from poolcli.maps.frame import Frame, Size
from poolcli.resources import memory

# Bytes of scratch for a pixel of a box: a copy, the four corners of a point, and what is made of
# them. A bound, which tests/resources/test_memory.py checks.
PIXEL = 80


@dataclass(frozen=True)
class RoiAlign:
    """Boxes of a map, each as `size` cells: (N, C, H, W) gives (boxes, C, *size).

    `boxes` has the rows x1, y1, x2, y2 or index, x1, y1, x2, y2, which `scale` turns into pixels of
    the map. A cell has `ratio` x `ratio` points, of which `cells_of` makes its value; a `ratio` of
    0 is the cell's size rounded up. `aligned` takes the centre of the first pixel to be at 0.5.
    With `any_box` a box may be outside the map, and its corners may be swapped.

    Source: He, Gkioxari, Dollar, Girshick 2017; torchvision roi_align; ONNX RoiAlign.
    """

    boxes: Array
    size: Size
    ratio: int
    scale: float
    aligned: bool
    cells_of: CellsOf
    any_box: bool = False

    def geometry(self, frame: Frame) -> Geometry:
        """The cells of every box. Windows are the largest box's; a point costs four products."""
        boxes, size = self._boxes(frame), per_axis("output_size", self.size, 2)
        rows, columns = sides = self._sides(boxes, frame)
        largest = [float(side.sizes.max()) / side.cells for side in sides]
        points = int((rows.counts * columns.counts).sum())
        middles = [float(side.begins[0] + side.sizes[0] / side.cells / 2) for side in sides]
        return Geometry(
            Frame(len(boxes), frame.channels, size),
            tuple(ceil(side) + 1 for side in largest),
            tuple(Fraction(side).limit_denominator(1000) for side in largest),
            4 * _channels(frame) * prod(size) * points,
            tuple(Fraction(middle).limit_denominator(1000) for middle in middles),
            (False, False),
        )

    def trace(self, frame: Frame, cell: Size, weights: Array | None = None) -> Trace:
        """The pixels around the points of a cell."""
        box = self._boxes(frame)[cell[0]]
        image = () if frame.batch is None else (box.image,)
        axes = tuple(side.points()[0] for side in self._sides([box], frame))
        return Trace((*image, *cell[1:-2]), axes, cell[-2:])

    def at_points(self, plane: Array, axes: tuple[SamplePoints, SamplePoints], cell: Size) -> Array:
        """The values at the points of a cell, of which the maximum takes the largest."""
        rows, columns = axes
        pixels = np.asarray(plane[rows.span, columns.span], np.float64)
        merge = np.maximum if self.cells_of is largest_corner else np.add
        values = at_points(merge, pixels[..., None], rows, columns)
        return np.asarray(values[cell[0], :, cell[1], :, 0])

    def load(
        self, frame: Frame, dtype: np.dtype[Any], rules: ValueRules, *, weighed: bool = False
    ) -> Load:
        """A box at a time, and a copy of what boxes share."""
        rows, columns = self._sides(self._boxes(frame), frame)
        each = PIXEL * _channels(frame) * rows.widths * columns.widths
        shared = 2 * copied_bytes(prod(frame.space))
        return Load(dtype.itemsize, PIXEL, int(each.max()), int(each.sum()) + shared)

    def __call__(
        self, planes: Array, frame: Frame, rules: ValueRules, weights: Array | None = None
    ) -> Array:
        """The cells of every box; `weights`, of the planes' shape, weigh pixels by their alpha."""
        boxes, size = self._boxes(frame), per_axis("output_size", self.size, 2)
        out = memory.empty(Frame(len(boxes), frame.channels, size).shape, rules.dtype)
        cells = out.reshape(len(boxes), _channels(frame), *size)
        values = _with_all_axes(planes, frame)
        alpha = None if weights is None else _with_all_axes(weights, frame)
        load = self.load(frame, planes.dtype, rules, weighed=weights is not None)
        for group in groups_of(boxes, self._sides(boxes, frame)):
            for channels in group.parts_of(_channels(frame)):
                where = (group.image, channels, group.rows, group.columns)
                pixels = _channels_last(values[where])
                shown = None if alpha is None else _channels_last(alpha[where])
                copy = MapCopy(group, pixels, shown, self._cells_of(pixels))
                target = cells[:, channels]

                def work(task: Task, copy: MapCopy = copy, target: Array = target) -> None:
                    copy.pool(task.target[0], target, rules)

                run(group.tasks(), work, load.threads if copy.is_large else 1)
        return out

    def _boxes(self, frame: Frame) -> list[Box]:
        return boxes_on(frame, self.boxes, self.scale, anywhere if self.any_box else _touches)

    def _sides(self, boxes: Sequence[Box], frame: Frame) -> tuple[BoxSides, BoxSides]:
        """The boxes along rows and along columns."""
        size = per_axis("output_size", self.size, 2)
        begins = np.array([box.begin for box in boxes], np.float64).T
        lengths = np.array([box.end for box in boxes], np.float64).T - begins
        if self.aligned:
            begins = begins - 0.5
        else:
            lengths = np.maximum(lengths, 1)
        rows, columns = (
            BoxSides(length, begin, side, cells, self.ratio)
            for length, begin, side, cells in zip(frame.space, begins, lengths, size, strict=True)
        )
        return rows, columns

    def _cells_of(self, pixels: Array) -> CellsOf:
        """What makes cells of these pixels, which spares each box the search for NaN if it can."""
        return (
            weighted_sums if self.cells_of is mean and np.isfinite(pixels).all() else self.cells_of
        )


def roi_align(  # noqa: PLR0913 - the options of the operation
    *,
    boxes: Array,
    output_size: Size,
    sampling_ratio: int,
    spatial_scale: float,
    aligned: bool,
    mode: str,
) -> RoiAlign:
    """The mean, or with the mode "max" the largest, of the values at the points of each cell."""
    cells_of = mean if mode == "avg" else largest
    return RoiAlign(boxes, output_size, sampling_ratio, spatial_scale, aligned, cells_of)


def roi_align_of_corners(*, mode: str, **options: Any) -> RoiAlign:
    """As ONNX defines it: "max" takes the largest of the four weighted corners of all points.

    Source: ONNX RoiAlign-16, whose corners are not added up before the maximum.
    """
    operation = roi_align(mode=mode, **options)
    return operation if mode == "avg" else replace(operation, cells_of=largest_corner)


def roi_align_from_zero(*, mode: str, **options: Any) -> RoiAlign:
    """As OpenVINO computes it: the maximum starts at 0.

    Source: OpenVINO ROIAlign-9 on its CPU plugin.
    """
    operation = roi_align(mode=mode, **options)
    return operation if mode == "avg" else replace(operation, cells_of=largest_or_zero)


def _touches(length: int, begin: float, end: float) -> bool:
    return begin <= length and end >= 0


def _channels(frame: Frame) -> int:
    return 1 if frame.channels is None else frame.channels


def _with_all_axes(planes: Array, frame: Frame) -> Array:
    """The planes as (N, C, H, W)."""
    return planes.reshape(1 if frame.batch is None else frame.batch, _channels(frame), *frame.space)


def _channels_last(planes: Array) -> Array:
    """A copy of (C, H, W) as (H, W, C), in one order of memory whatever the planes'.

    It is of float32 if these are, else of float64.
    """
    dtype = np.float32 if planes.dtype == np.float32 else np.float64
    return np.array(planes.transpose(1, 2, 0), dtype, order="C")
