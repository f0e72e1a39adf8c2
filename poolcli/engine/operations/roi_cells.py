"""The cells of a box of RoiAlign, from its pixels and its sampling points along both axes.

Pixels have the shape (height, width, C), and cells (rows, columns, C). The mean is defined
as two sums over the pixels p of the map. With the weights Wy and Wx of `roi_weights.py`, in
float64,

    cell[i, j] = sum over y of Wy[i, y] * (sum over x of Wx[j, x] * p[y, x])

each sum from the first pixel of the box to the last, so that all backends, channels and threads
give the same bits: a matrix product would leave the order of additions to a library. Where a pixel
is not finite, values are interpolated at each point instead, so that NaN and infinity reach no cell
that has no point beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np

from poolcli.engine.backend import BoxWeights, backend
from poolcli.engine.operations.roi_weights import SamplePoints
from poolcli.maps.array import Array

CellsOf = Callable[[Array, SamplePoints, SamplePoints], Array]


def weighted_sums(pixels: Array, rows: SamplePoints, columns: SamplePoints) -> Array:
    """The mean over the points of each cell, from finite pixels."""
    sums = np.empty((1, pixels.shape[-1], rows.cells, columns.cells))
    firsts = np.zeros(1, np.int64)
    weights = (BoxWeights(firsts, side.weights[None]) for side in (rows, columns))
    backend().weigh(pixels, sums, *weights)
    cells: Array = sums[0].transpose(1, 2, 0)
    return cells


def mean(pixels: Array, rows: SamplePoints, columns: SamplePoints) -> Array:
    """The mean over the points of each cell; points are visited only if a pixel is not finite."""
    if np.isfinite(pixels).all():
        return weighted_sums(pixels, rows, columns)
    return _over_points(np.mean, at_points(np.add, pixels, rows, columns))


def largest(pixels: Array, rows: SamplePoints, columns: SamplePoints) -> Array:
    """The largest value at the points of each cell."""
    return _over_points(np.max, at_points(np.add, pixels, rows, columns))


def largest_corner(pixels: Array, rows: SamplePoints, columns: SamplePoints) -> Array:
    """The largest of the weighted corners of the points of each cell."""
    return _over_points(np.max, at_points(np.maximum, pixels, rows, columns))


def largest_or_zero(pixels: Array, rows: SamplePoints, columns: SamplePoints) -> Array:
    """The largest of 0 and the values at the points of each cell."""
    return np.maximum(largest(pixels, rows, columns), 0)


def at_points(merge: np.ufunc, pixels: Array, rows: SamplePoints, columns: SamplePoints) -> Array:
    """Four corners of each point times their shares, merged: (cells, points, cells, points, C)."""
    corners = (
        pixels[row[:, :, None, None], column] * (high[:, :, None, None] * wide)[..., None]
        for row, high in zip((rows.below, rows.above), rows.shares, strict=True)
        for column, wide in zip((columns.below, columns.above), columns.shares, strict=True)
    )
    return reduce(merge, corners)


def _over_points(reducer: Callable[..., Array], values: Array) -> Array:
    """One value for each cell from those at its points; 0 for a box without any."""
    rows, row_points, columns, column_points, channels = values.shape
    if row_points * column_points == 0:
        return np.zeros((rows, columns, channels))
    return reducer(values, axis=(1, 3))
