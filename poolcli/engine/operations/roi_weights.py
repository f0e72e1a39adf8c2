"""Sampling points of boxes along one axis, and the weights of pixels in the means over them.

A value at a point between pixels is interpolated along each axis on its own. The mean over the
points of a cell is therefore a weighted sum of rows of weighted sums of columns, with weights that
this module computes.

Source: torchvision roi_align_common.h, pre_calc_for_bilinear_interpolate.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from poolcli.engine.backend import BoxWeights
from poolcli.engine.windows.grid import Taps
from poolcli.maps.array import Array


class SamplePoints(NamedTuple):
    """The sampling points of one box along one axis.

    `span` are the pixels that the box needs. `weights` of shape (cells, pixels of the span) are the
    shares of pixels in the mean over the points of each cell. A point takes `shares[0]` of the
    pixel `below` and `shares[1]` of the pixel `above` it, and nothing if it is more than a pixel
    outside the map: arrays of shape (cells, points), whose pixels count from the span's start.
    """

    span: slice
    weights: Array
    below: Array
    above: Array
    shares: Array

    @property
    def cells(self) -> int:
        """The number of cells."""
        return len(self.weights)

    def taps_of(self, cell: int) -> Taps:
        """The pixels in the mean of this cell; one of weight 0 if there are none."""
        used = np.flatnonzero(self.weights[cell])
        pixels = (used + self.span.start).tolist() or [self.span.start]
        shares = self.weights[cell, used].tolist() or [0.0]
        return Taps(pixels, range(pixels[0], pixels[-1] + 1), len(pixels), shares)


class BoxSides(NamedTuple):
    """Boxes along one axis of a map, each cut into `cells` cells of `ratio` sampling points.

    `begins` and `sizes` of shape (boxes,) are in pixels of the axis, which is `length` long; the
    centre of pixel i is at i. A `ratio` of 0 takes as many points as a cell is long, rounded up.
    """

    length: int
    begins: Array
    sizes: Array
    cells: int
    ratio: int

    def of(self, boxes: slice | Array) -> BoxSides:
        """Some of the boxes."""
        return self._replace(begins=self.begins[boxes], sizes=self.sizes[boxes])

    @property
    def counts(self) -> Array:
        """The points of a cell of each box."""
        if self.ratio:
            return np.full(len(self.sizes), self.ratio)
        return np.maximum(np.ceil(self.sizes / self.cells), 0).astype(np.int64)

    @property
    def spans(self) -> tuple[Array, Array]:
        """The first pixels and the ends of spans of pixels that hold all that the boxes need."""
        last, ends = self.length - 1, self.begins + self.sizes
        sides = np.minimum(self.begins, ends), np.maximum(self.begins, ends)
        begins, ends = (np.clip(at, 0, last).astype(np.int64) for at in sides)
        return begins, np.minimum(ends + 1, last) + 1

    @property
    def widths(self) -> Array:
        """The pixels of the span of each box."""
        firsts, stops = self.spans
        return stops - firsts

    @property
    def span(self) -> slice:
        """The pixels that any of the boxes needs."""
        firsts, stops = self.spans
        return slice(int(firsts.min()), int(stops.max()))

    def points(self) -> list[SamplePoints]:
        """The sampling points of each box.

        >>> sides = BoxSides(4, np.array([0.5]), np.array([2.0]), cells=2, ratio=1)
        >>> points, = sides.points()
        >>> points.span, points.weights.tolist()
        (slice(0, 4, None), [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
        """
        counts, (firsts, stops) = self.counts, self.spans
        below, above, shares = self._interpolation(counts)
        weights = self._weights(below, above, shares)
        return [
            SamplePoints(
                slice(first, stop),
                weights[box, :, : stop - first],
                below[box, :, :count],
                above[box, :, :count],
                shares[:, box, :, :count],
            )
            for box, (first, stop, count) in enumerate(
                zip(firsts.tolist(), stops.tolist(), counts.tolist(), strict=True)
            )
        ]

    def weights(self, start: int) -> BoxWeights:
        """The weights of pixels in the means of all boxes, pixels counted from `start`."""
        firsts, _ = self.spans
        return BoxWeights(firsts - start, self._weights(*self._interpolation(self.counts)))

    def _weights(self, below: Array, above: Array, shares: Array) -> Array:
        """Weights of shape (boxes, cells, most pixels of a span)."""
        firsts, stops = self.spans
        parts = shares / np.maximum(self.counts, 1)[:, None, None]
        return _sums(below, above, parts, int((stops - firsts).max()))

    def _interpolation(self, counts: Array) -> tuple[Array, Array, Array]:
        """The pixels below and above each point, from the span's first, and the shares of both.

        Arrays of shape (boxes, cells, most points of a cell); a point that a box does not have is
        its last one with no shares.
        """
        count = counts[:, None, None]
        point = np.arange(max(1, counts.max()))
        number = np.arange(self.cells)[:, None] * count + np.minimum(point, count - 1)
        distance = (self.sizes / self.cells)[:, None, None] / np.maximum(count, 1)
        at = self.begins[:, None, None] + (number + 0.5) * distance
        counted = (point < count) & (at >= -1) & (at <= self.length)
        at = np.clip(at, 0, self.length - 1)
        below = at.astype(np.int64)
        above = np.minimum(below + 1, self.length - 1)
        share = at - below
        firsts, stops = (pixels[:, None, None] for pixels in self.spans)
        last = stops - firsts - 1  # points that do not count may lie beyond
        below, above = (np.clip(pixels - firsts, 0, last) for pixels in (below, above))
        return below, above, np.stack([1 - share, share]) * counted


def _sums(below: Array, above: Array, shares: Array, width: int) -> Array:
    """The sum of the shares of each pixel: (boxes, cells, width)."""
    boxes, cells, _ = below.shape
    row = np.arange(boxes * cells).reshape(boxes, cells, 1) * width
    pixels = np.stack([row + below, row + above])
    sums = np.bincount(pixels.ravel(), shares.ravel(), boxes * cells * width)
    return sums.reshape(boxes, cells, width)
