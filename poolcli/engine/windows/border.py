"""What lies around a map: which of its pixels windows read there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from poolcli.maps.array import Array

CONSTANT = -1  # stands for a pixel of a constant border
ABSENT = -2  # stands for no pixel
MODES = ("clip", "edge", "reflect", "symmetric", "wrap", "constant")


class Border(NamedTuple):
    """The border of one axis: `before` and `after` pixels at the ends of a map `length` long.

    `mode` is one of `MODES`. Those of `numpy.pad` say which pixels of the map the border repeats;
    beyond the border, and in one that clips, there are none.
    """

    mode: str
    length: int
    before: int
    after: int

    def pixels(self, positions: Array | Sequence[int]) -> Array:
        """The pixel of the map at each position, where the map begins at 0.

        A position without one has `CONSTANT` or `ABSENT`.

        >>> Border("reflect", 3, 4, 4).pixels(range(-4, 7)).tolist()
        [0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2]
        >>> Border("constant", 2, 1, 1).pixels(range(-2, 4)).tolist()
        [-2, -1, 0, 1, -1, -2]
        """
        at = np.asarray(positions, np.int64)
        reached = (at >= -self.before) & (at < self.length + self.after)
        found = self._unbounded(at)
        return found if reached.all() else np.where(reached, found, ABSENT)

    def _unbounded(self, at: Array) -> Array:
        """The pixels of a border without an end."""
        last = self.length - 1
        if self.mode == "edge":
            return np.clip(at, 0, last)
        if self.mode == "wrap":
            return np.mod(at, self.length)
        if self.mode == "symmetric":
            at = np.mod(at, 2 * self.length)
            at = np.minimum(at, 2 * self.length - 1 - at)
        if self.mode == "reflect":
            at = np.mod(at, max(2 * last, 1))
            at = np.minimum(at, 2 * last - at)
        if self.mode in ("symmetric", "reflect"):
            return at
        inside = (at >= 0) & (at <= last)
        return np.where(inside, at, ABSENT if self.mode == "clip" else CONSTANT)
