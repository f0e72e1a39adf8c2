"""A window that is larger than memory, reduced in parts, to the bits of the whole.

A fold keeps the states of a part, and a rank among few values how often each of these occurs. Parts
are folded and merged along the tree that is the definition of a fold: see `engine.backend`.
"""

from __future__ import annotations

from math import prod
from threading import Lock
from typing import Any, NamedTuple, Protocol

import numpy as np

from poolcli.engine.backend import backend
from poolcli.engine.operations.folded_windows import SCALE, has_large, weighed_states
from poolcli.engine.operations.pixels import CountedPixels, ValueRules, blank
from poolcli.engine.operations.pool import execution_of
from poolcli.engine.reducers.merges import Function
from poolcli.engine.reducers.reducer import BetweenRanks, Fold, Mode, Ranks, Reducer
from poolcli.engine.reducers.rounding import Exact, Ratio, cast, without
from poolcli.engine.windows.counts import WindowCounts
from poolcli.engine.windows.fold_tree import FoldTree, Node
from poolcli.engine.windows.grid import Grid
from poolcli.engine.windows.sliding import Sliding
from poolcli.maps.array import Array

State = list[Array]  # of several arrays, (..., planes, *pixels) each
_PICKED = 48  # bytes of a pixel that may not count: its weight and whether it does, folded
_NUMBERED = 32  # bytes of a pixel whose value is counted: its number, twice
_FEW_BYTES = 2  # of integers whose values can be counted one by one


class PartLoad(NamedTuple):
    """Bytes that a part takes for each of its pixels, and for each plane whatever its size.

    Those of a pixel are its states three times: lifted, half folded, and folded.
    """

    pixel: int
    plane: int = 0


class WindowParts(Protocol):
    """How a window is reduced in parts."""

    def lifted(self, pixels: CountedPixels) -> State:
        """The states of the pixels of a part."""
        ...

    def folded(self, state: State, axis: int) -> State:
        """The states with those along a spatial axis folded to one; `axis` counts from the end."""
        ...

    def merged(self, first: State, second: State) -> State:
        """The states of two parts that are neighbours along an axis which is folded."""
        ...

    def finished(self, state: State) -> Array:
        """The results (..., 1, 1) of the planes, rounded once."""
        ...

    def again(self, state: State) -> WindowParts | None:
        """How the window is reduced once more where sums overflow; None where they do not."""
        ...

    @property
    def load(self) -> PartLoad:
        """The memory that a part takes."""
        ...


class Window(NamedTuple):
    """The window of one cell: a grid of this cell alone, and that of all cells."""

    cell: Grid
    grid: Grid


def parts_of(
    window: Window, reducer: Reducer, dtype: np.dtype[Any], rules: ValueRules
) -> WindowParts | None:
    """How a window of values of a dtype is reduced in parts; None where that is impossible."""
    dtype = dtype.newbyteorder("=")
    execution = execution_of(reducer, dtype, window.grid)
    reduction = execution.reduction
    if isinstance(reduction, Fold):
        return FoldParts(window, (reduction, execution.wide), rules, dtype)
    is_few = dtype.kind in "biu" and dtype.itemsize <= _FEW_BYTES
    if is_few and isinstance(reduction, Ranks | BetweenRanks | Mode):
        return CountParts(window, reduction, dtype, rules)
    return None


# Folds ---------------------------------------------------------------------------------------


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
        return PartLoad(3 * states + (_PICKED if self._rules.picky else 0))

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


# Counts --------------------------------------------------------------------------------------


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
        return PartLoad(_NUMBERED + (_PICKED if self._rules.picky else 0), 24 * self._levels)

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


# Collecting ----------------------------------------------------------------------------------


class PartCollector:
    """Merges the parts of a window as they come, in any order and from any thread.

    `trees` are the cuts of the window along each spatial axis.
    """

    def __init__(self, parts: WindowParts, trees: tuple[FoldTree, ...]) -> None:
        self._parts, self._trees = parts, trees
        self._waiting: dict[tuple[int, Node, tuple[Node, ...]], State] = {}
        self._lock = Lock()

    def put(self, leaves: tuple[Node, ...], pixels: CountedPixels) -> State | None:
        """Take a part, at these leaves of the trees; the states of the window if it was the last.

        Axes are folded one after another, each when all parts along it are there.
        """
        axes = len(self._trees)
        with np.errstate(all="ignore"):
            state = self._parts.lifted(pixels)
            for axis, leaf in enumerate(leaves):
                state = self._parts.folded(state, axis - axes)
                merged = self._merged(axis, leaf, leaves[axis + 1 :], state)
                if merged is None:
                    return None
                state = merged
        return state

    def _merged(
        self, axis: int, node: Node, others: tuple[Node, ...], state: State
    ) -> State | None:
        """The states of all parts along an axis, if this one was the last."""
        tree = self._trees[axis]
        while node != tree.root:
            parent, sibling, is_first = tree.family[node]
            with self._lock:
                found = self._waiting.pop((axis, sibling, others), None)
                if found is None:
                    self._waiting[axis, node, others] = state
                    return None
            pair = (state, found) if is_first else (found, state)
            node, state = parent, self._parts.merged(*pair)
        return state
