"""What a step does to planes. A reducer with a place is one such operation; what is no pooling of cells is another."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any, Protocol

import numpy as np

from poolcli.array import Array
from poolcli.engine.grid import Place
from poolcli.engine.index import NOWHERE
from poolcli.engine.pixels import Rules
from poolcli.engine.pool import Reducer, pool
from poolcli.frame import Frame
from poolcli.values import Size


@dataclass(frozen=True)
class Outline:
    """What an operation makes of a frame: the result's, window and stride in pixels for each axis, operations."""

    frame: Frame
    window: Size
    stride: tuple[Fraction, ...]
    operations: int


class Operation(Protocol):
    """Planes in, planes out."""

    def outline(self, frame: Frame) -> Outline:
        """What comes out, without values; ShapeError where it does not fit."""
        ...

    def __call__(self, planes: Array, frame: Frame, rules: Rules, weights: Array | None = None) -> Array:
        """The result, of the rules' dtype."""
        ...


@dataclass(frozen=True)
class Pooling:
    """A reducer over the cells of a place."""

    place: Place
    reducer: Reducer

    def outline(self, frame: Frame) -> Outline:
        cells = self.place.cells(frame)
        grids = [patch.grid for patch in cells.patches]
        merges = sum(patch.planes * (patch.grid.pixels - prod(patch.grid.shape)) for patch in cells.patches)
        axes = list(zip(*(grid.axes for grid in grids), strict=True)) or [()] * len(frame.space)
        window = tuple(max((each.window for each in axis), default=1) for axis in axes)
        stride = tuple(max((each.stride for each in axis), default=Fraction(1)) for axis in axes)
        return Outline(cells.frame, window, stride, merges)

    def __call__(self, planes: Array, frame: Frame, rules: Rules, weights: Array | None = None) -> Array:
        cells = self.place.cells(frame)
        if len(cells.patches) == 1 and cells.patches[0].source is ...:
            return pool(planes, cells.patches[0], self.reducer, rules, weights).reshape(cells.frame.shape)
        out = np.full(cells.frame.shape, _outside(rules), rules.dtype)
        for patch in cells.patches:
            pooled = pool(planes, patch, self.reducer, rules, weights)
            out[patch.target] = pooled.reshape(out[patch.target].shape)
        return out


def _outside(rules: Rules) -> Any:
    """What a cell outside the map gives."""
    if rules.indexing:
        return NOWHERE
    return 0 if rules.emit or rules.nodata is None else rules.kept(np.asarray(rules.nodata))
