"""A window that is larger than memory, reduced in parts, to the bits of the whole.

A fold keeps the states of a part, and a rank among few values how often each of these occurs. Parts
are folded and merged along the tree that is the definition of a fold: see `engine.backend`.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from poolcli.engine.operations.pixels import CountedPixels
from poolcli.engine.windows.counts import WindowCounts
from poolcli.engine.windows.fold_tree import Node
from poolcli.engine.windows.footprint_counts import FootprintCounts
from poolcli.engine.windows.grid import Grid
from poolcli.maps.array import Array

State = list[Array]  # of several arrays, (..., planes, *pixels) each
Leaves = tuple[Node, ...]  # the taps of a part along each spatial axis
PICKED = 48  # bytes of a pixel that may not count: its weight and whether it does, folded


class PartLoad(NamedTuple):
    """Bytes that a part takes for each of its pixels, and for each plane whatever its size.

    Those of a pixel are its states three times: lifted, half folded, and folded.
    """

    pixel: int
    plane: int = 0


class WindowParts(Protocol):
    """How a window is reduced in parts."""

    def lifted(self, pixels: CountedPixels, leaves: Leaves) -> State:
        """The states of the pixels of a part."""
        ...

    def folded(self, state: State, axis: int, leaf: Node) -> State:
        """The states with those along a spatial axis folded to one; `axis` counts from the end."""
        ...

    def merged(self, first: State, second: State) -> State:
        """The states of two parts that are neighbours along an axis which is folded."""
        ...

    def finished(self, state: State) -> Array:
        """The results (..., 1, 1) of the planes, rounded once."""
        ...

    def again(self, state: State) -> WindowParts | None:
        """How the window is reduced once more where sums overflow; None where they do not."""
        ...

    @property
    def load(self) -> PartLoad:
        """The memory that a part takes."""
        ...


class Weighing(NamedTuple):
    """Whether pixels of a window may weigh more or less than one, and whether some may not count.

    `heaviest` is the most that a pixel weighs.
    """

    weighed: bool = False
    picky: bool = False
    heaviest: int = 1

    @property
    def load(self) -> int:
        """Bytes of a pixel that its weight takes."""
        return PICKED if self.weighed else 0


class Window(NamedTuple):
    """The window of one cell: a grid of this cell alone, that of all cells, and where it is."""

    cell: Grid
    grid: Grid
    at: tuple[slice, ...]

    def counts(self, weights: Array | None = None) -> WindowCounts | FootprintCounts:
        """How many pixels it has; `weights` stand for their number."""
        if self.grid.footprint is None:
            return WindowCounts(self.cell, weights)
        return FootprintCounts(self.grid, self.at, weights)
