"""A map drawn: an image in its colours, a feature map as a grid of planes on a scale of colours."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, prod, sqrt

import numpy as np

from poolcli.analysis.picture.colour import (
    RAMPS,
    Colour,
    Limits,
    cubehelix,
    has_colours,
    limits_of,
    on_scale,
    true_colours,
)
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.picture import Picture

BETWEEN: Colour = (128, 128, 128)
_FLATTEST = 16  # times as wide as high is a strip at most


@dataclass(frozen=True, eq=False)
class Drawing:
    """What to look at: RGB of uint8, (height, width, 3), and what to tell beside it.

    `words` name the range of the values and the planes left out, "" where colours are true and all is there. `limits`
    are the ends of the scale, None where colours are true. `corners` are the (row, column) at which each plane
    begins; a pixel of the map is `tall` pixels high, and one wide. The colours of `labels` stand for something, and
    are not to be mixed.
    """

    pixels: Array
    words: str
    limits: Limits | None
    corners: tuple[tuple[int, int], ...]
    tall: int = 1
    labels: bool = False


def render(
    fmap: FeatureMap, *, most: int = 16, limits: Limits | None = None, ground: Colour | None = None
) -> Drawing:
    """A map as a drawing of at most so many planes, side by side.

    An image has its true colours, and shows `ground` or a checker board through its alpha; gray of more than 8 bits
    and the values of an array go over a scale from their smallest to their largest, or between `limits`: infinities
    are its ends, NaN is magenta. A line is a strip, its channels strips above each other; a volume is its slices.

    >>> drawing = render(FeatureMap(np.arange(8.0).reshape(2, 2, 2), "CHW"))
    >>> drawing.pixels.shape, drawing.words, drawing.corners
    ((2, 5, 3), '0 .. 7', ((0, 0), (0, 3)))
    """
    picture = fmap.picture if has_colours(fmap.form) else None
    planes, left_out = _chosen(_stack(fmap, picture), most)
    ends = limits or limits_of(planes)
    tiles = (
        on_scale(planes, ends, cubehelix())
        if picture is None
        else true_colours(planes, picture, ends, ground)
    )
    tall = 1 if len(fmap.form.space) > 1 else ceil(tiles.shape[-2] / tiles.shape[-3] / _FLATTEST)
    pixels, corners = _grid(tiles.repeat(tall, axis=-3))
    scaled = picture is None or picture.mode in RAMPS
    words = ", ".join([*([_range(ends, planes)] if scaled else []), *left_out])
    return Drawing(
        pixels,
        words,
        ends if scaled else None,
        corners,
        tall,
        picture is not None and picture.mode == "P",
    )


def _stack(fmap: FeatureMap, picture: Picture | None) -> Array:
    """Planes as (batch, channels, slices, height, width), the inks of a picture behind them."""
    planes, frame = fmap.planes(), fmap.form.frame
    batch, channels = frame.batch or 1, frame.channels or 1
    if (
        len(frame.space) < 2
    ):  # the channels of a line lie above each other, and so do numbers that lie nowhere
        return planes.reshape(
            batch, 1, 1, *((channels, *frame.space) if frame.space else (1, channels))
        )
    stack = planes.reshape(batch, channels, *(1,) * (3 - len(frame.space)), *frame.space)
    return (
        stack if picture is None or frame.channels is None else np.moveaxis(stack[:, None], 2, -1)
    )


def _chosen(stack: Array, most: int) -> tuple[Array, list[str]]:
    """So many planes at most: the first of a batch and of its channels, and slices spread over the depth."""
    batch, channels, depth = stack.shape[:3]
    slices = min(depth, most)
    firsts = min(channels, most // slices)
    items = min(batch, most // slices // firsts)
    spread = (
        np.linspace(0, depth - 1, slices).round().astype(int)
        if slices > 1
        else np.array([depth // 2])
    )
    told = [
        _first(items, batch, "in the batch"),
        _first(firsts, channels, "channels"),
        f"{slices} of {depth} slices" if slices < depth else "",
    ]
    return stack[:items, :firsts][:, :, spread], [words for words in told if words]


def _first(few: int, count: int, what: str) -> str:
    return f"first {few} of {count} {what}".replace("first 1 ", "first ") if few < count else ""


def _range(ends: Limits, planes: Array) -> str:
    missing = int(np.isnan(planes).sum())
    told = f"{ends[0]:g} .. {ends[1]:g}" if np.isfinite(planes).any() else "no finite value"
    return told + (f", {missing} NaN" if missing else "")


def _grid(tiles: Array) -> tuple[Array, tuple[tuple[int, int], ...]]:
    """Tiles (batch, channels, slices, height, width, 3) side by side, and their upper left corners."""
    *lead, height, width, _ = tiles.shape
    gap = max(1, round(min(height, width) / 32))
    columns = _columns(lead, (height + gap) / (width + gap))
    count = prod(lead)
    corners = tuple(
        (number // columns * (height + gap), number % columns * (width + gap))
        for number in range(count)
    )
    size = corners[-1][0] + height, corners[min(columns, count) - 1][1] + width
    pixels = np.full((*size, 3), BETWEEN, np.uint8)
    for tile, (row, column) in zip(tiles.reshape(count, height, width, 3), corners, strict=True):
        pixels[row : row + height, column : column + width] = tile
    return pixels, corners


def _columns(lead: list[int], aspect: float) -> int:
    """How many tiles in a row: one axis in full rows, about as long as high; of several the first from row to row."""
    axes, count = [size for size in lead if size > 1], prod(lead)
    square = min(count, ceil(sqrt(count * aspect)))
    return (
        prod(axes[1:])
        if len(axes) > 1
        else next((n for n in range(square, 2 * square) if count % n == 0), square)
    )
