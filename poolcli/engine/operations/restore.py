"""Resizing a map to a given size, by the nearest pixel or by linear interpolation."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import gcd

import numpy as np

from poolcli.engine.operations.operation import Operation, Pooling
from poolcli.engine.operations.resample import Resampling
from poolcli.engine.operations.weighted_axis import WeightedAxis
from poolcli.engine.reducers.folds import sample
from poolcli.engine.windows.grid import Axis, Grid
from poolcli.engine.windows.place import GridPlace, per_axis
from poolcli.engine.windows.runs import Run
from poolcli.maps.frame import Size


def restore(*, interpolation: str, output_size: Size) -> Operation:
    """Resize a map to `output_size`, with half-pixel centres as in PyTorch's align_corners=False.

    `interpolation` is "nearest", which keeps the dtype, or "bilinear", which stands for linear
    interpolation along each axis of maps of any number of axes.

    Source: PyTorch UpSample.h, area_pixel_compute_source_index (bilinear, nearest-exact).
    """
    if interpolation == "nearest":
        return Pooling(Nearest(output_size), sample)
    return Resampling(partial(_axes, output_size))


@dataclass(frozen=True)
class Nearest(GridPlace):
    """Cells of one pixel: cell i of n holds pixel floor((i + 1/2) L / n).

    >>> [run.start for run in Nearest((4,)).grid((2,)).axes[0].runs]
    [0, 0]
    """

    size: Size

    def grid(self, space: Size) -> Grid:
        """The cells of a map with these spatial sizes."""
        cells = per_axis("output_size", self.size, len(space))
        return Grid(tuple(_nearest(*line) for line in zip(space, cells, strict=True)))


def _nearest(length: int, cells: int) -> Axis:
    """Cell i + period reads the pixel of cell i, moved on by length / repeats."""
    repeats = gcd(length, cells)
    period = cells // repeats
    runs = [
        Run(
            cell,
            repeats,
            (2 * cell + 1) * length // (2 * cells),
            length // repeats,
            1,
            1,
            every=period,
        )
        for cell in range(period)
    ]
    return Axis(
        cells, tuple(runs), 1, 1, Fraction(length, cells), Fraction(length - cells, 2 * cells)
    )


def _axes(size: Size, space: Size) -> list[WeightedAxis]:
    cells = per_axis("output_size", size, len(space))
    return [_between(*line) for line in zip(space, cells, strict=True)]


def _between(length: int, cells: int) -> WeightedAxis:
    """Two neighbours of each new pixel.

    Both are the border's pixel beyond its centre. A pixel hit exactly comes twice with half the
    share, so that no share is 0 and no neighbour that is NaN is multiplied by 0.
    """
    whole = 2 * cells
    first, rest = np.divmod((2 * np.arange(cells) + 1) * length - cells, whole)
    reads = np.clip([first, first + (rest > 0)], 0, length - 1)
    rest = np.where(rest == 0, cells, rest)
    return WeightedAxis(
        reads,
        np.stack([whole - rest, rest]),
        whole,
        Fraction(length, cells),
        Fraction(length - cells, whole),
    )
