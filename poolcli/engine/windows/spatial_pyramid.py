"""Spatial pyramids: adaptive grids of several sizes, whose cells are laid out as one vector."""

from __future__ import annotations

from dataclasses import dataclass

from poolcli.engine.windows.adaptive import Adaptive
from poolcli.engine.windows.place import PlacedGrid, Placement
from poolcli.maps.frame import Frame, Size


@dataclass(frozen=True)
class SpatialPyramid:
    """Adaptive grids of n cells on every axis, for each level n. The result has no spatial axes.

    (N, C, H, W) gives (N, C * sum(n * n)): all cells of the first level, channel by channel, then
    those of the next.

    Source: He, Zhang, Ren, Sun 2014, section 2, with adaptive cells, of which there are always n on
    every axis.

    >>> SpatialPyramid((1, 2, 4)).on(Frame(2, 64, (11, 13))).frame.shape
    (2, 1344)
    """

    levels: Size

    def on(self, frame: Frame) -> Placement:
        """The grid of every level, which fills a part of the result's last axis."""
        channels = 1 if frame.channels is None else frame.channels
        grids, end = [], 0
        for level in self.levels:
            grid = Adaptive((level,)).grid(frame.space)
            begin, end = end, end + channels * level ** len(frame.space)
            grids.append(PlacedGrid(..., (..., slice(begin, end)), grid, frame.planes))
        return Placement(Frame(frame.batch, end, ()), tuple(grids))
