"""The taps of cells that have shares of pixels: states weighed by these, merged along a tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from poolcli.engine.reducers.merges import Merge
from poolcli.maps.array import Array
from poolcli.maps.cached import cached_property


class StatesOfTaps(Protocol):
    """The states of the cells along an axis at each tap, weighed by their shares."""

    def at(self, tap: int) -> Array:
        """The states, in an array of their own."""
        ...

    def at_once(self, tap: int) -> Array:
        """The states, which the next call may overwrite."""
        ...


class Shared(NamedTuple):
    """States of any kind; those of a share of 0 are as if there were no pixel."""

    states: Array
    sources: Array
    shares: Array
    number: int
    merge: Merge

    def at(self, tap: int) -> Array:
        states = self.states.take(self.sources[tap], self.number)
        return self.merge.weighed(states, self.shares[tap])

    def at_once(self, tap: int) -> Array:
        return self.at(tap)


@dataclass(eq=False)
class Products:
    """Finite states that are added up, of which a share of 0 adds nothing."""

    states: Array
    sources: Array
    shares: Array
    number: int

    @cached_property
    def _scratch(self) -> Array:
        shape = list(self.states.shape)
        shape[self.number] = len(self.sources[0])
        return np.empty(shape, self.states.dtype)

    def at(self, tap: int) -> Array:
        part: Array = self.states.take(self.sources[tap], self.number)
        part *= self.shares[tap]
        return part

    def at_once(self, tap: int) -> Array:
        part = self._scratch
        self.states.take(self.sources[tap], self.number, out=part, mode="clip")
        part *= self.shares[tap]
        return part


def merged(taps: StatesOfTaps, merge: Merge, start: int, number: int) -> Array:
    """So many taps merged: two halves of an even number, of an odd one the last with the others."""
    if number == 1:
        return taps.at(start)
    size = number // 2 if number % 2 == 0 else number - 1
    first = merged(taps, merge, start, size)
    if number - size == 1:
        second = taps.at_once(start + size)
    else:
        second = merged(taps, merge, start + size, number - size)
    return np.asarray(merge.function(first, second, out=first))
