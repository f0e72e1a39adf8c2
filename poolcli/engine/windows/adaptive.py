"""Adaptive windows: a given number of cells whatever the size of the map."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from poolcli.engine.windows.grid import Axis, Grid
from poolcli.engine.windows.place import GridPlace, per_axis
from poolcli.engine.windows.runs import Run
from poolcli.errors import ShapeError
from poolcli.maps.frame import Size

MOST_CELLS = 1 << 20  # on an axis; a bound on the runs, of which there may be one for each cell


@dataclass(frozen=True)
class Adaptive(GridPlace):
    """`size` cells on each axis: cell i of n reads the pixels floor(i L / n) to ceil((i + 1) L / n)
    of L.

    Windows overlap where n does not divide L, and n may be larger than L. `Adaptive((1,))` is the
    whole map.

    Source: PyTorch aten/src/ATen/native/AdaptivePooling.h.

    >>> axis, = Adaptive((3,)).grid((7,)).axes
    >>> [list(axis.taps_of(cell).pixels) for cell in range(3)]
    [[0, 1, 2], [2, 3, 4], [4, 5, 6]]
    """

    size: Size

    def grid(self, space: Size) -> Grid:
        """The cells of a map whose spatial axes have these sizes."""
        cells = per_axis("adaptive", self.size, len(space))
        if max(cells) > MOST_CELLS:
            raise ShapeError(
                f"`adaptive` {max(cells)} is more than {MOST_CELLS} cells on an axis: use fewer"
            )
        return Grid(tuple(_axis(length, n) for length, n in zip(space, cells, strict=True)))


def _axis(length: int, cells: int) -> Axis:
    """Cell i + period has the window of cell i, moved on by length / repeats."""
    repeats = math.gcd(length, cells)
    period = cells // repeats
    starts = [cell * length // cells for cell in range(period)]
    sizes = [-(-(cell + 1) * length // cells) - start for cell, start in enumerate(starts)]
    runs = tuple(
        Run(cell, repeats, start, length // repeats, size, size, every=period)
        for cell, (start, size) in enumerate(zip(starts, sizes, strict=True))
    )
    return Axis(cells, runs, max(sizes), max(sizes), Fraction(length, cells))
