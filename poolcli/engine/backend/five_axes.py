"""Arrays as the C++ extension takes them: five axes, (outer, depth, height, width, channels).

Rows are contiguous: planes have one channel, and the channels of interleaved pixels stay where they
are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from poolcli.engine.windows.grid import Grid
from poolcli.engine.windows.runs import Run
from poolcli.maps.array import Array

ABSENT = np.array([[0, 1, 0, 1, 1, 1, 1]])  # the run of an axis that a map does not have


class Layout(NamedTuple):
    """How (..., *map) becomes (outer, depth, height, width, channels).

    `channel` is the axis of interleaved channels, or None.
    """

    axes: int
    channel: int | None

    @classmethod
    def of(cls, x: Array, grid: Grid) -> Layout:
        """The layout of an array whose last axes are the grid's."""
        axes = len(grid.axes)
        last = x.ndim - axes - 1
        if last < 0 or x.shape[last] == 1 or x.strides[last] != x.itemsize:
            return cls(axes, None)
        return cls(axes, last if x.strides[-1] == x.itemsize * x.shape[last] else None)

    def five(self, x: Array) -> Array:
        """Five axes: a view where the outer axes lie one in the other, else a copy."""
        if self.channel is None:
            space = x.shape[-self.axes :]
            outer = prod(x.shape[: -self.axes])
            return x.reshape(outer, *(1,) * (3 - self.axes), *space, 1)
        last = np.moveaxis(x, self.channel, -1)
        space = last.shape[-1 - self.axes :]
        outer = prod(last.shape[: -1 - self.axes])
        return last.reshape(outer, *(1,) * (3 - self.axes), *space)

    def empty(self, x: Array, grid: Grid, dtype: np.dtype[Any]) -> Array:
        """A new array (..., *cells) that can be written to."""
        shape = [*x.shape[: -self.axes], *grid.shape]
        if self.channel is None:
            return np.empty(shape, dtype)
        channels = shape.pop(self.channel)
        return np.moveaxis(np.empty([*shape, channels], dtype), -1, self.channel)

    def input(self, x: Array) -> Array:
        """The array to read; a copy where rows are not contiguous."""
        five = self.five(x)
        return five if _has_rows(five) else five.copy()

    def output(self, out: Array) -> Array | None:
        """A view to write to; None where there is none."""
        five = self.five(out)
        return five if _has_rows(five) and np.may_share_memory(five, out) else None

    def result(self, x: Array, grid: Grid, out: Array | None) -> Array:
        """`out` where that can be written to, else a new array of x's dtype."""
        suits = out is not None and self.output(out) is not None
        return out if out is not None and suits else self.empty(x, grid, x.dtype)

    def mask(self, valid: Array | None) -> Array | None:
        """The pixels that count, as bytes."""
        return None if valid is None else self.input(np.ascontiguousarray(valid))

    def per_axis(self, facts: Sequence[Array], absent: Array) -> tuple[Array, ...]:
        """One array for each of three axes."""
        return (*(absent,) * (3 - self.axes), *facts)

    def tables(self, grid: Grid) -> tuple[Array, ...]:
        """The runs of three axes."""
        return self.per_axis([run_table(axis.runs) for axis in grid.axes], ABSENT)


@lru_cache(maxsize=256)
def run_table(runs: tuple[Run, ...]) -> Array:
    """Rows (cell, number, start, stride, size, step, every)."""
    columns = [(r.cell, r.number, r.start, r.stride, r.size, r.step, r.every) for r in runs]
    return np.array(columns, np.int64)


def _has_rows(five: Array) -> bool:
    """Whether the pixels of a row, and the channels of a pixel, are neighbours in memory."""
    if five.flags.c_contiguous:
        return five.flags.aligned
    *_, columns, channels = five.shape
    along, across = five.strides[-2:]
    item = five.itemsize
    is_row = (channels == 1 or across == item) and (columns == 1 or along == item * channels)
    return is_row and five.flags.aligned
