"""The parts of a window that is folded: the states of a fold."""

from __future__ import annotations

from typing import Any

import numpy as np

from poolcli.engine.backend import backend
from poolcli.engine.operations.folded_windows import SCALE, has_large
from poolcli.engine.operations.pixels import CountedPixels, ValueRules, blank
from poolcli.engine.operations.window_parts import Leaves, PartLoad, State, Weighing, Window
from poolcli.engine.reducers.merges import Function
from poolcli.engine.reducers.reducer import Fold
from poolcli.engine.reducers.rounding import Exact, Ratio, cast, without
from poolcli.engine.windows.counts import WindowCounts
from poolcli.engine.windows.fold_tree import Node
from poolcli.engine.windows.footprint_counts import FootprintCounts
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
        values: tuple[np.dtype[Any], Weighing],
        first: Array | None = None,
    ) -> None:
        self._window, self._rules, (self._fold, self._wide) = window, rules, folds
        self._dtype, self._weighing = values
        self._first = first
        self._has_large = False

    def lifted(self, pixels: CountedPixels, leaves: Leaves) -> State:  # noqa: ARG002 - all alike
        values, valid, weights = pixels.in_numbers
        if self._wide is not None and not self._has_large:
            self._has_large = has_large(values)
        if self._first is not None:
            values = np.ldexp(values.astype(np.float64), -SCALE)
        components = self._fold.components
        if not self._weighing.weighed:
            return [component.states(values) for component in components]
        weights = np.ones(values.shape, np.int64) if weights is None else weights
        states = [each.merge.weighed(each.states(values), weights) for each in components]
        if self._weighing.picky:
            valid = np.ones(values.shape, np.bool_) if valid is None else valid
            return [*states, weights, valid.astype(np.int64)]
        return [*states, weights]

    def folded(self, state: State, axis: int, leaf: Node) -> State:  # noqa: ARG002 - all alike
        pairs = zip(self._merges(state), state, strict=True)
        return [folded_along(axis, merge, each) for merge, each in pairs]

    def merged(self, first: State, second: State) -> State:
        triples = zip(self._merges(first), first, second, strict=True)
        return [np.asarray(merge(one, other)) for merge, one, other in triples]

    def finished(self, state: State) -> Array:
        with np.errstate(all="ignore"):
            return self._finished(state)

    def _finished(self, state: State) -> Array:
        rules, counts = self._rules, self._counts(state)
        result = self._with_first(self._result(state))
        if not self._weighing.weighed:
            return rules.cast(result)
        empty = np.asarray(counts.pixels == 0)
        valid = state[-1] if self._weighing.picky else None
        if rules.min_valid is not None and valid is not None:
            empty |= valid < rules.min_valid * self._window.counts().pixels
        values = rules.cast(without(result, empty))
        if empty.any():
            np.copyto(values, blank(rules, valid), where=empty)
        return values

    def again(self, state: State) -> FoldParts | None:
        if self._wide is None or not self._has_large:
            return None
        result = self._result(state)
        if not isinstance(result, np.ndarray | Ratio):
            return None
        first = result.value() if isinstance(result, Ratio) else result
        if np.isfinite(first).all():
            return None
        values = np.dtype(np.float64), self._weighing
        return FoldParts(self._window, (self._wide, None), self._rules, values, first)

    @property
    def load(self) -> PartLoad:
        one = np.zeros(1, self._dtype)
        states = sum(component.states(one).nbytes for component in self._fold.components)
        return PartLoad(3 * states + self._weighing.load)

    @property
    def overlaps(self) -> bool | None:
        """Whether a pixel may be folded twice, as in maxima; None where it must not for some.

        Maxima of integers can be those of any boxes.
        """
        merges = {
            merge in (np.maximum, np.minimum)
            for merge in (*self._own_merges, *([np.add] if self._weighing.weighed else []))
        }
        if len(merges) > 1:
            return None if self._dtype.kind == "f" else False
        return merges.pop()

    @property
    def _own_merges(self) -> list[Function]:
        return [component.merge.function for component in self._fold.components]

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
        own = self._own_merges
        return [*own, *[np.add] * (len(state) - len(own))]

    def _counts(self, state: State) -> WindowCounts | FootprintCounts:
        weighed = self._weighing.weighed
        return self._window.counts(state[len(self._fold.components)] if weighed else None)


def folded_along(axis: int, merge: Function, states: Array) -> Array:
    """The states with those along an axis folded to one; `axis` counts from the end."""
    size = states.shape[axis]
    kernel = tuple(size if at == axis else 1 for at in range(axis, 0))
    grid = Sliding(kernel).grid(states.shape[axis:])
    return backend().fold(merge, states, grid)
