"""Adaptive cells: as many as asked for, whatever the size. Whole numbers only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from poolcli.engine.windows.grid import Axis, Grid, Run, Uniform, spread
from poolcli.errors import ShapeError
from poolcli.maps.frame import Size

MOST = 1 << 20  # cells that an adaptive place may have on an axis


@dataclass(frozen=True)
class Adaptive(Uniform):
    """This many cells whatever the size: cell i covers floor(i L / n) to ceil((i + 1) L / n).

    Source: PyTorch aten/src/ATen/native/AdaptivePooling.h. Cells overlap where n does not divide L.

    >>> [(run.start, run.size) for run in Adaptive((3,)).grid((7,)).axes[0].runs]
    [(0, 3), (2, 3), (4, 3)]
    """

    size: Size

    def grid(self, shape: Size) -> Grid:
        """The cells of a map whose spatial axes have this shape."""
        cells = spread("adaptive", self.size, len(shape))
        if max(cells) > MOST:
            raise ShapeError(
                f"--adaptive {max(cells)} is more than {MOST} cells on an axis: use fewer"
            )
        return Grid(tuple(_adaptive(*line) for line in zip(shape, cells, strict=True)))


def _adaptive(length: int, cells: int) -> Axis:
    """Cells repeat with a period: cell i + period is cell i moved on by length / repeats."""
    repeats = math.gcd(length, cells)
    period = cells // repeats
    starts = [cell * length // cells for cell in range(period)]
    sizes = [-(-(cell + 1) * length // cells) - start for cell, start in enumerate(starts)]
    runs = [
        Run(cell, repeats, start, length // repeats, size, size, every=period)
        for cell, (start, size) in enumerate(zip(starts, sizes, strict=True))
    ]
    return Axis(cells, tuple(runs), max(sizes), max(sizes), Fraction(length, cells))
