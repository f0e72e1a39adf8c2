"""The most frequent values of cells of equal area: those that cover the most of a cell."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import prod
from typing import Any

import numpy as np

from poolcli.engine.backend.window_views import taps_at_once
from poolcli.engine.operations.weighted_axis import WeightedAxis
from poolcli.maps.array import Array


def most_of_area(values: Array, weights: Array | None, axes: Sequence[WeightedAxis]) -> Array:
    """The value with the largest area in each cell, the smallest of several."""
    lead = values.shape[: -len(axes)]
    shape = tuple(axis.cells for axis in axes)
    out = np.empty((*lead, *shape), values.dtype)
    row = prod(lead) * prod(shape[1:]) * prod(axis.taps for axis in axes)
    for first in range(0, shape[0], step := max(1, taps_at_once() // max(row, 1))):
        rows = slice(first, first + step)
        found, inside = _windows(values, axes, rows), _shares(axes, rows)
        if weights is not None:
            inside = inside * _windows(weights, axes, rows)
        at: Any = (..., rows, *(slice(None),) * (len(shape) - 1))
        out[at] = _largest_area(found, np.broadcast_to(inside, found.shape))
    return out + np.zeros((), out.dtype) if out.dtype.kind == "f" else out


def _windows(x: Array, axes: Sequence[WeightedAxis], rows: slice) -> Array:
    """The pixels of the cells in some rows: their taps on the last axis."""
    index: Any = (..., *_apart([axis.sources for axis in axes], rows))
    return _joined(x[index], len(axes))


def _shares(axes: Sequence[WeightedAxis], rows: slice) -> Array:
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
