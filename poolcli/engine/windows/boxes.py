"""Boxes on a map: which image each is of, and its corners in pixels of the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from poolcli.errors import ShapeError
from poolcli.maps.frame import Frame

if TYPE_CHECKING:
    from poolcli.maps.array import Array


class Box(NamedTuple):
    """An image of the batch, and two corners as (height, width)."""

    image: int
    begin: tuple[float, float]
    end: tuple[float, float]


def boxes_on(
    frame: Frame, boxes: Array, scale: float, holds: Callable[[int, float, float], bool]
) -> list[Box]:
    """The rows of an array x1, y1, x2, y2 or index, x1, y1, x2, y2, as boxes on their images.

    `holds(length, begin, end)` tells whether an axis of the map has a part of a box; ShapeError where one has not.
    """
    if len(frame.space) != 2:
        raise ShapeError(
            f"boxes lie on height and width, and this map has {len(frame.space)} spatial axes"
        )
    rows = boxes.tolist()
    if len(rows[0]) == 4:
        if (frame.batch or 0) > 1:
            raise ShapeError(
                f"--boxes has no index column, and the batch {frame.batch} images: "
                "put the image's number before each box (index,x1,y1,x2,y2)"
            )
        rows = [[0, *row] for row in rows]
    return [_box(number, row, frame, (scale, holds)) for number, row in enumerate(rows, start=1)]


def _box(
    number: int,
    row: list[float],
    frame: Frame,
    fits: tuple[float, Callable[[int, float, float], bool]],
) -> Box:
    scale, holds = fits
    image, *corners = row
    left, top, right, bottom = (corner * scale for corner in corners)
    height, width = frame.space
    images = 1 if frame.batch is None else frame.batch
    if image >= images:
        raise ShapeError(
            f"{_words(number, corners)} is of image {image:g}, and the batch has {images}, from 0 on"
        )
    if not (holds(height, top, bottom) and holds(width, left, right)):
        scaled = f" times {scale:g}" if scale != 1 else ""
        raise ShapeError(
            f"{_words(number, corners)}{scaled} is outside the map, which is {width} wide and {height} "
            "high: give x1,y1,x2,y2 in its pixels, or --spatial-scale"
        )
    return Box(int(image), (top, left), (bottom, right))


def _words(number: int, corners: list[float]) -> str:
    return f"box {number} ({','.join(f'{corner:g}' for corner in corners)})"
