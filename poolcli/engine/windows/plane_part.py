"""A part of a result, and the pixels of the planes that are in memory for it.

Positions, borders, numbers of cells and of planes are those of the whole map, so that cells have
the same bits whatever part of the map is in memory.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from poolcli.maps.array import Array
from poolcli.maps.frame import Frame

Cells = tuple[slice, ...]  # from the first up to the last, along each spatial axis of a result


class PlanePart(NamedTuple):
    """Some cells of a result, and where the pixels in memory are on the planes.

    `frame` is that of all planes, and `lead` says which planes are meant, by a slice for each of
    their axes. `pixels` are the numbers of the pixels in memory along each spatial axis, in
    ascending order; all pixels that the `cells` read are among them.
    """

    frame: Frame
    lead: tuple[slice, ...]
    pixels: tuple[Array, ...]
    cells: Cells

    def of_channels(self, count: int) -> PlanePart:
        """The same part of planes with so many channels, all of which are meant."""
        lead = (*self.lead[:-1], slice(0, count))
        return self._replace(frame=self.frame._replace(channels=count), lead=lead)

    def shifted(self, target: tuple[slice, ...]) -> tuple[slice, ...]:
        """The place in the part of the result of cells that are numbered over the whole."""
        lead = len(target) - len(self.cells)
        moved = (
            slice(cells.start - first.start, cells.stop - first.start)
            for cells, first in zip(target[lead:], self.cells, strict=True)
        )
        return (*target[:lead], *moved)


def held_span(span: slice, pixels: Array) -> slice:
    """Where the pixels of a span are among those in memory."""
    start = int(np.searchsorted(pixels, span.start))
    return slice(start, start + span.stop - span.start)


def held_places(numbers: Array, pixels: Array) -> Array:
    """Where pixels are among those in memory; numbers below 0 stay, which stand for no pixel."""
    return np.where(numbers < 0, numbers, np.searchsorted(pixels, np.maximum(numbers, 0)))
