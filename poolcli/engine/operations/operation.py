"""What a step does to planes. A reducer with a place is one such operation; what is no pooling of cells is another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple, Protocol

import numpy as np

from poolcli.engine.backend.tasks import Load
from poolcli.engine.operations.index import NOWHERE
from poolcli.engine.operations.pixels import Rules
from poolcli.engine.operations.pool import Reducer, aside, load_of, pool, values_of
from poolcli.engine.windows.grid import Taps
from poolcli.engine.windows.place import Geometry, Place
from poolcli.maps.array import Array
from poolcli.maps.frame import Frame, Size
from poolcli.resources import memory

Given = tuple[Array, Frame, Rules, Array | None]  # what an operation is called with


class Line(Protocol):
    """The cells along one axis."""

    @property
    def cells(self) -> int: ...

    def taps_of(self, cell: int) -> Taps:
        """What a cell is made of."""
        ...


class Sight(NamedTuple):
    """What one cell of the result looks at: a plane of what was given, and, as a cell of each of its lines, pixels."""

    plane: Size
    lines: tuple[Line, ...]
    cell: Size


class Operation(Protocol):
    """Planes in, planes out."""

    def geometry(self, frame: Frame) -> Geometry:
        """What comes out, without values; ShapeError where it does not fit."""
        ...

    def sight(self, frame: Frame, cell: Size, weights: Array | None = None) -> Sight | None:
        """What a cell of the result, by its index, is made of; None where it is made of nothing."""
        ...

    def load(
        self, frame: Frame, dtype: np.dtype[Any], rules: Rules, *, weighed: bool = False
    ) -> Load:
        """The memory that working on planes of this dtype takes; `weighed` where weights are given."""
        ...

    def __call__(
        self, planes: Array, frame: Frame, rules: Rules, weights: Array | None = None
    ) -> Array:
        """The result, of the rules' dtype."""
        ...


@dataclass(frozen=True)
class Pooling:
    """A reducer over the cells of a place."""

    place: Place
    reducer: Reducer

    def geometry(self, frame: Frame) -> Geometry:
        return self.place.on(frame).geometry

    def sight(self, frame: Frame, cell: Size, weights: Array | None = None) -> Sight | None:  # noqa: ARG002 - see above
        cells = self.place.on(frame)
        numbers = np.arange(prod(cells.frame.shape)).reshape(cells.frame.shape)
        planes = np.arange(frame.planes).reshape(frame.lead)
        for patch in cells.grids:
            found = np.flatnonzero(numbers[patch.target] == numbers[cell])
            if found.size:
                there = planes[patch.source]
                at = np.unravel_index(found[0], there.shape + patch.grid.shape)
                plane = np.unravel_index(there[at[: there.ndim]], frame.lead) if frame.lead else ()
                return Sight(_whole(plane), patch.grid.axes, _whole(at[there.ndim :]))
        return None

    def load(
        self, frame: Frame, dtype: np.dtype[Any], rules: Rules, *, weighed: bool = False
    ) -> Load:
        loads = []
        for patch in self.place.on(frame).grids:
            how = self.reducer(values_of(dtype, patch.grid, 255 if weighed else 1))
            loads.append(
                load_of(
                    (patch.planes, *frame.space),
                    dtype,
                    patch.grid,
                    how,
                    aside(rules, weighed=weighed),
                )
            )
        return Load.of(loads)

    def __call__(
        self, planes: Array, frame: Frame, rules: Rules, weights: Array | None = None
    ) -> Array:
        cells = self.place.on(frame)
        if len(cells.grids) == 1 and cells.grids[0].source is ...:
            return pool(planes, cells.grids[0], self.reducer, rules, weights).reshape(
                cells.frame.shape
            )
        out = memory.empty(cells.frame.shape, rules.dtype)
        out[...] = _outside(rules)
        for patch in cells.grids:
            pooled = pool(planes, patch, self.reducer, rules, weights)
            out[patch.target] = pooled.reshape(out[patch.target].shape)
        return out


def _whole(numbers: Sequence[Any]) -> Size:
    return tuple(map(int, numbers))


def _outside(rules: Rules) -> Any:
    """What a cell outside the map gives."""
    if rules.indexing:
        return NOWHERE
    return 0 if rules.emit or rules.nodata is None else rules.kept(np.asarray(rules.nodata))
