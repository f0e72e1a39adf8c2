"""Area windows: cells of equal real size, which pixels on their boundaries belong to by shares."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import NamedTuple

import numpy as np

from poolcli.engine.windows.adaptive import MOST_CELLS
from poolcli.engine.windows.place import per_axis
from poolcli.errors import ShapeError
from poolcli.maps.array import Array
from poolcli.maps.frame import Size


class Shares(NamedTuple):
    """The pixels of each cell along one axis, and how much of each is inside, in whole numbers.

    Cell i has the parts `shares[t, i]` of the pixels `sources[t, i]`, for each tap t; a pixel has
    `pixel` parts, and a cell `cell` of them. Cells with fewer pixels than others have shares of 0.
    """

    sources: Array
    shares: Array
    pixel: int
    cell: int


@dataclass(frozen=True)
class Area:
    """`size` cells on each axis: cell i of n goes from i L / n to (i + 1) L / n, L its length.

    Source: OpenCV INTER_AREA (resize.cpp computeResizeAreaTab).

    >>> (axis,) = Area((2,)).shares((3,))
    >>> axis.sources.T.tolist(), axis.shares.T.tolist(), axis.pixel, axis.cell
    ([[0, 1], [1, 2]], [[2, 1], [1, 2]], 2, 3)
    """

    size: Size

    def shares(self, space: Size) -> tuple[Shares, ...]:
        """The cells along each axis of a map with these spatial sizes."""
        cells = per_axis("area", self.size, len(space))
        if max(cells) > MOST_CELLS:
            raise ShapeError(
                f"`area` {max(cells)} is more than {MOST_CELLS} cells on an axis: use fewer"
            )
        return tuple(_shares(length, n) for length, n in zip(space, cells, strict=True))


def _shares(length: int, cells: int) -> Shares:
    """In parts of a pixel, pixel j is from j n to (j + 1) n, and cell i from i L to (i + 1) L."""
    common = gcd(length, cells)
    pixel, cell = cells // common, length // common
    begin = np.arange(cells, dtype=np.int64) * cell
    first, last = begin // pixel, (begin + cell - 1) // pixel
    taps = int((last - first).max()) + 1
    sources = np.minimum(first + np.arange(taps)[:, None], last)
    start = (first + np.arange(taps)[:, None]) * pixel
    inside = np.minimum(start + pixel, begin + cell) - np.maximum(start, begin)
    return Shares(sources, np.maximum(inside, 0), pixel, cell)
