"""The parts of a window merged as they come."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np

from poolcli.engine.backend import backend
from poolcli.engine.operations.count_parts import FEW_BYTES, CountParts
from poolcli.engine.operations.emitted_parts import EmittedParts
from poolcli.engine.operations.execution import execution_of
from poolcli.engine.operations.fold_parts import FoldParts
from poolcli.engine.operations.pixels import CountedPixels, ValueRules
from poolcli.engine.operations.window_parts import State, Weighing, Window, WindowParts
from poolcli.engine.reducers.reducer import BetweenRanks, Fold, Mode, Ranks, Reducer
from poolcli.engine.windows.fold_tree import FoldTree, Node


def parts_of(
    window: Window,
    reducer: Reducer,
    rules: ValueRules,
    values: tuple[np.dtype[Any], Weighing],
) -> WindowParts | None:
    """How a window is reduced in parts; None where that is impossible.

    `values` are the dtype of its pixels, and how these may weigh.
    """
    dtype, weighing = values[0].newbyteorder("="), values[1]
    if rules.emit:
        return EmittedParts(window, rules)
    execution = execution_of(reducer, dtype, window.grid, backend(), weighing.heaviest)
    reduction = execution.reduction
    if isinstance(reduction, Fold):
        return FoldParts(window, (reduction, execution.wide), rules, (dtype, weighing))
    is_few = dtype.kind in "biu" and dtype.itemsize <= FEW_BYTES
    if is_few and isinstance(reduction, Ranks | BetweenRanks | Mode):
        return CountParts(window, reduction, rules, (dtype, weighing))
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
            state = self._parts.lifted(pixels, leaves)
            for axis, leaf in enumerate(leaves):
                state = self._parts.folded(state, axis - axes, leaf)
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
