"""The parts of a window whose few levels are counted: ranks, modes and means between ranks."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from poolcli.engine.operations.pixels import CountedPixels, ValueRules, blank
from poolcli.engine.operations.window_parts import Leaves, PartLoad, State, Weighing, Window
from poolcli.engine.reducers.reducer import BetweenRanks, Mode, Ranks
from poolcli.engine.reducers.rounding import Exact, Ratio
from poolcli.engine.windows.fold_tree import Node
from poolcli.maps.array import Array

FEW_BYTES = 2  # of integers whose values can be counted one by one
NUMBERED = 32  # bytes of a pixel whose value is counted: its number, twice


class CountParts:
    """How often each value occurs, and how many pixels count where some do not."""

    def __init__(
        self,
        window: Window,
        reduction: Ranks | BetweenRanks | Mode,
        rules: ValueRules,
        values: tuple[np.dtype[Any], Weighing],
    ) -> None:
        self._window, self._reduction, self._rules = window, reduction, rules
        self._dtype, self._weighing = values
        dtype = self._dtype
        self._least = int(np.iinfo(dtype).min) if dtype.kind == "i" else 0
        self._levels = 2 if dtype.kind == "b" else 1 << 8 * dtype.itemsize

    def lifted(self, pixels: CountedPixels, leaves: Leaves) -> State:
        axes = len(self._window.cell.axes)
        values, lead = pixels.values, pixels.values.shape[:-axes]
        numbers = (values.astype(np.int64) - self._least).reshape(prod(lead), -1)
        if not self._weighing.weighed and self._window.grid.footprint is None:
            found = [np.bincount(each, minlength=self._levels) for each in numbers]
            return [np.stack(found).reshape(*lead, self._levels)]
        shown = np.ones(values.shape, np.bool_)
        shown &= True if pixels.weights is None else pixels.weights > 0
        shown &= taps_of(self._window, leaves)
        pairs = zip(numbers, shown.reshape(numbers.shape), strict=True)
        found = [np.bincount(each[some], minlength=self._levels) for each, some in pairs]
        valid = shown if pixels.valid is None else pixels.valid & taps_of(self._window, leaves)
        number = valid.reshape(numbers.shape).sum(axis=1)
        return [np.stack(found).reshape(*lead, self._levels), number.reshape(*lead, 1)]

    def folded(self, state: State, axis: int, leaf: Node) -> State:  # noqa: ARG002 - have no place
        return state

    def merged(self, first: State, second: State) -> State:
        return [one + other for one, other in zip(first, second, strict=True)]

    def finished(self, state: State) -> Array:
        counts, *others = state
        valid = others[0].ravel() if others else counts.sum(axis=-1).ravel()
        pairs = zip(counts.reshape(-1, self._levels), valid.tolist(), strict=True)
        cells = [self._finished(each, number) for each, number in pairs]
        one = (1,) * len(self._window.cell.axes)
        return np.array(cells, self._rules.dtype).reshape(*counts.shape[:-1], *one)

    def again(self, state: State) -> None:
        del state

    @property
    def load(self) -> PartLoad:
        return PartLoad(NUMBERED + self._weighing.load, 24 * self._levels)

    def _finished(self, counts: Array, valid: int) -> Array:
        """The result of a plane, of which so many pixels are valid."""
        rules, number = self._rules, int(counts.sum())
        least = rules.min_valid
        is_few = least is not None and self._weighing.picky and valid < least * self._whole
        if number == 0 or is_few:
            return blank(rules, np.zeros(0) if self._weighing.picky else None)
        return np.asarray(rules.cast(self._result(counts, number)))

    @property
    def _whole(self) -> int:
        """How many pixels the window has."""
        return int(np.max(self._window.counts().pixels))

    def _result(self, counts: Array, number: int) -> Exact:
        reduction, below = self._reduction, np.cumsum(counts)
        if isinstance(reduction, Mode):
            return self._value(int(counts.argmax()))
        low, high = reduction.ranks(number)
        ends = [int(np.searchsorted(below, rank, "right")) for rank in (low, high)]
        if isinstance(reduction, Ranks):
            return reduction.finish(self._value(ends[0]), self._value(ends[1]), number)
        first, last = ends
        values = np.arange(first, last + 1) + self._least
        total = int((values * counts[first : last + 1]).sum())
        before = low - int(below[first] - counts[first])
        after = int(below[last]) - 1 - high
        total -= before * int(values[0]) + after * int(values[-1])
        return Ratio(np.array([total]), high - low + 1)

    def _value(self, number: int) -> Array:
        return np.array([number + self._least]).astype(self._dtype)


def taps_of(window: Window, leaves: Leaves) -> Array | bool:
    """The taps of a part that are in the footprint of a window."""
    footprint = window.grid.footprint
    if footprint is None:
        return True
    return footprint.taps[tuple(slice(leaf.start, leaf.start + leaf.number) for leaf in leaves)]
