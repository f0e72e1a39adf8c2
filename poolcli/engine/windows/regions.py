"""Regions: boxes on the maps of a batch, and the windows that cut each of them into cells."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from poolcli.engine.windows.grid import Axis, Grid
from poolcli.engine.windows.place import PlacedGrid, Placement, per_axis
from poolcli.engine.windows.runs import runs_of
from poolcli.errors import ShapeError
from poolcli.maps.array import Array
from poolcli.maps.frame import Frame, Size


class Box(NamedTuple):
    """The number of an image in the batch, and two corners as (y, x) in pixels of the map."""

    image: int
    begin: tuple[float, float]
    end: tuple[float, float]


Overlaps = Callable[[int, float, float], bool]  # (length of an axis, begin, end of a box on it)


def anywhere(length: int, begin: float, end: float) -> bool:  # noqa: ARG001 - as `Overlaps` has it
    """Hold for every box."""
    return True


def boxes_on(frame: Frame, rows: Array, scale: float, overlaps: Overlaps) -> list[Box]:
    """Boxes from an array of rows x1, y1, x2, y2 or index, x1, y1, x2, y2, whose corners are
    multiplied by `scale`.

    ShapeError for a box of an image that the batch does not have, or one that does not overlap the
    map on both axes.
    """
    if len(frame.space) != 2:
        raise ShapeError(
            f"boxes lie on height and width, and this map has {len(frame.space)} spatial axes"
        )
    indexed = rows.shape[1] == 5
    if not indexed and (frame.batch or 0) > 1:
        raise ShapeError(
            f"`boxes` has no index column, and the batch {frame.batch} images: "
            "put the image's number before each box (index,x1,y1,x2,y2)"
        )
    boxes = []
    for number, row in enumerate(rows.tolist(), start=1):
        image, *corners = row if indexed else [0, *row]
        left, top, right, bottom = (corner * scale for corner in corners)
        box = Box(int(image), (top, left), (bottom, right))
        if misfit := _misfit(box, frame, scale, overlaps):
            words = ",".join(f"{corner:g}" for corner in corners)
            raise ShapeError(f"box {number} ({words}){misfit}")
        boxes.append(box)
    return boxes


def _misfit(box: Box, frame: Frame, scale: float, overlaps: Overlaps) -> str:
    """Why a box cannot be pooled, in words; an empty text if it can."""
    images = 1 if frame.batch is None else frame.batch
    if box.image >= images:
        return f" is of image {box.image}, and the batch has {images}, from 0 on"
    if all(map(overlaps, frame.space, box.begin, box.end)):
        return ""
    height, width = frame.space
    scaled = f" times {scale:g}" if scale != 1 else ""
    return (
        f"{scaled} is outside the map, which is {width} wide and {height} high: "
        "give x1,y1,x2,y2 in its pixels, or `spatial_scale`"
    )


@dataclass(frozen=True)
class Regions:
    """Boxes, each cut into `size` cells: cell i of n covers floor(i w / n) to ceil((i + 1) w / n)
    of a box w wide.

    `boxes` has the rows x1, y1, x2, y2 or index, x1, y1, x2, y2, which `scale` turns into pixels of
    the map. Corners are rounded half away from zero, a box includes its last pixel, and windows are
    clipped to the map: a cell outside of it reads nothing. (N, C, H, W) gives (boxes, C, *size).
    With `any_box` a box may be outside the map, and one whose corners are swapped is 1 long.

    Source: torchvision roi_pool_kernel.cpp.

    >>> import numpy as np
    >>> placement = Regions(np.array([[1, 0, 3, 2]]), (1, 2)).on(Frame(None, 3, (4, 4)))
    >>> placement.frame.shape
    (1, 3, 1, 2)
    >>> _, columns = placement.grids[0].grid.axes
    >>> [list(columns.taps_of(cell).pixels) for cell in range(2)]
    [[1, 2], [2, 3]]
    """

    boxes: Array
    size: Size
    scale: float = 1
    any_box: bool = False

    def on(self, frame: Frame) -> Placement:
        """A grid for every box, on all channels of its image."""
        overlaps = anywhere if self.any_box else _has_pixel
        boxes = boxes_on(frame, self.boxes, self.scale, overlaps)
        size = per_axis("output_size", self.size, 2)
        grids = [
            _placed(number, box, frame, size)
            for number, box in enumerate(boxes)
            if all(map(_reaches, frame.space, box.begin, box.end))
        ]
        return Placement(Frame(len(boxes), frame.channels, size), tuple(grids))


def _placed(number: int, box: Box, frame: Frame, size: Size) -> PlacedGrid:
    """The grid of one box; cells outside the map are not part of it."""
    corners = zip(frame.space, map(rounded, box.begin), map(rounded, box.end), size, strict=True)
    filled, axes = zip(*(_axis(*corner) for corner in corners), strict=True)
    source = () if frame.batch is None else (box.image,)
    channels = 1 if frame.channels is None else frame.channels
    return PlacedGrid(source, (number, ..., *filled), Grid(axes), channels)


def _reaches(length: int, begin: float, end: float) -> bool:
    """Whether any cell of a box has a pixel; it is 1 long at least."""
    return rounded(begin) < length and max(rounded(end), rounded(begin)) >= 0


def _has_pixel(length: int, begin: float, end: float) -> bool:
    return rounded(begin) < length and rounded(end) >= 0


def _axis(length: int, first: int, last: int, cells: int) -> tuple[slice, Axis]:
    """The cells of a box along one axis that hold a pixel of the map: which they are, and their
    windows.
    """
    wide = max(last - first + 1, 1)
    filled, windows, largest = [], [], 0
    for cell in range(cells):
        begin = first + cell * wide // cells
        end = first - (-(cell + 1) * wide // cells)
        start, stop = max(begin, 0), min(end, length)
        largest = max(largest, end - begin)
        if start < stop:
            filled.append(cell)
            windows.append((start, stop - start, start - begin, end - stop))
    axis = Axis(len(filled), runs_of(windows), largest, largest, Fraction(wide, cells))
    return slice(filled[0], filled[-1] + 1), axis


def rounded(number: float) -> int:
    """The nearest whole number, halves away from zero.

    >>> [rounded(number) for number in (-1.5, -0.5, 0.4, 0.5)]
    [-2, -1, 0, 1]
    """
    towards_zero = math.trunc(number)
    if abs(number - towards_zero) < 0.5:
        return towards_zero
    return towards_zero + int(math.copysign(1, number))
