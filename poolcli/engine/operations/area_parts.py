"""The parts of a cell that has shares of pixels, to the bits of `area_block`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import prod
from typing import Any, cast

import numpy as np

from poolcli.engine.operations.area_block import AreaAxis, AreaCells, AreaSums, is_exact
from poolcli.engine.operations.count_parts import FEW_BYTES, CountParts
from poolcli.engine.operations.fold_parts import folded_along
from poolcli.engine.operations.pixels import CountedPixels, ValueRules
from poolcli.engine.operations.resample import EXACT
from poolcli.engine.operations.window_parts import (
    Leaves,
    PartLoad,
    State,
    Weighing,
    Window,
    WindowParts,
)
from poolcli.engine.reducers.merges import ADD, Merge
from poolcli.engine.reducers.reducer import Fold, Mode, Reducer, Values
from poolcli.engine.windows.fold_tree import Node
from poolcli.engine.windows.grid import Grid
from poolcli.maps.array import Array

_COUNTED = 1 << 53  # areas up to this are whole numbers in float64, in which they are counted


class AreaFoldParts:
    """The states of a fold, each weighed by the part of its pixel that is inside the cell.

    `axes` are those of the one cell. Without a fold, it is the area that counts.
    """

    def __init__(
        self,
        axes: Sequence[AreaAxis],
        fold: Fold | None,
        rules: ValueRules,
        values: tuple[np.dtype[Any], Weighing],
    ) -> None:
        self._axes, self._fold, self._rules = axes, fold, rules
        self._dtype, self._weighing = values
        self._lead: tuple[int, ...] = ()

    def lifted(self, pixels: CountedPixels, leaves: Leaves) -> State:
        values, _, weights = pixels.in_numbers
        self._lead = values.shape[: -len(leaves)]
        if self._fold is None:
            counts = np.ones(values.shape, np.bool_) if weights is None else weights > 0
            return [counts.astype(np.int64)]
        values = values.astype(self._dtype, copy=False)
        states = [each.states(values) for each in self._fold.components]
        if not self._weighing.weighed:
            return states
        weights = np.ones(values.shape, np.int64) if weights is None else weights
        pairs = zip(self._fold.components, states, strict=True)
        found = [each.merge.weighed(state, weights) for each, state in pairs]
        found += [weights] if is_exact(states) else [weights, weights.astype(np.float64)]
        if not self._weighing.picky:
            return found
        valid = np.ones(values.shape, np.bool_) if pixels.valid is None else pixels.valid
        return [*found, valid.astype(np.int64)]

    def folded(self, state: State, axis: int, leaf: Node) -> State:
        along = self._axes[axis]
        shares = along.shares[leaf.start : leaf.start + leaf.number, 0]
        pairs = zip(self._merges(state), state, strict=True)
        return [_folded(axis, merge, each, (shares, along.whole)) for merge, each in pairs]

    def merged(self, first: State, second: State) -> State:
        triples = zip(self._merges(first), first, second, strict=True)
        return [np.asarray(merge.function(one, other)) for merge, one, other in triples]

    def finished(self, state: State) -> Array:
        out = np.empty((*self._lead, *(1,) * len(self._axes)), self._rules.dtype)
        with np.errstate(all="ignore"):
            self._put(state, out)
        return out

    def _put(self, state: State, out: Array) -> None:
        cells = AreaCells(self._axes, self._rules)
        if self._fold is None:
            cells.put(cells.emitted(state[0]), out, AreaSums())
            return
        number, sums, weight = len(self._fold.components), AreaSums(), None
        states = state[:number]
        if self._weighing.weighed:
            weight = state[number] if is_exact(states) else state[number + 1]
            sums = AreaSums(state[number], state[-1] if self._weighing.picky else None)
        cells.put(cells.folded(self._fold, states, weight), out, sums)

    def again(self, state: State) -> None:
        del state

    @property
    def load(self) -> PartLoad:
        one = np.zeros(1, self._dtype)
        components = self._fold.components if self._fold else ()
        states = sum(component.states(one).nbytes for component in components)
        return PartLoad(4 * states + 2 * self._weighing.load + 16)

    def _merges(self, state: State) -> list[Merge]:
        own = [component.merge for component in self._fold.components] if self._fold else []
        return [*own, *[ADD] * (len(state) - len(own))]


def _folded(axis: int, merge: Merge, states: Array, inside: tuple[Array, int]) -> Array:
    """States weighed by the part of each pixel along an axis, of a whole, and folded."""
    shares, whole = inside
    along = shares.reshape(-1, *(1,) * (-axis - 1))
    along = along / whole if states.dtype.kind == "f" else along
    return folded_along(axis, merge.function, merge.weighed(states, along))


class AreaModeParts(CountParts):
    """The area of each of few values in a cell."""

    def __init__(
        self,
        axes: Sequence[AreaAxis],
        reduction: Mode,
        rules: ValueRules,
        values: tuple[np.dtype[Any], Weighing],
    ) -> None:
        grid = Grid(cast(Any, tuple(axes)))
        super().__init__(Window(grid, grid, ()), reduction, rules, values)
        self._axes = axes

    def lifted(self, pixels: CountedPixels, leaves: Leaves) -> State:
        values, lead = pixels.values, pixels.values.shape[: -len(leaves)]
        pairs = zip(self._axes, leaves, strict=True)
        shares = [axis.shares[leaf.start : leaf.start + leaf.number, 0] for axis, leaf in pairs]
        inside = np.broadcast_to(reduce(np.multiply.outer, shares), values.shape)
        areas = inside if pixels.weights is None else inside * pixels.weights
        numbers = (values.astype(np.int64) - self._least).reshape(prod(lead), -1)
        planes = zip(numbers, areas.reshape(numbers.shape), strict=True)
        found = [np.bincount(*each, minlength=self._levels).astype(np.int64) for each in planes]
        valid = inside if pixels.valid is None else inside * pixels.valid
        number = valid.reshape(numbers.shape).sum(axis=1)
        return [np.stack(found).reshape(*lead, self._levels), number.reshape(*lead, 1)]

    @property
    def _whole(self) -> int:
        return prod(axis.whole for axis in self._axes)


def area_parts_of(
    axes: Sequence[AreaAxis],
    reducer: Reducer,
    rules: ValueRules,
    values: tuple[np.dtype[Any], Weighing],
) -> WindowParts | None:
    """How a cell with shares of pixels, whose axes these are, is reduced in parts; None: it is not.

    `values` are the dtype of its pixels, and how these may weigh.
    """
    dtype, weighing = values[0].newbyteorder("="), values[1]
    if rules.emit:
        return AreaFoldParts(axes, None, rules, (dtype, weighing))
    largest = prod(axis.whole for axis in axes) * weighing.heaviest
    is_few = dtype.kind in "biu" and dtype.itemsize <= FEW_BYTES and largest < _COUNTED
    dtype = np.dtype(np.float64) if largest > EXACT and dtype.kind != "f" else dtype
    reduction = reducer(Values(dtype, largest, prod(axis.taps for axis in axes)))
    if isinstance(reduction, Fold):
        return AreaFoldParts(axes, reduction, rules, (dtype, weighing))
    if isinstance(reduction, Mode) and is_few:
        return AreaModeParts(axes, reduction, rules, (values[0], weighing))
    return None
