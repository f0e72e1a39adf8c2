"""The parts of a window that is folded: the states of a fold."""

from __future__ import annotations

from typing import Any

import numpy as np

from poolcli.engine.backend import backend
from poolcli.engine.operations.folded_windows import SCALE, has_large, weighed_states
from poolcli.engine.operations.pixels import CountedPixels, ValueRules, blank
from poolcli.engine.operations.window_parts import PICKED, PartLoad, State, Window
from poolcli.engine.reducers.merges import Function
from poolcli.engine.reducers.reducer import Fold
from poolcli.engine.reducers.rounding import Exact, Ratio, cast, without
from poolcli.engine.windows.counts import WindowCounts
from poolcli.engine.windows.sliding import Sliding
from poolcli.maps.array import Array


class FoldParts:
    """The states of a fold, and how many pixels count where some do not.

    `folds` are that of the values, and that of float64 where sums of them could overflow.
    With `first` these are the results of values as they are, and the states are those of values
    scaled down by 2^SCALE, where sums of the former overflow.
    """

    def __init__(
        self,
        window: Window,
        folds: tuple[Fold, Fold | None],
        rules: ValueRules,
        dtype: np.dtype[Any],
        first: Array | None = None,
    ) -> None:
        self._window, self._rules, (self._fold, self._wide) = window, rules, folds
        self._first = first
        self._has_large = False
        self._dtype = np.dtype(np.float64) if first is not None else dtype

    def lifted(self, pixels: CountedPixels) -> State:
        values, valid, weights = pixels
        if self._wide is not None and not self._has_large:
            self._has_large = has_large(values)
        if self._first is not None:
            values = np.ldexp(values.astype(np.float64), -SCALE)
        components = self._fold.components
        if weights is None or valid is None:
            return [component.states(values) for component in components]
        states = [weighed_states(each, each.lift(values), weights) for each in components]
        return [*states, weights, valid.astype(np.int64)]

    def folded(self, state: State, axis: int) -> State:
        pairs = zip(self._merges(state), state, strict=True)
        return [_folded_along(axis, merge, each) for merge, each in pairs]

    def merged(self, first: State, second: State) -> State:
        triples = zip(self._merges(first), first, second, strict=True)
        return [np.asarray(merge(one, other)) for merge, one, other in triples]

    def finished(self, state: State) -> Array:
        with np.errstate(all="ignore"):
            return self._finished(state)

    def _finished(self, state: State) -> Array:
        rules, counts = self._rules, self._counts(state)
        result = self._with_first(self._result(state))
        if not self._is_weighed(state):
            return rules.cast(result)
        empty, valid = np.asarray(counts.pixels == 0), state[-1]
        if rules.min_valid is not None:
            empty |= valid < rules.min_valid * WindowCounts(self._window.cell).pixels
        values = rules.cast(without(result, empty))
        return np.where(empty, blank(rules, valid), values).astype(rules.dtype, copy=False)

    def again(self, state: State) -> FoldParts | None:
        if self._wide is None or not self._has_large:
            return None
        result = self._result(state)
        if not isinstance(result, np.ndarray | Ratio):
            return None
        first = result.value() if isinstance(result, Ratio) else result
        if np.isfinite(first).all():
            return None
        return FoldParts(self._window, (self._wide, None), self._rules, self._dtype, first)

    @property
    def load(self) -> PartLoad:
        one = np.zeros(1, self._dtype)
        states = sum(component.states(one).nbytes for component in self._fold.components)
        return PartLoad(3 * states + (PICKED if self._rules.picky else 0))

    def _result(self, state: State) -> Exact:
        number = len(self._fold.components)
        with np.errstate(all="ignore"):
            states = [each.copy() for each in state[:number]]  # a result may overwrite them
            return self._fold.finish(*states, self._counts(state))

    def _with_first(self, result: Exact) -> Exact:
        if self._first is None:
            return result
        large = np.ldexp(cast(result, np.float64, ""), SCALE * self._fold.degree)
        return np.where(np.isfinite(self._first), self._first, large)

    def _merges(self, state: State) -> list[Function]:
        merges = [component.merge.function for component in self._fold.components]
        return [*merges, np.add, np.add] if self._is_weighed(state) else merges

    def _is_weighed(self, state: State) -> bool:
        return len(state) > len(self._fold.components)

    def _counts(self, state: State) -> WindowCounts:
        return WindowCounts(self._window.cell, state[-2] if self._is_weighed(state) else None)


def _folded_along(axis: int, merge: Function, states: Array) -> Array:
    size = states.shape[axis]
    kernel = tuple(size if at == axis else 1 for at in range(axis, 0))
    grid = Sliding(kernel).grid(states.shape[axis:])
    return backend().fold(merge, states, grid)
