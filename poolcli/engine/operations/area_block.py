"""Cells of one block that have shares of pixels: each state counts by the part that is inside.

Shares are whole parts of a pixel, by which integers are weighed, so that their results are exact.
Floats are weighed by fractions of the cell, whose sums cannot overflow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, ClassVar, NamedTuple

import numpy as np

from poolcli.engine.operations.area_modes import most_of_area
from poolcli.engine.operations.area_taps import Products, Shared, StatesOfTaps, merged
from poolcli.engine.operations.pixels import CountedPixels, ValueRules, blank
from poolcli.engine.operations.weighted_axis import WeightedAxis
from poolcli.engine.reducers.merges import ADD, Merge
from poolcli.engine.reducers.reducer import Component, Fold
from poolcli.engine.reducers.rounding import Exact, Ratio, put, without
from poolcli.engine.windows.grid import Taps
from poolcli.maps.array import Array


@dataclass(frozen=True, eq=False)
class AreaAxis(WeightedAxis):
    """Cells along an axis, whose shares are parts of a pixel, of which it has `pixel`."""

    pixel: int = 1

    def shares_along(self, number: int) -> Array:
        """The shares of each tap, to multiply with cells along an axis counted from the end."""
        return self.shares.reshape(*self.shares.shape, *(1,) * (-number - 1))

    border: ClassVar[None] = None

    def cells_between(self, first: int, stop: int) -> AreaAxis:
        """These cells alone."""
        sources, shares = self.sources[:, first:stop], self.shares[:, first:stop]
        return replace(self, sources=sources, shares=shares)

    def tap_count(self, cell: int) -> int:
        """How many taps a cell has, some of which may have no share."""
        del cell
        return self.taps

    def tap_pixels(self, cell: int, taps: slice) -> Array:
        """The pixels that some taps of a cell read."""
        return np.asarray(self.sources[taps, cell])

    def pixels_of_taps(self, cell: int, taps: slice) -> Array:
        """The numbers of the pixels that some taps of a cell read."""
        return np.unique(self.tap_pixels(cell, taps))

    def taps_of(self, cell: int) -> Taps:
        """The pixels of a cell, and the part of each that is inside."""
        inside = np.flatnonzero(self.shares[:, cell])
        pixels: list[int] = self.sources[inside, cell].tolist()
        shares: list[float] = (self.shares[inside, cell] / self.pixel).tolist()
        return Taps(pixels, range(pixels[0], pixels[-1] + 1), len(pixels), shares)


class AreaCounts(NamedTuple):
    """What the weights of each cell's pixels add up to, and the weight of one whole pixel."""

    pixels: Any
    whole_pixel: float
    padding: int = 0


class AreaSums(NamedTuple):
    """What the weights of cells' pixels add up to, and how much of them is valid, in parts.

    None where all of a cell counts.
    """

    weights: Array | None = None
    valid: Array | None = None


class AreaCells(NamedTuple):
    """The results of cells, of what is known of their pixels together."""

    axes: Sequence[AreaAxis]
    rules: ValueRules

    def put(self, result: Exact, out: Array, sums: AreaSums) -> None:
        """Write the results, and what empty cells have."""
        rules = self.rules
        if sums.weights is None or rules.emit:
            put(result, out, rules.rounding)
            return
        empty = np.asarray(sums.weights == 0)
        if rules.min_valid is not None and sums.valid is not None:
            empty |= sums.valid < rules.min_valid * self._cell
        put(without(result, empty), out, rules.rounding)
        if empty.any():
            np.copyto(out, blank(rules, sums.valid), where=empty)

    def emitted(self, area: Array) -> Exact:
        """The area that counts: as a share of the cell, or in pixels."""
        return Ratio(area, self._cell if self.rules.emit == "fraction" else self._pixel)

    def folded(self, fold: Fold, states: Sequence[Array], weight: Array | None) -> Exact:
        """The results of folded states, and of their weight."""
        exact = is_exact(states)
        area: Any = (self._cell if exact else 1.0) if weight is None else weight
        pixel = self._pixel if exact else self._pixel / self._cell
        return fold.finish(*states, AreaCounts(area, pixel))

    @property
    def _cell(self) -> int:
        """The parts of a cell."""
        return prod(axis.whole for axis in self.axes)

    @property
    def _pixel(self) -> int:
        """The parts of a pixel."""
        return prod(axis.pixel for axis in self.axes)


def is_exact(states: Sequence[Array]) -> bool:
    """Whether states are integers, which shares weigh in whole parts of a pixel."""
    return all(each.dtype.kind in "iu" for each in states)


@dataclass(eq=False)
class AreaBlock:
    """The cells of one block, and their pixels."""

    pixels: CountedPixels
    axes: Sequence[AreaAxis]
    rules: ValueRules

    def pool(self, reduction: Any, out: Array) -> None:
        """Write the results."""
        _, valid, weights = self.pixels
        cells, sums = AreaCells(self.axes, self.rules), AreaSums()
        result = cells.emitted(self._area()) if self.rules.emit else self._reduced(reduction)
        if weights is not None and not self.rules.emit:
            area = valid
            if valid is not None and self.rules.min_valid is not None:
                area = self._sum(valid.astype(np.int64))
            sums = AreaSums(self._sum(weights), area)
        cells.put(result, out, sums)

    def _sum(self, x: Array) -> Array:
        return _fold(x, ADD, self.axes)

    def _area(self) -> Array:
        """The area that counts."""
        weights = self.pixels.weights
        counts = np.ones_like(self.pixels.values, np.bool_) if weights is None else weights > 0
        return self._sum(counts.astype(np.int64))

    def _reduced(self, reduction: Any) -> Exact:
        return self._folded(reduction) if isinstance(reduction, Fold) else self._most()

    def _folded(self, fold: Fold) -> Exact:
        values, weights = self.pixels.values, self.pixels.weights
        lifted = [(each, each.states(values)) for each in fold.components]
        exact = is_exact([states for _, states in lifted])
        folded = [self._states(component, states) for component, states in lifted]
        weight = weights
        if weights is not None:
            weight = self._sum(weights if exact else weights.astype(np.float64))
        return AreaCells(self.axes, self.rules).folded(fold, folded, weight)

    def _states(self, component: Component, states: Array) -> Array:
        """The folded states of all cells."""
        if self.pixels.weights is not None:
            states = component.merge.weighed(states, self.pixels.weights)
        return _fold(states, component.merge, self.axes)

    def _most(self) -> Array:
        """The value with the largest area in each cell, the smallest of several."""
        return most_of_area(self.pixels.values, self.pixels.weights, self.axes)


def _fold(states: Array, merge: Merge, axes: Sequence[AreaAxis]) -> Array:
    """Fold the states of each cell, along one axis after another.

    Taps are merged along the tree that the folds of windows have: see `engine.backend`.
    """
    for number, axis in enumerate(axes, start=-len(axes)):
        shares = axis.shares_along(number)
        shares = shares / axis.whole if states.dtype.kind == "f" else shares
        if merge is ADD and (states.dtype.kind != "f" or np.isfinite(states).all()):
            # What has no share adds nothing to what is finite.
            taps: StatesOfTaps = Products(states, axis.sources, shares.astype(states.dtype), number)
        else:
            taps = Shared(states, axis.sources, shares, number, merge)
        states = merged(taps, merge, 0, axis.taps)
    return states
