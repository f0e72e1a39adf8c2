"""The values of windows in order, as who chooses among them sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from poolcli.engine.backend.levels import put
from poolcli.maps.array import Array


@dataclass(frozen=True)
class Lines:
    """The values of windows in order, place by place from `first` on, and how many of each window count."""

    lines: Sequence[Array]
    first: int
    count: Array | int

    def at(self, place: Array | int) -> Array:
        """The value at this place of each window, or at one of its own."""
        if isinstance(place, int):
            return self.lines[place - self.first]
        picked: Array = np.take_along_axis(
            np.asarray(self.lines), place[None] - self.first, axis=0
        )[0]
        return picked

    def most(self) -> Array:
        """The value that occurs most, the first of several: the longest run of equal ones."""
        value = self.lines[0].copy()
        run = np.ones(value.shape, np.min_scalar_type(len(self.lines)))
        longest, one = run.copy(), run.dtype.type(1)
        for place in range(1, len(self.lines)):
            run *= (self.lines[place] == self.lines[place - 1]).view(np.uint8)
            run += one
            if not isinstance(self.count, int):
                run *= (place < self.count).view(np.uint8)
            put(value, self.lines[place], run > longest)
            np.maximum(longest, run, out=longest)
        return value
