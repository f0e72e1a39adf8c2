"""Cells of one block that have shares of pixels: each state counts by the part that is inside.

Shares are whole parts of a pixel, by which integers are weighed, so that their results are exact.
Floats are weighed by fractions of the cell, whose sums cannot overflow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import Any, NamedTuple

import numpy as np

from poolcli.engine.backend.window_views import taps_at_once
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


@dataclass(eq=False)
class AreaBlock:
    """The cells of one block, and their pixels."""

    pixels: CountedPixels
    axes: Sequence[AreaAxis]
    rules: ValueRules

    def pool(self, reduction: Any, out: Array) -> None:
        """Write the results."""
        rules, weights = self.rules, self.pixels.weights
        result = self._emitted() if rules.emit else self._reduced(reduction)
        if weights is None or rules.emit:
            put(result, out, rules.rounding)
            return
        empty = np.asarray(self._sum(weights) == 0)
        if rules.min_valid is not None and self.pixels.valid is not None:
            valid = self._sum(self.pixels.valid.astype(np.int64))
            empty |= valid < rules.min_valid * self._cell
        put(without(result, empty), out, rules.rounding)
        if empty.any():
            np.copyto(out, blank(rules, self.pixels.valid), where=empty)

    @property
    def _cell(self) -> int:
        """The parts of a cell."""
        return prod(axis.whole for axis in self.axes)

    @property
    def _pixel(self) -> int:
        """The parts of a pixel."""
        return prod(axis.pixel for axis in self.axes)

    def _sum(self, x: Array) -> Array:
        return _fold(x, ADD, self.axes)

    def _emitted(self) -> Exact:
        """The area that counts: as a share of the cell, or in pixels."""
        weights = self.pixels.weights
        counts = np.ones_like(self.pixels.values, np.bool_) if weights is None else weights > 0
        area = self._sum(counts.astype(np.int64))
        return Ratio(area, self._cell if self.rules.emit == "fraction" else self._pixel)

    def _reduced(self, reduction: Any) -> Exact:
        return self._folded(reduction) if isinstance(reduction, Fold) else self._most()

    def _folded(self, fold: Fold) -> Exact:
        values, weights = self.pixels.values, self.pixels.weights
        lifted = [(each, each.states(values)) for each in fold.components]
        exact = all(states.dtype.kind in "iu" for _, states in lifted)
        folded = [self._states(component, states) for component, states in lifted]
        if weights is None:
            area: Any = self._cell if exact else 1.0
        else:
            area = self._sum(weights if exact else weights.astype(np.float64))
        pixel = self._pixel if exact else self._pixel / self._cell
        return fold.finish(*folded, AreaCounts(area, pixel))

    def _states(self, component: Component, states: Array) -> Array:
        """The folded states of all cells."""
        if self.pixels.weights is not None:
            states = _shared(component.merge, states, self.pixels.weights)
        return _fold(states, component.merge, self.axes)

    def _most(self) -> Array:
        """The value with the largest area in each cell, the smallest of several."""
        values, weights = self.pixels.values, self.pixels.weights
        lead = values.shape[: -len(self.axes)]
        shape = tuple(axis.cells for axis in self.axes)
        out = np.empty((*lead, *shape), values.dtype)
        row = prod(lead) * prod(shape[1:]) * prod(axis.taps for axis in self.axes)
        for first in range(0, shape[0], step := max(1, taps_at_once() // max(row, 1))):
            rows = slice(first, first + step)
            found, inside = _windows(values, self.axes, rows), _shares(self.axes, rows)
            if weights is not None:
                inside = inside * _windows(weights, self.axes, rows)
            at: Any = (..., rows, *(slice(None),) * (len(shape) - 1))
            out[at] = _largest_area(found, np.broadcast_to(inside, found.shape))
        return out + np.zeros((), out.dtype) if out.dtype.kind == "f" else out


def _shared(merge: Merge, states: Array, share: Array) -> Array:
    """States that count by a share; those of a share of 0 are as if there were no pixel."""
    weighed = merge.weigh(states, share.astype(states.dtype))
    if (merge is ADD and states.dtype.kind in "iu") or (share > 0).all():
        return weighed
    empty = np.asarray(merge.empty(states.dtype), states.dtype)
    if empty.ndim:
        empty = empty.reshape(-1, *(1,) * (states.ndim - 1))
    return np.where(share > 0, weighed, empty)


def _fold(states: Array, merge: Merge, axes: Sequence[AreaAxis]) -> Array:
    """Fold the states of each cell, along one axis after another and tap by tap."""
    for number, axis in enumerate(axes, start=-len(axes)):
        shares = axis.shares_along(number)
        shares = shares / axis.whole if states.dtype.kind == "f" else shares
        if merge is ADD and (states.dtype.kind != "f" or np.isfinite(states).all()):
            states = _added(states, number, axis.sources, shares.astype(states.dtype))
            continue
        total = _shared(merge, states.take(axis.sources[0], number), shares[0])
        for source, share in zip(axis.sources[1:], shares[1:], strict=True):
            part = _shared(merge, states.take(source, number), share)
            total = merge.function(total, part, out=total)
        states = total
    return states


def _added(states: Array, number: int, sources: Array, shares: Array) -> Array:
    """The weighted sums of finite states along one axis, where a share of 0 adds nothing."""
    total: Array = states.take(sources[0], number)
    total *= shares[0]
    part = np.empty_like(total)
    for source, share in zip(sources[1:], shares[1:], strict=True):
        states.take(source, number, out=part, mode="clip")
        part *= share
        total += part
    return total


def _windows(x: Array, axes: Sequence[AreaAxis], rows: slice) -> Array:
    """The pixels of the cells in some rows: their taps on the last axis."""
    index: Any = (..., *_apart([axis.sources for axis in axes], rows))
    return _joined(x[index], len(axes))


def _shares(axes: Sequence[AreaAxis], rows: slice) -> Array:
    """The parts of these pixels that are inside."""
    return _joined(reduce(np.multiply, _apart([axis.shares for axis in axes], rows)), len(axes))


def _apart(numbers: Sequence[Array], rows: slice) -> list[Array]:
    """Arrays (taps, cells) of each axis, as arrays of the cells of all axes, then of their taps."""
    first, *others = numbers
    apart, count = [], len(numbers)
    for number, each in enumerate((first[:, rows], *others)):
        shape = [1] * (2 * count)
        shape[number], shape[count + number] = each.shape[1], each.shape[0]
        apart.append(each.T.reshape(shape))
    return apart


def _joined(x: Array, axes: int) -> Array:
    """An array with the axes of the taps joined to one."""
    return x.reshape(*x.shape[: x.ndim - axes], -1)


def _largest_area(values: Array, areas: Array) -> Array:
    """Of values (..., taps) the one whose areas add up to the most; NaN where one is inside."""
    order = values.argsort(axis=-1, kind="stable")
    values, areas = (np.take_along_axis(each, order, -1) for each in (values, areas))
    best = _modes(values, areas)
    if values.dtype.kind == "f":
        best[(np.isnan(values) & (areas > 0)).any(axis=-1)] = np.nan
    return best


def _modes(values: Array, areas: Array) -> Array:
    """Of values in order (..., taps) the first whose areas add up to the most."""
    taps = values.shape[-1]
    if taps > values[..., 0].size and areas.dtype.kind in "iu":  # few windows: one by one
        pairs = zip(values.reshape(-1, taps), areas.reshape(-1, taps), strict=True)
        best = np.array([_mode(*pair) for pair in pairs], values.dtype)
        return best.reshape(values.shape[:-1])
    best, run = values[..., 0].copy(), areas[..., 0].copy()
    most = run.copy()
    for tap in range(1, taps):
        run = np.where(values[..., tap] == values[..., tap - 1], run, 0) + areas[..., tap]
        np.copyto(best, values[..., tap], where=run > most)
        np.maximum(most, run, out=most)
    return best


def _mode(values: Array, areas: Array) -> Any:
    starts = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))
    return values[starts[np.add.reduceat(areas, starts).argmax()]]
