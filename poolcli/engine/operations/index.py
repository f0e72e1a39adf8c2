"""Which pixel a window chose: the flat index of the first that equals the result."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

import numpy as np

from poolcli.engine.backend.whole import windows
from poolcli.engine.windows.grid import Grid
from poolcli.maps.array import Array

NOWHERE = -1  # the index of an empty window


class Indexing(NamedTuple):
    """How pixels are counted: in their "plane" or in the whole "tensor"; and which of several NaN is meant."""

    order: str = "plane"
    nan: str = "first"

    def numbers(self, planes: Array, space: tuple[int, ...], spans: Sequence[slice]) -> Array:
        """The index of every pixel in these spans of the planes, which have these numbers; (..., *map)."""
        pixels = numbered(space, spans)
        if self.order == "plane":
            return pixels
        whole: Array = pixels + prod(space) * planes.reshape(*planes.shape, *(1,) * len(space))
        return whole


def numbered(shape: tuple[int, ...], spans: Sequence[slice]) -> Array:
    """The flat positions in an array of this shape, of spans of its first axes."""
    whole = [slice(None)] * (len(shape) - len(spans))
    numbers = np.zeros((), np.int64)
    for size, span in zip(shape, (*spans, *whole), strict=True):
        numbers = numbers[..., None] * size + np.arange(*span.indices(size))
    return numbers


def chosen(
    results: Array, values: Array, weights: Array | None, places: tuple[Array, Grid, Indexing]
) -> Array:
    """The index of each window's result among its pixels that count; -1 where none of them is."""
    numbers, grid, indexing = places
    out = np.full(results.shape, NOWHERE, np.int64)
    planes = prod(values.shape[: -len(grid.axes)])
    heavy = None if weights is None else windows(weights, grid)
    pieces = zip(windows(values, grid), windows(numbers, grid, planes), strict=True)
    for (target, _, pixels), (_, _, indices) in pieces:
        found = _equal(pixels, results[target][..., None])
        if heavy is not None:
            found &= next(heavy)[2] > 0
        tap = _tap(found, results[target], indexing.nan)
        index = np.take_along_axis(np.broadcast_to(indices, found.shape), tap[..., None], axis=-1)[
            ..., 0
        ]
        out[target] = np.where(found.any(axis=-1), index, NOWHERE)
    return out


def _equal(pixels: Array, result: Array) -> Array:
    found: Array = pixels == result
    return found if pixels.dtype.kind != "f" else found | (np.isnan(pixels) & np.isnan(result))


def _tap(found: Array, result: Array, nan: str) -> Array:
    """The first tap that was found; the last where the result is NaN and the last NaN is meant."""
    first: Array = found.argmax(axis=-1)
    if nan == "first" or result.dtype.kind != "f":
        return first
    return np.where(np.isnan(result), found.shape[-1] - 1 - found[..., ::-1].argmax(axis=-1), first)
