"""The parts of a window of which the pixels that count are counted."""

from __future__ import annotations

import numpy as np

from poolcli.engine.operations.count_parts import taps_of
from poolcli.engine.operations.pixels import CountedPixels, ValueRules, emitted
from poolcli.engine.operations.window_parts import PICKED, Leaves, PartLoad, State, Window
from poolcli.engine.windows.fold_tree import Node
from poolcli.maps.array import Array


class EmittedParts:
    """How many pixels of a window count."""

    def __init__(self, window: Window, rules: ValueRules) -> None:
        self._window, self._rules = window, rules

    def lifted(self, pixels: CountedPixels, leaves: Leaves) -> State:
        counts = np.ones(pixels.values.shape, np.bool_)
        counts &= True if pixels.weights is None else pixels.weights > 0
        counts &= taps_of(self._window, leaves)
        axes = tuple(range(-len(leaves), 0))
        return [counts.sum(axis=axes, dtype=np.int64, keepdims=True)]

    def folded(self, state: State, axis: int, leaf: Node) -> State:  # noqa: ARG002 - it is a sum
        return state

    def merged(self, first: State, second: State) -> State:
        return [first[0] + second[0]]

    def finished(self, state: State) -> Array:
        result = emitted(state[0], self._window.counts().pixels, self._rules)
        return self._rules.cast(result)

    def again(self, state: State) -> None:
        del state

    @property
    def load(self) -> PartLoad:
        return PartLoad(PICKED)
