"""The parts of a window merged as they come."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np

from poolcli.engine.backend import backend
from poolcli.engine.operations.count_parts import CountParts
from poolcli.engine.operations.fold_parts import FoldParts
from poolcli.engine.operations.pixels import CountedPixels, ValueRules
from poolcli.engine.operations.pooling_plan import execution_of
from poolcli.engine.operations.window_parts import State, Window, WindowParts
from poolcli.engine.reducers.reducer import BetweenRanks, Fold, Mode, Ranks, Reducer
from poolcli.engine.windows.fold_tree import FoldTree, Node

FEW_BYTES = 2  # of integers whose values can be counted one by one


def parts_of(
    window: Window, reducer: Reducer, dtype: np.dtype[Any], rules: ValueRules
) -> WindowParts | None:
    """How a window of values of a dtype is reduced in parts; None where that is impossible."""
    dtype = dtype.newbyteorder("=")
    execution = execution_of(reducer, dtype, window.grid, backend())
    reduction = execution.reduction
    if isinstance(reduction, Fold):
        return FoldParts(window, (reduction, execution.wide), rules, dtype)
    is_few = dtype.kind in "biu" and dtype.itemsize <= FEW_BYTES
    if is_few and isinstance(reduction, Ranks | BetweenRanks | Mode):
        return CountParts(window, reduction, dtype, rules)
    return None


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
