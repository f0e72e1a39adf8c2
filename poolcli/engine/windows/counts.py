"""How many pixels, and how much padding, each window of a grid has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from poolcli.engine.windows.grid import Grid
from poolcli.maps.array import Array
from poolcli.maps.cached import cached_property

if TYPE_CHECKING:
    from numpy.typing import DTypeLike


@dataclass(frozen=True, eq=False)
class WindowCounts:
    """Pixels and padding of each window: an array of the grid's shape, or one number if all windows
    are alike.

    `weights`, if there are any, are the sums of the weights of each window's pixels, and stand for
    their number.

    >>> from poolcli.engine.windows.sliding import Sliding
    >>> counts = WindowCounts(Sliding((3,), padding=((1, 1),)).grid((6,)))
    >>> counts.pixels.tolist(), counts.padding.tolist()
    ([2, 3], [1, 0])
    """

    grid: Grid
    weights: Array | None = None

    @cached_property
    def pixels(self) -> Array | int:
        """Pixels inside the map, or the sum of their weights."""
        if self.weights is not None:
            return self.weights.astype(np.int64, copy=False)
        return self._of_windows(self.grid.sizes)

    @cached_property
    def padding(self) -> Array | int:
        """Taps in padding that counts."""
        extents = tuple(axis.extents for axis in self.grid.axes)
        return self._of_windows(extents) - self._of_windows(self.grid.sizes)

    def _of_windows(self, numbers: tuple[Array, ...]) -> Array | int:
        """The product of a number for each cell along each axis."""
        axes = self.grid.axes
        if all(len(axis.runs) == 1 and axis.runs[0].extent == axis.runs[0].size for axis in axes):
            return self.grid.largest
        return reduce(np.multiply.outer, numbers)


def per_count(
    numbers: Callable[[int], tuple[int, ...]], counts: Array | int, dtype: DTypeLike = np.int64
) -> tuple[Any, ...]:
    """What a function gives for the number of pixels of each window: arrays, or one number for all.

    >>> low, high = per_count(lambda n: (n // 2, n - 1), np.array([3, 4, 3]))
    >>> low.tolist(), high.tolist()
    ([1, 2, 1], [2, 3, 2])
    """
    if isinstance(counts, int):
        return numbers(counts)
    if counts.size <= counts.max():
        sizes, which = np.unique(counts, return_inverse=True)
    else:  # a table of all counts takes less time than a sort, and less memory
        sizes, which = np.flatnonzero(np.bincount(counts.ravel())), counts
    found = np.array([numbers(size) for size in sizes.tolist()], dtype)
    if len(sizes) == 1:
        return tuple(found[0].tolist())
    if which is counts:
        table = np.zeros((sizes[-1] + 1, found.shape[1]), dtype)
        table[sizes] = found
        found = table
    return tuple(column[which.reshape(counts.shape)] for column in found.T.copy())
