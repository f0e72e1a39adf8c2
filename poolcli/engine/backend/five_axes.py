"""Arrays as the C++ extension takes them: five axes, (outer, depth, height, width, channels).

Rows are contiguous: planes have one channel, and the channels of interleaved pixels stay where they
are.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import Any, NamedTuple

import numpy as np

from poolcli.engine.windows.grid import Grid
from poolcli.maps.array import Array

TYPES = frozenset("?bBhHilqfd")  # the dtypes of pixels that it takes
ABSENT = (1, 1, 1)  # the sizes of axes that a map does not have


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
        lead, space, channels = x.shape[: -self.axes], x.shape[-self.axes :], 1
        if self.channel is not None:
            lead, channels = lead[: self.channel], lead[self.channel]
            x = x.transpose((*range(self.channel), *range(self.channel + 1, x.ndim), self.channel))
        return x.reshape((prod(lead), *ABSENT[self.axes :], *space, channels))

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
        lead = out.shape[: out.ndim - self.axes if self.channel is None else self.channel]
        if not (out.flags.c_contiguous or _are_nested(lead, out.strides)):
            return None
        five = self.five(out)
        return five if _has_rows(five) else None

    def result(self, x: Array, grid: Grid, out: Array | None = None) -> tuple[Array, Array]:
        """`out` where that can be written to, else a new array of x's dtype; and a view of it."""
        view = None if out is None else self.output(out)
        if out is not None and view is not None:
            return out, view
        new = self.empty(x, grid, x.dtype)
        return new, self.five(new)

    def mask(self, valid: Array | None) -> Array | None:
        """The pixels that count, as bytes."""
        return None if valid is None else self.input(np.ascontiguousarray(valid))

    def per_axis(self, facts: Sequence[Array], absent: Array) -> tuple[Array, ...]:
        """One array for each of three axes."""
        return (*(absent,) * (3 - self.axes), *facts)


def _are_nested(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether axes lie one in the other, so that a view can have them as one."""
    axes = [(size, step) for size, step in zip(shape, strides, strict=False) if size != 1]
    return all(step == size * within for (_, step), (size, within) in pairwise(axes))


def _has_rows(five: Array) -> bool:
    """Whether the pixels of a row, and the channels of a pixel, are neighbours in memory."""
    if five.flags.c_contiguous:
        return five.flags.aligned
    *_, columns, channels = five.shape
    along, across = five.strides[-2:]
    item = five.itemsize
    is_row = (channels == 1 or across == item) and (columns == 1 or along == item * channels)
    return is_row and five.flags.aligned
