"""Which pixel of each window is its result: flat indices."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

import numpy as np

from poolcli.engine.backend import Numbering
from poolcli.engine.backend.window_views import window_views
from poolcli.engine.windows.grid import Grid
from poolcli.maps.array import Array

NOWHERE = -1  # the index of a window without a pixel that counts


class Indexing(NamedTuple):
    """How pixels are numbered: within their "plane", in the whole "tensor", or in the order "nhwc"
    within their sample, whose `channels` lie side by side.

    `nan` tells which of several NaN is meant, the "first" or the "last".
    """

    order: str = "plane"
    nan: str = "first"
    channels: int = 1

    def bordered(
        self, planes: Array, space: tuple[int, ...], spans: Sequence[slice], grid: Grid
    ) -> PixelNumbers:
        """The indices of the pixels in these spans, which may reach into the border.

        What is no pixel of the map has the index `NOWHERE`.
        """
        whole = self.numbering(planes, space, (0,) * len(space))
        numbers, outside = whole.first, np.zeros((), np.bool_)
        for span, axis, step in zip(spans, grid.axes, whole.steps, strict=True):
            at = axis.pixels(np.arange(span.start, span.stop))
            numbers, outside = numbers[..., None] + step * at, outside[..., None] | (at < 0)
        return PixelNumbers(np.where(outside, NOWHERE, numbers), self.nan)

    def numbering(self, planes: Array, space: tuple[int, ...], begin: tuple[int, ...]) -> Numbering:
        """The indices of the pixels from `begin` on, in planes of size `space`.

        `planes` are the numbers of the planes (...); all planes are alike if order is "plane".

        >>> numbering = Indexing("tensor").numbering(np.array([0, 1]), (2, 3), (1, 0))
        >>> numbering.of_pixels((1, 3)).tolist()
        [[[3, 4, 5]], [[9, 10, 11]]]
        >>> numbering = Indexing("nhwc", channels=2).numbering(np.array([0, 1]), (2, 3), (1, 0))
        >>> numbering.of_pixels((1, 3)).tolist()
        [[[6, 8, 10]], [[7, 9, 11]]]
        """
        apart = self.channels if self.order == "nhwc" else 1
        steps = tuple(apart * prod(space[axis + 1 :]) for axis in range(len(space)))
        first = sum(start * step for start, step in zip(begin, steps, strict=True))
        return Numbering(np.asarray(self._plane_begins(planes, space) + first), steps, self.nan)

    def _plane_begins(self, planes: Array, space: tuple[int, ...]) -> Array:
        """The index of the first pixel of each plane, or of all."""
        if self.order == "tensor":
            return np.asarray(prod(space) * planes)
        return np.asarray(planes % self.channels if self.order == "nhwc" else 0)


class PixelNumbers(NamedTuple):
    """The numbers of the pixels of a block, (..., *map), where no rule gives them."""

    numbers: Array
    nan: str

    def of_pixels(self, space: tuple[int, ...]) -> Array:  # noqa: ARG002 - as a `Numbering` has it
        """The numbers of all pixels."""
        return self.numbers


def flat_numbers(shape: tuple[int, ...], spans: Sequence[slice]) -> Array:
    """The flat indices, in an array of this shape, of the elements in spans of its first axes."""
    whole = [slice(None)] * (len(shape) - len(spans))
    numbers = np.zeros((), np.int64)
    for size, span in zip(shape, (*spans, *whole), strict=True):
        numbers = numbers[..., None] * size + np.arange(*span.indices(size))
    return numbers


class IndexedWindows(NamedTuple):
    """The windows of a grid over pixels that are numbered."""

    grid: Grid
    numbering: Numbering | PixelNumbers

    def indices(self, results: Array, values: Array, weights: Array | None) -> Array:
        """The number of each window's first pixel that equals its result, -1 where none does.

        Only pixels of a positive weight count (None: all do).
        """
        out = np.full(results.shape, NOWHERE, np.int64)
        axes = len(self.grid.axes)
        planes, space = prod(values.shape[:-axes]), values.shape[-axes:]
        numbers = window_views(self.numbering.of_pixels(space), self.grid, planes)
        weighed = None if weights is None else window_views(weights, self.grid)
        for pixels in window_views(values, self.grid):
            result = results[pixels.cells]
            found = _equal(pixels.taps_apart(), result[..., None])
            if weighed is not None:
                found &= next(weighed).taps_apart() > 0
            tap = _tap(found, result, self.numbering.nan)[..., None]
            each = np.broadcast_to(next(numbers).taps_apart(), found.shape)
            index = np.take_along_axis(each, tap, axis=-1)[..., 0]
            out[pixels.cells] = np.where(found.any(axis=-1), index, NOWHERE)
        return out


def _equal(pixels: Array, result: Array) -> Array:
    found: Array = pixels == result
    return found if pixels.dtype.kind != "f" else found | (np.isnan(pixels) & np.isnan(result))


def _tap(found: Array, result: Array, nan: str) -> Array:
    """The first tap that was found, or the last one for NaN results if `nan` says so."""
    first: Array = found.argmax(axis=-1)
    if nan == "first" or result.dtype.kind != "f":
        return first
    last = found.shape[-1] - 1 - found[..., ::-1].argmax(axis=-1)
    return np.where(np.isnan(result), last, first)
