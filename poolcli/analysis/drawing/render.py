"""Draw a map: an image in its colours, a feature map as a grid of planes on a scale of colours."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, prod, sqrt

import numpy as np

from poolcli.analysis.drawing.colour import (
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
LARGEST_ASPECT = 16  # a line is drawn as a strip at most so many times as wide as high


@dataclass(frozen=True, eq=False)
class Drawing:
    """RGB pixels of uint8, (height, width, 3), and what to write beside them.

    `words` name the range of the values and the planes left out; "" for an image that is shown
    whole. `limits` are the ends of the scale of colours, None for an image. `corners` are the (row,
    column) at which each plane begins; a pixel of the map is `tall` pixels high and one wide.
    Colours of `labels` must not be averaged.
    """

    pixels: Array
    words: str
    limits: Limits | None
    corners: tuple[tuple[int, int], ...]
    tall: int = 1
    labels: bool = False


def render(
    fmap: FeatureMap,
    *,
    most: int = 16,
    limits: Limits | None = None,
    background: Colour | None = None,
) -> Drawing:
    """A map as a drawing of at most so many planes, side by side.

    An image has its own colours, over `background` or a checker board. Grey of more than 8 bits,
    and the values of an array, are on a scale from the smallest to the largest of them, or between
    `limits`: infinities at its ends, NaN in magenta. A line is drawn as a strip, its channels as
    strips below each other, and a volume as its slices.

    >>> drawing = render(FeatureMap(np.arange(8.0).reshape(2, 2, 2), "CHW"))
    >>> drawing.pixels.shape, drawing.words, drawing.corners
    ((2, 5, 3), '0 .. 7', ((0, 0), (0, 3)))
    """
    picture = fmap.picture if has_colours(fmap.form) else None
    planes, left_out = _chosen(_stack(fmap, picture), most)
    ends = limits or limits_of(planes)
    if picture is None:
        tiles = on_scale(planes, ends, cubehelix())
    else:
        tiles = true_colours(planes, picture, ends, background, fmap.facts.get("icc"))
    tall = (
        1 if len(fmap.form.space) > 1 else ceil(tiles.shape[-2] / tiles.shape[-3] / LARGEST_ASPECT)
    )
    pixels, corners = _grid(tiles.repeat(tall, axis=-3))
    scaled = picture is None or picture.mode in RAMPS
    words = ", ".join([*([_range(ends, planes)] if scaled else []), *left_out])
    is_palette = picture is not None and picture.mode == "P"
    return Drawing(pixels, words, ends if scaled else None, corners, tall, labels=is_palette)


def _stack(fmap: FeatureMap, picture: Picture | None) -> Array:
    """Planes as (batch, channels, slices, height, width), with the channels of a picture last."""
    planes, frame = fmap.planes(), fmap.form.frame
    batch, channels = frame.batch or 1, frame.channels or 1
    if not frame.space:  # numbers without a position are one row
        return planes.reshape(batch, 1, 1, 1, channels)
    if len(frame.space) == 1:  # the channels of a line are rows
        return planes.reshape(batch, 1, 1, channels, *frame.space)
    stack = planes.reshape(batch, channels, *(1,) * (3 - len(frame.space)), *frame.space)
    if picture is None or frame.channels is None:
        return stack
    return np.moveaxis(stack[:, None], 2, -1)


def _chosen(stack: Array, most: int) -> tuple[Array, list[str]]:
    """At most so many planes, the first of batch and channels and slices spread over the depth.

    The second result says what is left out.
    """
    batch, channels, depth = stack.shape[:3]
    slices = min(depth, most)
    firsts = min(channels, most // slices)
    items = min(batch, most // slices // firsts)
    spread = np.array([depth // 2])
    if slices > 1:
        spread = np.linspace(0, depth - 1, slices).round().astype(int)
    left_out = [
        _first(items, batch, "in the batch"),
        _first(firsts, channels, "channels"),
        f"{slices} of {depth} slices" if slices < depth else "",
    ]
    return stack[:items, :firsts][:, :, spread], list(filter(None, left_out))


def _first(few: int, count: int, what: str) -> str:
    return f"first {few} of {count} {what}".replace("first 1 ", "first ") if few < count else ""


def _range(ends: Limits, planes: Array) -> str:
    missing = int(np.isnan(planes).sum())
    text = f"{ends[0]:g} .. {ends[1]:g}" if np.isfinite(planes).any() else "no finite value"
    return text + (f", {missing} NaN" if missing else "")


def _grid(tiles: Array) -> tuple[Array, tuple[tuple[int, int], ...]]:
    """Tiles (batch, channels, slices, height, width, 3) side by side, and their corners."""
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
    """The number of tiles in a row.

    Of several axes the first goes from row to row. A single one fills about a square, in full rows
    where that is possible with less than twice as many columns.
    """
    axes, count = [size for size in lead if size > 1], prod(lead)
    if len(axes) > 1:
        return prod(axes[1:])
    square = min(count, ceil(sqrt(count * aspect)))
    return next((n for n in range(square, 2 * square) if count % n == 0), square)
