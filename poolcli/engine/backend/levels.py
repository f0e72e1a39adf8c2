"""Order statistics of large windows of small whole numbers, by counting: a window's size costs its logarithm.

How many pixels of each window are at most so much is a sum of ones and zeros, which `fold_axis` gives for all windows
at once (threshold decomposition: Fitch, Coyle, Gallagher 1984). Only levels that lie between two results are counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np

from poolcli.engine.backend.kernels import fold_axis
from poolcli.engine.windows.grid import Axis, Grid
from poolcli.maps.array import Array

SIDE = 256  # pixels of a tile on an axis: neighbours have results of few levels, and the tile stays in cache


@dataclass(frozen=True)
class Levels:
    """The values of windows in order; `counting` tells which count (None: all), `count` how many do."""

    values: Array
    counting: Array | None
    grid: Grid
    count: Array | int

    def at(self, place: Array | int) -> Array:
        """The value at this place of each window, which is above as many levels as it has pixels at most there."""
        low, high = int(self.values.min()), int(self.values.max())
        shape = (*self.values.shape[: -len(self.grid.axes)], *self.grid.shape)
        total = np.full(shape, low).astype(np.uint8)  # modulo 256
        self._climb(
            total, place, (low - 1, np.ones(shape, np.bool_)), (high, np.zeros(shape, np.bool_))
        )
        return total.view(self.values.dtype)

    def _climb(
        self, total: Array, place: Array | int, low: tuple[int, Array], high: tuple[int, Array]
    ) -> None:
        """Add 1 for every level between two where the value is above it, without a look where no value is between."""
        steps = high[0] - low[0] - 1
        if steps < 1:
            return
        if np.array_equal(low[1], high[1]):
            total += low[1].view(np.uint8) * np.uint8(steps)
            return
        middle = (low[0] + high[0]) // 2
        above = self._counted(self.values <= middle) <= place
        total += above.view(np.uint8)
        self._climb(total, place, low, (middle, above))
        self._climb(total, place, (middle, above), high)

    def most(self) -> Array:
        """The value that occurs most, the smallest of several."""
        levels = np.unique(self.values)
        best = self._counted(self.values == levels[0])
        result = np.full(best.shape, levels[0])
        for level in levels[1:]:
            count = self._counted(self.values == level)
            put(result, level, count > best)
            np.maximum(best, count, out=best)
        return result

    def _counted(self, flags: Array) -> Array:
        """How many are set in each window, in the narrowest dtype that holds it."""
        states = (flags if self.counting is None else flags & self.counting).view(np.uint8)
        most = 1
        for axis, line in enumerate(self.grid.axes, start=-len(self.grid.axes)):
            most *= line.largest
            states = fold_axis(np.add, states, axis, line, np.min_scalar_type(most))
        return states


def put(out: Array, values: Array, where: Array) -> None:
    """Write values where a condition holds, by bits: a hundred times as fast as NumPy's choice value by value."""
    bits = np.dtype(f"u{out.itemsize}")
    target = out.view(bits)
    target ^= (target ^ values.view(bits)) & -where.astype(bits)


def tiles(
    shape: tuple[int, ...], grid: Grid
) -> Iterator[tuple[tuple[slice, ...], tuple[slice, ...], Grid]]:
    """Tiles of planes of this shape: the pixels they see, where their cells go, and the grid between."""
    for group in product(*(list(_parts(axis)) for axis in grid.axes)):
        pixels, cells, axes = zip(*group, strict=True)
        together = max(1, SIDE * SIDE // prod(part.stop - part.start for part in pixels))
        for planes in product(*(spans(size, together) for size in shape[: -len(axes)])):
            yield (*planes, *pixels), (*planes, *cells), Grid(axes)


def spans(size: int, step: int) -> list[slice]:
    return [slice(start, min(start + step, size)) for start in range(0, size, step)]


def _parts(axis: Axis) -> Iterator[tuple[slice, slice, Axis]]:
    step = max(1, int(max(SIDE, 2 * axis.window) / axis.stride))
    for cells in spans(axis.cells, step):
        pixels, part = axis.part(cells.start, cells.stop)
        yield pixels, cells, part
