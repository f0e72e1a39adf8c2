"""The parts of a window whose few levels are counted: ranks, modes and means between ranks."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from poolcli.engine.operations.pixels import CountedPixels, ValueRules, blank
from poolcli.engine.operations.window_parts import PICKED, PartLoad, State, Window
from poolcli.engine.reducers.reducer import BetweenRanks, Mode, Ranks
from poolcli.engine.reducers.rounding import Exact, Ratio
from poolcli.engine.windows.counts import WindowCounts
from poolcli.maps.array import Array

NUMBERED = 32  # bytes of a pixel whose value is counted: its number, twice


class CountParts:
    """How often each value occurs, and how many pixels count where some do not."""

    def __init__(
        self,
        window: Window,
        reduction: Ranks | BetweenRanks | Mode,
        dtype: np.dtype[Any],
        rules: ValueRules,
    ) -> None:
        self._window, self._reduction, self._rules = window, reduction, rules
        self._dtype = dtype
        self._least = int(np.iinfo(dtype).min) if dtype.kind == "i" else 0
        self._levels = 2 if dtype.kind == "b" else 1 << 8 * dtype.itemsize

    def lifted(self, pixels: CountedPixels) -> State:
        axes = len(self._window.cell.axes)
        values, lead = pixels.values, pixels.values.shape[:-axes]
        numbers = (values.astype(np.int64) - self._least).reshape(prod(lead), -1)
        if pixels.valid is None:
            found = [np.bincount(each, minlength=self._levels) for each in numbers]
        else:
            shown = pixels.valid.reshape(numbers.shape)
            pairs = zip(numbers, shown, strict=True)
            found = [np.bincount(each[some], minlength=self._levels) for each, some in pairs]
        return [np.stack(found).reshape(*lead, self._levels)]

    def folded(self, state: State, axis: int) -> State:  # noqa: ARG002 - counts have no place
        return state

    def merged(self, first: State, second: State) -> State:
        return [one + other for one, other in zip(first, second, strict=True)]

    def finished(self, state: State) -> Array:
        (counts,), rules = state, self._rules
        cells = [self._finished(each) for each in counts.reshape(-1, self._levels)]
        one = (1,) * len(self._window.cell.axes)
        return np.array(cells, rules.dtype).reshape(*counts.shape[:-1], *one)

    def again(self, state: State) -> None:
        del state

    @property
    def load(self) -> PartLoad:
        return PartLoad(NUMBERED + (PICKED if self._rules.picky else 0), 24 * self._levels)

    def _finished(self, counts: Array) -> Array:
        """The result of a plane."""
        rules, number = self._rules, int(counts.sum())
        whole = WindowCounts(self._window.cell).pixels
        is_few = rules.min_valid is not None and rules.picky and number < rules.min_valid * whole
        if number == 0 or is_few:
            return blank(rules, np.zeros(0))
        return np.asarray(rules.cast(self._result(counts, number)))

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
